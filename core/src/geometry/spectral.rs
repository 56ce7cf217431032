//! The spectral bridge: from weights to the eigenpairs of the normalised Laplacian.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has n or n x n numbers from construction on"
)]

use alloc::vec;
use alloc::vec::Vec;

use crate::Fidelity;
use crate::error::{InputError, check_all, check_length};
use crate::numeric::{EigenMethod, SymmetricEigen};

use super::config::INPUT;
use super::functions::sqrt;

/// A degree up to which a node counts as isolated.
const ISOLATED: f64 = 1e-12;
/// A third eigenvalue below which there is no gap to speak of.
const NO_GAP: f64 = 1e-12;

/// Eigenpairs of the normalised Laplacian of a graph, call after call, with signs that do not jump: the first call
/// makes the largest entry of each vector positive, later ones let each vector point the way it did.
///
/// `Corrected` decides the first signs with a tolerance of 1e-9 and knows a vector by its overlap with the last
/// ones; `Published` compares bits and takes vectors of the same number, whatever they are. No call
/// allocates after construction. Section 8.4.
#[derive(Clone, Debug)]
pub struct SpectralBridge {
    eigen: SymmetricEigen,
    corrected: bool,
    laplacian: Vec<f64>,
    /// 1 / sqrt(degree), 0 for an isolated node.
    inverse: Vec<f64>,
    /// The last vectors that were returned.
    reference: Vec<f64>,
    known: bool,
}

impl SpectralBridge {
    /// A bridge for graphs of `n` nodes.
    ///
    /// # Errors
    /// `n` is 0 or above 1024.
    pub fn new(n: u32, fidelity: Fidelity) -> Result<Self, InputError> {
        let method = if fidelity.is_published() { EigenMethod::Jacobi } else { EigenMethod::Tridiagonal };
        let eigen = SymmetricEigen::new(n, method)?;
        let rows = n as usize;
        Ok(Self {
            eigen,
            corrected: !fidelity.is_published(),
            laplacian: vec![0.0; rows * rows],
            inverse: vec![0.0; rows],
            reference: vec![0.0; rows * rows],
            known: false,
        })
    }

    /// Finds the eigenpairs for weights given row by row.
    ///
    /// # Errors
    /// `w` has not n x n numbers, one is not finite or beyond 1e9, or it is not symmetric. The last eigenpairs are
    /// kept.
    pub fn compute(&mut self, w: &[f64]) -> Result<(), InputError> {
        let n = self.eigen.n();
        check_length("w.length", w.len(), n as usize * n as usize, "n x n numbers long")?;
        check_all("w", w, INPUT)?;
        crate::numeric::check_symmetric("w", w, n)?;
        self.compute_checked(w);
        Ok(())
    }

    /// As [`compute`](Self::compute) for weights that need no check.
    pub(super) fn compute_checked(&mut self, w: &[f64]) {
        self.solve(w);
        match (self.known, self.corrected) {
            (false, true) => self.eigen.orient(),
            (false, false) => self.eigen.orient_first(0.0),
            (true, true) => self.eigen.orient_by_overlap(&self.reference),
            (true, false) => self.eigen.orient_by_number(&self.reference),
        }
        self.reference.copy_from_slice(self.eigen.vectors());
        self.known = true;
    }

    /// As [`compute`](Self::compute), with vectors that point the way of given ones, and the last ones are
    /// remembered as they were.
    pub(super) fn compute_along(&mut self, w: &[f64], reference: &[f64]) {
        self.solve(w);
        self.eigen.orient_by_overlap(reference);
    }

    /// As [`compute`](Self::compute), with the signs that the method gave.
    pub(super) fn compute_raw(&mut self, w: &[f64]) {
        self.solve(w);
    }

    /// As the first [`compute`](Self::compute) of a bridge, and nothing is remembered.
    pub(super) fn compute_first(&mut self, w: &[f64]) {
        self.solve(w);
        self.eigen.orient_first(0.0);
    }

    fn solve(&mut self, w: &[f64]) {
        let n = self.inverse.len();
        for (inverse, row) in self.inverse.iter_mut().zip(w.chunks_exact(n)) {
            let degree = row.iter().fold(0.0, |sum, entry| sum + entry);
            *inverse = if degree > ISOLATED { 1.0 / sqrt(degree) } else { 0.0 };
        }
        for (i, (line, row)) in self.laplacian.chunks_exact_mut(n).zip(w.chunks_exact(n)).enumerate() {
            let left = self.inverse[i];
            for ((entry, weight), right) in line.iter_mut().zip(row).zip(&self.inverse) {
                *entry = 0.0 - left * weight * right;
            }
            line[i] = if left == 0.0 { 0.0 } else { line[i] + 1.0 };
        }
        self.eigen.solve_checked(&self.laplacian, 0.0);
    }

    /// How eigenpairs are found from the next call on.
    pub(super) fn set_method(&mut self, method: EigenMethod) {
        self.eigen.set_method(method);
    }

    /// Forgets the last vectors: the next call is a first one.
    pub fn reset(&mut self) {
        self.known = false;
    }

    /// Sets the vectors that the next call's point the way of: orthonormal, one after the other.
    ///
    /// # Errors
    /// Not n x n numbers, or one that is not finite.
    pub fn set_reference(&mut self, vectors: &[f64]) -> Result<(), InputError> {
        check_length("reference.length", vectors.len(), self.reference.len(), "n x n numbers long")?;
        check_all("reference", vectors, INPUT)?;
        self.reference.copy_from_slice(vectors);
        self.known = true;
        Ok(())
    }

    /// The normalised Laplacian of the last weights, row by row.
    #[must_use]
    pub fn laplacian(&self) -> &[f64] {
        &self.laplacian
    }

    /// Eigenvalues, ascending, none below 0.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        self.eigen.values()
    }

    /// Eigenvectors, one after the other in the order of their values.
    #[must_use]
    pub fn eigenvectors(&self) -> &[f64] {
        self.eigen.vectors()
    }

    /// The second eigenvector, of the Fiedler value; empty for one node.
    #[must_use]
    pub fn fiedler_vector(&self) -> &[f64] {
        self.eigen.vector(1)
    }
}

/// The second eigenvalue; 0 with fewer than two.
#[must_use]
pub fn fiedler_value(eigenvalues: &[f64]) -> f64 {
    eigenvalues.get(1).copied().unwrap_or(0.0)
}

/// The second eigenvalue as a share of the third; 0 with fewer than three or where the third is below 1e-12.
#[must_use]
pub fn spectral_gap(eigenvalues: &[f64]) -> f64 {
    match eigenvalues {
        [_, second, third, ..] if *third >= NO_GAP => second / third,
        _ => 0.0,
    }
}

/// Whether eigenvalues are ascending, within 1e-10. Section 8.8.
#[must_use]
pub fn eigval_ordered(eigenvalues: &[f64]) -> bool {
    eigenvalues.iter().zip(eigenvalues.iter().skip(1)).all(|(low, high)| *low <= high + 1e-10)
}
