//! What the engine asks of JavaScript: the time, chance, and files with synchronous access.

use crate::types::{Clock, Entropy};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object that JavaScript hands in. None of its methods throws.
    pub type Host;

    /// Milliseconds since 1970-01-01 UTC.
    #[wasm_bindgen(method)]
    pub fn now(this: &Host) -> f64;

    /// Fills a part of the engine's memory with random bytes.
    #[wasm_bindgen(method)]
    pub fn random(this: &Host, pointer: u32, length: u32);

    /// Says why the engine is about to trap.
    #[wasm_bindgen(method)]
    pub fn panicked(this: &Host, message: &str);

    #[wasm_bindgen(method, js_name = fileCount)]
    pub fn file_count(this: &Host) -> u32;

    #[wasm_bindgen(method, js_name = fileLength)]
    pub fn file_length(this: &Host, file: u32) -> f64;

    #[wasm_bindgen(method)]
    pub fn read(this: &Host, file: u32, offset: f64, pointer: u32, length: u32) -> f64;

    #[wasm_bindgen(method)]
    pub fn write(this: &Host, file: u32, offset: f64, pointer: u32, length: u32) -> f64;

    #[wasm_bindgen(method)]
    pub fn clear(this: &Host, file: u32) -> f64;

    #[wasm_bindgen(method)]
    pub fn flush(this: &Host) -> f64;

    #[wasm_bindgen(method, js_name = requestFiles)]
    pub fn request_files(this: &Host, count: u32);

    /// Asks a function, or an aggregate's states, about the rows of a table in the engine's memory. The answer are cells
    /// (`db/cells.rs`): a column of values, or where something went wrong a row of three.
    #[wasm_bindgen(method)]
    pub fn ask(this: &Host, number: u32, table: u32) -> Vec<u8>;

    /// States of an aggregate for one query; answers their number.
    #[wasm_bindgen(method)]
    pub fn begin(this: &Host, function: u32) -> u32;

    /// What the states of some groups come to, as `ask` answers.
    #[wasm_bindgen(method)]
    pub fn finish(this: &Host, states: u32, start: u32, end: u32) -> Vec<u8>;

    /// Forgets a function or states.
    #[wasm_bindgen(method)]
    pub fn release(this: &Host, number: u32);

    /// The text of the last failure.
    #[wasm_bindgen(method)]
    pub fn failure(this: &Host) -> String;
}

/// The host as the engine's clock and source of chance.
#[derive(Clone)]
pub struct Outside(pub Rc<Host>);

impl Clock for Outside {
    fn now(&self) -> i64 {
        (self.0.now() * 1000.0) as i64
    }
}

impl Entropy for Outside {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.random(bytes.as_mut_ptr() as u32, bytes.len() as u32);
    }
}

impl Outside {
    /// A panic ends in a trap that says where and not why; its message goes ahead.
    pub fn report_panics(&self) {
        let host = Rc::clone(&self.0);
        let hook = SingleThreaded(host);
        std::panic::set_hook(Box::new(move |info| {
            hook.get()
                .panicked(info.payload_as_str().unwrap_or_default());
        }));
    }
}

/// A hook must be `Send` and `Sync`; the engine has one thread.
struct SingleThreaded(Rc<Host>);

impl SingleThreaded {
    fn get(&self) -> &Host {
        &self.0
    }
}

#[allow(unsafe_code)]
// Safety: wasm32-unknown-unknown without shared memory has one thread, so nothing is ever sent.
unsafe impl Send for SingleThreaded {}
#[allow(unsafe_code)]
// Safety: as above.
unsafe impl Sync for SingleThreaded {}
