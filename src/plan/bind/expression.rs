//! Expressions.

use super::binder::Binder;
use super::grouping::Calls;
use super::scope::Scope;
use super::{data_type, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr};
use crate::types::{DataType, Value};
use sqlparser::ast::{self, BinaryOperator as Operator, Expr as Ast, UnaryOperator};

/// Where an expression stands: what it sees and what it may hold.
pub struct Context<'s> {
    pub scope: &'s Scope,
    /// As errors name it: `WHERE`, `JOIN conditions`.
    pub clause: &'static str,
    /// The aggregates called so far; none if the clause cannot call one.
    pub calls: Option<Calls>,
    pub inside_aggregate: bool,
    /// The columns used outside aggregates, by their place in the rows, and where.
    pub uses: Vec<(usize, u32)>,
}

impl<'s> Context<'s> {
    /// A clause without aggregates.
    pub fn new(scope: &'s Scope, clause: &'static str) -> Self {
        Context {
            scope,
            clause,
            calls: None,
            inside_aggregate: false,
            uses: Vec::new(),
        }
    }

    pub fn with_aggregates(scope: &'s Scope, clause: &'static str) -> Self {
        Context {
            calls: Some(Calls::default()),
            ..Context::new(scope, clause)
        }
    }
}

impl Binder<'_> {
    pub fn expression(&mut self, ast: &Ast, context: &mut Context) -> Result<Expr> {
        let bound = match ast {
            Ast::BinaryOp { .. } => self.operators(ast, context),
            _ => self.operand(ast, context),
        };
        name::at(bound, ast)
    }

    pub fn expressions(&mut self, list: &[Ast], context: &mut Context) -> Result<Vec<Expr>> {
        list.iter()
            .map(|ast| self.expression(ast, context))
            .collect()
    }

    fn boxed(&mut self, ast: &Option<Box<Ast>>, context: &mut Context) -> Result<Option<Expr>> {
        ast.as_ref()
            .map(|ast| self.expression(ast, context))
            .transpose()
    }

    /// A condition: `WHERE`, `HAVING`, `JOIN/ON`.
    pub fn condition(&mut self, ast: &Ast, context: &mut Context, clause: &str) -> Result<Expr> {
        let bound = self.expression(ast, context)?;
        name::at(expr::coerce_to_boolean(bound, clause), ast)
    }

    /// A chain of operators, which the parser leans to the left: walked down in a loop, so that its
    /// length costs no stack, and ANDs and ORs of one chain become one node.
    fn operators(&mut self, ast: &Ast, context: &mut Context) -> Result<Expr> {
        let mut chain = Vec::new();
        let mut first = ast;
        while let Ast::BinaryOp { left, op, right } = first {
            chain.push((op, &**right));
            first = left;
        }
        let mut bound = match chain.last() {
            Some((op, right)) if is_row_comparison(first, op, right) => {
                let (op, right) = chain.pop().expect("it was just looked at");
                self.row_comparison(first, op, right, context)?
            }
            _ => self.expression(first, context)?,
        };
        while let Some((op, right)) = chain.pop() {
            bound = match op {
                Operator::And | Operator::Or => {
                    let mut operands = vec![bound, self.expression(right, context)?];
                    while let Some((_, right)) = chain.pop_if(|(next, _)| *next == op) {
                        operands.push(self.expression(right, context)?);
                    }
                    name::at(connect(op, operands), ast)?
                }
                _ => {
                    let right_bound = self.expression(right, context)?;
                    let resolved = expr::resolve_operator(operator(op)?, bound, right_bound);
                    resolved.map_err(|error| error.at(self.operator_position(right, ast)))?
                }
            };
        }
        Ok(bound)
    }

    /// Where the operator before an operand stands, for errors.
    fn operator_position(&self, right: &Ast, whole: &Ast) -> u32 {
        let right = name::start(right);
        let before = right.and_then(|right| self.statement.token_before(right));
        before.or(name::start(whole)).unwrap_or(1)
    }

    fn operand(&mut self, ast: &Ast, context: &mut Context) -> Result<Expr> {
        match ast {
            Ast::Identifier(column) => self.column(None, column, context),
            Ast::CompoundIdentifier(path) => self.path(path, context),
            Ast::Value(value) => self.value(&value.value),
            Ast::Nested(inner) => self.expression(inner, context),
            Ast::UnaryOp { op, expr } => self.unary(op, expr, context),
            Ast::Function(function) => self.function(function, context),
            Ast::Case { .. } => self.case(ast, context),
            Ast::Cast {
                kind: ast::CastKind::Cast | ast::CastKind::DoubleColon,
                expr,
                data_type,
                format: None,
            } => {
                let operand = self.expression(expr, context)?;
                let target = data_type::bind(data_type)?;
                expr::coerce_to(operand, target, CastContext::Explicit)
            }
            Ast::TypedString(typed) => match &typed.value.value {
                ast::Value::NationalStringLiteral(text) => {
                    let target = data_type::bind(&typed.data_type)?;
                    expr::coerce_to(Expr::literal(text), target, CastContext::Explicit)
                }
                _ => Err(Error::new(
                    Code::Syntax,
                    "a typed constant must be a string",
                )),
            },
            Ast::Interval(interval) => interval_constant(interval),
            Ast::Exists { .. } | Ast::Subquery(_) | Ast::InSubquery { .. } => {
                self.subquery(ast, context)
            }
            Ast::AnyOp { .. } | Ast::AllOp { .. } => self.quantified(ast, context),
            Ast::Collate { expr, collation } => {
                let ident = name::single(collation)?;
                match ident.value.as_str() {
                    "C" | "POSIX" | "ucs_basic" => self.expression(expr, context),
                    other => Err(Error::unsupported(format!("the collation \"{other}\""))),
                }
            }
            _ => self.predicate(ast, context),
        }
    }

    /// Expressions that are true or false, and functions with a syntax of their own.
    fn predicate(&mut self, ast: &Ast, context: &mut Context) -> Result<Expr> {
        match ast {
            Ast::IsNull(inner) => expr::resolve_is_null(self.expression(inner, context)?, false),
            Ast::IsNotNull(inner) => expr::resolve_is_null(self.expression(inner, context)?, true),
            Ast::IsTrue(inner) => self.is_truth(inner, Some(true), false, context),
            Ast::IsNotTrue(inner) => self.is_truth(inner, Some(true), true, context),
            Ast::IsFalse(inner) => self.is_truth(inner, Some(false), false, context),
            Ast::IsNotFalse(inner) => self.is_truth(inner, Some(false), true, context),
            Ast::IsUnknown(inner) => self.is_truth(inner, None, false, context),
            Ast::IsNotUnknown(inner) => self.is_truth(inner, None, true, context),
            Ast::IsDistinctFrom(left, right) => self.is_distinct(left, right, false, context),
            Ast::IsNotDistinctFrom(left, right) => self.is_distinct(left, right, true, context),
            Ast::Between {
                expr: operand,
                negated,
                low,
                high,
            } => {
                let operand = self.expression(operand, context)?;
                let low = self.expression(low, context)?;
                let high = self.expression(high, context)?;
                expr::resolve_between(operand, low, high, *negated)
            }
            Ast::InList {
                expr: operand,
                list,
                negated,
            } => self.in_list(operand, list, *negated, context),
            Ast::Like {
                negated,
                any: false,
                expr: operand,
                pattern,
                escape_char,
            } => self.like(operand, pattern, escape_char, (*negated, false), context),
            Ast::ILike {
                negated,
                any: false,
                expr: operand,
                pattern,
                escape_char,
            } => self.like(operand, pattern, escape_char, (*negated, true), context),
            _ => self.special_call(ast, context),
        }
    }

    /// Functions whose arguments are separated by words.
    fn special_call(&mut self, ast: &Ast, context: &mut Context) -> Result<Expr> {
        let (function, arguments) = match ast {
            Ast::Extract { field, expr, .. } => {
                let field = field.to_string().to_ascii_lowercase();
                let field = Expr::constant(Value::text(field.trim_matches('\'')), DataType::Text);
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
                ("strpos", vec![self.expression(r#in, context)?, part])
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
            Ast::AtTimeZone {
                timestamp,
                time_zone,
            } => {
                let zone = self.expression(time_zone, context)?;
                ("timezone", vec![zone, self.expression(timestamp, context)?])
            }
            _ => return Err(Error::unsupported("this expression")),
        };
        expr::resolve_function(function, arguments)
    }

    fn path(&mut self, path: &[ast::Ident], context: &mut Context) -> Result<Expr> {
        match path {
            [table, column] => self.column(Some(table), column, context),
            [schema, table, column] if schema.value == "public" => {
                self.column(Some(table), column, context)
            }
            _ => Err(Error::unsupported("a name of so many parts")),
        }
    }

    fn column(
        &mut self,
        table: Option<&ast::Ident>,
        column: &ast::Ident,
        context: &mut Context,
    ) -> Result<Expr> {
        if let Some(found) = context.scope.find(table, column)? {
            if let expr::ExprKind::Column(at) = found.expr.kind
                && !context.inside_aggregate
            {
                let position = name::position(table.unwrap_or(column));
                context.uses.push((at, position));
            }
            return Ok(found.expr.clone());
        }
        for outer in self.outer.iter().rev() {
            if let Ok(Some(_)) = outer.find(table, column) {
                return Err(Error::unsupported(
                    "a subquery that uses columns of the query around it",
                )
                .at(name::position(table.unwrap_or(column))));
            }
        }
        Err(context.scope.missing(table, column))
    }

    fn value(&mut self, value: &ast::Value) -> Result<Expr> {
        match value {
            ast::Value::Number(digits, _) => number(digits),
            ast::Value::NationalStringLiteral(text) => Ok(Expr::literal(text)),
            ast::Value::Boolean(value) => Ok(Expr::boolean(*value)),
            ast::Value::Null => Ok(Expr::null()),
            ast::Value::Placeholder(name) => self.parameters.get(name),
            _ => Err(Error::unsupported("this kind of constant")),
        }
    }

    fn unary(&mut self, op: &UnaryOperator, operand: &Ast, context: &mut Context) -> Result<Expr> {
        // A sign binds closer than `^`, which the grammar has the other way round.
        if let (
            UnaryOperator::Minus | UnaryOperator::Plus,
            Ast::BinaryOp {
                left,
                op: power @ Operator::PGExp,
                right,
            },
        ) = (op, operand)
        {
            let base = self.unary(op, left, context)?;
            let exponent = self.expression(right, context)?;
            return expr::resolve_operator(operator(power)?, base, exponent);
        }
        let operand = self.expression(operand, context)?;
        match op {
            UnaryOperator::Minus => expr::resolve_negate(operand),
            UnaryOperator::Plus => expr::resolve_plus(operand),
            UnaryOperator::Not => expr::resolve_not(operand),
            _ => Err(Error::unsupported("this operator")),
        }
    }

    fn case(&mut self, ast: &Ast, context: &mut Context) -> Result<Expr> {
        let Ast::Case {
            operand,
            conditions,
            else_result,
            ..
        } = ast
        else {
            return Err(Error::new(Code::Internal, "not a CASE"));
        };
        let operand = self.boxed(operand, context)?;
        let mut branches = Vec::with_capacity(conditions.len());
        for branch in conditions {
            let condition = self.expression(&branch.condition, context)?;
            branches.push((condition, self.expression(&branch.result, context)?));
        }
        let otherwise = self.boxed(else_result, context)?;
        expr::resolve_case(operand, branches, otherwise)
    }

    fn is_truth(
        &mut self,
        operand: &Ast,
        truth: Option<bool>,
        negated: bool,
        context: &mut Context,
    ) -> Result<Expr> {
        expr::resolve_is_truth(self.expression(operand, context)?, truth, negated)
    }

    fn is_distinct(
        &mut self,
        left: &Ast,
        right: &Ast,
        negated: bool,
        context: &mut Context,
    ) -> Result<Expr> {
        let left = self.expression(left, context)?;
        expr::resolve_is_distinct(left, self.expression(right, context)?, negated)
    }

    fn in_list(
        &mut self,
        operand: &Ast,
        list: &[Ast],
        negated: bool,
        context: &mut Context,
    ) -> Result<Expr> {
        if let Ast::Tuple(_) = operand {
            let mut rows = Vec::with_capacity(list.len());
            for item in list {
                rows.push(self.row_comparison(operand, &Operator::Eq, item, context)?);
            }
            let any = match rows.len() {
                1 => rows.remove(0),
                _ => expr::resolve_or(rows)?,
            };
            return if negated {
                expr::resolve_not(any)
            } else {
                Ok(any)
            };
        }
        let operand = self.expression(operand, context)?;
        let list = self.expressions(list, context)?;
        expr::resolve_in_list(operand, list, negated)
    }

    fn like(
        &mut self,
        operand: &Ast,
        pattern: &Ast,
        escape: &Option<Box<Ast>>,
        (negated, case_insensitive): (bool, bool),
        context: &mut Context,
    ) -> Result<Expr> {
        let operand = self.expression(operand, context)?;
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

    /// `(a, b) = (1, 2)` is `a = 1 AND b = 2`, and `<>` its opposite.
    fn row_comparison(
        &mut self,
        left: &Ast,
        op: &Operator,
        right: &Ast,
        context: &mut Context,
    ) -> Result<Expr> {
        let (Ast::Tuple(left), Ast::Tuple(right)) = (left, right) else {
            return Err(Error::unsupported(
                "a comparison of a row with something else",
            ));
        };
        if left.len() != right.len() {
            return Err(Error::new(
                Code::Syntax,
                "unequal number of entries in row expressions",
            ));
        }
        let operator = operator(op)?;
        let mut pairs = Vec::with_capacity(left.len());
        for (left, right) in left.iter().zip(right) {
            let left = self.expression(left, context)?;
            let right = self.expression(right, context)?;
            pairs.push(expr::resolve_operator(operator, left, right)?);
        }
        match (operator, pairs.len()) {
            (_, 1) => Ok(pairs.remove(0)),
            (BinaryOperator::Equal, _) => expr::resolve_and(pairs),
            (BinaryOperator::NotEqual, _) => expr::resolve_or(pairs),
            _ => Err(Error::unsupported("ordering rows")),
        }
    }
}

fn is_row_comparison(left: &Ast, op: &Operator, right: &Ast) -> bool {
    let is_row = matches!(left, Ast::Tuple(_)) || matches!(right, Ast::Tuple(_));
    is_row && operator(op).is_ok_and(BinaryOperator::is_comparison)
}

fn connect(op: &Operator, operands: Vec<Expr>) -> Result<Expr> {
    match op {
        Operator::And => expr::resolve_and(operands),
        _ => expr::resolve_or(operands),
    }
}

fn operator(op: &Operator) -> Result<BinaryOperator> {
    Ok(match op {
        Operator::Plus => BinaryOperator::Add,
        Operator::Minus => BinaryOperator::Subtract,
        Operator::Multiply => BinaryOperator::Multiply,
        Operator::Divide => BinaryOperator::Divide,
        Operator::Modulo => BinaryOperator::Modulo,
        Operator::PGExp => BinaryOperator::Power,
        Operator::StringConcat => BinaryOperator::Concat,
        Operator::Eq => BinaryOperator::Equal,
        Operator::NotEq => BinaryOperator::NotEqual,
        Operator::Lt => BinaryOperator::Less,
        Operator::LtEq => BinaryOperator::LessOrEqual,
        Operator::Gt => BinaryOperator::Greater,
        Operator::GtEq => BinaryOperator::GreaterOrEqual,
        Operator::Arrow => BinaryOperator::JsonGet,
        Operator::LongArrow => BinaryOperator::JsonGetText,
        _ => return Err(Error::unsupported("this operator")),
    })
}

/// A number without a sign has the smallest type that holds it.
fn number(digits: &str) -> Result<Expr> {
    if digits.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(value) = digits.parse::<i64>()
    {
        let data_type = match i32::try_from(value) {
            Ok(_) => DataType::Integer,
            Err(_) => DataType::BigInt,
        };
        return Ok(Expr::constant(Value::I64(value), data_type));
    }
    let value = expr::parse_value(digits, DataType::Numeric(None))?;
    Ok(Expr::constant(value, DataType::Numeric(None)))
}

fn is_plain(field: &ast::CeilFloorKind) -> bool {
    matches!(
        field,
        ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime)
    )
}

/// `INTERVAL '5 minutes'` or `INTERVAL '5' MINUTE`.
fn interval_constant(interval: &ast::Interval) -> Result<Expr> {
    let text = match interval.value.as_ref() {
        Ast::Value(value) => match &value.value {
            ast::Value::NationalStringLiteral(text) => text,
            _ => {
                return Err(Error::unsupported(
                    "an interval that is not a string constant",
                ));
            }
        },
        _ => {
            return Err(Error::unsupported(
                "an interval that is not a string constant",
            ));
        }
    };
    let has_precision = interval.leading_precision.is_some()
        || interval.fractional_seconds_precision.is_some()
        || interval.last_field.is_some();
    if has_precision {
        return Err(Error::unsupported("an interval with these fields"));
    }
    let text = match &interval.leading_field {
        None => text.clone(),
        Some(field) if text.trim().parse::<f64>().is_ok() => format!("{text} {field}"),
        Some(_) => return Err(Error::unsupported("an interval with these fields")),
    };
    expr::coerce_to(
        Expr::literal(&text),
        DataType::Interval,
        CastContext::Explicit,
    )
}
