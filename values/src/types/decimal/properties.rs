//! Decimals against exact arithmetic on whole numbers.

use super::Decimal;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};

fn ten_to(exponent: u16) -> BigInt {
    BigInt::from(10).pow(u32::from(exponent))
}

/// Small and large mantissas, around where 128 bits end.
fn number() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        any::<i128>().prop_map(BigInt::from),
        any::<i32>().prop_map(BigInt::from),
        (any::<i128>(), any::<i128>()).prop_map(|(a, b)| BigInt::from(a) * b),
    ];
    (mantissa, 0u16..40).prop_map(|(mantissa, scale)| Decimal::from_parts(mantissa, scale))
}

fn parts(number: &Decimal) -> (BigInt, u16) {
    number.parts().expect("the number is finite")
}

/// Both as whole numbers of the same unit.
fn aligned(a: &Decimal, b: &Decimal) -> (BigInt, BigInt) {
    let ((a, x), (b, y)) = (parts(a), parts(b));
    (a * ten_to(y), b * ten_to(x))
}

fn hash(number: &Decimal) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    hasher.finish()
}

/// Whether `result` is the fraction `numerator / denominator` rounded to its scale: no further from it
/// than half a unit, and not nearer to zero if it is as far as that.
fn is_rounded(result: &Decimal, numerator: &BigInt, denominator: &BigInt) -> bool {
    let (mantissa, scale) = parts(result);
    let wanted = (numerator * ten_to(scale)).abs();
    let given = (mantissa * denominator).abs();
    let error: BigInt = (&wanted - &given) * 2;
    error.abs() < denominator.abs() || (error.abs() == denominator.abs() && given > wanted)
}

proptest! {
    #[test]
    fn sums_and_products_are_exact(a in number(), b in number()) {
        let (x, y) = aligned(&a, &b);
        let unit = parts(&a).1 + parts(&b).1;
        prop_assert_eq!(a.add(&b).unwrap(), Decimal::from_parts(&x + &y, unit));
        prop_assert_eq!(a.subtract(&b).unwrap(), Decimal::from_parts(&x - &y, unit));
        let product = parts(&a).0 * parts(&b).0;
        prop_assert_eq!(a.multiply(&b).unwrap(), Decimal::from_parts(product, unit));
    }

    #[test]
    fn order_and_hash_agree_with_equality(a in number(), b in number(), zeros in 0u16..5) {
        let (x, y) = aligned(&a, &b);
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        let (mantissa, scale) = parts(&a);
        let longer = Decimal::from_parts(mantissa * ten_to(zeros), scale + zeros);
        prop_assert_eq!(&longer, &a);
        prop_assert_eq!(hash(&longer), hash(&a));
    }

    #[test]
    fn quotients_are_rounded(a in number(), b in number()) {
        prop_assume!(!b.is_zero());
        let quotient = a.divide(&b).unwrap();
        let (x, y) = aligned(&a, &b);
        prop_assert!(is_rounded(&quotient, &x, &y), "{} / {} = {}", a, b, quotient);
        let (whole, rest) = (a.divide_truncating(&b).unwrap(), a.remainder(&b).unwrap());
        prop_assert_eq!(whole.multiply(&b).unwrap().add(&rest).unwrap(), a);
    }

    #[test]
    fn rounding_is_to_the_nearest(a in number(), scale in -30i32..50) {
        let rounded = a.round(scale);
        let (mantissa, own) = parts(&a);
        let unit = Decimal::from_parts(ten_to((-scale).max(0) as u16), scale.max(0) as u16);
        let distance = rounded.subtract(&a).unwrap().abs();
        let half = unit.divide(&Decimal::from(2i64)).unwrap();
        prop_assert!(distance <= half, "{} to {} = {}", a, scale, rounded);
        prop_assert!(rounded.scale() == scale.max(0) as u16);
        prop_assert!(a.trunc(scale).abs() <= Decimal::from_parts(mantissa.abs(), own));
    }

    #[test]
    fn roots_are_the_nearest(a in number()) {
        let a = a.abs();
        let root = a.sqrt().unwrap();
        let (mantissa, scale) = parts(&root);
        // (2r - 1)^2 <= 4a <= (2r + 1)^2 in units of the root.
        let (below, above) = (&mantissa * 2 - 1, &mantissa * 2 + 1);
        let four: BigInt = parts(&a).0 * 4 * ten_to(2 * scale);
        let unit = ten_to(parts(&a).1);
        prop_assert!(mantissa.is_zero() || &below * &below * &unit <= four);
        prop_assert!(&above * &above * unit >= four);
    }
}
