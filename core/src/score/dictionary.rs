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
    /// One less than there are words. The first is the root.
    forks: Vec<Fork>,
    root: Branch,
}

/// Where words part: the first bit in which some of them differ, and the way on for each of its values.
#[derive(Clone, Copy, Debug)]
struct Fork {
    bit: usize,
    branches: [Branch; 2],
}

impl Fork {
    /// Where a word goes on.
    fn way(&self, word: &str) -> Branch {
        let [zero, one] = self.branches;
        if bit(word, self.bit) { one } else { zero }
    }
}

/// A fork, or a word.
#[derive(Clone, Copy, Debug)]
enum Branch {
    Fork(usize),
    Word(u32),
}

impl Default for Branch {
    fn default() -> Self {
        Self::Word(0)
    }
}

/// Bits of a word, nine for each byte: that there is one, and its eight. So no word is the beginning of another.
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
        let number = self.nearest(word);
        (self.word(number) == Some(word)).then_some(number)
    }

    /// The number of a word, a new one if it has not been seen.
    #[inline(never)]
    pub(crate) fn number(&mut self, word: &str) -> u32 {
        let nearest = self.nearest(word);
        let new = Branch::Word(self.len());
        let Some(other) = self.word(nearest) else {
            self.push(word);
            self.root = new;
            return 0;
        };
        let same = word.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        if same == word.len() && same == other.len() {
            return nearest;
        }
        let mut part = same.saturating_mul(9);
        while bit(word, part) == bit(other, part) {
            part = part.wrapping_add(1);
        }
        let side = bit(word, part);
        let number = self.len();
        let fork = Branch::Fork(self.forks.len());
        // The way down to where the words part, and what hangs there.
        let mut here = self.root;
        let mut above = None;
        while let Branch::Fork(at) = here
            && let Some(next) = self.forks.get(at).filter(|next| next.bit < part)
        {
            above = Some((at, bit(word, next.bit)));
            here = next.way(word);
        }
        let branches = if side { [here, new] } else { [new, here] };
        match above.and_then(|(at, side)| Some((self.forks.get_mut(at)?, side))) {
            Some((Fork { branches: [zero, one], .. }, side)) => *(if side { one } else { zero }) = fork,
            None => self.root = fork,
        }
        self.forks.push(Fork { bit: part, branches });
        self.push(word);
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

    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }

    /// The word that agrees in all bits that were asked about on the way.
    fn nearest(&self, word: &str) -> u32 {
        let mut branch = self.root;
        loop {
            match branch {
                Branch::Word(number) => return number,
                Branch::Fork(fork) => {
                    let Some(fork) = self.forks.get(fork) else { return 0 };
                    branch = fork.way(word);
                }
            }
        }
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
