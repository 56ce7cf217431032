//! Scoring by the core itself.

use interlock_core::score::signals::{
    ClaimDivergence, InjectionReport, InjectionSettings, SanitizerReport, bidirectional_divergence, entity_overlap,
    has_suspicious_unicode, judge_injection, lite_score, negation_flip, numerical_consistency, probs_to_confidence,
    probs_to_divergence, sanitize, softmax, traceability, trend_drop, word_overlap,
};
use interlock_core::score::{
    Bm25, CoherenceScore, CoherenceScorer, InMemoryKnowledge, InputError, Knowledge, LexicalNli, Review, ReviewError,
    ReviewStep, ScorerConfig,
};

use super::backend::{Answer, Refused};
use super::native::Native;
use super::score_backend::{Index, Known, Memory, Scorer, Scoring, Signals, Step};

impl From<InputError> for Refused {
    fn from(_: InputError) -> Self {
        Self(String::from("input"))
    }
}

impl From<ReviewError> for Refused {
    fn from(_: ReviewError) -> Self {
        Self(String::from("review"))
    }
}

impl Scoring for Native {
    fn scorer(&self, config: &ScorerConfig, known: Known<'_>) -> Answer<Box<dyn Scorer>> {
        config.validate().map_err(|error| Refused(format!("config {}", error.what)))?;
        Ok(match known {
            Known::Facts(facts) => {
                let facts = facts.iter().map(|(key, value)| (key, value)).collect::<InMemoryKnowledge>();
                Box::new(Reviewing::new(CoherenceScorer::new(*config, LexicalNli::new(), facts)?))
            }
            Known::Documents(documents) => {
                let mut index = Bm25::new();
                for (id, text) in documents {
                    index.insert(id, text);
                }
                Box::new(Reviewing::new(CoherenceScorer::new(*config, LexicalNli::new(), index)?))
            }
        })
    }

    fn memory(&self) -> Answer<Box<dyn Memory>> {
        Ok(Box::new(InMemoryKnowledge::new()))
    }

    fn index(&self) -> Answer<Box<dyn Index>> {
        Ok(Box::new(Bm25::new()))
    }

    fn signals(&self) -> Answer<Box<dyn Signals>> {
        Ok(Box::new(Self))
    }
}

/// A scorer and its review.
struct Reviewing<K> {
    scorer: CoherenceScorer<LexicalNli, K>,
    review: Option<Review>,
}

impl<K> Reviewing<K> {
    const fn new(scorer: CoherenceScorer<LexicalNli, K>) -> Self {
        Self { scorer, review: None }
    }

    fn current(&mut self) -> Answer<&mut Review> {
        self.review.as_mut().ok_or_else(|| Refused(String::from("review")))
    }
}

impl<K: Knowledge> Scorer for Reviewing<K> {
    fn review(&mut self, prompt: &str, text: &str, partial: bool) -> Answer<CoherenceScore> {
        Ok(if partial { self.scorer.review_partial(prompt, text) } else { self.scorer.review(prompt, text) })
    }

    fn divergence(&mut self, prompt: &str, text: &str) -> Answer<f64> {
        Ok(self.scorer.compute_divergence(prompt, text))
    }

    fn set_coherence_threshold(&mut self, threshold: f64) -> Answer<()> {
        Ok(self.scorer.set_coherence_threshold(threshold)?)
    }

    fn set_soft_limit(&mut self, limit: f64) -> Answer<()> {
        Ok(self.scorer.set_soft_limit(limit)?)
    }

    fn history(&mut self) -> Answer<Vec<String>> {
        Ok(self.scorer.history().map(String::from).collect())
    }

    fn begin(&mut self, prompt: &str, text: &str, partial: bool) -> Answer<()> {
        self.review = Some(if partial {
            self.scorer.begin_partial_review(prompt, text)
        } else {
            self.scorer.begin_review(prompt, text)
        });
        Ok(())
    }

    fn step(&mut self) -> Answer<Step> {
        Ok(match self.current()?.step() {
            ReviewStep::NeedContext { query } => Step::Context(String::from(query)),
            ReviewStep::NeedNli { premise, hypothesis, partial } => {
                Step::Nli { premise: String::from(premise), hypothesis: String::from(hypothesis), partial }
            }
            ReviewStep::Done(score) => Step::Done(score),
        })
    }

    fn provide_context(&mut self, context: Option<&str>) -> Answer<()> {
        Ok(self.current()?.provide_context(context)?)
    }

    fn provide_nli(&mut self, contradiction: f64) -> Answer<()> {
        Ok(self.current()?.provide_nli(contradiction)?)
    }

    fn record(&mut self) -> Answer<CoherenceScore> {
        let mut review = self.review.take().ok_or_else(|| Refused(String::from("review")))?;
        Ok(self.scorer.record(&mut review)?)
    }
}

impl Memory for InMemoryKnowledge {
    fn insert(&mut self, key: &str, value: &str) -> Answer<bool> {
        Ok(Self::insert(self, key, value))
    }

    fn len(&mut self) -> Answer<u32> {
        Ok(Self::len(self))
    }

    fn context(&mut self, query: &str) -> Answer<Option<String>> {
        Ok(Knowledge::context(self, query))
    }
}

impl Index for Bm25 {
    fn set_parameters(&mut self, k1: f64, b: f64) -> Answer<()> {
        Ok(Self::set_parameters(self, k1, b)?)
    }

    fn set_context_size(&mut self, documents: u32) -> Answer<()> {
        Ok(Self::set_context_size(self, documents)?)
    }

    fn insert(&mut self, id: &str, text: &str) -> Answer<bool> {
        Ok(Self::insert(self, id, text))
    }

    fn remove(&mut self, id: &str) -> Answer<bool> {
        Ok(Self::remove(self, id))
    }

    fn len(&mut self) -> Answer<u32> {
        Ok(Self::len(self))
    }

    fn search(&mut self, query: &str, most: u32) -> Answer<Vec<(String, f64)>> {
        Ok(Self::search(self, query, most).into_iter().map(|hit| (String::from(hit.id), hit.score)).collect())
    }

    fn context(&mut self, query: &str) -> Answer<Option<String>> {
        Ok(Knowledge::context(self, query))
    }
}

impl Signals for Native {
    fn word_overlap(&mut self, a: &str, b: &str) -> Answer<f64> {
        Ok(word_overlap(a, b))
    }

    fn entity_overlap(&mut self, a: &str, b: &str) -> Answer<f64> {
        Ok(entity_overlap(a, b))
    }

    fn numerical_consistency(&mut self, a: &str, b: &str) -> Answer<Option<bool>> {
        Ok(numerical_consistency(a, b))
    }

    fn negation_flip(&mut self, claim: &str, source: &str) -> Answer<bool> {
        Ok(negation_flip(claim, source))
    }

    fn traceability(&mut self, claim: &str, source: &str) -> Answer<f64> {
        Ok(traceability(claim, source))
    }

    fn lite_score(&mut self, premise: &str, hypothesis: &str) -> Answer<f64> {
        Ok(lite_score(premise, hypothesis))
    }

    fn sanitize(&mut self, text: &str) -> Answer<SanitizerReport> {
        Ok(sanitize(text))
    }

    fn has_suspicious_unicode(&mut self, text: &str) -> Answer<bool> {
        Ok(has_suspicious_unicode(text))
    }

    fn trend_drop(&mut self, values: &[f64]) -> Answer<f64> {
        Ok(trend_drop(values)?)
    }

    fn softmax(&mut self, values: &[f64], cols: u32) -> Answer<Vec<f64>> {
        Ok(softmax(values, cols)?)
    }

    fn probs_to_divergence(&mut self, probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> Answer<Vec<f64>> {
        Ok(probs_to_divergence(probs, cols, contradiction, neutral)?)
    }

    fn probs_to_confidence(&mut self, probs: &[f64], cols: u32) -> Answer<Vec<f64>> {
        Ok(probs_to_confidence(probs, cols)?)
    }

    fn bidirectional_divergence(
        &mut self,
        claims: &[&str],
        intent: &str,
        forward: &[f64],
        reverse: &[f64],
        baseline: f64,
    ) -> Answer<Vec<ClaimDivergence>> {
        Ok(bidirectional_divergence(claims, intent, forward, reverse, baseline)?)
    }

    fn judge_injection(
        &mut self,
        claims: &[ClaimDivergence],
        sanitizer: f64,
        settings: &InjectionSettings,
    ) -> Answer<InjectionReport> {
        let column = |part: fn(&ClaimDivergence) -> f64| claims.iter().map(part).collect::<Vec<_>>();
        let calibrated = column(|claim| claim.calibrated);
        let traceability = column(|claim| claim.traceability);
        let entity_overlap = column(|claim| claim.entity_overlap);
        Ok(judge_injection(&calibrated, &traceability, &entity_overlap, sanitizer, settings)?)
    }
}
