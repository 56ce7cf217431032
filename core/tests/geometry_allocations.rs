//! No outer step allocates: counted at the allocator.
#![cfg(feature = "geometry")]
#![allow(clippy::unwrap_used, missing_docs)]

use interlock_core::Fidelity;
use interlock_core::geometry::{Decoder, GradientMethod, SsgfConfig, SsgfEngine};
use interlock_core::physics::layers;

#[path = "../../tests/support/counting_allocator.rs"]
mod counting_allocator;
use counting_allocator::allocations;

#[test]
fn outer_steps_do_not_allocate() {
    for fidelity in [Fidelity::Corrected, Fidelity::Published] {
        for decoder in [Decoder::GramSoftplus, Decoder::Rbf] {
            for (gradient, steps) in [(GradientMethod::Analytic, 250), (GradientMethod::FiniteDifference, 2)] {
                // The log is shorter than the run, so its ring goes round.
                let config = SsgfConfig { decoder, gradient, log_capacity: 100, ..SsgfConfig::default() };
                let k = layers::coupling_rows(fidelity);
                let mut engine = SsgfEngine::new(config, &layers::OMEGA, k.as_flattened(), fidelity).unwrap();
                let made = allocations(|| {
                    engine.run(steps).unwrap();
                    assert!(engine.audio().r_global <= 1.0);
                });
                assert_eq!(made, 0, "{fidelity:?} {decoder:?} {gradient:?}");
            }
        }
    }
    assert!(allocations(|| drop(std::hint::black_box(Box::new(1)))) > 0, "the counter counts");
}
