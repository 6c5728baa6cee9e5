//! Subqueries in expressions. They see no column of the query around them, so each runs once, before
//! it.

use super::assign::Untyped;
use super::binder::Binder;
use super::expression::Context;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr, ExprKind};
use crate::plan::Node;
use crate::types::{DataType, Value};
use sqlparser::ast::{self, BinaryOperator as Operator, Expr as Ast};
use std::rc::Rc;

impl<'a> Binder<'a> {
    pub fn subquery(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        match ast {
            Ast::Exists { subquery, negated } => self.exists(subquery, *negated, context),
            Ast::Subquery(query) => self.scalar(query, context),
            _ => Err(Error::unsupported("this subquery")),
        }
    }

    /// `= ANY (query)` is IN, `<> ALL (query)` is NOT IN.
    pub fn quantified(&mut self, ast: &'a Ast, context: &mut Context) -> Result<Expr> {
        let (left, right, negated) = match ast {
            Ast::AnyOp {
                left,
                compare_op: Operator::Eq,
                right,
                ..
            } => (left, right, false),
            Ast::AllOp {
                left,
                compare_op: Operator::NotEq,
                right,
            } => (left, right, true),
            _ => return Err(Error::unsupported("this use of ANY or ALL")),
        };
        match right.as_ref() {
            Ast::Subquery(query) => {
                let left = self.expression(left, context)?;
                self.in_subquery(left, query, negated, context)
            }
            _ => Err(Error::unsupported("ANY or ALL of an array")),
        }
    }

    fn nested(&mut self, query: &'a ast::Query, context: &Context) -> Result<Node> {
        self.outer.push(Rc::new(context.scope.clone()));
        let bound = self.query(query, Untyped::Text);
        self.outer.pop();
        Ok(bound?.0)
    }

    fn exists(&mut self, query: &'a ast::Query, negated: bool, context: &Context) -> Result<Expr> {
        let node = self.nested(query, context)?;
        let one = Expr::constant(Value::I64(1), DataType::BigInt);
        self.subplans.push(Node::Limit {
            input: Box::new(node),
            limit: Some(one),
            offset: None,
        });
        let subplan = self.subplans.len() - 1;
        Ok(Expr::new(
            ExprKind::ExistsSubplan { subplan, negated },
            DataType::Boolean,
        ))
    }

    fn scalar(&mut self, query: &'a ast::Query, context: &Context) -> Result<Expr> {
        let node = self.nested(query, context)?;
        let [data_type] = node.types()[..] else {
            return Err(Error::new(
                Code::Syntax,
                "subquery must return only one column",
            ));
        };
        self.subplans.push(node);
        let subplan = self.subplans.len() - 1;
        Ok(Expr::new(ExprKind::ScalarSubplan(subplan), data_type))
    }

    /// `operand [NOT] IN (query)`.
    pub fn in_subquery(
        &mut self,
        operand: Expr,
        query: &'a ast::Query,
        negated: bool,
        context: &mut Context,
    ) -> Result<Expr> {
        let node = self.nested(query, context)?;
        let [column] = node.types()[..] else {
            return Err(Error::new(Code::Syntax, "subquery has too many columns"));
        };
        let subplan = self.subplans.len();
        let (expr, wanted) = expr::resolve_in_subplan(operand, subplan, column, negated)?;
        self.subplans.push(if wanted == column {
            node
        } else {
            let cast = expr::coerce_to(Expr::column(0, column), wanted, CastContext::Implicit)?;
            Node::Project {
                input: Box::new(node),
                expressions: vec![cast],
            }
        });
        Ok(expr)
    }
}
