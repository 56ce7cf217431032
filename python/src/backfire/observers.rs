//! Observers of the phases: `RustTCBOObserver`, `RustTCBOController`, `RustPGBOEngine`.

use interlock_core::Fidelity;
use interlock_core::observers::{Estimator, Pgbo, PgboConfig, Tcbo, TcboConfig, TcboController, TcboControllerConfig};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyList};

use crate::convert::{Reals, dict, finite, finite_all, refused};
use crate::shared::Shared;

/// Says how probable it is that the phases go round a loop together.
///
/// n: phases of a sample. tau_h1: the probability above which the gate is open. beta: steepness. window_size: samples
/// that are looked at. As published the measure is a spread of distances; corrected, the longest bar of degree 1.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustTCBOObserver {
    observer: Shared<Tcbo>,
}

#[pymethods]
impl RustTCBOObserver {
    #[new]
    #[pyo3(signature = (n = 16, tau_h1 = 0.72, beta = 8.0, window_size = 50, *, fidelity = None))]
    fn new(n: u32, tau_h1: f64, beta: f64, window_size: u32, fidelity: Option<&str>) -> PyResult<Self> {
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        let estimator = if fidelity.is_published() { Estimator::Spread } else { Estimator::Rips };
        let config = TcboConfig { tau_h1, beta, window_size, estimator, ..TcboConfig::default() };
        Ok(Self { observer: Shared::new(Tcbo::new(n, config, fidelity).map_err(refused)?) })
    }

    /// Takes the phases of a sample.
    #[pyo3(signature = (theta))]
    fn push(&self, py: Python<'_>, theta: Reals) -> PyResult<()> {
        self.observer.lock(py)?.push(&theta.0).map_err(refused)
    }

    /// Computes the probability now.
    fn compute(&self, py: Python<'_>) -> PyResult<f64> {
        self.observer.work(py, |observer| observer.compute(true).p_h1)
    }

    /// push, then computes where it is time to or force is set; gives the probability.
    #[pyo3(signature = (theta, force))]
    fn push_and_compute(&self, py: Python<'_>, theta: Reals, force: bool) -> PyResult<f64> {
        self.observer
            .work(py, |observer| {
                observer.push(&theta.0)?;
                Ok(observer.compute(force).p_h1)
            })?
            .map_err(refused)
    }

    /// The last probability.
    #[getter]
    fn p_h1(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.observer.lock(py)?.reading().p_h1)
    }
    /// Whether it is above tau_h1.
    #[getter]
    fn is_conscious(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.observer.lock(py)?.reading().is_conscious)
    }
    /// Forgets every sample.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.observer.lock(py)?.reset();
        Ok(())
    }
}

/// Moves a coupling gain until the observer's gate opens.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustTCBOController {
    controller: Shared<TcboController>,
}

#[pymethods]
impl RustTCBOController {
    #[new]
    #[pyo3(signature = (tau_h1 = 0.72, kp = 0.8, ki = 0.2, kappa_max = 5.0, *, fidelity = None))]
    fn new(tau_h1: f64, kp: f64, ki: f64, kappa_max: f64, fidelity: Option<&str>) -> PyResult<Self> {
        let config = TcboControllerConfig { tau_h1, kp, ki, kappa_max, ..TcboControllerConfig::default() };
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        Ok(Self { controller: Shared::new(TcboController::new(config, fidelity).map_err(refused)?) })
    }

    /// Takes the probability, the present gain and the time since the last step in seconds; gives the new gain.
    #[pyo3(signature = (p_h1, current_kappa, dt))]
    fn step(&self, py: Python<'_>, p_h1: f64, current_kappa: f64, dt: f64) -> PyResult<f64> {
        finite(&[("p_h1", p_h1), ("current_kappa", current_kappa), ("dt", dt)])?;
        Ok(self.controller.lock(py)?.step(p_h1, current_kappa, dt).map_err(refused)?.kappa)
    }

    /// Whether a probability is above tau_h1: the given one, or that of the last step.
    #[pyo3(signature = (p_h1 = None))]
    fn is_gate_open(&self, py: Python<'_>, p_h1: Option<f64>) -> PyResult<bool> {
        Ok(self.controller.lock(py)?.is_gate_open(p_h1))
    }

    /// Forgets every step.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.controller.lock(py)?.reset();
        Ok(())
    }
}

/// A symmetric matrix row by row: to make a float of Python takes longer than all else, so an entry and its mirror image are
/// one.
fn symmetric<'py>(py: Python<'py>, matrix: &[f64], n: usize) -> PyResult<Bound<'py, PyList>> {
    let mut floats: Vec<Bound<'py, PyFloat>> = Vec::with_capacity(matrix.len());
    for (i, row) in matrix.chunks_exact(n.max(1)).enumerate() {
        for (j, entry) in row.iter().enumerate() {
            let mirrored = j.checked_mul(n).and_then(|start| floats.get(start.checked_add(i)?)).cloned();
            floats.push(mirrored.unwrap_or_else(|| PyFloat::new(py, *entry)));
        }
    }
    PyList::new(py, floats)
}

/// From the gradient of the phases to a symmetric tensor over the nodes.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustPGBOEngine {
    engine: Shared<Pgbo>,
}

#[pymethods]
impl RustPGBOEngine {
    #[new]
    #[pyo3(signature = (n = 16, alpha = 0.5, kappa = 0.3, u_cap = 10.0, traceless = false, *, fidelity = None))]
    fn new(n: u32, alpha: f64, kappa: f64, u_cap: f64, traceless: bool, fidelity: Option<&str>) -> PyResult<Self> {
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        let config = PgboConfig { alpha, kappa, u_cap, traceless };
        Ok(Self { engine: Shared::new(Pgbo::new(n, config, fidelity).map_err(refused)?) })
    }

    /// Takes the phases at the end of dt seconds: a dict of u_mu, h_munu (row by row), u_norm, h_trace and h_frob. The
    /// first call only remembers them.
    #[pyo3(signature = (theta, dt))]
    fn compute<'py>(&self, py: Python<'py>, theta: Reals, dt: f64) -> PyResult<Bound<'py, PyDict>> {
        finite_all("theta", &theta.0)?;
        finite(&[("dt", dt)])?;
        let mut engine = self.engine.lock(py)?;
        let reading = engine.compute(&theta.0, dt).map_err(refused)?;
        let mut h = vec![0.0; engine.u().len().saturating_mul(engine.u().len())];
        engine.tensor().write(&mut h).map_err(refused)?;
        Ok(dict!(py, {
            "u_mu": PyList::new(py, engine.u())?, "h_munu": symmetric(py, &h, engine.u().len())?,
            "u_norm": reading.u_norm, "h_trace": reading.h_trace, "h_frob": reading.h_frob,
        }))
    }

    /// Overwrites as many entries of the boundary potential as are given, in rad/s.
    #[pyo3(signature = (a_mu))]
    fn set_boundary_potential(&self, py: Python<'_>, a_mu: Reals) -> PyResult<()> {
        finite_all("a_mu", &a_mu.0)?;
        self.engine.lock(py)?.set_potential(&a_mu.0).map_err(refused)
    }

    /// Length of the vector of the last call, in rad/s.
    #[getter]
    fn u_norm(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.engine.lock(py)?.reading().u_norm)
    }
    /// Frobenius norm of the tensor of the last call.
    #[getter]
    fn h_frob(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.engine.lock(py)?.reading().h_frob)
    }
    /// As after construction, with the potential at 0.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.engine.lock(py)?.reset();
        Ok(())
    }
}
