//! Trigonometry in degrees, which is exact where the answer is: the functions of radians are scaled so that they are right at
//! 30, 45, 60 and 90 degrees, after PostgreSQL's `float.c`.

use super::number_function::input_out_of_range;
use crate::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigonometry {
    Sine,
    Cosine,
    Tangent,
    Cotangent,
    ArcSine,
    ArcCosine,
    /// Of one side, or of two.
    ArcTangent,
}

use Trigonometry::*;

/// The function's value; `other` is the second argument of `atan2d`.
pub fn in_degrees(function: Trigonometry, x: f64, other: Option<f64>) -> Result<f64> {
    let is_of_angle = matches!(function, Sine | Cosine | Tangent | Cotangent);
    let is_of_ratio = matches!(function, ArcSine | ArcCosine);
    if is_of_angle && x.is_infinite() || is_of_ratio && x.abs() > 1.0 {
        return Err(input_out_of_range());
    }
    // The same angle in the first quadrant, and the signs that it has lost.
    let around = (x % 360.0).abs();
    let half = if around > 180.0 {
        360.0 - around
    } else {
        around
    };
    let lower = (x % 360.0 < 0.0) != (around > 180.0);
    let (quarter, left) = match half > 90.0 {
        true => (180.0 - half, true),
        false => (half, false),
    };
    let (sine, cosine) = (sine(quarter), cosine(quarter));
    let signed = |value: f64, negative: bool| if negative { -value } else { value };
    Ok(match function {
        Sine => signed(sine, lower),
        Cosine => signed(cosine, left),
        // A zero has no sign.
        Tangent => signed(sine / cosine / one(), lower != left) + 0.0,
        Cotangent => signed(cosine / sine * one(), lower != left) + 0.0,
        ArcSine if x.abs() <= 0.5 => steep(x),
        ArcSine => (90.0 - flat(x.abs())).copysign(x),
        ArcCosine if x > 0.5 => flat(x),
        ArcCosine if x < -0.5 => 90.0 + (90.0 - flat(-x)),
        ArcCosine => 90.0 - steep(x),
        ArcTangent => {
            let angle = other.map_or_else(|| x.atan(), |other| x.atan2(other));
            angle / 1f64.atan() * 45.0
        }
    })
}

/// What comes out for the tangent of 45 degrees.
fn one() -> f64 {
    sine(45.0) / cosine(45.0)
}

/// From 0 to 90 degrees.
fn sine(x: f64) -> f64 {
    match x <= 30.0 {
        true => low_sine(x),
        false => low_cosine(90.0 - x),
    }
}

fn cosine(x: f64) -> f64 {
    match x <= 60.0 {
        true => low_cosine(x),
        false => low_sine(90.0 - x),
    }
}

/// Up to 30 degrees.
fn low_sine(x: f64) -> f64 {
    x.to_radians().sin() / 30f64.to_radians().sin() / 2.0
}

/// Up to 60 degrees.
fn low_cosine(x: f64) -> f64 {
    let less = |angle: f64| 1.0 - angle.to_radians().cos();
    1.0 - less(x) / less(60.0) / 2.0
}

/// The arc sine up to a half, to either side.
fn steep(x: f64) -> f64 {
    x.asin() / 0.5f64.asin() * 30.0
}

/// The arc cosine from a half on.
fn flat(x: f64) -> f64 {
    x.acos() / 0.5f64.acos() * 60.0
}
