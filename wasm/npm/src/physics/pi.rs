//! A proportional-integral element.

use interlock_core::physics;
use wasm_bindgen::prelude::wasm_bindgen;

use super::fidelity;
use crate::failure::{given, made};

/// A PI element.
#[wasm_bindgen]
pub struct PiElement(physics::PiElement);

#[wasm_bindgen]
impl PiElement {
    /// An element with these gains and bounds.
    ///
    /// # Errors
    /// A number is refused.
    #[allow(clippy::too_many_arguments, reason = "the fields of one object")]
    pub fn create(
        setpoint: f64,
        kp: f64,
        ki: f64,
        integral_min: f64,
        integral_max: f64,
        output_min: f64,
        output_max: f64,
    ) -> Option<PiElement> {
        let (integral, output) = ([integral_min, integral_max], [output_min, output_max]);
        let element = physics::PiElement::new(setpoint, kp, ki);
        made(element.and_then(|element| element.with_bounds(integral, output)).map(Self))
    }

    /// Takes a measurement: the output.
    ///
    /// # Errors
    /// A number is refused.
    pub fn step(&mut self, measured: f64, dt: f64, published: bool) -> f64 {
        given(self.0.step(measured, dt, fidelity(published)))
    }

    /// The wanted value.
    pub fn setpoint(&self) -> f64 {
        self.0.setpoint()
    }

    /// Sum of error x time.
    pub fn integral(&self) -> f64 {
        self.0.integral()
    }

    /// Error of the last step.
    #[wasm_bindgen(js_name = lastError)]
    pub fn last_error(&self) -> f64 {
        self.0.last_error()
    }

    /// Forgets what was measured.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}
