//! Arrays: `ARRAY[…]`, `ARRAY(query)`, elements and slices, and the operators that are theirs alone.

use super::assign;
use super::binder::Binder;
use super::expression::Context;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::types::{ColumnSchema, DataType, Value};
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
                        let path = expr::resolve_array(vec![key_of(index)?])?;
                        expr::resolve_symbol("#>", operand, path)
                    }
                    _ => expr::resolve_subscript(operand, index),
                }
            }
            AccessExpr::Subscript(Subscript::Slice {
                lower_bound,
                upper_bound,
                stride: None,
            }) if operand.data_type != DataType::Jsonb => {
                let first = self.bound(lower_bound, context)?;
                let last = self.bound(upper_bound, context)?;
                expr::resolve_slice(operand, first, last)
            }
            _ => Err(unsupported_part(operand.data_type)),
        }
    }

    fn bound(&mut self, ast: &'a Option<Ast>, context: &mut Context) -> Result<Option<Expr>> {
        let ast = ast.as_ref();
        ast.map(|ast| self.expression(ast, context)).transpose()
    }

    /// The value of a column when a part of it is assigned to.
    pub fn assign_part(
        &mut self,
        column: &ColumnSchema,
        whole: Expr,
        chain: &'a [AccessExpr],
        value: Expr,
        context: &mut Context,
    ) -> Result<Expr> {
        let of_type = |target: DataType| {
            let from = value.data_type;
            assign::assign(value.clone(), target).map_err(|error| match error.code() {
                Code::DatatypeMismatch | Code::CannotCoerce if from != DataType::Unknown => {
                    let message = format!(
                        "subscripted assignment to \"{}\" requires type {} but expression is of type {}",
                        column.name,
                        target.base(),
                        from.base()
                    );
                    Error::new(Code::DatatypeMismatch, message)
                }
                _ => error,
            })
        };
        if whole.data_type == DataType::Jsonb {
            let mut path = Vec::with_capacity(chain.len());
            let mut of_array = false;
            for access in chain {
                let AccessExpr::Subscript(Subscript::Index { index }) = access else {
                    return Err(unsupported_part(whole.data_type));
                };
                let index = self.expression(index, context)?;
                of_array |= path.is_empty() && index.data_type.is_integer();
                path.push(key_of(index)?);
            }
            let empty = Value::text(if of_array { "[]" } else { "{}" });
            let empty = Expr::constant(empty, DataType::Jsonb);
            let whole = expr::resolve_coalesce(vec![whole, empty])?;
            let path = expr::resolve_array(path)?;
            return expr::resolve_assign(whole, path, of_type(DataType::Jsonb)?);
        }
        let element = expr::subscripted(&whole)?;
        match chain {
            [AccessExpr::Subscript(Subscript::Index { index })] => {
                let index = self.expression(index, context)?;
                expr::resolve_assign(whole, index, of_type(element)?)
            }
            [
                AccessExpr::Subscript(Subscript::Slice {
                    lower_bound,
                    upper_bound,
                    stride: None,
                }),
            ] => {
                let first = self.bound(lower_bound, context)?;
                let last = self.bound(upper_bound, context)?;
                let source = of_type(whole.data_type)?;
                expr::resolve_assign_slice(whole, [first, last], source)
            }
            [_] => Err(unsupported_part(whole.data_type)),
            _ => Err(Error::unsupported("an array of more than one dimension")),
        }
    }
}

/// A subscript of JSONB: by a path, in which a number may also be text.
fn key_of(index: Expr) -> Result<Expr> {
    let found = index.data_type;
    if !found.is_text() && !found.is_integer() && found != DataType::Unknown {
        let message = format!("subscript type {found} is not supported");
        return Err(Error::new(Code::DatatypeMismatch, message));
    }
    expr::coerce_to(index, DataType::Text, CastContext::Explicit)
}

fn unsupported_part(of: DataType) -> Error {
    match of {
        DataType::Jsonb => Error::new(
            Code::DatatypeMismatch,
            "jsonb subscript does not support slices",
        ),
        _ => Error::unsupported("access to a part of this kind"),
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
