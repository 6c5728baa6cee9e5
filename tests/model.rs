//! Random histories against a model that copies all tables at every commit.
//!
//! The model knows no blocks, no indexes and no intervals: a state is a map of rows, the past is the list of
//! states. Whatever the engine answers for any moment must be what the list says: scans and index reads, as
//! of a moment and over all versions, while a transaction is open and while readers run across commits, with
//! every block at hand and with each missing at its first touch, live and after replaying the commits.

use driftdb::commit::Commit;
use driftdb::error::{Code, Result};
use driftdb::table::{Fetch, Location, Residency, Store};
use driftdb::txn::{CommitHead, IndexCursor, KeyRange, ScanUnit, Transaction, View, ZoneFilter};
use driftdb::types::*;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

/// SplitMix64: the same history for the same seed everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A version of a row: since when (`None`: not committed yet) and its values.
#[derive(Debug, Clone)]
struct ModelRow {
    start: Option<u64>,
    values: Rc<Row>,
}

#[derive(Debug, Clone)]
struct ModelTable {
    schema: TableSchema,
    rows: BTreeMap<RowId, ModelRow>,
}

/// All tables at one moment, by name.
type State = BTreeMap<String, ModelTable>;

/// A version as a reader gets it: row, values, start, end.
type Seen = (RowId, Row, u64, u64);

const ALIVE: u64 = u64::MAX;

#[derive(Default)]
struct Model {
    /// After each commit.
    states: Vec<State>,
    /// By table, every version there ever was.
    versions: BTreeMap<TableId, Vec<Seen>>,
    /// Which of them each row alive has.
    alive: BTreeMap<(TableId, RowId), usize>,
}

impl Model {
    fn present(&self) -> State {
        self.states.last().cloned().unwrap_or_default()
    }

    fn commit(&mut self, mut state: State) {
        let seq = self.states.len() as u64;
        for table in self.present().values() {
            let id = table.schema.id;
            let after = state.values().find(|after| after.schema.id == id);
            for (row, before) in &table.rows {
                let same =
                    after.is_some_and(|t| t.rows.get(row).is_some_and(|r| r.start == before.start));
                if !same {
                    let version = self.alive.remove(&(id, *row)).expect("it was alive");
                    self.versions.get_mut(&id).expect("it had versions")[version].3 = seq;
                }
            }
        }
        for table in state.values_mut() {
            let versions = self.versions.entry(table.schema.id).or_default();
            for (row, new) in table.rows.iter_mut().filter(|(_, row)| row.start.is_none()) {
                new.start = Some(seq);
                self.alive.insert((table.schema.id, *row), versions.len());
                versions.push((*row, Row::clone(&new.values), seq, ALIVE));
            }
        }
        self.states.push(state);
    }

    fn at(&self, table: &ModelTable, known: u64) -> Vec<Seen> {
        let ends: BTreeMap<(RowId, u64), u64> = self.versions[&table.schema.id]
            .iter()
            .map(|v| ((v.0, v.2), v.3))
            .collect();
        let seen = |(id, row): (&RowId, &ModelRow)| {
            let start = row.start.expect("committed");
            let end = ends[&(*id, start)];
            (
                *id,
                Row::clone(&row.values),
                start,
                if end <= known { end } else { ALIVE },
            )
        };
        table.rows.iter().map(seen).collect()
    }

    /// All versions as known at a moment.
    fn all(&self, table: TableId, known: u64) -> Vec<Seen> {
        let versions = self.versions.get(&table).into_iter().flatten();
        let known_then = versions.filter(|version| version.2 <= known);
        let mut all: Vec<Seen> = known_then
            .map(|(id, row, start, end)| {
                (
                    *id,
                    row.clone(),
                    *start,
                    if *end <= known { *end } else { ALIVE },
                )
            })
            .collect();
        all.sort();
        all
    }
}

const COLUMNS: [(&str, DataType, bool); 4] = [
    ("id", DataType::BigInt, false),
    ("amount", DataType::Integer, true),
    ("name", DataType::Text, true),
    ("price", DataType::Numeric(None), true),
];

fn table_schema(name: &str) -> TableSchema {
    let columns = COLUMNS
        .iter()
        .enumerate()
        .map(|(id, (name, data_type, nullable))| ColumnSchema {
            id: ColumnId(id as u32),
            name: name.to_string(),
            data_type: *data_type,
            nullable: *nullable,
            default: None,
        });
    TableSchema {
        id: TableId(0),
        name: name.to_string(),
        columns: columns.collect(),
        next_column: ColumnId(4),
        primary_key: Some(IndexId(0)),
        indexes: vec![index_schema(&format!("{name}_pkey"), &[0], true)],
    }
}

fn index_schema(name: &str, columns: &[u32], unique: bool) -> IndexSchema {
    IndexSchema {
        id: IndexId(0),
        name: name.to_string(),
        columns: columns.iter().map(|id| ColumnId(*id)).collect(),
        unique,
        constraint: false,
    }
}

fn random_value(random: &mut Random, column: usize, spread: usize) -> Value {
    if column > 0 && random.chance(10) {
        return Value::Null;
    }
    match column {
        0 => Value::I64(random.below(spread * 4) as i64 - 5),
        1 => Value::I64(random.below(12) as i64),
        2 => Value::text(
            ["", "a", "ab", "open", "paid", "long enough not to be short"][random.below(6)],
        ),
        _ => Value::Decimal(Decimal::Small(
            random.below(30) as i128,
            random.below(3) as u16,
        )),
    }
}

fn vectors(rows: &[Row], columns: &[usize]) -> Vec<Rc<driftdb::column::Vector>> {
    let vector = |(position, column): (usize, &usize)| {
        let physical = COLUMNS[*column].1.physical();
        let values = rows.iter().map(|row| &row[position]);
        Rc::new(driftdb::column::Vector::from_values(physical, values))
    };
    columns.iter().enumerate().map(vector).collect()
}

/// Whether every unique index has each key at most once.
fn is_unique(table: &ModelTable) -> bool {
    table
        .schema
        .indexes
        .iter()
        .filter(|index| index.unique)
        .all(|index| {
            let mut keys: Vec<Row> = table
                .rows
                .values()
                .map(|row| key_of(index, &row.values))
                .collect();
            keys.retain(|key| !key.iter().any(Value::is_null));
            let all = keys.len();
            keys.sort();
            keys.dedup();
            keys.len() == all
        })
}

fn key_of(index: &IndexSchema, row: &Row) -> Row {
    index
        .columns
        .iter()
        .map(|id| row[id.0 as usize].clone())
        .collect()
}

/// Asks until it is there.
fn ready<T>(store: &mut Store, ask: impl Fn(&Store) -> Result<Fetch<T>>) -> T {
    loop {
        match ask(store).expect("a read of what exists") {
            Fetch::Ready(value) => return value,
            Fetch::Need(block) => store.load(block).expect("the block exists"),
        }
    }
}

const SCANNED: [ScanColumn; 7] = [
    ScanColumn::RowId,
    ScanColumn::Column(ColumnId(0)),
    ScanColumn::Column(ColumnId(1)),
    ScanColumn::Column(ColumnId(2)),
    ScanColumn::Column(ColumnId(3)),
    ScanColumn::SeqStart,
    ScanColumn::SeqEnd,
];

fn seen_rows(chunk: &driftdb::column::Chunk) -> Vec<Seen> {
    let number = |value: &Value, null: u64| match value {
        Value::I64(number) => *number as u64,
        _ => null,
    };
    let seen = |index: usize| {
        let row = chunk.row(index);
        (
            RowId(number(&row[0], 0)),
            row[1..5].to_vec(),
            number(&row[5], ALIVE),
            number(&row[6], ALIVE),
        )
    };
    (0..chunk.len()).map(seen).collect()
}

/// A view with or without a transaction.
fn view<'a>(
    store: &'a Store,
    transaction: Option<&'a Transaction>,
    snapshot: Snapshot,
) -> View<'a> {
    transaction.map_or_else(
        || View::at(store, snapshot),
        |transaction| transaction.view(store),
    )
}

fn read_units(
    store: &mut Store,
    txn: Option<&Transaction>,
    known: Snapshot,
    versions: &Versions,
    units: &[ScanUnit],
) -> Vec<Seen> {
    let mut seen = Vec::new();
    for unit in units {
        let read = |store: &Store| {
            view(store, txn, known).read_unit(*unit, versions, &SCANNED, &ZoneFilter::default())
        };
        seen.extend(ready(store, read).iter().flat_map(seen_rows));
    }
    seen
}

fn scan(
    store: &mut Store,
    txn: Option<&Transaction>,
    known: Snapshot,
    table: TableId,
    versions: &Versions,
) -> Vec<Seen> {
    let units = view(store, txn, known).scan_units(table, versions, txn.is_some());
    let mut seen = read_units(store, txn, known, versions, &units);
    seen.sort();
    seen
}

fn drain(
    store: &mut Store,
    txn: Option<&Transaction>,
    known: Snapshot,
    table: TableId,
    cursor: &mut IndexCursor,
    batch: usize,
) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        let rows = next_rows(store, txn, known, cursor, batch);
        assert!(rows.len() <= batch);
        if rows.is_empty() {
            return seen;
        }
        seen.extend(read_rows(store, txn, known, table, &rows));
    }
}

fn next_rows(
    store: &mut Store,
    txn: Option<&Transaction>,
    known: Snapshot,
    cursor: &mut IndexCursor,
    batch: usize,
) -> Vec<Location> {
    loop {
        let next = view(store, txn, known).next_rows(cursor, batch);
        match next.expect("a read of what exists") {
            Fetch::Ready(rows) => return rows,
            Fetch::Need(block) => store.load(block).expect("the block exists"),
        }
    }
}

fn read_rows(
    store: &mut Store,
    txn: Option<&Transaction>,
    known: Snapshot,
    table: TableId,
    rows: &[Location],
) -> Vec<Seen> {
    let chunk = ready(store, |store| {
        view(store, txn, known).read_rows(table, rows, &SCANNED)
    });
    seen_rows(&chunk)
}

fn random_range(random: &mut Random, index: &IndexSchema, spread: usize) -> KeyRange {
    let mut value = |position: usize| {
        random_value(
            &mut Random(random.next()),
            index.columns[position].0 as usize,
            spread,
        )
    };
    let mut range = KeyRange {
        prefix: Vec::new(),
        lower: Bound::Unbounded,
        upper: Bound::Unbounded,
        backwards: false,
    };
    let prefix = value(0);
    let (lower, upper) = (
        value(index.columns.len() - 1),
        value(index.columns.len() - 1),
    );
    if index.columns.len() > 1 || random.chance(40) {
        range.prefix.push(prefix);
    }
    if range.prefix.len() < index.columns.len() {
        range.lower = [
            Bound::Included(lower.clone()),
            Bound::Excluded(lower),
            Bound::Unbounded,
        ][random.below(3)]
        .clone();
        range.upper = [
            Bound::Included(upper.clone()),
            Bound::Excluded(upper),
            Bound::Unbounded,
        ][random.below(3)]
        .clone();
    }
    range.backwards = random.chance(40);
    range
}

fn is_in_range(range: &KeyRange, key: &[Value]) -> bool {
    let equal = range
        .prefix
        .iter()
        .zip(key)
        .all(|(a, b)| a == b && !a.is_null());
    let Some(next) = key.get(range.prefix.len()) else {
        return equal;
    };
    let bounds = [&range.lower, &range.upper];
    if bounds.iter().any(|bound| {
        matches!(
            bound,
            Bound::Included(Value::Null) | Bound::Excluded(Value::Null)
        )
    }) {
        return false;
    }
    let bounded = bounds
        .iter()
        .any(|bound| !matches!(bound, Bound::Unbounded));
    if bounded && next.is_null() {
        return false;
    }
    let above = match &range.lower {
        Bound::Included(low) => next >= low,
        Bound::Excluded(low) => next > low,
        Bound::Unbounded => true,
    };
    let below = match &range.upper {
        Bound::Included(high) => next <= high,
        Bound::Excluded(high) => next < high,
        Bound::Unbounded => true,
    };
    equal && above && below
}

/// Compares rows read through an index with those expected, which also lie in key order.
fn check_range(
    seen: Vec<Seen>,
    expected: &[Seen],
    index: &IndexSchema,
    range: &KeyRange,
    what: &str,
) {
    let keys: Vec<Row> = seen.iter().map(|row| key_of(index, &row.1)).collect();
    let ordered = |pair: &[Row]| {
        if range.backwards {
            pair[0] >= pair[1]
        } else {
            pair[0] <= pair[1]
        }
    };
    assert!(
        keys.windows(2).all(ordered),
        "{what}: key order by {index:?} in {range:?}"
    );
    let mut seen = seen;
    seen.sort();
    let in_range = |row: &&Seen| is_in_range(range, &key_of(index, &row.1));
    let expected: Vec<Seen> = expected.iter().filter(in_range).cloned().collect();
    assert_eq!(seen, expected, "{what}: {index:?} in {range:?}");
}

/// Compares everything that can be asked of one moment.
fn check_moment(store: &mut Store, model: &Model, seq: u64, random: &mut Random, spread: usize) {
    let last = model.states.len() as u64 - 1;
    let (at, present) = (
        Snapshot::main(Some(Seq(seq))),
        Snapshot::main(Some(Seq(last))),
    );
    for table in model.states[seq as usize].values() {
        let id = table.schema.id;
        let catalog = store.catalog(at);
        assert_eq!(
            **catalog
                .table(&table.schema.name)
                .expect("the table existed"),
            table.schema
        );
        let expected = model.at(table, last);
        let versions = Versions::AsOf(at);
        assert_eq!(
            scan(store, None, present, id, &versions),
            expected,
            "table {id} as of {seq}"
        );
        let all = model.all(id, seq);
        assert_eq!(
            scan(store, None, at, id, &Versions::all(at)),
            all,
            "all of table {id} known at {seq}"
        );
        // An index serves all moments as long as it exists, or as long as its table did.
        let newest = model.states[seq as usize..]
            .iter()
            .rev()
            .find_map(|state| state.values().find(|t| t.schema.id == id));
        for index in &newest.expect("it exists at this moment").schema.indexes {
            let range = random_range(random, index, spread);
            let batch = [1, 7, 3000][random.below(3)];
            for (versions, known, expected) in [
                (versions.clone(), present, &expected),
                (Versions::all(at), at, &all),
            ] {
                let cursor = View::at(store, known).open_index(
                    id,
                    index.id,
                    &versions,
                    range.clone(),
                    false,
                );
                let seen = drain(
                    store,
                    None,
                    known,
                    id,
                    &mut cursor.expect("the index exists"),
                    batch,
                );
                check_range(seen, expected, index, &range, &format!("{versions:?}"));
            }
            let existed = table.schema.index(index.id).is_some();
            if index.unique && existed {
                check_unique(
                    store, present, id, index, &versions, &expected, random, spread,
                );
            }
        }
    }
    for name in ["a", "b", "c"] {
        let exists = model.states[seq as usize].contains_key(name);
        assert_eq!(store.catalog(at).table(name).is_some(), exists);
    }
}

#[allow(clippy::too_many_arguments)]
fn check_unique(
    store: &mut Store,
    known: Snapshot,
    table: TableId,
    index: &IndexSchema,
    versions: &Versions,
    expected: &[Seen],
    random: &mut Random,
    spread: usize,
) {
    let random_key: Row = index
        .columns
        .iter()
        .map(|id| random_value(random, id.0 as usize, spread))
        .collect();
    let existing = expected
        .get(random.below(expected.len()))
        .map(|row| key_of(index, &row.1));
    for key in [Some(random_key), existing].into_iter().flatten() {
        let found = ready(store, |store| {
            View::at(store, known).get_unique(table, index.id, &key, versions, false)
        });
        let seen =
            found.map(|location| read_rows(store, None, known, table, &[location]).remove(0));
        let usable = !key.iter().any(Value::is_null);
        let wanted = expected
            .iter()
            .find(|row| usable && key_of(index, &row.1) == key);
        assert_eq!(
            seen.as_ref(),
            wanted,
            "{key:?} by {index:?} at {versions:?}"
        );
        if let (Some(location), Some(wanted)) = (found, wanted) {
            let cell = ready(store, |store| {
                View::at(store, known).cell(table, location, ScanColumn::Column(ColumnId(2)))
            });
            assert_eq!(cell, wanted.1[2]);
        }
    }
}

/// A reader that was started before some commits and goes on after them.
struct Reader {
    at: Snapshot,
    table: TableId,
    index: IndexSchema,
    range: KeyRange,
    cursor: IndexCursor,
    seen: Vec<Seen>,
    versions: Versions,
    units: Vec<ScanUnit>,
    scanned: Vec<Seen>,
    expected: Vec<Seen>,
    expected_scan: Vec<Seen>,
}

impl Reader {
    fn start(
        store: &mut Store,
        model: &Model,
        random: &mut Random,
        spread: usize,
    ) -> Option<Reader> {
        let seq = model.states.len().checked_sub(1)? as u64;
        let state = &model.states[seq as usize];
        let table = state.values().nth(random.below(state.len()))?;
        let (id, index) = (
            table.schema.id,
            table.schema.indexes[random.below(table.schema.indexes.len())].clone(),
        );
        let at = Snapshot::main(Some(Seq(seq)));
        let mut range = random_range(random, &index, spread);
        if random.chance(70) {
            range = KeyRange {
                prefix: Vec::new(),
                lower: Bound::Unbounded,
                upper: Bound::Unbounded,
                ..range
            };
        }
        let all = random.chance(30);
        let versions = if all {
            Versions::all(at)
        } else {
            Versions::AsOf(at)
        };
        let expected_scan = if all {
            model.all(id, seq)
        } else {
            model.at(table, seq)
        };
        let mut cursor = View::at(store, at)
            .open_index(id, index.id, &versions, range.clone(), false)
            .expect("the index exists");
        let first = next_rows(store, None, at, &mut cursor, 1 + random.below(1500));
        let seen = read_rows(store, None, at, id, &first);
        let mut units = View::at(store, at).scan_units(id, &versions, false);
        let rest = units.split_off(units.len() / 2);
        let scanned = read_units(store, None, at, &versions, &units);
        let expected = expected_scan.clone();
        Some(Reader {
            at,
            table: id,
            index,
            range,
            cursor,
            seen,
            versions,
            units: rest,
            scanned,
            expected,
            expected_scan,
        })
    }

    fn finish(mut self, store: &mut Store, model: &Model) {
        let dropped = !(model.present().values()).any(|t| {
            t.schema
                .indexes
                .iter()
                .any(|index| index.id == self.index.id)
        });
        if !dropped {
            self.seen.extend(drain(
                store,
                None,
                self.at,
                self.table,
                &mut self.cursor,
                1000,
            ));
            check_range(
                self.seen,
                &self.expected,
                &self.index,
                &self.range,
                "a cursor across commits",
            );
        }
        self.scanned.extend(read_units(
            store,
            None,
            self.at,
            &self.versions,
            &self.units,
        ));
        self.scanned.sort();
        assert_eq!(self.scanned, self.expected_scan, "a scan across commits");
    }
}

struct History {
    random: Random,
    /// Rows that a bulk statement works on.
    size: usize,
    spread: usize,
    store: Store,
    model: Model,
    commits: Vec<Commit>,
}

impl History {
    fn new(seed: u64, size: usize, residency: Residency) -> History {
        History {
            random: Random(seed),
            size,
            spread: size * 3,
            store: Store::new(residency),
            model: Model::default(),
            commits: Vec::new(),
        }
    }

    fn run(&mut self, transactions: usize) {
        for _ in 0..transactions {
            let reader = match self.random.chance(15) {
                true => Reader::start(&mut self.store, &self.model, &mut self.random, self.spread),
                false => None,
            };
            for _ in 0..if reader.is_some() { 3 } else { 1 } {
                self.transaction();
            }
            if let Some(reader) = reader {
                reader.finish(&mut self.store, &self.model);
            }
            if self.random.chance(15) && !self.model.states.is_empty() {
                let seq = self.random.below(self.model.states.len()) as u64;
                check_moment(
                    &mut self.store,
                    &self.model,
                    seq,
                    &mut self.random,
                    self.spread,
                );
            }
        }
    }

    fn transaction(&mut self) {
        let mut txn = Transaction::begin(&self.store);
        let mut state = self.model.present();
        let mut user_savepoint = None;
        for _ in 0..1 + self.random.below(4) {
            let savepoint = txn.savepoint();
            let before = state.clone();
            let done = self
                .statement(&mut txn, &mut state)
                .and_then(|()| txn.end_statement(&self.store));
            let allowed = state.values().all(is_unique);
            match done {
                Ok(()) => assert!(allowed, "a duplicate key came through"),
                Err(error) => {
                    assert_eq!(error.code(), Code::UniqueViolation, "{error}");
                    assert!(!allowed, "{error}: no key is duplicate");
                    txn.rollback_to(&savepoint);
                    state = before;
                }
            }
            if self.random.chance(15) {
                user_savepoint = Some((txn.savepoint(), state.clone()));
            }
            if self.random.chance(15)
                && let Some((savepoint, saved)) = &user_savepoint
            {
                txn.rollback_to(savepoint);
                state = saved.clone();
            }
            if self.random.chance(30) {
                self.check_writes(&txn, &state);
            }
        }
        if self.random.chance(90) {
            self.commit(txn, state);
        }
    }

    fn commit(&mut self, txn: Transaction, state: State) {
        let before = self.model.present();
        let schemas = |state: &State| state.values().map(|t| t.schema.clone()).collect::<Vec<_>>();
        let starts = |state: &State| -> Vec<(RowId, Option<u64>)> {
            state
                .values()
                .flat_map(|t| t.rows.iter().map(|(id, row)| (*id, row.start)))
                .collect()
        };
        let changed = schemas(&before) != schemas(&state) || starts(&before) != starts(&state);
        let clock = 1_000_000 + self.random.below(1000) as i64;
        let commit = txn.into_commit(
            &self.store,
            CommitHead {
                clock,
                ..CommitHead::default()
            },
        );
        assert_eq!(commit.is_some(), changed, "a commit for net changes alone");
        if let Some(commit) = commit {
            self.commits.push(commit.clone());
            self.store
                .apply(commit)
                .expect("a commit of the engine's own");
            self.model.commit(state);
        }
    }

    fn statement(&mut self, txn: &mut Transaction, state: &mut State) -> Result<()> {
        let name = ["a", "b", "c"][self.random.below(3)].to_string();
        let Some(table) = state.get_mut(&name) else {
            let schema = table_schema(&name);
            let id = txn.create_table(&self.store, schema)?;
            let schema = TableSchema::clone(txn.catalog().table_by_id(id).expect("just created"));
            state.insert(
                name,
                ModelTable {
                    schema,
                    rows: BTreeMap::new(),
                },
            );
            return Ok(());
        };
        let id = table.schema.id;
        match self.random.below(100) {
            0..35 => self.insert(txn, table),
            35..70 => self.update(txn, table),
            70..85 => self.delete(txn, table),
            85..88 => {
                table.rows.clear();
                txn.truncate(&self.store, id)
            }
            88..90 => {
                state.remove(&name);
                txn.drop_table(&self.store, id)
            }
            90..96 => self.create_index(txn, table),
            _ => match table.schema.indexes.len() {
                1 => Ok(()),
                len => {
                    let index = table.schema.indexes.remove(1 + self.random.below(len - 1));
                    txn.drop_index(&self.store, id, index.id)
                }
            },
        }
    }

    fn create_index(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let kinds: [(&str, &[u32], bool); 5] = [
            ("amount", &[1], false),
            ("name_amount", &[2, 1], false),
            ("price", &[3], false),
            ("unique_price_id", &[3, 0], true),
            ("unique_price", &[3], true),
        ];
        let (kind, columns, unique) = kinds[self.random.below(5)];
        let name = format!("{}_{kind}", table.schema.name);
        if table.schema.indexes.iter().any(|index| index.name == name) {
            return Ok(());
        }
        let mut index = index_schema(&name, columns, unique);
        // In the model the index is there even if it cannot be: that is what makes the error expected.
        table.schema.indexes.push(index.clone());
        index.id = txn.create_index(&self.store, table.schema.id, index.clone())?;
        *table.schema.indexes.last_mut().expect("just added") = index;
        Ok(())
    }

    /// How many rows a statement works on.
    fn count(&mut self) -> usize {
        match self.random.below(4) {
            0 | 1 => 1,
            2 => self.random.below(8),
            _ => self.size / 2 + self.random.below(self.size),
        }
    }

    fn insert(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let count = self.count();
        let next = table.rows.values().map(|row| row.values[0].clone()).max();
        let mut next = match next {
            Some(Value::I64(next)) => next + 1,
            _ => 0,
        };
        let careless = self.random.chance(10);
        let mut rows = Vec::new();
        for _ in 0..count {
            let mut row: Row = (0..4)
                .map(|column| random_value(&mut self.random, column, self.spread))
                .collect();
            if !careless {
                row[0] = Value::I64(next);
                next += 1;
            }
            rows.push(row);
        }
        let id = table.schema.id;
        let first = if count == 1 {
            txn.insert_row(&self.store, id, &rows[0])?
        } else {
            txn.insert(&self.store, id, &vectors(&rows, &[0, 1, 2, 3]))?
        };
        for (offset, row) in rows.into_iter().enumerate() {
            let row = ModelRow {
                start: None,
                values: Rc::new(row),
            };
            table.rows.insert(RowId(first.0 + offset as u64), row);
        }
        Ok(())
    }

    fn pick(&mut self, table: &ModelTable) -> Vec<RowId> {
        let count = self.count();
        let all: Vec<RowId> = table.rows.keys().copied().collect();
        if self.random.chance(3) {
            return all;
        }
        let hot = if self.random.chance(50) {
            all.len() / 10
        } else {
            all.len()
        };
        let mut picked: Vec<RowId> = (0..count.min(hot))
            .map(|_| all[self.random.below(hot)])
            .collect();
        picked.sort();
        picked.dedup();
        picked
    }

    fn update(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let rows = self.pick(table);
        let columns: Vec<usize> = (0..4)
            .filter(|column| self.random.chance(if *column == 0 { 20 } else { 40 }))
            .collect();
        let shift = [1, -1, 1000][self.random.below(3)];
        let mut new = Vec::new();
        for id in &rows {
            let row = table.rows.get_mut(id).expect("picked from it");
            let mut values = Row::clone(&row.values);
            for column in &columns {
                values[*column] = match (*column, &values[0]) {
                    (0, Value::I64(key)) => Value::I64(key + shift),
                    _ => random_value(&mut self.random, *column, self.spread),
                };
            }
            new.push(
                columns
                    .iter()
                    .map(|column| values[*column].clone())
                    .collect::<Row>(),
            );
            *row = ModelRow {
                start: None,
                values: Rc::new(values),
            };
        }
        let ids: Vec<ColumnId> = columns
            .iter()
            .map(|column| ColumnId(*column as u32))
            .collect();
        let values = vectors(&new, &columns);
        while let Fetch::Need(block) =
            txn.update(&self.store, table.schema.id, &rows, &ids, &values)?
        {
            self.store.load(block)?;
        }
        Ok(())
    }

    fn delete(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let rows = self.pick(table);
        rows.iter().for_each(|row| drop(table.rows.remove(row)));
        txn.delete(&self.store, table.schema.id, &rows)
    }

    /// The present as an open transaction sees it.
    fn check_writes(&mut self, txn: &Transaction, state: &State) {
        for table in state.values() {
            let id = table.schema.id;
            let versions = Versions::AsOf(txn.snapshot());
            let known = txn.snapshot();
            let strip = |seen: Vec<Seen>| -> Vec<Seen> {
                seen.into_iter()
                    .map(|(row, values, _, _)| (row, values, 0, ALIVE))
                    .collect()
            };
            let expected: Vec<Seen> = (table.rows.iter())
                .map(|(id, row)| (*id, Row::clone(&row.values), 0, ALIVE))
                .collect();
            let seen = scan(&mut self.store, Some(txn), known, id, &versions);
            assert_eq!(strip(seen), expected, "table {id} within a transaction");
            assert_eq!(
                txn.view(&self.store).estimate_rows(id),
                expected.len() as u64
            );
            for index in &table.schema.indexes {
                let range = random_range(&mut self.random, index, self.spread);
                let cursor =
                    txn.view(&self.store)
                        .open_index(id, index.id, &versions, range.clone(), true);
                let mut cursor = cursor.expect("the index exists");
                let seen = drain(&mut self.store, Some(txn), known, id, &mut cursor, 500);
                check_range(
                    strip(seen),
                    &expected,
                    index,
                    &range,
                    "within a transaction",
                );
                if index.unique && !expected.is_empty() {
                    let row = &expected[self.random.below(expected.len())];
                    let key = key_of(index, &row.1);
                    let found = ready(&mut self.store, |store| {
                        txn.view(store)
                            .get_unique(id, index.id, &key, &versions, true)
                    });
                    let seen = found
                        .map(|found| read_rows(&mut self.store, Some(txn), known, id, &[found]));
                    let usable = !key.iter().any(Value::is_null);
                    assert_eq!(seen.map(strip), usable.then(|| vec![row.clone()]));
                }
            }
        }
    }

    /// Everything again, here and after replaying the commits.
    fn check_all(mut self, moments: usize) {
        let residency = [Residency::All, Residency::FirstTouch][self.random.below(2)];
        let mut replayed = Store::new(residency);
        for commit in &self.commits {
            replayed
                .apply(commit.clone())
                .expect("a commit of the engine's own");
        }
        let (mut live, mut again) = (self.store.stats(), replayed.stats());
        (live.live_entries_touched, live.closed_entries_touched) = (0, 0);
        (again.live_entries_touched, again.closed_entries_touched) = (0, 0);
        (live.bytes_held, again.bytes_held) = (0, 0);
        assert_eq!(live, again, "replaying gives the same store");
        for _ in 0..moments {
            let seq = self.random.below(self.model.states.len()) as u64;
            for store in [&mut self.store, &mut replayed] {
                let mut random = Random(self.random.next());
                check_moment(store, &self.model, seq, &mut random, self.spread);
            }
        }
    }
}

#[test]
fn short_statements_and_many_commits() {
    for seed in 0..10 {
        let residency = [Residency::All, Residency::FirstTouch][seed as usize % 2];
        let mut history = History::new(seed, 12, residency);
        history.run(200);
        history.check_all(20);
    }
}

#[test]
fn long_statements_that_fill_blocks_and_leave_them_sparse() {
    let mut copies = 0;
    for seed in 100..102 {
        let residency = [Residency::All, Residency::FirstTouch][seed as usize % 2];
        let mut history = History::new(seed, 1200, residency);
        history.run(60);
        copies += history.store.stats().copies;
        history.check_all(4);
    }
    assert!(copies > 0, "no block was copied forward");
}
