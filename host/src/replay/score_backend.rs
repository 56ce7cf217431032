//! What the suite `score` asks of a build of the core.

use interlock_core::score::signals::{ClaimDivergence, InjectionReport, InjectionSettings, SanitizerReport};
use interlock_core::score::{CoherenceScore, ScorerConfig};

use super::backend::Answer;

/// What a scorer knows by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known<'a> {
    /// Keys and values.
    Facts(&'a [(String, String)]),
    /// Ids and texts.
    Documents(&'a [(String, String)]),
}

/// The part of a build that scores. Refusals: `config FIELD` of a configuration, `input` of any other number.
pub(crate) trait Scoring {
    fn scorer(&self, config: &ScorerConfig, known: Known<'_>) -> Answer<Box<dyn Scorer>>;
    fn memory(&self) -> Answer<Box<dyn Memory>>;
    fn index(&self) -> Answer<Box<dyn Index>>;
    fn signals(&self) -> Answer<Box<dyn Signals>>;
}

/// A coherence scorer with the review that is under way. Refusals: `review`.
pub(crate) trait Scorer {
    fn review(&mut self, prompt: &str, text: &str, partial: bool) -> Answer<CoherenceScore>;
    fn divergence(&mut self, prompt: &str, text: &str) -> Answer<f64>;
    fn set_coherence_threshold(&mut self, threshold: f64) -> Answer<()>;
    fn set_soft_limit(&mut self, limit: f64) -> Answer<()>;
    fn history(&mut self) -> Answer<Vec<String>>;
    /// Begins a review with answers from elsewhere, in place of the one before.
    fn begin(&mut self, prompt: &str, text: &str, partial: bool) -> Answer<()>;
    fn step(&mut self) -> Answer<Step>;
    fn provide_context(&mut self, context: Option<&str>) -> Answer<()>;
    fn provide_nli(&mut self, contradiction: f64) -> Answer<()>;
    /// Takes the score; there is no review afterwards.
    fn record(&mut self) -> Answer<CoherenceScore>;
}

/// What a review needs next.
#[derive(Debug)]
pub(crate) enum Step {
    Context(String),
    Nli { premise: String, hypothesis: String, partial: bool },
    Done(CoherenceScore),
}

/// Facts in memory.
pub(crate) trait Memory {
    fn insert(&mut self, key: &str, value: &str) -> Answer<bool>;
    fn len(&mut self) -> Answer<u32>;
    fn context(&mut self, query: &str) -> Answer<Option<String>>;
}

/// Ranked documents.
pub(crate) trait Index {
    fn set_parameters(&mut self, k1: f64, b: f64) -> Answer<()>;
    fn set_context_size(&mut self, documents: u32) -> Answer<()>;
    fn insert(&mut self, id: &str, text: &str) -> Answer<bool>;
    fn remove(&mut self, id: &str) -> Answer<bool>;
    fn len(&mut self) -> Answer<u32>;
    /// Ids and scores, best first.
    fn search(&mut self, query: &str, most: u32) -> Answer<Vec<(String, f64)>>;
    fn context(&mut self, query: &str) -> Answer<Option<String>>;
}

/// Single features.
pub(crate) trait Signals {
    fn word_overlap(&mut self, a: &str, b: &str) -> Answer<f64>;
    fn entity_overlap(&mut self, a: &str, b: &str) -> Answer<f64>;
    fn numerical_consistency(&mut self, a: &str, b: &str) -> Answer<Option<bool>>;
    fn negation_flip(&mut self, claim: &str, source: &str) -> Answer<bool>;
    fn traceability(&mut self, claim: &str, source: &str) -> Answer<f64>;
    fn lite_score(&mut self, premise: &str, hypothesis: &str) -> Answer<f64>;
    fn sanitize(&mut self, text: &str) -> Answer<SanitizerReport>;
    fn has_suspicious_unicode(&mut self, text: &str) -> Answer<bool>;
    fn trend_drop(&mut self, values: &[f64]) -> Answer<f64>;
    fn softmax(&mut self, values: &[f64], cols: u32) -> Answer<Vec<f64>>;
    fn probs_to_divergence(&mut self, probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> Answer<Vec<f64>>;
    fn probs_to_confidence(&mut self, probs: &[f64], cols: u32) -> Answer<Vec<f64>>;
    fn bidirectional_divergence(
        &mut self,
        claims: &[&str],
        intent: &str,
        forward: &[f64],
        reverse: &[f64],
        baseline: f64,
    ) -> Answer<Vec<ClaimDivergence>>;
    fn judge_injection(
        &mut self,
        claims: &[ClaimDivergence],
        sanitizer: f64,
        settings: &InjectionSettings,
    ) -> Answer<InjectionReport>;
}
