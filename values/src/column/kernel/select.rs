//! From a vector of truth to a selection.

use crate::column::{Data, Vector};

/// The rows, of those selected, where a boolean vector is true (neither false nor NULL), ascending.
///
/// # Panics
/// If the vector is not one of booleans.
pub fn true_rows(vector: &Vector, selection: Option<&[u32]>) -> Vec<u32> {
    let Data::Bool(values) = &vector.data else {
        panic!("a condition is a vector of booleans");
    };
    // Under a NULL the data holds false, so that validity need not be asked.
    match selection {
        None => compress(0..values.len() as u32, values.len(), |row| {
            values[row as usize]
        }),
        Some(selection) => compress(selection.iter().copied(), selection.len(), |row| {
            values[row as usize]
        }),
    }
}

/// Writes every candidate and moves on only behind those that are kept: no branch to mispredict.
fn compress(rows: impl Iterator<Item = u32>, len: usize, keeps: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut kept = vec![0; len];
    let mut count = 0;
    for row in rows {
        if let Some(slot) = kept.get_mut(count) {
            *slot = row;
        }
        count += usize::from(keeps(row));
    }
    kept.truncate(count);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Bitmap;

    #[test]
    fn only_true_rows_of_the_selection_stay() {
        let mut vector = Vector::new(Data::Bool(vec![true, false, false, true, true]));
        assert_eq!(true_rows(&vector, None), [0, 3, 4]);
        assert_eq!(true_rows(&vector, Some(&[1, 3])), [3]);
        vector.validity = Some(Bitmap::filled(true, 5));
        assert_eq!(true_rows(&vector, Some(&[])), [0u32; 0]);
    }
}
