//! More rows than fit a chunk, a block or a run.

use super::groups::aggregate;
use super::joins::join;
use super::order::{limit, sort_key};
use super::{Bench, INT, Row, TYPES, binary, column, integer, scan};
use driftdb::expr::{BinaryOperator, Expr, resolve_and};
use driftdb::plan::{AggregateFunction, JoinKind, Node, SortKey};
use driftdb::types::Value;

/// More rows than a chunk, a run and a top of a sort hold.
#[test]
fn many_rows_are_sorted_joined_and_grouped() {
    let row = |place: i64| {
        let number = place.wrapping_mul(7919).rem_euclid(10_007);
        vec![Value::I64(number), Value::Null, Value::I64(place)]
    };
    let rows: Vec<Row> = (0..70_000).map(row).collect();
    let mut bench = Bench::new();
    let table = bench.table("t", &TYPES, &rows);
    let sort = Node::Sort {
        input: Box::new(scan(&table)),
        keys: vec![sort_key(0, true, false)],
    };
    let mut meant = rows.clone();
    meant.sort_by(|a, b| b[0].cmp(&a[0]));
    assert!(bench.query(sort.clone(), 5000) == meant);
    assert!(bench.query(limit(sort, 3000, 2000), 5000) == meant[2000..5000]);

    let few = bench.table("few", &TYPES, &rows[..2100]);
    let joined = bench.query(
        join(JoinKind::Inner, scan(&table), scan(&few), true, false),
        5000,
    );
    let meant = rows
        .iter()
        .filter(|row| few_has(&rows[..2100], &row[0]))
        .count();
    assert_eq!(joined.len(), meant);
    let groups = Node::Aggregate {
        input: Box::new(scan(&table)),
        groups: vec![column(0, INT)],
        sets: Vec::new(),
        aggregates: vec![aggregate(AggregateFunction::Count, None, false, INT)],
    };
    let groups = bench.query(groups, 5000);
    assert_eq!(groups.len(), 10_007);
    let total: i64 = groups.iter().filter_map(|group| integer(&group[1])).sum();
    assert_eq!(total, 70_000);
}

/// Most rows come behind the last one that is wanted so far, and are dropped as they come.
#[test]
fn the_first_of_many_rows_are_those_of_a_whole_sort() {
    let row = |place: i64| {
        let number = place.wrapping_mul(7919).rem_euclid(1009) - 500;
        let number = if place % 700 == 3 {
            Value::Null
        } else {
            Value::I64(number)
        };
        vec![
            number,
            Value::text(&format!("customer {}", place % 977)),
            Value::I64(place),
        ]
    };
    let rows: Vec<Row> = (0..20_000).map(row).collect();
    let mut bench = Bench::new();
    let table = bench.table("t", &TYPES, &rows);
    let sum = SortKey {
        expr: binary(BinaryOperator::Add, column(0, INT), column(0, INT)),
        descending: true,
        nulls_first: true,
    };
    let mut all_keys = vec![vec![sum, sort_key(1, false, false)]];
    for (descending, nulls_first) in [(false, false), (false, true), (true, false), (true, true)] {
        all_keys.push(vec![sort_key(0, descending, nulls_first)]);
        all_keys.push(vec![
            sort_key(1, descending, nulls_first),
            sort_key(0, true, true),
        ]);
        all_keys.push(vec![sort_key(2, descending, nulls_first)]);
    }
    for keys in all_keys {
        let input = Box::new(scan(&table));
        let sort = Node::Sort { input, keys };
        let whole = bench.query(sort.clone(), 5000);
        for (take, skip) in [(0, 0), (1, 0), (10, 3), (40, 0), (100, 2000)] {
            let first = bench.query(limit(sort.clone(), take, skip), 5000);
            assert!(first == whole[skip as usize..(skip + take) as usize]);
        }
    }
}

fn few_has(rows: &[Row], number: &Value) -> bool {
    rows.iter().any(|row| row[0] == *number)
}

#[test]
fn a_filter_of_a_scan_is_asked_of_every_row_it_may_hold_for() {
    let rows: Vec<Row> = (0..5000)
        .map(|place| vec![Value::I64(place / 10), Value::Null, Value::I64(place)])
        .collect();
    let mut bench = Bench::new();
    let table = bench.table("t", &TYPES, &rows);
    let number = |number| Expr::constant(Value::I64(number), INT);
    let filter = resolve_and(vec![
        binary(BinaryOperator::Greater, column(0, INT), number(300)),
        binary(BinaryOperator::GreaterOrEqual, number(302), column(0, INT)),
    ]);
    let Node::Scan {
        table,
        time,
        columns,
        ..
    } = scan(&table)
    else {
        panic!("a scan")
    };
    let node = Node::Scan {
        table,
        time,
        columns,
        filter: Some(filter.unwrap()),
    };
    assert_eq!(bench.query(node, 100), rows[3010..3030]);
}
