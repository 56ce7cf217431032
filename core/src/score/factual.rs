//! Factual divergence: how far a text is from what is known.

use super::evidence::Judge;

/// Divergence where nothing is known, or what is known says nothing.
const NEUTRAL: f64 = 0.5;
/// Divergence of a text whose every new word is known. Not 0: that words are known does not make a text
/// true. It is also what keeps streams going: with the default weights the score of a supported sentence
/// is 0.14 above that of a neutral one, less than the default trend threshold, so that a stream may pass
/// from known things to others.
const SUPPORTED: f64 = 0.15;
/// Divergence of a text that contradicts what is known.
const CONTRADICTED: f64 = 0.9;

/// Divergence of `text` from what `facts` knows, in [0, 1].
#[inline(never)]
pub(super) fn divergence(facts: &mut Judge, text: &str, partial: bool) -> f64 {
    if facts.is_contradicted(text, partial) { CONTRADICTED } else { NEUTRAL - (NEUTRAL - SUPPORTED) * facts.support() }
}
