//! The operators against the plainest code that says what they mean, on random rows.
//!
//! Every plan runs over a store that has each block loaded only when it is asked for, and with budgets
//! from one row to many, so that each operator is interrupted wherever it can be.

mod groups;
mod joins;
mod many;
mod order;
#[path = "../support/mod.rs"]
mod support;
mod windows;
mod writes;

use driftdb::exec::{Access, Context, Execution, Meter, SessionSequences, Step, Tuples};
use driftdb::expr::{BinaryOperator, Expr, resolve_operator};
use driftdb::plan::{Node, OutputColumn, Plan, Query, TimeSlot};
use driftdb::table::{Residency, Store};
use driftdb::txn::{CommitHead, Transaction};
use driftdb::types::{
    ColumnId, ColumnSchema, DataType, IndexId, ScanColumn, Snapshot, TableId, TableSchema, Value,
};
use proptest::prelude::*;
use std::rc::Rc;
use support::database::Still;

type Row = Vec<Value>;

/// A store with tables of integers and texts.
struct Bench {
    store: Store,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            store: Store::new(Residency::FirstTouch),
        }
    }

    /// A table with columns `c0`, `c1`, … of these types, holding the rows.
    fn table(&mut self, name: &str, types: &[DataType], rows: &[Row]) -> Rc<TableSchema> {
        let columns = types
            .iter()
            .enumerate()
            .map(|(at, data_type)| ColumnSchema {
                id: ColumnId(at as u32),
                name: format!("c{at}"),
                data_type: *data_type,
                nullable: true,
                default: None,
                ..ColumnSchema::default()
            });
        let schema = TableSchema {
            id: TableId(0),
            name: name.to_string(),
            columns: columns.collect(),
            next_column: ColumnId(types.len() as u32),
            primary_key: None::<IndexId>,
            indexes: Vec::new(),
            ..TableSchema::default()
        };
        let mut transaction = Transaction::begin(&self.store);
        let table = transaction.create_table(&self.store, schema).unwrap();
        for row in rows {
            transaction.insert_row(&self.store, table, row).unwrap();
        }
        self.commit(transaction);
        let present = Snapshot::main(self.store.last_seq());
        self.store.catalog(present).table(name).unwrap().clone()
    }

    fn commit(&mut self, mut transaction: Transaction) {
        transaction.end_statement(&self.store).unwrap();
        if let Some(commit) = transaction.into_commit(&self.store, CommitHead::default()) {
            self.store.apply(commit).unwrap();
        }
    }

    /// Runs a plan as a transaction of its own; the rows it yields and how many it affected.
    fn run(&mut self, plan: Plan, budget: u32) -> (Vec<Row>, u64) {
        let plan = Rc::new(plan);
        let mut transaction = Transaction::begin(&self.store);
        let mut execution = Execution::new(plan);
        let mut meter = Meter::new(u64::MAX);
        let mut rows = Vec::new();
        loop {
            let mut context = Context {
                store: &self.store,
                access: Access::Write(&mut transaction),
                moments: &[],
                parameters: &[],
                tuples: Tuples::Many(&[]),
                outer: Vec::new(),
                work: Vec::new(),
                pending: Default::default(),
                claimed: Default::default(),
                subplans: Vec::new(),
                now: 0,
                entropy: &Still,
                clock: &Still,
                session: &SessionSequences::default(),
                budget,
                meter: &mut meter,
            };
            match execution.step(&mut context).unwrap() {
                Step::Chunk(chunk) => rows.extend((0..chunk.len()).map(|row| chunk.row(row))),
                Step::Need(block) => self
                    .store
                    .load(block, driftdb::table::Waiter::CALL)
                    .unwrap(),
                Step::Yield => {}
                Step::Done => break,
            }
        }
        self.commit(transaction);
        (rows, meter.affected_rows)
    }

    fn query(&mut self, root: Node, budget: u32) -> Vec<Row> {
        let output = (root.types().into_iter())
            .map(|data_type| OutputColumn {
                name: String::new(),
                data_type,
            })
            .collect();
        let subplans = Vec::new();
        let query = Query {
            subplans,
            root,
            output,
        };
        self.run(Plan::Query(query), budget).0
    }
}

fn scan(table: &Rc<TableSchema>) -> Node {
    let columns = table
        .columns
        .iter()
        .map(|column| ScanColumn::Column(column.id));
    Node::Scan {
        table: table.clone(),
        time: TimeSlot::Present,
        columns: columns.collect(),
        filter: None,
    }
}

fn column(position: usize, data_type: DataType) -> Expr {
    Expr::column(position, data_type)
}

fn binary(operator: BinaryOperator, left: Expr, right: Expr) -> Expr {
    resolve_operator(operator, left, right).unwrap()
}

const INT: DataType = DataType::BigInt;
const TEXT: DataType = DataType::Text;

/// Small numbers, often equal, sometimes NULL.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![4 => (0i64..6).prop_map(Value::I64), 1 => Just(Value::Null)]
}

fn text() -> impl Strategy<Value = Value> {
    let short = prop::sample::select(vec!["", "a", "b", "abcdefgh", "abcdefghi"]);
    prop_oneof![4 => short.prop_map(Value::text), 1 => Just(Value::Null)]
}

/// Rows of a number, a text and their place.
fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let rows = prop::collection::vec((number(), text()), 0..most);
    rows.prop_map(|rows| {
        (rows.into_iter().enumerate())
            .map(|(place, (number, text))| vec![number, text, Value::I64(place as i64)])
            .collect()
    })
}

const TYPES: [DataType; 3] = [INT, TEXT, INT];

fn budgets() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![1, 7, 100, 100_000])
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort();
    rows
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::I64(value) => Some(*value),
        _ => None,
    }
}
