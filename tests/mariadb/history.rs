//! One history: what is written and asked, in the words of both.

use super::engine::Engine;
use super::random::Random;
use driftdb::types::Clock;
use std::cell::Cell;
use std::rc::Rc;

const STATEMENTS: usize = 40;
const QUESTIONS: usize = 60;
/// 2026-01-01, in microseconds.
const START: i64 = 1_767_225_600_000_000;
/// A fraction of a second that MariaDB's clock, a binary fraction, is set to exactly.
const TICK: i64 = 15_625;

/// A clock that stands where it is put.
#[derive(Default)]
struct Still(Cell<i64>);

impl Clock for Still {
    fn now(&self) -> i64 {
        self.0.get()
    }
}

/// A transaction at one time.
struct Step {
    time: i64,
    statements: Vec<String>,
}

/// A question in both words.
struct Question {
    kind: usize,
    ours: String,
    theirs: String,
}

pub struct History {
    seed: u64,
    steps: Vec<Step>,
    questions: Vec<Question>,
}

fn literal(time: i64) -> String {
    let (seconds, micros) = ((time - START) / 1_000_000, (time - START) % 1_000_000);
    format!(
        "TIMESTAMP '2026-01-01 00:{:02}:{:02}.{micros:06}'",
        seconds / 60,
        seconds % 60
    )
}

impl History {
    pub fn new(seed: u64) -> History {
        let mut random = Random(seed);
        let mut time = START + 60_000_000;
        let steps = (0..STATEMENTS).map(|_| {
            time += TICK * (1 + random.below(40) as i64);
            let count = if random.chance(25) {
                2 + random.below(3)
            } else {
                1
            };
            let statements = (0..count).map(|_| statement(&mut random)).collect();
            Step { time, statements }
        });
        let steps: Vec<Step> = steps.collect();
        let questions = (0..QUESTIONS)
            .map(|_| question(&mut random, &steps))
            .collect();
        History {
            seed,
            steps,
            questions,
        }
    }

    /// The whole of it as a script for MariaDB.
    pub fn theirs(&self) -> String {
        let name = format!("history{}", self.seed);
        let mut script = format!(
            "CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\nUSE {name};\nSET time_zone = '+00:00';\n\
             SET @@timestamp = {};\n",
            START / 1_000_000
        );
        for table in TABLES {
            script += &format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, v INT, s VARCHAR(9)) WITH SYSTEM VERSIONING;\n"
            );
        }
        for step in &self.steps {
            let time = step.time;
            script += &format!(
                "SET @@timestamp = {}.{:06};\nBEGIN;\n",
                time / 1_000_000,
                time % 1_000_000
            );
            for statement in &step.statements {
                // Its own word for what has no conflict there.
                script += &format!(
                    "{};\n",
                    statement
                        .replace(" ON CONFLICT DO NOTHING", "")
                        .replace("INSERT", "INSERT IGNORE")
                );
            }
            script += "COMMIT;\n";
        }
        for question in &self.questions {
            script += &format!("SELECT '#';\n{};\n", question.theirs);
        }
        script + &format!("DROP DATABASE {name};\n")
    }

    /// Runs it here; how many questions of each kind had rows.
    pub fn compare(&self, theirs: &[String]) -> [usize; 5] {
        let clock = Rc::new(Still::default());
        clock.0.set(START);
        let mut engine = Engine::with_clock(self.seed, clock.clone());
        let mut run = |time: i64, sql: &str| {
            clock.0.set(time);
            let answer = engine.run(sql);
            answer.map_err(|refused| format!("seed {}: {sql}: {refused:?}", self.seed))
        };
        run(
            START,
            "CREATE TABLE t (id INT PRIMARY KEY, v INT, s VARCHAR(9))",
        )
        .expect("t");
        run(
            START,
            "CREATE TABLE u (id INT PRIMARY KEY, v INT, s VARCHAR(9))",
        )
        .expect("u");
        for step in &self.steps {
            let script = format!("BEGIN; {}; COMMIT", step.statements.join("; "));
            run(step.time, &script).unwrap_or_else(|error| panic!("{error}"));
        }
        let mut with_rows = [0; 5];
        let mut answers = theirs.split(|line| line == "#").skip(1);
        for question in &self.questions {
            let mut theirs = answers
                .next()
                .expect("an answer for each question")
                .to_vec();
            theirs.sort();
            let answer = run(START + 3_600_000_000, &question.ours);
            let mut ours: Vec<String> = match answer {
                Ok(rows) => rows
                    .rows
                    .iter()
                    .map(|row| {
                        let cells = row
                            .iter()
                            .map(|cell| cell.clone().unwrap_or("NULL".to_string()));
                        cells.collect::<Vec<_>>().join("\t")
                    })
                    .collect(),
                // Before the first commit.
                Err(error) if error.contains("DT002") => Vec::new(),
                Err(error) => panic!("{error}"),
            };
            ours.sort();
            assert_eq!(
                ours, theirs,
                "seed {}: {}\n{}",
                self.seed, question.ours, question.theirs
            );
            with_rows[question.kind] += usize::from(!ours.is_empty());
        }
        with_rows
    }
}

const TABLES: [&str; 2] = ["t", "u"];

fn statement(random: &mut Random) -> String {
    let table = TABLES[random.below(2)];
    let id = random.below(8);
    let text = ["'a'", "'bc'", "''", "NULL"][random.below(4)];
    let place = match random.below(3) {
        0 => format!("id > {id}"),
        1 => format!("v = {}", random.below(4)),
        _ => format!("id = {id}"),
    };
    match random.below(12) {
        0..5 => {
            let second = random.below(8);
            format!(
                "INSERT INTO {table} VALUES ({id}, {}, {text}), ({second}, {}, 'z') ON CONFLICT DO NOTHING",
                random.below(4),
                random.below(4)
            )
        }
        5..9 => format!("UPDATE {table} SET v = v + 1 WHERE {place} AND v IS NOT NULL"),
        9 => format!("UPDATE {table} SET s = {text}, v = v + 2 WHERE {place} AND v IS NOT NULL"),
        10 => format!("UPDATE {table} SET id = id + 100 WHERE id = {id}"),
        _ => format!("DELETE FROM {table} WHERE {place}"),
    }
}

/// A time: of a commit, just before or after one, or anywhere.
fn moment(random: &mut Random, steps: &[Step]) -> i64 {
    let at = steps[random.below(steps.len())].time;
    match random.below(5) {
        0 => at - 1,
        1 => at + 1,
        2 => START + (random.next() % 100_000_000) as i64,
        _ => at,
    }
}

fn question(random: &mut Random, steps: &[Step]) -> Question {
    let kind = random.below(5);
    let (a, b) = (moment(random, steps), moment(random, steps));
    let (a, b) = (a.min(b), a.max(b));
    let b = if kind == 1 { b.max(a + 1) } else { b };
    let table = TABLES[random.below(2)];
    let filter = match random.below(3) {
        0 => format!(" AND x.id = {}", random.below(8)),
        1 => format!(" AND x.v > {}", random.below(4)),
        _ => String::new(),
    };
    let (from, to) = (literal(a), literal(b));
    let clause = match kind {
        0 | 4 => format!("AS OF {from}"),
        1 => format!("FROM {from} TO {to}"),
        2 => format!("BETWEEN {from} AND {to}"),
        _ => "ALL".to_string(),
    };
    let join = match kind {
        4 => format!(
            " LEFT JOIN {} FOR SYSTEM_TIME AS OF {to} AS y ON y.id = x.id",
            TABLES[random.below(2)]
        ),
        _ => String::new(),
    };
    let columns = if kind == 4 {
        "x.id, x.v, y.v, y.s"
    } else {
        "x.id, x.v, x.s"
    };
    let rest = format!("FROM {table} FOR SYSTEM_TIME {clause} AS x{join}");
    Question {
        kind,
        ours: format!(
            "SELECT {columns}, extract(epoch FROM x.system_time_start), CASE WHEN x.system_seq_end IS NOT NULL \
             THEN extract(epoch FROM x.system_time_end) END {rest} WHERE true{filter}"
        ),
        // A version that ended as it began is none.
        theirs: format!(
            "SELECT {columns}, UNIX_TIMESTAMP(x.row_start), IF(x.row_end > '2038-01-01', NULL, UNIX_TIMESTAMP(x.row_end)) \
             {rest} WHERE x.row_start < x.row_end{filter}"
        ),
    }
}
