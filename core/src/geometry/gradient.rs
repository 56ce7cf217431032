//! The slope of the cost in the latents. Section 8.7.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has its size from construction on"
)]

use alloc::vec;
use alloc::vec::Vec;

use crate::error::{InputError, Range, check, check_length};

use super::config::{Corrections, GradientMethod, fidelity};
use super::costs::{CostInputs, CostWeights, Costs, MEMORY, boundary_pairs, memory};
use super::functions::count;
use super::nodes::NodeSpace;
use super::spectral::SpectralBridge;

/// What the slope is taken at, besides the latents: phases, target, mask, probability, and the eigenvectors whose
/// signs count.
#[derive(Clone, Copy, Debug)]
pub struct GradientState<'a> {
    /// Sines of the n phases.
    pub sines: &'a [f64],
    /// Cosines of the n phases.
    pub cosines: &'a [f64],
    /// What the second eigenvector is compared with; empty for one node.
    pub target: &'a [f64],
    /// Protected nodes; empty for none.
    pub protected: &'a [bool],
    /// TCBO's probability.
    pub p_h1: f64,
    /// The current eigenvectors, one after the other.
    pub eigenvectors: &'a [f64],
}

/// Finds slopes for node spaces of one shape. No call allocates after construction.
#[derive(Clone, Debug)]
pub struct Gradient {
    corrections: Corrections,
    bridge: SpectralBridge,
    probe: NodeSpace,
    /// The nodes of each pair, row by row above the diagonal.
    pairs: Vec<(u32, u32)>,
    /// Slope in both entries of each pair together.
    slopes: Vec<f64>,
    out: Vec<f64>,
}

impl Gradient {
    /// A finder for node spaces like this one.
    ///
    /// # Errors
    /// None for a space that could be made.
    pub fn new(space: &NodeSpace, corrections: impl Into<Corrections>) -> Result<Self, InputError> {
        let corrections = corrections.into();
        let n = space.n();
        let pairs: Vec<_> = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).collect();
        Ok(Self {
            corrections,
            bridge: SpectralBridge::new(n, fidelity(corrections.signs))?,
            probe: space.clone(),
            slopes: vec![0.0; pairs.len()],
            pairs,
            out: vec![0.0; space.z().len()],
        })
    }

    /// The slope by a method, for each latent. `eps` is half of the distance of a difference.
    ///
    /// # Errors
    /// A space of another shape, weights or numbers out of their ranges, lists of a wrong length.
    pub fn find(
        &mut self,
        method: GradientMethod,
        space: &NodeSpace,
        state: &GradientState<'_>,
        weights: &CostWeights,
        eps: f64,
    ) -> Result<&[f64], InputError> {
        let n = self.probe.n() as usize;
        check_length("space.w.length", space.w().len(), n * n, "of the shape that the finder was made for")?;
        check_length("space.z.length", space.z().len(), self.out.len(), "of the shape that the finder was made for")?;
        check_length("eigenvectors.length", state.eigenvectors.len(), n * n, "n x n numbers long")?;
        weights.check()?;
        check("fd_eps", eps, Range { lo: 1e-12, hi: 1.0, words: "in [1e-12, 1]" })?;
        let vectors = state.eigenvectors.chunks_exact(space.n() as usize);
        inputs(
            space.w(),
            state,
            vectors.clone().next().unwrap_or_default(),
            vectors.clone().nth(1).unwrap_or_default(),
        )
        .check()?;
        crate::error::check_all("eigenvectors", state.eigenvectors, super::config::INPUT)?;
        Ok(self.find_checked(method, space, state, weights, eps))
    }

    pub(super) fn find_checked(
        &mut self,
        method: GradientMethod,
        space: &NodeSpace,
        state: &GradientState<'_>,
        weights: &CostWeights,
        eps: f64,
    ) -> &[f64] {
        match method {
            GradientMethod::Analytic => self.analytic(space, state.protected, weights),
            GradientMethod::FiniteDifference => self.differences(space, state, weights, eps),
        }
        &self.out
    }

    /// C9, C10 and the size of the weights; the other terms either hang on eigenvectors, which are taken as given, or
    /// not on the weights at all.
    fn analytic(&mut self, space: &NodeSpace, protected: &[bool], weights: &CostWeights) {
        let n = space.n() as usize;
        let w = space.w();
        let size = weights.reg * 0.02;
        let mut pair = 0;
        for i in 0..n {
            let row = &w[i * n..][..n];
            for (slope, weight) in self.slopes[pair..].iter_mut().zip(&row[i + 1..]) {
                *slope = size * (weight + weight);
            }
            pair += n - i - 1;
        }
        let boundary = boundary_pairs(protected);
        if boundary > 0.0 {
            let factor = weights.c10 * 2.0 / boundary;
            for (slope, &(i, j)) in self.slopes.iter_mut().zip(&self.pairs) {
                if protected[i as usize] != protected[j as usize] {
                    let weight = w[i as usize * n + j as usize];
                    *slope += factor * (weight + weight);
                }
            }
        }
        if let Some(gap) = memory(w, n) {
            let once = weights.c9 * 2.0 * gap / count(n);
            // C9 reads one of the two entries of a pair.
            let slope = if self.corrections.c9_slope { once } else { 2.0 * once };
            for other in (0..n).filter(|other| *other != MEMORY) {
                let (i, j) = (other.min(MEMORY), other.max(MEMORY));
                self.slopes[i * (2 * n - i - 1) / 2 + j - i - 1] += slope;
            }
        }
        space.pull_back(&self.slopes, &mut self.out);
    }

    /// Central differences, the plus side first.
    fn differences(&mut self, space: &NodeSpace, state: &GradientState<'_>, weights: &CostWeights, eps: f64) {
        self.probe.copy_from(space);
        for k in 0..self.out.len() {
            let z = space.z()[k];
            self.probe.set_latent(k, z + eps, &self.pairs);
            let plus = self.evaluate(state, weights, k == 0);
            self.probe.set_latent(k, z - eps, &self.pairs);
            let minus = self.evaluate(state, weights, false);
            self.probe.set_latent(k, z, &self.pairs);
            self.out[k] = (plus - minus) / (2.0 * eps);
        }
    }

    fn evaluate(&mut self, state: &GradientState<'_>, weights: &CostWeights, first: bool) -> f64 {
        let w = self.probe.w();
        match (self.corrections.difference_signs, first) {
            (true, _) => self.bridge.compute_along(w, state.eigenvectors),
            (false, true) => self.bridge.compute_first(w),
            (false, false) => self.bridge.compute_raw(w),
        }
        let inputs = inputs(w, state, self.bridge.eigenvalues(), self.bridge.fiedler_vector());
        Costs::of_checked(&inputs, weights).u_total
    }
}

/// The cost's inputs; PGBO's tensor is left out.
fn inputs<'a>(w: &'a [f64], state: &GradientState<'a>, eigenvalues: &'a [f64], fiedler: &'a [f64]) -> CostInputs<'a> {
    CostInputs {
        sines: state.sines,
        cosines: state.cosines,
        w,
        eigenvalues,
        fiedler,
        target: state.target,
        protected: state.protected,
        p_h1: state.p_h1,
        h_square: 0.0,
    }
}
