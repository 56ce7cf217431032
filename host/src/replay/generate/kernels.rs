//! Inputs of the suite `halt` for the two kernels.

use interlock_core::halt::Observation;

use super::halt::{Made, bits, walk};
use super::{Cases, Random};
use crate::replay::halt::{Changes, Input, KernelStep, SafetyStep};
use crate::replay::text::{Bits, Seen};

/// Long-lived kernels: stream after stream, stops and reactivations.
pub(super) fn streaming(cases: &mut Cases, random: &mut Random) -> Made {
    use KernelStep::{Begin, EmergencyStop, End, Reactivate};
    let tokens = |scores: &[f64]| {
        scores.iter().enumerate().map(|(index, score)| (format!("t{index}_"), Bits(*score))).collect::<Vec<_>>()
    };
    let run = |scores: &[f64]| KernelStep::Run(tokens(scores));
    let see = |score: f64| KernelStep::Push(String::from("é "), Seen(Observation::score(score)));
    let kernel = |config: Changes, steps: Vec<KernelStep>| Input::Kernel { config, steps };
    let small = || Changes { window_size: Some(3), trend_window: Some(3), ..Changes::default() };
    for steps in [
        vec![run(&[0.9, 0.1, 0.9]), run(&[0.9, 0.9]), run(&[]), Reactivate, run(&[0.9, 0.9])],
        vec![run(&[0.52, 0.52, 0.52]), run(&[0.9]), Reactivate, run(&[0.9])],
        vec![run(&[0.95, 0.9, 0.7]), run(&[0.9]), Reactivate, run(&[0.9])],
        vec![EmergencyStop, run(&[0.9]), run(&[]), Reactivate, Reactivate, run(&[0.9])],
        vec![Begin, see(0.9), EmergencyStop, see(0.9), see(0.9), End, Begin, see(0.9), End, Reactivate, run(&[0.9])],
        vec![Begin, EmergencyStop, see(0.9), Reactivate, see(0.9), End, run(&[0.9])],
        vec![Begin, see(0.9), EmergencyStop, Reactivate, see(0.8), End],
        vec![Begin, see(0.1), see(0.9), Reactivate, see(0.9), End, Begin, see(0.9), End],
        vec![see(0.9), End, Begin, Begin, run(&[0.9]), see(0.9), End, End],
        vec![run(&[f64::NAN]), run(&[0.9]), Reactivate, run(&[0.9, f64::INFINITY])],
        vec![run(&[0.6, 0.6]), run(&[0.6, 0.4])],
    ] {
        cases.add("kernel", kernel(small(), steps))?;
    }
    for _ in 0..24 {
        let steps = (0..14)
            .map(|_| match random.below(9) {
                0 | 1 => Begin,
                2 => End,
                3 => EmergencyStop,
                4 => Reactivate,
                5 => {
                    let start = random.between(0.6, 0.9);
                    run(&walk(random, 5, start, 0.2))
                }
                _ => see(random.between(0.45, 1.0)),
            })
            .collect();
        cases.add("kernel-walk", kernel(small(), steps))?;
    }
    for config in [Changes { hard_limit: bits(f64::NAN), ..small() }, Changes { window_size: Some(0), ..small() }] {
        cases.add("kernel", kernel(config, vec![run(&[0.9])]))?;
    }
    Ok(())
}

/// One-shot kernels.
pub(super) fn safety(cases: &mut Cases, random: &mut Random) -> Made {
    use SafetyStep::{EmergencyStop, Reactivate};
    let run = |scores: &[f64]| {
        let letters = ["a", "b", "ç", "d", "\u{1f600}", "f"];
        SafetyStep::Run(letters.iter().zip(scores).map(|(text, score)| (String::from(*text), Bits(*score))).collect())
    };
    let safety = |limit: f64, steps: Vec<SafetyStep>| Input::Safety { hard_limit: Bits(limit), steps };
    let half = 0.5_f64;
    for value in [half.next_down(), half, half.next_up(), f64::NAN, f64::INFINITY, 0.0, 1.0, 7.0] {
        let steps = vec![run(&[0.9, value, 0.9]), run(&[0.9, 0.9]), run(&[]), Reactivate, run(&[0.9])];
        cases.add("safety", safety(half, steps))?;
    }
    for limit in [0.0, 1.0, f64::NAN, -0.5, 1.0_f64.next_up(), f64::INFINITY] {
        cases.add("safety", safety(limit, vec![run(&[1.0, 0.0, f64::NAN])]))?;
    }
    cases.add("safety", safety(half, vec![EmergencyStop, run(&[0.9]), run(&[]), Reactivate, run(&[0.9])]))?;
    for _ in 0..10 {
        let scores: Vec<_> = (0..5).map(|_| random.between(0.4, 1.0)).collect();
        cases.add("safety", safety(random.between(0.3, 0.6), vec![run(&scores), run(&[0.9, 0.2])]))?;
    }
    Ok(())
}
