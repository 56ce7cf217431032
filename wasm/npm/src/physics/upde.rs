//! The phase equation, integrated.

use interlock_core::physics::{self, Coupling, UpdeConfig};
use wasm_bindgen::prelude::wasm_bindgen;

use super::fidelity;
use super::fields::{Place, read};
use super::frame::Frame;
use crate::details::{self, count};
use crate::failure::{Failure, given, made};

/// Coupled phase oscillators.
#[wasm_bindgen]
pub struct Upde(physics::Upde);

#[wasm_bindgen]
impl Upde {
    /// Oscillators with these natural frequencies, coupling (row by row) and first phases.
    ///
    /// # Errors
    /// A list, a number or the configuration is refused.
    pub fn create(
        omega: &[f64],
        coupling: &[f64],
        theta: &[f64],
        config: &[u8],
        seed: u64,
        published: bool,
    ) -> Option<Upde> {
        made(self::create(omega, coupling, theta, config, seed, published))
    }

    /// Leaves the state in the frame: R, time, steps, then phases, drifts, sines and cosines.
    pub fn publish(&self, frame: &mut Frame) {
        let upde = &self.0;
        let head = [upde.r(), upde.time(), count(upde.steps())];
        frame.write(&[&head, upde.theta(), upde.velocity(), upde.sines(), upde.cosines()]);
    }

    /// Advances by one step.
    pub fn step(&mut self, frame: &mut Frame) {
        self.0.step();
        self.publish(frame);
    }

    /// Advances by `steps` steps.
    pub fn run(&mut self, steps: u32, frame: &mut Frame) {
        self.0.run(steps);
        self.publish(frame);
    }

    /// Where the noise is.
    #[wasm_bindgen(js_name = noiseState)]
    pub fn noise_state(&self) -> u64 {
        self.0.noise_state()
    }

    /// Leaves the configuration in the slots: step, field, noise.
    pub fn config(&self) {
        let UpdeConfig { dt, field_pressure, noise_amplitude } = *self.0.config();
        details::set(&[dt, field_pressure, noise_amplitude]);
    }

    /// Changes the configuration; what the tree lacks stays.
    ///
    /// # Errors
    /// It is refused.
    #[wasm_bindgen(js_name = setConfig)]
    pub fn set_config(&mut self, config: &[u8]) {
        given(config_of(config, *self.0.config()).and_then(|config| Ok(self.0.set_config(config)?)));
    }

    /// Couples the oscillators otherwise.
    ///
    /// # Errors
    /// The matrix is refused.
    #[wasm_bindgen(js_name = setCoupling)]
    pub fn set_coupling(&mut self, coupling: &[f64]) {
        let coupling = Coupling::new(self.0.oscillators(), coupling);
        given(coupling.and_then(|coupling| self.0.set_coupling(coupling)));
    }

    /// Puts the oscillators elsewhere.
    ///
    /// # Errors
    /// The phases are refused.
    #[wasm_bindgen(js_name = setTheta)]
    pub fn set_theta(&mut self, theta: &[f64], frame: &mut Frame) {
        given(self.0.set_theta(theta));
        self.publish(frame);
    }
}

fn create(
    omega: &[f64],
    coupling: &[f64],
    theta: &[f64],
    config: &[u8],
    seed: u64,
    published: bool,
) -> Result<Upde, Failure> {
    let coupling = Coupling::new(omega.len(), coupling)?;
    let config = config_of(config, UpdeConfig::default())?;
    Ok(Upde(physics::Upde::new(omega, coupling, theta, config, seed, fidelity(published))?))
}

fn config_of(tree: &[u8], mut config: UpdeConfig) -> Result<UpdeConfig, Failure> {
    let UpdeConfig { dt, field_pressure, noise_amplitude } = &mut config;
    read(
        tree,
        &mut [
            ("dt", Place::Number(dt)),
            ("field_pressure", Place::Number(field_pressure)),
            ("noise_amplitude", Place::Number(noise_amplitude)),
        ],
    )?;
    Ok(config)
}
