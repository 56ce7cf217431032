//! The advanced runtime: phase dynamics, what observes them, and the geometry engine over both.
//!
//! What a step leaves behind lies in a [`Frame`](frame::Frame), of which JavaScript has a view, or in the slots of
//! [`details`](crate::details). Settings come as trees, whose fields [`fields`] puts into the core's own types.

mod fields;
mod frame;
mod functions;
mod l16;
mod numeric;
mod pgbo;
mod pi;
mod rips;
mod sec;
mod spectral;
mod ssgf;
mod tcbo;
mod upde;

use interlock_core::Fidelity;

/// Which of two definitions is computed.
const fn fidelity(published: bool) -> Fidelity {
    if published { Fidelity::Published } else { Fidelity::Corrected }
}

/// What a flag is in a list of numbers.
fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}
