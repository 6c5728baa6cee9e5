//! The temporal clauses of a statement (SQL:2011, `FOR SYSTEM_TIME`), and the moments in them.
//!
//! | clause | reads the versions that |
//! | --- | --- |
//! | `AS OF m` | were alive at the moment |
//! | `FROM a TO b` | were alive at some time in `[a, b)` |
//! | `BETWEEN a AND b` | were alive at some time in `[a, b]` |
//! | `CONTAINED IN (a, b)` | began and ended in `[a, b]` |
//! | `ALL` | ever were |

use sqlparser::ast::Expr;

#[derive(Debug)]
pub enum Moment {
    Seq(u64),
    Tag(String),
    /// `$1` is 0; a lifted constant comes behind the user's own. What it means follows from the value.
    Parameter(usize),
    /// Bound and evaluated before the statement itself is bound.
    Expr(Box<Expr>),
}

#[derive(Debug)]
pub enum Clause {
    AsOf(Moment),
    FromTo(Moment, Moment),
    Between(Moment, Moment),
    ContainedIn(Moment, Moment),
    All,
}

impl Clause {
    pub fn moments(&self) -> Vec<&Moment> {
        match self {
            Clause::AsOf(moment) => vec![moment],
            Clause::FromTo(a, b) | Clause::Between(a, b) | Clause::ContainedIn(a, b) => vec![a, b],
            Clause::All => vec![],
        }
    }
}

/// The temporal clauses of a statement.
#[derive(Debug, Default)]
pub struct Temporal {
    pub clauses: Vec<Clause>,
    /// The position of each clause itself, for errors.
    pub positions: Vec<u32>,
    /// Position of the table's name, and its clause.
    pub(super) tables: Vec<(u32, usize)>,
    /// The bare AS OF.
    pub whole: Option<usize>,
}

impl Temporal {
    /// The clause written for the table whose name is at `position`.
    pub fn of_table(&self, position: u32) -> Option<usize> {
        let entry = self.tables.iter().find(|(table, _)| *table == position);
        entry.map(|(_, clause)| *clause)
    }

    /// The clause of the second moment of the function that has this clause for its first.
    pub fn second(&self, first: usize) -> Option<usize> {
        let (position, _) = self.tables.iter().find(|(_, clause)| *clause == first)?;
        let mut others = self.tables.iter();
        let other = others.find(|(other, clause)| other == position && *clause != first);
        other.map(|(_, clause)| *clause)
    }

    pub(super) fn add(&mut self, clause: Clause, position: u32) -> usize {
        self.clauses.push(clause);
        self.positions.push(position);
        self.clauses.len() - 1
    }
}
