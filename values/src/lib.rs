//! The two lowest layers of driftdb: values, schemas and errors, vectors of values with the loops over them, and the
//! checksum.
//!
//! They are a crate of their own since in the browser they are compiled for speed, while the engine above is
//! compiled for a small download: only what is compiled for speed has its loops vectorised.

#![deny(unsafe_code)]

pub mod checksum;
pub mod column;
pub mod error;
pub mod types;
