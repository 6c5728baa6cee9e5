//! Cursors: the rows of a query, and the place among them.
//!
//! All rows are found by DECLARE, so a cursor sees nothing that comes later, as in PostgreSQL; but an error in one of them is known
//! then, and not only when it is fetched. A cursor ends with its transaction, and with the savepoint behind which it
//! was declared; one WITH HOLD ends with its session.

use super::database::Database;
use super::session::Session;
use super::{SessionId, StatementResult};
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::plan::OutputColumn;
use crate::sql::{CursorOptions, Direction};
use std::ops::Range;
use std::rc::Rc;

pub(super) struct Cursor {
    options: CursorOptions,
    fields: Rc<[OutputColumn]>,
    chunks: Vec<Chunk>,
    /// The number of the row that it is on, from 1; 0 before the first, and one more than there are behind the last.
    place: usize,
    /// The transaction that it was declared in still runs.
    is_of_block: bool,
}

/// The cursors of a session, in the order they were declared.
#[derive(Default)]
pub(super) struct Cursors {
    open: Vec<(u64, Cursor)>,
    /// How many there ever were.
    pub made: u64,
}

impl Cursor {
    fn rows(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.rows).sum()
    }

    /// Goes to another place; gives the rows on the way, from 0, and whether they are passed backwards.
    fn travel(&mut self, direction: Direction) -> Result<(Range<usize>, bool)> {
        let (count, place) = (self.rows(), self.place);
        let on_row = (1..=count).contains(&place);
        let number = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        let goes_back = match direction {
            Direction::By(by) | Direction::Relative(by) => by < 0 || by == 0 && on_row,
            Direction::Absolute(to) => to < 0 || place > 0 && number(to) <= place,
        };
        if goes_back && self.options.scroll == Some(false) {
            return Err(
                Error::new(Code::NotInPrerequisiteState, "cursor can only scan forward")
                    .with_hint("Declare it with SCROLL option to enable backward scan."),
            );
        }
        let to = match direction {
            Direction::By(0) | Direction::Relative(0) => {
                let here = if on_row { place - 1..place } else { 0..0 };
                return Ok((here, false));
            }
            Direction::By(by @ 1..) => {
                let start = place.min(count);
                let end = start.saturating_add(number(by));
                self.place = end.min(count + 1);
                return Ok((start..end.min(count), false));
            }
            Direction::By(by) => {
                let end = place.saturating_sub(1);
                let by = number(by.saturating_neg());
                self.place = (end + 1).saturating_sub(by);
                return Ok((end.saturating_sub(by)..end, true));
            }
            Direction::Relative(by @ 1..) => place.saturating_add(number(by)),
            Direction::Relative(by) => place.saturating_sub(number(by.saturating_neg())),
            Direction::Absolute(to @ 0..) => number(to),
            Direction::Absolute(to) => (count + 1).saturating_sub(number(to.saturating_neg())),
        };
        self.place = to.min(count + 1);
        let is_row = (1..=count).contains(&self.place);
        let row = if is_row {
            self.place - 1..self.place
        } else {
            0..0
        };
        Ok((row, false))
    }

    /// Some of its rows.
    fn chunks(&self, rows: &Range<usize>, backwards: bool) -> Vec<Chunk> {
        let mut found = Vec::new();
        let mut first = 0;
        for chunk in &self.chunks {
            let from = rows.start.max(first) - first;
            let to = rows.end.clamp(first, first + chunk.rows) - first;
            if from < to {
                let mut places: Vec<u32> = (from as u32..to as u32).collect();
                if backwards {
                    places.reverse();
                }
                found.push(chunk.with_selection(places));
            }
            first += chunk.rows;
        }
        if backwards {
            found.reverse();
        }
        found
    }
}

impl Cursors {
    fn find(&mut self, name: &str) -> Result<&mut Cursor> {
        let mut open = self.open.iter_mut().map(|(_, cursor)| cursor);
        open.find(|cursor| cursor.options.name == name)
            .ok_or_else(|| {
                let message = format!("cursor \"{name}\" does not exist");
                Error::new(Code::InvalidCursorName, message)
            })
    }

    /// Those that stay when a transaction ends.
    pub fn end_block(&mut self, commits: bool) {
        self.open
            .retain(|(_, cursor)| !cursor.is_of_block || commits && cursor.options.hold);
        for (_, cursor) in &mut self.open {
            cursor.is_of_block = false;
        }
    }

    /// Those that there were when so many had been made.
    pub fn rollback_to(&mut self, made: u64) {
        self.open.retain(|(number, _)| *number < made);
    }

    /// `None`: all.
    pub fn close(&mut self, name: Option<&str>) -> Result<()> {
        match name {
            Some(name) => {
                self.find(name)?;
                self.open.retain(|(_, cursor)| cursor.options.name != name);
            }
            None => self.open.clear(),
        }
        Ok(())
    }
}

/// Whether a cursor can be declared.
pub(super) fn check_declared(session: &mut Session, options: &CursorOptions) -> Result<()> {
    if session.block.is_none() && !options.hold {
        let message = "DECLARE CURSOR can only be used in transaction blocks";
        return Err(Error::new(Code::NoActiveTransaction, message));
    }
    if session.cursors.find(&options.name).is_ok() {
        let message = format!("cursor \"{}\" already exists", options.name);
        return Err(Error::new(Code::DuplicateCursor, message));
    }
    Ok(())
}

impl Database {
    /// Keeps the result of a query as a cursor.
    pub(super) fn declared(
        &mut self,
        session: SessionId,
        options: CursorOptions,
        result: StatementResult,
    ) -> Result<StatementResult> {
        let session = self.session_mut(session)?;
        let cursor = Cursor {
            options,
            fields: result.fields,
            chunks: result.chunks.into_iter().map(Chunk::compact).collect(),
            place: 0,
            is_of_block: session.block.is_some(),
        };
        session.cursors.open.push((session.cursors.made, cursor));
        session.cursors.made += 1;
        Ok(StatementResult {
            command: "DECLARE CURSOR",
            fields: Rc::from([]),
            chunks: Vec::new(),
            ..result
        })
    }

    /// FETCH and MOVE.
    pub(super) fn fetch(
        &mut self,
        session: SessionId,
        name: &str,
        direction: Direction,
        moves: bool,
    ) -> Result<StatementResult> {
        let seq = self.applied_seq();
        let transaction = self.status(session);
        let cursor = self.session_mut(session)?.cursors.find(name)?;
        let (rows, backwards) = cursor.travel(direction)?;
        let (command, fields, chunks) = match moves {
            true => ("MOVE", Rc::from([]), Vec::new()),
            false => (
                "FETCH",
                cursor.fields.clone(),
                cursor.chunks(&rows, backwards),
            ),
        };
        Ok(StatementResult {
            command,
            fields,
            chunks,
            affected_rows: if moves { rows.len() as u64 } else { 0 },
            seq,
            committed: false,
            transaction,
            notice: None,
        })
    }
}
