//! The divergences of the published scorer, for programs that compare with them.
//!
//! They reward a text that repeats the prompt and can be bought with a phrase; see [`CoherenceScorer`] for better ones.
//!
//! [`CoherenceScorer`]: super::CoherenceScorer

use alloc::string::String;
use alloc::vec::Vec;

use super::knowledge::BUILTIN;
use super::text::{WordSet, every, is_white_space, jaccard, real, to_lowercase, words};

/// Phrases that decide, in the order in which they are looked for.
const PHRASES: [(&str, f64); 3] =
    [("consistent with reality", 0.1), ("opposite is true", 0.9), ("depends on your perspective", 0.5)];
const NEUTRAL: f64 = 0.5;

/// Logical divergence of a hypothesis: that of the first phrase it has, else 0.5 less 0.3 times the share of the
/// premise's words that it has.
#[must_use]
pub fn logical(premise: &str, hypothesis: &str) -> f64 {
    let (premise, hypothesis) = (to_lowercase(premise), to_lowercase(hypothesis));
    if let Some(value) = phrase(&hypothesis) {
        return value;
    }
    let (known, said) = (word_set(&premise), word_set(&hypothesis));
    match known.count(every) {
        0 => NEUTRAL,
        all => (NEUTRAL - 0.3 * (real(known.shared(&said, every)) / real(all))).clamp(0.1, 0.9),
    }
}

/// The divergence of the first phrase that decides, of those that a lower-cased text has.
pub(crate) fn phrase(lower: &str) -> Option<f64> {
    PHRASES.iter().find(|(phrase, _)| lower.contains(phrase)).map(|(_, value)| *value)
}

/// Factual divergence of a text: 1 less the shared words over all words of both, 0.5 where nothing is known or said.
#[must_use]
pub fn factual(context: Option<&str>, text: &str) -> f64 {
    let (context, text) = (to_lowercase(context.unwrap_or_default()), to_lowercase(text));
    let (known, said) = (word_set(&context), word_set(&text));
    if known.count(every) == 0 || said.count(every) == 0 {
        return NEUTRAL;
    }
    jaccard(&known, &said, every).map_or(NEUTRAL, |share| 1.0 - share)
}

/// What the built-in facts know of a query: those of which a word occurs in it, in their order. (Published in an order
/// that changes from scorer to scorer.)
#[must_use]
pub fn context(query: &str) -> Option<String> {
    let query = to_lowercase(query);
    let facts = BUILTIN.into_iter().filter(|(key, _)| words(key).any(|word| query.contains(word)));
    let facts: Vec<String> = facts.map(|(key, value)| [key, " is ", value].concat()).collect();
    (!facts.is_empty()).then(|| facts.join("; "))
}

fn word_set(text: &str) -> WordSet<'_> {
    WordSet::of(text, |c| !is_white_space(c))
}
