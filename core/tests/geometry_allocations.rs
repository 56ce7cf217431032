//! No outer step allocates: counted at the allocator.
#![cfg(feature = "geometry")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use interlock_core::Fidelity;
use interlock_core::geometry::{Decoder, GradientMethod, SsgfConfig, SsgfEngine};
use interlock_core::physics::layers;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    // The thread may be ending.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get().wrapping_add(1)));
}

// SAFETY: every call is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn outer_steps_do_not_allocate() {
    for fidelity in [Fidelity::Corrected, Fidelity::Published] {
        for decoder in [Decoder::GramSoftplus, Decoder::Rbf] {
            for (gradient, steps) in [(GradientMethod::Analytic, 250), (GradientMethod::FiniteDifference, 2)] {
                // The log is shorter than the run, so its ring goes round.
                let config = SsgfConfig { decoder, gradient, log_capacity: 100, ..SsgfConfig::default() };
                let k = layers::coupling_rows(fidelity);
                let mut engine = SsgfEngine::new(config, &layers::OMEGA, k.as_flattened(), fidelity).unwrap();
                let before = ALLOCATIONS.get();
                engine.run(steps).unwrap();
                let audio = engine.audio();
                let made = ALLOCATIONS.get().wrapping_sub(before);
                assert_eq!(made, 0, "{fidelity:?} {decoder:?} {gradient:?}");
                assert!(audio.r_global <= 1.0);
            }
        }
    }
    assert!(ALLOCATIONS.get() > 0, "the counter counts");
}
