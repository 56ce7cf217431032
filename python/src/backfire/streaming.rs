//! `RustStreamingKernel`.

use std::time::Instant;

use interlock_core::published::StreamKernel;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::config::{BackfireConfig, settled};
use super::safety::same_length;
use super::session::StreamSession;
use crate::convert::{Reals, fidelity_name, invalid, is_failure};
use crate::shared::Shared;

/// Judges streams of tokens by hard limit, window average and downward trend.
///
/// Each call is a stream of its own. As published only the hard limit leaves the kernel inactive; corrected, every halt
/// does. An inactive kernel lets nothing pass until it is reactivated.
///
/// config: a BackfireConfig; single limits may be given beside or instead of it.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustStreamingKernel {
    kernel: Shared<StreamKernel>,
    /// Whether the time that a callback takes counts.
    timed: bool,
}

#[pymethods]
impl RustStreamingKernel {
    #[new]
    #[pyo3(signature = (
        config = None, *, hard_limit = None, window_size = None, window_threshold = None, trend_window = None,
        trend_threshold = None, fidelity = None
    ))]
    fn new(
        config: Option<&Bound<'_, BackfireConfig>>,
        hard_limit: Option<f64>,
        window_size: Option<u64>,
        window_threshold: Option<f64>,
        trend_window: Option<u64>,
        trend_threshold: Option<f64>,
        fidelity: Option<&str>,
    ) -> PyResult<Self> {
        let (mut config, fidelity) = settled(config.map(Bound::get), fidelity)?;
        config.hard_limit = hard_limit.unwrap_or(config.hard_limit);
        config.window_size = window_size.unwrap_or(config.window_size);
        config.window_threshold = window_threshold.unwrap_or(config.window_threshold);
        config.trend_window = trend_window.unwrap_or(config.trend_window);
        config.trend_threshold = trend_threshold.unwrap_or(config.trend_threshold);
        let kernel = StreamKernel::new(config, fidelity).map_err(invalid)?;
        Ok(Self { kernel: Shared::new(kernel), timed: !fidelity.is_published() })
    }

    /// Asks coherence_callback(token) for the score of one token after the other until a check fails, and gives the
    /// account of the stream. A callback that raises or returns no number fails the check; what it raised is the
    /// session's `error`.
    #[pyo3(signature = (tokens, coherence_callback))]
    fn stream_tokens<'py>(
        &self,
        py: Python<'py>,
        tokens: &Bound<'py, PyAny>,
        coherence_callback: &Bound<'py, PyAny>,
    ) -> PyResult<StreamSession> {
        let tokens = crate::convert::tokens(tokens)?;
        let start = Instant::now();
        let mut session = self.kernel.lock(py)?.begin();
        let mut raised = None;
        for token in &tokens {
            if !self.kernel.lock(py)?.admits(&mut session) {
                break;
            }
            let asked = self.timed.then(Instant::now);
            let score = match coherence_callback.call1((token,)).and_then(|score| score.extract::<f64>()) {
                Ok(score) => Some(score),
                Err(error) if is_failure(py, &error) => {
                    raised = Some(error.into_value(py).into_any());
                    None
                }
                Err(error) => return Err(error),
            };
            let elapsed = asked.map(|asked| asked.elapsed().as_secs_f64() * 1000.0);
            if !self.kernel.lock(py)?.push(&mut session, score, elapsed) {
                break;
            }
        }
        Ok(StreamSession::new(tokens, session, start.elapsed(), raised))
    }

    /// As stream_tokens with the scores at hand: as many as there are tokens, in a list, a tuple, an array or anything
    /// else with a buffer of doubles.
    #[pyo3(signature = (tokens, scores))]
    fn stream_scores<'py>(
        &self,
        py: Python<'py>,
        tokens: &Bound<'py, PyAny>,
        scores: Reals,
    ) -> PyResult<StreamSession> {
        let tokens = crate::convert::texts(tokens)?;
        same_length(tokens.len(), scores.0.len())?;
        let start = Instant::now();
        let session = self.kernel.lock(py)?.run(scores.0);
        Ok(StreamSession::new(tokens, session, start.elapsed(), None))
    }

    /// As stream_tokens, and gives the text alone: of all tokens, or, after a halt, a notice that says why.
    #[pyo3(signature = (tokens, coherence_callback))]
    fn stream_output<'py>(
        &self,
        py: Python<'py>,
        tokens: &Bound<'py, PyAny>,
        coherence_callback: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let session = self.stream_tokens(py, tokens, coherence_callback)?;
        match session.notice() {
            Some(notice) => Ok(PyString::new(py, &notice).into_any()),
            None => session.output(py),
        }
    }

    /// Whether it takes tokens.
    #[getter]
    fn is_active(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.kernel.lock(py)?.is_active())
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
