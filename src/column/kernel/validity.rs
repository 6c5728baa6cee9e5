//! NULLs, apart from the data.

use crate::column::{Bitmap, Data, Strings};
use crate::types::Decimal;

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
        for (value, row) in values.iter_mut().zip(0..) {
            if !validity.get(row) {
                *value = default.clone();
            }
        }
    }
    match data {
        Data::Bool(values) => clear(values, validity, false),
        Data::I64(values) => clear(values, validity, 0),
        Data::F64(values) => clear(values, validity, 0.0),
        Data::Decimal(values) => clear(values, validity, Decimal::ZERO),
        Data::Uuid(values) => clear(values, validity, 0),
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
