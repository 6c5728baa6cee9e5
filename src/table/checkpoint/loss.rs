//! What of a checkpoint is lost where parts of it could not be read, and what that costs.
//!
//! ```text
//!   HEAD OUTLINE CATALOG COMMITS | GONE      | BLOCK              | LIVE    | END
//!   all is lost without them     | made anew | its table is lost  | made anew | the outline has as much
//! ```
//!
//! Which blocks are lost follows from the outline, which says of which table each is: those of a table are there if as many are there as it has, and then
//! they are these, in their order. Of a table that lacks one it is not told which, since nothing of it is read. An earlier form has no outline: its
//! end says how many blocks there are, so that it is known whether all are there. Blocks are known to each other by their numbers, in the order of
//! the checkpoint.

use crate::encoding::wire::{Decoded, invalid};
use crate::table::BlockId;
use crate::table::row_map::StoredBlock;
use crate::types::sort_by;

/// No block has this number.
const NOWHERE: BlockId = BlockId(u32::MAX);

#[derive(Default)]
pub struct Loss {
    /// Of each block the table, if the checkpoint says so.
    pub owners: Option<Vec<u64>>,
    /// Tables of which rows are lost.
    pub tables: Vec<u64>,
    /// Whether any part is lost, and whether it may be one of rows that are gone.
    pub is_some: bool,
    pub has_gone: bool,
}

impl Loss {
    /// The numbers that blocks of the store have in the order of the checkpoint, but those of tables that are lost, which are found out. `total` is
    /// how many blocks there are by the end of the checkpoint, if that is there.
    pub fn settle(&mut self, total: Option<u64>, blocks: &[StoredBlock]) -> Decoded<Vec<BlockId>> {
        let mut there: Vec<(u64, usize)> = blocks
            .iter()
            .map(|(_, table, _)| u64::from(table.0))
            .zip(0..)
            .collect();
        let owners = match self.owners.take() {
            Some(owners) => owners,
            None if total == Some(there.len() as u64) => there.iter().map(|own| own.0).collect(),
            None => {
                return invalid(
                    "which of its blocks are lost, and of which tables, cannot be told",
                );
            }
        };
        if total.is_some_and(|total| total != owners.len() as u64) {
            return invalid("its outline has other blocks than its end");
        }
        let mut ids = vec![NOWHERE; owners.len()];
        let mut places: Vec<(u64, usize)> = owners.into_iter().zip(0..).collect();
        sort_by(&mut places, Ord::cmp);
        sort_by(&mut there, Ord::cmp);
        let mut there = &there[..];
        for places in places.chunk_by(|one, other| one.0 == other.0) {
            let table = places[0].0;
            let count = there.iter().take_while(|own| own.0 == table).count();
            let (own, others) = there.split_at(count);
            there = others;
            if count < places.len() {
                self.tables.push(table);
            } else if count == places.len() {
                for ((_, place), (_, block)) in places.iter().zip(own) {
                    ids[*place] = blocks[*block].0;
                }
            } else {
                return invalid("a table has more blocks than its outline says");
            }
        }
        let known = ids.iter().filter(|id| **id != NOWHERE);
        match there.is_empty() && known.is_sorted() {
            true => Ok(ids),
            false => invalid("a block is of another table than it says"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TableId;

    /// The numbers of the blocks whose tables are whole, and the tables that are lost, where blocks of some tables are there.
    fn settled(there: &[u32], owners: Option<&[u64]>, total: Option<u64>) -> Option<Told> {
        let owners = owners.map(<[u64]>::to_vec);
        let mut loss = Loss {
            owners,
            ..Loss::default()
        };
        let blocks = there.iter().zip(10..);
        let blocks: Vec<_> = blocks
            .map(|(table, id)| (BlockId(id), TableId(*table), 1))
            .collect();
        let ids = loss.settle(total, &blocks).ok()?;
        let known = (0..).zip(ids).filter(|(_, id)| *id != NOWHERE);
        Some((
            known.map(|(place, id)| (place, id.0)).collect(),
            loss.tables,
        ))
    }

    type Told = (Vec<(usize, u32)>, Vec<u64>);

    #[test]
    fn blocks_keep_their_numbers_and_the_tables_of_lost_ones_are_told() {
        let owners = Some(&[1, 2, 1, 3][..]);
        let all = vec![(0, 10), (1, 11), (2, 12), (3, 13)];
        for (owners, total) in [(owners, Some(4)), (owners, None), (None, Some(4))] {
            assert_eq!(
                settled(&[1, 2, 1, 3], owners, total),
                Some((all.clone(), vec![]))
            );
        }
        for total in [Some(4), None] {
            let second = (vec![(0, 10), (2, 11), (3, 12)], vec![2]);
            assert_eq!(settled(&[1, 1, 3], owners, total), Some(second));
            let one_of_two = (vec![(1, 11), (3, 12)], vec![1]);
            assert_eq!(settled(&[1, 2, 3], owners, total), Some(one_of_two));
            assert_eq!(
                settled(&[3], owners, total),
                Some((vec![(3, 10)], vec![1, 2]))
            );
            assert_eq!(settled(&[], owners, total), Some((vec![], vec![1, 2, 3])));
        }
    }

    #[test]
    fn what_cannot_be_told_or_contradicts_itself_is_an_error() {
        assert_eq!(settled(&[1, 3], None, Some(3)), None);
        assert_eq!(settled(&[1, 2], None, None), None);
        assert_eq!(settled(&[1, 2], Some(&[1, 2]), Some(3)), None);
        assert_eq!(settled(&[1, 2], Some(&[1, 3]), Some(2)), None);
        assert_eq!(settled(&[1, 2], Some(&[2, 1]), Some(2)), None);
        assert_eq!(settled(&[1, 2, 3], Some(&[1, 2]), None), None);
        assert_eq!(settled(&[1, 1], Some(&[1, 2]), Some(2)), None);
    }
}
