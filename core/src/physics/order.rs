//! How far phases agree.

use crate::error::count;
use crate::numeric::{sin_cos_lanes, sqrt};

use super::coupling::LANES;

/// The order parameter R = |mean of exp(i theta)| in [0, 1]: 1 when all phases are equal. Without phases it is 0,
/// and NaN when a phase is not finite.
///
/// ```
/// assert_eq!(interlock_core::physics::order::parameter(&[1.0, 1.0]), 1.0);
/// ```
#[must_use]
pub fn parameter(theta: &[f64]) -> f64 {
    let (mut sines, mut cosines) = ([0.0; LANES], [0.0; LANES]);
    for phases in theta.chunks(LANES) {
        let mut x = [0.0; LANES];
        x.iter_mut().zip(phases).for_each(|(x, phase)| *x = *phase);
        let (s, c) = sin_cos_lanes(x);
        sines.iter_mut().zip(s).zip(phases).for_each(|((sum, s), _)| *sum += s);
        cosines.iter_mut().zip(c).zip(phases).for_each(|((sum, c), _)| *sum += c);
    }
    of_sums(fold(sines), fold(cosines), theta.len())
}

/// [`parameter`] of phases whose sines and cosines are known, with the same bits.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
pub(super) fn of_components(sines: &[f64], cosines: &[f64]) -> f64 {
    of_sums(sum(sines), sum(cosines), sines.len())
}

fn of_sums(sine: f64, cosine: f64, phases: usize) -> f64 {
    if phases == 0 {
        return 0.0;
    }
    let (y, x) = (sine / count(phases), cosine / count(phases));
    sqrt(y * y + x * x).clamp(0.0, 1.0)
}

/// Sum of a list in eight lanes: number i goes to lane i mod 8, in order.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
#[allow(clippy::indexing_slicing, reason = "lanes of arrays of that many lanes")]
fn sum(numbers: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = numbers.as_chunks::<LANES>();
    for chunk in whole {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane];
        }
    }
    for (lane, &number) in lanes.iter_mut().zip(rest) {
        *lane += number;
    }
    fold(lanes)
}

/// Lanes are added in halves: four pairs, two, one.
pub(super) fn fold(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
