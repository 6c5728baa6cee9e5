//! The least and the greatest value of a block's column, by which a scan skips blocks.

use crate::column::{Data, Vector};
use crate::types::{Value, compare_f64};
use std::cmp::Ordering;
use std::ops::Bound;

/// Longer texts are not kept: a zone is to be smaller than what it saves.
const TEXT_BYTES_MAX: usize = 64;

/// Of the values that are not NULL; a block of NULLs alone, or of a type without zones, has none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Zone {
    pub min: Value,
    pub max: Value,
}

pub(crate) fn zone_of(column: &Vector) -> Option<Zone> {
    let rows = || (0..column.len()).filter(|row| !column.is_null(*row));
    let (min, max) = match &column.data {
        Data::I64(values) => extremes(rows(), |a, b| values[a].cmp(&values[b])),
        Data::F64(values) => extremes(rows(), |a, b| compare_f64(values[a], values[b])),
        Data::Text(values) => extremes(rows(), |a, b| values.get(a).cmp(values.get(b))),
        _ => None,
    }?;
    let short = |row: usize| match &column.data {
        Data::Text(values) => values.get(row).len() <= TEXT_BYTES_MAX,
        _ => true,
    };
    (short(min) && short(max)).then(|| Zone {
        min: column.value(min),
        max: column.value(max),
    })
}

fn extremes(
    mut rows: impl Iterator<Item = usize>,
    compare: impl Fn(usize, usize) -> Ordering,
) -> Option<(usize, usize)> {
    let first = rows.next()?;
    Some(rows.fold((first, first), |(min, max), row| {
        let min = if compare(row, min).is_lt() { row } else { min };
        let max = if compare(row, max).is_gt() { row } else { max };
        (min, max)
    }))
}

impl Zone {
    /// Whether a value between the bounds can be in the zone.
    pub fn may_hold(&self, lower: &Bound<Value>, upper: &Bound<Value>) -> bool {
        let above = match lower {
            Bound::Included(value) => self.max >= *value,
            Bound::Excluded(value) => self.max > *value,
            Bound::Unbounded => true,
        };
        let below = match upper {
            Bound::Included(value) => self.min <= *value,
            Bound::Excluded(value) => self.min < *value,
            Bound::Unbounded => true,
        };
        above && below
    }
}
