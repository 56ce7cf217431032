//! `CoherenceScore`.

use interlock_core::score;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::dict;

/// How coherent a text is with what it answers and with what is known. Made by a scorer.
///
/// score: 1 is best. h_logical, h_factual: the divergences. All in [0, 1].
/// approved: whether the score reaches the threshold. warning: approved below the soft limit.
/// error: the exception of a source that failed, for which a text is never approved; else None.
#[pyclass(module = "backfire_kernel", frozen)]
#[derive(Debug)]
pub(crate) struct CoherenceScore {
    pub(super) score: score::CoherenceScore,
    pub(super) error: Option<Py<PyAny>>,
}

/// What a score is made anew from.
type Parts = (f64, f64, f64, bool, bool);

/// Makes a score anew from what `__reduce__` gave.
#[pyfunction(name = "_restore_score")]
pub(crate) fn restore(score: f64, h_logical: f64, h_factual: f64, approved: bool, warning: bool) -> CoherenceScore {
    let value = score::CoherenceScore::new(score, h_logical, h_factual, approved);
    // Above every score, or below.
    let score = value.with_soft_limit(if warning { 2.0 } else { -1.0 });
    CoherenceScore { score, error: None }
}

#[pymethods]
impl CoherenceScore {
    #[getter]
    fn score(&self) -> f64 {
        self.score.score
    }
    #[getter]
    fn approved(&self) -> bool {
        self.score.approved
    }
    #[getter]
    fn h_logical(&self) -> f64 {
        self.score.h_logical
    }
    #[getter]
    fn h_factual(&self) -> f64 {
        self.score.h_factual
    }
    #[getter]
    fn warning(&self) -> bool {
        self.score.warning
    }
    /// Always None: there for programs that also take the Python class of this name.
    #[getter]
    #[allow(clippy::unused_self, reason = "a property")]
    fn evidence(&self) -> Option<bool> {
        None
    }
    /// The exception of a source that failed, or None.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.error.as_ref().map(|error| error.clone_ref(py))
    }

    /// The values as a dict.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let score::CoherenceScore { score, h_logical, h_factual, approved, warning, .. } = self.score;
        Ok(dict!(py, {
            "score": score, "approved": approved, "h_logical": h_logical, "h_factual": h_factual, "warning": warning,
        }))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.score == other.score
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Parts)> {
        let make = py.import("backfire_kernel.backfire_kernel")?.getattr("_restore_score")?;
        let score::CoherenceScore { score, h_logical, h_factual, approved, warning, .. } = self.score;
        Ok((make, (score, h_logical, h_factual, approved, warning)))
    }

    fn __repr__(&self) -> String {
        let score::CoherenceScore { score, h_logical, h_factual, approved, warning, .. } = self.score;
        format!(
            "CoherenceScore(score={score:.4}, approved={approved}, h_logical={h_logical:.4}, \
             h_factual={h_factual:.4}, warning={warning})"
        )
    }
}
