//! What the files hold, from what the open log knows of them: nothing is read.

use super::writer::Log;

/// Sizes on storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub files: u32,
    /// Of all files.
    pub bytes: u64,
    /// Of the segments of the log, up to where they are written.
    pub log: u64,
    pub segments: u64,
    /// Of the last complete checkpoint, and how many commits are in it.
    pub checkpoint: u64,
    pub checkpointed: u64,
}

impl Log {
    pub fn usage(&self) -> Usage {
        let length = |file: u32| self.storage.len(file).unwrap_or(0);
        let state = &self.checkpoints;
        let old = state.old_segments.iter().map(|(_, file)| length(*file));
        let files = self.storage.file_count();
        Usage {
            files,
            bytes: (0..files).map(length).sum(),
            log: old.sum::<u64>() + self.segment.written,
            segments: state.old_segments.len() as u64 + 1,
            checkpoint: state.file.map_or(0, length),
            checkpointed: state.commits,
        }
    }
}
