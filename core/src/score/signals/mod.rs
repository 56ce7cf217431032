//! Lexical signals: cheap, deterministic features of one text or of a pair.
//!
//! Each works on the surface of the text alone, in time linear in its length (up to the logarithm that
//! sorting a set of words costs), and gives the same bits on every host. None of them understands a
//! text; they are evidence for a scorer or a policy, not verdicts. Where the published formulas are
//! weak, these do the better thing, and the golden-vector runner names each case.
//!
//! - of a pair: [`word_overlap`], [`entity_overlap`], [`numerical_consistency`], [`negation_flip`],
//!   [`traceability`], [`lite_score`]
//! - of one text: [`sanitize`], [`has_suspicious_unicode`]
//! - of numbers: [`trend_drop`], [`softmax`], [`probs_to_divergence`], [`probs_to_confidence`]
//! - of claims: [`bidirectional_divergence`] and the [`judge_injection`] verdicts built on it

mod bidirectional;
mod injection;
mod lite;
mod negation;
mod overlap;
mod probabilities;
mod sanitizer;
mod suspicious;
mod traceability;
mod trend;

#[cfg(feature = "published")]
pub(crate) use bidirectional::calibrate;
pub use bidirectional::{ClaimDivergence, bidirectional_divergence};
pub use injection::{ClaimJudgement, ClaimVerdict, InjectionReport, InjectionSettings, judge_injection};
#[cfg(feature = "published")]
pub(crate) use lite::names;
pub use lite::{lite_score, lite_scores};
pub use negation::negation_flip;
pub(crate) use negation::{is_in, is_negative_contraction};
pub use overlap::{entity_overlap, numerical_consistency, word_overlap};
#[cfg(feature = "published")]
pub(crate) use probabilities::{check_columns, confidences, divergences};
pub use probabilities::{probs_to_confidence, probs_to_divergence, softmax};
pub use sanitizer::{SanitizerFinding, SanitizerReport, sanitize, sanitizer_score};
pub use suspicious::has_suspicious_unicode;
pub(crate) use traceability::is_stop_word;
pub use traceability::traceability;
pub use trend::trend_drop;
