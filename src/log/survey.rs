//! The first part of opening: what the files are.
//!
//! File 0 is asked for the superblock, every other for the header of a segment. Neither the number of a file
//! nor its length says anything; only what is in it does. The result is the segments in their order, and the
//! files that are free to take the next one.

use super::checkpoint::{self, Checkpoints};
use super::options::Report;
use super::page::{DatabaseId, PAGE_BYTES};
use super::segment::{self, Found, HEADER_BYTES, Header};
use super::superblock::{self, SLOTS, Slot, Superblock, Watermark};
use super::window::read_exact;
use super::writer::FreeFile;
use crate::column::kernel::is_zero;
use crate::error::{Code, Error, Result};
use crate::storage::Storage;
use crate::types::sort_by_key;
use std::collections::VecDeque;

/// A file that holds a segment of this database.
#[derive(Debug, Clone)]
pub struct SegmentFile {
    pub file: u32,
    pub length: u64,
    pub header: Header,
    /// Nothing but zeros follows the header.
    is_empty: bool,
    /// The two copies of the header differ.
    differs: bool,
}

/// A file that holds a checkpoint of this database, or the beginning of one.
#[derive(Debug, Clone)]
pub struct CheckpointFile {
    pub file: u32,
    pub header: checkpoint::Header,
}

impl CheckpointFile {
    fn is_complete(&self) -> bool {
        self.header.end > 0
    }
}

/// Goes through the files, one step at a time.
#[derive(Debug, Default)]
pub struct Survey {
    next_slot: usize,
    next_file: u32,
    superblock: Option<Superblock>,
    found: Vec<SegmentFile>,
    checkpoints: Vec<CheckpointFile>,
    free: Vec<FreeFile>,
    /// What the file at hand is, while the rest of it is checked for bytes.
    at_hand: Option<AtHand>,
    writable: bool,
}

#[derive(Debug)]
struct AtHand {
    found: Found,
    checkpoint: checkpoint::Found,
    length: u64,
    offset: u64,
}

/// All that was found.
#[derive(Debug)]
pub struct Files {
    pub superblock: Superblock,
    /// The checkpoint that counts.
    pub checkpoint: Option<CheckpointFile>,
    /// What is known of checkpoints besides, stale files among it.
    pub checkpoints: Checkpoints,
    /// In order and without gaps, from the one on that the checkpoint names. Empty: there is no database yet.
    pub segments: Vec<SegmentFile>,
    /// A last segment without a frame. Its header was written along with the last group of the segment before,
    /// and unless that one was sealed, neither is known to have become durable.
    pub unbegun: Option<SegmentFile>,
    pub free: VecDeque<FreeFile>,
    pub known_files: u32,
    /// No flag of a later version forbids writing.
    pub writable: bool,
}

impl Survey {
    pub fn new() -> Self {
        Survey {
            writable: true,
            next_file: 1,
            ..Survey::default()
        }
    }

    /// Reads on. `false`: the storage has yet to get what was asked for.
    pub fn step(&mut self, storage: &mut dyn Storage, report: &mut Report) -> Result<bool> {
        while self.next_slot < SLOTS.len() && storage.file_count() > 0 {
            if !self.read_slot(storage, report)? {
                return Ok(false);
            }
        }
        while self.next_file < storage.file_count() {
            if !self.read_file(storage, report)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read_slot(&mut self, storage: &mut dyn Storage, report: &mut Report) -> Result<bool> {
        let mut page = [0; PAGE_BYTES];
        if !read_present(storage, 0, SLOTS[self.next_slot], &mut page)? {
            return Ok(false);
        }
        match superblock::read(&page) {
            Slot::Nothing { blank: true } => {}
            Slot::Nothing { blank: false } => note(&mut report.half_damaged_files, 0),
            Slot::TooNew(needs) => return Err(too_new(&needs)),
            Slot::Sound {
                superblock,
                writable,
            } => {
                self.writable &= writable;
                let newest = self.superblock.as_ref().map_or(0, |known| known.generation);
                if superblock.generation >= newest {
                    self.superblock = Some(superblock);
                }
            }
        }
        self.next_slot += 1;
        Ok(true)
    }

    fn read_file(&mut self, storage: &mut dyn Storage, report: &mut Report) -> Result<bool> {
        let file = self.next_file;
        let mut at_hand = match self.at_hand.take() {
            Some(at_hand) => at_hand,
            None => {
                let mut bytes = [0; checkpoint::BEGIN as usize];
                if !read_present(storage, file, 0, &mut bytes)? {
                    return Ok(false);
                }
                let header: &[u8; HEADER_BYTES] = bytes.first_chunk().expect("half of the bytes");
                AtHand {
                    found: segment::read(header),
                    checkpoint: checkpoint::read(&bytes),
                    length: storage.len(file)?,
                    offset: HEADER_BYTES as u64,
                }
            }
        };
        let Some(is_empty) = self.is_blank(storage, &mut at_hand)? else {
            self.at_hand = Some(at_hand);
            return Ok(false);
        };
        self.next_file += 1;
        self.take_file(file, at_hand, is_empty, report)?;
        Ok(true)
    }

    /// Whether nothing but zeros follows the header. Of a segment the first bytes tell.
    fn is_blank(&mut self, storage: &mut dyn Storage, at: &mut AtHand) -> Result<Option<bool>> {
        let mut buffer = vec![0; 1 << 14];
        while at.offset < at.length {
            let count = (at.length - at.offset).min(buffer.len() as u64);
            let bytes = &mut buffer[..count as usize];
            if !read_exact(storage, self.next_file, at.offset, bytes)? {
                return Ok(None);
            }
            if !is_zero(bytes) {
                return Ok(Some(false));
            }
            at.offset += count;
        }
        Ok(Some(true))
    }

    fn take_file(
        &mut self,
        file: u32,
        at_hand: AtHand,
        is_empty: bool,
        report: &mut Report,
    ) -> Result<()> {
        let length = at_hand.length;
        match at_hand.checkpoint {
            checkpoint::Found::Nothing => {}
            checkpoint::Found::TooNew(needs) => return Err(too_new(&needs)),
            checkpoint::Found::Checkpoint {
                header,
                writable,
                single,
            } => {
                self.writable &= writable;
                if single {
                    note(&mut report.half_damaged_files, file);
                }
                self.checkpoints.push(CheckpointFile { file, header });
                return Ok(());
            }
        }
        match at_hand.found {
            Found::TooNew(needs) => return Err(too_new(&needs)),
            Found::Segment {
                header,
                writable,
                single,
                differs,
            } => {
                self.writable &= writable;
                if single {
                    note(&mut report.half_damaged_files, file);
                }
                self.found.push(SegmentFile {
                    file,
                    length,
                    header,
                    is_empty,
                    differs,
                });
            }
            // A header is flushed before anything is written behind it: without one there is nothing.
            Found::Blank | Found::Damaged if is_empty => {
                self.free.push(FreeFile {
                    file,
                    zeroed: length,
                });
            }
            Found::Blank | Found::Damaged => {
                let message = format!("file {file} holds data, and its header is unreadable");
                report
                    .damage
                    .get_or_insert(Error::new(Code::Corrupt, message));
            }
        }
        Ok(())
    }

    /// Puts the segments in order. Damage goes into the report; what precedes it is still given.
    pub fn finish(mut self, storage: &dyn Storage, report: &mut Report) -> Result<Files> {
        self.drop_foreign(report)?;
        let superblock = self.superblock.take().unwrap_or(Superblock {
            database: report.database,
            generation: 0,
            watermark: Watermark::NONE,
            clean: false,
            checkpoint: 0,
        });
        let mut checkpoints = Checkpoints::default();
        let checkpoint = self.choose_checkpoint(&superblock, &mut checkpoints, report);
        let base = checkpoint.as_ref().map_or(0, |c| c.header.mark.segment);
        sort_by_key(&mut self.found, |found| found.header.number);
        let covered = self
            .found
            .partition_point(|found| found.header.number < base);
        let covered = self.found.drain(..covered);
        checkpoints.stale.extend(covered.map(|found| found.file));
        let unbegun = self.found.pop_if(|last| last.is_empty);
        check_numbers(&mut self.found, base, superblock.watermark, report);
        if checkpoint.is_some() && self.found.is_empty() {
            let message = format!("segment {base} is missing");
            return Err(Error::new(Code::DataLoss, message));
        }
        Ok(Files {
            checkpoint,
            checkpoints,
            superblock,
            segments: self.found,
            unbegun,
            free: self.free.into(),
            known_files: storage.file_count().max(1),
            writable: self.writable,
        })
    }

    /// The complete checkpoint of the highest number; the others are stale.
    fn choose_checkpoint(
        &mut self,
        superblock: &Superblock,
        known: &mut Checkpoints,
        report: &mut Report,
    ) -> Option<CheckpointFile> {
        let found = &mut self.checkpoints;
        sort_by_key(found, |found| (found.is_complete(), found.header.number));
        known.attempts = found
            .iter()
            .map(|found| found.header.number)
            .max()
            .unwrap_or(0);
        let chosen = found.pop_if(|last| last.is_complete());
        let number = chosen.as_ref().map_or(0, |chosen| chosen.header.number);
        known.attempts = known.attempts.max(superblock.checkpoint);
        known.stale.extend(found.iter().map(|found| found.file));
        let is_twice =
            |other: &CheckpointFile| other.is_complete() && other.header.number == number;
        let (code, message) = if number < superblock.checkpoint {
            (
                Code::DataLoss,
                format!("checkpoint {} is missing", superblock.checkpoint),
            )
        } else if found.last().is_some_and(is_twice) {
            (Code::Corrupt, format!("checkpoint {number} is there twice"))
        } else {
            return chosen;
        };
        report.damage.get_or_insert(Error::new(code, message));
        chosen
    }

    fn drop_foreign(&mut self, report: &mut Report) -> Result<()> {
        let Some(database) = self.database()? else {
            return Ok(());
        };
        report.database = database;
        let is_foreign = |found: &SegmentFile| found.header.database != database;
        let foreign = self.found.iter().filter(|found| is_foreign(found));
        report.foreign_files = foreign.map(|found| found.file).collect();
        self.checkpoints.retain(|found| {
            let is_own = found.header.database == database;
            if !is_own {
                report.foreign_files.push(found.file);
            }
            is_own
        });
        if !self.found.is_empty() && self.found.iter().all(is_foreign) {
            let message = "the superblock is of another database than the segments";
            return Err(Error::new(Code::Corrupt, message));
        }
        self.found.retain(|found| !is_foreign(found));
        Ok(())
    }

    /// Whose files these are.
    fn database(&self) -> Result<Option<DatabaseId>> {
        if let Some(superblock) = &self.superblock {
            return Ok(Some(superblock.database));
        }
        let segments = self.found.iter().map(|found| found.header.database);
        let checkpoints = self.checkpoints.iter().map(|found| found.header.database);
        let mut ids = segments.chain(checkpoints);
        let first = ids.next();
        match ids.all(|id| Some(id) == first) {
            true => Ok(first),
            false => Err(Error::new(
                Code::Corrupt,
                "the files are of several databases, and no superblock tells which one is meant",
            )),
        }
    }
}

/// Reads what there is of a range; the rest of the buffer keeps its zeros.
fn read_present(
    storage: &mut dyn Storage,
    file: u32,
    offset: u64,
    buffer: &mut [u8],
) -> Result<bool> {
    let length = storage.len(file)?;
    let count = length.saturating_sub(offset).min(buffer.len() as u64) as usize;
    match count {
        0 => Ok(true),
        _ => read_exact(storage, file, offset, &mut buffer[..count]),
    }
}

fn check_numbers(
    segments: &mut Vec<SegmentFile>,
    base: u64,
    watermark: Watermark,
    report: &mut Report,
) {
    for index in 0..segments.len() {
        let expected = base + index as u64;
        let found = &segments[index];
        let number = found.header.number;
        let message = if number > expected {
            format!("segment {expected} is missing")
        } else if number < expected {
            format!("segment {number} is there twice")
        } else if found.differs {
            format!("the copies of the header of segment {number} differ")
        } else {
            continue;
        };
        let code = if number > expected {
            Code::DataLoss
        } else {
            Code::Corrupt
        };
        report.damage.get_or_insert(Error::new(code, message));
        segments.truncate(index);
        break;
    }
    let is_short = watermark.offset > 0 && base + segments.len() as u64 <= watermark.segment;
    if is_short {
        let message = format!("segment {} is missing", watermark.segment);
        report
            .damage
            .get_or_insert(Error::new(Code::DataLoss, message));
    }
}

fn note(files: &mut Vec<u32>, file: u32) {
    if !files.contains(&file) {
        files.push(file);
    }
}

fn too_new(needs: &str) -> Error {
    Error::new(
        Code::FormatTooNew,
        format!("the database was written by a later version of the program ({needs})"),
    )
}
