//! A block as a part of a checkpoint: as it was at a sequence, whatever became of it since.
//!
//! ```text
//!   varint table · varint rows · u8 flags · varint opened · varint read until
//!   packed integers (row ids) · runs (from when each is read) · [ runs (starts) ]
//!   ended rows: bits · packed integers (their ends)
//!   varint columns · for each: u8 code · a column
//! ```
//!
//! What precedes the row ids is enough to know when the block is read, so that one of the past can wait.

use super::runs;
use crate::column::{Bitmap, CHUNK_ROWS, Data, Strings, Vector};
use crate::encoding::wire::{Decoded, Reader, Write, invalid};
use crate::encoding::{ext, integers, vector};
use crate::table::block::Block;
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
}

impl Head {
    pub fn holds_copies(&self) -> bool {
        self.flags & COPIES != 0
    }

    pub fn is_retired(&self) -> bool {
        self.flags & RETIRED != 0
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
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.varint(u64::from(self.table.0));
        out.varint(self.rows as u64);
        out.push(self.flags);
        out.varint(self.opened);
        out.varint(self.read_until);
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
        };
        let is_sound = (1..=CHUNK_ROWS).contains(&head.rows)
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

/// Appends a block as it was as of `seq`. False: it was not there yet.
pub fn write(out: &mut Vec<u8>, block: &Block, seq: u64) -> bool {
    let rows = 0..block.prefix(seq);
    if rows.is_empty() {
        return false;
    }
    Head::of(block, seq).write(out);
    let ids: Vec<i64> = block.rows.ids[rows.clone()]
        .iter()
        .map(|row| row.0 as i64)
        .collect();
    integers::pack(out, &ids);
    runs::write(out, rows.clone().map(|row| block.readable.get(row)));
    if let Some(starts) = &block.starts {
        runs::write(out, rows.clone().map(|row| starts.get(row)));
    }
    let own_end = |row: usize| match block.ends.unended().get(row) {
        true => ALIVE,
        false => block.end_of(row),
    };
    vector::write_bits(out, rows.clone().map(|row| own_end(row) <= seq));
    let ends = rows.clone().map(own_end).filter(|end| *end <= seq);
    integers::pack(out, &ends.map(|end| end as i64).collect::<Vec<i64>>());
    out.varint(block.rows.columns.len() as u64);
    for column in &block.rows.columns {
        out.push(ext::column(column.physical()) as u8);
        vector::write_column(out, column, rows.clone());
    }
    true
}

/// Reads a block of a table with this layout, as of `seq`; no row id is as high as `next_row`.
pub fn unpack(bytes: &[u8], layout: &Layout, seq: u64, next_row: RowId) -> Decoded<Block> {
    let mut reader = Reader::new(bytes);
    let head = Head::read(&mut reader, seq)?;
    let ids = integers::unpack(&mut reader, head.rows)?;
    let ids: Vec<RowId> = ids.into_iter().map(|id| RowId(id as u64)).collect();
    let readable = runs::read(&mut reader, head.rows)?;
    let starts = match head.holds_copies() {
        true => Some(runs::read(&mut reader, head.rows)?),
        false => None,
    };
    let ended = vector::read_bits(&mut reader, head.rows)?;
    let count = ended.iter().filter(|is_ended| **is_ended).count();
    let ends = integers::unpack(&mut reader, count)?;
    let ends: Vec<u64> = ends.into_iter().map(|end| end as u64).collect();
    let columns = read_columns(&mut reader, layout, head.rows)?;
    reader.end()?;

    let starts_of = starts.as_ref().unwrap_or(&readable);
    let mut own_ends = ends.iter();
    let is_sound = ids.iter().all(|id| *id < next_row)
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
    let is = |flag: u8| head.flags & flag != 0;
    let rest = if is(EMPTIED) { head.read_until } else { ALIVE };
    let mut block = Block {
        table: head.table,
        rows: Rows { ids, columns },
        readable: Stamps::of(readable),
        starts: starts.map(Stamps::of),
        ends: Ends::of(live, ends, rest),
        read_until: if is(RETIRED) { head.read_until } else { ALIVE },
        moved: is(MOVED),
        zones: None,
        cache: RefCell::new(None),
    };
    match is(SEALED) {
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
