//! Coherence scoring, in an instance of its own.

use interlock_core::halt::HaltConfig;
use interlock_core::score::{CoherenceScore, ReviewStage, ScorerConfig};
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::score as wit;
use super::engine::Interlock;
use super::error::{HostError, Trap};
use super::instance::Instance;
use super::knowledge::{Bm25, InMemoryKnowledge};

impl Interlock {
    /// A scorer that knows nothing by itself, in a fresh instance. For one that does, see
    /// [`CoherenceScorer::with_facts`] and [`CoherenceScorer::with_documents`].
    ///
    /// # Errors
    /// [`HostError::Input`] when the configuration is not valid; no instance could be made; a trap.
    pub fn coherence_scorer(&self, config: &ScorerConfig) -> Result<CoherenceScorer, HostError> {
        CoherenceScorer::new(self.instantiate()?, config)
    }
}

/// Scores texts: [`interlock_core::score::CoherenceScorer`] inside an instance.
///
/// With the built-in judge and what it knows by itself it answers in one call ([`CoherenceScorer::review`]). With a
/// judge and a knowledge source of the host's, [`CoherenceScorer::review_with`] asks them; hosts whose sources take
/// their time drive a [`Review`] themselves.
///
/// ```
/// use interlock_core::score::ScorerConfig;
/// use interlock_host::embed::{CoherenceScorer, Interlock};
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let interlock = Interlock::from_file(file)?;
/// let mut facts = interlock.in_memory_knowledge()?;
/// facts.insert("tower height", "The tower is 330 metres tall and was finished in 1889.")?;
/// let mut scorer = CoherenceScorer::with_facts(facts, &ScorerConfig::default())?;
/// assert!(scorer.review("Tell me about the tower.", "The tower was finished in 1889.")?.approved);
/// assert!(!scorer.review("Tell me about the tower.", "The tower was finished in 1925.")?.approved);
/// # Ok::<(), interlock_host::embed::HostError>(())
/// ```
#[derive(Debug)]
pub struct CoherenceScorer {
    instance: Instance,
    scorer: ResourceAny,
}

/// The review of a text that is under way. It belongs to the scorer that began it: a call with another one is an error
/// that spends the other's instance.
#[derive(Debug)]
pub struct Review(ResourceAny);

/// What a review needs next: [`interlock_core::score::ReviewStep`] with texts of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum ReviewStep {
    /// What is known that bears on the query. Answer with [`CoherenceScorer::provide_context`].
    NeedContext {
        /// The prompt and the text under review.
        query: String,
    },
    /// How likely the hypothesis contradicts the premise. Answer with [`CoherenceScorer::provide_nli`].
    NeedNli {
        /// The prompt, then, on lines of its own, the context if there is one.
        premise: String,
        /// The text under review.
        hypothesis: String,
        /// Whether the text may still grow, so that its last word may be incomplete.
        partial: bool,
    },
    /// Nothing: this is the result.
    Done(CoherenceScore),
}

impl CoherenceScorer {
    /// A scorer that knows nothing by itself, in this instance.
    ///
    /// # Errors
    /// [`HostError::Input`] when the configuration is not valid; a trap.
    pub fn new(instance: Instance, config: &ScorerConfig) -> Result<Self, HostError> {
        Self::with_knowledge(instance, config, None)
    }

    /// A scorer that knows facts, in their instance.
    ///
    /// # Errors
    /// [`HostError::Input`] when the configuration is not valid; a trap.
    pub fn with_facts(facts: InMemoryKnowledge, config: &ScorerConfig) -> Result<Self, HostError> {
        let (instance, facts) = facts.into_parts();
        Self::with_knowledge(instance, config, Some(wit::Knowledge::InMemory(facts)))
    }

    /// A scorer that knows documents, in their instance.
    ///
    /// # Errors
    /// [`HostError::Input`] when the configuration is not valid; a trap.
    pub fn with_documents(documents: Bm25, config: &ScorerConfig) -> Result<Self, HostError> {
        let (instance, documents) = documents.into_parts();
        Self::with_knowledge(instance, config, Some(wit::Knowledge::Bm25(documents)))
    }

    fn with_knowledge(
        mut instance: Instance,
        config: &ScorerConfig,
        knowledge: Option<wit::Knowledge>,
    ) -> Result<Self, HostError> {
        let scorer =
            instance.score(0, |store, guest| guest.coherence_scorer().call_new(store, config.into(), knowledge))??;
        Ok(Self { instance, scorer })
    }

    /// The configuration.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn config(&mut self) -> Result<ScorerConfig, HostError> {
        let scorer = self.scorer;
        let config = self.instance.score(0, |store, guest| guest.coherence_scorer().call_config(store, scorer))?;
        Ok(config.into())
    }

    /// Sets the score from which a text is approved, in [0, 1]. Reviews that have begun keep theirs.
    ///
    /// # Errors
    /// [`HostError::Input`] for a value out of bounds; a trap.
    pub fn set_coherence_threshold(&mut self, threshold: f64) -> Result<(), HostError> {
        let scorer = self.scorer;
        let set = self
            .instance
            .score(0, |store, guest| guest.coherence_scorer().call_set_coherence_threshold(store, scorer, threshold))?;
        set.map_err(Into::into)
    }

    /// Sets the score below which an approved text has a warning, in [0, 1]. Reviews that have begun keep theirs.
    ///
    /// # Errors
    /// [`HostError::Input`] for a value out of bounds; a trap.
    pub fn set_soft_limit(&mut self, limit: f64) -> Result<(), HostError> {
        let scorer = self.scorer;
        let set = self
            .instance
            .score(0, |store, guest| guest.coherence_scorer().call_set_soft_limit(store, scorer, limit))?;
        set.map_err(Into::into)
    }

    /// How many approved texts are remembered.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn history_len(&mut self) -> Result<u32, HostError> {
        let scorer = self.scorer;
        self.instance.score(0, |store, guest| guest.coherence_scorer().call_history_len(store, scorer))
    }

    /// The approved texts that are remembered, oldest first.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn history(&mut self) -> Result<Vec<String>, HostError> {
        let scorer = self.scorer;
        self.instance.score(0, |store, guest| guest.coherence_scorer().call_history(store, scorer))
    }

    /// Reviews a finished text with the built-in judge and the scorer's own knowledge.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn review(&mut self, prompt: &str, text: &str) -> Result<CoherenceScore, HostError> {
        let scorer = self.scorer;
        let bytes = prompt.len().saturating_add(text.len());
        let score = self
            .instance
            .score(bytes, |store, guest| guest.coherence_scorer().call_review(store, scorer, prompt, text))?;
        Ok(score.into())
    }

    /// Reviews finished texts in order, in one crossing.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn review_many<T: AsRef<str>>(
        &mut self,
        prompt: &str,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Vec<CoherenceScore>, HostError> {
        let scorer = self.scorer;
        let texts: Vec<String> = texts.into_iter().map(|text| text.as_ref().to_owned()).collect();
        let bytes = texts.iter().map(|text| text.len().saturating_add(prompt.len())).sum();
        let reviewed = self
            .instance
            .score(bytes, |store, guest| guest.coherence_scorer().call_review_many(store, scorer, prompt, &texts))?;
        Ok(reviewed.into_iter().map(Into::into).collect())
    }

    /// Reviews a text that is still being written, such as the sentence so far of a stream.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn review_partial(&mut self, prompt: &str, text_so_far: &str) -> Result<CoherenceScore, HostError> {
        let scorer = self.scorer;
        let bytes = prompt.len().saturating_add(text_so_far.len());
        let score = self.instance.score(bytes, |store, guest| {
            guest.coherence_scorer().call_review_partial(store, scorer, prompt, text_so_far)
        })?;
        Ok(score.into())
    }

    /// The weighted divergence of a finished text, in [0, 1]. The history is left alone.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn compute_divergence(&mut self, prompt: &str, text: &str) -> Result<f64, HostError> {
        let scorer = self.scorer;
        let bytes = prompt.len().saturating_add(text.len());
        self.instance
            .score(bytes, |store, guest| guest.coherence_scorer().call_compute_divergence(store, scorer, prompt, text))
    }

    /// Reviews a finished text with a judge and a knowledge source of the host's: `nli` answers how likely a hypothesis
    /// (its second argument) contradicts a premise, `knowledge` what is known that bears on a query.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn review_with(
        &mut self,
        prompt: &str,
        text: &str,
        mut nli: impl FnMut(&str, &str) -> f64,
        mut knowledge: impl FnMut(&str) -> Option<String>,
    ) -> Result<CoherenceScore, HostError> {
        let review = self.begin_review(prompt, text)?;
        loop {
            match self.step(&review)? {
                ReviewStep::NeedContext { query } => self.provide_context(&review, knowledge(&query).as_deref())?,
                ReviewStep::NeedNli { premise, hypothesis, .. } => {
                    self.provide_nli(&review, nli(&premise, &hypothesis))?;
                }
                ReviewStep::Done(_) => break,
            }
        }
        let score = self.record(&review)?;
        self.abandon(review)?;
        Ok(score)
    }

    /// Begins the review of a finished text with answers from elsewhere.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn begin_review(&mut self, prompt: &str, text: &str) -> Result<Review, HostError> {
        let scorer = self.scorer;
        let bytes = prompt.len().saturating_add(text.len());
        let review = self
            .instance
            .score(bytes, |store, guest| guest.coherence_scorer().call_begin_review(store, scorer, prompt, text))?;
        Ok(Review(review))
    }

    /// Begins the review of a text that is still being written with answers from elsewhere.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn begin_partial_review(&mut self, prompt: &str, text_so_far: &str) -> Result<Review, HostError> {
        let scorer = self.scorer;
        let bytes = prompt.len().saturating_add(text_so_far.len());
        let review = self.instance.score(bytes, |store, guest| {
            guest.coherence_scorer().call_begin_partial_review(store, scorer, prompt, text_so_far)
        })?;
        Ok(Review(review))
    }

    /// Where a review stands.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn stage(&mut self, review: &Review) -> Result<ReviewStage, HostError> {
        let review = review.0;
        let stage = self.instance.score(0, |store, guest| guest.review().call_stage(store, review))?;
        Ok(stage.into())
    }

    /// What a review needs next. Asking changes nothing.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn step(&mut self, review: &Review) -> Result<ReviewStep, HostError> {
        let review = review.0;
        let step = self.instance.score(0, |store, guest| guest.review().call_step(store, review))?;
        Ok(match step {
            wit::ReviewStep::NeedContext(query) => ReviewStep::NeedContext { query },
            wit::ReviewStep::NeedNli(request) => ReviewStep::NeedNli {
                premise: request.premise,
                hypothesis: request.hypothesis,
                partial: request.partial,
            },
            wit::ReviewStep::Done(score) => ReviewStep::Done(score.into()),
        })
    }

    /// Answers what is known; none if nothing is.
    ///
    /// # Errors
    /// [`HostError::Review`] unless the context was asked for; a trap.
    pub fn provide_context(&mut self, review: &Review, context: Option<&str>) -> Result<(), HostError> {
        let review = review.0;
        let bytes = context.map_or(0, str::len);
        let provided =
            self.instance.score(bytes, |store, guest| guest.review().call_provide_context(store, review, context))?;
        provided.map_err(Into::into)
    }

    /// Answers how likely the text contradicts the premise, in [0, 1]. A number that is not finite counts as 0.5.
    ///
    /// # Errors
    /// [`HostError::Review`] unless the value was asked for; a trap.
    pub fn provide_nli(&mut self, review: &Review, contradiction: f64) -> Result<(), HostError> {
        let review = review.0;
        let provided =
            self.instance.score(0, |store, guest| guest.review().call_provide_nli(store, review, contradiction))?;
        provided.map_err(Into::into)
    }

    /// Takes the score of a review that is done, once: a finished text that was approved enters the history.
    ///
    /// # Errors
    /// [`HostError::Review`] when it is not done, or was recorded before; a trap.
    pub fn record(&mut self, review: &Review) -> Result<CoherenceScore, HostError> {
        let (scorer, review) = (self.scorer, review.0);
        let score =
            self.instance.score(0, |store, guest| guest.coherence_scorer().call_record(store, scorer, review))?;
        Ok(score?.into())
    }

    /// Forgets a review and gives its memory back, wherever it stands.
    ///
    /// # Errors
    /// A trap, now or earlier.
    #[allow(clippy::needless_pass_by_value, reason = "nothing can be done with it afterwards")]
    pub fn abandon(&mut self, review: Review) -> Result<(), HostError> {
        self.instance.with_store(|store| review.0.resource_drop(store))
    }

    /// The trap that ended it.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        self.instance.trap()
    }

    /// The instance that it lives in.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Gives the instance back. Reviews that are under way are left in it.
    ///
    /// # Errors
    /// A trap, now or earlier: the instance is spent.
    pub fn into_instance(mut self) -> Result<Instance, HostError> {
        let scorer = self.scorer;
        self.instance.with_store(|store| scorer.resource_drop(store))?;
        Ok(self.instance)
    }
}

impl Instance {
    /// The scorer's configuration with every field at its default, as the component has it.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn default_scorer_config(&mut self) -> Result<ScorerConfig, HostError> {
        Ok(self.score(0, |store, guest| guest.call_default_scorer_config(store))?.into())
    }

    /// The part of a halt configuration that a scorer reads.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn scorer_config_of(&mut self, config: &HaltConfig) -> Result<ScorerConfig, HostError> {
        Ok(self.score(0, |store, guest| guest.call_scorer_config_of(store, config.into()))?.into())
    }

    /// Checks every field of a scorer's configuration.
    ///
    /// # Errors
    /// [`HostError::Input`] for the first that fails; a trap.
    pub fn validate_scorer_config(&mut self, config: &ScorerConfig) -> Result<(), HostError> {
        self.score(0, |store, guest| guest.call_validate_scorer_config(store, config.into()))?.map_err(Into::into)
    }

    /// `value` held within `lo` and `hi`.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn clamp_score(&mut self, value: f64, lo: f64, hi: f64) -> Result<f64, HostError> {
        self.score(0, |store, guest| guest.call_clamp_score(store, value, lo, hi))
    }
}
