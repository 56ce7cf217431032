//! TCBO: what it sees, what it refuses, and that its controller comes down.
#![cfg(feature = "observers")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, missing_docs)]

use std::f64::consts::TAU;

use interlock_core::Fidelity::{Corrected, Published};
use interlock_core::error::InputError;
use interlock_core::observers::{
    Embedding, Estimator, Tcbo, TcboConfig, TcboController, TcboControllerConfig, s0_for, squash,
};
use proptest::prelude::*;

/// An observer after 70 samples of phases that move at these rates, in radians a sample.
fn observed(config: TcboConfig, rates: &[f64], wrapped: bool) -> Tcbo {
    let mut tcbo = Tcbo::new(u32::try_from(rates.len()).unwrap(), config, Corrected).unwrap();
    for t in 0..70 {
        let angle = |rate: &f64| if wrapped { (rate * f64::from(t)).rem_euclid(TAU) } else { rate * f64::from(t) };
        tcbo.observe(&rates.iter().map(angle).collect::<Vec<_>>()).unwrap();
    }
    tcbo
}

#[test]
fn phases_that_keep_step_are_a_loop_and_others_are_not() {
    let config = TcboConfig::default();
    let locked = observed(config, &[0.14; 16], true).reading();
    assert!(locked.is_conscious && locked.s_h1 > 0.7 && locked.h1_error == 0.0, "{locked:?}");
    // Within a window these move too little to come round.
    let slow = observed(config, &[0.01, 0.02, 0.03], true).reading();
    assert!(!slow.is_conscious && slow.s_h1 == 0.0 && slow.p_h1 < 0.05, "{slow:?}");
    assert_eq!(slow.h1_error, config.tau_h1 - slow.p_h1);
    // Standing still, the cloud is one point.
    let still = observed(config, &[0.0; 4], false).reading();
    assert!(still.p_h1 < 0.05 && still.diameter < 1e-12, "{still:?}");
    // The stand-in of the published implementation sees it the other way round.
    let spread = TcboConfig { estimator: Estimator::Spread, ..config };
    assert_eq!(observed(spread, &[TAU / 50.0; 2], false).reading().s_h1, 0.0);
    assert!(observed(spread, &[0.01, 0.02, 0.03], false).reading().s_h1 > 0.05);
}

#[test]
fn a_turn_may_begin_anywhere() {
    let rates: Vec<f64> = (0..16).map(|k| 0.11 + 0.003 * f64::from(k)).collect();
    let (wrapped, plain) =
        (observed(TcboConfig::default(), &rates, true), observed(TcboConfig::default(), &rates, false));
    assert!((wrapped.reading().p_h1 - plain.reading().p_h1).abs() < 1e-9);
}

#[test]
fn the_probability_at_s_tau_is_tau_h1() {
    let config = TcboConfig { s_tau: 0.4, tau_h1: 0.6, beta: 12.0, ..TcboConfig::default() };
    let tcbo = Tcbo::new(1, config, Corrected).unwrap();
    assert!((squash(0.4, tcbo.s0(), 12.0) - 0.6).abs() < 1e-12);
    assert_eq!(tcbo.s0(), s0_for(0.4, 0.6, 12.0));
    assert_eq!(Tcbo::new(1, TcboConfig { s0: 0.3, ..config }, Published).unwrap().s0(), 0.3);
}

#[test]
fn bars_are_those_of_the_reading() {
    let mut tcbo = observed(TcboConfig::default(), &[0.14, 0.29], true);
    let reading = tcbo.reading();
    assert_eq!(tcbo.bars()[0].lifetime(), reading.lifetime);
    assert_eq!(reading.s_h1, reading.lifetime / reading.diameter);
    assert_eq!(tcbo.reading(), reading);
    assert!(Tcbo::new(2, TcboConfig::default(), Corrected).unwrap().bars().is_empty());
}

#[test]
fn calls_are_counted_and_skipped() {
    let config = TcboConfig { window_size: 5, compute_every_n: 3, ..TcboConfig::default() };
    let mut tcbo = Tcbo::new(1, config, Corrected).unwrap();
    let mut changed = Vec::new();
    for call in 1..=12_u32 {
        let before = tcbo.reading();
        tcbo.observe(&[0.1 * f64::from(call * call)]).unwrap();
        if tcbo.reading() != before {
            changed.push(call);
        }
    }
    // Seven samples are needed.
    assert_eq!(changed, [9, 12]);
    tcbo.push(&[100.0]).unwrap();
    let skipped = tcbo.compute(false);
    assert_ne!(tcbo.compute(true), skipped);
    assert_eq!(tcbo.buffered(), 13);
    tcbo.reset();
    assert_eq!((tcbo.buffered(), tcbo.reading().p_h1, tcbo.reading().h1_error), (0, 0.0, 0.72));
}

#[test]
fn refusals_name_the_field_and_change_nothing() {
    let text = |error: InputError| error.to_string();
    let mut tcbo = observed(TcboConfig::default(), &[0.14, 0.29], true);
    let before = format!("{tcbo:?}");
    assert_eq!(text(tcbo.push(&[0.0]).unwrap_err()), "theta.length is 1, must be the observer's channels");
    assert_eq!(text(tcbo.push(&[0.0, f64::NAN]).unwrap_err()), "theta[1] is NaN, must be a finite number");
    assert!(tcbo.observe(&[f64::INFINITY, 0.0]).is_err());
    assert_eq!(format!("{tcbo:?}"), before);

    let config = TcboConfig::default();
    let refused = |config, fidelity| Tcbo::new(2, config, fidelity).unwrap_err();
    for fidelity in [Corrected, Published] {
        assert_eq!(refused(TcboConfig { embed_dim: 0, ..config }, fidelity).what, "embed_dim");
        assert_eq!(refused(TcboConfig { window_size: 0, ..config }, fidelity).what, "window_size");
        assert_eq!(refused(TcboConfig { window_size: 4097, ..config }, fidelity).what, "window_size");
        assert_eq!(refused(TcboConfig { beta: f64::NAN, ..config }, fidelity).what, "beta");
        assert_eq!(refused(TcboConfig { embed_dim: 4096, window_size: 4096, ..config }, fidelity).what, "window_size");
        assert_eq!(refused(TcboConfig { embed_dim: u32::MAX, ..config }, fidelity).what, "embed_dim");
        assert_eq!(Tcbo::new(0, config, fidelity).unwrap_err().what, "channels");
        assert_eq!(Tcbo::new(u32::MAX, config, fidelity).unwrap_err().what, "channels");
    }
    for (config, what) in [
        (TcboConfig { tau_delay: 0, ..config }, "tau_delay"),
        (TcboConfig { window_size: 3, embed_dim: 1, ..config }, "window_size"),
        (TcboConfig { window_size: 10, embed_dim: 3, tau_delay: 5, ..config }, "window_size"),
        (TcboConfig { tau_h1: 1.5, ..config }, "tau_h1"),
        (TcboConfig { beta: 0.0, ..config }, "beta"),
        (TcboConfig { s_tau: -0.1, ..config }, "s_tau"),
        (TcboConfig { persistence_threshold: -1.0, ..config }, "persistence_threshold"),
    ] {
        assert_eq!(refused(config, Corrected).what, what);
    }
    assert_eq!(
        text(refused(TcboConfig { window_size: 10, tau_delay: 5, ..config }, Corrected)),
        "window_size is 10, must be at least 4 and more than (embed_dim - 1) * tau_delay"
    );

    let embedding = Embedding::new(3, 2).unwrap();
    let mut points = vec![7.0];
    assert_eq!(
        text(embedding.embed(&[0.0; 4], 1, &mut points).unwrap_err()),
        "samples is 4, must be more than (embed_dim - 1) * tau_delay"
    );
    assert_eq!(embedding.embed(&[0.0; 5], 2, &mut points).unwrap_err().what, "samples.length");
    assert_eq!(embedding.embed(&[0.0; 5], 0, &mut points).unwrap_err().what, "channels");
    assert_eq!(points, [7.0]);
    assert_eq!(embedding.embed(&[1.0, 2.0, 3.0, 4.0, 5.0], 1, &mut points), Ok(1));
    assert_eq!(points, [5.0, 3.0, 1.0]);
}

#[test]
fn the_controller_comes_down_only_when_corrected() {
    let step = |fidelity| {
        let mut controller = TcboController::new(TcboControllerConfig::default(), fidelity).unwrap();
        let mut kappa = 1.0;
        for _ in 0..50 {
            kappa = controller.step(0.95, kappa, 0.01).unwrap().kappa;
        }
        (kappa, controller)
    };
    let (published, _) = step(Published);
    assert_eq!(published, 1.0);
    let (corrected, mut controller) = step(Corrected);
    assert_eq!(corrected, 0.0);
    assert!(controller.is_gate_open(None) && !controller.is_gate_open(Some(0.72)));
    assert_eq!(controller.history().len(), 50);
    for _ in 0..80 {
        controller.step(0.5, 1.0, 0.01).unwrap();
    }
    assert_eq!(controller.history().len(), 100);
    assert_eq!(controller.history().next().unwrap().p_h1, 0.95);

    let before = controller.clone();
    for (p, kappa, dt, what) in [
        (f64::NAN, 1.0, 0.1, "p_h1"),
        (1.1, 1.0, 0.1, "p_h1"),
        (0.5, f64::INFINITY, 0.1, "kappa"),
        (0.5, 1.0, 0.0, "dt"),
        (0.5, 1.0, -0.1, "dt"),
        (0.5, 1.0, f64::NAN, "dt"),
    ] {
        assert_eq!(controller.step(p, kappa, dt).unwrap_err().what, what);
    }
    assert_eq!(controller, before);
    controller.reset();
    assert_eq!((controller.history().len(), controller.integral(), controller.is_gate_open(None)), (0, 0.0, false));

    let config = TcboControllerConfig::default();
    for (config, what) in [
        (TcboControllerConfig { kappa_min: 6.0, ..config }, "kappa_max"),
        (TcboControllerConfig { integral_min: 6.0, ..config }, "integral_max"),
        (TcboControllerConfig { kp: f64::NAN, ..config }, "kp"),
        (TcboControllerConfig { tau_h1: 2.0, ..config }, "tau_h1"),
        (TcboControllerConfig { history_len: u32::MAX, ..config }, "history_len"),
    ] {
        assert_eq!(TcboController::new(config, Corrected).unwrap_err().what, what);
    }
    let mut none = TcboController::new(TcboControllerConfig { history_len: 0, ..config }, Corrected).unwrap();
    none.step(1.0, 1.0, 0.1).unwrap();
    assert!(none.history().len() == 0 && !none.is_gate_open(None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the phases do, a reading is in range; only the last samples matter.
    #[test]
    fn readings_are_in_range_and_forget(
        long in prop::collection::vec(prop::collection::vec(-1e6_f64..1e6, 3), 20..80),
        published in any::<bool>(),
        spread in any::<bool>(),
    ) {
        let estimator = if spread { Estimator::Spread } else { Estimator::Rips };
        let config = TcboConfig { window_size: 12, tau_delay: 2, estimator, ..TcboConfig::default() };
        let fidelity = if published { Published } else { Corrected };
        let mut first = Tcbo::new(3, config, fidelity).unwrap();
        for theta in &long {
            let reading = first.observe(theta).unwrap();
            prop_assert!((0.0..=1.0).contains(&reading.p_h1) && reading.s_h1 >= 0.0 && reading.lifetime >= 0.0);
            prop_assert!(published || reading.s_h1 < 1.0);
        }
        let mut second = Tcbo::new(3, config, fidelity).unwrap();
        for theta in &long[long.len() - 16..] {
            second.observe(theta).unwrap();
        }
        prop_assert_eq!(first.reading(), second.reading());
    }
}
