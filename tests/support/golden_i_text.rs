//! Checks the lexical signals, retrieval and scorer against a file in the format of `i_text.json`.
//!
//! A value that Interlock does not reproduce is by design only if the published behaviour, written down
//! once more in `published_text` and `published_sanitizer`, gives the value of the file, and a named rule
//! leads from there to what Interlock gave. Nothing is decided by a vector's name or position, so other
//! files of the format are judged as well.

use std::fmt::Debug;

use interlock_core::score::signals::{
    entity_overlap, has_suspicious_unicode, lite_score, negation_flip, numerical_consistency, sanitize, traceability,
    word_overlap,
};
use interlock_core::score::{Bm25, CoherenceScore, CoherenceScorer, InMemoryKnowledge, LexicalNli, Nli, ScorerConfig};
use serde_json::Value;

use super::golden_report::{GoldenReport, number};

#[path = "golden_i_claims.rs"]
mod claims;
#[path = "published_sanitizer.rs"]
mod published_sanitizer;
#[path = "published_text.rs"]
mod published_text;

use published_sanitizer::Rules;
use published_text::{self as published, LiteRules, Weights};

/// The name of the file.
pub(crate) const FILE: &str = "i_text.json";

const TOLERANCE: f64 = 1e-15;
const BM25_TOLERANCE: f64 = 1e-13;

const CONTRACTIONS: &str = "every contraction of \"not\" negates";
const POLARITY: &str = "texts of opposite polarity are the less alike the more words they share, contractions included";
const NO_NAMES: &str = "where neither text names anything, names have no part in the mean";
const BOUNDARIES: &str = "phrases are whole words, and a role label opens a line or a clause";
const ARTICLES: &str = "determiners may stand between \"ignore\" and \"previous\"";
const SENTENCES: &str = "a request to repeat ends with its sentence";
const HIDDEN: &str = "all format, private and unassigned characters are suspicious";
const MAGIC: &str = "no phrase buys a verdict";
const ECHO: &str = "repeating the prompt is no evidence";
const EVIDENCE: &str = "what is known is compared by content, not by overlap of words";
const WHOLE_WORDS: &str = "facts are matched by whole words";
const REPLACES: &str = "an id that is added again replaces its document";
const REFUSED: &str = "input that is not finite or out of bounds is refused";

/// Checks every section of the file; a section that is missing has no vectors.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (name, pair) in section(file, "pairs") {
        check_pair(&mut report, &name, pair);
    }
    check_bm25(&mut report, file.get("bm25"));
    for (name, vector) in section(file, "trend_drop") {
        claims::check_trend(&mut report, &name, vector);
    }
    for (name, vector) in section(file, "bidirectional_divergence") {
        claims::check_bidirectional(&mut report, &name, vector);
    }
    for (name, vector) in section(file, "injection") {
        claims::check_injection(&mut report, &name, vector);
    }
    for (name, vector) in section(file, "nli_helpers") {
        claims::check_probabilities(&mut report, &name, vector);
    }
    for (name, vector) in section(file, "scorer") {
        check_scorer(&mut report, &name, vector);
    }
    report
}

/// The vectors of a section with their names: `section/#position`.
fn section<'a>(file: &'a Value, key: &str) -> Vec<(String, &'a Value)> {
    let vectors = file.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    vectors.iter().enumerate().map(|(index, vector)| (format!("{key}/#{index}"), vector)).collect()
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn numbers(value: Option<&Value>) -> Option<Vec<f64>> {
    value?.as_array()?.iter().map(number).collect()
}

fn strings(value: Option<&Value>) -> Option<Vec<&str>> {
    value?.as_array()?.iter().map(Value::as_str).collect()
}

/// Whether a number of the file and ours agree; what they differ by is noted if they do.
fn same_number(report: &mut GoldenReport, expected: Option<&Value>, got: f64, tolerance: f64) -> bool {
    expected.and_then(number).is_some_and(|expected| report.agrees(expected, got, tolerance))
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE
}

/// Counts a number: it holds; or the published formula gives the file's number, a rule gives ours, and the
/// reason is that rule's.
fn judge_number(
    report: &mut GoldenReport,
    name: &str,
    expected: Option<&Value>,
    got: f64,
    published: f64,
    rule: Option<(f64, &str)>,
) {
    if same_number(report, expected, got, TOLERANCE) {
        return report.hold();
    }
    let reproduced = expected.and_then(number).is_some_and(|expected| close(expected, published));
    match rule {
        Some((corrected, reason)) if reproduced && close(corrected, got) => report.deviate(name, reason),
        _ => report.fail(name, "value", expected.unwrap_or(&Value::Null), got),
    }
}

/// The same for values that are equal or not.
fn judge_value<T: PartialEq + Debug>(
    report: &mut GoldenReport,
    name: &str,
    expected: Option<&T>,
    got: &T,
    published: &T,
    rule: Option<(&T, &str)>,
) {
    if expected == Some(got) {
        return report.hold();
    }
    match rule {
        Some((corrected, reason)) if expected == Some(published) && corrected == got => report.deviate(name, reason),
        _ => report.fail(name, "value", format!("{expected:?}"), format!("{got:?}")),
    }
}

fn check_pair(report: &mut GoldenReport, name: &str, pair: &Value) {
    let (Some(a), Some(b)) = (pair.get("a").and_then(Value::as_str), pair.get("b").and_then(Value::as_str)) else {
        return report.fail(name, "a, b", "two texts", pair);
    };
    let field = |key: &str| (format!("{name}/{key}"), pair.get(key));
    let (at, expected) = field("word_overlap");
    judge_number(report, &at, expected, word_overlap(a, b), published::word_overlap(a, b), None);
    let (at, expected) = field("entity_overlap");
    judge_number(report, &at, expected, entity_overlap(a, b), published::entity_overlap(a, b), None);
    let (at, expected) = field("numerical_consistency");
    let expected = expected.map(Value::as_bool);
    let published = published::numerical_consistency(a, b);
    judge_value(report, &at, expected.as_ref(), &numerical_consistency(a, b), &published, None);
    for (claim, source, key) in [(a, b, "claim_a_source_b"), (b, a, "claim_b_source_a")] {
        let (at, expected) = field(&format!("negation_flip_{key}"));
        let expected = expected.and_then(Value::as_bool);
        let [plain, ruled] = [false, true].map(|rule| published::negation_flip(claim, source, rule));
        let rule = Some((&ruled, CONTRACTIONS));
        judge_value(report, &at, expected.as_ref(), &negation_flip(claim, source), &plain, rule);
        let (at, expected) = field(&format!("traceability_{key}"));
        let [plain, ruled] = [false, true].map(|rule| published::traceability(claim, source, rule));
        judge_number(report, &at, expected, traceability(claim, source), plain, Some((ruled, CONTRACTIONS)));
    }
    for (premise, hypothesis, key) in [(a, b, "lite_score_premise_a"), (b, a, "lite_score_premise_b")] {
        let (at, expected) = field(key);
        let lite = |polarity, no_names| published::lite_score(premise, hypothesis, LiteRules { polarity, no_names });
        let reason = if close(lite(true, false), lite(false, false)) { NO_NAMES } else { POLARITY };
        let rule = Some((lite(true, true), reason));
        judge_number(report, &at, expected, lite_score(premise, hypothesis), lite(false, false), rule);
    }
    check_single(report, name, pair, a);
    check_built_in(report, name, pair, a, b);
}

/// The signals of one text.
fn check_single(report: &mut GoldenReport, name: &str, pair: &Value, a: &str) {
    let got = sanitize(a);
    let names: Vec<&str> = got.findings.iter().map(|finding| finding.name()).collect();
    let expected = (pair.get("sanitizer_score_a").and_then(number), strings(pair.get("sanitizer_names_a")));
    let is = |report: &mut GoldenReport, (score, names): &(f64, Vec<&str>)| {
        expected.0.is_some_and(|expected| report.agrees(expected, *score, TOLERANCE))
            && expected.1.as_ref() == Some(names)
    };
    let ours = (got.score, names);
    let at = format!("{name}/sanitizer_a");
    if is(report, &ours) {
        report.hold();
    } else {
        let readings = [false, true].map(|word_characters| Rules { word_characters, ..Rules::default() });
        let ruled = published_sanitizer::sanitize(a, Rules::ALL);
        let reproduced = readings.into_iter().find(|rules| is(report, &published_sanitizer::sanitize(a, *rules)));
        let reason = reproduced.filter(|_| close(ruled.0, ours.0) && ruled.1 == ours.1).map(|plain| {
            let with =
                |rules: Rules| published_sanitizer::sanitize(a, rules) != published_sanitizer::sanitize(a, plain);
            if with(Rules { articles: true, ..plain }) {
                ARTICLES
            } else if with(Rules { boundaries: true, ..plain }) {
                BOUNDARIES
            } else {
                SENTENCES
            }
        });
        match reason {
            Some(reason) => report.deviate(&at, reason),
            None => report.fail(&at, "findings", format!("{expected:?}"), format!("{ours:?}")),
        }
    }
    let at = format!("{name}/suspicious_unicode_a");
    let expected = pair.get("suspicious_unicode_a").and_then(Value::as_bool);
    let plain = published::has_suspicious_unicode(a, |_| false);
    // Which characters are unassigned depends on the version of Unicode. What is surely assigned and visible is
    // not counted here, so that no text of such characters alone can be explained.
    let visible = |c: char| c.is_alphanumeric() || c.is_ascii() || c.is_whitespace();
    let ruled = published::has_suspicious_unicode(a, |c| !visible(c));
    judge_value(report, &at, expected.as_ref(), &has_suspicious_unicode(a), &plain, Some((&ruled, HIDDEN)));
}

/// The built-in judge, knowledge and scorer.
fn check_built_in(report: &mut GoldenReport, name: &str, pair: &Value, a: &str, b: &str) {
    let at = format!("{name}/facts_matched_by_a_in_insertion_order");
    let expected: Option<Vec<String>> = strings(pair.get("facts_matched_by_a_in_insertion_order"))
        .map(|facts| facts.into_iter().map(String::from).collect());
    let [plain, ruled] = [false, true].map(|whole| published::facts_matched(a, whole));
    let got = InMemoryKnowledge::with_builtin_facts().matches(a);
    judge_value(report, &at, expected.as_ref(), &got, &plain, Some((&ruled, WHOLE_WORDS)));

    let nli = published::heuristic_nli(a, b);
    let lower = b.to_lowercase();
    let phrases = ["consistent with reality", "opposite is true", "depends on your perspective"];
    let reason = if phrases.iter().any(|phrase| lower.contains(phrase)) { MAGIC } else { ECHO };
    let at = format!("{name}/heuristic_nli_premise_a");
    let got = LexicalNli::new().contradiction(a, b);
    let rule = (got == 0.1 || got == 0.9).then_some((got, reason));
    judge_number(report, &at, pair.get("heuristic_nli_premise_a"), got, nli, rule);

    let Some(vector) = pair.get("review_prompt_a_action_b") else { return };
    let context = plain.join("; ");
    let h_factual = published::h_factual((!plain.is_empty()).then_some(context.as_str()), b);
    let config = ScorerConfig::default();
    let weights = weights(&config);
    let plain = published::review(weights, nli, h_factual);
    let knowledge = InMemoryKnowledge::with_builtin_facts();
    let Ok(mut scorer) = CoherenceScorer::new(config, LexicalNli::new(), knowledge) else {
        return report.fail(name, "config", "a configuration", "refused");
    };
    let divergence = scorer.compute_divergence(a, b);
    let got = as_review(scorer.review(a, b), divergence);
    check_review(report, &format!("{name}/review_prompt_a_action_b"), vector, weights, &got, &plain, reason);
}

fn weights(config: &ScorerConfig) -> Weights {
    Weights {
        threshold: config.coherence_threshold,
        soft_limit: config.soft_limit,
        logic: config.w_logic,
        fact: config.w_fact,
    }
}

fn as_review(score: CoherenceScore, divergence: f64) -> published::Review {
    published::Review {
        approved: score.approved,
        score: score.score,
        h_logical: score.h_logical,
        h_factual: score.h_factual,
        warning: score.warning,
        divergence,
    }
}

/// Counts a review. Whatever its two divergences are, the rest must follow from them by the published rule.
fn check_review(
    report: &mut GoldenReport,
    name: &str,
    vector: &Value,
    weights: Weights,
    got: &published::Review,
    plain: &published::Review,
    reason: &str,
) {
    let follows = published::review(weights, got.h_logical, got.h_factual);
    if !same_review(&follows, got) {
        return report.fail(name, "score", format!("{follows:?}"), format!("{got:?}"));
    }
    if is_review(vector, got) {
        for (key, got) in fields(got) {
            let _ = same_number(report, vector.get(key), got, TOLERANCE);
        }
        report.hold();
    } else if is_review(vector, plain) {
        let logical = !close(got.h_logical, plain.h_logical);
        report.deviate(name, if logical { reason } else { EVIDENCE });
    } else {
        report.fail(name, "review", vector, format!("{got:?}"));
    }
}

fn fields(review: &published::Review) -> [(&'static str, f64); 4] {
    [
        ("score", review.score),
        ("h_logical", review.h_logical),
        ("h_factual", review.h_factual),
        ("compute_divergence", review.divergence),
    ]
}

/// Whether a vector is a review.
fn is_review(vector: &Value, review: &published::Review) -> bool {
    let flag = |key: &str, value: bool| vector.get(key).and_then(Value::as_bool) == Some(value);
    let number = |(key, value): &(&str, f64)| vector.get(*key).and_then(number).is_some_and(|n| close(n, *value));
    flag("approved", review.approved) && flag("warning", review.warning) && fields(review).iter().all(number)
}

fn same_review(a: &published::Review, b: &published::Review) -> bool {
    a.approved == b.approved
        && a.warning == b.warning
        && close(a.score, b.score)
        && close(a.divergence, b.divergence)
        && close(a.h_logical, b.h_logical)
        && close(a.h_factual, b.h_factual)
}

fn check_bm25(report: &mut GoldenReport, section: Option<&Value>) {
    let Some(section) = section else { return };
    let corpus: Option<Vec<(String, String)>> = section.get("corpus").and_then(Value::as_array).and_then(|rows| {
        rows.iter().map(|row| Some((row.get(0)?.as_str()?.to_owned(), row.get(1)?.as_str()?.to_owned()))).collect()
    });
    let (Some(corpus), Some(queries)) = (corpus, section.get("queries").and_then(Value::as_array)) else {
        return report.fail("bm25", "corpus, queries", "documents and queries", section);
    };
    for (index, query) in queries.iter().enumerate() {
        let most = query.get("n_results").and_then(Value::as_u64).unwrap_or(0);
        let ranks = query.as_object().into_iter().flatten().filter(|(key, _)| key.starts_with("k1_"));
        for (key, expected) in ranks {
            let name = format!("bm25/#{index}/{key}");
            let parameters = key.strip_prefix("k1_").and_then(|rest| rest.split_once("_b_"));
            let parameters = parameters.and_then(|(k1, b)| Some((k1.parse::<f64>().ok()?, b.parse::<f64>().ok()?)));
            let rows = |value: &Value| -> Option<Vec<(String, f64)>> {
                let row = |row: &Value| Some((row.get(0)?.as_str()?.to_owned(), number(row.get(1)?)?));
                value.as_array()?.iter().map(row).collect()
            };
            let (Some((k1, b)), Some(expected)) = (parameters, rows(expected)) else {
                report.fail(&name, "results", "k1_…_b_…: ids with scores", expected);
                continue;
            };
            let mut bm25 = Bm25::new();
            if bm25.set_parameters(k1, b).is_err() {
                report.deviate(&name, REFUSED);
                continue;
            }
            for (id, text) in &corpus {
                bm25.insert(id, text);
            }
            let hits = bm25.search(text(query, "query"), u32::try_from(most).unwrap_or(u32::MAX));
            let got: Vec<(String, f64)> = hits.into_iter().map(|hit| (hit.id.to_owned(), hit.score)).collect();
            let mut ranked = |other: &[(String, f64)]| {
                expected.len() == other.len()
                    && expected.iter().zip(other).all(|(expected, other)| {
                        expected.0 == other.0 && report.agrees(expected.1, other.1, BM25_TOLERANCE)
                    })
            };
            if ranked(&got) {
                report.hold();
                continue;
            }
            let [plain, ruled] = [false, true].map(|replaces| {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                published::bm25(&corpus, text(query, "query"), k1, b, most, replaces)
            });
            let explained = ruled.len() == got.len()
                && ruled.iter().zip(&got).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() <= BM25_TOLERANCE);
            if ranked(&plain) && explained {
                report.deviate(&name, REPLACES);
            } else {
                report.fail(&name, "results", format!("{expected:?}"), format!("{got:?}"));
            }
        }
    }
}

fn check_scorer(report: &mut GoldenReport, name: &str, vector: &Value) {
    let Some(input) = vector.get("in") else { return report.fail(name, "in", "a review", vector) };
    let default = ScorerConfig::default();
    let setting = |key: &str| input.get("config_overrides").and_then(|config| config.get(key));
    let real = |key: &str, default: f64| setting(key).and_then(number).unwrap_or(default);
    let window = setting("history_window").map_or(Some(u64::from(default.history_window)), Value::as_u64);
    let Some(window) = window else { return report.fail(name, "history_window", "a count", input) };
    let config = ScorerConfig {
        coherence_threshold: real("coherence_threshold", default.coherence_threshold),
        soft_limit: real("soft_limit", default.soft_limit),
        w_logic: real("w_logic", default.w_logic),
        w_fact: real("w_fact", default.w_fact),
        history_window: u32::try_from(window).unwrap_or(u32::MAX),
    };
    let Some(nli) = input.get("nli").and_then(number) else { return report.fail(name, "nli", "a number", input) };
    let context = input.get("context").and_then(Value::as_str);
    let (prompt, action) = (text(input, "prompt"), text(input, "action"));
    let repeat = input.get("repeat").and_then(Value::as_u64).unwrap_or(1);
    let knowledge = |_: &str| context.map(String::from);
    let weights = weights(&config);
    let plain = published::review(weights, nli, published::h_factual(context, action));
    // The history grows with every approved review up to its window.
    let grows = |approved: bool| -> Vec<u64> {
        (1..=repeat).map(|count| if approved { count.min(window) } else { 0 }).collect()
    };
    let lengths: Option<Vec<u64>> = vector
        .get("history_len_after_each")
        .and_then(Value::as_array)
        .and_then(|lengths| lengths.iter().map(Value::as_u64).collect());
    if lengths.as_ref() != Some(&grows(plain.approved)) {
        return report.fail(
            name,
            "history_len_after_each",
            format!("{:?}", grows(plain.approved)),
            format!("{lengths:?}"),
        );
    }
    let mut scorer = match CoherenceScorer::new(config, move |_: &str, _: &str| nli, knowledge) {
        Ok(scorer) => scorer,
        Err(_) if is_review(vector, &plain) => return report.deviate(name, REFUSED),
        Err(error) => return report.fail(name, "config", "a scorer", error),
    };
    let divergence = scorer.compute_divergence(prompt, action);
    let mut ours = Vec::new();
    let mut got = plain;
    for _ in 0..repeat {
        got = as_review(scorer.review(prompt, action), divergence);
        ours.push(u64::from(scorer.history_len()));
    }
    if ours != grows(got.approved) {
        return report.fail(name, "history_len_after_each", format!("{:?}", grows(got.approved)), format!("{ours:?}"));
    }
    check_review(report, name, vector, weights, &got, &plain, EVIDENCE);
}
