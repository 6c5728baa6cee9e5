//! What the open log does when it is not committing: room ahead, the watermark, closing.
//!
//! Writing zeros ahead takes three burdens off the way of a commit: a full disk is found out early, the
//! file's size does not change (so a flush writes no metadata), and the end of the log is followed by
//! zeros, which recovery knows for a clean end.

use super::superblock::{Superblock, Watermark};
use super::writer::{FreeFile, Log};
use super::zeros::{write_all, write_zeros};
use crate::error::{Code, Error, Result};

/// Zeros written at a time, at least.
const STEP_BYTES: u64 = 64 << 10;

impl Log {
    /// Does some of what makes later commits quick and later openings sure. `budget` is about how many bytes
    /// it may write. True: there is more to do.
    ///
    /// To be called when nothing else is waiting; it writes the watermark once all is durable.
    pub fn maintain(&mut self, budget: u32) -> Result<bool> {
        self.check()?;
        self.poll()?;
        self.request_next_file();
        if self.zero_ahead(u64::from(budget).max(STEP_BYTES)) {
            return Ok(true);
        }
        self.write_watermark(false)?;
        Ok(self.in_flight())
    }

    /// Makes everything durable and writes the final watermark. False: the storage is still at it; call again.
    pub fn close(&mut self) -> Result<bool> {
        if self.check().is_err() {
            return Ok(true);
        }
        self.flush()?;
        if self.in_flight() {
            return Ok(false);
        }
        self.write_watermark(true)?;
        if self.in_flight() {
            return Ok(false);
        }
        self.refuse_from_now_on(Error::new(Code::Closed, "the log is closed"));
        Ok(true)
    }

    /// Asks for a file once half of the segment is used, so that it is there when the segment is full.
    fn request_next_file(&mut self) {
        self.adopt_files();
        if self.free.is_empty() && self.end() >= self.sizes.target(self.segment.number) / 2 {
            self.request_file();
        }
    }

    /// A file for the next segment; asks for one if there is none.
    pub(super) fn take_free_file(&mut self) -> Option<FreeFile> {
        self.adopt_files();
        if self.free.is_empty() {
            self.request_file();
        }
        self.free.pop_front()
    }

    fn request_file(&mut self) {
        self.request_files_for(1);
    }

    /// Asks for files until so many are free.
    pub(super) fn request_files_for(&mut self, count: usize) {
        self.adopt_files();
        if let Some(missing) = count.checked_sub(self.free.len()).filter(|n| *n > 0) {
            // A refusal is not an error yet: the segment at hand grows on, and the next commit asks again.
            let _ = self
                .storage
                .request_files(self.known_files + missing as u32);
            self.adopt_files();
        }
    }

    /// Finds the files that have appeared. Only an empty one is taken.
    fn adopt_files(&mut self) {
        while self.known_files < self.storage.file_count() {
            let file = self.known_files;
            self.known_files += 1;
            if self.storage.len(file) == Ok(0) {
                self.free.push_back(FreeFile { file, zeroed: 0 });
            }
        }
    }

    /// Writes zeros behind the end of this segment, then into the next file. False: there is no need.
    fn zero_ahead(&mut self, budget: u64) -> bool {
        let end = self.end();
        let (file, zeroed, goal) = match self.free.front() {
            _ if self.segment.zeroed < end + self.sizes.zero_ahead / 2 => (
                self.segment.file,
                self.segment.zeroed.max(end),
                end + self.sizes.zero_ahead,
            ),
            Some(free) if free.zeroed < self.sizes.zero_ahead => {
                (free.file, free.zeroed, self.sizes.zero_ahead)
            }
            _ => return false,
        };
        let until = goal.min(zeroed + budget);
        // A full disk is no error here, where no commit is at stake. There is just no room ahead.
        if write_zeros(self.storage.as_mut(), file, zeroed..until).is_err() {
            return false;
        }
        self.unflushed_upkeep = true;
        if file == self.segment.file {
            self.segment.zeroed = until;
        } else if let Some(free) = self.free.front_mut() {
            free.zeroed = until;
        }
        true
    }

    /// Writes the superblock if what is durable has grown since it was last written, and all of it is.
    fn write_watermark(&mut self, clean: bool) -> Result<()> {
        let is_idle = !self.in_flight() && self.pending.is_empty();
        let mark = self.durable_mark;
        let is_news = mark != self.superblock.watermark || clean != self.superblock.clean;
        if is_idle && is_news {
            self.write_superblock(mark, clean)?;
            self.unflushed_upkeep = true;
        }
        match is_idle && self.unflushed_upkeep {
            true => self.request_flush(mark),
            false => Ok(()),
        }
    }

    /// Writes the slot that is not the current one, to be made durable by the next flush.
    pub(super) fn write_superblock(&mut self, watermark: Watermark, clean: bool) -> Result<()> {
        let superblock = Superblock {
            database: self.database,
            generation: self.superblock.generation + 1,
            watermark,
            clean,
            checkpoint: self.checkpoints.number,
        };
        write_all(
            self.storage.as_mut(),
            0,
            superblock.offset(),
            &superblock.encode(),
        )?;
        self.superblock = superblock;
        Ok(())
    }
}
