//! The micro-cycle: the phases between two changes of the graph.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has its size from construction on"
)]

use alloc::vec;
use alloc::vec::Vec;

use interlock_vector::{Work, wide};

use crate::error::{InputError, Range, check, check_all, check_length};
use crate::numeric::{Xorshift64, sin_cos_list};
use crate::physics::wrap;

use super::config::{Corrections, INPUT, MAX_NODES, fidelity};
use super::functions::{order_parameter, sqrt};

/// Columns of the coupling are padded to a multiple of this.
const LANES: usize = 8;

/// Settings of a micro-cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MicroConfig {
    /// Time of a step in seconds, in [1e-9, 1000].
    pub dt: f64,
    /// Gain of the weights in the coupling.
    pub sigma_g: f64,
    /// Amplitude of the noise in rad/sqrt(s), in [0, 1e6].
    pub noise_amp: f64,
    /// Field F of the drift F cos(theta), in rad/s.
    pub field_pressure: f64,
    /// Gain of PGBO's tensor in the coupling.
    pub pgbo_weight: f64,
}

impl Default for MicroConfig {
    fn default() -> Self {
        super::config::SsgfConfig::default().micro()
    }
}

/// Phases that are driven by their frequencies, by coupling, weights and tensor together, by a field and by noise.
///
/// Coupling, weights and tensor are constant between two changes of the graph, so they are added up once, and a step
/// takes 2N sines instead of N^2. No call allocates after construction. Section 8.5.
#[derive(Clone, Debug, PartialEq)]
pub struct MicroCycle {
    config: MicroConfig,
    corrections: Corrections,
    omega: Vec<f64>,
    /// Row i acts on oscillator i; row by row.
    coupling: Vec<f64>,
    theta: Vec<f64>,
    sines: Vec<f64>,
    cosines: Vec<f64>,
    /// Coupling, weights and tensor together, 0 on the diagonal: column by column, columns padded with zeros.
    columns: Vec<f64>,
    stride: u32,
    /// What pulls at the oscillators, times sine and cosine.
    pulls: Vec<f64>,
    noise: Vec<f64>,
    random: Xorshift64,
}

impl MicroCycle {
    /// A micro-cycle of as many oscillators as there are phases, coupled by `coupling` alone (row by row, row i acts
    /// on oscillator i, not necessarily symmetric).
    ///
    /// # Errors
    /// No phases or more than 256, lists of other lengths, a number that is not finite or beyond 1e9, or a
    /// setting out of its range.
    pub fn new(
        config: MicroConfig,
        omega: &[f64],
        coupling: &[f64],
        theta: &[f64],
        seed: u64,
        corrections: impl Into<Corrections>,
    ) -> Result<Self, InputError> {
        let corrections = corrections.into();
        let n = omega.len();
        let nodes = Range { lo: 1.0, hi: f64::from(MAX_NODES), words: "from 1 to 256 numbers long" };
        check("omega.length", super::functions::count(n), nodes)?;
        check_length("coupling.length", coupling.len(), n * n, "n x n numbers long")?;
        check_length("theta.length", theta.len(), n, "as long as omega")?;
        check_all("omega", omega, INPUT)?;
        check_all("coupling", coupling, INPUT)?;
        check_all("theta", theta, INPUT)?;
        check("dt_micro", config.dt, Range { lo: 1e-9, hi: 1e3, words: "in [1e-9, 1000] seconds" })?;
        let factor = Range { lo: -1e6, hi: 1e6, words: "a finite number within 1e6 of 0" };
        check("sigma_g", config.sigma_g, factor)?;
        check("noise_amp", config.noise_amp, Range { lo: 0.0, hi: 1e6, words: "in [0, 1e6]" })?;
        check("field_pressure", config.field_pressure, factor)?;
        check("pgbo_weight", config.pgbo_weight, factor)?;
        let stride = n.div_ceil(LANES) * LANES;
        let mut cycle = Self {
            config,
            corrections,
            omega: omega.to_vec(),
            coupling: coupling.to_vec(),
            theta: theta.to_vec(),
            sines: vec![0.0; n],
            cosines: vec![0.0; n],
            columns: vec![0.0; n * stride],
            stride: u32::try_from(stride).unwrap_or(0),
            pulls: vec![0.0; 2 * stride],
            noise: vec![0.0; n],
            random: Xorshift64::new(seed, fidelity(corrections.seed)),
        };
        cycle.couple_checked(None, None);
        cycle.turned();
        Ok(cycle)
    }

    /// Phases, in [0, 2 pi) after a step.
    #[must_use]
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// Sines of the phases.
    #[must_use]
    pub fn sines(&self) -> &[f64] {
        &self.sines
    }

    /// Cosines of the phases.
    #[must_use]
    pub fn cosines(&self) -> &[f64] {
        &self.cosines
    }

    /// The order parameter, in [0, 1].
    #[must_use]
    pub fn r(&self) -> f64 {
        order_parameter(&self.sines, &self.cosines)
    }

    /// |cos| of the difference of two phases: their locking at this instant. 0 beyond the last oscillator.
    #[must_use]
    pub fn plv(&self, i: u32, j: u32) -> f64 {
        let phase = |index: u32| self.theta.get(index as usize);
        match (phase(i), phase(j)) {
            (Some(a), Some(b)) => super::functions::cos(a - b).abs(),
            _ => 0.0,
        }
    }

    /// Where the noise's generator is.
    #[must_use]
    pub const fn random_state(&self) -> u64 {
        self.random.state()
    }

    /// Replaces the phases.
    ///
    /// # Errors
    /// A wrong number of them, or one that is not finite or beyond 1e9.
    pub fn set_theta(&mut self, theta: &[f64]) -> Result<(), InputError> {
        check_length("theta.length", theta.len(), self.theta.len(), "as long as omega")?;
        check_all("theta", theta, INPUT)?;
        self.theta.copy_from_slice(theta);
        self.turned();
        Ok(())
    }

    /// Sets what is coupled from now on: coupling + sigma_g w + pgbo_weight h, each row by row.
    ///
    /// # Errors
    /// Not n x n numbers, or one that is not finite or beyond 1e9.
    pub fn couple(&mut self, w: Option<&[f64]>, h: Option<&[f64]>) -> Result<(), InputError> {
        for (name, length, matrix) in [("w", "w.length", w), ("h", "h.length", h)] {
            if let Some(matrix) = matrix {
                check_length(length, matrix.len(), self.coupling.len(), "n x n numbers long")?;
                check_all(name, matrix, INPUT)?;
            }
        }
        self.couple_checked(w, h);
        Ok(())
    }

    /// As [`couple`](Self::couple) for matrices that need no check.
    pub(super) fn couple_checked(&mut self, w: Option<&[f64]>, h: Option<&[f64]>) {
        let n = self.omega.len();
        let stride = self.stride as usize;
        for i in 0..n {
            for j in 0..n {
                let at = i * n + j;
                let mut sum = self.coupling[at];
                if let Some(w) = w {
                    sum += self.config.sigma_g * w[at];
                }
                if let Some(h) = h {
                    sum += self.config.pgbo_weight * h[at];
                }
                self.columns[j * stride + i] = if i == j { 0.0 } else { sum };
            }
        }
    }

    /// One step: all drifts from the old phases, one normal for each oscillator in their order, also without noise.
    pub fn step(&mut self) {
        self.run(1);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    fn step_once(&mut self) {
        let dt = self.config.dt;
        let spread = self.config.noise_amp * sqrt(dt);
        if spread == 0.0 {
            self.random.skip_normals(self.noise.len());
        } else {
            self.random.normals(&mut self.noise);
        }
        let turn = fidelity(self.corrections.wrap);
        self.pull();
        let (with_sines, with_cosines) = self.pulls.split_at(self.stride as usize);
        for i in 0..self.omega.len() {
            let (s, c) = (self.sines[i], self.cosines[i]);
            let coupled = c * with_sines[i] - s * with_cosines[i];
            let drift = self.omega[i] + coupled + self.config.field_pressure * c;
            let kick = spread * self.noise[i];
            let moved = if self.corrections.noise {
                self.theta[i] + drift * dt + kick
            } else {
                self.theta[i] + (drift + kick) * dt
            };
            self.theta[i] = wrap(moved, turn);
        }
        self.turned();
    }

    /// Several steps.
    pub fn run(&mut self, steps: u32) {
        wide(Steps(self, steps));
    }

    /// Sines and cosines of the phases, after these have changed.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as of step_once")]
    fn turned(&mut self) {
        sin_cos_list(&self.theta, &mut self.sines, &mut self.cosines);
    }

    /// The matrix times the sines and the matrix times the cosines, a block of rows after the other.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as of step_once")]
    fn pull(&mut self) {
        let stride = self.stride as usize;
        let (with_sines, with_cosines) = self.pulls.split_at_mut(stride);
        let blocks = with_sines.chunks_exact_mut(LANES).zip(with_cosines.chunks_exact_mut(LANES));
        for (block, (out_s, out_c)) in blocks.enumerate() {
            let (mut sums_s, mut sums_c) = ([0.0; LANES], [0.0; LANES]);
            let columns = self.columns.chunks_exact(stride);
            for ((column, &s), &c) in columns.zip(&self.sines).zip(&self.cosines) {
                let part = &column[block * LANES..][..LANES];
                for lane in 0..LANES {
                    sums_s[lane] += part[lane] * s;
                    sums_c[lane] += part[lane] * c;
                }
            }
            out_s.copy_from_slice(&sums_s);
            out_c.copy_from_slice(&sums_c);
        }
    }
}

/// A number of steps to be made.
struct Steps<'a>(&'a mut MicroCycle, u32);

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
