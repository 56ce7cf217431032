//! A step allocates nothing.
#![cfg(feature = "physics")]
#![allow(clippy::unwrap_used, unsafe_code, missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use interlock_core::Fidelity;
use interlock_core::physics::{
    Block, L16, L16Config, L16Input, Locking, LoopState, Motion, Sec, SecConfig, Upde, UpdeConfig, layers,
};

std::thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting on the thread at hand.
struct Counting;

fn count() {
    // A thread that ends has no counter any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get().wrapping_add(1)));
}

// SAFETY: every call is passed on as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get().wrapping_sub(before)
}

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
