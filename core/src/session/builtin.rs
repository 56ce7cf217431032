//! The built-in scorer, inside the session.

use alloc::string::String;
use alloc::vec::Vec;

use super::machine::Session;
use super::segment::{Progress, is_white_space, next_end};
use crate::halt::Observation;
use crate::policy::{Policy, PolicyError, SegmentPolicy, SegmentUnit};
use crate::score::{CoherenceScorer, InMemoryKnowledge, LexicalNli, ScorerConfig};

/// Scores segments with the coherence scorer and the policy's facts. What it judges is the sentence that
/// a segment belongs to, as far as it has come.
#[derive(Debug)]
pub(super) struct BuiltinScorer {
    scorer: CoherenceScorer,
    prompt: String,
    /// A sentence is cut when it reaches this many bytes, so that judging it stays bounded.
    sentences: SegmentPolicy,
    /// The sentence under way, by the channel's position.
    open: Vec<Sentence>,
}

#[derive(Debug, Default)]
struct Sentence {
    text: String,
    progress: Progress,
}

impl BuiltinScorer {
    pub(super) fn new(policy: &Policy) -> Result<Self, PolicyError> {
        let facts = policy.scorer.facts.iter().map(|fact| (fact.key.as_str(), fact.value.as_str()));
        let knowledge: InMemoryKnowledge = facts.collect();
        let scorer = CoherenceScorer::new(ScorerConfig::from(&policy.halt), LexicalNli::new(), knowledge)
            .map_err(|error| PolicyError::of_value(String::from("scorer"), error.value, error.bound))?;
        let sentences = match policy.segments.unit {
            SegmentUnit::Sentence => policy.segments,
            // The size of a segment is no size for a sentence.
            SegmentUnit::Delta | SegmentUnit::Bytes => {
                SegmentPolicy { unit: SegmentUnit::Sentence, ..SegmentPolicy::default() }
            }
        };
        Ok(Self { scorer, prompt: policy.scorer.prompt.clone(), sentences, open: Vec::new() })
    }

    /// Whether no sentence is under way.
    #[cfg(feature = "adopt")]
    pub(super) fn is_between_sentences(&self) -> bool {
        self.open.iter().all(|sentence| sentence.text.chars().all(is_white_space))
    }

    /// The score of a segment: the lowest of the sentences that end in it and of the one it leaves open.
    /// When the text `is_complete`, so is that one.
    fn score(&mut self, channel: usize, segment: &str, is_complete: bool) -> f64 {
        if self.open.len() <= channel {
            self.open.resize_with(channel.saturating_add(1), Sentence::default);
        }
        let Some(sentence) = self.open.get_mut(channel) else { return 0.0 };
        sentence.text.push_str(segment);
        let mut lowest: Option<f64> = None;
        let mut at = 0_usize;
        loop {
            let rest = sentence.text.get(at..).unwrap_or_default();
            let end = next_end(rest, &mut sentence.progress, self.sentences);
            let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if end.is_none() && lowest.is_some() && text.chars().all(is_white_space) {
                break;
            }
            let review = if end.is_some() || is_complete {
                self.scorer.review(&self.prompt, text)
            } else {
                self.scorer.review_partial(&self.prompt, text)
            };
            lowest = Some(lowest.map_or(review.score, |so_far| so_far.min(review.score)));
            let Some(end) = end else { break };
            at = at.saturating_add(end);
            sentence.progress = Progress::default();
        }
        sentence.text.drain(..at);
        lowest.unwrap_or(0.0)
    }
}

impl Session {
    /// Answers every segment that waits, where the policy says that the session scores itself.
    pub(super) fn score_builtin(&mut self) {
        if let Some(mut scorer) = self.scorer.take() {
            self.score_waiting(&mut scorer);
            self.scorer = Some(scorer);
        }
        if self.covenant.is_some() || self.has_due_halt() {
            // What is due has its turn also where nothing waits for a score.
            self.judge_answered();
        }
    }

    fn score_waiting(&mut self, scorer: &mut BuiltinScorer) {
        while self.ended.is_none() {
            // Those before have their scores, and wait for what is due before them.
            let Some(waiting) = self.waiting.get_mut(self.handed_out) else { break };
            let is_complete =
                self.channels.get(waiting.channel).is_some_and(|channel| channel.is_complete_at(waiting.end));
            let score = scorer.score(waiting.channel, &waiting.text, is_complete);
            waiting.answer = Some(Observation::score(score));
            self.handed_out = self.handed_out.saturating_add(1);
            self.judge_answered();
        }
    }
}
