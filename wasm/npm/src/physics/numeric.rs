//! Chance from a seed, and eigenpairs.

use alloc::vec::Vec;

use interlock_core::numeric::{self, EigenMethod};
use wasm_bindgen::prelude::wasm_bindgen;

use super::{fidelity, zeros};
use crate::failure::{given, made};

/// A generator.
#[wasm_bindgen]
pub struct Xorshift64(numeric::Xorshift64);

#[wasm_bindgen]
impl Xorshift64 {
    /// A generator for a seed.
    pub fn create(seed: u64, published: bool) -> Self {
        Self(numeric::Xorshift64::new(seed, fidelity(published)))
    }

    /// Where the generator is.
    pub fn state(&self) -> u64 {
        self.0.state()
    }

    /// The next word.
    #[wasm_bindgen(js_name = nextU64)]
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Numbers in [0, 1).
    ///
    /// # Errors
    /// They are too many.
    pub fn uniforms(&mut self, count: u32) -> Vec<f64> {
        let mut uniforms = given(zeros("count", usize::try_from(count).ok()));
        for uniform in &mut uniforms {
            *uniform = self.0.uniform();
        }
        uniforms
    }

    /// Standard normal numbers.
    ///
    /// # Errors
    /// They are too many.
    pub fn normals(&mut self, count: u32) -> Vec<f64> {
        let mut normals = given(zeros("count", usize::try_from(count).ok()));
        self.0.normals(&mut normals);
        normals
    }

    /// Leaves out as many normals.
    #[wasm_bindgen(js_name = skipNormals)]
    pub fn skip_normals(&mut self, count: u32) {
        self.0.skip_normals(usize::try_from(count).unwrap_or(0));
    }
}

/// Eigenpairs of symmetric matrices.
#[wasm_bindgen]
pub struct SymmetricEigen(numeric::SymmetricEigen);

#[wasm_bindgen]
impl SymmetricEigen {
    /// A solver for matrices of `n` rows.
    ///
    /// # Errors
    /// `n` is refused.
    pub fn create(n: u32, jacobi: bool) -> Option<SymmetricEigen> {
        let method = if jacobi { EigenMethod::Jacobi } else { EigenMethod::Tridiagonal };
        made(numeric::SymmetricEigen::new(n, method).map(Self))
    }

    /// Solves a matrix, row by row.
    ///
    /// # Errors
    /// It is refused.
    pub fn solve(&mut self, matrix: &[f64]) {
        given(self.0.solve(matrix));
    }

    /// Decides the signs.
    pub fn orient(&mut self) {
        self.0.orient();
    }

    /// Decides the signs by other vectors.
    ///
    /// # Errors
    /// They are refused.
    #[wasm_bindgen(js_name = orientTo)]
    pub fn orient_to(&mut self, reference: &[f64]) {
        given(self.0.orient_to(reference));
    }

    /// Eigenvalues.
    pub fn values(&self) -> Vec<f64> {
        self.0.values().to_vec()
    }

    /// Eigenvectors, one after the other.
    pub fn vectors(&self) -> Vec<f64> {
        self.0.vectors().to_vec()
    }
}
