//! Statements that touch one row: run without operators.
//!
//! Whether a plan is one of them is found out once and kept beside it: a SELECT, UPDATE or DELETE of the
//! row that has a given key of a unique index, or an INSERT of one row. They mean exactly what the
//! operators would do, only without building them.

mod lookup;
mod write;

use super::project::project;
use super::{Context, Tuples};
use crate::column::Chunk;
use crate::error::Result;
use crate::expr::{Expr, Volatility};
use crate::plan::{Node, Plan};
use crate::table::Fetch;
use crate::types::Versions;
use lookup::Lookup;
use write::{DeleteRow, InsertRow, UpdateRow};

/// A plan that needs no operators.
#[derive(Debug)]
pub enum Short {
    Select(SelectRow),
    Insert(InsertRow),
    Update(UpdateRow),
    Delete(DeleteRow),
}

/// The rows of the result: of SELECT and of RETURNING.
pub type ShortAnswer = Option<Chunk>;

impl Short {
    /// `None` if the plan needs operators.
    pub fn of(plan: &Plan) -> Option<Short> {
        match plan {
            Plan::Query(query) if query.subplans.is_empty() => SelectRow::of(&query.root)
                .filter(|select| !select.is_volatile())
                .map(Short::Select),
            Plan::Insert(insert)
                if insert.subplans.is_empty() && !insert.rules.has_foreign_keys =>
            {
                InsertRow::of(insert).map(Short::Insert)
            }
            Plan::Update(update)
                if update.subplans.is_empty() && !update.rules.has_foreign_keys =>
            {
                UpdateRow::of(update).map(Short::Update)
            }
            Plan::Delete(delete)
                if delete.subplans.is_empty() && !delete.rules.has_foreign_keys =>
            {
                DeleteRow::of(delete).map(Short::Delete)
            }
            _ => None,
        }
    }

    /// Whether it can be run without operators this time: a key has at most one row at each moment, and
    /// one row is to be inserted.
    pub fn fits(&self, moments: &[Versions], tuples: &Tuples) -> bool {
        let is_moment = |versions: &Versions| matches!(versions, Versions::AsOf(_));
        match self {
            Short::Insert(insert) => insert.fits(tuples),
            _ => moments.iter().all(is_moment),
        }
    }

    /// Runs the statement, for a write with the check of uniqueness. Nothing was changed when a block is
    /// needed.
    pub fn run(&self, context: &mut Context) -> Result<Fetch<ShortAnswer>> {
        let store = context.store;
        store.guard(|| match self {
            Short::Select(select) => select.run(context),
            Short::Insert(insert) => insert.run(context),
            Short::Update(update) => update.run(context),
            Short::Delete(delete) => delete.run(context),
        })
    }
}

/// SELECT of expressions over the row with a key.
#[derive(Debug)]
pub struct SelectRow {
    lookup: Lookup,
    expressions: Option<Vec<Expr>>,
}

impl SelectRow {
    fn of(node: &Node) -> Option<SelectRow> {
        let (input, expressions) = match node {
            Node::Project { input, expressions } => (&**input, Some(expressions.clone())),
            other => (other, None),
        };
        Some(SelectRow {
            lookup: Lookup::of(input)?,
            expressions,
        })
    }

    /// Whether it may use a sequence, which is a write.
    fn is_volatile(&self) -> bool {
        let mut expressions = self.expressions.iter().flatten();
        expressions.any(|expr| expr.volatility() == Volatility::Volatile)
    }

    fn run(&self, context: &Context) -> Result<Fetch<ShortAnswer>> {
        let row = match self.lookup.find(context)? {
            Fetch::Ready(row) => row,
            Fetch::Need(block) => return Ok(Fetch::Need(block)),
        };
        Ok(Fetch::Ready(match (row, &self.expressions) {
            (Some(row), Some(expressions)) => Some(project(expressions, &row, &context.eval())?),
            (row, _) => row,
        }))
    }
}
