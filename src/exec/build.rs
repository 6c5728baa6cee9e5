//! Makes operators of the nodes of a plan.

use super::Operator;
use super::aggregate::HashAggregate;
use super::append::Append;
use super::apply::Apply;
use super::distinct::Distinct;
use super::explain::{Measure, Measured};
use super::filter::Filter;
use super::function_scan::FunctionScan;
use super::index_scan::{IndexScan, RangeExpressions, State, Target};
use super::join::{Join, Side};
use super::limit::Limit;
use super::number::Number;
use super::past::Past;
use super::project::Project;
use super::recursive::{Recursive, WorkTable};
use super::scan::Scan;
use super::sort::Sort;
use super::subplan::SubplanScan;
use super::ties::Ties;
use super::tuples::GivenTuples;
use super::values::Values;
use super::window::Window;
use super::write::deferred;
use crate::error::{Code, Error, Result};
use crate::expr::Expr;
use crate::plan::Node;
use crate::types::PhysicalType;

/// Limit and offset of a LIMIT, handed down to the sort below it.
type Bounds = (Option<Expr>, Option<Expr>);

/// The operator of a node and those below it; `measure` notes what each of them does.
pub fn build(node: &Node, measure: Option<&Measure>) -> Result<Box<dyn Operator>> {
    build_limited(node, None, measure)
}

fn build_limited(
    node: &Node,
    bounds: Option<Bounds>,
    measure: Option<&Measure>,
) -> Result<Box<dyn Operator>> {
    // Before its inputs, so that the numbers are in the order of EXPLAIN's lines.
    let number = measure.map(|measure| measure.enter());
    let operator = build_operator(node, bounds, measure)?;
    Ok(match (measure, number) {
        (Some(measure), Some(number)) => Box::new(Measured::new(operator, measure.clone(), number)),
        _ => operator,
    })
}

fn build_operator(
    node: &Node,
    bounds: Option<Bounds>,
    measure: Option<&Measure>,
) -> Result<Box<dyn Operator>> {
    Ok(match node {
        Node::Values { rows, types } => Box::new(Values::new(rows.clone(), types.clone())),
        Node::Rows { types } => Box::new(GivenTuples::new(types)),
        Node::Subplan { subplan, .. } => Box::new(SubplanScan {
            subplan: *subplan,
            next: 0,
        }),
        Node::WorkTable { table, .. } => Box::new(WorkTable {
            table: *table,
            next: 0,
        }),
        Node::Past { call, key } => Box::new(Past::new(call, key)),
        Node::Write(write) => match write.source() {
            Some(source) => deferred(write, build(source, measure)?),
            None => return Err(Error::new(Code::Internal, "a write without rows")),
        },
        Node::Recursive { first, .. } => Box::new(Recursive::new(node, build(first, measure)?)),
        Node::Scan {
            table,
            time,
            columns,
            filter,
        } => Box::new(Scan::new(table.id, *time, columns.clone(), filter.clone())),
        Node::IndexScan { .. } => Box::new(index_scan(node)),
        Node::Filter { input, predicate } => {
            Box::new(Filter::new(build(input, measure)?, predicate.clone()))
        }
        Node::Project { input, expressions } => Box::new(Project {
            input: build_limited(input, bounds, measure)?,
            expressions: expressions.clone(),
        }),
        Node::Join {
            kind,
            left,
            right,
            keys,
            condition,
        } => Box::new(Join::new(
            *kind,
            side(left, keys.iter().map(|(left, _)| left), measure)?,
            side(right, keys.iter().map(|(_, right)| right), measure)?,
            condition.clone(),
        )),
        Node::Apply { left, .. } => Box::new(Apply::new(node, build(left, measure)?)),
        Node::Aggregate {
            input,
            groups,
            sets,
            aggregates,
        } => {
            let input = build(input, measure)?;
            let groups = (groups.clone(), sets.clone());
            Box::new(HashAggregate::new(input, groups, aggregates)?)
        }
        Node::Window {
            input,
            partition,
            order,
            calls,
        } => {
            let types = physical_types(input);
            let input = build(input, measure)?;
            Box::new(Window::new(input, types, partition, order, calls)?)
        }
        Node::FunctionScan {
            input,
            calls,
            ordinality,
        } => Box::new(FunctionScan::new(
            build(input, measure)?,
            calls,
            *ordinality,
        )),
        Node::Append { inputs } => Box::new(Append::new(
            (inputs.iter())
                .map(|input| build(input, measure))
                .collect::<Result<_>>()?,
        )),
        Node::Distinct { input } => {
            Box::new(Distinct::new(build(input, measure)?, physical_types(input)))
        }
        Node::Number { input, keys } => Box::new(Number::new(build(input, measure)?, keys)),
        Node::Sort { input, keys } => {
            let types = physical_types(input);
            Box::new(Sort::new(build(input, measure)?, types, keys, bounds))
        }
        Node::Ties {
            input,
            keys,
            limit,
            offset,
        } => {
            let input = build(input, measure)?;
            Box::new(Ties::new(input, keys, limit.clone(), offset.clone()))
        }
        Node::Limit {
            input,
            limit,
            offset,
        } => {
            let bounds = (limit.clone(), offset.clone());
            let input = build_limited(input, Some(bounds), measure)?;
            Box::new(Limit::new(input, limit.clone(), offset.clone()))
        }
    })
}

fn index_scan(node: &Node) -> IndexScan {
    let Node::IndexScan {
        table,
        index,
        time,
        prefix,
        lower,
        upper,
        backwards,
        columns,
        filter,
    } = node
    else {
        unreachable!("called for index scans");
    };
    IndexScan {
        target: Target {
            table: table.id,
            index: *index,
            time: *time,
        },
        range: RangeExpressions {
            prefix: prefix.clone(),
            lower: lower.clone(),
            upper: upper.clone(),
            backwards: *backwards,
        },
        columns: columns.clone(),
        filter: filter.clone(),
        state: State::Closed,
    }
}

fn side<'a>(
    node: &Node,
    keys: impl Iterator<Item = &'a Expr>,
    measure: Option<&Measure>,
) -> Result<Side> {
    Ok(Side {
        input: build(node, measure)?,
        keys: keys.cloned().collect(),
        types: physical_types(node),
    })
}

/// How the columns of a node are held.
pub fn physical_types(node: &Node) -> Vec<PhysicalType> {
    let types = node.types();
    types
        .into_iter()
        .map(|data_type| data_type.physical())
        .collect()
}
