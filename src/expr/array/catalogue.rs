//! The functions of arrays: by name, what they take and what they answer.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArrayFunction {
    /// `ARRAY[…]`
    Build,
    Append,
    Prepend,
    Join,
    Remove,
    Replace,
    /// Where an element is first, perhaps from some place on.
    Position,
    Positions,
    Length,
    Lower,
    Upper,
    Dimensions,
    /// `[1:3]`
    Bounds,
    Cardinality,
    ToText,
    OfText,
    Trim,
    /// width_bucket: how many of them are not above an element.
    Bucket,
    Fill,
    Contains,
    ContainedBy,
    Overlaps,
    /// `a[i]`
    Element,
    /// `a[i:j]`
    Slice,
    /// The array with `SET a[i] = x` or `SET a[i:j] = x`, in which a bound that is left out is a truth value.
    Assign,
    AssignSlice,
    /// JSONB with `SET j[key] = x`.
    AssignPath,
}

impl ArrayFunction {
    /// Whether it answers a place in the array.
    pub fn tells_place(self) -> bool {
        matches!(self, Position | Lower | Upper)
    }
}

/// What an argument or an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// An array of the type that the call is about.
    Array,
    /// An element of it.
    Element,
    Integer,
    Text,
    Boolean,
    Integers,
    Texts,
}

pub struct Entry {
    pub name: &'static str,
    pub function: ArrayFunction,
    pub arguments: &'static [Slot],
    /// How many of the last arguments may be left out.
    pub optional: usize,
    pub result: Slot,
    /// Elements are looked for, so that they must be comparable.
    pub compares: bool,
}

use ArrayFunction::*;
use Slot::{
    Array as A, Boolean as B, Element as E, Integer as I, Integers as IS, Text as T, Texts as TS,
};

const fn entry(
    name: &'static str,
    function: ArrayFunction,
    arguments: &'static [Slot],
    result: Slot,
) -> Entry {
    Entry {
        name,
        function,
        arguments,
        optional: 0,
        result,
        compares: false,
    }
}

impl Entry {
    const fn optional(self) -> Entry {
        Entry {
            optional: 1,
            ..self
        }
    }

    const fn compares(self) -> Entry {
        Entry {
            compares: true,
            ..self
        }
    }
}

const ENTRIES: &[Entry] = &[
    entry("array_append", Append, &[A, E], A),
    entry("array_prepend", Prepend, &[E, A], A),
    entry("array_cat", Join, &[A, A], A),
    entry("array_remove", Remove, &[A, E], A).compares(),
    entry("array_replace", Replace, &[A, E, E], A).compares(),
    entry("array_position", Position, &[A, E, I], I)
        .optional()
        .compares(),
    entry("array_positions", Positions, &[A, E], IS).compares(),
    entry("array_length", Length, &[A, I], I),
    entry("array_lower", Lower, &[A, I], I),
    entry("array_upper", Upper, &[A, I], I),
    entry("array_ndims", Dimensions, &[A], I),
    entry("array_dims", Bounds, &[A], T),
    entry("cardinality", Cardinality, &[A], I),
    entry("array_to_string", ToText, &[A, T, T], T).optional(),
    entry("string_to_array", OfText, &[T, T, T], TS).optional(),
    entry("trim_array", Trim, &[A, I], A),
    entry("width_bucket", Bucket, &[E, A], I).compares(),
    entry("array_fill", Fill, &[E, IS, IS], A).optional(),
    entry("@>", Contains, &[A, A], B).compares(),
    entry("<@", ContainedBy, &[A, A], B).compares(),
    entry("&&", Overlaps, &[A, A], B).compares(),
];

pub fn named(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}
