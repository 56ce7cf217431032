//! Inputs of the suite `physics`.

use std::f64::consts::{PI, TAU};

use interlock_core::physics::layers;

use super::{BOTH, Cases, Made, NOT_FINITE, Random, between, bits, cycle, matrix, phases, with};
use crate::replay::Case;
use crate::replay::advanced::input::{FidelityName, L16Changes, Numbers, SecChanges, UpdeChanges, Word};
use crate::replay::advanced::physics::{Draw, Input, L16Step, MotionInput, SecStep, UpdeStep};
use crate::replay::text::Bits;

pub(in super::super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    functions(&mut cases, &mut random)?;
    chance(&mut cases, &mut random)?;
    angles(&mut cases, &mut random)?;
    steppers(&mut cases, &mut random)?;
    refused_steppers(&mut cases, &mut random)?;
    functionals(&mut cases, &mut random)?;
    controllers(&mut cases, &mut random)?;
    histories(&mut cases, &mut random)?;
    elements(&mut cases)?;
    Ok(cases.0)
}

/// Numbers at which an algorithm changes its way, and what is no number.
const EDGES: [f64; 26] = [
    0.0,
    -0.0,
    f64::from_bits(1),
    -f64::MIN_POSITIVE,
    1e-300,
    1e-17,
    -1e-9,
    0.5,
    1.0,
    -1.0,
    PI / 4.0,
    PI / 2.0,
    PI,
    -PI,
    TAU,
    3.0 * PI,
    20.0,
    -20.0,
    709.78,
    -745.13,
    205_887.0,
    -205_888.0,
    1e22,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

/// Lists of every length around a vector's.
fn functions(cases: &mut Cases, random: &mut Random) -> Made {
    type Make = fn(Numbers) -> Input;
    let makes: [(&str, Make, f64, f64); 3] = [
        ("sin-cos-all", |x| Input::SinCosAll { x }, -30.0, 30.0),
        ("exp-all", |x| Input::ExpAll { x }, -40.0, 40.0),
        ("ln-all", |x| Input::LnAll { x }, 0.0, 1e3),
    ];
    for (name, make, low, high) in makes {
        cases.add(name, make(EDGES.to_vec().into()))?;
        for count in [0, 1, 2, 3, 7, 8, 9, 16, 33] {
            cases.add(name, make(between(random, count, low, high).into()))?;
        }
        // Any bit pattern that is a number.
        let any = std::iter::repeat_with(|| f64::from_bits(random.bits())).filter(|x| !x.is_nan());
        cases.add(name, make(any.take(100).collect::<Vec<_>>().into()))?;
        cases.add(name, make(cycle(between(random, 101, low, high), 5000)))?;
        // Every binade.
        let powers: Vec<_> =
            (0..2046_u64).step_by(23).map(|power| f64::from_bits((power.saturating_add(1) << 52) | 0x5_1234)).collect();
        cases.add(name, make(powers.into()))?;
    }
    Ok(())
}

fn chance(cases: &mut Cases, random: &mut Random) -> Made {
    for fidelity in BOTH {
        for seed in [0, 1, 2, 42, u64::MAX, random.bits()] {
            let draws = vec![
                Draw::Uniforms(5),
                Draw::Normals(1),
                Draw::Normals(17),
                Draw::SkipNormals(3),
                Draw::Normals(2000),
                Draw::Uniforms(2),
            ];
            cases.add("xorshift64", Input::Xorshift64 { seed: Word(seed), fidelity, draws })?;
        }
        cases.add("layers", Input::Layers { fidelity })?;
    }
    Ok(())
}

fn angles(cases: &mut Cases, random: &mut Random) -> Made {
    let finite: Vec<_> = EDGES.into_iter().filter(|x| x.is_finite()).collect();
    for fidelity in BOTH {
        cases.add("wrap", Input::Wrap { x: finite.clone().into(), fidelity })?;
        let x = between(random, 40, -40.0, 40.0);
        cases.add("wrap", Input::Wrap { x: x.into(), fidelity })?;
    }
    cases.add("difference", Input::Difference { x: finite.into() })?;
    let x = phases(random, 12);
    cases.add("difference", Input::Difference { x: x.into() })?;
    for theta in [vec![], vec![2.0], vec![0.0, PI], vec![1.0; 16], EDGES.to_vec()] {
        cases.add("order-parameter", Input::OrderParameter { theta: theta.into() })?;
    }
    for count in [2, 3, 16, 33, 100] {
        let theta = phases(random, count);
        cases.add("order-parameter", Input::OrderParameter { theta: theta.into() })?;
    }
    for omega in [vec![], vec![1.0], vec![1.0; 5], layers::OMEGA.to_vec(), vec![1.0, f64::NAN]] {
        cases.add("critical-coupling", Input::CriticalCoupling { omega: omega.into() })?;
    }
    Ok(())
}

/// What is done to most steppers.
fn usual(random: &mut Random, n: u32) -> Vec<UpdeStep> {
    vec![
        UpdeStep::Step,
        UpdeStep::State,
        UpdeStep::Run(9),
        UpdeStep::State,
        UpdeStep::SetTheta(between(random, n, -20.0, 20.0).into()),
        UpdeStep::Run(90),
        UpdeStep::Run(0),
    ]
}

fn steppers(cases: &mut Cases, random: &mut Random) -> Made {
    for fidelity in BOTH {
        for (seed, noise) in [(0, 0.0), (42, 0.05), (u64::MAX, 1.5)] {
            let config = UpdeChanges { noise_amplitude: bits(noise), ..UpdeChanges::default() };
            let theta = phases(random, 16);
            let steps = usual(random, 16);
            let input = Input::Upde {
                omega: None,
                coupling: None,
                theta: theta.into(),
                config,
                seed: Word(seed),
                fidelity,
                steps,
            };
            cases.add("upde-layers", input)?;
        }
        // A thousand steps of the layers, with every default.
        let steps = vec![UpdeStep::Run(1000)];
        let theta = between(random, 16, -1e3, 1e3).into();
        let config = UpdeChanges::default();
        let (omega, coupling) = (None, None);
        cases.add("upde-layers", Input::Upde { omega, coupling, theta, config, seed: Word(7), fidelity, steps })?;
        for n in [1, 2, 3, 7, 8, 9, 16, 33, 100, 257] {
            for noise in [0.0, 0.3] {
                let (omega, theta) = (between(random, n, -5.0, 5.0), phases(random, n));
                // Neither symmetric nor with an empty diagonal.
                let prime = if n > 50 { 97 } else { 13 };
                let coupling = cycle(between(random, prime, -1.0, 2.0), n.saturating_mul(n));
                let config = UpdeChanges {
                    dt: bits(random.between(1e-4, 0.05)),
                    field_pressure: bits(random.between(-1.0, 1.0)),
                    noise_amplitude: bits(noise),
                };
                let mut steps = if n > 50 { vec![UpdeStep::Run(10)] } else { usual(random, n) };
                let other = UpdeChanges { dt: bits(0.5), ..UpdeChanges::default() };
                steps.extend([
                    UpdeStep::SetConfig(other),
                    UpdeStep::SetCoupling(cycle(vec![0.25, -0.5], n.saturating_mul(n))),
                    UpdeStep::Run(3),
                ]);
                let (omega, seed) = (Some(omega.into()), Word(random.bits()));
                let input =
                    Input::Upde { omega, coupling: Some(coupling), theta: theta.into(), config, seed, fidelity, steps };
                cases.add("upde", input)?;
            }
        }
        // Where a phase lands on a turn: without drift, just below 0.
        let theta = vec![-1e-17, -f64::from_bits(1), TAU, -0.0, 0.0, -TAU, 1e15, -1e9];
        let config = UpdeChanges { field_pressure: bits(0.0), noise_amplitude: bits(0.0), ..UpdeChanges::default() };
        let (omega, coupling) = (Some(vec![0.0; 8].into()), Some(vec![0.0; 64].into()));
        let steps = vec![UpdeStep::State, UpdeStep::Step, UpdeStep::State, UpdeStep::Step];
        cases.add(
            "upde-turn",
            Input::Upde { omega, coupling, theta: theta.into(), config, seed: Word(1), fidelity, steps },
        )?;
    }
    Ok(())
}

fn refused_steppers(cases: &mut Cases, random: &mut Random) -> Made {
    let changed = UpdeChanges::default;
    let mut add =
        |omega: Vec<f64>, coupling: Vec<f64>, theta: Vec<f64>, config: UpdeChanges, fidelity: FidelityName| {
            let (omega, coupling) = (Some(omega.into()), Some(coupling.into()));
            let steps = vec![UpdeStep::Run(1)];
            let input = Input::Upde { omega, coupling, theta: theta.into(), config, seed: Word(1), fidelity, steps };
            cases.add("upde-refused", input)
        };
    for fidelity in BOTH {
        let (omega, coupling, theta) = (vec![1.0, 2.0], vec![0.0, 0.5, 0.5, 0.0], vec![0.1, 0.2]);
        add(vec![], vec![], vec![], changed(), fidelity)?;
        add(vec![1.0], coupling.clone(), theta.clone(), changed(), fidelity)?;
        add(omega.clone(), coupling.clone(), vec![0.1], changed(), fidelity)?;
        add(omega.clone(), vec![0.5; 3], theta.clone(), changed(), fidelity)?;
        for bad in NOT_FINITE {
            add(with(omega.clone(), 1, bad), coupling.clone(), theta.clone(), changed(), fidelity)?;
            add(omega.clone(), with(coupling.clone(), 2, bad), theta.clone(), changed(), fidelity)?;
            add(omega.clone(), coupling.clone(), with(theta.clone(), 0, bad), changed(), fidelity)?;
            let config = UpdeChanges { field_pressure: bits(bad), ..changed() };
            add(omega.clone(), coupling.clone(), theta.clone(), config, fidelity)?;
        }
        for bad in [0.0, -0.0, -0.01, f64::NAN, f64::INFINITY, 1e16, f64::from_bits(1)] {
            add(omega.clone(), coupling.clone(), theta.clone(), UpdeChanges { dt: bits(bad), ..changed() }, fidelity)?;
        }
        for bad in [-1e-9, f64::NAN, f64::INFINITY] {
            let config = UpdeChanges { noise_amplitude: bits(bad), ..changed() };
            add(omega.clone(), coupling.clone(), theta.clone(), config, fidelity)?;
        }
        // What would move too far in a step.
        add(vec![1e300, 1.0], coupling.clone(), theta.clone(), changed(), fidelity)?;
        add(omega.clone(), vec![f64::MAX; 4], theta.clone(), changed(), fidelity)?;
    }
    // What is refused later changes nothing.
    for fidelity in BOTH {
        let theta = phases(random, 3);
        let steps = vec![
            UpdeStep::Run(2),
            UpdeStep::SetTheta(vec![0.0; 2].into()),
            UpdeStep::SetTheta(vec![0.0, f64::NAN, 0.0].into()),
            UpdeStep::SetConfig(UpdeChanges { dt: bits(-1.0), ..UpdeChanges::default() }),
            UpdeStep::SetCoupling(vec![0.0; 4].into()),
            UpdeStep::SetCoupling(vec![f64::INFINITY; 9].into()),
            UpdeStep::SetCoupling(vec![1e200; 9].into()),
            UpdeStep::State,
            UpdeStep::Run(2),
        ];
        let (omega, coupling) = (Some(vec![1.0, 2.0, 3.0].into()), Some(cycle(vec![0.5], 9)));
        let config = UpdeChanges::default();
        cases.add(
            "upde-unchanged",
            Input::Upde { omega, coupling, theta: theta.into(), config, seed: Word(3), fidelity, steps },
        )?;
    }
    Ok(())
}

fn functionals(cases: &mut Cases, random: &mut Random) -> Made {
    let evaluate = |theta: Vec<f64>, motion: Option<MotionInput>, interval: f64| SecStep::Evaluate {
        theta: theta.into(),
        motion,
        interval: Bits(interval),
    };
    let previous = |before: Vec<f64>| Some(MotionInput::Previous(before.into()));
    let velocity = |velocity: Vec<f64>| Some(MotionInput::Velocity(velocity.into()));
    for fidelity in BOTH {
        for n in [1, 2, 3, 16, 33, 100] {
            let omega = between(random, n, 0.0, 5.0);
            let coupling = cycle(between(random, 11, 0.0, 1.0), n.saturating_mul(n));
            let (first, second) = (phases(random, n), phases(random, n));
            let steps = vec![
                evaluate(first.clone(), None, 0.01),
                evaluate(second.clone(), previous(first.clone()), 0.01),
                evaluate(first.clone(), velocity(omega.clone()), 1e-3),
                SecStep::SetCoupling(cycle(vec![0.5, 0.25], n.saturating_mul(n))),
                evaluate(second.clone(), None, 0.1),
                SecStep::Reset,
                evaluate(vec![1.0; second.len()], None, 0.1),
                // Just across a turn.
                evaluate(vec![0.01; second.len()], previous(vec![TAU - 0.01; second.len()]), 0.1),
            ];
            let config = SecChanges { entropy_weight: bits(0.5), ..SecChanges::default() };
            cases.add("sec", Input::Sec { omega: omega.into(), coupling, config, fidelity, steps })?;
        }
        let theta = vec![0.1, 0.2, 0.3];
        let steps = vec![
            evaluate(vec![], None, 0.1),
            evaluate(vec![0.1], None, 0.1),
            evaluate(vec![0.1; 5], None, 0.1),
            evaluate(theta.clone(), previous(vec![0.1; 2]), 0.1),
            evaluate(theta.clone(), velocity(vec![]), 0.1),
            evaluate(with(theta.clone(), 1, f64::NAN), None, 0.1),
            evaluate(theta.clone(), previous(with(theta.clone(), 2, f64::INFINITY)), 0.1),
            evaluate(theta.clone(), velocity(with(theta.clone(), 0, f64::NEG_INFINITY)), 0.1),
            evaluate(theta.clone(), None, 0.0),
            evaluate(theta.clone(), None, -1.0),
            evaluate(theta.clone(), None, f64::NAN),
            SecStep::SetCoupling(vec![1.0; 4].into()),
            SecStep::SetCoupling(vec![f64::MAX; 9].into()),
            evaluate(theta.clone(), previous(vec![1e300, -1e300, 0.0]), 1e-300),
            evaluate(theta, None, 0.1),
        ];
        let (omega, coupling) = (Numbers::from(vec![1.0, 2.0, 3.0]), cycle(vec![0.0, 0.5, 0.5, 0.5], 9));
        let config = SecChanges::default();
        cases.add(
            "sec-refused",
            Input::Sec { omega: omega.clone(), coupling: coupling.clone(), config, fidelity, steps },
        )?;
        for config in [
            SecChanges { frequency_weight: bits(-0.1), ..SecChanges::default() },
            SecChanges { entropy_weight: bits(f64::NAN), ..SecChanges::default() },
        ] {
            let steps = Vec::new();
            cases.add(
                "sec-refused",
                Input::Sec { omega: omega.clone(), coupling: coupling.clone(), config, fidelity, steps },
            )?;
        }
        let config = SecChanges::default();
        cases.add("sec-refused", Input::Sec { omega: vec![1.0].into(), coupling, config, fidelity, steps: vec![] })?;
        // A coupling without any size.
        let config = SecChanges { frequency_weight: bits(0.0), entropy_weight: bits(0.0) };
        let steps = vec![evaluate(vec![0.0, PI], None, 0.1)];
        let coupling = vec![0.0; 4].into();
        cases.add("sec", Input::Sec { omega: vec![1.0; 2].into(), coupling, config, fidelity, steps })?;
    }
    Ok(())
}

/// What a controller of `n` phases sees.
fn seen(random: &mut Random, n: u32) -> L16Step {
    L16Step {
        theta: phases(random, n).into(),
        eigenvectors: cycle(between(random, 7, -1.0, 1.0), n.saturating_mul(n)),
        target: matrix(n, |i, j| f64::from(u8::from(i == j))).into(),
        columns: n,
        r: Bits(random.unit()),
        p_h1: Bits(random.unit()),
        h_frob: Bits(random.between(0.0, 3.0)),
        locking: Bits(random.between(-10.0, 10.0)),
        locking_is_value: false,
        c7: Bits(random.unit()),
        c8: Bits(random.unit()),
        c10: Bits(random.unit()),
        dt: Bits(0.01),
    }
}

fn controllers(cases: &mut Cases, random: &mut Random) -> Made {
    for fidelity in BOTH {
        for n in [1, 2, 3, 5] {
            let config = L16Changes { n: Some(n), plv_window: Some(3), ..L16Changes::default() };
            let mut steps: Vec<_> = (0..6).map(|_| seen(random, n)).collect();
            // The short form, in which H_rec only rises, so that refusal sets in; then it falls.
            for rise in [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.6, 0.2] {
                let empty = || Numbers::from(Vec::new());
                steps.push(L16Step {
                    theta: empty(),
                    eigenvectors: empty(),
                    target: empty(),
                    r: Bits(rise),
                    locking: Bits(0.7),
                    locking_is_value: true,
                    p_h1: Bits(0.9),
                    ..seen(random, n)
                });
            }
            cases.add("l16", Input::L16 { config, fidelity, steps })?;
        }
        // The history of 100 values, and a window at its end.
        let config = L16Changes { h_rec_window: Some(99), ..L16Changes::default() };
        let empty = || Numbers::from(Vec::new());
        let short = |r: f64, random: &mut Random| L16Step {
            theta: empty(),
            eigenvectors: empty(),
            target: empty(),
            r: Bits(r),
            ..seen(random, 1)
        };
        let steps = (0..120).map(|step| short(0.9 - 0.005 * f64::from(step), random)).collect();
        cases.add("l16", Input::L16 { config, fidelity, steps })?;
        let mut steps = vec![seen(random, 2)];
        for bad in [f64::NAN, f64::INFINITY] {
            let bits = || Bits(bad);
            steps.push(L16Step { theta: vec![0.0, bad].into(), ..seen(random, 2) });
            steps.push(L16Step { eigenvectors: vec![0.0, bad, 0.0, 0.0].into(), ..seen(random, 2) });
            steps.push(L16Step { target: vec![0.0, 0.0, 0.0, bad].into(), ..seen(random, 2) });
            steps.push(L16Step { r: bits(), ..seen(random, 2) });
            steps.push(L16Step { p_h1: bits(), ..seen(random, 2) });
            steps.push(L16Step { h_frob: bits(), ..seen(random, 2) });
            steps.push(L16Step { locking: bits(), ..seen(random, 2) });
            steps.push(L16Step { c7: bits(), ..seen(random, 2) });
            steps.push(L16Step { dt: bits(), ..seen(random, 2) });
        }
        steps.push(L16Step { dt: Bits(0.0), ..seen(random, 2) });
        steps.push(L16Step { dt: Bits(-0.01), ..seen(random, 2) });
        steps.push(L16Step { locking: Bits(1.5), locking_is_value: true, ..seen(random, 2) });
        steps.push(L16Step { eigenvectors: vec![0.0; 3].into(), ..seen(random, 2) });
        steps.push(L16Step { target: vec![0.0; 2].into(), ..seen(random, 2) });
        steps.push(L16Step { columns: 0, ..seen(random, 2) });
        steps.push(L16Step { h_frob: Bits(1e200), ..seen(random, 2) });
        steps.push(seen(random, 2));
        // As published, a NaN spreads through all that follows: a case for each.
        for step in steps {
            let (config, usual) = (L16Changes::default(), seen(random, 2));
            cases.add("l16-refused", Input::L16 { config, fidelity, steps: vec![step, usual] })?;
        }
        for config in [
            L16Changes { plv_window: Some(0), ..L16Changes::default() },
            L16Changes { plv_window: Some(65_537), ..L16Changes::default() },
            L16Changes { h_rec_window: Some(1), ..L16Changes::default() },
            L16Changes { h_rec_window: Some(100), ..L16Changes::default() },
            L16Changes { plv_threshold: bits(f64::NAN), ..L16Changes::default() },
            L16Changes { tau_h1: bits(f64::INFINITY), ..L16Changes::default() },
            L16Changes { refusal_lr_factor: bits(-0.5), ..L16Changes::default() },
        ] {
            let steps = (0..3).map(|_| seen(random, 2)).collect();
            cases.add("l16-refused", Input::L16 { config, fidelity, steps })?;
        }
    }
    Ok(())
}

fn histories(cases: &mut Cases, random: &mut Random) -> Made {
    let rising: Vec<_> = (0..8).map(f64::from).collect();
    let values = between(random, 30, 0.0, 10.0);
    for history in [vec![], vec![1.0], vec![1.0, 2.0], rising, values, vec![2.0; 6]] {
        for window in [0, 1, 2, 5, 7, 30] {
            for fidelity in BOTH {
                cases.add("refuses", Input::Refuses { history: history.clone().into(), window, fidelity })?;
            }
            let dt = Bits(if window == 5 { 0.0 } else { 0.01 });
            cases.add("slope", Input::Slope { history: history.clone().into(), window, dt })?;
        }
    }
    Ok(())
}

fn elements(cases: &mut Cases) -> Made {
    for fidelity in BOTH {
        for bounds in [None, Some([[-1.0, 1.0], [-2.0, 2.0]]), Some([[0.0, 0.0], [0.5, 0.5]])] {
            let bounds = bounds.map(|bounds| bounds.map(|pair| pair.map(Bits)));
            let measured = [(0.3, 0.1), (-5.0, 10.0), (1e300, 1.0), (-1e300, 1e10), (0.0, 0.0), (0.2, -1.0)];
            let bad = [(f64::NAN, 0.1), (0.1, f64::INFINITY), (0.1, f64::NAN), (0.4, 0.5)];
            let steps = measured.into_iter().chain(bad).map(|(measured, dt)| [Bits(measured), Bits(dt)]).collect();
            let (setpoint, kp, ki) = (Bits(0.5), Bits(0.7), Bits(0.2));
            cases.add("pi-element", Input::PiElement { setpoint, kp, ki, bounds, fidelity, steps })?;
        }
        for (numbers, bounds) in [
            ([f64::NAN, 0.5, 0.1], None),
            ([0.0, f64::INFINITY, 0.1], None),
            ([0.0, 0.5, f64::NAN], None),
            ([0.0, 0.5, 0.1], Some([[1.0, -1.0], [0.0, 1.0]])),
            ([0.0, 0.5, 0.1], Some([[-1.0, 1.0], [0.0, f64::NAN]])),
        ] {
            let [setpoint, kp, ki] = numbers.map(Bits);
            let bounds = bounds.map(|bounds: [[f64; 2]; 2]| bounds.map(|pair| pair.map(Bits)));
            cases.add("pi-element", Input::PiElement { setpoint, kp, ki, bounds, fidelity, steps: vec![] })?;
        }
    }
    Ok(())
}
