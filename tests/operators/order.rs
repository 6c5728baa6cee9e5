//! Sorting, cutting, ties and numbering.

use super::{Bench, INT, Row, TEXT, TYPES, budgets, column, rows, scan};
use driftdb::expr::Expr;
use driftdb::plan::{Node, SortKey};
use driftdb::types::{DataType, Value};
use proptest::prelude::*;
use std::cmp::Ordering;

/// What ORDER BY means for one pair of values.
pub fn order(left: &Value, right: &Value, key: &SortKey) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if key.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) => order(right, left, key).reverse(),
        (false, false) if key.descending => right.cmp(left),
        (false, false) => left.cmp(right),
    }
}

pub fn sort_key(position: usize, descending: bool, nulls_first: bool) -> SortKey {
    SortKey {
        expr: column(position, TYPES[position]),
        descending,
        nulls_first,
    }
}

pub fn limit(input: Node, limit: i64, offset: i64) -> Node {
    let count = |count| Some(Expr::constant(Value::I64(count), INT));
    Node::Limit {
        input: Box::new(input),
        limit: count(limit),
        offset: count(offset),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn equal_rows_are_numbered_and_ties_follow_the_last(
        rows in rows(100), take in 0i64..20, skip in 0i64..20, budget in budgets(),
    ) {
        let mut bench = Bench::new();
        let table = bench.table("t", &TYPES, &rows);
        let number = Node::Number { input: Box::new(scan(&table)), keys: vec![column(1, TEXT)] };
        let nth = |at: usize| rows[..=at].iter().filter(|row| row[1] == rows[at][1]).count();
        let meant: Vec<Row> = rows.iter().enumerate()
            .map(|(at, row)| [row.clone(), vec![Value::I64(nth(at) as i64)]].concat())
            .collect();
        prop_assert_eq!(bench.query(number, budget), meant);

        let keys = vec![sort_key(1, false, false)];
        let sort = Node::Sort { input: Box::new(scan(&table)), keys: keys.clone() };
        let ties = Node::Ties {
            input: Box::new(sort),
            keys: vec![column(1, TEXT)],
            limit: Expr::constant(Value::I64(take), DataType::BigInt),
            offset: Some(Expr::constant(Value::I64(skip), DataType::BigInt)),
        };
        let mut meant = rows.clone();
        meant.sort_by(|a, b| order(&a[1], &b[1], &keys[0]));
        let last = (skip + take) as usize;
        let mut end = last.min(meant.len());
        while take > 0 && end >= last && end < meant.len() && meant[end][1] == meant[last - 1][1] {
            end += 1;
        }
        let meant: Vec<Row> = meant[..end].iter().skip(skip as usize).cloned().collect();
        prop_assert_eq!(bench.query(ties, budget), meant);
    }

    #[test]
    fn a_sort_is_stable_and_a_limit_changes_nothing_but_the_length(
        rows in rows(200), first in any::<(bool, bool)>(), second in any::<(bool, bool)>(),
        take in 0i64..20, skip in 0i64..20, budget in budgets(),
    ) {
        let mut bench = Bench::new();
        let table = bench.table("t", &TYPES, &rows);
        let keys = vec![sort_key(1, first.0, first.1), sort_key(0, second.0, second.1)];
        let mut meant = rows.clone();
        meant.sort_by(|a, b| order(&a[1], &b[1], &keys[0]).then(order(&a[0], &b[0], &keys[1])));
        let sort = Node::Sort { input: Box::new(scan(&table)), keys };
        prop_assert_eq!(bench.query(sort.clone(), budget), meant.clone());
        let some: Vec<Row> = meant.into_iter().skip(skip as usize).take(take as usize).collect();
        prop_assert_eq!(bench.query(limit(sort, take, skip), budget), some);
    }
}
