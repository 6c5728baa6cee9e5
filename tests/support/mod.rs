//! What several tests need: commits and databases to test with, chance, and storages that wrap others, to show what
//! the engine does when the medium misbehaves.
//!
//! [`Faulty`] keeps a list of writes that are not yet durable and can fail, tear and lose them; [`Missing`]
//! answers that nothing is there yet at the first touch; [`Tracing`] writes down every call.

#![allow(dead_code, unused_imports)]

pub mod commits;
pub mod database;
pub mod dump;
mod faulty;
mod missing;
pub mod progress;
pub mod random;
pub mod script;
mod tracing;
pub mod workload;

pub use faulty::{Fault, Faulty};
pub use missing::Missing;
pub use tracing::Tracing;
