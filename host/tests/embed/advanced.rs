//! The advanced runtime through its component: what the core refuses with which words, traps, and batches.

use interlock_core::Fidelity::{Corrected, Published};
use interlock_core::error::InputError;
use interlock_core::geometry::{GradientMethod, SsgfConfig, SsgfEngine};
use interlock_core::numeric::EigenMethod;
use interlock_core::observers::{PgboConfig, TcboConfig};
use interlock_core::physics::{Coupling, Motion, SecConfig, Upde, UpdeConfig, layers};
use interlock_host::embed::advanced::Advanced;
use interlock_host::embed::{HostError, Interlock, Limits, TrapKind};

use crate::support::{advanced, advanced_bytes, component_bytes};

/// An error with field, place, value and bound of a refusal.
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, HostError>, what: &str, index: Option<u32>, value: f64, bound: &str) {
    let error = answer.unwrap_err();
    let HostError::Input(found) = &error else { panic!("{error}") };
    assert_eq!((found.what.as_str(), found.index), (what, index), "{error}");
    assert!(found.value == value || (found.value.is_nan() && value.is_nan()), "{error}");
    assert!(found.bound.contains(bound), "{error}");
}

/// The component's error is the core's, word for word.
#[track_caller]
fn same<T: std::fmt::Debug, U: std::fmt::Debug>(component: Result<T, HostError>, core: Result<U, InputError>) {
    assert_eq!(component.unwrap_err().to_string(), core.unwrap_err().to_string());
}

const TWO: [f64; 4] = [0.0, 0.5, 0.5, 0.0];

#[test]
fn phases_are_refused_with_field_value_and_bound() {
    let config = UpdeConfig::default();
    let upde = |omega: &[f64], coupling: &[f64], theta: &[f64], config: &UpdeConfig| {
        advanced().upde(omega, coupling, theta, config, 1, Corrected)
    };
    refused(upde(&[], &[], &[], &config), "oscillators", None, 0.0, "from 1 to");
    refused(upde(&[1.0; 2], &[0.5; 3], &[0.0; 2], &config), "coupling.length", None, 3.0, "square");
    refused(upde(&[1.0; 2], &TWO, &[0.0; 3], &config), "theta.length", None, 3.0, "number of oscillators");
    refused(upde(&[1.0, f64::NAN], &TWO, &[0.0; 2], &config), "omega", Some(1), f64::NAN, "finite");
    refused(
        upde(&[1.0; 2], &[0.0, f64::INFINITY, 0.0, 0.0], &[0.0; 2], &config),
        "coupling",
        Some(1),
        f64::INFINITY,
        "finite",
    );
    refused(upde(&[1.0; 2], &TWO, &[f64::NEG_INFINITY, 0.0], &config), "theta", Some(0), f64::NEG_INFINITY, "finite");
    for dt in [0.0, -0.01, f64::NAN] {
        let config = UpdeConfig { dt, ..config };
        refused(upde(&[1.0; 2], &TWO, &[0.0; 2], &config), "dt", None, dt, "above 0");
    }
    let one = Coupling::new(2, &TWO).unwrap();
    let core = Upde::new(&[1.0; 2], one, &[f64::NAN, 0.0], config, 1, Corrected);
    same(upde(&[1.0; 2], &TWO, &[f64::NAN, 0.0], &config), core);
    // One and two oscillators are as good as any.
    assert!(upde(&[1.0], &[0.0], &[0.5], &config).is_ok() && upde(&[1.0; 2], &TWO, &[0.5; 2], &config).is_ok());
}

#[test]
fn what_is_refused_changes_nothing() {
    let (omega, theta) = ([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]);
    let config = UpdeConfig::default();
    let mut tried = advanced().upde(&omega, &[0.5; 9], &theta, &config, 7, Corrected).unwrap();
    let mut left = advanced().upde(&omega, &[0.5; 9], &theta, &config, 7, Corrected).unwrap();
    for upde in [&mut tried, &mut left] {
        upde.run(10).unwrap();
    }
    refused(tried.set_theta(&[0.0, f64::NAN, 0.0]), "theta", Some(1), f64::NAN, "finite");
    refused(tried.set_theta(&[0.0; 2]), "theta.length", None, 2.0, "number of oscillators");
    refused(tried.set_coupling(&[f64::INFINITY; 9]), "coupling", Some(0), f64::INFINITY, "finite");
    refused(tried.set_config(&UpdeConfig { dt: -1.0, ..config }), "dt", None, -1.0, "above 0");
    refused(
        tried.set_config(&UpdeConfig { noise_amplitude: -1.0, ..config }),
        "noise_amplitude",
        None,
        -1.0,
        "0 or more",
    );
    for upde in [&mut tried, &mut left] {
        upde.run(10).unwrap();
    }
    assert_eq!(tried.theta().unwrap(), left.theta().unwrap());
    assert_eq!(tried.noise_state().unwrap(), left.noise_state().unwrap());
    assert_eq!(tried.config().unwrap(), config);

    let mut sec = advanced().sec(&omega, &[0.5; 9], &SecConfig::default(), Corrected).unwrap();
    let first = sec.evaluate(&theta, Motion::Unknown, 0.1).unwrap();
    refused(sec.evaluate(&[], Motion::Unknown, 0.1), "theta.length", None, 0.0, "number of oscillators");
    refused(sec.evaluate(&theta, Motion::Velocity(&[0.0]), 0.1), "motion.length", None, 1.0, "number of oscillators");
    refused(sec.evaluate(&theta, Motion::Unknown, 0.0), "interval", None, 0.0, "above 0");
    assert_eq!(sec.previous().unwrap(), Some(first.v));
}

#[test]
fn observers_are_refused_with_field_value_and_bound() {
    let default = TcboConfig::default();
    let tcbo = |config: &TcboConfig| advanced().tcbo(2, config, Corrected);
    let short = TcboConfig { embed_dim: 6, tau_delay: 2, window_size: 10, ..default };
    refused(tcbo(&short), "window_size", None, 10.0, "(embed_dim - 1) * tau_delay");
    refused(tcbo(&TcboConfig { embed_dim: 0, ..default }), "embed_dim", None, 0.0, "[1, ");
    refused(advanced().tcbo(0, &default, Corrected), "channels", None, 0.0, "[1, ");
    let mut observer = tcbo(&TcboConfig { window_size: 6, ..default }).unwrap();
    for step in 0..9 {
        observer.observe(&[0.7 * f64::from(step), 0.7 * f64::from(step) + 1.0]).unwrap();
    }
    let (reading, buffered) = (observer.reading().unwrap(), observer.buffered().unwrap());
    refused(observer.push(&[0.1]), "theta.length", None, 1.0, "channels");
    refused(observer.observe(&[0.1, f64::NAN]), "theta", Some(1), f64::NAN, "finite");
    assert_eq!((observer.compute(true).unwrap(), observer.buffered().unwrap()), (reading, buffered));

    let mut pgbo = advanced().pgbo(2, &PgboConfig::default(), Corrected).unwrap();
    pgbo.compute(&[0.1, 0.2], 0.1).unwrap();
    let before = pgbo.compute(&[0.2, 0.4], 0.1).unwrap();
    refused(pgbo.compute(&[0.1], 0.1), "theta.length", None, 1.0, "dimension");
    refused(pgbo.compute(&[0.1, f64::INFINITY], 0.1), "theta", Some(1), f64::INFINITY, "finite");
    refused(pgbo.compute(&[0.1, 0.2], -0.1), "dt", None, -0.1, "above 0");
    assert_eq!(pgbo.reading().unwrap(), before);
    // As published, the same is taken.
    let mut published = advanced().pgbo(2, &PgboConfig::default(), Published).unwrap();
    assert!(published.compute(&[0.1], 0.1).is_ok());

    let mut rips = advanced().rips().unwrap();
    refused(rips.bars(&[0.0; 5], 2), "coordinates.length", None, 5.0, "multiple");
    refused(rips.longest(&[0.0, f64::NAN], 2), "coordinates", Some(1), f64::NAN, "finite");
}

#[test]
fn geometry_is_refused_with_field_value_and_bound() {
    let mut eigen = advanced().symmetric_eigen(2, EigenMethod::Tridiagonal).unwrap();
    eigen.solve(&[2.0, 1.0, 1.0, 2.0]).unwrap();
    let values = eigen.values().unwrap();
    let HostError::Input(error) = eigen.solve(&[1.0, 2.0, 3.0, 4.0]).unwrap_err() else { panic!() };
    assert!(error.what == "matrix" && error.index.is_some() && !error.bound.is_empty(), "{error}");
    let mut bridge = advanced().spectral_bridge(2, Corrected).unwrap();
    bridge.compute(&[0.0, 1.0, 1.0, 0.0]).unwrap();
    let HostError::Input(error) = bridge.compute(&[0.0, 1.0, 2.0, 0.0]).unwrap_err() else { panic!() };
    assert!(error.what == "w" && error.index.is_some(), "{error}");
    assert_eq!(eigen.values().unwrap(), values);

    let config = SsgfConfig { n: 3, ..SsgfConfig::default() };
    let engine = |config: &SsgfConfig, omega: &[f64]| advanced().ssgf_engine(config, omega, &[0.1; 9], Corrected);
    refused(engine(&config, &[1.0; 2]), "omega.length", None, 2.0, "n numbers");
    refused(engine(&SsgfConfig { n: 0, ..config }, &[]), "n", None, 0.0, "[1, 256]");
    let bad = SsgfConfig { dt_micro: 0.0, ..config };
    same(engine(&bad, &[1.0; 3]), SsgfEngine::new(bad, &[1.0; 3], &[0.1; 9], Corrected));
    let mut engine = engine(&config, &[1.0; 3]).unwrap();
    let record = engine.outer_step().unwrap();
    refused(engine.set_p_h1(1.5), "p_h1", None, 1.5, "[0, 1]");
    refused(engine.set_theta(&[0.0, f64::NAN, 0.0]), "theta", Some(1), f64::NAN, "finite");
    assert_eq!((engine.steps().unwrap(), engine.log().unwrap()), (1, vec![record]));
}

#[test]
fn a_batch_is_its_steps() {
    let theta: Vec<f64> = (0..16).map(f64::from).collect();
    let config = UpdeConfig::default();
    let mut one = advanced().upde_layers(&theta, &config, 3, Corrected).unwrap();
    let mut batch = advanced().upde_layers(&theta, &config, 3, Corrected).unwrap();
    let mut core = Upde::layers(&theta, config, 3, Corrected).unwrap();
    for _ in 0..50 {
        one.step().unwrap();
    }
    batch.run(50).unwrap();
    core.run(50);
    assert_eq!(one.theta().unwrap(), core.theta());
    assert_eq!(batch.theta().unwrap(), core.theta());
    assert_eq!((batch.r().unwrap(), batch.time().unwrap()), (core.r(), core.time()));
    // As many steps as a live view makes in hours, in one call.
    batch.run(1_000_000).unwrap();
    assert_eq!(batch.steps().unwrap(), 1_000_050);
}

#[test]
fn every_configuration_of_an_engine_has_the_fuel_that_it_needs() {
    let k = layers::coupling_rows(Corrected);
    let config = SsgfConfig { gradient: GradientMethod::FiniteDifference, ..SsgfConfig::default() };
    let mut engine = advanced().ssgf_engine(&config, &layers::OMEGA, k.as_flattened(), Corrected).unwrap();
    assert_eq!(engine.run(20).unwrap().map(|record| record.step), Some(19));
    let config = SsgfConfig { n_micro: 100_000, ..SsgfConfig::default() };
    let mut engine = advanced().ssgf_engine(&config, &layers::OMEGA, k.as_flattened(), Corrected).unwrap();
    engine.run(3).unwrap();
}

#[test]
fn a_trap_ends_its_instance_and_no_other() {
    let theta = [0.5; 16];
    let limits = Limits { fuel_per_call: 100_000, fuel_per_byte: 0, ..Limits::default() };
    let tight = advanced().with_limits(limits);
    let mut spent = tight.upde_layers(&theta, &UpdeConfig::default(), 1, Corrected).unwrap();
    let mut other = tight.upde_layers(&theta, &UpdeConfig::default(), 1, Corrected).unwrap();
    let error = spent.run(1_000_000).unwrap_err();
    assert!(matches!(&error, HostError::Trap(trap) if trap.kind == TrapKind::OutOfFuel), "{error}");
    assert!(matches!(spent.theta(), Err(HostError::Poisoned(_))));
    assert!(matches!(spent.set_theta(&theta), Err(HostError::Poisoned(_))));
    assert_eq!(spent.trap().unwrap().kind, TrapKind::OutOfFuel);
    assert!(matches!(spent.into_instance(), Err(HostError::Poisoned(_))));
    other.run(3).unwrap();
    assert_eq!(other.steps().unwrap(), 3);
    // An instance that is given back serves another object.
    let instance = other.into_instance().unwrap();
    assert!(interlock_host::embed::advanced::Pgbo::new(instance, 3, &PgboConfig::default(), Corrected).is_ok());

    let limits = Limits { memory_bytes: 4 << 20, ..Limits::default() };
    let mut rips = advanced().with_limits(limits).rips().unwrap();
    let cloud: Vec<f64> = (0..3000).map(|k| f64::from(k).sin()).collect();
    let error = rips.longest(&cloud, 1).unwrap_err();
    assert!(matches!(&error, HostError::Trap(trap) if trap.kind == TrapKind::MemoryLimit), "{error}");
}

#[test]
fn each_world_has_its_own_component() {
    assert!(matches!(Advanced::new(&component_bytes()), Err(HostError::Component(_))));
    assert!(matches!(Interlock::new(&advanced_bytes("interlock-advanced")), Err(HostError::Component(_))));
    let code = advanced().serialize().unwrap();
    // SAFETY: what `serialize` has just given.
    #[allow(unsafe_code)]
    let again = unsafe { Interlock::builder().build_advanced_precompiled(&code) }.unwrap();
    assert_eq!(again.instantiate().unwrap().layer_names().unwrap(), layers::NAMES);
}
