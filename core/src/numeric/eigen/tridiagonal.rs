//! Eigenpairs by Householder's reduction to three diagonals, then QL steps with Wilkinson's shift.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has n or n x n numbers from construction on, and the matrix is measured before it is read"
)]

use interlock_vector::Work;

use super::{SymmetricEigen, dot, identity};
use crate::numeric::root::sqrt;

/// Distance of 1 from the next larger double.
const EPSILON: f64 = f64::EPSILON;
/// Steps for one eigenvalue; two or three are usual.
const QL_STEPS: u32 = 60;
/// Squares below this count as this: beside 1 their roots are 0.
const VANISHED: f64 = 1e-280;
/// Pivots below this count as this.
const SMALLEST_PIVOT: f64 = 1e-140;
/// Squares up to this are those of 0: the largest entry of the matrix is near 1, and this is the square of a ten-thousandth
/// of its rounding error. Such entries are what rounding left of 0, and the inverses of their squares have no bound.
const NEGLIGIBLE: f64 = 1e-40;
/// Columns of the vectors that are turned together.
const LANES: usize = 8;

/// The method on a matrix: whether it came to an end, with eigenvalues in `diagonal` and vectors in `basis`.
pub(super) struct Tridiagonal<'a>(pub(super) &'a mut SymmetricEigen, pub(super) &'a [f64]);

impl Work for Tridiagonal<'_> {
    type Output = bool;

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as the trait says")]
    fn run(self) -> bool {
        let Self(eigen, matrix) = self;
        let scale = eigen.reduce(matrix);
        let done = eigen.ql();
        if done {
            eigen.diagonal.iter_mut().for_each(|value| *value *= scale);
        }
        done
    }
}

impl SymmetricEigen {
    /// Householder's reduction: `diagonal`, `beside` (entry k joins k and k + 1) and the transform in `basis`, whose
    /// rows are the vectors that QL turns. The matrix is scaled by a power of two so that its largest entry is
    /// near 1; the answer is what eigenvalues are to be multiplied by.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    fn reduce(&mut self, matrix: &[f64]) -> f64 {
        let n = self.n as usize;
        let (down, up) = scales(matrix);
        for (entry, given) in self.work.iter_mut().zip(matrix) {
            *entry = given * down;
        }
        for k in 0..n.saturating_sub(2) {
            self.reflect(k);
        }
        for k in n.saturating_sub(2)..n {
            self.diagonal[k] = self.work[k * n + k];
            self.beside[k] = if k + 1 < n { self.work[k * n + k + 1] } else { 0.0 };
        }
        // The product of the reflections, the last first: row by row of what the rest has made of the identity.
        identity(&mut self.basis, n);
        for k in (0..n.saturating_sub(2)).rev() {
            let factor = self.work[k * n + k];
            if factor == 0.0 {
                continue;
            }
            let v = &self.work[k * n + k + 1..(k + 1) * n];
            for row in self.basis.chunks_exact_mut(n).skip(k + 1) {
                let row = &mut row[k + 1..];
                let along = factor * dot(row, v);
                for (entry, part) in row.iter_mut().zip(v) {
                    *entry -= along * part;
                }
            }
        }
        up
    }

    /// Makes row `k` vanish beyond the entry beside the diagonal. That entry goes into `beside`, the diagonal into
    /// `diagonal`, and in the row stay the reflection's factor, at the diagonal, and its vector, after it.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    fn reflect(&mut self, k: usize) {
        let n = self.n as usize;
        let (above, below) = self.work.split_at_mut((k + 1) * n);
        let row = &mut above[k * n..];
        self.diagonal[k] = row[k];
        let (head, v) = row.split_at_mut(k + 1);
        let rest = dot(&v[1..], &v[1..]);
        if rest <= NEGLIGIBLE {
            self.beside[k] = v[0];
            head[k] = 0.0;
            return;
        }
        let norm = sqrt(v[0] * v[0] + rest);
        let to = if v[0] > 0.0 { -norm } else { norm };
        let factor = 1.0 / (norm * norm - v[0] * to);
        self.beside[k] = to;
        v[0] -= to;
        head[k] = factor;
        // A' = A - v w^T - w v^T with w = factor A v - (factor^2 v.Av / 2) v
        let w = &mut self.aside[k + 1..];
        w.fill(0.0);
        for (line, &part) in below.chunks_exact(n).zip(v.iter()) {
            for (sum, entry) in w.iter_mut().zip(&line[k + 1..]) {
                *sum += entry * part;
            }
        }
        let half = 0.5 * factor * factor * dot(w, v);
        for (entry, part) in w.iter_mut().zip(v.iter()) {
            *entry = factor * *entry - half * part;
        }
        for ((line, &vi), &wi) in below.chunks_exact_mut(n).zip(v.iter()).zip(w.iter()) {
            for ((entry, vj), wj) in line[k + 1..].iter_mut().zip(v.iter()).zip(w.iter()) {
                *entry -= vi * wj + wi * vj;
            }
        }
    }

    /// QL steps on `diagonal` and `beside`, which turn the rows of `basis`. Whether every eigenvalue was found.
    ///
    /// From here on `beside` holds squares, and `signs` the signs of what was squared: a step works on squares alone,
    /// without a root that the next rotation would have to wait for (Reinsch's rational form).
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    fn ql(&mut self) -> bool {
        let n = self.n as usize;
        for (entry, sign) in self.beside.iter_mut().zip(&mut self.signs) {
            *sign = f64::copysign(1.0, *entry);
            *entry *= *entry;
        }
        for low in 0..n {
            let mut steps = 0;
            loop {
                let mut high = low;
                while high + 1 < n {
                    let size = EPSILON * (self.diagonal[high].abs() + self.diagonal[high + 1].abs());
                    if self.beside[high] <= size * size + NEGLIGIBLE {
                        break;
                    }
                    high += 1;
                }
                if high == low {
                    break;
                }
                if steps == QL_STEPS {
                    return false;
                }
                steps += 1;
                self.ql_step(low, high);
            }
        }
        true
    }

    /// One step on the block from `low` to `high`, with Wilkinson's shift.
    ///
    /// A rotation's squared sine is E / R and its squared cosine P / R with R = P + E, E the squared entry beside the
    /// diagonal and P the squared pivot; the pivot is g times the cosine before, and the next g is d - E / g.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    fn ql_step(&mut self, low: usize, high: usize) {
        let (d, e) = (&mut self.diagonal, &mut self.beside);
        let half = 0.5 * (d[low + 1] - d[low]);
        let root = sqrt(half * half + e[low]);
        let shift = d[low] - e[low] / (if half < 0.0 { half - root } else { half + root });
        let (mut s2, mut s_sign, mut c_sign) = (0.0, 1.0, 1.0);
        let mut g = pivot(d[high] - shift);
        let mut h = g;
        for k in (low..high).rev() {
            let (square, next) = (e[k], d[k] - shift);
            let p = g * h;
            let r = p + square;
            e[k + 1] = s2 * r;
            let sign = self.signs[k];
            self.signs[k + 1] = s_sign;
            s2 = square / r;
            let c2 = p / r;
            s_sign = sign;
            c_sign *= f64::copysign(1.0, g);
            self.sines[k] = s2;
            self.cosines[k] = c2;
            self.turns[k] = (s_sign, c_sign);
            d[k + 1] = h + s2 * (h + next) + shift;
            g = pivot(next - square / g);
            h = g * c2;
        }
        d[low] = h + shift;
        e[low] = s2 * g * h;
        e[high] = 0.0;
        self.signs[low] = s_sign * c_sign * f64::copysign(1.0, g);
        for list in [&mut self.sines[low..high], &mut self.cosines[low..high]] {
            for square in list {
                let x = if *square < VANISHED { VANISHED } else { *square };
                *square = x * inverse_root(x);
            }
        }
        for ((s, c), (s_sign, c_sign)) in
            self.sines[low..high].iter_mut().zip(&mut self.cosines[low..high]).zip(&self.turns[low..high])
        {
            *s *= s_sign;
            *c *= c_sign;
        }
        self.turn_rows(low, high);
    }

    /// The rotations of a step on the rows of `basis`, from the highest down, some columns at a time.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    fn turn_rows(&mut self, low: usize, high: usize) {
        let n = self.n as usize;
        let mut column = 0;
        while column + LANES <= n {
            let mut carried = [0.0; LANES];
            carried.copy_from_slice(&self.basis[high * n + column..][..LANES]);
            for k in (low..high).rev() {
                let (s, c) = (self.sines[k], self.cosines[k]);
                let mut row = [0.0; LANES];
                row.copy_from_slice(&self.basis[k * n + column..][..LANES]);
                let above = &mut self.basis[(k + 1) * n + column..][..LANES];
                for lane in 0..LANES {
                    above[lane] = s * row[lane] + c * carried[lane];
                    carried[lane] = c * row[lane] - s * carried[lane];
                }
            }
            self.basis[low * n + column..][..LANES].copy_from_slice(&carried);
            column += LANES;
        }
        for column in column..n {
            let mut carried = self.basis[high * n + column];
            for k in (low..high).rev() {
                let (s, c) = (self.sines[k], self.cosines[k]);
                let entry = self.basis[k * n + column];
                self.basis[(k + 1) * n + column] = s * entry + c * carried;
                carried = c * entry - s * carried;
            }
            self.basis[low * n + column] = carried;
        }
    }
}

/// A pivot that can be divided by: its square and the square of its inverse stay in range.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
fn pivot(g: f64) -> f64 {
    if g.abs() < SMALLEST_PIVOT { f64::copysign(SMALLEST_PIVOT, g) } else { g }
}

/// Powers of two that bring the largest entry near 1 and back; 1 for 0.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
pub(super) fn scales(matrix: &[f64]) -> (f64, f64) {
    let largest = matrix.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    let exponent = (largest.to_bits() >> 52) & 0x7ff;
    if (600..1400).contains(&exponent) {
        // 2^(1023 - exponent + 1023 bias)
        (f64::from_bits((2046 - exponent) << 52), f64::from_bits(exponent << 52))
    } else {
        // 0, or so small that the squares vanish beside anything: below 2^-423.
        (1.0, 1.0)
    }
}

/// 1 / sqrt(x) within 2 ulp, for x in the middle of the range of doubles; several at once where it stands in a loop.
///
/// The bits of `x` taken as a whole number give it within 3.5 %, and each step leaves the cube of the error.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a loop around it is vectorised only when it is part of the loop")]
fn inverse_root(x: f64) -> f64 {
    let mut y = f64::from_bits(0x5FE6_EB50_C7B5_37A9_u64.wrapping_sub(x.to_bits() >> 1));
    for _ in 0..3 {
        let h = x * y * y;
        y *= 1.875 + h * (0.375 * h - 1.25);
    }
    y
}
