//! `BackfireConfig`.

use interlock_core::Fidelity;
use interlock_core::published::KernelConfig;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{dict, fidelity, fidelity_name, invalid};

/// Limits of kernels and scorer, validated and immutable.
///
/// hard_limit: a score below it halts at once, in [0, 1].
/// window_size, window_threshold: a full window of so many scores whose average is below the threshold halts.
/// trend_window, trend_threshold: a drop over so many scores that is greater than the threshold halts.
/// coherence_threshold, soft_limit: a reviewed text is approved from the one on and warned about below the other.
/// w_logic, w_fact: weights of the two divergences, in [0, 1]; they sum to one.
/// history_window: approved texts that a scorer remembers.
/// deadline_ms: a score that took longer is late (corrected only).
/// logit_entropy_limit: in bits; nothing in this module measures an entropy.
///
/// Raises ValueError for a value out of bounds, TypeError and OverflowError for one that is none.
#[pyclass(module = "backfire_kernel", frozen, eq)]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BackfireConfig {
    pub(super) config: KernelConfig,
    pub(super) fidelity: Fidelity,
}

#[pymethods]
impl BackfireConfig {
    #[new]
    #[pyo3(signature = (
        coherence_threshold = 0.6, hard_limit = 0.5, soft_limit = 0.7, w_logic = 0.6, w_fact = 0.4, window_size = 10,
        window_threshold = 0.55, trend_window = 5, trend_threshold = 0.15, history_window = 5, deadline_ms = 50,
        logit_entropy_limit = 1.2, *, fidelity = None
    ))]
    fn new(
        coherence_threshold: f64,
        hard_limit: f64,
        soft_limit: f64,
        w_logic: f64,
        w_fact: f64,
        window_size: u64,
        window_threshold: f64,
        trend_window: u64,
        trend_threshold: f64,
        history_window: u64,
        deadline_ms: u64,
        logit_entropy_limit: f64,
        fidelity: Option<&str>,
    ) -> PyResult<Self> {
        let config = KernelConfig {
            coherence_threshold,
            hard_limit,
            soft_limit,
            w_logic,
            w_fact,
            window_size,
            window_threshold,
            trend_window,
            trend_threshold,
            history_window,
            deadline_ms,
            logit_entropy_limit,
        };
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        config.validate(fidelity).map_err(invalid)?;
        Ok(Self { config, fidelity })
    }

    /// Reads a JSON object with all twelve fields, and validates it. Corrected, missing fields take their defaults and
    /// unknown ones are refused.
    #[staticmethod]
    #[pyo3(signature = (json_str, *, fidelity = None))]
    fn from_json(json_str: &str, fidelity: Option<&str>) -> PyResult<Self> {
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        match KernelConfig::from_json(json_str, fidelity) {
            Ok(config) => Ok(Self { config, fidelity }),
            Err(message) => Err(PyValueError::new_err(format!("config error: {message}"))),
        }
    }

    #[getter]
    fn coherence_threshold(&self) -> f64 {
        self.config.coherence_threshold
    }
    #[getter]
    fn hard_limit(&self) -> f64 {
        self.config.hard_limit
    }
    #[getter]
    fn soft_limit(&self) -> f64 {
        self.config.soft_limit
    }
    #[getter]
    fn w_logic(&self) -> f64 {
        self.config.w_logic
    }
    #[getter]
    fn w_fact(&self) -> f64 {
        self.config.w_fact
    }
    #[getter]
    fn window_size(&self) -> u64 {
        self.config.window_size
    }
    #[getter]
    fn window_threshold(&self) -> f64 {
        self.config.window_threshold
    }
    #[getter]
    fn trend_window(&self) -> u64 {
        self.config.trend_window
    }
    #[getter]
    fn trend_threshold(&self) -> f64 {
        self.config.trend_threshold
    }
    #[getter]
    fn history_window(&self) -> u64 {
        self.config.history_window
    }
    #[getter]
    fn deadline_ms(&self) -> u64 {
        self.config.deadline_ms
    }
    #[getter]
    fn logit_entropy_limit(&self) -> f64 {
        self.config.logit_entropy_limit
    }
    /// Which rules hold: "published" or "corrected".
    #[getter]
    fn fidelity(&self) -> &'static str {
        fidelity_name(self.fidelity)
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((), Bound<'py, PyDict>)> {
        let KernelConfig {
            coherence_threshold,
            hard_limit,
            soft_limit,
            w_logic,
            w_fact,
            window_size,
            window_threshold,
            trend_window,
            trend_threshold,
            history_window,
            deadline_ms,
            logit_entropy_limit,
        } = self.config;
        let arguments = dict!(py, {
            "coherence_threshold": coherence_threshold, "hard_limit": hard_limit, "soft_limit": soft_limit,
            "w_logic": w_logic, "w_fact": w_fact, "window_size": window_size, "window_threshold": window_threshold,
            "trend_window": trend_window, "trend_threshold": trend_threshold, "history_window": history_window,
            "deadline_ms": deadline_ms, "logit_entropy_limit": logit_entropy_limit, "fidelity": self.fidelity(),
        });
        Ok(((), arguments))
    }

    fn __repr__(&self) -> String {
        let KernelConfig { coherence_threshold, hard_limit, deadline_ms, .. } = self.config;
        format!("BackfireConfig(threshold={coherence_threshold}, hard_limit={hard_limit}, deadline_ms={deadline_ms})")
    }
}

/// A configuration and its fidelity; defaults where none is given. A fidelity of its own goes before the
/// configuration's.
pub(super) fn settled(config: Option<&BackfireConfig>, name: Option<&str>) -> PyResult<(KernelConfig, Fidelity)> {
    let (config, default) = config
        .map_or((KernelConfig::default(), Fidelity::Published), |config| (config.config.clone(), config.fidelity));
    Ok((config, fidelity(name, default)?))
}
