//! Hashes of texts, to find them by.

use super::words::{WORDS_BYTES, words};

/// Where a hash begins.
pub(super) const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a text into a hash. For finding only: whoever writes the patterns can make them meet, and then a look-up takes
/// longer.
#[inline]
pub(super) fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut hash = seed ^ text.len() as u64;
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_at_checked(WORDS_BYTES)
        && !after.is_empty()
    {
        hash = mixed(hash, words(chunk));
        rest = after;
    }
    mixed(hash, words(rest))
}

/// Products that wait for nothing but their words; the upper half tells most.
#[inline]
const fn mixed(hash: u64, [a, b, c, d]: [u64; 4]) -> u64 {
    let sum = (hash ^ a)
        .wrapping_mul(0xff51_afd7_ed55_8ccd)
        .wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(c.wrapping_mul(0xc4ce_b9fe_1a85_ec53))
        .wrapping_add(d.wrapping_mul(0xd6e8_feb8_6659_fd93));
    sum ^ sum >> 32
}
