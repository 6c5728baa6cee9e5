//! Tables and transactions by themselves.

use super::{ROWS, UPDATES, consume, random, report, time, uniform, zipf};
use driftdb::column::{CHUNK_ROWS, Data, Vector, kernel};
use driftdb::table::{Fetch, Residency, Store};
use driftdb::txn::{CommitHead, Transaction, View, ZoneFilter};
use driftdb::types::*;
use std::hint::black_box;
use std::rc::Rc;
use std::time::Instant;

fn schema() -> TableSchema {
    let column = |id: u32, name: &str, data_type, nullable| ColumnSchema {
        id: ColumnId(id),
        name: name.to_string(),
        data_type,
        nullable,
        default: None,
        ..ColumnSchema::default()
    };
    TableSchema {
        id: TableId(0),
        name: "t".to_string(),
        columns: vec![
            column(0, "id", DataType::BigInt, false),
            column(1, "v", DataType::BigInt, true),
            column(2, "name", DataType::Text, true),
        ],
        next_column: ColumnId(3),
        primary_key: Some(IndexId(0)),
        indexes: vec![IndexSchema {
            id: IndexId(0),
            name: "t_pkey".to_string(),
            columns: vec![ColumnId(0)],
            unique: true,
            constraint: true,
            ..IndexSchema::default()
        }],
        ..TableSchema::default()
    }
}

fn commit(store: &mut Store, transaction: Transaction) {
    let commit = transaction.into_commit(store, CommitHead::default());
    store.apply(commit.expect("it wrote")).expect("it fits");
}

fn new_store() -> (Store, TableId) {
    let mut store = Store::new(Residency::All);
    let mut transaction = Transaction::begin(&store);
    let table = transaction
        .create_table(&store, schema())
        .expect("a new table");
    commit(&mut store, transaction);
    (store, table)
}

fn batch(from: i64, rows: i64) -> Vec<Rc<Vector>> {
    let numbers =
        |f: fn(i64) -> i64| Rc::new(Vector::new(Data::I64((from..from + rows).map(f).collect())));
    let names = (from..from + rows).map(|id| Value::text(&format!("name {}", id % 100)));
    let names: Vec<Value> = names.collect();
    vec![
        numbers(|id| id),
        numbers(|id| id * 7 % 1000),
        Rc::new(Vector::from_values(PhysicalType::Text, &names)),
    ]
}

fn fill(store: &mut Store, table: TableId, rows: usize) {
    let mut transaction = Transaction::begin(store);
    transaction
        .insert(store, table, &batch(0, rows as i64))
        .expect("it fits");
    transaction.end_statement(store).expect("no duplicates");
    commit(store, transaction);
}

fn update(store: &mut Store, table: TableId, mut draw: impl FnMut(&mut u64) -> usize) -> f64 {
    let mut state = 1;
    let start = Instant::now();
    for step in 0..UPDATES {
        let row = RowId(draw(&mut state) as u64);
        let mut transaction = Transaction::begin(store);
        let value = Rc::new(Vector::new(Data::I64(vec![step as i64])));
        let done = transaction.update(store, table, &[row], &[ColumnId(1)], &[value]);
        assert_eq!(done.expect("the row is alive"), Fetch::Ready(()));
        transaction.end_statement(store).expect("no duplicates");
        commit(store, transaction);
    }
    start.elapsed().as_secs_f64() / UPDATES as f64 * 1e6
}

/// The sum of a column as SQL has it: of bigints, without overflow.
fn sum(store: &Store, table: TableId, at: Snapshot) -> i128 {
    let view = View::at(store, Snapshot::main(store.last_seq()));
    let versions = Versions::AsOf(at);
    let zone = ZoneFilter::default();
    let columns = [ScanColumn::Column(ColumnId(1))];
    let (mut sum, mut rows) = (0i128, 0);
    let units = view.scan_units(table, &versions, false);
    for unit in &units {
        let read = view
            .read_unit(*unit, &versions, &columns, &zone)
            .expect("it can be read");
        let Fetch::Ready(Some(chunk)) = read else {
            continue;
        };
        let Data::I64(values) = &chunk.columns[0].data else {
            continue;
        };
        rows += chunk.len();
        sum += kernel::sum_i64(values, chunk.selection.as_deref());
    }
    assert!(rows == ROWS || rows == 0, "{rows} rows");
    sum
}

fn report_scans(name: &str, store: &Store, table: TableId, never: f64) {
    let last = store.last_seq().expect("it has commits").0;
    report(name, never, |percent, moved| {
        let at = Seq(2 + (last - 2) * percent / 100 + moved);
        consume(sum(store, table, Snapshot::main(Some(at))));
    });
    let stats = store.stats();
    let amplification = (stats.versions + stats.copies) as f64 / stats.versions as f64;
    println!(
        "{name} {amplification:.2} rows written a version, {} blocks, {:.1} MB",
        stats.blocks,
        stats.bytes_held as f64 / 1e6
    );
}

/// The filter of stamps next to a sum, both over what fits the first cache.
pub fn kernels() {
    let rate = |bytes: usize, us: f64| bytes as f64 / us / 1e3;
    let stamps: Vec<i32> = (0..CHUNK_ROWS as i32).map(|row| row * 37 % 1000).collect();
    let mut flags = vec![0; CHUNK_ROWS];
    let times = 100;
    let filter =
        time(|| (0..times).for_each(|_| kernel::are_greater(black_box(&stamps), 500, &mut flags)));
    let bits = kernel::bits_of_flags(&flags);
    let gather =
        time(|| (0..times).for_each(|_| consume(kernel::positions_of_bits(black_box(&bits)))));
    let values: Vec<i64> = (0..CHUNK_ROWS as i64).collect();
    let sum = time(|| (0..times).for_each(|_| consume(kernel::sum_i64(black_box(&values), None))));
    println!(
        "stamp filter {:.1} GB/s, sum of bigints {:.1} GB/s, positions {:.2} ns a row",
        rate(CHUNK_ROWS * 4 * times, filter),
        rate(CHUNK_ROWS * 8 * times, sum),
        gather * 1e3 / (CHUNK_ROWS * times) as f64
    );
}

pub fn scans() {
    let (mut store, table) = new_store();
    fill(&mut store, table, ROWS);
    let present = Snapshot::main(store.last_seq());
    let never = time(|| consume(sum(&store, table, present)));
    println!("never updated    {never:7.1} us");
    scans_after("uniform", never, uniform);
    scans_after("zipf   ", never, zipf());
}

fn scans_after(name: &str, never: f64, draw: impl FnMut(&mut u64) -> usize) {
    let (mut store, table) = new_store();
    fill(&mut store, table, ROWS);
    let took = update(&mut store, table, draw);
    println!("{name} {took:.2} us a committed update");
    report_scans(name, &store, table, never);
}

pub fn singles() {
    let (mut store, table) = new_store();
    let count = 500_000;
    let row = |id: i64| [Value::I64(id), Value::I64(id % 1000), Value::text("a name")];
    let rows: Vec<_> = (0..count).map(row).collect();
    let start = Instant::now();
    let mut transaction = Transaction::begin(&store);
    for row in &rows {
        transaction.savepoint();
        transaction.insert_row(&store, table, row).expect("it fits");
        transaction.end_statement(&store).expect("no duplicates");
    }
    let inserted = start.elapsed().as_secs_f64();
    let commit = transaction
        .into_commit(&store, CommitHead::default())
        .expect("it wrote");
    let made = start.elapsed().as_secs_f64();
    store.apply(commit).expect("it fits");
    let applied = start.elapsed().as_secs_f64();
    let each = |seconds: f64| seconds / count as f64 * 1e9;
    println!(
        "insert_row {:.0} ns, into_commit {:.0} ns, apply {:.0} ns a row: {:.0} rows/s in one transaction",
        each(inserted),
        each(made - inserted),
        each(applied - made),
        count as f64 / applied
    );

    let (mut store, table) = new_store();
    let batches: Vec<_> = (0..1000).map(|number| batch(number * 1000, 1000)).collect();
    let start = Instant::now();
    for batch in &batches {
        let mut transaction = Transaction::begin(&store);
        transaction.insert(&store, table, batch).expect("it fits");
        transaction.end_statement(&store).expect("no duplicates");
        self::commit(&mut store, transaction);
    }
    println!(
        "bulk insert {:.0} rows/s, by statements of 1,000",
        1e6 / start.elapsed().as_secs_f64()
    );

    let start = Instant::now();
    for id in 0..100_000i64 {
        let mut transaction = Transaction::begin(&store);
        transaction
            .insert_row(&store, table, &row(2_000_000 + id))
            .expect("it fits");
        transaction.end_statement(&store).expect("no duplicates");
        self::commit(&mut store, transaction);
    }
    println!(
        "single-row commit {:.2} us",
        start.elapsed().as_secs_f64() * 10.0
    );

    for rows in [100_000, 1_000_000] {
        let (mut store, table) = new_store();
        fill(&mut store, table, rows);
        let snapshot = Snapshot::main(store.last_seq());
        let versions = Versions::AsOf(snapshot);
        let view = View::at(&store, snapshot);
        let index = IndexId(0);
        let mut state = 7;
        let start = Instant::now();
        let looked = 2_000_000;
        for _ in 0..looked {
            let key = [Value::I64((random(&mut state) as usize % rows) as i64)];
            let found = view
                .get_unique(table, index, &key, &versions, false)
                .expect("it can be read");
            let Fetch::Ready(Some(location)) = found else {
                panic!("it is there")
            };
            let _ = black_box(view.cell(table, location, ScanColumn::Column(ColumnId(1))));
        }
        println!(
            "get_unique and cell {:.0} ns of {rows} rows",
            start.elapsed().as_secs_f64() / looked as f64 * 1e9
        );
    }
}
