//! Files in a directory of the operating system.
//!
//! ```text
//!   shop/lock      held exclusively while the database is open
//!   shop/00000     file 0, and so on
//! ```
//!
//! A flush is `fdatasync` (`F_FULLFSYNC` on Apple's systems) of every file written since the last; a new file
//! is made durable together with its name in the directory before it is used. There is no file system below
//! wasm, so that this exists in native builds alone, as the one user of `std::fs`.

use super::{Read, Storage, Ticket};
use crate::error::{Code, Error, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    files: Vec<Entry>,
    flushes: u64,
    /// Released by the operating system when it is dropped, however the process ends.
    _lock: File,
}

#[derive(Debug)]
struct Entry {
    file: File,
    /// Written since the last flush.
    is_dirty: bool,
}

impl Directory {
    /// Opens a directory, making it if there is none.
    ///
    /// # Errors
    /// `BUSY` if another process, or another place in this one, has it open.
    pub fn open(path: impl AsRef<Path>) -> Result<Directory> {
        let path = path.as_ref().to_path_buf();
        create_directory(&path)?;
        let lock = lock(&path)?;
        let mut directory = Directory {
            files: Vec::new(),
            flushes: 0,
            _lock: lock,
            path,
        };
        let count = directory.count_files()?;
        for number in 0..count {
            // A file missing in the middle is left to the reader, for whom it is as good as an empty one.
            let file = open_file(&directory.file_path(number), true)?;
            // Whoever had it before may have ended before flushing it.
            directory.files.push(Entry {
                file,
                is_dirty: true,
            });
        }
        Ok(directory)
    }

    /// Removes a database with all of its files.
    ///
    /// # Errors
    /// `BUSY` if it is open.
    pub fn remove(path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if !path.exists() {
            return Ok(());
        }
        let lock = lock(path)?;
        for number in numbers(path)? {
            fs::remove_file(path.join(file_name(number))).map_err(|e| failed("remove", &e))?;
        }
        drop(lock);
        fs::remove_file(path.join(LOCK)).map_err(|e| failed("remove", &e))?;
        fs::remove_dir(path).map_err(|e| failed("remove", &e))
    }

    /// One more than the highest number that a file has.
    fn count_files(&self) -> Result<u32> {
        Ok(numbers(&self.path)?
            .into_iter()
            .max()
            .map_or(0, |highest| highest + 1))
    }

    fn file_path(&self, number: u32) -> PathBuf {
        self.path.join(file_name(number))
    }

    fn entry(&self, number: u32) -> Result<&Entry> {
        self.files
            .get(number as usize)
            .ok_or_else(|| Error::new(Code::Io, format!("there is no file {number}")))
    }

    fn create(&mut self, number: u32) -> Result<()> {
        let file = open_file(&self.file_path(number), true)?;
        file.sync_all().map_err(|e| failed("create", &e))?;
        sync_directory(&self.path)?;
        self.files.push(Entry {
            file,
            is_dirty: false,
        });
        Ok(())
    }
}

const LOCK: &str = "lock";

fn file_name(number: u32) -> String {
    format!("{number:05}")
}

/// The numbers of the files in a directory. Other files are not ours.
fn numbers(path: &Path) -> Result<Vec<u32>> {
    let entries = fs::read_dir(path).map_err(|e| failed("list", &e))?;
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| failed("list", &e))?.file_name();
        let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
        numbers.extend(number.filter(|number| name.to_str() == Some(&file_name(*number))));
    }
    Ok(numbers)
}

fn create_directory(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(|e| failed("create", &e))?;
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => sync_directory(parent),
        None => Ok(()),
    }
}

/// Makes the names in a directory durable. Windows has no such call and does it by itself.
fn sync_directory(path: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    let directory = File::open(path).map_err(|e| failed("open", &e))?;
    directory.sync_all().map_err(|e| failed("flush", &e))
}

fn lock(path: &Path) -> Result<File> {
    let file = open_file(&path.join(LOCK), true)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            Code::Busy,
            format!("the database at {} is open elsewhere", path.display()),
        )),
        Err(TryLockError::Error(error)) => Err(failed("lock", &error)),
    }
}

fn open_file(path: &Path, create: bool) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(create)
        .truncate(false)
        .open(path)
        .map_err(|e| failed("open", &e))
}

fn failed(what: &str, error: &io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Code::Quota,
        _ => Code::Io,
    };
    Error::new(code, format!("could not {what}: {error}"))
}

impl Storage for Directory {
    fn file_count(&self) -> u32 {
        self.files.len() as u32
    }

    fn len(&self, file: u32) -> Result<u64> {
        let metadata = self.entry(file)?.file.metadata();
        metadata.map(|m| m.len()).map_err(|e| failed("read", &e))
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        let mut file = &self.entry(file)?.file;
        file.seek(SeekFrom::Start(offset))
            .map_err(|e| failed("read", &e))?;
        let mut count = 0;
        while count < buffer.len() {
            match file.read(&mut buffer[count..]) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("read", &error)),
            }
        }
        Ok(Read::Ready(count))
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.entry(file)?;
        let entry = &mut self.files[file as usize];
        entry.is_dirty = true;
        let seek = entry.file.seek(SeekFrom::Start(offset));
        seek.map_err(|e| failed("write", &e))?;
        let mut count = 0;
        while count < bytes.len() {
            match entry.file.write(&bytes[count..]) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What was taken so far is the answer: a count too low is a failure like any other.
                Err(_) if count > 0 => break,
                Err(error) => return Err(failed("write", &error)),
            }
        }
        Ok(count)
    }

    fn clear(&mut self, file: u32) -> Result<()> {
        self.entry(file)?;
        let entry = &mut self.files[file as usize];
        entry.is_dirty = true;
        entry.file.set_len(0).map_err(|e| failed("empty", &e))
    }

    fn flush(&mut self) -> Result<Ticket> {
        for entry in self.files.iter_mut().filter(|entry| entry.is_dirty) {
            entry.file.sync_data().map_err(|e| failed("flush", &e))?;
            entry.is_dirty = false;
        }
        self.flushes += 1;
        Ok(Ticket(self.flushes))
    }

    fn flushed(&mut self, _: Ticket) -> Result<bool> {
        Ok(true)
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        (self.files.len() as u32..count).try_for_each(|number| self.create(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_keep_their_bytes_and_the_lock_keeps_others_out() -> Result<()> {
        let place = tempfile::tempdir().expect("a temporary directory");
        let path = place.path().join("shop");
        let mut directory = Directory::open(&path)?;
        assert_eq!(
            Directory::open(&path).expect_err("it is open").code(),
            Code::Busy
        );
        directory.request_files(2)?;
        assert_eq!(directory.write_at(1, 3, b"abc")?, 3);
        let ticket = directory.flush()?;
        assert!(directory.flushed(ticket)?);
        drop(directory);

        let mut directory = Directory::open(&path)?;
        assert_eq!(
            (directory.file_count(), directory.len(0)?, directory.len(1)?),
            (2, 0, 6)
        );
        let mut buffer = [9; 8];
        assert_eq!(directory.read_at(1, 0, &mut buffer)?, Read::Ready(6));
        assert_eq!(&buffer, b"\0\0\0abc\x09\x09");
        assert_eq!(
            Directory::remove(&path).expect_err("it is open").code(),
            Code::Busy
        );
        drop(directory);
        Directory::remove(&path)?;
        assert!(!path.exists());
        Ok(())
    }

    #[test]
    fn files_of_others_are_left_alone() -> Result<()> {
        let place = tempfile::tempdir().expect("a temporary directory");
        fs::write(place.path().join("7"), "mine").expect("a file");
        fs::write(place.path().join("notes.txt"), "mine").expect("a file");
        assert_eq!(Directory::open(place.path())?.file_count(), 0);
        Ok(())
    }
}
