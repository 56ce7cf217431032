//! PGBO: what it refuses, and what its rank-one tensor is.
#![cfg(feature = "observers")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, missing_docs)]

use std::f64::consts::{PI, TAU};

use interlock_core::Fidelity::{Corrected, Published};
use interlock_core::observers::{Pgbo, PgboConfig, pgbo_of_gradient, wrap_difference};
use proptest::prelude::*;

fn engine(traceless: bool) -> Pgbo {
    let mut pgbo = Pgbo::new(3, PgboConfig { traceless, ..PgboConfig::default() }, Corrected).unwrap();
    pgbo.set_potential(&[0.5, -0.25]).unwrap();
    pgbo.compute(&[0.1, 6.2, 3.0], 0.01).unwrap();
    pgbo.compute(&[0.2, 0.1, 3.0], 0.01).unwrap();
    pgbo
}

#[test]
fn refusals_name_the_field_and_change_nothing() {
    let mut pgbo = engine(false);
    let before = pgbo.clone();
    let error = |result: Result<_, interlock_core::error::InputError>| result.map(|_| ()).unwrap_err().to_string();
    assert_eq!(error(pgbo.compute(&[0.0; 2], 0.01)), "theta.length is 2, must be the engine's dimension");
    assert_eq!(
        error(pgbo.compute(&[0.0, f64::NAN, 0.0], 0.01)),
        "theta[1] is NaN, must be a finite number below 8.9e307 in size"
    );
    assert!(pgbo.compute(&[0.0, 0.0, f64::INFINITY], 0.01).is_err());
    assert_eq!(error(pgbo.compute(&[0.0; 3], 0.0)), "dt is 0, must be a finite number above 0");
    assert!(pgbo.compute(&[0.0; 3], -1.0).is_err() && pgbo.compute(&[0.0; 3], f64::NAN).is_err());
    assert_eq!(pgbo.set_potential(&[0.0; 4]).unwrap_err().what, "potential.length");
    assert_eq!(pgbo.set_potential(&[0.0, f64::NAN]).unwrap_err().index, Some(1));
    pgbo.scale_kappa(f64::NAN);
    assert_eq!(pgbo, before);
    let config = PgboConfig::default();
    assert_eq!(Pgbo::new(0, config, Corrected).unwrap_err().what, "dimension");
    for (config, what) in [
        (PgboConfig { alpha: 5.1, ..config }, "alpha"),
        (PgboConfig { kappa: -0.1, ..config }, "kappa"),
        (PgboConfig { u_cap: 0.0, ..config }, "u_cap"),
        (PgboConfig { u_cap: f64::NAN, ..config }, "u_cap"),
    ] {
        assert_eq!(Pgbo::new(1, config, Corrected).unwrap_err().what, what);
    }
    let mut u = [7.0; 2];
    assert_eq!(
        pgbo_of_gradient(&config, Corrected, &[1.0; 3], &[1.0; 2], &mut u).unwrap_err().what,
        "potential.length"
    );
    assert_eq!(pgbo_of_gradient(&config, Corrected, &[1.0; 3], &[1.0; 3], &mut u).unwrap_err().what, "u.length");
    assert!(pgbo_of_gradient(&config, Corrected, &[1.0, f64::NAN], &[1.0; 2], &mut u).is_err());
    assert_eq!(u, [7.0; 2]);
}

#[test]
fn a_short_list_of_phases_leaves_a_tail_only_as_published() {
    let mut pgbo =
        Pgbo::new(2, PgboConfig { alpha: 0.0, u_cap: f64::INFINITY, ..PgboConfig::default() }, Published).unwrap();
    for theta in [&[0.0, 0.0][..], &[1.0, 2.0], &[1.5]] {
        pgbo.compute(theta, 1.0).unwrap();
    }
    assert_eq!(pgbo.u(), [0.5, 2.0]);
    // The phase that was not given has not been remembered either.
    pgbo.compute(&[1.5, 3.0], 1.0).unwrap();
    assert_eq!(pgbo.u(), [0.0, 2.0]);
}

#[test]
fn the_gain_of_a_tensor_is_the_one_it_was_made_with() {
    let mut pgbo = engine(false);
    pgbo.scale_kappa(1e9);
    assert_eq!((pgbo.config().kappa, pgbo.tensor().kappa()), (5.0, 0.3));
    pgbo.scale_kappa(-1.0);
    assert_eq!(pgbo.config().kappa, 0.0);
    pgbo.reset();
    assert_eq!((pgbo.u(), pgbo.potential()), (&[0.0; 3][..], &[0.0; 3][..]));
    assert_eq!(pgbo.compute(&[1.0; 3], 0.01).unwrap().u_norm, 0.0);
}

proptest! {
    #[test]
    fn the_tensor_is_its_matrix(
        u in prop::collection::vec(-20.0_f64..20.0, 1..20),
        x in prop::collection::vec(-3.0_f64..3.0, 20),
        traceless in any::<bool>(),
    ) {
        let d = u.len();
        let config = PgboConfig { traceless, ..PgboConfig::default() };
        let mut capped = vec![0.0; d];
        let reading = pgbo_of_gradient(&config, Corrected, &u, &vec![0.0; d], &mut capped).unwrap();
        let tensor = reading.tensor(&capped);
        let mut matrix = vec![0.0; d * d];
        tensor.write(&mut matrix).unwrap();
        let mut product = vec![0.0; d];
        tensor.multiply(&x[..d], &mut product).unwrap();
        for (row, product) in matrix.chunks_exact(d).zip(&product) {
            let direct: f64 = row.iter().zip(&x).map(|(h, x)| h * x).sum();
            prop_assert!((direct - product).abs() < 1e-10);
        }
        let trace: f64 = (0..d).map(|i| matrix[i * d + i]).sum();
        let frobenius = matrix.iter().map(|h| h * h).sum::<f64>().sqrt();
        prop_assert!((trace - reading.h_trace).abs() < 1e-10 && (frobenius - reading.h_frob).abs() < 1e-10);
        prop_assert!(reading.u_norm < config.u_cap);
        prop_assert!(tensor.write(&mut matrix[1..]).is_err() && tensor.multiply(&x, &mut product).is_err() == (d != 20));
    }

    #[test]
    fn differences_wrap_without_rounding(turns in -1000_i32..1000, rest in -3.1_f64..3.1) {
        let difference = f64::from(turns) * TAU + rest;
        let wrapped = wrap_difference(difference, Corrected);
        prop_assert!((-PI..PI).contains(&wrapped));
        prop_assert!((wrapped - rest).abs() < 1e-12);
        prop_assert!((wrapped - wrap_difference(difference, Published)).abs() < 1e-12);
        prop_assert_eq!(wrap_difference(rest, Corrected), rest);
    }
}

#[test]
fn the_ends_of_the_circle_wrap_to_minus_pi() {
    for difference in [PI, -PI, PI + TAU, PI - TAU * 2.0] {
        assert_eq!(wrap_difference(difference, Corrected), -PI);
    }
    assert_eq!(wrap_difference(1e-17, Corrected), 1e-17);
    assert_eq!(wrap_difference(1e-17, Published), 0.0);
}
