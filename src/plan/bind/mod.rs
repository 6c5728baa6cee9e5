//! From syntax to a plan: names become columns, expressions get types, and the parser's types end here.
//!
//! ```text
//! Query   sort, limit, UNION, WITH         query, set_operation, with, recursive, share
//!   Select  WHERE, GROUP BY, outputs       select, grouping
//!     FROM    scans and joins, a Scope     from, scope
//! Insert, Update, Delete, Merge            insert, update, merge
//! constraints                              constraint, rules, foreign_key
//! tables, sequences, indexes, schemas       define, alter…, sequence, indexes, namespace
//! types                                    data_type, user_type, enumeration, domain
//! views, the system's among them           view, system, registered
//! moments                                  times, moment, past
//! any expression                           expression, predicate, constant, call, array
//! window functions                         window, window_call, frame
//! functions that answer rows               table_function, sets
//! subqueries                               subquery, outer, dependent, lateral
//! ```
//!
//! The binder promises a plan that is right as it stands: scans read all columns, conditions stay where
//! they were written, joins have no keys. Making it fast is the work of `optimize`.
//!
//! A parameter gets its type from its first use. A statement that uses one in two ways is bound again
//! with the first use's type given, so that the second is judged by it, as PostgreSQL does.

mod aggregate;
mod aggregate_call;
mod alter;
mod alter_column;
mod alter_constraint;
mod array;
mod assign;
mod binder;
mod call;
mod conflict;
mod constant;
mod constraint;
mod copy;
mod create_as;
mod data_type;
mod define;
mod definitions;
mod dependent;
mod distinct_on;
mod domain;
mod enumeration;
mod expression;
mod foreign_key;
mod frame;
mod from;
mod grouping;
mod grouping_sets;
mod indexes;
mod insert;
mod key;
mod lateral;
mod like;
mod lock;
mod mention;
mod merge;
mod moment;
mod name;
mod namespace;
mod number;
mod outer;
mod parameter;
mod past;
mod predicate;
mod query;
mod recursive;
mod registered;
mod restore;
mod row_json;
mod rules;
mod sample;
mod scope;
mod select;
mod sequence;
mod set_operation;
mod sets;
mod share;
mod subquery;
mod system;
mod table_function;
mod times;
mod undo;
mod update;
mod user_type;
mod using;
mod view;
mod wildcard;
mod window;
mod window_call;
mod with;
mod writable;

pub(super) use binder::Binder;
pub use call::is_built_in;
pub(super) use data_type::bind as bind_data_type;
pub(super) use data_type::of_parameter as bind_type;
pub(super) use insert::take_rows;
pub use key::BoundKey;
pub(super) use key::bind_key;
pub use key::key_maker;
pub(super) use moment::{bind_arguments, bind_moment};
pub(super) use parameter::Parameters;
pub use times::Evaluate;
pub(super) use times::Times;
