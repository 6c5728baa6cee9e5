//! Arrays: `ARRAY[…]`, `ARRAY(query)`, elements and slices, and the operators that are theirs alone.

use super::binder::Binder;
use super::expression::Context;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::types::{DataType, Value};
use sqlparser::ast::{self, AccessExpr, BinaryOperator as Operator, Expr as Ast, Subscript};
use std::rc::Rc;

impl<'a> Binder<'a> {
    /// `ARRAY[…]`, or what stands in brackets behind an operand.
    pub fn array(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        match ast {
            Ast::Array(array) if array.elem.is_empty() => Err(Error::new(
                Code::IndeterminateDatatype,
                "cannot determine type of empty array",
            )
            .with_hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")),
            Ast::Array(array) => {
                let is_nested = |element: &Ast| matches!(element, Ast::Array(_));
                if !array.named || array.elem.iter().any(is_nested) {
                    return Err(Error::unsupported("an array of more than one dimension"));
                }
                expr::resolve_array(self.expressions(&array.elem, context)?)
            }
            Ast::CompoundFieldAccess { root, access_chain } => {
                let (path, rest) = column_of(root, access_chain);
                let root = match path.as_slice() {
                    [] => self.expression(root, context)?,
                    path => self.path(path, context)?,
                };
                (rest.iter()).try_fold(root, |operand, access| {
                    self.access(operand, access, context)
                })
            }
            _ => Err(Error::new(Code::Internal, "not an array")),
        }
    }

    fn access(
        &mut self,
        operand: Expr,
        access: &'a AccessExpr,
        context: &mut Context,
    ) -> Result<Expr> {
        match access {
            AccessExpr::Subscript(Subscript::Index { index }) => {
                let index = self.expression(index, context)?;
                match operand.data_type {
                    // By a path, in which a number may also be text.
                    DataType::Jsonb => {
                        let is_key = index.data_type.is_text() || index.data_type.is_integer();
                        let is_key = is_key || index.data_type == DataType::Unknown;
                        if !is_key {
                            let found = index.data_type;
                            let message = format!("subscript type {found} is not supported");
                            return Err(Error::new(Code::DatatypeMismatch, message));
                        }
                        let key = expr::coerce_to(index, DataType::Text, CastContext::Explicit)?;
                        let path = expr::resolve_array(vec![key])?;
                        expr::resolve_symbol("#>", operand, path)
                    }
                    _ => expr::resolve_subscript(operand, index),
                }
            }
            AccessExpr::Subscript(Subscript::Slice {
                lower_bound,
                upper_bound,
                stride: None,
            }) => {
                let mut bound = |ast: &'a Option<Ast>| {
                    ast.as_ref()
                        .map(|ast| self.expression(ast, context))
                        .transpose()
                };
                let (first, last) = (bound(lower_bound)?, bound(upper_bound)?);
                expr::resolve_slice(operand, first, last)
            }
            _ => Err(Error::unsupported("access to a part of this kind")),
        }
    }
}

/// A column with the name of its table (`t.a[1]`), which the grammar reads as parts of `t`; and what follows.
fn column_of<'a>(root: &Ast, chain: &'a [AccessExpr]) -> (Vec<ast::Ident>, &'a [AccessExpr]) {
    let name = |access: &AccessExpr| match access {
        AccessExpr::Dot(Ast::Identifier(name)) => Some(name.clone()),
        _ => None,
    };
    let names: Vec<ast::Ident> = chain.iter().map_while(name).collect();
    match root {
        Ast::Identifier(table) if !names.is_empty() => {
            let rest = &chain[names.len()..];
            (std::iter::once(table.clone()).chain(names).collect(), rest)
        }
        _ => (Vec::new(), chain),
    }
}

/// The name of an operator that is a function of arrays.
pub fn array_operator(op: &Operator) -> Option<&'static str> {
    Some(match op {
        Operator::AtArrow => "@>",
        Operator::ArrowAt => "<@",
        Operator::PGOverlap => "&&",
        _ => return None,
    })
}

/// Whether it is `ARRAY[]` with the type it has.
pub fn is_empty_array(ast: &Ast) -> bool {
    let Ast::Cast { expr, .. } = ast else {
        return false;
    };
    matches!(&**expr, Ast::Array(array) if array.named && array.elem.is_empty())
}

/// The empty array of a type.
pub fn empty_array(target: DataType) -> Result<Expr> {
    match target.element() {
        Some(_) => Ok(Expr::constant(Value::Array(Rc::from([])), target)),
        None => Err(Error::new(
            Code::CannotCoerce,
            format!("cannot cast an array to type {target}"),
        )),
    }
}
