//! Which rows changed between two commits, without looking at those that did not.
//!
//! What was written is found by its start: new versions are appended in the order of the commits, so those of a
//! stretch of commits are a stretch of the blocks, copies left out. What was deleted is listed. Where all rows ended at
//! once, all of them changed.

use super::Fetch;
use super::blocks::Blocks;
use super::location::{Location, ready};
use super::relation::Relation;
use crate::error::Result;
use crate::types::{RowId, Seq, Snapshot, Versions, sort_by};

impl Relation {
    /// The rows that commits after `after`, up to and including `until`, made, changed or ended; each once.
    pub fn changed(&self, after: u64, until: u64, blocks: &Blocks) -> Result<Fetch<Vec<RowId>>> {
        let mut rows = Vec::new();
        for id in self.timeline.opened_until(until) {
            let block = ready!(blocks.fetch(id));
            if block.holds_copies() {
                continue;
            }
            let first = block.prefix(after);
            rows.extend_from_slice(&block.rows.ids[first..block.prefix(until)]);
            if first > 0 {
                break;
            }
        }
        let from = self.deleted.partition_point(|(seq, _)| *seq <= after);
        let deleted = self.deleted[from..].iter();
        let deleted = deleted.take_while(|(seq, _)| *seq <= until);
        rows.extend(deleted.map(|(_, row)| *row));
        let from = self.emptied.partition_point(|seq| *seq <= after);
        for seq in self.emptied[from..].iter().take_while(|seq| **seq <= until) {
            rows.extend(ready!(self.alive_at(seq - 1, blocks)?));
        }
        sort_by(&mut rows, Ord::cmp);
        rows.dedup();
        Ok(Fetch::Ready(rows))
    }

    /// The rows that were alive at a sequence.
    pub fn alive_at(&self, seq: u64, blocks: &Blocks) -> Result<Fetch<Vec<RowId>>> {
        let versions = Versions::AsOf(Snapshot::main(Some(Seq(seq))));
        let mut rows = Vec::new();
        for id in self.timeline.at(seq) {
            let block = ready!(blocks.fetch(id));
            let selected = block.select(&versions);
            rows.extend(selected.rows(block.len()).map(|row| block.rows.ids[row]));
        }
        sort_by(&mut rows, Ord::cmp);
        Ok(Fetch::Ready(rows))
    }

    /// A row that is alive, or if none is, one of those that were when all ended at once.
    pub fn last_row(&self, blocks: &Blocks) -> Option<Location> {
        if let Some((_, location)) = self.live_row() {
            return Some(location);
        }
        let last = self.emptied.last()?.checked_sub(1)?;
        let versions = Versions::AsOf(Snapshot::main(Some(Seq(last))));
        self.timeline.at(last).into_iter().find_map(|id| {
            let block = blocks.get(id);
            let row = block.select(&versions).rows(block.len()).next()?;
            Some(Location {
                block: id,
                row: row as u32,
            })
        })
    }
}
