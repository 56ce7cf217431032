//! Negation words and polarity.

use super::overlap::compare;

/// How many words two texts must share, negations aside, before their polarity is compared.
const SHARED_WORDS: usize = 3;

const NEGATIONS: &str = "not no never neither nor cannot without none nobody";

/// Whether a list of words has a word. One loop for all lists, where a chain of comparisons for each would
/// take far more room. A list has one space between two words, and is split there: to look at its characters would be most
/// of what reading a fact costs.
#[inline(never)]
pub(crate) fn is_in(list: &str, word: &str) -> bool {
    for entry in list.as_bytes().split(|byte| *byte == b' ') {
        if entry == word.as_bytes() {
            return !word.is_empty();
        }
    }
    false
}

/// Whether a lower-cased word negates: one of nine words, or any contraction in "n't".
pub(super) fn is_negation(word: &str) -> bool {
    is_negative_contraction(word) || is_in(NEGATIONS, word)
}

/// "don't", "mustn't" and all the others, with a straight or a typographic apostrophe.
#[inline(never)]
pub(crate) fn is_negative_contraction(word: &str) -> bool {
    word.len() > 3 && (word.ends_with("n't") || word.ends_with("n\u{2019}t"))
}

/// Whether exactly one of two texts about the same thing is negated.
///
/// About the same thing: they share at least three lower-cased words besides negations. Symmetric.
///
/// ```
/// use interlock_core::score::signals::negation_flip;
/// assert!(negation_flip("We don't ship to islands", "We ship to islands"));
/// assert!(!negation_flip("We do not ship to islands", "We cannot ship to islands"));
/// ```
#[must_use]
pub fn negation_flip(claim: &str, source: &str) -> bool {
    let flips = compare(claim, source, |a, b| {
        let flip = (a.count(is_negation) > 0) != (b.count(is_negation) > 0);
        f64::from(flip && a.shared(b, |word| !is_negation(word)) >= SHARED_WORDS)
    });
    flips > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_list_has_an_empty_word() {
        assert!(!is_in("", "") && !is_in("a b", ""));
    }

    proptest! {
        #[test]
        fn is_in_a_list_as_a_word_of_it(words in prop::collection::vec("[abé]{1,3}", 1..9), word in "[abé]{0,3}") {
            prop_assert_eq!(is_in(&words.join(" "), &word), words.contains(&word));
            for word in &words {
                prop_assert!(is_in(&words.join(" "), word));
            }
        }
    }
}
