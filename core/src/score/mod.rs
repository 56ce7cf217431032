//! Coherence scoring: is what a model says consistent with what it was asked and with what is known?
//!
//! A [`CoherenceScorer`] weighs two divergences. The logical one comes from an [`Nli`] judge, the factual
//! one from comparing the text with what a [`Knowledge`] source finds. Both are pluggable: as traits for
//! those who can answer at once, and as a [`Review`], a state machine that hands out its questions and takes
//! the answers whenever they come, for those who cannot. Built in are [`LexicalNli`], [`InMemoryKnowledge`]
//! and [`Bm25`]; none of them needs a model, and all give the same bits on every host.
//!
//! [`signals`] are single features of texts and pairs of texts, for scorers and policies of one's own.
//!
//! Inside, `text` cuts texts into words by Unicode tables of our own, and `evidence` finds what two texts
//! contradict each other in.

mod config;
mod dictionary;
mod evidence;
mod factual;
mod knowledge;
mod nli;
#[cfg(feature = "published")]
pub mod published;
mod review;
mod scorer;
pub mod signals;
pub(crate) mod text;
mod value;

pub use crate::error::InputError;
pub use config::ScorerConfig;
pub use knowledge::{Bm25, Bm25Hit, InMemoryKnowledge, Knowledge, Lookup};
pub use nli::{LexicalNli, Nli};
pub use review::{Review, ReviewError, ReviewStage, ReviewStep};
pub use scorer::CoherenceScorer;
pub use value::{CoherenceScore, clamp_score};

/// The exponential function, compiled once: inlined wherever it is used it takes a kilobyte each time.
#[inline(never)]
fn exp(x: f64) -> f64 {
    crate::numeric::exp(x)
}

/// The natural logarithm, compiled once.
#[inline(never)]
fn ln(x: f64) -> f64 {
    crate::numeric::ln(x)
}
