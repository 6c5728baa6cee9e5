//! Expressions that are true or false, and functions with a syntax of their own.

use super::binder::Binder;
use super::expression::{Context, operator};
use super::name;
use super::subquery::is_row;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, Expr};
use crate::sql::SYMMETRIC;
use crate::types::{DataType, Value};
use sqlparser::ast::{self, BinaryOperator as Operator, Expr as Ast, FunctionArg, FunctionArgExpr};

/// What a predicate, or something else written behind its operand, is asked of.
pub fn predicate_operand(ast: &Ast) -> Option<&Ast> {
    match ast {
        Ast::IsNull(operand)
        | Ast::IsNotNull(operand)
        | Ast::IsTrue(operand)
        | Ast::IsNotTrue(operand)
        | Ast::IsFalse(operand)
        | Ast::IsNotFalse(operand)
        | Ast::IsUnknown(operand)
        | Ast::IsNotUnknown(operand)
        | Ast::IsDistinctFrom(operand, _)
        | Ast::IsNotDistinctFrom(operand, _)
        | Ast::Between { expr: operand, .. }
        | Ast::Like {
            any: false,
            expr: operand,
            ..
        }
        | Ast::ILike {
            any: false,
            expr: operand,
            ..
        }
        | Ast::SimilarTo { expr: operand, .. }
        | Ast::Collate { expr: operand, .. }
        | Ast::AtTimeZone {
            timestamp: operand, ..
        } => Some(operand),
        _ => None,
    }
}

impl<'a> Binder<'a> {
    /// A predicate of an operand that has been bound.
    pub fn predicate(
        &mut self,
        operand: Expr,
        ast: &'a Ast,
        context: &mut Context,
    ) -> Result<Expr> {
        match ast {
            Ast::IsNull(_) => expr::resolve_is_null(operand, false),
            Ast::IsNotNull(_) => expr::resolve_is_null(operand, true),
            Ast::IsTrue(_) => expr::resolve_is_truth(operand, Some(true), false),
            Ast::IsNotTrue(_) => expr::resolve_is_truth(operand, Some(true), true),
            Ast::IsFalse(_) => expr::resolve_is_truth(operand, Some(false), false),
            Ast::IsNotFalse(_) => expr::resolve_is_truth(operand, Some(false), true),
            Ast::IsUnknown(_) => expr::resolve_is_truth(operand, None, false),
            Ast::IsNotUnknown(_) => expr::resolve_is_truth(operand, None, true),
            Ast::IsDistinctFrom(_, other) => {
                expr::resolve_is_distinct(operand, self.expression(other, context)?, false)
            }
            Ast::IsNotDistinctFrom(_, other) => {
                expr::resolve_is_distinct(operand, self.expression(other, context)?, true)
            }
            Ast::Between {
                negated, low, high, ..
            } => {
                let symmetric = bound_of_symmetric(low);
                let low = self.expression(symmetric.unwrap_or(low), context)?;
                let high = self.expression(high, context)?;
                if symmetric.is_none() {
                    return expr::resolve_between(operand, low, high, *negated);
                }
                let sides = [(low.clone(), high.clone()), (high, low)];
                let sides = sides
                    .map(|(low, high)| expr::resolve_between(operand.clone(), low, high, *negated));
                let sides = sides.into_iter().collect::<Result<_>>()?;
                match negated {
                    false => expr::resolve_or(sides),
                    true => expr::resolve_and(sides),
                }
            }
            Ast::InList { list, negated, .. } => {
                let list = self.expressions(list, context)?;
                expr::resolve_in_list(operand, list, *negated)
            }
            Ast::Like {
                negated,
                pattern,
                escape_char,
                ..
            } => self.like(operand, pattern, escape_char, (*negated, false), context),
            Ast::ILike {
                negated,
                pattern,
                escape_char,
                ..
            } => self.like(operand, pattern, escape_char, (*negated, true), context),
            Ast::SimilarTo {
                negated,
                pattern,
                escape_char,
                ..
            } => {
                let pattern = self.expression(pattern, context)?;
                let escape = match self.boxed(escape_char, context)? {
                    Some(escape) => escape,
                    None => Expr::literal("\\"),
                };
                let pattern = expr::resolve_function("similar_to_escape", vec![pattern, escape])?;
                let symbol = if *negated { "!~" } else { "~" };
                expr::resolve_symbol(symbol, operand, pattern)
            }
            Ast::Collate { collation, .. } => check_collation(collation).map(|()| operand),
            Ast::AtTimeZone { time_zone, .. } => {
                let zone = self.expression(time_zone, context)?;
                expr::resolve_function("timezone", vec![zone, operand])
            }
            _ => Err(Error::new(Code::Internal, "not a predicate")),
        }
    }

    /// Functions whose arguments are separated by words.
    pub fn special_call(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        let (function, arguments) = match ast {
            Ast::Extract { field, expr, .. } => {
                let field = field.to_string().to_ascii_lowercase();
                let field =
                    Expr::constant(Value::text(field.trim_matches(['\'', '"'])), DataType::Text);
                ("extract", vec![field, self.expression(expr, context)?])
            }
            Ast::Ceil { expr, field } if is_plain(field) => {
                ("ceil", vec![self.expression(expr, context)?])
            }
            Ast::Floor { expr, field } if is_plain(field) => {
                ("floor", vec![self.expression(expr, context)?])
            }
            Ast::Position { expr, r#in } => {
                let part = self.expression(expr, context)?;
                ("position", vec![self.expression(r#in, context)?, part])
            }
            Ast::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                let mut arguments = vec![self.expression(expr, context)?];
                let from = self.boxed(substring_from, context)?;
                arguments.push(from.unwrap_or_else(|| Expr::integer(1)));
                arguments.extend(self.boxed(substring_for, context)?);
                ("substring", arguments)
            }
            Ast::Overlay {
                expr,
                overlay_what,
                overlay_from,
                overlay_for,
            } => {
                let mut arguments = Vec::with_capacity(4);
                for part in [expr, overlay_what, overlay_from] {
                    arguments.push(self.expression(part, context)?);
                }
                arguments.extend(self.boxed(overlay_for, context)?);
                ("overlay", arguments)
            }
            Ast::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters,
            } => {
                let mut arguments = vec![self.expression(expr, context)?];
                arguments.extend(self.boxed(trim_what, context)?);
                arguments
                    .extend(self.expressions(trim_characters.as_deref().unwrap_or(&[]), context)?);
                let function = match trim_where {
                    Some(ast::TrimWhereField::Leading) => "ltrim",
                    Some(ast::TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                (function, arguments)
            }
            _ => return Err(Error::unsupported("this expression")),
        };
        expr::resolve_function(function, arguments)
    }

    /// `(a, b) IN ((1, 2), (3, 4))`.
    pub fn row_in_list(
        &mut self,
        row: &'a Ast,
        list: &'a [Ast],
        negated: bool,
        context: &mut Context,
    ) -> Result<Expr> {
        let mut rows = Vec::with_capacity(list.len());
        for item in list {
            rows.push(self.row_comparison(row, &Operator::Eq, item, context)?);
        }
        let any = match rows.len() {
            1 => rows.remove(0),
            _ => expr::resolve_or(rows)?,
        };
        match negated {
            true => expr::resolve_not(any),
            false => Ok(any),
        }
    }

    fn like(
        &mut self,
        operand: Expr,
        pattern: &'a Ast,
        escape: &'a Option<Box<Ast>>,
        (negated, case_insensitive): (bool, bool),
        context: &mut Context,
    ) -> Result<Expr> {
        let pattern = self.expression(pattern, context)?;
        let escape = match escape.as_deref() {
            None => None,
            Some(Ast::Value(value)) => match &value.value {
                ast::Value::NationalStringLiteral(text) => Some(text.as_str()),
                _ => return Err(Error::unsupported("ESCAPE that is not a string constant")),
            },
            Some(_) => return Err(Error::unsupported("ESCAPE that is not a string constant")),
        };
        expr::resolve_like(operand, pattern, escape, negated, case_insensitive)
    }

    /// `(a, b) < (1, 2)`; either side may be a subquery of one row.
    pub fn row_comparison(
        &mut self,
        left: &'a Ast,
        op: &Operator,
        right: &'a Ast,
        context: &mut Context,
    ) -> Result<Expr> {
        if *op == Operator::Overlaps {
            return self.overlaps(left, right, context);
        }
        let operator = operator(op)?;
        let (left, right) = match (left, right) {
            (Ast::Subquery(query), row) => {
                let row = self.row(row, context)?;
                (self.row_of_query(query, row.len(), context)?, row)
            }
            (row, Ast::Subquery(query)) => {
                let row = self.row(row, context)?;
                let columns = self.row_of_query(query, row.len(), context)?;
                (row, columns)
            }
            _ if is_row(left) && is_row(right) => {
                (self.row(left, context)?, self.row(right, context)?)
            }
            _ => {
                let message = "a comparison of a row with something else";
                return Err(Error::unsupported(message));
            }
        };
        compare_rows(operator, left, right)
    }
}

impl<'a> Binder<'a> {
    /// `(start, end) OVERLAPS (start, length)`.
    fn overlaps(&mut self, left: &'a Ast, right: &'a Ast, context: &mut Context) -> Result<Expr> {
        let mut ends = Vec::with_capacity(4);
        for row in [left, right] {
            let row = self.row(row, context)?;
            let [start, end] = <[Expr; 2]>::try_from(row).map_err(|_| {
                Error::new(
                    Code::Syntax,
                    "wrong number of parameters on a side of OVERLAPS",
                )
            })?;
            let end = match end.data_type {
                DataType::Interval => {
                    let start = expr::repeatable(start.clone(), "OVERLAPS")?;
                    expr::resolve_operator(BinaryOperator::Add, start, end)?
                }
                _ => end,
            };
            ends.extend([start, end]);
        }
        let (ends, common) = expr::coerce_all(ends, "OVERLAPS")?;
        match common {
            DataType::Date => {
                let context = expr::CastContext::Implicit;
                let to_time = |end| expr::coerce_to(end, DataType::Timestamp, context);
                let ends = ends.into_iter().map(to_time).collect::<Result<_>>()?;
                expr::resolve_function("overlaps", ends)
            }
            DataType::Timestamp | DataType::TimestampTz | DataType::Time => {
                expr::resolve_function("overlaps", ends)
            }
            _ => Err(Error::unsupported("OVERLAPS of these types")),
        }
    }
}

/// Rows are equal if all of their elements are; else the first that differ decide.
pub fn compare_rows(operator: BinaryOperator, left: Vec<Expr>, right: Vec<Expr>) -> Result<Expr> {
    use BinaryOperator::*;
    if left.len() != right.len() {
        return Err(Error::new(
            Code::Syntax,
            "unequal number of entries in row expressions",
        ));
    }
    let mut pairs: Vec<(Expr, Expr)> = left.into_iter().zip(right).collect();
    let each = |(left, right): (Expr, Expr)| expr::resolve_operator(operator, left, right);
    if pairs.len() == 1 {
        return each(pairs.remove(0));
    }
    match operator {
        Equal => expr::resolve_and(pairs.into_iter().map(each).collect::<Result<_>>()?),
        NotEqual => expr::resolve_or(pairs.into_iter().map(each).collect::<Result<_>>()?),
        _ => {
            let strict = match operator {
                Less | LessOrEqual => Less,
                _ => Greater,
            };
            let last = pairs.pop().map(each);
            let last = last.unwrap_or_else(|| Err(Error::new(Code::Syntax, "a row is empty")))?;
            pairs
                .into_iter()
                .rev()
                .try_fold(last, |rest, (left, right)| {
                    let left = expr::repeatable(left, "a comparison of rows")?;
                    let right = expr::repeatable(right, "a comparison of rows")?;
                    let equal = expr::resolve_operator(Equal, left.clone(), right.clone())?;
                    let rest = expr::resolve_and(vec![equal, rest])?;
                    let before = expr::resolve_operator(strict, left, right)?;
                    expr::resolve_or(vec![before, rest])
                })
        }
    }
}

/// Whether an operator compares rows, `(a, b) = (1, 2)`.
pub fn is_row_comparison(left: &Ast, op: &Operator, right: &Ast) -> bool {
    (is_row(left) || is_row(right)) && operator(op).is_ok_and(BinaryOperator::is_comparison)
}

fn is_plain(field: &ast::CeilFloorKind) -> bool {
    matches!(
        field,
        ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime)
    )
}

/// Texts are in the order of their bytes, which is "C"; the default is that, too.
pub fn check_collation(collation: &ast::ObjectName) -> Result<()> {
    let ident = match name::parts(collation)?.as_slice() {
        [schema, ident] if schema.value == "pg_catalog" => *ident,
        _ => name::single(collation)?,
    };
    match ident.value.as_str() {
        "C" | "POSIX" | "ucs_basic" | "default" => Ok(()),
        other => {
            Err(Error::unsupported(format!("the collation \"{other}\"")).at(name::position(ident)))
        }
    }
}

/// The bound inside the function that stands for SYMMETRIC.
fn bound_of_symmetric(low: &Ast) -> Option<&Ast> {
    let Ast::Function(call) = low else {
        return None;
    };
    let is_meant = name::single(&call.name).is_ok_and(|name| name.value == SYMMETRIC);
    match (&call.args, is_meant) {
        (ast::FunctionArguments::List(list), true) => match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(low))] => Some(low),
            _ => None,
        },
        _ => None,
    }
}
