//! What a module without `std` must bring: an allocator and an end for panics.

use core::panic::PanicInfo;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// A panic is a trap, as it is with `std` on this target, which has nowhere to print to. Since the message is not read,
/// the linker drops every message and the code that would format it.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
