//! The dual-entropy coherence scorer.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::config::ScorerConfig;
use super::evidence::Judge;
use super::factual;
use super::knowledge::{InMemoryKnowledge, Knowledge, Lookup};
use super::nli::{LexicalNli, Nli};
use super::review::{Review, ReviewError, premise_of};
use super::text::joined;
use super::value::{CoherenceScore, clamp_score};
use crate::error::{InputError, UNIT, check};

/// What an NLI answer that is not finite counts as.
const UNKNOWN: f64 = 0.5;

impl ScorerConfig {
    /// The weighted divergence.
    pub(super) fn divergence(&self, h_logical: f64, h_factual: f64) -> f64 {
        self.w_logic * h_logical + self.w_fact * h_factual
    }

    /// The score of a text from what its judge says, in [0, 1] or held so, 0.5 where that is not finite, and from its
    /// factual divergence.
    #[inline(never)]
    pub(super) fn score(&self, contradiction: f64, h_factual: f64) -> CoherenceScore {
        let h_logical = if contradiction.is_finite() { clamp_score(contradiction, 0.0, 1.0) } else { UNKNOWN };
        let score = clamp_score(1.0 - self.divergence(h_logical, h_factual), 0.0, 1.0);
        let approved = score >= self.coherence_threshold;
        CoherenceScore::new(score, h_logical, h_factual, approved).with_soft_limit(self.soft_limit)
    }
}

/// Scores texts by two divergences: a logical one, from an NLI judge, and a factual one, from what is known.
///
/// score = 1 - (w_logic × h_logical + w_fact × h_factual), approved from the coherence threshold on. The
/// factual divergence is 0.5 where nothing is known, lower the more of a text's words the facts have, and
/// 0.9 for a text that contradicts them. So with the built-in judge and default weights a neutral text
/// scores 0.74, a fully supported one 0.88, and one that contradicts the facts 0.10. Deterministic: equal
/// inputs give equal bits on every host.
///
/// Texts can be reviewed in one call with the scorer's own sources ([`review`](Self::review)), or step by
/// step with answers from elsewhere ([`begin_review`](Self::begin_review)). A text that is still being
/// written has methods of its own: its last word may be incomplete, and it does not enter the history. The last
/// text is kept in mind: one that goes on where it ended costs what is new in it.
///
/// ```
/// use interlock_core::score::{CoherenceScorer, InMemoryKnowledge, LexicalNli, ScorerConfig};
/// let facts: InMemoryKnowledge =
///     [("tower height", "The tower is 330 metres tall and was finished in 1889.")].into_iter().collect();
/// let mut scorer = CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), facts).unwrap();
/// let prompt = "Tell me about the tower.";
/// assert!(scorer.review(prompt, "The tower was finished in 1889.").score > 0.85);
/// assert!(scorer.review(prompt, "The tower was finished in 1925.").score < 0.15);
/// assert!(scorer.review_partial(prompt, "The tower was finished in 18").approved);
/// ```
#[derive(Debug)]
pub struct CoherenceScorer<N = LexicalNli, K = InMemoryKnowledge> {
    config: ScorerConfig,
    nli: N,
    knowledge: K,
    /// The texts that are remembered; the oldest stands at `oldest`, the newest before it.
    history: Vec<String>,
    oldest: usize,
    known: Option<Box<Known>>,
}

/// What was known last, ready for the next text.
#[derive(Debug)]
struct Known {
    /// What `premise` and `facts` are of.
    prompt: String,
    lookup: Lookup,
    /// The prompt and the context.
    premise: String,
    facts: Judge,
}

impl Known {
    #[inline(never)]
    fn of(prompt: &str, lookup: Lookup) -> Box<Self> {
        let (facts, premise) = (Judge::new(prompt, lookup.context()), premise_of(prompt, lookup.context()));
        Box::new(Self { prompt: joined(&[prompt]), lookup, premise, facts })
    }
}

impl Default for CoherenceScorer {
    /// The default configuration, the built-in judge, and nothing known.
    fn default() -> Self {
        Self {
            config: ScorerConfig::default(),
            nli: LexicalNli::new(),
            knowledge: InMemoryKnowledge::new(),
            history: Vec::new(),
            oldest: 0,
            known: None,
        }
    }
}

impl<N, K> CoherenceScorer<N, K> {
    /// A scorer with its sources. For answers from elsewhere alone the sources may be `()`.
    ///
    /// # Errors
    /// [`InputError`] for the first field of the configuration that is out of bounds.
    pub fn new(config: ScorerConfig, nli: N, knowledge: K) -> Result<Self, InputError> {
        config.validate()?;
        Ok(Self { config, nli, knowledge, history: Vec::new(), oldest: 0, known: None })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ScorerConfig {
        &self.config
    }

    /// What the scorer knows.
    #[must_use]
    pub fn knowledge(&self) -> &K {
        &self.knowledge
    }

    /// What the scorer knows, to be changed.
    pub fn knowledge_mut(&mut self) -> &mut K {
        self.known = None;
        &mut self.knowledge
    }

    /// Sets the score from which a text is approved, in [0, 1]. Reviews that have begun keep theirs.
    ///
    /// # Errors
    /// [`InputError`] for a value out of bounds.
    pub fn set_coherence_threshold(&mut self, threshold: f64) -> Result<(), InputError> {
        check("coherence_threshold", threshold, UNIT)?;
        self.config.coherence_threshold = threshold;
        Ok(())
    }

    /// Sets the score below which an approved text has a warning, in [0, 1]. Reviews that have begun keep theirs.
    ///
    /// # Errors
    /// [`InputError`] for a value out of bounds.
    pub fn set_soft_limit(&mut self, limit: f64) -> Result<(), InputError> {
        check("soft_limit", limit, UNIT)?;
        self.config.soft_limit = limit;
        Ok(())
    }

    /// How many approved texts are remembered, at most the history window.
    #[must_use]
    pub fn history_len(&self) -> u32 {
        u32::try_from(self.history.len()).unwrap_or(u32::MAX)
    }

    /// The approved texts that are remembered, oldest first.
    pub fn history(&self) -> impl Iterator<Item = &str> {
        let (newer, older) = self.history.split_at_checked(self.oldest).unwrap_or_default();
        older.iter().chain(newer).map(String::as_str)
    }

    /// Begins the review of a finished text.
    #[must_use]
    pub fn begin_review(&self, prompt: &str, text: &str) -> Review {
        Review::new(self.config, prompt, text, false)
    }

    /// Begins the review of a text that is still being written.
    #[must_use]
    pub fn begin_partial_review(&self, prompt: &str, text_so_far: &str) -> Review {
        Review::new(self.config, prompt, text_so_far, true)
    }

    /// Takes the score of a review that is done: a finished text that was approved enters the history, where
    /// the oldest makes room.
    ///
    /// # Errors
    /// [`ReviewError`] if the review is not done, or was recorded before.
    pub fn record(&mut self, review: &mut Review) -> Result<CoherenceScore, ReviewError> {
        let score = review.take()?;
        if score.approved && !review.is_partial() {
            self.remember(review.text());
        }
        Ok(score)
    }

    #[inline(never)]
    fn remember(&mut self, text: &str) {
        let text = joined(&[text]);
        let full = self.history_len() >= self.config.history_window;
        match self.history.get_mut(self.oldest).filter(|_| full) {
            Some(oldest) => {
                *oldest = text;
                self.oldest = self.oldest.wrapping_add(1);
                if self.oldest == self.history.len() {
                    self.oldest = 0;
                }
            }
            None => self.history.push(text),
        }
    }
}

impl<N: Nli, K: Knowledge> CoherenceScorer<N, K> {
    /// Reviews a finished text with the scorer's own sources.
    pub fn review(&mut self, prompt: &str, text: &str) -> CoherenceScore {
        let score = self.answer(prompt, text, false);
        if score.approved {
            self.remember(text);
        }
        score
    }

    /// Reviews a text that is still being written, such as the sentence so far of a stream.
    pub fn review_partial(&mut self, prompt: &str, text_so_far: &str) -> CoherenceScore {
        self.answer(prompt, text_so_far, true)
    }

    /// The weighted divergence of a finished text, in [0, 1]: w_logic × h_logical + w_fact × h_factual. The
    /// history is left alone.
    pub fn compute_divergence(&mut self, prompt: &str, text: &str) -> f64 {
        let score = self.answer(prompt, text, false);
        self.config.divergence(score.h_logical, score.h_factual)
    }

    /// The score of a text by the scorer's own sources.
    #[inline(never)]
    fn answer(&mut self, prompt: &str, text: &str, partial: bool) -> CoherenceScore {
        let known = self.known.get_or_insert_with(|| Known::of("", Lookup::default()));
        let changed = self.knowledge.look_up(&joined(&[prompt, "\n", text]), &mut known.lookup);
        if changed || known.prompt != prompt {
            *known = Known::of(prompt, core::mem::take(&mut known.lookup));
        }
        let contradiction = if partial {
            self.nli.contradiction_so_far(&known.premise, text)
        } else {
            self.nli.contradiction(&known.premise, text)
        };
        self.config.score(contradiction, factual::divergence(&mut known.facts, text, partial))
    }
}
