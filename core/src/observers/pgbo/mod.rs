//! PGBO: a bridge from the motion of the phases to a symmetric tensor over the nodes.
//!
//! The phase velocity since the last call, less a boundary potential and held below a cap, is a vector `u`; the
//! tensor is its outer product with itself. Section 7 of the specification.

mod config;
mod tensor;

use alloc::vec;
use alloc::vec::Vec;
use core::f64::consts::{PI, TAU};

pub use config::PgboConfig;
pub use tensor::Tensor;

use crate::Fidelity;
use crate::error::{InputError, Range, check, check_all};
use tensor::length;

/// Half of the largest double: the difference of two such numbers is finite.
const PHASE: Range = Range { lo: f64::MIN / 2.0, hi: f64::MAX / 2.0, words: "a finite number below 8.9e307 in size" };
/// What stays finite when it is squared and summed.
const SPEED: Range = Range { lo: -1e100, hi: 1e100, words: "a finite number of at most 1e100 in size" };
const STEP: Range = Range { lo: f64::MIN_POSITIVE, hi: f64::MAX, words: "a finite number above 0" };
/// Most nodes: their matrix can still be written.
const NODES: Range = Range { lo: 1.0, hi: 16_777_216.0, words: "in [1, 16777216]" };
/// The shortest time that a difference is divided by, in seconds.
const DT_MIN: f64 = 1e-12;
/// A length up to which a vector is left as it is.
const NORM_MIN: f64 = 1e-12;

/// What one call found. All are 0 before the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PgboReading {
    /// Length of `u` after the cap, in rad/s, below `u_cap`.
    pub u_norm: f64,
    /// Trace of `h`; 0 where it is traceless.
    pub h_trace: f64,
    /// Frobenius norm of `h`.
    pub h_frob: f64,
    /// The gain that the tensor was made with.
    kappa: f64,
    /// What is taken off its diagonal.
    mean: f64,
}

impl PgboReading {
    /// The tensor of the vector `u` that was read.
    #[must_use]
    pub const fn tensor<'a>(&self, u: &'a [f64]) -> Tensor<'a> {
        Tensor::new(self.kappa, u, self.mean)
    }
}

/// A PGBO engine for a fixed number of nodes. No call allocates after construction.
///
/// ```
/// use interlock_core::Fidelity;
/// use interlock_core::observers::{Pgbo, PgboConfig};
/// let mut pgbo = Pgbo::new(2, PgboConfig::default(), Fidelity::Corrected)?;
/// pgbo.compute(&[0.0, 0.0], 0.01)?;
/// let reading = pgbo.compute(&[0.03, 0.04], 0.01)?;
/// assert!((reading.u_norm - 5.0 / 1.5).abs() < 1e-12);
/// # Ok::<(), interlock_core::error::InputError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pgbo {
    config: PgboConfig,
    fidelity: Fidelity,
    /// Boundary potential A, one number a node, in rad/s.
    potential: Vec<f64>,
    /// Phases of the last call.
    previous: Vec<f64>,
    /// How many of them there are: none before the first call, fewer than nodes under the published definition.
    known: Option<u32>,
    u: Vec<f64>,
    reading: PgboReading,
}

impl Pgbo {
    /// An engine for `dimension` nodes, with a potential of 0.
    ///
    /// # Errors
    /// No nodes, more than 2^24, or a setting out of its range ([`PgboConfig::check`]).
    pub fn new(dimension: u32, config: PgboConfig, fidelity: Fidelity) -> Result<Self, InputError> {
        check("dimension", f64::from(dimension), NODES)?;
        config.check(fidelity)?;
        let zeros = vec![0.0; usize::try_from(dimension).unwrap_or(0)];
        Ok(Self {
            config,
            fidelity,
            potential: zeros.clone(),
            previous: zeros.clone(),
            known: None,
            u: zeros,
            reading: PgboReading::default(),
        })
    }

    /// Takes the phases at the end of a time `dt` in seconds; the first call only remembers them.
    ///
    /// The corrected definition wants one phase a node and a positive time. Under the published one any list is
    /// taken: where it is short, the rest of `u` is made from the last `u`; what is not finite spreads.
    ///
    /// # Errors
    /// Corrected: a wrong number of phases, a phase that is not finite, a time that is not above 0. Nothing
    /// has changed then.
    pub fn compute(&mut self, theta: &[f64], dt: f64) -> Result<PgboReading, InputError> {
        if !self.fidelity.is_published() {
            if theta.len() != self.u.len() {
                return Err(length("theta.length", theta, "the engine's dimension"));
            }
            check_all("theta", theta, PHASE)?;
            check("dt", dt, STEP)?;
        }
        match self.known {
            None => self.u.fill(0.0),
            Some(known) => {
                let dt = dt.max(DT_MIN);
                let known = usize::try_from(known).unwrap_or(usize::MAX);
                for ((u, &now), &before) in self.u.iter_mut().zip(theta).zip(self.previous.iter().take(known)) {
                    *u = wrap_difference(now - before, self.fidelity) / dt;
                }
            }
        }
        for (previous, &now) in self.previous.iter_mut().zip(theta) {
            *previous = now;
        }
        self.known = u32::try_from(theta.len().min(self.u.len())).ok();
        for (u, &potential) in self.u.iter_mut().zip(&self.potential) {
            *u -= self.config.alpha * potential;
        }
        self.reading = finish(&self.config, &mut self.u);
        Ok(self.reading)
    }

    /// What the last call found.
    #[must_use]
    pub const fn reading(&self) -> PgboReading {
        self.reading
    }

    /// The vector of the last call, in rad/s.
    #[must_use]
    pub fn u(&self) -> &[f64] {
        &self.u
    }

    /// The tensor of the last call, with the gain that it was made with.
    #[must_use]
    pub fn tensor(&self) -> Tensor<'_> {
        self.reading.tensor(&self.u)
    }

    /// The settings, with the gain as it is for the next call.
    #[must_use]
    pub const fn config(&self) -> &PgboConfig {
        &self.config
    }

    /// The boundary potential, in rad/s.
    #[must_use]
    pub fn potential(&self) -> &[f64] {
        &self.potential
    }

    /// Overwrites as many entries of the boundary potential as are given, from the first on, in rad/s.
    ///
    /// # Errors
    /// Corrected: more entries than nodes, or one that is not finite or beyond 1e100 in size. Nothing has
    /// changed then.
    pub fn set_potential(&mut self, potential: &[f64]) -> Result<(), InputError> {
        if !self.fidelity.is_published() {
            if potential.len() > self.potential.len() {
                return Err(length("potential.length", potential, "at most the engine's dimension"));
            }
            check_all("potential", potential, SPEED)?;
        }
        for (entry, &value) in self.potential.iter_mut().zip(potential) {
            *entry = value;
        }
        Ok(())
    }

    /// Multiplies the gain for the next calls and keeps it in [0, 5]. A factor that is no number changes nothing.
    pub fn scale_kappa(&mut self, factor: f64) {
        let kappa = self.config.kappa * factor;
        if !kappa.is_nan() {
            self.config.kappa = kappa.clamp(0.0, PgboConfig::GAIN_MAX);
        }
    }

    /// As after construction, with the potential at 0; the gain stays.
    pub fn reset(&mut self) {
        self.potential.fill(0.0);
        self.u.fill(0.0);
        self.known = None;
        self.reading = PgboReading::default();
    }
}

/// The tensor's vector for a gradient of the phases and a potential that are given, both in rad/s: the whole
/// computation without the memory of an engine. The tensor is [`PgboReading::tensor`] of `u`.
///
/// # Errors
/// Lists of different lengths or none; a setting out of its range; corrected: an entry that is not finite or
/// beyond 1e100 in size. `u` has not changed then.
pub fn pgbo_of_gradient(
    config: &PgboConfig,
    fidelity: Fidelity,
    gradient: &[f64],
    potential: &[f64],
    u: &mut [f64],
) -> Result<PgboReading, InputError> {
    config.check(fidelity)?;
    if potential.len() != gradient.len() {
        return Err(length("potential.length", potential, "the length of the gradient"));
    }
    if u.len() != gradient.len() {
        return Err(length("u.length", u, "the length of the gradient"));
    }
    if !fidelity.is_published() {
        check_all("gradient", gradient, SPEED)?;
        check_all("potential", potential, SPEED)?;
    }
    for ((u, &gradient), &potential) in u.iter_mut().zip(gradient).zip(potential) {
        *u = gradient - config.alpha * potential;
    }
    Ok(finish(config, u))
}

/// Caps `u` and measures its tensor, which is rank one: no matrix is made.
fn finish(config: &PgboConfig, u: &mut [f64]) -> PgboReading {
    let square = u.iter().fold(0.0, |sum, u| sum + u * u);
    let mut norm = libm::sqrt(square);
    if norm > NORM_MIN {
        let scale = 1.0 / (1.0 + norm / config.u_cap);
        norm *= scale;
        for u in u.iter_mut() {
            *u *= scale;
        }
    }
    let trace = config.kappa * u.iter().fold(0.0, |sum, u| sum + u * u);
    #[allow(clippy::cast_precision_loss, reason = "at most 2^24 nodes")]
    let nodes = u.len().max(1) as f64;
    let size = trace.abs();
    let (kappa, u_norm) = (config.kappa, norm);
    if config.traceless {
        // The squares of kappa u uᵀ add up to trace², and the diagonal that is taken off to trace² / D less.
        let h_frob = size * libm::sqrt(1.0 - 1.0 / nodes);
        PgboReading { u_norm, h_trace: 0.0, h_frob, kappa, mean: trace / nodes }
    } else {
        PgboReading { u_norm, h_trace: trace, h_frob: size, kappa, mean: 0.0 }
    }
}

/// A difference of angles in [-pi, pi), in radians.
///
/// Corrected: without any rounding, for the remainder is exact and what is added to it is, too. Published: pi
/// is added and taken off again, which rounds small differences to multiples of 4e-16.
#[must_use]
pub fn wrap_difference(difference: f64, fidelity: Fidelity) -> f64 {
    if fidelity.is_published() {
        return ((difference + PI) % TAU + TAU) % TAU - PI;
    }
    if (-PI..PI).contains(&difference) {
        return difference;
    }
    let rest = difference % TAU;
    if rest >= PI {
        rest - TAU
    } else if rest < -PI {
        rest + TAU
    } else {
        rest
    }
}
