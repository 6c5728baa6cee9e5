//! The tests that run as wasm in a browser, in `tests/`.
//!
//! They are a package of their own because `wasm-pack test` compiles every test of the package it is given for
//! wasm32, and the engine's native tests use files and crates that do not exist there.
