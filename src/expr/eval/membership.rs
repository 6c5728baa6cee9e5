//! IN over a list or the rows of a subquery.

use super::super::members::Members;
use super::super::{EvalContext, Expr, ExprKind};
use super::by_row::map;
use super::condition::any_equal;
use super::row;
use super::vector::{Operand, not};
use crate::column::{Bitmap, Chunk, Data, Strings, Vector};
use crate::error::Result;

/// A list of constants becomes a set; the items of any other are compared one after another.
pub fn in_list(
    expr: &Expr,
    operand: Operand,
    list: &[Expr],
    negated: bool,
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let is_fixed =
        |item: &Expr| matches!(item.kind, ExprKind::Constant(_) | ExprKind::Parameter(_));
    if list.iter().all(is_fixed) {
        let values = (list.iter())
            .map(|item| row::evaluate_row(item, &[], context))
            .collect::<Result<Vec<_>>>()?;
        return in_members(
            expr,
            operand,
            &Members::new(values.into_iter()),
            negated,
            chunk,
        );
    }
    let tested = any_equal(operand, list, chunk, context)?;
    Ok(if negated { not(tested) } else { tested })
}

pub fn in_members(
    expr: &Expr,
    operand: Operand,
    members: &Members,
    negated: bool,
    chunk: &Chunk,
) -> Result<Operand> {
    match &operand {
        Operand::Vector(vector) if !is_dictionary(vector) => {
            Ok(look_up(vector, members, negated, chunk))
        }
        _ => map(expr, [operand], chunk, |[value]| {
            Ok(row::of_membership(members, value, negated))
        }),
    }
}

/// A dictionary is asked value by value, not row by row.
fn is_dictionary(vector: &Vector) -> bool {
    matches!(vector.data, Data::Text(Strings::Dictionary { .. }))
}

fn look_up(vector: &Vector, members: &Members, negated: bool, chunk: &Chunk) -> Operand {
    let mut truths = vec![false; chunk.rows];
    let mut nulls: Option<Bitmap> = None;
    for row in chunk.positions() {
        match members.contains_row(vector, row) {
            Some(found) => truths[row] = found != negated,
            None => nulls
                .get_or_insert_with(|| Bitmap::filled(true, chunk.rows))
                .set(row, false),
        }
    }
    Operand::from_data(Data::Bool(truths), nulls)
}
