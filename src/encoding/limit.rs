//! What the log takes at most. Each limit is smaller than the next, and exceeding one is an error
//! (`LIMIT_LENGTH`) before a byte is written.
//!
//! ```text
//!   value 16 MiB  <  frame 32 MiB  <  transaction 256 MiB  <  segment 768 MiB
//! ```

/// The longest single value: text, bytes, or the digits of a decimal.
pub const VALUE_BYTES_MAX: usize = 16 << 20;

/// The longest body of a frame, and so the largest row, which is never split over two.
pub const FRAME_BYTES_MAX: usize = 32 << 20;

/// The weight of a transaction: what its rows take in memory when every value is spelled out. It bounds
/// the memory that reading a commit back can ask for, however well the commit was packed.
pub const TRANSACTION_BYTES_MAX: u64 = 256 << 20;

/// No segment grows beyond this, so that offsets stay far below the 2 GiB where browsers differ.
pub const SEGMENT_BYTES_MAX: u64 = 768 << 20;

/// Rows of one frame at most. A longer run goes on in the next frame.
pub const FRAME_ROWS_MAX: usize = 65_536;

/// A run of rows is split into frames of about this weight.
pub const FRAME_WEIGHT: u64 = 1 << 20;

/// Pending bytes beyond this are written without waiting for the group to be complete.
pub const WRITE_BYTES: usize = 4 << 20;

/// How deeply MessagePack values may be nested.
pub const DEPTH_MAX: usize = 32;
