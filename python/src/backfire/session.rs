//! `StreamSession`.

use std::time::Duration;

use interlock_core::published::{Session, Written};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

use crate::convert::Reals;

/// The account of one stream. Made by a kernel.
///
/// halted, halt_index, halt_reason: whether, where and why it halted. As published halt_index is 0 when nothing
/// halted; corrected it is None.
/// tokens, coherence_history: those that were judged, with their scores; the one that halted is the last.
/// error: the exception of a callback that failed; else None.
#[pyclass(module = "backfire_kernel", frozen)]
#[derive(Debug)]
pub(crate) struct StreamSession {
    /// Those that were given; the first ones were judged.
    tokens: Py<PyTuple>,
    session: Session,
    duration_ms: f64,
    error: Option<Py<PyAny>>,
}

impl StreamSession {
    pub(super) fn new(
        tokens: Bound<'_, PyTuple>,
        session: Session,
        duration: Duration,
        error: Option<Py<PyAny>>,
    ) -> Self {
        Self { tokens: tokens.unbind(), session, duration_ms: duration.as_secs_f64() * 1000.0, error }
    }

    /// What a stream that halted gives instead of its text.
    pub(super) fn notice(&self) -> Option<String> {
        self.session.is_halted().then(|| self.session.notice())
    }

    fn first<'py>(&self, py: Python<'py>, count: usize) -> Bound<'py, PyTuple> {
        self.tokens.bind(py).get_slice(0, count)
    }
}

/// The text of some tokens. Half a surrogate pair does not leave: it raises UnicodeEncodeError.
pub(super) fn joined(tokens: Bound<'_, PyTuple>) -> PyResult<Bound<'_, PyAny>> {
    let text = PyString::new(tokens.py(), "").call_method1(pyo3::intern!(tokens.py(), "join"), (tokens,))?;
    text.cast::<PyString>()?.to_str()?;
    Ok(text)
}

/// What a session is made anew from.
type Parts<'py> = (Bound<'py, PyTuple>, Vec<f64>, bool, Option<usize>, usize, String, f64, f64);

/// Makes a session anew from what `__reduce__` gave.
#[pyfunction(name = "_restore_session")]
pub(crate) fn restore(
    tokens: Bound<'_, PyAny>,
    scores: Reals,
    halted: bool,
    halt_index: Option<usize>,
    passed: usize,
    halt_reason: String,
    average: f64,
    duration_ms: f64,
) -> PyResult<StreamSession> {
    let tokens = crate::convert::tokens(&tokens)?;
    if tokens.len() != scores.0.len() || passed > tokens.len() {
        return Err(PyValueError::new_err("not the parts of one session"));
    }
    let session = Session::restore(scores.0, Written { halted, halt_index, passed, halt_reason, average });
    Ok(StreamSession { tokens: tokens.unbind(), session, duration_ms, error: None })
}

#[pymethods]
impl StreamSession {
    #[getter]
    fn halted(&self) -> bool {
        self.session.is_halted()
    }
    #[getter]
    fn halt_index(&self) -> Option<usize> {
        self.session.halt_index()
    }
    #[getter]
    fn halt_reason(&self) -> String {
        self.session.halt_reason()
    }
    #[getter]
    fn tokens<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.first(py, self.session.scores().len()).to_list()
    }
    #[getter]
    fn coherence_history(&self) -> Vec<f64> {
        self.session.scores().to_vec()
    }
    /// The exception of a callback that failed, or None.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.error.as_ref().map(|error| error.clone_ref(py))
    }

    /// The text that may leave: the tokens before the halt.
    pub(super) fn output<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        joined(self.first(py, self.session.passed()))
    }
    /// How many tokens were judged.
    fn token_count(&self) -> usize {
        self.session.scores().len()
    }
    /// Mean of the scores, in [0, 1]; 0 when there are none.
    fn avg_coherence(&self) -> f64 {
        self.session.average()
    }
    /// The smallest score, at least 0; 0 when there are none.
    fn min_coherence(&self) -> f64 {
        self.session.minimum()
    }
    /// How long the call took, in milliseconds.
    fn duration_ms(&self) -> f64 {
        self.duration_ms
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Parts<'py>)> {
        let make = py.import("backfire_kernel.backfire_kernel")?.getattr("_restore_session")?;
        let session = &self.session;
        let parts = (
            self.first(py, session.scores().len()),
            session.scores().to_vec(),
            session.is_halted(),
            session.halt_index(),
            session.passed(),
            session.halt_reason(),
            session.average(),
            self.duration_ms,
        );
        Ok((make, parts))
    }

    fn __repr__(&self) -> String {
        let (tokens, halted, average) = (self.token_count(), self.halted(), self.avg_coherence());
        format!("StreamSession(tokens={tokens}, halted={halted}, avg_coh={average:.4})")
    }
}
