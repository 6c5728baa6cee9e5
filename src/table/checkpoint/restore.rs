//! A store made of the parts of a checkpoint.

use super::block::{Head, unpack};
use super::capture::PART_ITEMS;
use super::live::{self, Source};
use super::loss::Loss;
use super::{Kind, commits, runs};
use crate::encoding::catalog;
use crate::encoding::integers;
use crate::encoding::limit::FRAME_ROWS_MAX;
use crate::encoding::lz;
use crate::encoding::wire::{Decoded, Malformed, Reader, invalid};
use crate::error::{Code, Error, Result};
use crate::table::Store;
use crate::table::blocks::Stored;
use crate::table::row_map::StoredBlock;
use crate::table::waiting::{Bytes, Origin, Part};
use crate::types::{RowId, Seq, TableId};
use std::rc::Rc;

/// Of damage that makes all of it useless.
const HOPELESS: &str = "Too much of it is lost to tell anything for certain.";

/// Takes the parts in the order in which they were written.
pub struct Restore {
    store: Store,
    /// What the last part was.
    stage: Kind,
    seq: u64,
    /// Each block, its table, and how many rows it has if it is read at present.
    blocks: Rc<Vec<StoredBlock>>,
    has_live: bool,
    /// Parts of live tiers.
    parts: u64,
    /// The table that rows were gone from in the last part.
    gone_from: Option<TableId>,
    /// How many blocks there are by what the end says.
    total: Option<u64>,
    loss: Loss,
}

impl Restore {
    /// Begins with a store that nothing was applied to.
    pub fn new(store: Store) -> Restore {
        Restore {
            store,
            stage: Kind::Head,
            seq: 0,
            blocks: Rc::default(),
            has_live: false,
            parts: 0,
            gone_from: None,
            total: None,
            loss: Loss::default(),
        }
    }

    /// Takes a part, which can be had again from its origin.
    ///
    /// # Errors
    /// `CORRUPT` for a part that is not sound or not in its place, `FORMAT_TOO_NEW` for one of a later version.
    pub fn part(&mut self, part: &[u8], origin: Option<Box<dyn Origin>>) -> Result<()> {
        self.take(part, origin)?
            .map_err(|malformed| self.unsound(malformed))?;
        self.store.make_room();
        Ok(())
    }

    /// Parts are lost here.
    ///
    /// # Errors
    /// The damage, where they are such that nothing can be known without them.
    pub fn lost(&mut self, damage: Error) -> Result<()> {
        let has_commits = self.store.commits.len() as u64 == self.seq + 1;
        match self.stage {
            Kind::Commits if has_commits => {}
            Kind::Gone | Kind::Block | Kind::Live => {}
            _ => {
                return Err(damage.with_detail(HOPELESS));
            }
        }
        self.loss.is_some = true;
        self.loss.has_gone |= self.stage.place() <= Kind::Gone.place();
        Ok(())
    }

    /// Whether the last part has been taken.
    pub fn is_complete(&self) -> bool {
        self.stage == Kind::End
    }

    /// The store, when all parts have been taken.
    ///
    /// # Errors
    /// `CORRUPT` when some are missing.
    pub fn finish(mut self) -> Result<Store> {
        if self.stage != Kind::End && !self.loss.is_some {
            return Err(self.unsound(Malformed::Invalid("its end is missing")));
        }
        let ids = self.loss.settle(self.total, &self.blocks);
        let ids = ids.map_err(|malformed| self.unsound(malformed))?;
        self.store.blocks.stored.ids = Rc::new(ids);
        let Store {
            relations, blocks, ..
        } = &mut self.store;
        let is_whole = !self.loss.is_some;
        for relation in relations.values_mut() {
            if self.loss.tables.contains(&u64::from(relation.id.0)) {
                if is_whole && !relation.stored.is_empty() {
                    let message = "the checkpoint has rows of a table that is lost";
                    return Err(Error::new(Code::Corrupt, message));
                }
                relation.lose(blocks);
            } else if self.loss.has_gone {
                relation.restore_gone(blocks)?;
            }
            if !is_whole {
                relation.forget_live();
            }
            relation.restore_present(self.seq, self.has_live && is_whole, blocks)?;
        }
        Ok(self.store)
    }

    fn unsound(&self, malformed: Malformed) -> Error {
        let (code, what) = match malformed {
            Malformed::TooNew(what) => (Code::FormatTooNew, what),
            Malformed::Invalid(what) | Malformed::Missing(what) => (Code::Corrupt, what),
        };
        let message = format!(
            "the checkpoint as of commit {} is damaged: {what}",
            self.seq
        );
        match self.loss.is_some {
            true => Error::new(code, message).with_detail(HOPELESS),
            false => Error::new(code, message),
        }
    }

    /// An error of the catalog's own, or whether the part was sound.
    fn take(&mut self, part: &[u8], origin: Option<Box<dyn Origin>>) -> Result<Decoded<()>> {
        let Some((kind, bytes)) = part.split_first() else {
            return Ok(invalid("a part is empty"));
        };
        let Some(kind) = (Kind::ALL.into_iter()).find(|known| *known as u8 == *kind) else {
            return Ok(Err(Malformed::TooNew("it has parts of a kind to come")));
        };
        let is_first = self.stage == Kind::Head;
        let is_due = match kind {
            Kind::Head => is_first,
            _ => kind.place() >= self.stage.place() && self.stage != Kind::End && !is_first,
        };
        if !is_due {
            return Ok(invalid("a part is not in its place"));
        }
        self.stage = match kind {
            // The head is followed by something else.
            Kind::Head => Kind::Outline,
            kind => kind,
        };
        if kind == Kind::Live && self.loss.is_some {
            // They would be compared with all blocks.
            self.parts += 1;
            return Ok(Ok(()));
        }
        if let Kind::Block | Kind::Live | Kind::Commits = kind {
            let part = self.store.add_part(part.into(), origin);
            return match kind {
                Kind::Block => self.block(bytes, part),
                Kind::Live => Ok(self.live(bytes, &part)),
                _ => Ok(self.commits(bytes, part)),
            };
        }
        let unpacked = match lz::read(&mut Reader::new(bytes)) {
            Ok(unpacked) => unpacked,
            Err(malformed) => return Ok(Err(malformed)),
        };
        let reader = &mut Reader::new(&unpacked);
        let taken = match kind {
            Kind::Head => self.head(reader),
            Kind::Outline => self.outline(reader),
            Kind::Catalog => return self.catalog(reader),
            Kind::Gone => self.gone(reader),
            Kind::Commits | Kind::Block | Kind::Live | Kind::End => self.end(reader),
        };
        Ok(taken.and_then(|()| reader.end()))
    }

    fn head(&mut self, reader: &mut Reader) -> Decoded<()> {
        self.seq = reader.varint()?;
        self.store.next.row = RowId(reader.varint()?);
        self.has_live = reader.u8()? == 1;
        self.store.blocks.stored = Stored {
            seq: self.seq,
            next_row: self.store.next.row.0,
            ids: Rc::default(),
        };
        match self.seq < u64::from(u32::MAX) << 16 {
            true => Ok(()),
            false => invalid("its sequence is out of range"),
        }
    }

    /// The next blocks' tables, and tables that have been lost before.
    fn outline(&mut self, reader: &mut Reader) -> Decoded<()> {
        let count = reader.length()?;
        if count > PART_ITEMS {
            return invalid("too many blocks at once");
        }
        let owners = runs::read(reader, count)?;
        self.loss.owners.get_or_insert_default().extend(owners);
        while reader.remaining() > 0 {
            if self.loss.tables.len() == FRAME_ROWS_MAX {
                return invalid("too many tables are lost");
            }
            self.loss.tables.push(reader.varint()?);
        }
        Ok(())
    }

    /// Replays the changes of the catalog, so far over tables without rows.
    fn catalog(&mut self, reader: &mut Reader) -> Result<Decoded<()>> {
        while reader.remaining() > 0 {
            let (seq, changes) = match read_changes(reader) {
                Ok(read) => read,
                Err(malformed) => return Ok(Err(malformed)),
            };
            let last = self.store.changes.last().map(|(last, _)| last.0);
            if seq > self.seq || last.is_some_and(|last| seq <= last) {
                return Ok(invalid("changes of the catalog are out of order"));
            }
            self.store.apply_catalog(Seq(seq), &changes)?;
            self.store.changes.push((Seq(seq), changes));
        }
        Ok(Ok(()))
    }

    fn commits(&mut self, bytes: &[u8], part: Rc<Part>) -> Decoded<()> {
        let own = Bytes {
            part,
            range: 1..1 + bytes.len(),
            seq: self.seq,
        };
        let commits = &mut self.store.commits;
        let stretch = commits::read(bytes, own, commits.len())?;
        let rises = commits
            .last_time()
            .is_none_or(|last| last < stretch.times[0]);
        commits.push_stretch(stretch);
        match rises {
            true => Ok(()),
            false => invalid("a time does not rise"),
        }
    }

    fn gone(&mut self, reader: &mut Reader) -> Decoded<()> {
        let table = u32::try_from(reader.varint()?).ok().map(TableId);
        let relation = table.and_then(|table| self.store.relations.get_mut(&table));
        let Some(relation) = relation else {
            return invalid("rows are gone from a table that does not exist");
        };
        let mut count = || match reader.length()? {
            count if count <= FRAME_ROWS_MAX => Ok((count, runs::read(reader, count)?)),
            _ => invalid("too many rows are gone at once"),
        };
        let (emptied, deleted) = (count()?.1, count()?);
        let rows = integers::unpack(reader, deleted.0)?;
        // Replaying the catalog has left a mark for each table that was dropped.
        if self.gone_from != table {
            relation.emptied.clear();
        }
        self.gone_from = table;
        relation.emptied.extend(emptied);
        let rows = rows.into_iter().map(|row| RowId(row as u64));
        relation.deleted.extend(deleted.1.into_iter().zip(rows));
        let in_order = relation.deleted.is_sorted_by_key(|(seq, _)| *seq)
            && relation.emptied.is_sorted()
            && relation
                .emptied
                .iter()
                .all(|seq| (1..=self.seq).contains(seq))
            && relation
                .deleted
                .last()
                .is_none_or(|(seq, _)| *seq <= self.seq);
        match in_order {
            true => Ok(()),
            false => invalid("rows are gone out of order"),
        }
    }

    /// A block that rows come to is unpacked at once, the others when they are needed.
    fn block(&mut self, bytes: &[u8], part: Rc<Part>) -> Result<Decoded<()>> {
        let head = match Head::read(&mut Reader::new(bytes), self.seq) {
            Ok(head) => head,
            Err(malformed) => return Ok(Err(malformed)),
        };
        let Some(relation) = self.store.relations.get_mut(&head.table) else {
            return Ok(invalid("a block is of a table that does not exist"));
        };
        let blocks = &mut self.store.blocks;
        let id = match head.is_retired() || head.is_sealed() {
            true => blocks.add_packed(head, relation.layout.clone(), part),
            false => match unpack(bytes, &relation.layout, &blocks.stored, None) {
                Ok(block) => blocks.add(block),
                Err(malformed) => return Ok(Err(malformed)),
            },
        };
        relation.stored.push((head.opened, id, head.read_until));
        match head.holds_copies() {
            true => blocks.count_copies(head.rows),
            false => relation.versions += head.rows as u64,
        }
        let rows = if head.is_retired() { 0 } else { head.rows };
        Rc::make_mut(&mut self.blocks).push((id, head.table, rows));
        Ok(Ok(()))
    }

    /// A part of a live tier, of which little is looked at before it is needed.
    fn live(&mut self, bytes: &[u8], part: &Rc<Part>) -> Decoded<()> {
        self.parts += 1;
        let reader = &mut Reader::new(bytes);
        let table = u32::try_from(reader.varint()?).ok().map(TableId);
        let Store {
            relations, blocks, ..
        } = &mut self.store;
        let relation = table.and_then(|table| relations.get_mut(&table));
        let Some(relation) = relation.filter(|_| self.has_live) else {
            return invalid("rows are alive in a table that does not exist");
        };
        let source = Source {
            seq: self.seq,
            next_row: blocks.stored.next_row,
            blocks: &self.blocks,
        };
        live::read(reader, part, relation, &source)
    }

    fn end(&mut self, reader: &mut Reader) -> Decoded<()> {
        let [commits, blocks, parts] = [reader.varint()?, reader.varint()?, reader.varint()?];
        self.total = Some(blocks);
        let has_all = (blocks, parts) == (self.blocks.len() as u64, self.parts);
        let has_commits = commits == self.seq + 1 && commits == self.store.commits.len() as u64;
        match has_commits && (has_all || self.loss.is_some) {
            true => Ok(()),
            false => invalid("parts of it are missing"),
        }
    }
}

fn read_changes(reader: &mut Reader) -> Decoded<(u64, Vec<crate::commit::CatalogChange>)> {
    let seq = reader.varint()?;
    let count = reader.length()?;
    if count > reader.remaining() {
        return invalid("there are more changes than bytes");
    }
    let change = |_| {
        let length = reader.length()?;
        catalog::read_change(reader.take(length)?)
    };
    Ok((seq, (0..count).map(change).collect::<Decoded<_>>()?))
}
