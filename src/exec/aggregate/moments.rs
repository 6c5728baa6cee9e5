//! Variances, deviations, covariances and regressions.
//!
//! Floats are taken in as PostgreSQL does it, by the method of Youngs and Cramer, so that the last digit is the
//! same: sums of squares are those of the distances from the mean. Numbers that are exact keep exact sums.

use super::accumulator::{Accumulator, Rows};
use super::sum::{check_overflow, floats};
use crate::column::{Data, Vector};
use crate::error::Result;
use crate::expr::EvalContext;
use crate::plan::Moment;
use crate::types::{Decimal, DecimalSum, PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

/// Of one float, or of pairs of which the second is x.
pub struct FloatMoments {
    moment: Moment,
    groups: Vec<Sums>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl FloatMoments {
    pub fn new(moment: Moment) -> FloatMoments {
        FloatMoments {
            moment,
            groups: Vec::new(),
        }
    }
}

impl Accumulator for FloatMoments {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups, Sums::default());
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let mut overflow = false;
        match inputs {
            [y, x, ..] if self.moment.is_of_pairs() => {
                let (ys, xs) = (floats(y), floats(x));
                rows.each_value(x, |group, row| {
                    if !y.is_null(row) {
                        overflow |= self.groups[group].add_pair(xs[row], ys[row]);
                    }
                });
            }
            _ => {
                let values = floats(&inputs[0]);
                rows.each_value(&inputs[0], |group, row| {
                    overflow |= self.groups[group].add(values[row]);
                });
            }
        }
        check_overflow(overflow)
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let value = |sums: &Sums| match self.moment {
            Moment::RegrCount => Value::I64(sums.count as i64),
            moment => sums.value(moment).map_or(Value::Null, Value::F64),
        };
        let physical = match self.moment {
            Moment::RegrCount => PhysicalType::I64,
            _ => PhysicalType::F64,
        };
        let values: Vec<Value> = self.groups[groups].iter().map(value).collect();
        Ok(Vector::from_values(physical, &values))
    }

    fn group_bytes(&self) -> usize {
        size_of::<Sums>()
    }
}

impl Sums {
    /// Whether it overflowed.
    fn add(&mut self, value: f64) -> bool {
        let before = *self;
        self.count += 1.0;
        self.x += value;
        if before.count == 0.0 {
            if !value.is_finite() {
                self.xx = f64::NAN;
            }
            return false;
        }
        let distance = value * self.count - self.x;
        self.xx += distance * distance / (self.count * before.count);
        if self.x.is_infinite() || self.xx.is_infinite() {
            self.xx = f64::NAN;
            return !before.x.is_infinite() && !value.is_infinite();
        }
        false
    }

    fn add_pair(&mut self, x: f64, y: f64) -> bool {
        let before = *self;
        self.count += 1.0;
        self.x += x;
        self.y += y;
        if before.count == 0.0 {
            if !x.is_finite() {
                (self.xx, self.xy) = (f64::NAN, f64::NAN);
            }
            if !y.is_finite() {
                (self.yy, self.xy) = (f64::NAN, f64::NAN);
            }
            return false;
        }
        let (of_x, of_y) = (x * self.count - self.x, y * self.count - self.y);
        let scale = 1.0 / (self.count * before.count);
        self.xx += of_x * of_x * scale;
        self.yy += of_y * of_y * scale;
        self.xy += of_x * of_y * scale;
        let was_finite = |sum: f64, value: f64| !sum.is_infinite() && !value.is_infinite();
        let (x_was, y_was) = (was_finite(before.x, x), was_finite(before.y, y));
        let is_over = ((self.x.is_infinite() || self.xx.is_infinite()) && x_was)
            || ((self.y.is_infinite() || self.yy.is_infinite()) && y_was)
            || (self.xy.is_infinite() && x_was && y_was);
        for sum in [&mut self.xx, &mut self.yy, &mut self.xy] {
            if sum.is_infinite() {
                *sum = f64::NAN;
            }
        }
        is_over
    }

    fn value(&self, moment: Moment) -> Option<f64> {
        use Moment::*;
        let Sums {
            count,
            x,
            y,
            xx,
            yy,
            xy,
        } = *self;
        let least = match moment {
            VarSamp | StddevSamp | CovarSamp => 2.0,
            _ => 1.0,
        };
        let is_flat = match moment {
            Corr => xx == 0.0 || yy == 0.0,
            RegrR2 | RegrSlope | RegrIntercept => xx == 0.0,
            _ => false,
        };
        if count < least || is_flat {
            return None;
        }
        Some(match moment {
            VarPop => xx / count,
            VarSamp => xx / (count - 1.0),
            StddevPop => (xx / count).sqrt(),
            StddevSamp => (xx / (count - 1.0)).sqrt(),
            CovarPop => xy / count,
            CovarSamp => xy / (count - 1.0),
            Corr => xy / (xx * yy).sqrt(),
            RegrCount => count,
            RegrSxx => xx,
            RegrSyy => yy,
            RegrSxy => xy,
            RegrAvgX => x / count,
            RegrAvgY => y / count,
            RegrR2 if yy == 0.0 => 1.0,
            RegrR2 => (xy * xy) / (xx * yy),
            RegrSlope => xy / xx,
            RegrIntercept => (y - x * xy / xx) / count,
        })
    }
}

/// Variance and deviation of integers and numerics.
pub struct NumericMoments {
    moment: Moment,
    /// Of the values and of their squares.
    groups: Vec<[DecimalSum; 2]>,
}

impl NumericMoments {
    pub fn new(moment: Moment) -> NumericMoments {
        NumericMoments {
            moment,
            groups: Vec::new(),
        }
    }

    fn value(&self, [sum, squares]: &[DecimalSum; 2]) -> Result<Value> {
        let of_sample = matches!(self.moment, Moment::VarSamp | Moment::StddevSamp);
        let (Some(total), Some(squares)) = (sum.sum(), squares.sum()) else {
            return Ok(Value::Null);
        };
        if of_sample && sum.count < 2 {
            return Ok(Value::Null);
        }
        if !total.is_finite() {
            return Ok(Value::Decimal(Decimal::NaN));
        }
        let count = Decimal::from(sum.count);
        let divisor = count.multiply(&Decimal::from(sum.count - i64::from(of_sample)))?;
        let above = (count.multiply(&squares)?).subtract(&total.multiply(&total)?)?;
        if above.signum() <= 0 {
            return Ok(Value::Decimal(Decimal::ZERO));
        }
        let variance = above.divide(&divisor)?;
        Ok(Value::Decimal(match self.moment {
            Moment::StddevPop | Moment::StddevSamp => {
                let scale = variance.scale();
                variance.sqrt_to(scale.into())?
            }
            _ => variance,
        }))
    }
}

impl Accumulator for NumericMoments {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups, Default::default());
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let mut failure = Ok(());
        rows.each_value(&inputs[0], |group, row| {
            let value = match &inputs[0].data {
                Data::I64(values) => Decimal::from(values[row]),
                Data::Decimal(values) => values[row].clone(),
                _ => unreachable!("chosen by the argument's type"),
            };
            match value.multiply(&value) {
                Ok(square) => {
                    let [sum, squares] = &mut self.groups[group];
                    sum.add(&value);
                    squares.add(&square);
                }
                Err(error) => failure = Err(error),
            }
        });
        failure
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let values = (self.groups[groups].iter())
            .map(|sums| self.value(sums))
            .collect::<Result<Vec<_>>>()?;
        Ok(Vector::from_values(PhysicalType::Decimal, &values))
    }

    fn group_bytes(&self) -> usize {
        2 * size_of::<DecimalSum>()
    }
}
