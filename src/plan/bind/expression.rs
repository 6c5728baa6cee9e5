//! Expressions.

use super::array::{array_operator, empty_array, is_empty_array};
use super::binder::Binder;
use super::call::without_cast;
use super::constant::interval_constant;
use super::grouping::Calls;
use super::name;
use super::predicate::{is_row_comparison, predicate_operand};
use super::registered;
use super::scope::{Scope, ScopeColumn};
use super::sets::Sets;
use super::subquery::is_row;
use super::window::Windows;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, Expr};
use crate::sql::check_name;
use crate::types::DataType;
use sqlparser::ast::{self, BinaryOperator as Operator, Expr as Ast, UnaryOperator};

/// Where an expression stands: what it sees and what it may hold.
pub struct Context<'s> {
    pub scope: &'s Scope,
    /// As errors name it: `WHERE`, `JOIN conditions`.
    pub clause: &'static str,
    /// The aggregates called so far; none if the clause cannot call one.
    pub calls: Option<Calls>,
    pub inside_aggregate: bool,
    /// The windows so far; none if the clause cannot call a window function.
    pub windows: Option<Windows>,
    pub inside_window: bool,
    /// The functions that answer rows so far; none if the clause cannot call one.
    pub sets: Option<Sets>,
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
            windows: None,
            inside_window: false,
            sets: None,
            uses: Vec::new(),
        }
    }

    pub fn with_aggregates(scope: &'s Scope, clause: &'static str) -> Self {
        Context {
            calls: Some(Calls::default()),
            ..Context::new(scope, clause)
        }
    }

    /// How deep the place is: in an aggregate, which may stand in a window function, or in neither.
    pub fn depth(&self) -> u8 {
        match (self.inside_aggregate, self.inside_window) {
            (true, _) => 2,
            (false, inside_window) => inside_window.into(),
        }
    }
}

impl<'a> Binder<'a> {
    /// An expression. What leans to the left, as chains of operators, casts and predicates do, is walked
    /// down in a loop, so that its length costs no stack.
    pub fn expression(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        let mut chain = Vec::new();
        let mut first = ast;
        while let Some(left) = left_operand(first) {
            chain.push(first);
            first = left;
        }
        if let (Ast::UnaryOp { op, .. }, Some(Ast::BinaryOp { op: next, .. })) =
            (first, chain.last())
            && matches!(next, Operator::Plus | Operator::Minus)
            && is_loose(op)
        {
            // PostgreSQL takes the sum for the operand, the grammar what stands first in it.
            return Err(Error::unsupported(
                "this operator before a sum without parentheses",
            ));
        }
        let mut bound = name::at(self.operand(first, context), first)?;
        while let Some(link) = chain.pop() {
            let applied = match link {
                Ast::BinaryOp { op, right, .. } => {
                    self.operator(bound, op, right, &mut chain, context)
                }
                Ast::Cast { data_type, .. } => match registered::registered(data_type) {
                    Some(registered) => self.registered_cast(bound, registered, context),
                    None => match registered::registered_element(data_type) {
                        Some(registered) => self.registered_array(bound, registered),
                        None => self.cast(bound, data_type),
                    },
                },
                Ast::InSubquery {
                    subquery, negated, ..
                } => self.in_query(vec![bound], subquery, *negated, context),
                _ => self.predicate(bound, link, context),
            };
            bound = name::at(applied, link)?;
        }
        Ok(bound)
    }

    pub fn expressions(&mut self, list: &'a [Ast], context: &mut Context) -> Result<Vec<Expr>> {
        list.iter()
            .map(|ast| self.expression(ast, context))
            .collect()
    }

    pub fn boxed(
        &mut self,
        ast: &'a Option<Box<Ast>>,
        context: &mut Context,
    ) -> Result<Option<Expr>> {
        ast.as_ref()
            .map(|ast| self.expression(ast, context))
            .transpose()
    }

    /// A condition: `WHERE`, `HAVING`, `JOIN/ON`.
    pub fn condition(&mut self, ast: &'a Ast, context: &mut Context, clause: &str) -> Result<Expr> {
        let bound = self.expression(ast, context)?;
        name::at(expr::coerce_to_boolean(bound, clause), ast)
    }

    /// An operator with its left side bound. The ANDs or ORs of one chain become one node.
    fn operator(
        &mut self,
        left: Expr,
        op: &Operator,
        right: &'a Ast,
        chain: &mut Vec<&'a Ast>,
        context: &mut Context,
    ) -> Result<Expr> {
        if !matches!(op, Operator::And | Operator::Or) {
            let right = match left.data_type {
                DataType::Jsonb => without_cast(right, "jsonpath"),
                _ => right,
            };
            let bound = self.expression(right, context)?;
            let of_json = [&left, &bound]
                .iter()
                .any(|side| side.data_type == DataType::Jsonb);
            let resolved = match (array_operator(op), op) {
                (Some(name), _) if !of_json => expr::resolve_array_call(name, vec![left, bound]),
                (_, Operator::AtArrow) => expr::resolve_symbol("@>", left, bound),
                (_, Operator::ArrowAt) => expr::resolve_symbol("<@", left, bound),
                (_, Operator::Custom(symbol)) => custom(symbol, left, bound),
                (_, Operator::PGCustomBinaryOperator(parts)) => match parts.as_slice() {
                    [schema, symbol] if schema == "pg_catalog" => custom(symbol, left, bound),
                    [symbol] => custom(symbol, left, bound),
                    _ => Err(Error::unsupported("an operator of this schema")),
                },
                _ => operator(op).and_then(|op| expr::resolve_operator(op, left, bound)),
            };
            return resolved.map_err(|error| match self.operator_position(right) {
                Some(position) => error.at(position),
                None => error,
            });
        }
        let mut operands = vec![left, self.expression(right, context)?];
        while let Some(Ast::BinaryOp {
            op: next, right, ..
        }) = chain.last()
            && next == op
        {
            chain.pop();
            operands.push(self.expression(right, context)?);
        }
        match op {
            Operator::And => expr::resolve_and(operands),
            _ => expr::resolve_or(operands),
        }
    }

    /// Where the operator before an operand stands, for errors.
    fn operator_position(&self, right: &Ast) -> Option<u32> {
        name::start(right).and_then(|right| self.statement.token_before(right))
    }

    /// What stands at the left of a chain.
    fn operand(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        match ast {
            Ast::Identifier(column) => match check_name(column) {
                Ok(()) => self.column(None, column, context),
                // Some of these words are functions without parentheses.
                Err(error) => {
                    let known = self.system_function(&column.value, &[], context)?;
                    known.ok_or(error)
                }
            },
            Ast::CompoundIdentifier(path) => self.path(path, context),
            Ast::Value(value) => self.value(&value.value),
            Ast::Nested(inner) => self.expression(inner, context),
            Ast::UnaryOp { op, expr } => self.unary(op, expr, context),
            Ast::Function(_) if is_row(ast) => Err(Error::unsupported("a row as a value")),
            Ast::Function(function) => self.function(function, context),
            Ast::Case { .. } => {
                self.without_sets(context, |binder, context| binder.case(ast, context))
            }
            Ast::TypedString(typed) => match &typed.value.value {
                ast::Value::NationalStringLiteral(text) => {
                    self.cast(Expr::literal(text), &typed.data_type)
                }
                _ => Err(Error::new(
                    Code::Syntax,
                    "a typed constant must be a string",
                )),
            },
            Ast::Interval(interval) => interval_constant(interval),
            Ast::Exists { .. } | Ast::Subquery(_) => self.subquery(ast, context),
            Ast::AnyOp { .. } | Ast::AllOp { .. } => self.quantified(ast, context),
            Ast::Array(_) | Ast::CompoundFieldAccess { .. } => self.array(ast, context),
            Ast::Cast { data_type, .. } if is_empty_array(ast) => {
                let target = self.data_type(data_type)?;
                empty_array(target)
            }
            Ast::BinaryOp { left, op, right } => self.row_comparison(left, op, right, context),
            Ast::InList {
                expr: row,
                list,
                negated,
            } => self.row_in_list(row, list, *negated, context),
            Ast::InSubquery {
                expr: row,
                subquery,
                negated,
            } => {
                let operands = self.row(row, context)?;
                self.in_query(operands, subquery, *negated, context)
            }
            _ => self.special_call(ast, context),
        }
    }

    /// A column by its name behind that of its table.
    pub fn path(&mut self, path: &[ast::Ident], context: &mut Context) -> Result<Expr> {
        match path {
            [table, column] => self.column(Some(table), column, context),
            [schema, table, column] => {
                if let Some(found) = context.scope.find_in([schema, table, column]) {
                    return Ok(used(found, context, schema));
                }
                if context.scope.table_in(schema, table).is_none()
                    && let Some(outer) = self.outer.find_in([schema, table, column])?
                {
                    return Ok(outer);
                }
                self.scope_of(table, context).check_schema(schema, table)?;
                self.column(Some(table), column, context)
            }
            _ => Err(Error::unsupported("a name of so many parts")),
        }
    }

    /// The nearest scope that has a table of that name, or else that of the clause.
    fn scope_of<'c>(&'c self, table: &ast::Ident, context: &'c Context) -> &'c Scope {
        let around = self.outer.all.iter().rev().filter(|level| level.visible);
        let scopes = std::iter::once(context.scope).chain(around.map(|level| &*level.scope));
        let mut having = scopes.filter(|scope| scope.table(&table.value).is_some());
        having.next().unwrap_or(context.scope)
    }

    fn column(
        &mut self,
        table: Option<&ast::Ident>,
        column: &ast::Ident,
        context: &mut Context,
    ) -> Result<Expr> {
        check_name(table.unwrap_or(column))?;
        if let Some(found) = context.scope.find(table, column)? {
            return Ok(used(found, context, table.unwrap_or(column)));
        }
        let is_known = |table: &ast::Ident| context.scope.table(&table.value).is_some();
        if !table.is_some_and(is_known)
            && let Some(outer) = self.outer.find(table, column)?
        {
            return Ok(outer);
        }
        let is_row = |scope: &Scope| scope.table(&column.value).is_some();
        let mut around = self.outer.all.iter();
        if table.is_none()
            && (is_row(context.scope) || around.any(|level| level.visible && is_row(&level.scope)))
        {
            let what = "the row of a table as a value";
            return Err(Error::unsupported(what).at(name::position(column)));
        }
        Err(context.scope.missing(table, column))
    }

    fn unary(
        &mut self,
        op: &UnaryOperator,
        operand: &'a Ast,
        context: &mut Context,
    ) -> Result<Expr> {
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
            UnaryOperator::BitwiseNot => expr::resolve_function("~", vec![operand]),
            UnaryOperator::PGAbs => expr::resolve_function("abs", vec![operand]),
            UnaryOperator::PGSquareRoot => expr::resolve_function("|/", vec![operand]),
            UnaryOperator::PGCubeRoot => expr::resolve_function("||/", vec![operand]),
            _ => Err(Error::unsupported("this operator")),
        }
    }

    fn case(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
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
        let mut branches: Vec<(Expr, Expr)> = Vec::with_capacity(conditions.len());
        let inside = context.depth();
        for branch in conditions {
            let since = self.dependents.len();
            let condition = self.expression(&branch.condition, context)?;
            self.guard(since, inside, || none_of(&operand, &branches))?;
            let since = self.dependents.len();
            let result = self.expression(&branch.result, context)?;
            self.guard(since, inside, || {
                let own = condition_of(&operand, &condition)?;
                expr::resolve_and(vec![none_of(&operand, &branches)?, own])
            })?;
            branches.push((condition, result));
        }
        let since = self.dependents.len();
        let otherwise = self.boxed(else_result, context)?;
        self.guard(since, inside, || none_of(&operand, &branches))?;
        expr::resolve_case(operand, branches, otherwise)
    }
}

/// Whether an operator before its operand binds less close than a sum.
fn is_loose(op: &UnaryOperator) -> bool {
    use UnaryOperator::{BitwiseNot, PGAbs, PGCubeRoot, PGSquareRoot};
    matches!(op, BitwiseNot | PGAbs | PGSquareRoot | PGCubeRoot)
}

/// A column of the rows, which stands at a name.
fn used(found: &ScopeColumn, context: &mut Context, ident: &ast::Ident) -> Expr {
    let expr = found.expr.clone();
    if let expr::ExprKind::Column(at) = expr.kind
        && !context.inside_aggregate
    {
        context.uses.push((at, name::position(ident)));
    }
    expr
}

/// An operator that the grammar has no name for.
pub fn custom(symbol: &str, left: Expr, right: Expr) -> Result<Expr> {
    let like = |negated, case_insensitive| {
        let (left, right) = (left.clone(), right.clone());
        expr::resolve_like(left, right, None, negated, case_insensitive)
    };
    let plain = |operator| expr::resolve_operator(operator, left.clone(), right.clone());
    match symbol {
        "+" => plain(BinaryOperator::Add),
        "-" => plain(BinaryOperator::Subtract),
        "*" => plain(BinaryOperator::Multiply),
        "/" => plain(BinaryOperator::Divide),
        "%" => plain(BinaryOperator::Modulo),
        "^" => plain(BinaryOperator::Power),
        "||" => plain(BinaryOperator::Concat),
        "<" => plain(BinaryOperator::Less),
        "<=" => plain(BinaryOperator::LessOrEqual),
        ">" => plain(BinaryOperator::Greater),
        ">=" => plain(BinaryOperator::GreaterOrEqual),
        "~~" => like(false, false),
        "~~*" => like(false, true),
        "!~~" => like(true, false),
        "!~~*" => like(true, true),
        "=" => plain(BinaryOperator::Equal),
        "<>" | "!=" => plain(BinaryOperator::NotEqual),
        _ => expr::resolve_symbol(symbol, left, right),
    }
}

/// The symbol of an operator that no comparison is, before ANY or ALL.
pub fn sign(op: &Operator) -> Option<&'static str> {
    Some(match op {
        Operator::PGRegexMatch => "~",
        Operator::PGRegexIMatch => "~*",
        Operator::PGRegexNotMatch => "!~",
        Operator::PGRegexNotIMatch => "!~*",
        Operator::PGLikeMatch => "~~",
        Operator::PGILikeMatch => "~~*",
        Operator::PGNotLikeMatch => "!~~",
        Operator::PGNotILikeMatch => "!~~*",
        _ => return None,
    })
}

/// The condition of a branch of CASE.
fn condition_of(operand: &Option<Expr>, condition: &Expr) -> Result<Expr> {
    match operand {
        None => Ok(condition.clone()),
        Some(operand) => {
            expr::resolve_operator(BinaryOperator::Equal, operand.clone(), condition.clone())
        }
    }
}

/// That none of the branches before has been taken.
fn none_of(operand: &Option<Expr>, branches: &[(Expr, Expr)]) -> Result<Expr> {
    let not_taken = |(condition, _): &(Expr, Expr)| {
        expr::resolve_is_truth(condition_of(operand, condition)?, Some(true), true)
    };
    expr::resolve_and(branches.iter().map(not_taken).collect::<Result<_>>()?)
}

/// What the rest of an expression is applied to, if it is written behind its first operand. Rows are
/// compared as a whole.
fn left_operand(ast: &Ast) -> Option<&Ast> {
    let left = match ast {
        Ast::BinaryOp { left, op, right } if !is_row_comparison(left, op, right) => left,
        Ast::Cast { .. } if is_empty_array(ast) => return None,
        Ast::Cast {
            kind: ast::CastKind::Cast | ast::CastKind::DoubleColon,
            expr: left,
            format: None,
            ..
        } => left,
        Ast::InList { expr: left, .. } | Ast::InSubquery { expr: left, .. } => left,
        other => return predicate_operand(other),
    };
    (!is_row(left)).then_some(left)
}

pub fn operator(op: &Operator) -> Result<BinaryOperator> {
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
