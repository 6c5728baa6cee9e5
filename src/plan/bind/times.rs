//! The times at which a statement reads: the catalog of each, and of which kind it is.
//!
//! ```text
//! catalogs   the statement's present | one for each of its clauses | one for each of its views' | the database's present
//! slot         Present               |   Clause(0), Clause(1)      |   Clause(2), …             |
//! ```
//!
//! Which views a statement reads, and with which text, is known only while it is bound. So a view whose text has clauses
//! takes the next slots; where those are not known yet, binding stops, what it [wants](Times::wanted) is evaluated, and it
//! starts again. A clause is evaluated as of the time at which its view is read. Binding goes the same way each time, so the slots stay what they were.

use crate::error::{Code, Error, Result};
use crate::expr::Externals;
use crate::plan::TimeSlot;
use crate::sql::{Clause, Temporal};
use crate::table::Catalog;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Gives the catalog of a clause in the text of a view that is read at a time, and keeps what the clause reads.
pub type Evaluate<'a> = dyn FnMut(&Clause, TimeSlot) -> Result<Rc<Catalog>> + 'a;

pub struct Times {
    pub catalogs: Vec<Rc<Catalog>>,
    /// The functions of the host, which are the same at all of them.
    pub functions: Rc<Externals>,
    /// Of each clause, whether it sees at most one version of each row.
    one_moment: Vec<bool>,
    /// How many of the statement's own clauses there are.
    own: usize,
    /// The slot that the next view takes first.
    next: Cell<usize>,
    /// The clauses that are to be evaluated before the statement can be bound, and when their view is read.
    wanted: RefCell<(Vec<Clause>, TimeSlot)>,
}

impl Times {
    pub fn new(temporal: &Temporal, catalogs: &[Rc<Catalog>], functions: Rc<Externals>) -> Times {
        let own = temporal.clauses.len();
        Times {
            functions,
            catalogs: catalogs.to_vec(),
            one_moment: temporal.clauses.iter().map(is_one_moment).collect(),
            own,
            next: Cell::new(own),
            wanted: RefCell::new((Vec::new(), TimeSlot::Present)),
        }
    }

    pub fn is_one_moment(&self, slot: usize) -> bool {
        self.one_moment.get(slot).copied().unwrap_or(false)
    }

    /// The slot of the first clause in the text of a view that is read at a time.
    pub fn of_view(&self, temporal: &mut Temporal, time: TimeSlot) -> Result<usize> {
        let first = self.next.get();
        self.next.set(first + temporal.clauses.len());
        if self.next.get() > self.one_moment.len() {
            *self.wanted.borrow_mut() = (std::mem::take(&mut temporal.clauses), time);
            let message = "the moments of a view are yet to be evaluated";
            return Err(Error::new(Code::Internal, message));
        }
        Ok(first)
    }

    /// Before the statement is bound once more: the clauses that it was stopped by, evaluated.
    pub fn again(&mut self, evaluate: &mut Evaluate) -> Result<bool> {
        self.next.set(self.own);
        let (wanted, time) = self.wanted.get_mut();
        let wanted = std::mem::take(wanted);
        for clause in &wanted {
            let catalog = evaluate(clause, *time)?;
            let last = self.catalogs.len().saturating_sub(1);
            self.catalogs.insert(last, catalog);
            self.one_moment.push(is_one_moment(clause));
        }
        Ok(!wanted.is_empty())
    }
}

fn is_one_moment(clause: &Clause) -> bool {
    matches!(clause, Clause::AsOf(_))
}
