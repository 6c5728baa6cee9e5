//! Writing a checkpoint, in steps between which commits go on.

use super::PIECE_BYTES_MAX;
use super::header::{BEGIN, Header};
use super::reader::{Next, Pieces, Spot};
use crate::error::{Code, Error, Result};
use crate::log::frame::Checksum;
use crate::log::segment::HEADER_BYTES;
use crate::log::writer::{FreeFile, Log};
use crate::log::zeros::{write_all, write_zeros};

/// What a checkpoint is made of.
pub trait Contents {
    /// The time of a commit.
    fn time(&self, seq: u64) -> i64;

    /// The next part of all that there is up to a commit; `None` when there is none left.
    ///
    /// # Errors
    /// That no checkpoint can be made: this one is given up.
    fn next(&mut self, seq: u64) -> Result<Option<Vec<u8>>>;

    /// The last part will lie here when the checkpoint is complete.
    fn placed(&mut self, part: Vec<u8>, spot: Spot);

    /// The parts up to this commit will be asked for, from the first one on.
    fn restart(&mut self, seq: u64);
}

/// A checkpoint being written.
#[derive(Debug)]
pub struct Work {
    stage: Stage,
    header: Header,
    file: u32,
    checksum: Checksum,
    /// The cost of the log that it stands for.
    cost: u64,
}

/// What is done when everything before has been flushed.
#[derive(Debug)]
enum Stage {
    /// The pieces.
    Write,
    /// Reading them back, and saying that they are complete.
    Verify(Box<Pieces>),
    /// The superblock.
    Point,
    /// What it stands for is of no use any more.
    Recycle,
}

/// The log behind a checkpoint grows to such a part of it before the next one is written: opening replays the one, and
/// writing anew what the last one had takes time as well. What counts of the log is its cost: rows that take few bytes take as
/// long to replay as others.
const LOG_SHARE: u64 = 8;

/// A part costs as much as so many bytes at least: it was found, packed and tried, however little came of it.
const PART_COST: u64 = 32 << 10;

/// The cost of the log from which on a checkpoint may be asked for early, and that as a part of the last one.
const EARLY_COST: u64 = 64 << 10;
const EARLY_SHARE: u64 = 64;

/// Looks for a file that does not appear before a checkpoint is put off.
const PATIENCE: u32 = 100;

impl Log {
    /// Makes a log that has nothing one that goes on where another has come to, once it has a checkpoint of all of that, for which it asks.
    pub fn follow(&mut self, other: &Log) {
        self.head = other.head;
        self.checkpoints.log_cost = other.checkpoints.bytes + other.checkpoints.log_cost;
        self.want_checkpoint();
    }

    /// Asks for a checkpoint at the next opportunity, however short the log is.
    pub fn want_checkpoint(&mut self) {
        self.checkpoints.wanted = self.head.next_seq > 0;
    }

    /// Asks for one before it is due, since what it would hold takes much memory. Of a few commits none is worth while.
    pub fn want_early(&mut self) {
        let state = &self.checkpoints;
        let least = EARLY_COST.max(state.put_off).max(state.bytes / EARLY_SHARE);
        if state.work.is_none() && state.log_cost >= least {
            self.want_checkpoint();
        }
    }

    /// Leaves a checkpoint that was asked for, unless it is complete. One that is due is begun anew.
    pub fn leave_checkpoint(&mut self) {
        let state = &mut self.checkpoints;
        state.wanted = false;
        if let Some(work) = state.work.take_if(|work| work.may_be_left()) {
            state.stale.push(work.file);
        }
    }

    /// Bytes written and read back of the checkpoint that is being written, of about how many.
    pub fn checkpoint_progress(&self) -> (u64, u64) {
        let state = &self.checkpoints;
        // What takes its time to replay packs well.
        let guess = 2 * (state.bytes + state.log_cost / 4);
        let Some(work) = &state.work else {
            return (0, guess);
        };
        let end = work.header.end;
        match &work.stage {
            Stage::Write => (end, guess.max(2 * end)),
            Stage::Verify(pieces) => (end + pieces.offset(), 2 * end),
            Stage::Point | Stage::Recycle => (2 * end, 2 * end),
        }
    }

    /// Why the last checkpoint was given up.
    pub fn take_refusal(&mut self) -> Option<Error> {
        self.checkpoints.refusal.take()
    }

    /// Whether one has been completed. The files of before are there until the next call of [`Log::checkpoint`].
    pub fn take_completed(&mut self) -> bool {
        std::mem::take(&mut self.checkpoints.is_news)
    }

    /// Whether one is being written, or files are being emptied behind one.
    pub fn is_writing_checkpoint(&self) -> bool {
        let state = &self.checkpoints;
        state.work.is_some() || !state.stale.is_empty() || !state.emptied.is_empty()
    }

    /// Whether a checkpoint is being written, or is to be.
    pub fn is_checkpointing(&self) -> bool {
        let state = &self.checkpoints;
        let least = self.sizes.checkpoint_after.max(state.put_off);
        let is_due = state.wanted || state.log_cost >= least.max(state.bytes / LOG_SHARE);
        self.is_writing_checkpoint() || is_due && self.head.next_seq > state.commits
    }

    /// Does a part of the work on a checkpoint, if one is due: about `budget` bytes are written or read.
    /// True: there is more to do.
    ///
    /// A checkpoint that cannot be written is given up, which costs nothing but time. An error is one of the log.
    pub fn checkpoint(
        &mut self,
        budget: u32,
        now: i64,
        contents: &mut dyn Contents,
    ) -> Result<bool> {
        self.check()?;
        self.poll()?;
        if !self.is_checkpointing() {
            return Ok(false);
        }
        let has_room = self.storage.has_room();
        if let Some(work) = (self.checkpoints.work).take_if(|work| !has_room && work.may_be_left())
        {
            let full = "there is no room for a checkpoint";
            self.give_up(&work, Error::new(Code::Quota, full));
            // A commit that is to be stored at once has this room.
            self.storage.clear(work.file)?;
        }
        // A flush covers what a group has written, and nothing is known of it before it has ended.
        if !self.in_flight() && !self.pending.is_empty() {
            self.flush()?;
        }
        if self.in_flight() || self.awaits_flush || !self.pending.is_empty() {
            return Ok(true);
        }
        let emptied = std::mem::take(&mut self.checkpoints.emptied).into_iter();
        self.free
            .extend(emptied.map(|file| FreeFile { file, zeroed: 0 }));
        if !self.checkpoints.stale.is_empty() {
            self.empty_stale()?;
            return Ok(true);
        }
        let Some(mut work) = self.checkpoints.work.take() else {
            if !self.is_checkpointing() {
                return Ok(false);
            }
            return self.begin_checkpoint(now, contents);
        };
        match self.work(&mut work, u64::from(budget), contents) {
            Ok(true) => self.checkpoints.work = Some(work),
            Ok(false) => {}
            Err(error) if work.may_be_left() && self.failure.is_none() => {
                self.give_up(&work, error);
            }
            Err(error) => return Err(error),
        }
        Ok(self.is_checkpointing())
    }

    /// Begins a segment, so that those before can be emptied, and a file for the checkpoint.
    fn begin_checkpoint(&mut self, now: i64, contents: &mut dyn Contents) -> Result<bool> {
        if !self.find_two_files() {
            return Ok(self.is_checkpointing());
        }
        let is_fresh = self.checkpoints.fresh == Some(self.segment.number);
        if !is_fresh {
            // Where there is no room it shows here, and not in the middle of a group.
            let free = *self.free.front().expect("there are two");
            let begin = HEADER_BYTES as u64;
            if free.zeroed < begin
                && let Err(error) = write_zeros(self.storage.as_mut(), free.file, 0..begin)
            {
                self.checkpoints.refusal = Some(error);
                self.put_off();
                return Ok(false);
            }
            self.succeed()?;
            self.begin_session(now)?;
            self.checkpoints.fresh = Some(self.segment.number);
            return Ok(true);
        }
        if self.durable_mark.segment != self.segment.number || self.durable_mark.commits == 0 {
            self.put_off();
            return Ok(false);
        }
        let free = self.free.pop_front().expect("there is one");
        self.checkpoints.attempts += 1;
        let number = self.checkpoints.attempts;
        let mut header = Header::begun(self.database, number, self.salts.next());
        let begun = header.encode();
        header.mark = self.durable_mark;
        header.end = BEGIN;
        header.time = contents.time(header.mark.commits - 1);
        contents.restart(header.mark.commits - 1);
        self.checkpoints.wanted = false;
        let work = Work {
            stage: Stage::Write,
            file: free.file,
            checksum: Checksum::new(&header.salt),
            cost: self.checkpoints.log_cost,
            header,
        };
        match write_all(self.storage.as_mut(), free.file, 0, &begun) {
            Ok(()) => {
                self.checkpoints.work = Some(work);
                self.request_flush(self.durable_mark)?;
            }
            Err(error) => self.give_up(&work, error),
        }
        Ok(self.is_checkpointing())
    }

    /// Files for the next segment and for the checkpoint.
    fn find_two_files(&mut self) -> bool {
        self.request_files_for(2);
        let is_fresh = self.checkpoints.fresh == Some(self.segment.number);
        let has_found = self.free.len() >= if is_fresh { 1 } else { 2 };
        self.checkpoints.looked = if has_found {
            0
        } else {
            self.checkpoints.looked + 1
        };
        if self.checkpoints.looked > PATIENCE {
            self.put_off();
        }
        has_found
    }

    fn work(&mut self, work: &mut Work, budget: u64, contents: &mut dyn Contents) -> Result<bool> {
        match &mut work.stage {
            Stage::Write => {
                if self.write_pieces(work, budget, contents)? {
                    let pieces = Pieces::new(work.header.clone(), work.file);
                    work.stage = Stage::Verify(Box::new(pieces));
                }
                // Bit by bit, so that no group has to wait for a long flush.
                self.request_flush(self.durable_mark)?;
            }
            Stage::Verify(pieces) => {
                // The part that is read is of no use but to have been read.
                let until = pieces.offset() + budget;
                let mut next = Next::More;
                while matches!(next, Next::More | Next::Part(..)) && pieces.offset() < until {
                    next = pieces.next(self.storage.as_mut())?;
                }
                if let Next::End = next {
                    let complete = work.header.encode();
                    let offset = work.header.offset();
                    write_all(self.storage.as_mut(), work.file, offset, &complete)?;
                    work.stage = Stage::Point;
                    self.request_flush(self.durable_mark)?;
                }
            }
            Stage::Point => {
                work.stage = Stage::Recycle;
                self.point_to(work.header.number)?;
                self.request_flush(self.durable_mark)?;
            }
            Stage::Recycle => {
                let first = work.header.mark.segment;
                let state = &mut self.checkpoints;
                let old = state
                    .old_segments
                    .extract_if(.., |(number, _)| *number < first);
                state.stale.extend(old.map(|(_, file)| file));
                state.stale.extend(state.file.replace(work.file));
                state.commits = work.header.mark.commits;
                state.bytes = work.header.end;
                state.log_cost -= work.cost;
                state.put_off = 0;
                state.is_news = true;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes pieces; whether all are written.
    fn write_pieces(
        &mut self,
        work: &mut Work,
        budget: u64,
        contents: &mut dyn Contents,
    ) -> Result<bool> {
        let mut bytes = Vec::new();
        let (mut spent, mut is_over) = (0, false);
        while spent < budget && !is_over {
            match contents.next(work.header.mark.commits - 1)? {
                Some(part) => {
                    let begin = work.header.end + bytes.len() as u64;
                    work.add(&mut bytes, &part);
                    spent += PART_COST.max(part.len() as u64);
                    let pieces = begin..work.header.end + bytes.len() as u64;
                    contents.placed(part, Spot::new(work.file, &work.checksum, pieces));
                }
                None => is_over = true,
            }
        }
        write_all(self.storage.as_mut(), work.file, work.header.end, &bytes)?;
        work.header.end += bytes.len() as u64;
        Ok(is_over)
    }

    /// Lets the superblock say that this checkpoint is there.
    fn point_to(&mut self, number: u64) -> Result<()> {
        let before = std::mem::replace(&mut self.checkpoints.number, number);
        let written = self.write_superblock(self.durable_mark, false);
        if written.is_err() {
            self.checkpoints.number = before;
        }
        written
    }

    /// Empties the files that mean nothing any more; once that is durable they are free.
    fn empty_stale(&mut self) -> Result<()> {
        let stale = std::mem::take(&mut self.checkpoints.stale).into_iter();
        let emptied = stale.filter(|file| self.storage.clear(*file).is_ok());
        self.checkpoints.emptied = emptied.collect();
        self.request_flush(self.durable_mark)
    }

    /// Leaves a checkpoint that could not be written.
    fn give_up(&mut self, work: &Work, why: Error) {
        self.checkpoints.stale.push(work.file);
        self.checkpoints.refusal = Some(why);
        self.put_off();
    }

    /// No checkpoint before the log has come to twice its cost.
    fn put_off(&mut self) {
        self.checkpoints.put_off = 2 * self.checkpoints.log_cost;
        (self.checkpoints.wanted, self.checkpoints.looked) = (false, 0);
    }
}

impl Work {
    /// Whether its file may be emptied: the superblock cannot know of it.
    fn may_be_left(&self) -> bool {
        matches!(self.stage, Stage::Write | Stage::Verify(_))
    }

    fn add(&mut self, out: &mut Vec<u8>, part: &[u8]) {
        let mut rest = part;
        while !rest.is_empty() {
            let (bytes, after) = rest.split_at(rest.len().min(PIECE_BYTES_MAX));
            rest = after;
            let offset = self.header.end + out.len() as u64;
            self.checksum
                .seal(out, offset, &[u8::from(!rest.is_empty())], bytes);
            self.header.pieces += 1;
        }
    }
}

/// What the log knows of checkpoints.
#[derive(Debug, Default)]
pub struct Checkpoints {
    /// The highest number that was ever given.
    pub attempts: u64,
    /// Of the last complete one: its number, its file, how many commits and bytes it has.
    pub number: u64,
    pub file: Option<u32>,
    pub commits: u64,
    pub bytes: u64,
    /// What the log behind it takes to be replayed: its bytes, and what its commits take besides.
    pub log_cost: u64,
    /// Files of complete segments, with their numbers.
    pub old_segments: Vec<(u64, u32)>,
    /// Files that mean nothing any more and are to be emptied.
    pub stale: Vec<u32>,
    /// Files that have been emptied, which is not durable yet.
    emptied: Vec<u32>,
    work: Option<Work>,
    wanted: bool,
    /// The segment that was begun for the next checkpoint.
    fresh: Option<u64>,
    put_off: u64,
    looked: u32,
    refusal: Option<Error>,
    is_news: bool,
}
