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

use alloc::vec::Vec;

use interlock_core::Fidelity;

use crate::failure::{Failure, FailureKind};

/// Which of two definitions is computed.
const fn fidelity(published: bool) -> Fidelity {
    if published { Fidelity::Published } else { Fidelity::Corrected }
}

/// What a flag is in a list of numbers.
fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// Zeros, as many as a caller asked for with a number.
///
/// # Errors
/// They do not fit in the module's memory: that is no reason to trap.
#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
fn zeros(what: &str, count: Option<usize>) -> Result<Vec<f64>, Failure> {
    let count = count.unwrap_or(usize::MAX);
    let mut zeros = Vec::new();
    if zeros.try_reserve_exact(count).is_err() {
        let bound = "few enough for the memory";
        return Err(Failure::of_value(FailureKind::Argument, what.into(), count as f64, bound));
    }
    zeros.resize(count, 0.0);
    Ok(zeros)
}
