//! How one segment of the open log follows another.
//!
//! A segment that has reached its size is succeeded: the header of the next one is written along with the
//! group that filled it and made durable by the same flush. Frames are written behind the header only
//! when that flush is done; on a storage that flushes in its own time, a group waits for it.

use super::bookkeeping;
use super::frame::{self, Checksum, EventType};
use super::segment::{HEADER_BYTES, Header};
use super::writer::{FreeFile, Log, Segment};
use super::zeros::write_all;
use crate::error::Result;

impl Log {
    /// Begins the next segment, if there is a file for it. Otherwise this one grows on.
    pub(super) fn succeed(&mut self) -> Result<()> {
        match self.take_free_file() {
            Some(file) => {
                let old = (
                    self.segment.file,
                    self.segment.written,
                    self.segment.checksum.clone(),
                );
                self.begin_segment(file, self.segment.number + 1, self.segment.written)?;
                self.seal = Some(self.make_seal(old));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn make_seal(&self, (file, offset, checksum): (u32, u64, Checksum)) -> (u32, u64, Vec<u8>) {
        let head = (
            self.head.next_seq,
            self.head.time.div_euclid(1000),
            EventType::Seal,
        );
        let mut bytes = Vec::new();
        frame::write(&mut bytes, &checksum, offset, head, |out| {
            bookkeeping::write_seal(
                out,
                self.segment.number,
                self.head.next_seq,
                &self.head.chain,
            );
        });
        (file, offset, bytes)
    }

    /// Writes the header of a segment, to be made durable by the next flush.
    pub(super) fn begin_segment(
        &mut self,
        free: FreeFile,
        number: u64,
        previous_end: u64,
    ) -> Result<()> {
        let header = Header {
            database: self.database,
            number,
            salt: self.salts.next(),
            first_seq: self.head.next_seq,
            previous_end,
            previous_chain: self.head.chain,
            created: self.head.time,
        };
        if let Err(cause) = write_all(self.storage.as_mut(), free.file, 0, &header.encode()) {
            return Err(self.undo_write(cause, Some(free.file)));
        }
        let begin = HEADER_BYTES as u64;
        if self.segment.file > 0 {
            let complete = (self.segment.number, self.segment.file);
            self.checkpoints.old_segments.push(complete);
        }
        self.segment = Segment {
            number,
            file: free.file,
            checksum: Checksum::new(&header.salt),
            written: begin,
            durable: begin,
            zeroed: free.zeroed.max(begin),
        };
        (self.untold, self.asked) = (begin, begin);
        self.awaits_flush = true;
        Ok(())
    }
}
