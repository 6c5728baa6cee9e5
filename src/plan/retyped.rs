//! Columns that changed their type, over all versions of a table.
//!
//! A change of type puts another column in the place of the old one, and a version of a row has its value in one of them. Read
//! together, they are of the type that UNION would give them, or else text.

use super::scan_type;
use crate::error::Result;
use crate::expr::{self, BinaryOperator, CastContext, EvalContext, Expr};
use crate::table::Fetch;
use crate::txn::{Event, Holds, View};
use crate::types::{ColumnSchema, DataType, IndexSchema, ScanColumn, TableSchema, Value, sort_by};

/// A table some of whose columns changed their types.
#[derive(Debug, Clone, PartialEq)]
pub struct Retyped {
    /// The table, with the columns that others took the place of behind its own.
    pub table: TableSchema,
    /// What its own columns hold in any version, made of all these.
    pub values: Vec<Expr>,
    /// The place among its own of each that is behind them.
    places: Vec<usize>,
}

impl Retyped {
    /// `None` for a table of which none did.
    pub fn of(table: &TableSchema) -> Result<Option<Retyped>> {
        if table.columns.iter().all(|column| !column.was_retyped) {
            return Ok(None);
        }
        let mut retyped = Retyped {
            table: table.clone(),
            values: Vec::new(),
            places: Vec::new(),
        };
        for (at, column) in table.columns.iter().enumerate() {
            let mut values = vec![Expr::column(at, column.data_type)];
            for old in table.replaced(column.id) {
                values.push(Expr::column(retyped.table.columns.len(), old.data_type));
                retyped.places.push(at);
                retyped.table.columns.push(ColumnSchema {
                    id: old.id,
                    data_type: scan_type(table, ScanColumn::Column(old.id)),
                    ..column.clone()
                });
            }
            let value = match values.len() {
                1 => values.swap_remove(0),
                _ => together(values)?,
            };
            retyped.values.push(value);
        }
        Ok(Some(retyped))
    }

    /// What `View::history` tells of a key as its own columns have it. Where the key itself changed its type, the index
    /// has not all of the past.
    pub fn history(
        &self,
        view: &View,
        index: &IndexSchema,
        key: Vec<Value>,
        context: &EvalContext,
    ) -> Result<Fetch<Vec<Event>>> {
        let mut conditions = Vec::new();
        let mut is_retyped = false;
        for (id, value) in index.columns.iter().zip(&key) {
            let Some(at) = self.table.position(*id) else {
                continue;
            };
            let column = &self.table.columns[at];
            is_retyped |= column.was_retyped;
            let held = self.values[at].clone();
            let value = Expr::constant(value.clone(), column.data_type);
            let value = expr::coerce_to(value, held.data_type, CastContext::Explicit)?;
            conditions.push(expr::resolve_operator(BinaryOperator::Equal, held, value)?);
        }
        let holds = |row: &[Value]| {
            for condition in &conditions {
                if expr::evaluate_row(condition, row, context)? != Value::Bool(true) {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        let holds: Holds = &holds;
        let holds = is_retyped.then_some(holds);
        match view.history(&self.table, index, key, holds)? {
            Fetch::Ready(events) => {
                let told = events.into_iter().map(|event| self.tell(event, context));
                Ok(Fetch::Ready(told.collect::<Result<_>>()?))
            }
            Fetch::Need(block) => Ok(Fetch::Need(block)),
        }
    }

    /// A state of a row that was read with all columns, as its own columns tell of it.
    fn tell(&self, mut event: Event, context: &EvalContext) -> Result<Event> {
        let own = self.values.len();
        for at in &mut event.changed {
            *at = at
                .checked_sub(own)
                .map_or(*at, |behind| self.places[behind]);
        }
        sort_by(&mut event.changed, Ord::cmp);
        event.changed.dedup();
        if let Some(row) = &event.row {
            let values = self.values.iter();
            let values = values.map(|value| expr::evaluate_row(value, row, context));
            event.row = Some(values.collect::<Result<_>>()?);
        }
        Ok(event)
    }
}

fn together(values: Vec<Expr>) -> Result<Expr> {
    let types: Vec<DataType> = values.iter().map(|value| value.data_type.base()).collect();
    let common = expr::common_type(&types, "UNION").unwrap_or(DataType::Text);
    let cast = |value| expr::coerce_to(value, common, CastContext::Explicit);
    let values = values.into_iter().map(cast).collect::<Result<_>>()?;
    expr::resolve_coalesce(values)
}
