//! Databases to test with, and the clocks they are handed.

use driftdb::db::{Database, Options, SessionId};
use driftdb::error::Result;
use driftdb::types::{Clock, Entropy};
use std::cell::Cell;

/// Opens a database that can be opened, with a session.
pub fn open(options: Options) -> (Database, SessionId) {
    try_open(options).expect("its storage is sound")
}

/// Opens a database, if that can be done, with a session.
pub fn try_open(options: Options) -> Result<(Database, SessionId)> {
    let mut opening = Database::open(options);
    loop {
        if let Some(mut database) = opening.step(100)? {
            let session = database.session();
            return Ok((database, session));
        }
    }
}

/// A clock that stands still, and a source that is not random.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> i64 {
        super::commits::START
    }
}

impl Entropy for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A clock that ticks.
#[derive(Default)]
pub struct Ticks(Cell<i64>);

impl Clock for Ticks {
    fn now(&self) -> i64 {
        self.0.set(self.0.get() + 1_000);
        super::commits::START + self.0.get()
    }
}
