//! The operators against the plainest code that says what they mean, on random rows.
//!
//! Every plan runs over a store that has each block loaded only when it is asked for, and with budgets
//! from one row to many, so that each operator is interrupted wherever it can be.

use driftdb::exec::{Access, Context, Execution, Meter, SessionSequences, Step, Tuples};
use driftdb::expr::{BinaryOperator, Expr, ExprKind, resolve_and, resolve_operator};
use driftdb::plan::{
    Aggregate, AggregateFunction, Delete, Insert, JoinKind, Node, OutputColumn, Plan, Query,
    Returning, SortKey, TimeSlot, Update,
};
use driftdb::table::{Residency, Store};
use driftdb::txn::{CommitHead, Transaction};
use driftdb::types::{
    Clock, ColumnId, ColumnSchema, DataType, Entropy, IndexId, ScanColumn, Snapshot, TableId,
    TableSchema, Value,
};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::rc::Rc;

type Row = Vec<Value>;

/// Always the same time and the same chance.
struct Nowhere;

impl Clock for Nowhere {
    fn now(&self) -> i64 {
        0
    }
}

impl Entropy for Nowhere {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

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
                entropy: &Nowhere,
                clock: &Nowhere,
                session: &SessionSequences::default(),
                budget,
                meter: &mut meter,
            };
            match execution.step(&mut context).unwrap() {
                Step::Chunk(chunk) => rows.extend((0..chunk.len()).map(|row| chunk.row(row))),
                Step::Need(block) => self.store.load(block).unwrap(),
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

fn join(kind: JoinKind, left: Node, right: Node, keys: bool, condition: bool) -> Node {
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

/// What ORDER BY means for one pair of values.
fn order(left: &Value, right: &Value, key: &SortKey) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if key.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) => order(right, left, key).reverse(),
        (false, false) if key.descending => right.cmp(left),
        (false, false) => left.cmp(right),
    }
}

fn sort_key(position: usize, descending: bool, nulls_first: bool) -> SortKey {
    SortKey {
        expr: column(position, TYPES[position]),
        descending,
        nulls_first,
    }
}

fn limit(input: Node, limit: i64, offset: i64) -> Node {
    let count = |count| Some(Expr::constant(Value::I64(count), INT));
    Node::Limit {
        input: Box::new(input),
        limit: count(limit),
        offset: count(offset),
    }
}

fn aggregate(
    function: AggregateFunction,
    argument: Option<Expr>,
    distinct: bool,
    data_type: DataType,
) -> Aggregate {
    Aggregate {
        function,
        argument,
        distinct,
        data_type,
    }
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

    #[test]
    fn groups_are_what_comes_of_collecting_them(rows in rows(100), budget in budgets()) {
        let mut bench = Bench::new();
        let table = bench.table("t", &TYPES, &rows);
        let (number, text) = (column(0, INT), column(1, TEXT));
        let numeric = DataType::Numeric(None);
        let node = Node::Aggregate {
            input: Box::new(scan(&table)),
            groups: vec![text.clone()],
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

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::I64(value) => Some(*value),
        _ => None,
    }
}

fn whole_row() -> Returning {
    let expressions = (0..3).map(|position| column(position, TYPES[position]));
    Returning {
        expressions: expressions.collect(),
        output: Vec::new(),
    }
}

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
        aggregates: vec![aggregate(AggregateFunction::Count, None, false, INT)],
    };
    let groups = bench.query(groups, 5000);
    assert_eq!(groups.len(), 10_007);
    let total: i64 = groups.iter().filter_map(|group| integer(&group[1])).sum();
    assert_eq!(total, 70_000);
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
