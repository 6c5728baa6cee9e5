//! The live tiers as parts of a checkpoint: where each row lies and which keys it has, in pieces that wait until they are
//! touched.
//!
//! ```text
//!   varint table · varint 0 · for each page of the row map:
//!     varint number · varint rows · varint length · packed integers (slots) · packed integers (places)
//!
//!   varint table · varint 1 + number of an index · for each leaf of its tree:
//!     varint entries · its fence: a key, as keys are written, and varint row · varint length ·
//!     and, without their repetitions (see lz): packed integers (rows) · runs (since when) · keys
//! ```
//!
//! The place of a row is the number of its block times 2,048 and its number there. The tiers are those of the commit that the
//! checkpoint is as of: copies of them are taken then, which share everything with the tiers until these change.

use super::runs;
use crate::column::CHUNK_ROWS;
use crate::encoding::wire::{Decoded, Reader, Write, invalid};
use crate::encoding::{integers, lz};
use crate::error::Result;
use crate::table::index::{AnyTiers, KeyIndex};
use crate::table::ordered_map::{Entries, Waiting};
use crate::table::row_map::{
    NONE, PAGE_ROWS, Page, RowMap, Slots, StoredBlock, StoredRows, WaitingPage,
};
use crate::table::waiting::{Bytes, Identity, Part};
use crate::table::{BlockId, Key, LiveTree, Location, Relation};
use crate::types::{ByteKey, IndexId, TableId};
use std::ops::Range;
use std::rc::Rc;

/// Bytes after which a part is complete, and pages or leaves that it has at most: few bytes may stand for many rows.
const PART_BYTES: usize = 64 << 10;
const PART_PIECES: usize = 64;

/// A tier as it was at a commit.
#[derive(Debug)]
pub struct Live {
    table: TableId,
    tier: Tier,
    /// The next page or leaf to be written.
    next: usize,
}

#[derive(Debug)]
enum Tier {
    Rows(RowMap),
    Integer(IndexId, LiveTree<i64>),
    Bytes(IndexId, LiveTree<ByteKey>),
}

impl Live {
    /// All tiers of a table, as they are.
    pub fn all_of(relation: &Relation) -> impl Iterator<Item = Live> {
        let table = relation.id;
        let tiers = relation.indexes.iter().map(|index| match &index.tiers {
            AnyTiers::Integer(tiers) => Tier::Integer(index.id, tiers.live.clone()),
            AnyTiers::Bytes(tiers) => Tier::Bytes(index.id, tiers.live.clone()),
        });
        let tiers = std::iter::once(Tier::Rows(relation.live.clone())).chain(tiers);
        tiers.map(move |tier| Live {
            table,
            tier,
            next: 0,
        })
    }

    /// Writes what has room in a part; nothing if all is written. Answers what the pieces were before, and where they lie now.
    pub fn write(
        &mut self,
        part: &mut Vec<u8>,
        place: &dyn Fn(BlockId) -> usize,
    ) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        part.varint(u64::from(self.table.0));
        let next = &mut self.next;
        let head = part.len();
        match &self.tier {
            Tier::Rows(map) => write_pages(part, map, next, place, &mut pieces)?,
            Tier::Integer(index, tree) => write_leaves(part, *index, tree, next, &mut pieces)?,
            Tier::Bytes(index, tree) => write_leaves(part, *index, tree, next, &mut pieces)?,
        }
        if part.len() == head {
            part.clear();
        }
        Ok(pieces)
    }
}

/// A page or a leaf: what it was before it was written, and its bytes in the part.
pub type Piece = (Identity, Range<usize>);

fn write_pages(
    part: &mut Vec<u8>,
    map: &RowMap,
    next: &mut usize,
    place: &dyn Fn(BlockId) -> usize,
    pieces: &mut Vec<Piece>,
) -> Result<()> {
    let bytes = &mut Vec::new();
    for (number, page) in map.pages_from(*next).take(PART_PIECES) {
        if part.len() >= PART_BYTES {
            break;
        }
        if bytes.is_empty() {
            part.varint(0);
        }
        bytes.clear();
        write_page(bytes, page, place)?;
        part.varint(number);
        part.varint(page.used as u64);
        part.varint(bytes.len() as u64);
        pieces.push((page.identity(), part.len()..part.len() + bytes.len()));
        part.extend(&*bytes);
        *next = map.behind(number);
    }
    Ok(())
}

fn write_page(out: &mut Vec<u8>, page: &Page, place: &dyn Fn(BlockId) -> usize) -> Result<()> {
    if let Some(waiting) = &page.waiting {
        return waiting.bytes.append_to(out);
    }
    let slots = page.slots().iter().zip(0..);
    let (places, slots): (Vec<i64>, Vec<i64>) = slots
        .filter(|(packed, _)| **packed != NONE)
        .map(|(packed, slot)| {
            let Location { block, row } = Location::unpack(*packed);
            let place = place(block) * CHUNK_ROWS + row as usize;
            (place as i64, slot)
        })
        .unzip();
    integers::pack(out, &slots);
    integers::pack(out, &places);
    Ok(())
}

fn write_leaves<K: Key>(
    part: &mut Vec<u8>,
    index: IndexId,
    tree: &LiveTree<K>,
    next: &mut usize,
    pieces: &mut Vec<Piece>,
) -> Result<()> {
    if *next < tree.leaves() {
        part.varint(u64::from(index.0) + 1);
    }
    let bytes = &mut Vec::new();
    let until = tree.leaves().min(*next + PART_PIECES);
    while *next < until && part.len() < PART_BYTES {
        bytes.clear();
        let len = match tree.unchanged(*next) {
            Some(waiting) => {
                waiting.bytes.append_to(bytes)?;
                waiting.len
            }
            None => write_leaf(bytes, tree.entries(*next)),
        };
        part.varint(len as u64);
        let (key, row) = tree.fence(*next);
        K::write(part, &mut std::iter::once(key));
        part.varint(*row);
        part.varint(bytes.len() as u64);
        pieces.push((tree.identity(*next), part.len()..part.len() + bytes.len()));
        part.extend(&*bytes);
        *next += 1;
    }
    Ok(())
}

fn write_leaf<K: Key>(out: &mut Vec<u8>, entries: &Entries<(K, u64), u64>) -> usize {
    let rows: Vec<i64> = entries.keys.iter().map(|(_, row)| *row as i64).collect();
    let body = &mut Vec::new();
    integers::pack(body, &rows);
    runs::write(body, entries.values.iter().copied());
    K::write(body, &mut entries.keys.iter().map(|(key, _)| key));
    lz::write(out, body);
    rows.len()
}

/// The pages and leaves of a table that are found have new places.
pub fn take_places(
    relation: &mut Relation,
    find: &dyn Fn(Identity) -> Option<Bytes>,
    blocks: &Rc<Vec<StoredBlock>>,
) {
    let rows = Rc::new(StoredRows {
        table: relation.id,
        blocks: blocks.clone(),
        read: read_page,
    });
    relation.live.take_places(find, &rows);
    for index in &mut relation.indexes {
        match &mut index.tiers {
            AnyTiers::Integer(tiers) => tiers.live.take_places(find, read_leaf),
            AnyTiers::Bytes(tiers) => tiers.live.take_places(find, read_leaf),
        }
    }
}

/// What the parts are read with.
pub struct Source<'a> {
    pub seq: u64,
    /// The first row id that was not given.
    pub next_row: u64,
    /// Of all blocks the numbers, the tables and the rows; none if they are not those of the present.
    pub blocks: &'a Rc<Vec<StoredBlock>>,
}

/// Takes in a part.
pub fn read(
    reader: &mut Reader,
    part: &Rc<Part>,
    relation: &mut Relation,
    source: &Source,
) -> Decoded<()> {
    let of = reader.varint()?;
    if of == 0 {
        return read_pages(reader, part, relation, source);
    }
    let is_meant = |index: &&mut KeyIndex| u64::from(index.id.0) + 1 == of;
    match relation.indexes.iter_mut().find(is_meant) {
        None => invalid("keys are those of an index that does not exist"),
        Some(KeyIndex { tiers, .. }) => match tiers {
            AnyTiers::Integer(tiers) => read_leaves(reader, part, &mut tiers.live, source),
            AnyTiers::Bytes(tiers) => read_leaves(reader, part, &mut tiers.live, source),
        },
    }
}

impl Source<'_> {
    /// Bytes of the part that are passed over.
    fn bytes(&self, reader: &mut Reader, part: &Rc<Part>) -> Decoded<Bytes> {
        let length = reader.length()?;
        reader.take(length)?;
        let end = part.held() - reader.remaining();
        Ok(Bytes {
            part: part.clone(),
            range: Range {
                start: end - length,
                end,
            },
            seq: self.seq,
        })
    }
}

fn read_pages(
    reader: &mut Reader,
    part: &Rc<Part>,
    relation: &mut Relation,
    source: &Source,
) -> Decoded<()> {
    let rows = Rc::new(StoredRows {
        table: relation.id,
        blocks: source.blocks.clone(),
        read: read_page,
    });
    while reader.remaining() > 0 {
        let (number, used) = (reader.varint()?, reader.length()?);
        let bytes = source.bytes(reader, part)?;
        let is_new = relation.live.pages() <= number;
        let is_given = number <= source.next_row / PAGE_ROWS as u64;
        if !(is_new && is_given && (1..=PAGE_ROWS).contains(&used)) {
            return invalid("a page of rows is out of place");
        }
        let rows = rows.clone();
        (relation.live).add_waiting(number, used, WaitingPage { bytes, rows });
    }
    Ok(())
}

fn read_page(bytes: &[u8], used: usize, rows: &StoredRows) -> Decoded<Box<Slots>> {
    let reader = &mut Reader::new(bytes);
    let slots = integers::unpack(reader, used)?;
    let places = integers::unpack(reader, used)?;
    reader.end()?;
    if !slots.is_sorted_by(|a, b| a < b) {
        return invalid("rows of a page are out of order");
    }
    let mut page = Box::new([NONE; PAGE_ROWS]);
    for (slot, place) in slots.into_iter().zip(places) {
        let slot = usize::try_from(slot).ok().and_then(|at| page.get_mut(at));
        let (block, row) = (
            place as u64 / CHUNK_ROWS as u64,
            place as usize % CHUNK_ROWS,
        );
        let known = usize::try_from(block)
            .ok()
            .and_then(|at| rows.blocks.get(at));
        match (slot, known) {
            (Some(slot), Some(&(block, table, count))) if table == rows.table && row < count => {
                let row = row as u32;
                *slot = Location { block, row }.pack();
            }
            _ => return invalid("a row lies nowhere"),
        }
    }
    Ok(page)
}

fn read_leaves<K: Key>(
    reader: &mut Reader,
    part: &Rc<Part>,
    tree: &mut LiveTree<K>,
    source: &Source,
) -> Decoded<()> {
    while reader.remaining() > 0 {
        let len = reader.length()?;
        let fence = K::read(reader, 1)?.remove(0);
        let row = reader.varint()?;
        let bytes = source.bytes(reader, part)?;
        let waiting = Waiting {
            bytes,
            len,
            read: read_leaf,
        };
        if !tree.push_waiting((fence, row), waiting) {
            return invalid("keys are out of order");
        }
    }
    Ok(())
}

fn read_leaf<K: Key>(bytes: &[u8], len: usize, seq: u64) -> Decoded<Entries<(K, u64), u64>> {
    let unpacked = lz::read(&mut Reader::new(bytes))?;
    let reader = &mut Reader::new(&unpacked);
    let rows = integers::unpack(reader, len)?;
    let values = runs::read(reader, len)?;
    let keys = K::read(reader, len)?;
    reader.end()?;
    if values.iter().any(|since| *since > seq) {
        return invalid("a row has a key before its commit");
    }
    let rows = rows.into_iter().map(|row| row as u64);
    Ok(Entries {
        keys: keys.into_iter().zip(rows).collect(),
        values,
    })
}
