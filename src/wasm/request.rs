//! A request as JavaScript writes it.
//!
//! ```text
//!   0  u32 kind | u32 flags | u32 statement | u32 kind of moment
//!  16  f64 moment | u32 length of the SQL | u32 of the meta
//!  32  u32 length of the moment's text | u32 number of OIDs | u32 length of the parameters | u32 limit
//!  48  f64 from | f64 to
//!  64  parameters (to a multiple of 4) | OIDs | SQL | meta | moment's text
//! ```

use crate::db::{AsOf, Cells, Parameter, Request, Rows, StatementId, Work};
use crate::error::{Code, Error, Result};

const HEADER: usize = 64;

const ATOMIC: u32 = 1;
const SINGLE: u32 = 2;
const MANY: u32 = 4;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Exec,
    Run,
    History,
    Commits,
    Tables,
    Status,
    Touched,
    Check,
    Compact,
    Stats,
    Salvage,
}

/// The parts of a request, still in the buffer.
pub struct Asked<'a> {
    pub kind: Kind,
    flags: u32,
    statement: u32,
    pub as_of: Option<AsOf>,
    pub sql: &'a str,
    /// A JSON text; empty if there is none.
    pub meta: &'a str,
    pub parameters: Cells<'a>,
    /// OIDs of the types whose values are wanted as text.
    pub texts: Vec<u32>,
    pub limit: u32,
    pub from: u64,
    pub to: u64,
}

impl<'a> Asked<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Asked<'a>> {
        let word = |at: usize| Ok(u32::from_le_bytes(array(bytes, at)?));
        let number = |at: usize| Ok(f64::from_le_bytes(array(bytes, at)?));
        let mut rest = Rest {
            bytes: bytes.get(HEADER..).ok_or_else(malformed)?,
        };
        let parameters = rest.take((word(40)? as usize).next_multiple_of(4))?;
        let texts = rest.take(word(36)? as usize * 4)?;
        let sql = rest.text(word(24)?)?;
        let meta = rest.text(word(28)?)?;
        let moment = rest.text(word(32)?)?;
        Ok(Asked {
            kind: kind(word(0)?)?,
            flags: word(4)?,
            statement: word(8)?,
            as_of: as_of(word(12)?, number(16)?, moment)?,
            sql,
            meta,
            parameters: Cells::new(&parameters[..word(40)? as usize])?,
            texts: texts
                .chunks_exact(4)
                .map(|oid| u32::from_le_bytes(oid.try_into().expect("chunks of four")))
                .collect(),
            limit: word(44)?,
            from: number(48)? as u64,
            to: number(56)? as u64,
        })
    }

    /// The SQL, if it is to be one statement and nothing but its text and its parameters matters.
    pub fn plain_statement(&self) -> Option<&'a str> {
        let plain = self.kind == Kind::Exec
            && self.flags == SINGLE
            && self.as_of.is_none()
            && self.meta.is_empty()
            && self.texts.is_empty();
        plain.then_some(self.sql)
    }

    /// As the database takes it.
    pub fn request(&self) -> Result<Request> {
        let work = match self.kind {
            Kind::Exec => Work::Script {
                sql: self.sql.to_string(),
                parameters: self.row()?,
                atomic: self.flags & ATOMIC != 0,
                single: self.flags & SINGLE != 0,
            },
            Kind::Run if self.flags & MANY != 0 => Work::Many {
                statement: StatementId(self.statement),
                rows: Rows::Cells(self.parameters.bytes().to_vec()),
            },
            _ => Work::Statement {
                statement: StatementId(self.statement),
                parameters: self.row()?,
            },
        };
        Ok(Request {
            as_of: self.as_of.clone(),
            meta: (!self.meta.is_empty()).then(|| self.meta.to_string()),
            ..Request::new(work)
        })
    }

    /// The first row of parameters, or none at all.
    pub fn row(&self) -> Result<Vec<Parameter>> {
        let mut row = Vec::with_capacity(self.parameters.columns);
        self.read_row(&mut row)?;
        Ok(row)
    }

    /// Appends the same to `row`.
    pub fn read_row(&self, row: &mut Vec<Parameter>) -> Result<()> {
        match self.parameters.rows {
            0 => Ok(()),
            _ => self.parameters.read_row(0, row),
        }
    }
}

fn kind(number: u32) -> Result<Kind> {
    Ok(match number {
        0 => Kind::Exec,
        1 => Kind::Run,
        2 => Kind::History,
        3 => Kind::Commits,
        4 => Kind::Tables,
        5 => Kind::Status,
        6 => Kind::Touched,
        7 => Kind::Check,
        8 => Kind::Compact,
        9 => Kind::Stats,
        10 => Kind::Salvage,
        _ => return Err(malformed()),
    })
}

fn as_of(kind: u32, number: f64, text: &str) -> Result<Option<AsOf>> {
    Ok(match kind {
        0 => None,
        1 => Some(AsOf::Seq(number as u64)),
        2 => Some(AsOf::Time(number as i64)),
        3 => Some(AsOf::Text(text.to_string())),
        _ => return Err(malformed()),
    })
}

/// The sections after the header, taken one after another.
struct Rest<'a> {
    bytes: &'a [u8],
}

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(malformed)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn text(&mut self, length: u32) -> Result<&'a str> {
        let bytes = self.take(length as usize)?;
        std::str::from_utf8(bytes)
            .map_err(|_| Error::new(Code::CharacterNotInRepertoire, "the text is not UTF-8"))
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let slice = bytes
        .get(at..at + N)
        .and_then(|slice| slice.try_into().ok());
    slice.ok_or_else(malformed)
}

fn malformed() -> Error {
    Error::new(Code::Internal, "the request is malformed")
}
