//! Which type of elements a call is about, and its arguments cast to it.

use super::super::call::undefined;
use super::super::coercion::{cast, coerce_all, common_type, supply};
use super::super::operator::{no_operator, resolve_operator};
use super::super::{BinaryOperator, CastContext, Expr, Function, coerce_to};
use super::ArrayFunction;
use super::catalogue::{Slot, named};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};

pub fn is_array_function(name: &str) -> bool {
    named(name).is_some()
}

fn build(function: ArrayFunction, arguments: Vec<Expr>, result: DataType) -> Expr {
    Expr::call(Function::Array(function), arguments, result)
}

/// The type of arrays of elements of a type.
fn array_of(element: DataType) -> Result<DataType> {
    match element.array() {
        Some(array) => Ok(array),
        None => Err(Error::unsupported(match element.element() {
            Some(_) => "an array of more than one dimension".to_string(),
            None => format!("an array of type {element}"),
        })),
    }
}

/// `ARRAY[…]`, with an element at least.
pub fn resolve_array(elements: Vec<Expr>) -> Result<Expr> {
    let (elements, element) = coerce_all(elements, "ARRAY")?;
    Ok(build(ArrayFunction::Build, elements, array_of(element)?))
}

/// `array[index]`.
pub fn resolve_subscript(array: Expr, index: Expr) -> Result<Expr> {
    let element = subscripted(&array)?;
    let place = moved(array.data_type, subscript(index)?, 1)?;
    let arguments = vec![array, place];
    Ok(build(ArrayFunction::Element, arguments, element))
}

/// `array[first:last]`; a bound that is left out is that of the array.
pub fn resolve_slice(array: Expr, first: Option<Expr>, last: Option<Expr>) -> Result<Expr> {
    subscripted(&array)?;
    check_counted_from_1(array.data_type)?;
    let result = array.data_type;
    let first = first.unwrap_or_else(|| Expr::integer(1));
    let last = last.unwrap_or_else(|| Expr::integer(i32::MAX));
    let arguments = vec![array, subscript(first)?, subscript(last)?];
    Ok(build(ArrayFunction::Slice, arguments, result))
}

/// The value of a column whose part is assigned to: an array and an index, or JSONB and a path.
pub fn resolve_assign(whole: Expr, part: Expr, value: Expr) -> Result<Expr> {
    let result = whole.data_type;
    let (function, part) = match result {
        DataType::Jsonb => (ArrayFunction::AssignPath, part),
        _ => (ArrayFunction::Assign, subscript(part)?),
    };
    Ok(build(function, vec![whole, part, value], result))
}

/// The value of an array of which a slice is assigned to.
pub fn resolve_assign_slice(array: Expr, bounds: [Option<Expr>; 2], value: Expr) -> Result<Expr> {
    let result = array.data_type;
    let left_out = || Ok(Expr::constant(Value::Bool(true), DataType::Boolean));
    let [first, last] = bounds.map(|bound| bound.map_or_else(left_out, subscript));
    let arguments = vec![array, first?, last?, value];
    Ok(build(ArrayFunction::AssignSlice, arguments, result))
}

/// The type of what is assigned to an element.
pub fn subscripted(array: &Expr) -> Result<DataType> {
    array.data_type.element().ok_or_else(|| {
        let message = format!(
            "cannot subscript type {} because it does not support subscripting",
            array.data_type.base()
        );
        Error::new(Code::DatatypeMismatch, message)
    })
}

/// A place in an array, which in one that is counted from 0 is another by so many.
pub fn moved(array: DataType, place: Expr, by: i32) -> Result<Expr> {
    match array.is_vector() {
        true => resolve_operator(BinaryOperator::Add, place, Expr::integer(by)),
        false => Ok(place),
    }
}

fn check_counted_from_1(array: DataType) -> Result<()> {
    match array.is_vector() {
        true => Err(Error::unsupported(format!("this of the type {array}"))),
        false => Ok(()),
    }
}

fn subscript(index: Expr) -> Result<Expr> {
    coerce_to(index, DataType::Integer, CastContext::Assignment)
}

/// Whether elements of the type can be looked for.
pub fn check_comparable(element: DataType) -> Result<()> {
    match element {
        DataType::Json => Err(Error::new(
            Code::UndefinedFunction,
            "could not identify an equality operator for type json",
        )),
        DataType::Interval | DataType::Jsonb => Err(Error::unsupported(format!(
            "comparing arrays of type {element}"
        ))),
        _ => Ok(()),
    }
}

/// The function that `||` is for operands of which one is an array at least.
pub fn concat_name(left: DataType, right: DataType) -> &'static str {
    let is_whole = |side: DataType| side == DataType::Unknown || side.element().is_some();
    match (is_whole(left), is_whole(right)) {
        (true, true) => "array_cat",
        (true, false) => "array_append",
        _ => "array_prepend",
    }
}

/// The call of a function or operator of arrays by its name.
pub fn resolve_array_call(name: &str, arguments: Vec<Expr>) -> Result<Expr> {
    let vector = arguments.first().map(|first| first.data_type);
    let vector = vector.filter(|first| first.is_vector());
    let counted_from_1 = |argument: Expr| match argument.data_type.element() {
        Some(element) if argument.data_type.is_vector() => {
            Ok(cast(argument, array_of(element)?, CastContext::Implicit))
        }
        _ => Ok(argument),
    };
    let arguments = arguments.into_iter().map(counted_from_1);
    let arguments = arguments.collect::<Result<Vec<_>>>()?;
    let types: Vec<DataType> = arguments.iter().map(|a| a.data_type.base()).collect();
    let missing = || match (name.starts_with(char::is_alphabetic), types.as_slice()) {
        (false, [left, right]) => no_operator([*left, *right], name),
        _ => undefined(name, &types),
    };
    let entry = named(name).ok_or_else(missing)?;
    let most = entry.arguments.len();
    if !(most - entry.optional..=most).contains(&types.len()) {
        return Err(missing());
    }
    let slots = || entry.arguments.iter().zip(&types);
    let is_about = |slot: Slot| matches!(slot, Slot::Array | Slot::Element);
    let mut element = None;
    if slots().any(|(slot, _)| is_about(*slot)) {
        let mut known = Vec::new();
        for (slot, data_type) in slots() {
            match (slot, *data_type) {
                (_, DataType::Unknown) => {}
                (Slot::Array, array) => known.push(array.element().ok_or_else(missing)?),
                (Slot::Element, one) => known.push(one),
                _ => {}
            }
        }
        // What takes an element of a type of its own is of texts then.
        let has_element = entry.arguments.contains(&Slot::Element);
        if known.is_empty() && (has_element || entry.function == ArrayFunction::Join) {
            known.push(DataType::Text);
        }
        if known.is_empty() {
            let message = "could not determine polymorphic type because input has type unknown";
            return Err(Error::new(Code::DatatypeMismatch, message));
        }
        let meet = common_type(&known, name).map_err(|_| missing())?.base();
        // An operator takes two arrays of one type.
        if entry.result == Slot::Boolean && known.iter().any(|one| *one != meet) {
            return Err(missing());
        }
        if entry.compares {
            check_comparable(meet)?;
        }
        element = Some((meet, array_of(meet)?));
    }
    let of_slot = |slot: Slot| match (slot, element) {
        (Slot::Array, Some((_, array))) => array,
        (Slot::Element, Some((element, _))) => element,
        (Slot::Integer, _) => DataType::Integer,
        (Slot::Boolean, _) => DataType::Boolean,
        (Slot::Integers, _) => DataType::INTEGERS,
        (Slot::Texts, _) => DataType::TEXTS,
        _ => DataType::Text,
    };
    let result = of_slot(entry.result);
    let tells_more = matches!(
        (entry.function, types.len()),
        (ArrayFunction::Positions | ArrayFunction::Bounds, _) | (ArrayFunction::Position, 3)
    );
    if entry.result == Slot::Array || tells_more {
        vector.map_or(Ok(()), check_counted_from_1)?;
    }
    let arguments = (arguments.into_iter().zip(entry.arguments))
        .map(|(argument, slot)| match is_about(*slot) {
            true => coerce_to(argument, of_slot(*slot), CastContext::Implicit),
            false => supply(argument, of_slot(*slot)).map_err(|error| match error.code() {
                Code::CannotCoerce => missing(),
                _ => error,
            }),
        })
        .collect::<Result<_>>()?;
    let call = build(entry.function, arguments, result);
    match vector {
        Some(vector) if entry.function.tells_place() => moved(vector, call, -1),
        _ => Ok(call),
    }
}

/// The array without elements.
pub fn empty() -> Value {
    Value::Array(std::rc::Rc::from([]))
}
