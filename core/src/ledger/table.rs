//! Which number a text has: a hash table of numbers. The texts lie elsewhere.

use alloc::vec::Vec;

/// Open addressing in groups of as many slots as a cache line has, at most three quarters full. A group is filled from its
/// first slot on, and what finds it full goes to the next. So a look-up asks one line as a whole, and that of a text that is
/// not there takes the same way whatever stands in the line: the processor need not wait for it. A slot holds a number plus
/// one below and 32 bits of its text's hash above, so that growing reads no text and a miss reads almost none.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    groups: Vec<Group>,
    len: usize,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Group([u64; SLOTS]);

const SLOTS: usize = 8;
const HASH_BITS: u64 = 0xFFFF_FFFF_0000_0000;

impl Group {
    fn is_full(&self) -> bool {
        self.0.last().is_some_and(|entry| *entry != 0)
    }
}

impl Table {
    /// The number of the text with this hash that `is` says yes to.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = first(hash, self.groups.len());
        loop {
            let group = self.groups.get(at)?;
            let meets = |entry: &u64| (entry ^ hash) & HASH_BITS == 0;
            if group.0.iter().fold(false, |any, entry| any | meets(entry)) {
                let entries = group.0.iter().filter(|entry| **entry != 0 && meets(entry));
                if let Some(found) = entries.map(|entry| low(*entry).wrapping_sub(1)).find(|number| is(*number)) {
                    return Some(found);
                }
            }
            if !group.is_full() {
                return None;
            }
            at = after(at, self.groups.len());
        }
    }

    /// Reads something of the line that a look-up of this hash asks first. Who asks for many begins with this for each:
    /// the processor then waits for all of them at once.
    #[inline]
    pub(super) fn begin(&self, hash: u64) -> u64 {
        self.groups.get(first(hash, self.groups.len())).and_then(|group| group.0.first()).copied().unwrap_or(0)
    }

    /// Makes room for so many more, at once: no more than that, unless it must then soon be done again.
    pub(super) fn reserve(&mut self, more: usize) {
        let size = least(self.len.saturating_add(more));
        if size > self.groups.len() {
            self.grow(size.max(self.groups.len().saturating_mul(2)));
        }
    }

    /// Adds a number below 2^32 - 1 whose text is not there.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        if self.len >= most(self.groups.len()) {
            self.grow(self.groups.len().saturating_mul(2).max(1));
        }
        self.len = self.len.wrapping_add(1);
        put(&mut self.groups, hash & HASH_BITS | u64::from(number).wrapping_add(1));
    }

    #[inline(never)]
    fn grow(&mut self, size: usize) {
        let old = core::mem::replace(&mut self.groups, alloc::vec![Group::default(); size]);
        for entry in old.iter().flat_map(|group| group.0).filter(|entry| *entry != 0) {
            put(&mut self.groups, entry);
        }
    }
}

/// How many entries so many groups hold.
const fn most(groups: usize) -> usize {
    groups.saturating_mul(SLOTS / 4 * 3)
}

/// How few groups hold so many entries.
const fn least(entries: usize) -> usize {
    entries.div_ceil(SLOTS / 4 * 3)
}

/// The group where a search goes on.
fn after(group: usize, groups: usize) -> usize {
    let next = group.wrapping_add(1);
    if next < groups { next } else { 0 }
}

fn put(groups: &mut [Group], entry: u64) {
    let count = groups.len();
    let mut at = first(entry, count);
    while let Some(group) = groups.get_mut(at) {
        if !group.is_full() {
            let taken = group.0.iter().map(|entry| usize::from(*entry != 0)).sum::<usize>();
            if let Some(slot) = group.0.get_mut(taken) {
                *slot = entry;
            }
            return;
        }
        at = after(at, count);
    }
}

/// The group where the search begins, the same for a hash and for its entry. Those with the lowest hashes come first: a
/// table that grows is read and written from its start to its end.
fn first(hash: u64, groups: usize) -> usize {
    usize::try_from((hash >> 32).wrapping_mul(groups as u64) >> 32).unwrap_or(0)
}

fn low(entry: u64) -> u32 {
    let [_, _, _, _, low @ ..] = entry.to_be_bytes();
    u32::from_be_bytes(low)
}

/// A hash of a text for [`Table`], whose upper half counts. Who does not know the seed cannot choose texts that meet.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline)]
pub(super) fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut state = seed ^ (text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for word in text.as_chunks::<8>().0 {
        state = fold(state ^ u64::from_le_bytes(*word), seed);
    }
    fold(fold(state ^ end(text), seed), 0)
}

/// The bytes of a text behind its whole words, of which there are fewer than eight.
#[inline]
fn end(text: &[u8]) -> u64 {
    if let Some(last) = text.last_chunk::<8>() {
        // In two steps: there may be none.
        let others = 7_u32.wrapping_sub(u32::try_from(text.len() & 7).unwrap_or(0));
        return u64::from_le_bytes(*last).wrapping_shr(8).wrapping_shr(others.wrapping_mul(8));
    }
    // Both ends, which meet or lap over.
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    }
    [0, text.len() / 2, text.len().saturating_sub(1)]
        .iter()
        .fold(0, |word, at| word << 8 | text.get(*at).copied().map_or(0, u64::from))
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
            // All texts meet in the worst hashes, in the first group or in the last.
            (keep, add) in prop::sample::select(std::vec![(0, 0), (1 << 32, 0), (u64::MAX, 0), (0, u64::MAX)]),
            room in 0_usize..100,
        ) {
            let mut table = Table::default();
            table.reserve(room);
            let hash = |word: &String| hash(7, word.as_bytes()) & keep | add;
            let mut texts: Vec<String> = Vec::new();
            let mut map = BTreeMap::new();
            for word in words {
                let found = table.find(hash(&word), |number| texts[number as usize] == word);
                prop_assert_eq!(found, map.get(&word).copied());
                if found.is_none() {
                    let number = u32::try_from(texts.len()).unwrap();
                    table.insert(hash(&word), number);
                    map.insert(word.clone(), number);
                    texts.push(word);
                }
            }
            for word in others {
                let found = table.find(hash(&word), |number| texts[number as usize] == word);
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
