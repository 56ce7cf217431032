//! `TraceNode`.

use interlock_core::ledger::{self, LinkKind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::convert::dict;

/// Something that happened, written down once and never changed.
///
/// id: unique within a ledger. origin: who wrote it. timestamp: when, in milliseconds.
/// kind, tags: what it is. links: (kind, id) pairs of earlier nodes, of the kinds "causes", "continues", "branches" and
/// "fulfills". payload: what it carries.
///
/// Raises ValueError for an empty or overlong text, a timestamp beyond 2^53, or a tag or link given twice.
#[pyclass(module = "kgents_core", frozen, eq, hash)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TraceNode {
    pub(super) node: ledger::TraceNode,
}

#[pymethods]
impl TraceNode {
    #[new]
    #[pyo3(signature = (id, origin, timestamp, *, kind = "", tags = None, links = None, payload = None))]
    fn new(
        id: &str,
        origin: &str,
        timestamp: i64,
        kind: &str,
        tags: Option<Vec<String>>,
        links: Option<Vec<(String, String)>>,
        payload: Option<&[u8]>,
    ) -> PyResult<Self> {
        let (tags, links) = (tags.unwrap_or_default(), links.unwrap_or_default());
        let mut node =
            ledger::TraceNode::builder(id, origin, timestamp).kind(kind).payload(payload.unwrap_or_default());
        for tag in &tags {
            node = node.tag(tag);
        }
        for (name, target) in &links {
            let kind = LinkKind::from_name(name).ok_or_else(|| {
                let names = LinkKind::ALL.map(LinkKind::as_str).join(", ");
                PyValueError::new_err(format!("{name:?} is no kind of link, must be one of {names}"))
            })?;
            node = node.link(kind, target);
        }
        let node = node.build().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self { node })
    }

    #[getter]
    fn id(&self) -> &str {
        self.node.as_ref().id()
    }
    #[getter]
    fn origin(&self) -> &str {
        self.node.as_ref().origin()
    }
    #[getter]
    fn timestamp(&self) -> i64 {
        self.node.as_ref().timestamp()
    }
    #[getter]
    fn kind(&self) -> &str {
        self.node.as_ref().kind()
    }
    /// Its tags, in order.
    #[getter]
    fn tags(&self) -> Vec<&str> {
        self.node.as_ref().tags().collect()
    }
    /// Its links to earlier nodes, as (kind, id) pairs in order.
    #[getter]
    fn links(&self) -> Vec<(&'static str, &str)> {
        self.node.as_ref().links().map(|(kind, target)| (kind.as_str(), target)).collect()
    }
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.node.as_ref().payload())
    }
    /// The canonical header, the entry of a ledger's log.
    fn header<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.node.as_ref().to_header())
    }
    /// Hash of its leaf in a ledger's log (RFC 6962).
    fn leaf_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.node.as_ref().leaf_hash())
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((&str, &str, i64), Bound<'py, PyDict>)> {
        let rest = dict!(py, {
            "kind": self.kind(), "tags": self.tags(), "links": self.links(), "payload": self.payload(py),
        });
        Ok(((self.id(), self.origin(), self.timestamp()), rest))
    }

    fn __repr__(&self) -> String {
        let (id, origin, timestamp) = (self.id(), self.origin(), self.timestamp());
        format!("TraceNode(id={id:?}, origin={origin:?}, timestamp={timestamp})")
    }
}
