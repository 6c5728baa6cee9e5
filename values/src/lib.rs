//! The two lowest layers of driftdb: values, schemas and errors, and vectors of values with the loops over them.
//!
//! They are a crate of their own since in the browser they are compiled for speed, while the engine above is
//! compiled for a small download: only what is compiled for speed has its loops vectorised.

#![deny(unsafe_code)]

pub mod column;
pub mod error;
pub mod types;
