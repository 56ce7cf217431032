//! The scorer whose sources answer from outside.

use alloc::collections::VecDeque;
use alloc::string::String;

use super::config::KernelConfig;
use crate::Fidelity;
use crate::error::{InputError, UNIT, check};
use crate::halt::ConfigError;
use crate::score::{
    CoherenceScore, InMemoryKnowledge, Knowledge, LexicalNli, Nli, Review, ReviewStep, ScorerConfig, clamp_score,
    published,
};

/// What a source said.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// There is no such source: the built-in one is asked.
    Absent,
    /// This.
    Given(T),
    /// Nothing that can be used. The text fails, whatever else is known of it.
    Failed,
}

/// The dual-entropy scorer in the published interface: 1 - (w_logic h_logical + w_fact h_factual).
///
/// It asks nobody: whoever calls it asks the sources first and hands over what they said, so that nothing is held
/// while a source thinks. As published the built-in sources are those of [`published`]; corrected, they are
/// [`LexicalNli`] and the same four facts, and both divergences are this crate's own.
#[derive(Debug)]
pub struct Scorer {
    config: KernelConfig,
    fidelity: Fidelity,
    history: VecDeque<String>,
}

impl Scorer {
    /// A scorer that has reviewed nothing.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration is not valid.
    pub fn new(config: KernelConfig, fidelity: Fidelity) -> Result<Self, ConfigError> {
        config.validate(fidelity)?;
        Ok(Self { config, fidelity, history: VecDeque::new() })
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &KernelConfig {
        &self.config
    }

    /// Which rules hold.
    #[must_use]
    pub const fn fidelity(&self) -> Fidelity {
        self.fidelity
    }

    /// What to ask knowledge for: as published the prompt, corrected the prompt and the text.
    #[must_use]
    pub fn query(&self, prompt: &str, text: &str) -> String {
        if self.fidelity.is_published() { prompt.into() } else { [prompt, "\n", text].concat() }
    }

    /// What the NLI source is asked about: as published the prompt, corrected the prompt and what is known.
    #[must_use]
    pub fn premise(&self, prompt: &str, text: &str, context: &Answer<Option<String>>) -> String {
        if self.fidelity.is_published() {
            return prompt.into();
        }
        let review = self.with_context(prompt, text, context);
        match review.step() {
            ReviewStep::NeedNli { premise, .. } => premise.into(),
            _ => prompt.into(),
        }
    }

    /// Scores a finished text.
    #[must_use]
    pub fn score(
        &self,
        prompt: &str,
        text: &str,
        context: &Answer<Option<String>>,
        contradiction: &Answer<f64>,
    ) -> CoherenceScore {
        let nonsense = matches!(contradiction, Answer::Given(value) if !value.is_finite());
        let failed = nonsense || *context == Answer::Failed || *contradiction == Answer::Failed;
        let (h_logical, h_factual) = if self.fidelity.is_published() {
            (self.logical(prompt, text, contradiction), self.factual(prompt, text, context))
        } else {
            self.corrected(prompt, text, context, contradiction)
        };
        let score = clamp_score(1.0 - self.divergence(h_logical, h_factual), 0.0, 1.0);
        let approved = score >= self.config.coherence_threshold && !failed;
        CoherenceScore::new(score, h_logical, h_factual, approved).with_soft_limit(self.config.soft_limit)
    }

    /// Takes a score: a text that was approved enters the history, where the oldest makes room.
    pub fn record(&mut self, text: &str, score: &CoherenceScore) {
        if !score.approved {
            return;
        }
        let most = usize::try_from(self.config.history_window).unwrap_or(usize::MAX);
        while self.history.len() >= most.max(1) {
            self.history.pop_front();
        }
        if most > 0 {
            self.history.push_back(text.into());
        }
    }

    /// The weighted divergence of the two.
    #[must_use]
    pub fn divergence(&self, h_logical: f64, h_factual: f64) -> f64 {
        self.config.w_logic * h_logical + self.config.w_fact * h_factual
    }

    /// Logical divergence by what the NLI source said, in [0, 1].
    #[must_use]
    pub fn logical(&self, prompt: &str, text: &str, contradiction: &Answer<f64>) -> f64 {
        match contradiction {
            Answer::Failed => 1.0,
            Answer::Given(value) if !value.is_finite() => 1.0,
            Answer::Given(value) => clamp_score(*value, 0.0, 1.0),
            Answer::Absent if self.fidelity.is_published() => published::logical(prompt, text),
            Answer::Absent => self.corrected(prompt, text, &Answer::Absent, contradiction).0,
        }
    }

    /// Factual divergence by what is known, in [0, 1].
    #[must_use]
    pub fn factual(&self, prompt: &str, text: &str, context: &Answer<Option<String>>) -> f64 {
        match context {
            Answer::Failed => 1.0,
            _ if !self.fidelity.is_published() => self.corrected(prompt, text, context, &Answer::Absent).1,
            Answer::Given(context) => published::factual(context.as_deref(), text),
            Answer::Absent => published::factual(published::context(prompt).as_deref(), text),
        }
    }

    /// Approved texts that are remembered.
    #[must_use]
    pub fn history_len(&self) -> usize {
        self.history.len()
    }

    /// Sets the score from which a text is approved, in [0, 1].
    ///
    /// # Errors
    /// [`InputError`] for a value out of bounds; nothing has changed.
    pub fn set_threshold(&mut self, threshold: f64) -> Result<(), InputError> {
        check("threshold", threshold, UNIT)?;
        self.config.coherence_threshold = threshold;
        Ok(())
    }

    /// Sets the score below which an approved text has a warning, in [0, 1].
    ///
    /// # Errors
    /// [`InputError`] for a value out of bounds; nothing has changed.
    pub fn set_soft_limit(&mut self, limit: f64) -> Result<(), InputError> {
        check("soft_limit", limit, UNIT)?;
        self.config.soft_limit = limit;
        Ok(())
    }

    /// A review that has its context.
    fn with_context(&self, prompt: &str, text: &str, context: &Answer<Option<String>>) -> Review {
        let mut review = Review::begin(ScorerConfig::default(), prompt, text);
        let builtin = || InMemoryKnowledge::with_builtin_facts().context(&self.query(prompt, text));
        let context = match context {
            Answer::Absent => builtin(),
            Answer::Given(context) => context.clone(),
            Answer::Failed => None,
        };
        // A review that has just begun waits for it.
        let _ = review.provide_context(context.as_deref());
        review
    }

    /// Both divergences by this crate's own scorer. What failed diverges in full.
    fn corrected(
        &self,
        prompt: &str,
        text: &str,
        context: &Answer<Option<String>>,
        contradiction: &Answer<f64>,
    ) -> (f64, f64) {
        let mut review = self.with_context(prompt, text, context);
        let (value, bad) = match (contradiction, review.step()) {
            (Answer::Given(value), _) => (*value, !value.is_finite()),
            (Answer::Failed, _) => (1.0, true),
            (Answer::Absent, ReviewStep::NeedNli { premise, hypothesis, .. }) => {
                (LexicalNli::new().contradiction(premise, hypothesis), false)
            }
            (Answer::Absent, _) => (1.0, true),
        };
        let _ = review.provide_nli(if bad { 1.0 } else { value });
        let ReviewStep::Done(score) = review.step() else { return (1.0, 1.0) };
        (score.h_logical, if *context == Answer::Failed { 1.0 } else { score.h_factual })
    }
}
