//! Which rows of a chunk are meant: as positions, or as bits.
//!
//! A filter gives positions; the stamps of a block give bits, which sums and counts use as they are. Whoever asks
//! for the positions of bits gets them computed, once for all who share the selection.

use super::Bitmap;
use super::kernel::positions_of_bits;
use std::cell::OnceCell;

#[derive(Debug, Clone)]
pub struct Selection {
    len: usize,
    bits: Option<Bitmap>,
    positions: OnceCell<Vec<u32>>,
}

impl Selection {
    /// The bits that are set; there may be fewer bits than rows.
    pub fn of_bits(bits: Bitmap) -> Selection {
        Selection {
            len: bits.count_ones(),
            bits: Some(bits),
            positions: OnceCell::new(),
        }
    }

    /// How many rows are meant.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Ascending.
    pub fn positions(&self) -> &[u32] {
        self.positions.get_or_init(|| {
            let bits = self.bits.as_ref();
            bits.map_or_else(Vec::new, positions_of_bits)
        })
    }

    /// If it was made of bits: that is then the cheaper form.
    pub fn bits(&self) -> Option<&Bitmap> {
        self.bits.as_ref()
    }
}

/// Ascending positions.
impl From<Vec<u32>> for Selection {
    fn from(positions: Vec<u32>) -> Selection {
        Selection {
            len: positions.len(),
            bits: None,
            positions: positions.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_positions_mean_the_same_rows() {
        let bits: Bitmap = (0..100).map(|row| row % 3 == 1).collect();
        let expected: Vec<u32> = (0..100).filter(|row| row % 3 == 1).collect();
        let of_bits = Selection::of_bits(bits);
        assert_eq!(of_bits.positions(), expected);
        assert_eq!(of_bits.len(), Selection::from(expected).len());
    }
}
