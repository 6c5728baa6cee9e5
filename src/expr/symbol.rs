//! Operators that are functions by another name.

use super::coercion::supply;
use super::construct::padded;
use super::operator::{no_operator, pick};
use super::signature::{Meaning, named};
use super::{Expr, resolve_not};
use crate::error::Result;
use crate::types::{DataType, Value};

/// An operator that is the name of a function: bits, documents, regular expressions.
pub fn resolve_symbol(symbol: &str, left: Expr, right: Expr) -> Result<Expr> {
    let flipped = ["<@", "@>"];
    if symbol == flipped[0] {
        return resolve_symbol(flipped[1], right, left);
    }
    let left = match left.data_type {
        // A regular expression sees the blanks at the end, too.
        DataType::Char(_) if symbol.contains('~') => padded(left),
        _ => left,
    };
    let types = [left.data_type, right.data_type];
    let candidates = named(symbol);
    let rows = candidates.iter().filter_map(|signature| {
        let operands: [DataType; 2] = signature.arguments.try_into().ok()?;
        Some((operands, signature.result))
    });
    let ([to_left, to_right], result) = pick(&rows.collect::<Vec<_>>(), types, symbol)?;
    let mut operands = vec![supply(left, to_left)?, supply(right, to_right)?];
    if let Some(meaning) = symbol.strip_prefix('!') {
        let [left, right] = <[Expr; 2]>::try_from(operands).expect("there are two");
        return resolve_not(resolve_symbol(meaning, left, right)?);
    }
    let wanted = [to_left, to_right];
    let signature = candidates
        .iter()
        .find(|signature| signature.arguments == wanted);
    match signature.map(|signature| signature.meaning) {
        Some(Meaning::Call(function)) => {
            match symbol {
                "~*" => operands.push(Expr::constant(Value::text("i"), DataType::Text)),
                // Any variable is null, and quiet.
                "@?" | "@@" => {
                    operands.push(Expr::constant(Value::text(""), DataType::Jsonb));
                    operands.push(Expr::boolean(true));
                }
                _ => {}
            }
            Ok(Expr::call(function, operands, result))
        }
        _ => Err(no_operator(types, symbol)),
    }
}
