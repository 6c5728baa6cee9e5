//! Which functions answer rows, what they take and what their columns are.

use super::super::Expr;
use super::super::call::{choose_form, resolve_function, undefined};
use super::super::coercion::supply;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Element};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetFunction {
    Series,
    JsonElements,
    JsonElementsText,
    JsonEach,
    JsonEachText,
    JsonKeys,
    /// The elements of an array, each of which must be an object.
    JsonObjects,
    /// The one object.
    JsonObject,
    /// The fields of a text, between delimiters.
    Fields,
    /// The groups of each match of a regular expression.
    Matches,
    /// What lies between the matches.
    Between,
    /// The elements of an array.
    Elements,
    /// The places of the elements.
    Subscripts,
    /// What a jsonpath finds.
    JsonPath,
    /// The lines of COPY: their text, and how they are written.
    Copied,
}

/// A call of a function that answers rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SetCall {
    pub function: SetFunction,
    pub arguments: Vec<Expr>,
    /// Of the columns that it yields.
    pub types: Vec<DataType>,
}

/// Argument types, and the types of the columns.
type Form = (&'static [DataType], &'static [DataType]);

struct Entry {
    name: &'static str,
    function: SetFunction,
    /// What its columns are called; without, the one column has the name of the call.
    columns: &'static [&'static str],
    forms: &'static [Form],
}

const N: DataType = DataType::Numeric(None);
const P: DataType = DataType::Array(Element::Text);
use DataType::{
    BigInt as L, Boolean as B, Integer as I, Interval as V, Json as J, Jsonb as JB, Text as T,
    Timestamp as TS, TimestampTz as TZ,
};
use SetFunction::*;

const fn entry(
    name: &'static str,
    function: SetFunction,
    columns: &'static [&'static str],
    forms: &'static [Form],
) -> Entry {
    Entry {
        name,
        function,
        columns,
        forms,
    }
}

const VALUE: &[&str] = &["value"];
const PAIR: &[&str] = &["key", "value"];

const ENTRIES: &[Entry] = &[
    entry(
        "generate_series",
        Series,
        &[],
        &[
            (&[I, I], &[I]),
            (&[I, I, I], &[I]),
            (&[L, L], &[L]),
            (&[L, L, L], &[L]),
            (&[N, N], &[N]),
            (&[N, N, N], &[N]),
            (&[TS, TS, V], &[TS]),
            (&[TZ, TZ, V], &[TZ]),
        ],
    ),
    entry(
        "regexp_matches",
        Matches,
        &[],
        &[(&[T, T], &[P]), (&[T, T, T], &[P])],
    ),
    entry(
        "regexp_split_to_table",
        Between,
        &[],
        &[(&[T, T], &[T]), (&[T, T, T], &[T])],
    ),
    entry("json_array_elements", JsonElements, VALUE, &[(&[J], &[J])]),
    entry(
        "jsonb_array_elements",
        JsonElements,
        VALUE,
        &[(&[JB], &[JB])],
    ),
    entry(
        "json_array_elements_text",
        JsonElementsText,
        VALUE,
        &[(&[J], &[T])],
    ),
    entry(
        "jsonb_array_elements_text",
        JsonElementsText,
        VALUE,
        &[(&[JB], &[T])],
    ),
    entry("json_each", JsonEach, PAIR, &[(&[J], &[T, J])]),
    entry("jsonb_each", JsonEach, PAIR, &[(&[JB], &[T, JB])]),
    entry("json_each_text", JsonEachText, PAIR, &[(&[J], &[T, T])]),
    entry("jsonb_each_text", JsonEachText, PAIR, &[(&[JB], &[T, T])]),
    entry("json_object_keys", JsonKeys, &[], &[(&[J], &[T])]),
    entry("jsonb_object_keys", JsonKeys, &[], &[(&[JB], &[T])]),
    entry("json_to_recordset", JsonObjects, VALUE, &[(&[J], &[J])]),
    entry("jsonb_to_recordset", JsonObjects, VALUE, &[(&[JB], &[JB])]),
    entry("json_to_record", JsonObject, VALUE, &[(&[J], &[J])]),
    entry("jsonb_to_record", JsonObject, VALUE, &[(&[JB], &[JB])]),
    entry(
        "jsonb_path_query",
        JsonPath,
        &[],
        &[
            (&[JB, T], &[JB]),
            (&[JB, T, JB], &[JB]),
            (&[JB, T, JB, B], &[JB]),
        ],
    ),
    entry(
        "string_to_table",
        Fields,
        &[],
        &[(&[T, T], &[T]), (&[T, T, T], &[T])],
    ),
];

fn named(name: &str) -> Option<&'static Entry> {
    // The only zone is UTC.
    let name = match name {
        "jsonb_path_query_tz" => "jsonb_path_query",
        name => name,
    };
    ENTRIES.iter().find(|entry| entry.name == name)
}

pub fn is_set_function(name: &str) -> bool {
    matches!(name, "unnest" | "generate_subscripts") || named(name).is_some()
}

/// The functions of arrays, whose type follows from that of the array.
fn of_array(name: &str, arguments: Vec<Expr>) -> Result<SetCall> {
    let types: Vec<DataType> = arguments.iter().map(|a| a.data_type).collect();
    let (function, wanted) = match name {
        "unnest" => (Elements, &[][..]),
        _ if types.len() == 3 => (Subscripts, &[I, B][..]),
        _ => (Subscripts, &[I][..]),
    };
    let element = types.first().and_then(|array| array.element());
    let Some(element) = element.filter(|_| types.len() == 1 + wanted.len()) else {
        return match types.as_slice() {
            [DataType::Unknown] => Err(Error::new(
                Code::AmbiguousFunction,
                format!("function {name}(unknown) is not unique"),
            )),
            _ => Err(undefined(name, &types)),
        };
    };
    let mut arguments = arguments.into_iter();
    let array = arguments.next();
    let rest = (arguments.zip(wanted)).map(|(argument, &target)| supply(argument, target));
    Ok(SetCall {
        function,
        arguments: array
            .into_iter()
            .map(Ok)
            .chain(rest)
            .collect::<Result<_>>()?,
        types: vec![if function == Elements { element } else { I }],
    })
}

/// The call with its arguments cast, and the names of its columns if it has any; `None` if the name is not
/// that of a function that answers rows.
pub fn resolve_set_function(
    name: &str,
    arguments: Vec<Expr>,
) -> Result<Option<(SetCall, &'static [&'static str])>> {
    if let ("generate_subscripts", [array, _]) = (name, arguments.as_slice())
        && array.data_type.is_vector()
    {
        let last = resolve_function("array_upper", arguments)?;
        return resolve_set_function("generate_series", vec![Expr::integer(0), last]);
    }
    let Some(entry) = named(name) else {
        return match is_set_function(name) {
            true => Ok(Some((of_array(name, arguments)?, &[]))),
            false => Ok(None),
        };
    };
    let types: Vec<DataType> = arguments.iter().map(|a| a.data_type).collect();
    let lists: Vec<&[DataType]> = entry.forms.iter().map(|(taken, _)| *taken).collect();
    let (taken, yielded) = entry.forms[choose_form(name, &types, &lists)?];
    let arguments = arguments.into_iter().zip(taken);
    let call = SetCall {
        function: entry.function,
        arguments: arguments
            .map(|(argument, &target)| supply(argument, target))
            .collect::<Result<_>>()?,
        types: yielded.to_vec(),
    };
    Ok(Some((call, entry.columns)))
}
