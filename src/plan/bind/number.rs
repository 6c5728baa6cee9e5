//! A primary key that numbers itself: a single INTEGER column for which nothing else is said and which an INSERT leaves
//! out gets the number behind the largest, as in SQLite.

use super::assign::assign_to_column;
use super::binder::Binder;
use super::insert::is_default;
use crate::error::Result;
use crate::expr::{self, BinaryOperator, Expr, ExprKind};
use crate::plan::{Node, TimeSlot};
use crate::types::{DataType, TableSchema, quoted};
use sqlparser::ast::{Insert, SetExpr};

/// The position of such a column.
pub fn numbered(table: &TableSchema) -> Option<usize> {
    let key = table.primary_key()?;
    let [id] = key.columns.as_slice() else {
        return None;
    };
    let at = table.position(*id)?;
    let column = &table.columns[at];
    let says_nothing = column.default.is_none()
        && column.identity.is_none()
        && column.generated.is_none()
        && column.domain.is_none();
    (column.numbered && column.data_type == DataType::Integer && says_nothing).then_some(at)
}

/// Whether no row of an INSERT has a value for the column.
pub fn is_left_out(insert: &Insert, targets: &[usize], column: usize) -> bool {
    let Some(query) = &insert.source else {
        return true;
    };
    let Some(place) = targets.iter().position(|at| *at == column) else {
        return true;
    };
    match &*query.body {
        SetExpr::Values(values) => {
            let mut rows = values.rows.iter().map(|row| row.content.get(place));
            rows.all(|value| value.is_some_and(is_default))
        }
        _ => false,
    }
}

impl Binder<'_> {
    /// The rows with their numbers: how manieth each is behind the largest that there is.
    pub fn number(&mut self, source: Node, table: &TableSchema, at: usize) -> Result<Node> {
        let column = quoted(&table.columns[at].name);
        let sql = format!(
            "SELECT {column} FROM {}.{} ORDER BY {column} DESC LIMIT 1",
            quoted(table.schema_name()),
            quoted(&table.name)
        );
        let (largest, _) = self.rows_of_query(&sql, &table.name, None, TimeSlot::Present)?;
        self.subplans.push(largest);
        let largest = ExprKind::ScalarSubplan(self.subplans.len() - 1);
        let largest = Expr::new(largest, DataType::Integer);
        let largest = expr::resolve_coalesce(vec![largest, Expr::integer(0)])?;
        let how_manieth = Expr::column(table.columns.len(), DataType::BigInt);
        let number = expr::resolve_operator(BinaryOperator::Add, largest, how_manieth)?;
        let number = assign_to_column(number, &table.columns[at])?;
        let columns = table.columns.iter().enumerate();
        let mut expressions: Vec<Expr> = columns
            .map(|(at, column)| Expr::column(at, column.data_type))
            .collect();
        expressions[at] = number;
        Ok(Node::Project {
            input: Box::new(Node::Number {
                input: Box::new(source),
                keys: vec![Expr::boolean(true)],
            }),
            expressions,
        })
    }
}
