//! A functional that scores a state of the phases.

use alloc::vec;
use alloc::vec::Vec;

use super::{Coupling, difference, entropy, order};
use crate::Fidelity;
use crate::error::{FINITE, InputError, NOT_NEGATIVE, POSITIVE, check, check_all, check_length, count};
use crate::numeric::{sin_cos_all, sqrt};

/// The least scale of the functional and the least interval of time.
const LEAST: f64 = 1e-12;

/// Weights of the terms beside the coupling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SecConfig {
    /// Weight of the frequency term, s^2; 0 or more. 0.1 by default.
    pub frequency_weight: f64,
    /// Weight of the entropy term; 0 or more. 0.01 by default.
    pub entropy_weight: f64,
}

impl Default for SecConfig {
    fn default() -> Self {
        Self { frequency_weight: 0.1, entropy_weight: 0.01 }
    }
}

/// What is known of the phases' motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion<'a> {
    /// Nothing: the frequency term is 0.
    Unknown,
    /// The phases one interval ago, rad. `Corrected` takes each difference on the shorter way round, which is
    /// right as long as nothing moves more than half a turn in the interval; `Published` takes it as it stands.
    Previous(&'a [f64]),
    /// The velocities, rad/s: [`Upde::velocity`](super::Upde::velocity). Exact at any speed.
    Velocity(&'a [f64]),
}

/// The functional's value and its terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SecResult {
    /// V, the sum of the three terms.
    pub v: f64,
    /// V over its scale, in [0, 1].
    pub v_normalised: f64,
    /// Order parameter R of the phases, in [0, 1].
    pub r: f64,
    /// Change of V since the last evaluation by time, 1/s; 0 when there is none to compare with.
    pub dv_dt: f64,
    /// 1 - V over its scale, in [0, 1]: 1 is full coherence.
    pub coherence_score: f64,
    /// Sum over ordered pairs of K_ij (1 - cos(theta_i - theta_j)).
    pub v_coupling: f64,
    /// How far velocities are from natural frequencies: weight x sum of squares.
    pub v_frequency: f64,
    /// How far the phases' smoothed density is from an even one: weight x (ln M - H).
    pub v_entropy: f64,
}

impl SecResult {
    /// Whether V does not grow faster than `tolerance`, 1/s.
    #[must_use]
    pub fn is_stable(&self, tolerance: f64) -> bool {
        self.dv_dt <= tolerance
    }
}

/// The SEC functional V = V_coupling + V_frequency + V_entropy and the coherence score 1 - V/V_max.
///
/// V_max = 2 sum of K is a scale and no bound: it leaves out two terms, and not all pairs can be opposed at
/// once. The entropy term grows as phases gather, against the coupling term. V is no Lyapunov function of the
/// phase equation, which natural frequencies and field drive.
///
/// ```
/// use interlock_core::{Fidelity, physics::{Motion, Sec, SecConfig, layers}};
/// let coupling = layers::coupling(Fidelity::Corrected);
/// let mut sec = Sec::new(&layers::OMEGA, coupling, SecConfig::default(), Fidelity::Corrected).unwrap();
/// let together = sec.evaluate(&[0.0; 16], Motion::Unknown, 0.01).unwrap();
/// assert!(together.coherence_score > 0.99);
/// ```
#[derive(Clone, Debug)]
pub struct Sec {
    fidelity: Fidelity,
    config: SecConfig,
    coupling: Coupling,
    omega: Vec<f64>,
    v_max: f64,
    previous: Option<f64>,
    sines: Vec<f64>,
    cosines: Vec<f64>,
}

impl Sec {
    /// A functional for oscillators with these natural frequencies and this coupling.
    ///
    /// # Errors
    /// The number of frequencies is not the coupling's order; one is not finite; a weight is not finite or negative;
    /// twice the sum of the coupling is not finite.
    pub fn new(omega: &[f64], coupling: Coupling, config: SecConfig, fidelity: Fidelity) -> Result<Self, InputError> {
        check_length("omega.length", omega.len(), coupling.order(), "the coupling's number of oscillators")?;
        check_all("omega", omega, FINITE)?;
        check("frequency_weight", config.frequency_weight, NOT_NEGATIVE)?;
        check("entropy_weight", config.entropy_weight, NOT_NEGATIVE)?;
        let n = omega.len();
        Ok(Self {
            fidelity,
            config,
            v_max: scale(&coupling)?,
            coupling,
            omega: omega.to_vec(),
            previous: None,
            sines: vec![0.0; n],
            cosines: vec![0.0; n],
        })
    }

    /// Scores a state.
    ///
    /// `interval` is the time since [`Motion::Previous`] and since the last evaluation, s. `Published` raises it to
    /// 1e-12, cuts lists of other lengths to the common one and accepts no phases at all, of which R is NaN.
    ///
    /// # Errors
    /// A phase, then a motion is not finite; under `Corrected` also: a list has not one number per oscillator, or
    /// the interval is not above 0. The memory of the last evaluation is as it was.
    pub fn evaluate(&mut self, theta: &[f64], motion: Motion<'_>, interval: f64) -> Result<SecResult, InputError> {
        // Branch: the published functional takes lists of any length and any interval.
        let dt = if self.fidelity.is_published() {
            check_finite(theta, motion)?;
            interval.max(LEAST)
        } else {
            let n = self.omega.len();
            check_length("theta.length", theta.len(), n, "the number of oscillators")?;
            if let Motion::Previous(other) | Motion::Velocity(other) = motion {
                check_length("motion.length", other.len(), n, "the number of oscillators")?;
            }
            check_finite(theta, motion)?;
            check("interval", interval, POSITIVE)?;
            interval
        };
        self.sines.resize(theta.len(), 0.0);
        self.cosines.resize(theta.len(), 0.0);
        sin_cos_all(theta, &mut self.sines, &mut self.cosines);

        let v_coupling = self.coupling.energy(&self.sines, &self.cosines);
        let v_frequency = self.config.frequency_weight * self.detuning(theta, motion, dt);
        let v_entropy = self.config.entropy_weight * entropy::gathering(&self.sines, &self.cosines).max(0.0);
        let sum = v_coupling + v_frequency + v_entropy;
        let v = if sum.is_finite() { sum } else { self.v_max };
        let v_normalised = (v / self.v_max).clamp(0.0, 1.0);
        let r = match theta {
            [] => f64::NAN,
            _ => order::of_components(&self.sines, &self.cosines),
        };
        let change = self.previous.map_or(0.0, |previous| (v - previous) / dt);
        self.previous = Some(v);
        Ok(SecResult {
            v,
            v_normalised,
            r,
            dv_dt: if change.is_finite() { change } else { 0.0 },
            coherence_score: (1.0 - v_normalised).clamp(0.0, 1.0),
            v_coupling,
            v_frequency,
            v_entropy,
        })
    }

    /// Sum of the squared distances of velocities from natural frequencies.
    fn detuning(&self, theta: &[f64], motion: Motion<'_>, dt: f64) -> f64 {
        let square = |velocity: f64, omega: f64| (velocity - omega) * (velocity - omega);
        let pairs = |other: &[f64], velocity: fn(f64, f64, f64) -> f64| -> f64 {
            let known = theta.iter().zip(other).zip(&self.omega);
            known.map(|((&now, &other), &omega)| square(velocity(now, other, dt), omega)).sum()
        };
        match motion {
            Motion::Unknown => 0.0,
            // Branch: the published difference takes a turn for a jump.
            Motion::Previous(before) if self.fidelity.is_published() => {
                pairs(before, |now, before, dt| (now - before) / dt)
            }
            Motion::Previous(before) => pairs(before, |now, before, dt| difference(now, before) / dt),
            Motion::Velocity(velocities) => pairs(velocities, |_, velocity, _| velocity),
        }
    }

    /// Couples otherwise from now on. `Corrected` forgets the last V, which the new coupling makes incomparable;
    /// `Published` keeps it, so that the next `dv_dt` contains the jump.
    ///
    /// # Errors
    /// The coupling is for another number of oscillators, or twice its sum is not finite; nothing has changed.
    pub fn set_coupling(&mut self, coupling: Coupling) -> Result<(), InputError> {
        check_length("coupling.order", coupling.order(), self.omega.len(), "the number of oscillators")?;
        self.v_max = scale(&coupling)?;
        self.coupling = coupling;
        // Branch: see above.
        if !self.fidelity.is_published() {
            self.previous = None;
        }
        Ok(())
    }

    /// Number of oscillators.
    #[must_use]
    pub fn oscillators(&self) -> usize {
        self.omega.len()
    }

    /// The scale of V: twice the sum of the coupling, at least 1e-12.
    #[must_use]
    pub fn v_max(&self) -> f64 {
        self.v_max
    }

    /// V of the last evaluation.
    #[must_use]
    pub fn previous(&self) -> Option<f64> {
        self.previous
    }

    /// Forgets the last evaluation.
    pub fn reset(&mut self) {
        self.previous = None;
    }
}

fn check_finite(theta: &[f64], motion: Motion<'_>) -> Result<(), InputError> {
    check_all("theta", theta, FINITE)?;
    match motion {
        Motion::Unknown => Ok(()),
        Motion::Previous(before) => check_all("previous", before, FINITE),
        Motion::Velocity(velocity) => check_all("velocity", velocity, FINITE),
    }
}

fn scale(coupling: &Coupling) -> Result<f64, InputError> {
    let scale = 2.0 * coupling.total();
    check("v_max", scale, FINITE)?;
    Ok(scale.max(LEAST))
}

/// Coupling at which oscillators with these natural frequencies lock, rad/s: 2/(pi g(0)) for a normal density g of
/// the frequencies' standard deviation, 0 when that is below 1e-12.
///
/// The mean-field value for a coupling of K/N and normally spread frequencies; one outlier decides it.
#[must_use]
pub fn critical_coupling(omega: &[f64]) -> f64 {
    use core::f64::consts::{PI, TAU};
    let n = count(omega.len());
    let mean = omega.iter().sum::<f64>() / n;
    let variance = omega.iter().map(|omega| (omega - mean) * (omega - mean)).sum::<f64>() / n;
    let deviation = sqrt(variance);
    // NaN, from no frequencies, is no deviation.
    if deviation >= LEAST { deviation * 2.0 * sqrt(TAU) / PI } else { 0.0 }
}
