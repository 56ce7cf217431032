//! The module functions of the published wheel: its signals, chunks and heuristics by its own formulas.
//!
//! Where a formula of [`crate::score::signals`] is better, this one is worse on purpose: it gives the published number.
//! Those of the signals that nothing was wrong with are not here again. What is unsafe is not kept: numbers that are not
//! finite, an index beside its row and a hypothesis without a score are refused.
//!
//! - of a pair of texts: [`logical_divergence`], [`factual_divergence`], [`lite_score`], [`negation_flip`],
//!   [`traceability`]
//! - of one text: [`has_suspicious_unicode`], [`split_sentences`], and of its sentences [`build_chunks`]
//! - of scores: [`aggregate_chunks`], [`aggregate_chunks_by_confidence`], [`coverage`], [`attribute_claims`]
//! - of a classifier's output: [`probs_to_divergence`], [`probs_to_confidence`]
//! - of claims: [`bidirectional_divergence`], [`judge_injection`]
//! - of numbers: [`sum`], [`sum_of_integers`], [`mean`]

mod aggregate;
mod attribution;
mod classifier;
mod heuristics;
mod injection;
mod lite;
mod sentences;
mod sums;
mod words;

pub use aggregate::{Inner, Outer, aggregate_chunks, aggregate_chunks_by_confidence};
pub use attribution::{Attribution, Coverage, attribute_claims, bidirectional_divergence, coverage};
pub use classifier::{probs_to_confidence, probs_to_divergence};
pub use heuristics::{factual_divergence, logical_divergence};
pub use injection::judge_injection;
pub use lite::lite_score;
pub use sentences::{build_chunks, split_sentences};
pub use sums::{mean, sum, sum_of_integers};
pub use words::{has_suspicious_unicode, negation_flip, traceability};

use crate::score::text::{Class, WordSet, to_lowercase};

/// What is said of two texts of which nothing can be said.
const NEUTRAL: f64 = 0.5;

/// What `measure` says of the lower-cased words of two texts, a word being a run of characters of a class.
fn compare<T>(a: &str, b: &str, class: Class, measure: impl Fn(&WordSet<'_>, &WordSet<'_>) -> T) -> T {
    let (a, b) = (to_lowercase(a), to_lowercase(b));
    measure(&WordSet::of(&a, class), &WordSet::of(&b, class))
}
