//! Nanoseconds of the observers, at the defaults.
//!
//! A line is one row of `npm run bench` as JSON, or a part that has no goal: the minimum of the rounds, scaled by a
//! calibration loop of the same round. Where Python has the packages `ripser` and `numpy`, beside_ripser.py measures them
//! on the same clouds in turn with the core, and the goal is the ratio. Set `PYTHON` for another one than `python3`.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs
)]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use interlock_core::Fidelity;
use interlock_core::observers::{Cloud, Estimator, Pgbo, PgboConfig, Rips, Tcbo, TcboConfig};

mod calibration;
use calibration::{REFERENCE_STEP_NS, calibration_step_ns};

const ROUNDS: u32 = 30;
/// Time that a round takes at least, in nanoseconds.
const ROUND: f64 = 1e6;

/// The least time of a call over the rounds, scaled and as measured. A row with a goal, in nanoseconds, or a part.
fn row(name: &str, goal: Option<f64>, mut call: impl FnMut()) {
    call();
    let start = Instant::now();
    call();
    let calls = (ROUND / (start.elapsed().as_nanos() as f64 + 1.0)).ceil().max(1.0) as u32;
    let (mut measured, mut scaled) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let before = calibration_step_ns();
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        let found = start.elapsed().as_nanos() as f64 / f64::from(calls);
        // The faster of the two: a pause during the calibration must not flatter the row.
        let scale = REFERENCE_STEP_NS / before.min(calibration_step_ns());
        measured = measured.min(found);
        scaled = scaled.min(found * scale);
    }
    match goal {
        None => println!("{name}: {scaled:.0} ns, {measured:.0} as measured"),
        Some(goal) => println!(
            "{}",
            serde_json::json!({"name": name, "value": scaled, "unit": "ns", "goal": goal, "holds": scaled <= goal,
                "measured": measured})
        ),
    }
}

/// The longest bar of a cloud, beside the ripser library: a process that measures it once for each line that it is sent.
fn beside_ripser(clouds: &[(&str, usize, usize)]) {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/beside_ripser.py");
    let process = Command::new(&python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut process) = process else { return println!("skipped: {python} is not there to measure ripser") };
    let (mut asks, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    let mut answers = BufReader::new(answers).lines().map_while(Result::ok);
    if answers.next().as_deref() != Some("ready") {
        return println!("skipped: {python} has not the packages ripser and numpy");
    }
    for &(kind, count, dimension) in clouds {
        let points = cloud(kind, count, dimension);
        let rows: Vec<String> = points.chunks_exact(dimension).map(|row| format!("{row:?}")).collect();
        writeln!(asks, "[{}]", rows.join(",")).unwrap();
        let cloud = Cloud::new(&points, dimension as u32).unwrap();
        let mut rips = Rips::default();
        // All bars, as ripser gives them.
        let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
        let mut bars = 0;
        for _ in 0..7 {
            writeln!(asks, "again").unwrap();
            let answer = answers.next().unwrap();
            let (ns, found) = answer.split_once(' ').unwrap();
            theirs = theirs.min(ns.parse::<f64>().unwrap());
            bars = found.parse::<usize>().unwrap();
            let start = Instant::now();
            black_box(rips.bars(black_box(cloud)));
            ours = ours.min(start.elapsed().as_nanos() as f64);
        }
        let ratio = theirs / ours;
        let found = rips.bars(cloud).iter().filter(|bar| bar.lifetime() > 1e-6).count();
        assert!(found.abs_diff(bars) <= 2, "{kind} {count} x {dimension}: {found} bars, ripser has {bars}");
        println!(
            "{}",
            serde_json::json!({"name": format!("observers: all bars, {kind} {count} x {dimension}, against ripser"),
                "value": ours, "unit": "ns", "goal": 1.0, "holds": ratio >= 1.0, "baseline": theirs, "ratio": ratio})
        );
    }
}

/// A generator of its own, so that clouds are the same in every run.
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 * 2.0_f64.powi(-53)
    }

    /// About normal.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Points of a kind, row by row.
fn cloud(kind: &str, count: usize, dimension: usize) -> Vec<f64> {
    let mut draws = Draws(7);
    match kind {
        "uniform" => (0..count * dimension).map(|_| draws.uniform()).collect(),
        "normal" => (0..count * dimension).map(|_| draws.normal()).collect(),
        // A circle with some noise, in the first two coordinates.
        "ring" => (0..count)
            .flat_map(|_| {
                let (sine, cosine) = (std::f64::consts::TAU * draws.uniform()).sin_cos();
                let ring = [cosine, sine].into_iter().chain(std::iter::repeat(0.0));
                ring.take(dimension).map(|x| x + 0.1 * draws.normal()).collect::<Vec<_>>()
            })
            .collect(),
        // Sines of one frequency, each delayed: what phases that keep step look like.
        "locked" => {
            (0..count).flat_map(|t| (0..dimension).map(move |k| (0.13 * t as f64 + 0.4 * k as f64).sin())).collect()
        }
        _ => unreachable!(),
    }
}

fn main() {
    calibration_step_ns();
    let mut pgbo = Pgbo::new(16, PgboConfig::default(), Fidelity::Corrected).unwrap();
    let mut draws = Draws(1);
    let mut theta: Vec<f64> = (0..16).map(|_| 6.0 * draws.uniform()).collect();
    row("observers: PGBO, 16 nodes", Some(500.0), || {
        for theta in &mut theta {
            *theta = (*theta + 0.7) % std::f64::consts::TAU;
        }
        black_box(pgbo.compute(black_box(&theta), 0.01).unwrap());
    });
    for (estimator, goal) in [(Estimator::Rips, Some(1.5e6)), (Estimator::Spread, None)] {
        let config = TcboConfig { estimator, ..TcboConfig::default() };
        let mut tcbo = Tcbo::new(16, config, Fidelity::Corrected).unwrap();
        let mut theta: Vec<f64> = (0..16).map(|_| 6.0 * draws.uniform()).collect();
        let rates: Vec<f64> = (0..16).map(|_| 0.1 + 0.02 * draws.uniform()).collect();
        row(&format!("observers: TCBO, 16 phases, window 50, {estimator:?}"), goal, || {
            for (theta, rate) in theta.iter_mut().zip(&rates) {
                *theta = (*theta + rate) % std::f64::consts::TAU;
            }
            black_box(tcbo.observe(black_box(&theta)).unwrap());
        });
    }
    for (kind, count, dimension, goal) in [
        ("normal", 50, 48, Some(1.5e6)),
        ("locked", 50, 48, Some(1.5e6)),
        ("ring", 50, 96, None),
        ("uniform", 500, 3, None),
        ("uniform", 1000, 3, None),
    ] {
        let points = cloud(kind, count, dimension);
        let cloud = Cloud::new(&points, dimension as u32).unwrap();
        let mut rips = Rips::default();
        row(&format!("observers: longest bar, {kind} {count} x {dimension}"), goal, || {
            black_box(rips.longest(black_box(cloud)));
        });
    }
    beside_ripser(&[("uniform", 500, 3), ("normal", 500, 3), ("ring", 500, 3)]);
}
