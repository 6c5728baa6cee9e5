//! Makes a plan better without changing its answer.
//!
//! An ordered list of small rules, each of which rewrites the tree of nodes and leaves a tree that
//! could be run as it is. Every query can also be run without any of them, and the tests do so: both
//! must give the same rows.
//!
//! | rule | what it does |
//! | --- | --- |
//! | fold | computes constant expressions; a filter that can never hold becomes no rows |
//! | unnest | makes joins of dependent joins |
//! | pushdown | asks conditions as early as possible, down to the scans; an outer join whose padded rows are refused becomes an inner one |
//! | join order | puts inner joins into an order without cross products, tables of which given values are wanted first |
//! | join keys | turns equalities between the two sides into keys to hash by |
//! | index | reads through an index where the scan's filter fixes or bounds the first parts of its key |
//! | order | reads in an index's order where only the first rows of a sort are wanted |
//! | prune | reads only the columns that somebody uses |
//!
//! Left out on purpose: statistics. Without them the order of joins follows the text, except where
//! that would multiply tables or a condition of equality tells that a table leaves few rows.

mod condition;
mod fold;
mod implication;
mod index;
mod join_keys;
mod join_order;
mod never_null;
mod order;
mod prune;
mod pushdown;
mod unnest;

use super::bind::BoundKey;
use super::{Node, Plan, Query, TimeSlot};
use crate::types::{IndexSchema, TableId, TableSchema};
use std::rc::Rc;

pub use condition::conjuncts;
pub use implication::is_implied;

/// What the rules know besides the tree.
pub trait Knowledge {
    /// The indexes that can be read now over a table at that time. They serve the past as well, unless what they say of it does
    /// not fit into memory: then it is scanned.
    fn indexes(&self, table: TableId, time: TimeSlot) -> Vec<IndexSchema>;

    /// The key of an index that is computed, over the columns of the table that is given as well.
    fn computed_key(
        &self,
        table: TableId,
        index: &IndexSchema,
    ) -> Option<(BoundKey, Rc<TableSchema>)>;

    /// The parameters from this number on were constants; one that says so of an expression has the statement planned
    /// as it was written.
    fn first_constant(&self) -> usize;
    fn want_constants(&self);

    /// Whether a scan at that time sees at most one version a row, so that an index yields its key
    /// order.
    fn reads_one_moment(&self, time: TimeSlot) -> bool;
}

/// One rewrite of a whole tree.
trait Rule {
    fn name(&self) -> &'static str;
    fn apply(&self, node: Node, knowledge: &dyn Knowledge) -> Node;
}

const RULES: &[&dyn Rule] = &[
    &fold::Fold,
    &unnest::Unnest,
    &pushdown::Pushdown,
    &join_order::JoinOrder,
    &pushdown::Pushdown,
    &join_keys::JoinKeys,
    &index::Index,
    &order::Order,
    &prune::Prune,
];

/// The same plan, improved.
pub fn optimize(plan: Plan, knowledge: &dyn Knowledge) -> Plan {
    let improve = |node| improve(node, knowledge, &mut |_, _| {});
    let improve_all = |nodes: Vec<Node>| nodes.into_iter().map(improve).collect();
    match plan {
        Plan::Query(query) => Plan::Query(Query {
            subplans: improve_all(query.subplans),
            root: improve(query.root),
            output: query.output,
        }),
        Plan::CreateTableAs(mut create) => {
            create.query.subplans = improve_all(create.query.subplans);
            create.query.root = improve(create.query.root);
            Plan::CreateTableAs(create)
        }
        Plan::Insert(mut insert) => {
            insert.subplans = improve_all(insert.subplans);
            insert.source = improve(insert.source);
            Plan::Insert(insert)
        }
        Plan::Update(mut update) => {
            update.subplans = improve_all(update.subplans);
            update.source = improve(update.source);
            Plan::Update(update)
        }
        Plan::Merge(mut merge) => {
            merge.subplans = improve_all(merge.subplans);
            merge.source = improve(merge.source);
            Plan::Merge(merge)
        }
        Plan::Delete(mut delete) => {
            delete.subplans = improve_all(delete.subplans);
            delete.source = improve(delete.source);
            Plan::Delete(delete)
        }
        Plan::Explain { analyze, plan } => Plan::Explain {
            analyze,
            plan: Box::new(optimize(*plan, knowledge)),
        },
        other => other,
    }
}

/// Applies the rules in order and tells `watch` the tree after each that changed it.
pub fn improve(
    mut node: Node,
    knowledge: &dyn Knowledge,
    watch: &mut dyn FnMut(&'static str, &Node),
) -> Node {
    for rule in RULES {
        let before = node.clone();
        node = rule.apply(node, knowledge);
        if node != before {
            watch(rule.name(), &node);
        }
    }
    node
}
