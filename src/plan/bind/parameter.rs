//! Parameters: which there are and what types their uses give them.

use crate::error::{Code, Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::plan::{Node, OnConflict, Plan, Query};
use crate::sql::Statement;
use crate::types::DataType;

/// The parameters of a statement: the user's, then those of the lifted constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    pub types: Vec<Option<DataType>>,
    /// How many are the user's.
    pub own: usize,
}

impl Parameters {
    /// `known` are the types that the user gives.
    pub fn new(statement: &Statement, known: &[Option<DataType>]) -> Self {
        let own = statement.parameters as usize;
        let given = (0..own).map(|at| known.get(at).copied().flatten());
        let literals = statement.literals.iter().map(|literal| Some(*literal));
        let typed = |known: Option<DataType>| known.filter(|t| *t != DataType::Unknown);
        Parameters {
            types: given.chain(literals).map(typed).collect(),
            own,
        }
    }

    /// The expression for `$name`.
    pub fn get(&self, name: &str) -> Result<Expr> {
        let number: Option<usize> = name
            .strip_prefix('$')
            .and_then(|digits| digits.parse().ok());
        let at = number.and_then(|number| number.checked_sub(1));
        match at.filter(|at| *at < self.types.len()) {
            Some(at) => Ok(Expr::new(
                ExprKind::Parameter(at),
                self.types[at].unwrap_or(DataType::Unknown),
            )),
            None => Err(Error::new(
                Code::UndefinedParameter,
                format!("there is no parameter {name}"),
            )),
        }
    }

    /// Takes the types that a plan's expressions gave to parameters without one. True if one was used
    /// with two types: the plan is then to be bound again, with the first use's.
    pub fn learn(&mut self, plan: &mut Plan) -> bool {
        let mut conflict = false;
        let types = &mut self.types;
        visit(plan, &mut |expr| {
            if let ExprKind::Parameter(at) = expr.kind
                && expr.data_type != DataType::Unknown
            {
                let known = types[at].get_or_insert(expr.data_type);
                conflict |= *known != expr.data_type;
            }
        });
        conflict
    }

    /// A lifted integer that is only ever wanted as one larger type is read as that type.
    pub fn widen(&mut self, plan: &mut Plan) {
        let mut wanted: Vec<Wanted> = vec![Wanted::Nothing; self.types.len()];
        visit(plan, &mut |expr| {
            if let ExprKind::Cast { operand, .. } = &expr.kind
                && let ExprKind::Parameter(at) = operand.kind
            {
                // The parameter itself was visited just before.
                wanted[at] = wanted[at].cast_to(expr.data_type);
            } else if let ExprKind::Parameter(at) = expr.kind {
                wanted[at] = wanted[at].used();
            }
        });
        let own = self.own;
        let wider = |at: usize, from: Option<DataType>| match wanted[at] {
            Wanted::As(target) if at >= own && is_widening(from, target) => Some(target),
            _ => None,
        };
        let wider: Vec<_> = (0..self.types.len())
            .map(|at| wider(at, self.types[at]))
            .collect();
        visit(plan, &mut |expr| {
            let ExprKind::Cast { operand, .. } = &mut expr.kind else {
                return;
            };
            if let ExprKind::Parameter(at) = operand.kind
                && wider[at].is_some()
            {
                operand.data_type = expr.data_type;
                *expr = (**operand).clone();
            }
        });
        for (known, wider) in self.types.iter_mut().zip(wider) {
            *known = wider.or(*known);
        }
    }
}

/// As what the uses of a parameter want it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    Nothing,
    /// Seen; a cast around it may follow.
    Bare,
    As(DataType),
    Mixed,
    /// As a type so far, and seen once more.
    AsAndBare(DataType),
}

impl Wanted {
    fn used(self) -> Wanted {
        match self {
            Wanted::Nothing => Wanted::Bare,
            Wanted::As(target) => Wanted::AsAndBare(target),
            _ => Wanted::Mixed,
        }
    }

    fn cast_to(self, target: DataType) -> Wanted {
        match self {
            Wanted::Bare => Wanted::As(target),
            Wanted::AsAndBare(other) if other == target => Wanted::As(target),
            _ => Wanted::Mixed,
        }
    }
}

/// Whether every value of the one type is read as the other without a difference to a cast.
fn is_widening(from: Option<DataType>, to: DataType) -> bool {
    match from {
        Some(DataType::Integer) => {
            matches!(
                to,
                DataType::BigInt | DataType::Double | DataType::Numeric(None)
            )
        }
        Some(DataType::BigInt) => matches!(to, DataType::Numeric(None)),
        _ => false,
    }
}

/// Visits every expression of a plan, operands first.
pub fn visit(plan: &mut Plan, change: &mut dyn FnMut(&mut Expr)) {
    match plan {
        Plan::Query(Query { subplans, root, .. }) => {
            visit_nodes(subplans, change);
            visit_node(root, change);
        }
        Plan::CreateTableAs(create) => {
            visit_nodes(&mut create.query.subplans, change);
            visit_node(&mut create.query.root, change);
        }
        Plan::Insert(insert) => {
            visit_nodes(&mut insert.subplans, change);
            visit_node(&mut insert.source, change);
            visit_conflict(&mut insert.conflict, change);
            visit_returning(&mut insert.returning, change);
        }
        Plan::Update(update) | Plan::Merge(update) => {
            visit_nodes(&mut update.subplans, change);
            visit_node(&mut update.source, change);
            visit_returning(&mut update.returning, change);
        }
        Plan::Delete(delete) => {
            visit_nodes(&mut delete.subplans, change);
            visit_node(&mut delete.source, change);
            visit_returning(&mut delete.returning, change);
        }
        Plan::Restore(parts) => {
            for expr in parts.iter_mut().flat_map(|part| &mut part.condition) {
                expr.visit_mut(change);
            }
        }
        Plan::Explain { plan, .. } => visit(plan, change),
        _ => {}
    }
}

fn visit_conflict(conflict: &mut Option<OnConflict>, change: &mut dyn FnMut(&mut Expr)) {
    let update = conflict
        .as_mut()
        .and_then(|conflict| conflict.update.as_mut());
    if let Some(update) = update {
        for expr in update.values.iter_mut().chain(&mut update.condition) {
            expr.visit_mut(change);
        }
    }
}

fn visit_returning(
    returning: &mut Option<crate::plan::Returning>,
    change: &mut dyn FnMut(&mut Expr),
) {
    for expr in returning
        .iter_mut()
        .flat_map(|returning| &mut returning.expressions)
    {
        expr.visit_mut(change);
    }
}

fn visit_nodes(nodes: &mut [Node], change: &mut dyn FnMut(&mut Expr)) {
    for node in nodes {
        visit_node(node, change);
    }
}

pub fn visit_node(node: &mut Node, change: &mut dyn FnMut(&mut Expr)) {
    for input in node.inputs_mut() {
        visit_node(input, change);
    }
    for expr in node.expressions_mut() {
        expr.visit_mut(change);
    }
}
