//! Angles modulo a turn.

use core::f64::consts::{PI, TAU};

use super::coupling::LANES;
use crate::Fidelity;

/// Less than 3 pi.
const NEAR: f64 = 9.424;

/// `x` modulo 2 pi, in [0, 2 pi), for a finite `x`.
///
/// The exact remainder with the sign of `x`, plus 2 pi when that is negative. A tiny negative `x` is then rounded
/// to 2 pi itself: `Corrected` makes that 0, `Published` keeps it.
///
/// ```
/// use interlock_core::{Fidelity, physics::wrap};
/// assert_eq!(wrap(-1e-17, Fidelity::Corrected), 0.0);
/// assert_eq!(wrap(-1e-17, Fidelity::Published), core::f64::consts::TAU);
/// ```
#[must_use]
pub fn wrap(x: f64, fidelity: Fidelity) -> f64 {
    wrap_lanes([x; LANES], fidelity)[0]
}

/// [`wrap`] of eight numbers.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
pub(super) fn wrap_lanes(mut angles: [f64; LANES], fidelity: Fidelity) -> [f64; LANES] {
    let top = if fidelity.is_published() { f64::INFINITY } else { TAU };
    // In (-2 pi, 4 pi) one turn at most is added or taken away. The sign bit is set when a distance from the middle
    // is beyond: sizes compare like their bits.
    let mut beyond = 0_u64;
    for x in &angles {
        beyond |= NEAR.to_bits().wrapping_sub((x - PI).abs().to_bits());
    }
    if beyond >> 63 != 0 {
        for x in &mut angles {
            *x = libm::fmod(*x, TAU);
        }
    }
    angles.map(|x| {
        // Both are what the remainder gives: the difference is exact, and so is the remainder of a small number.
        let below = x - if x >= TAU { TAU } else { 0.0 };
        let positive = below + if below < 0.0 { TAU } else { 0.0 };
        if positive >= top { 0.0 } else { positive }
    })
}

/// The difference `a - b` of two angles on the shorter way round, in [-pi, pi], for finite angles.
#[must_use]
pub fn difference(a: f64, b: f64) -> f64 {
    let d = a - b;
    if d.abs() <= PI {
        return d;
    }
    let rest = libm::fmod(d, TAU);
    if rest >= PI {
        rest - TAU
    } else if rest < -PI {
        rest + TAU
    } else {
        rest
    }
}
