//! Window functions over frames of all kinds, against the definition: for each row of its partition, whether the
//! frame has it.

use super::groups::aggregate;
use super::order::{order, sort_key};
use super::{Bench, INT, Row, TEXT, binary, budgets, column, integer, rows, scan, sorted};
use driftdb::expr::{BinaryOperator, Expr};
use driftdb::plan::{
    AggregateFunction, Exclusion, Frame, FrameBound, FrameKey, FrameOffset, FrameUnits, Node,
    SortKey, WindowCall, WindowFunction,
};
use driftdb::types::{DataType, Value};
use proptest::prelude::*;
use std::cmp::Ordering;

/// How far a bound lies behind the current row, none for the partition's end on its side.
type Distance = Option<i64>;

#[derive(Debug, Clone)]
struct Wanted {
    units: FrameUnits,
    start: Distance,
    end: Distance,
    exclusion: Exclusion,
    key: SortKey,
}

fn frames() -> impl Strategy<Value = Wanted> {
    let units = prop::sample::select(vec![
        FrameUnits::Rows,
        FrameUnits::Range,
        FrameUnits::Groups,
    ]);
    let exclusion = prop::sample::select(vec![
        Exclusion::NoOthers,
        Exclusion::CurrentRow,
        Exclusion::Group,
        Exclusion::Ties,
    ]);
    let distance = || prop_oneof![1 => Just(None), 4 => (-3i64..4).prop_map(Some)];
    let all = (
        units,
        distance(),
        distance(),
        exclusion,
        any::<(bool, bool)>(),
    );
    all.prop_map(
        |(units, start, end, exclusion, (descending, nulls_first))| Wanted {
            units,
            start,
            end,
            exclusion,
            key: sort_key(0, descending, nulls_first),
        },
    )
}

fn bound(wanted: &Wanted, distance: Distance) -> FrameBound {
    let Some(distance) = distance else {
        return FrameBound::Unbounded;
    };
    let number = |value: i64| Expr::constant(Value::I64(value), INT);
    let further = match wanted.key.descending {
        true => -distance,
        false => distance,
    };
    let limit = binary(BinaryOperator::Add, column(0, INT), number(further));
    let offset = FrameOffset {
        value: number(distance.abs()),
        limit: (wanted.units == FrameUnits::Range).then_some(limit),
    };
    match distance {
        0 => FrameBound::CurrentRow,
        1.. => FrameBound::Following(offset),
        _ => FrameBound::Preceding(offset),
    }
}

fn frame(wanted: &Wanted) -> Frame {
    Frame {
        units: wanted.units,
        start: bound(wanted, wanted.start),
        end: bound(wanted, wanted.end),
        exclusion: wanted.exclusion,
        key: Some(FrameKey {
            expr: wanted.key.expr.clone(),
            descending: wanted.key.descending,
            nulls_first: wanted.key.nulls_first,
        }),
    }
}

/// How far a row lies behind another of its partition, as the units count: `None` for a NULL against a number.
fn distance(wanted: &Wanted, partition: &[Row], from: usize, to: usize) -> Option<i64> {
    let (own, other) = (&partition[from][0], &partition[to][0]);
    match wanted.units {
        FrameUnits::Rows => Some(to as i64 - from as i64),
        FrameUnits::Range => match (integer(own), integer(other)) {
            (Some(own), Some(other)) if wanted.key.descending => Some(own - other),
            (Some(own), Some(other)) => Some(other - own),
            (None, None) => Some(0),
            _ => None,
        },
        FrameUnits::Groups => {
            let (first, last) = (from.min(to), from.max(to));
            let steps = (first..last).filter(|&at| partition[at][0] != partition[at + 1][0]);
            let steps = steps.count() as i64;
            Some(if from < to { steps } else { -steps })
        }
    }
}

/// The rows of a row's frame.
fn meant<'a>(wanted: &Wanted, partition: &'a [Row], row: usize) -> Vec<&'a Row> {
    let is_within = |at: &usize| match distance(wanted, partition, row, *at) {
        Some(far) if partition[row][0].is_null() && wanted.units == FrameUnits::Range => {
            // Peers are at every distance from each other, numbers at none.
            far == 0
        }
        Some(far) => {
            wanted.start.is_none_or(|start| far >= start) && wanted.end.is_none_or(|end| far <= end)
        }
        None => match at.cmp(&row) {
            Ordering::Less => wanted.start.is_none(),
            _ => wanted.end.is_none(),
        },
    };
    let is_peer = |at: usize| partition[at][0] == partition[row][0];
    let is_left_in = |at: &usize| match wanted.exclusion {
        Exclusion::NoOthers => true,
        Exclusion::CurrentRow => *at != row,
        Exclusion::Group => !is_peer(*at),
        Exclusion::Ties => *at == row || !is_peer(*at),
    };
    (0..partition.len())
        .filter(is_within)
        .filter(is_left_in)
        .map(|at| &partition[at])
        .collect()
}

fn call(function: WindowFunction, frame: &Frame, data_type: DataType) -> WindowCall {
    let arguments = match function {
        WindowFunction::FirstValue | WindowFunction::LastValue => vec![column(2, INT)],
        WindowFunction::NthValue => vec![column(2, INT), Expr::constant(Value::I64(2), INT)],
        WindowFunction::Lag => vec![column(2, INT)],
        _ => Vec::new(),
    };
    WindowCall {
        function,
        arguments,
        frame: frame.clone(),
        data_type,
    }
}

/// What the calls of the test below mean.
fn values(wanted: &Wanted, partition: &[Row], row: usize) -> Row {
    let frame = meant(wanted, partition, row);
    let place = |row: Option<&&Row>| row.map_or(Value::Null, |row| row[2].clone());
    let number = |number: usize| Value::I64(number as i64);
    let peers_before = (0..row)
        .rev()
        .take_while(|&at| partition[at][0] == partition[row][0]);
    let numbers: Vec<i64> = frame.iter().filter_map(|row| integer(&row[0])).collect();
    vec![
        number(row + 1),
        number(row + 1 - peers_before.count()),
        place(row.checked_sub(1).map(|before| &partition[before]).as_ref()),
        place(frame.first()),
        place(frame.last()),
        place(frame.get(1)),
        number(frame.len()),
        numbers
            .iter()
            .max()
            .map_or(Value::Null, |most| Value::I64(*most)),
        number(numbers.len()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn frames_have_the_rows_that_their_bounds_say(
        rows in rows(40), wanted in frames(), budget in budgets(),
    ) {
        let mut bench = Bench::new();
        let table = bench.table("t", &super::TYPES, &rows);
        let keys = vec![sort_key(1, false, false), wanted.key.clone(), sort_key(2, false, false)];
        let sort = Node::Sort { input: Box::new(scan(&table)), keys: keys.clone() };
        let frame = frame(&wanted);
        let number = column(0, INT);
        let over = |function, argument| {
            WindowFunction::Aggregate(aggregate(function, argument, false, INT))
        };
        let calls = [
            WindowFunction::RowNumber,
            WindowFunction::Rank,
            WindowFunction::Lag,
            WindowFunction::FirstValue,
            WindowFunction::LastValue,
            WindowFunction::NthValue,
            over(AggregateFunction::Count, None),
            over(AggregateFunction::Max, Some(number.clone())),
            over(AggregateFunction::Count, Some(number)),
        ];
        let node = Node::Window {
            input: Box::new(sort),
            partition: vec![column(1, TEXT)],
            order: vec![wanted.key.clone()],
            calls: calls.into_iter().map(|function| call(function, &frame, INT)).collect(),
        };
        let mut ordered = rows;
        ordered.sort_by(|a, b| {
            let by = |key: usize, at: usize| order(&a[at], &b[at], &keys[key]);
            by(0, 1).then(by(1, 0)).then(by(2, 2))
        });
        let partitions = ordered.chunk_by(|a, b| a[1] == b[1]);
        let answers: Vec<Row> = partitions
            .flat_map(|partition| (0..partition.len()).map(|row| {
                [partition[row].clone(), values(&wanted, partition, row)].concat()
            }))
            .collect();
        prop_assert_eq!(sorted(bench.query(node, budget)), sorted(answers));
    }
}
