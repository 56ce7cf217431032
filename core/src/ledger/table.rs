//! Which number a text has: a hash table of numbers. The texts lie elsewhere.

use alloc::vec::Vec;

/// Open addressing with linear probing, at most three quarters full. A slot holds a number plus one below and
/// 32 bits of its text's hash above, so that growing reads no text and a miss reads almost none.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// None, or a power of two of them.
    slots: Vec<u64>,
    len: usize,
}

const HASH_BITS: u64 = 0xFFFF_FFFF_0000_0000;

impl Table {
    /// The number of the text with this hash that `is` says yes to.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = slot(hash, mask);
        while let Some(&entry) = self.slots.get(at)
            && entry != 0
        {
            if (entry ^ hash) & HASH_BITS == 0 {
                let number = low(entry).wrapping_sub(1);
                if is(number) {
                    return Some(number);
                }
            }
            at = at.wrapping_add(1) & mask;
        }
        None
    }

    /// Adds a number below 2^32 - 1 whose text is not there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        if self.len >= self.slots.len().saturating_sub(self.slots.len() / 4) {
            self.grow();
        }
        self.len = self.len.wrapping_add(1);
        put(&mut self.slots, hash & HASH_BITS | u64::from(number).wrapping_add(1));
    }

    #[inline(never)]
    fn grow(&mut self) {
        let size = self.slots.len().saturating_mul(2).max(16);
        let old = core::mem::replace(&mut self.slots, alloc::vec![0; size]);
        for entry in old {
            if entry != 0 {
                put(&mut self.slots, entry);
            }
        }
    }
}

fn put(slots: &mut [u64], entry: u64) {
    let Some(mask) = slots.len().checked_sub(1) else { return };
    let mut at = slot(entry, mask);
    while slots.get(at).is_some_and(|taken| *taken != 0) {
        at = at.wrapping_add(1) & mask;
    }
    if let Some(place) = slots.get_mut(at) {
        *place = entry;
    }
}

/// Where the search begins. The same for a hash and for its entry.
fn slot(hash: u64, mask: usize) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0) & mask
}

fn low(entry: u64) -> u32 {
    let [_, _, _, _, low @ ..] = entry.to_be_bytes();
    u32::from_be_bytes(low)
}

/// A hash of a text for [`Table`], whose upper half counts. Who does not know the seed cannot choose texts that meet.
#[inline(never)]
pub(super) fn hash(seed: u64, text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0_u8; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    let mut state = seed ^ (text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), seed);
    }
    fold(fold(state ^ u64::from_le_bytes(last), seed), 0)
}

/// Both halves of a product, which every bit of both factors has gone into.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0xA076_1D64_78BD_642F).wrapping_mul(u128::from((b ^ 0xE703_7ED1_A0B4_28DB) | 1));
    let [low, high] = [product & u128::from(u64::MAX), product >> 64];
    u64::try_from(low ^ high).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::string::String;

    proptest! {
        #[test]
        fn finds_what_a_map_finds(
            words in prop::collection::vec("[ab]{0,9}", 0..200),
            others in prop::collection::vec("[abc]{0,9}", 0..50),
            // All texts meet in the worst hash.
            keep in prop::sample::select(std::vec![0, 1 << 32, u64::MAX]),
        ) {
            let mut table = Table::default();
            let mut texts: Vec<String> = Vec::new();
            let mut map = BTreeMap::new();
            for word in words {
                let found = table.find(hash(7, word.as_bytes()) & keep, |number| texts[number as usize] == word);
                prop_assert_eq!(found, map.get(&word).copied());
                if found.is_none() {
                    let number = u32::try_from(texts.len()).unwrap();
                    table.insert(hash(7, word.as_bytes()) & keep, number);
                    map.insert(word.clone(), number);
                    texts.push(word);
                }
            }
            for word in others {
                let found = table.find(hash(7, word.as_bytes()) & keep, |number| texts[number as usize] == word);
                prop_assert_eq!(found, map.get(&word).copied());
            }
        }
    }

    #[test]
    fn spreads_counted_ids_whatever_the_seed() {
        for seed in [0, 1, 0xE703_7ED1_A0B4_28DB, u64::MAX] {
            let mut uppers: Vec<u64> =
                (0..20_000).map(|n| hash(seed, std::format!("node-{n}").as_bytes()) >> 32).collect();
            uppers.sort_unstable();
            uppers.dedup();
            assert!(uppers.len() > 19_990, "{seed}: {}", uppers.len());
        }
        assert_ne!(hash(1, b"a"), hash(2, b"a"));
        assert_ne!(hash(1, b"a"), hash(1, b"a\0"));
    }
}
