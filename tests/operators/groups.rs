//! Groups, aggregates and DISTINCT.

use super::{Bench, INT, Row, TEXT, TYPES, budgets, column, integer, rows, scan};
use driftdb::expr::Expr;
use driftdb::plan::{Aggregate, AggregateFunction, Node};
use driftdb::types::{DataType, Value};
use proptest::prelude::*;

pub fn aggregate(
    function: AggregateFunction,
    argument: Option<Expr>,
    distinct: bool,
    data_type: DataType,
) -> Aggregate {
    Aggregate {
        function,
        arguments: argument.into_iter().collect(),
        distinct,
        order: Vec::new(),
        data_type,
        external: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn groups_are_what_comes_of_collecting_them(rows in rows(100), budget in budgets()) {
        let mut bench = Bench::new();
        let table = bench.table("t", &TYPES, &rows);
        let (number, text) = (column(0, INT), column(1, TEXT));
        let numeric = DataType::Numeric(None);
        let node = Node::Aggregate {
            input: Box::new(scan(&table)),
            groups: vec![text.clone()],
            sets: Vec::new(),
            aggregates: vec![
                aggregate(AggregateFunction::Count, None, false, INT),
                aggregate(AggregateFunction::Count, Some(number.clone()), false, INT),
                aggregate(AggregateFunction::Count, Some(number.clone()), true, INT),
                aggregate(AggregateFunction::Sum, Some(number.clone()), false, numeric),
                aggregate(AggregateFunction::Max, Some(number.clone()), false, INT),
                aggregate(AggregateFunction::Min, Some(text.clone()), false, TEXT),
            ],
        };
        let mut keys: Vec<Value> = Vec::new();
        rows.iter().for_each(|row| if !keys.contains(&row[1]) { keys.push(row[1].clone()) });
        let meant: Vec<Row> = keys.into_iter().map(|key| {
            let group: Vec<&Row> = rows.iter().filter(|row| row[1] == key).collect();
            let mut numbers: Vec<i64> = group.iter().filter_map(|row| integer(&row[0])).collect();
            let (count, sum) = (numbers.len() as i64, numbers.iter().sum::<i64>());
            numbers.sort();
            numbers.dedup();
            let or_null = |value: Value| if count > 0 { value } else { Value::Null };
            vec![
                key.clone(),
                Value::I64(group.len() as i64),
                Value::I64(count),
                Value::I64(numbers.len() as i64),
                or_null(Value::Decimal(driftdb::types::Decimal::Small(sum.into(), 0))),
                numbers.last().map_or(Value::Null, |number| Value::I64(*number)),
                key,
            ]
        }).collect();
        prop_assert_eq!(bench.query(node, budget), meant);
    }

    #[test]
    fn distinct_keeps_the_first_of_each(rows in rows(100), budget in budgets()) {
        let rows: Vec<Row> = rows.into_iter().map(|row| row[..2].to_vec()).collect();
        let mut bench = Bench::new();
        let table = bench.table("t", &TYPES[..2], &rows);
        let mut meant: Vec<Row> = Vec::new();
        rows.into_iter().for_each(|row| if !meant.contains(&row) { meant.push(row) });
        let node = Node::Distinct { input: Box::new(scan(&table)) };
        prop_assert_eq!(bench.query(node, budget), meant);
    }
}
