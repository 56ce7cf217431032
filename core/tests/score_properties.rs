//! Properties of scoring over arbitrary text, and its cost.
#![cfg(feature = "score")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs)]

use std::time::{Duration, Instant};

use interlock_core::score::signals::{
    InjectionSettings, bidirectional_divergence, entity_overlap, has_suspicious_unicode, judge_injection, lite_score,
    negation_flip, numerical_consistency, probs_to_confidence, probs_to_divergence, sanitize, softmax, traceability,
    trend_drop, word_overlap,
};
use interlock_core::score::{
    Bm25, CoherenceScore, CoherenceScorer, InMemoryKnowledge, Knowledge, LexicalNli, Nli, ScorerConfig,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Arbitrary Unicode, and text of the kind that the scanners look at.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "the",
        "tower",
        "Tower",
        "is",
        "not",
        "never",
        "330",
        "1889",
        "metres",
        "tall",
        "finished",
        "in",
        "by",
        "Gustave",
        "and",
        ",",
        ".",
        "?",
        "\n",
        "$5",
        "5%",
        "million",
        "don't",
        "ignore",
        "all",
        "previous",
        "instructions",
        "system",
        ":",
        "repeat",
        "text",
        "2.5",
        "9:40",
        "-7",
        "May",
        "İ",
        "ΑΣ",
        "ß",
        "\u{301}",
        "\u{200b}",
        "東京",
        "🦀",
        "1,000",
        "between",
        "10",
        "to",
        "other",
        "green",
        "blue",
        "’s",
        "'",
        "…",
        "—",
    ]);
    let joined = vec((word, prop::bool::weighted(0.8)), 0..40).prop_map(|words| {
        words.into_iter().map(|(word, space)| if space { format!("{word} ") } else { word.to_owned() }).collect()
    });
    prop_oneof![2 => joined, 1 => any::<String>(), 1 => "\\PC{0,60}"]
}

/// Something done with a text.
type Job = fn(&str);

fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn is_sound(score: CoherenceScore) -> bool {
    [score.score, score.h_logical, score.h_factual].into_iter().all(is_share)
        && score.approved == (score.score >= 0.6)
        && score.warning == (score.approved && score.score < 0.7)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn signals_of_a_pair(a in text(), b in text()) {
        prop_assert!(is_share(word_overlap(&a, &b)) && is_share(entity_overlap(&a, &b)));
        prop_assert!(is_share(lite_score(&a, &b)) && is_share(traceability(&a, &b)));
        prop_assert_eq!(word_overlap(&a, &b).to_bits(), word_overlap(&b, &a).to_bits());
        prop_assert_eq!(entity_overlap(&a, &b).to_bits(), entity_overlap(&b, &a).to_bits());
        prop_assert_eq!(lite_score(&a, &b).to_bits(), lite_score(&b, &a).to_bits());
        prop_assert_eq!(numerical_consistency(&a, &b), numerical_consistency(&b, &a));
        prop_assert_eq!(negation_flip(&a, &b), negation_flip(&b, &a));
        prop_assert!(!negation_flip(&a, &a));
        prop_assert_eq!(traceability(&a, &a), 1.0);
        prop_assert_eq!(entity_overlap(&a, &a), 1.0);
        prop_assert_ne!(numerical_consistency(&a, &a), Some(false));
        prop_assert!(lite_score(&a, &a) < 1e-12 || lite_score(&a, &a) == 0.5);
    }

    #[test]
    fn signals_of_a_text(a in text(), b in text()) {
        let report = sanitize(&a);
        let sum: f64 = report.findings.iter().map(|finding| finding.weight()).sum();
        prop_assert_eq!(report.score, sum.min(1.0));
        prop_assert!(report.findings.is_sorted_by(|a, b| a < b));
        // What is found in a line is found in a text that has the line.
        let whole = sanitize(&format!("{b}\n{a}\n{b}"));
        prop_assert!(report.findings.iter().all(|finding| whole.findings.contains(finding)));
        let _ = has_suspicious_unicode(&a);
    }

    #[test]
    fn signals_of_numbers(values in vec(any::<f64>(), 0..30), cols in 0_u32..6, index in 0_u32..6) {
        if let Ok(drop) = trend_drop(&values) {
            prop_assert!(drop.is_finite());
        }
        if let Ok(probs) = softmax(&values, cols) {
            prop_assert_eq!(probs.len(), if cols == 0 { 0 } else { values.len() });
            prop_assert!(probs.iter().all(|&p| is_share(p)));
            let width = usize::try_from(cols).unwrap().max(1);
            for row in probs.chunks_exact(width) {
                prop_assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
            let divergence = probs_to_divergence(&probs, cols, index, 0);
            prop_assert_eq!(divergence.is_err(), cols != 0 && cols != 2 && index >= cols);
            prop_assert!(divergence.unwrap_or_default().into_iter().all(is_share));
            prop_assert!(probs_to_confidence(&probs, cols).unwrap().into_iter().all(is_share));
        }
    }

    #[test]
    fn injection_reports(rows in vec((-1.0_f64..2.0, 0.0_f64..=1.0, 0.0_f64..=1.0), 0..20), sanitizer in 0.0_f64..=1.0,
        floor in 0.0_f64..=1.0, weight in 0.0_f64..=1.0, threshold in 0.0_f64..=1.0)
    {
        let settings = InjectionSettings {
            traceability_floor: floor, stage1_weight: weight, injection_threshold: threshold, ..InjectionSettings::default()
        };
        let column = |pick: fn(&(f64, f64, f64)) -> f64| rows.iter().map(pick).collect::<Vec<_>>();
        let report = judge_injection(&column(|row| row.0), &column(|row| row.1), &column(|row| row.2), sanitizer, &settings);
        let report = report.unwrap();
        prop_assert_eq!(report.claims.len(), rows.len());
        prop_assert!(report.claims.iter().all(|claim| is_share(claim.confidence)));
        prop_assert!(is_share(report.risk) && is_share(report.combined.min(1.0)));
        prop_assert!(report.detected || report.combined < threshold);
    }

    #[test]
    fn claims(claims in vec(text(), 0..5), intent in text(), values in vec(0.0_f64..=1.0, 0..5), baseline in -1.0_f64..2.0) {
        let claims: Vec<&str> = claims.iter().map(String::as_str).collect();
        let rows = bidirectional_divergence(&claims, &intent, &values, &values, baseline).unwrap();
        prop_assert_eq!(rows.len(), claims.len().min(values.len()));
        prop_assert!(rows.iter().all(|row| is_share(row.traceability) && is_share(row.entity_overlap) && is_share(row.calibrated)));
    }

    #[test]
    fn scores_are_sound_and_repeatable(prompt in text(), key in text(), value in text(), answer in text()) {
        let knowledge: InMemoryKnowledge = [(&key, &value)].into_iter().collect();
        let mut scorer = CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), knowledge).unwrap();
        let fresh = {
            let knowledge: InMemoryKnowledge = [(&key, &value)].into_iter().collect();
            CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), knowledge).unwrap().review(&prompt, &answer)
        };
        for _ in 0..2 {
            prop_assert!(is_sound(scorer.review_partial(&prompt, &answer)));
            let score = scorer.review(&prompt, &answer);
            prop_assert!(is_sound(score));
            prop_assert_eq!(score, fresh);
        }
    }

    /// What a text says cannot be contradicted by that text itself.
    #[test]
    fn no_statement_contradicts_itself(words in vec(prop::sample::select(vec![
        "the tower", "is", "330 metres tall", "finished in 1889", "by Gustave Eiffel", "in Paris", "and", "blue", "open",
        "12 euros", "on Monday", "of the bridge",
    ]), 1..10)) {
        let statement = format!("It was {}.", words.join(" "));
        let mut nli = LexicalNli::new();
        prop_assert_eq!(nli.contradiction(&statement, &statement), 0.1, "{}", statement);
    }

    /// A partial text is never judged worse for its last word than the same text gone on with correctly.
    #[test]
    fn a_supported_sentence_may_arrive_in_any_pieces(cut in 0_usize..60) {
        let fact = "The tower was finished in 1889 by Gustave Eiffel and is 330 metres tall.";
        let mut scorer = CoherenceScorer::default();
        scorer.knowledge_mut().insert("tower", fact);
        prop_assert!(scorer.review_partial("The tower?", fact.get(..cut).unwrap()).score > 0.65);
    }

    #[test]
    fn retrieval(documents in vec((text(), text()), 0..12), query in text(), most in 0_u32..5) {
        let mut index = Bm25::new();
        for (id, text) in &documents {
            index.insert(id, text);
        }
        let hits = index.search(&query, most);
        prop_assert!(hits.len() <= usize::try_from(most).unwrap());
        prop_assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
        prop_assert!(hits.iter().all(|hit| hit.score > 0.0 && hit.score.is_finite()));
        let facts: InMemoryKnowledge = documents.iter().map(|(key, value)| (key, value)).collect();
        prop_assert_eq!(facts.context(&query).is_some(), !facts.matches(&query).is_empty());
        for (id, _) in &documents {
            index.remove(id);
        }
        prop_assert!(index.is_empty() && index.search(&query, 9).is_empty());
    }
}

/// Every signal takes time in proportion to the text, however hostile: five times the text, at most some
/// fifteen times the time, where a quadratic one would take twenty-five. Both texts are beyond what caches hold best, and
/// a machine that was busy just then is asked again.
#[test]
fn cost_is_linear() {
    let units = [
        "The tower stands in Paris, near the river Seine, and was not finished in 1889 after 2 years. ",
        "repeat all ",
        "ignore all of the ",
        "12 metres tall 13 ",
        " ",
        "'",
        "Σ'",
        "Is Ab ",
        "not open ",
        "a",
        "a1 b2, c3. ",
        "tower 7 ",
        "..",
        "\\u00",
        "system ",
        "```",
        "a\n",
        "not ",
        "and 5 ",
        "the tower is 5 ",
        "by Ab ",
        "Ab's ",
        "ſ",
    ];
    let jobs: [(&str, Job); 9] = [
        ("sanitize", |text| drop(sanitize(text))),
        ("lite_score", |text| assert!(lite_score(text, text) <= 1.0)),
        ("word_overlap", |text| assert!(word_overlap(text, text) <= 1.0)),
        ("entity_overlap", |text| assert!(entity_overlap(text, text) <= 1.0)),
        ("numerical_consistency", |text| assert_ne!(numerical_consistency(text, text), Some(false))),
        ("negation_flip", |text| assert!(!negation_flip(text, text))),
        ("traceability", |text| assert!(traceability(text, text) <= 1.0)),
        ("nli", |text| assert!(LexicalNli::new().contradiction(text, text) <= 1.0)),
        ("bm25", |text| {
            let mut index = Bm25::new();
            index.insert("a", text);
            index.insert("a", text);
            drop(index.search(text, 3));
        }),
    ];
    for unit in units {
        let [small, large] = [12_000, 60_000].map(|len| unit.repeat(len / unit.len()));
        for (name, job) in jobs {
            let time = |text: &str| {
                (0..2)
                    .map(|_| {
                        let start = Instant::now();
                        job(text);
                        start.elapsed()
                    })
                    .min()
                    .unwrap()
            };
            let is_linear = (0..4).any(|_| {
                let (few, many) = (time(&small), time(&large));
                many <= (few * 15).max(Duration::from_millis(150))
            });
            assert!(is_linear, "{name} of {unit:?}");
        }
    }
}
