//! The hashes of a log: SHA-256 as RFC 6962 uses it, a byte before a leaf, another before the hashes of two children.

use sha2::block_api::compress256;

pub use crate::sha256::Hash;
pub(super) use crate::sha256::sha256;
use crate::sha256::{INITIAL, output, put};

/// What stands before an entry.
pub(super) const LEAF: &[u8] = &[0];

/// Hash of a leaf (RFC 6962, 2.1): the byte 0, then the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(LEAF, entry)
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

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn separates_leaves_from_nodes() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let expected: [u8; 32] = Sha256::new().chain_update([1]).chain_update(a).chain_update(b).finalize().into();
        assert_eq!(node_hash(&a, &b), expected);
        assert_ne!(node_hash(&a, &b), leaf_hash(&[a, b].concat()));
        assert_eq!(empty_root()[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
