//! USING and NATURAL: the columns that both sides of a join share become one.

use super::name;
use super::scope::{Scope, ScopeColumn};
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, Expr};
use crate::plan::JoinKind;
use crate::types::DataType;
use sqlparser::ast::Ident;

/// How the columns that both sides of a join share are merged.
pub struct Merged {
    name: String,
    left: Expr,
    right: Expr,
}

pub fn shared_by_using(left: &Scope, right: &Scope, names: &[&Ident]) -> Result<Vec<Merged>> {
    let side = |scope: &Scope, ident: &Ident, which: &str| -> Result<Expr> {
        let found = scope.find(None, ident)?.map(|column| column.expr.clone());
        found.ok_or_else(|| {
            let message = format!(
                "column \"{}\" specified in USING clause does not exist in {which} table",
                ident.value
            );
            Error::new(Code::UndefinedColumn, message).at(name::position(ident))
        })
    };
    let mut merged: Vec<Merged> = Vec::with_capacity(names.len());
    for ident in names {
        if merged.iter().any(|other| other.name == ident.value) {
            let message = format!(
                "column name \"{}\" appears more than once in USING clause",
                ident.value
            );
            return Err(Error::new(Code::DuplicateColumn, message).at(name::position(ident)));
        }
        merged.push(Merged {
            name: ident.value.clone(),
            left: side(left, ident, "left")?,
            right: side(right, ident, "right")?,
        });
    }
    Ok(merged)
}

/// The names that are visible on both sides, in the order of the left.
pub fn shared_by_nature(left: &Scope, right: &Scope) -> Result<Vec<Merged>> {
    let names = |scope: &Scope| -> Vec<String> {
        let visible = scope
            .columns
            .iter()
            .filter(|column| column.visible && column.unqualified);
        visible.map(|column| column.name.clone()).collect()
    };
    let right_names = names(right);
    let shared: Vec<Ident> = names(left)
        .into_iter()
        .filter(|name| right_names.contains(name))
        .map(Ident::new)
        .collect();
    shared_by_using(left, right, &shared.iter().collect::<Vec<_>>())
}

/// Puts one column for each shared name before all others, and gives the condition that both sides'
/// are equal.
pub fn merge(
    scope: &mut Scope,
    kind: JoinKind,
    shared: Vec<Merged>,
    left_width: usize,
) -> Result<Option<Expr>> {
    let mut conditions = Vec::new();
    let mut columns = Vec::new();
    for Merged {
        name,
        left,
        mut right,
    } in shared
    {
        super::scope::shift_columns(&mut right, left_width);
        for column in &mut scope.columns {
            if column.expr == left || column.expr == right {
                (column.visible, column.unqualified) = (false, false);
            }
        }
        conditions.push(expr::resolve_operator(
            BinaryOperator::Equal,
            left.clone(),
            right.clone(),
        )?);
        let (sides, data_type) = expr::coerce_all(vec![left, right], "JOIN/USING")?;
        columns.push(ScopeColumn {
            table: None,
            name,
            expr: merged_value(kind, sides, data_type)?,
            visible: true,
            unqualified: true,
            used: None,
        });
    }
    // Columns merged by an earlier join stay merged: they are replaced by the new one.
    columns.append(&mut scope.columns);
    scope.columns = columns;
    Ok(match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => Some(expr::resolve_and(conditions)?),
    })
}

/// The value of a merged column: that of the side that is never padded, or of either in a full join.
fn merged_value(kind: JoinKind, mut sides: Vec<Expr>, _: DataType) -> Result<Expr> {
    match kind {
        JoinKind::Right => Ok(sides.remove(1)),
        JoinKind::Full => expr::resolve_coalesce(sides),
        _ => Ok(sides.remove(0)),
    }
}
