//! H_rec, the distance of the loop from where it should be, and how it develops.

use crate::Fidelity;
use crate::error::count;
use crate::numeric::sin_cos;

/// A matrix as numbers column after column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Block<'a> {
    /// The numbers.
    pub values: &'a [f64],
    /// How many columns they make.
    pub columns: u32,
}

impl Block<'_> {
    fn is_empty(&self) -> bool {
        self.values.is_empty() || self.columns == 0
    }

    fn columns(&self) -> usize {
        usize::try_from(self.columns).unwrap_or(usize::MAX)
    }
}

/// What H_rec is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoopState<'a> {
    /// Phases, rad; without any their variance is left out.
    pub theta: &'a [f64],
    /// Eigenvectors of the geometry.
    pub eigenvectors: Block<'a>,
    /// Where they should be. Without either block the short form is taken.
    pub target: Block<'a>,
    /// Order parameter R.
    pub r: f64,
    /// Consciousness probability of the TCBO observer.
    pub p_h1: f64,
    /// Frobenius norm of the boundary tensor.
    pub h_frob: f64,
}

/// H_rec of a state with at most `n` rows in its blocks, 0 or more.
///
/// The squared distance of the blocks + (1 - R) + the variance of exp(i theta) + max(tau_h1 - p_h1, 0) + 0.01 h_frob;
/// without blocks (1 - R) + max(tau_h1 - p_h1, 0). R counts within [0, 1]. The variance is 1 - R^2 of the phases:
/// their disagreement counts twice. A NaN among the numbers makes a term, or all, 0: [`L16`](super::L16) lets none in.
#[must_use]
pub fn h_rec(state: &LoopState<'_>, n: u32, tau_h1: f64) -> f64 {
    let r = state.r.clamp(0.0, 1.0);
    // The larger of a NaN and 0 is 0.
    let deficit = (tau_h1 - state.p_h1).max(0.0);
    let LoopState { eigenvectors, target, .. } = state;
    if eigenvectors.is_empty() || target.is_empty() {
        return ((1.0 - r) + deficit).max(0.0);
    }
    let rows = eigenvectors.values.len().checked_div(eigenvectors.columns()).unwrap_or(0);
    let rows = rows.min(usize::try_from(n).unwrap_or(usize::MAX));
    // Both are read with this number of rows, so a column follows directly on the last.
    let entries = rows.saturating_mul(eigenvectors.columns().min(target.columns()));
    let pairs = eigenvectors.values.iter().zip(target.values).take(entries);
    let alignment: f64 = pairs.map(|(e, p)| (e - p) * (e - p)).sum();
    (alignment + (1.0 - r) + variance(state.theta) + deficit + 0.01 * state.h_frob).max(0.0)
}

/// Variance of the sines plus that of the cosines.
fn variance(theta: &[f64]) -> f64 {
    if theta.is_empty() {
        return 0.0;
    }
    let (mut sines, mut cosines, mut squares) = (0.0, 0.0, [0.0; 2]);
    for &phase in theta {
        let (s, c) = sin_cos(phase);
        sines += s;
        cosines += c;
        squares = [squares[0] + s * s, squares[1] + c * c];
    }
    let n = count(theta.len());
    let [square_s, square_c] = squares;
    (square_s / n - (sines / n) * (sines / n)) + (square_c / n - (cosines / n) * (cosines / n))
}

/// Slope of the last `window` values of a history, by least squares, 1/s. 0 with fewer than two values or a window
/// below 2.
///
/// `dt` is the time between two values, s; what is below 1e-12 counts as that.
#[must_use]
pub fn slope(history: &[f64], window: u32, dt: f64) -> f64 {
    let recent = last(history, window);
    if recent.len() < 2 {
        return 0.0;
    }
    let (mut m, mut x_sum, mut y_sum, mut xy_sum, mut xx_sum) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for &y in recent {
        // m is the position so far.
        x_sum += m;
        y_sum += y;
        xy_sum += m * y;
        xx_sum += m * m;
        m += 1.0;
    }
    let denominator: f64 = m * xx_sum - x_sum * x_sum;
    if denominator.abs() < 1e-30 {
        return 0.0;
    }
    (m * xy_sum - x_sum * y_sum) / denominator / dt.max(1e-12)
}

/// Whether a history demands refusal: it has only risen over its last `window` changes. None while it has not
/// `window` + 1 values.
///
/// `Published` looks at the last `window` values only, that is at `window` - 1 changes, so a window of 0 or 1 always
/// refuses.
#[must_use]
pub fn refuses(history: &[f64], window: u32, fidelity: Fidelity) -> Option<bool> {
    let values = window.saturating_add(1);
    if count(history.len()) < f64::from(values) {
        return None;
    }
    // Branch: the published test leaves out the first of the changes.
    let tested = if fidelity.is_published() { window } else { values };
    let recent = last(history, tested);
    Some(recent.iter().zip(recent.iter().skip(1)).all(|(before, after)| after > before))
}

fn last(history: &[f64], count: u32) -> &[f64] {
    let skipped = history.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
    history.get(skipped..).unwrap_or_default()
}
