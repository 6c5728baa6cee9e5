//! What the open log does when the storage fails.
//!
//! - A write that is refused or falls short: its place is overwritten with zeros and flushed. If that works
//!   the group is certain not to exist, and the error is the storage's (`QUOTA`, `IO`).
//! - Otherwise, and whenever a flush fails, nobody knows what the medium holds: `COMMIT_UNKNOWN`. The flush
//!   is not repeated, since a repeated one may succeed without having written anything.
//!
//! Either way the log takes nothing more. It has to be opened anew, and that opening tells what there is.

use super::segment::HEADER_BYTES;
use super::writer::Log;
use super::zeros::write_zeros;
use crate::error::{Code, Error, Result};

impl Log {
    /// Makes sure that a group whose write failed does not exist, and says whether that worked.
    pub(super) fn undo_write(&mut self, cause: Error, header: Option<u32>) -> Error {
        let failure = match self.erase_untold(header) {
            Ok(()) => cause,
            Err(_) => self.in_doubt(&cause),
        };
        self.refuse_from_now_on(closed_by(&failure));
        failure
    }

    fn erase_untold(&mut self, header: Option<u32>) -> Result<()> {
        let (file, start) = (self.segment.file, self.untold);
        let end = self.storage.len(file)?.min(self.end());
        write_zeros(self.storage.as_mut(), file, start..end)?;
        if let Some(file) = header {
            let end = self.storage.len(file)?.min(HEADER_BYTES as u64);
            write_zeros(self.storage.as_mut(), file, 0..end)?;
        }
        let ticket = self.storage.flush()?;
        match self.storage.flushed(ticket)? {
            true => Ok(()),
            false => Err(Error::new(Code::Io, "the storage answers later")),
        }
    }

    pub(super) fn flush_failed(&mut self, cause: &Error) -> Error {
        let failure = self.in_doubt(cause);
        self.refuse_from_now_on(closed_by(&failure));
        failure
    }

    /// What an error comes to when nobody knows what the medium holds: where there are commits that are not durable, that is in doubt.
    fn in_doubt(&self, cause: &Error) -> Error {
        let known = self.durable_mark.commits.max(self.recovered);
        match self.head.next_seq > known {
            true => unknown(cause),
            false => cause.clone(),
        }
    }
}

/// The detail is the code of the error that it comes to where the opening finds that there is no commit.
pub(super) fn unknown(cause: &Error) -> Error {
    Error::new(
        Code::CommitUnknown,
        format!(
            "whether the commit is durable is not known: {}",
            cause.message()
        ),
    )
    .with_detail(cause.code().name())
    .with_hint("Open the database anew: it then holds the commit, or it does not.")
}

/// What later calls are told.
fn closed_by(failure: &Error) -> Error {
    Error::new(
        failure.code(),
        format!("the log was given up after an error: {}", failure.message()),
    )
    .with_hint("Open the database anew.")
}
