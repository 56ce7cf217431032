//! What holds of the phase dynamics for any input.
#![cfg(feature = "physics")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    missing_docs
)]

use std::f64::consts::{PI, TAU};

use interlock_core::Fidelity;
use interlock_core::error::InputError;
use interlock_core::physics::{
    Block, Coupling, L16, L16Config, L16Input, Locking, LoopState, Motion, PiElement, Sec, SecConfig, Upde, UpdeConfig,
    difference, layers, order, refuses, wrap,
};
use proptest::collection::vec;
use proptest::prelude::*;

const FIDELITIES: [Fidelity; 2] = [Fidelity::Corrected, Fidelity::Published];

fn config(dt: f64, field_pressure: f64, noise_amplitude: f64) -> UpdeConfig {
    UpdeConfig { dt, field_pressure, noise_amplitude }
}

/// Frequencies, rows of a coupling and phases for 1 to 40 oscillators.
fn oscillators() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
    (1_usize..40).prop_flat_map(|n| (vec(-20.0..20.0, n), vec(-2.0..2.0, n * n), vec(-30.0..30.0, n)))
}

/// The bits of a state.
fn bits(upde: &Upde) -> Vec<u64> {
    let lists = [upde.theta(), upde.velocity(), upde.sines(), upde.cosines(), &[upde.r(), upde.time()]];
    let numbers = lists.iter().flat_map(|list| list.iter().map(|x| x.to_bits()));
    numbers.chain([upde.steps(), upde.noise_state()]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_step_is_the_phase_equation((omega, k, theta) in oscillators(), dt in 1e-4..0.1, field in -1.0..1.0) {
        let n = omega.len();
        for fidelity in FIDELITIES {
            let coupling = Coupling::new(n, &k).unwrap();
            let mut upde = Upde::new(&omega, coupling, &theta, config(dt, field, 0.0), 1, fidelity).unwrap();
            upde.step();
            for i in 0..n {
                let pull: f64 = (0..n).map(|j| k[i * n + j] * (theta[j] - theta[i]).sin()).sum();
                let d = omega[i] + pull + field * theta[i].cos();
                prop_assert!((upde.velocity()[i] - d).abs() < 1e-11);
                prop_assert!(difference(upde.theta()[i], theta[i] + d * dt).abs() < 1e-11);
            }
            prop_assert_eq!(upde.r().to_bits(), order::parameter(upde.theta()).to_bits());
        }
    }

    #[test]
    fn batches_are_steps((omega, k, theta) in oscillators(), steps in 0_u32..20, seed: u64, noise in 0.0..1.0) {
        let coupling = Coupling::new(omega.len(), &k).unwrap();
        let mut one = Upde::new(&omega, coupling, &theta, config(0.01, 0.1, noise), seed, Fidelity::Corrected).unwrap();
        let mut batch = one.clone();
        batch.run(steps);
        (0..steps).for_each(|_| one.step());
        prop_assert_eq!(bits(&one), bits(&batch));
    }

    #[test]
    fn phases_stay_in_one_turn((omega, k, theta) in oscillators(), seed: u64, scale in 0.0..9.0_f64) {
        let faster: Vec<f64> = omega.iter().map(|omega| omega * 10.0_f64.powf(scale)).collect();
        let coupling = Coupling::new(omega.len(), &k).unwrap();
        let mut upde = Upde::new(&faster, coupling, &theta, config(0.01, 0.1, 0.5), seed, Fidelity::Corrected).unwrap();
        for _ in 0..20 {
            upde.step();
            prop_assert!(upde.theta().iter().all(|theta| (0.0..TAU).contains(theta)));
            prop_assert!((0.0..=1.0).contains(&upde.r()));
        }
    }

    #[test]
    fn without_noise_only_the_published_stepper_draws(seed: u64) {
        let drawn = |fidelity| {
            let mut upde = Upde::layers(&[1.0; 16], config(0.01, 0.1, 0.0), seed, fidelity).unwrap();
            let before = upde.noise_state();
            upde.step();
            before != upde.noise_state()
        };
        prop_assert!(!drawn(Fidelity::Corrected));
        prop_assert!(drawn(Fidelity::Published));
    }

    #[test]
    fn wrapping_is_the_exact_remainder(x in prop_oneof![-1e6..1e6, -20.0..20.0, -1e-15..1e-15, -1e300..1e300_f64]) {
        let exact = if x % TAU < 0.0 { x % TAU + TAU } else { x % TAU };
        prop_assert_eq!(wrap(x, Fidelity::Published), exact);
        prop_assert_eq!(wrap(x, Fidelity::Corrected), if exact == TAU { 0.0 } else { exact });
    }

    #[test]
    fn differences_go_the_shorter_way(a in -100.0..100.0, b in -100.0..100.0) {
        let d = difference(a, b);
        prop_assert!(d.abs() <= PI);
        let turns = (a - b - d) / TAU;
        prop_assert!((turns - turns.round()).abs() < 1e-12);
    }

    #[test]
    fn the_functional_is_its_definition((omega, k, theta) in oscillators(), dt in 1e-3..0.1) {
        let n = omega.len();
        let k: Vec<f64> = k.iter().map(|k| k.abs()).collect();
        let mut upde = Upde::new(&omega, Coupling::new(n, &k).unwrap(), &theta, config(dt, 0.1, 0.0), 1, Fidelity::Corrected).unwrap();
        let mut sec = Sec::new(&omega, Coupling::new(n, &k).unwrap(), SecConfig::default(), Fidelity::Corrected).unwrap();
        let before = upde.theta().to_vec();
        upde.step();
        let theta = upde.theta();
        let result = sec.evaluate(theta, Motion::Velocity(upde.velocity()), dt).unwrap();
        let pairs = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
        let coupling: f64 = pairs.map(|(i, j)| k[i * n + j] * (1.0 - (theta[i] - theta[j]).cos())).sum();
        prop_assert!((result.v_coupling - coupling).abs() <= 1e-11 * coupling.max(1.0));
        let frequency: f64 = upde.velocity().iter().zip(&omega).map(|(v, omega)| (v - omega).powi(2)).sum();
        prop_assert!((result.v_frequency - 0.1 * frequency).abs() <= 1e-10 * frequency.max(1.0));
        prop_assert!(result.v_entropy >= 0.0);
        prop_assert_eq!(result.dv_dt, 0.0);
        prop_assert!((0.0..=1.0).contains(&result.coherence_score));
        prop_assert_eq!(result.r.to_bits(), upde.r().to_bits());
        // What moved less than half a turn moved with its velocity, also over the end of a turn.
        let others = sec.evaluate(theta, Motion::Previous(&before), dt).unwrap();
        prop_assume!(upde.velocity().iter().all(|v| (v * dt).abs() < 3.0));
        prop_assert!((others.v_frequency - result.v_frequency).abs() <= 1e-8 * frequency.max(1.0) / dt);
    }

    #[test]
    fn no_input_makes_anything_panic_or_give_nan(
        numbers in vec(any::<f64>(), 5), theta in vec(any::<f64>(), 0..20), n in 0_usize..5, window in 0_u32..120,
    ) {
        let [a, b, c, d, e] = numbers[..] else { unreachable!() };
        for fidelity in FIDELITIES {
            let Ok(coupling) = Coupling::new(n, &theta) else { continue };
            let _ = Upde::new(&theta, coupling, &theta, config(a, b, c), 1, fidelity);
        }
        for fidelity in FIDELITIES {
            if let Ok(mut upde) = Upde::layers(&[0.3; 16], config(a, b, c), 1, fidelity) {
                upde.run(3);
                prop_assert!(upde.theta().iter().chain(upde.velocity()).all(|x| x.is_finite()), "{a} {b} {c}");
                let before = bits(&upde);
                if upde.set_theta(&theta).is_err() {
                    prop_assert_eq!(bits(&upde), before);
                }
            }
            let l16 = L16::new(L16Config { h_rec_window: window, plv_window: window, ..L16Config::default() }, fidelity);
            prop_assert!(l16.is_err() <= !(2..100).contains(&window));
            let Ok(mut l16) = l16 else { continue };
            for dt in [0.01, e] {
                let input = L16Input {
                    state: LoopState {
                        theta: &theta, eigenvectors: Block { values: &theta, columns: 1 },
                        target: Block { values: &numbers, columns: 1 }, r: a, p_h1: b, h_frob: c,
                    },
                    locking: Locking::Difference(d), c7: a, c8: b, c10: c, dt,
                };
                let before = l16.history().to_vec();
                match l16.step(&input) {
                    Ok(output) if !fidelity.is_published() => {
                        let all = [output.lambda7, output.nu_star, output.h_rec, output.dh_rec_dt, output.avg_plv];
                        prop_assert!(all.iter().all(|x| x.is_finite()), "{output:?}");
                    }
                    Ok(_) => {}
                    Err(_) => prop_assert_eq!(before, l16.history()),
                }
            }
        }
        let mut sec = Sec::new(&layers::OMEGA, layers::coupling(Fidelity::Corrected), SecConfig::default(), Fidelity::Corrected).unwrap();
        let before = sec.previous();
        match sec.evaluate(&theta, Motion::Previous(&theta), a) {
            Ok(result) => prop_assert!([result.v, result.r, result.dv_dt, result.coherence_score].iter().all(|x| x.is_finite())),
            Err(_) => prop_assert_eq!(sec.previous(), before),
        }
    }

    #[test]
    fn refusal_wants_as_many_rises_as_its_window(history in vec(0..4_i32, 0..12), window in 2_u32..6) {
        let history: Vec<f64> = history.into_iter().map(f64::from).collect();
        let w = window as usize;
        let expected = (history.len() > w).then(|| history[history.len() - w - 1..].windows(2).all(|pair| pair[1] > pair[0]));
        prop_assert_eq!(refuses(&history, window, Fidelity::Corrected), expected);
    }
}

#[track_caller]
fn refused<T>(result: Result<T, InputError>, what: &str, index: Option<u32>) {
    let Err(error) = result else { panic!("{what} was accepted") };
    assert_eq!((error.what, error.index), (what, index), "{error}");
}

#[test]
fn bad_numbers_are_refused_by_name() {
    let corrected = Fidelity::Corrected;
    let upde = |theta: &[f64], config| Upde::layers(theta, config, 1, corrected);
    refused(upde(&[0.0; 4], UpdeConfig::default()), "theta.length", None);
    refused(upde(&[], UpdeConfig::default()), "theta.length", None);
    let mut theta = [0.0; 16];
    theta[5] = f64::NAN;
    refused(upde(&theta, UpdeConfig::default()), "theta", Some(5));
    for dt in [0.0, -0.01, f64::NAN, f64::INFINITY, 1e16] {
        refused(upde(&[0.0; 16], config(dt, 0.1, 0.0)), "dt", None);
    }
    refused(upde(&[0.0; 16], config(0.01, f64::NAN, 0.0)), "field_pressure", None);
    refused(upde(&[0.0; 16], config(0.01, 0.1, -1.0)), "noise_amplitude", None);
    refused(upde(&[0.0; 16], config(0.01, 1e300, 0.0)), "motion", None);
    refused(Coupling::new(0, &[]), "oscillators", None);
    refused(Coupling::new(2, &[0.0; 3]), "coupling.length", None);
    refused(Coupling::new(usize::MAX, &[0.0; 3]), "oscillators", None);
    refused(Coupling::new(2, &[0.0, 1.0, f64::INFINITY, 0.0]), "coupling", Some(2));
    let one = || Coupling::new(1, &[1.0]).unwrap();
    refused(Upde::new(&[0.0; 2], one(), &[0.0], UpdeConfig::default(), 1, corrected), "omega.length", None);
    refused(Sec::new(&[0.0; 2], one(), SecConfig::default(), corrected), "omega.length", None);

    let mut sec = Sec::new(&[0.5], one(), SecConfig::default(), corrected).unwrap();
    refused(sec.evaluate(&[], Motion::Unknown, 0.1), "theta.length", None);
    refused(sec.evaluate(&[f64::NAN], Motion::Unknown, 0.1), "theta", Some(0));
    refused(sec.evaluate(&[1.0], Motion::Velocity(&[]), 0.1), "motion.length", None);
    refused(sec.evaluate(&[1.0], Motion::Velocity(&[f64::INFINITY]), 0.1), "velocity", Some(0));
    refused(sec.evaluate(&[1.0], Motion::Unknown, 0.0), "interval", None);
    assert_eq!(sec.previous(), None);

    refused(PiElement::default().with_bounds([1.0, -1.0], [0.0, 1.0]), "integral_bounds", None);
    refused(PiElement::default().with_bounds([-1.0, 1.0], [0.0, f64::NAN]), "output_bounds", None);
    let mut element = PiElement::default();
    refused(element.step(f64::NAN, 0.1, corrected), "measured", None);
    assert_eq!(element, PiElement::default());
    for h_rec_window in [0, 1, 100] {
        refused(L16::new(L16Config { h_rec_window, ..L16Config::default() }, corrected), "h_rec_window", None);
    }
    refused(L16::new(L16Config { plv_window: 0, ..L16Config::default() }, corrected), "plv_window", None);
}

#[test]
fn one_and_two_oscillators_run() {
    for n in [1, 2] {
        let coupling = Coupling::new(n, &[0.5, 0.5, 0.5, 0.5][..n * n]).unwrap();
        let mut upde =
            Upde::new(&[1.0, 2.0][..n], coupling, &[0.1, 3.0][..n], UpdeConfig::default(), 7, Fidelity::Corrected)
                .unwrap();
        upde.run(1000);
        assert!(upde.r() <= 1.0 && upde.theta().len() == n);
    }
}

#[test]
fn a_tiny_negative_phase_does_not_become_a_whole_turn() {
    for (fidelity, expected) in [(Fidelity::Corrected, 0.0), (Fidelity::Published, TAU)] {
        let coupling = Coupling::new(1, &[0.0]).unwrap();
        let mut upde = Upde::new(&[0.0], coupling, &[-1e-17], config(0.01, 0.0, 0.0), 1, fidelity).unwrap();
        upde.step();
        assert_eq!(upde.theta(), [expected]);
    }
}

#[test]
fn boosts_never_lower_the_coupling() {
    let (corrected, published) =
        (layers::coupling_rows(Fidelity::Corrected), layers::coupling_rows(Fidelity::Published));
    assert!(corrected[4][6] > 0.24 && published[4][6] == 0.15);
    assert_eq!(corrected[0][15], 0.05);
    for n in 0..16 {
        for m in 0..16 {
            assert_eq!(corrected[n][m], corrected[m][n]);
            assert!(corrected[n][m] >= published[n][m]);
        }
    }
}

#[test]
fn a_default_run_keeps_its_score_over_the_end_of_a_turn() {
    let zeros = |fidelity| {
        let mut upde = Upde::layers(&[0.4; 16], config(0.01, 0.1, 0.0), 1, fidelity).unwrap();
        let mut sec = Sec::new(&layers::OMEGA, layers::coupling(fidelity), SecConfig::default(), fidelity).unwrap();
        let mut before = upde.theta().to_vec();
        let mut zeros = 0;
        for _ in 0..2000 {
            upde.step();
            let result = sec.evaluate(upde.theta(), Motion::Previous(&before), 0.01).unwrap();
            zeros += usize::from(result.coherence_score == 0.0);
            before.copy_from_slice(upde.theta());
        }
        zeros
    };
    assert!(zeros(Fidelity::Published) > 500);
    assert_eq!(zeros(Fidelity::Corrected), 0);
}

#[test]
fn a_new_coupling_is_no_change_of_the_functional() {
    for (fidelity, jumps) in [(Fidelity::Corrected, false), (Fidelity::Published, true)] {
        let mut sec = Sec::new(&layers::OMEGA, layers::coupling(fidelity), SecConfig::default(), fidelity).unwrap();
        let theta: Vec<f64> = (0..16).map(f64::from).collect();
        sec.evaluate(&theta, Motion::Unknown, 0.01).unwrap();
        sec.set_coupling(Coupling::new(16, &[0.0; 256]).unwrap()).unwrap();
        assert_eq!(sec.evaluate(&theta, Motion::Unknown, 0.01).unwrap().dv_dt != 0.0, jumps);
    }
}

#[test]
fn a_drifting_pair_does_not_open_the_gate() {
    let opens = |fidelity, drift: f64| {
        let mut l16 = L16::new(L16Config { plv_window: 20, ..L16Config::default() }, fidelity).unwrap();
        let state = LoopState {
            theta: &[],
            eigenvectors: Block::default(),
            target: Block::default(),
            r: 0.5,
            p_h1: 0.5,
            h_frob: 0.0,
        };
        (0..400)
            .filter(|&step| {
                let locking = Locking::Difference(f64::from(step) * drift);
                let input = L16Input { state, locking, c7: 0.1, c8: 0.1, c10: 0.1, dt: 0.01 };
                l16.step(&input).unwrap().gate_open
            })
            .count()
    };
    assert_eq!(opens(Fidelity::Corrected, 0.7), 0);
    assert!(opens(Fidelity::Published, 0.7) > 200);
    assert_eq!(opens(Fidelity::Corrected, 0.0), 400 - 19);
}

#[test]
fn weights_follow_their_costs() {
    let weight = |fidelity| {
        let mut l16 = L16::new(L16Config::default(), fidelity).unwrap();
        let state = LoopState {
            theta: &[],
            eigenvectors: Block::default(),
            target: Block::default(),
            r: 0.5,
            p_h1: 0.5,
            h_frob: 0.0,
        };
        let input = L16Input { state, locking: Locking::Value(0.5), c7: 2.0, c8: 0.0, c10: 0.5, dt: 0.01 };
        l16.step(&input).unwrap().lambda7
    };
    assert!(weight(Fidelity::Corrected) > 0.6);
    assert_eq!(weight(Fidelity::Published), 0.01);
}
