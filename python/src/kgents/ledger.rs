//! `TraceLedger`.

use interlock_core::ledger::{self, Query};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::node::TraceNode;
use crate::convert::tokens;
use crate::shared::Shared;

pyo3::create_exception!(kgents_core, AppendError, PyValueError, "A node that would break a law of the ledger.");

/// An append-only ledger of nodes, with a Merkle log over them (RFC 6962).
///
/// Ids are unique, links lead to nodes that are there and not later, and the time of an origin does not run backwards.
/// What would break that raises AppendError and changes nothing.
#[pyclass(module = "kgents_core", frozen)]
pub(crate) struct TraceLedger {
    ledger: Shared<ledger::TraceLedger>,
}

fn refused(error: ledger::AppendError) -> PyErr {
    AppendError::new_err(error.to_string())
}

/// Rows that are made nodes of before they are appended.
const ROWS: usize = 256;

fn row(id: &Bound<'_, PyAny>, origin: &Bound<'_, PyAny>, timestamp: i64) -> PyResult<ledger::TraceNode> {
    ledger::TraceNode::new(id.extract()?, origin.extract()?, timestamp)
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

fn found(node: ledger::NodeRef<'_>) -> TraceNode {
    TraceNode { node: node.to_node() }
}

#[pymethods]
impl TraceLedger {
    #[new]
    fn new() -> Self {
        use std::hash::{BuildHasher, Hasher};
        let seed = std::collections::hash_map::RandomState::new().build_hasher().finish();
        Self { ledger: Shared::new(ledger::TraceLedger::with_seed(seed)) }
    }

    /// Appends a node and gives its index.
    #[pyo3(signature = (node))]
    fn append(&self, py: Python<'_>, node: &Bound<'_, TraceNode>) -> PyResult<u32> {
        self.ledger.lock(py)?.append(&node.get().node).map_err(refused)
    }

    /// Appends a list of nodes and gives how many there are then. Those before one that is refused stay.
    #[pyo3(signature = (nodes))]
    fn append_many(&self, py: Python<'_>, nodes: &Bound<'_, PyList>) -> PyResult<u32> {
        let mut ledger = self.ledger.lock(py)?;
        let class = py.get_type::<TraceNode>();
        for node in nodes {
            if node.get_type_ptr() != class.as_type_ptr() {
                node.cast::<TraceNode>()?;
            }
        }
        ledger.reserve(u32::try_from(nodes.len()).unwrap_or(u32::MAX));
        let mut nodes = nodes.iter();
        // Some at a time: what is held of them is then at hand still when it is appended and let go of.
        let mut some = Vec::with_capacity(ROWS);
        loop {
            some.clear();
            for node in nodes.by_ref().take(ROWS) {
                some.push(node.cast_into::<TraceNode>()?);
            }
            ledger.append_many(some.iter().map(|node| node.get().node.as_ref())).map_err(refused)?;
            if some.len() < ROWS {
                return Ok(ledger.len());
            }
        }
    }

    /// As append_many for nodes that have nothing but an id, an origin and a timestamp: three lists of one length.
    #[pyo3(signature = (ids, origins, timestamps))]
    fn append_rows(
        &self,
        py: Python<'_>,
        ids: &Bound<'_, PyAny>,
        origins: &Bound<'_, PyAny>,
        timestamps: Vec<i64>,
    ) -> PyResult<u32> {
        let (ids, origins) = (tokens(ids)?, tokens(origins)?);
        if ids.len() != origins.len() || ids.len() != timestamps.len() {
            return Err(PyValueError::new_err("ids, origins and timestamps must be of one length"));
        }
        let mut ledger = self.ledger.lock(py)?;
        ledger.reserve(u32::try_from(ids.len()).unwrap_or(u32::MAX));
        let mut rows = ids.iter_borrowed().zip(origins.iter_borrowed()).zip(timestamps);
        let mut nodes = Vec::with_capacity(ROWS);
        loop {
            nodes.clear();
            let refusal = rows
                .by_ref()
                .take(ROWS)
                .find_map(|((id, origin), timestamp)| row(&id, &origin, timestamp).map(|node| nodes.push(node)).err());
            ledger.append_many(nodes.iter().map(ledger::TraceNode::as_ref)).map_err(refused)?;
            match refusal {
                Some(error) => return Err(error),
                None if nodes.len() < ROWS => return Ok(ledger.len()),
                None => {}
            }
        }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(usize::try_from(self.ledger.lock(py)?.len()).unwrap_or(usize::MAX))
    }

    fn __getitem__(&self, py: Python<'_>, index: isize) -> PyResult<TraceNode> {
        let ledger = self.ledger.lock(py)?;
        let length = isize::try_from(ledger.len()).unwrap_or(isize::MAX);
        let index = if index < 0 { index.saturating_add(length) } else { index };
        let node = u32::try_from(index).ok().and_then(|index| ledger.get(index));
        node.map(found).ok_or_else(|| PyIndexError::new_err("no node at this index"))
    }

    fn __contains__(&self, py: Python<'_>, id: &str) -> PyResult<bool> {
        Ok(self.ledger.lock(py)?.find(id).is_some())
    }

    /// The node with an id, or None.
    #[pyo3(signature = (id))]
    fn get(&self, py: Python<'_>, id: &str) -> PyResult<Option<TraceNode>> {
        Ok(self.ledger.lock(py)?.by_id(id).map(found))
    }

    /// The index of the node with an id, or None.
    #[pyo3(signature = (id))]
    fn find(&self, py: Python<'_>, id: &str) -> PyResult<Option<u32>> {
        Ok(self.ledger.lock(py)?.find(id))
    }

    /// The nodes of an origin, a kind and a tag, from a timestamp on and before another, by time.
    #[pyo3(signature = (*, origin = None, kind = None, tag = None, since = None, until = None, limit = 1000))]
    fn query(
        &self,
        py: Python<'_>,
        origin: Option<&str>,
        kind: Option<&str>,
        tag: Option<&str>,
        since: Option<i64>,
        until: Option<i64>,
        limit: u64,
    ) -> PyResult<Vec<TraceNode>> {
        let ledger = self.ledger.lock(py)?;
        let query = Query { origin, kind, tag, since, until, limit, ..Query::ALL };
        Ok(ledger.query(&query).map(|(_, node)| found(node)).collect())
    }

    /// Root hash of the log over all nodes.
    fn root<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let root = self.ledger.work(py, |ledger| ledger.log().root())?;
        Ok(PyBytes::new(py, &root))
    }

    /// Hashes that prove that the node at an index is in the log.
    #[pyo3(signature = (index))]
    fn inclusion_proof<'py>(&self, py: Python<'py>, index: u32) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let proof = self.ledger.work(py, |ledger| {
            let size = ledger.len();
            ledger.log().inclusion_proof(u64::from(index), u64::from(size))
        })?;
        let proof = proof.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(proof.iter().map(|hash| PyBytes::new(py, hash)).collect())
    }

    /// Hashes that prove that the log goes on from its state when it had so many nodes.
    #[pyo3(signature = (size))]
    fn consistency_proof<'py>(&self, py: Python<'py>, size: u32) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let proof = self.ledger.work(py, |ledger| {
            let now = ledger.len();
            ledger.log().consistency_proof(u64::from(size), u64::from(now))
        })?;
        let proof = proof.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(proof.iter().map(|hash| PyBytes::new(py, hash)).collect())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("TraceLedger(nodes={})", self.ledger.lock(py)?.len()))
    }
}
