//! Random histories under a budget of some kilobytes beside the same ones without: whatever is dropped and read again, at whatever
//! moment of a checkpoint, both answer the same, check themselves and find nothing, and come to an end.

mod support;

use driftdb::db::{AsOf, Database, Options, Parameter, Progress, Request, SessionId, TaskId};
use driftdb::storage::Memory;
use driftdb::types::Value;
use std::rc::Rc;
use support::Faulty;
use support::commits::Seeded;
use support::database::{self, Ticks};
use support::random::Random;

/// Steps that a statement takes at most.
const STEPS_MAX: usize = 60_000;

type Answer = Result<Vec<Vec<Value>>, String>;

struct Run {
    database: Database,
    session: SessionId,
    storage: Option<Faulty>,
    budget: u64,
}

impl Run {
    fn new(storage: Option<Faulty>, budget: u64) -> Run {
        let (database, session) = database::open(Options {
            storage: storage
                .clone()
                .map(|storage| Box::new(storage) as Box<dyn driftdb::storage::Storage>),
            memory: budget,
            checkpoint_after: 1 << 30,
            ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
        });
        Run {
            database,
            session,
            storage,
            budget,
        }
    }

    /// Of a text, or of one that begins with its moment: `@seq:5; …`.
    fn start(&mut self, session: SessionId, text: &str) -> TaskId {
        let at = text
            .strip_prefix("@seq:")
            .and_then(|rest| rest.split_once("; "));
        let (as_of, sql) = match at {
            Some((seq, sql)) => (Some(AsOf::Seq(seq.parse().expect("a number"))), sql),
            None => (None, text),
        };
        let request = Request {
            as_of,
            ..Request::script(sql)
        };
        self.database.start(session, request).expect("it is open")
    }

    /// Runs several texts side by side, a step of each in turn.
    fn side_by_side(&mut self, texts: &[String]) -> Vec<Answer> {
        let mut sessions = vec![self.session];
        while sessions.len() < texts.len() {
            sessions.push(self.database.session());
        }
        let tasks = texts.iter().zip(&sessions);
        let mut tasks: Vec<_> = tasks
            .map(|(sql, session)| (self.start(*session, sql), Ok(Vec::new()), false))
            .collect();
        for _ in 0..STEPS_MAX {
            for (task, answer, is_over) in tasks.iter_mut().filter(|(.., is_over)| !is_over) {
                match self.database.step(*task, 300) {
                    Progress::Statement(result) => *answer = Ok(result.values()),
                    Progress::Failed(failure) => {
                        *answer = Err(failure.error.sqlstate().to_string()
                            + ": "
                            + failure.error.message());
                        *is_over = true;
                    }
                    Progress::Finished => *is_over = true,
                    _ => {}
                }
            }
            if tasks.iter().all(|(.., is_over)| *is_over) {
                for session in &sessions[1..] {
                    self.database.end_session(*session);
                }
                return tasks.into_iter().map(|(_, answer, _)| answer).collect();
            }
        }
        panic!("does not end within {} bytes: {texts:?}", self.budget);
    }

    fn maintain(&mut self, steps: usize) {
        for _ in 0..steps {
            if !self.database.maintain(1).expect("its storage is sound") {
                return;
            }
        }
    }

    fn checkpoint(&mut self) {
        self.database.want_checkpoint();
        self.maintain(1_000);
    }

    fn open_anew(&mut self) {
        while !self.database.close().expect("its storage is sound") {}
        *self = Run::new(self.storage.clone(), self.budget);
    }

    /// Ends as a machine does that stops while a checkpoint may be under way, and goes on with what the medium kept.
    fn crash(&mut self, random: &mut Random) {
        self.database.flush().expect("its storage is sound");
        while self.database.durable_seq().expect("it is open") < self.database.applied_seq() {}
        self.maintain(random.below(6));
        let storage = self.storage.as_ref().expect("it has one");
        let writes = storage.unflushed().len();
        let kept: Vec<usize> = (0..writes).filter(|_| random.chance(50)).collect();
        let storage = Faulty::new(storage.crashed(kept));
        *self = Run::new(Some(storage), self.budget);
    }

    fn check(&mut self) -> Vec<String> {
        self.database.begin_check().expect("it is open");
        loop {
            let checked = self.database.check(1 << 14).expect("it is open");
            if checked.is_over {
                let problems = checked.problems.iter();
                return problems.map(|problem| format!("{problem:?}")).collect();
            }
        }
    }
}

/// What is said of a history.
struct History {
    random: Random,
    /// Tables that may be there.
    tables: Vec<String>,
    /// Where the ids of each begin.
    bases: Vec<usize>,
    next_id: usize,
    /// From when on all tables have rows.
    begun: u64,
}

impl History {
    /// An id that a table may have.
    fn id(&mut self, table: &str) -> usize {
        let at = self.tables.iter().position(|own| own == table);
        let from = at.map_or(0, |at| self.bases[at]);
        from + self.random.below(2500)
    }

    fn moment(&mut self, last: u64) -> u64 {
        match self.random.chance(5) {
            true => self.random.below(last as usize + 1) as u64,
            false => self.begun + self.random.below((last - self.begun) as usize + 1) as u64,
        }
    }

    fn table(&mut self) -> String {
        let at = self.random.below(self.tables.len());
        self.tables[at].clone()
    }

    fn define(table: &str) -> String {
        format!(
            "CREATE TABLE {table} (id int PRIMARY KEY, grp int, name text, amount bigint);
             CREATE INDEX {table}_grp ON {table} (grp); CREATE INDEX {table}_name ON {table} (name, grp)"
        )
    }

    fn insert(&mut self, table: &str, count: usize) -> String {
        let first = self.next_id;
        self.next_id += count;
        let modulus = [3, 50, 1000][self.random.below(3)];
        format!(
            "INSERT INTO {table} SELECT i, i % {modulus}, 'row ' || i % 97 || repeat('-', i % 40), i FROM generate_series({first}, {}) i",
            self.next_id - 1
        )
    }

    /// A statement that writes.
    fn write(&mut self, last: u64) -> String {
        let table = self.table();
        let low = self.id(&table);
        let size = [3, 40, 700][self.random.below(3)];
        let range = format!("id BETWEEN {low} AND {}", low + size);
        let seq = self.moment(last);
        match self.random.below(38) {
            0..4 => {
                let count = [1, 30, 900][self.random.below(3)];
                self.insert(&table, count)
            }
            4..8 => format!("UPDATE {table} SET amount = amount + 1 WHERE {range}"),
            8..10 => format!(
                "UPDATE {table} SET amount = amount + 1 WHERE id % 3 = {}",
                low % 3
            ),
            10..13 => format!("UPDATE {table} SET grp = (grp + 1) % 50 WHERE {range}"),
            13..15 => format!("UPDATE {table} SET name = 'now ' || grp WHERE {range}"),
            15..18 => format!("DELETE FROM {table} WHERE {range}"),
            18 => format!("TRUNCATE {table}"),
            19 => format!("DROP TABLE {table}"),
            20 => format!("RESTORE TABLE {table} TO @seq:{}", self.begun),
            21..24 => format!("RESTORE TABLE {table} TO @seq:{seq}"),
            24..26 => format!("RESTORE DATABASE TO @seq:{seq}"),
            26..29 => format!("UNDO COMMIT {seq} SKIP"),
            29 => format!("REDO COMMIT {seq} FORCE"),
            30 => format!("DROP INDEX {table}_grp"),
            31 => format!("CREATE INDEX {table}_grp ON {table} (grp)"),
            32 => format!(
                "ALTER TABLE {table} ADD COLUMN c{} int DEFAULT 5",
                self.next_id
            ),
            33 => format!("ALTER TABLE {table} ALTER COLUMN grp TYPE bigint"),
            34 => format!("BEGIN; DELETE FROM {table} WHERE {range}; TRUNCATE {table}; ROLLBACK"),
            35 => format!("DELETE FROM {table} WHERE id % 2 = {}", low % 2),
            36 => format!(
                "BEGIN; UPDATE {table} SET grp = 7 WHERE {range}; UPDATE {table} SET grp = 8 WHERE id = {low}; COMMIT"
            ),
            _ => format!(
                "BEGIN; DELETE FROM {table} WHERE {range}; UPDATE {table} SET amount = 0 WHERE id < {low}; ROLLBACK"
            ),
        }
    }

    fn question(&mut self, last: u64) -> String {
        let table = self.table();
        let (a, b) = (self.moment(last), self.moment(last));
        let id = self.id(&table);
        let grp = self.random.below(50);
        let all = "count(*), sum(amount), min(name), max(system_seq_start)";
        let sql = match self.random.below(14) {
            0 => format!("SELECT {all} FROM {table}"),
            1 => format!("SELECT {all} FROM {table} AS OF @seq:{a}"),
            2 => format!("SELECT {all}, sum(system_seq_end) FROM {table} FOR SYSTEM_TIME ALL"),
            3 => format!("SELECT * FROM {table} WHERE id = {id}"),
            4 => format!("SELECT * FROM {table} WHERE id = {id} AS OF @seq:{a}"),
            5 => format!(
                "SELECT *, system_seq_start, system_seq_end FROM {table} FOR SYSTEM_TIME ALL WHERE id = {id} ORDER BY system_seq_start"
            ),
            6 => format!("SELECT {all} FROM {table} WHERE grp = {grp}"),
            7 => format!("SELECT {all} FROM {table} WHERE grp = {grp} AS OF @seq:{a}"),
            8 => format!(
                "SELECT {all}, sum(system_seq_end) FROM {table} FOR SYSTEM_TIME ALL WHERE grp = {grp}"
            ),
            9 => format!(
                "SELECT op, count(*), sum(id) FROM diff('{table}', @seq:{a}, @seq:{b}) GROUP BY op ORDER BY op"
            ),
            10 => format!("SELECT seq, op, until_seq, amount FROM history('{table}', {id})"),
            11 => format!(
                "SELECT {all} FROM {table} FOR SYSTEM_TIME FROM @seq:{} TO @seq:{} WHERE name LIKE 'row 1%'",
                a.min(b),
                a.max(b) + 1
            ),
            12 => format!(
                "SELECT column_name, count(*), sum(seq) FROM blame('{table}') WHERE id % 7 = 3 GROUP BY 1 ORDER BY 1"
            ),
            _ => format!(
                "SELECT count(*), sum(x.amount) FROM {table} x JOIN {table} y ON x.id = y.amount WHERE x.grp < 20 AS OF @seq:{b}"
            ),
        };
        // Half of the moments are said of the whole request.
        match sql.split_once(" AS OF @seq:") {
            Some((head, tail)) if last.is_multiple_of(2) => {
                let end = tail.find(' ').unwrap_or(tail.len());
                let (seq, rest) = tail.split_at(end);
                format!("@seq:{seq}; {head}{rest}")
            }
            _ => sql,
        }
    }
}

fn compare(found: &Answer, meant: &Answer, sql: &str, log: &[String]) {
    if found != meant {
        panic!(
            "{};\n{sql}:\n{found:?}\ninstead of\n{meant:?}",
            log.join(";\n")
        );
    }
}

fn history(seed: u64) {
    let (mut random, mut endings) = (Random(seed), Random(!seed));
    let budget = [10_000, 40_000, 150_000][random.below(3)];
    let storage = Faulty::new(Memory::new());
    let (mut small, mut whole) = (Run::new(Some(storage), budget), Run::new(None, u64::MAX));
    let mut history = History {
        random,
        tables: ["t", "u", "v"].map(String::from).to_vec(),
        bases: Vec::new(),
        next_id: 0,
        begun: 0,
    };
    let mut log = vec![format!("-- history {seed}")];
    let change = |small: &mut Run, whole: &mut Run, log: &mut Vec<String>, sql: String| {
        log.push(sql.clone());
        let found = &small.side_by_side(std::slice::from_ref(&sql))[0];
        let meant = &whole.side_by_side(std::slice::from_ref(&sql))[0];
        compare(found, meant, &sql, log);
        if meant.is_err() {
            for run in [small, whole] {
                run.side_by_side(&["ROLLBACK".to_string()]);
            }
        }
    };
    for table in history.tables.clone() {
        change(&mut small, &mut whole, &mut log, History::define(&table));
        let count = [200, 2500, 4500][history.random.below(3)];
        history.bases.push(history.next_id);
        let insert = history.insert(&table, count);
        change(&mut small, &mut whole, &mut log, insert);
    }
    history.begun = whole.database.applied_seq().map_or(0, |seq| seq.0);
    for _ in 0..60 {
        let last = whole.database.applied_seq().map_or(0, |seq| seq.0);
        let sql = history.write(last);
        change(&mut small, &mut whole, &mut log, sql);
        if history.random.chance(25) {
            log.push("-- checkpoint".into());
            small.database.want_checkpoint();
        }
        if history.random.chance(70) {
            let steps = [1, 3, 100][history.random.below(3)];
            small.maintain(steps);
        }
        if history.random.chance(5) {
            match endings.chance(50) {
                true => small.crash(&mut endings),
                false => small.open_anew(),
            }
            log.push("-- opened anew".into());
        }
        if history.random.chance(60) {
            let last = whole.database.applied_seq().map_or(0, |seq| seq.0);
            let count = 1 + history.random.below(3);
            let texts: Vec<String> = (0..count).map(|_| history.question(last)).collect();
            let found = small.side_by_side(&texts);
            let meant = whole.side_by_side(&texts);
            for ((found, meant), sql) in found.iter().zip(&meant).zip(&texts) {
                compare(found, meant, sql, &log);
            }
        }
        if history.random.chance(15) {
            for run in [&mut whole, &mut small] {
                let problems = run.check();
                assert!(
                    problems.is_empty(),
                    "{};\n{} bytes: {problems:?}",
                    log.join(";\n"),
                    run.budget
                );
            }
        }
        if history.random.chance(10) {
            let key = [Parameter::Value(Value::I64(
                history.random.below(history.next_id) as i64,
            ))];
            let table = history.table();
            let told = [&mut small, &mut whole].map(|run| {
                let told = run.database.history(&table, &key, None, None);
                told.map(|told| told.entries.len())
                    .map_err(|error| error.to_string())
            });
            assert_eq!(told[0], told[1], "{}", log.join(";\n"));
        }
    }
}

/// An ordinary run is some of those that found something once. `SEED=n` runs a single one, `HISTORIES=n` the first ones.
#[test]
fn with_a_budget_it_answers_what_it_answers_without() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let seeds = match (number("SEED"), number("HISTORIES")) {
        (Some(seed), _) => vec![seed],
        (None, Some(count)) => (0..count).collect(),
        (None, None) => vec![8, 12],
    };
    seeds.into_iter().for_each(history);
}

/// What waits to be made of the blocks is made of those of a later checkpoint, in which rows of then are elsewhere.
#[test]
fn the_past_is_what_it_was_when_rows_went_on_between_two_checkpoints() {
    let (mut small, mut whole) = (
        Run::new(Some(Faulty::new(Memory::new())), 10_000),
        Run::new(None, u64::MAX),
    );
    let change = |small: &mut Run, whole: &mut Run, sql: &str| {
        for run in [small, whole] {
            let done = &run.side_by_side(&[sql.to_string()])[0];
            assert!(done.is_ok(), "{sql}: {done:?}");
        }
    };
    let mut begin = |sql: &str| change(&mut small, &mut whole, sql);
    begin(
        "CREATE TABLE t (id int PRIMARY KEY, grp int, amount int); CREATE INDEX t_grp ON t (grp)",
    );
    begin("INSERT INTO t SELECT i, i % 500, 0 FROM generate_series(1, 6000) i");
    begin("UPDATE t SET amount = amount + 1 WHERE id % 10 = 0");
    small.checkpoint();
    small.open_anew();
    for _ in 0..2 {
        for rest in [1, 2] {
            let sql = format!("UPDATE t SET amount = amount + 1 WHERE id % 3 = {rest}");
            change(&mut small, &mut whole, &sql);
        }
        small.checkpoint();
    }
    for sql in [
        "SELECT count(*), sum(amount), sum(system_seq_end) FROM t FOR SYSTEM_TIME ALL WHERE grp = 10",
        "SELECT id, amount, system_seq_start, system_seq_end FROM t FOR SYSTEM_TIME ALL WHERE id = 1010 ORDER BY 3",
        "SELECT count(*), sum(amount) FROM t WHERE grp = 10 AS OF @seq:3",
    ] {
        let [found, meant] =
            [&mut small, &mut whole].map(|run| run.side_by_side(&[sql.to_string()]));
        assert_eq!(found, meant, "{sql}");
        assert_eq!(small.check(), Vec::<String>::new());
    }
}
