//! Finding the one row that has a key.

use crate::column::Chunk;
use crate::error::Result;
use crate::exec::Context;
use crate::expr::{self, EvalContext, Expr, ExprKind};
use crate::plan::{Node, TimeSlot};
use crate::table::Fetch;
use crate::types::{IndexId, ScanColumn, TableId, Value};
use std::ops::Bound;

/// A scan of a unique index for one whole key.
#[derive(Debug)]
pub struct Lookup {
    table: TableId,
    index: IndexId,
    time: TimeSlot,
    key: Vec<Expr>,
    columns: Vec<ScanColumn>,
    filter: Option<Expr>,
}

impl Lookup {
    pub fn of(node: &Node) -> Option<Lookup> {
        let Node::IndexScan {
            table,
            index,
            time,
            prefix,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            columns,
            filter,
            ..
        } = node
        else {
            return None;
        };
        // Unique at the moment that is read, not merely now.
        let schema = table.index(*index)?;
        let whole = schema.is_always_unique()
            && schema.computed.is_none()
            && prefix.len() == schema.columns.len();
        whole.then(|| Lookup {
            table: table.id,
            index: *index,
            time: *time,
            key: prefix.clone(),
            columns: columns.clone(),
            filter: filter.clone(),
        })
    }

    /// The row as a chunk of one.
    pub fn find(&self, context: &Context) -> Result<Fetch<Option<Chunk>>> {
        let eval = context.eval();
        let mut key = Vec::with_capacity(self.key.len());
        for expression in &self.key {
            match value(expression, &eval)? {
                Value::Null => return Ok(Fetch::Ready(None)),
                value => key.push(value),
            }
        }
        let (versions, with_writes) = context.versions(self.time);
        let view = context.view();
        let found = view.get_unique(self.table, self.index, &key, &versions, with_writes)?;
        let row = match found {
            Fetch::Ready(Some(row)) => row,
            Fetch::Ready(None) => return Ok(Fetch::Ready(None)),
            Fetch::Need(block) => return Ok(Fetch::Need(block)),
        };
        let chunk = match view.read_rows(self.table, &[row], &self.columns)? {
            Fetch::Ready(chunk) => chunk,
            Fetch::Need(block) => return Ok(Fetch::Need(block)),
        };
        let chunk = match &self.filter {
            Some(filter) => expr::filter(filter, chunk, &eval)?,
            None => chunk,
        };
        Ok(Fetch::Ready((!chunk.is_empty()).then_some(chunk)))
    }
}

/// The value of an expression without columns; most are a parameter as it is.
pub fn value(expression: &Expr, context: &EvalContext) -> Result<Value> {
    match &expression.kind {
        ExprKind::Constant(value) => Ok(value.clone()),
        ExprKind::Parameter(position) => Ok(context.parameters[*position].clone()),
        _ => expr::evaluate_value(expression, context),
    }
}
