//! A review as a state machine without I/O.

use alloc::string::String;
use core::fmt;

use super::config::ScorerConfig;
use super::evidence::Judge;
use super::factual;
use super::text::joined;
use super::value::CoherenceScore;

/// What a review needs next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReviewStep<'a> {
    /// What is known that bears on the query. Answer with [`Review::provide_context`].
    NeedContext {
        /// The prompt and the text under review.
        query: &'a str,
    },
    /// How likely the hypothesis contradicts the premise. Answer with [`Review::provide_nli`].
    NeedNli {
        /// The prompt, then, on lines of its own, the context if there is one.
        premise: &'a str,
        /// The text under review.
        hypothesis: &'a str,
        /// Whether the text may still grow, so that its last word may be incomplete.
        partial: bool,
    },
    /// Nothing: this is the result.
    Done(CoherenceScore),
}

/// Where a review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewStage {
    /// It waits for the context.
    Context,
    /// It waits for the NLI value.
    Nli,
    /// It has its score.
    Done,
    /// A scorer has taken the score into its history.
    Recorded,
}

impl ReviewStage {
    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Context => "waiting for the context",
            Self::Nli => "waiting for the NLI value",
            Self::Done => "done",
            Self::Recorded => "recorded",
        }
    }
}

/// An answer that does not fit where the review stands. The review is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewError {
    /// A context came, but none was asked for.
    ContextNotNeeded(ReviewStage),
    /// An NLI value came, but none was asked for.
    NliNotNeeded(ReviewStage),
    /// The review has no score yet.
    NotDone(ReviewStage),
    /// The review has been recorded before.
    AlreadyRecorded,
}

impl ReviewError {
    /// What is wrong and where the review stands.
    #[must_use]
    pub fn message(&self) -> String {
        let (what, stage) = match self {
            Self::ContextNotNeeded(stage) => ("no context is needed", *stage),
            Self::NliNotNeeded(stage) => ("no NLI value is needed", *stage),
            Self::NotDone(stage) => ("there is no score yet", *stage),
            Self::AlreadyRecorded => ("the score has been taken", ReviewStage::Recorded),
        };
        [what, ": the review is ", stage.name()].concat()
    }
}

impl fmt::Display for ReviewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for ReviewError {}

/// The review of one text: says what it needs, is given it, and ends with a score.
///
/// It holds copies of all it needs, so any number of reviews may be under way, and answers may come from
/// anywhere and at any time. Begun with [`CoherenceScorer::begin_review`](super::CoherenceScorer::begin_review).
///
/// ```
/// use interlock_core::score::{CoherenceScorer, ReviewStep};
/// let mut scorer = CoherenceScorer::default();
/// let mut review = scorer.begin_review("What colour is the sky?", "The sky is blue.");
/// assert!(matches!(review.step(), ReviewStep::NeedContext { .. }));
/// review.provide_context(Some("The sky is blue by day.")).unwrap();
/// assert!(matches!(review.step(), ReviewStep::NeedNli { .. }));
/// review.provide_nli(0.05).unwrap();
/// let ReviewStep::Done(score) = review.step() else { unreachable!() };
/// assert!(score.approved);
/// assert_eq!(scorer.record(&mut review), Ok(score));
/// ```
#[derive(Debug)]
pub struct Review {
    config: ScorerConfig,
    /// The prompt, a line feed, the text.
    query: String,
    prompt_len: usize,
    partial: bool,
    stage: ReviewStage,
    premise: String,
    /// Of the score, what is known so far.
    score: CoherenceScore,
}

impl Review {
    /// The review of a finished text that belongs to no scorer.
    #[cfg(feature = "published")]
    pub(crate) fn begin(config: ScorerConfig, prompt: &str, text: &str) -> Self {
        Self::new(config, prompt, text, false)
    }

    pub(super) fn new(config: ScorerConfig, prompt: &str, text: &str, partial: bool) -> Self {
        Self {
            config,
            query: joined(&[prompt, "\n", text]),
            prompt_len: prompt.len(),
            partial,
            stage: ReviewStage::Context,
            premise: String::new(),
            score: CoherenceScore::new(0.0, 0.0, 0.0, false),
        }
    }

    /// The prompt.
    #[must_use]
    pub fn prompt(&self) -> &str {
        self.query.get(..self.prompt_len).unwrap_or_default()
    }

    /// The text under review.
    #[must_use]
    pub fn text(&self) -> &str {
        self.query.get(self.prompt_len.saturating_add(1)..).unwrap_or_default()
    }

    /// Whether the text may still grow.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Where the review stands.
    #[must_use]
    pub fn stage(&self) -> ReviewStage {
        self.stage
    }

    /// What is needed next. Asking changes nothing.
    #[must_use]
    pub fn step(&self) -> ReviewStep<'_> {
        match self.stage {
            ReviewStage::Context => ReviewStep::NeedContext { query: &self.query },
            ReviewStage::Nli => {
                ReviewStep::NeedNli { premise: &self.premise, hypothesis: self.text(), partial: self.partial }
            }
            ReviewStage::Done | ReviewStage::Recorded => ReviewStep::Done(self.score),
        }
    }

    /// Answers what is known; `None` or an empty text if nothing is.
    ///
    /// # Errors
    /// [`ReviewError::ContextNotNeeded`] unless the context was asked for.
    pub fn provide_context(&mut self, context: Option<&str>) -> Result<(), ReviewError> {
        if self.stage != ReviewStage::Context {
            return Err(ReviewError::ContextNotNeeded(self.stage));
        }
        let context = context.unwrap_or_default();
        self.score.h_factual = factual::divergence(&mut Judge::new(self.prompt(), context), self.text(), self.partial);
        self.premise = premise_of(self.prompt(), context);
        self.stage = ReviewStage::Nli;
        Ok(())
    }

    /// Answers how likely the text contradicts the premise, in [0, 1]. A number that is not finite counts as
    /// 0.5, one out of range as the nearest in it.
    ///
    /// # Errors
    /// [`ReviewError::NliNotNeeded`] unless the value was asked for.
    pub fn provide_nli(&mut self, contradiction: f64) -> Result<(), ReviewError> {
        if self.stage != ReviewStage::Nli {
            return Err(ReviewError::NliNotNeeded(self.stage));
        }
        self.score = self.config.score(contradiction, self.score.h_factual);
        self.stage = ReviewStage::Done;
        Ok(())
    }

    /// Hands the score to a scorer, once.
    pub(super) fn take(&mut self) -> Result<CoherenceScore, ReviewError> {
        match self.stage {
            ReviewStage::Done => {
                self.stage = ReviewStage::Recorded;
                Ok(self.score)
            }
            ReviewStage::Recorded => Err(ReviewError::AlreadyRecorded),
            stage => Err(ReviewError::NotDone(stage)),
        }
    }
}

/// The prompt, then, on lines of its own, the context if there is one.
pub(super) fn premise_of(prompt: &str, context: &str) -> String {
    joined(&[prompt, if context.is_empty() { "" } else { "\n" }, context])
}
