//! A block as a part of a checkpoint: as it was at a sequence, whatever became of it since.
//!
//! ```text
//!   varint table · varint rows · u8 flags · varint opened · varint read until · varint live rows
//!   [ moves: varint count · for each: varint number of a block, first row there, rows ]
//!   and, without their repetitions (see lz): ended rows: bits
//!   of the rows that did not move: packed integers (row ids)
//!   runs (from when each is read) · [ runs (starts) ] · packed integers (ends of those that ended)
//!   varint columns · for each: u8 code · a column
//! ```
//!
//! Rows that moved are in the block that they went to, which has all of them one after the other: their ids, their
//! starts and their values. From when they are read here is written in a block of copies; in others it is their start.
//!
//! What precedes the repetitions is enough to know when the block is read, what it takes to read it, and when it is to be
//! copied forward, so that a block can wait until it is touched.

use super::merge::Merge;
use super::runs;
use crate::column::{Bitmap, CHUNK_ROWS, Data, Strings, Vector};
use crate::encoding::wire::{Decoded, Reader, Write, invalid};
use crate::encoding::{ext, integers, lz, vector};
use crate::table::BlockId;
use crate::table::append::nulls;
use crate::table::block::{Block, Move};
use crate::table::blocks::Stored;
use crate::table::rows::{Layout, Rows};
use crate::table::stamps::{ALIVE, Ends, Stamps};
use crate::types::{RowId, TableId};
use std::cell::RefCell;
use std::rc::Rc;

/// Its rows are copies of versions that began in other blocks.
const COPIES: u8 = 1;
/// No row comes to it any more.
const SEALED: u8 = 2;
/// It is not read any more from `read until` on.
const RETIRED: u8 = 4;
/// Then its rows went on to another block.
const MOVED: u8 = 8;
/// Then all of its rows ended.
const EMPTIED: u8 = 16;

/// When and how a block is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub table: TableId,
    pub rows: usize,
    flags: u8,
    /// The commit that its first row came with.
    pub opened: u64,
    pub read_until: u64,
    /// Rows that have not ended by themselves.
    pub live: usize,
}

impl Head {
    pub fn holds_copies(&self) -> bool {
        self.is(COPIES)
    }

    pub fn is_retired(&self) -> bool {
        self.is(RETIRED)
    }

    pub fn is_sealed(&self) -> bool {
        self.is(SEALED)
    }

    /// Whether its rows went on to others.
    pub fn is_moved(&self) -> bool {
        self.is(MOVED)
    }

    /// Until when the block is read.
    pub fn is_read_until(&self) -> u64 {
        match self.is_retired() {
            true => self.read_until,
            false => ALIVE,
        }
    }

    /// What stands in the place of a block whose bytes contradict themselves: as many rows, none of which is alive.
    pub fn without_meaning(&self, layout: &Layout) -> Block {
        let columns = layout.columns.iter();
        let columns = columns.map(|(_, physical)| Rc::new(nulls(*physical, self.rows)));
        let stamps = || Stamps::of(vec![self.opened; self.rows]);
        let mut block = Block {
            rows: Rows {
                ids: vec![RowId(0); self.rows],
                columns: columns.collect(),
            },
            readable: stamps(),
            starts: self.holds_copies().then(stamps),
            ends: Ends::of(
                Bitmap::filled(false, self.rows),
                vec![self.opened + 1; self.rows],
                ALIVE,
            ),
            read_until: self.is_read_until(),
            ..Block::new(self.table, layout, false)
        };
        block.seal();
        block
    }

    fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn of(block: &Block, seq: u64) -> Head {
        let rows = block.prefix(seq);
        let is_retired = block.read_until() <= seq;
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        Head {
            table: block.table,
            rows,
            flags: flag(block.holds_copies(), COPIES)
                | flag(block.is_sealed() && rows == block.len(), SEALED)
                | flag(is_retired, RETIRED)
                | flag(is_retired && block.is_moved(), MOVED)
                | flag(block.ends.rest() <= seq, EMPTIED),
            opened: block.readable.get(0),
            read_until: if is_retired { block.read_until() } else { 0 },
            live: (0..rows).filter(|row| own_end(block, *row) > seq).count(),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.varint(u64::from(self.table.0));
        out.varint(self.rows as u64);
        out.push(self.flags);
        out.varint(self.opened);
        out.varint(self.read_until);
        out.varint(self.live as u64);
    }

    /// Reads what a block says of itself as of `seq`.
    pub fn read(reader: &mut Reader, seq: u64) -> Decoded<Head> {
        let head = Head {
            table: u32::try_from(reader.varint()?)
                .map(TableId)
                .or_else(|_| invalid("the number of a table is too large"))?,
            rows: reader.length()?,
            flags: reader.u8()?,
            opened: reader.varint()?,
            read_until: reader.varint()?,
            live: reader.length()?,
        };
        let is_sound = (1..=CHUNK_ROWS).contains(&head.rows)
            && head.live <= head.rows
            && head.flags < 32
            && (head.is_retired() || head.flags & (MOVED | EMPTIED) == 0)
            && head.flags & (MOVED | EMPTIED) != MOVED | EMPTIED
            && head.opened <= seq
            && head.read_until <= seq
            && match head.is_retired() {
                true => head.read_until >= head.opened,
                false => head.read_until == 0,
            };
        match is_sound {
            true => Ok(head),
            false => invalid("a block contradicts itself"),
        }
    }
}

/// Appends a block as it was as of `seq`, when it was there; `place` says which of the checkpoint's a block is. Answers what
/// it says of itself.
pub fn write(out: &mut Vec<u8>, block: &Block, seq: u64, place: &dyn Fn(BlockId) -> usize) -> Head {
    let head = Head::of(block, seq);
    head.write(out);
    if head.is(MOVED) {
        out.varint(block.moves.len() as u64);
        for one in &block.moves {
            out.varint(place(one.target) as u64);
            out.varint(u64::from(one.row));
            out.varint(u64::from(one.count));
        }
    }
    let body = &mut Vec::new();
    let own_end = |row: usize| own_end(block, row);
    let all = 0..head.rows;
    vector::write_bits(body, all.clone().map(|row| own_end(row) <= seq));
    let kept = |row: &usize| !head.is(MOVED) || own_end(*row) <= seq;
    let kept: Vec<usize> = all.clone().filter(kept).collect();
    let pack = |out: &mut Vec<u8>, values: &mut dyn Iterator<Item = u64>| {
        integers::pack(out, &values.map(|value| value as i64).collect::<Vec<i64>>());
    };
    pack(body, &mut kept.iter().map(|row| block.rows.ids[*row].0));
    let read_from = |row: usize| block.readable.get(row);
    match &block.starts {
        Some(starts) => {
            runs::write(body, all.clone().map(read_from));
            runs::write(body, kept.iter().map(|row| starts.get(*row)));
        }
        None => runs::write(body, kept.iter().map(|row| read_from(*row))),
    }
    pack(body, &mut all.map(own_end).filter(|end| *end <= seq));
    body.varint(block.rows.columns.len() as u64);
    for column in &block.rows.columns {
        body.push(ext::column(column.physical()) as u8);
        match kept.len() == head.rows {
            true => vector::write_column(body, column, 0..head.rows),
            false => {
                let rows: Vec<u32> = kept.iter().map(|row| *row as u32).collect();
                let column = column.gather(&rows);
                vector::write_column(body, &column, 0..rows.len());
            }
        }
    }
    lz::write(out, body);
    head
}

/// When a row ended by itself.
fn own_end(block: &Block, row: usize) -> u64 {
    match block.ends.unended().get(row) {
        true => ALIVE,
        false => block.end_of(row),
    }
}

/// The blocks that rows of a block went on to.
pub fn targets(bytes: &[u8], stored: &Stored) -> Decoded<Vec<BlockId>> {
    let mut reader = Reader::new(bytes);
    let head = Head::read(&mut reader, stored.seq)?;
    let moves = read_moves(&mut reader, &head, stored)?;
    Ok(moves.into_iter().map(|one| one.target).collect())
}

fn read_moves(reader: &mut Reader, head: &Head, stored: &Stored) -> Decoded<Vec<Move>> {
    let count = match head.is(MOVED) {
        true => reader.length()?,
        false => return Ok(Vec::new()),
    };
    if !(1..=head.rows).contains(&count) {
        return invalid("a block has moved in too many pieces");
    }
    let mut number = || {
        let number = u32::try_from(reader.varint()?).ok();
        number.map_or_else(|| invalid("a number is too large"), Ok)
    };
    let mut moves = Vec::with_capacity(count);
    for _ in 0..count {
        let target = stored.ids.get(number()? as usize).copied();
        moves.push(Move {
            target: target.unwrap_or(BlockId(u32::MAX)),
            row: number()?,
            count: number()?,
        });
    }
    Ok(moves)
}

/// Finds a block that rows went on to.
pub type Found<'a> = &'a dyn Fn(BlockId) -> Option<&'a Block>;

/// Reads a block of a table with this layout. Without `found`, rows that moved are there without ids or values.
pub fn unpack(
    bytes: &[u8],
    layout: &Layout,
    stored: &Stored,
    found: Option<Found>,
) -> Decoded<Block> {
    let mut reader = Reader::new(bytes);
    let seq = stored.seq;
    let head = Head::read(&mut reader, seq)?;
    let moves = read_moves(&mut reader, &head, stored)?;
    let body = lz::read(&mut reader)?;
    let mut reader = Reader::new(&body);
    let ended = vector::read_bits(&mut reader, head.rows)?;
    let count = ended.iter().filter(|is_ended| **is_ended).count();
    if count + head.live != head.rows {
        return invalid("a block has other rows than it says");
    }
    let kept = if head.is(MOVED) { count } else { head.rows };
    let ids = integers::unpack(&mut reader, kept)?;
    let ids: Vec<RowId> = ids.into_iter().map(|id| RowId(id as u64)).collect();
    let (mut readable, mut starts) = match head.holds_copies() {
        true => (
            runs::read(&mut reader, head.rows)?,
            Some(runs::read(&mut reader, kept)?),
        ),
        false => (runs::read(&mut reader, kept)?, None),
    };
    let ends = integers::unpack(&mut reader, count)?;
    let ends: Vec<u64> = ends.into_iter().map(|end| end as u64).collect();
    let columns = read_columns(&mut reader, layout, kept)?;
    reader.end()?;

    let mut rows = Rows { ids, columns };
    if head.is(MOVED) {
        let merge = Merge::new(&head, &ended, &moves, found)?;
        match &mut starts {
            Some(starts) => *starts = merge.stamps(starts),
            None => readable = merge.stamps(&readable),
        }
        rows = merge.rows(rows);
    }
    let starts_of = starts.as_ref().unwrap_or(&readable);
    let mut own_ends = ends.iter();
    let is_sound = rows.ids.iter().all(|id| id.0 < stored.next_row)
        && readable[0] == head.opened
        && readable.is_sorted()
        && readable[head.rows - 1] <= seq
        && (0..head.rows).all(|row| {
            let start = starts_of[row];
            let end = match ended[row] {
                true => own_ends.next().copied().unwrap_or(0),
                false => ALIVE,
            };
            start <= readable[row]
                && readable[row] <= end
                && start < end
                && (end <= seq || !ended[row])
        });
    if !is_sound {
        return invalid("the commits of a block's rows contradict each other");
    }
    let live: Bitmap = ended.iter().map(|is_ended| !is_ended).collect();
    let rest = if head.is(EMPTIED) {
        head.read_until
    } else {
        ALIVE
    };
    let mut block = Block {
        table: head.table,
        rows,
        readable: Stamps::of(readable),
        starts: starts.map(Stamps::of),
        ends: Ends::of(live, ends, rest),
        read_until: head.is_read_until(),
        moves,
        zones: None,
        cache: RefCell::new(None),
    };
    match head.is(SEALED) {
        true => block.seal(),
        false => block.rows.columns.iter_mut().for_each(spell_out),
    }
    Ok(block)
}

fn read_columns(reader: &mut Reader, layout: &Layout, rows: usize) -> Decoded<Vec<Rc<Vector>>> {
    let count = reader.length()?;
    if count > layout.columns.len() {
        return invalid("a block has more columns than its table");
    }
    let mut columns = Vec::with_capacity(count);
    for (_, physical) in &layout.columns[..count] {
        if ext::physical(reader.u8()? as i8)? != *physical {
            return invalid("a column is of another type than in its table");
        }
        let budget = &mut vector::Budget::new();
        columns.push(Rc::new(vector::read_column(
            reader, *physical, rows, budget,
        )?));
    }
    Ok(columns)
}

/// Rows will be appended, which a dictionary is no use for.
fn spell_out(column: &mut Rc<Vector>) {
    if let Data::Text(strings) | Data::Bytes(strings) = &mut Rc::make_mut(column).data
        && let Strings::Dictionary { .. } = strings
    {
        *strings = strings.iter().collect();
    }
}
