//! `exp` and `power` of floats, rounded to the nearest but for one result in many thousands.
//!
//! The library for wasm32 is off by one in the last digit of every tenth result, where those that databases are compiled
//! with hardly ever are; the digits would differ between here and there. So what it answers is only taken where it is no
//! usual number (infinite, zero, subnormal, NaN), and computed here where it is, with twice the digits: a number is the sum
//! of two floats (T. J. Dekker, A floating-point technique for extending the available precision, 1971).

use std::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// e to the power of `x`.
pub fn exp(x: f64) -> f64 {
    let near = x.exp();
    match near.is_normal() {
        true => exp_of(Double::from(x)),
        false => near,
    }
}

/// `base` to the power of `exponent`, where there is one.
pub fn power(base: f64, exponent: f64) -> f64 {
    let near = base.powf(exponent);
    let is_usual = near.is_normal() && base.is_finite() && exponent.is_finite();
    match is_usual && near.abs() != 1.0 {
        true => exp_of(ln(base.abs()).times(Double::from(exponent))).copysign(near),
        false => near,
    }
}

/// The sum of both, of which the second is at most half a unit in the last place of the first.
#[derive(Debug, Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

/// What the float nearest to the logarithm of two leaves of it.
const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17;

/// 1/7, 1/5, 1/3.
const EARLY: [Double; 3] = [
    Double {
        high: 1.0 / 7.0,
        low: 7.93016446160826e-18,
    },
    Double {
        high: 1.0 / 5.0,
        low: -1.1102230246251566e-17,
    },
    Double {
        high: 1.0 / 3.0,
        low: 1.850371707708594e-17,
    },
];

/// 1/31, 1/29, … 1/9.
const LATE: [f64; 12] = [
    1.0 / 31.0,
    1.0 / 29.0,
    1.0 / 27.0,
    1.0 / 25.0,
    1.0 / 23.0,
    1.0 / 21.0,
    1.0 / 19.0,
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 9.0,
];

impl Double {
    fn from(high: f64) -> Double {
        Double { high, low: 0.0 }
    }

    /// Of two floats, exactly.
    fn sum(a: f64, b: f64) -> Double {
        let high = a + b;
        let of_b = high - a;
        let low = (a - (high - of_b)) + (b - of_b);
        Double { high, low }
    }

    /// Of two floats, exactly, unless that is beyond the range of a float.
    fn product(a: f64, b: f64) -> Double {
        let halves = |x: f64| {
            let large = x * 134_217_729.0; // 2^27 + 1
            let high = large - (large - x);
            (high, x - high)
        };
        let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
        let high = a * b;
        let low = ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low;
        Double { high, low }
    }

    fn plus(self, other: Double) -> Double {
        let Double { high, low } = Double::sum(self.high, other.high);
        Double::sum(high, low + self.low + other.low)
    }

    fn times(self, other: Double) -> Double {
        let Double { high, low } = Double::product(self.high, other.high);
        Double::sum(high, low + self.high * other.low + self.low * other.high)
    }

    /// By a power of two.
    fn scaled(self, factor: f64) -> Double {
        Double {
            high: self.high * factor,
            low: self.low * factor,
        }
    }
}

/// The logarithm of a normal or subnormal number above zero: that of a power of two, and a series for what lies between
/// the roots of ½ and of 2.
fn ln(x: f64) -> Double {
    let (x, scaled) = match x.is_normal() {
        true => (x, 0),
        false => (x * (1_u64 << 54) as f64, 54),
    };
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i64 - 1023 - scaled;
    let mut part = f64::from_bits((bits & ((1 << 52) - 1)) | 1.0_f64.to_bits());
    if part > SQRT_2 {
        part /= 2.0;
        exponent += 1;
    }
    // ln m = 2 artanh s, of s = (m - 1) / (m + 1), which is at most 0.172.
    let above = Double::sum(part, 1.0);
    let first = Double::from((part - 1.0) / above.high);
    let back = first.times(above);
    let rest = ((part - 1.0) - back.high) - back.low;
    let s = Double::sum(first.high, rest / above.high);
    let square = s.times(s);
    // The late terms of 1 + s²/3 + s⁴/5 + … are so small that a float has enough of their digits.
    let late = LATE
        .iter()
        .fold(0.0, |sum, term| (sum + term) * square.high);
    let early = EARLY
        .iter()
        .fold(Double::from(late), |sum, term| term.plus(sum).times(square));
    let of_part = s.plus(s.times(early)).scaled(2.0);
    multiple_of_ln_2(exponent as f64).plus(of_part)
}

fn multiple_of_ln_2(count: f64) -> Double {
    let Double { high, low } = Double::product(count, LN_2);
    Double::sum(high, low + count * LN_2_REST)
}

/// e to the power of `x`, which is known to be a normal number: a power of two times the 64th power of a number near 1.
fn exp_of(x: Double) -> f64 {
    let exponent = (x.high * LOG2_E).round();
    let rest = x.plus(multiple_of_ln_2(-exponent)).scaled(1.0 / 64.0);
    let r = rest.high;
    // r³/6 + r⁴/24 + …, in which a float has enough digits.
    let late =
        r * r * r / 6.0 * (1.0 + r / 4.0 * (1.0 + r / 5.0 * (1.0 + r / 6.0 * (1.0 + r / 7.0))));
    let early = rest.plus(rest.times(rest).scaled(0.5));
    // The power of 1 + t is got from t, which has more digits behind the point: (1 + t)² = 1 + (2t + t²).
    let above_one = (0..6).fold(early.plus(Double::from(late)), |t, _| {
        t.plus(t).plus(t.times(t))
    });
    let value = Double::from(1.0).plus(above_one).high;
    // In two steps, as the power of two itself may be beyond the range.
    let half = (exponent / 2.0).trunc();
    value * two_to(half) * two_to(exponent - half)
}

/// For exponents of normal numbers.
fn two_to(exponent: f64) -> f64 {
    f64::from_bits(((exponent as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correctly rounded, by mpmath.
    #[test]
    fn results_are_the_nearest_floats() {
        let powers = [
            (24.7936, 4.08, 488546.07522846264),
            (4.6144, 5.68, 5917.994481328934),
            (527680.0, 5.92, 7.523746478649617e+33),
            (42.528, 8.8, 214951084941477.72),
            (2225.92, 6.88, 1.0736573841953218e+23),
            (0.7384326697786394, 499.582215041999, 1.6235624025628644e-66),
            (329.5, 26.94666, 7.043587321702828e+67),
            (0.9998380218338401, 573.4810220027687, 0.9112856008505292),
            (1.0000000000000002, 1000000000000000.0, 1.2486270715390861),
            (0.9999999999999999, -3e+17, 291683591155873.0),
            (5e-324, 0.9, 1.0578064022210135e-291),
            (1e+300, -1.02, 9.999999999999877e-307),
            (2.0, 0.5, std::f64::consts::SQRT_2),
            (10.0, 22.0, 1e+22),
            (10.0, -22.0, 1e-22),
        ];
        for (base, exponent, expected) in powers {
            assert_eq!(power(base, exponent), expected, "{base} ^ {exponent}");
        }
        let exponentials = [
            (5.2672, 193.87235915031292),
            (0.3584, 1.4310379211805995),
            (8.6976, 5988.522502504363),
            (3.52, 33.78442846384956),
            (2.5344, 12.60886326003151),
            (-10.72, 2.2098518232313746e-05),
            (675.4624746849056, 2.2367914209777647e+293),
            (-24.6319, 2.006789181985523e-11),
            (-19.7839, 2.558358487351718e-09),
            (1e-10, 1.0000000001),
            (-708.0, 3.307553003638408e-308),
            (709.0, 8.218407461554972e+307),
        ];
        for (x, expected) in exponentials {
            assert_eq!(exp(x), expected, "exp {x}");
        }
    }

    #[test]
    fn what_is_no_usual_number_is_as_the_standard_has_it() {
        assert_eq!(power(0.0, 0.0), 1.0);
        assert_eq!(power(f64::INFINITY, -1.0), 0.0);
        assert_eq!(power(f64::NEG_INFINITY, 3.0), f64::NEG_INFINITY);
        assert!(power(f64::NAN, 1.0).is_nan());
        assert_eq!(power(f64::NAN, 0.0), 1.0);
        assert_eq!(power(-2.0, 3.0), -8.0);
        assert_eq!(power(-1.0, 1e300), 1.0);
        assert_eq!(power(10.0, 400.0), f64::INFINITY);
        assert_eq!(power(10.0, -310.0), 1e-310);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(710.0), f64::INFINITY);
    }
}
