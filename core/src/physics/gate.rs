//! The gate that opens while two phases are locked.

use alloc::collections::VecDeque;

use crate::Fidelity;
use crate::numeric::{sin_cos, sqrt};

/// One look at how two phases lie to one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Locking {
    /// The difference of two phases, rad. `Published` takes the size of its cosine.
    Difference(f64),
    /// A locking value of the caller's own, in [0, 1], that is averaged as it is.
    Value(f64),
}

impl Locking {
    pub(super) fn number(self) -> f64 {
        match self {
            Self::Difference(number) | Self::Value(number) => number,
        }
    }
}

/// Phase locking over a window.
///
/// `Corrected`: |mean of exp(i difference)|, 1 only for a constant difference, near 0 for a drifting one; the gate
/// waits for a full window, since one look is always locked. `Published`: the mean of |cos difference|, which for a
/// drifting difference is 2/pi, above the usual threshold; it does not wait.
#[derive(Clone, Debug)]
pub struct PlvGate {
    fidelity: Fidelity,
    threshold: f64,
    window: usize,
    looks: VecDeque<[f64; 2]>,
}

impl PlvGate {
    /// For checked numbers.
    pub(super) fn new(threshold: f64, window: u32, fidelity: Fidelity) -> Self {
        let window = usize::try_from(window).unwrap_or(usize::MAX);
        Self { fidelity, threshold, window, looks: VecDeque::with_capacity(window) }
    }

    /// Takes a look; the oldest one beyond the window is forgotten.
    pub(super) fn push(&mut self, look: Locking) {
        let point = match look {
            Locking::Value(value) => [value, 0.0],
            Locking::Difference(difference) => {
                let (s, c) = sin_cos(difference);
                // Branch: one moment's cosine tells nothing of locking.
                if self.fidelity.is_published() { [c.abs(), 0.0] } else { [c, s] }
            }
        };
        if self.looks.len() >= self.window {
            self.looks.pop_front();
        }
        if self.looks.len() < self.window {
            self.looks.push_back(point);
        }
    }

    /// The locking value over the window; 0 without a look.
    #[must_use]
    pub fn average(&self) -> f64 {
        let (mut x, mut y, mut looks) = (0.0, 0.0, 0.0);
        for point in &self.looks {
            x += point[0];
            y += point[1];
            looks += 1.0;
        }
        if looks == 0.0 {
            return 0.0;
        }
        // Branch: published looks are numbers, which may be negative, and not points in the plane.
        if self.fidelity.is_published() { x / looks } else { (sqrt(x * x + y * y) / looks).min(1.0) }
    }

    /// Whether the gate is open: the locking value is above the threshold.
    #[must_use]
    pub fn is_open(&self) -> bool {
        // Branch: the published gate does not wait for a full window.
        let enough = if self.fidelity.is_published() { 1 } else { self.window };
        self.looks.len() >= enough.max(1) && self.average() > self.threshold
    }

    /// The looks in the window, oldest first: the locking values, or the points exp(i difference) as (cosine, sine).
    pub fn looks(&self) -> impl ExactSizeIterator<Item = [f64; 2]> + '_ {
        self.looks.iter().copied()
    }
}
