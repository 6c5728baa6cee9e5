//! A checkpoint that was written becomes the place where everything is had from that it holds.
//!
//! Of what it holds, some has changed since. A block knows whether it has; a page or a leaf is another piece of memory then,
//! since the checkpoint is written from copies that share what does not change.

use super::capture::{Capture, Item};
use super::commits::read_stretch;
use super::live;
use crate::table::blocks::Stored;
use crate::table::commits::Stretch;
use crate::table::memory::Mark;
use crate::table::waiting::{Bytes, Identity};
use crate::table::{BlockId, KeyIndex, Store, each_tiers};
use crate::types::{TableId, sort_by_key};
use std::cell::OnceCell;
use std::rc::Rc;

impl Store {
    /// Everything is had from a checkpoint from now on. It must be complete, and the one before is not read any more.
    pub fn take_places(&mut self, capture: Capture) {
        let Capture {
            seq,
            number,
            blocks,
            live,
            written,
            placed,
            ..
        } = capture;
        let until = self.last_seq().map_or(0, |last| last.0);
        // What ended at once is in no checkpoint, and who reads an index that is gone has only its own leaves. What rows had that
        // went on from a block is not to be seen in the checkpoint: the past that waits must be of as late as this one, or be made.
        for (_, index) in &mut self.dropped {
            each_tiers!(&mut index.tiers, tiers => tiers.hold());
        }
        if let Err(error) = self.make_past_of_dropped(&KeyIndex::awaited) {
            self.blocks.memory.fail(error);
        }
        for relation in self.relations.values_mut() {
            relation.renew_past(until, &mut self.blocks);
        }
        // From here on none of the pieces is copied, so that no new one lies where one of these did.
        drop((live, written));
        self.blocks.stored = Stored {
            seq,
            next_row: self.next.row.0,
            ids: blocks.unwrap_or_default(),
        };
        let (mut stretches, mut pieces) = (Vec::new(), Vec::new());
        let mut rows: Vec<(BlockId, TableId, usize)> = Vec::new();
        for (item, part) in placed {
            self.parts.push(part.clone());
            match item {
                Item::Commits(from, count, times, length) => {
                    let range = 1..1 + length;
                    stretches.push(Stretch {
                        from,
                        count,
                        times,
                        bytes: Bytes { part, range, seq },
                        read: read_stretch,
                        commits: OnceCell::new(),
                        mark: Mark::default(),
                    });
                }
                Item::Block(id, head) => {
                    rows.push((
                        id,
                        head.table,
                        if head.is_retired() { 0 } else { head.rows },
                    ));
                    let relation = self.relations.get(&head.table);
                    let layout = || Some(relation?.layout.clone());
                    self.blocks.take_place(id, (head, part), layout, number);
                }
                Item::Pieces(own) => {
                    let own = own.into_iter();
                    pieces.extend(own.map(|(identity, range)| {
                        let range = range.start + 1..range.end + 1;
                        let part = part.clone();
                        (identity, Bytes { part, range, seq })
                    }));
                }
            }
        }
        self.commits.take_places(stretches);
        sort_by_key(&mut pieces, |(identity, _)| *identity);
        let find = |identity: Identity| {
            let at = pieces.binary_search_by_key(&identity, |(own, _)| *own);
            Some(pieces[at.ok()?].1.clone())
        };
        let rows = Rc::new(rows);
        for relation in self.relations.values_mut() {
            live::take_places(relation, &find, &rows);
        }
        self.go_round();
    }
}
