//! Eight cost terms and their weights. Section 8.6.

use crate::error::{InputError, Range, check, check_all, check_length};

use super::config::INPUT;
use super::functions::{count, dot, mean_vector, sqrt};
use super::spectral::fiedler_value;

/// TCBO's probability above which its gate is open.
pub(super) const GATE: f64 = 0.72;
/// The node whose sum of weights C9 reads.
pub(super) const MEMORY: usize = 8;
/// The phase that C8 compares with the mean.
const COSMIC: usize = 7;
/// What a second eigenvalue counts as at least, as a divisor.
const LEAST: f64 = 1e-12;

/// Weights of the terms. The defaults are the published ones; each may be any number within 1e6 of 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostWeights {
    /// Of C_micro.
    pub micro: f64,
    /// Of C7.
    pub c7: f64,
    /// Of C8.
    pub c8: f64,
    /// Of C9.
    pub c9: f64,
    /// Of C10.
    pub c10: f64,
    /// Of R_graph.
    pub reg: f64,
    /// Of C4.
    pub c4_tcbo: f64,
    /// Of C_pgbo.
    pub pgbo: f64,
}

impl Default for CostWeights {
    fn default() -> Self {
        Self { micro: 1.0, c7: 0.5, c8: 0.3, c9: 0.2, c10: 0.4, reg: 0.1, c4_tcbo: 0.3, pgbo: 0.05 }
    }
}

impl CostWeights {
    /// Every weight 0.
    pub const NONE: Self = Self { micro: 0.0, c7: 0.0, c8: 0.0, c9: 0.0, c10: 0.0, reg: 0.0, c4_tcbo: 0.0, pgbo: 0.0 };

    /// Checks every weight.
    ///
    /// # Errors
    /// The first that is not finite or beyond 1e6.
    pub fn check(&self) -> Result<(), InputError> {
        let range = Range { lo: -1e6, hi: 1e6, words: "a finite number within 1e6 of 0" };
        check("weights.micro", self.micro, range)?;
        check("weights.c7", self.c7, range)?;
        check("weights.c8", self.c8, range)?;
        check("weights.c9", self.c9, range)?;
        check("weights.c10", self.c10, range)?;
        check("weights.reg", self.reg, range)?;
        check("weights.c4_tcbo", self.c4_tcbo, range)?;
        check("weights.pgbo", self.pgbo, range)
    }
}

/// What the terms are made of.
#[derive(Clone, Copy, Debug)]
pub struct CostInputs<'a> {
    /// Sines of the n phases.
    pub sines: &'a [f64],
    /// Cosines of the n phases.
    pub cosines: &'a [f64],
    /// n x n weights, row by row.
    pub w: &'a [f64],
    /// Eigenvalues, ascending.
    pub eigenvalues: &'a [f64],
    /// The second eigenvector; empty for one node.
    pub fiedler: &'a [f64],
    /// What the second eigenvector is compared with; empty for one node.
    pub target: &'a [f64],
    /// Protected nodes; empty for none.
    pub protected: &'a [bool],
    /// TCBO's probability.
    pub p_h1: f64,
    /// Sum of the squares of PGBO's tensor; 0 without one.
    pub h_square: f64,
}

impl CostInputs<'_> {
    /// Checks lengths and numbers.
    ///
    /// # Errors
    /// The first list of a wrong length or number that is not finite or beyond 1e9.
    pub fn check(&self) -> Result<(), InputError> {
        let n = self.sines.len();
        check_length("cosines.length", self.cosines.len(), n, "as long as sines")?;
        check_length("w.length", self.w.len(), n.saturating_mul(n), "n x n numbers long")?;
        check_length("eigenvalues.length", self.eigenvalues.len(), n, "n numbers long")?;
        let vector = if n < 2 { 0 } else { n };
        check_length("fiedler.length", self.fiedler.len(), vector, "n numbers long, or empty for n = 1")?;
        check_length("target.length", self.target.len(), vector, "n numbers long, or empty for n = 1")?;
        if !self.protected.is_empty() {
            check_length("protected.length", self.protected.len(), n, "n long, or empty")?;
        }
        for (name, list) in [
            ("sines", self.sines),
            ("cosines", self.cosines),
            ("w", self.w),
            ("eigenvalues", self.eigenvalues),
            ("fiedler", self.fiedler),
            ("target", self.target),
        ] {
            check_all(name, list, INPUT)?;
        }
        check("p_h1", self.p_h1, INPUT)?;
        check("h_square", self.h_square, Range { lo: 0.0, hi: 1e100, words: "in [0, 1e100]" })
    }
}

/// The terms and their weighted sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// 1 - R.
    pub c_micro: f64,
    /// Squared distance of the second eigenvector from its target.
    pub c7_symbolic: f64,
    /// Squared sine of phase 7 against the mean phase, over the second eigenvalue; 0 with fewer than 8 phases.
    pub c8_phase: f64,
    /// Square of the mean weight at node 8 less 1; 0 with fewer than 9 nodes.
    pub c9_memory: f64,
    /// Mean square of the weights between protected nodes and others.
    pub c10_boundary: f64,
    /// Size of the weights and closeness to a split.
    pub r_graph: f64,
    /// Square of what p_h1 is short of 0.72.
    pub c4_tcbo: f64,
    /// 0.01 times the squared size of PGBO's tensor.
    pub c_pgbo: f64,
    /// The weighted sum.
    pub u_total: f64,
}

impl Costs {
    /// The terms of checked inputs.
    ///
    /// # Errors
    /// What [`CostInputs::check`] or [`CostWeights::check`] refuses.
    pub fn of(inputs: &CostInputs<'_>, weights: &CostWeights) -> Result<Self, InputError> {
        inputs.check()?;
        weights.check()?;
        Ok(Self::of_checked(inputs, weights))
    }

    pub(super) fn of_checked(inputs: &CostInputs<'_>, weights: &CostWeights) -> Self {
        let (s, c) = mean_vector(inputs.sines, inputs.cosines);
        let square = s * s + c * c;
        let second = fiedler_value(inputs.eigenvalues);
        let several = inputs.eigenvalues.len() >= 2;
        let deficit = (GATE - inputs.p_h1).max(0.0);
        let mut costs = Self {
            c_micro: 1.0 - sqrt(square).clamp(0.0, 1.0),
            c7_symbolic: distance(inputs.fiedler, inputs.target),
            c8_phase: 0.0,
            c9_memory: memory(inputs.w, inputs.sines.len()).map_or(0.0, |gap| gap * gap),
            c10_boundary: boundary(inputs.w, inputs.protected),
            r_graph: 0.01 * dot(inputs.w, inputs.w) + if several { 0.1 / (second + 1e-8) } else { 0.1 },
            c4_tcbo: deficit * deficit,
            c_pgbo: 0.01 * inputs.h_square,
            u_total: 0.0,
        };
        if let (Some(&sine), Some(&cosine), true) = (inputs.sines.get(COSMIC), inputs.cosines.get(COSMIC), several) {
            // sin(theta - atan2(s, c)), and of the angle 0 where there is no mean phase.
            let across = sine * c - cosine * s;
            let part = if square > 0.0 { across * across / square } else { sine * sine };
            costs.c8_phase = part / second.max(LEAST);
        }
        costs.u_total = weights.micro * costs.c_micro
            + weights.c7 * costs.c7_symbolic
            + weights.c8 * costs.c8_phase
            + weights.c9 * costs.c9_memory
            + weights.c10 * costs.c10_boundary
            + weights.reg * costs.r_graph
            + weights.c4_tcbo * costs.c4_tcbo
            + weights.pgbo * costs.c_pgbo;
        costs
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b))
}

/// The mean weight at node 8 less 1; none with fewer than 9 nodes.
pub(super) fn memory(w: &[f64], n: usize) -> Option<f64> {
    let start = n.checked_mul(MEMORY).filter(|_| n > MEMORY)?;
    let row = w.get(start..start.checked_add(n)?)?;
    Some(row.iter().fold(0.0, |sum, weight| sum + weight) / count(n) - 1.0)
}

/// Ordered pairs of a protected node and another.
pub(super) fn boundary_pairs(protected: &[bool]) -> f64 {
    let inside = count(protected.iter().filter(|inside| **inside).count());
    2.0 * inside * (count(protected.len()) - inside)
}

fn boundary(w: &[f64], protected: &[bool]) -> f64 {
    let pairs = boundary_pairs(protected);
    if pairs == 0.0 {
        return 0.0;
    }
    let mut sum = 0.0;
    for (row, inside) in w.chunks_exact(protected.len().max(1)).zip(protected) {
        for (weight, other) in row.iter().zip(protected) {
            if inside != other {
                sum += weight * weight;
            }
        }
    }
    sum / pairs
}

/// C9 with probes: the mean squared difference of weights and probes over their common length; 0 of none.
#[must_use]
pub fn c9_with_probes(w: &[f64], probes: &[f64]) -> f64 {
    distance(w, probes) / count(w.len().min(probes.len())).max(1.0)
}
