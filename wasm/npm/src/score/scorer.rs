//! The coherence scorer.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::halt::HaltConfig;
use interlock_core::score::{self, CoherenceScore, Knowledge, LexicalNli, Nli, ReviewStep, ScorerConfig};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::details;
use crate::failure::{given, made};
use crate::tree::{Tree, TreeSource};

/// The review of one text, step by step.
#[wasm_bindgen]
pub struct Review(score::Review);

#[wasm_bindgen]
impl Review {
    /// What is needed next: 0 the context, 1 the NLI value of a finished text, 2 that of one that may still
    /// grow, 3 nothing. Slots for 3: those of a score.
    pub fn step(&self) -> u32 {
        match self.0.step() {
            ReviewStep::NeedContext { .. } => 0,
            ReviewStep::NeedNli { partial: false, .. } => 1,
            ReviewStep::NeedNli { partial: true, .. } => 2,
            ReviewStep::Done(score) => {
                tell(score);
                3
            }
        }
    }

    /// What the context is asked for with, or the premise of the NLI value.
    pub fn question(&self) -> String {
        match self.0.step() {
            ReviewStep::NeedContext { query } => query.into(),
            ReviewStep::NeedNli { premise, .. } => premise.into(),
            ReviewStep::Done(_) => String::new(),
        }
    }

    /// The text under review.
    pub fn text(&self) -> String {
        self.0.text().into()
    }

    /// Answers what is known.
    ///
    /// # Errors
    /// It was not asked for.
    #[allow(clippy::needless_pass_by_value, reason = "an optional text crosses by value")]
    #[wasm_bindgen(js_name = provideContext)]
    pub fn provide_context(&mut self, context: Option<String>) {
        given(self.0.provide_context(context.as_deref()));
    }

    /// Answers how likely the text contradicts the premise.
    ///
    /// # Errors
    /// It was not asked for.
    #[wasm_bindgen(js_name = provideNli)]
    pub fn provide_nli(&mut self, contradiction: f64) {
        given(self.0.provide_nli(contradiction));
    }
}

/// Scores texts by what they contradict and by what is known.
#[wasm_bindgen]
pub struct CoherenceScorer {
    scorer: score::CoherenceScorer,
    /// The built-in judge for reviews whose other answers come from elsewhere.
    nli: LexicalNli,
}

#[wasm_bindgen]
impl CoherenceScorer {
    /// A scorer with the built-in sources and no facts, under a configuration, a tree of `tree.rs`.
    ///
    /// # Errors
    /// The configuration is refused.
    pub fn create(config: &[u8]) -> Option<CoherenceScorer> {
        let config = made(HaltConfig::read(&mut TreeSource::new(config)))?;
        let sources = (LexicalNli::new(), score::InMemoryKnowledge::new());
        let scorer = made(score::CoherenceScorer::new(ScorerConfig::from(&config), sources.0, sources.1))?;
        Some(Self { scorer, nli: LexicalNli::new() })
    }

    /// Adds a fact, or replaces the value of a key.
    #[wasm_bindgen(js_name = insertFact)]
    pub fn insert_fact(&mut self, key: &str, value: &str) {
        self.scorer.knowledge_mut().insert(key, value);
    }

    /// Reviews a text with the built-in sources. Slots: those of a score.
    pub fn review(&mut self, prompt: &str, text: &str, partial: bool) {
        tell(if partial { self.scorer.review_partial(prompt, text) } else { self.scorer.review(prompt, text) });
    }

    /// Begins a review.
    #[wasm_bindgen(js_name = beginReview)]
    pub fn begin_review(&self, prompt: &str, text: &str, partial: bool) -> Review {
        Review(if partial {
            self.scorer.begin_partial_review(prompt, text)
        } else {
            self.scorer.begin_review(prompt, text)
        })
    }

    /// Takes the score of a review that is done. Slots: those of a score.
    ///
    /// # Errors
    /// It is not done, or was taken before.
    pub fn record(&mut self, review: &mut Review) {
        given(self.scorer.record(&mut review.0).map(tell));
    }

    /// The built-in answer to what is known.
    pub fn context(&self, query: &str) -> Option<String> {
        self.scorer.knowledge().context(query)
    }

    /// The built-in answer to how likely a hypothesis contradicts a premise.
    pub fn contradiction(&mut self, premise: &str, hypothesis: &str, partial: bool) -> f64 {
        if partial {
            self.nli.contradiction_so_far(premise, hypothesis)
        } else {
            self.nli.contradiction(premise, hypothesis)
        }
    }

    /// The weighted divergence of a text, by the built-in sources.
    #[wasm_bindgen(js_name = computeDivergence)]
    pub fn compute_divergence(&mut self, prompt: &str, text: &str) -> f64 {
        self.scorer.compute_divergence(prompt, text)
    }

    /// Sets the score from which a text is approved.
    ///
    /// # Errors
    /// It is not in [0, 1].
    #[wasm_bindgen(js_name = setCoherenceThreshold)]
    pub fn set_coherence_threshold(&mut self, threshold: f64) {
        given(self.scorer.set_coherence_threshold(threshold));
    }

    /// Sets the score below which an approved text has a warning.
    ///
    /// # Errors
    /// It is not in [0, 1].
    #[wasm_bindgen(js_name = setSoftLimit)]
    pub fn set_soft_limit(&mut self, limit: f64) {
        given(self.scorer.set_soft_limit(limit));
    }

    /// The approved texts that are remembered, oldest first: a tree of `tree.rs`.
    pub fn history(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        self.scorer.history().for_each(|text| tree.text(text));
        tree.end();
        tree.into_bytes()
    }
}

/// A score in the slots: score, logical and factual divergence, approved, warning.
fn tell(score: CoherenceScore) {
    let flag = |flag: bool| f64::from(u8::from(flag));
    details::set(&[score.score, score.h_logical, score.h_factual, flag(score.approved), flag(score.warning)]);
}
