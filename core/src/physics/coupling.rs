//! Coupling matrices, laid out so that products with two vectors take one pass.

use alloc::vec;
use alloc::vec::Vec;

use crate::error::{FINITE, InputError, check_all, check_length, count};

/// Rows that are worked on together.
pub(super) const LANES: usize = 8;

/// A square matrix of couplings: row n holds what acts on oscillator n.
///
/// Rows lie in panels of eight, and within a panel column after column, so a product reads memory once from
/// end to end. Every element of a product is the sum over the columns in their order, started at 0: that order
/// is part of the definition and makes the bits the same whatever the width of a processor's vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupling {
    order: u32,
    /// For each panel and each column, the entries of its rows; rows beyond the last are 0.
    panels: Vec<[f64; LANES]>,
    total: f64,
    largest_row: f64,
}

impl Coupling {
    /// A matrix given row by row.
    ///
    /// # Errors
    /// `order` is 0 or above 2^32 - 1; the number of entries is not its square; an entry is not finite.
    pub fn new(order: usize, rows: &[f64]) -> Result<Self, InputError> {
        if order == 0 || u32::try_from(order).is_err() {
            return Err(InputError {
                what: "oscillators",
                index: None,
                value: count(order),
                bound: "a number from 1 to 4294967295",
            });
        }
        // A square that does not fit is the length of no list.
        let square = order.checked_mul(order).unwrap_or(0);
        check_length("coupling.length", rows.len(), square, "the square of the number of oscillators")?;
        check_all("coupling", rows, FINITE)?;
        Ok(Self::of_checked(order, rows))
    }

    /// From entries that are known to be finite and of the right number.
    pub(super) fn of_checked(order: usize, rows: &[f64]) -> Self {
        let mut panels = vec![[0.0; LANES]; order.div_ceil(LANES).saturating_mul(order)];
        let mut largest_row = 0.0_f64;
        let panel_rows = rows.chunks(order.saturating_mul(LANES).max(1));
        for (panel, rows) in panels.chunks_mut(order.max(1)).zip(panel_rows) {
            for (lane, row) in rows.chunks(order.max(1)).enumerate() {
                largest_row = largest_row.max(row.iter().map(|entry| entry.abs()).sum());
                for (column, &entry) in panel.iter_mut().zip(row) {
                    if let Some(place) = column.get_mut(lane) {
                        *place = entry;
                    }
                }
            }
        }
        let order = u32::try_from(order).unwrap_or(u32::MAX);
        Self { order, panels, total: rows.iter().sum(), largest_row }
    }

    /// Number of oscillators.
    #[must_use]
    pub fn order(&self) -> usize {
        usize::try_from(self.order).unwrap_or(usize::MAX)
    }

    /// What oscillator `from` does to oscillator `on`; none beyond the last one.
    #[must_use]
    pub fn get(&self, on: usize, from: usize) -> Option<f64> {
        let order = self.order();
        if on >= order || from >= order {
            return None;
        }
        let place = (on / LANES).checked_mul(order)?.checked_add(from)?;
        self.panels.get(place)?.get(on % LANES).copied()
    }

    /// Sum of all entries, in the order of the rows.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The largest sum of the sizes in a row: no element of a product with numbers in [-1, 1] is larger.
    pub(super) fn largest_row(&self) -> f64 {
        self.largest_row
    }

    /// Products with two vectors at once, eight rows after the other; those beyond the rows are 0.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    #[allow(clippy::indexing_slicing, reason = "lanes of arrays of that many lanes")]
    pub(super) fn products<'a>(
        &'a self,
        first: &'a [f64],
        second: &'a [f64],
    ) -> impl Iterator<Item = ([f64; LANES], [f64; LANES])> + 'a {
        self.panels.chunks_exact(self.order().max(1)).map(move |panel| {
            let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
            for ((column, &x), &y) in panel.iter().zip(first).zip(second) {
                for lane in 0..LANES {
                    a[lane] += column[lane] * x;
                    b[lane] += column[lane] * y;
                }
            }
            (a, b)
        })
    }

    /// Sum over ordered pairs of K_ij (1 - cos(theta_i - theta_j)), with 1 - cos as half the squared distance of two
    /// points on the circle: nothing cancels when phases agree. Phases beyond the matrix do not count.
    #[allow(clippy::indexing_slicing, reason = "lanes of arrays of that many lanes")]
    pub(super) fn energy(&self, sines: &[f64], cosines: &[f64]) -> f64 {
        let mut lanes = [0.0; LANES];
        let own = sines.chunks(LANES).zip(cosines.chunks(LANES));
        for (panel, (own_s, own_c)) in self.panels.chunks(self.order().max(1)).zip(own) {
            let (mut y, mut x) = ([0.0; LANES], [0.0; LANES]);
            y.iter_mut().zip(own_s).for_each(|(y, s)| *y = *s);
            x.iter_mut().zip(own_c).for_each(|(x, c)| *x = *c);
            let mut sums = [0.0; LANES];
            for ((column, &s), &c) in panel.iter().zip(sines).zip(cosines) {
                for lane in 0..LANES {
                    let (dy, dx) = (y[lane] - s, x[lane] - c);
                    sums[lane] += column[lane] * (dy * dy + dx * dx);
                }
            }
            // Rows without a phase of their own count nothing.
            for (lane, (sum, _)) in lanes.iter_mut().zip(sums.into_iter().zip(own_s)) {
                *lane += sum;
            }
        }
        0.5 * lanes.iter().sum::<f64>()
    }
}
