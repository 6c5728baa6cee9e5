//! sum and avg.

use super::accumulator::{Accumulator, Rows};
use crate::column::{Chunk, Data, Vector, kernel};
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, EvalContext, Expr};
use crate::types::{DataType, Decimal, DecimalSum, PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

/// sum of integers: an `i128` holds 2^64 of the largest.
pub struct SumIntegers {
    data_type: DataType,
    sums: Vec<i128>,
    /// How many values each is the sum of.
    counts: Vec<usize>,
}

impl SumIntegers {
    /// `data_type` is bigint, or numeric for the sum of bigints.
    pub fn new(data_type: DataType) -> SumIntegers {
        SumIntegers {
            data_type,
            sums: Vec::new(),
            counts: Vec::new(),
        }
    }

    fn value(&self, group: usize) -> Result<Value> {
        let sum = self.sums[group];
        Ok(match (self.counts[group] > 0, self.data_type) {
            (false, _) => Value::Null,
            (true, DataType::BigInt) => Value::I64(
                i64::try_from(sum)
                    .map_err(|_| Error::new(Code::NumericOutOfRange, "bigint out of range"))?,
            ),
            (true, _) => Value::Decimal(Decimal::Small(sum, 0)),
        })
    }
}

impl Accumulator for SumIntegers {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let Data::I64(values) = &inputs[0].data else {
            unreachable!("chosen by the argument's type");
        };
        if rows.groups.is_none() {
            self.sums[0] += kernel::sum_i64(values, rows.selection);
            self.counts[0] += rows.count_values(&inputs[0]);
        } else {
            rows.each_value(&inputs[0], |group, row| {
                self.sums[group] += i128::from(values[row]);
                self.counts[group] += 1;
            });
        }
        Ok(())
    }

    fn take_out(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> bool {
        let Data::I64(values) = &inputs[0].data else {
            return false;
        };
        self.sums[0] -= kernel::sum_i64(values, rows.selection);
        self.counts[0] -= rows.count_values(&inputs[0]);
        true
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let values = groups
            .map(|group| self.value(group))
            .collect::<Result<Vec<_>>>()?;
        Ok(Vector::from_values(self.data_type.physical(), &values))
    }
}

/// sum of floats, in the argument's own precision.
pub struct SumFloats {
    data_type: DataType,
    sums: Vec<f64>,
    seen: Vec<bool>,
}

impl SumFloats {
    pub fn new(data_type: DataType) -> SumFloats {
        SumFloats {
            data_type,
            sums: Vec::new(),
            seen: Vec::new(),
        }
    }
}

impl Accumulator for SumFloats {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0.0);
        self.seen.resize(groups, false);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let values = floats(&inputs[0]);
        let is_real = self.data_type == DataType::Real;
        if !is_real && let Some(sum) = sum_of_all(self.sums[0], values, rows) {
            self.sums[0] = sum;
            self.seen[0] |= rows.count_values(&inputs[0]) > 0;
            return Ok(());
        }
        let mut overflow = false;
        rows.each_value(&inputs[0], |group, row| {
            let old = self.sums[group];
            let exact = old + values[row];
            let new = if is_real {
                f64::from(exact as f32)
            } else {
                exact
            };
            overflow |= new.is_infinite() && old.is_finite() && values[row].is_finite();
            self.sums[group] = new;
            self.seen[group] = true;
        });
        check_overflow(overflow)
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let value = |group: usize| match self.seen[group] {
            true => Value::F64(self.sums[group]),
            false => Value::Null,
        };
        let values: Vec<Value> = groups.map(value).collect();
        Ok(Vector::from_values(PhysicalType::F64, &values))
    }
}

pub fn floats(vector: &Vector) -> &[f64] {
    match &vector.data {
        Data::F64(values) => values,
        _ => unreachable!("chosen by the argument's type"),
    }
}

/// What the sum of the only group becomes; none where there are several, or where it is not finite and has to be
/// asked of each step whether it overflowed there.
fn sum_of_all(sum: f64, values: &[f64], rows: &Rows) -> Option<f64> {
    if rows.groups.is_some() {
        return None;
    }
    let sum = kernel::sum_f64(sum, values, rows.selection);
    sum.is_finite().then_some(sum)
}

pub fn check_overflow(overflow: bool) -> Result<()> {
    match overflow {
        true => Err(Error::new(
            Code::NumericOutOfRange,
            "value out of range: overflow",
        )),
        false => Ok(()),
    }
}

/// avg of floats.
#[derive(Default)]
pub struct AverageFloats {
    sums: Vec<f64>,
    counts: Vec<i64>,
}

impl Accumulator for AverageFloats {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0.0);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let values = floats(&inputs[0]);
        if let Some(sum) = sum_of_all(self.sums[0], values, rows) {
            self.sums[0] = sum;
            self.counts[0] += rows.count_values(&inputs[0]) as i64;
            return Ok(());
        }
        let mut overflow = false;
        rows.each_value(&inputs[0], |group, row| {
            let old = self.sums[group];
            self.sums[group] += values[row];
            overflow |=
                self.sums[group].is_infinite() && old.is_finite() && values[row].is_finite();
            self.counts[group] += 1;
        });
        check_overflow(overflow)
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let value = |group: usize| match self.counts[group] {
            0 => Value::Null,
            count => Value::F64(self.sums[group] / count as f64),
        };
        let values: Vec<Value> = groups.map(value).collect();
        Ok(Vector::from_values(PhysicalType::F64, &values))
    }
}

/// sum of numerics.
#[derive(Default)]
pub struct SumNumerics(Vec<DecimalSum>);

impl Accumulator for SumNumerics {
    fn resize(&mut self, groups: usize) {
        self.0.resize(groups, DecimalSum::default());
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        add_numerics(&mut self.0, &inputs[0], rows);
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        Ok(sums(&self.0[groups]))
    }
}

/// avg of integers and numerics: the sum divided by the count, as numeric division does it.
pub struct AverageNumerics {
    sums: Vec<DecimalSum>,
    /// Column 0 by column 1.
    division: Expr,
}

impl AverageNumerics {
    pub fn new() -> Result<AverageNumerics> {
        let column = |position| Expr::column(position, DataType::Numeric(None));
        let division = expr::resolve_operator(BinaryOperator::Divide, column(0), column(1))?;
        Ok(AverageNumerics {
            sums: Vec::new(),
            division,
        })
    }
}

impl Accumulator for AverageNumerics {
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, DecimalSum::default());
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        add_numerics(&mut self.sums, &inputs[0], rows);
        Ok(())
    }

    fn take_out(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> bool {
        let Data::I64(values) = &inputs[0].data else {
            return false;
        };
        let (sum, count) = (
            kernel::sum_i64(values, rows.selection),
            rows.count_values(&inputs[0]),
        );
        self.sums[0].add_integers(-sum, 0);
        self.sums[0].count -= count as i64;
        true
    }

    fn finish(&mut self, groups: Range<usize>, context: &EvalContext) -> Result<Vector> {
        let sums_of = &self.sums[groups];
        let count = |sum: &DecimalSum| Decimal::Small(i128::from(sum.count), 0);
        let counts = Vector::new(Data::Decimal(sums_of.iter().map(count).collect()));
        let columns = vec![Rc::new(sums(sums_of)), Rc::new(counts)];
        let chunk = Chunk::new(columns, sums_of.len());
        let averages = expr::evaluate(&self.division, &chunk, context)?;
        Ok(Rc::unwrap_or_clone(averages))
    }
}

fn add_numerics(sums: &mut [DecimalSum], vector: &Vector, rows: &Rows) {
    match &vector.data {
        Data::I64(values) if rows.groups.is_none() => {
            let sum = kernel::sum_i64(values, rows.selection);
            sums[0].add_integers(sum, rows.count_values(vector));
        }
        Data::I64(values) => {
            rows.each_value(vector, |group, row| {
                sums[group].add_integers(values[row].into(), 1)
            });
        }
        Data::Decimal(values) => {
            rows.each_value(vector, |group, row| sums[group].add(&values[row]));
        }
        _ => unreachable!("chosen by the argument's type"),
    }
}

fn sums(sums: &[DecimalSum]) -> Vector {
    let value = |sum: &DecimalSum| sum.sum().map_or(Value::Null, Value::Decimal);
    let values: Vec<Value> = sums.iter().map(value).collect();
    Vector::from_values(PhysicalType::Decimal, &values)
}
