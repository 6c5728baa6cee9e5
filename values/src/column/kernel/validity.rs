//! NULLs, apart from the data.

use crate::column::{Bitmap, Data, Strings};
use crate::types::Decimal;
use std::rc::Rc;

/// Where both are valid.
pub fn both_valid(left: Option<&Bitmap>, right: Option<&Bitmap>) -> Option<Bitmap> {
    match (left, right) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (Some(left), Some(right)) => Some(left.intersection(right)),
    }
}

/// Puts the default of the type under every NULL of a fixed-width vector.
pub fn clear_nulls(data: &mut Data, validity: Option<&Bitmap>) {
    let Some(validity) = validity else {
        return;
    };
    fn clear<T: Clone>(values: &mut [T], validity: &Bitmap, default: T) {
        for (values, &word) in values.chunks_mut(64).zip(validity.words()) {
            let mut nulls = !word;
            while nulls != 0 {
                let row = nulls.trailing_zeros() as usize;
                // Bits beyond the length are not set either, and no rows.
                let Some(value) = values.get_mut(row) else {
                    break;
                };
                *value = default.clone();
                nulls &= nulls - 1;
            }
        }
    }
    match data {
        Data::Bool(values) => clear(values, validity, false),
        Data::I64(values) => clear(values, validity, 0),
        Data::F64(values) => clear(values, validity, 0.0),
        Data::Decimal(values) => clear(values, validity, Decimal::ZERO),
        Data::Uuid(values) => clear(values, validity, 0),
        Data::Array(values) => clear(values, validity, Rc::from([])),
        Data::Text(values) | Data::Bytes(values) => {
            *values = (values.iter().zip(0..))
                .map(|(value, row)| {
                    if validity.get(row) {
                        value
                    } else {
                        b"".as_slice()
                    }
                })
                .collect::<Strings>();
        }
    }
}
