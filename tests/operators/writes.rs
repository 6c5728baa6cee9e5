//! INSERT, UPDATE, DELETE and TRUNCATE.

use super::{Bench, INT, Row, TEXT, TYPES, binary, budgets, column, integer, rows, scan, sorted};
use driftdb::expr::{BinaryOperator, Expr};
use driftdb::plan::{Delete, Insert, Node, Plan, Returning, TimeSlot, Update};
use driftdb::types::{ColumnId, ScanColumn, Value};
use proptest::prelude::*;
use std::rc::Rc;

fn whole_row() -> Returning {
    let expressions = (0..3).map(|position| column(position, TYPES[position]));
    Returning {
        expressions: expressions.collect(),
        output: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(rows in rows(60), pivot in 0i64..6, budget in budgets()) {
        let mut bench = Bench::new();
        let table = bench.table("t", &TYPES, &rows);
        let matched = |row: &Row| integer(&row[0]).is_some_and(|number| number >= pivot);
        let filter = Some(binary(
            BinaryOperator::GreaterOrEqual,
            column(1, INT),
            Expr::constant(Value::I64(pivot), INT),
        ));
        let columns = [ScanColumn::RowId].into_iter()
            .chain(table.columns.iter().map(|column| ScanColumn::Column(column.id)));
        let found = Node::Scan {
            table: table.clone(),
            time: TimeSlot::Present,
            columns: columns.collect(),
            filter,
        };
        let ten_more = binary(BinaryOperator::Add, column(1, INT), Expr::constant(Value::I64(10), INT));
        let all = |new: Expr| vec![column(0, INT), new.clone(), new, column(2, TEXT), column(3, INT)];
        let update = Plan::Update(Update {
            rules: Rc::default(),
            table: table.clone(),
            columns: vec![ColumnId(0)],
            source: Node::Project { input: Box::new(found.clone()), expressions: all(ten_more) },
            subplans: Vec::new(),
            returning: Some(whole_row()),
        });
        let mut meant = rows.clone();
        for row in meant.iter_mut().filter(|row| matched(row)) {
            row[0] = Value::I64(integer(&row[0]).unwrap() + 10);
        }
        let changed: Vec<Row> = meant.iter().filter(|row| integer(&row[0]) >= Some(10)).cloned().collect();
        let (returned, affected) = bench.run(update, budget);
        prop_assert_eq!(affected as usize, changed.len());
        prop_assert_eq!(sorted(returned), sorted(changed.clone()));
        prop_assert_eq!(sorted(bench.query(scan(&table), budget)), sorted(meant.clone()));

        let delete = Plan::Delete(Delete {
            rules: Rc::default(),
            table: table.clone(),
            source: found,
            subplans: Vec::new(),
            returning: Some(whole_row()),
        });
        meant.retain(|row| !matched(row));
        let (returned, _) = bench.run(delete, budget);
        prop_assert_eq!(sorted(returned), sorted(changed));
        prop_assert_eq!(sorted(bench.query(scan(&table), budget)), sorted(meant.clone()));

        // A statement does not see its own rows.
        let insert = Plan::Insert(Insert {
            rules: Rc::default(),
            conflict: None,
            table: table.clone(),
            source: scan(&table),
            subplans: Vec::new(),
            returning: None,
        });
        let (_, affected) = bench.run(insert, budget);
        prop_assert_eq!(affected as usize, meant.len());
        prop_assert_eq!(bench.query(scan(&table), budget).len(), 2 * meant.len());

        let tables = vec![table.id];
        let (_, affected) = bench.run(Plan::Truncate { tables, restart: Vec::new() }, budget);
        prop_assert_eq!(affected as usize, 2 * meant.len());
        prop_assert_eq!(bench.query(scan(&table), budget).len(), 0);
    }
}
