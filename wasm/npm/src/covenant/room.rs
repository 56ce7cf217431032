//! Many numbers and texts that JavaScript writes into the module's memory itself, before a call that takes them: each
//! crosses in a few instructions, and answers stand where the questions stood. What many calls need is kept; what a large
//! one needed goes with the next that is smaller.

use alloc::vec::Vec;
use core::cell::UnsafeCell;

use wasm_bindgen::prelude::wasm_bindgen;

/// Numbers and bytes of texts that stay reserved.
const KEPT: usize = 1 << 15;

/// Doubles, by their bits, and bytes.
struct Room(UnsafeCell<(Vec<u64>, Vec<u8>)>);

// SAFETY: the module has one thread, and no reference into the cell outlives a function of this file.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new((Vec::new(), Vec::new())));

fn at<T: Copy + Default>(room: &mut Vec<T>, length: u32) -> *const T {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    room.resize(length, T::default());
    if room.capacity() > KEPT {
        room.shrink_to(KEPT);
    }
    room.as_ptr()
}

/// Where so many doubles are written, and read after the call that takes them.
#[wasm_bindgen(js_name = numbersAddress)]
pub fn numbers_address(count: u32) -> *const f64 {
    // SAFETY: see `Room`.
    let (numbers, _) = unsafe { &mut *ROOM.0.get() };
    at(numbers, count).cast()
}

/// Where so many bytes of texts are written.
#[wasm_bindgen(js_name = bytesAddress)]
pub fn bytes_address(count: u32) -> *const u8 {
    // SAFETY: see `Room`.
    let (_, bytes) = unsafe { &mut *ROOM.0.get() };
    at(bytes, count)
}

/// What was written: as many numbers, by their bits, and bytes as there was asked room for last.
pub(super) fn with<T>(work: impl FnOnce(&mut [u64], &[u8]) -> T) -> T {
    // SAFETY: see `Room`; JavaScript writes between calls only, and no work asks for room.
    let (numbers, bytes) = unsafe { &mut *ROOM.0.get() };
    work(numbers, bytes)
}
