//! How much of a claim its source accounts for.

use super::negation::{is_in, is_negation};
use super::overlap::compare;
use crate::score::text::real;

/// Function words: they carry no content of their own.
const STOP_WORDS: &str = "a above after an and are as at be been before being below between but by can could did do \
    does during for from had has have if in into is it its may might of on or shall should than that the then these \
    this those through to was were will with would";

/// Share of the claim's content words that the source has: 0 to 1, and 1 if the claim has none.
///
/// Content words are lower-cased words that are neither function words nor negations. Not symmetric.
///
/// ```
/// use interlock_core::score::signals::traceability;
/// assert_eq!(traceability("The museum opens at 9", "The museum is closed"), 1.0 / 3.0);
/// ```
#[must_use]
pub fn traceability(claim: &str, source: &str) -> f64 {
    compare(claim, source, |claim, source| match claim.count(is_content) {
        0 => 1.0,
        content => real(claim.shared(source, is_content)) / real(content),
    })
}

fn is_content(word: &str) -> bool {
    !is_stop_word(word) && !is_negation(word)
}

pub(crate) fn is_stop_word(word: &str) -> bool {
    // None is longer than seven letters.
    word.len() < 8 && is_in(STOP_WORDS, word)
}
