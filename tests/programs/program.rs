//! One random program: what it says, and what there must be after it.

use super::engine::{Engine, Ticks};
use super::kept::Kept;
use super::live::Live;
use super::random::Random;
use super::state::{Cell, Kind, Past, Row, State, Table};
use std::rc::Rc;

const STEPS: usize = 45;
/// Keys are below it.
pub const KEYS: usize = 9;

/// What a statement makes of the state, or with which SQLSTATE it fails, or one of which.
pub type Outcome = Result<State, &'static str>;

pub struct Program {
    pub random: Random,
    pub engine: Engine,
    seed: u64,
    clock: Rc<Ticks>,
    /// What is kept where the database is opened anew now and then.
    files: Option<Kept>,
    pub past: Past,
    /// What the open transaction, or else the last commit, has made.
    pub now: State,
    pub in_transaction: bool,
    /// Whether the open transaction has run anything.
    pub is_used: bool,
    savepoints: Vec<State>,
    next_row: u64,
    pub next_id: u32,
    /// What was run, for whoever reads why it failed.
    pub log: Vec<String>,
    pub questions: usize,
    pub live: Vec<Live>,
    /// How often a live query needed no new answer.
    pub saved: usize,
    /// Statements that were not run, since what they come to depends on an order.
    pub skipped: usize,
}

/// `WHERE …`: its text, and which rows it holds for.
pub struct Condition {
    pub sql: String,
    column: u32,
    value: Option<String>,
    is_above: bool,
}

impl Condition {
    pub fn holds(&self, row: &Row) -> bool {
        let Some(value) = &self.value else {
            return true;
        };
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        match self.is_above {
            true => row.key() > number(value),
            false => row.cell(self.column).as_deref() == Some(value),
        }
    }
}

fn open(seed: u64, clock: &Rc<Ticks>, files: &Option<Kept>) -> Engine {
    Engine::with(seed, clock.clone(), |options| {
        if let Some(files) = files {
            options.storage = Some(Box::new(files.clone()));
            // Next to nothing of it stays in memory.
            options.memory = 1 << 14;
        }
    })
}

impl Program {
    pub fn new(seed: u64) -> Program {
        let clock = Rc::new(Ticks::default());
        let files = (seed % 5 == 4).then(Kept::default);
        Program {
            random: Random(seed),
            engine: open(seed, &clock, &files),
            seed,
            clock,
            files,
            past: Past::default(),
            now: State::default(),
            in_transaction: false,
            is_used: false,
            savepoints: Vec::new(),
            next_row: 0,
            next_id: 0,
            log: Vec::new(),
            questions: 0,
            live: Vec::new(),
            saved: 0,
            skipped: 0,
        }
    }

    pub fn run(&mut self) {
        self.define_schema();
        for _ in 0..2 {
            self.define(true);
        }
        for _ in 0..STEPS {
            match self.random.below(100) {
                0..10 => self.control(),
                10..58 => self.write(),
                58..72 => self.define(false),
                72..86 => self.bring_back(),
                86..89 => self.open_anew(),
                _ => {}
            }
            if self.random.chance(60) {
                self.ask();
            }
        }
        if self.in_transaction {
            self.end("COMMIT");
        }
        for _ in 0..12 {
            self.ask();
        }
    }

    // ---- running ---------------------------------------------------------------------------------------------------

    fn say(&mut self, sql: &str) -> super::answer::Answer {
        self.log.push(sql.to_string());
        self.engine.run(sql)
    }

    pub fn fail(&self, what: &str) -> ! {
        panic!("{what}\n{};", self.log.join(";\n"))
    }

    /// Runs a statement of which is known what becomes of it.
    pub fn change(&mut self, sql: &str, outcome: Outcome) {
        let outcome = match outcome {
            Ok(state) if !self.in_transaction && !state.may_be_committed() => Err("23503"),
            outcome => outcome,
        };
        let answer = self.say(sql);
        self.is_used = self.in_transaction;
        match (answer, outcome) {
            (Ok(_), Ok(state)) => {
                self.now = state;
                if !self.in_transaction {
                    self.settle();
                }
            }
            (Err(refused), Err(states)) if states.contains(&refused.state) => {
                if self.in_transaction {
                    self.after_error();
                }
            }
            (answer, outcome) => {
                let expected = outcome.err().unwrap_or("success");
                self.fail(&format!("expected {expected}, not {answer:?}"));
            }
        }
    }

    /// A failed transaction goes back.
    fn after_error(&mut self) {
        match self.savepoints.last().cloned() {
            Some(state) if self.random.chance(70) => {
                self.now = state;
                self.succeed("ROLLBACK TO SAVEPOINT s");
            }
            _ => self.end("ROLLBACK"),
        }
    }

    fn succeed(&mut self, sql: &str) {
        if let Err(refused) = self.say(sql) {
            self.fail(&format!("{refused:?}"));
        }
    }

    fn settle(&mut self) {
        let is_change = self.past.commit(std::mem::take(&mut self.now));
        self.now = self.past.present();
        if self.past.states.is_empty() {
            return;
        }
        let last = self.past.last();
        if self.engine.seq() != last {
            self.fail(&format!(
                "the last commit is {}, not {last}",
                self.engine.seq()
            ));
        }
        if is_change {
            let sql = format!("SELECT time::text FROM commits(@seq:{last}, @seq:{last})");
            let time = self.engine.run(&sql).expect("a commit is told of");
            let time = time.rows[0][0].clone().expect("a commit has a time");
            assert!(self.past.times.last().is_none_or(|before| *before < time));
            self.past.times.push(time);
            self.keep_up();
        }
    }

    fn end(&mut self, sql: &str) {
        let mut is_undone = sql == "ROLLBACK";
        match self.say(sql) {
            Err(refused) if refused.state == "23503" && !self.now.may_be_committed() => {
                is_undone = true;
            }
            Ok(_) if is_undone || self.now.may_be_committed() => {}
            answer => self.fail(&format!("{sql}: {answer:?}")),
        }
        self.in_transaction = false;
        self.is_used = false;
        self.savepoints.clear();
        if is_undone {
            self.now = self.past.present();
        }
        self.settle();
    }

    /// Closes the database, now and then behind a checkpoint, and goes on with what is read from its files.
    fn open_anew(&mut self) {
        if self.files.is_none() || self.in_transaction {
            return;
        }
        self.log.push("-- opened anew".to_string());
        let database = &mut self.engine.database;
        if self.random.chance(60) {
            database.want_checkpoint();
            while database.maintain(1_000).expect("memory does not fail") {}
        }
        database.close().expect("memory does not fail");
        self.engine = open(self.seed, &self.clock, &self.files);
    }

    fn control(&mut self) {
        if !self.in_transaction {
            self.succeed("BEGIN");
            self.in_transaction = true;
            return;
        }
        match self.random.below(6) {
            0 | 1 => {
                self.succeed("SAVEPOINT s");
                self.savepoints.push(self.now.clone());
            }
            2 if !self.savepoints.is_empty() => {
                self.succeed("ROLLBACK TO SAVEPOINT s");
                self.now = self.savepoints.last().cloned().unwrap_or_default();
            }
            3 if !self.savepoints.is_empty() => {
                self.succeed("RELEASE SAVEPOINT s");
                self.savepoints.pop();
            }
            4 => self.end("ROLLBACK"),
            _ => self.end("COMMIT"),
        }
    }

    // ---- pieces ----------------------------------------------------------------------------------------------------

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.random.below(of.len())).cloned()
    }

    pub fn value(&mut self, kind: Kind) -> Cell {
        if self.random.chance(15) {
            return None;
        }
        Some(match kind {
            Kind::Text => ["x", "y", "zz", ""][self.random.below(4)].to_string(),
            _ => self.random.below(4).to_string(),
        })
    }

    /// A value as SQL says it.
    pub fn literal(value: &Cell, kind: Kind) -> String {
        match (value, kind) {
            (None, _) => "NULL".to_string(),
            (Some(text), Kind::Text) => format!("'{text}'"),
            (Some(number), _) => number.clone(),
        }
    }

    pub fn condition(&mut self, table: &Table) -> Condition {
        let is_above = self.random.chance(25);
        let column = match self.random.below(3) {
            0 => self
                .pick(&table.columns)
                .unwrap_or(table.columns[0].clone()),
            _ => table.columns[0].clone(),
        };
        let all = self.random.chance(15);
        let key = column.id == 0 || is_above;
        let value = match key {
            true => Some(self.random.below(KEYS).to_string()),
            false => self.value(column.kind),
        };
        let column = if key { &table.columns[0] } else { &column };
        let sql = match (&value, all) {
            (Some(_), false) => {
                let operator = if is_above { ">" } else { "=" };
                let value = Self::literal(&value, column.kind);
                format!(" WHERE {} {operator} {value}", column.name)
            }
            _ => String::new(),
        };
        Condition {
            column: column.id,
            value: value.filter(|_| !sql.is_empty()),
            is_above,
            sql,
        }
    }

    pub fn moment(&mut self) -> u64 {
        let states = self.past.states.len();
        // The near past more often.
        match self.random.chance(40) {
            true => (states - 1 - self.random.below(states.min(5))) as u64,
            false => self.random.below(states) as u64,
        }
    }

    /// A moment as SQL says it: by sequence, time or tag.
    pub fn said(&mut self, seq: u64) -> String {
        // Those of the open transaction are not to be seen yet.
        let present = self.past.present();
        let tags = present.tags.iter();
        let tag = tags
            .filter(|(_, of)| **of == seq)
            .map(|(tag, _)| tag.clone())
            .next();
        match (self.random.below(4), tag) {
            (0, Some(tag)) => format!("@tag:{tag}"),
            (1, _) => format!("'{}'", self.past.times[seq as usize]),
            (2, _) => format!("(timestamptz '{}')", self.past.times[seq as usize]),
            _ => format!("@seq:{seq}"),
        }
    }

    pub fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    pub fn new_row(&mut self) -> u64 {
        self.next_row += 1;
        self.next_row
    }
}
