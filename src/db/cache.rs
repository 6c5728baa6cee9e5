//! Compiled statements, so that the same text, or the same but for its constants, is parsed once.
//!
//! A statement is found by its normalised text and the types of its constants. Under it lie its plans,
//! one for each combination of catalogs it was bound against: those of the moments it reads, and the
//! present's. DDL makes new catalogs, so an old plan is simply not found any more. A transaction that changed definitions has a
//! catalog of its own, and its plans are found as long as that is the one.

use crate::exec::Short;
use crate::plan::{OutputColumn, Plan, Prepared};
use crate::sql::{self, Scanned, Source, Statements, Template};
use crate::table::Catalog;
use crate::types::{DataType, Versions};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// Plans kept of one statement: enough for a query asked of a few moments in turns.
const PLANS_MAX: usize = 8;

/// Bytes of text of all statements that are kept. Syntax and plans take a hundred times as much and more.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// A longer text is not kept at all: it would drive out many others.
const KEY_BYTES_MAX: usize = TEXT_BYTES_MAX / 8;

/// Statements whose like is looked for by their texts: a script has few kinds in turns.
const RECENT_MAX: usize = 4;

/// A statement bound for certain catalogs.
pub(super) struct Bound {
    pub plan: Rc<Plan>,
    /// The way without operators, if the plan has one.
    pub short: Option<Short>,
    pub parameter_types: Vec<DataType>,
    pub row_types: Vec<DataType>,
    pub fields: Rc<[OutputColumn]>,
    /// What the clauses in the texts of its views read, which are behind the statement's own.
    pub moments: Vec<Versions>,
}

impl Bound {
    pub fn new(prepared: Prepared, moments: Vec<Versions>) -> Bound {
        Bound {
            moments,
            short: Short::of(&prepared.plan),
            plan: Rc::new(prepared.plan),
            parameter_types: prepared.parameter_types,
            row_types: prepared.row_types,
            fields: prepared.fields.into(),
        }
    }
}

/// The catalogs that a plan was bound against.
pub(super) struct Catalogs {
    /// Behind those of the catalogs, the generation of the host's functions and what else `Shared::epochs` says.
    pub epochs: Vec<u64>,
    /// That of a transaction, in the place of the present's; what it points to stays where it is as long as this is here.
    pub own: Option<Weak<Catalog>>,
}

impl Catalogs {
    fn are(&self, epochs: &[u64], own: Option<&Rc<Catalog>>) -> bool {
        let same_own = match (&self.own, own) {
            (Some(known), Some(own)) => known.as_ptr() == Rc::as_ptr(own),
            (known, own) => known.is_none() && own.is_none(),
        };
        same_own && self.epochs == epochs
    }
}

/// A parsed statement and its plans.
pub(super) struct Compiled {
    pub statement: Rc<sql::Statement>,
    /// The types of its parameters, where PREPARE gave them.
    pub types: Vec<Option<DataType>>,
    /// The normalised text, without constants.
    pub text: Rc<str>,
    plans: RefCell<Vec<(Catalogs, Rc<Bound>)>>,
    /// What texts of it look like, once it came a second time; none where that cannot be told.
    template: OnceCell<Option<Template>>,
}

impl Compiled {
    pub fn new(statement: sql::Statement, text: &str) -> Compiled {
        Compiled::with_types(Rc::new(statement), text, Vec::new())
    }

    pub fn with_types(
        statement: Rc<sql::Statement>,
        text: &str,
        types: Vec<Option<DataType>>,
    ) -> Compiled {
        Compiled {
            statement,
            types,
            text: Rc::from(text),
            plans: RefCell::default(),
            template: OnceCell::new(),
        }
    }

    pub fn plan(&self, epochs: &[u64], own: Option<&Rc<Catalog>>) -> Option<Rc<Bound>> {
        let plans = self.plans.borrow();
        let mut latest = plans.iter().rev();
        let found = latest.find(|(catalogs, _)| catalogs.are(epochs, own));
        found.map(|(_, plan)| plan.clone())
    }

    pub fn keep(&self, catalogs: Catalogs, plan: Rc<Bound>) {
        let mut plans = self.plans.borrow_mut();
        if plans.len() == PLANS_MAX {
            plans.remove(0);
        }
        plans.push((catalogs, plan));
    }
}

/// Compiled statements by key, the least recently used of which make room.
pub(super) struct Cache {
    entries: HashMap<String, (u64, Rc<Compiled>)>,
    capacity: usize,
    /// Bytes of all keys.
    bytes: usize,
    tick: u64,
    /// The last ones that have a template, the very last first.
    recent: Vec<Rc<Compiled>>,
}

impl Cache {
    pub fn new(capacity: usize) -> Cache {
        Cache {
            entries: HashMap::new(),
            capacity,
            bytes: 0,
            tick: 0,
            recent: Vec::new(),
        }
    }

    pub fn get(&mut self, key: &str) -> Option<Rc<Compiled>> {
        self.tick += 1;
        let (used, compiled) = self.entries.get_mut(key)?;
        *used = self.tick;
        Some(compiled.clone())
    }

    /// The next statement, if it is like one of the last.
    pub fn next_like<'a>(
        &mut self,
        statements: &mut Statements<'a>,
    ) -> Option<(Rc<Compiled>, Scanned<'a>)> {
        let (at, scanned) = (self.recent.iter().enumerate()).find_map(|(at, compiled)| {
            let template = compiled.template.get()?.as_ref()?;
            Some((at, statements.next_like(template)?))
        })?;
        self.recent[..=at].rotate_right(1);
        Some((self.recent[0].clone(), scanned))
    }

    /// A statement came again.
    pub fn remember(&mut self, compiled: &Rc<Compiled>, source: &Source) {
        let template = (compiled.template).get_or_init(|| Template::of(source));
        if template.is_some() {
            self.recent.retain(|recent| !Rc::ptr_eq(recent, compiled));
            self.recent.truncate(RECENT_MAX - 1);
            self.recent.insert(0, compiled.clone());
        }
    }

    pub fn insert(&mut self, key: String, compiled: Rc<Compiled>) {
        if self.capacity == 0 || key.len() > KEY_BYTES_MAX {
            return;
        }
        while self.entries.len() >= self.capacity || self.bytes + key.len() > TEXT_BYTES_MAX {
            let oldest = self.entries.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            self.entries.remove(&oldest);
            self.bytes -= oldest.len();
        }
        let length = key.len();
        if self.entries.insert(key, (self.tick, compiled)).is_none() {
            self.bytes += length;
        }
    }
}
