//! What a caller asks for.

use super::{Cells, Parameter};
use crate::commit::RequestId;
use crate::error::Result;
use crate::table::Waiter;
use std::borrow::Cow;

/// Names a session of one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u32);

impl SessionId {
    /// As one who waits for blocks.
    pub(super) fn waiter(self) -> Waiter {
        Waiter(self.0)
    }
}

/// Names a prepared statement of one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementId(pub u32);

/// Names a request that has been started and not yet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u32);

/// One call: what to run and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub work: Work,
    /// Asks a past moment; whatever writes then fails with `READ_ONLY`.
    pub as_of: Option<AsOf>,
    /// A JSON text that is kept with the commits.
    pub meta: Option<String>,
    pub request: Option<RequestId>,
    /// Microseconds after which it fails with `TIMEOUT`, waiting included.
    pub timeout: Option<i64>,
    /// Rows that a statement may answer, if fewer than the database's limit.
    pub rows: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Statements of a text, one after another. Each commits by itself unless the session is in a
    /// transaction or they are `atomic`. `single` insists on exactly one.
    Script {
        sql: String,
        parameters: Vec<Parameter>,
        atomic: bool,
        single: bool,
    },
    /// A prepared statement, once.
    Statement {
        statement: StatementId,
        parameters: Vec<Parameter>,
    },
    /// A prepared statement once for each row of parameters, as one transaction and with one result.
    Many { statement: StatementId, rows: Rows },
}

/// Rows of parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    List(Vec<Vec<Parameter>>),
    /// As the host wrote them (see [`Cells`]): each is read when it is its turn.
    Cells(Vec<u8>),
}

impl Rows {
    /// The parameters of a row; `None` behind the last.
    ///
    /// # Errors
    /// Those of [`Cells`].
    pub(super) fn get(&self, row: usize) -> Result<Option<Cow<'_, [Parameter]>>> {
        match self {
            Rows::List(rows) => Ok(rows.get(row).map(|row| Cow::Borrowed(&row[..]))),
            Rows::Cells(bytes) => {
                let cells = Cells::new(bytes)?;
                if row >= cells.rows {
                    return Ok(None);
                }
                let mut parameters = Vec::with_capacity(cells.columns);
                cells.read_row(row, &mut parameters)?;
                Ok(Some(Cow::Owned(parameters)))
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Rows::List(rows) => rows.len(),
            Rows::Cells(bytes) => Cells::new(bytes).map_or(0, |cells| cells.rows),
        }
    }
}

impl Work {
    /// No statement at all.
    pub(super) fn nothing() -> Work {
        Work::Script {
            sql: String::new(),
            parameters: Vec::new(),
            atomic: false,
            single: false,
        }
    }

    /// Whether its statements commit together.
    pub(super) fn is_one_transaction(&self) -> bool {
        matches!(self, Work::Script { atomic: true, .. } | Work::Many { .. })
    }

    /// The prepared statement that it runs.
    pub(super) fn statement(&self) -> Option<StatementId> {
        match self {
            Work::Script { .. } => None,
            Work::Statement { statement, .. } | Work::Many { statement, .. } => Some(*statement),
        }
    }
}

/// A moment for a whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsOf {
    Seq(u64),
    /// Microseconds since 1970.
    Time(i64),
    /// A timestamp in PostgreSQL's syntax; UTC if it names no zone.
    Text(String),
}

impl Request {
    pub fn new(work: Work) -> Request {
        Request {
            work,
            as_of: None,
            meta: None,
            request: None,
            timeout: None,
            rows: None,
        }
    }

    /// The statements of a text, each committing by itself.
    pub fn script(sql: impl Into<String>) -> Request {
        Request::new(Work::Script {
            sql: sql.into(),
            parameters: Vec::new(),
            atomic: false,
            single: false,
        })
    }

    /// Exactly one statement.
    pub fn query(sql: impl Into<String>, parameters: Vec<Parameter>) -> Request {
        Request::new(Work::Script {
            sql: sql.into(),
            parameters,
            atomic: false,
            single: true,
        })
    }
}
