//! Adversarial scores, observations and configurations.

use interlock_core::halt::{HaltConfig, MissingScore, Observation};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Values within three ulps of `x`, and `x` itself.
pub(crate) fn near(x: f64) -> BoxedStrategy<f64> {
    let step = |x: f64, ulps: i32| {
        let next = if ulps > 0 { f64::next_up } else { f64::next_down };
        (0..ulps.abs()).fold(x, |x, _| next(x)).clamp(0.0, 1.0)
    };
    (-3_i32..=3).prop_map(move |ulps| step(x, ulps)).boxed()
}

/// A number in [0, 1], with a liking for edges.
pub(crate) fn unit() -> BoxedStrategy<f64> {
    let edges = vec![0.0, 1.0, 0.5, 0.1, f64::MIN_POSITIVE, f64::from_bits(1), 1.0_f64.next_down(), f64::EPSILON];
    prop_oneof![4 => 0.0_f64..=1.0, 1 => select(edges), 1 => near(0.000_488_281_25)].boxed()
}

/// Any double: every bit pattern, NaN payloads, infinities, subnormals and zeros of both signs.
fn any_bits() -> BoxedStrategy<f64> {
    let special = vec![
        f64::NAN,
        f64::from_bits(0x7ff0_0000_0000_0001),
        f64::from_bits(0xfff8_0000_dead_beef),
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        f64::from_bits(1),
        -f64::from_bits(1),
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
    ];
    prop_oneof![any::<u64>().prop_map(f64::from_bits), select(special)].boxed()
}

/// A score around the limits of a configuration, or anything at all.
pub(crate) fn adversarial_score(config: &HaltConfig) -> BoxedStrategy<f64> {
    prop_oneof![
        6 => 0.0_f64..=1.0,
        3 => near(config.hard_limit),
        3 => near(config.soft_limit),
        3 => near(config.window_threshold),
        2 => near((config.window_threshold + config.trend_threshold).clamp(0.0, 1.0)),
        2 => near((config.hard_limit + config.trend_threshold).clamp(0.0, 1.0)),
        3 => config.hard_limit..=1.0,
        1 => -2.0_f64..3.0,
        1 => any_bits(),
    ]
    .boxed()
}

/// What is known of a token: mostly a score in time.
pub(crate) fn observation(config: &HaltConfig) -> BoxedStrategy<Observation> {
    let deadline = f64::from(config.deadline_ms);
    let limit = config.logit_entropy_limit.unwrap_or(1.2);
    let elapsed = prop_oneof![
        12 => 0.0..=deadline,
        1 => select(vec![deadline, deadline.next_up(), deadline.next_down(), -0.0, -1.0]),
        1 => any_bits(),
    ];
    let entropy = prop_oneof![
        12 => 0.0..=limit,
        1 => select(vec![limit, limit.next_up(), 0.0]),
        1 => any_bits(),
    ];
    let score = prop_oneof![20 => adversarial_score(config).prop_map(Some), 1 => Just(None)];
    (score, option::of(elapsed), option::of(entropy))
        .prop_map(|(score, elapsed_ms, logit_entropy)| Observation { score, elapsed_ms, logit_entropy })
        .boxed()
}

/// A valid configuration: half of them near the defaults, half of them wild.
pub(crate) fn config() -> BoxedStrategy<HaltConfig> {
    let size = |least: u32| prop_oneof![6 => least..=6_u32, 2 => least..=40_u32, 1 => select(vec![4095_u32, 4096])];
    let drop = prop_oneof![
        3 => 0.01_f64..=0.5,
        1 => select(vec![f64::from_bits(1), f64::MIN_POSITIVE, f64::EPSILON, 1.0, 1.0_f64.next_down(), 2.0, f64::MAX]),
        1 => near(0.15),
    ];
    let low = prop_oneof![2 => 0.0_f64..=0.3, 1 => Just(0.0), 1 => unit()];
    let bits = option::of(prop_oneof![0.0_f64..=8.0, select(vec![0.0, f64::MAX, f64::from_bits(1)])]);
    let deadline = prop_oneof![1_u32..=100, select(vec![1, u32::MAX])];
    let missing = select(vec![MissingScore::Halt, MissingScore::Skip]);
    ((low.clone(), unit(), unit(), unit()), (size(1), low, size(2), drop), (1_u32.., deadline, bits, missing))
        .prop_map(|(units, windows, rest)| {
            let (hard_limit, soft_limit, coherence_threshold, w_logic) = units;
            let (window_size, window_threshold, trend_window, trend_threshold) = windows;
            let (history_window, deadline_ms, logit_entropy_limit, missing_score) = rest;
            HaltConfig {
                coherence_threshold,
                hard_limit,
                soft_limit,
                w_logic,
                w_fact: 1.0 - w_logic,
                window_size,
                window_threshold,
                trend_window,
                trend_threshold,
                history_window,
                deadline_ms,
                logit_entropy_limit,
                missing_score,
            }
        })
        .boxed()
}
