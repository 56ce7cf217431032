//! `RustBM25`.

use interlock_core::score::Bm25;
use pyo3::prelude::*;

use crate::convert::refused;
use crate::shared::Shared;

/// An index of documents for ranked retrieval (Okapi BM25).
///
/// k1: how fast further occurrences of a term lose weight, at least 0.
/// b: how much long documents are marked down, in [0, 1].
#[pyclass(module = "backfire_kernel", frozen)]
pub(crate) struct RustBM25 {
    index: Shared<Bm25>,
}

#[pymethods]
impl RustBM25 {
    #[new]
    #[pyo3(signature = (k1 = 1.2, b = 0.75))]
    fn new(k1: f64, b: f64) -> PyResult<Self> {
        let mut index = Bm25::new();
        index.set_parameters(k1, b).map_err(refused)?;
        Ok(Self { index: Shared::new(index) })
    }

    /// Adds a document, or replaces the one of the same id.
    #[pyo3(signature = (doc_id, text))]
    fn add_document(&self, py: Python<'_>, doc_id: &str, text: &str) -> PyResult<()> {
        self.index.lock(py)?.insert(doc_id, text);
        Ok(())
    }

    /// Adds many (doc_id, text) pairs in one call.
    #[pyo3(signature = (documents))]
    fn add_documents(&self, py: Python<'_>, documents: Vec<(String, String)>) -> PyResult<()> {
        self.index.work(py, |index| {
            for (id, text) in &documents {
                index.insert(id, text);
            }
        })
    }

    /// Removes a document. Whether there was one of this id.
    #[pyo3(signature = (doc_id))]
    fn remove_document(&self, py: Python<'_>, doc_id: &str) -> PyResult<bool> {
        Ok(self.index.lock(py)?.remove(doc_id))
    }

    /// The documents that have a term of the query, best first, at most n_results: (doc_id, score) pairs.
    #[pyo3(signature = (query_text, n_results))]
    fn query(&self, py: Python<'_>, query_text: &str, n_results: usize) -> PyResult<Vec<(String, f64)>> {
        let index = self.index.lock(py)?;
        let hits = index.search(query_text, u32::try_from(n_results).unwrap_or(u32::MAX));
        Ok(hits.into_iter().map(|hit| (hit.id.into(), hit.score)).collect())
    }

    /// How many documents there are.
    fn count(&self, py: Python<'_>) -> PyResult<u32> {
        Ok(self.index.lock(py)?.len())
    }

    /// Removes every document.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        let mut index = self.index.lock(py)?;
        let (k1, b) = index.parameters();
        let mut empty = Bm25::new();
        empty.set_parameters(k1, b).map_err(refused)?;
        *index = empty;
        Ok(())
    }
}
