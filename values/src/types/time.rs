//! Time and chance, handed in from outside.
//!
//! The engine never asks the operating system for the time or for randomness: WebAssembly has
//! neither, and a test wants to decide both. Instants are `i64` microseconds since 1970-01-01 UTC.

/// PostgreSQL's `'infinity'` as an instant: later than every other.
pub const INFINITY: i64 = i64::MAX;
/// PostgreSQL's `'-infinity'` as an instant: earlier than every other.
pub const NEG_INFINITY: i64 = i64::MIN;

/// Tells the time. It may jump in either direction; the log's own order never does.
pub trait Clock {
    /// Microseconds since 1970-01-01 UTC.
    fn now(&self) -> i64;
}

/// Gives random bytes, for salts, identifiers, `random()` and `gen_random_uuid()`.
pub trait Entropy {
    fn fill(&self, bytes: &mut [u8]);

    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}
