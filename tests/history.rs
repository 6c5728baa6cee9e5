//! Runs the scripts in `tests/scripts/table` and `tests/scripts/txn`: what tables and transactions promise,
//! with sequences and counters named. `UPDATE_GOLDENFILES=1` records the output anew.
//!
//! There is one table, `t (id bigint primary key, name text)`. Each changing command is a statement and, outside
//! `begin` and `commit`, a transaction. Rows are shown with the interval `[start, end)` in which they live.

use driftdb::column::{Chunk, Vector};
use driftdb::error::{Error, Result};
use driftdb::table::{Fetch, Location, Residency, Store};
use driftdb::txn::{CommitHead, KeyRange, Savepoint, Transaction, View, ZoneFilter};
use driftdb::types::*;
use goldenscript::{Argument, Command, Context};
use std::collections::HashMap;
use std::error::Error as AnyError;
use std::fmt::Write;
use std::ops::Bound;
use std::path::Path;
use std::rc::Rc;

const TABLE: TableId = TableId(0);
const KEY: IndexId = IndexId(0);
const ID: ColumnId = ColumnId(0);
const NAME: ColumnId = ColumnId(1);
const SHOWN: [ScanColumn; 4] = [
    ScanColumn::Column(ID),
    ScanColumn::Column(NAME),
    ScanColumn::SeqStart,
    ScanColumn::SeqEnd,
];

struct Runner {
    store: Store,
    transaction: Option<Transaction>,
    savepoints: HashMap<String, Savepoint>,
    /// Loads that reads had to wait for.
    waits: usize,
}

impl Runner {
    fn new(residency: Residency) -> Runner {
        Runner {
            store: Store::new(residency),
            transaction: None,
            savepoints: HashMap::new(),
            waits: 0,
        }
    }

    /// Runs a statement: in the open transaction, or in one of its own.
    fn statement(
        &mut self,
        run: impl Fn(&mut Transaction, &mut Runner) -> Result<()>,
    ) -> Result<String> {
        let open = self.transaction.take();
        let explicit = open.is_some();
        let mut transaction = open.unwrap_or_else(|| Transaction::begin(&self.store));
        let savepoint = transaction.savepoint();
        let done =
            run(&mut transaction, self).and_then(|()| transaction.end_statement(&self.store));
        if done.is_err() {
            transaction.rollback_to(&savepoint);
        }
        if explicit {
            self.transaction = Some(transaction);
            return done.map(|()| String::new());
        }
        done.and_then(|()| self.commit(transaction))
    }

    fn commit(&mut self, transaction: Transaction) -> Result<String> {
        let Some(commit) = transaction.into_commit(&self.store, CommitHead::default()) else {
            return Ok("nothing to commit\n".to_string());
        };
        let mut shown = format!("{}:", commit.seq);
        for change in &commit.tables {
            let updates: usize = change.updates.iter().map(|run| run.rows.len()).sum();
            let inserts = change.inserts.as_ref().map_or(0, |run| run.rows.len());
            let counts = [
                ("insert", inserts),
                ("update", updates),
                ("delete", change.deletes.len()),
                ("close all", change.close_all.into()),
            ];
            for (kind, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                write!(shown, " {kind} {count}").expect("writing to a string");
            }
        }
        if !commit.catalog.is_empty() {
            write!(shown, " catalog {}", commit.catalog.len()).expect("writing to a string");
        }
        self.store.apply(commit)?;
        Ok(shown + "\n")
    }

    fn ready<T>(
        &mut self,
        transaction: Option<&Transaction>,
        ask: impl Fn(View) -> Result<Fetch<T>>,
    ) -> Result<T> {
        loop {
            let present = Snapshot::main(self.store.last_seq());
            let view = transaction.map_or_else(
                || View::at(&self.store, present),
                |txn| txn.view(&self.store),
            );
            match ask(view)? {
                Fetch::Ready(value) => return Ok(value),
                Fetch::Need(block) => self.store.load(block, driftdb::table::Waiter::CALL)?,
            }
            self.waits += 1;
        }
    }

    /// The row that has an id now.
    fn find(&mut self, transaction: &Transaction, id: i64) -> Result<RowId> {
        let versions = Versions::AsOf(transaction.snapshot());
        let key = [Value::I64(id)];
        let found = self.ready(Some(transaction), |view| {
            view.get_unique(TABLE, KEY, &key, &versions, true)
        })?;
        let missing = || {
            Error::new(
                driftdb::error::Code::UndefinedObject,
                format!("no row {id}"),
            )
        };
        let location = found.ok_or_else(missing)?;
        match self.ready(Some(transaction), |view| {
            view.cell(TABLE, location, ScanColumn::RowId)
        })? {
            Value::I64(row) => Ok(RowId(row as u64)),
            other => panic!("row ids are numbers, not {other:?}"),
        }
    }

    fn update(
        &mut self,
        transaction: &mut Transaction,
        rows: &[RowId],
        column: ColumnId,
        values: Vec<Value>,
    ) -> Result<()> {
        let physical = if column == ID {
            PhysicalType::I64
        } else {
            PhysicalType::Text
        };
        let values = [Rc::new(Vector::from_values(physical, &values))];
        while let Fetch::Need(block) =
            transaction.update(&self.store, TABLE, rows, &[column], &values)?
        {
            self.store.load(block, driftdb::table::Waiter::CALL)?;
            self.waits += 1;
        }
        Ok(())
    }

    fn scan(&mut self, versions: &Versions) -> Result<String> {
        let transaction = self.transaction.take();
        let writes = matches!(versions, Versions::AsOf(at) if at.seq == self.store.last_seq());
        let present = Snapshot::main(self.store.last_seq());
        let view = transaction.as_ref().map_or_else(
            || View::at(&self.store, present),
            |txn| txn.view(&self.store),
        );
        let mut rows = Vec::new();
        for unit in view.scan_units(TABLE, versions, writes) {
            let read = self.ready(transaction.as_ref(), |view| {
                view.read_unit(unit, versions, &SHOWN, &ZoneFilter::default())
            })?;
            rows.extend(read.iter().flat_map(lines));
        }
        self.transaction = transaction;
        rows.sort();
        Ok(rows.concat())
    }

    /// Reads through an index and says what that touched.
    fn by_index(&mut self, index: IndexId, range: KeyRange, versions: &Versions) -> Result<String> {
        let transaction = self.transaction.take();
        let shown = self.by_index_in(transaction.as_ref(), index, range, versions);
        self.transaction = transaction;
        shown
    }

    fn by_index_in(
        &mut self,
        transaction: Option<&Transaction>,
        index: IndexId,
        range: KeyRange,
        versions: &Versions,
    ) -> Result<String> {
        let before = self.store.stats();
        let writes = matches!(versions, Versions::AsOf(at) if at.seq == self.store.last_seq());
        let present = Snapshot::main(self.store.last_seq());
        let view = transaction.map_or_else(
            || View::at(&self.store, present),
            |txn| txn.view(&self.store),
        );
        let mut cursor = view.open_index(TABLE, index, versions, range, writes)?;
        let mut shown = String::new();
        loop {
            let mut next = cursor.clone();
            let step = std::cell::RefCell::new(&mut next);
            let rows: Vec<Location> = self.ready(transaction, |view| {
                view.next_rows(&mut step.borrow_mut(), 100)
            })?;
            if rows.is_empty() {
                break;
            }
            cursor = next;
            let chunk = self.ready(transaction, |view| view.read_rows(TABLE, &rows, &SHOWN))?;
            shown.extend(lines(&chunk));
        }
        let after = self.store.stats();
        let live = after.live_entries_touched - before.live_entries_touched;
        let closed = after.closed_entries_touched - before.closed_entries_touched;
        writeln!(shown, "touched {live} live, {closed} closed").expect("writing to a string");
        Ok(shown)
    }

    fn versions(&self, at: Option<&str>, all: bool) -> Versions {
        let present = self.store.last_seq();
        let snapshot = Snapshot::main(
            at.map(|at| Seq(at.parse().expect("a sequence")))
                .or(present),
        );
        if all {
            Versions::all(snapshot)
        } else {
            Versions::AsOf(snapshot)
        }
    }
}

fn lines(chunk: &Chunk) -> Vec<String> {
    let show = |value: &Value| match value {
        Value::Null => "-".to_string(),
        Value::I64(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        other => format!("{other:?}"),
    };
    let line = |index: usize| {
        let row: Vec<String> = chunk.row(index).iter().map(show).collect();
        format!("{} {} [{}, {})\n", row[0], row[1], row[2], row[3])
    };
    (0..chunk.len()).map(line).collect()
}

/// `1=ann`: an id and a name.
fn pairs(command: &Command) -> Vec<(i64, Value)> {
    let pair = |argument: &Argument| match argument {
        Argument::KeyValue(id, name) => Some((id.parse().expect("an id"), Value::text(name))),
        _ => None,
    };
    command.args.iter().filter_map(pair).collect()
}

fn words(command: &Command) -> Vec<&str> {
    fn word(argument: &Argument) -> Option<&str> {
        match argument {
            Argument::Positional(word) => Some(word),
            _ => None,
        }
    }
    command.args.iter().filter_map(word).collect()
}

fn schema() -> TableSchema {
    let column = |id, name: &str, data_type, nullable| ColumnSchema {
        id,
        name: name.to_string(),
        data_type,
        nullable,
        default: None,
        ..ColumnSchema::default()
    };
    TableSchema {
        id: TABLE,
        name: "t".to_string(),
        columns: vec![
            column(ID, "id", DataType::BigInt, false),
            column(NAME, "name", DataType::Text, true),
        ],
        next_column: ColumnId(2),
        primary_key: Some(KEY),
        indexes: vec![IndexSchema {
            id: KEY,
            name: "t_pkey".to_string(),
            columns: vec![ID],
            unique: true,
            constraint: true,
            ..IndexSchema::default()
        }],
        ..TableSchema::default()
    }
}

impl goldenscript::Runner for Runner {
    type Command = Command;

    fn run(
        &mut self,
        command: &Command,
        _: &Context,
    ) -> std::result::Result<String, Box<dyn AnyError>> {
        let mut args = command.consume_args();
        let (at, all) = (args.take_key("at"), words(command).contains(&"all"));
        let ids: Vec<i64> = words(command)
            .iter()
            .filter_map(|word| word.parse().ok())
            .collect();
        let pairs = match command.name.as_str() {
            "insert" | "update" | "move" => pairs(command),
            _ => Vec::new(),
        };
        let done =
            match command.name.as_str() {
                "create" => self
                    .statement(|txn, runner| txn.create_table(&runner.store, schema()).map(drop)),
                "drop" => self.statement(|txn, runner| txn.drop_table(&runner.store, TABLE)),
                "index" => self.statement(|txn, runner| {
                    let unique = words(command).contains(&"unique");
                    let index = IndexSchema {
                        id: KEY,
                        name: "t_name".to_string(),
                        columns: vec![NAME],
                        unique,
                        constraint: false,
                        ..IndexSchema::default()
                    };
                    txn.create_index(&runner.store, TABLE, index).map(drop)
                }),
                "insert" => self.statement(|txn, runner| {
                    for (id, name) in &pairs {
                        txn.insert_row(&runner.store, TABLE, &[Value::I64(*id), name.clone()])?;
                    }
                    Ok(())
                }),
                // Rows 1 to n, named by their number modulo ten.
                "fill" => self.statement(|txn, runner| {
                    let ids: Vec<Value> = (1..=ids[0]).map(Value::I64).collect();
                    let names: Vec<Value> = (1..=ids.len())
                        .map(|id| Value::text(&(id % 10).to_string()))
                        .collect();
                    let columns = [(PhysicalType::I64, &ids), (PhysicalType::Text, &names)];
                    let columns = columns
                        .map(|(physical, values)| Rc::new(Vector::from_values(physical, values)));
                    txn.insert(&runner.store, TABLE, &columns).map(drop)
                }),
                "update" => self.statement(|txn, runner| {
                    for (id, name) in &pairs {
                        let row = runner.find(txn, *id)?;
                        runner.update(txn, &[row], NAME, vec![name.clone()])?;
                    }
                    Ok(())
                }),
                // Gives rows other ids, all in one statement.
                "move" => self.statement(|txn, runner| {
                    let rows = pairs
                        .iter()
                        .map(|(id, _)| runner.find(txn, *id))
                        .collect::<Result<Vec<_>>>()?;
                    let new = pairs.iter().map(|(_, new)| match new {
                        Value::Text(new) => Value::I64(new.parse().expect("an id")),
                        other => other.clone(),
                    });
                    runner.update(txn, &rows, ID, new.collect())
                }),
                "delete" => self.statement(|txn, runner| {
                    let rows = ids
                        .iter()
                        .map(|id| runner.find(txn, *id))
                        .collect::<Result<Vec<_>>>()?;
                    txn.delete(&runner.store, TABLE, &rows)
                }),
                // Updates a row so many times, each in a commit of its own.
                "churn" => {
                    for step in 0..ids[1] {
                        self.statement(|txn, runner| {
                            let row = runner.find(txn, ids[0])?;
                            runner.update(
                                txn,
                                &[row],
                                NAME,
                                vec![Value::text(&format!("step {step}"))],
                            )
                        })?;
                    }
                    Ok(format!(
                        "at {}\n",
                        self.store.last_seq().expect("it has commits")
                    ))
                }
                // The same, and the row goes away and comes back under its id each time.
                "recreate" => {
                    for _ in 0..ids[1] {
                        self.statement(|txn, runner| {
                            let row = runner.find(txn, ids[0])?;
                            txn.delete(&runner.store, TABLE, &[row])
                        })?;
                        self.statement(|txn, runner| {
                            txn.insert_row(
                                &runner.store,
                                TABLE,
                                &[Value::I64(ids[0]), Value::text("again")],
                            )
                            .map(drop)
                        })?;
                    }
                    Ok(format!(
                        "at {}\n",
                        self.store.last_seq().expect("it has commits")
                    ))
                }
                "truncate" => self.statement(|txn, runner| txn.truncate(&runner.store, TABLE)),
                "begin" => {
                    self.transaction = Some(Transaction::begin(&self.store));
                    Ok(String::new())
                }
                "commit" => {
                    let transaction = self.transaction.take().ok_or("no transaction")?;
                    self.commit(transaction)
                }
                "rollback" => {
                    self.transaction = None;
                    Ok(String::new())
                }
                "savepoint" | "back" => {
                    let transaction = self.transaction.as_mut().ok_or("no transaction")?;
                    let name = words(command)[0].to_string();
                    match command.name.as_str() {
                        "back" => transaction
                            .rollback_to(self.savepoints.get(&name).ok_or("no savepoint")?),
                        _ => drop(self.savepoints.insert(name, transaction.savepoint())),
                    }
                    Ok(String::new())
                }
                "scan" => self.scan(&self.versions(at, all)),
                "get" => {
                    let range = KeyRange {
                        prefix: vec![Value::I64(ids[0])],
                        lower: Bound::Unbounded,
                        upper: Bound::Unbounded,
                        backwards: false,
                    };
                    self.by_index(KEY, range, &self.versions(at, all))
                }
                "named" => {
                    let name = Value::text(words(command)[0]);
                    let range = KeyRange {
                        prefix: vec![name],
                        lower: Bound::Unbounded,
                        upper: Bound::Unbounded,
                        backwards: false,
                    };
                    self.by_index(IndexId(1), range, &self.versions(at, all))
                }
                "ordered" => {
                    let backwards = words(command).contains(&"backwards");
                    let range = KeyRange {
                        prefix: Vec::new(),
                        lower: Bound::Unbounded,
                        upper: Bound::Unbounded,
                        backwards,
                    };
                    self.by_index(KEY, range, &self.versions(at, all))
                }
                // Forgets what was shown: for reads whose rows do not matter.
                "count" => Ok(format!(
                    "{} rows\n",
                    self.scan(&self.versions(at, all))?.lines().count()
                )),
                "stats" => {
                    let stats = self.store.stats();
                    Ok(format!(
                        "{} blocks, {} versions, {} copies\n",
                        stats.blocks, stats.versions, stats.copies
                    ))
                }
                "waits" => Ok(format!("{}\n", std::mem::take(&mut self.waits))),
                other => return Err(format!("unknown command {other}").into()),
            };
        done.map_err(|error| {
            let detail = error
                .detail()
                .map_or(String::new(), |detail| format!(" ({detail})"));
            format!("{error}{detail}").into()
        })
    }
}

fn run_all(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/scripts")
        .join(folder);
    let mut scripts: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder exists")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    for script in scripts {
        let missing = script.to_string_lossy().contains("missing");
        let residency = if missing {
            Residency::FirstTouch
        } else {
            Residency::All
        };
        goldenscript::run(&mut Runner::new(residency), &script).expect("the script runs");
    }
}

#[test]
fn table_scripts() {
    run_all("table");
}

#[test]
fn transaction_scripts() {
    run_all("txn");
}
