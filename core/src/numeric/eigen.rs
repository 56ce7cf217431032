//! Eigenvalues and eigenvectors of small symmetric matrices, in a fixed order and with fixed signs.
//!
//! Every solve works in the buffers of the solver: nothing is allocated after construction.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has n or n x n numbers from construction on, and the matrix is measured before it is read"
)]

use alloc::vec;
use alloc::vec::Vec;

use interlock_vector::{Work, wide};

use super::root::sqrt;
use crate::error::{InputError, Range, check_all, check_length};

/// Largest number of rows of a matrix.
const MAX_ROWS: u32 = 1024;
/// What an entry may be: products of three of them stay finite.
const ENTRY: Range = Range { lo: -1e100, hi: 1e100, words: "a finite number within 1e100 of 0" };
/// How far two mirrored entries may differ, as a share of the larger one of 1 and their magnitude.
const SYMMETRY: f64 = 1e-12;
/// Entries this close to the largest magnitude of a vector count as equal to it when its sign is decided.
const TIE: f64 = 1e-9;
/// Distance of 1 from the next larger double.
const EPSILON: f64 = f64::EPSILON;
/// Steps for one eigenvalue; two or three are usual.
const QL_STEPS: u32 = 60;
/// Squares below this count as this: beside 1 their roots are 0.
const VANISHED: f64 = 1e-280;
/// Pivots below this count as this.
const SMALLEST_PIVOT: f64 = 1e-140;
/// Columns of the vectors that are turned together.
const LANES: usize = 8;
/// Sweeps of the Jacobi method.
const SWEEPS: u32 = 50;
/// Off-diagonal magnitude at which the Jacobi method is done.
const DONE: f64 = 1e-14;

/// How eigenpairs are found. Both are accurate to some 1e-15 of the largest eigenvalue; they differ in speed, in the
/// raw signs of the vectors and in the basis of a repeated eigenvalue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EigenMethod {
    /// Householder's reduction to three diagonals, then QL steps with Wilkinson's shift.
    #[default]
    Tridiagonal,
    /// Cyclic Jacobi sweeps with the thresholds of the published implementation: entries below 1e-14 count as 0,
    /// however small the others are.
    Jacobi,
}

/// A solver for matrices of one size.
///
/// ```
/// use interlock_core::numeric::{EigenMethod, SymmetricEigen};
/// let mut eigen = SymmetricEigen::new(2, EigenMethod::Tridiagonal)?;
/// eigen.solve(&[2.0, 1.0, 1.0, 2.0])?;
/// eigen.orient();
/// assert!((eigen.values()[0] - 1.0).abs() < 1e-15 && (eigen.values()[1] - 3.0).abs() < 1e-15);
/// assert!(eigen.vector(0)[0] > 0.0 && eigen.vector(0)[1] < 0.0);
/// # Ok::<(), interlock_core::error::InputError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SymmetricEigen {
    method: EigenMethod,
    n: u32,
    /// Ascending.
    values: Vec<f64>,
    /// One eigenvector after the other, in the order of the values.
    vectors: Vec<f64>,
    /// The matrix while it is worked on, row by row.
    work: Vec<f64>,
    /// Eigenvectors while they are worked on, one after the other.
    basis: Vec<f64>,
    /// Diagonal while it is worked on.
    diagonal: Vec<f64>,
    /// Entries beside the diagonal.
    beside: Vec<f64>,
    /// Signs of the entries beside the diagonal, while those are squares.
    signs: Vec<f64>,
    /// Sines and cosines of the rotations of a step, and their signs while they are squares.
    sines: Vec<f64>,
    cosines: Vec<f64>,
    turns: Vec<(f64, f64)>,
    /// A vector.
    aside: Vec<f64>,
    order: Vec<u32>,
}

impl SymmetricEigen {
    /// A solver for matrices of `n` rows.
    ///
    /// # Errors
    /// `n` is 0 or above 1024.
    pub fn new(n: u32, method: EigenMethod) -> Result<Self, InputError> {
        if n == 0 || n > MAX_ROWS {
            return Err(InputError { what: "n", index: None, value: f64::from(n), bound: "a count in [1, 1024]" });
        }
        let rows = n as usize;
        let line = || vec![0.0; rows];
        let square = || vec![0.0; rows * rows];
        Ok(Self {
            method,
            n,
            values: line(),
            vectors: square(),
            work: square(),
            basis: square(),
            diagonal: line(),
            beside: line(),
            signs: line(),
            sines: line(),
            cosines: line(),
            turns: vec![(1.0, 1.0); rows],
            aside: line(),
            order: (0..n).collect(),
        })
    }

    /// Number of rows.
    #[must_use]
    pub const fn n(&self) -> u32 {
        self.n
    }

    /// Eigenvalues of the last matrix, ascending.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Eigenvectors of the last matrix, each of length 1, one after the other in the order of their values: the
    /// matrix with an eigenvector in each column, stored column by column.
    #[must_use]
    pub fn vectors(&self) -> &[f64] {
        &self.vectors
    }

    /// The eigenvector of the value of this number; empty beyond the last.
    #[must_use]
    pub fn vector(&self, number: u32) -> &[f64] {
        let n = self.n as usize;
        let start = (number as usize).saturating_mul(n);
        self.vectors.get(start..start.saturating_add(n)).unwrap_or_default()
    }

    /// Finds the eigenpairs of a matrix given row by row. Values are sorted, equal ones stay in the order in which
    /// the method gave them; vectors keep the method's signs until they are [oriented](Self::orient).
    ///
    /// # Errors
    /// The matrix has not n x n entries, one of them is not finite or beyond 1e100, or two mirrored entries differ by
    /// more than 1e-12 of the larger one of 1 and their magnitude. The last eigenpairs are kept.
    pub fn solve(&mut self, matrix: &[f64]) -> Result<(), InputError> {
        check_square("matrix.length", matrix, self.n)?;
        check_all("matrix", matrix, ENTRY)?;
        check_symmetric("matrix", matrix, self.n)?;
        self.solve_checked(matrix, f64::NEG_INFINITY);
        Ok(())
    }

    /// As [`solve`](Self::solve) for a matrix that needs no check. Values below `floor` are set to it before they
    /// are sorted.
    pub(crate) fn solve_checked(&mut self, matrix: &[f64], floor: f64) {
        match self.method {
            EigenMethod::Jacobi => self.jacobi(matrix),
            EigenMethod::Tridiagonal => {
                if !wide(Tridiagonal(self, matrix)) {
                    self.jacobi(matrix);
                }
            }
        }
        self.sort(floor);
    }

    /// Fixes the sign of each vector: of the entries that come within 1e-9 of its largest magnitude, the first is
    /// positive.
    pub fn orient(&mut self) {
        self.orient_first(TIE);
    }

    /// As [`orient`](Self::orient) with another distance.
    pub(crate) fn orient_first(&mut self, tie: f64) {
        for vector in self.vectors.chunks_exact_mut(self.n as usize) {
            let largest = vector.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
            let first = vector.iter().find(|entry| entry.abs() >= largest - tie);
            if first.is_some_and(|entry| *entry < 0.0) {
                negate(vector);
            }
        }
    }

    /// Flips each vector whose dot product with the one of the same number in `reference` is negative.
    pub(crate) fn orient_by_number(&mut self, reference: &[f64]) {
        let n = self.n as usize;
        for (vector, old) in self.vectors.chunks_exact_mut(n).zip(reference.chunks_exact(n)) {
            if dot(vector, old) < 0.0 {
                negate(vector);
            }
        }
    }

    /// Flips vectors so that they point the way of those in `reference` (orthonormal, one after the other) that they
    /// overlap most, one for one: when two eigenvalues have crossed since, the vectors of the same number are not the
    /// same vectors.
    ///
    /// # Errors
    /// `reference` has not n x n entries or one of them is not finite.
    pub fn orient_to(&mut self, reference: &[f64]) -> Result<(), InputError> {
        check_square("reference.length", reference, self.n)?;
        check_all("reference", reference, ENTRY)?;
        self.orient_by_overlap(reference);
        Ok(())
    }

    /// As [`orient_to`](Self::orient_to) for a reference that needs no check.
    pub(crate) fn orient_by_overlap(&mut self, reference: &[f64]) {
        let n = self.n as usize;
        // An overlap whose square is above one half is the largest one of both vectors.
        let mut open = 0;
        for number in 0..n {
            let vector = &mut self.vectors[number * n..][..n];
            let overlap = dot(vector, &reference[number * n..][..n]);
            if overlap * overlap > 0.5 {
                if overlap < 0.0 {
                    negate(vector);
                }
            } else {
                self.order[open] = u32::try_from(number).unwrap_or(u32::MAX);
                open += 1;
            }
        }
        // The rest is matched among itself, largest overlap first. `order` holds the vectors that are open from its
        // start, and the references that are open in `aside`, as numbers below 2^32.
        for slot in 0..open {
            self.aside[slot] = f64::from(self.order[slot]);
        }
        while open > 0 {
            let mut best = (0, 0, 0.0_f64);
            for (slot, &number) in self.order[..open].iter().enumerate() {
                let vector = &self.vectors[number as usize * n..][..n];
                for (other, &old) in self.aside[..open].iter().enumerate() {
                    let overlap = dot(vector, &reference[whole(old) * n..][..n]);
                    if overlap.abs() > best.2.abs() {
                        best = (slot, other, overlap);
                    }
                }
            }
            let (slot, other, overlap) = best;
            if overlap < 0.0 {
                negate(&mut self.vectors[self.order[slot] as usize * n..][..n]);
            }
            open -= 1;
            self.order[slot..=open].rotate_left(1);
            self.aside[other..=open].rotate_left(1);
        }
    }

    /// Puts the eigenpairs of `diagonal` and `basis` into their order.
    fn sort(&mut self, floor: f64) {
        let n = self.n as usize;
        for value in &mut self.diagonal {
            if *value < floor {
                *value = floor;
            }
        }
        for slot in 0..n {
            let value = self.diagonal[slot];
            let mut place = slot;
            while place > 0 && self.diagonal[self.order[place - 1] as usize] > value {
                self.order[place] = self.order[place - 1];
                place -= 1;
            }
            self.order[place] = u32::try_from(slot).unwrap_or(u32::MAX);
        }
        for (slot, &from) in self.order.iter().enumerate() {
            self.values[slot] = self.diagonal[from as usize];
            self.vectors[slot * n..][..n].copy_from_slice(&self.basis[from as usize * n..][..n]);
        }
    }

    /// Cyclic Jacobi sweeps: eigenvalues into `diagonal`, vectors into `basis`. Physics specification, section 8.4.
    fn jacobi(&mut self, matrix: &[f64]) {
        let n = self.n as usize;
        self.work.copy_from_slice(matrix);
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
            self.diagonal[row] = self.work[row * n + row];
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

    /// Householder's reduction: `diagonal`, `beside` (entry k joins k and k + 1) and the transform in `basis`, whose
    /// rows are the vectors that QL turns. The matrix is scaled by a power of two so that its largest entry is
    /// near 1; the answer is what eigenvalues are to be multiplied by.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    fn reduce(&mut self, matrix: &[f64]) -> f64 {
        let n = self.n as usize;
        let largest = matrix.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
        let (down, up) = scales(largest);
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
        if rest == 0.0 {
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
                    if self.beside[high] <= size * size {
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

/// The method of three diagonals on a matrix: whether it came to an end, with eigenvalues in `diagonal` and vectors in
/// `basis`.
struct Tridiagonal<'a>(&'a mut SymmetricEigen, &'a [f64]);

impl Work for Tridiagonal<'_> {
    type Output = bool;

    #[inline(always)]
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

/// The Jacobi rotation of rows `p` and `q`, `p` before `q`, in the form that rounds least.
fn turn(rows: &mut [f64], n: usize, p: usize, q: usize, s: f64, rho: f64) {
    let (upper, lower) = rows.split_at_mut(q * n);
    for (x, y) in upper[p * n..][..n].iter_mut().zip(&mut lower[..n]) {
        let (a, b) = (*x, *y);
        *x = a - s * (b + rho * a);
        *y = b + s * (a - rho * b);
    }
}

fn identity(matrix: &mut [f64], n: usize) {
    matrix.fill(0.0);
    for entry in matrix.iter_mut().step_by(n + 1) {
        *entry = 1.0;
    }
}

/// A pivot that can be divided by: its square and the square of its inverse stay in range.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
fn pivot(g: f64) -> f64 {
    if g.abs() < SMALLEST_PIVOT { f64::copysign(SMALLEST_PIVOT, g) } else { g }
}

fn negate(vector: &mut [f64]) {
    for entry in vector {
        *entry = -*entry;
    }
}

/// The sum of the products, in four sums that a vector unit holds at once.
fn dot(a: &[f64], b: &[f64]) -> f64 {
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

/// Powers of two that bring a magnitude near 1 and back; 1 for 0.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
fn scales(largest: f64) -> (f64, f64) {
    let exponent = (largest.to_bits() >> 52) & 0x7ff;
    if (600..1400).contains(&exponent) {
        // 2^(1023 - exponent + 1023 bias)
        (f64::from_bits((2046 - exponent) << 52), f64::from_bits(exponent << 52))
    } else {
        // 0, or so small that the squares vanish beside anything: below 2^-423.
        (1.0, 1.0)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below n")]
fn whole(number: f64) -> usize {
    number as usize
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

/// Refuses a list that has not n x n numbers.
fn check_square(what: &'static str, matrix: &[f64], n: u32) -> Result<(), InputError> {
    check_length(what, matrix.len(), n as usize * n as usize, "n x n numbers long")
}

/// Refuses a square matrix with mirrored entries that differ.
pub(crate) fn check_symmetric(what: &'static str, matrix: &[f64], n: u32) -> Result<(), InputError> {
    let rows = n as usize;
    for i in 0..rows {
        for j in 0..i {
            let (a, b) = (matrix[i * rows + j], matrix[j * rows + i]);
            if (a - b).abs() > SYMMETRY * a.abs().max(1.0) {
                let index = u32::try_from(i * rows + j).ok();
                return Err(InputError {
                    what,
                    index,
                    value: a,
                    bound: "the same as the entry mirrored at the diagonal",
                });
            }
        }
    }
    Ok(())
}
