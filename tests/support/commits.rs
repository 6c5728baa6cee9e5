//! Commits to test with, and ways to write and read them.

use super::random::Random;
use driftdb::column::{Data, Strings, Vector};
use driftdb::commit::{CatalogChange, Commit, RowChanges, TableChange};
use driftdb::error::Result;
use driftdb::log::{Contents, Log, Mode, Options, Recovered, Recovery, Report, Sizes, Spot};
use driftdb::storage::Storage;
use driftdb::types::{
    BranchId, ColumnId, ColumnSchema, DataType, Decimal, Entropy, IndexId, IndexSchema, RowId, Seq,
    TableId, TableSchema, Value,
};
use std::cell::Cell;
use std::rc::Rc;

/// A day in 2026, in microseconds.
pub const START: i64 = 1_767_225_600_000_000;

/// Random bytes that a test can repeat.
pub struct Seeded(Cell<u64>);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Seeded(Cell::new(seed))
    }

    pub fn next(&self) -> u64 {
        let mut random = Random(self.0.get());
        let next = random.next();
        self.0.set(random.0);
        next
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        self.next() % bound
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Options with segments as small as they get, so that tests meet many.
pub fn options(seed: u64) -> Options {
    Options {
        sizes: Sizes {
            first_segment: 5000,
            largest_segment: 7000,
            zero_ahead: 512,
            checkpoint_after: u64::MAX,
        },
        ..Options::new(START, Rc::new(Seeded::new(seed)))
    }
}

pub fn read_only(seed: u64, mode: Mode) -> Options {
    Options {
        mode,
        ..options(seed)
    }
}

/// Opens a log and reads all of it, however often the storage has to be asked.
pub fn open(storage: Box<dyn Storage>, options: Options) -> Result<(Vec<Commit>, Log, Report)> {
    let mut recovery = Recovery::new(storage, options);
    let mut commits = Vec::new();
    for _ in 0..1_000_000 {
        match recovery.step()? {
            Recovered::Commit(commit) => commits.push(*commit),
            Recovered::Part(part, _) => commits.push(commit_of(&part)),
            Recovered::Lost(damage) => return Err(damage),
            Recovered::Miss => {}
            Recovered::Done { log, report } => return Ok((commits, *log, report)),
        }
    }
    panic!("the recovery does not end");
}

/// Appends a commit and waits until it is durable.
pub fn commit(log: &mut Log, commit: &Commit) -> Result<()> {
    log.append(commit)?;
    flush(log)
}

pub fn flush(log: &mut Log) -> Result<()> {
    if let Some(ticket) = log.flush()? {
        while !log.durable(ticket)? {}
    }
    Ok(())
}

pub fn close(log: &mut Log) -> Result<()> {
    while !log.close()? {}
    Ok(())
}

pub fn empty_commit(seq: u64) -> Commit {
    Commit {
        seq: Seq(seq),
        branch: BranchId::MAIN,
        merge_parent: None,
        time: START + seq as i64 * 1_000_001,
        raw_clock: START + seq as i64 * 1_000_001,
        request: None,
        request_ordinal: 0,
        affected_rows: 0,
        meta: None,
        statement: String::new(),
        catalog: Vec::new(),
        tables: Vec::new(),
    }
}

pub fn schema() -> TableSchema {
    let column = |id, name: &str, data_type| ColumnSchema {
        id: ColumnId(id),
        name: name.to_string(),
        data_type,
        nullable: id > 0,
        default: None,
        ..ColumnSchema::default()
    };
    TableSchema {
        id: TableId(1),
        name: "events".to_string(),
        columns: vec![
            column(0, "id", DataType::Integer),
            column(1, "data", DataType::Text),
        ],
        next_column: ColumnId(2),
        primary_key: Some(IndexId(1)),
        indexes: vec![IndexSchema {
            id: IndexId(1),
            name: "events_pkey".to_string(),
            columns: vec![ColumnId(0)],
            unique: true,
            constraint: true,
            ..IndexSchema::default()
        }],
        ..TableSchema::default()
    }
}

pub fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vector {
    let strings: Strings = texts.into_iter().map(str::as_bytes).collect();
    Vector::new(Data::Text(strings))
}

/// CREATE TABLE events (id INT PRIMARY KEY, data TEXT).
pub fn create_table(seq: u64) -> Commit {
    Commit {
        statement: "CREATE TABLE events (id INT PRIMARY KEY, data TEXT)".to_string(),
        catalog: vec![CatalogChange::CreateTable(schema())],
        ..empty_commit(seq)
    }
}

/// INSERT INTO events VALUES (id, data), …
pub fn insert<'a>(seq: u64, first: u64, data: impl IntoIterator<Item = &'a str>) -> Commit {
    let data = texts(data);
    let ids = first..first + data.len() as u64;
    let inserts = RowChanges {
        rows: ids.clone().map(RowId).collect(),
        columns: vec![ColumnId(0), ColumnId(1)],
        vectors: vec![
            Vector::new(Data::I64(ids.map(|id| id as i64).collect())),
            data,
        ],
    };
    let mut change = TableChange::new(TableId(1));
    let affected_rows = inserts.rows.len() as u64;
    change.inserts = Some(inserts);
    Commit {
        affected_rows,
        statement: "INSERT INTO events VALUES (?, ?)".to_string(),
        tables: vec![change],
        ..empty_commit(seq)
    }
}

/// UPDATE events SET data = … WHERE id = row
pub fn update(seq: u64, row: u64, data: &str) -> Commit {
    let mut change = TableChange::new(TableId(1));
    change.updates.push(RowChanges {
        rows: vec![RowId(row)],
        columns: vec![ColumnId(1)],
        vectors: vec![texts([data])],
    });
    Commit {
        affected_rows: 1,
        statement: "UPDATE events SET data = ? WHERE id = ?".to_string(),
        tables: vec![change],
        ..empty_commit(seq)
    }
}

/// DELETE FROM events WHERE id = row
pub fn delete(seq: u64, row: u64) -> Commit {
    let mut change = TableChange::new(TableId(1));
    change.deletes.push(RowId(row));
    Commit {
        affected_rows: 1,
        meta: Some(r#"{"user":"ada"}"#.to_string()),
        request: Some([seq as u8; 16]),
        request_ordinal: 3,
        statement: "DELETE FROM events WHERE id = ?".to_string(),
        tables: vec![change],
        ..empty_commit(seq)
    }
}

/// A short history with every kind of event.
/// A checkpoint of a history: parts of many lengths, one for each commit.
#[derive(Default)]
pub struct Parts(u64);

impl Contents for Parts {
    fn time(&self, seq: u64) -> i64 {
        START + seq as i64 * 1_000_001
    }

    fn next(&mut self, seq: u64) -> Result<Option<Vec<u8>>> {
        let next = self.0;
        self.0 += 1;
        let part = || next.to_le_bytes().repeat(1 + next as usize * 7 % 40);
        Ok((next <= seq).then(part))
    }

    fn placed(&mut self, _part: Vec<u8>, _spot: Spot) {}

    fn restart(&mut self, _seq: u64) {
        self.0 = 0;
    }
}

/// The commit that a part of such a checkpoint stands for.
pub fn commit_of(part: &[u8]) -> Commit {
    let seq = part.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let seq = seq.expect("a part begins with its sequence");
    history(seq + 1).pop().expect("as many as asked for")
}

/// Writes a checkpoint, or finds out that none can be written.
pub fn checkpoint(log: &mut Log) -> Result<()> {
    let mut parts = Parts::default();
    log.want_checkpoint();
    for _ in 0..100_000 {
        if !log.checkpoint(300, START, &mut parts)? {
            return Ok(());
        }
    }
    panic!("the checkpoint does not end");
}

pub fn history(count: u64) -> Vec<Commit> {
    (0..count)
        .map(|seq| match seq % 5 {
            0 if seq == 0 => create_table(0),
            0 => truncate(seq),
            1 => insert(seq, seq * 10, ["original", "second", "third"]),
            2 => update(seq, seq * 10 - 10, "modified"),
            3 => delete(seq, seq * 10 - 20),
            _ => insert(seq, seq * 10, ["alone"]),
        })
        .collect()
}

/// TRUNCATE events, and a row of every type in another table.
pub fn truncate(seq: u64) -> Commit {
    let mut change = TableChange::new(TableId(1));
    change.close_all = true;
    let mut other = TableChange::new(TableId(2));
    other.inserts = Some(every_type(seq));
    Commit {
        raw_clock: START - 5,
        branch: BranchId(2),
        merge_parent: Some((BranchId(1), Seq(seq - 1))),
        statement: "TRUNCATE events".to_string(),
        tables: vec![change, other],
        ..empty_commit(seq)
    }
}

pub fn every_type(row: u64) -> RowChanges {
    let strings = |items: &[&[u8]]| items.iter().copied().collect::<Strings>();
    let vectors = vec![
        Vector::new(Data::Bool(vec![true, false])),
        Vector::new(Data::F64(vec![f64::NAN, 0.1])),
        Vector::new(Data::Decimal(vec![Decimal::Small(150, 2), Decimal::NaN])),
        Vector::new(Data::Bytes(strings(&[b"\xff\x00", b""]))),
        Vector::new(Data::Uuid(vec![7, u128::MAX])),
        Vector::new(Data::Array(vec![
            Rc::from([Value::I64(7), Value::Null]),
            Rc::from([]),
        ])),
    ];
    RowChanges {
        rows: vec![RowId(row), RowId(row + 5)],
        columns: (0..vectors.len() as u32).map(ColumnId).collect(),
        vectors,
    }
}
