//! The published wheel's module functions. That their numbers are the published ones is shown against that wheel, from
//! Python; here is what holds whatever comes.

#![cfg(feature = "published")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]

use interlock_core::published::functions as f;
use interlock_core::published::functions::{Inner, Outer};
use interlock_core::score::signals::{self, InjectionSettings};
use proptest::collection::vec;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,4}",
        "[A-Z][a-z]{0,3}",
        Just("not".into()),
        Just("Dr.".into()),
        Just("(e.g.".into()),
        Just("sky".into()),
        Just("end!".into()),
    ];
    vec(word, 0..12).prop_map(|words| words.join(" "))
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..=1.0, -1e6..1e6_f64]
}

#[test]
fn abbreviations_end_no_sentence() {
    let split = f::split_sentences("(Mr. X., U.S. and E.G. this.)  Is it? Yes!\u{2003}so etc.");
    assert_eq!(split, ["(Mr. X., U.S. and E.G. this.) Is it?", "Yes!", "so etc."]);
    assert!(f::split_sentences(" \n").is_empty());
}

#[test]
fn published_signals_keep_their_weaknesses() {
    assert!(!f::negation_flip("we don't ship to islands", "we ship to islands"));
    assert!(signals::negation_flip("we don't ship to islands", "we ship to islands"));
    let same = f::lite_score("not so", "not so");
    assert!((same - 0.1).abs() < 1e-15, "{same}");
    assert_eq!(f::factual_divergence("we go to Paris", "we go to Rome"), 0.65);
}

#[test]
fn what_is_no_number_is_refused_everywhere() {
    let settings = InjectionSettings::default();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let list = [0.5, bad];
        let good = [0.5, 0.5];
        assert!(f::aggregate_chunks(&list, 1, 2, Inner::Max, Outer::Max).is_err());
        assert!(f::aggregate_chunks_by_confidence(&list, &good, 1, 2, Inner::Max).is_err());
        assert!(f::aggregate_chunks_by_confidence(&good, &list, 1, 2, Inner::Max).is_err());
        assert!(f::coverage(&list, 0.5).is_err() && f::coverage(&good, bad).is_err());
        assert!(f::attribute_claims(&list, 1, 2).is_err());
        assert!(f::probs_to_divergence(&list, 2, 0, 0).is_err() && f::probs_to_confidence(&list, 2).is_err());
        assert!(f::build_chunks(&["a"], 5, bad).is_err());
        assert!(f::bidirectional_divergence(&["a", "b"], "a", &list, &good, 0.4).is_err());
        assert!(f::judge_injection(&list, &good, &good, 0.5, &settings).is_err());
        assert!(f::judge_injection(&good, &good, &good, bad, &settings).is_err());
        assert!(f::sum(&list).is_err() && f::mean(&list).is_err());
    }
}

#[test]
fn shapes_that_cannot_be_are_refused_at_once() {
    assert!(f::aggregate_chunks(&[0.5], 1, u32::MAX, Inner::Max, Outer::Max).is_err());
    assert!(f::aggregate_chunks_by_confidence(&[0.5; 3], &[0.5], 1, 3, Inner::Max).is_err());
    assert!(f::attribute_claims(&[0.5], u32::MAX, u32::MAX).is_err());
    assert!(f::attribute_claims(&[], 0, 1).is_err() && f::attribute_claims(&[], 1, 0).is_err());
    assert!(f::probs_to_divergence(&[0.5; 3], 3, 3, 0).is_err());
}

proptest! {
    #[test]
    fn scores_of_texts_are_shares(a in text(), b in text()) {
        for score in [
            f::logical_divergence(&a, &b),
            f::factual_divergence(&a, &b),
            f::lite_score(&a, &b),
            f::traceability(&a, &b),
        ] {
            prop_assert!((0.0..=1.0).contains(&score), "{score}");
        }
        prop_assert_eq!(f::lite_score(&a, &b), f::lite_score(&b, &a));
        prop_assert_eq!(f::negation_flip(&a, &b), f::negation_flip(&b, &a));
        prop_assert!(!f::negation_flip(&a, &a));
    }

    #[test]
    fn sentences_lose_no_word(text in text()) {
        let sentences = f::split_sentences(&text);
        let said: Vec<&str> = sentences.iter().flat_map(|sentence| sentence.split(' ')).collect();
        prop_assert_eq!(said, text.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn chunks_have_every_sentence_within_their_budget(
        sentences in vec("[a-c]{0,12}", 1..14),
        budget in 0_u64..30,
        ratio in 0.01..1.5_f64,
    ) {
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        let cost = |text: &str| text.split(' ').map(|sentence| sentence.len() as u64 / 4 + 1).sum::<u64>();
        let chunks = f::build_chunks(&sentences, budget, ratio).unwrap();
        prop_assert!(chunks.iter().all(|chunk| !chunk.contains(' ') || cost(chunk) <= budget));
        prop_assert!(sentences.iter().all(|sentence| chunks.iter().any(|chunk| chunk.split(' ').any(|s| s == *sentence))));
        // Without an overlap a chunk and the next share one sentence, and no more: all sentences and one for each seam.
        let chain = f::build_chunks(&sentences, budget, 0.0).unwrap();
        let count: usize = chain.iter().map(|chunk| chunk.split(' ').count()).sum();
        prop_assert_eq!(count, sentences.len() + chain.len() - 1);
    }

    #[test]
    fn aggregates_lie_among_their_scores(
        scores in vec(finite(), 1..40),
        rows in 1_u32..6,
        columns in 1_u32..9,
    ) {
        let (low, high) = scores.iter().fold((f64::MAX, f64::MIN), |(low, high), s| (low.min(*s), high.max(*s)));
        let within = |value: f64| value >= low - 1e-6 && value <= high + 1e-6;
        let confidences: Vec<f64> = scores.iter().map(|score| score.abs().min(1.0)).collect();
        for inner in ["max", "min", "mean"].map(Inner::named) {
            let outers = ["max", "trimmed_mean", "mean"].map(Outer::named);
            let found = outers.map(|outer| f::aggregate_chunks(&scores, rows, columns, inner, outer));
            let weighted = f::aggregate_chunks_by_confidence(&scores, &confidences, rows, columns, inner);
            for found in found.into_iter().chain([weighted]) {
                match found {
                    Ok((all, each)) => prop_assert!(within(all) && each.iter().all(|one| within(*one))),
                    Err(error) => prop_assert!(columns as usize > scores.len(), "{error}"),
                }
            }
        }
    }

    #[test]
    fn the_nearest_source_is_nearest(rows in vec([finite(), finite(), finite()], 1..9)) {
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let found = f::attribute_claims(&flat, u32::try_from(rows.len()).unwrap(), 3).unwrap();
        for (row, best) in rows.iter().zip(found) {
            prop_assert_eq!(row[best.source as usize], best.divergence);
            prop_assert!(row.iter().all(|divergence| *divergence >= best.divergence));
        }
    }

    #[test]
    fn every_number_is_taken_or_refused(values in vec(any::<f64>(), 0..12), cols in any::<u32>(), count in 0_u32..5) {
        let _ = f::probs_to_divergence(&values, cols, count, 1);
        let _ = f::probs_to_confidence(&values, count);
        let _ = f::aggregate_chunks(&values, cols, count, Inner::Mean, Outer::TrimmedMean);
        let _ = f::attribute_claims(&values, count, cols);
        let _ = f::coverage(&values, 0.5);
        let _ = f::judge_injection(&values, &values, &values, 0.5, &InjectionSettings::default());
    }
}
