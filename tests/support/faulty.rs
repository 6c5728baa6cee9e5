//! A storage whose writes are volatile until they are flushed.
//!
//! The model is that of SQLite's crash tests: writes are kept in a list. What the medium would hold after a
//! crash is the durable files with any subset of the list applied, each write whole, torn, or not at all. In
//! between the program sees all of its writes, as from a page cache.

use driftdb::error::{Code, Error, Result};
use driftdb::storage::{Memory, Read, Storage, Ticket};
use std::cell::RefCell;
use std::rc::Rc;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call is an error and does nothing.
    Error(Code),
    /// A read or write gets through half of its bytes.
    Short,
    /// A flush reports success and makes nothing durable.
    Lie,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub file: u32,
    pub offset: u64,
    pub bytes: Vec<u8>,
    /// The file was emptied before; torn, it may have been cut anywhere.
    pub clears: bool,
}

#[derive(Debug, Default)]
pub struct State {
    /// What a crash cannot take away.
    pub durable: Memory,
    /// What the program sees.
    pub seen: Memory,
    /// Not yet flushed, oldest first.
    pub writes: Vec<Write>,
    /// Calls that may fail, so far: reads, writes, flushes, requests for files.
    pub calls: u64,
    fault: Option<(u64, Fault, bool)>,
    /// Whether the fault struck.
    pub struck: bool,
    /// Flushes are done only after so many questions.
    delay: u32,
    asked: u32,
    flushing: Option<(Ticket, usize)>,
    tickets: u64,
}

/// A handle; clones share the state, so that a test keeps one while the log has another.
#[derive(Debug, Clone, Default)]
pub struct Faulty(Rc<RefCell<State>>);

impl Faulty {
    pub fn new(files: Memory) -> Self {
        let state = State {
            durable: files.clone(),
            seen: files,
            ..State::default()
        };
        Faulty(Rc::new(RefCell::new(state)))
    }

    /// Flushes end only when they have been asked about so many times.
    pub fn slow(self, delay: u32) -> Self {
        self.0.borrow_mut().delay = delay;
        self
    }

    /// The `call`-th call from now (from 0) fails, and if sticky all later ones.
    pub fn fail(&self, call: u64, fault: Fault, sticky: bool) {
        let mut state = self.0.borrow_mut();
        state.fault = Some((state.calls + call, fault, sticky));
    }

    pub fn heal(&self) {
        self.0.borrow_mut().fault = None;
    }

    pub fn calls(&self) -> u64 {
        self.0.borrow().calls
    }

    pub fn struck(&self) -> bool {
        self.0.borrow().struck
    }

    /// What the program sees: what is there after the process was killed and the machine lives on.
    pub fn seen(&self) -> Memory {
        self.0.borrow().seen.clone()
    }

    pub fn unflushed(&self) -> Vec<Write> {
        self.0.borrow().writes.clone()
    }

    /// The medium changes a byte by itself.
    pub fn damage(&self, file: usize, place: usize, bits: u8) {
        let State { durable, seen, .. } = &mut *self.0.borrow_mut();
        for files in [durable, seen] {
            files.files[file][place] ^= bits;
        }
    }

    /// The medium has other bytes for a file than were written; gives those.
    pub fn replace(&self, file: usize, bytes: Vec<u8>) -> Vec<u8> {
        let State { durable, seen, .. } = &mut *self.0.borrow_mut();
        durable.files[file] = bytes.clone();
        std::mem::replace(&mut seen.files[file], bytes)
    }

    /// What is there after a crash that kept these of the unflushed writes, in their order.
    pub fn crashed(&self, keep: impl IntoIterator<Item = usize>) -> Memory {
        let state = self.0.borrow();
        let mut files = state.durable.clone();
        for index in keep {
            apply(&mut files, &state.writes[index]);
        }
        files
    }

    /// The same, with the last of them torn: only its first `length` bytes arrived.
    pub fn torn(&self, whole: usize, length: usize) -> Memory {
        let mut files = self.crashed(0..whole);
        let mut write = self.0.borrow().writes[whole].clone();
        if write.clears {
            let kept = write.bytes.len() - length;
            files.files[write.file as usize].truncate(kept);
            return files;
        }
        write.bytes.truncate(length);
        apply(&mut files, &write);
        files
    }
}

fn apply(files: &mut Memory, write: &Write) {
    if write.clears {
        assert_eq!(files.clear(write.file), Ok(()), "memory empties everything");
        return;
    }
    let count = files.write_at(write.file, write.offset, &write.bytes);
    assert_eq!(count, Ok(write.bytes.len()), "memory takes everything");
}

impl State {
    /// Counts a call and says what goes wrong with it.
    fn strike(&mut self) -> Option<Fault> {
        let call = self.calls;
        self.calls += 1;
        let (at, fault, sticky) = self.fault?;
        let strikes = call == at || sticky && call > at;
        self.struck |= strikes;
        strikes.then_some(fault)
    }

    fn settle(&mut self, count: usize) {
        for write in self.writes.drain(..count) {
            apply(&mut self.durable, &write);
        }
    }
}

fn refused(code: Code) -> Error {
    Error::new(code, "the test says so")
}

impl Storage for Faulty {
    fn file_count(&self) -> u32 {
        self.0.borrow().seen.file_count()
    }

    fn len(&self, file: u32) -> Result<u64> {
        self.0.borrow().seen.len(file)
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        let mut state = self.0.borrow_mut();
        let buffer = match state.strike() {
            Some(Fault::Error(code)) => return Err(refused(code)),
            Some(Fault::Short) => {
                let half = buffer.len() / 2;
                &mut buffer[..half]
            }
            _ => buffer,
        };
        state.seen.read_at(file, offset, buffer)
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        let mut state = self.0.borrow_mut();
        let bytes = match state.strike() {
            Some(Fault::Error(code)) => return Err(refused(code)),
            Some(Fault::Short) => &bytes[..bytes.len() / 2],
            _ => bytes,
        };
        let count = state.seen.write_at(file, offset, bytes)?;
        state.writes.push(Write {
            file,
            offset,
            bytes: bytes.to_vec(),
            clears: false,
        });
        Ok(count)
    }

    /// The bytes that are lost are kept in the list, so that the loss can be torn at each of them.
    fn clear(&mut self, file: u32) -> Result<()> {
        let mut state = self.0.borrow_mut();
        if let Some(Fault::Error(code)) = state.strike() {
            return Err(refused(code));
        }
        let bytes = state.seen.files[file as usize].clone();
        state.writes.push(Write {
            file,
            offset: 0,
            bytes,
            clears: true,
        });
        state.seen.clear(file)
    }

    fn flush(&mut self) -> Result<Ticket> {
        let mut state = self.0.borrow_mut();
        let fault = state.strike();
        if let Some(Fault::Error(code)) = fault {
            return Err(refused(code));
        }
        state.tickets += 1;
        let ticket = Ticket(state.tickets);
        let count = if fault == Some(Fault::Lie) {
            0
        } else {
            state.writes.len()
        };
        state.asked = 0;
        match state.delay {
            0 => state.settle(count),
            _ => state.flushing = Some((ticket, count)),
        }
        Ok(ticket)
    }

    fn flushed(&mut self, ticket: Ticket) -> Result<bool> {
        let mut state = self.0.borrow_mut();
        let Some((latest, count)) = state.flushing else {
            return Ok(true);
        };
        assert!(ticket <= latest, "a ticket that was given");
        state.asked += 1;
        if state.asked <= state.delay {
            return Ok(false);
        }
        state.flushing = None;
        state.settle(count);
        Ok(true)
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        let mut state = self.0.borrow_mut();
        if let Some(Fault::Error(code)) = state.strike() {
            return Err(refused(code));
        }
        state.durable.request_files(count)?;
        state.seen.request_files(count)
    }
}
