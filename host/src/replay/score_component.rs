//! Scoring by the component in wasmtime.

use interlock_core::score::signals::{ClaimDivergence, InjectionReport, InjectionSettings, SanitizerReport};
use interlock_core::score::{CoherenceScore, ScorerConfig};
use interlock_host::embed::{Bm25, CoherenceScorer, HostError, InMemoryKnowledge, Instance, Review, ReviewStep};

use super::backend::{Answer, Refused};
use super::component::Wasmtime;
use super::score_backend::{Index, Known, Memory, Scorer, Scoring, Signals, Step};

/// A scorer's configuration is refused as one.
fn config(error: HostError) -> Refused {
    match error {
        HostError::Input(error) => Refused(format!("config {}", error.what)),
        other => other.into(),
    }
}

impl Scoring for Wasmtime {
    fn scorer(&self, settings: &ScorerConfig, known: Known<'_>) -> Answer<Box<dyn Scorer>> {
        let scorer = match known {
            Known::Facts([]) => self.interlock()?.coherence_scorer(settings),
            Known::Facts(pairs) => {
                let mut facts = self.interlock()?.in_memory_knowledge()?;
                for (key, value) in pairs {
                    facts.insert(key, value)?;
                }
                CoherenceScorer::with_facts(facts, settings)
            }
            Known::Documents(pairs) => {
                let mut documents = self.interlock()?.bm25()?;
                for (id, text) in pairs {
                    documents.insert(id, text)?;
                }
                CoherenceScorer::with_documents(documents, settings)
            }
        };
        Ok(Box::new(Reviewing { scorer: scorer.map_err(config)?, review: None }))
    }

    fn memory(&self) -> Answer<Box<dyn Memory>> {
        Ok(Box::new(self.interlock()?.in_memory_knowledge()?))
    }

    fn index(&self) -> Answer<Box<dyn Index>> {
        Ok(Box::new(self.interlock()?.bm25()?))
    }

    fn signals(&self) -> Answer<Box<dyn Signals>> {
        Ok(Box::new(self.interlock()?.instantiate()?))
    }
}

/// A scorer and its review.
struct Reviewing {
    scorer: CoherenceScorer,
    review: Option<Review>,
}

fn none() -> Refused {
    Refused(String::from("review"))
}

impl Scorer for Reviewing {
    fn review(&mut self, prompt: &str, text: &str, partial: bool) -> Answer<CoherenceScore> {
        let scorer = &mut self.scorer;
        Ok(if partial { scorer.review_partial(prompt, text) } else { scorer.review(prompt, text) }?)
    }

    fn divergence(&mut self, prompt: &str, text: &str) -> Answer<f64> {
        Ok(self.scorer.compute_divergence(prompt, text)?)
    }

    fn set_coherence_threshold(&mut self, threshold: f64) -> Answer<()> {
        Ok(self.scorer.set_coherence_threshold(threshold)?)
    }

    fn set_soft_limit(&mut self, limit: f64) -> Answer<()> {
        Ok(self.scorer.set_soft_limit(limit)?)
    }

    fn history(&mut self) -> Answer<Vec<String>> {
        Ok(self.scorer.history()?)
    }

    fn begin(&mut self, prompt: &str, text: &str, partial: bool) -> Answer<()> {
        if let Some(review) = self.review.take() {
            self.scorer.abandon(review)?;
        }
        let scorer = &mut self.scorer;
        let review =
            if partial { scorer.begin_partial_review(prompt, text) } else { scorer.begin_review(prompt, text) }?;
        self.review = Some(review);
        Ok(())
    }

    fn step(&mut self) -> Answer<Step> {
        let step = self.scorer.step(self.review.as_ref().ok_or_else(none)?)?;
        Ok(match step {
            ReviewStep::NeedContext { query } => Step::Context(query),
            ReviewStep::NeedNli { premise, hypothesis, partial } => Step::Nli { premise, hypothesis, partial },
            ReviewStep::Done(score) => Step::Done(score),
        })
    }

    fn provide_context(&mut self, context: Option<&str>) -> Answer<()> {
        Ok(self.scorer.provide_context(self.review.as_ref().ok_or_else(none)?, context)?)
    }

    fn provide_nli(&mut self, contradiction: f64) -> Answer<()> {
        Ok(self.scorer.provide_nli(self.review.as_ref().ok_or_else(none)?, contradiction)?)
    }

    fn record(&mut self) -> Answer<CoherenceScore> {
        let review = self.review.take().ok_or_else(none)?;
        let score = self.scorer.record(&review);
        self.scorer.abandon(review)?;
        Ok(score?)
    }
}

impl Memory for InMemoryKnowledge {
    fn insert(&mut self, key: &str, value: &str) -> Answer<bool> {
        Ok(Self::insert(self, key, value)?)
    }

    fn len(&mut self) -> Answer<u32> {
        Ok(Self::len(self)?)
    }

    fn context(&mut self, query: &str) -> Answer<Option<String>> {
        Ok(Self::context(self, query)?)
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
        Ok(Self::insert(self, id, text)?)
    }

    fn remove(&mut self, id: &str) -> Answer<bool> {
        Ok(Self::remove(self, id)?)
    }

    fn len(&mut self) -> Answer<u32> {
        Ok(Self::len(self)?)
    }

    fn search(&mut self, query: &str, most: u32) -> Answer<Vec<(String, f64)>> {
        Ok(Self::search(self, query, most)?.into_iter().map(|hit| (hit.id, hit.score)).collect())
    }

    fn context(&mut self, query: &str) -> Answer<Option<String>> {
        Ok(Self::context(self, query)?)
    }
}

impl Signals for Instance {
    fn word_overlap(&mut self, a: &str, b: &str) -> Answer<f64> {
        Ok(Self::word_overlap(self, a, b)?)
    }

    fn entity_overlap(&mut self, a: &str, b: &str) -> Answer<f64> {
        Ok(Self::entity_overlap(self, a, b)?)
    }

    fn numerical_consistency(&mut self, a: &str, b: &str) -> Answer<Option<bool>> {
        Ok(Self::numerical_consistency(self, a, b)?)
    }

    fn negation_flip(&mut self, claim: &str, source: &str) -> Answer<bool> {
        Ok(Self::negation_flip(self, claim, source)?)
    }

    fn traceability(&mut self, claim: &str, source: &str) -> Answer<f64> {
        Ok(Self::traceability(self, claim, source)?)
    }

    fn lite_score(&mut self, premise: &str, hypothesis: &str) -> Answer<f64> {
        Ok(Self::lite_score(self, premise, hypothesis)?)
    }

    fn sanitize(&mut self, text: &str) -> Answer<SanitizerReport> {
        Ok(Self::sanitize(self, text)?)
    }

    fn has_suspicious_unicode(&mut self, text: &str) -> Answer<bool> {
        Ok(Self::has_suspicious_unicode(self, text)?)
    }

    fn trend_drop(&mut self, values: &[f64]) -> Answer<f64> {
        Ok(Self::trend_drop(self, values)?)
    }

    fn softmax(&mut self, values: &[f64], cols: u32) -> Answer<Vec<f64>> {
        Ok(Self::softmax(self, values, cols)?)
    }

    fn probs_to_divergence(&mut self, probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> Answer<Vec<f64>> {
        Ok(Self::probs_to_divergence(self, probs, cols, contradiction, neutral)?)
    }

    fn probs_to_confidence(&mut self, probs: &[f64], cols: u32) -> Answer<Vec<f64>> {
        Ok(Self::probs_to_confidence(self, probs, cols)?)
    }

    fn bidirectional_divergence(
        &mut self,
        claims: &[&str],
        intent: &str,
        forward: &[f64],
        reverse: &[f64],
        baseline: f64,
    ) -> Answer<Vec<ClaimDivergence>> {
        Ok(Self::bidirectional_divergence(self, claims, intent, forward, reverse, baseline)?)
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
        Ok(Self::judge_injection(self, &calibrated, &traceability, &entity_overlap, sanitizer, settings)?)
    }
}
