//! Random bytes for salts and blindings, fetched many at a time: a host may be slow to answer.

use crate::types::Entropy;
use std::rc::Rc;

const POOL: usize = 1024;

pub struct Salts {
    entropy: Rc<dyn Entropy>,
    pool: [u8; POOL],
    used: usize,
}

impl Salts {
    pub fn new(entropy: Rc<dyn Entropy>) -> Self {
        Salts {
            entropy,
            pool: [0; POOL],
            used: POOL,
        }
    }

    /// Sixteen bytes that were never given before.
    pub fn next(&mut self) -> [u8; 16] {
        if self.used == POOL {
            self.entropy.fill(&mut self.pool);
            self.used = 0;
        }
        let bytes = &self.pool[self.used..self.used + 16];
        self.used += 16;
        bytes.try_into().expect("a slice of 16 bytes")
    }
}
