//! How fast the machine is at the moment: the loop of scripts/bench-rows.mjs.

use std::hint::black_box;
use std::time::Instant;

/// Of the loop in scripts/bench-rows.mjs, on the machine that the goals were set on.
pub(crate) const REFERENCE_STEP_NS: f64 = 2.4;

/// Nanoseconds that one step of the loop takes now: the least of some short runs, of which not all are interrupted.
pub(crate) fn calibration_step_ns() -> f64 {
    const STEPS: u32 = 50_000;
    let run = || {
        let mut x = black_box(0.5);
        let started = Instant::now();
        for _ in 0..STEPS {
            x = x * 0.999_999 + 0.25;
        }
        black_box(x);
        started.elapsed().as_nanos() as f64 / f64::from(STEPS)
    };
    (0..8).map(|_| run()).fold(f64::INFINITY, f64::min)
}
