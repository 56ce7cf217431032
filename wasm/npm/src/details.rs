//! Numbers that go with the last answer.
//!
//! An answer crosses as one small integer. What belongs to it beyond that lies in a fixed array that
//! JavaScript reads through a view of the memory, and only when the integer says that it is there:
//! no object is made, nothing is converted, and nothing needs a second call.
//!
//! A slot is a double; NaN stands for "none", since no value of the core is NaN.

use core::sync::atomic::{AtomicU64, Ordering};

use wasm_bindgen::prelude::wasm_bindgen;

/// How many slots there are.
const SLOTS: usize = 16;

// Atomics are the safe way to a mutable static; without threads they are plain loads and stores.
static DETAILS: [AtomicU64; SLOTS] = [const { AtomicU64::new(0) }; SLOTS];

/// Writes the slots from the first on.
#[allow(dead_code, reason = "a module has the answers of its features only")]
#[inline(never)]
pub(crate) fn set(values: &[f64]) {
    for (slot, value) in DETAILS.iter().zip(values) {
        slot.store(value.to_bits(), Ordering::Relaxed);
    }
}

/// Whether the last call left a failure: the last slot.
#[inline(never)]
pub(crate) fn set_failed(failed: bool) {
    if let Some(slot) = DETAILS.last() {
        slot.store(f64::from(u8::from(failed)).to_bits(), Ordering::Relaxed);
    }
}

/// The first slots, as they were written last.
#[cfg(feature = "session")]
pub(crate) fn first<const N: usize>() -> [f64; N] {
    let mut values = [f64::NAN; N];
    for (value, slot) in values.iter_mut().zip(&DETAILS) {
        *value = f64::from_bits(slot.load(Ordering::Relaxed));
    }
    values
}

/// What a slot holds for an optional value.
#[cfg(any(feature = "halt", feature = "physics"))]
pub(crate) fn optional(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

/// What a slot holds for a count: exact up to 2^53, which no stream reaches.
#[cfg(any(feature = "halt", feature = "physics", feature = "ledger"))]
#[allow(clippy::cast_precision_loss, reason = "counts of one stream stay far below 2^53")]
pub(crate) const fn count(value: u64) -> f64 {
    value as f64
}

/// Where the slots lie in the module's memory. It never moves.
#[wasm_bindgen(js_name = detailsAddress)]
pub fn details_address() -> *const f64 {
    DETAILS.as_ptr().cast()
}
