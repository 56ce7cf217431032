//! The scorer, its configuration and its reviews.
#![cfg(feature = "score")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, missing_docs)]

use interlock_core::halt::HaltConfig;
use interlock_core::score::{
    CoherenceScore, CoherenceScorer, InMemoryKnowledge, LexicalNli, Nli, Review, ReviewError, ReviewStage, ReviewStep,
    ScorerConfig, clamp_score,
};

fn config() -> ScorerConfig {
    ScorerConfig::default()
}

#[test]
fn a_score_is_in_range_and_never_approved_without_a_number() {
    for (score, expected) in [(0.5, 0.5), (-1.0, 0.0), (7.0, 1.0), (-0.0, 0.0)] {
        let score = CoherenceScore::new(score, -1.0, 2.0, true);
        assert_eq!((score.score.to_bits(), score.approved), (f64::to_bits(expected), true));
        assert_eq!((score.h_logical, score.h_factual), (0.0, 1.0));
    }
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let score = CoherenceScore::new(score, f64::NAN, f64::NAN, true).with_soft_limit(1.0);
        assert_eq!((score.score, score.approved, score.warning), (0.0, false, false));
        assert_eq!((score.h_logical, score.h_factual), (0.0, 0.0));
    }
    let warned =
        |score: f64, approved, soft| CoherenceScore::new(score, 0.0, 0.0, approved).with_soft_limit(soft).warning;
    assert!(warned(0.65, true, 0.7));
    assert!(!warned(0.7, true, 0.7) && !warned(0.65, false, 0.7) && !warned(0.65, true, f64::NAN));
}

#[test]
fn clamping_gives_a_number_for_any_bounds() {
    assert_eq!(clamp_score(0.75, 0.0, 1.0), 0.75);
    assert_eq!(clamp_score(f64::NAN, 0.2, 0.8), 0.2);
    assert_eq!(clamp_score(f64::INFINITY, 0.2, 0.8), 0.8);
    assert_eq!(clamp_score(f64::NEG_INFINITY, 0.2, 0.8), 0.2);
    assert_eq!(clamp_score(-0.0, 0.0, 1.0).to_bits(), 0);
    for bounds in [(0.8, 0.2), (f64::NAN, 1.0), (0.0, f64::NAN), (f64::NAN, f64::NAN)] {
        for value in [0.5, f64::NAN, f64::INFINITY, -1.0] {
            assert!(!clamp_score(value, bounds.0, bounds.1).is_nan());
        }
    }
}

#[test]
fn a_configuration_is_checked_wherever_it_comes_in() {
    let refused = |config: ScorerConfig| CoherenceScorer::new(config, (), ()).unwrap_err();
    for (config, what, value) in [
        (ScorerConfig { coherence_threshold: 1.5, ..config() }, "coherence_threshold", 1.5),
        (ScorerConfig { soft_limit: -0.1, ..config() }, "soft_limit", -0.1),
        (ScorerConfig { w_logic: 5.0, w_fact: -4.0, ..config() }, "w_logic", 5.0),
        (ScorerConfig { w_logic: 0.5, w_fact: 0.3, ..config() }, "w_logic", 0.8),
        (ScorerConfig { history_window: 0, ..config() }, "history_window", 0.0),
    ] {
        let error = refused(config);
        assert_eq!((error.what, error.value, error.index), (what, value, None));
        assert!(error.to_string().starts_with(&format!("{what} is {value}, must be ")), "{error}");
    }
    for nan in [
        ScorerConfig { coherence_threshold: f64::NAN, ..config() },
        ScorerConfig { soft_limit: f64::NAN, ..config() },
        ScorerConfig { w_logic: f64::NAN, ..config() },
        ScorerConfig { w_fact: f64::NAN, ..config() },
    ] {
        assert!(refused(nan).value.is_nan());
    }
    assert!(CoherenceScorer::new(ScorerConfig { w_logic: 0.600_000_000_5, ..config() }, (), ()).is_ok());
    assert_eq!(ScorerConfig::from(&HaltConfig::default()), config());

    let mut scorer = CoherenceScorer::default();
    for wrong in [1.1, -0.1, f64::NAN, f64::INFINITY] {
        assert!(scorer.set_coherence_threshold(wrong).is_err() && scorer.set_soft_limit(wrong).is_err());
        assert_eq!(scorer.config(), &config(), "an error changes nothing");
    }
    scorer.set_coherence_threshold(0.8).unwrap();
    scorer.set_soft_limit(0.9).unwrap();
    assert!(!scorer.review("p", "q").approved);
}

/// A review with its answers.
fn answered(mut review: Review, context: Option<&str>, nli: f64) -> Review {
    review.provide_context(context).unwrap();
    review.provide_nli(nli).unwrap();
    review
}

#[test]
fn a_review_asks_for_what_it_needs() {
    let scorer = CoherenceScorer::default();
    let mut review = scorer.begin_partial_review("Is it?", "It is.");
    assert_eq!((review.prompt(), review.text(), review.is_partial()), ("Is it?", "It is.", true));
    assert_eq!(review.step(), ReviewStep::NeedContext { query: "Is it?\nIt is." });
    review.provide_context(Some("It is so.")).unwrap();
    let step = ReviewStep::NeedNli { premise: "Is it?\nIt is so.", hypothesis: "It is.", partial: true };
    assert_eq!(review.step(), step);
    review.provide_nli(0.1).unwrap();
    assert!(matches!(review.step(), ReviewStep::Done(_)));
    let mut review = scorer.begin_review("Is it?", "It is.");
    review.provide_context(None).unwrap();
    assert_eq!(review.step(), ReviewStep::NeedNli { premise: "Is it?", hypothesis: "It is.", partial: false });
}

#[test]
fn answers_in_the_wrong_order_change_nothing() {
    let mut scorer = CoherenceScorer::default();
    let mut review = scorer.begin_review("p", "q");
    assert_eq!(review.provide_nli(0.0), Err(ReviewError::NliNotNeeded(ReviewStage::Context)));
    assert_eq!(scorer.record(&mut review), Err(ReviewError::NotDone(ReviewStage::Context)));
    assert_eq!(review.stage(), ReviewStage::Context);
    review.provide_context(Some("fact")).unwrap();
    assert_eq!(review.provide_context(None), Err(ReviewError::ContextNotNeeded(ReviewStage::Nli)));
    assert_eq!(scorer.record(&mut review), Err(ReviewError::NotDone(ReviewStage::Nli)));
    review.provide_nli(0.0).unwrap();
    let ReviewStep::Done(score) = review.step() else { panic!() };
    assert_eq!(review.provide_nli(1.0), Err(ReviewError::NliNotNeeded(ReviewStage::Done)));
    assert_eq!(review.provide_context(None), Err(ReviewError::ContextNotNeeded(ReviewStage::Done)));
    assert_eq!(review.step(), ReviewStep::Done(score));
    assert_eq!(scorer.record(&mut review), Ok(score));
    assert_eq!(scorer.record(&mut review), Err(ReviewError::AlreadyRecorded));
    assert_eq!((review.step(), scorer.history_len()), (ReviewStep::Done(score), 1));
    let message = ReviewError::NotDone(ReviewStage::Nli).to_string();
    assert_eq!(message, "there is no score yet: the review is waiting for the NLI value");
}

#[test]
fn the_score_is_the_weighted_mean_of_both_divergences() {
    let scorer = CoherenceScorer::new(ScorerConfig { w_logic: 0.3, w_fact: 0.7, ..config() }, (), ()).unwrap();
    for (nli, h_logical) in [(0.25, 0.25), (-4.0, 0.0), (9.0, 1.0), (f64::NAN, 0.5), (f64::INFINITY, 0.5)] {
        let review = answered(scorer.begin_review("p", "q"), None, nli);
        let ReviewStep::Done(score) = review.step() else { panic!() };
        assert_eq!((score.h_logical, score.h_factual), (h_logical, 0.5));
        assert_eq!(score.score, 1.0 - (0.3 * h_logical + 0.7 * 0.5));
        assert_eq!(score.approved, score.score >= 0.6);
    }
}

#[test]
fn steps_and_calls_agree() {
    let facts = || -> InMemoryKnowledge { [("tower", "The tower is 330 metres tall.")].into_iter().collect() };
    for text in ["The tower is 330 metres tall.", "The tower is 331 metres tall.", "Well.", ""] {
        for partial in [false, true] {
            let mut whole = CoherenceScorer::new(config(), LexicalNli::new(), facts()).unwrap();
            let expected = if partial { whole.review_partial("tower?", text) } else { whole.review("tower?", text) };
            let begin = |text| {
                if partial { whole.begin_partial_review("tower?", text) } else { whole.begin_review("tower?", text) }
            };
            let mut review = begin(text);
            let context = "tower: The tower is 330 metres tall.";
            review.provide_context(Some(context)).unwrap();
            let ReviewStep::NeedNli { premise, hypothesis, partial } = review.step() else { panic!() };
            let nli = match partial {
                true => LexicalNli::new().contradiction_so_far(premise, hypothesis),
                false => LexicalNli::new().contradiction(premise, hypothesis),
            };
            review.provide_nli(nli).unwrap();
            assert_eq!(review.step(), ReviewStep::Done(expected), "{text}");
        }
    }
}

#[test]
fn reviews_may_overlap() {
    let mut scorer = CoherenceScorer::default();
    let mut reviews: Vec<Review> = (0..10).map(|n| scorer.begin_review("p", &format!("text {n}"))).collect();
    for review in reviews.iter_mut().rev() {
        *review = answered(scorer.begin_review("p", review.text()), None, 0.0);
        scorer.record(review).unwrap();
    }
    let history: Vec<&str> = scorer.history().collect();
    assert_eq!(history, ["text 4", "text 3", "text 2", "text 1", "text 0"]);
}

#[test]
fn the_history_keeps_the_newest_approved_texts() {
    let mut scorer = CoherenceScorer::new(
        ScorerConfig { history_window: 3, ..config() },
        |_: &str, text: &str| if text.contains("wrong") { 1.0 } else { 0.0 },
        |_: &str| None,
    )
    .unwrap();
    let mut lengths = Vec::new();
    for text in ["a", "wrong", "b", "c", "wrong", "d"] {
        scorer.review("p", text);
        lengths.push(scorer.history_len());
    }
    assert_eq!(lengths, [1, 1, 2, 3, 3, 3]);
    assert_eq!(scorer.history().collect::<Vec<_>>(), ["b", "c", "d"]);
    scorer.review_partial("p", "not finished");
    scorer.compute_divergence("p", "not kept");
    assert_eq!(scorer.history().collect::<Vec<_>>(), ["b", "c", "d"]);
}

#[test]
fn divergence_is_what_the_score_leaves() {
    let mut scorer = CoherenceScorer::default();
    scorer.knowledge_mut().insert("tower", "The tower is 330 metres tall.");
    for text in ["The tower is 330 metres tall.", "The tower is 331 metres tall.", "Well."] {
        let divergence = scorer.compute_divergence("tower", text);
        assert_eq!(clamp_score(1.0 - divergence, 0.0, 1.0), scorer.review("tower", text).score);
    }
}

#[test]
fn new_facts_are_seen_at_once() {
    let mut scorer = CoherenceScorer::default();
    let text = "The tower is 331 metres tall.";
    assert!(scorer.review("The tower?", text).approved);
    scorer.knowledge_mut().insert("tower", "The tower is 330 metres tall.");
    assert!(!scorer.review("The tower?", text).approved);
    scorer.knowledge_mut().insert("tower", "The tower is 331 metres tall.");
    assert!(scorer.review("The tower?", text).approved);
}

#[test]
fn fresh_scorers_agree_bit_for_bit() {
    let score = || {
        let knowledge = InMemoryKnowledge::with_builtin_facts();
        let mut scorer = CoherenceScorer::new(config(), LexicalNli::new(), knowledge).unwrap();
        scorer.review("sky system", "sky blue consistent with reality").score.to_bits()
    };
    let first = score();
    assert!((0..50).all(|_| score() == first));
}

#[test]
fn a_partial_text_is_given_the_benefit_of_its_last_word() {
    let mut scorer = CoherenceScorer::default();
    scorer.knowledge_mut().insert("tower", "The tower was finished in 1889 by Gustave Eiffel.");
    let mut score =
        |text: &str| (scorer.review_partial("The tower?", text).score, scorer.review("The tower?", text).score);
    // Half a number may become the right one; a whole text that stops there is wrong.
    let (partial, whole) = score("The tower was finished in 18");
    assert!(partial > 0.65 && whole > 0.65, "18 is no year, and so says nothing of a year");
    let (partial, whole) = score("The tower was finished by Gus");
    assert!(partial > 0.65 && whole < 0.5);
    let (partial, _) = score("The tower was finished in 1890");
    assert!(partial < 0.5);
}
