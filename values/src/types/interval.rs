//! The interval: months, days and microseconds, held packed in 128 bits.
//!
//! The three parts are not multiples of each other, because months differ in length and days may.
//! They count as if (30 days, 24 hours) only where intervals are compared.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

#[derive(Debug, Clone, Copy, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

impl Interval {
    /// Months in the high 32 bits, then days, then microseconds, each in two's complement.
    pub fn to_bits(self) -> u128 {
        let high = u64::from(self.months as u32) << 32 | u64::from(self.days as u32);
        u128::from(high) << 64 | u128::from(self.micros as u64)
    }

    pub fn from_bits(bits: u128) -> Interval {
        Interval {
            months: (bits >> 96) as i32,
            days: (bits >> 64) as i32,
            micros: bits as i64,
        }
    }

    /// The length in microseconds, with months of 30 days and days of 24 hours.
    pub fn span(self) -> i128 {
        let days = i128::from(self.months) * 30 + i128::from(self.days);
        days * i128::from(MICROS_PER_DAY) + i128::from(self.micros)
    }

    pub fn checked_neg(self) -> Option<Interval> {
        Some(Interval {
            months: self.months.checked_neg()?,
            days: self.days.checked_neg()?,
            micros: self.micros.checked_neg()?,
        })
    }

    pub fn checked_add(self, other: Interval) -> Option<Interval> {
        Some(Interval {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            micros: self.micros.checked_add(other.micros)?,
        })
    }
}

impl Ord for Interval {
    fn cmp(&self, other: &Self) -> Ordering {
        self.span().cmp(&other.span())
    }
}

impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.span() == other.span()
    }
}

impl Eq for Interval {}

impl Hash for Interval {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.span().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_every_part_and_its_sign() {
        for (months, days, micros) in [(0, 0, 0), (-1, 2, -3), (i32::MIN, i32::MAX, i64::MIN)] {
            let interval = Interval {
                months,
                days,
                micros,
            };
            let back = Interval::from_bits(interval.to_bits());
            assert_eq!(
                (back.months, back.days, back.micros),
                (months, days, micros)
            );
        }
    }

    #[test]
    fn a_month_compares_as_thirty_days() {
        let month = Interval {
            months: 1,
            ..Interval::default()
        };
        let days = Interval {
            days: 30,
            ..Interval::default()
        };
        assert_eq!(month, days);
    }
}
