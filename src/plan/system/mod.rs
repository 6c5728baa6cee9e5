//! What a catalog says of itself: `pg_catalog` and `information_schema`.
//!
//! ```text
//! relation   the columns of each system relation, and the texts of those that are views
//! rows       the rows of the others, made from a catalog
//! constraint those of constraints
//! data_type  those of types
//! index      those of indexes
//! describe   constraints, indexes and types in SQL's words
//! cell       oids, and what else a row is made of
//! ```
//!
//! They are as much of PostgreSQL's as tools ask for, under its names. Nothing is stored: the rows are made when a
//! statement is bound, from the catalog of the moment at which it reads them, so that they are as
//! versioned as that. Relations of the system itself are not in them.
//!
//! What is missing is an error and no NULL: a column that has no meaning here does not exist.

mod cell;
mod constraint;
mod data_type;
mod describe;
mod index;
mod relation;
mod rows;
mod view;

/// The version whose meanings these are, as the setting `server_version_num` tells it.
pub const SERVER_VERSION_NUM: &str = "150000";

pub use describe::{TYPES, type_name};
pub use relation::{Relation, find, table};
pub use rows::{Bound, KeyPart};
