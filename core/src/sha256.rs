//! SHA-256 of what is short and whose length is known, in whole blocks: `sha2`'s buffered interface takes a third longer
//! for 65 bytes.

use sha2::block_api::compress256;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Initial state (FIPS 180-4, 5.3.3).
pub(crate) const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 of a prefix of at most 63 bytes followed by a message.
#[inline(never)]
pub(crate) fn sha256(prefix: &[u8], message: &[u8]) -> Hash {
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
    // Fewer than 64 bytes are left: one block closes the message or two.
    filled = filled.saturating_add(end.len());
    let length = prefix.len().saturating_add(message.len());
    let blocks = tail.get_mut(..if filled < 56 { 64 } else { 128 }).unwrap_or_default();
    pad(blocks, filled, length);
    compress256(&mut state, blocks.as_chunks::<64>().0);
    output(&state)
}

#[inline]
pub(crate) fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = buffer.get_mut(at..at.saturating_add(bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

/// Ends a message of `length` bytes that ends in these blocks: from `at` on a one bit, zeros, and its length in bits.
#[inline]
pub(crate) fn pad(blocks: &mut [u8], at: usize, length: usize) {
    if let Some((rest, last)) = blocks.get_mut(at..).and_then(<[u8]>::split_last_chunk_mut::<8>) {
        rest.fill(0);
        put(rest, 0, &[0x80]);
        *last = (length as u64).wrapping_mul(8).to_be_bytes();
    }
}

pub(crate) fn output(state: &[u32; 8]) -> Hash {
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
    use alloc::vec::Vec;
    use sha2::{Digest, Sha256};

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
}
