//! Angles modulo a turn.

use core::f64::consts::{PI, TAU};

use crate::Fidelity;

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
    let mut one = [x];
    wrap_all(&mut one, fidelity);
    one[0]
}

/// [`wrap`] of every number of a list.
pub(super) fn wrap_all(angles: &mut [f64], fidelity: Fidelity) {
    let top = if fidelity.is_published() { f64::INFINITY } else { TAU };
    let mut all_near = true;
    for x in angles.iter() {
        all_near &= *x > -TAU && *x < 2.0 * TAU;
    }
    if !all_near {
        for x in &mut *angles {
            *x = libm::fmod(*x, TAU);
        }
    }
    for x in angles {
        // Both are what the remainder gives: the difference is exact, and so is the remainder of a small number.
        let below = if *x >= TAU { *x - TAU } else { *x };
        let positive = if below < 0.0 { below + TAU } else { below };
        *x = if positive >= top { 0.0 } else { positive };
    }
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
