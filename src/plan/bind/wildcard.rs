//! `*` and `table.*`.

use super::expression::Context;
use super::name;
use super::scope::Scope;
use super::select::Output;
use crate::error::{Error, Result};
use crate::expr;
use sqlparser::ast::{SelectItemQualifiedWildcardKind, WildcardAdditionalOptions};

/// The table of `table.*`.
pub fn wildcard_table(kind: &SelectItemQualifiedWildcardKind, scope: &Scope) -> Result<usize> {
    let SelectItemQualifiedWildcardKind::ObjectName(table) = kind else {
        return Err(Error::unsupported("the columns of an expression"));
    };
    let parts = name::parts(table)?;
    let ident = match parts.as_slice() {
        [table] => table,
        [schema, table] => {
            if let Some(at) = scope.table_in(schema, table) {
                return Ok(at);
            }
            scope.check_schema(schema, table)?;
            table
        }
        _ => return Err(Error::unsupported("a name of so many parts")),
    };
    let table = scope.table_alone(ident)?;
    table.ok_or_else(|| scope.missing_table(ident))
}

/// The columns of `*` or `table.*`.
pub fn all_columns(
    context: &mut Context,
    table: Option<usize>,
    options: &WildcardAdditionalOptions,
) -> Vec<Output> {
    let position = options.wildcard_token.0.span.start.column as u32;
    let mut outputs = Vec::new();
    for column in &context.scope.columns {
        let wanted = match table {
            None => column.visible,
            // The columns behind a merged one are still their table's.
            Some(_) => column.table == table && (column.visible || !column.unqualified),
        };
        if !wanted {
            continue;
        }
        column.note();
        if let expr::ExprKind::Column(at) = column.expr.kind {
            context.uses.push((at, position));
        }
        outputs.push(Output {
            name: column.name.clone(),
            expr: column.expr.clone(),
        });
    }
    outputs
}

/// Refuses what other databases write behind `*`.
pub fn check_wildcard(options: &WildcardAdditionalOptions) -> Result<()> {
    let is_plain = options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none();
    match is_plain {
        true => Ok(()),
        false => Err(Error::unsupported("an option of *")),
    }
}
