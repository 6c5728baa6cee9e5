//! Random queries on four databases of the same history: with the optimizer and the plan cache on and off.
//! All must give the same rows, of the present and of the past, and refuse the same statements.
//!
//! An error of a value (division by zero, overflow, malformed text) may come from a row that another order
//! of work never looks at, so where one way raises such an error the others are not compared.

mod support;

use driftdb::db::{Database, Options, Request, SessionId};
use driftdb::expr::format_value;
use std::rc::Rc;
use support::database::{Still, Ticks, open};
use support::random::Random;

const QUERIES: usize = 1_500;

#[test]
fn all_ways_give_the_same_rows() {
    let mut ways: Vec<Way> = [(true, true), (true, false), (false, true), (false, false)]
        .map(|(optimizer, plan_cache)| Way::new(optimizer, plan_cache))
        .into();
    for way in &mut ways {
        for statement in history() {
            way.answer(&statement).expect("the history is right");
        }
    }
    let mut random = Random(7);
    let (mut compared, mut with_rows) = (0, 0);
    for _ in 0..QUERIES {
        let sql = query(&mut random);
        let answers: Vec<Answer> = ways.iter_mut().map(|way| way.answer(&sql)).collect();
        let is_of_a_value =
            |answer: &Answer| matches!(answer, Err(state) if state.starts_with('2'));
        if answers.iter().any(is_of_a_value) {
            continue;
        }
        for answer in &answers[1..] {
            assert_eq!(&answers[0], answer, "{sql}");
        }
        compared += 1;
        with_rows += usize::from(answers[0].as_ref().is_ok_and(|rows| !rows.is_empty()));
    }
    assert!(compared > QUERIES / 2, "only {compared} compared");
    assert!(with_rows > QUERIES / 8, "only {with_rows} had rows");
}

/// The rows as text, sorted, or the SQLSTATE.
type Answer = Result<Vec<String>, String>;

struct Way {
    database: Database,
    session: SessionId,
}

impl Way {
    fn new(optimizer: bool, plan_cache: bool) -> Self {
        let mut options = Options::memory(Rc::new(Ticks::default()), Rc::new(Still));
        options.optimizer = optimizer;
        options.plan_cache = plan_cache;
        let (database, session) = open(options);
        Way { database, session }
    }

    fn answer(&mut self, sql: &str) -> Answer {
        let results = self.database.run(self.session, Request::script(sql));
        let results = results.map_err(|(_, failure)| failure.error.sqlstate().to_string())?;
        let mut rows = Vec::new();
        for result in &results {
            for row in result.values() {
                let mut text = String::new();
                for (value, field) in row.iter().zip(result.fields.iter()) {
                    text.push('|');
                    match value.is_null() {
                        true => text.push_str("NULL"),
                        false => format_value(value, field.data_type, &mut text),
                    }
                }
                rows.push(text);
            }
        }
        rows.sort();
        Ok(rows)
    }
}

/// Three tables that are filled, changed and indexed over some commits.
fn history() -> Vec<String> {
    let mut statements = vec![
        "create table t (a int primary key, b text, c numeric(8,2), d bigint)".to_string(),
        "create table u (a int, e text, f double precision, primary key (a, e))".to_string(),
    ];
    for row in 0..40 {
        let b = ["'x'", "'y'", "null", "'xyz'"][row % 4];
        let d = [row as i64 % 5, 3_000_000_000 - row as i64][row % 2];
        statements.push(format!(
            "insert into t values ({row}, {b}, {}.5, {d})",
            row % 7
        ));
    }
    for row in 0..30 {
        let e = ["'x'", "'z'", "''"][row % 3];
        statements.push(format!(
            "insert into u values ({}, {e}, {}.25)",
            row / 2,
            row % 4
        ));
    }
    statements.extend(
        [
            "create index on t (d, c)",
            "update t set b = 'new', c = c + 1 where a % 3 = 0",
            "delete from t where a between 10 and 14",
            "create index on u (e)",
            "update u set f = null where a = 3",
            "insert into t select a + 100, e, 0, a from u where f > 1 and e = 'x'",
            "create table v (g int, h text)",
            "insert into v select a % 8, b from t where a < 24",
            "create index on v (h)",
        ]
        .map(str::to_string),
    );
    statements
}

fn query(random: &mut Random) -> String {
    let time = [
        "",
        "",
        "",
        " for system_time as of @seq:50",
        " for system_time as of @seq:73",
        " for system_time all",
    ];
    let time = time[random.below(time.len())];
    let condition = condition(random, 2);
    let (x, y) = (value(random), value(random));
    let first = constant(random);
    match random.below(16) {
        0 => format!(
            "select a, b, c, d from t{time} x where {condition}",
            time = time
        ),
        1 => format!("select {x}, {y} from t{time} where {condition}"),
        2 => format!(
            "select t.a, u.e from t{time}, u where t.a = u.a and {}",
            both(random)
        ),
        3 => format!(
            "select t.a, u.e, f from t left join u on t.a = u.a and {} where {}",
            both(random),
            both(random)
        ),
        4 => format!(
            "select t.a, u.a, e from t full join u on t.a = u.a and t.b = u.e where {}",
            both(random)
        ),
        5 => format!(
            "select t.a, u.a from t{time} right join u on t.a = u.a where {}",
            both(random)
        ),
        6 => format!(
            "select b, count(*), sum(d), min(c), max({x}) from t{time} where {condition} group by b having count(*) > {first}"
        ),
        7 => format!("select distinct b, {x} from t{time} where {condition}"),
        8 => format!(
            "select a, b from t{time} where {condition} order by a desc limit {} offset {}",
            random.below(8),
            random.below(3)
        ),
        9 => format!(
            "select a from t where a in (select a from u where {}) or {condition}",
            other(random)
        ),
        10 => format!(
            "select a from t where {condition} union select a from u where {}",
            other(random)
        ),
        11 => format!(
            "select a, d from t where d = {first} and c > {} order by c, a limit 5",
            constant(random)
        ),
        12 => {
            format!("select count(*), avg(c), count(distinct {x}) from t{time} where {condition}")
        }
        13 => format!(
            "select t.a, e, h from t{time}, u, v where {} and {} and {}",
            links(random),
            third(random),
            both(random)
        ),
        14 => format!(
            "select t.a, f, g from t{time}, u, v where {} and {}",
            links(random),
            branches(random)
        ),
        _ => format!(
            "select q.a, u.f from (select a, {x} as k from t{time} where {condition}) q join u using (a) where f > {first}"
        ),
    }
}

fn constant(random: &mut Random) -> &'static str {
    const CONSTANTS: [&str; 12] = [
        "0",
        "1",
        "3",
        "-2",
        "7",
        "2.5",
        "3000000000",
        "'x'",
        "'new'",
        "null",
        "'3'",
        "12",
    ];
    CONSTANTS[random.below(CONSTANTS.len())]
}

fn value(random: &mut Random) -> String {
    let first = constant(random);
    match random.below(8) {
        0 => "a".to_string(),
        1 => "b".to_string(),
        2 => "c".to_string(),
        3 => format!("a + {first}"),
        4 => format!("coalesce(b, {first})"),
        5 => format!("case when a > {first} then c else 1 end"),
        6 => "d % 4".to_string(),
        _ => "length(b)".to_string(),
    }
}

/// A condition over the columns of `t`.
fn condition(random: &mut Random, depth: usize) -> String {
    let (x, y) = (constant(random), constant(random));
    if depth > 0 && random.below(2) == 0 {
        let (left, right) = (condition(random, depth - 1), condition(random, depth - 1));
        return match random.below(4) {
            0 => format!("({left} or {right})"),
            1 => format!("not ({left})"),
            _ => format!("{left} and {right}"),
        };
    }
    match random.below(12) {
        0 => format!("a = {x}"),
        1 => format!("a > {x}"),
        2 => format!("a between {x} and {y}"),
        3 => format!("a in ({x}, {y})"),
        4 => format!("b = {x}"),
        5 => "b like 'x%'".to_string(),
        6 => "b is null".to_string(),
        7 => format!("c >= {x}"),
        8 => format!("d = {x}"),
        9 => format!("d < {x} and c = {y}"),
        10 => format!("b is distinct from {x}"),
        _ => format!("{} = {x}", value(random)),
    }
}

/// A condition over the columns that `t` and `u` do not share, and their `a`.
fn both(random: &mut Random) -> String {
    let x = constant(random);
    match random.below(8) {
        0 => format!("t.a > {x}"),
        1 => format!("u.a < {x}"),
        2 => "b = e".to_string(),
        3 => format!("f > {x} or b is null"),
        4 => "u.a is null".to_string(),
        5 => format!("t.a + u.a = {x}"),
        6 => format!("e = {x} and c > 1"),
        _ => "true".to_string(),
    }
}

/// What ties `t`, `u` and `v` together, or only two of them.
fn links(random: &mut Random) -> &'static str {
    const LINKS: [&str; 5] = [
        "t.a = u.a and g = u.a",
        "b = e and h = e",
        "t.a = g and u.a = g and h = e",
        "t.d = g and u.a = t.a",
        "t.a = u.a",
    ];
    LINKS[random.below(LINKS.len())]
}

/// A condition over the columns of `v`.
fn third(random: &mut Random) -> String {
    let (x, y) = (constant(random), constant(random));
    match random.below(5) {
        0 => format!("g = {x}"),
        1 => format!("h = {x}"),
        2 => format!("h in ({x}, {y})"),
        3 => format!("(g = {x} or h = {y})"),
        _ => format!("g <> {x}"),
    }
}

/// An OR, of whose branches some ask the same.
fn branches(random: &mut Random) -> String {
    let [x, y, z] = [0; 3].map(|_| constant(random));
    match random.below(3) {
        0 => format!("(h = {x} and t.a > {y} or h = {x} and f < {z})"),
        1 => format!("(t.a = g and h = {x} or t.a = g and h = {y} or t.a = g and c > {z})"),
        _ => format!("(h = {x} and e = {y} or e = {x} and h = {y})"),
    }
}

/// A condition over the columns of `u`.
fn other(random: &mut Random) -> String {
    let x = constant(random);
    match random.below(5) {
        0 => format!("a = {x}"),
        1 => format!("e = {x}"),
        2 => format!("f < {x}"),
        3 => format!("a > {x} and e <> ''"),
        _ => "f is null".to_string(),
    }
}
