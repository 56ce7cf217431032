//! Inputs of the suite `halt`.

use interlock_core::halt::{Halt, HaltReason, MissingScore, Observation};

use super::{Case, Cases, Random, kernels};
use crate::replay::halt::{Changes, Input, MonitorStep};
use crate::replay::text::{Bits, BitsList, HaltText, Seen};

pub(super) type Made = Result<(), serde_json::Error>;

/// Doubles that are no scores, or hardly.
const ODD: [f64; 14] = [
    f64::NAN,
    f64::from_bits(0x7ff0_0000_0000_0001),
    f64::from_bits(0xffff_ffff_ffff_ffff),
    f64::INFINITY,
    f64::NEG_INFINITY,
    -0.0,
    f64::from_bits(1),
    f64::from_bits(0x000f_ffff_ffff_ffff),
    f64::MIN_POSITIVE,
    -0.25,
    1.000_000_000_000_000_2,
    7.0,
    f64::MAX,
    f64::MIN,
];

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    walks(&mut cases, &mut random)?;
    wild(&mut cases, &mut random)?;
    thresholds(&mut cases)?;
    odd_scores(&mut cases)?;
    observations(&mut cases, &mut random)?;
    batches(&mut cases, &mut random)?;
    lives(&mut cases)?;
    long(&mut cases)?;
    refused(&mut cases)?;
    entropies(&mut cases, &mut random)?;
    kernels::streaming(&mut cases, &mut random)?;
    kernels::safety(&mut cases, &mut random)?;
    Ok(cases.0)
}

fn monitor(config: Changes, steps: Vec<MonitorStep>) -> Input {
    Input::Monitor { config, steps }
}

fn push(scores: impl Into<Vec<f64>>) -> MonitorStep {
    MonitorStep::Push(BitsList(scores.into()))
}

#[allow(clippy::unnecessary_wraps, reason = "the fields of a configuration are optional")]
pub(super) fn bits(value: f64) -> Option<Bits> {
    Some(Bits(value))
}

/// Scores that wander as a model's do.
pub(super) fn walk(random: &mut Random, length: u32, start: f64, step: f64) -> Vec<f64> {
    let mut score = start;
    (0..length)
        .map(|_| {
            score = (score + random.between(-step, step)).clamp(0.0, 1.0);
            score
        })
        .collect()
}

/// Random walks under the default configuration.
fn walks(cases: &mut Cases, random: &mut Random) -> Made {
    for index in 0..90 {
        let length = random.whole(4, 26);
        let (low, step) = if index % 3 == 0 { (0.55, 0.2) } else { (0.7, 0.08) };
        let start = random.between(low, 0.95);
        cases.add("walk", monitor(Changes::default(), vec![push(walk(random, length, start, step))]))?;
    }
    Ok(())
}

/// Random configurations, and scores drawn around their limits.
fn wild(cases: &mut Cases, random: &mut Random) -> Made {
    for _ in 0..60 {
        let hard = random.between(0.0, 0.5);
        let window = random.between(hard, 0.7);
        let soft = random.unit();
        let drop = random.between(0.02, 0.5);
        let config = Changes {
            hard_limit: bits(hard),
            soft_limit: bits(soft),
            window_size: Some(random.whole(1, 9)),
            window_threshold: bits(window),
            trend_window: Some(random.whole(2, 8)),
            trend_threshold: bits(drop),
            ..Changes::default()
        };
        let length = random.whole(5, 20);
        let scores: Vec<_> = (0..length)
            .map(|_| match random.below(9) {
                0 => beside(random, hard),
                1 => beside(random, window),
                2 => beside(random, soft),
                3 => beside(random, (window + drop).min(1.0)),
                4 => random.unit(),
                _ => random.between(window, 1.0),
            })
            .collect();
        cases.add("wild", monitor(config, vec![push(scores)]))?;
    }
    Ok(())
}

/// A value, or a neighbour of it.
fn beside(random: &mut Random, value: f64) -> f64 {
    match random.below(3) {
        0 => value.next_down(),
        1 => value,
        _ => value.next_up(),
    }
}

/// Streams that end exactly at a limit, one ulp below and one above.
fn thresholds(cases: &mut Cases) -> Made {
    let limits: [f64; 8] = [0.5, 0.1, 0.55, 0.3, 1.0 / 3.0, 0.999_999_999_999_999_9, 0.000_488_281_25, 1e-12];
    let open = Changes { hard_limit: bits(0.0), trend_threshold: bits(2.0), ..Changes::default() };
    for limit in limits {
        for value in [limit.next_down(), limit, limit.next_up()] {
            let config = Changes { hard_limit: bits(limit), window_threshold: bits(0.0), ..open.clone() };
            cases.add("hard-limit", monitor(config, vec![push([1.0, value])]))?;
            let config = Changes { soft_limit: bits(limit), window_threshold: bits(0.0), ..open.clone() };
            cases.add("soft-limit", monitor(config, vec![push([value])]))?;
            let config = Changes { window_threshold: bits(limit), window_size: Some(10), ..open.clone() };
            cases.add("window", monitor(config, vec![push([limit; 9]), push([value])]))?;
            let config = Changes {
                window_threshold: bits(0.0),
                trend_threshold: bits(limit),
                trend_window: Some(3),
                ..open.clone()
            };
            cases.add("trend", monitor(config, vec![push([value, 0.2, 0.0])]))?;
        }
    }
    // The published sums round here: ten times 0.55, and drops of 0.15.
    cases.add("window-of-0.55", monitor(Changes::default(), vec![push([0.55; 24])]))?;
    for (high, low) in [(0.9, 0.75), (0.7, 0.55), (0.65, 0.5), (0.8, 0.65), (1.0, 0.85)] {
        let scores = [high, high, high, high, low];
        cases.add("drop-of-0.15", monitor(Changes::default(), vec![push(scores)]))?;
    }
    Ok(())
}

/// NaN payloads, infinities, subnormals, zeros and what is out of range, at the start and later.
fn odd_scores(cases: &mut Cases) -> Made {
    let open = Changes {
        hard_limit: bits(0.0),
        window_threshold: bits(0.0),
        trend_threshold: bits(2.0),
        soft_limit: bits(0.0),
        ..Changes::default()
    };
    for odd in ODD {
        cases.add("odd-first", monitor(open.clone(), vec![push([odd, 0.5])]))?;
        cases.add("odd-later", monitor(open.clone(), vec![push([0.9, 0.8, odd, odd, 0.7])]))?;
        cases.add("odd-default", monitor(Changes::default(), vec![push([0.9, odd, 0.9])]))?;
        cases.add("odd-batch", monitor(open.clone(), vec![MonitorStep::Batch(BitsList(vec![0.9, odd, 0.9]))]))?;
        let window = Changes { window_size: Some(3), window_threshold: bits(0.4), ..open.clone() };
        cases.add("odd-window", monitor(window, vec![push([0.9, 0.1, odd, 0.1, 0.1])]))?;
    }
    Ok(())
}

/// Late and missing scores, entropies.
fn observations(cases: &mut Cases, random: &mut Random) -> Made {
    let seen = |score, elapsed_ms, logit_entropy| Seen(Observation { score, elapsed_ms, logit_entropy });
    let good = seen(Some(0.9), Some(3.0), Some(0.5));
    let late = 50.0_f64;
    for missing_score in [MissingScore::Halt, MissingScore::Skip] {
        let config = || Changes {
            missing_score: Some(missing_score),
            logit_entropy_limit: bits(1.2),
            window_size: Some(3),
            ..Changes::default()
        };
        let mut add = |odd: Seen| {
            let steps = vec![MonitorStep::Observe(vec![good, odd, good, good, good])];
            cases.add("observation", monitor(config(), steps))
        };
        for elapsed in [late, late.next_up(), late.next_down(), -0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            add(seen(Some(0.9), Some(elapsed), None))?;
        }
        add(seen(None, None, None))?;
        add(seen(None, Some(10.0), None))?;
        add(seen(None, Some(f64::INFINITY), Some(9.0)))?;
        add(seen(Some(f64::NAN), Some(60.0), None))?;
        add(seen(Some(0.1), Some(60.0), Some(9.0)))?;
        for entropy in [1.2, 1.2_f64.next_up(), 1.2_f64.next_down(), 0.0, -1.0, f64::NAN, f64::INFINITY] {
            add(seen(Some(0.65), None, Some(entropy)))?;
        }
        add(seen(Some(0.1), None, Some(9.0)))?;
    }
    // Without a limit an entropy is not looked at.
    let steps = vec![MonitorStep::Observe(vec![seen(Some(0.9), None, Some(1e300)), seen(Some(0.9), None, None)])];
    cases.add("observation", monitor(Changes::default(), steps))?;
    for _ in 0..20 {
        let config = Changes {
            missing_score: Some(if random.once_in(2) { MissingScore::Skip } else { MissingScore::Halt }),
            logit_entropy_limit: bits(2.0),
            deadline_ms: Some(20),
            window_size: Some(4),
            ..Changes::default()
        };
        let observed = (0..12)
            .map(|_| {
                let score = (!random.once_in(9)).then(|| random.between(0.55, 1.0));
                let elapsed = (!random.once_in(3)).then(|| random.between(0.0, 21.0));
                let entropy = (!random.once_in(3)).then(|| random.between(0.0, 2.1));
                seen(score, elapsed, entropy)
            })
            .collect();
        cases.add("observed-walk", monitor(config, vec![MonitorStep::Observe(observed)]))?;
    }
    Ok(())
}

/// The same scores one by one and in batches of every size.
fn batches(cases: &mut Cases, random: &mut Random) -> Made {
    for _ in 0..12 {
        let start = random.between(0.7, 0.95);
        let scores = walk(random, 14, start, 0.12);
        cases.add("batch", monitor(Changes::default(), vec![push(scores.clone())]))?;
        for size in [1_usize, 3, 14] {
            let steps = scores.chunks(size).map(|chunk| MonitorStep::Batch(BitsList(chunk.to_vec()))).collect();
            cases.add("batch", monitor(Changes::default(), steps))?;
        }
    }
    cases.add("batch", monitor(Changes::default(), vec![MonitorStep::Batch(BitsList::default())]))
}

/// Ends of every kind, and what is refused after them.
fn lives(cases: &mut Cases) -> Made {
    let after = || {
        vec![
            push([0.9]),
            MonitorStep::Batch(BitsList(vec![0.9])),
            MonitorStep::Batch(BitsList::default()),
            MonitorStep::Observe(vec![Seen(Observation::default())]),
            MonitorStep::Stop(HaltText(Halt::because(HaltReason::Budget))),
            MonitorStep::Finish,
            MonitorStep::Finish,
        ]
    };
    let with = |first: Vec<MonitorStep>| monitor(Changes::default(), first.into_iter().chain(after()).collect());
    cases.add("life", with(vec![MonitorStep::Finish]))?;
    cases.add("life", with(vec![push([0.9, 0.6]), MonitorStep::Finish]))?;
    cases.add("life", with(vec![push([0.9, 0.1])]))?;
    cases.add("life", with(vec![push([0.9, f64::NAN])]))?;
    for reason in HaltReason::ALL {
        let halt = Halt { reason, observed: Some(0.25), bound: Some(f64::MIN_POSITIVE) };
        let first = vec![push([0.9, 0.8]), MonitorStep::Stop(HaltText(halt))];
        cases.add("stopped", with(first))?;
    }
    cases.add("life", with(vec![MonitorStep::Stop(HaltText(Halt::because(HaltReason::Denied)))]))
}

/// Streams and windows of every length: what is decided must not depend on how long it took.
fn long(cases: &mut Cases) -> Made {
    for (window, trend) in [(1, 2), (4096, 4096), (4095, 2), (1, 4096), (1024, 1025), (2048, 2047)] {
        let config = Changes { window_size: Some(window), trend_window: Some(trend), ..Changes::default() };
        let steps =
            |last: f64| vec![MonitorStep::Fill(window.max(trend).saturating_sub(1), Bits(0.7)), push([last; 2])];
        cases.add("long", monitor(config.clone(), steps(0.7)))?;
        cases.add("long", monitor(config.clone(), steps(0.51)))?;
        let steps = vec![MonitorStep::Fill(10_000, Bits(0.55)), push([0.55, 0.55_f64.next_down(), 0.6, 0.5])];
        cases.add("long", monitor(config, steps))?;
    }
    let steps = vec![MonitorStep::Fill(100_000, Bits(0.1)), MonitorStep::Fill(100_000, Bits(0.3)), push([0.2])];
    let config =
        Changes { hard_limit: bits(0.1), window_threshold: bits(0.1), soft_limit: bits(0.0), ..Changes::default() };
    cases.add("long", monitor(config, steps))
}

/// Configurations that are refused, each for one field, and those at the edge that are not.
fn refused(cases: &mut Cases) -> Made {
    let default = Changes::default;
    let mut add = |config: Changes| cases.add("config", monitor(config, vec![push([0.9, 0.4])]));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e-9, 1.0_f64.next_up(), 0.0, 1.0, -0.0] {
        add(Changes { coherence_threshold: bits(value), ..default() })?;
        add(Changes { hard_limit: bits(value), ..default() })?;
        add(Changes { soft_limit: bits(value), ..default() })?;
        add(Changes { window_threshold: bits(value), ..default() })?;
        let rest = if value.is_finite() { 1.0 - value } else { 0.4 };
        add(Changes { w_logic: bits(value), w_fact: bits(rest), ..default() })?;
        add(Changes { w_fact: bits(value), ..default() })?;
        add(Changes { trend_threshold: bits(value), ..default() })?;
        add(Changes { logit_entropy_limit: bits(value), ..default() })?;
    }
    for value in [0, 1, 2, 4096, 4097, u32::MAX] {
        add(Changes { window_size: Some(value), ..default() })?;
        add(Changes { trend_window: Some(value), ..default() })?;
        add(Changes { history_window: Some(value), ..default() })?;
        add(Changes { deadline_ms: Some(value), ..default() })?;
    }
    add(Changes { w_logic: bits(0.600_000_000_5), ..default() })?;
    add(Changes { w_logic: bits(0.600_000_002), ..default() })?;
    add(Changes { w_logic: bits(5.0), w_fact: bits(-4.0), ..default() })?;
    add(Changes { trend_threshold: bits(f64::MAX), ..default() })?;
    add(Changes { trend_threshold: bits(f64::from_bits(1)), ..default() })?;
    add(Changes { hard_limit: bits(2.0), window_size: Some(0), ..default() })
}

fn entropies(cases: &mut Cases, random: &mut Random) -> Made {
    let mut add = |list: Vec<f64>| cases.add("entropy", Input::Entropy { log_probabilities: BitsList(list) });
    for list in [
        vec![],
        vec![0.0],
        vec![-0.0, f64::NEG_INFINITY],
        vec![-1e-9; 3],
        vec![1e-7],
        vec![1e-5],
        vec![-1.0, f64::NAN],
        vec![-1.0, f64::INFINITY],
        vec![f64::NEG_INFINITY; 2],
        vec![-700.0, -745.2, -1e300],
        vec![-std::f64::consts::LN_2; 2],
        vec![-std::f64::consts::LN_2; 3],
    ] {
        add(list)?;
    }
    for _ in 0..24 {
        let length = random.whole(1, 20);
        add((0..length).map(|_| -random.between(0.01, 9.0)).collect())?;
    }
    Ok(())
}
