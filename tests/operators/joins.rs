//! Joins of every kind, by keys, by a condition and dependent ones, against two loops.

use super::{Bench, INT, Row, TEXT, TYPES, binary, budgets, column, rows, scan, sorted};
use driftdb::expr::{BinaryOperator, Expr, ExprKind};
use driftdb::plan::{JoinKind, Node};
use driftdb::types::Value;
use proptest::prelude::*;

/// Whether a pair of rows matches: keys equal and the condition true, NULLs matching nothing.
fn matches(left: &Row, right: &Row, keys: bool, condition: bool) -> bool {
    let known = |value: &Value| !value.is_null();
    let equal = known(&left[0]) && left[0] == right[0];
    let texts = known(&left[1]) && known(&right[1]) && left[1] <= right[1];
    (!keys || equal) && (!condition || texts)
}

/// What a join means.
fn naive_join(
    kind: JoinKind,
    left: &[Row],
    right: &[Row],
    is_match: impl Fn(&Row, &Row) -> bool,
) -> Vec<Row> {
    let beside = |left: &Row, right: &Row| [left.clone(), right.clone()].concat();
    let nulls = vec![Value::Null; 3];
    let mut result = Vec::new();
    for l in left {
        let matched: Vec<_> = right.iter().filter(|r| is_match(l, r)).collect();
        match kind {
            JoinKind::Semi if !matched.is_empty() => result.push(l.clone()),
            JoinKind::Anti if matched.is_empty() => result.push(l.clone()),
            JoinKind::Semi | JoinKind::Anti => {}
            JoinKind::Left | JoinKind::Full if matched.is_empty() => result.push(beside(l, &nulls)),
            _ => result.extend(matched.iter().map(|r| beside(l, r))),
        }
    }
    if matches!(kind, JoinKind::Right | JoinKind::Full) {
        let alone = right
            .iter()
            .filter(|r| !left.iter().any(|l| is_match(l, r)));
        result.extend(alone.map(|r| beside(&nulls, r)));
    }
    result
}

const KINDS: [JoinKind; 6] = [
    JoinKind::Inner,
    JoinKind::Left,
    JoinKind::Right,
    JoinKind::Full,
    JoinKind::Semi,
    JoinKind::Anti,
];

pub fn join(kind: JoinKind, left: Node, right: Node, keys: bool, condition: bool) -> Node {
    let condition = condition.then(|| {
        binary(
            BinaryOperator::LessOrEqual,
            column(1, TEXT),
            column(4, TEXT),
        )
    });
    Node::Join {
        kind,
        left: Box::new(left),
        right: Box::new(right),
        keys: if keys {
            vec![(column(0, INT), column(0, INT))]
        } else {
            Vec::new()
        },
        condition,
    }
}

/// The same join with the right side run for each row of the left, which it sees the key of.
fn dependent(kind: JoinKind, left: Node, right: Node, keys: bool, condition: bool) -> Node {
    let Node::Join {
        left,
        right,
        condition,
        ..
    } = join(kind, left, right, keys, condition)
    else {
        unreachable!("a join is made");
    };
    let outer = Expr::new(ExprKind::Outer(3), INT);
    let right = match keys {
        true => Box::new(Node::Filter {
            predicate: binary(BinaryOperator::Equal, column(0, INT), outer),
            input: right,
        }),
        false => right,
    };
    Node::Apply {
        kind,
        left,
        right,
        outer: vec![(3, column(0, INT))],
        guard: None,
        condition,
    }
}

/// Left's rows and whether a row of right matches, which may be unknown.
fn naive_marks(left: &[Row], right: &[Row], keys: bool, condition: bool) -> Vec<Row> {
    let mark = |l: &Row| {
        let mut candidates = right.iter().filter(|r| matches(l, r, keys, false));
        let unknown = |r: &&Row| condition && (l[1].is_null() || r[1].is_null());
        if candidates.clone().any(|r| matches(l, r, keys, condition)) {
            Value::Bool(true)
        } else if candidates.any(|r| unknown(&r)) {
            Value::Null
        } else {
            Value::Bool(false)
        }
    };
    (left.iter())
        .map(|l| [l.clone(), vec![mark(l)]].concat())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn joins_of_every_kind_mean_what_the_loops_say(
        left in rows(30), right in rows(30), keys: bool, condition: bool, budget in budgets(),
    ) {
        let mut bench = Bench::new();
        let l = bench.table("l", &TYPES, &left);
        let r = bench.table("r", &TYPES, &right);
        for kind in KINDS {
            let found = bench.query(join(kind, scan(&l), scan(&r), keys, condition), budget);
            let meant = naive_join(kind, &left, &right, |l, r| matches(l, r, keys, condition));
            prop_assert_eq!(sorted(found), sorted(meant), "{:?}", kind);
        }
    }

    #[test]
    fn dependent_joins_mean_the_same_and_marks_are_of_three_values(
        left in rows(20), right in rows(20), keys: bool, condition: bool, budget in budgets(),
    ) {
        let mut bench = Bench::new();
        let l = bench.table("l", &TYPES, &left);
        let r = bench.table("r", &TYPES, &right);
        for kind in [JoinKind::Inner, JoinKind::Left, JoinKind::Semi, JoinKind::Anti] {
            let found = bench.query(dependent(kind, scan(&l), scan(&r), keys, condition), budget);
            let meant = naive_join(kind, &left, &right, |l, r| matches(l, r, keys, condition));
            prop_assert_eq!(sorted(found), sorted(meant), "{:?}", kind);
        }
        let meant = sorted(naive_marks(&left, &right, keys, condition));
        for make in [join, dependent] {
            let found = bench.query(make(JoinKind::Mark, scan(&l), scan(&r), keys, condition), budget);
            prop_assert_eq!(sorted(found), meant.clone());
        }
        let is_match = |l: &Row, r: &Row| matches(l, r, keys, condition);
        let single = left.iter().all(|l| right.iter().filter(|r| is_match(l, r)).count() < 2);
        if single {
            let meant = sorted(naive_join(JoinKind::Left, &left, &right, is_match));
            for make in [join, dependent] {
                let node = make(JoinKind::Single, scan(&l), scan(&r), keys, condition);
                prop_assert_eq!(sorted(bench.query(node, budget)), meant.clone());
            }
        }
    }
}
