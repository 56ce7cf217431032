//! Words by number.

use alloc::string::String;
use alloc::vec::Vec;

/// Numbers words in the order in which they are first seen.
///
/// A crit-bit tree over one text: finding a word reads it once, whatever words there are, and nothing is
/// ever moved to keep a balance. It takes a quarter of the code of a map of the standard library, which
/// counts in a wasm module that is downloaded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    /// All words, one after the other, and where each ends.
    text: String,
    ends: Vec<usize>,
    /// By fork, one less than there are words: the first bit in which some of the words below it differ.
    bits: Vec<usize>,
    /// Where the root leads, then for each fork where the two values of its bit lead: to a fork, or to a word with
    /// [`WORD`] added. More words do not fit into memory.
    links: Vec<u32>,
}

/// Marks a link that leads to a word.
const WORD: u32 = 1 << 31;

/// Bits of a word, nine for each byte: that there is one, and its eight. So no word is the beginning of another.
#[inline(never)]
fn bit(word: &str, bit: usize) -> bool {
    match (word.as_bytes().get(bit / 9), bit % 9) {
        (None, _) => false,
        (Some(_), 0) => true,
        (Some(byte), place) => byte << place.saturating_sub(1) & 128 != 0,
    }
}

impl Dictionary {
    /// The number of a word that has been seen.
    #[inline(never)]
    pub(crate) fn get(&self, word: &str) -> Option<u32> {
        let number = self.link(self.descend(word, usize::MAX)) & !WORD;
        (self.word(number) == Some(word)).then_some(number)
    }

    /// The number of a word, a new one if it has not been seen.
    #[inline(never)]
    pub(crate) fn number(&mut self, word: &str) -> u32 {
        let nearest = self.link(self.descend(word, usize::MAX)) & !WORD;
        let number = self.len();
        let new = number | WORD;
        if let Some(other) = self.word(nearest) {
            if other == word {
                return nearest;
            }
            let mut part = 0_usize;
            for (ours, theirs) in word.bytes().zip(other.bytes()) {
                if ours != theirs {
                    break;
                }
                part = part.wrapping_add(9);
            }
            while bit(word, part) == bit(other, part) {
                part = part.wrapping_add(1);
            }
            // Where the words part, a fork takes the place of what hangs there.
            let at = self.descend(word, part);
            let old = self.link(at);
            if let Some(link) = self.links.get_mut(at) {
                *link = u32::try_from(self.bits.len()).unwrap_or(u32::MAX);
            }
            self.bits.push(part);
            let side = bit(word, part);
            self.links.push(if side { old } else { new });
            self.links.push(if side { new } else { old });
        } else {
            self.links.push(new);
        }
        self.text.push_str(word);
        self.ends.push(self.text.len());
        number
    }

    /// How many words have been seen. More than 2^32 do not fit into memory.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// The word with a number.
    pub(crate) fn word(&self, number: u32) -> Option<&str> {
        let end = *self.ends.get(place(number))?;
        let start = place(number).checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end)
    }

    fn link(&self, at: usize) -> u32 {
        self.links.get(at).copied().unwrap_or(0)
    }

    /// The place of the link to which the bits of a word lead that are asked about, as far as they come before `end`.
    #[inline(never)]
    fn descend(&self, word: &str, end: usize) -> usize {
        let mut at = 0;
        // The link to a word is no fork's number.
        while let fork = place(self.link(at))
            && let Some(asked) = self.bits.get(fork).filter(|asked| **asked < end)
        {
            at = fork.wrapping_mul(2).wrapping_add(1).wrapping_add(usize::from(bit(word, *asked)));
        }
        at
    }
}

/// A number as a place in a list.
pub(crate) fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn numbers_as_a_map_does(words in prop::collection::vec("[ab\0é]{0,4}", 0..60), others in prop::collection::vec("[ab\0é]{0,4}", 0..20)) {
            let mut ours = Dictionary::default();
            let mut map: BTreeMap<String, u32> = BTreeMap::new();
            for word in &words {
                let next = u32::try_from(map.len()).unwrap_or(0);
                let expected = *map.entry(word.clone()).or_insert(next);
                prop_assert_eq!(ours.number(word), expected);
                prop_assert_eq!(ours.word(expected), Some(word.as_str()));
            }
            for word in words.iter().chain(&others) {
                prop_assert_eq!(ours.get(word), map.get(word).copied());
            }
            prop_assert_eq!(ours.len() as usize, map.len());
        }
    }
}
