//! Properties of the halt kernels over adversarial scores and configurations: NaN payloads,
//! infinities, subnormals, one ulp around every limit, windows of every size.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::neg_cmp_op_on_partial_ord,
    missing_docs
)]

use interlock_core::halt::{
    Halt, HaltConfig, HaltReason, KernelError, KernelState, MissingScore, MonitorState, Observation, SafetyKernel,
    SafetyOutcome, StreamMonitor, StreamingKernel, Verdict, WarningKind,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

#[path = "../../tests/support/halt_spec.rs"]
mod halt_spec;
#[path = "../../tests/support/halt_strategies.rs"]
mod strategies;

use halt_spec::{Account, Answer, Entry, Fraction, Natural, Observed, grain, is_nearest, judge, parts};
use strategies::{adversarial_score, config, near, observation};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A stream: a configuration, and scores that are drawn around its limits.
fn stream() -> impl Strategy<Value = (HaltConfig, Vec<Observation>)> {
    config().prop_flat_map(|config| {
        let length = (config.window_size.max(config.trend_window) as usize * 2 + 8).min(160);
        (Just(config.clone()), vec(observation(&config), 0..length))
    })
}

/// A stream of scores alone that tends to stay above the hard limit, so that the windows decide.
fn long_stream() -> impl Strategy<Value = (HaltConfig, Vec<f64>)> {
    config().prop_flat_map(|config| {
        let steady = near(config.window_threshold.max(config.hard_limit));
        let score = prop_oneof![8 => steady, 2 => config.hard_limit..=1.0, 1 => adversarial_score(&config)];
        (Just(config), vec(score, 0..400))
    })
}

fn assert_observed(got: Option<f64>, expected: Observed) {
    match (got, expected) {
        (None, Observed::Nothing) => {}
        (Some(got), Observed::Value(value)) => assert_eq!(got.to_bits(), value.to_bits()),
        (Some(got), Observed::Rounded(fraction)) => assert!(is_nearest(got, fraction), "{got:e} is not {fraction:?}"),
        (got, expected) => panic!("observed {got:?}, expected {expected:?}"),
    }
}

fn assert_answer(got: &Verdict, expected: &Answer) {
    match (got, expected) {
        (Verdict::Pass, Answer::Pass) => {}
        (Verdict::Warn(warning), Answer::Warn(kind, observed, bound)) if warning.kind == *kind => {
            assert_eq!(warning.bound, Some(*bound));
            assert_observed(warning.observed, *observed);
        }
        (Verdict::Halt(halt), Answer::Halt(reason, observed, bound)) if halt.reason == *reason => {
            assert_eq!(halt.bound, *bound);
            assert_observed(halt.observed, *observed);
        }
        _ => panic!("got {got:?}, expected {expected:?}"),
    }
}

fn assert_account(monitor: &StreamMonitor, account: &Account) {
    let summary = monitor.summary();
    let recorded = account.recorded();
    assert_eq!(summary.tokens, account.entries.len() as u64);
    assert_eq!(summary.scores, recorded.len() as u64);
    let last = match account.entries.last() {
        None | Some(Entry::Skipped) => None,
        Some(Entry::Zero) => Some(0.0),
        Some(Entry::Score(score)) => Some(*score),
    };
    assert_eq!(monitor.last_score().map(f64::to_bits), last.map(f64::to_bits));
    assert_eq!(summary.warnings, account.warnings());
    assert_eq!(summary.halt_index, account.halted_at().map(|index| index as u64));
    assert_eq!(summary.halt.is_some(), summary.halt_index.is_some());
    let minimum = recorded.iter().copied().reduce(f64::min).unwrap_or(0.0);
    assert_eq!(summary.minimum.to_bits(), minimum.to_bits());
    assert!(is_nearest(summary.average, account.mean()), "{summary:?}");
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn the_monitor_does_what_the_specification_says((config, observations) in stream()) {
        let account = judge(&config, &observations);
        let mut monitor = StreamMonitor::new(&config).unwrap();
        for (observation, answer) in observations.iter().zip(&account.answers) {
            assert_answer(&monitor.push_observation(*observation).unwrap(), answer);
        }
        assert_account(&monitor, &account);
    }

    #[test]
    fn long_streams_do_not_drift((config, scores) in long_stream()) {
        let observations: Vec<_> = scores.iter().map(|score| Observation::score(*score)).collect();
        let account = judge(&config, &observations);
        let mut monitor = StreamMonitor::new(&config).unwrap();
        for (score, answer) in scores.iter().zip(&account.answers) {
            assert_answer(&monitor.push(*score).unwrap(), answer);
        }
        assert_account(&monitor, &account);
    }

    #[test]
    fn a_batch_is_its_scores_one_by_one((config, scores) in long_stream(), cuts in vec(0_usize..40, 0..20)) {
        let mut single = StreamMonitor::new(&config).unwrap();
        let mut batch = single.clone();
        let mut rest = scores.as_slice();
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            rest = later;
            let Ok(answer) = batch.push_many(now) else {
                prop_assert!(single.push(1.0).is_err());
                break;
            };
            let verdicts: Vec<_> = now.iter().map_while(|score| single.push(*score).ok()).collect();
            prop_assert_eq!(answer.consumed as usize, verdicts.len());
            prop_assert_eq!(answer.halt, verdicts.last().and_then(Verdict::halt));
            let warnings = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Warn(_))).count();
            prop_assert_eq!(answer.warnings as usize, warnings);
            prop_assert_eq!(batch.summary(), single.summary());
            prop_assert_eq!(batch.state(), single.state());
        }
    }

    #[test]
    fn an_ended_stream_stays_as_it_is((config, observations) in stream(), score: f64, stopped: bool) {
        let mut monitor = StreamMonitor::new(&config).unwrap();
        for observation in observations {
            if monitor.push_observation(observation).is_err() {
                break;
            }
        }
        if monitor.state() == MonitorState::Open {
            if stopped {
                let halt = Halt::because(HaltReason::Budget);
                let index = monitor.summary().tokens;
                prop_assert_eq!(monitor.stop(halt).unwrap(), Verdict::Halt(halt));
                prop_assert_eq!(monitor.summary().halt_index, Some(index));
            } else {
                let summary = monitor.finish().unwrap();
                prop_assert_eq!(summary, monitor.summary());
                prop_assert_eq!(monitor.finish().unwrap_err().state, MonitorState::Finished);
            }
        }
        let (state, summary) = (monitor.state(), monitor.summary());
        prop_assert_ne!(state, MonitorState::Open);
        prop_assert_eq!(monitor.push(score).unwrap_err().state, state);
        prop_assert_eq!(monitor.push_many(&[score, 1.0]).unwrap_err().state, state);
        prop_assert_eq!(monitor.push_many(&[]).unwrap_err().state, state);
        prop_assert_eq!(monitor.push_observation(Observation::default()).unwrap_err().state, state);
        prop_assert_eq!(monitor.stop(Halt::because(HaltReason::EmergencyStop)).unwrap_err().state, state);
        if state == MonitorState::Halted {
            prop_assert_eq!(monitor.finish().unwrap(), summary);
        }
        prop_assert_eq!((monitor.state(), monitor.summary()), (state, summary));
    }

    #[test]
    fn a_score_that_is_not_finite_always_halts((config, scores) in long_stream(), bits: u64) {
        let mut monitor = StreamMonitor::new(&config).unwrap();
        let whole = monitor.clone().push_many(&scores).unwrap();
        let passing = whole.consumed as usize - usize::from(whole.halt.is_some());
        prop_assert_eq!(monitor.push_many(&scores[..passing]).unwrap().halt, None);
        // All exponent bits set: an infinity or a NaN with any payload.
        let score = f64::from_bits(bits | 0x7ff0_0000_0000_0000);
        let halt = monitor.push(score).unwrap().halt().unwrap();
        prop_assert_eq!(halt, Halt::because(HaltReason::NonFiniteScore));
        prop_assert_eq!(monitor.summary().minimum.to_bits(), 0);
    }

    /// Rounding down to 63 bits moves no decision by more than 2^-63 against exact arithmetic on the
    /// given doubles, subnormal ones included; from 2^-11 up it moves none.
    #[test]
    fn averages_are_decided_as_exact_arithmetic_does(
        scores in vec(prop_oneof![0.0_f64..=1.0, near(0.55), near(f64::MIN_POSITIVE), near(0.000_488_281_25)], 1..40),
        threshold in prop_oneof![0.0_f64..=1.0, near(0.55), near(0.000_488_281_25)],
    ) {
        let config = HaltConfig {
            hard_limit: 0.0,
            window_size: scores.len() as u32,
            window_threshold: threshold,
            trend_threshold: 2.0,
            ..HaltConfig::default()
        };
        let mut monitor = StreamMonitor::new(&config).unwrap();
        let halted = monitor.push_many(&scores).unwrap().halt.is_some();
        // Everything in units of 2^-1074.
        let exact = |x: f64| if x == 0.0 { Natural::from(0) } else {
            let (mantissa, exponent) = parts(x);
            Natural::from(mantissa).shifted((exponent + 1074) as u32)
        };
        let sum = scores.iter().fold(Natural::from(0), |sum, score| sum.plus(&exact(*score)));
        let bound = exact(threshold).times(scores.len() as u64);
        let coarse = |x: f64| x != 0.0 && x < 0.000_488_281_25;
        if scores.iter().any(|score| coarse(*score)) || coarse(threshold) {
            let grains = Natural::from(scores.len() as u128).shifted(1074 - 63);
            prop_assert!(!halted || sum.cmp(&bound.plus(&grains)).is_lt());
            prop_assert!(halted || sum.plus(&grains).cmp(&bound).is_gt());
        } else {
            prop_assert_eq!(halted, sum.cmp(&bound).is_lt());
        }
    }

    #[test]
    fn a_constant_stream_at_its_threshold_never_halts(threshold in 0.0_f64..=1.0, window in 1_u32..200) {
        let config = HaltConfig {
            hard_limit: threshold,
            window_size: window,
            window_threshold: threshold,
            trend_threshold: f64::from_bits(1),
            ..HaltConfig::default()
        };
        let mut monitor = StreamMonitor::new(&config).unwrap();
        let batch = monitor.push_many(&vec![threshold; 3 * window as usize]).unwrap();
        prop_assert_eq!(batch.halt, None);
    }

    #[test]
    fn the_specification_rounds_as_the_processor_does(a in 1_u64.., b in 1_u64..(1 << 53)) {
        // A quotient of two doubles is rounded once by the processor.
        let a = a >> 11;
        prop_assume!(a > 0);
        let quotient = (a as f64) / (b as f64);
        let fraction = Fraction { numerator: u128::from(a) << 63, denominator: b };
        prop_assert!(is_nearest(quotient, fraction));
        prop_assert!(!is_nearest(quotient.next_up(), fraction) && !is_nearest(quotient.next_down(), fraction));
    }

    #[test]
    fn fixed_point_is_the_value_rounded_down(x: f64) {
        prop_assert_eq!(u128::from(interlock_core::halt::fixed::from_unit(x)), if x.is_nan() { 0 } else { grain(x) });
    }

    #[test]
    fn the_safety_kernel_gives_all_or_nothing(
        limit in prop_oneof![0.0_f64..=1.0, Just(0.0), Just(1.0)],
        runs in vec((vec(prop_oneof![3 => 0.0_f64..=1.0, 2 => near(0.5), 1 => any::<f64>()], 0..6), 0_u8..3), 1..6),
    ) {
        let mut kernel = SafetyKernel::new(limit).unwrap();
        let mut active = true;
        for (scores, before) in runs {
            match before {
                1 => { kernel.emergency_stop(); active = false; }
                2 => { kernel.reactivate(); active = true; }
                _ => {}
            }
            let tokens: Vec<String> = (0..scores.len()).map(|index| format!("t{index}")).collect();
            let mut asked = scores.iter();
            let outcome = kernel.run(&tokens, |_| *asked.next().unwrap());
            let failing = scores.iter().position(|score| !(score.is_finite() && score.clamp(0.0, 1.0) >= limit));
            match outcome {
                SafetyOutcome::Passed(text) => {
                    prop_assert!(failing.is_none() && (active || scores.is_empty()));
                    prop_assert_eq!(text, tokens.concat());
                }
                SafetyOutcome::Interrupted { index, halt } if !active => {
                    prop_assert_eq!((index, halt), (0, Halt::because(HaltReason::Inactive)));
                    prop_assert_eq!(asked.len(), scores.len());
                }
                SafetyOutcome::Interrupted { index, halt } => {
                    prop_assert_eq!(Some(index as usize), failing);
                    prop_assert!(halt.observed.is_none_or(|score| (0.0..limit).contains(&score)));
                    prop_assert_eq!(asked.len(), scores.len() - index as usize - 1);
                    active = false;
                }
            }
            prop_assert_eq!(kernel.is_active(), active);
        }
    }
}

#[test]
fn the_safety_kernel_clamps_before_it_compares() {
    for (limit, score) in [(0.0, -0.1), (0.0, -0.0), (1.0, 1.5), (0.0, f64::MIN)] {
        let mut kernel = SafetyKernel::new(limit).unwrap();
        assert_eq!(kernel.run(["t"], |_| score), SafetyOutcome::Passed(String::from("t")), "{limit} {score}");
        let config = HaltConfig { hard_limit: limit, ..HaltConfig::default() };
        assert!(!StreamMonitor::new(&config).unwrap().push(score).unwrap().is_halt(), "the monitor agrees");
    }
    let mut kernel = SafetyKernel::new(0.5).unwrap();
    let SafetyOutcome::Interrupted { halt, .. } = kernel.run(["t"], |_| -0.0) else { panic!("passed") };
    assert_eq!(halt.observed.map(f64::to_bits), Some(0));
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn skipped_scores_enter_no_window((config, scores) in long_stream(), gaps in vec(option::of(0.0_f64..1e9), 0..40)) {
        let config = HaltConfig { missing_score: MissingScore::Skip, logit_entropy_limit: None, ..config };
        let mut plain = StreamMonitor::new(&config).unwrap();
        let mut gappy = plain.clone();
        let halt = plain.push_many(&scores).unwrap().halt;
        let mut gaps = gaps.into_iter();
        for score in scores {
            if let Some(elapsed_ms) = gaps.next() {
                gappy.push_observation(Observation { elapsed_ms, ..Observation::default() }).unwrap();
            }
            if gappy.push(score).unwrap().is_halt() {
                break;
            }
        }
        prop_assert_eq!(gappy.summary().halt, halt);
        prop_assert_eq!(gappy.summary().average.to_bits(), plain.summary().average.to_bits());
        prop_assert_eq!(gappy.summary().scores, plain.summary().scores);
    }

    #[test]
    fn the_order_of_a_full_window_does_not_matter(scores in vec(0.0_f64..=1.0, 2..60), order in any::<prop::sample::Index>()) {
        let config = HaltConfig {
            hard_limit: 0.0, window_size: scores.len() as u32, trend_threshold: 2.0, ..HaltConfig::default()
        };
        let mut turned = scores.clone();
        turned.rotate_left(order.index(scores.len()));
        turned.reverse();
        let run = |scores: &[f64]| {
            let mut monitor = StreamMonitor::new(&config).unwrap();
            monitor.push_many(scores).unwrap();
            let summary = monitor.summary();
            (summary.halt, summary.average.to_bits())
        };
        prop_assert_eq!(run(&scores), run(&turned));
    }

    #[test]
    fn a_session_of_the_kernel_is_a_monitor((config, observations) in stream(), calls in 1_usize..4) {
        let mut kernel = StreamingKernel::new(config.clone()).unwrap();
        for _ in 0..calls {
            let account = judge(&config, &observations);
            let mut monitor = StreamMonitor::new(&config).unwrap();
            kernel.begin().unwrap();
            prop_assert_eq!(kernel.begin(), Err(KernelError::Streaming));
            for (observation, answer) in observations.iter().zip(&account.answers) {
                let verdict = kernel.push("é", *observation).unwrap();
                assert_answer(&verdict, answer);
                prop_assert_eq!(verdict, monitor.push_observation(*observation).unwrap());
            }
            let halted = account.halted_at().is_some();
            prop_assert_eq!(kernel.is_active(), !halted);
            if halted {
                prop_assert_eq!(kernel.state(), KernelState::Halted);
                // Reactivating lets the next stream run, not this one.
                kernel.reactivate();
                prop_assert_eq!(kernel.push("é", Observation::score(1.0)), Err(KernelError::Halted));
            }
            let record = kernel.end().unwrap();
            prop_assert_eq!(record.summary, monitor.summary());
            prop_assert_eq!(record.scores().map(f64::to_bits).collect::<Vec<_>>(),
                account.recorded().into_iter().map(f64::to_bits).collect::<Vec<_>>());
            prop_assert_eq!(record.output(), "é".repeat(account.answers.len() - usize::from(halted)));
            prop_assert_eq!(kernel.end(), Err(KernelError::NotStreaming));
            prop_assert_eq!(kernel.push("é", Observation::score(1.0)), Err(KernelError::NotStreaming));
        }
    }

    #[test]
    fn every_reason_has_one_name(reason in select(HaltReason::ALL.to_vec())) {
        prop_assert_eq!(reason.as_str().parse::<HaltReason>().unwrap(), reason);
        prop_assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        prop_assert_eq!(HaltReason::ALL[usize::from(reason.code())], reason);
    }
}

/// The generators above must reach what the properties speak of.
#[test]
fn the_streams_reach_every_check_and_every_end() {
    let mut runner = TestRunner::deterministic();
    let mut halts = std::collections::BTreeMap::<&str, u32>::new();
    let mut warnings = [0_u32; 2];
    for _ in 0..3000 {
        let (config, observations) = stream().new_tree(&mut runner).unwrap().current();
        let account = judge(&config, &observations);
        let end = match account.answers.last() {
            Some(Answer::Halt(reason, ..)) => reason.as_str(),
            _ => "none",
        };
        *halts.entry(end).or_default() += 1;
        for answer in account.answers {
            if let Answer::Warn(kind, ..) = answer {
                warnings[usize::from(kind == WarningKind::MissingScore)] += 1;
            }
        }
    }
    println!("{halts:?} {warnings:?}");
    let ends =
        ["hard-limit", "window-average", "downward-trend", "logit-entropy", "deadline", "non-finite-score", "none"];
    for end in ends {
        assert!(halts.get(end).is_some_and(|count| *count >= 20), "{end}: {halts:?}");
    }
    assert!(warnings.iter().all(|count| *count >= 20), "{warnings:?}");
}
