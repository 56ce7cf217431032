//! The functional that scores a state of the phases.

use interlock_core::physics::{self, Coupling, Motion, SecConfig};
use wasm_bindgen::prelude::wasm_bindgen;

use super::fidelity;
use super::fields::{Place, read};
use crate::details;
use crate::failure::{Failure, given, made};

/// The SEC functional.
#[wasm_bindgen]
pub struct Sec {
    core: physics::Sec,
    oscillators: usize,
}

#[wasm_bindgen]
impl Sec {
    /// A functional for oscillators with these natural frequencies and this coupling, row by row.
    ///
    /// # Errors
    /// A list, a number or the configuration is refused.
    pub fn create(omega: &[f64], coupling: &[f64], config: &[u8], published: bool) -> Option<Sec> {
        made(self::create(omega, coupling, config, published))
    }

    /// Scores a state of which `motion` is not known (0), the phases an interval ago (1) or the velocities (2). Slots:
    /// V, V normalised, R, dV/dt, coherence score, and V's terms of coupling, frequency and entropy.
    ///
    /// # Errors
    /// A list or a number is refused.
    pub fn evaluate(&mut self, theta: &[f64], kind: u32, motion: &[f64], interval: f64) {
        let motion = match kind {
            0 => Motion::Unknown,
            1 => Motion::Previous(motion),
            _ => Motion::Velocity(motion),
        };
        if let Some(result) = made(self.core.evaluate(theta, motion, interval)) {
            details::set(&[
                result.v,
                result.v_normalised,
                result.r,
                result.dv_dt,
                result.coherence_score,
                result.v_coupling,
                result.v_frequency,
                result.v_entropy,
            ]);
        }
    }

    /// Couples otherwise.
    ///
    /// # Errors
    /// The matrix is refused.
    #[wasm_bindgen(js_name = setCoupling)]
    pub fn set_coupling(&mut self, coupling: &[f64]) {
        let coupling = Coupling::new(self.oscillators, coupling);
        given(coupling.and_then(|coupling| self.core.set_coupling(coupling)));
    }

    /// The scale of V.
    #[wasm_bindgen(js_name = vMax)]
    pub fn v_max(&self) -> f64 {
        self.core.v_max()
    }

    /// V of the last evaluation; NaN for none.
    pub fn previous(&self) -> f64 {
        self.core.previous().unwrap_or(f64::NAN)
    }

    /// Forgets the last evaluation.
    pub fn reset(&mut self) {
        self.core.reset();
    }
}

fn create(omega: &[f64], coupling: &[f64], config: &[u8], published: bool) -> Result<Sec, Failure> {
    let mut settings = SecConfig::default();
    let SecConfig { frequency_weight, entropy_weight } = &mut settings;
    read(
        config,
        &mut [("frequency_weight", Place::Number(frequency_weight)), ("entropy_weight", Place::Number(entropy_weight))],
    )?;
    let oscillators = omega.len();
    let coupling = Coupling::new(oscillators, coupling)?;
    Ok(Sec { core: physics::Sec::new(omega, coupling, settings, fidelity(published))?, oscillators })
}
