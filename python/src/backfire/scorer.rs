//! `RustCoherenceScorer`.

use interlock_core::published::{Answer, Scorer};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::config::{BackfireConfig, settled};
use super::score::CoherenceScore;
use crate::convert::{fidelity_name, invalid, is_failure, refused};
use crate::shared::Shared;

/// Scores texts by two divergences: 1 - (w_logic * h_logical + w_fact * h_factual).
///
/// nli_callback(premise, hypothesis): how likely they contradict each other, in [0, 1].
/// knowledge_callback(query): what is known, a str, or None.
///
/// Where none is given the built-in sources answer. A callback that raises or returns anything else makes the text
/// fail: its divergence is 1 and it is not approved, whatever the threshold; the score's `error` says why.
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustCoherenceScorer {
    scorer: Shared<Scorer>,
    nli: Option<Py<PyAny>>,
    knowledge: Option<Py<PyAny>>,
}

/// What a source that raised or returned nonsense is remembered by.
type Failure = Option<Py<PyAny>>;

impl RustCoherenceScorer {
    fn ask_nli(&self, py: Python<'_>, premise: &str, text: &str, failure: &mut Failure) -> PyResult<Answer<f64>> {
        let Some(nli) = &self.nli else { return Ok(Answer::Absent) };
        answered(py, nli.bind(py).call1((premise, text)).and_then(|said| said.extract::<f64>()), failure)
    }

    fn ask_knowledge(&self, py: Python<'_>, query: &str, failure: &mut Failure) -> PyResult<Answer<Option<String>>> {
        let Some(knowledge) = &self.knowledge else { return Ok(Answer::Absent) };
        answered(py, knowledge.bind(py).call1((query,)).and_then(|said| said.extract::<Option<String>>()), failure)
    }

    /// Asks both sources, in the order in which the rules need them.
    fn ask(
        &self,
        py: Python<'_>,
        prompt: &str,
        text: &str,
        failure: &mut Failure,
    ) -> PyResult<(Answer<Option<String>>, Answer<f64>)> {
        let (query, published) = {
            let scorer = self.scorer.lock(py)?;
            (scorer.query(prompt, text), scorer.fidelity().is_published())
        };
        if published {
            let nli = self.ask_nli(py, prompt, text, failure)?;
            return Ok((self.ask_knowledge(py, &query, failure)?, nli));
        }
        let context = self.ask_knowledge(py, &query, failure)?;
        let premise = self.scorer.lock(py)?.premise(prompt, text, &context);
        let nli = self.ask_nli(py, &premise, text, failure)?;
        Ok((context, nli))
    }
}

/// What a source said, or that it failed. An interrupt goes on to the program.
fn answered<T>(py: Python<'_>, said: PyResult<T>, failure: &mut Failure) -> PyResult<Answer<T>> {
    match said {
        Ok(value) => Ok(Answer::Given(value)),
        Err(error) if is_failure(py, &error) => {
            *failure = Some(error.into_value(py).into_any());
            Ok(Answer::Failed)
        }
        Err(error) => Err(error),
    }
}

#[pymethods]
impl RustCoherenceScorer {
    #[new]
    #[pyo3(signature = (config = None, nli_callback = None, knowledge_callback = None, *, fidelity = None))]
    fn new(
        config: Option<&Bound<'_, BackfireConfig>>,
        nli_callback: Option<Bound<'_, PyAny>>,
        knowledge_callback: Option<Bound<'_, PyAny>>,
        fidelity: Option<&str>,
    ) -> PyResult<Self> {
        let (config, fidelity) = settled(config.map(Bound::get), fidelity)?;
        for (name, callback) in [("nli_callback", &nli_callback), ("knowledge_callback", &knowledge_callback)] {
            if callback.as_ref().is_some_and(|callback| !callback.is_callable()) {
                return Err(PyTypeError::new_err(format!("{name} must be callable")));
            }
        }
        let scorer = Scorer::new(config, fidelity).map_err(invalid)?;
        Ok(Self {
            scorer: Shared::new(scorer),
            nli: nli_callback.map(Bound::unbind),
            knowledge: knowledge_callback.map(Bound::unbind),
        })
    }

    /// Scores a finished text: whether it is approved, and its CoherenceScore. An approved text is remembered.
    #[pyo3(signature = (prompt, action))]
    fn review(&self, py: Python<'_>, prompt: &str, action: &str) -> PyResult<(bool, CoherenceScore)> {
        let mut error = None;
        let (context, nli) = self.ask(py, prompt, action, &mut error)?;
        let mut scorer = self.scorer.lock(py)?;
        let score = scorer.score(prompt, action, &context, &nli);
        scorer.record(action, &score);
        Ok((score.approved, CoherenceScore { score, error }))
    }

    /// The weighted divergence of a text, in [0, 1]; lower is better. Nothing is remembered.
    #[pyo3(signature = (prompt, action))]
    fn compute_divergence(&self, py: Python<'_>, prompt: &str, action: &str) -> PyResult<f64> {
        let (context, nli) = self.ask(py, prompt, action, &mut None)?;
        let scorer = self.scorer.lock(py)?;
        let score = scorer.score(prompt, action, &context, &nli);
        Ok(scorer.divergence(score.h_logical, score.h_factual))
    }

    /// The logical divergence of a text, in [0, 1].
    #[pyo3(signature = (prompt, text_output))]
    fn calculate_logical_divergence(&self, py: Python<'_>, prompt: &str, text_output: &str) -> PyResult<f64> {
        let published = self.scorer.lock(py)?.fidelity().is_published();
        if !published {
            let (context, nli) = self.ask(py, prompt, text_output, &mut None)?;
            return Ok(self.scorer.lock(py)?.score(prompt, text_output, &context, &nli).h_logical);
        }
        let nli = self.ask_nli(py, prompt, text_output, &mut None)?;
        Ok(self.scorer.lock(py)?.logical(prompt, text_output, &nli))
    }

    /// The factual divergence of a text, in [0, 1].
    #[pyo3(signature = (prompt, text_output))]
    fn calculate_factual_divergence(&self, py: Python<'_>, prompt: &str, text_output: &str) -> PyResult<f64> {
        let query = self.scorer.lock(py)?.query(prompt, text_output);
        let context = self.ask_knowledge(py, &query, &mut None)?;
        Ok(self.scorer.lock(py)?.factual(prompt, text_output, &context))
    }

    /// The score from which a text is approved, in [0, 1].
    #[getter]
    fn threshold(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.scorer.lock(py)?.config().coherence_threshold)
    }
    #[setter]
    fn set_threshold(&self, py: Python<'_>, value: f64) -> PyResult<()> {
        self.scorer.lock(py)?.set_threshold(value).map_err(refused)
    }
    /// The score below which an approved text has a warning, in [0, 1].
    #[getter]
    fn soft_limit(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.scorer.lock(py)?.config().soft_limit)
    }
    #[setter]
    fn set_soft_limit(&self, py: Python<'_>, value: f64) -> PyResult<()> {
        self.scorer.lock(py)?.set_soft_limit(value).map_err(refused)
    }
    /// Approved texts that are remembered.
    #[getter]
    fn history_len(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.scorer.lock(py)?.history_len())
    }
    /// Always True: there is always an NLI source.
    #[getter]
    #[allow(clippy::unused_self, reason = "a property")]
    fn use_nli(&self) -> bool {
        true
    }
    /// Which rules hold: "published" or "corrected".
    #[getter]
    fn fidelity(&self, py: Python<'_>) -> PyResult<&'static str> {
        Ok(fidelity_name(self.scorer.lock(py)?.fidelity()))
    }
}
