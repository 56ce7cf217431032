//! What the observers cost: `cargo bench -p interlock-core --features observers --bench observers`.
//!
//! A row is the minimum over the rounds, in nanoseconds. With `--write` the clouds are written to the present folder as
//! JSON, so that another library can be measured on the same ones.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs
)]

use std::hint::black_box;
use std::time::Instant;

use interlock_core::Fidelity;
use interlock_core::observers::{Cloud, Estimator, Pgbo, PgboConfig, Rips, Tcbo, TcboConfig};

const ROUNDS: u32 = 9;
/// Time that a round takes at least, in nanoseconds.
const ROUND: f64 = 20e6;

/// One row: the least time of a call over the rounds.
fn row(name: &str, mut call: impl FnMut()) {
    call();
    let start = Instant::now();
    call();
    let calls = (ROUND / (start.elapsed().as_nanos() as f64 + 1.0)).ceil().max(1.0) as u32;
    let mut least = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        least = least.min(start.elapsed().as_nanos() as f64 / f64::from(calls));
    }
    println!("{name:<44} {least:>14.0} ns");
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
    let mut pgbo = Pgbo::new(16, PgboConfig::default(), Fidelity::Corrected).unwrap();
    let mut draws = Draws(1);
    let mut theta: Vec<f64> = (0..16).map(|_| 6.0 * draws.uniform()).collect();
    row("pgbo, 16 nodes", || {
        for theta in &mut theta {
            *theta = (*theta + 0.7) % std::f64::consts::TAU;
        }
        black_box(pgbo.compute(black_box(&theta), 0.01).unwrap());
    });
    for estimator in [Estimator::Rips, Estimator::Spread] {
        let config = TcboConfig { estimator, ..TcboConfig::default() };
        let mut tcbo = Tcbo::new(16, config, Fidelity::Corrected).unwrap();
        let mut theta: Vec<f64> = (0..16).map(|_| 6.0 * draws.uniform()).collect();
        let rates: Vec<f64> = (0..16).map(|_| 0.1 + 0.02 * draws.uniform()).collect();
        row(&format!("tcbo, 16 phases, window 50, {estimator:?}"), || {
            for (theta, rate) in theta.iter_mut().zip(&rates) {
                *theta = (*theta + rate) % std::f64::consts::TAU;
            }
            black_box(tcbo.observe(black_box(&theta)).unwrap());
        });
    }
    for (kind, count, dimension) in [
        ("normal", 50, 48),
        ("locked", 50, 48),
        ("ring", 50, 96),
        ("uniform", 500, 3),
        ("normal", 500, 3),
        ("ring", 500, 3),
        ("normal", 500, 48),
        ("uniform", 1000, 3),
    ] {
        let points = cloud(kind, count, dimension);
        if std::env::args().any(|argument| argument == "--write") {
            let rows: Vec<String> = points.chunks_exact(dimension).map(|row| format!("{row:?}")).collect();
            let path = format!("{kind}_{count}x{dimension}.json");
            std::fs::write(path, format!("[{}]", rows.join(","))).unwrap();
        }
        let cloud = Cloud::new(&points, dimension as u32).unwrap();
        let mut rips = Rips::default();
        row(&format!("rips, longest bar, {kind} {count} x {dimension}"), || {
            black_box(rips.longest(black_box(cloud)));
        });
        row(&format!("rips, all {} bars", rips.bars(cloud).len()), || {
            black_box(rips.bars(black_box(cloud)));
        });
    }
}
