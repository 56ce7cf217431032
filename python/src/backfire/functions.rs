//! The module functions.

use interlock_core::published::functions::{self as published, Inner, Outer};
use interlock_core::score::signals::{self, ClaimVerdict, InjectionSettings};
use pyo3::prelude::*;

use crate::convert::{Integers, Pairs, Reals, Strings, refused};

/// From how many bytes or numbers on other threads may work meanwhile.
const LONG: usize = 1 << 14;

/// Works on so much without holding up the interpreter, where it is much.
fn work<R: Send>(py: Python<'_>, size: usize, work: impl Send + FnOnce() -> R) -> R {
    if size < LONG { work() } else { py.detach(work) }
}

/// A number of rows, columns or a place among them: beyond what fits, more than any list has.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Functions of two texts: the name, its parameters, what comes of it and how.
macro_rules! of_two_texts {
    ($($(#[doc = $doc:literal])+ $name:ident($a:ident, $b:ident) -> $result:ty: $function:path;)+) => {$(
        $(#[doc = $doc])+
        #[pyfunction]
        pub(super) fn $name(py: Python<'_>, $a: &str, $b: &str) -> $result {
            work(py, $a.len().saturating_add($b.len()), || $function($a, $b))
        }
    )+};
}

of_two_texts! {
    /// Logical divergence of a text from its prompt by their words, in [0, 1]; a few phrases decide by themselves.
    rust_heuristic_logical_divergence(text_output, prompt) -> f64: published::logical_divergence;
    /// Factual divergence of a text from its context by their words, polarity and names, in [0, 1].
    rust_heuristic_factual_divergence(context, text_output) -> f64: published::factual_divergence;
    /// How far two texts are from saying the same by words, length, names and polarity, in [0, 1].
    rust_lite_score(premise, hypothesis) -> f64: published::lite_score;
    /// Shared words over all words of two texts, in [0, 1]; 0 where either has none.
    rust_word_overlap(text_a, text_b) -> f64: signals::word_overlap;
    /// Shared names over all names of two texts, in [0, 1]; 1 where neither names anything.
    rust_entity_overlap(text_a, text_b) -> f64: signals::entity_overlap;
    /// Whether two texts have a number in common; None where either has none.
    rust_numerical_consistency(text_a, text_b) -> Option<bool>: signals::numerical_consistency;
    /// Whether exactly one of two texts has a negation, and they share three words or more besides.
    rust_negation_flip(claim, source) -> bool: published::negation_flip;
    /// Share of the claim's content words that the source has, in [0, 1]; 1 where it has none.
    rust_traceability(claim, source) -> f64: published::traceability;
}

/// rust_lite_score of each (premise, hypothesis) pair.
#[pyfunction]
pub(super) fn rust_lite_score_batch(py: Python<'_>, pairs: Pairs) -> Vec<f64> {
    py.detach(|| pairs.0.iter().map(|(premise, hypothesis)| published::lite_score(premise, hypothesis)).collect())
}

/// Whether more than 15 % of a text's characters are ones that do not show.
#[pyfunction]
pub(super) fn rust_has_suspicious_unicode(py: Python<'_>, text: &str) -> bool {
    work(py, text.len(), || published::has_suspicious_unicode(text))
}

/// The sentences of a text. Abbreviations such as "Dr." do not end one.
#[pyfunction]
pub(super) fn rust_split_sentences(py: Python<'_>, text: &str) -> Vec<String> {
    work(py, text.len(), || published::split_sentences(text))
}

/// Neighbouring sentences joined, as many as fit into a budget of tokens of four bytes; chunks share sentences.
///
/// overlap_ratio: the share of a chunk that the next one has, too. With 0 it is the last sentence.
#[pyfunction]
pub(super) fn rust_build_chunks(
    py: Python<'_>,
    sentences: Strings,
    budget: usize,
    overlap_ratio: f64,
) -> PyResult<Vec<String>> {
    let sentences: Vec<&str> = sentences.0.iter().map(|sentence| &**sentence).collect();
    let budget = u64::try_from(budget).unwrap_or(u64::MAX);
    py.detach(|| published::build_chunks(&sentences, budget, overlap_ratio)).map_err(refused)
}

/// One divergence of n_prem rows of n_hyp scores: (that of all, those of the hypotheses).
///
/// inner_agg: what becomes of the scores of a hypothesis: "max", "min" or "mean".
/// outer_agg: what becomes of those of all: "max", "trimmed_mean" (without the largest quarter) or "mean".
#[pyfunction]
pub(super) fn rust_aggregate_chunk_scores(
    py: Python<'_>,
    flat_scores: Reals,
    n_prem: usize,
    n_hyp: usize,
    inner_agg: &str,
    outer_agg: &str,
) -> PyResult<(f64, Vec<f64>)> {
    let (Reals(scores), inner, outer) = (flat_scores, Inner::named(inner_agg), Outer::named(outer_agg));
    work(py, scores.len(), || published::aggregate_chunks(&scores, count(n_prem), count(n_hyp), inner, outer))
        .map_err(refused)
}

/// As rust_aggregate_chunk_scores, where each hypothesis counts by the mean of its confidences.
#[pyfunction]
pub(super) fn rust_aggregate_chunk_scores_confidence_weighted(
    py: Python<'_>,
    flat_scores: Reals,
    flat_confidences: Reals,
    n_prem: usize,
    n_hyp: usize,
    inner_agg: &str,
) -> PyResult<(f64, Vec<f64>)> {
    let (Reals(scores), Reals(confidences), inner) = (flat_scores, flat_confidences, Inner::named(inner_agg));
    work(py, scores.len(), || {
        published::aggregate_chunks_by_confidence(&scores, &confidences, count(n_prem), count(n_hyp), inner)
    })
    .map_err(refused)
}

/// The claims whose divergence is below a threshold: (their share of all, how many).
#[pyfunction]
pub(super) fn rust_coverage_from_divergences(divergences: Reals, support_threshold: f64) -> PyResult<(f64, u32)> {
    let coverage = published::coverage(&divergences.0, support_threshold).map_err(refused)?;
    Ok((coverage.share, coverage.supported))
}

/// The source nearest to each claim, of n_claims rows of n_src divergences: (the divergences, the sources' places).
#[pyfunction]
pub(super) fn rust_reduce_claim_attribution(
    flat_divergences: Reals,
    n_claims: usize,
    n_src: usize,
) -> PyResult<(Vec<f64>, Vec<u32>)> {
    let found = published::attribute_claims(&flat_divergences.0, count(n_claims), count(n_src)).map_err(refused)?;
    Ok(found.into_iter().map(|best| (best.divergence, best.source)).unzip())
}

/// How far the line through some values falls from the first to the last: positive means falling.
#[pyfunction]
pub(super) fn rust_trend_drop(values: Reals) -> PyResult<f64> {
    signals::trend_drop(&values.0).map_err(refused)
}

/// Softmax of each row of so many columns; numbers after the last whole row come back as 0.
#[pyfunction]
pub(super) fn rust_softmax(py: Python<'_>, logits: Reals, cols: usize) -> PyResult<Vec<f64>> {
    let Reals(logits) = logits;
    work(py, logits.len(), || signals::softmax(&logits, count(cols))).map_err(refused)
}

/// Divergence of each row of class probabilities: contradiction plus half of neutral; of two columns 1 less the second.
#[pyfunction]
pub(super) fn rust_probs_to_divergence(
    probs: Reals,
    cols: usize,
    contradiction_idx: usize,
    neutral_idx: usize,
) -> PyResult<Vec<f64>> {
    published::probs_to_divergence(&probs.0, count(cols), count(contradiction_idx), count(neutral_idx)).map_err(refused)
}

/// How decided each row of class probabilities is: 1 (one class has it all) down to 0 (all alike).
#[pyfunction]
pub(super) fn rust_probs_to_confidence(py: Python<'_>, probs: Reals, cols: usize) -> PyResult<Vec<f64>> {
    let Reals(probs) = probs;
    work(py, probs.len(), || published::probs_to_confidence(&probs, count(cols))).map_err(refused)
}

/// Divergence of claims from an intent, read in both directions: a (traceability, entity overlap, calibrated divergence)
/// tuple for each claim.
///
/// forward_scores, reverse_scores: divergences of each claim from the intent and of the intent from it.
/// baseline: the divergence that harmless claims have.
#[pyfunction]
pub(super) fn rust_bidirectional_divergence(
    py: Python<'_>,
    claims: Strings,
    intent: &str,
    forward_scores: Reals,
    reverse_scores: Reals,
    baseline: f64,
) -> PyResult<Vec<(f64, f64, f64)>> {
    let claims: Vec<&str> = claims.0.iter().map(|claim| &**claim).collect();
    let (Reals(forward), Reals(reverse)) = (forward_scores, reverse_scores);
    let rows = py
        .detach(|| published::bidirectional_divergence(&claims, intent, &forward, &reverse, baseline))
        .map_err(refused)?;
    Ok(rows.into_iter().map(|row| (row.traceability, row.entity_overlap, row.calibrated)).collect())
}

/// Verdicts on claims and on all of them: (list of (code, confidence), risk, combined score, whether it is an injection).
///
/// Codes: 0 grounded, 1 drifted, 2 injected.
/// calibrated_divs, traceabilities, entity_matches: what rust_bidirectional_divergence says of each claim.
/// sanitizer_score: the score of the whole text.
/// injection_threshold: combined score from which it is an injection.
/// drift_threshold: divergence from which a claim is not grounded.
/// injection_claim_threshold: divergence from which a claim that is hardly traced is injected.
/// traceability_floor: traceability below which every claim is injected.
/// stage1_weight: weight of the sanitizer's score in the combined one.
#[pyfunction]
#[pyo3(signature = (calibrated_divs, traceabilities, entity_matches, sanitizer_score, injection_threshold = 0.7,
    drift_threshold = 0.6, injection_claim_threshold = 0.75, traceability_floor = 0.15, stage1_weight = 0.3))]
pub(super) fn rust_injection_verdict(
    calibrated_divs: Reals,
    traceabilities: Reals,
    entity_matches: Reals,
    sanitizer_score: f64,
    injection_threshold: f64,
    drift_threshold: f64,
    injection_claim_threshold: f64,
    traceability_floor: f64,
    stage1_weight: f64,
) -> PyResult<(Vec<(u8, f64)>, f64, f64, bool)> {
    let settings = InjectionSettings {
        injection_threshold,
        drift_threshold,
        injection_claim_threshold,
        traceability_floor,
        stage1_weight,
    };
    let lists = (&calibrated_divs.0, &traceabilities.0, &entity_matches.0);
    let report = published::judge_injection(lists.0, lists.1, lists.2, sanitizer_score, &settings).map_err(refused)?;
    let verdicts = report.claims.iter().map(|claim| {
        let code = match claim.verdict {
            ClaimVerdict::Grounded => 0,
            ClaimVerdict::Drifted => 1,
            ClaimVerdict::Injected => 2,
        };
        (code, claim.confidence)
    });
    Ok((verdicts.collect(), report.risk, report.combined, report.detected))
}

/// The sum of some numbers, in their order.
#[pyfunction]
pub(super) fn rust_sum_f64(values: Reals) -> PyResult<f64> {
    published::sum(&values.0).map_err(refused)
}

/// The sum of some integers of 64 bits. Beyond those it goes on from the other end.
#[pyfunction]
pub(super) fn rust_sum_i64(values: Integers) -> i64 {
    published::sum_of_integers(&values.0)
}

/// The mean of some numbers.
#[pyfunction]
pub(super) fn rust_mean(values: Reals) -> PyResult<f64> {
    published::mean(&values.0).map_err(refused)
}

/// Puts all of them into the module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    macro_rules! add {
        ($($name:ident)+) => {{ $( module.add_function(wrap_pyfunction!($name, module)?)?; )+ }};
    }
    add! {
        rust_aggregate_chunk_scores
        rust_aggregate_chunk_scores_confidence_weighted
        rust_bidirectional_divergence
        rust_build_chunks
        rust_coverage_from_divergences
        rust_entity_overlap
        rust_has_suspicious_unicode
        rust_heuristic_factual_divergence
        rust_heuristic_logical_divergence
        rust_injection_verdict
        rust_lite_score
        rust_lite_score_batch
        rust_mean
        rust_negation_flip
        rust_numerical_consistency
        rust_probs_to_confidence
        rust_probs_to_divergence
        rust_reduce_claim_attribution
        rust_softmax
        rust_split_sentences
        rust_sum_f64
        rust_sum_i64
        rust_traceability
        rust_trend_drop
        rust_word_overlap
    }
    Ok(())
}
