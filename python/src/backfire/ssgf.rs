//! `RustSSGFEngine`.

use interlock_core::Fidelity;
use interlock_core::geometry::{SsgfConfig, SsgfEngine, StepRecord};
use interlock_core::numeric::EigenMethod;
use interlock_core::physics::layers;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::convert::{Reals, dict, refused};
use crate::shared::Shared;

/// Steps between two looks at the interpreter's signals.
const PIECE: usize = 256;

/// A graph over oscillators that follows a cost downhill while they move on it.
///
/// omega, k: natural frequencies in rad/s and coupling, n and n x n numbers; those of the sixteen layers where none are
/// given. lr_z: step along the slope. n_micro: micro-steps in an outer step. seed: of latents, phases and noise.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustSSGFEngine {
    engine: Shared<SsgfEngine>,
}

fn log<'py>(py: Python<'py>, record: &StepRecord) -> PyResult<Bound<'py, PyDict>> {
    Ok(dict!(py, {
        "step": record.step, "r_global": record.r_global, "fiedler_value": record.fiedler_value,
        "spectral_gap": record.spectral_gap, "h_rec": record.h_rec, "gate_open": record.gate_open,
        "refusal": record.refusal, "w_valid": record.w_valid, "eigval_ordered": record.eigval_ordered,
        "u_total": record.costs.u_total, "c_micro": record.costs.c_micro, "pgbo_u_norm": record.pgbo_u_norm,
        "pgbo_h_frob": record.pgbo_h_frob, "tcbo_p_h1": record.tcbo_p_h1, "tcbo_gate_open": record.tcbo_gate_open,
    }))
}

#[pymethods]
impl RustSSGFEngine {
    #[new]
    #[pyo3(signature = (
        omega = None, k = None, n = 16, lr_z = 0.01, n_micro = 10, noise_amp = 0.02, pgbo_enabled = true, seed = 42,
        *, fidelity = None
    ))]
    fn new(
        omega: Option<Reals>,
        k: Option<Reals>,
        n: u32,
        lr_z: f64,
        n_micro: u32,
        noise_amp: f64,
        pgbo_enabled: bool,
        seed: u64,
        fidelity: Option<&str>,
    ) -> PyResult<Self> {
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        let rows = layers::coupling_rows(fidelity);
        let omega = omega.map_or_else(|| layers::OMEGA.to_vec(), |omega| omega.0);
        let k = k.map_or_else(|| rows.as_flattened().to_vec(), |k| k.0);
        let config =
            SsgfConfig { n, lr_z, n_micro, noise_amp, pgbo_enabled, seed, log_capacity: 0, ..SsgfConfig::default() };
        let mut engine = SsgfEngine::new(config, &omega, &k, fidelity).map_err(refused)?;
        // The published one is five times slower and differs in the last digits.
        engine.set_eigen_method(EigenMethod::Tridiagonal);
        Ok(Self { engine: Shared::new(engine) })
    }

    /// Makes one outer step: a dict of what it found.
    fn outer_step<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let record = self.engine.work(py, SsgfEngine::outer_step)?.map_err(refused)?;
        log(py, &record)
    }

    /// Makes n_outer outer steps: a list of what each found.
    #[pyo3(signature = (n_outer))]
    fn run<'py>(&self, py: Python<'py>, n_outer: usize) -> PyResult<Bound<'py, PyList>> {
        let logs = PyList::empty(py);
        let mut left = n_outer;
        while left > 0 {
            let piece = left.min(PIECE);
            left = left.saturating_sub(piece);
            let records: Result<Vec<StepRecord>, _> =
                self.engine.work(py, |engine| (0..piece).map(|_| engine.outer_step()).collect())?;
            for record in records.map_err(refused)? {
                logs.append(log(py, &record)?)?;
            }
            py.check_signals()?;
        }
        Ok(logs)
    }

    /// Sets TCBO's probability for the next steps, in [0, 1].
    #[pyo3(signature = (p_h1))]
    fn set_tcbo_p_h1(&self, py: Python<'_>, p_h1: f64) -> PyResult<()> {
        self.engine.lock(py)?.set_p_h1(p_h1).map_err(refused)
    }

    /// The order parameter of the phases, in [0, 1].
    fn r_global(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.engine.lock(py)?.r())
    }

    /// Outer steps made.
    fn step_count(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.engine.lock(py)?.steps())
    }

    /// The state as parameters of sound: a dict.
    fn audio_mapping<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let audio = self.engine.lock(py)?.audio();
        Ok(dict!(py, {
            "r_global": audio.r_global, "entrainment_intensity": audio.entrainment_intensity,
            "beat_hz": audio.beat_hz, "pulse_hz": audio.pulse_hz, "spatial_angle_deg": audio.spatial_angle_deg,
            "brainwave_band": audio.band.name(), "fiedler_stability": audio.fiedler_stability,
            "spectral_gap": audio.spectral_gap, "geometry_density": audio.geometry_density,
            "l16_gate_open": audio.l16_gate_open, "l16_refusal": audio.l16_refusal, "tcbo_p_h1": audio.tcbo_p_h1,
            "tcbo_gate_open": audio.tcbo_gate_open, "pgbo_u_norm": audio.pgbo_u_norm,
            "pgbo_h_frob": audio.pgbo_h_frob, "theurgic_mode": audio.theurgic_mode,
            "healing_acceleration": audio.healing_acceleration,
        }))
    }
}
