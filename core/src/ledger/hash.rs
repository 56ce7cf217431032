//! SHA-256 as RFC 6962 uses it: a byte before a leaf, another before the hashes of two children.
//!
//! What is hashed is short and its length known, so messages are laid out in whole blocks here and only
//! compressed by `sha2`; its buffered interface takes a third longer for 65 bytes.

use sha2::block_api::compress256;

/// A SHA-256 hash: of a leaf, of a node of the tree, or the root of a log.
pub type Hash = [u8; 32];

/// Initial state (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 of a prefix of at most 63 bytes followed by a message.
#[inline(never)]
pub(super) fn sha256(prefix: &[u8], message: &[u8]) -> Hash {
    let mut state = INITIAL;
    let mut tail = [0_u8; 128];
    let mut filled = 0_usize;
    let mut rest = message;
    if !prefix.is_empty() {
        match message.split_at_checked(64_usize.saturating_sub(prefix.len())) {
            Some((fill, after)) => {
                let mut block = [0_u8; 64];
                put(&mut block, 0, prefix);
                put(&mut block, prefix.len(), fill);
                compress256(&mut state, &[block]);
                rest = after;
            }
            None => {
                put(&mut tail, 0, prefix);
                filled = prefix.len();
            }
        }
    }
    let (blocks, end) = rest.as_chunks::<64>();
    compress256(&mut state, blocks);
    put(&mut tail, filled, end);
    // Fewer than 64 bytes are left: a one bit, zeros and the length in bits close one block or two.
    filled = filled.saturating_add(end.len());
    put(&mut tail, filled, &[0x80]);
    let length = prefix.len().saturating_add(message.len()) as u64;
    let bits = length.wrapping_mul(8).to_be_bytes();
    let blocks = tail.as_chunks_mut::<64>().0;
    if filled < 56 {
        if let [first, _] = blocks {
            put(first, 56, &bits);
            compress256(&mut state, &[*first]);
        }
    } else if let [_, second] = blocks {
        put(second, 56, &bits);
        compress256(&mut state, blocks);
    }
    output(&state)
}

/// Hash of a leaf (RFC 6962, 2.1): the byte 0, then the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[0], entry)
}

/// Hash of a node with two children (RFC 6962, 2.1): the byte 1, then both hashes.
#[must_use]
#[inline(never)]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut blocks = [0_u8; 128];
    put(&mut blocks, 0, &[1]);
    put(&mut blocks, 1, left);
    put(&mut blocks, 33, right);
    // 65 bytes are 520 bits.
    put(&mut blocks, 65, &[0x80]);
    put(&mut blocks, 126, &520_u16.to_be_bytes());
    let mut state = INITIAL;
    compress256(&mut state, blocks.as_chunks::<64>().0);
    output(&state)
}

/// Root of the log without leaves (RFC 6962, 2.1): the hash of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[], &[])
}

#[inline]
fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = buffer.get_mut(at..at.saturating_add(bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

fn output(state: &[u32; 8]) -> Hash {
    let mut hash = [0; 32];
    for (place, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *place = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::vec::Vec;

    #[test]
    fn hashes_as_sha2_at_every_length() {
        let message: Vec<u8> = (0..=255_u8).cycle().take(300).collect();
        for prefix in 0..64 {
            for length in 0..300 {
                let (prefix, message) = (&message[..prefix], &message[..length]);
                let expected: [u8; 32] = Sha256::new().chain_update(prefix).chain_update(message).finalize().into();
                assert_eq!(sha256(prefix, message), expected, "{} {length}", prefix.len());
            }
        }
    }

    #[test]
    fn separates_leaves_from_nodes() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let expected: [u8; 32] = Sha256::new().chain_update([1]).chain_update(a).chain_update(b).finalize().into();
        assert_eq!(node_hash(&a, &b), expected);
        assert_ne!(node_hash(&a, &b), leaf_hash(&[a, b].concat()));
        assert_eq!(empty_root()[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
