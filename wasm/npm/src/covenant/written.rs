//! Short texts that JavaScript writes into the module's memory itself, before a call that takes them: nothing is reserved
//! and freed for them, and only their lengths cross.

use core::cell::UnsafeCell;

use interlock_core::covenant::{MAX_CAPABILITY_BYTES, MAX_RESOURCE_BYTES};
use wasm_bindgen::prelude::wasm_bindgen;

/// Room for the longest capability and the longest resource.
const BYTES: usize = (MAX_CAPABILITY_BYTES + MAX_RESOURCE_BYTES) as usize;

struct Texts(UnsafeCell<[u8; BYTES]>);

// SAFETY: the module has one thread, and no reference into the cell outlives `with`.
unsafe impl Sync for Texts {}

static TEXTS: Texts = Texts(UnsafeCell::new([0; BYTES]));

/// Where the texts are written, one behind the other. It never moves.
#[wasm_bindgen(js_name = textsAddress)]
pub fn texts_address() -> *const u8 {
    TEXTS.0.get().cast()
}

/// How many bytes have room there.
#[wasm_bindgen(js_name = textsBytes)]
pub fn texts_bytes() -> u32 {
    MAX_CAPABILITY_BYTES + MAX_RESOURCE_BYTES
}

/// Reads two texts that were written, of so many bytes each. None where they are no texts.
pub(super) fn with<T>(first: u32, second: u32, read: impl FnOnce(&str, &str) -> T) -> Option<T> {
    // SAFETY: see `Texts`; JavaScript writes between calls only.
    let bytes: &[u8; BYTES] = unsafe { &*TEXTS.0.get() };
    let [first, second] = [usize::try_from(first).ok()?, usize::try_from(second).ok()?];
    let (first, rest) = bytes.split_at_checked(first)?;
    let second = core::str::from_utf8(rest.get(..second)?).ok()?;
    Some(read(core::str::from_utf8(first).ok()?, second))
}
