//! Tells how tables came to be what they are: what changed between two moments, the history of a key, who changed
//! which value last, the commits; and what brings a moment back, or makes a commit undone.
//!
//! What there is to tell is found first, as rows by their ids or commits by their numbers, and then told one by one.

mod commits;
mod difference;
mod passage;
mod restore;
mod tell;
mod undo;

pub use restore::has_written;
pub use tell::Past;
