//! Vietoris–Rips persistent homology in degree 1 over Z/2, of a cloud of points.
//!
//! A point enters at 0, an edge at its length, a triangle at its longest edge; a bar is a loop that opens at
//! `birth` and is filled at `death`. Section 9 of the specification.
//!
//! # How
//!
//! Edges enter in a strict order, by length and then by index. Those beyond the enclosing radius are left out:
//! there the complex is a cone. When an edge enters, the corners that form a triangle of shorter edges with it,
//! its lune, are one intersection of two bit rows.
//!
//! - An edge with an empty lune joins two components or opens a loop. Such edges form the relative neighbourhood
//!   graph, which has no triangle; in few dimensions they are hardly more than the points.
//! - Every other edge is paired with the first triangle of its lune, at once and with length zero: an apparent
//!   pair in the sense of Bauer's Ripser.
//! - Of the other triangles of a lune only one in each connected part of it can close a loop: where two corners
//!   are joined by a shorter edge, a tetrahedron shows that their triangles have the same boundary up to what
//!   is filled already.
//!
//! What is left is to reduce the boundaries of a few triangles, last edge first. An apparent edge is replaced by the
//! other two edges of its triangle (the gradient flow of discrete Morse theory), an edge whose loop is closed by the
//! boundary that closed it; edges that join components are dropped, for no cycle has one as its last edge. The first
//! edge that nothing stands for has opened the loop that the triangle closes. Only the order of edges counts, so squares of lengths are compared, and roots are
//! taken of what is reported.
//!
//! For the longest bar alone the sweep ends as soon as neither an open loop nor a later one can outlive it, even
//! at the enclosing radius.

mod chain;
mod cloud;
mod loops;
mod sweep;

use alloc::vec::Vec;

pub use cloud::Cloud;
pub(super) use cloud::POINTS_MAX;

use cloud::Edges;
use loops::Loops;
use sweep::{Sweep, Watch};

/// A loop: the length at which it opens and the one at which it is filled, in the unit of the coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// An edge's length.
    pub birth: f64,
    /// A triangle's longest edge, above `birth`.
    pub death: f64,
}

impl Bar {
    /// `death - birth`, above 0.
    #[must_use]
    pub fn lifetime(&self) -> f64 {
        self.death - self.birth
    }
}

/// The longest loop of a cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Longest {
    /// One of the longest bars; none where no loop ever opens.
    pub bar: Option<Bar>,
    /// Its lifetime; 0 without one.
    pub lifetime: f64,
    /// The largest distance between two points of the cloud.
    pub diameter: f64,
}

/// Computes bars; what it needs is kept for the next cloud, so that a cloud no larger than those before is
/// computed without an allocation.
///
/// ```
/// use interlock_core::observers::{Cloud, Rips};
/// let square = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
/// let mut rips = Rips::default();
/// let longest = rips.longest(Cloud::new(&square, 2)?);
/// assert_eq!(longest.lifetime, 2_f64.sqrt() - 1.0);
/// assert_eq!(rips.bars(Cloud::new(&square, 2)?).len(), 1);
/// # Ok::<(), interlock_core::error::InputError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rips {
    edges: Edges,
    sweep: Sweep,
    loops: Loops,
    bars: Vec<Bar>,
    joins: Vec<f64>,
}

impl Rips {
    /// With room for clouds of so many points of a dimension, so that not even the first one allocates. Of
    /// more than 50 points, uncommonly many loops with uncommonly long boundaries may still outgrow the room.
    #[must_use]
    pub fn with_room(points: u32, dimension: u32) -> Self {
        let mut rips = Self::default();
        let (points, dimension) = (points.min(POINTS_MAX) as usize, dimension.min(1 << 12) as usize);
        // Edges with an empty lune form no triangle, so they are at most a quarter of points².
        let critical = points.saturating_mul(points) / 4;
        let boundaries = critical.saturating_mul(critical).saturating_div(2).saturating_add(critical);
        rips.edges.reserve(points, dimension);
        rips.sweep.reserve(points);
        rips.loops.reserve(critical, boundaries.min(1 << 18));
        rips.bars.reserve(critical);
        rips.joins.reserve(points);
        rips
    }

    /// All bars of a cloud, longest first, and of equal ones the earlier first. Bars of length zero are none.
    pub fn bars(&mut self, cloud: Cloud<'_>) -> &[Bar] {
        self.bars.clear();
        self.joins.clear();
        self.edges.measure(cloud);
        self.edges.list.sort_unstable();
        let mut all = All { bars: &mut self.bars, joins: &mut self.joins };
        self.sweep.run(cloud.points(), &self.edges, &mut self.loops, &mut all);
        self.bars.sort_unstable_by(|a, b| {
            let by_lifetime = b.lifetime().total_cmp(&a.lifetime());
            by_lifetime.then(a.birth.total_cmp(&b.birth)).then(a.death.total_cmp(&b.death))
        });
        &self.bars
    }

    /// The lengths at which components of the last cloud that was given to [`Rips::bars`] join, ascending: the
    /// finite bars of degree 0. Those of length zero are none.
    #[must_use]
    pub fn joins(&self) -> &[f64] {
        &self.joins
    }

    /// The largest distance between two points of the last cloud; 0 before the first one.
    #[must_use]
    pub const fn diameter(&self) -> f64 {
        self.edges.diameter
    }

    /// The largest distance between two points of a cloud.
    pub(super) fn diameter_of(&mut self, cloud: Cloud<'_>) -> f64 {
        self.edges.measure(cloud);
        self.edges.diameter
    }

    /// The longest bar of a cloud: the same number as of the first of [`Rips::bars`], found sooner.
    pub fn longest(&mut self, cloud: Cloud<'_>) -> Longest {
        self.edges.measure(cloud);
        self.edges.list.sort_unstable();
        let mut best = Best { bar: None, lifetime: 0.0, radius: self.edges.radius };
        self.sweep.run(cloud.points(), &self.edges, &mut self.loops, &mut best);
        Longest { bar: best.bar, lifetime: best.lifetime, diameter: self.edges.diameter }
    }
}

/// Collects everything.
struct All<'a> {
    bars: &'a mut Vec<Bar>,
    joins: &'a mut Vec<f64>,
}

impl Watch for All<'_> {
    fn join(&mut self, length: f64) {
        if length > 0.0 {
            self.joins.push(length);
        }
    }

    fn bar(&mut self, bar: Bar) {
        self.bars.push(bar);
    }

    fn is_done(&self, _: f64) -> bool {
        false
    }
}

/// Keeps the longest bar.
struct Best {
    bar: Option<Bar>,
    lifetime: f64,
    /// What no death is beyond.
    radius: f64,
}

impl Watch for Best {
    fn join(&mut self, _: f64) {}

    fn bar(&mut self, bar: Bar) {
        if bar.lifetime() > self.lifetime {
            self.lifetime = bar.lifetime();
            self.bar = Some(bar);
        }
    }

    /// Rounding keeps order, so no bar from `birth` on has a longer lifetime than the one to the radius.
    fn is_done(&self, birth: f64) -> bool {
        self.radius - birth <= self.lifetime
    }
}
