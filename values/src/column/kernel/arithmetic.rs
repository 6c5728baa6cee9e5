//! Arithmetic on numbers of fixed width.
//!
//! Each loop answers, beside the values, whether any row *may* be in error: only then the caller looks
//! at the rows one by one, and finds that it was a row not selected, or raises the error.

/// A column or the same value for every row.
#[derive(Debug, Clone, Copy)]
pub enum Side<'a, T> {
    Values(&'a [T]),
    Constant(T),
}

impl<T> Side<'_, T> {
    #[inline]
    pub fn at(&self, row: usize) -> &T {
        match self {
            Side::Values(values) => &values[row],
            Side::Constant(value) => value,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// With the least and greatest value of the result's type. Values that may be in error are undefined.
pub fn arithmetic_i64(
    operation: Arithmetic,
    left: Side<i64>,
    right: Side<i64>,
    range: (i64, i64),
) -> (Vec<i64>, bool) {
    if range == (i64::MIN, i64::MAX) {
        return match operation {
            Arithmetic::Add => each(left, right, |a, b| {
                let sum = a.wrapping_add(b);
                (sum, (a ^ sum) & (b ^ sum))
            }),
            Arithmetic::Subtract => each(left, right, |a, b| {
                let difference = a.wrapping_sub(b);
                (difference, (a ^ b) & (a ^ difference))
            }),
            Arithmetic::Multiply => each(left, right, |a, b| {
                let (product, overflowed) = a.overflowing_mul(b);
                (product, -i64::from(overflowed))
            }),
            Arithmetic::Divide => each(left, right, divide),
            Arithmetic::Modulo => each(left, right, modulo),
        };
    }
    // Operands of 32 bits cannot overflow 64: only the result's range is to be checked.
    let (least, greatest) = range;
    let outside = move |value: i64| value.wrapping_sub(least) | greatest.wrapping_sub(value);
    let checked = move |value| (value, outside(value));
    match operation {
        Arithmetic::Add => each(left, right, |a, b| checked(a.wrapping_add(b))),
        Arithmetic::Subtract => each(left, right, |a, b| checked(a.wrapping_sub(b))),
        Arithmetic::Multiply => each(left, right, |a, b| checked(a.wrapping_mul(b))),
        Arithmetic::Divide => each(left, right, |a, b| {
            let (quotient, flag) = divide(a, b);
            (quotient, flag | outside(quotient))
        }),
        Arithmetic::Modulo => each(left, right, modulo),
    }
}

#[inline]
fn divide(a: i64, b: i64) -> (i64, i64) {
    match a.checked_div(b) {
        Some(quotient) => (quotient, 0),
        None => (0, -1),
    }
}

#[inline]
fn modulo(a: i64, b: i64) -> (i64, i64) {
    match b {
        0 => (0, -1),
        _ => (a.wrapping_rem(b), 0),
    }
}

/// Flags rows that left the finite numbers, vanished, or divided by zero. `Modulo` is not one of
/// floats and flags every row.
pub fn arithmetic_f64(
    operation: Arithmetic,
    left: Side<f64>,
    right: Side<f64>,
) -> (Vec<f64>, bool) {
    match operation {
        Arithmetic::Add => each(left, right, |a, b| (a + b, infinite(a + b))),
        Arithmetic::Subtract => each(left, right, |a, b| (a - b, infinite(a - b))),
        Arithmetic::Multiply => each(left, right, |a, b| {
            let product = a * b;
            let vanished = zero(product) & !zero(a) & !zero(b);
            (product, infinite(product) | vanished)
        }),
        Arithmetic::Divide => each(left, right, |a, b| {
            let quotient = a / b;
            let vanished = zero(quotient) & !zero(a);
            (quotient, infinite(quotient) | vanished | zero(b))
        }),
        Arithmetic::Modulo => each(left, right, |_, _| (0.0, -1)),
    }
}

/// The bits without the sign, which have the order of the magnitudes.
#[inline]
fn magnitude(value: f64) -> i64 {
    (value.to_bits() & (u64::MAX >> 1)) as i64
}

/// The sign bit says whether the number is zero. Whole-number arithmetic stays in SIMD where
/// conditions would not.
#[inline]
fn zero(value: f64) -> i64 {
    magnitude(value).wrapping_sub(1)
}

/// The sign bit says whether the value is infinite or NaN.
#[inline]
fn infinite(value: f64) -> i64 {
    const GREATEST: i64 = f64::MAX.to_bits() as i64;
    GREATEST.wrapping_sub(magnitude(value))
}

/// One loop for each shape of operands; a row is flagged by the sign bit of the second part.
#[inline]
fn each<T: Copy>(
    left: Side<T>,
    right: Side<T>,
    compute: impl Fn(T, T) -> (T, i64),
) -> (Vec<T>, bool) {
    let mut flags = 0;
    let mut keep = |(value, flag): (T, i64)| {
        flags |= flag;
        value
    };
    let values = match (left, right) {
        (Side::Values(left), Side::Values(right)) => left
            .iter()
            .zip(right)
            .map(|(&a, &b)| keep(compute(a, b)))
            .collect(),
        (Side::Values(left), Side::Constant(b)) => {
            left.iter().map(|&a| keep(compute(a, b))).collect()
        }
        (Side::Constant(a), Side::Values(right)) => {
            right.iter().map(|&b| keep(compute(a, b))).collect()
        }
        (Side::Constant(a), Side::Constant(b)) => vec![keep(compute(a, b))],
    };
    (values, flags < 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BIGINT: (i64, i64) = (i64::MIN, i64::MAX);
    const INTEGER: (i64, i64) = (i32::MIN as i64, i32::MAX as i64);
    const OPERATIONS: [Arithmetic; 5] = [
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Modulo,
    ];

    fn exact(operation: Arithmetic, a: i64, b: i64) -> Option<i128> {
        let (a, b) = (i128::from(a), i128::from(b));
        match operation {
            Arithmetic::Add => Some(a + b),
            Arithmetic::Subtract => Some(a - b),
            Arithmetic::Multiply => Some(a * b),
            Arithmetic::Divide => a.checked_div(b),
            Arithmetic::Modulo => a.checked_rem(b),
        }
    }

    fn agrees(a: i64, b: i64, range: (i64, i64)) {
        for operation in OPERATIONS {
            let expected = exact(operation, a, b)
                .and_then(|value| i64::try_from(value).ok())
                .filter(|value| (range.0..=range.1).contains(value));
            for (left, right) in [
                (Side::Values(&[a][..]), Side::Values(&[b][..])),
                (Side::Values(&[a][..]), Side::Constant(b)),
                (Side::Constant(a), Side::Values(&[b][..])),
            ] {
                let (values, flagged) = arithmetic_i64(operation, left, right, range);
                assert_eq!(flagged, expected.is_none(), "{a} {operation:?} {b}");
                assert!(
                    flagged || Some(values[0]) == expected,
                    "{a} {operation:?} {b}"
                );
            }
        }
    }

    #[test]
    fn the_ends_of_the_range_are_flagged() {
        for a in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX] {
            for b in [i64::MIN, -1, 0, 1, 2, i64::MAX] {
                agrees(a, b, BIGINT);
            }
        }
        let (least, greatest) = INTEGER;
        for a in [least, -1, 0, 1, greatest] {
            for b in [least, -1, 0, 1, greatest] {
                agrees(a, b, INTEGER);
            }
        }
    }

    proptest! {
        #[test]
        fn arithmetic_is_exact_or_flagged(a in any::<i64>(), b in any::<i64>(), c in any::<i32>(), d in any::<i32>()) {
            agrees(a, b, BIGINT);
            agrees(c.into(), d.into(), INTEGER);
        }
    }

    #[test]
    fn floats_are_flagged_where_they_leave_the_numbers() {
        for (operation, a, b, flagged) in [
            (Arithmetic::Add, 1e308, 1e308, true),
            (Arithmetic::Multiply, 1e-200, 1e-200, true),
            (Arithmetic::Multiply, 0.0, 1e-200, false),
            (Arithmetic::Divide, 1.0, 0.0, true),
            (Arithmetic::Divide, 1.0, 4.0, false),
        ] {
            let found = arithmetic_f64(operation, Side::Values(&[a]), Side::Constant(b));
            assert_eq!(found.1, flagged, "{a} {operation:?} {b}");
        }
    }
}
