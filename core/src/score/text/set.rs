//! Sets of distinct strings.

use alloc::vec::Vec;

use super::{Class, real, runs};
use crate::sort::sort;

/// Which words of a set count.
pub(crate) type Keep = fn(&str) -> bool;

/// Distinct words, sorted.
pub(crate) struct WordSet<'a>(Vec<&'a str>);

impl<'a> WordSet<'a> {
    /// The runs of a class in a text.
    #[inline(never)]
    pub(crate) fn of(text: &'a str, class: Class) -> Self {
        let mut words = Vec::new();
        for run in runs(text, class) {
            words.push(run);
        }
        Self::new(words)
    }

    /// The distinct ones of some words.
    #[inline(never)]
    pub(crate) fn new(mut words: Vec<&'a str>) -> Self {
        sort(&mut words);
        words.dedup();
        Self(words)
    }

    /// How many words count.
    #[inline(never)]
    pub(crate) fn count(&self, keep: Keep) -> usize {
        let mut count = 0_usize;
        for word in &self.0 {
            count = count.wrapping_add(usize::from(keep(word)));
        }
        count
    }

    /// How many words both sets hold that count.
    #[inline(never)]
    pub(crate) fn shared(&self, other: &WordSet<'_>, keep: Keep) -> usize {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut shared = 0_usize;
        while let ([first, rest_a @ ..], [second, rest_b @ ..]) = (a, b) {
            shared = shared.wrapping_add(usize::from(first == second && keep(first)));
            let (next_a, next_b) = (first <= second, second <= first);
            (a, b) = (if next_a { rest_a } else { a }, if next_b { rest_b } else { b });
        }
        shared
    }
}

/// Every word counts.
pub(crate) fn every(_: &str) -> bool {
    true
}

/// Shared words over all words of both sets, of those that count; `None` if there are none.
#[inline(never)]
pub(crate) fn jaccard(a: &WordSet<'_>, b: &WordSet<'_>, keep: Keep) -> Option<f64> {
    let shared = a.shared(b, keep);
    let all = a.count(keep).wrapping_add(b.count(keep)).saturating_sub(shared);
    (all > 0).then(|| real(shared) / real(all))
}
