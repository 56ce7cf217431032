//! Inputs of the suite `geometry`.

use interlock_core::Fidelity;
use interlock_core::physics::layers;

use super::{BOTH, Cases, Made, NOT_FINITE, Random, between, bits, cycle, matrix, phases, with};
use crate::replay::Case;
use crate::replay::advanced::geometry::{Input, SpectralStep, SsgfStep};
use crate::replay::advanced::input::{
    CostWeightsChanges, DecoderName, EigenMethodName, GradientMethodName, Numbers, SsgfChanges, Word,
};
use crate::replay::text::Bits;

pub(in super::super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    eigenpairs(&mut cases, &mut random)?;
    decoders(&mut cases, &mut random)?;
    bridges(&mut cases, &mut random)?;
    engines(&mut cases, &mut random)?;
    layer_engines(&mut cases, &mut random)?;
    refused_engines(&mut cases, &mut random)?;
    Ok(cases.0)
}

/// A symmetric matrix of numbers between two; `diagonal` stands on its diagonal.
fn symmetric(random: &mut Random, n: u32, low: f64, high: f64, diagonal: Option<f64>) -> Vec<f64> {
    let upper = between(random, n.saturating_mul(n), low, high);
    let size = n as usize;
    let at =
        |i: usize, j: usize| upper.get(i.min(j).saturating_mul(size).saturating_add(i.max(j))).copied().unwrap_or(0.0);
    let rows = (0..size).flat_map(|i| (0..size).map(move |j| (i, j)));
    rows.map(|(i, j)| diagonal.filter(|_| i == j).unwrap_or_else(|| at(i, j))).collect()
}

fn eigenpairs(cases: &mut Cases, random: &mut Random) -> Made {
    for method in [EigenMethodName::Tridiagonal, EigenMethodName::Jacobi] {
        for n in [1, 2, 3, 5, 11, 16, 33] {
            let unit = |i: u32, j: u32| f64::from(u8::from(i == j));
            let mut matrices: Vec<Numbers> = vec![
                symmetric(random, n, -1.0, 1.0, None).into(),
                // A repeated eigenvalue, all equal, ties of signs, nothing at all.
                matrix(n, unit).into(),
                matrix(n, |_, _| 1.0).into(),
                matrix(n, |i, j| if i.abs_diff(j) == 1 { -1.0 } else { 0.0 }).into(),
                matrix(n, |_, _| 0.0).into(),
            ];
            if n <= 16 {
                matrices.push(symmetric(random, n, -1e-90, 1e90, None).into());
            }
            cases.add("symmetric-eigen", Input::SymmetricEigen { n, method, matrices })?;
        }
        let good = vec![2.0, 1.0, 1.0, 2.0];
        let mut matrices: Vec<Numbers> =
            vec![good.clone().into(), vec![0.0; 3].into(), vec![1.0, 2.0, 3.0, 4.0].into()];
        matrices.extend(NOT_FINITE.map(|bad| with(good.clone(), 3, bad).into()));
        matrices.push(vec![1e101, 0.0, 0.0, 1.0].into());
        cases.add("symmetric-eigen-refused", Input::SymmetricEigen { n: 2, method, matrices })?;
        for n in [0, 1025] {
            cases.add("symmetric-eigen-refused", Input::SymmetricEigen { n, method, matrices: vec![] })?;
        }
    }
    Ok(())
}

fn decoders(cases: &mut Cases, random: &mut Random) -> Made {
    let pairs = |n: u32| n.saturating_mul(n.saturating_sub(1)) / 2;
    for decoder in [DecoderName::GramSoftplus, DecoderName::Rbf] {
        for n in [1, 2, 3, 9, 16] {
            for (low, high) in [(-0.5, 0.5), (-30.0, 30.0)] {
                let z = between(random, pairs(n), low, high).into();
                cases.add("decode", Input::Decode { n, decoder, sigma: Bits(0.7), z })?;
            }
        }
        let z = vec![20.0, 20.0_f64.next_up(), -20.0, (-20.0_f64).next_down(), 0.0, -0.0];
        cases.add("decode", Input::Decode { n: 4, decoder, sigma: Bits(1e-6), z: z.clone().into() })?;
        for (n, sigma, z) in [
            (0, 1.0, vec![]),
            (257, 1.0, vec![]),
            (4, 0.0, z.clone()),
            (4, f64::NAN, z.clone()),
            (4, 1.0, vec![0.0; 5]),
            (4, 1.0, with(z.clone(), 2, f64::NAN)),
            (4, 1.0, with(z, 5, 1e7)),
        ] {
            cases.add("decode-refused", Input::Decode { n, decoder, sigma: Bits(sigma), z: z.into() })?;
        }
    }
    Ok(())
}

fn bridges(cases: &mut Cases, random: &mut Random) -> Made {
    let compute = |w: Vec<f64>| SpectralStep::Compute(w.into());
    for fidelity in BOTH {
        for n in [1, 2, 3, 11, 16, 33] {
            let w = symmetric(random, n, 0.0, 1.0, Some(0.0));
            let near: Vec<_> = w.iter().map(|weight| weight * 1.001).collect();
            let other = symmetric(random, n, 0.0, 2.0, Some(0.0));
            let ring =
                matrix(n, |i, j| f64::from(u8::from(i.abs_diff(j) == 1 || i.abs_diff(j) == n.saturating_sub(1))));
            let mut steps = vec![compute(w)];
            if n <= 16 {
                steps.extend([compute(near), compute(other)]);
            }
            steps.extend([
                SpectralStep::Reset,
                // Repeated eigenvalues, and a graph without edges.
                compute(ring),
                compute(matrix(n, |_, _| 0.0)),
                SpectralStep::SetReference(matrix(n, |i, j| if i == j { -1.0 } else { 0.0 }).into()),
                compute(matrix(n, |i, j| if i == j { 0.0 } else { f64::from(i.max(j)) })),
            ]);
            cases.add("spectral-bridge", Input::SpectralBridge { n, fidelity, steps })?;
        }
        let mut steps = vec![compute(vec![0.0, 1.0, 1.0, 0.0])];
        steps.extend([compute(vec![0.0; 3]), compute(vec![0.0, 1.0, 2.0, 0.0]), compute(vec![0.0, 1e10, 1e10, 0.0])]);
        steps.extend(NOT_FINITE.map(|bad| compute(vec![0.0, bad, bad, 0.0])));
        steps.extend([
            SpectralStep::SetReference(vec![1.0; 3].into()),
            SpectralStep::SetReference(vec![f64::NAN; 4].into()),
        ]);
        steps.push(compute(vec![0.0, 2.0, 2.0, 0.0]));
        cases.add("spectral-bridge-refused", Input::SpectralBridge { n: 2, fidelity, steps })?;
        cases.add("spectral-bridge-refused", Input::SpectralBridge { n: 0, fidelity, steps: vec![] })?;
    }
    Ok(())
}

const DECODERS: [DecoderName; 2] = [DecoderName::GramSoftplus, DecoderName::Rbf];
const METHODS: [GradientMethodName; 2] = [GradientMethodName::Analytic, GradientMethodName::FiniteDifference];

/// Every combination of definition, decoder and gradient, for many numbers of oscillators.
fn engines(cases: &mut Cases, random: &mut Random) -> Made {
    for fidelity in BOTH {
        for decoder in DECODERS {
            for gradient in METHODS {
                for n in [1, 2, 3, 8, 9, 16, 33, 100] {
                    if n > 16 && matches!(gradient, GradientMethodName::FiniteDifference) {
                        continue;
                    }
                    let config = SsgfChanges {
                        n: Some(n),
                        decoder: Some(decoder),
                        gradient: Some(gradient),
                        seed: Some(Word(random.bits())),
                        noise_amp: bits(if n % 2 == 0 { 0.0 } else { 0.5 }),
                        pgbo_traceless: Some(n == 3),
                        ..SsgfChanges::default()
                    };
                    let (omega, coupling) =
                        (between(random, n, 0.0, 5.0), cycle(between(random, 17, 0.0, 0.5), n.saturating_mul(n)));
                    let steps = vec![
                        SsgfStep::OuterStep,
                        SsgfStep::SetPH1(Bits(0.9)),
                        SsgfStep::SetProtected((0..n).map(|node| node % 3 == 0).collect()),
                        SsgfStep::Run(if n > 16 { 1 } else { 2 }),
                        SsgfStep::Audio,
                        SsgfStep::SetTheta(phases(random, n).into()),
                        SsgfStep::OuterStep,
                        SsgfStep::Run(0),
                        SsgfStep::Log,
                    ];
                    cases.add("ssgf", Input::Ssgf { config, omega: omega.into(), coupling, fidelity, steps })?;
                }
            }
        }
    }
    Ok(())
}

/// The sixteen layers: every default, and each setting otherwise.
fn layer_engines(cases: &mut Cases, random: &mut Random) -> Made {
    let default = SsgfChanges::default;
    for fidelity in BOTH {
        let coupling = Numbers::from(layers::coupling_rows(Fidelity::from(fidelity)).as_flattened().to_vec());
        let omega = Numbers::from(layers::OMEGA.to_vec());
        let mut add = |name: &str, config: SsgfChanges, steps: Vec<SsgfStep>| {
            let (omega, coupling) = (omega.clone(), coupling.clone());
            cases.add(name, Input::Ssgf { config, omega, coupling, fidelity, steps })
        };
        add("ssgf-layers", default(), vec![SsgfStep::Run(100), SsgfStep::Audio])?;
        let target: Vec<_> = matrix(16, |i, j| f64::from(u8::from(i == 15_u32.saturating_sub(j))));
        for (config, steps) in [
            (SsgfChanges { seed: Some(Word(7)), lr_z: bits(2.0), ..default() }, 20),
            (SsgfChanges { pgbo_enabled: Some(false), ..default() }, 3),
            (SsgfChanges { pgbo_kappa: bits(5.0), pgbo_u_cap: bits(1e6), pgbo_weight: bits(3.0), ..default() }, 3),
            (SsgfChanges { n_micro: Some(1), dt_micro: bits(0.1), dt_outer: bits(0.1), ..default() }, 3),
            (SsgfChanges { sigma_g: bits(5.0), field_pressure: bits(-2.0), ..default() }, 3),
            (SsgfChanges { h_rec_window: Some(2), plv_window: Some(1), plv_threshold: bits(0.1), ..default() }, 8),
            (SsgfChanges { log_capacity: Some(2), ..default() }, 5),
            (SsgfChanges { log_capacity: Some(0), ..default() }, 2),
            (
                SsgfChanges {
                    weights: Some(CostWeightsChanges {
                        c9: bits(4.0),
                        c10: bits(9.0),
                        reg: bits(0.0),
                        ..CostWeightsChanges::default()
                    }),
                    lr_z: bits(0.5),
                    ..default()
                },
                5,
            ),
        ] {
            let steps = vec![
                SsgfStep::SetTarget(target.clone().into()),
                SsgfStep::SetPH1(Bits(random.unit())),
                SsgfStep::SetProtected(vec![
                    true, true, false, true, false, false, false, true, true, false, false, false, true, false, false,
                    true,
                ]),
                SsgfStep::Run(steps),
                SsgfStep::Audio,
                SsgfStep::TakeLog,
                SsgfStep::OuterStep,
                SsgfStep::Log,
            ];
            add("ssgf-settings", config, steps)?;
        }
        // Everybody together: the mode of sound that wants agreement.
        let steps = vec![SsgfStep::SetTheta(vec![0.25; 16].into()), SsgfStep::SetPH1(Bits(1.0)), SsgfStep::Audio];
        add("ssgf-audio", default(), steps)?;
    }
    Ok(())
}

fn refused_engines(cases: &mut Cases, random: &mut Random) -> Made {
    let three = || SsgfChanges { n: Some(3), ..SsgfChanges::default() };
    for fidelity in BOTH {
        let (omega, coupling) = (vec![1.0, 2.0, 3.0], vec![0.1; 9]);
        let mut add = |config: SsgfChanges, omega: Vec<f64>, coupling: Vec<f64>| {
            let (omega, coupling) = (omega.into(), coupling.into());
            cases.add("ssgf-refused", Input::Ssgf { config, omega, coupling, fidelity, steps: vec![] })
        };
        add(SsgfChanges { n: Some(0), ..three() }, vec![], vec![])?;
        add(SsgfChanges { n: Some(257), ..three() }, omega.clone(), coupling.clone())?;
        add(three(), vec![1.0; 2], coupling.clone())?;
        add(three(), omega.clone(), vec![0.1; 8])?;
        for bad in NOT_FINITE {
            add(three(), with(omega.clone(), 1, bad), coupling.clone())?;
            add(three(), omega.clone(), with(coupling.clone(), 4, bad))?;
            add(SsgfChanges { lr_z: bits(bad), ..three() }, omega.clone(), coupling.clone())?;
        }
        for config in [
            SsgfChanges { dt_micro: bits(0.0), ..three() },
            SsgfChanges { dt_micro: bits(-0.1), ..three() },
            SsgfChanges { dt_outer: bits(f64::NAN), ..three() },
            SsgfChanges { n_micro: Some(0), ..three() },
            SsgfChanges { rbf_sigma: bits(0.0), ..three() },
            SsgfChanges { noise_amp: bits(-1.0), ..three() },
            SsgfChanges { sigma_g: bits(1e7), ..three() },
            SsgfChanges { field_pressure: bits(f64::NAN), ..three() },
            SsgfChanges { fd_eps: bits(0.0), ..three() },
            SsgfChanges { pgbo_alpha: bits(f64::NAN), ..three() },
            SsgfChanges { pgbo_alpha: bits(7.0), ..three() },
            SsgfChanges { pgbo_kappa: bits(f64::NAN), ..three() },
            SsgfChanges { pgbo_u_cap: bits(0.0), ..three() },
            SsgfChanges { plv_threshold: bits(f64::NAN), ..three() },
            SsgfChanges { plv_window: Some(70_000), ..three() },
            SsgfChanges { h_rec_window: Some(100), ..three() },
            SsgfChanges { log_capacity: Some(u32::MAX), ..three() },
            SsgfChanges {
                weights: Some(CostWeightsChanges { c7: bits(f64::NAN), ..CostWeightsChanges::default() }),
                ..three()
            },
        ] {
            add(config, omega.clone(), coupling.clone())?;
        }
        // What is refused later changes nothing; latents that run away are refused, too.
        let steps = vec![
            SsgfStep::OuterStep,
            SsgfStep::SetPH1(Bits(f64::NAN)),
            SsgfStep::SetPH1(Bits(1.5)),
            SsgfStep::SetProtected(vec![true; 2]),
            SsgfStep::SetTarget(vec![0.0; 8].into()),
            SsgfStep::SetTarget(vec![f64::INFINITY; 9].into()),
            SsgfStep::SetTheta(vec![0.0; 2].into()),
            SsgfStep::SetTheta(vec![0.0, 0.0, f64::NAN].into()),
            SsgfStep::OuterStep,
        ];
        let (omega, coupling) = (Numbers::from(omega), Numbers::from(coupling));
        let input = Input::Ssgf { config: three(), omega: omega.clone(), coupling: coupling.clone(), fidelity, steps };
        cases.add("ssgf-unchanged", input)?;
        let weights = Some(CostWeightsChanges { reg: bits(1e6), ..CostWeightsChanges::default() });
        let config = SsgfChanges { lr_z: bits(-1e6), weights, seed: Some(Word(random.bits())), ..three() };
        let steps = vec![SsgfStep::OuterStep, SsgfStep::OuterStep, SsgfStep::Run(3)];
        cases.add("ssgf-unchanged", Input::Ssgf { config, omega, coupling, fidelity, steps })?;
    }
    Ok(())
}
