//! The phase equation, integrated.

use alloc::vec;
use alloc::vec::Vec;

use interlock_vector::{Work, wide};

use super::coupling::LANES;
use super::wrap::wrap_lanes;
use super::{Coupling, layers, order};
use crate::Fidelity;
use crate::error::{FINITE, InputError, NOT_NEGATIVE, Range, check, check_all, check_length};
use crate::numeric::{Xorshift64, sin_cos_lanes, sin_cos_near_lanes, sqrt};

/// No oscillator may move further in one step, so that a step cannot fail: rad.
const FURTHEST: f64 = 1e15;
/// No normal of [`Xorshift64`] is larger in size.
const LARGEST_NORMAL: f64 = 38.0;
const STEP: Range = Range { lo: f64::MIN_POSITIVE, hi: FURTHEST, words: "a number above 0 and at most 1e15" };

/// How the phases are driven and integrated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpdeConfig {
    /// Length of a step, s; above 0. 0.01 by default.
    pub dt: f64,
    /// Pressure F of the external field, rad/s. 0.1 by default.
    pub field_pressure: f64,
    /// Noise sigma, rad/sqrt(s); 0 or more. 0.05 by default.
    pub noise_amplitude: f64,
}

impl Default for UpdeConfig {
    fn default() -> Self {
        Self { dt: 0.01, field_pressure: 0.1, noise_amplitude: 0.05 }
    }
}

/// Coupled phase oscillators with a field and noise, advanced by the Euler-Maruyama method:
///
/// d_n = omega_n + sum_m K_nm sin(theta_m - theta_n) + F cos theta_n,
/// theta_n' = (theta_n + d_n dt + sigma sqrt(dt) xi_n) mod 2 pi.
///
/// With s = sin theta and c = cos theta the sum is c_n (K s)_n - s_n (K c)_n, so a step takes two products with
/// the matrix and no sine beyond those of the phases themselves. It allocates nothing and cannot fail.
///
/// One standard normal xi_n is drawn per oscillator and step, n upward. Without noise `Corrected` draws none,
/// `Published` draws all the same.
///
/// ```
/// use interlock_core::{Fidelity, physics::{Upde, UpdeConfig}};
/// let mut upde = Upde::layers(&[0.5; 16], UpdeConfig::default(), 42, Fidelity::Corrected).unwrap();
/// upde.run(100);
/// assert_eq!(upde.steps(), 100);
/// assert!(upde.theta().iter().all(|theta| (0.0..core::f64::consts::TAU).contains(theta)));
/// ```
#[derive(Clone, Debug)]
pub struct Upde {
    fidelity: Fidelity,
    config: UpdeConfig,
    coupling: Coupling,
    noise: Xorshift64,
    steps: u64,
    time: f64,
    r: f64,
    // In eights; what is beyond the oscillators affects nothing.
    omega: Vec<[f64; LANES]>,
    theta: Vec<[f64; LANES]>,
    velocity: Vec<[f64; LANES]>,
    sines: Vec<[f64; LANES]>,
    cosines: Vec<[f64; LANES]>,
    /// Normals of the step at hand.
    normals: Vec<[f64; LANES]>,
}

impl Upde {
    /// Oscillators with these natural frequencies, coupling and first phases. Phases may be any finite numbers;
    /// the first step brings them into [0, 2 pi).
    ///
    /// # Errors
    /// The number of frequencies or of phases is not the coupling's order; one is not finite; the step is not a
    /// positive number, the field is not finite or the noise is negative; something would move further than
    /// 1e15 rad in a step.
    pub fn new(
        omega: &[f64],
        coupling: Coupling,
        theta: &[f64],
        config: UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Result<Self, InputError> {
        let n = coupling.order();
        check_length("omega.length", omega.len(), n, "the coupling's number of oscillators")?;
        check_all("omega", omega, FINITE)?;
        check_theta(theta, n)?;
        check_config(&config, omega, &coupling)?;
        let list = |values: &[f64]| {
            let mut list = vec![[0.0; LANES]; n.div_ceil(LANES)];
            for (place, &value) in list.as_flattened_mut().iter_mut().zip(values) {
                *place = value;
            }
            list
        };
        let mut upde = Self {
            fidelity,
            config,
            coupling,
            noise: Xorshift64::new(seed, fidelity),
            steps: 0,
            time: 0.0,
            r: 0.0,
            omega: list(omega),
            theta: list(theta),
            velocity: list(&[]),
            sines: list(&[]),
            cosines: list(&[]),
            normals: list(&[]),
        };
        upde.measure(sin_cos_lanes);
        Ok(upde)
    }

    /// The sixteen layers with their own frequencies and coupling.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn layers(theta: &[f64], config: UpdeConfig, seed: u64, fidelity: Fidelity) -> Result<Self, InputError> {
        Self::new(&layers::OMEGA, layers::coupling(fidelity), theta, config, seed, fidelity)
    }

    /// Advances by one step.
    pub fn step(&mut self) {
        self.run(1);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the loop around it is compiled for more than one processor")]
    fn step_once(&mut self) {
        let UpdeConfig { dt, noise_amplitude, .. } = self.config;
        let n = self.coupling.order();
        if noise_amplitude > 0.0 {
            self.noise.normals(self.normals.as_flattened_mut().get_mut(..n).unwrap_or_default());
            let spread = noise_amplitude * sqrt(dt);
            self.advance(|moved, xi| moved + spread * xi);
        } else {
            // Branch: the published stepper draws normals that it then multiplies by 0.
            if self.fidelity.is_published() {
                self.noise.skip_normals(n);
            }
            self.advance(|moved, _| moved);
        }
        self.measure(sin_cos_near_lanes);
        self.time += dt;
        self.steps = self.steps.saturating_add(1);
    }

    /// Moves the phases; `kick` adds a normal's share to where one has drifted.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as of step_once")]
    #[allow(clippy::indexing_slicing, reason = "lanes of arrays of that many lanes")]
    fn advance(&mut self, kick: impl Fn(f64, f64) -> f64) {
        let UpdeConfig { dt, field_pressure, .. } = self.config;
        let n = self.coupling.order();
        let columns = (self.sines.as_flattened(), self.cosines.as_flattened());
        let products = self.coupling.products(columns.0.get(..n).unwrap_or_default(), columns.1);
        let phases = self.theta.iter_mut().zip(&mut self.velocity).zip(&self.omega).zip(&self.normals);
        let parts = self.sines.iter().zip(&self.cosines).zip(products);
        for ((((theta, velocity), omega), xi), ((s, c), (ks, kc))) in phases.zip(parts) {
            // Lists of their own, so that the compiler sees that none overlaps another.
            let (mut drift, mut next) = ([0.0; LANES], *theta);
            for lane in 0..LANES {
                drift[lane] = omega[lane] + (c[lane] * ks[lane] - s[lane] * kc[lane]) + field_pressure * c[lane];
                next[lane] = kick(next[lane] + drift[lane] * dt, xi[lane]);
            }
            *velocity = drift;
            *theta = wrap_lanes(next, self.fidelity);
        }
    }

    /// Advances by `steps` steps.
    pub fn run(&mut self, steps: u32) {
        wide(Steps(self, steps));
    }

    /// Sines, cosines and order parameter of the phases.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as of step_once")]
    fn measure(&mut self, sin_cos: impl Fn([f64; LANES]) -> ([f64; LANES], [f64; LANES])) {
        for ((theta, sines), cosines) in self.theta.iter().zip(&mut self.sines).zip(&mut self.cosines) {
            (*sines, *cosines) = sin_cos(*theta);
        }
        self.r = order::of_components(self.sines(), self.cosines());
    }

    /// Number of oscillators.
    #[must_use]
    pub fn oscillators(&self) -> usize {
        self.coupling.order()
    }

    /// The phases, rad: as given until the first step, then in [0, 2 pi) (`Published` may give 2 pi itself).
    #[must_use]
    pub fn theta(&self) -> &[f64] {
        self.first(&self.theta)
    }

    /// The drift d of the last step, without noise, rad/s; zeros before the first one.
    #[must_use]
    pub fn velocity(&self) -> &[f64] {
        self.first(&self.velocity)
    }

    /// Sines of the phases.
    #[must_use]
    pub fn sines(&self) -> &[f64] {
        self.first(&self.sines)
    }

    /// Cosines of the phases.
    #[must_use]
    pub fn cosines(&self) -> &[f64] {
        self.first(&self.cosines)
    }

    fn first<'a>(&self, list: &'a [[f64; LANES]]) -> &'a [f64] {
        list.as_flattened().get(..self.oscillators()).unwrap_or_default()
    }

    /// The order parameter R of the phases, in [0, 1].
    #[must_use]
    pub fn r(&self) -> f64 {
        self.r
    }

    /// Time that has passed, s: the steps' lengths added up one by one.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Steps that were made.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Where the noise is; see [`Xorshift64::state`].
    #[must_use]
    pub fn noise_state(&self) -> u64 {
        self.noise.state()
    }

    /// How the phases are driven and integrated.
    #[must_use]
    pub fn config(&self) -> &UpdeConfig {
        &self.config
    }

    /// The coupling.
    #[must_use]
    pub fn coupling(&self) -> &Coupling {
        &self.coupling
    }

    /// Drives the oscillators otherwise from now on.
    ///
    /// # Errors
    /// As [`new`](Self::new); nothing has changed.
    pub fn set_config(&mut self, config: UpdeConfig) -> Result<(), InputError> {
        check_config(&config, self.omega.as_flattened(), &self.coupling)?;
        self.config = config;
        Ok(())
    }

    /// Couples the oscillators otherwise from now on.
    ///
    /// # Errors
    /// As [`new`](Self::new); nothing has changed.
    pub fn set_coupling(&mut self, coupling: Coupling) -> Result<(), InputError> {
        check_length("coupling.order", coupling.order(), self.oscillators(), "the number of oscillators")?;
        check_config(&self.config, self.omega.as_flattened(), &coupling)?;
        self.coupling = coupling;
        Ok(())
    }

    /// Puts the oscillators elsewhere; time, steps and noise go on.
    ///
    /// # Errors
    /// As [`new`](Self::new); nothing has changed.
    pub fn set_theta(&mut self, theta: &[f64]) -> Result<(), InputError> {
        check_theta(theta, self.oscillators())?;
        for (place, &value) in self.theta.as_flattened_mut().iter_mut().zip(theta) {
            *place = value;
        }
        self.measure(sin_cos_lanes);
        Ok(())
    }

    /// Starts again from these phases: time, steps and velocities at 0. The noise goes on.
    ///
    /// # Errors
    /// As [`new`](Self::new); nothing has changed.
    pub fn restart(&mut self, theta: &[f64]) -> Result<(), InputError> {
        self.set_theta(theta)?;
        self.velocity.fill([0.0; LANES]);
        (self.time, self.steps) = (0.0, 0);
        Ok(())
    }
}

/// A number of steps to be made.
struct Steps<'a>(&'a mut Upde, u32);

impl Work for Steps<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as the trait says")]
    fn run(self) {
        for _ in 0..self.1 {
            self.0.step_once();
        }
    }
}

fn check_theta(theta: &[f64], n: usize) -> Result<(), InputError> {
    check_length("theta.length", theta.len(), n, "the number of oscillators")?;
    check_all("theta", theta, FINITE)
}

fn check_config(config: &UpdeConfig, omega: &[f64], coupling: &Coupling) -> Result<(), InputError> {
    let UpdeConfig { dt, field_pressure, noise_amplitude } = *config;
    check("dt", dt, STEP)?;
    check("field_pressure", field_pressure, FINITE)?;
    check("noise_amplitude", noise_amplitude, NOT_NEGATIVE)?;
    let fastest = omega.iter().fold(0.0_f64, |most, omega| most.max(omega.abs()));
    let drift = fastest + 2.0 * coupling.largest_row() + field_pressure.abs();
    let motion = drift * dt + noise_amplitude * sqrt(dt) * LARGEST_NORMAL;
    check("motion", motion, Range { lo: 0.0, hi: FURTHEST, words: "at most 1e15 rad in a step" })
}
