//! Nanoseconds of the SSGF engine's outer step and of its parts, at the defaults.
//!
//! A line is one row of `npm run bench` as JSON, or a part that has no goal: the minimum of the rounds, scaled by a
//! calibration loop of the same round.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

use std::hint::black_box;
use std::time::Instant;

use interlock_core::Fidelity;
use interlock_core::geometry::{
    CostWeights, Decoder, Gradient, GradientMethod, GradientState, MicroConfig, MicroCycle, NodeSpace, SpectralBridge,
    SsgfConfig, SsgfEngine,
};
use interlock_core::numeric::{EigenMethod, SymmetricEigen};
use interlock_core::physics::layers;

mod calibration;
use calibration::{REFERENCE_STEP_NS, calibration_step_ns};

const ROUNDS: usize = 100;

/// Something that is timed: how many times in a round, and what is done.
struct Timed {
    name: &'static str,
    /// None for a part, which has no goal of its own.
    goal: Option<f64>,
    times: u32,
    run: Box<dyn FnMut()>,
    measured: f64,
    scaled: f64,
}

fn row(name: &'static str, goal: Option<f64>, times: u32, run: impl FnMut() + 'static) -> Timed {
    Timed { name, goal, times, run: Box::new(run), measured: f64::INFINITY, scaled: f64::INFINITY }
}

fn engine(decoder: Decoder, gradient: GradientMethod, fidelity: Fidelity) -> SsgfEngine {
    let config = SsgfConfig { decoder, gradient, ..SsgfConfig::default() };
    let k = layers::coupling_rows(fidelity);
    SsgfEngine::new(config, &layers::OMEGA, k.as_flattened(), fidelity).unwrap()
}

fn step(name: &'static str, goal: f64, times: u32, mut engine: SsgfEngine) -> Timed {
    row(name, Some(goal), times, move || {
        black_box(engine.outer_step().unwrap());
    })
}

fn parts() -> Vec<Timed> {
    let start = engine(Decoder::GramSoftplus, GradientMethod::Analytic, Fidelity::Corrected);
    let (w, z) = (start.w().to_vec(), start.z().to_vec());
    let theta = start.theta().to_vec();
    let k = layers::coupling_rows(Fidelity::Corrected).as_flattened().to_vec();
    let micro = |noise_amp: f64| {
        let config = MicroConfig { noise_amp, ..MicroConfig::default() };
        MicroCycle::new(config, &layers::OMEGA, &k, &theta, 1, Fidelity::Corrected).unwrap()
    };
    let (mut noisy, mut silent) = (micro(0.02), micro(0.0));
    let mut bridge = SpectralBridge::new(16, Fidelity::Corrected).unwrap();
    let solver = |method| SymmetricEigen::new(16, method).unwrap();
    let (mut tridiagonal, mut jacobi) = (solver(EigenMethod::Tridiagonal), solver(EigenMethod::Jacobi));
    bridge.compute(&w).unwrap();
    let laplacian = bridge.laplacian().to_vec();
    let same = laplacian.clone();
    let mut decoder = z.clone();
    let space = NodeSpace::new(16, Decoder::GramSoftplus, 1.0, &z).unwrap();
    let mut gradient = Gradient::new(&space, Fidelity::Corrected).unwrap();
    let (sines, cosines) = (start.micro().sines().to_vec(), start.micro().cosines().to_vec());
    let eigenvectors = start.eigenvectors().to_vec();
    vec![
        row("geometry: micro-step, with noise", None, 500, move || {
            noisy.step();
            black_box(noisy.theta());
        }),
        row("geometry: micro-step, no noise", None, 500, move || {
            silent.step();
            black_box(silent.theta());
        }),
        row("geometry: spectral bridge, N = 16", None, 20, move || {
            bridge.compute(black_box(&w)).unwrap();
        }),
        row("geometry: eigenpairs, N = 16", None, 20, move || {
            tridiagonal.solve(black_box(&laplacian)).unwrap();
        }),
        row("geometry: eigenpairs by published sweeps, N = 16", None, 5, move || {
            jacobi.solve(black_box(&same)).unwrap();
        }),
        row("geometry: decoder made anew", None, 20, move || {
            decoder[0] += 1e-9;
            black_box(NodeSpace::new(16, Decoder::GramSoftplus, 1.0, &decoder).unwrap());
        }),
        row("geometry: analytic slope", None, 20, move || {
            let state = GradientState {
                sines: &sines,
                cosines: &cosines,
                target: &eigenvectors[16..32],
                protected: &[],
                p_h1: 0.5,
                eigenvectors: &eigenvectors,
            };
            let weights = CostWeights::default();
            black_box(gradient.find(GradientMethod::Analytic, &space, &state, &weights, 1e-5).unwrap());
        }),
    ]
}

fn main() {
    use Decoder::{GramSoftplus, Rbf};
    use Fidelity::{Corrected, Published};
    use GradientMethod::{Analytic, FiniteDifference};
    let mut rows = vec![
        step("geometry: SSGF outer step, analytic", 30e3, 10, engine(GramSoftplus, Analytic, Corrected)),
        step("geometry: SSGF outer step, analytic, radial decoder", 30e3, 10, engine(Rbf, Analytic, Corrected)),
        step("geometry: SSGF outer step, published numbers", 170e3, 2, engine(GramSoftplus, Analytic, Published)),
        step("geometry: SSGF outer step, differences", 27e6, 1, engine(GramSoftplus, FiniteDifference, Corrected)),
    ];
    rows.extend(parts());
    calibration_step_ns();
    for _ in 0..ROUNDS {
        for Timed { times, run, measured, scaled, .. } in &mut rows {
            let before = calibration_step_ns();
            let started = Instant::now();
            for _ in 0..*times {
                run();
            }
            let found = started.elapsed().as_nanos() as f64 / f64::from(*times);
            // The faster of the two: a pause during the calibration must not flatter the row.
            let scale = REFERENCE_STEP_NS / before.min(calibration_step_ns());
            *measured = measured.min(found);
            *scaled = scaled.min(found * scale);
        }
    }
    for Timed { name, goal, measured, scaled, .. } in rows {
        let Some(goal) = goal else {
            println!("{name}: {scaled:.0} ns, {measured:.0} as measured");
            continue;
        };
        println!(
            "{}",
            serde_json::json!({"name": name, "value": scaled, "unit": "ns", "goal": goal, "holds": scaled <= goal,
                "measured": measured})
        );
    }
}
