//! The hash chain: SHA-256 over the commits, so that a history can be compared by 32 bytes and no part of
//! it can be changed without all later hashes changing.
//!
//! ```text
//!   salts   S(i)   = SHA-256(02 ‖ blinding ‖ u32 i)           two salts of 16 bytes for events 2i, 2i + 1
//!   leaf    L(e)   = SHA-256(00 ‖ salt(e) ‖ u8 event type ‖ payload)
//!   node           = SHA-256(01 ‖ left ‖ right)               tree of RFC 6962; of one leaf: the leaf
//!   commit  C(n)   = SHA-256(03 ‖ C(n-1) ‖ u64 seq ‖ i64 time ‖ u32 count ‖ L(info) ‖ root of events)
//! ```
//!
//! Event 0 is the commit's own description (`info`: counts, branch, request, metadata, statement), events
//! 1 to `count` are its frames in order, hashed as they are stored. Where a frame lies does not enter, so
//! the chain survives moving and compacting. The salts keep a leaf from being guessed: when an event is
//! erased its leaf stays, its salt goes, and the chain still verifies. (The blinding is then replaced by
//! the other events' salts, from which the erased one's cannot be derived.)
//!
//! It is a fingerprint, not a signature: who can write the storage can compute a new chain. Against that
//! the head must be kept elsewhere.
//!
//! Hashing is laid out for the single-row commit: one compression for the salts, two for the description,
//! one or two for the event, two for the commit.

use super::frame::EventType;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// What precedes the first commit.
pub const GENESIS: Hash = [0; 32];

/// Random bytes from which the salts of a commit's events are derived.
pub type Blinding = [u8; 16];

/// Hashes the events of one commit as they come.
#[derive(Debug)]
pub struct Leaves {
    blinding: Blinding,
    /// The salts of the first pair of events and of the pair at hand.
    first_salts: [u8; 32],
    salts: [u8; 32],
    count: u32,
    /// Roots of perfect subtrees, largest first, with how many leaves each has.
    subtrees: Vec<(u32, Hash)>,
}

impl Leaves {
    pub fn new(blinding: Blinding) -> Self {
        let first_salts = salts(&blinding, 0);
        Leaves {
            blinding,
            first_salts,
            salts: first_salts,
            count: 0,
            subtrees: Vec::new(),
        }
    }

    pub fn push(&mut self, event: EventType, payload: &[u8]) {
        self.count += 1;
        if self.count.is_multiple_of(2) {
            self.salts = salts(&self.blinding, self.count / 2);
        }
        let half = 16 * (self.count as usize % 2);
        let mut node = (1, leaf(&self.salts[half..half + 16], event, payload));
        while let Some(&(size, left)) = self.subtrees.last()
            && size == node.0
        {
            self.subtrees.pop();
            node = (2 * size, join(&left, &node.1));
        }
        self.subtrees.push(node);
    }

    /// The hash of the commit that these events make up.
    pub fn commit(&self, previous: &Hash, seq: u64, time: i64, info: &[u8]) -> Hash {
        let info = leaf(&self.first_salts[..16], EventType::Commit, info);
        let root = self
            .subtrees
            .iter()
            .rev()
            .map(|(_, hash)| *hash)
            .reduce(|right, left| join(&left, &right))
            .unwrap_or(GENESIS);
        // Two compressions: 117 bytes and what SHA-256 adds fit in 128.
        let mut bytes = [0; 117];
        bytes[0] = 3;
        bytes[1..33].copy_from_slice(previous);
        bytes[33..41].copy_from_slice(&seq.to_le_bytes());
        bytes[41..49].copy_from_slice(&time.to_le_bytes());
        bytes[49..53].copy_from_slice(&self.count.to_le_bytes());
        bytes[53..85].copy_from_slice(&info);
        bytes[85..].copy_from_slice(&root);
        Sha256::digest(bytes).into()
    }
}

#[inline(never)] // see `Recovery::step_rarely`
fn salts(blinding: &Blinding, pair: u32) -> [u8; 32] {
    let mut bytes = [0; 21];
    bytes[0] = 2;
    bytes[1..17].copy_from_slice(blinding);
    bytes[17..].copy_from_slice(&pair.to_le_bytes());
    Sha256::digest(bytes).into()
}

#[inline(never)] // see `Recovery::step_rarely`
fn leaf(salt: &[u8], event: EventType, payload: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(salt)
        .chain_update([event as u8])
        .chain_update(payload)
        .finalize()
        .into()
}

fn join(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as RFC 6962 defines it, by halves.
    fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => GENESIS,
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                join(&root(&leaves[..split]), &root(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_tree_is_that_of_rfc_6962() {
        let blinding = [9; 16];
        for count in 0..20u32 {
            let mut leaves = Leaves::new(blinding);
            let mut expected = Vec::new();
            for event in 1..=count {
                let payload = event.to_le_bytes();
                leaves.push(EventType::Insert, &payload);
                let pair = salts(&blinding, event / 2);
                let half = 16 * (event as usize % 2);
                expected.push(leaf(&pair[half..half + 16], EventType::Insert, &payload));
            }
            let info = leaf(&salts(&blinding, 0)[..16], EventType::Commit, b"info");
            let commit: Hash = Sha256::new()
                .chain_update([3])
                .chain_update([5; 32])
                .chain_update(7u64.to_le_bytes())
                .chain_update((-8i64).to_le_bytes())
                .chain_update(count.to_le_bytes())
                .chain_update(info)
                .chain_update(root(&expected))
                .finalize()
                .into();
            assert_eq!(
                leaves.commit(&[5; 32], 7, -8, b"info"),
                commit,
                "{count} events"
            );
        }
    }
}
