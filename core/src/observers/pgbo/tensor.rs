//! The tensor of PGBO, kept as what it is made of.

use crate::error::InputError;

/// `h = kappa u uᵀ`, less its mean diagonal where it is traceless: a matrix of D x D numbers known by D + 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor<'a> {
    kappa: f64,
    u: &'a [f64],
    /// What is taken off the diagonal: 0, or trace / D.
    mean: f64,
}

impl<'a> Tensor<'a> {
    pub(super) const fn new(kappa: f64, u: &'a [f64], mean: f64) -> Self {
        Self { kappa, u, mean }
    }

    /// Number of rows and of columns.
    #[must_use]
    pub const fn dimension(&self) -> usize {
        self.u.len()
    }

    /// The gain before the outer product.
    #[must_use]
    pub const fn kappa(&self) -> f64 {
        self.kappa
    }

    /// The vector of the outer product, in rad/s.
    #[must_use]
    pub const fn u(&self) -> &'a [f64] {
        self.u
    }

    /// What is taken off every entry of the diagonal.
    #[must_use]
    pub const fn diagonal_shift(&self) -> f64 {
        self.mean
    }

    /// Writes the matrix, row by row: `h_ij = kappa u_i u_j`.
    ///
    /// # Errors
    /// `out` does not hold D x D numbers; nothing is written.
    pub fn write(&self, out: &mut [f64]) -> Result<(), InputError> {
        let d = self.u.len();
        if Some(out.len()) != d.checked_mul(d) {
            return Err(length("h.length", out, "the square of the dimension"));
        }
        for (i, (row, &left)) in out.chunks_exact_mut(d.max(1)).zip(self.u).enumerate() {
            for (entry, &right) in row.iter_mut().zip(self.u) {
                *entry = self.kappa * left * right;
            }
            if let Some(entry) = row.get_mut(i) {
                *entry -= self.mean;
            }
        }
        Ok(())
    }

    /// Writes `h x` in O(D): `kappa (u · x) u`, less the mean diagonal times `x`.
    ///
    /// # Errors
    /// `x` or `out` does not hold D numbers; nothing is written.
    pub fn multiply(&self, x: &[f64], out: &mut [f64]) -> Result<(), InputError> {
        let d = self.u.len();
        if x.len() != d {
            return Err(length("x.length", x, "the engine's dimension"));
        }
        if out.len() != d {
            return Err(length("out.length", out, "the engine's dimension"));
        }
        let dot = self.u.iter().zip(x).fold(0.0, |sum, (u, x)| sum + u * x);
        let gain = self.kappa * dot;
        for ((out, &u), &x) in out.iter_mut().zip(self.u).zip(x) {
            *out = gain * u - self.mean * x;
        }
        Ok(())
    }
}

/// A list of the wrong length.
#[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
pub(super) fn length(what: &'static str, list: &[f64], bound: &'static str) -> InputError {
    InputError { what, index: None, value: list.len() as f64, bound }
}
