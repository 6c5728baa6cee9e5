//! Finds the rows of the right side by the hash of their keys.

use crate::column::{Vector, kernel};
use std::rc::Rc;

const END: u32 = u32::MAX;

/// Chained hashing: `heads[hash]` is the first row, `next[row]` the one after it.
#[derive(Default)]
pub struct KeyTable {
    hashes: Vec<u64>,
    /// Rows whose key has a NULL are in no chain.
    has_null: Vec<bool>,
    heads: Vec<u32>,
    next: Vec<u32>,
    /// Rows from here on are in their chains.
    linked: usize,
}

impl KeyTable {
    /// Takes in the keys of more rows.
    pub fn push(&mut self, keys: &[Rc<Vector>], rows: usize, selection: Option<&[u32]>) {
        let hashes = kernel::hash_rows(keys, rows, selection);
        let place = |index: usize| selection.map_or(index, |selection| selection[index] as usize);
        (self.has_null).extend((0..hashes.len()).map(|i| kernel::any_null(keys, place(i))));
        self.hashes.extend(hashes);
    }

    /// Puts up to `budget` rows into their chains; true when all are.
    pub fn link(&mut self, budget: usize) -> bool {
        if self.heads.is_empty() {
            self.heads = vec![END; (self.hashes.len() * 2).next_power_of_two()];
            self.next = vec![END; self.hashes.len()];
            self.linked = self.hashes.len();
        }
        // From the last on, so that a chain has its rows in their order.
        let mask = self.heads.len() - 1;
        let stop = self.linked.saturating_sub(budget);
        for row in (stop..self.linked).rev() {
            if !self.has_null[row] {
                let head = &mut self.heads[self.hashes[row] as usize & mask];
                self.next[row] = std::mem::replace(head, row as u32);
            }
        }
        self.linked = stop;
        stop == 0
    }

    /// The first row of the chain that has the rows with this hash.
    pub fn first(&self, hash: u64) -> Option<u32> {
        let head = self.heads[hash as usize & (self.heads.len() - 1)];
        (head != END).then_some(head)
    }

    /// The row after another in its chain.
    pub fn after(&self, row: u32) -> Option<u32> {
        let next = self.next[row as usize];
        (next != END).then_some(next)
    }

    pub fn hash(&self, row: u32) -> u64 {
        self.hashes[row as usize]
    }

    /// Bytes for so many more rows.
    pub fn bytes(rows: usize) -> usize {
        rows * (8 + 1 + 4 + 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{PhysicalType, Value};

    #[test]
    fn a_chain_has_its_rows_in_order_and_none_with_null() {
        let values = [Value::I64(1), Value::Null, Value::I64(1), Value::I64(1)];
        let keys = [Rc::new(Vector::from_values(PhysicalType::I64, &values))];
        let mut table = KeyTable::default();
        table.push(&keys, 4, None);
        assert!(!table.link(3));
        assert!(table.link(3));
        let hash = kernel::hash_rows(&keys, 4, None)[0];
        let first = table.first(hash);
        let second = first.and_then(|row| table.after(row));
        let third = second.and_then(|row| table.after(row));
        assert_eq!((first, second, third), (Some(0), Some(2), Some(3)));
        assert_eq!(table.after(3), None);
    }
}
