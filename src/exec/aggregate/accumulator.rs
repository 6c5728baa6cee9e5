//! What all aggregates have in common.

use super::count::{Count, CountRows};
use super::distinct::DistinctValues;
use super::external::External;
use super::extreme::Extreme;
use super::fold::Fold;
use super::gathered::Gathered;
use super::joined::Joined;
use super::moments::{FloatMoments, NumericMoments};
use super::ordered_set::OrderedSet;
use super::sorted::Sorted;
use super::sum::{AverageFloats, AverageNumerics, SumFloats, SumIntegers, SumNumerics};
use crate::column::{Selection, Vector, kernel};
use crate::error::{Error, Result};
use crate::expr::{EvalContext, Expr, ordering_key};
use crate::plan::{Aggregate, AggregateFunction};
use crate::types::{DataType, PhysicalType};
use std::ops::Range;
use std::rc::Rc;

/// The states of one aggregate, one for each group.
pub trait Accumulator {
    /// Makes room for so many groups.
    fn resize(&mut self, groups: usize);

    /// Takes in rows; `inputs` are the values of the aggregate's input expressions.
    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()>;

    /// The values of some groups.
    fn finish(&mut self, groups: Range<usize>, context: &EvalContext) -> Result<Vector>;

    /// Takes rows out again that were taken in, all of the one group; false if that cannot be done exactly,
    /// and nothing was.
    fn take_out(&mut self, _inputs: &[Rc<Vector>], _rows: &Rows) -> bool {
        false
    }

    /// Bytes that one group takes.
    fn group_bytes(&self) -> usize {
        32
    }

    /// Bytes that it keeps besides.
    fn kept_bytes(&self) -> usize {
        0
    }
}

/// The rows of a chunk that are meant, and the groups they belong to.
pub struct Rows<'a> {
    /// The group of each row that is meant; `None`: all belong to group 0.
    pub groups: Option<&'a [u32]>,
    pub selection: Option<&'a Selection>,
    /// How many are meant.
    pub len: usize,
}

impl Rows<'_> {
    /// Calls with group and position of each row.
    pub fn each(&self, mut call: impl FnMut(usize, usize)) {
        let selection = self.selection.map(Selection::positions);
        let place = |index: usize| selection.map_or(index, |rows| rows[index] as usize);
        match self.groups {
            None => (0..self.len).for_each(|index| call(0, place(index))),
            Some(groups) => (groups.iter().enumerate())
                .for_each(|(index, group)| call(*group as usize, place(index))),
        }
    }

    /// The same, without the rows where the vector is NULL.
    pub fn each_value(&self, vector: &Vector, mut call: impl FnMut(usize, usize)) {
        match &vector.validity {
            None => self.each(call),
            Some(validity) => self.each(|group, row| {
                if validity.get(row) {
                    call(group, row);
                }
            }),
        }
    }

    /// How many rows are meant where the vector is not NULL, whatever their groups.
    pub fn count_values(&self, vector: &Vector) -> usize {
        kernel::count_valid(vector.len(), vector.validity.as_ref(), self.selection)
    }
}

/// The expressions that an aggregate reads: its arguments and what it orders by; for an extreme, where the
/// argument is not what compares, a key.
pub fn inputs(aggregate: &Aggregate) -> Result<Vec<Expr>> {
    let mut inputs: Vec<Expr> = aggregate.expressions().cloned().collect();
    if let ([argument], true) = (
        aggregate.arguments.as_slice(),
        is_extreme(aggregate.function),
    ) {
        let key = ordering_key(argument.clone())?;
        if key != *argument {
            inputs.push(key);
        }
    }
    Ok(inputs)
}

fn is_extreme(function: AggregateFunction) -> bool {
    matches!(function, AggregateFunction::Min | AggregateFunction::Max)
}

/// The states for an aggregate.
pub fn accumulator(aggregate: &Aggregate) -> Result<Box<dyn Accumulator>> {
    let Some(argument) = aggregate.arguments.first() else {
        return Ok(Box::new(CountRows::default()));
    };
    let plain = match &aggregate.external {
        Some(own) => Box::new(External::begin(own.clone(), &aggregate.arguments)?),
        None => plain_accumulator(aggregate, argument.data_type)?,
    };
    if !aggregate.order.is_empty() {
        return Ok(Box::new(Sorted::new(aggregate, plain)));
    }
    // Of equal values, the least is the same as of different ones.
    if aggregate.distinct && !is_extreme(aggregate.function) {
        let physical = argument.data_type.physical();
        return Ok(Box::new(DistinctValues::new(physical, plain)));
    }
    Ok(plain)
}

fn plain_accumulator(aggregate: &Aggregate, argument: DataType) -> Result<Box<dyn Accumulator>> {
    use AggregateFunction::{Avg, Count as CountFunction, Max, Min, Sum};
    use AggregateFunction::{BitAnd, BitOr, BitXor, BoolAnd, BoolOr};
    use AggregateFunction::{JsonAgg, JsonObjectAgg, Mode, PercentileCont, PercentileDisc};
    use PhysicalType::{Decimal, F64, I64};
    Ok(match (aggregate.function, argument.physical()) {
        (CountFunction, _) => Box::new(Count::default()),
        (Sum, I64) => Box::new(SumIntegers::new(aggregate.data_type)),
        (Sum, F64) => Box::new(SumFloats::new(argument)),
        (Sum, Decimal) => Box::new(SumNumerics::default()),
        (Sum, physical @ PhysicalType::Uuid) => Box::new(Fold::new(physical, Sum)),
        (Avg, I64 | Decimal) => Box::new(AverageNumerics::new()?),
        (Avg, F64) => Box::new(AverageFloats::default()),
        (Min | Max, physical) => Box::new(Extreme::new(physical, aggregate.function == Max)),
        (function @ (BoolAnd | BoolOr | BitAnd | BitOr | BitXor), physical) => {
            Box::new(Fold::new(physical, function))
        }
        (AggregateFunction::ArrayAgg, _) => Box::new(Gathered::default()),
        (AggregateFunction::StringAgg | JsonAgg | JsonObjectAgg, physical) => {
            Box::new(Joined::new(physical, aggregate.function))
        }
        (AggregateFunction::Moment(moment), F64) => Box::new(FloatMoments::new(moment)),
        (AggregateFunction::Moment(moment), I64 | Decimal) => Box::new(NumericMoments::new(moment)),
        (PercentileCont | PercentileDisc | Mode, _) => {
            let physical = aggregate.data_type.physical();
            Box::new(OrderedSet::new(physical, aggregate.function))
        }
        (Sum | Avg | AggregateFunction::Moment(_) | AggregateFunction::External, _) => {
            return Err(Error::unsupported(format!("this aggregate of {argument}")));
        }
    })
}
