//! The monitor against its specification.
#![no_main]

#[allow(dead_code)]
mod common;
#[path = "../../tests/support/halt_spec.rs"]
#[allow(dead_code)]
mod halt_spec;

use common::Input;
use halt_spec::{Answer, is_nearest, judge};
use interlock_core::halt::{HaltConfig, MissingScore, Observation, StreamMonitor, Verdict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let flags = input.byte();
    let config = HaltConfig {
        hard_limit: input.score(),
        soft_limit: input.score(),
        window_size: u32::from(input.byte()),
        window_threshold: input.score(),
        trend_window: u32::from(input.byte()),
        trend_threshold: input.score(),
        deadline_ms: 50,
        logit_entropy_limit: (flags & 1 != 0).then_some(1.0),
        missing_score: if flags & 2 != 0 { MissingScore::Skip } else { MissingScore::Halt },
        ..HaltConfig::default()
    };
    let Ok(mut monitor) = StreamMonitor::new(&config) else {
        assert!(config.validate().is_err());
        return;
    };
    let mut observations = Vec::new();
    while !input.0.is_empty() && observations.len() < 2000 {
        let form = if flags & 4 != 0 { input.byte() } else { 0 };
        let score = (form & 7 != 7).then(|| input.score());
        let elapsed_ms = (form & 8 != 0).then(|| input.score() * 60.0);
        let logit_entropy = (form & 16 != 0).then(|| input.score() * 1.2);
        observations.push(Observation { score, elapsed_ms, logit_entropy });
    }
    let account = judge(&config, &observations);
    for (observation, answer) in observations.iter().zip(&account.answers) {
        let got = monitor.push_observation(*observation).expect("it is open");
        match (got, answer) {
            (Verdict::Pass, Answer::Pass) => {}
            (Verdict::Warn(warning), Answer::Warn(kind, ..)) if warning.kind == *kind => {}
            (Verdict::Halt(halt), Answer::Halt(reason, _, bound)) if halt.reason == *reason => {
                assert_eq!(halt.bound, *bound);
            }
            _ => panic!("{got:?}, expected {answer:?}"),
        }
    }
    let summary = monitor.summary();
    assert_eq!(summary.tokens, account.entries.len() as u64);
    assert_eq!(summary.warnings, account.warnings());
    assert_eq!(summary.halt_index, account.halted_at().map(|index| index as u64));
    assert!(is_nearest(summary.average, account.mean()));
});
