//! Eigenpairs by cyclic Jacobi sweeps.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has n or n x n numbers from construction on, and the matrix is measured before it is read"
)]

use super::{SymmetricEigen, identity};
use crate::numeric::root::sqrt;

/// Sweeps of the Jacobi method.
const SWEEPS: u32 = 50;
/// Off-diagonal magnitude at which the Jacobi method is done.
const DONE: f64 = 1e-14;

impl SymmetricEigen {
    /// Cyclic Jacobi sweeps: eigenvalues into `diagonal`, vectors into `basis`. Physics specification, section 8.4. The
    /// matrix is multiplied by `down` before, and the eigenvalues by `up` after.
    pub(super) fn jacobi(&mut self, matrix: &[f64], (down, up): (f64, f64)) {
        let n = self.n as usize;
        for (entry, given) in self.work.iter_mut().zip(matrix) {
            *entry = given * down;
        }
        identity(&mut self.basis, n);
        for sweep in 0..SWEEPS {
            let mut largest = 0.0_f64;
            for p in 0..n {
                for entry in &self.work[p * n + p + 1..(p + 1) * n] {
                    largest = largest.max(entry.abs());
                }
            }
            if largest < DONE {
                break;
            }
            let threshold = if sweep < 4 { 0.2 * largest / f64::from(self.n * self.n) } else { 0.0 };
            for p in 0..n {
                for q in p + 1..n {
                    let x = self.work[p * n + q];
                    if x.abs() >= threshold {
                        self.annihilate(p, q, x);
                    }
                }
            }
        }
        for row in 0..n {
            self.diagonal[row] = self.work[row * n + row] * up;
        }
    }

    /// The rotation in the plane of `p` and `q`, `p` before `q`, that makes their entry `x` vanish.
    fn annihilate(&mut self, p: usize, q: usize, x: f64) {
        let n = self.n as usize;
        let (at_p, at_q) = (self.work[p * n + p], self.work[q * n + q]);
        let delta = at_q - at_p;
        let t = if delta.abs() < 1e-300 {
            if x > 0.0 { 1.0 } else { -1.0 }
        } else {
            let tau = delta / (2.0 * x);
            let root = sqrt(1.0 + tau * tau);
            if tau >= 0.0 { 1.0 / (tau + root) } else { -1.0 / (root - tau) }
        };
        let c = 1.0 / sqrt(1.0 + t * t);
        let s = t * c;
        let rho = s / (1.0 + c);
        turn(&mut self.work, n, p, q, s, rho);
        self.work[p * n + p] = at_p - t * x;
        self.work[q * n + q] = at_q + t * x;
        self.work[p * n + q] = 0.0;
        self.work[q * n + p] = 0.0;
        for row in (0..n).filter(|row| *row != p && *row != q) {
            self.work[row * n + p] = self.work[p * n + row];
            self.work[row * n + q] = self.work[q * n + row];
        }
        turn(&mut self.basis, n, p, q, s, rho);
    }
}

/// The Jacobi rotation of rows `p` and `q`, `p` before `q`, in the form that rounds least.
fn turn(rows: &mut [f64], n: usize, p: usize, q: usize, s: f64, rho: f64) {
    let (upper, lower) = rows.split_at_mut(q * n);
    for (x, y) in upper[p * n..][..n].iter_mut().zip(&mut lower[..n]) {
        let (a, b) = (*x, *y);
        *x = a - s * (b + rho * a);
        *y = b + s * (a - rho * b);
    }
}
