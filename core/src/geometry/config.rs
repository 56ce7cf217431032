//! What an engine is set to, and which corrections it makes.

use crate::Fidelity;
use crate::error::{FINITE, InputError, Range, check};

use super::costs::CostWeights;
use super::nodes::Decoder;

/// Most oscillators of an engine.
pub const MAX_NODES: u32 = 256;
/// What a phase, a frequency or a coupling may be: everything made of them stays finite.
pub(super) const INPUT: Range = Range { lo: -1e9, hi: 1e9, words: "a finite number within 1e9 of 0" };
/// What a latent may be before a step.
pub(super) const LATENT: Range = Range { lo: -1e6, hi: 1e6, words: "a finite number within 1e6 of 0" };
const NODES: Range = Range { lo: 1.0, hi: 256.0, words: "a count in [1, 256]" };
const LENGTH: Range = Range { lo: 1e-6, hi: 1e6, words: "in [1e-6, 1e6]" };
const STEPS: Range = Range { lo: 1.0, hi: 100_000.0, words: "a count in [1, 100000]" };
const TIME: Range = Range { lo: 1e-9, hi: 1e3, words: "in [1e-9, 1000] seconds" };
const FACTOR: Range = Range { lo: -1e6, hi: 1e6, words: "a finite number within 1e6 of 0" };
const AMOUNT: Range = Range { lo: 0.0, hi: 1e6, words: "in [0, 1e6]" };
const DIFFERENCE: Range = Range { lo: 1e-12, hi: 1.0, words: "in [1e-12, 1]" };
const RING: Range = Range { lo: 0.0, hi: 1_000_000.0, words: "a count in [0, 1000000]" };

/// How the slope of the cost is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GradientMethod {
    /// From the derivatives of the terms that have simple ones: C9, C10 and the size of the weights.
    #[default]
    Analytic,
    /// By central differences of the whole cost: two eigen-decompositions for each latent.
    FiniteDifference,
}

/// Settings of an engine. The defaults are the published ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SsgfConfig {
    /// Number of oscillators, in [1, 256].
    pub n: u32,
    /// From latents to weights.
    pub decoder: Decoder,
    /// Width of the radial decoder, in [1e-6, 1e6].
    pub rbf_sigma: f64,
    /// Micro-steps in an outer step, in [1, 100000].
    pub n_micro: u32,
    /// Time of a micro-step in seconds, in [1e-9, 1000].
    pub dt_micro: f64,
    /// Time of an outer step in seconds, in [1e-9, 1000]. The controller's; see [`Corrections::elapsed`].
    pub dt_outer: f64,
    /// Step along the slope.
    pub lr_z: f64,
    /// Gain of the weights in the coupling.
    pub sigma_g: f64,
    /// Amplitude of the phases' noise in rad/sqrt(s), in [0, 1e6].
    pub noise_amp: f64,
    /// Field F of the drift F cos(theta), in rad/s.
    pub field_pressure: f64,
    /// Weights of the cost terms.
    pub weights: CostWeights,
    /// Locking above which the controller's gate opens.
    pub plv_threshold: f64,
    /// Samples that locking is averaged over.
    pub plv_window: u32,
    /// Values of H_rec that the controller looks back on.
    pub h_rec_window: u32,
    /// Half of the distance of a difference, in [1e-12, 1].
    pub fd_eps: f64,
    /// How the slope is found.
    pub gradient: GradientMethod,
    /// Seed of latents, phases and noise.
    pub seed: u64,
    /// Whether PGBO's tensor joins the coupling.
    pub pgbo_enabled: bool,
    /// Weight of PGBO's boundary potential, in [0, 5].
    pub pgbo_alpha: f64,
    /// Gain of PGBO's tensor at the start, in [0, 5].
    pub pgbo_kappa: f64,
    /// Gain of the tensor in the coupling.
    pub pgbo_weight: f64,
    /// What the length of PGBO's vector stays below, in rad/s, in [1e-6, 1e6].
    pub pgbo_u_cap: f64,
    /// Whether the tensor's trace is taken off.
    pub pgbo_traceless: bool,
    /// Records that the log keeps: the last ones, in [0, 1000000].
    pub log_capacity: u32,
}

impl Default for SsgfConfig {
    fn default() -> Self {
        Self {
            n: 16,
            decoder: Decoder::GramSoftplus,
            rbf_sigma: 1.0,
            n_micro: 10,
            dt_micro: 0.001,
            dt_outer: 0.01,
            lr_z: 0.01,
            sigma_g: 0.1,
            noise_amp: 0.02,
            field_pressure: 0.05,
            weights: CostWeights::default(),
            plv_threshold: 0.6,
            plv_window: 10,
            h_rec_window: 5,
            fd_eps: 1e-5,
            gradient: GradientMethod::Analytic,
            seed: 42,
            pgbo_enabled: true,
            pgbo_alpha: 0.5,
            pgbo_kappa: 0.3,
            pgbo_weight: 0.1,
            pgbo_u_cap: 10.0,
            pgbo_traceless: false,
            log_capacity: 200,
        }
    }
}

impl SsgfConfig {
    /// Checks every field that is the engine's own; controller and PGBO check theirs when they are built.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn check(&self) -> Result<(), InputError> {
        check("n", f64::from(self.n), NODES)?;
        check("rbf_sigma", self.rbf_sigma, LENGTH)?;
        check("n_micro", f64::from(self.n_micro), STEPS)?;
        check("dt_micro", self.dt_micro, TIME)?;
        check("dt_outer", self.dt_outer, TIME)?;
        check("lr_z", self.lr_z, FACTOR)?;
        check("sigma_g", self.sigma_g, FACTOR)?;
        check("noise_amp", self.noise_amp, AMOUNT)?;
        check("field_pressure", self.field_pressure, FACTOR)?;
        self.weights.check()?;
        check("plv_threshold", self.plv_threshold, FINITE)?;
        check("fd_eps", self.fd_eps, DIFFERENCE)?;
        check("pgbo_weight", self.pgbo_weight, FACTOR)?;
        check("pgbo_u_cap", self.pgbo_u_cap, LENGTH)?;
        check("log_capacity", f64::from(self.log_capacity), RING)
    }

    /// The settings of the micro-cycle.
    pub(super) const fn micro(&self) -> super::micro::MicroConfig {
        super::micro::MicroConfig {
            dt: self.dt_micro,
            sigma_g: self.sigma_g,
            noise_amp: self.noise_amp,
            field_pressure: self.field_pressure,
            pgbo_weight: if self.pgbo_enabled { self.pgbo_weight } else { 0.0 },
        }
    }
}

/// The places where an engine departs from the published numbers, one by one, so that the effect of each can be
/// seen alone. [`Fidelity::Corrected`] has all of them, [`Fidelity::Published`] none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Corrections {
    /// Seeds are mixed: neighbouring small ones do not start alike.
    pub seed: bool,
    /// A phase never is 2 pi.
    pub wrap: bool,
    /// Noise is of the size a sqrt(dt), not a dt sqrt(dt).
    pub noise: bool,
    /// Signs of eigenvectors are decided with a tolerance and kept by overlap, where eigenvalues cross too.
    pub signs: bool,
    /// The slope of C9 is counted once.
    pub c9_slope: bool,
    /// Differences are taken between eigenvectors that point the way of the current ones.
    pub difference_signs: bool,
    /// PGBO divides by the time that the micro-steps took, not by the time of an outer step.
    pub elapsed: bool,
    /// The radial decoder is given no latents that it leaves out.
    pub latents: bool,
    /// The L16 controller's own corrections.
    pub controller: bool,
    /// PGBO's own corrections.
    pub pgbo: bool,
}

impl Corrections {
    /// Every correction.
    pub const ALL: Self = Self {
        seed: true,
        wrap: true,
        noise: true,
        signs: true,
        c9_slope: true,
        difference_signs: true,
        elapsed: true,
        latents: true,
        controller: true,
        pgbo: true,
    };
    /// None: the published numbers.
    pub const NONE: Self = Self {
        seed: false,
        wrap: false,
        noise: false,
        signs: false,
        c9_slope: false,
        difference_signs: false,
        elapsed: false,
        latents: false,
        controller: false,
        pgbo: false,
    };
}

impl From<Fidelity> for Corrections {
    fn from(fidelity: Fidelity) -> Self {
        if fidelity.is_published() { Self::NONE } else { Self::ALL }
    }
}

/// The fidelity of a part whose corrections are made or not.
pub(super) const fn fidelity(corrected: bool) -> Fidelity {
    if corrected { Fidelity::Corrected } else { Fidelity::Published }
}
