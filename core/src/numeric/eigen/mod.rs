//! Eigenvalues and eigenvectors of small symmetric matrices, in a fixed order and with fixed signs.
//!
//! [`SymmetricEigen`] checks, sorts and orients; `tridiagonal` and `jacobi` are the two ways to the eigenpairs. Every
//! solve works in the buffers of the solver: nothing is allocated after construction.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has n or n x n numbers from construction on, and the matrix is measured before it is read"
)]

mod jacobi;
mod tridiagonal;

use alloc::vec;
use alloc::vec::Vec;

use interlock_vector::wide;
use tridiagonal::{Tridiagonal, scales};

use crate::error::{InputError, Range, check_all, check_length};

/// Largest number of rows of a matrix.
const MAX_ROWS: u32 = 1024;
/// What an entry may be: products of three of them stay finite.
const ENTRY: Range = Range { lo: -1e100, hi: 1e100, words: "a finite number within 1e100 of 0" };
/// How far two mirrored entries may differ, as a share of the larger one of 1 and their magnitude.
const SYMMETRY: f64 = 1e-12;
/// Entries this close to the largest magnitude of a vector count as equal to it when its sign is decided.
const TIE: f64 = 1e-9;

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

    /// How eigenpairs are found from the next solve on.
    pub fn set_method(&mut self, method: EigenMethod) {
        self.method = method;
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
            EigenMethod::Jacobi => self.jacobi(matrix, (1.0, 1.0)),
            EigenMethod::Tridiagonal => {
                if !wide(Tridiagonal(self, matrix)) {
                    self.jacobi(matrix, scales(matrix));
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
}

fn identity(matrix: &mut [f64], n: usize) {
    matrix.fill(0.0);
    for entry in matrix.iter_mut().step_by(n + 1) {
        *entry = 1.0;
    }
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

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below n")]
fn whole(number: f64) -> usize {
    number as usize
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
