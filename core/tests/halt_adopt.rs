//! A monitor that judges by another configuration from some token on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::cast_precision_loss)]
#![cfg(feature = "adopt")]

use interlock_core::halt::{HaltConfig, StreamMonitor};
use proptest::prelude::*;

fn config(window_size: u32, trend_window: u32, threshold: f64, drop: f64) -> HaltConfig {
    HaltConfig {
        hard_limit: 0.1,
        soft_limit: 0.2,
        window_size,
        trend_window,
        window_threshold: threshold,
        trend_threshold: drop,
        ..HaltConfig::default()
    }
}

proptest! {
    #[test]
    fn the_windows_keep_the_scores_that_were_kept(
        before in prop::collection::vec(0.2_f64..=1.0, 0..40),
        after in prop::collection::vec(0.0_f64..=1.0, 0..40),
        [own, own_trend, next, next_trend] in [1_u32..12, 2_u32..12, 1_u32..24, 2_u32..24],
        threshold in 0.2_f64..0.7,
        drop in 0.2_f64..0.8,
    ) {
        let mut monitor = StreamMonitor::new(&config(own, own_trend, 0.0, 1.0)).unwrap();
        for score in &before {
            prop_assert!(!monitor.push(*score).unwrap().is_halt());
        }
        let other = config(next, next_trend, threshold, drop);
        monitor.adopt(&other).unwrap();
        prop_assert_eq!(monitor.summary().tokens, before.len() as u64);
        // A monitor that would not have halted before, in the windows that both can fill.
        let known = own.max(own_trend).next_power_of_two().min(next.max(next_trend).next_power_of_two()) as usize;
        let kept = &before[before.len().saturating_sub(known)..];
        let mut plain: Vec<f64> = kept.to_vec();
        for score in &after {
            let verdict = monitor.push(*score).unwrap();
            plain.push(*score);
            let tail = |count: u32| plain.len().checked_sub(count as usize).map(|from| &plain[from..]);
            let is_low = tail(next).is_some_and(|own| own.iter().sum::<f64>() / f64::from(next) < threshold);
            let falls = tail(next_trend).is_some_and(|own| own[0] - own[own.len() - 1] > drop);
            let halts = *score < 0.1 || is_low || falls;
            prop_assert_eq!(verdict.is_halt(), halts);
            if halts {
                break;
            }
        }
        let judged = before.len() + plain.len() - kept.len();
        let summary = monitor.summary();
        prop_assert_eq!((summary.tokens, summary.scores), (judged as u64, judged as u64));
        let all: Vec<f64> = before.iter().copied().chain(plain[kept.len()..].iter().copied()).collect();
        let mean = if all.is_empty() { 0.0 } else { all.iter().sum::<f64>() / all.len() as f64 };
        prop_assert!((summary.average - mean).abs() < 1e-9);
        prop_assert_eq!(summary.halt_index.is_some(), summary.halt.is_some());
        prop_assert!(summary.halt_index.is_none_or(|index| index + 1 == judged as u64));
    }
}

#[test]
fn a_configuration_that_is_not_valid_changes_nothing() {
    let mut monitor = StreamMonitor::new(&HaltConfig::default()).unwrap();
    monitor.push(0.9).unwrap();
    let before = format!("{monitor:?}");
    assert!(monitor.adopt(&HaltConfig { window_size: 0, ..HaltConfig::default() }).is_err());
    assert_eq!(format!("{monitor:?}"), before);
}
