//! The published surface divergence.

use super::{NEUTRAL, compare};
use crate::score::signals::{is_in, names};
use crate::score::text::{WordSet, every, is_word, jaccard, real};

/// Contractions are not among them: an apostrophe ends a word, so none could ever be found.
const NEGATIONS: &str = "not no never neither nobody nothing nowhere nor cannot";

/// What opposite polarity takes from that part of the likeness.
const POLARITY: f64 = 0.3;

/// Whether exactly one of two sets of words has a negation.
pub(super) fn flips(a: &WordSet<'_>, b: &WordSet<'_>) -> bool {
    let negated = |words: &WordSet<'_>| words.count(|word| is_in(NEGATIONS, word)) > 0;
    negated(a) != negated(b)
}

/// How far two texts are from saying the same, in [0, 1]; symmetric. 0.5 if either has no words.
///
/// 1 less a weighted mean of shared words (0.4), of the shorter length over the longer in bytes (0.2), of shared
/// capitalised names (0.2; 0.5 where neither text has any, 0 where one has none) and of polarity (0.2; 0.7 where exactly
/// one text has a negation).
///
/// ```
/// use interlock_core::published::functions::lite_score;
/// assert!((lite_score("the light is on", "the light is on") - 0.1).abs() < 1e-15);
/// assert_eq!(lite_score("", "the light is on"), 0.5);
/// ```
#[must_use]
pub fn lite_score(premise: &str, hypothesis: &str) -> f64 {
    compare(premise, hypothesis, is_word, |a, b| {
        if a.count(every) == 0 || b.count(every) == 0 {
            return NEUTRAL;
        }
        let words = jaccard(a, b, every).unwrap_or(0.0);
        let (short, long) = (premise.len().min(hypothesis.len()), premise.len().max(hypothesis.len()));
        let shared_names = jaccard(&names(premise), &names(hypothesis), every).unwrap_or(NEUTRAL);
        let polarity = if flips(a, b) { 1.0 - POLARITY } else { 1.0 };
        let alike = 0.4 * words + 0.2 * (real(short) / real(long)) + 0.2 * shared_names + 0.2 * polarity;
        (1.0 - alike).clamp(0.0, 1.0)
    })
}
