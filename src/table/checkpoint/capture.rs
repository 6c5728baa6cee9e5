//! Writing the parts of a checkpoint, one at a time, while commits go on.

use super::block::Head;
use super::live::{Live, Piece};
use super::{Kind, block, commits, runs};
use crate::encoding::catalog;
use crate::encoding::integers::pack;
use crate::encoding::lz;
use crate::encoding::wire::Write;
use crate::error::{Code, Error, Result};
use crate::table::blocks::Stored;
use crate::table::commits::Stretch;
use crate::table::waiting::{Origin, Part};
use crate::table::{BlockId, CommitInfo, Store};
use crate::types::Seq;
use std::rc::Rc;

/// Items of a part at most, and bytes after which it is complete.
pub(super) const PART_ITEMS: usize = 4096;
const PART_BYTES: usize = 256 << 10;

/// What a part has.
#[derive(Debug)]
pub(super) enum Item {
    /// So many commits from one on, the times of the first and the last, and how many bytes they are.
    Commits(usize, usize, [i64; 2], usize),
    Block(BlockId, Head),
    Pieces(Vec<Piece>),
}

/// How far the parts of a checkpoint as of a sequence have been written.
#[derive(Debug)]
pub struct Capture {
    pub(super) seq: u64,
    /// Which one it is of those that were begun.
    pub(super) number: u32,
    kind: Kind,
    /// The next table, for deleted rows; else the next item.
    table: usize,
    next: usize,
    /// The numbers that the blocks have in the store, in their order.
    pub(super) blocks: Option<Rc<Vec<BlockId>>>,
    /// The live tiers that are not written yet, the next one last, and how many parts they have come to.
    pub(super) live: Option<Vec<Live>>,
    parts: u64,
    is_over: bool,
    /// Live tiers that have been written: as long as they are held, no other piece lies where theirs do.
    pub(super) written: Vec<Live>,
    /// What the last part has, and what each one has whose place is known.
    last: Option<Item>,
    pub(super) placed: Vec<(Item, Rc<Part>)>,
}

impl Capture {
    /// A checkpoint as of a commit, which must have been applied; it has the live tiers if it is the last one.
    pub fn new(store: &Store, seq: Seq) -> Capture {
        let tiers = || {
            let tiers = store.relations.values().flat_map(Live::all_of);
            let mut tiers: Vec<Live> = tiers.collect();
            tiers.reverse();
            tiers
        };
        Capture {
            live: (store.last_seq() == Some(seq)).then(tiers),
            parts: 0,
            seq: seq.0,
            kind: Kind::Head,
            table: 0,
            next: 0,
            blocks: None,
            is_over: false,
            number: store.blocks.begin_capture(),
            written: Vec::new(),
            last: None,
            placed: Vec::new(),
        }
    }

    /// The next part, or that there is none left.
    ///
    /// # Errors
    /// A part that could not be read again: it is not to be relied upon.
    pub fn next(&mut self, store: &Store) -> Result<Option<Vec<u8>>> {
        if store.has_branches {
            return Err(unreadable("it would leave out branches"));
        }
        self.last = None;
        while !self.is_over {
            let kind = self.kind;
            let mut part = Vec::new();
            let (has_more, following) = match self.kind {
                Kind::Head => {
                    part.varint(self.seq);
                    part.varint(store.next.row.0);
                    part.push(u8::from(self.live.is_some()));
                    (false, Kind::Outline)
                }
                Kind::Outline => (self.outline(&mut part, store), Kind::Catalog),
                Kind::Catalog => (self.catalog(&mut part, store), Kind::Commits),
                Kind::Commits => (self.commits(&mut part, store)?, Kind::Gone),
                Kind::Gone => (self.gone(&mut part, store), Kind::Block),
                Kind::Block => (self.block(&mut part, store)?, Kind::Live),
                Kind::Live => (self.live(&mut part, store)?, Kind::End),
                Kind::End => {
                    part.varint(self.seq + 1);
                    part.varint(self.blocks(store).len() as u64);
                    part.varint(self.parts);
                    self.is_over = true;
                    (false, Kind::End)
                }
            };
            if !has_more {
                (self.kind, self.table, self.next) = (following, 0, 0);
            }
            if !part.is_empty() {
                let mut packed = vec![kind as u8];
                match kind {
                    // Some of it stays as it is.
                    Kind::Commits | Kind::Block | Kind::Live => packed.extend(part),
                    _ => lz::write(&mut packed, &part),
                }
                return Ok(Some(packed));
            }
        }
        Ok(None)
    }

    /// The last part has been written, and can be had from its origin, or is held from now on.
    pub fn placed(&mut self, store: &Store, part: Vec<u8>, origin: Option<Box<dyn Origin>>) {
        if let Some(item) = self.last.take() {
            let part = Part::written(part, origin, &store.blocks.memory);
            self.placed.push((item, part));
        }
    }

    /// The tables of some blocks, and at first those that are lost.
    fn outline(&mut self, part: &mut Vec<u8>, store: &Store) -> bool {
        let ids = self.blocks(store);
        let some = ids[self.next..].iter().take(PART_ITEMS);
        let table = |id: &BlockId| {
            let number = id.0 as usize;
            let packed = store.blocks.packed(number).map(|(head, _)| head.table);
            packed.or_else(|| Some(store.blocks.unpacked(number)?.table))
        };
        let tables = some.filter_map(table).map(|table| u64::from(table.0));
        let tables: Vec<u64> = tables.collect();
        part.varint(tables.len() as u64);
        runs::write(part, tables.into_iter());
        if self.next == 0 {
            let lost = store.lost_tables();
            lost.for_each(|table| part.varint(u64::from(table.0)));
        }
        self.next += PART_ITEMS;
        self.next < ids.len()
    }

    fn catalog(&mut self, part: &mut Vec<u8>, store: &Store) -> bool {
        let changes = store.changes.get(self.next..).unwrap_or_default();
        let mut bytes = Vec::new();
        for (seq, changes) in changes.iter().take_while(|(seq, _)| seq.0 <= self.seq) {
            if part.len() >= PART_BYTES {
                break;
            }
            part.varint(seq.0);
            part.varint(changes.len() as u64);
            for change in changes {
                bytes.clear();
                catalog::write_change(&mut bytes, change);
                part.varint(bytes.len() as u64);
                part.extend(&bytes);
            }
            self.next += 1;
        }
        !part.is_empty()
    }

    fn commits(&mut self, part: &mut Vec<u8>, store: &Store) -> Result<bool> {
        let left = (self.seq as usize + 1).saturating_sub(self.next);
        // The last one of a checkpoint may have room for more.
        let stretch = store.commits.stretch_at(self.next);
        let is_kept = |stretch: &&Stretch| stretch.count < left;
        if let Some(stretch) = stretch.filter(is_kept) {
            stretch.bytes.append_to(part)?;
            let times = stretch.times;
            self.last = Some(Item::Commits(self.next, stretch.count, times, part.len()));
            self.next += stretch.count;
            return Ok(true);
        }
        let mut weight = 0;
        let fits = |commit: &&CommitInfo| {
            weight += commit.statement.len() + commit.meta.as_ref().map_or(0, String::len);
            weight += 4 * commit.tables.len();
            weight <= PART_BYTES
        };
        let commits = store.commits.iter_from(self.next);
        let commits = commits.take(left.min(PART_ITEMS));
        let commits: Vec<&CommitInfo> = commits.collect();
        let count = commits.iter().copied().take_while(fits).count();
        let count = count.max(1).min(commits.len());
        if count > 0 {
            commits::write(part, &commits[..count]);
            let times = [commits[0].time, commits[count - 1].time];
            self.last = Some(Item::Commits(self.next, count, times, part.len()));
        }
        self.next += count;
        Ok(count > 0)
    }

    /// What is gone from the next table, in parts.
    fn gone(&mut self, part: &mut Vec<u8>, store: &Store) -> bool {
        while let Some(relation) = store.relations.values().nth(self.table) {
            let known = relation.emptied.partition_point(|seq| *seq <= self.seq);
            let emptied = relation.emptied[self.next.min(known)..known].iter();
            let emptied: Vec<u64> = emptied.copied().take(PART_ITEMS).collect();
            let from = self.next.saturating_sub(known);
            let known = relation
                .deleted
                .partition_point(|(seq, _)| *seq <= self.seq);
            let deleted = relation.deleted[from.min(known)..known].iter();
            let deleted: Vec<_> = deleted.take(PART_ITEMS - emptied.len()).collect();
            self.next += emptied.len() + deleted.len();
            if emptied.is_empty() && deleted.is_empty() {
                (self.table, self.next) = (self.table + 1, 0);
                continue;
            }
            part.varint(u64::from(relation.id.0));
            part.varint(emptied.len() as u64);
            runs::write(part, emptied.into_iter());
            part.varint(deleted.len() as u64);
            runs::write(part, deleted.iter().map(|(seq, _)| *seq));
            let rows: Vec<i64> = deleted.iter().map(|(_, row)| row.0 as i64).collect();
            pack(part, &rows);
            return true;
        }
        false
    }

    /// All blocks that there were. Which ones those are does not change meanwhile.
    fn blocks(&mut self, store: &Store) -> Rc<Vec<BlockId>> {
        let (blocks, seq) = (&store.blocks, self.seq);
        let was_there = |id: &usize| {
            blocks.packed(*id).is_some()
                || blocks.unpacked(*id).is_some_and(|own| own.prefix(seq) > 0)
        };
        let find = || {
            (0..blocks.len())
                .filter(was_there)
                .map(|id| BlockId(id as u32))
        };
        let blocks = self.blocks.get_or_insert_with(|| Rc::new(find().collect()));
        blocks.clone()
    }

    /// What has room of the next tier that there is something of.
    fn live(&mut self, part: &mut Vec<u8>, store: &Store) -> Result<bool> {
        let mut live = self.live.take();
        let ids = self.blocks(store);
        let place = |id: BlockId| ids.binary_search(&id).unwrap_or_default();
        while let Some(tier) = live.as_mut().and_then(|live| live.last_mut()) {
            let pieces = tier.write(part, &place)?;
            if !part.is_empty() {
                self.last = Some(Item::Pieces(pieces));
                break;
            }
            self.written.extend(live.as_mut().and_then(Vec::pop));
        }
        let has_more = !part.is_empty();
        self.parts += u64::from(has_more);
        self.live = live;
        Ok(has_more)
    }

    fn block(&mut self, part: &mut Vec<u8>, store: &Store) -> Result<bool> {
        let (next, seq) = (self.next, self.seq);
        let ids = self.blocks(store);
        let Some(&id) = ids.get(next) else {
            return Ok(false);
        };
        let blocks = &store.blocks;
        // Where blocks were lost, those behind them have other numbers than others know them by.
        let stored = &blocks.stored.ids;
        let last = stored.len().checked_sub(1).and_then(|last| ids.get(last));
        let has_numbers = stored.last() == last;
        let packed = blocks.packed(id.0 as usize);
        let head = match packed.filter(|(head, _)| has_numbers || !head.is_moved()) {
            Some((head, packed)) => {
                part.extend(&packed.read()?[1..]);
                *head
            }
            None => write_block(part, id, store, seq, &ids)?,
        };
        self.last = Some(Item::Block(id, head));
        self.next += 1;
        Ok(true)
    }
}

/// Writes a block, and tries whether it can be read. One that waits is not kept.
fn write_block(
    part: &mut Vec<u8>,
    id: BlockId,
    store: &Store,
    seq: u64,
    ids: &Rc<Vec<BlockId>>,
) -> Result<Head> {
    let (blocks, mut written) = (&store.blocks, None);
    let found = |id: BlockId| Some(blocks.get(id));
    let is_whole = blocks.unpacked(id.0 as usize).is_some();
    let found: Option<block::Found> = if is_whole { Some(&found) } else { None };
    blocks.visit(id, &mut |source| {
        let place = |id: BlockId| ids.binary_search(&id).unwrap_or_default();
        written = Some(block::write(part, source, seq, &place));
        let layout = store
            .relation(source.table)
            .map(|relation| &relation.layout);
        let layout = layout.ok_or_else(|| unreadable("a block without a table"))?;
        let stored = Stored {
            seq,
            next_row: store.next.row.0,
            ids: ids.clone(),
        };
        let read = block::unpack(part, layout, &stored, found);
        let read = read.map_err(|_| unreadable("a block would not be read back"))?;
        match read.rows.ids == source.rows.ids[..read.len()] {
            true => Ok(()),
            false => Err(unreadable("a block would be read back as another one")),
        }
    })?;
    written.ok_or_else(|| unreadable("a block without bytes"))
}

fn unreadable(what: &str) -> Error {
    Error::new(Code::Internal, format!("no checkpoint can be made: {what}"))
}
