//! What the npm package links: the engine, and nothing of its own.
//!
//! The level at which this crate is compiled is the one for the optimisations of the whole program. It has to be one for
//! speed, or not even the loops of `values/` were vectorised; the engine itself is compiled for a small download.

#[cfg(target_arch = "wasm32")]
pub use driftdb::wasm;
