//! Subqueries in expressions.
//!
//! | subquery | that sees nothing of the rows around it | that does |
//! | --- | --- | --- |
//! | `(query)` | run once, its value taken | `Single`: its columns stand behind the row |
//! | `EXISTS (query)` | run once, to its first row | `Mark` |
//! | `x IN (query)` | run once, its rows become a set | `Mark` by the condition `x = column` |
//! | `x < ANY (query)`, a row `IN (query)` | `Mark` by the condition | the same |
//! | `x < ALL (query)` | the opposite of `Mark` by the opposite | the same |
//!
//! The right column is a dependent join each ([`super::dependent`]), which the optimizer makes a join where
//! it can.

use super::aggregate;
use super::assign::Untyped;
use super::binder::Binder;
use super::dependent::FIRST_RIGHT;
use super::expression::{Context, custom, operator, sign};
use super::name;
use super::outer::Level;
use super::predicate::compare_rows;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr, ExprKind};
use crate::plan::{AggregateFunction, JoinKind, Node};
use crate::types::{DataType, Value};
use sqlparser::ast::{self, Expr as Ast, FunctionArg, FunctionArgExpr, FunctionArguments};

/// A subquery that has been bound.
struct Nested {
    node: Node,
    /// What it sees of the rows of the query right around it.
    outer: Vec<(usize, Expr)>,
    /// Whether it sees anything of any row around it.
    is_correlated: bool,
}

impl<'a> Binder<'a> {
    pub fn subquery(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        match ast {
            Ast::Exists { subquery, negated } => self.exists(subquery, *negated, context),
            Ast::Subquery(query) => self.scalar(query, context),
            _ => Err(Error::unsupported("this subquery")),
        }
    }

    /// `x < ANY (query)` and `x < ALL (query)`. `= ANY` is IN, `<> ALL` is NOT IN.
    pub fn quantified(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        let (left, op, right, all) = match ast {
            Ast::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => (left, compare_op, right, false),
            Ast::AllOp {
                left,
                compare_op,
                right,
            } => (left, compare_op, right, true),
            _ => return Err(Error::unsupported("this use of ANY or ALL")),
        };
        let symbol = sign(op);
        let query =
            match without_parentheses(right) {
                Ast::Subquery(query) => query,
                _ => {
                    let operand = self.expression(left, context)?;
                    let array = self.expression(right, context)?;
                    return expr::resolve_quantified(operand, array, all, |operand, element| {
                        match symbol {
                            Some(symbol) => custom(symbol, operand, element),
                            None => expr::resolve_operator(operator(op)?, operand, element),
                        }
                    });
                }
            };
        if symbol.is_some() {
            return Err(Error::unsupported(
                "ANY or ALL of a query with this operator",
            ));
        }
        let operator = operator(op)?;
        let operands = self.row(left, context)?;
        match (operator, all) {
            (BinaryOperator::Equal, false) => self.in_query(operands, query, false, context),
            (BinaryOperator::NotEqual, true) => self.in_query(operands, query, true, context),
            _ => {
                let nested = self.nested(query, context)?;
                self.mark(operands, operator, all, nested, context)
            }
        }
    }

    /// The elements of a row, or the one expression that is none.
    pub fn row(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Vec<Expr>> {
        let items = row_of(ast).unwrap_or_else(|| vec![ast]).into_iter();
        items.map(|item| self.expression(item, context)).collect()
    }

    fn nested(&mut self, query: &'a ast::Query, context: &mut Context) -> Result<Nested> {
        self.bind_nested(query, false, context)
    }

    fn bind_nested(
        &mut self,
        query: &'a ast::Query,
        exists: bool,
        context: &mut Context,
    ) -> Result<Nested> {
        let dependents = self.dependents.len();
        self.outer.all.push(Level::around(context));
        let bound = self.query(query, Untyped::Text);
        let level = self.outer.all.pop().expect("it was pushed");
        context.calls = level.calls;
        let (mut node, _) = bound?;
        self.refuse_since(dependents)?;
        if exists {
            node = only_rows(node);
        }
        let (asked, mut outer) = (self.outer.asked_by(&node), level.used);
        // The argument of an aggregate that is not the subquery's own is not asked for in it.
        outer.retain(|(slot, _)| asked.contains(slot));
        Ok(Nested {
            is_correlated: !asked.is_empty(),
            outer,
            node,
        })
    }

    /// Notes a subquery of the clause; gives the first of the columns that stand for what it yields.
    fn depend_on(
        &mut self,
        kind: JoinKind,
        nested: Nested,
        condition: Option<Expr>,
        context: &Context,
    ) -> Result<usize> {
        self.count_levels(1)?;
        let place = self.depend(kind, nested.node, nested.outer, condition);
        let dependent = self.dependents.last_mut().expect("it was noted");
        dependent.depth = context.depth();
        Ok(place)
    }

    fn exists(
        &mut self,
        query: &'a ast::Query,
        negated: bool,
        context: &mut Context,
    ) -> Result<Expr> {
        let nested = self.bind_nested(query, true, context)?;
        if nested.is_correlated {
            let place = self.depend_on(JoinKind::Mark, nested, None, context)?;
            return truth(Expr::column(place, DataType::Boolean), negated);
        }
        let one = Expr::constant(Value::I64(1), DataType::BigInt);
        self.subplans.push(Node::Limit {
            input: Box::new(nested.node),
            limit: Some(one),
            offset: None,
        });
        let subplan = self.subplans.len() - 1;
        Ok(Expr::new(
            ExprKind::ExistsSubplan { subplan, negated },
            DataType::Boolean,
        ))
    }

    fn scalar(&mut self, query: &'a ast::Query, context: &mut Context) -> Result<Expr> {
        let nested = self.nested(query, context)?;
        let [data_type] = nested.node.types()[..] else {
            return Err(Error::new(
                Code::Syntax,
                "subquery must return only one column",
            ));
        };
        self.value_of(nested, data_type, context)
    }

    /// The value of a subquery of one column.
    fn value_of(&mut self, nested: Nested, data_type: DataType, context: &Context) -> Result<Expr> {
        if nested.is_correlated {
            let place = self.depend_on(JoinKind::Single, nested, None, context)?;
            return Ok(Expr::column(place, data_type));
        }
        self.subplans.push(nested.node);
        let subplan = self.subplans.len() - 1;
        Ok(Expr::new(ExprKind::ScalarSubplan(subplan), data_type))
    }

    /// `ARRAY(query)`: the values of its one column, in its order.
    pub fn array_of_query(&mut self, query: &'a ast::Query, context: &mut Context) -> Result<Expr> {
        let mut nested = self.nested(query, context)?;
        let types = nested.node.types();
        check_columns(types.len(), 1)?;
        let elements = vec![Expr::column(0, types[0])];
        let function = AggregateFunction::ArrayAgg;
        let gathered = aggregate::resolve(function, "array_agg", elements, false, Vec::new())?;
        let data_type = gathered.data_type;
        let none = Expr::constant(Value::Array(std::rc::Rc::from([])), data_type);
        let value = Expr::column(0, data_type);
        let aggregate = Node::Aggregate {
            input: Box::new(nested.node),
            groups: Vec::new(),
            sets: Vec::new(),
            aggregates: vec![gathered],
        };
        nested.node = Node::Project {
            input: Box::new(aggregate),
            expressions: vec![expr::resolve_coalesce(vec![value, none])?],
        };
        self.value_of(nested, data_type, context)
    }

    /// The columns of the one row of a subquery; each is NULL if there is none.
    pub fn row_of_query(
        &mut self,
        query: &'a ast::Query,
        columns: usize,
        context: &mut Context,
    ) -> Result<Vec<Expr>> {
        let nested = self.nested(query, context)?;
        let types = nested.node.types();
        check_columns(types.len(), columns)?;
        let place = self.depend_on(JoinKind::Single, nested, None, context)?;
        let columns = types.into_iter().enumerate();
        Ok(columns
            .map(|(at, data_type)| Expr::column(place + at, data_type))
            .collect())
    }

    /// `operand [NOT] IN (query)`.
    pub fn in_query(
        &mut self,
        mut operands: Vec<Expr>,
        query: &'a ast::Query,
        negated: bool,
        context: &mut Context,
    ) -> Result<Expr> {
        let nested = self.nested(query, context)?;
        let types = nested.node.types();
        check_columns(types.len(), operands.len())?;
        let is_set =
            types.len() == 1 && types[0] != DataType::Interval && types[0] != DataType::Jsonb;
        if nested.is_correlated || !is_set {
            return self
                .mark(operands, BinaryOperator::Equal, false, nested, context)
                .and_then(|mark| truth(mark, negated));
        }
        let (column, subplan) = (types[0], self.subplans.len());
        let operand = operands.remove(0);
        let (expr, wanted) = expr::resolve_in_subplan(operand, subplan, column, negated)?;
        self.subplans.push(if wanted == column {
            nested.node
        } else {
            let cast = expr::coerce_to(Expr::column(0, column), wanted, CastContext::Implicit)?;
            Node::Project {
                input: Box::new(nested.node),
                expressions: vec![cast],
            }
        });
        Ok(expr)
    }

    /// Whether the operands stand in this relation to a row of the subquery, or to each.
    fn mark(
        &mut self,
        operands: Vec<Expr>,
        operator: BinaryOperator,
        all: bool,
        nested: Nested,
        context: &Context,
    ) -> Result<Expr> {
        let types = nested.node.types();
        check_columns(types.len(), operands.len())?;
        let columns = types.into_iter().enumerate();
        let columns = columns.map(|(at, data_type)| Expr::column(FIRST_RIGHT + at, data_type));
        let condition = compare_rows(operator, operands, columns.collect())?;
        // All are so unless one is not.
        let condition = truth(condition, all)?;
        let place = self.depend_on(JoinKind::Mark, nested, Some(condition), context)?;
        truth(Expr::column(place, DataType::Boolean), all)
    }
}

/// What is left when only whether there is a row matters: nothing that outputs or their order need.
fn only_rows(mut node: Node) -> Node {
    while let Node::Project { input, .. }
    | Node::Sort { input, .. }
    | Node::Distinct { input }
    | Node::Apply {
        kind: JoinKind::Single | JoinKind::Mark,
        left: input,
        ..
    } = node
    {
        node = *input;
    }
    node
}

fn truth(expr: Expr, negated: bool) -> Result<Expr> {
    match negated {
        true => expr::resolve_not(expr),
        false => Ok(expr),
    }
}

fn check_columns(columns: usize, wanted: usize) -> Result<()> {
    let which = match columns.cmp(&wanted) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Less => "few",
        std::cmp::Ordering::Greater => "many",
    };
    let message = format!("subquery has too {which} columns");
    Err(Error::new(Code::Syntax, message))
}

/// A query is one however many parentheses stand around it.
pub fn without_parentheses(mut ast: &Ast) -> &Ast {
    while let Ast::Nested(inner) = ast {
        ast = inner;
    }
    ast
}

/// Whether an operand compares as a row.
pub fn is_row(ast: &Ast) -> bool {
    row_of(ast).is_some()
}

/// The elements of what is written as a row: `(a, b)`, `ROW(a, b)`, `ROW(a)`.
pub fn row_of(ast: &Ast) -> Option<Vec<&Ast>> {
    match ast {
        Ast::Tuple(items) => Some(items.iter().collect()),
        Ast::Nested(inner) => row_of(inner),
        Ast::Function(call) if name::single(&call.name).is_ok_and(is_row_word) => {
            let FunctionArguments::List(list) = &call.args else {
                return None;
            };
            let items = list.args.iter().map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(item)) => Some(item),
                _ => None,
            });
            items
                .collect::<Option<Vec<_>>>()
                .filter(|row| !row.is_empty())
        }
        _ => None,
    }
}

fn is_row_word(ident: &ast::Ident) -> bool {
    ident.quote_style.is_none() && ident.value == "row"
}
