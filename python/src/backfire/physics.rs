//! Phase dynamics: `RustUPDEStepper`, `RustSECFunctional`, `RustL16Controller`.

use std::collections::hash_map::RandomState;
use std::f64::consts::TAU;
use std::hash::{BuildHasher, Hasher};

use interlock_core::Fidelity;
use interlock_core::numeric::Xorshift64;
use interlock_core::physics::{
    Block, Coupling, L16, L16Config, L16Input, Locking, LoopState, Motion, Sec, SecConfig, Upde, UpdeConfig, layers,
    order,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::convert::{Reals, dict, finite, finite_all, refused};
use crate::shared::Shared;

/// Steps between two looks at the interpreter's signals.
const PIECE: u64 = 100_000;
/// From how many steps on the interpreter is let go of.
const LONG: u64 = 64;

/// A seed that nobody can foresee.
fn any_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Integrates the phases of the sixteen layers by the Euler-Maruyama method.
///
/// dt: length of a step in seconds. field_pressure: of the external field, rad/s.
/// noise_amplitude: in rad/sqrt(s). seed: of the noise; another one for each stepper where none is given.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustUPDEStepper {
    upde: Shared<Upde>,
}

#[pymethods]
impl RustUPDEStepper {
    #[new]
    #[pyo3(signature = (dt = 0.01, field_pressure = 0.1, noise_amplitude = 0.05, *, seed = None, fidelity = None))]
    fn new(
        dt: f64,
        field_pressure: f64,
        noise_amplitude: f64,
        seed: Option<u64>,
        fidelity: Option<&str>,
    ) -> PyResult<Self> {
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        let config = UpdeConfig { dt, field_pressure, noise_amplitude };
        let seed = seed.unwrap_or_else(any_seed);
        let upde = Upde::layers(&[0.0; layers::COUNT], config, seed, fidelity).map_err(refused)?;
        Ok(Self { upde: Shared::new(upde) })
    }

    /// Makes n_steps steps from these sixteen phases: a dict of theta, dtheta_dt, t, r_global and step_count.
    #[pyo3(signature = (theta, n_steps))]
    fn run<'py>(&self, py: Python<'py>, theta: Reals, n_steps: u64) -> PyResult<Bound<'py, PyDict>> {
        let mut upde = self.upde.lock(py)?;
        upde.restart(&theta.0).map_err(refused)?;
        let mut left = n_steps;
        while left > 0 {
            let piece = left.min(PIECE);
            left = left.saturating_sub(piece);
            let steps = u32::try_from(piece).unwrap_or(u32::MAX);
            if piece < LONG {
                upde.run(steps);
            } else {
                let upde = &mut *upde;
                py.detach(|| upde.run(steps));
                py.check_signals()?;
            }
        }
        Ok(dict!(py, {
            "theta": PyList::new(py, upde.theta())?, "dtheta_dt": PyList::new(py, upde.velocity())?,
            "t": upde.time(), "r_global": upde.r(), "step_count": upde.steps(),
        }))
    }

    /// A state with these phases, as many as there are.
    #[staticmethod]
    #[pyo3(signature = (theta))]
    fn create_state(py: Python<'_>, theta: Reals) -> PyResult<Bound<'_, PyDict>> {
        finite_all("theta", &theta.0)?;
        state(py, &theta.0)
    }

    /// A state with sixteen random phases.
    #[staticmethod]
    fn random_state(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let mut random = Xorshift64::new(any_seed(), Fidelity::Corrected);
        state(py, &core::array::from_fn::<f64, { layers::COUNT }, _>(|_| TAU * random.uniform()))
    }
}

fn state<'py>(py: Python<'py>, theta: &[f64]) -> PyResult<Bound<'py, PyDict>> {
    let still = std::iter::repeat_n(0.0, theta.len()).collect::<Vec<f64>>();
    Ok(dict!(py, {
        "theta": theta, "dtheta_dt": still, "t": 0.0, "r_global": order::parameter(theta), "step_count": 0,
    }))
}

/// Scores a state of the phases: coupling, frequency and entropy terms.
///
/// lambda_omega, lambda_entropy: weights of the last two, 0 or more.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustSECFunctional {
    sec: Shared<Sec>,
}

#[pymethods]
impl RustSECFunctional {
    #[new]
    #[pyo3(signature = (lambda_omega = 0.1, lambda_entropy = 0.01, *, fidelity = None))]
    fn new(lambda_omega: f64, lambda_entropy: f64, fidelity: Option<&str>) -> PyResult<Self> {
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        let config = SecConfig { frequency_weight: lambda_omega, entropy_weight: lambda_entropy };
        let sec = Sec::new(&layers::OMEGA, layers::coupling(fidelity), config, fidelity).map_err(refused)?;
        Ok(Self { sec: Shared::new(sec) })
    }

    /// The functional of these phases: a dict of v, v_normalised, r_global, dv_dt, coherence_score, v_coupling,
    /// v_frequency and v_entropy. theta_prev: the phases dt seconds ago.
    #[pyo3(signature = (theta, theta_prev = None, dt = 0.01))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        theta: Reals,
        theta_prev: Option<Reals>,
        dt: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        finite(&[("dt", dt)])?;
        if theta.0.is_empty() {
            return Err(PyValueError::new_err("theta is empty, must be phases"));
        }
        let motion = theta_prev.as_ref().map_or(Motion::Unknown, |before| Motion::Previous(&before.0));
        let result = self.sec.lock(py)?.evaluate(&theta.0, motion, dt).map_err(refused)?;
        Ok(dict!(py, {
            "v": result.v, "v_normalised": result.v_normalised, "r_global": result.r, "dv_dt": result.dv_dt,
            "coherence_score": result.coherence_score, "v_coupling": result.v_coupling,
            "v_frequency": result.v_frequency, "v_entropy": result.v_entropy,
        }))
    }

    /// The coupling strength from which the layers' frequencies lock, by the mean-field estimate.
    #[allow(clippy::unused_self, reason = "a method as published")]
    fn critical_coupling(&self) -> f64 {
        interlock_core::physics::critical_coupling(&layers::OMEGA)
    }

    /// Couples otherwise from now on: 16 x 16 finite numbers, row by row.
    #[pyo3(signature = (knm_flat))]
    fn update_coupling(&self, py: Python<'_>, knm_flat: Reals) -> PyResult<()> {
        let coupling = Coupling::new(layers::COUNT, &knm_flat.0).map_err(refused)?;
        self.sec.lock(py)?.set_coupling(coupling).map_err(refused)
    }
}

/// Closes the loop: H_rec and its slope, a gate, refusal and four PI elements.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustL16Controller {
    controller: Shared<L16>,
}

#[pymethods]
impl RustL16Controller {
    #[new]
    #[pyo3(signature = (
        n = 16, plv_threshold = 0.6, plv_window = 10, h_rec_window = 5, refusal_lr_factor = 0.5,
        refusal_d_factor = 0.5, refusal_tau_factor = 1.5, *, fidelity = None
    ))]
    fn new(
        n: u32,
        plv_threshold: f64,
        plv_window: u32,
        h_rec_window: u32,
        refusal_lr_factor: f64,
        refusal_d_factor: f64,
        refusal_tau_factor: f64,
        fidelity: Option<&str>,
    ) -> PyResult<Self> {
        let config = L16Config {
            n,
            plv_threshold,
            plv_window,
            h_rec_window,
            refusal_lr_factor,
            refusal_d_factor,
            refusal_tau_factor,
            ..L16Config::default()
        };
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        Ok(Self { controller: Shared::new(L16::new(config, fidelity).map_err(refused)?) })
    }

    /// Makes a step: a dict of what the controller says. All inputs must be finite.
    #[pyo3(signature = (theta, r_global, plv, c7, c8, c10, p_h1, h_frob, dt))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        theta: Reals,
        r_global: f64,
        plv: f64,
        c7: f64,
        c8: f64,
        c10: f64,
        p_h1: f64,
        h_frob: f64,
        dt: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        finite_all("theta", &theta.0)?;
        finite(&[
            ("r_global", r_global),
            ("plv", plv),
            ("c7", c7),
            ("c8", c8),
            ("c10", c10),
            ("p_h1", p_h1),
            ("h_frob", h_frob),
            ("dt", dt),
        ])?;
        let none = Block { values: &[], columns: 0 };
        let input = L16Input {
            state: LoopState { theta: &theta.0, eigenvectors: none, target: none, r: r_global, p_h1, h_frob },
            locking: Locking::Value(plv),
            c7,
            c8,
            c10,
            dt,
        };
        let said = self.controller.lock(py)?.step(&input).map_err(refused)?;
        Ok(dict!(py, {
            "lambda7": said.lambda7, "lambda8": said.lambda8, "lambda10": said.lambda10, "nu_star": said.nu_star,
            "gate_open": said.gate_open, "refusal": said.refusal, "h_rec": said.h_rec, "dh_rec_dt": said.dh_rec_dt,
            "lyapunov_stable": said.lyapunov_stable, "avg_plv": said.avg_plv, "lr_z_scale": said.lr_z_scale,
            "d_theta_scale": said.d_theta_scale, "tau_d_scale": said.tau_d_scale,
        }))
    }

    /// Whether the gate is open: the phases are locked.
    fn plv_gate_open(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.controller.lock(py)?.gate().is_open())
    }
}
