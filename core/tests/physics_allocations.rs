//! A step allocates nothing.
#![cfg(feature = "physics")]
#![allow(clippy::unwrap_used, unsafe_code, missing_docs)]

use interlock_core::Fidelity;
use interlock_core::physics::{
    Block, L16, L16Config, L16Input, Locking, LoopState, Motion, Sec, SecConfig, Upde, UpdeConfig, layers,
};

#[path = "../../tests/support/counting_allocator.rs"]
mod counting_allocator;
use counting_allocator::allocations;

#[test]
fn steps_allocate_nothing() {
    assert!(allocations(|| drop(std::hint::black_box(Box::new(1)))) > 0, "the counter counts");
    for fidelity in [Fidelity::Corrected, Fidelity::Published] {
        let mut upde = Upde::layers(&[1.0; 16], UpdeConfig::default(), 1, fidelity).unwrap();
        let mut sec = Sec::new(&layers::OMEGA, layers::coupling(fidelity), SecConfig::default(), fidelity).unwrap();
        let mut l16 = L16::new(L16Config::default(), fidelity).unwrap();
        let block = [0.25; 256];
        let block = Block { values: &block, columns: 16 };
        let found = allocations(|| {
            for step in 0..300_u32 {
                upde.run(3);
                upde.set_theta(&[f64::from(step); 16]).unwrap();
                upde.step();
                let result = sec.evaluate(upde.theta(), Motion::Velocity(upde.velocity()), 0.01).unwrap();
                let state = LoopState {
                    theta: upde.theta(),
                    eigenvectors: block,
                    target: block,
                    r: result.r,
                    p_h1: 0.5,
                    h_frob: 1.0,
                };
                let locking = Locking::Difference(f64::from(step));
                l16.step(&L16Input { state, locking, c7: 0.1, c8: 0.2, c10: 0.3, dt: 0.01 }).unwrap();
            }
        });
        assert_eq!(found, 0);
    }
}
