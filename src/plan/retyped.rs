//! Columns that changed their type, over all versions of a table.
//!
//! A change of type puts another column in the place of the old one, and a version of a row has its value in one of them. Read
//! together, they are of the type that UNION would give them, or else text.

use super::scan_type;
use crate::error::{Error, Result};
use crate::expr::{self, CastContext, EvalContext, Expr};
use crate::txn::Event;
use crate::types::{ColumnSchema, DataType, ScanColumn, TableSchema};

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
    ///
    /// # Errors
    /// `Unsupported` where the labels of an enumerated type are not known any more.
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
                _ => together(values, table, column)?,
            };
            retyped.values.push(value);
        }
        Ok(Some(retyped))
    }

    /// A state of a row that was read with all columns, as its own columns tell of it.
    pub fn tell(&self, mut event: Event, context: &EvalContext) -> Result<Event> {
        let own = self.values.len();
        for at in &mut event.changed {
            *at = at
                .checked_sub(own)
                .map_or(*at, |behind| self.places[behind]);
        }
        event.changed.sort();
        event.changed.dedup();
        if let Some(row) = &event.row {
            let values = self.values.iter();
            let values = values.map(|value| expr::evaluate_row(value, row, context));
            event.row = Some(values.collect::<Result<_>>()?);
        }
        Ok(event)
    }
}

fn together(values: Vec<Expr>, table: &TableSchema, column: &ColumnSchema) -> Result<Expr> {
    let types: Vec<DataType> = values.iter().map(|value| value.data_type.base()).collect();
    let is_enum = |of: &DataType| matches!(of.element().unwrap_or(*of), DataType::Enum(_));
    if types.iter().any(is_enum) {
        let what = format!(
            "all of the past of table \"{}\", whose column \"{}\" has other labels since,",
            table.name, column.name
        );
        return Err(Error::unsupported(what));
    }
    let common = expr::common_type(&types, "UNION").unwrap_or(DataType::Text);
    let cast = |value| expr::coerce_to(value, common, CastContext::Explicit);
    let values = values.into_iter().map(cast).collect::<Result<_>>()?;
    expr::resolve_coalesce(values)
}
