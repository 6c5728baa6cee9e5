//! DISTINCT ON.

use super::dependent::filter;
use super::name;
use super::select::Key;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, Expr};
use crate::plan::{Node, SortKey};
use crate::types::{DataType, Value};
use sqlparser::ast::OrderByExpr;

/// DISTINCT ON: sorts, by what is distinct if nothing else says otherwise, and keeps the first row of each.
pub fn first_of_each(node: Node, on: Vec<Expr>, sort: &mut Vec<SortKey>) -> Result<Node> {
    let own = columns_of(&node);
    let mut keys = Vec::with_capacity(on.len());
    for expr in on {
        let by = expr::ordering_key(expr.clone())?;
        if !sort.iter().any(|key| key.expr == by) {
            sort.push(SortKey {
                expr: by,
                descending: false,
                nulls_first: false,
            });
        }
        keys.push(expr::grouping_key(expr)?);
    }
    let numbered = Node::Number {
        keys,
        input: Box::new(Node::Sort {
            input: Box::new(node),
            keys: sort.clone(),
        }),
    };
    let number = Expr::column(own.len(), DataType::BigInt);
    let one = Expr::constant(Value::I64(1), DataType::BigInt);
    let is_first = expr::resolve_operator(BinaryOperator::Equal, number, one)?;
    Ok(Node::Project {
        input: Box::new(filter(numbered, is_first)),
        expressions: own,
    })
}

fn columns_of(node: &Node) -> Vec<Expr> {
    let types = node.types().into_iter().enumerate();
    types
        .map(|(at, data_type)| Expr::column(at, data_type))
        .collect()
}

/// ORDER BY begins with what DISTINCT ON names.
pub fn check_order_of_distinct(on: &[Key], keys: &[Key], order: &[OrderByExpr]) -> Result<()> {
    let is_ordered = |wanted: &Key, until: usize| keys[..until].iter().any(|key| key == wanted);
    for (at, key) in keys.iter().enumerate() {
        if !on.contains(key) && !on.iter().all(|wanted| is_ordered(wanted, at)) {
            let message = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions";
            return name::at(
                Err(Error::new(Code::InvalidColumnReference, message)),
                &order[at].expr,
            );
        }
    }
    Ok(())
}
