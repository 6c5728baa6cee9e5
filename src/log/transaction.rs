//! A commit as frames, and frames as a commit.
//!
//! ```text
//!   DDL* · ( CLOSE_ALL? · SOFT_DELETE* · PATCH* · INSERT* )* · COMMIT        one group a table
//! ```
//!
//! All frames of a transaction carry its sequence and the milliseconds of its time. Long runs of rows
//! span several frames; read back they are one run again. The events mean nothing until the COMMIT frame
//! that counts them has been read and its hash has been found right.

use super::chain::{Blinding, Hash, Leaves};
use super::event::{self, Rows, Weight};
use super::frame::{self, Body, Checksum, EventType, HEAD_BYTES};
use super::record::Record;
use crate::commit::{Commit, RowChanges, TableChange};
use crate::encoding::catalog;
use crate::encoding::limit::{FRAME_BYTES_MAX, FRAME_ROWS_MAX, TRANSACTION_BYTES_MAX};
use crate::encoding::vector::{self, Budget};
use crate::encoding::wire::{Decoded, invalid};
use crate::error::{Code, Error, Result};
use crate::types::{Seq, TableId};
use std::ops::Range;

/// What a commit needs to know of the place it goes to.
#[derive(Debug)]
pub struct Destination<'a> {
    pub checksum: &'a Checksum,
    /// Of the first frame in its file.
    pub offset: u64,
    /// Everything in the file before it is known to be durable.
    pub flushed_end: u64,
    pub previous: Hash,
    pub blinding: Blinding,
}

/// Appends the frames of a commit and returns its hash. On an error `out` is as it was.
pub fn write(out: &mut Vec<u8>, commit: &Commit, destination: &Destination) -> Result<Hash> {
    let start = out.len();
    let mut writer = Writer {
        out,
        start,
        destination,
        seq: commit.seq.0,
        unix_ms: commit.time.div_euclid(1000),
        leaves: Leaves::new(destination.blinding),
        events: 0,
        weight: Weight::default(),
    };
    let result = writer.events(commit).and_then(|()| writer.commit(commit));
    if result.is_err() {
        out.truncate(start);
    }
    result
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Where in `out` the transaction begins.
    start: usize,
    destination: &'a Destination<'a>,
    seq: u64,
    unix_ms: i64,
    leaves: Leaves,
    events: u32,
    weight: Weight,
}

impl Writer<'_> {
    fn events(&mut self, commit: &Commit) -> Result<()> {
        for change in &commit.catalog {
            self.weight.add_event(0, 0)?;
            self.event(EventType::Ddl, |out| {
                catalog::write_change(out, change);
                Ok(())
            })?;
        }
        commit
            .tables
            .iter()
            .try_for_each(|change| self.table(change))
    }

    fn table(&mut self, change: &TableChange) -> Result<()> {
        let table = change.table;
        if change.close_all {
            self.weight.add_event(0, 0)?;
            self.event(EventType::CloseAll, |out| {
                event::write_close_all(out, table);
                Ok(())
            })?;
        }
        for rows in change.deletes.chunks(FRAME_ROWS_MAX) {
            self.weight.add_event(0, 8 * rows.len() as u64)?;
            self.event(EventType::SoftDelete, |out| {
                event::write_delete(out, table, rows);
                Ok(())
            })?;
        }
        for run in &change.updates {
            self.run(EventType::Patch, table, run)?;
        }
        match &change.inserts {
            Some(run) => self.run(EventType::Insert, table, run),
            None => Ok(()),
        }
    }

    fn run(&mut self, event: EventType, table: TableId, run: &RowChanges) -> Result<()> {
        let fits = run.columns.len() == run.vectors.len()
            && run
                .vectors
                .iter()
                .all(|vector| vector.len() == run.rows.len());
        if !fits {
            let message = "a run of rows has vectors of other lengths than it has rows";
            return Err(Error::new(Code::Internal, message));
        }
        for (part, weight) in event::split(run)? {
            self.weight.add_event(run.columns.len(), weight)?;
            self.event(event, |out| {
                event::write_rows(out, table, run, part);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn event(
        &mut self,
        event: EventType,
        fill: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let payload = self.frame(event, fill)?;
        self.leaves.push(event, &self.out[payload]);
        self.events += 1;
        Ok(())
    }

    fn frame(
        &mut self,
        event: EventType,
        fill: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<Range<usize>> {
        let frame_start = self.out.len();
        let offset = self.destination.offset + (frame_start - self.start) as u64;
        let head = (self.seq, self.unix_ms, event);
        let (filled, payload) =
            frame::write(self.out, self.destination.checksum, offset, head, fill);
        filled?;
        if self.out.len() - frame_start - HEAD_BYTES > FRAME_BYTES_MAX {
            return Err(event::too_long("a row or schema", FRAME_BYTES_MAX as u64));
        }
        if (self.out.len() - self.start) as u64 > TRANSACTION_BYTES_MAX {
            return Err(event::too_long("a transaction", TRANSACTION_BYTES_MAX));
        }
        Ok(payload)
    }

    fn commit(&mut self, commit: &Commit) -> Result<Hash> {
        let mut record = Record::of(commit, self.events, self.destination);
        let info = record.info();
        record.hash = self
            .leaves
            .commit(&self.destination.previous, self.seq, commit.time, &info);
        self.frame(EventType::Commit, |out| {
            record.write(out, &info);
            Ok(())
        })?;
        Ok(record.hash)
    }
}

/// Gathers the events of a transaction until its COMMIT frame comes.
#[derive(Debug, Default)]
pub struct Transaction {
    events: Vec<(EventType, Range<usize>)>,
    /// The payloads of all events.
    bytes: Vec<u8>,
    seq: u64,
    unix_ms: i64,
}

impl Transaction {
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub fn clear(&mut self) {
        self.events.clear();
        self.bytes.clear();
    }

    pub fn push(&mut self, body: Body) -> Decoded<()> {
        if self.is_empty() {
            (self.seq, self.unix_ms) = (body.seq, body.unix_ms);
        }
        self.check_head(&body)?;
        let start = self.bytes.len();
        if (start + body.payload.len()) as u64 > TRANSACTION_BYTES_MAX {
            return invalid("a transaction is larger than its limit");
        }
        self.bytes.extend(body.payload);
        self.events.push((body.event, start..self.bytes.len()));
        Ok(())
    }

    fn check_head(&self, body: &Body) -> Decoded<()> {
        match (body.seq, body.unix_ms) == (self.seq, self.unix_ms) {
            true => Ok(()),
            false => invalid("two transactions are mixed"),
        }
    }

    /// Makes the events and their COMMIT frame into a commit. Nothing is left afterwards.
    pub fn finish(&mut self, body: Body, previous: &Hash) -> Decoded<(Commit, Hash)> {
        if !self.is_empty() {
            self.check_head(&body)?;
        }
        let record = Record::read(body.payload, body.unix_ms)?;
        if record.count as usize != self.events.len() {
            return invalid("a transaction lacks events");
        }
        self.check_hash(&body, &record, previous)?;
        let mut builder = Builder {
            commit: record.commit(Seq(body.seq)),
            budget: Budget::new(),
            stage: Stage::Catalog,
        };
        for (event, range) in &self.events {
            builder.event(*event, &self.bytes[range.clone()])?;
        }
        self.clear();
        Ok((builder.commit, record.hash))
    }

    #[inline(never)] // see `Recovery::step_rarely`
    fn check_hash(&self, body: &Body, record: &Record, previous: &Hash) -> Decoded<()> {
        let mut leaves = Leaves::new(record.blinding);
        for (event, range) in &self.events {
            leaves.push(*event, &self.bytes[range.clone()]);
        }
        match leaves.commit(previous, body.seq, record.time, &record.info()) == record.hash {
            true => Ok(()),
            false => invalid("the chain of hashes is broken"),
        }
    }
}

/// Where in the group of a table the events have come to. They never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Catalog,
    CloseAll,
    Delete,
    Patch,
    Insert,
}

struct Builder {
    commit: Commit,
    budget: Budget,
    stage: Stage,
}

impl Builder {
    fn event(&mut self, event: EventType, payload: &[u8]) -> Decoded<()> {
        match event {
            EventType::Ddl if self.stage == Stage::Catalog => {
                self.commit.catalog.push(catalog::read_change(payload)?);
            }
            EventType::CloseAll => {
                let table = event::read_close_all(payload)?;
                self.budget.spend(256)?;
                self.change(table, Stage::CloseAll).close_all = true;
            }
            EventType::SoftDelete => {
                let (table, rows) = event::read_delete(payload, &mut self.budget)?;
                self.change(table, Stage::Delete).deletes.extend(rows);
            }
            EventType::Patch | EventType::Insert => {
                let rows = event::read_rows(payload, &mut self.budget)?;
                self.rows(event, rows)?;
            }
            _ => return invalid("an event stands where it cannot"),
        }
        Ok(())
    }

    /// The change of a table that an event at this stage belongs to: the last one, or a new one.
    fn change(&mut self, table: TableId, stage: Stage) -> &mut TableChange {
        let goes_on = self
            .commit
            .tables
            .last()
            .is_some_and(|last| last.table == table)
            && (stage > self.stage || stage == self.stage && stage != Stage::CloseAll);
        self.stage = stage;
        if !goes_on {
            self.commit.tables.push(TableChange::new(table));
        }
        self.commit
            .tables
            .last_mut()
            .expect("there is one, or it was pushed above")
    }

    fn rows(&mut self, event: EventType, rows: Rows) -> Decoded<()> {
        let Some(columns) = rows.columns else {
            return self.continued(event, rows);
        };
        let run = RowChanges {
            rows: rows.rows,
            columns,
            vectors: rows.vectors,
        };
        if event == EventType::Patch {
            self.change(rows.table, Stage::Patch).updates.push(run);
            return Ok(());
        }
        // A second run of inserts is a change of its own.
        if self.stage == Stage::Insert {
            self.stage = Stage::Catalog;
            self.commit.tables.push(TableChange::new(rows.table));
        }
        self.change(rows.table, Stage::Insert).inserts = Some(run);
        Ok(())
    }

    fn continued(&mut self, event: EventType, rows: Rows) -> Decoded<()> {
        let last = self
            .commit
            .tables
            .last_mut()
            .filter(|last| last.table == rows.table);
        let run = match (event, self.stage) {
            (EventType::Patch, Stage::Patch) => last.and_then(|last| last.updates.last_mut()),
            (EventType::Insert, Stage::Insert) => last.and_then(|last| last.inserts.as_mut()),
            _ => None,
        };
        let Some(run) = run.filter(|run| run.vectors.len() == rows.vectors.len()) else {
            return invalid("a run of rows goes on that was not begun");
        };
        run.rows.extend(rows.rows);
        run.vectors
            .iter_mut()
            .zip(rows.vectors)
            .try_for_each(|(to, from)| vector::append(to, from))
    }
}
