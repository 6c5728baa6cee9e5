//! One seed from its first table to its last question about the past.

use super::answer::{Answer, show};
use super::client::Client;
use super::compare::{Verdict, compare};
use super::define::define;
use super::engine::Engine;
use super::expression::Expressions;
use super::query::{Statement, query};
use super::random::Random;
use super::tables::Table;
use super::write::write;
use std::fmt::Write as _;
use std::path::Path;

const STATEMENTS: usize = 160;

pub struct Run {
    seed: u64,
    random: Random,
    postgres: Client,
    engine: Engine,
    tables: Vec<Table>,
    /// What made the tables what they are.
    history: Vec<String>,
    /// What a table held at a sequence.
    past: Vec<(String, Answer)>,
    report: Report,
}

#[derive(Default)]
pub struct Report {
    pub statements: usize,
    pub with_rows: usize,
    pub errors: usize,
    pub open: usize,
    pub unsupported: usize,
    pub differences: Vec<String>,
}

impl Run {
    pub fn new(seed: u64, socket: &Path) -> Run {
        let mut random = Random(seed);
        let tables = ["t", "u", "v"]
            .map(|name| Table::new(name, &mut random))
            .into();
        let mut postgres = Client::connect(socket).expect("the server listens");
        for sql in [
            format!("create schema seed{seed}"),
            format!("set search_path = seed{seed}"),
            "set statement_timeout = '20s'".to_string(),
        ] {
            postgres.run(&sql).expect("the server is as it should be");
        }
        Run {
            seed,
            random,
            postgres,
            engine: Engine::new(seed),
            tables,
            history: Vec::new(),
            past: Vec::new(),
            report: Report::default(),
        }
    }

    pub fn all(mut self) -> Report {
        self.make_tables();
        for _ in 0..STATEMENTS {
            match self.random.below(100) {
                0..75 => self.ask(),
                75..96 => self.change(),
                _ => self.define(),
            }
        }
        self.look_back();
        let _ = self
            .postgres
            .run(&format!("drop schema seed{} cascade", self.seed));
        self.report
    }

    fn make_tables(&mut self) {
        for at in 0..self.tables.len() {
            let create = self.tables[at].create();
            self.both(&Statement::new(create.clone()));
            self.history.push(create);
            for _ in 0..6 {
                let name = self.tables[at].name.clone();
                let tuples: Vec<String> = (0..3)
                    .map(|_| self.tables[at].tuple(&mut self.random))
                    .collect();
                self.write(Statement::new(format!(
                    "insert into {name} values {}",
                    tuples.join(", ")
                )));
            }
        }
    }

    fn ask(&mut self) {
        let statement = query(&mut Expressions::new(&mut self.random, &self.tables));
        self.both(&statement);
    }

    fn change(&mut self) {
        let statement = write(&mut self.random, &mut self.tables);
        self.write(statement);
    }

    fn define(&mut self) {
        let at = self.random.below(self.tables.len());
        let (sql, to) = define(&mut self.random, &self.tables[at]);
        if self.write(Statement::new(sql)) {
            self.tables[at] = to;
        }
    }

    /// Writes on both sides, or on none where one refuses or they disagree; whether it wrote.
    fn write(&mut self, statement: Statement) -> bool {
        self.end("begin");
        let agreed = self.both(&statement).is_some_and(|answer| answer.is_ok());
        self.end(if agreed { "commit" } else { "rollback" });
        if !agreed {
            return false;
        }
        self.history.push(statement.sql);
        for at in 0..self.tables.len() {
            let all = format!("select * from {}", self.tables[at].name);
            let Some(rows) = self.both(&Statement::new(all.clone())) else {
                continue;
            };
            self.past
                .push((format!("{all} as of @seq:{}", self.engine.seq()), rows));
        }
        true
    }

    fn end(&mut self, sql: &str) {
        let (theirs, ours) = (self.postgres.run(sql), self.engine.run(sql));
        assert!(
            theirs.is_ok() && ours.is_ok(),
            "seed {}: {sql}: {theirs:?} {ours:?}",
            self.seed
        );
    }

    /// The past is as it was when it was the present.
    fn look_back(&mut self) {
        for (sql, then) in std::mem::take(&mut self.past) {
            let now = self.engine.run(&sql);
            self.judge(&Statement::new(sql), then, now);
        }
    }

    /// Runs a statement on both sides; PostgreSQL's answer, if they agree.
    fn both(&mut self, statement: &Statement) -> Option<Answer> {
        let theirs = self.postgres.run(&statement.sql);
        let ours = self.engine.run(&statement.sql);
        self.judge(statement, theirs, ours)
    }

    fn judge(&mut self, statement: &Statement, theirs: Answer, ours: Answer) -> Option<Answer> {
        self.report.statements += 1;
        self.report.with_rows +=
            usize::from(theirs.as_ref().is_ok_and(|rows| !rows.rows.is_empty()));
        self.report.errors += usize::from(theirs.is_err());
        match compare(statement, &theirs, &ours) {
            Verdict::Same => Some(theirs),
            Verdict::Open => {
                self.report.open += 1;
                None
            }
            Verdict::Unsupported => {
                self.report.unsupported += 1;
                None
            }
            Verdict::Different => {
                let mut text = format!("seed {}: {}\n", self.seed, statement.sql);
                let _ = writeln!(text, "  theirs {}\n  ours   {}", show(&theirs), show(&ours));
                if self.report.differences.is_empty() {
                    self.keep_history();
                }
                self.report.differences.push(text);
                None
            }
        }
    }

    /// Leaves what led to a difference in a file, to try it by hand.
    fn keep_history(&self) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("seed-{}.sql", self.seed));
        let _ = std::fs::write(path, self.history.join(";\n") + ";\n");
    }
}

impl Report {
    pub fn add(&mut self, other: Report) {
        self.statements += other.statements;
        self.with_rows += other.with_rows;
        self.errors += other.errors;
        self.open += other.open;
        self.unsupported += other.unsupported;
        self.differences.extend(other.differences);
    }

    pub fn summary(&self) -> String {
        format!(
            "{} statements compared: {} with rows, {} errors, {} open, {} unsupported, {} different",
            self.statements,
            self.with_rows,
            self.errors,
            self.open,
            self.unsupported,
            self.differences.len()
        )
    }

    /// The first differences, and where to find the others and what led to them.
    pub fn explain(&self) -> String {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let _ = std::fs::write(
            folder.join("differences.txt"),
            self.differences.join(
                "
",
            ),
        );
        let shown: Vec<&str> = self
            .differences
            .iter()
            .take(20)
            .map(String::as_str)
            .collect();
        format!(
            "{}

{}
All are in {folder}/differences.txt, the tables in {folder}/seed-*.sql",
            self.summary(),
            shown.join(
                "
"
            ),
            folder = folder.display()
        )
    }
}
