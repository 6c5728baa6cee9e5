//! Through aggregates and DISTINCT only equalities with the row around pass: they become groups.

use super::super::condition::substitute;
use super::pull::{Pulled, columns, put_in, types_of};
use super::{Slots, equality, may_fail};
use crate::expr::{BinaryOperator, Expr, ExprKind, grouping_key};
use crate::plan::{Aggregate, Node};
use crate::types::{DataType, Value};

/// The equalities with the row around as new groups: their sides over the rows, and what is asked of the
/// columns, from `first` on, that the groups will be.
pub fn as_groups(asked: &[Expr], first: usize, slots: &Slots) -> Option<(Vec<Expr>, Vec<Expr>)> {
    let (mut groups, mut conditions) = (Vec::new(), Vec::new());
    for conjunct in asked {
        let (around, below) = equality(conjunct, slots)?;
        let group = grouping_key(below.clone()).ok()?;
        if may_fail(&group) || group.data_type.physical() != around.data_type.physical() {
            return None;
        }
        let kind = ExprKind::Binary {
            operator: BinaryOperator::Equal,
            left: Box::new(around.clone()),
            right: Box::new(Expr::column(first + groups.len(), group.data_type)),
        };
        conditions.push(Expr::new(kind, DataType::Boolean));
        groups.push(group);
    }
    Some((groups, conditions))
}

pub fn aggregate(
    pulled: Pulled,
    groups: Vec<Expr>,
    mut aggregates: Vec<Aggregate>,
    slots: &Slots,
) -> Option<Pulled> {
    let mut groups = put_in(groups, &pulled.outputs);
    for aggregate in &mut aggregates {
        for argument in aggregate.expressions_mut() {
            let own = std::mem::replace(argument, Expr::null());
            *argument = substitute(own, &pulled.outputs);
        }
    }
    let arguments = aggregates.iter().flat_map(Aggregate::expressions);
    let is_fixed = |expr: &Expr| !slots.asked(expr) && !may_fail(expr);
    if pulled.padded || !groups.iter().chain(arguments).all(is_fixed) {
        return None;
    }
    // What one of the host is over no rows, only the host knows.
    if aggregates.iter().any(|own| own.external.is_some()) {
        return None;
    }
    let own = groups.len();
    let (keys, asked) = as_groups(&pulled.asked, own, slots)?;
    if keys.is_empty() {
        return None;
    }
    groups.extend(keys);
    let mut outputs: Vec<Expr> = columns(&types_of(&groups[..own]), 0);
    for (at, aggregate) in aggregates.iter().enumerate() {
        let value = Expr::column(groups.len() + at, aggregate.data_type);
        outputs.push(match aggregate.function {
            function if function.counts() && own == 0 => {
                let none = Expr::constant(Value::I64(0), aggregate.data_type);
                Expr::new(ExprKind::Coalesce(vec![value, none]), aggregate.data_type)
            }
            _ => value,
        });
    }
    Some(Pulled {
        node: Node::Aggregate {
            input: Box::new(pulled.node),
            groups,
            sets: Vec::new(),
            aggregates,
        },
        asked,
        outputs,
        padded: own == 0,
        after: Vec::new(),
    })
}

pub fn distinct(pulled: Pulled, slots: &Slots) -> Option<Pulled> {
    let is_fixed = |expr: &Expr| !slots.asked(expr) && !may_fail(expr);
    if pulled.padded || !pulled.outputs.iter().all(is_fixed) {
        return None;
    }
    let width = pulled.outputs.len();
    let (keys, asked) = as_groups(&pulled.asked, width, slots)?;
    let outputs = columns(&types_of(&pulled.outputs), 0);
    let rows = Node::Project {
        input: Box::new(pulled.node),
        expressions: pulled.outputs.into_iter().chain(keys).collect(),
    };
    Some(Pulled {
        node: Node::Distinct {
            input: Box::new(rows),
        },
        asked,
        outputs,
        padded: false,
        after: Vec::new(),
    })
}
