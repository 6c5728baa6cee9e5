//! What of a checkpoint is lost where parts of it could not be read, and what that costs.
//!
//! ```text
//!   HEAD OUTLINE CATALOG COMMITS | GONE      | BLOCK              | LIVE    | END
//!   all is lost without them     | made anew | its table is lost  | made anew | the outline has as much
//! ```
//!
//! Between the parts that are there it is seen that some are not, and not how many. How many blocks are lost in all follows from the outline or the
//! end, and where from that at least one is lost between two that are there. Where that leaves a choice nothing is guessed: it is an error.
//! Blocks are known to each other by their numbers, so that those that are lost have theirs still.

use super::Kind;
use crate::encoding::wire::{Decoded, invalid};
use crate::table::BlockId;
use crate::table::row_map::StoredBlock;

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
    /// What the last part was before the one that is lost, and how many blocks came before it.
    open: Option<(Kind, usize)>,
    gaps: Vec<Gap>,
}

/// Where blocks may be lost.
struct Gap {
    /// So many are there before them.
    at: usize,
    /// Blocks are there before and behind: one at least is lost.
    is_between: bool,
}

impl Loss {
    /// Parts are lost behind one of a kind, before which there are so many blocks.
    pub fn begin(&mut self, behind: Kind, blocks: usize) {
        self.is_some = true;
        self.open.get_or_insert((behind, blocks));
    }

    /// A part of a kind is there again.
    pub fn end(&mut self, kind: Kind) {
        let Some((behind, at)) = self.open.take() else {
            return;
        };
        self.has_gone |= behind.place() <= Kind::Gone.place();
        if behind != Kind::Live && kind.place() >= Kind::Block.place() {
            let is_between = (behind, kind) == (Kind::Block, Kind::Block);
            self.gaps.push(Gap { at, is_between });
        }
    }

    /// The numbers that blocks of the store have in the order of the checkpoint, those that are lost among them, whose tables are found out. `total` is
    /// how many there are by the end of the checkpoint, if that is there.
    pub fn settle(&mut self, total: Option<u64>, blocks: &[StoredBlock]) -> Decoded<Vec<BlockId>> {
        let owners = self.owners.take();
        let known = owners.as_ref().map(|owners| owners.len() as u64);
        let Some(count) = known.or(total) else {
            return invalid("its end is missing");
        };
        let least = self.gaps.iter().filter(|gap| gap.is_between).count();
        let left = count.checked_sub((blocks.len() + least) as u64);
        let is_certain = match left {
            Some(left) if total.is_none_or(|total| total == count) => {
                (left == 0 || self.gaps.len() == 1) && (known.is_some() || left + least as u64 == 0)
            }
            _ => false,
        };
        if !is_certain {
            return invalid("which of its blocks are lost, and of which tables, cannot be told");
        }
        let owners = owners.unwrap_or_default();
        let mut ids = Vec::new();
        for at in 0..=blocks.len() {
            for gap in self.gaps.iter().filter(|gap| gap.at == at) {
                for _ in 0..left.unwrap_or_default() + u64::from(gap.is_between) {
                    self.tables.extend(owners.get(ids.len()));
                    ids.push(NOWHERE);
                }
            }
            if let Some((id, table, _)) = blocks.get(at) {
                let owner = owners.get(ids.len());
                if owner.is_some_and(|owner| *owner != u64::from(table.0)) {
                    return invalid("a block is of another table than it says");
                }
                ids.push(*id);
            }
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TableId;

    /// The numbers of the blocks that are there, and the tables that are lost, where parts of some kinds are there (`~` is lost), and the blocks are of
    /// these tables.
    fn settled(parts: &str, owners: Option<&[u64]>, total: Option<u64>) -> Option<Told> {
        let mut loss = Loss {
            owners: owners.map(<[u64]>::to_vec),
            ..Loss::default()
        };
        let (mut last, mut present) = (Kind::Commits, Vec::new());
        for part in parts.chars() {
            last = match part {
                '~' => {
                    loss.begin(last, present.len());
                    continue;
                }
                'g' => Kind::Gone,
                'l' => Kind::Live,
                'e' => Kind::End,
                _ => Kind::Block,
            };
            loss.end(last);
            let id = BlockId(present.len() as u32);
            present.extend(part.to_digit(10).map(|table| (id, TableId(table), 1)));
        }
        loss.end(Kind::End);
        let ids = loss.settle(total, &present).ok()?;
        let there = (0..ids.len()).filter(|place| ids[*place] != NOWHERE);
        Some((there.collect(), loss.tables, loss.has_gone))
    }

    type Told = (Vec<usize>, Vec<u64>, bool);

    #[test]
    fn blocks_keep_their_numbers_and_the_tables_of_lost_ones_are_told() {
        let owners = Some(&[1, 2, 1, 3][..]);
        let whole = (vec![0, 1, 2, 3], vec![], false);
        assert_eq!(settled("1213le", owners, Some(4)), Some(whole.clone()));
        assert_eq!(settled("1213l~e", owners, Some(4)), Some(whole.clone()));
        assert_eq!(settled("1213~", owners, None), Some(whole.clone()));
        assert_eq!(settled("1213~le", None, Some(4)), Some(whole));
        let gone = (vec![0, 1, 2, 3], vec![], true);
        assert_eq!(settled("~1213le", owners, Some(4)), Some(gone.clone()));
        assert_eq!(settled("g~g1213le", owners, Some(4)), Some(gone));
        let second = (vec![0, 2, 3], vec![2], false);
        assert_eq!(settled("1~13le", owners, Some(4)), Some(second));
        let two = (vec![0, 3], vec![2, 1], false);
        assert_eq!(settled("1~3le", owners, Some(4)), Some(two));
        assert_eq!(settled("1~1~le", owners, Some(4)), None);
        assert_eq!(settled("g~213~", owners, None), None);
        let between = (vec![0, 2, 4], vec![2, 3], false);
        let five = Some(&[1, 2, 1, 3, 1][..]);
        assert_eq!(settled("1~1~1le", five, Some(5)), Some(between));
        assert_eq!(
            settled("1~~1~1le", Some(&[1, 2, 2, 1, 3, 1]), Some(6)),
            None
        );
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        assert_eq!(settled("1~3le", None, Some(3)), None);
        assert_eq!(settled("12~", None, None), None);
        assert_eq!(settled("12le", Some(&[1, 2]), Some(3)), None);
        assert_eq!(settled("12le", Some(&[1, 3]), Some(2)), None);
        assert_eq!(settled("1~2le", Some(&[1, 2]), Some(2)), None);
        assert_eq!(settled("123le", Some(&[1, 2]), Some(2)), None);
    }
}
