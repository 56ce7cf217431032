//! Hashing many messages, side by side where the processor has lanes for that and one after the other elsewhere.

use alloc::vec::Vec;

use interlock_vector::{SHA256_LANES, Sha256Lanes};
use sha2::block_api::compress256;

use super::hash::{Hash, node_hash};
use crate::sha256::{INITIAL, output, pad, put, sha256};

/// Lanes cost the same however many are used: from so many messages on they are faster than one after the other.
const WORTH: usize = 6;
/// Messages of more blocks are hashed one after the other: few are as long as each other.
const MOST_BLOCKS: usize = 5;

/// Messages with the same number of blocks that wait for each other.
#[derive(Debug, Default)]
struct Waiting {
    /// Padded, one after the other.
    messages: Vec<[u8; 64]>,
    /// Whose they are.
    numbers: Vec<usize>,
}

/// Hashes of some messages that are numbered from 0.
#[derive(Debug)]
pub(super) struct Hashes {
    lanes: Option<Sha256Lanes>,
    waiting: [Waiting; MOST_BLOCKS],
    found: Vec<Hash>,
}

impl Hashes {
    /// For so many messages.
    pub(super) fn new(count: usize) -> Self {
        let lanes = Sha256Lanes::get().filter(|_| count >= WORTH);
        Self { lanes, waiting: Default::default(), found: alloc::vec![[0; 32]; count] }
    }

    /// Hashes a message, a prefix of at most 63 bytes before it: now, or with others.
    pub(super) fn add(&mut self, number: usize, prefix: &[u8], message: &[u8]) {
        let length = prefix.len().saturating_add(message.len());
        // A byte that ends the message and eight for its length.
        let blocks = length.saturating_add(9).div_ceil(64);
        let waiting = blocks.checked_sub(1).and_then(|at| self.waiting.get_mut(at));
        let (Some(lanes), Some(waiting)) = (self.lanes, waiting) else {
            if let Some(hash) = self.found.get_mut(number) {
                *hash = sha256(prefix, message);
            }
            return;
        };
        let filled = waiting.numbers.len().saturating_mul(blocks);
        if waiting.messages.is_empty() {
            waiting.messages.resize(blocks.saturating_mul(SHA256_LANES), [0; 64]);
        }
        if let Some(place) = waiting.messages.get_mut(filled..filled.saturating_add(blocks)) {
            let place = place.as_flattened_mut();
            put(place, 0, prefix);
            put(place, prefix.len(), message);
            pad(place, length, length);
            waiting.numbers.push(number);
        }
        if waiting.numbers.len() == SHA256_LANES {
            waiting.hash(lanes, blocks, &mut self.found);
        }
    }

    /// The hashes of all messages.
    pub(super) fn finish(&mut self) -> &[Hash] {
        if let Some(lanes) = self.lanes {
            for (waiting, blocks) in self.waiting.iter_mut().zip(1..) {
                waiting.hash(lanes, blocks, &mut self.found);
            }
        }
        &self.found
    }
}

impl Waiting {
    fn hash(&mut self, lanes: Sha256Lanes, blocks: usize, hashes: &mut [Hash]) {
        let mut note = |number: &usize, hash| {
            if let Some(place) = hashes.get_mut(*number) {
                *place = hash;
            }
        };
        if self.numbers.len() < WORTH {
            for (number, message) in self.numbers.iter().zip(self.messages.chunks_exact(blocks)) {
                let mut state = INITIAL;
                compress256(&mut state, message);
                note(number, output(&state));
            }
        } else {
            for (number, hash) in self.numbers.iter().zip(lanes.digest(&self.messages, blocks)) {
                note(number, hash);
            }
        }
        self.numbers.clear();
    }
}

/// Appends the hash of a node over each pair of children.
pub(super) fn node_hashes(pairs: &[[Hash; 2]], hashes: &mut Vec<Hash>) {
    let one_by_one = |pairs: &[[Hash; 2]], hashes: &mut Vec<Hash>| {
        hashes.extend(pairs.iter().map(|[left, right]| node_hash(left, right)));
    };
    let Some(lanes) = Sha256Lanes::get().filter(|_| pairs.len() >= WORTH) else { return one_by_one(pairs, hashes) };
    // Two blocks each. What follows the children is the same in all.
    let mut messages = [[0_u8; 64]; 2 * SHA256_LANES];
    for message in messages.as_chunks_mut::<2>().0 {
        put(message.as_flattened_mut(), 0, &[1]);
        pad(message.as_flattened_mut(), 65, 65);
    }
    for pairs in pairs.chunks(SHA256_LANES) {
        if pairs.len() < WORTH {
            one_by_one(pairs, hashes);
            continue;
        }
        for (message, pair) in messages.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
            put(message.as_flattened_mut(), 1, pair.as_flattened());
        }
        hashes.extend(lanes.digest(&messages, 2).iter().take(pairs.len()));
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};
    use std::vec;

    fn expected(parts: &[&[u8]]) -> Hash {
        parts.iter().fold(Sha256::new(), Digest::chain_update).finalize().into()
    }

    proptest! {
        #[test]
        fn hashes_as_sha2(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..90), prefix in 0..64_usize) {
            let prefix = vec![7_u8; prefix];
            let mut hashes = Hashes::new(messages.len());
            for again in 0..2 {
                for (number, message) in messages.iter().enumerate() {
                    hashes.add(number, &prefix[again..], message);
                }
                let found = hashes.finish();
                for (hash, message) in found.iter().zip(&messages) {
                    prop_assert_eq!(*hash, expected(&[&prefix[again..], message]));
                }
                if prefix.is_empty() {
                    break;
                }
            }
        }

        #[test]
        fn hashes_nodes_as_sha2(pairs in prop::collection::vec(any::<[Hash; 2]>(), 0..70)) {
            let mut hashes = vec![[9; 32]];
            node_hashes(&pairs, &mut hashes);
            prop_assert_eq!(hashes[1..].len(), pairs.len());
            for (hash, [left, right]) in hashes[1..].iter().zip(&pairs) {
                prop_assert_eq!(*hash, expected(&[&[1], left, right]));
            }
        }
    }

    #[test]
    fn hashes_every_length_in_every_lane() {
        let bytes: Vec<u8> = (0..=255).cycle().take(64 * MOST_BLOCKS + 10).collect();
        for length in 0..bytes.len() {
            let mut hashes = Hashes::new(SHA256_LANES);
            for lane in 0..SHA256_LANES {
                hashes.add(lane, &[0], &bytes[lane % 8..][..length.saturating_sub(lane % 8)]);
            }
            for (lane, hash) in hashes.finish().iter().enumerate() {
                let message = &bytes[lane % 8..][..length.saturating_sub(lane % 8)];
                assert_eq!(*hash, expected(&[&[0], message]), "{length} {lane}");
            }
        }
    }
}
