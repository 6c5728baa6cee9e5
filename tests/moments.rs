//! Whatever the present has answered, the past answers: random histories of definitions and data, and after each
//! commit queries of every form. At the end each is asked again as of its moment, in every way of saying so, live and
//! after opening the database anew, and must give the same columns, rows and errors.

mod support;

use driftdb::db::{AsOf, Database, Options, Request, SessionId};
use driftdb::expr::format_value;
use driftdb::storage::Directory;
use driftdb::table::Residency;
use std::rc::Rc;
use support::database::{Still, Ticks, open};
use support::random::Random;

/// Histories and their statements.
const HISTORIES: u64 = 6;
const STATEMENTS: usize = 70;
/// Queries after each commit.
const QUERIES: usize = 6;

/// The columns with their types and the rows in order, or the SQLSTATE.
type Answer = Result<Vec<String>, String>;

#[test]
fn the_past_answers_as_the_present_did() {
    let first = std::env::var("FIRST").map_or(0, |text| text.parse().expect("a number"));
    let count = std::env::var("SEEDS").map_or(HISTORIES, |text| text.parse().expect("a number"));
    let mut asked = 0;
    for seed in first..first + count {
        asked += history(seed);
    }
    assert!(
        asked > count as usize * STATEMENTS,
        "only {asked} answers had rows"
    );
}

/// Something that was asked when this was the last commit.
struct Asked {
    seq: u64,
    query: String,
    answer: Answer,
}

/// Runs one history; how many of its answers had rows.
fn history(seed: u64) -> usize {
    let folder = tempfile::tempdir().expect("a directory");
    let storage = || Box::new(Directory::open(folder.path()).expect("a directory"));
    let mut random = Random(seed);
    let options = |turn: u64| Options {
        storage: Some(storage()),
        optimizer: !turn.is_multiple_of(5),
        plan_cache: !turn.is_multiple_of(3),
        residency: match turn.is_multiple_of(2) {
            true => Residency::FirstTouch,
            false => Residency::All,
        },
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Still))
    };
    let mut connection = open(options(seed));
    let mut all: Vec<Asked> = Vec::new();
    for statement in START {
        answer(&mut connection, Request::script(statement)).expect("the start is right");
    }
    for _ in 0..STATEMENTS {
        let statement = statement(&mut random);
        if answer(&mut connection, Request::script(&statement)).is_err() {
            let _ = answer(&mut connection, Request::script("rollback"));
        }
        let seq = connection.0.applied_seq().expect("tables have been made").0;
        for _ in 0..QUERIES {
            let query = QUERIES_OF_ALL_FORMS[random.below(QUERIES_OF_ALL_FORMS.len())].to_string();
            let answer = answer(&mut connection, Request::script(query.replace('@', "")));
            all.push(Asked { seq, query, answer });
        }
    }
    for asked in &all {
        ask_again(&mut connection, asked, seed);
    }
    connection.0.close().expect("it can be written");
    drop(connection);
    let mut connection = open(options(seed + 1));
    for asked in &all {
        ask_again(&mut connection, asked, seed);
    }
    let has_rows = |asked: &&Asked| asked.answer.as_ref().is_ok_and(|rows| rows.len() > 1);
    all.iter().filter(has_rows).count()
}

fn ask_again(connection: &mut (Database, SessionId), asked: &Asked, seed: u64) {
    let Asked {
        seq,
        query,
        answer: meant,
    } = asked;
    let plain = query.replace('@', "");
    let ways = [
        Request::script(format!("{plain} AS OF @seq:{seq}")),
        Request::script(query.replace('@', &format!(" FOR SYSTEM_TIME AS OF {seq}"))),
        Request {
            as_of: Some(AsOf::Seq(*seq)),
            ..Request::script(&plain)
        },
    ];
    for (way, request) in ways.into_iter().enumerate() {
        let again = answer(connection, request);
        assert_eq!(again, *meant, "seed {seed}, at {seq}, way {way}: {plain}");
    }
    let session = format!("SET SESSION AS OF @seq:{seq}");
    answer(connection, Request::script(&session)).expect("a moment that has been");
    let again = answer(connection, Request::script(&plain));
    assert_eq!(
        again, *meant,
        "seed {seed}, at {seq}, as the session's: {plain}"
    );
    answer(connection, Request::script("RESET SESSION AS OF")).expect("it is the present again");
}

fn answer((database, session): &mut (Database, SessionId), request: Request) -> Answer {
    let results = database.run(*session, request);
    let results = results.map_err(|(_, failure)| failure.error.sqlstate().to_string())?;
    let mut answer = Vec::new();
    for result in &results {
        let fields = result.fields.iter();
        let fields = fields.map(|field| format!("{} {}", field.name, field.data_type));
        answer.push(fields.collect::<Vec<_>>().join(", "));
        let mut rows: Vec<String> = Vec::new();
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
        rows.sort();
        answer.extend(rows);
    }
    Ok(answer)
}

const START: [&str; 4] = [
    "create table t (id int primary key, a int, b text default 'b', c numeric(6,2))",
    "create table u (id serial primary key, t_id int references t on delete cascade on update cascade, x int)",
    "insert into t select n, n % 3, 'v' || n % 4, n / 2.0 from (values (1),(2),(3),(4),(5),(6),(7),(8)) v(n)",
    "insert into u (t_id, x) select id, id * 2 % 5 from t where id <> 3",
];

/// Each table is followed by `@` where its clause would stand.
const QUERIES_OF_ALL_FORMS: &[&str] = &[
    "select * from t@",
    "select * from u@",
    "select * from v@",
    "select * from t@ x where id = 3",
    "select * from t@ x where id between 2 and 5 order by id desc limit 2",
    "select * from t@ x where a = 1",
    "select * from t@ x where b >= 'v2'",
    "select id, a + 1, b || c, d from t@",
    "select id, e from t@ where e is null",
    "select * from t@ join u@ on u.t_id = t.id",
    "select * from t@ natural full join u@",
    "select * from t@ left join u@ on u.t_id = t.id and u.x > t.a",
    "select * from t@ full join v@ using (id)",
    "select id, (select count(*) from u@ where u.t_id = t.id) from t@",
    "select id, (select max(x) from u@ where u.t_id = t.id and u.id > t.a) from t@ where id < 6",
    "select id from t@ where exists (select 1 from u@ where u.t_id = t.id and x = a)",
    "select id from t@ where a not in (select x from u@)",
    "select id from t@ where (id, a) in (select t_id, x from u@)",
    "select t.id, l.* from t@ cross join lateral (select x, u.id from u@ where u.t_id = t.id order by x desc limit 1) l",
    "select t.id, l.n from t@ left join lateral (select count(*) as n from u@ where x > t.a) l on true",
    "select a, count(*), sum(c), min(b) from t@ group by a having count(*) > 1",
    "select count(*), count(distinct a), avg(c) from t@",
    "select distinct b from t@",
    "select distinct on (a) a, id from t@ order by a, id desc",
    "select id, rank() over (partition by a order by c), sum(id) over (order by id rows 1 preceding) from t@",
    "with q as (select * from t@) select * from q where id > (select avg(id) from q)",
    "with recursive q(n) as (select min(id) from t@ union all select n + 1 from q where n < (select max(id) from t@)) select n from q",
    "select id, a from t@ union select id, x from u@",
    "select a from t@ intersect all select x from u@",
    "select id from t@ except select t_id from u@",
    "select id, row_to_be from t@",
    "select * from (select id, b from t@ order by id limit 3) q join u@ on q.id = u.t_id",
    "select b, id from t@ order by c desc nulls last, id limit 3 offset 1",
    "select id from t@ order by a fetch first 2 rows with ties",
    "select x.id, y.id from t@ x join t@ y on x.a = y.a and x.id < y.id",
    "select * from w@",
    "select id, f from t@ where f is not null",
    "select * from y@ join t@ using (id)",
    "select n, (select max(a) from y@ where y.id < n) from (values (3), (7)) q(n)",
];

fn statement(random: &mut Random) -> String {
    let mut one = || change(random);
    let (first, second, third) = (one(), one(), one());
    match random.below(8) {
        0 => format!("begin; {first}; {second}; commit"),
        1 => format!("begin; {first}; savepoint s; {second}; rollback to s; {third}; commit"),
        2 => format!("begin; {first}; {second}; rollback"),
        _ => first,
    }
}

fn change(random: &mut Random) -> String {
    let id = random.below(12);
    let other = random.below(12);
    let column = ["a", "b", "c", "d", "e", "f"][random.below(6)];
    let table = ["t", "u", "v", "w"][random.below(4)];
    match random.below(48) {
        0..=4 => format!("insert into t (id) values ({id})"),
        5..=6 => format!("insert into t values ({id}, {other})"),
        7..=9 => format!("insert into u (t_id, x) values ({id}, {other})"),
        10..=12 => format!("update t set a = {other} where id = {id}"),
        13 => format!("update t set id = {other} where id = {id}"),
        14 => "update t set id = id + 100".to_string(),
        15 => "update t set id = id - 100 where id > 100".to_string(),
        16 => format!("update u set x = x + 1 where t_id > {id}"),
        17 => format!("delete from t where id = {id}"),
        18 => format!("delete from u where x = {id}"),
        19 => format!(
            "insert into t (id, a) values ({id}, 5) on conflict (id) do update set a = t.a + 1"
        ),
        20 => "truncate t cascade".to_string(),
        21 => format!("alter table t add column d int default {id}"),
        22 => "alter table t add column e text".to_string(),
        23 => "alter table t add column f int generated always as (id * 2) stored".to_string(),
        24..=25 => format!("alter table t drop column {column}"),
        26 => format!("alter table t rename column {column} to d"),
        27 => format!("alter table t rename column d to {column}"),
        28 => "alter table t alter column a type text using a || 'x'".to_string(),
        29 => "alter table t alter column a type int using length(a::text)".to_string(),
        30 => "alter table t alter column c type int".to_string(),
        31 => "alter table t alter column c type numeric(8,3)".to_string(),
        32 => format!("alter table {table} rename to w"),
        33 => format!("alter table w rename to {table}"),
        34 => "create table v as select * from t where id > 2".to_string(),
        35 => format!("drop table if exists {table} cascade"),
        36 => START[0].to_string(),
        37 => START[1].to_string(),
        38 => format!("create index on t ({column})"),
        39 => format!("create index on t ({column}, id)"),
        40 => "drop index if exists t_a_idx, t_b_idx".to_string(),
        41 => START[2].to_string(),
        42 => START[3].to_string(),
        43 => format!("create or replace view y as select id, a from t where id > {id}"),
        44 => {
            "create view y as select t.id, x as a from t left join u on u.t_id = t.id".to_string()
        }
        45 => "drop view if exists y".to_string(),
        46 => "create unique index on t (a)".to_string(),
        _ => "alter table t drop constraint t_pkey cascade".to_string(),
    }
}
