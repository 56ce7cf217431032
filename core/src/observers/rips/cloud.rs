//! A cloud of points and the edges between them, shortest first.

use alloc::vec::Vec;

use crate::error::{InputError, Range, check, check_all};

/// Most points of a cloud: a pair of them fits in 32 bits, and their edges in some hundred megabytes.
pub(in crate::observers) const POINTS_MAX: u32 = 4096;
const POINTS: Range = Range { lo: 0.0, hi: 4096.0, words: "in [0, 4096]" };
const DIMENSIONS: Range = Range { lo: 1.0, hi: 1_048_576.0, words: "in [1, 1048576]" };
/// Their squares can be added up.
const COORDINATE: Range = Range { lo: -1e150, hi: 1e150, words: "a finite number of at most 1e150 in size" };

/// Points in a Euclidean space, row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cloud<'a> {
    coordinates: &'a [f64],
    points: u32,
    dimension: u32,
}

impl<'a> Cloud<'a> {
    /// A cloud of points of `dimension` coordinates each, one point after the other.
    ///
    /// Distances are the root of the plain sum of squared differences, in the order of the coordinates; what is
    /// less than 1e-154 of the unit loses digits when it is squared.
    ///
    /// # Errors
    /// No dimension or more than 2^20; coordinates that are no whole number of points; more than 4,096 points;
    /// a coordinate that is not finite or beyond 1e150 in size.
    pub fn new(coordinates: &'a [f64], dimension: u32) -> Result<Self, InputError> {
        check("dimension", f64::from(dimension), DIMENSIONS)?;
        let rows = coordinates.chunks_exact(usize::try_from(dimension).unwrap_or(usize::MAX));
        #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
        let (length, count) = (coordinates.len() as f64, rows.len() as f64);
        if !rows.remainder().is_empty() {
            let bound = "a multiple of the dimension";
            return Err(InputError { what: "coordinates.length", index: None, value: length, bound });
        }
        check("points", count, POINTS)?;
        check_all("coordinates", coordinates, COORDINATE)?;
        let points = u32::try_from(rows.len()).unwrap_or(0);
        Ok(Self { coordinates, points, dimension })
    }

    /// A cloud whose coordinates are known to be in range and a whole number of points.
    pub(in crate::observers) fn of_checked(coordinates: &'a [f64], dimension: u32) -> Self {
        let rows = coordinates.chunks_exact(usize::try_from(dimension.max(1)).unwrap_or(usize::MAX));
        Self { coordinates, points: u32::try_from(rows.len()).unwrap_or(0), dimension }
    }

    /// Number of points.
    #[must_use]
    pub const fn points(&self) -> u32 {
        self.points
    }

    /// Number of coordinates of a point.
    #[must_use]
    pub const fn dimension(&self) -> u32 {
        self.dimension
    }
}

/// An edge as one number: the bits of its squared length, then its larger and its smaller end. So edges are in
/// the order of their lengths, and of equal ones in that of the combinatorial number system; every bit pattern
/// of a number that is not negative orders as the number does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge(u128);

impl Edge {
    fn new(square: f64, high: u32, low: u32) -> Self {
        Self((u128::from(square.to_bits()) << 32) | u128::from((high << 16) | low))
    }

    /// Its ends, the smaller one first.
    #[allow(clippy::cast_possible_truncation, reason = "the parts that were put together")]
    pub(super) const fn ends(self) -> (u32, u32) {
        let pair = self.0 as u32;
        (pair & 0xffff, pair >> 16)
    }

    /// Its length.
    #[allow(clippy::cast_possible_truncation, reason = "the parts that were put together")]
    pub(super) fn length(self) -> f64 {
        libm::sqrt(f64::from_bits((self.0 >> 32) as u64))
    }
}

/// The edges of a cloud that matter, and what they were measured with.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    /// Up to the enclosing radius; shortest first once they are sorted.
    pub(super) list: Vec<Edge>,
    /// The radius of the smallest ball around a point that holds all others: from there on the complex is a cone.
    pub(super) radius: f64,
    /// The largest distance.
    pub(super) diameter: f64,
    /// Coordinates, one axis after the other, so that distances to many points are computed side by side.
    axes: Vec<f64>,
    row: Vec<f64>,
    /// Of each point, the largest squared distance to another.
    reach: Vec<f64>,
}

impl Edges {
    /// Room for clouds of a size.
    pub(super) fn reserve(&mut self, points: usize, dimension: usize) {
        let edges = points.saturating_mul(points.saturating_sub(1)) / 2;
        room(&mut self.list, edges);
        room(&mut self.axes, points.saturating_mul(dimension));
        room(&mut self.row, points);
        room(&mut self.reach, points);
    }

    /// Measures all distances of a cloud and keeps the edges that matter, in no order.
    #[allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a cloud holds points x dimension coordinates, and the scratch has been made of that size"
    )]
    pub(super) fn measure(&mut self, cloud: Cloud<'_>) {
        let (points, dimension) = (cloud.points as usize, cloud.dimension as usize);
        self.axes.clear();
        for axis in 0..dimension {
            self.axes.extend(cloud.coordinates.iter().skip(axis).step_by(dimension));
        }
        self.reach.clear();
        self.reach.resize(points, 0.0);
        self.list.clear();
        for high in 0..cloud.points {
            let count = high as usize;
            self.row.clear();
            self.row.resize(count, 0.0);
            for axis in self.axes.chunks_exact(points) {
                let here = axis[count];
                for (square, &there) in self.row.iter_mut().zip(axis) {
                    let difference = there - here;
                    *square += difference * difference;
                }
            }
            let mut far = 0.0_f64;
            for ((low, &square), reach) in (0..high).zip(&self.row).zip(&mut self.reach) {
                far = if square > far { square } else { far };
                *reach = if square > *reach { square } else { *reach };
                self.list.push(Edge::new(square, high, low));
            }
            self.reach[count] = far;
        }
        let farthest = self.reach.iter().fold(0.0, |most, &reach| if reach > most { reach } else { most });
        let nearest = self.reach.iter().fold(farthest, |least, &reach| if reach < least { reach } else { least });
        let last = Edge::new(nearest, u32::from(u16::MAX), u32::from(u16::MAX));
        self.list.retain(|edge| *edge <= last);
        self.radius = libm::sqrt(nearest);
        self.diameter = libm::sqrt(farthest);
    }
}

/// Room for `wanted` entries in all.
pub(super) fn room<T>(list: &mut Vec<T>, wanted: usize) {
    list.reserve(wanted.saturating_sub(list.len()));
}
