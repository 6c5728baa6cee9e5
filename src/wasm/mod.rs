//! Layer 7: the engine as JavaScript sees it. Values go in and out; nothing is decided here.
//!
//! The boundary is made of few calls and big buffers. JavaScript writes a request into memory that
//! [`Engine::input`] gives it, calls, and reads the answer from the memory that [`Engine::output`] names.
//! A call answers with a number:
//!
//! ```text
//!   0 done      the output holds the results
//!   1 again     there is more to do
//!   2 waiting   another session is writing
//!   3 failed    the output holds the results before the error, `failure` describes it
//! ```
//!
//! Errors are never thrown as exceptions: an exception from here is a trap, after which the instance
//! must not be used again.

mod ask;
mod call;
mod description;
mod engine;
mod files;
mod function;
mod heap;
mod host;
mod request;

pub use engine::Engine;
