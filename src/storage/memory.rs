//! Files in memory, for tests and as the image beneath other storages.

use super::{Read, Storage, Ticket};
use crate::error::{Code, Error, Result};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    pub files: Vec<Vec<u8>>,
}

impl Memory {
    pub fn new() -> Self {
        Self::default()
    }

    fn file(&self, file: u32) -> Result<&Vec<u8>> {
        self.files
            .get(file as usize)
            .ok_or_else(|| Error::new(Code::Io, format!("there is no file {file}")))
    }
}

impl Storage for Memory {
    fn file_count(&self) -> u32 {
        self.files.len() as u32
    }

    fn len(&self, file: u32) -> Result<u64> {
        Ok(self.file(file)?.len() as u64)
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        let bytes = self.file(file)?;
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let count = buffer.len().min(bytes.len() - start);
        buffer[..count].copy_from_slice(&bytes[start..start + count]);
        Ok(Read::Ready(count))
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.file(file)?;
        let file = &mut self.files[file as usize];
        let start = usize::try_from(offset)
            .map_err(|_| Error::new(Code::Quota, "the file would outgrow memory"))?;
        let end = start + bytes.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[start..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn clear(&mut self, file: u32) -> Result<()> {
        self.file(file)?;
        self.files[file as usize] = Vec::new();
        Ok(())
    }

    fn flush(&mut self) -> Result<Ticket> {
        Ok(Ticket(0))
    }

    fn flushed(&mut self, _: Ticket) -> Result<bool> {
        Ok(true)
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        if self.files.len() < count as usize {
            self.files.resize(count as usize, Vec::new());
        }
        Ok(())
    }
}
