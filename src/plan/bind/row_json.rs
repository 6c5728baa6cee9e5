//! Rows as arguments of the functions that make JSON: `to_json(t)`, `json_agg(t)`, `row_to_json(ROW(a, b))`. There are
//! no rows as values elsewhere.

use super::binder::Binder;
use super::expression::Context;
use super::name;
use super::subquery::is_row;
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use sqlparser::ast::{self, Expr as Ast, FunctionArg, FunctionArgExpr, FunctionArguments, Ident};

/// Whether the function takes rows.
fn makes_json(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        // It only asks whether there is a row.
        "count",
        "json_object_agg",
        "jsonb_object_agg",
        "to_json",
        "to_jsonb",
        "row_to_json",
        "json_agg",
        "jsonb_agg",
        "json_build_object",
        "jsonb_build_object",
        "json_build_array",
        "jsonb_build_array",
    ];
    NAMES.contains(&name)
}

impl<'a> Binder<'a> {
    /// The argument, if it is a row that the function takes.
    pub fn row_argument(
        &mut self,
        function: &str,
        argument: &'a FunctionArg,
        context: &mut Context,
    ) -> Result<Option<Expr>> {
        let FunctionArg::Unnamed(argument) = argument else {
            return Ok(None);
        };
        let ident = match argument {
            _ if !makes_json(function) => return Ok(None),
            FunctionArgExpr::Expr(row) if is_row(row) => {
                let mut columns = Vec::new();
                for (at, item) in items(row).into_iter().enumerate() {
                    let name = format!("f{}", at + 1);
                    columns.push((name, self.expression(item, context)?));
                }
                return expr::json_row(columns).map(Some);
            }
            FunctionArgExpr::Expr(Ast::Identifier(ident)) => {
                let is_column = context.scope.find(None, ident)?.is_some();
                match is_column || self.outer.find(None, ident)?.is_some() {
                    true => return Ok(None),
                    false => ident,
                }
            }
            FunctionArgExpr::QualifiedWildcard(table) => name::single(table)?,
            _ => return Ok(None),
        };
        match context.scope.table(&ident.value) {
            Some(table) => self.row_of_table(table, ident, context).map(Some),
            None => Ok(None),
        }
    }

    fn row_of_table(&mut self, table: usize, ident: &Ident, context: &mut Context) -> Result<Expr> {
        let scope = context.scope;
        let position = name::position(ident);
        let mut columns = Vec::new();
        let mut note = |at: &Expr| {
            if let expr::ExprKind::Column(at) = at.kind
                && !context.inside_aggregate
            {
                context.uses.push((at, position));
            }
        };
        for column in &scope.columns {
            // The columns behind a merged one are still their table's.
            if column.table == Some(table) && (column.visible || !column.unqualified) {
                column.note();
                note(&column.expr);
                columns.push((column.name.clone(), column.expr.clone()));
            }
        }
        let row = expr::json_row(columns)?;
        let known = &scope.tables[table];
        if !known.may_be_missing {
            return Ok(row);
        }
        let Some(key) = known.key.as_ref().and_then(|key| key.first()) else {
            let what =
                "a row of the side of an outer join that may be missing, without a primary key,";
            return Err(Error::unsupported(what).at(position));
        };
        let is_key = |expr: &Expr| expr.kind == expr::ExprKind::Column(*key);
        let key = scope.columns.iter().find(|column| is_key(&column.expr));
        let Some(key) = key.map(|key| key.expr.clone()) else {
            return Err(Error::new(Code::Internal, "a key is of no column"));
        };
        note(&key);
        let is_there = expr::resolve_is_null(key, true)?;
        expr::resolve_case(None, vec![(is_there, row)], None)
    }
}

fn items(row: &Ast) -> Vec<&Ast> {
    match row {
        Ast::Tuple(items) => items.iter().collect(),
        Ast::Function(ast::Function {
            args: FunctionArguments::List(list),
            ..
        }) => {
            let plain = |argument| match argument {
                &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref item)) => Some(item),
                _ => None,
            };
            list.args.iter().filter_map(plain).collect()
        }
        _ => Vec::new(),
    }
}
