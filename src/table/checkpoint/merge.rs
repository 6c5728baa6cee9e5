//! A block put together: the rows that it has itself, and those that it finds where they went.

use super::block::{Found, Head};
use crate::column::{Data, Vector};
use crate::encoding::wire::{Decoded, invalid};
use crate::table::append::{append_null, append_range};
use crate::table::block::{Block, Move};
use crate::table::rows::Rows;
use crate::types::RowId;
use std::ops::Range;
use std::rc::Rc;

/// Rows that follow each other, from one place.
enum Piece<'a> {
    Own(Range<usize>),
    /// Rows of another block, which is there unless nobody looks at them.
    Moved(Option<&'a Block>, Range<usize>),
}

/// Where the rows of a block are, in their order.
pub struct Merge<'a> {
    pieces: Vec<Piece<'a>>,
    /// When the first row came.
    opened: u64,
}

impl<'a> Merge<'a> {
    /// The rows that ended are the block's own, the others went on as `moves` says.
    pub fn new(
        head: &Head,
        ended: &[bool],
        moves: &[Move],
        found: Option<Found<'a>>,
    ) -> Decoded<Merge<'a>> {
        let mut pieces = Vec::new();
        let (mut own, mut moves) = (0, moves.iter());
        let (mut target, mut next) = (None, 0..0);
        let mut row = 0;
        while row < ended.len() {
            let is_own = ended[row];
            let same = ended[row..].iter().take_while(|ended| **ended == is_own);
            let count = same.count();
            row += count;
            if is_own {
                pieces.push(Piece::Own(own..own + count));
                own += count;
                continue;
            }
            let mut left = count;
            while left > 0 {
                if next.is_empty() {
                    let Some(one) = moves.next() else {
                        return invalid("rows have gone nowhere");
                    };
                    next = one.row as usize..one.row as usize + one.count as usize;
                    target = match found {
                        Some(found) => Some(sound_target(head, found(one.target), &next)?),
                        None => None,
                    };
                }
                let some = left.min(next.len());
                pieces.push(Piece::Moved(target, next.start..next.start + some));
                (left, next.start) = (left - some, next.start + some);
            }
        }
        match next.is_empty() && moves.next().is_none() {
            true => Ok(Merge {
                pieces,
                opened: head.opened,
            }),
            false => invalid("more rows have moved than there are"),
        }
    }

    /// When the versions began, given those of the block's own. Of rows that nobody looks at that is not known.
    pub fn stamps(&self, own: &[u64]) -> Vec<u64> {
        let mut all = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Own(rows) => all.extend(&own[rows.clone()]),
                Piece::Moved(Some(block), rows) => {
                    all.extend(rows.clone().map(|row| block.start(row)));
                }
                Piece::Moved(None, rows) => {
                    let last = all.last().copied().unwrap_or(self.opened);
                    all.extend(rows.clone().map(|_| last));
                }
            }
        }
        all
    }

    pub fn rows(&self, own: Rows) -> Rows {
        let mut ids = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Own(rows) => ids.extend(&own.ids[rows.clone()]),
                Piece::Moved(Some(block), rows) => ids.extend(&block.rows.ids[rows.clone()]),
                Piece::Moved(None, rows) => ids.extend(rows.clone().map(|_| RowId(0))),
            }
        }
        let columns = own.columns.iter().enumerate();
        Rows {
            columns: columns
                .map(|(at, own)| Rc::new(self.column(at, own)))
                .collect(),
            ids,
        }
    }

    fn column(&self, at: usize, own: &Vector) -> Vector {
        let mut all = Vector::new(Data::empty(own.physical()));
        for piece in &self.pieces {
            match piece {
                Piece::Own(rows) => append_range(&mut all, own, rows.clone()),
                Piece::Moved(block, rows) => {
                    match block.and_then(|block| block.rows.columns.get(at)) {
                        Some(column) => append_range(&mut all, column, rows.clone()),
                        None => rows.clone().for_each(|_| append_null(&mut all)),
                    }
                }
            }
        }
        all
    }
}

/// The block that rows went on to, if it has them from then on.
fn sound_target<'a>(
    head: &Head,
    block: Option<&'a Block>,
    rows: &Range<usize>,
) -> Decoded<&'a Block> {
    let fits = |block: &&Block| {
        block.table == head.table
            && block.holds_copies()
            && rows.end <= block.len()
            && rows
                .clone()
                .all(|row| block.readable.get(row) == head.read_until)
    };
    match block.filter(fits) {
        Some(block) => Ok(block),
        None => invalid("rows are not where they went"),
    }
}
