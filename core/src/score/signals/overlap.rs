//! What two texts share: words, names, numbers.

use alloc::string::String;
use alloc::vec::Vec;

use crate::score::text::{
    WordSet, append, every, is_dark, is_lower, is_upper, jaccard, leading, runs, to_lowercase, without_trailing, words,
};

/// What `measure` says of the lower-cased words of two texts.
#[inline(never)]
pub(super) fn compare(a: &str, b: &str, measure: fn(&WordSet<'_>, &WordSet<'_>) -> f64) -> f64 {
    let (a, b) = (to_lowercase(a), to_lowercase(b));
    measure(&WordSet::of(&a, is_dark), &WordSet::of(&b, is_dark))
}

/// Shared words over all words of two texts, lower-cased: 0 (nothing shared) to 1 (the same words).
///
/// 0 if either text has no words. Words keep their punctuation. Symmetric.
///
/// ```
/// use interlock_core::score::signals::word_overlap;
/// assert_eq!(word_overlap("The sky is blue", "the sky is GREY"), 0.6);
/// ```
#[must_use]
pub fn word_overlap(a: &str, b: &str) -> f64 {
    compare(a, b, |a, b| jaccard(a, b, every).unwrap_or(0.0))
}

/// Shared names over all names of two texts: 0 to 1, and 1 if neither names anything.
///
/// A name is a run of words that start with an upper-case and then a lower-case letter, so the first word
/// of a sentence counts. Case and punctuation are kept. Symmetric.
///
/// ```
/// use interlock_core::score::signals::entity_overlap;
/// assert_eq!(entity_overlap("Apollo met Ada Lovelace", "so did Ada Lovelace"), 0.5);
/// ```
#[must_use]
pub fn entity_overlap(a: &str, b: &str) -> f64 {
    let (a, b) = (entities(a), entities(b));
    let each_line = |c| c != '\n';
    jaccard(&WordSet::of(&a, each_line), &WordSet::of(&b, each_line), every).unwrap_or(1.0)
}

/// Runs of neighbouring names, each joined by one space, one a line.
#[inline(never)]
fn entities(text: &str) -> String {
    let mut found = String::new();
    let mut in_run = false;
    for word in words(text) {
        let mut letters = word.chars();
        let name = letters.next().is_some_and(is_upper) && letters.next().is_some_and(is_lower);
        if name {
            append(&mut found, if in_run { ' ' } else { '\n' });
            found.push_str(word);
        }
        in_run = name;
    }
    found
}

/// Whether two texts agree in at least one number; `None` if either has none.
///
/// Numbers are compared as written, without sign and unit. Symmetric.
///
/// ```
/// use interlock_core::score::signals::numerical_consistency;
/// assert_eq!(numerical_consistency("opened in 1932, 503 metres", "in 1932"), Some(true));
/// assert_eq!(numerical_consistency("opened in 1932", "opened in 1934"), Some(false));
/// assert_eq!(numerical_consistency("opened in 1932", "opened"), None);
/// ```
#[must_use]
pub fn numerical_consistency(a: &str, b: &str) -> Option<bool> {
    let (a, b) = (numbers(a), numbers(b));
    (a.count(every) > 0 && b.count(every) > 0).then(|| a.shared(&b, every) > 0)
}

/// Runs of ASCII digits, commas and points that start with a digit, without commas and points at the end.
#[inline(never)]
fn numbers(text: &str) -> WordSet<'_> {
    let mut numbers = Vec::new();
    for run in runs(text, |c| c.is_ascii_digit() || is_separator(c)) {
        let (_, number) = leading(run, is_separator);
        if !number.is_empty() {
            numbers.push(without_trailing(number, is_separator));
        }
    }
    WordSet::new(numbers)
}

fn is_separator(c: char) -> bool {
    c == ',' || c == '.'
}
