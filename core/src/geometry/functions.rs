//! Elementary functions that the engine's parts share.

pub(super) use crate::numeric::{cos, exp_all, ln_all, sqrt};

/// The order parameter: length of the mean of the unit vectors at the phases, in [0, 1]; 0 of none.
pub(super) fn order_parameter(sines: &[f64], cosines: &[f64]) -> f64 {
    let (s, c) = mean_vector(sines, cosines);
    sqrt(s * s + c * c).clamp(0.0, 1.0)
}

/// Mean sine and mean cosine; 0 of none.
pub(super) fn mean_vector(sines: &[f64], cosines: &[f64]) -> (f64, f64) {
    let count = count(sines.len()).max(1.0);
    let sum = |list: &[f64]| list.iter().fold(0.0, |sum, x| sum + x);
    (sum(sines) / count, sum(cosines) / count)
}

/// A length as a number. Lists here are shorter than 2^32.
#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(super) const fn count(length: usize) -> f64 {
    length as f64
}

/// The sum of the products, in four sums that a vector unit holds at once.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "four lanes of chunks of four")]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (fours, others) = (a.chunks_exact(4), b.chunks_exact(4));
    let mut rest = 0.0;
    for (x, y) in fours.remainder().iter().zip(others.remainder()) {
        rest += x * y;
    }
    for (x, y) in fours.zip(others) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}
