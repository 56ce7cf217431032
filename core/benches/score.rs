//! Nanoseconds that the built-in scorer takes for the next word of a sentence, short and long.
//!
//! Every line is one row of `npm run bench` as JSON. The rows take turns; each is the minimum of the rounds, scaled by a
//! calibration loop of the same round. A sentence of a thousand words must cost no more a word than one of twenty, which
//! the ratio of the two tells.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs
)]

use std::hint::black_box;
use std::time::Instant;

use interlock_core::score::{CoherenceScorer, InMemoryKnowledge, LexicalNli, ScorerConfig};

mod calibration;
use calibration::{REFERENCE_STEP_NS, calibration_step_ns};

const ROUNDS: usize = 15;
/// Words that are timed, behind so many others.
const TIMED: usize = 40;
const LENGTHS: [usize; 2] = [20, 1000];
/// Goals: ns in the short sentence, and how many times as fast the long one is at least.
const GOAL_NS: f64 = 3000.0;
const GOAL_RATIO: f64 = 0.6;

const PROMPT: &str = "About the e-bike battery: How do I charge the battery?";
const FACTS: [(&str, &str); 5] = [
    ("battery temperature", "Charge the battery indoors, at 35 degrees at most."),
    (
        "battery charger",
        "Use only the charger supplied with the bike: connect it to the battery, then to the wall socket.",
    ),
    ("battery time", "A full charge takes about 4 hours; the light turns green when it is done."),
    ("battery frost", "Never charge a frozen battery: when it is cold from a winter ride, let it warm up first."),
    ("battery storage", "Over the winter, store the battery in a dry place at about half charge."),
];
/// One endless sentence that agrees with the facts.
const TEXT: &str = "after a cold ride let the battery warm up to room temperature before you charge it indoors at 35 degrees \
    at most, use the charger supplied with your bike and connect it to the battery, a full charge takes about 4 hours and \
    the light turns green when it is done, in the winter store it in a dry place at about half charge, and ";

/// Nanoseconds for each of the words after the first `before`.
fn ns_per_word(text: &str, ends: &[usize], before: usize) -> f64 {
    let facts: InMemoryKnowledge = FACTS.into_iter().collect();
    let mut scorer = CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), facts).unwrap();
    scorer.review_partial(PROMPT, &text[..ends[before - 1]]);
    let started = Instant::now();
    for end in &ends[before..before + TIMED] {
        assert!(black_box(scorer.review_partial(PROMPT, black_box(&text[..*end]))).approved);
    }
    started.elapsed().as_nanos() as f64 / TIMED as f64
}

fn main() {
    let text = TEXT.repeat(LENGTHS[1] / 60 + 2);
    let ends: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
    let mut best = [f64::INFINITY; LENGTHS.len()];
    for _ in 0..ROUNDS {
        let before = calibration_step_ns();
        let round =
            LENGTHS.map(|length| (0..20).map(|_| ns_per_word(&text, &ends, length)).fold(f64::INFINITY, f64::min));
        // The faster of the two: a pause during the calibration must not flatter the row.
        let scale = REFERENCE_STEP_NS / before.min(calibration_step_ns());
        for (best, ns) in best.iter_mut().zip(round) {
            *best = best.min(ns * scale);
        }
    }
    let ([short, long], [few, many]) = (best, LENGTHS);
    println!(
        r#"{{"name":"built-in scorer: word {few} of a sentence, native","value":{short},"unit":"ns","goal":{GOAL_NS},"holds":{}}}"#,
        short <= GOAL_NS
    );
    let ratio = short / long;
    println!(
        r#"{{"name":"built-in scorer: word {many} of a sentence, native","value":{long},"unit":"ns","goal":{GOAL_RATIO},"holds":{},"baseline":{short},"ratio":{ratio}}}"#,
        ratio >= GOAL_RATIO
    );
}
