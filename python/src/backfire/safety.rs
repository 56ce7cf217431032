//! `RustSafetyKernel`.

use interlock_core::Fidelity;
use interlock_core::published::{INTERRUPT, TokenKernel};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::session::joined;
use crate::convert::{Reals, fidelity_name, invalid, is_failure};
use crate::shared::Shared;

/// All of the tokens or none, by a hard limit alone.
///
/// A score below the limit, one that is no number and a callback that raises or returns none fail; the kernel is then
/// inactive and lets nothing pass until it is reactivated.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustSafetyKernel {
    kernel: Shared<TokenKernel>,
    error: Shared<Option<Py<PyAny>>>,
}

#[pymethods]
impl RustSafetyKernel {
    #[new]
    #[pyo3(signature = (hard_limit = 0.5, *, fidelity = None))]
    fn new(hard_limit: f64, fidelity: Option<&str>) -> PyResult<Self> {
        let fidelity = crate::convert::fidelity(fidelity, Fidelity::Published)?;
        let kernel = TokenKernel::new(hard_limit, fidelity).map_err(invalid)?;
        Ok(Self { kernel: Shared::new(kernel), error: Shared::new(None) })
    }

    /// Asks coherence_callback(token) for the score of one token after the other. Gives their text joined, or, once one
    /// has failed, a fixed notice that holds nothing of it. What the callback raised is kept in `last_error`.
    #[pyo3(signature = (tokens, coherence_callback))]
    fn stream_output<'py>(
        &self,
        py: Python<'py>,
        tokens: &Bound<'py, PyAny>,
        coherence_callback: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let tokens = crate::convert::tokens(tokens)?;
        *self.error.lock(py)? = None;
        for token in &tokens {
            if !self.kernel.lock(py)?.is_active() {
                return Ok(PyString::new(py, INTERRUPT).into_any());
            }
            let score = match coherence_callback.call1((token,)).and_then(|score| score.extract::<f64>()) {
                Ok(score) => Some(score),
                Err(error) if is_failure(py, &error) => {
                    *self.error.lock(py)? = Some(error.into_value(py).into_any());
                    None
                }
                Err(error) => return Err(error),
            };
            if !self.kernel.lock(py)?.passes(score) {
                return Ok(PyString::new(py, INTERRUPT).into_any());
            }
        }
        joined(tokens)
    }

    /// As stream_output with the scores at hand: as many as there are tokens.
    #[pyo3(signature = (tokens, scores))]
    fn stream_scores<'py>(
        &self,
        py: Python<'py>,
        tokens: &Bound<'py, PyAny>,
        scores: Reals,
    ) -> PyResult<Bound<'py, PyAny>> {
        let tokens = crate::convert::texts(tokens)?;
        same_length(tokens.len(), scores.0.len())?;
        if self.kernel.lock(py)?.pass_many(&scores.0) {
            joined(tokens)
        } else {
            Ok(PyString::new(py, INTERRUPT).into_any())
        }
    }

    /// Whether it takes tokens.
    #[getter]
    fn is_active(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.kernel.lock(py)?.is_active())
    }
    /// What the callback of the last call raised, or None.
    #[getter]
    fn last_error(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        Ok(self.error.lock(py)?.as_ref().map(|error| error.clone_ref(py)))
    }
    /// Which rules hold: "published" or "corrected".
    #[getter]
    fn fidelity(&self, py: Python<'_>) -> PyResult<&'static str> {
        Ok(fidelity_name(self.kernel.lock(py)?.fidelity()))
    }
    /// Makes it refuse every token until it is reactivated.
    fn emergency_stop(&self, py: Python<'_>) -> PyResult<()> {
        self.kernel.lock(py)?.emergency_stop();
        Ok(())
    }
    /// Makes it take tokens again.
    fn reactivate(&self, py: Python<'_>) -> PyResult<()> {
        self.kernel.lock(py)?.reactivate();
        Ok(())
    }
}

/// Refuses lists that do not go together.
pub(super) fn same_length(tokens: usize, scores: usize) -> PyResult<()> {
    if tokens == scores {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("there are {scores} scores, must be one for each of {tokens} tokens")))
}
