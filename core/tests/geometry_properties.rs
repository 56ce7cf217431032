//! What holds of the geometry engine and its parts for any input.
#![cfg(feature = "geometry")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    missing_docs
)]

use interlock_core::Fidelity;
use interlock_core::geometry::{
    Corrections, CostWeights, Decoder, Gradient, GradientMethod, GradientState, MicroConfig, MicroCycle, NodeSpace,
    SpectralBridge, SsgfConfig, SsgfEngine, nodes, spectral,
};
use interlock_core::numeric::{EigenMethod, SymmetricEigen, Xorshift64};
use interlock_core::physics::layers;
use proptest::prelude::*;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A symmetric matrix with entries in [-1, 1) times a scale, some of them 0.
fn symmetric(n: usize, seed: u64, scale: f64, zeros: f64) -> Vec<f64> {
    let mut random = Xorshift64::new(seed, Fidelity::Corrected);
    let mut matrix = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let entry = if random.uniform() < zeros { 0.0 } else { scale * (2.0 * random.uniform() - 1.0) };
            matrix[i * n + j] = entry;
            matrix[j * n + i] = entry;
        }
    }
    matrix
}

/// Residuals and products of the eigenvectors, as a share of the largest entry.
fn assert_eigenpairs(eigen: &SymmetricEigen, matrix: &[f64], tolerance: f64) {
    let n = eigen.n() as usize;
    let size = matrix.iter().fold(f64::MIN_POSITIVE, |size: f64, entry| size.max(entry.abs()));
    for (i, vector) in eigen.vectors().chunks(n).enumerate() {
        for (row, entry) in matrix.chunks(n).zip(vector) {
            let residual = (dot(row, vector) - eigen.values()[i] * entry).abs() / size;
            assert!(residual < tolerance, "residual {residual:e} of vector {i}");
        }
        for (j, other) in eigen.vectors().chunks(n).enumerate() {
            let wanted = if i == j { 1.0 } else { 0.0 };
            let found = (dot(vector, other) - wanted).abs();
            assert!(found < tolerance, "product of {i} and {j}: {found:e}");
        }
    }
    assert!(eigen.values().windows(2).all(|pair| pair[0] <= pair[1]));
}

#[test]
fn small_sparse_matrices_have_eigenpairs() {
    // A few steps into its reduction rounding has left 1e-95 where there should be 0.
    let matrix = symmetric(18, 16_291_063_633_009_467_650, 1e-36, 0.95);
    let mut eigen = SymmetricEigen::new(18, EigenMethod::Tridiagonal).unwrap();
    eigen.solve(&matrix).unwrap();
    assert_eigenpairs(&eigen, &matrix, 1e-13);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn both_methods_find_eigenpairs(
        n in 1_u32..24, seed: u64, power in -90_i32..90, zeros in prop_oneof![Just(0.0), Just(0.6), Just(0.95)],
    ) {
        let matrix = symmetric(n as usize, seed, 10_f64.powi(power), zeros);
        let mut fast = SymmetricEigen::new(n, EigenMethod::Tridiagonal).unwrap();
        fast.solve(&matrix).unwrap();
        assert_eigenpairs(&fast, &matrix, 1e-13);
        if power.abs() < 3 {
            let mut sweeps = SymmetricEigen::new(n, EigenMethod::Jacobi).unwrap();
            sweeps.solve(&matrix).unwrap();
            assert_eigenpairs(&sweeps, &matrix, 1e-11);
        }
        fast.orient();
        for vector in fast.vectors().chunks(n as usize) {
            let largest = vector.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
            let first = vector.iter().find(|entry| entry.abs() >= largest - 1e-9);
            prop_assert!(*first.unwrap() > 0.0);
        }
    }

    #[test]
    fn vectors_keep_pointing_their_way(n in 2_u32..16, seed: u64) {
        let matrix = symmetric(n as usize, seed, 1.0, 0.0);
        let mut eigen = SymmetricEigen::new(n, EigenMethod::Tridiagonal).unwrap();
        eigen.solve(&matrix).unwrap();
        eigen.orient();
        let size = n as usize;
        // The same vectors in another order and with other signs: each is found again by its overlap.
        let kept = eigen.vectors().to_vec();
        let mut reference: Vec<f64> = kept.chunks(size).rev().flatten().copied().collect();
        reference[..size].iter_mut().for_each(|entry| *entry = -*entry);
        eigen.orient_to(&reference).unwrap();
        for (number, (vector, old)) in eigen.vectors().chunks(size).zip(kept.chunks(size)).enumerate() {
            let sign = if number + 1 == size { -1.0 } else { 1.0 };
            prop_assert!((dot(vector, old) - sign).abs() < 1e-12, "vector {}", number);
        }
    }

    #[test]
    fn decoded_weights_are_valid(n in 1_u32..20, seed: u64, width in 0.01_f64..10.0, rbf: bool) {
        let decoder = if rbf { Decoder::Rbf } else { Decoder::GramSoftplus };
        let mut random = Xorshift64::new(seed, Fidelity::Corrected);
        let z: Vec<f64> = (0..decoder.latents(n, true)).map(|_| 60.0 * (random.uniform() - 0.5)).collect();
        let space = NodeSpace::new(n, decoder, width, &z).unwrap();
        prop_assert!(nodes::w_valid(space.w(), n));
        let mut bridge = SpectralBridge::new(n, Fidelity::Corrected).unwrap();
        bridge.compute(space.w()).unwrap();
        prop_assert!(spectral::eigval_ordered(bridge.eigenvalues()));
        prop_assert!(bridge.eigenvalues().iter().all(|value| (0.0..=2.0 + 1e-9).contains(value)));
    }

    /// Where the analytic slope leaves nothing out, it is the slope.
    #[test]
    fn the_analytic_slope_is_the_slope(n in 9_u32..14, seed: u64, rbf: bool) {
        let decoder = if rbf { Decoder::Rbf } else { Decoder::GramSoftplus };
        let mut random = Xorshift64::new(seed, Fidelity::Corrected);
        let z: Vec<f64> = (0..decoder.latents(n, true)).map(|_| 2.0 * random.uniform() - 1.0).collect();
        let space = NodeSpace::new(n, decoder, 1.2, &z).unwrap();
        let protected: Vec<bool> = (0..n).map(|i| i % 3 == 0).collect();
        let weights = CostWeights { c9: 0.7, c10: 0.4, ..CostWeights::NONE };
        let mut bridge = SpectralBridge::new(n, Fidelity::Corrected).unwrap();
        bridge.compute(space.w()).unwrap();
        let flat = vec![0.5; n as usize];
        let state = GradientState {
            sines: &flat, cosines: &flat, target: &flat, protected: &protected, p_h1: 0.5,
            eigenvectors: bridge.eigenvectors(),
        };
        let mut gradient = Gradient::new(&space, Fidelity::Corrected).unwrap();
        let mut find = |method| gradient.find(method, &space, &state, &weights, 1e-5).unwrap().to_vec();
        let (analytic, differences) = (find(GradientMethod::Analytic), find(GradientMethod::FiniteDifference));
        for (analytic, difference) in analytic.iter().zip(&differences) {
            prop_assert!((analytic - difference).abs() < 1e-8, "{} {}", analytic, difference);
        }
    }

    /// 2N sines give what N^2 give.
    #[test]
    fn micro_steps_are_the_formula(n in 1_usize..20, seed: u64) {
        let mut random = Xorshift64::new(seed, Fidelity::Corrected);
        let mut list = |count: usize, size: f64| -> Vec<f64> {
            (0..count).map(|_| size * (2.0 * random.uniform() - 1.0)).collect()
        };
        let (omega, k, w, h, theta) = (list(n, 9.0), list(n * n, 1.0), list(n * n, 2.0), list(n * n, 3.0), list(n, 3.0));
        let config = MicroConfig { dt: 0.01, sigma_g: 0.3, noise_amp: 0.0, field_pressure: 0.2, pgbo_weight: 0.7 };
        let mut cycle = MicroCycle::new(config, &omega, &k, &theta, 1, Fidelity::Corrected).unwrap();
        cycle.couple(Some(&w), Some(&h)).unwrap();
        let before = cycle.random_state();
        cycle.step();
        prop_assert_ne!(cycle.random_state(), before, "noise is drawn even where it has no size");
        for i in 0..n {
            let pull: f64 = (0..n)
                .map(|j| (k[i * n + j] + 0.3 * w[i * n + j] + 0.7 * h[i * n + j]) * (theta[j] - theta[i]).sin())
                .sum();
            let expected = theta[i] + 0.01 * (omega[i] + pull + 0.2 * theta[i].cos());
            let turns = ((cycle.theta()[i] - expected) / std::f64::consts::TAU).round();
            prop_assert!((cycle.theta()[i] - expected - turns * std::f64::consts::TAU).abs() < 1e-13);
            prop_assert!((0.0..std::f64::consts::TAU).contains(&cycle.theta()[i]));
        }
    }

    #[test]
    fn engines_stay_in_their_ranges(n in 1_u32..18, seed: u64, rbf: bool, lr in 0.0_f64..3.0, noise in 0.0_f64..5.0) {
        let decoder = if rbf { Decoder::Rbf } else { Decoder::GramSoftplus };
        let config = SsgfConfig { n, decoder, seed, lr_z: lr, noise_amp: noise, log_capacity: 3, ..SsgfConfig::default() };
        let (omega, k) = network(n as usize);
        let mut engine = SsgfEngine::new(config, &omega, &k, Fidelity::Corrected).unwrap();
        let mut again = engine.clone();
        for step in 0..8 {
            let record = engine.outer_step().unwrap();
            prop_assert_eq!(record, again.outer_step().unwrap());
            prop_assert_eq!(record.step, step);
            prop_assert!(record.w_valid && record.eigval_ordered);
            prop_assert!((0.0..=1.0).contains(&record.r_global) && record.h_rec >= 0.0);
            prop_assert!(record.costs.u_total.is_finite() && record.pgbo_u_norm < 10.0);
            prop_assert!(engine.theta().iter().all(|phase| (0.0..std::f64::consts::TAU).contains(phase)));
            prop_assert_eq!(engine.log().last(), Some(&record));
            prop_assert_eq!(u64::from(engine.log().len()), (step + 1).min(3));
            let kept: Vec<u64> = engine.log().records().map(|record| record.step).collect();
            prop_assert_eq!(kept, (step.saturating_sub(2)..=step).collect::<Vec<_>>());
        }
        prop_assert_eq!(engine.take_log().len(), 3);
        prop_assert!(engine.log().is_empty());
    }
}

fn network(n: usize) -> (Vec<f64>, Vec<f64>) {
    let omega = (0..n).map(|i| layers::OMEGA[i % 16]).collect();
    (omega, symmetric(n, 5, 0.4, 0.0))
}

#[test]
fn degenerate_matrices_have_eigenpairs() {
    let n = 6;
    let mut cases = vec![vec![0.0; 36], vec![1.0; 36], symmetric(n, 1, 1e-90, 0.0)];
    let diagonal = |entries: [f64; 6]| {
        let mut matrix = vec![0.0; 36];
        entries.iter().enumerate().for_each(|(i, entry)| matrix[7 * i] = *entry);
        matrix
    };
    cases.extend([
        diagonal([1.0; 6]),
        diagonal([3.0, -1.0, 3.0, 0.0, 0.0, -1.0]),
        diagonal([1e99, 1.0, 0.0, 0.0, 1e-99, 0.0]),
    ]);
    // Two equal halves, not joined.
    let mut halves = vec![0.0; 36];
    for (i, j) in [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)] {
        halves[6 * i + j] = 1.0;
        halves[6 * j + i] = 1.0;
    }
    cases.push(halves);
    for matrix in cases {
        // The sweeps take what is below 1e-14 for 0.
        let tiny = matrix[1] != 0.0 && matrix[1].abs() < 1e-14;
        let methods = [EigenMethod::Tridiagonal, EigenMethod::Jacobi];
        for method in methods.into_iter().take(if tiny { 1 } else { 2 }) {
            let mut eigen = SymmetricEigen::new(6, method).unwrap();
            eigen.solve(&matrix).unwrap();
            assert_eigenpairs(&eigen, &matrix, 1e-13);
        }
    }
}

/// Two pairs of nodes, hardly joined; which pair has the larger second-last eigenvalue changes, and the vectors keep
/// their signs.
#[test]
fn crossing_eigenvalues_do_not_flip_vectors() {
    let weights = |a: f64| {
        let mut w = vec![0.0; 16];
        for (i, j, weight) in [(0, 1, a), (2, 3, 1.0), (0, 2, 0.3), (1, 2, 0.3), (0, 3, 0.1 * a)] {
            w[4 * i + j] = weight;
            w[4 * j + i] = weight;
        }
        w
    };
    let mut bridge = SpectralBridge::new(4, Fidelity::Corrected).unwrap();
    bridge.compute(&weights(0.2)).unwrap();
    for step in 1..400 {
        let before = bridge.eigenvectors().to_vec();
        bridge.compute(&weights(0.2 + 0.01 * f64::from(step))).unwrap();
        for vector in bridge.eigenvectors().chunks(4) {
            let overlaps = before.chunks(4).map(|old| dot(old, vector));
            let largest = overlaps
                .fold(0.0_f64, |largest, overlap| if overlap.abs() > largest.abs() { overlap } else { largest });
            assert!(largest > 0.0);
        }
    }
}

#[test]
fn refused_input_names_itself() {
    let (omega, k) = network(4);
    let config = SsgfConfig { n: 4, ..SsgfConfig::default() };
    let refused = |config: SsgfConfig, omega: &[f64], k: &[f64]| {
        SsgfEngine::new(config, omega, k, Fidelity::Corrected).unwrap_err()
    };
    assert_eq!(refused(SsgfConfig { n: 0, ..config }, &[], &[]).what, "n");
    assert_eq!(refused(SsgfConfig { n: 257, ..config }, &omega, &k).what, "n");
    assert_eq!(refused(config, &omega[1..], &k).what, "omega.length");
    assert_eq!(refused(config, &omega, &k[1..]).what, "coupling.length");
    let mut wrong = omega.clone();
    wrong[2] = f64::NAN;
    let error = refused(config, &wrong, &k);
    assert_eq!((error.what, error.index), ("omega", Some(2)));
    let mut wrong = k.clone();
    wrong[5] = f64::INFINITY;
    let error = refused(config, &omega, &wrong);
    assert_eq!((error.what, error.index), ("coupling", Some(5)));
    for (config, what) in [
        (SsgfConfig { dt_micro: 0.0, ..config }, "dt_micro"),
        (SsgfConfig { dt_outer: -1.0, ..config }, "dt_outer"),
        (SsgfConfig { n_micro: 0, ..config }, "n_micro"),
        (SsgfConfig { lr_z: f64::NAN, ..config }, "lr_z"),
        (SsgfConfig { rbf_sigma: 0.0, ..config }, "rbf_sigma"),
        (SsgfConfig { fd_eps: 0.0, ..config }, "fd_eps"),
        (SsgfConfig { noise_amp: -0.1, ..config }, "noise_amp"),
        (SsgfConfig { pgbo_kappa: 6.0, ..config }, "kappa"),
        (SsgfConfig { plv_window: 0, ..config }, "plv_window"),
        (SsgfConfig { h_rec_window: 1, ..config }, "h_rec_window"),
        (SsgfConfig { weights: CostWeights { c8: f64::INFINITY, ..CostWeights::default() }, ..config }, "weights.c8"),
    ] {
        assert_eq!(refused(config, &omega, &k).what, what);
    }
    let mut eigen = SymmetricEigen::new(2, EigenMethod::Tridiagonal).unwrap();
    eigen.solve(&[1.0, 0.5, 0.5, 2.0]).unwrap();
    let kept = eigen.values().to_vec();
    assert_eq!(eigen.solve(&[1.0, 0.5, 0.6, 2.0]).unwrap_err().index, Some(2));
    assert_eq!(eigen.solve(&[1.0, f64::NAN, 0.6, 2.0]).unwrap_err().index, Some(1));
    assert!(eigen.solve(&[1.0]).is_err() && SymmetricEigen::new(0, EigenMethod::Jacobi).is_err());
    assert_eq!(eigen.values(), kept);
    let mut bridge = SpectralBridge::new(2, Fidelity::Published).unwrap();
    assert_eq!(bridge.compute(&[0.0, 1.0, 2.0, 0.0]).unwrap_err().what, "w");
}

/// Latents that a step has thrown beyond all bounds are refused by the next one, which changes nothing.
#[test]
fn a_refused_step_changes_nothing() {
    let (omega, k) = network(9);
    let config = SsgfConfig { n: 9, lr_z: -1e6, ..SsgfConfig::default() };
    let mut engine = SsgfEngine::new(config, &omega, &k, Fidelity::Corrected).unwrap();
    let error = (0..100).find_map(|_| engine.outer_step().err()).expect("the latents run away");
    assert_eq!(error.what, "z");
    let state = |engine: &SsgfEngine| {
        let (z, theta) = (engine.z().to_vec(), engine.theta().to_vec());
        (z, theta, engine.steps(), engine.micro().random_state(), engine.pgbo().clone(), engine.log().clone())
    };
    let before = state(&engine);
    assert_eq!(engine.outer_step().unwrap_err(), error);
    assert!(engine.set_theta(&[0.0; 8]).is_err());
    assert!(engine.set_theta(&[f64::NAN; 9]).is_err());
    assert!(engine.set_p_h1(1.5).is_err());
    assert!(engine.set_p_h1(f64::NAN).is_err());
    assert!(engine.set_protected(&[true]).is_err());
    assert!(engine.set_target(&[0.0; 80]).is_err());
    assert_eq!(state(&engine), before);
}

#[test]
fn one_and_two_oscillators_run() {
    for fidelity in [Fidelity::Corrected, Fidelity::Published] {
        for n in [1_u32, 2] {
            for decoder in [Decoder::GramSoftplus, Decoder::Rbf] {
                for gradient in [GradientMethod::Analytic, GradientMethod::FiniteDifference] {
                    let (omega, k) = network(n as usize);
                    let config = SsgfConfig { n, decoder, gradient, ..SsgfConfig::default() };
                    let mut engine = SsgfEngine::new(config, &omega, &k, fidelity).unwrap();
                    let record = engine.run(5).unwrap().unwrap();
                    assert!(record.costs.u_total.is_finite());
                    assert_eq!(engine.steps(), 5);
                }
            }
        }
    }
}

/// Every correction alone makes a run another one, so that none of them is without effect.
#[test]
fn every_correction_does_something() {
    let run = |corrections: Corrections, config: SsgfConfig| {
        let k = layers::coupling_rows(Fidelity::Published);
        let mut engine = SsgfEngine::new(config, &layers::OMEGA, k.as_flattened(), corrections).unwrap();
        engine.run(20).unwrap();
        (
            engine.z().to_vec(),
            engine.theta().to_vec(),
            engine.log().records().map(|r| (r.gate_open, r.h_rec)).collect::<Vec<_>>(),
        )
    };
    let config = SsgfConfig { dt_outer: 0.02, ..SsgfConfig::default() };
    let rbf = SsgfConfig { decoder: Decoder::Rbf, ..config };
    let differences = SsgfConfig { gradient: GradientMethod::FiniteDifference, ..config };
    let none = Corrections::NONE;
    for (corrections, config) in [
        (Corrections { seed: true, ..none }, config),
        (Corrections { noise: true, ..none }, config),
        (Corrections { c9_slope: true, ..none }, config),
        (Corrections { difference_signs: true, ..none }, differences),
        (Corrections { elapsed: true, ..none }, config),
        (Corrections { latents: true, ..none }, rbf),
    ] {
        assert_ne!(run(corrections, config), run(none, config), "{corrections:?}");
    }
}

/// The published numbers do not hang on the published way to eigenpairs.
#[test]
fn the_faster_solver_gives_the_published_numbers() {
    let k = layers::coupling_rows(Fidelity::Published);
    for seed in 0..20 {
        let config = SsgfConfig { seed, ..SsgfConfig::default() };
        let engine = || SsgfEngine::new(config, &layers::OMEGA, k.as_flattened(), Fidelity::Published).unwrap();
        let (mut slow, mut fast) = (engine(), engine());
        fast.set_eigen_method(EigenMethod::Tridiagonal);
        for _ in 0..50 {
            let (a, b) = (slow.outer_step().unwrap(), fast.outer_step().unwrap());
            for (a, b) in [
                (a.fiedler_value, b.fiedler_value),
                (a.spectral_gap, b.spectral_gap),
                (a.h_rec, b.h_rec),
                (a.costs.u_total, b.costs.u_total),
                (a.r_global, b.r_global),
            ] {
                assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "seed {seed}: {a} {b}");
            }
            assert_eq!((a.gate_open, a.refusal, a.step), (b.gate_open, b.refusal, b.step));
        }
    }
}

/// Paths, clusters, graded and large matrices.
#[test]
fn awkward_matrices_have_eigenpairs() {
    let tridiagonal = |n: usize, diagonal: &dyn Fn(usize) -> f64, beside: &dyn Fn(usize) -> f64| {
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            matrix[i * n + i] = diagonal(i);
            if i + 1 < n {
                matrix[i * n + i + 1] = beside(i);
                matrix[(i + 1) * n + i] = beside(i);
            }
        }
        matrix
    };
    let power = |i: usize| 10_f64.powi(-i32::try_from(i).unwrap());
    let cases = [
        (21, tridiagonal(21, &|i| (i as f64 - 10.0).abs(), &|_| 1.0)),
        (64, tridiagonal(64, &|_| 2.0, &|_| -1.0)),
        (64, tridiagonal(64, &|_| 0.0, &|_| 1.0)),
        (40, tridiagonal(40, &|i| power(i), &|i| power(i))),
        (40, tridiagonal(40, &|i| power(39 - i), &|i| power(39 - i))),
        (30, tridiagonal(30, &|_| 1.0, &|i| if i % 3 == 0 { 1e-9 } else { 1e-170 })),
        (100, symmetric(100, 3, 1.0, 0.0)),
        (128, symmetric(128, 4, 1.0, 0.9)),
    ];
    for (n, matrix) in cases {
        let mut eigen = SymmetricEigen::new(n, EigenMethod::Tridiagonal).unwrap();
        eigen.solve(&matrix).unwrap();
        assert_eigenpairs(&eigen, &matrix, 2e-13);
    }
}
