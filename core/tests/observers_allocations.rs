//! Observers do not allocate after construction.
#![cfg(feature = "observers")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs)]

use interlock_core::Fidelity::{Corrected, Published};
use interlock_core::observers::{
    Cloud, Estimator, Pgbo, PgboConfig, Rips, Tcbo, TcboConfig, TcboController, TcboControllerConfig,
};

#[path = "../../tests/support/counting_allocator.rs"]
mod counting_allocator;
use counting_allocator::allocations;

/// Numbers in [0, 1) without a pattern.
fn draws() -> impl FnMut() -> f64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 32).unwrap()) / 4_294_967_296.0
    }
}

#[test]
fn the_counter_counts() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1_u8; 100]))) > 0);
}

#[test]
fn steps_do_not_allocate() {
    let mut draw = draws();
    let mut theta = [0.0; 16];
    let mut pgbo = Pgbo::new(16, PgboConfig::default(), Corrected).unwrap();
    let mut control = TcboController::new(TcboControllerConfig::default(), Corrected).unwrap();
    for (fidelity, estimator) in [
        (Corrected, Estimator::Rips),
        (Corrected, Estimator::Spread),
        (Published, Estimator::Rips),
        (Published, Estimator::Spread),
    ] {
        let mut tcbo = Tcbo::new(16, TcboConfig { estimator, ..TcboConfig::default() }, fidelity).unwrap();
        let counted = allocations(|| {
            for _ in 0..300 {
                theta = theta.map(|_| 6.2 * draw());
                pgbo.compute(&theta, 0.01).unwrap();
                let reading = tcbo.observe(&theta).unwrap();
                control.step(reading.p_h1, 1.0, 0.01).unwrap();
                std::hint::black_box(tcbo.bars());
            }
        });
        assert_eq!(counted, 0, "{fidelity:?} {estimator:?}");
    }
}

#[test]
fn clouds_of_a_size_allocate_once() {
    let mut draw = draws();
    let mut clouds: Vec<Vec<f64>> = (0..5).map(|_| (0..200 * 3).map(|_| draw()).collect()).collect();
    // Many equal lengths.
    clouds.push((0..200 * 3).map(|k: u32| f64::from(k * k % 7)).collect());
    let mut roomy = Rips::with_room(200, 3);
    let mut grown = Rips::default();
    for cloud in &clouds {
        grown.bars(Cloud::new(cloud, 3).unwrap());
    }
    for cloud in &clouds {
        let cloud = Cloud::new(cloud, 3).unwrap();
        for rips in [&mut roomy, &mut grown] {
            let counted = allocations(|| {
                std::hint::black_box(rips.longest(cloud));
                std::hint::black_box(rips.bars(cloud));
            });
            assert_eq!(counted, 0);
        }
    }
}
