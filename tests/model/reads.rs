//! Asking the engine, waiting for what is missing.

use crate::state::{ALIVE, Seen};
use driftdb::error::Result;
use driftdb::table::{Fetch, Location, Store};
use driftdb::txn::{IndexCursor, ScanUnit, Transaction, View, ZoneFilter};
use driftdb::types::*;

/// Asks until it is there.
pub fn ready<T>(store: &mut Store, ask: impl Fn(&Store) -> Result<Fetch<T>>) -> T {
    loop {
        match ask(store).expect("a read of what exists") {
            Fetch::Ready(value) => return value,
            Fetch::Need(block) => store
                .load(block, driftdb::table::Waiter::CALL)
                .expect("the block exists"),
        }
    }
}

pub const SCANNED: [ScanColumn; 7] = [
    ScanColumn::RowId,
    ScanColumn::Column(ColumnId(0)),
    ScanColumn::Column(ColumnId(1)),
    ScanColumn::Column(ColumnId(2)),
    ScanColumn::Column(ColumnId(3)),
    ScanColumn::SeqStart,
    ScanColumn::SeqEnd,
];

pub fn seen_rows(chunk: &driftdb::column::Chunk) -> Vec<Seen> {
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
pub fn view<'a>(
    store: &'a Store,
    transaction: Option<&'a Transaction>,
    snapshot: Snapshot,
) -> View<'a> {
    transaction.map_or_else(
        || View::at(store, snapshot),
        |transaction| transaction.view(store),
    )
}

pub fn read_units(
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

pub fn scan(
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

pub fn drain(
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

pub fn next_rows(
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
            Fetch::Need(block) => store
                .load(block, driftdb::table::Waiter::CALL)
                .expect("the block exists"),
        }
    }
}

pub fn read_rows(
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
