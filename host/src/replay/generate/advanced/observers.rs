//! Inputs of the suite `observers`.

use std::f64::consts::TAU;

use interlock_core::numeric::sin_cos;

use super::{BOTH, Cases, Made, NOT_FINITE, Random, between, bits, cycle, phases, with};
use crate::replay::Case;
use crate::replay::advanced::input::{EstimatorName, Numbers, PgboChanges, TcboChanges, TcboControllerChanges};
use crate::replay::advanced::observers::{ControllerStep, Input, PgboStep, TcboStep};
use crate::replay::text::Bits;

pub(in super::super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    clouds(&mut cases, &mut random)?;
    functions(&mut cases, &mut random)?;
    observers(&mut cases, &mut random)?;
    refused_observers(&mut cases, &mut random)?;
    controllers(&mut cases, &mut random)?;
    engines(&mut cases, &mut random)?;
    gradients(&mut cases, &mut random)?;
    Ok(cases.0)
}

/// Points on a circle, evenly spread.
fn circle(count: u32) -> Vec<f64> {
    let point = |k: u32| {
        let (sine, cosine) = sin_cos(TAU * f64::from(k) / f64::from(count));
        [cosine, sine]
    };
    (0..count).flat_map(point).collect()
}

/// Points of a square grid.
fn grid(side: u32) -> Vec<f64> {
    (0..side).flat_map(|i| (0..side).flat_map(move |j| [f64::from(i), f64::from(j)])).collect()
}

fn clouds(cases: &mut Cases, random: &mut Random) -> Made {
    let mut add = |name: &str, clouds: Vec<(Vec<f64>, u32)>| {
        let clouds = clouds.into_iter().map(|(points, dimension)| (points.into(), dimension)).collect();
        cases.add(name, Input::Rips { clouds })
    };
    // Nothing, one point, two, three; equal ones; on a line.
    add("rips-few", vec![(vec![], 1), (vec![1.0], 1), (vec![0.0, 3.0], 1), (vec![0.0, 0.0, 1.0, 0.0, 0.5, 0.5], 2)])?;
    add(
        "rips-degenerate",
        vec![(vec![2.0; 24], 2), ((0..20).map(f64::from).collect(), 1), (vec![-0.0, 0.0, 0.0, -0.0], 1)],
    )?;
    add("rips-ties", vec![(circle(12), 2), (grid(4), 2), (circle(7), 2), (grid(2), 2)])?;
    // One solver, larger and smaller clouds by turns.
    for dimension in [1_u32, 2, 3, 5, 48] {
        let counts = [16, 33, 5, 40];
        let clouds = counts.map(|count| (between(random, dimension.saturating_mul(count), -1.0, 1.0), dimension));
        add("rips-uniform", clouds.to_vec())?;
    }
    let ring: Vec<_> = circle(60).into_iter().map(|x| x + random.between(-0.1, 0.1)).collect();
    add("rips-ring", vec![(ring, 2)])?;
    // Numbers of extreme sizes.
    let tiny: Vec<_> = circle(10).into_iter().map(|x| x * 1e-120).collect();
    let huge: Vec<_> = circle(10).into_iter().map(|x| x * 1e149).collect();
    add("rips-extreme", vec![(tiny, 2), (huge, 2)])?;
    for bad in NOT_FINITE {
        add("rips-refused", vec![(with(circle(4), 5, bad), 2), (circle(4), 2)])?;
    }
    add("rips-refused", vec![(circle(4), 0), (circle(4), 3), (vec![1e151, 0.0], 1), (circle(4), 2)])?;
    cases.add("rips-refused", Input::Rips { clouds: vec![(cycle(vec![0.0, 1.0], 4097), 1)] })
}

fn functions(cases: &mut Cases, random: &mut Random) -> Made {
    let mut s = between(random, 20, -2.0, 2.0);
    s.extend([0.0, 1e300, -1e300, 63.0, -63.0]);
    for (s0, beta) in [(0.0, 8.0), (0.4, 1e6), (0.1, -3.0), (0.0, 0.0)] {
        cases.add("squash", Input::Squash { s: s.clone().into(), s0: Bits(s0), beta: Bits(beta) })?;
    }
    let p = Numbers::from(vec![0.0, 1e-13, 0.28, 0.5, 0.72, 1.0, 2.0, -1.0]);
    for (s_tau, beta) in [(0.5, 8.0), (0.0, 1e-6), (1.0, 1e6)] {
        cases.add("s0-for", Input::S0For { s_tau: Bits(s_tau), p: p.clone(), beta: Bits(beta) })?;
    }
    let samples = between(random, 12, -3.0, 3.0);
    for (channels, embed_dim, tau_delay) in [
        (1, 3, 1),
        (2, 3, 2),
        (3, 1, 0),
        (12, 1, 5),
        (2, 3, 3),
        (5, 2, 1),
        (0, 2, 1),
        (1, 0, 1),
        (1, 13, 1),
        (1, 2, 1 << 21),
    ] {
        let samples = samples.clone().into();
        cases.add("embed", Input::Embed { samples, channels, embed_dim, tau_delay })?;
    }
    Ok(())
}

/// Samples of phases that turn each at a rate of its own, with some noise.
fn turning(random: &mut Random, phases: u32, samples: u32, rate: f64, spread: f64, noise: f64) -> Vec<Numbers> {
    let starts = between(random, phases, 0.0, TAU);
    let rates: Vec<_> = (0..phases).map(|_| rate + random.between(-spread, spread)).collect();
    (0..samples)
        .map(|sample| {
            let now = starts.iter().zip(&rates).map(|(start, rate)| start + rate * f64::from(sample));
            now.map(|phase| phase + random.between(-noise, noise)).collect::<Vec<_>>().into()
        })
        .collect()
}

fn observers(cases: &mut Cases, random: &mut Random) -> Made {
    for fidelity in BOTH {
        for estimator in [EstimatorName::Rips, EstimatorName::Spread] {
            // The window is full at the 52nd sample.
            let config = TcboChanges { estimator: Some(estimator), ..TcboChanges::default() };
            let steps = vec![
                TcboStep::Observe(turning(random, 3, 51, 0.15, 0.0, 0.0)),
                TcboStep::Compute(true),
                TcboStep::Bars,
                TcboStep::Observe(turning(random, 3, 3, 0.15, 0.0, 0.0)),
                TcboStep::Bars,
            ];
            cases.add("tcbo", Input::Tcbo { phases: 3, config, fidelity, steps })?;
            for (phases, noise) in [(1, 0.0), (2, 0.02), (3, 0.5), (16, 0.1)] {
                let config = TcboChanges {
                    window_size: Some(24),
                    embed_dim: Some(2),
                    tau_delay: Some(3),
                    compute_every_n: Some(5),
                    estimator: Some(estimator),
                    ..TcboChanges::default()
                };
                let steps = vec![
                    TcboStep::Observe(turning(random, phases, 30, 0.25, 0.01, noise)),
                    TcboStep::Bars,
                    TcboStep::Observe(turning(random, phases, 25, 0.1, 0.1, noise)),
                    TcboStep::Push(vec![0.5; phases as usize].into()),
                    TcboStep::Compute(false),
                    TcboStep::Compute(true),
                    TcboStep::Reset,
                    TcboStep::Compute(true),
                ];
                cases.add("tcbo", Input::Tcbo { phases, config, fidelity, steps })?;
            }
            // Clouds without a shape: all points equal, a line, two points by turns, half a turn by turns.
            let small = || TcboChanges {
                window_size: Some(8),
                embed_dim: Some(2),
                estimator: Some(estimator),
                ..TcboChanges::default()
            };
            let still = |_| 1.0;
            let line = |k: u32| 1e-3 * f64::from(k);
            let flip = |k: u32| if k.is_multiple_of(2) { 0.0 } else { 1.0 };
            let half = |k: u32| 0.5 * TAU * f64::from(k);
            let shapes: [&dyn Fn(u32) -> f64; 4] = [&still, &line, &flip, &half];
            for shape in shapes {
                let samples = (0..12).map(|k| vec![shape(k), shape(k)].into()).collect();
                let steps = vec![TcboStep::Observe(samples), TcboStep::Bars];
                cases.add("tcbo-degenerate", Input::Tcbo { phases: 2, config: small(), fidelity, steps })?;
            }
        }
        // A window that is the least one, and one that is much longer than a turn.
        let config = TcboChanges { window_size: Some(4), embed_dim: Some(1), ..TcboChanges::default() };
        let square = [0.0, 0.25, 0.5, 0.75].map(|turn| vec![turn * TAU].into()).to_vec();
        let steps = vec![TcboStep::Observe(square), TcboStep::Bars];
        cases.add("tcbo-least", Input::Tcbo { phases: 1, config, fidelity, steps })?;
        let config = TcboChanges { window_size: Some(120), tau_delay: Some(7), ..TcboChanges::default() };
        let steps = vec![TcboStep::Observe(turning(random, 2, 140, 0.21, 0.0, 0.01))];
        cases.add("tcbo-long", Input::Tcbo { phases: 2, config, fidelity, steps })?;
        for (tau_h1, beta, s0, s_tau, persistence_threshold) in
            [(0.5, 2.0, 0.3, 0.1, 0.0), (1.0, 1e6, 0.0, 0.9, 0.9), (0.0, 1e-6, -1.0, 0.0, 1e3)]
        {
            let config = TcboChanges {
                window_size: Some(20),
                tau_h1: bits(tau_h1),
                beta: bits(beta),
                s0: bits(s0),
                s_tau: bits(s_tau),
                persistence_threshold: bits(persistence_threshold),
                ..TcboChanges::default()
            };
            let steps = vec![TcboStep::Observe(turning(random, 2, 24, 0.33, 0.0, 0.05))];
            cases.add("tcbo-settings", Input::Tcbo { phases: 2, config, fidelity, steps })?;
        }
    }
    Ok(())
}

fn refused_observers(cases: &mut Cases, random: &mut Random) -> Made {
    let default = TcboChanges::default;
    for fidelity in BOTH {
        for config in [
            TcboChanges { embed_dim: Some(0), ..default() },
            TcboChanges { tau_delay: Some(0), ..default() },
            TcboChanges { window_size: Some(0), ..default() },
            TcboChanges { window_size: Some(3), embed_dim: Some(1), ..default() },
            // Shorter than the embedding.
            TcboChanges { window_size: Some(10), embed_dim: Some(6), tau_delay: Some(2), ..default() },
            TcboChanges { window_size: Some(4097), ..default() },
            TcboChanges { embed_dim: Some(u32::MAX), ..default() },
            TcboChanges { tau_delay: Some(u32::MAX), ..default() },
            TcboChanges { tau_h1: bits(f64::NAN), ..default() },
            TcboChanges { tau_h1: bits(1.5), ..default() },
            TcboChanges { beta: bits(0.0), ..default() },
            TcboChanges { beta: bits(f64::INFINITY), ..default() },
            TcboChanges { s0: bits(f64::NAN), ..default() },
            TcboChanges { s_tau: bits(-0.1), ..default() },
            TcboChanges { persistence_threshold: bits(-1.0), ..default() },
        ] {
            cases.add("tcbo-refused", Input::Tcbo { phases: 2, config, fidelity, steps: vec![] })?;
        }
        for phases in [0, u32::MAX] {
            cases.add("tcbo-refused", Input::Tcbo { phases, config: default(), fidelity, steps: vec![] })?;
        }
        // What is refused later changes nothing.
        let config = TcboChanges { window_size: Some(6), embed_dim: Some(2), ..default() };
        let push = |theta: Vec<f64>| TcboStep::Push(theta.into());
        let mut steps = vec![TcboStep::Observe(turning(random, 3, 8, 0.7, 0.0, 0.0))];
        steps.extend([push(vec![]), push(vec![0.1; 2]), push(vec![0.1; 4])]);
        steps.extend(NOT_FINITE.map(|bad| push(vec![0.1, 0.2, bad])));
        steps.extend([push(vec![1e151, 0.0, 0.0]), TcboStep::Compute(true), TcboStep::Bars]);
        cases.add("tcbo-unchanged", Input::Tcbo { phases: 3, config, fidelity, steps })?;
    }
    Ok(())
}

fn controllers(cases: &mut Cases, random: &mut Random) -> Made {
    let step = |p_h1: f64, kappa: f64, dt: f64| ControllerStep::Step(Bits(p_h1), Bits(kappa), Bits(dt));
    let default = TcboControllerChanges::default;
    for fidelity in BOTH {
        for history_len in [None, Some(0), Some(3)] {
            let mut steps = vec![ControllerStep::IsGateOpen(None), ControllerStep::IsGateOpen(bits(0.73))];
            let mut walk: Vec<_> = (0..8).map(|_| step(random.unit(), random.between(0.0, 5.0), 0.1)).collect();
            steps.append(&mut walk);
            steps.extend([step(0.0, 5.0, 1e3), step(1.0, 0.0, 1e3), ControllerStep::IsGateOpen(None)]);
            for bad in NOT_FINITE {
                steps.extend([step(bad, 1.0, 0.1), step(0.5, bad, 0.1), step(0.5, 1.0, bad)]);
            }
            steps.extend([step(1.5, 1.0, 0.1), step(-0.1, 1.0, 0.1), step(0.5, 1.0, 0.0), step(0.5, 1.0, -0.1)]);
            steps.extend([ControllerStep::Reset, ControllerStep::IsGateOpen(None), step(0.3, 1.0, 0.5)]);
            let config = TcboControllerChanges { history_len, ..default() };
            cases.add("tcbo-controller", Input::TcboController { config, fidelity, steps })?;
        }
        for config in [
            TcboControllerChanges { tau_h1: bits(-0.1), ..default() },
            TcboControllerChanges { kp: bits(f64::NAN), ..default() },
            TcboControllerChanges { ki: bits(f64::INFINITY), ..default() },
            TcboControllerChanges { integral_max: bits(-6.0), ..default() },
            TcboControllerChanges { kappa_min: bits(6.0), ..default() },
            TcboControllerChanges { kappa_max: bits(f64::NAN), ..default() },
            TcboControllerChanges { history_len: Some(u32::MAX), ..default() },
        ] {
            cases.add("tcbo-controller-refused", Input::TcboController { config, fidelity, steps: vec![] })?;
        }
    }
    Ok(())
}

fn engines(cases: &mut Cases, random: &mut Random) -> Made {
    let default = PgboChanges::default;
    for fidelity in BOTH {
        for dimension in [1, 2, 3, 9, 16, 33] {
            let compute = |random: &mut Random, dt: f64| PgboStep::Compute(phases(random, dimension).into(), Bits(dt));
            let config = PgboChanges { traceless: Some(dimension % 2 == 1), ..default() };
            let steps = vec![
                PgboStep::State,
                compute(random, 0.01),
                compute(random, 0.01),
                PgboStep::SetPotential(between(random, dimension, -3.0, 3.0).into()),
                compute(random, 1.0),
                PgboStep::ScaleKappa(Bits(1.7)),
                compute(random, 1e-3),
                PgboStep::Multiply(between(random, dimension, -1.0, 1.0).into()),
                PgboStep::State,
                PgboStep::ScaleKappa(Bits(1e9)),
                PgboStep::ScaleKappa(Bits(f64::NAN)),
                PgboStep::Reset,
                compute(random, 0.1),
                compute(random, 0.1),
            ];
            cases.add("pgbo", Input::Pgbo { dimension, config, fidelity, steps })?;
        }
        // Wrong lengths and numbers; the first of each is refused under the corrected definition only.
        let mut steps = vec![PgboStep::Compute(vec![0.1, 0.2, 0.3].into(), Bits(0.1))];
        for (theta, dt) in [
            (vec![], 0.1),
            (vec![0.5; 2], 0.1),
            (vec![0.5; 4], 0.1),
            (vec![0.1, 1.2, 0.3], 0.0),
            (vec![0.1, 1.2, 0.3], -0.1),
            (vec![0.1, 1.2, 0.3], f64::NAN),
        ] {
            steps.push(PgboStep::Compute(theta.into(), Bits(dt)));
        }
        steps.extend([PgboStep::SetPotential(vec![1.0; 4].into()), PgboStep::SetPotential(vec![1.0].into())]);
        steps.extend([PgboStep::Multiply(vec![1.0; 2].into()), PgboStep::State]);
        for bad in NOT_FINITE {
            steps.push(PgboStep::SetPotential(vec![bad].into()));
            steps.push(PgboStep::Compute(vec![0.1, 0.2, bad].into(), Bits(0.1)));
            steps.push(PgboStep::SetPotential(vec![0.5].into()));
        }
        steps.extend([PgboStep::Reset, PgboStep::Compute(vec![0.1, 0.2, 0.3].into(), Bits(0.1))]);
        cases.add("pgbo-refused", Input::Pgbo { dimension: 3, config: default(), fidelity, steps })?;
        for config in [
            PgboChanges { alpha: bits(-0.1), ..default() },
            PgboChanges { alpha: bits(f64::NAN), ..default() },
            PgboChanges { kappa: bits(5.5), ..default() },
            PgboChanges { kappa: bits(f64::INFINITY), ..default() },
            PgboChanges { u_cap: bits(0.0), ..default() },
            PgboChanges { u_cap: bits(f64::NAN), ..default() },
            PgboChanges { u_cap: bits(f64::INFINITY), ..default() },
        ] {
            let steps =
                vec![PgboStep::Compute(vec![1.0].into(), Bits(1.0)), PgboStep::Compute(vec![2.0].into(), Bits(1.0))];
            cases.add("pgbo-refused", Input::Pgbo { dimension: 1, config, fidelity, steps })?;
        }
        for dimension in [0, u32::MAX] {
            cases.add("pgbo-refused", Input::Pgbo { dimension, config: default(), fidelity, steps: vec![] })?;
        }
    }
    Ok(())
}

fn gradients(cases: &mut Cases, random: &mut Random) -> Made {
    for fidelity in BOTH {
        let mut add = |config: PgboChanges, gradient: Vec<f64>, potential: Vec<f64>| {
            let (gradient, potential) = (gradient.into(), potential.into());
            cases.add("pgbo-of-gradient", Input::PgboOfGradient { config, fidelity, gradient, potential })
        };
        for count in [1, 2, 3, 16, 33] {
            let (gradient, potential) = (between(random, count, -20.0, 20.0), between(random, count, -2.0, 2.0));
            add(PgboChanges::default(), gradient.clone(), potential.clone())?;
            add(PgboChanges { traceless: Some(true), ..PgboChanges::default() }, gradient, potential)?;
        }
        add(PgboChanges::default(), vec![0.0; 3], vec![0.0; 3])?;
        add(PgboChanges::default(), vec![], vec![])?;
        add(PgboChanges::default(), vec![1.0; 3], vec![1.0; 2])?;
        add(PgboChanges::default(), vec![1.0, f64::NAN], vec![1.0; 2])?;
        add(PgboChanges::default(), vec![1.0; 2], vec![1.0, f64::INFINITY])?;
        add(PgboChanges { kappa: bits(f64::NAN), ..PgboChanges::default() }, vec![1.0], vec![1.0])?;
    }
    Ok(())
}
