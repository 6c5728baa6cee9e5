//! All tables, their history and the catalogs.

use super::apply::apply_change;
use super::blocks::Blocks;
use super::commits::Commits;
use super::relation::Relation;
use super::waiting::Part;
use super::{BlockId, Catalog, KeyIndex, KeyMakers, Waiter};
use crate::commit::{CatalogChange, Commit, RequestId, TableChange};
use crate::error::{Code, Error, Result};
use crate::types::SortedMap;
use crate::types::{
    BranchId, HeapBound, IndexId, RowId, Seq, Snapshot, TableId, TableSchema, sort_by,
};
use std::cell::Cell;
use std::rc::Rc;

/// Which blocks and runs can be read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residency {
    /// All of them.
    All,
    /// Each answers `Need` until it has been loaded: shows that every reader can wait.
    FirstTouch,
}

/// What is kept of a commit besides its changes.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitInfo {
    pub time: i64,
    /// By how much it is later than what the clock said.
    pub clock_lag: i64,
    pub statement: Rc<str>,
    pub meta: Option<String>,
    pub affected_rows: u64,
    /// The client's name for the request, and which of its statements it was.
    pub request: Option<Box<(RequestId, u32)>>,
    /// The tables of which rows or schema changed.
    pub tables: Rc<[TableId]>,
}

impl CommitInfo {
    /// What stands in the place of one that cannot be read.
    pub(super) fn without_meaning(time: i64) -> CommitInfo {
        CommitInfo {
            time,
            clock_lag: 0,
            statement: "".into(),
            meta: None,
            affected_rows: 0,
            request: None,
            tables: [].into(),
        }
    }

    /// A statement and tables; where they are those of the commit before, they are held once.
    pub(super) fn of_commit(
        before: Option<&CommitInfo>,
        statement: &str,
        tables: &[TableId],
    ) -> (Rc<str>, Rc<[TableId]>) {
        let same_statement = before.filter(|last| *last.statement == *statement);
        let same_tables = before.filter(|last| *last.tables == *tables);
        (
            same_statement.map_or_else(|| statement.into(), |last| last.statement.clone()),
            same_tables.map_or_else(|| tables.into(), |last| last.tables.clone()),
        )
    }
}

/// Sizes and counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Blocks of row versions.
    pub blocks: u64,
    /// Runs of indexes.
    pub runs: u64,
    /// Row versions, without copies.
    pub versions: u64,
    /// Row versions that copying forward wrote again.
    pub copies: u64,
    /// Live index entries that look-ups touched so far.
    pub live_entries_touched: u64,
    /// Closed index entries that look-ups touched so far.
    pub closed_entries_touched: u64,
    /// Bytes held in memory, roughly.
    pub bytes_held: u64,
}

pub struct Store {
    pub(super) relations: SortedMap<TableId, Relation>,
    pub(super) blocks: Blocks,
    /// Those of the checkpoint that something is made of when it is needed.
    pub(super) parts: Vec<Rc<Part>>,
    pub(super) heap: HeapBound,
    /// Bytes that are in no checkpoint, when that was last looked at.
    pub(super) dirty: u64,
    /// Each catalog with the commit that made it, and what that changed.
    pub(super) catalogs: Vec<(Seq, Rc<Catalog>)>,
    pub(super) changes: Vec<(Seq, Vec<CatalogChange>)>,
    empty: Rc<Catalog>,
    pub(super) commits: Commits,
    /// There is a commit of another branch, of which a checkpoint would know nothing.
    pub(super) has_branches: bool,
    /// Indexes that are gone, for who began to read through them before.
    pub(super) dropped: Vec<(TableId, KeyIndex)>,
    pub(super) next: NextIds,
    pub(crate) makers: KeyMakers,
    pub(crate) touched: Touched,
}

/// The first ids that no commit has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NextIds {
    pub table: TableId,
    pub index: IndexId,
    pub row: RowId,
}

impl NextIds {
    fn skip(&mut self, schema: &TableSchema) {
        self.table = self.table.max(TableId(schema.id.0.saturating_add(1)));
        schema
            .indexes
            .iter()
            .for_each(|index| self.skip_index(index.id));
    }

    fn skip_index(&mut self, index: IndexId) {
        self.index = self.index.max(IndexId(index.0.saturating_add(1)));
    }

    fn skip_rows(&mut self, change: &TableChange) {
        let rows = change.inserts.iter().flat_map(|inserts| &inserts.rows);
        if let Some(last) = rows.max() {
            self.row = self.row.max(RowId(last.0.saturating_add(1)));
        }
    }
}

/// What look-ups touched: how many entries of indexes, and what there is no more.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub live: Cell<u64>,
    pub closed: Cell<u64>,
    /// A table that is lost, since it was last asked for.
    pub lost: Cell<Option<TableId>>,
}

impl Store {
    pub fn new(residency: Residency) -> Store {
        Store {
            relations: SortedMap::new(),
            blocks: Blocks::new(residency),
            parts: Vec::new(),
            heap: HeapBound::default(),
            dirty: 0,
            catalogs: Vec::new(),
            changes: Vec::new(),
            empty: Rc::default(),
            commits: Commits::default(),
            has_branches: false,
            dropped: Vec::new(),
            next: NextIds {
                table: TableId(0),
                index: IndexId(0),
                row: RowId(0),
            },
            makers: |_, _| Err(Error::new(Code::Internal, "nobody computes keys here")),
            touched: Touched::default(),
        }
    }

    /// The same with somebody who computes the keys of indexes over expressions.
    pub fn with_key_makers(mut self, makers: KeyMakers) -> Store {
        self.makers = makers;
        self
    }

    /// Makes a commit's changes: the only writer, live and in replay alike.
    ///
    /// # Errors
    /// A commit that does not follow the last or does not fit the tables, and what could not be read for it. The store is then of no use any
    /// more: it is thrown away and made anew from the log.
    pub fn apply(&mut self, commit: Commit) -> Result<()> {
        self.check_order(&commit)?;
        self.make_room();
        self.blocks.memory.grow(commit.cost() as usize);
        let applied = self.apply_in_order(commit);
        // What could not be read says why the rest does not fit.
        self.check_sound().and(applied)
    }

    fn apply_in_order(&mut self, commit: Commit) -> Result<()> {
        let mut tables: Vec<TableId> = commit.tables.iter().map(|change| change.table).collect();
        tables.extend(commit.catalog.iter().filter_map(CatalogChange::table));
        sort_by(&mut tables, Ord::cmp);
        tables.dedup();
        if !commit.catalog.is_empty() {
            self.apply_catalog(commit.seq, &commit.catalog)?;
            self.changes.push((commit.seq, commit.catalog));
        }
        for change in commit.tables {
            self.next.skip_rows(&change);
            let relation = self.relations.get_mut(&change.table);
            let relation = relation.ok_or_else(|| unknown_table(change.table))?;
            if relation.is_lost {
                continue;
            }
            apply_change(relation, &mut self.blocks, commit.seq, change)?;
        }
        self.has_branches |= commit.branch != BranchId::MAIN || commit.merge_parent.is_some();
        let before = self.commits.last();
        let (statement, tables) = CommitInfo::of_commit(before, &commit.statement, &tables);
        self.commits.push(CommitInfo {
            time: commit.time,
            clock_lag: commit.time.wrapping_sub(commit.raw_clock),
            statement,
            meta: commit.meta,
            affected_rows: commit.affected_rows,
            request: (commit.request).map(|id| Box::new((id, commit.request_ordinal))),
            tables,
        });
        Ok(())
    }

    fn check_order(&self, commit: &Commit) -> Result<()> {
        let next = Seq(self.commits.len() as u64);
        let previous = self.commits.last_time().unwrap_or(i64::MIN);
        if commit.seq == next && commit.time > previous {
            return Ok(());
        }
        let message = format!(
            "commit {} does not follow the last, number {next} being due",
            commit.seq
        );
        Err(Error::new(Code::Corrupt, message))
    }

    /// Apart from the changes of rows, of which there are many more: see `Recovery::step_rarely`.
    #[inline(never)]
    pub(super) fn apply_catalog(&mut self, seq: Seq, changes: &[CatalogChange]) -> Result<()> {
        let mut catalog =
            Catalog::clone(self.catalogs.last().map_or(&self.empty, |(_, last)| last));
        for change in changes {
            catalog.change(change)?;
            match change {
                CatalogChange::CreateTable(schema) => self.create_table(seq, schema)?,
                CatalogChange::AlterTable(schema) => {
                    let (relation, blocks) = self.relation_mut(schema.id)?;
                    let replaced = relation.alter(schema, blocks)?;
                    let replaced = replaced.into_iter().map(|index| (schema.id, index));
                    self.dropped.extend(replaced);
                }
                CatalogChange::DropTable(table) => {
                    let (relation, blocks) = self.relation_mut(*table)?;
                    relation.close_all(seq.0, blocks);
                }
                CatalogChange::CreateIndex { table, index } => {
                    self.next.skip_index(index.id);
                    let schema = catalog.require(*table)?.clone();
                    let (relation, blocks) = self.relation_mut(*table)?;
                    let built = relation.build_index(&schema, index, blocks)?;
                    relation.add_index(built.finish(seq.0, blocks));
                }
                CatalogChange::DropIndex { table, index } => {
                    let dropped = self.relation_mut(*table)?.0.drop_index(*index);
                    self.dropped.extend(dropped.map(|index| (*table, index)));
                }
                CatalogChange::Tag { .. } => {}
            }
        }
        self.catalogs.push((seq, Rc::new(catalog)));
        Ok(())
    }

    fn create_table(&mut self, seq: Seq, schema: &TableSchema) -> Result<()> {
        self.next.skip(schema);
        if self.relations.contains_key(&schema.id) {
            let (relation, blocks) = self.relation_mut(schema.id)?;
            let replaced = relation.come_back(seq.0, schema, blocks)?;
            let replaced = replaced.into_iter().map(|index| (schema.id, index));
            self.dropped.extend(replaced);
            return Ok(());
        }
        self.relations
            .insert(schema.id, Relation::new(schema, self.makers)?);
        Ok(())
    }

    fn relation_mut(&mut self, table: TableId) -> Result<(&mut Relation, &mut Blocks)> {
        let relation = self.relations.get_mut(&table);
        Ok((
            relation.ok_or_else(|| unknown_table(table))?,
            &mut self.blocks,
        ))
    }

    /// The index, and what had its id before a definition changed or dropped it, for cursors that are open.
    pub(crate) fn indexes(
        &self,
        table: TableId,
        index: IndexId,
    ) -> impl Iterator<Item = &KeyIndex> {
        let current = self.relation(table).and_then(|own| own.index(index));
        let dropped = self.dropped.iter();
        let dropped = dropped.filter(move |(of, old)| (*of, old.id) == (table, index));
        current.into_iter().chain(dropped.map(|(_, old)| old))
    }

    /// Forgets the indexes that are gone. There must not be an open cursor.
    pub fn forget_dropped(&mut self) {
        self.dropped.clear();
    }

    /// Answers a `Need`: unpacks a block, or makes the closed tier that a checkpoint leaves out. It is kept until it is said
    /// that it was of use (see [`Store::release`]).
    ///
    /// # Errors
    /// `CORRUPT` for what a checkpoint says that contradicts itself, `IO` where it cannot be read.
    pub fn load(&mut self, block: BlockId, waiter: Waiter) -> Result<()> {
        self.pin(waiter, block);
        self.make_room();
        let (relations, blocks) = (&mut self.relations, &mut self.blocks);
        if let Some(relation) = relations.values_mut().find(|own| own.awaits(block)) {
            self.heap.check(relation.index_bytes(blocks))?;
            relation.make_past(block, blocks)?;
        }
        self.make_past_of_dropped(&|index| index.awaits(block))?;
        self.blocks.load(block, waiter)
    }

    /// Makes the closed tiers of indexes that are gone, of those that await it up to a sequence.
    pub(super) fn make_past_of_dropped(
        &mut self,
        awaits: &dyn Fn(&KeyIndex) -> Option<u64>,
    ) -> Result<()> {
        let (relations, blocks) = (&self.relations, &mut self.blocks);
        for (table, index) in &mut self.dropped {
            if let (Some(seq), Some(relation)) = (awaits(index), relations.get(table)) {
                self.heap.check(relation.index_bytes(blocks))?;
                let past = relation.past_of(index, seq, blocks)?;
                index.take_past(past, blocks);
            }
        }
        Ok(())
    }

    /// # Errors
    /// `CORRUPT` if something that a checkpoint holds turned out to contradict itself, `IO` if it could not be read in place:
    /// what has been answered since it was touched means nothing.
    pub fn check_sound(&self) -> Result<()> {
        self.blocks.memory.check_sound()
    }

    pub fn last_seq(&self) -> Option<Seq> {
        (self.commits.len() as u64).checked_sub(1).map(Seq)
    }

    pub fn catalog(&self, snapshot: Snapshot) -> Rc<Catalog> {
        match self.catalog_epoch(snapshot) {
            0 => self.empty.clone(),
            epoch => self.catalogs[epoch as usize - 1].1.clone(),
        }
    }

    /// A relation as it is, or was before it was dropped: by the commit that dropped it, too.
    pub fn last_definition(&self, id: TableId) -> Option<&TableSchema> {
        let commits = self.changes.iter().rev();
        let mut changes = commits.flat_map(|(_, changes)| changes.iter().rev());
        changes.find_map(|change| match change {
            CatalogChange::CreateTable(schema) | CatalogChange::AlterTable(schema) => {
                (schema.id == id).then_some(schema)
            }
            _ => None,
        })
    }

    /// Equal epochs, equal catalogs.
    pub fn catalog_epoch(&self, snapshot: Snapshot) -> u64 {
        let known = |(seq, _): &(Seq, Rc<Catalog>)| snapshot.seq.is_some_and(|at| *seq <= at);
        self.catalogs.partition_point(known) as u64
    }

    /// The last commit at or before a time.
    pub fn seq_at_time(&self, time: i64) -> Option<Seq> {
        let after = self.commits.until(time) as u64;
        after.checked_sub(1).map(Seq)
    }

    pub fn commit_info(&self, seq: Seq) -> Option<&CommitInfo> {
        self.commits.get(usize::try_from(seq.0).ok()?)
    }

    /// Walks over everything that is held.
    pub fn stats(&self) -> Stats {
        let relations = || self.relations.values();
        let blocks: usize = self.blocks.iter().map(|block| block.bytes_held()).sum();
        let waiting = self.blocks.waiting();
        let packed: usize = self.parts.iter().map(|part| part.held()).sum();
        let indexes: usize = relations().map(Relation::bytes_held).sum();
        Stats {
            blocks: (self.blocks.iter().count() + waiting) as u64,
            runs: relations().map(|relation| relation.runs() as u64).sum(),
            versions: relations().map(Relation::versions).sum(),
            copies: self.blocks.copies(),
            live_entries_touched: self.touched.live.get(),
            closed_entries_touched: self.touched.closed.get(),
            bytes_held: (blocks + packed + indexes) as u64,
        }
    }

    /// What making an index over a table takes at most.
    pub fn index_bytes(&self, table: TableId) -> u64 {
        let relation = self.relation(table);
        relation.map_or(0, |relation| relation.index_bytes(&self.blocks))
    }

    /// A table to be read: what reads one that is lost is an error in the end (see [`Store::guard`]).
    pub(crate) fn relation(&self, table: TableId) -> Option<&Relation> {
        let relation = self.relations.get(&table)?;
        if relation.is_lost {
            self.touched.lost.set(Some(table));
        }
        Some(relation)
    }

    pub(crate) fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    pub(crate) fn next_ids(&self) -> NextIds {
        self.next
    }
}

fn unknown_table(table: TableId) -> Error {
    Error::new(
        Code::Corrupt,
        format!("a commit changes table {table}, which does not exist"),
    )
}
