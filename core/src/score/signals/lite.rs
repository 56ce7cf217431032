//! A divergence of two texts from surface features alone.

use alloc::vec::Vec;

use super::negation::{is_in, is_negative_contraction};
use crate::score::text::{
    Runs, WordSet, every, is_white_space, is_word, jaccard, leading, real, runs, to_lowercase, without_trailing,
};

/// Divergence when a text says nothing.
const UNKNOWN: f64 = 0.5;

const NEGATIONS: &str = "not no never neither nobody nothing nowhere nor cannot";

/// How far two texts are from saying the same: 0 (the same) to 1. Symmetric.
///
/// 0.5 if either has no words. Otherwise one minus a weighted mean of what they share: words (0.4), length
/// in UTF-8 bytes (0.2), capitalised names (0.2, left out of the mean where neither text names anything) and
/// polarity (0.2). If exactly one text is negated, the likeness is scaled down by the share of words they
/// have in common: the more two texts of opposite polarity agree in their words, the more they disagree.
///
/// ```
/// use interlock_core::score::signals::lite_score;
/// assert_eq!(lite_score("the light is on", "the light is on"), 0.0);
/// assert_eq!(lite_score("the light is on", "the light isn't on"), 1.0);
/// ```
#[must_use]
pub fn lite_score(premise: &str, hypothesis: &str) -> f64 {
    let (a, b) = (to_lowercase(premise), to_lowercase(hypothesis));
    let Some(words) = overlap(&a, &b, |text| WordSet::of(text, is_word)) else { return UNKNOWN };
    if !a.chars().any(is_word) || !b.chars().any(is_word) {
        return UNKNOWN;
    }
    let (short, long) = (premise.len().min(hypothesis.len()), premise.len().max(hypothesis.len()));
    let length = real(short) / real(long);
    let mut alike = match overlap(premise, hypothesis, names) {
        Some(names) => 0.4 * words + 0.2 * length + 0.2 * names + 0.2,
        None => (0.4 * words + 0.2 * length + 0.2) / 0.8,
    };
    if is_negated(&a) != is_negated(&b) {
        alike *= 1.0 - overlap(&a, &b, positive).unwrap_or(0.0);
    }
    (1.0 - alike).clamp(0.0, 1.0)
}

/// The overlap of what `sets` finds in two texts.
#[inline(never)]
fn overlap(a: &str, b: &str, sets: fn(&str) -> WordSet<'_>) -> Option<f64> {
    jaccard(&sets(a), &sets(b), every)
}

/// [`lite_score`] of each pair.
///
/// ```
/// use interlock_core::score::signals::lite_scores;
/// assert_eq!(lite_scores(&[("on", "on"), ("", "on")]), [0.0, 0.5]);
/// ```
#[must_use]
pub fn lite_scores(pairs: &[(&str, &str)]) -> Vec<f64> {
    pairs.iter().map(|(premise, hypothesis)| lite_score(premise, hypothesis)).collect()
}

/// Words with the apostrophes inside them, so that "don't" is one word.
fn spoken(text: &str) -> Runs<'_> {
    runs(text, |c| is_word(c) || is_apostrophe(c))
}

fn is_negation(word: &str) -> bool {
    is_negative_contraction(word) || is_in(NEGATIONS, word)
}

fn is_negated(lower: &str) -> bool {
    spoken(lower).any(|word| is_negation(unquoted(word)))
}

/// The words of a text without their negations. A contraction leaves its verb: "isn't" is "is".
#[inline(never)]
fn positive(lower: &str) -> WordSet<'_> {
    let mut words = Vec::new();
    for word in spoken(lower) {
        let word = unquoted(word);
        let stem = without_trailing(word, |c| c == 't' || is_apostrophe(c));
        if !is_negation(word) {
            words.push(word);
        } else if is_negative_contraction(word) {
            words.push(match stem {
                "won" => "will",
                "can" => "can",
                "shan" => "shall",
                _ => without_trailing(stem, |c| c == 'n'),
            });
        }
    }
    WordSet::new(words)
}

fn unquoted(word: &str) -> &str {
    without_trailing(leading(word, is_apostrophe).1, is_apostrophe)
}

fn is_apostrophe(c: char) -> bool {
    c == '\'' || c == '\u{2019}'
}

/// Capitalised names: ASCII words of one capital and small letters, neighbours taken together as written.
#[inline(never)]
pub(crate) fn names(text: &str) -> WordSet<'_> {
    let mut found: Vec<&str> = Vec::new();
    // The rest of the text from where a name starts and from where it ends so far.
    let mut name: Option<(&str, &str)> = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after_word) = leading(rest, is_word);
        let (gap, after) = leading(after_word, |c| !is_word(c));
        let named = is_capitalised(word);
        if named {
            name = Some((name.map_or(rest, |(start, _)| start), after_word));
        }
        if !named || !gap.chars().all(is_white_space) || after.is_empty() {
            found.extend(name.take().and_then(|(start, end)| start.get(..start.len().saturating_sub(end.len()))));
        }
        rest = after;
    }
    WordSet::new(found)
}

fn is_capitalised(word: &str) -> bool {
    let mut letters = word.bytes();
    letters.next().is_some_and(|c| c.is_ascii_uppercase())
        && letters.len() > 0
        && letters.all(|c| c.is_ascii_lowercase())
}
