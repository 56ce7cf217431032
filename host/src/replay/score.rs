//! The suite `score`: the coherence scorer, its knowledge, and lexical signals.

use interlock_core::score::signals::{ClaimDivergence, ClaimVerdict, InjectionSettings};
use interlock_core::score::{CoherenceScore, ScorerConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::{Answer, Backend, Refused};
use super::halt::Changes;
use super::score_backend::{Index, Known, Scorer, Step};
use super::text::{self, Bits, BitsList};

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// A scorer and the texts it reviews.
    Scorer {
        /// The five fields that a scorer reads.
        config: Changes,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        facts: Vec<(String, String)>,
        /// In place of facts: documents ranked by BM25.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        documents: Vec<(String, String)>,
        steps: Vec<ScorerStep>,
    },
    /// Every signal of two texts.
    Signals {
        a: String,
        b: String,
    },
    /// Facts in memory and queries.
    Memory {
        facts: Vec<(String, String)>,
        queries: Vec<String>,
    },
    /// An index of documents and what is done to it.
    Index {
        k1: Bits,
        b: Bits,
        context_size: u32,
        steps: Vec<IndexStep>,
    },
    /// The fall of a line through values.
    Trend {
        values: BitsList,
    },
    Softmax {
        values: BitsList,
        cols: u32,
    },
    Divergence {
        probs: BitsList,
        cols: u32,
        contradiction: u32,
        neutral: u32,
    },
    Confidence {
        probs: BitsList,
        cols: u32,
    },
    Bidirectional {
        claims: Vec<String>,
        intent: String,
        forward: BitsList,
        reverse: BitsList,
        baseline: Bits,
    },
    Injection {
        calibrated: BitsList,
        traceability: BitsList,
        entity_overlap: BitsList,
        sanitizer: Bits,
        /// Injection, drift and claim threshold, floor, weight of the sanitizer.
        settings: BitsList,
    },
}

/// Something done to a scorer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ScorerStep {
    /// Prompt and finished text.
    Review(String, String),
    /// Prompt and text so far.
    ReviewPartial(String, String),
    /// Prompt and text.
    Divergence(String, String),
    CoherenceThreshold(Bits),
    SoftLimit(Bits),
    /// Prompt and finished text of a review with answers from elsewhere.
    Begin(String, String),
    /// Prompt and text so far of one.
    BeginPartial(String, String),
    /// The answer what is known.
    Context(Option<String>),
    /// The answer how likely there is a contradiction.
    Nli(Bits),
    /// Takes the score.
    Record,
}

/// Something done to an index.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IndexStep {
    /// Id and text.
    Insert(String, String),
    Remove(String),
    /// A query and how many hits at most.
    Search(String, u32),
    Context(String),
}

/// What comes of an input.
pub(crate) fn run(backend: &dyn Backend, input: Input) -> Value {
    outcome(backend, input).unwrap_or_else(|refused| refusal(&refused))
}

fn refusal(Refused(error): &Refused) -> Value {
    json!({ "refused": error })
}

fn outcome(backend: &dyn Backend, input: Input) -> Answer<Value> {
    let list = |values: Vec<f64>| Value::from(values.into_iter().map(text::bits).collect::<Vec<_>>().join(" "));
    Ok(match input {
        Input::Scorer { config, facts, documents, steps } => {
            let known = if documents.is_empty() { Known::Facts(&facts) } else { Known::Documents(&documents) };
            let mut scorer = backend.scorer(&ScorerConfig::from(&config.config()), known)?;
            let mut done = Vec::new();
            for step in &steps {
                done.push(scorer_step(scorer.as_mut(), step).unwrap_or_else(|refused| refusal(&refused)));
            }
            json!({ "steps": done, "history": scorer.history()? })
        }
        Input::Signals { a, b } => signals(backend, &a, &b)?,
        Input::Memory { facts, queries } => {
            let mut memory = backend.memory()?;
            let mut replaced = Vec::new();
            for (key, value) in &facts {
                replaced.push(memory.insert(key, value)?);
            }
            let contexts = queries.iter().map(|query| memory.context(query)).collect::<Answer<Vec<_>>>()?;
            json!({ "replaced": replaced, "size": memory.len()?, "contexts": contexts })
        }
        Input::Index { k1, b, context_size, steps } => {
            let mut index = backend.index()?;
            index.set_parameters(k1.0, b.0)?;
            index.set_context_size(context_size)?;
            let mut done = Vec::new();
            for step in &steps {
                done.push(index_step(index.as_mut(), step).unwrap_or_else(|refused| refusal(&refused)));
            }
            json!({ "steps": done, "size": index.len()? })
        }
        Input::Trend { values } => Value::from(text::bits(backend.signals()?.trend_drop(&values.0)?)),
        Input::Softmax { values, cols } => list(backend.signals()?.softmax(&values.0, cols)?),
        Input::Divergence { probs, cols, contradiction, neutral } => {
            list(backend.signals()?.probs_to_divergence(&probs.0, cols, contradiction, neutral)?)
        }
        Input::Confidence { probs, cols } => list(backend.signals()?.probs_to_confidence(&probs.0, cols)?),
        Input::Bidirectional { claims, intent, forward, reverse, baseline } => {
            let claims: Vec<_> = claims.iter().map(String::as_str).collect();
            let rows =
                backend.signals()?.bidirectional_divergence(&claims, &intent, &forward.0, &reverse.0, baseline.0)?;
            let row = |row: ClaimDivergence| list(vec![row.traceability, row.entity_overlap, row.calibrated]);
            rows.into_iter().map(row).collect()
        }
        Input::Injection { calibrated, traceability, entity_overlap, sanitizer, settings } => {
            let columns = calibrated.0.iter().zip(&traceability.0).zip(&entity_overlap.0);
            let claims: Vec<_> = columns
                .map(|((calibrated, traceability), entity_overlap)| ClaimDivergence {
                    traceability: *traceability,
                    entity_overlap: *entity_overlap,
                    calibrated: *calibrated,
                })
                .collect();
            injection(backend, &claims, sanitizer.0, &settings.0)?
        }
    })
}

fn injection(backend: &dyn Backend, claims: &[ClaimDivergence], sanitizer: f64, settings: &[f64]) -> Answer<Value> {
    let [injection_threshold, drift_threshold, injection_claim_threshold, traceability_floor, stage1_weight] = settings
    else {
        return Err(Refused(String::from("five settings")));
    };
    let settings = InjectionSettings {
        injection_threshold: *injection_threshold,
        drift_threshold: *drift_threshold,
        injection_claim_threshold: *injection_claim_threshold,
        traceability_floor: *traceability_floor,
        stage1_weight: *stage1_weight,
    };
    let report = backend.signals()?.judge_injection(claims, sanitizer, &settings)?;
    let claims: Vec<_> = report
        .claims
        .iter()
        .map(|claim| {
            let verdict = match claim.verdict {
                ClaimVerdict::Grounded => "grounded",
                ClaimVerdict::Drifted => "drifted",
                ClaimVerdict::Injected => "injected",
            };
            format!("{verdict} {}", text::bits(claim.confidence))
        })
        .collect();
    let [risk, combined] = [report.risk, report.combined].map(text::bits);
    Ok(json!({ "claims": claims, "risk": risk, "combined": combined, "detected": report.detected }))
}

fn scorer_step(scorer: &mut dyn Scorer, step: &ScorerStep) -> Answer<Value> {
    match step {
        ScorerStep::Review(prompt, text) => return Ok(json!(score(&scorer.review(prompt, text, false)?))),
        ScorerStep::ReviewPartial(prompt, text) => return Ok(json!(score(&scorer.review(prompt, text, true)?))),
        ScorerStep::Divergence(prompt, text) => return Ok(json!(text::bits(scorer.divergence(prompt, text)?))),
        ScorerStep::CoherenceThreshold(threshold) => {
            scorer.set_coherence_threshold(threshold.0)?;
            return Ok(Value::Null);
        }
        ScorerStep::SoftLimit(limit) => {
            scorer.set_soft_limit(limit.0)?;
            return Ok(Value::Null);
        }
        ScorerStep::Record => return Ok(json!(score(&scorer.record()?))),
        ScorerStep::Begin(prompt, text) => scorer.begin(prompt, text, false)?,
        ScorerStep::BeginPartial(prompt, text) => scorer.begin(prompt, text, true)?,
        ScorerStep::Context(context) => scorer.provide_context(context.as_deref())?,
        ScorerStep::Nli(contradiction) => scorer.provide_nli(contradiction.0)?,
    }
    Ok(match scorer.step()? {
        Step::Context(query) => json!(["context", query]),
        Step::Nli { premise, hypothesis, partial } => json!(["nli", premise, hypothesis, partial]),
        Step::Done(done) => json!(["done", score(&done)]),
    })
}

/// `score logical factual approved|refused warning|-`.
fn score(score: &CoherenceScore) -> String {
    let [a, b, c] = [score.score, score.h_logical, score.h_factual].map(text::bits);
    let approved = if score.approved { "approved" } else { "refused" };
    let warning = if score.warning { "warning" } else { "-" };
    format!("{a} {b} {c} {approved} {warning}")
}

fn index_step(index: &mut dyn Index, step: &IndexStep) -> Answer<Value> {
    Ok(match step {
        IndexStep::Insert(id, text) => json!(index.insert(id, text)?),
        IndexStep::Remove(id) => json!(index.remove(id)?),
        IndexStep::Search(query, most) => {
            index.search(query, *most)?.into_iter().map(|(id, score)| json!([id, text::bits(score)])).collect()
        }
        IndexStep::Context(query) => json!(index.context(query)?),
    })
}

fn signals(backend: &dyn Backend, a: &str, b: &str) -> Answer<Value> {
    let mut signals = backend.signals()?;
    let report = signals.sanitize(a)?;
    let findings: Vec<_> = report.findings.iter().map(|finding| finding.name()).collect();
    Ok(json!({
        "word_overlap": text::bits(signals.word_overlap(a, b)?),
        "entity_overlap": text::bits(signals.entity_overlap(a, b)?),
        "numerical_consistency": signals.numerical_consistency(a, b)?,
        "negation_flip": signals.negation_flip(a, b)?,
        "traceability": [text::bits(signals.traceability(a, b)?), text::bits(signals.traceability(b, a)?)],
        "lite_score": text::bits(signals.lite_score(a, b)?),
        "sanitizer": [text::bits(report.score), findings],
        "suspicious_unicode": signals.has_suspicious_unicode(a)?,
    }))
}
