//! The core, compiled for this machine.

use std::hint::black_box;

use interlock_core::halt::{HaltConfig, StreamMonitor};

use crate::heap::bytes_taken;
use crate::original::PerToken;
use crate::timing::{Row, in_turns, middle_of_turns, ns_per, scaled};

/// A stream that passes every check without being the same number again and again.
pub(crate) fn scores(count: u32) -> Vec<f64> {
    (0..count).map(|i| 0.85 + f64::from(i % 7) * 0.01).collect()
}

fn monitor() -> StreamMonitor {
    StreamMonitor::new(&HaltConfig::default()).unwrap()
}

fn push_each(monitor: &mut StreamMonitor, scores: &[f64]) {
    for &score in scores {
        assert!(!monitor.push(black_box(score)).unwrap().is_halt());
    }
}

/// Nanoseconds a token of many monitors that have all seen `seen` tokens.
fn cost_at(seen: u32) -> f64 {
    const MONITORS: u32 = 500;
    const TOKENS: u32 = 20;
    let mut first = monitor();
    first.push_many(&scores(seen)).unwrap();
    let mut monitors = vec![first; MONITORS as usize];
    let next = scores(TOKENS);
    ns_per(MONITORS * TOKENS, || {
        for monitor in &mut monitors {
            push_each(monitor, &next);
        }
    })
}

pub(crate) fn rows() -> Vec<Row> {
    const TOKENS: u32 = 1000;
    let stream = scores(TOKENS);
    let tokens: Vec<String> = (0..TOKENS).map(|i| format!("token{i} ")).collect();

    let mut long = monitor();
    let one = scaled(|| ns_per(100 * TOKENS, || (0..100).for_each(|_| push_each(&mut long, &stream))));
    let mut long = monitor();
    let batch = scaled(|| {
        ns_per(100 * TOKENS, || {
            for _ in 0..100 {
                assert_eq!(black_box(long.push_many(black_box(&stream))).unwrap().consumed, TOKENS);
            }
        })
    });

    let mut long = monitor();
    long.push_many(&scores(10)).unwrap();
    let all = scores(100_000);
    let heap = bytes_taken(|| push_each(&mut long, &all));

    let original = || {
        ns_per(TOKENS, || {
            let mut kernel = PerToken::default();
            for (token, &score) in tokens.iter().zip(&stream) {
                black_box(kernel.process_token(token, score));
            }
        })
    };
    let ours = || {
        ns_per(100 * TOKENS, || {
            for _ in 0..100 {
                let mut monitor = monitor();
                push_each(&mut monitor, &stream);
                black_box(monitor.finish().unwrap());
            }
        })
    };

    vec![
        Row::at_most("native: token check", one, "ns", 8.0),
        Row::at_most("native: batch, a score", batch, "ns", 8.0),
        Row::ratio(
            "native: token 100,000 against token 10",
            middle_of_turns(|| cost_at(10), || cost_at(100_000)),
            "ns",
            0.95,
        ),
        Row::at_most("native: heap taken by 100,000 tokens", heap as f64, "bytes", 0.0),
        Row::ratio(
            "native: a token of a stream of 1,000, against the original's way",
            in_turns(original, ours),
            "ns",
            5000.0,
        ),
    ]
}
