//! How a row is measured.
//!
//! Machines drift between speed states a factor of two apart. So a row is the minimum over several rounds, what is
//! compared takes turns within a round and the ratio is the goal, and a row without anything to compare with is scaled by
//! a calibration loop timed in the same round. The loop and its reference are those of `scripts/bench-rows.mjs`.

use std::hint::black_box;
use std::time::Instant;

use serde_json::json;

const ROUNDS: u32 = 9;
/// Of what takes no turns with anything: a second or so, for others on the same processor slow it down for shorter.
const SCALED_ROUNDS: u32 = 60;
const CALIBRATION_STEPS: u32 = 2_000_000;
const REFERENCE_STEP_NS: f64 = 3.1;

/// A row of `target/bench.json`.
pub(crate) struct Row {
    name: &'static str,
    value: f64,
    unit: &'static str,
    goal: f64,
    baseline: Option<f64>,
}

impl Row {
    /// Holds when the value is at most the goal.
    pub(crate) const fn at_most(name: &'static str, value: f64, unit: &'static str, goal: f64) -> Self {
        Self { name, value, unit, goal, baseline: None }
    }

    /// Holds when the baseline is at least `goal` times the value.
    pub(crate) const fn ratio(name: &'static str, [baseline, value]: [f64; 2], unit: &'static str, goal: f64) -> Self {
        Self { name, value, unit, goal, baseline: Some(baseline) }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        let Self { name, value, unit, goal, baseline } = self;
        match baseline {
            None => json!({"name": name, "value": value, "unit": unit, "goal": goal, "holds": value <= goal}),
            Some(baseline) => {
                let ratio = baseline / value;
                json!({
                    "name": name, "value": value, "unit": unit, "goal": goal, "holds": ratio >= *goal,
                    "baseline": baseline, "ratio": ratio,
                })
            }
        }
    }
}

/// Nanoseconds that `work` takes, by `units`.
pub(crate) fn ns_per(units: u32, work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_nanos() as f64 / f64::from(units)
}

/// Nanoseconds that one step of the calibration loop takes now: a multiplication and an addition that wait for each other.
fn calibration_step_ns() -> f64 {
    ns_per(CALIBRATION_STEPS, || {
        let mut x = black_box(0.5_f64);
        for _ in 0..CALIBRATION_STEPS {
            x = x * 0.999_999 + 0.25;
        }
        black_box(x);
    })
}

/// What something costs on the machine that the goals were set on: the least of the rounds, each scaled by its own
/// calibration.
pub(crate) fn scaled(mut measure: impl FnMut() -> f64) -> f64 {
    measure();
    let round = |_| {
        let before = calibration_step_ns();
        let value = measure();
        // The faster of the two: a pause during the calibration must not flatter the row.
        let step = before.min(calibration_step_ns());
        value * REFERENCE_STEP_NS / step
    };
    (0..SCALED_ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

/// What two things cost that take turns: the least of the rounds each.
pub(crate) fn in_turns(mut first: impl FnMut() -> f64, mut second: impl FnMut() -> f64) -> [f64; 2] {
    let mut least = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        least = [least[0].min(first()), least[1].min(second())];
    }
    least
}

/// As [`in_turns`], by the round whose own ratio is the middle one: for two things that cost the same, where the least of
/// each would compare different moments.
pub(crate) fn middle_of_turns(mut first: impl FnMut() -> f64, mut second: impl FnMut() -> f64) -> [f64; 2] {
    let mut rounds: Vec<[f64; 2]> = (0..3 * ROUNDS).map(|_| [first(), second()]).collect();
    rounds.sort_by(|a, b| (a[0] / a[1]).total_cmp(&(b[0] / b[1])));
    rounds[rounds.len() / 2]
}
