//! What a TCBO observer is set to.

use crate::Fidelity;
use crate::error::{FINITE, InputError, Range, UNIT, check};
use crate::observers::rips;

use super::embed::Embedding;

const NOT_NEGATIVE: Range = Range { lo: 0.0, hi: f64::MAX, words: "a finite number, at least 0" };
const STEEPNESS: Range = Range { lo: 1e-6, hi: 1e6, words: "in [1e-6, 1e6]" };
const WINDOW: Range = Range { lo: 1.0, hi: rips::POINTS_MAX as f64, words: "in [1, 4096]" };
/// Numbers that a cloud, or the samples behind it, may hold.
const NUMBERS_MAX: f64 = 16_777_216.0;
/// Coordinates of a point.
const COLUMNS: Range = Range { lo: 1.0, hi: 1_048_576.0, words: "such that a point has at most 2^20 coordinates" };

/// How the lifetime of a cloud is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Estimator {
    /// The longest bar of degree 1 of its Vietoris–Rips filtration: the definition.
    #[default]
    Rips,
    /// 0.7 times the standard deviation of the distances from the centroid, which the published implementation
    /// takes instead. It is no measure of loops: 0 for a circle, and large for points on a line.
    Spread,
}

/// Settings of a TCBO observer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcboConfig {
    /// Samples of a channel that make a point, at least 1.
    pub embed_dim: u32,
    /// Samples between them; at least 1, as published at least 0.
    pub tau_delay: u32,
    /// Points of the cloud, at most 4,096. At least 4, for fewer enclose nothing, and more than
    /// `(embed_dim - 1) * tau_delay`, so that the cloud shows more of the signal than each of its points; as
    /// published at least 1.
    pub window_size: u32,
    /// The probability above which the gate is open, in [0, 1].
    pub tau_h1: f64,
    /// Steepness of the logistic function, in 1 over the unit of the lifetime, in [1e-6, 1e6]; as published any
    /// finite number.
    pub beta: f64,
    /// Published: the lifetime at which the probability is a half. Not used otherwise.
    pub s0: f64,
    /// Corrected: the lifetime, as a share of the cloud's diameter, at which the probability is `tau_h1`, in [0, 1];
    /// the logistic function's middle follows from it. Not used as published.
    pub s_tau: f64,
    /// Lifetimes up to this one count as 0: a share of the diameter, at least 0; as published in the unit of the
    /// cloud.
    pub persistence_threshold: f64,
    /// Every how many calls something is computed; 0 and 1 for each.
    pub compute_every_n: u32,
    /// How lifetimes are found.
    pub estimator: Estimator,
}

impl Default for TcboConfig {
    fn default() -> Self {
        Self {
            embed_dim: 3,
            tau_delay: 1,
            window_size: 50,
            tau_h1: 0.72,
            beta: 8.0,
            s0: 0.0,
            s_tau: 0.5,
            persistence_threshold: 0.05,
            compute_every_n: 1,
            estimator: Estimator::Rips,
        }
    }
}

impl TcboConfig {
    /// Checks every field, for a signal of so many channels.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn check(&self, channels: u32, fidelity: Fidelity) -> Result<(), InputError> {
        let published = fidelity.is_published();
        let embedding = Embedding::new(self.embed_dim, self.tau_delay)?;
        let columns = f64::from(channels) * f64::from(self.embed_dim) * if published { 1.0 } else { 2.0 };
        if !(COLUMNS.lo..=COLUMNS.hi).contains(&columns) {
            return Err(InputError { value: f64::from(channels), ..refused("channels", COLUMNS.words) });
        }
        check("window_size", f64::from(self.window_size), WINDOW)?;
        let delays = f64::from(self.embed_dim) * f64::from(self.tau_delay);
        if columns * (f64::from(self.window_size) + delays) > NUMBERS_MAX {
            let bound = "such that the samples of a window and its cloud are at most 2^24 numbers";
            return Err(InputError { value: f64::from(self.window_size), ..refused("window_size", bound) });
        }
        if published {
            check("tau_h1", self.tau_h1, FINITE)?;
            check("beta", self.beta, FINITE)?;
            check("s0", self.s0, FINITE)?;
            return check("persistence_threshold", self.persistence_threshold, FINITE);
        }
        if self.tau_delay == 0 {
            return Err(refused("tau_delay", "at least 1"));
        }
        if self.window_size < 4 || u64::from(self.window_size) <= embedding.span() {
            let bound = "at least 4 and more than (embed_dim - 1) * tau_delay";
            return Err(InputError { value: f64::from(self.window_size), ..refused("window_size", bound) });
        }
        check("tau_h1", self.tau_h1, UNIT)?;
        check("beta", self.beta, STEEPNESS)?;
        check("s_tau", self.s_tau, UNIT)?;
        check("persistence_threshold", self.persistence_threshold, NOT_NEGATIVE)
    }
}

const fn refused(what: &'static str, bound: &'static str) -> InputError {
    InputError { what, index: None, value: 0.0, bound }
}
