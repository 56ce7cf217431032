//! `CovenantRegistry`.

use interlock_core::covenant::{GrantError, GrantRegistry};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;

use super::covenant::Covenant;
use crate::shared::Shared;

/// Covenants that hang together: with one is taken back what was attenuated from it, however often.
///
/// A covenant by itself knows its parent's id and no more. A registry lets none be active while one that it is a part of is
/// not. Granting that again brings no part back: each is granted again by itself. A gate stops when it follows the
/// registry: CovenantGate.follow.
///
/// Raises KeyError for a covenant that is not there and ValueError for what is refused; nothing has changed then.
#[pyclass(module = "kgents_core", frozen)]
pub(crate) struct CovenantRegistry {
    pub(super) registry: Shared<GrantRegistry>,
}

/// Every covenant is the first version of its grant.
const VERSION: u32 = 1;

fn refused(error: &GrantError) -> PyErr {
    match error {
        GrantError::Unknown { id } => PyKeyError::new_err(id.clone()),
        _ => PyValueError::new_err(error.message()),
    }
}

#[pymethods]
impl CovenantRegistry {
    #[new]
    fn new() -> Self {
        Self { registry: Shared::new(GrantRegistry::default()) }
    }

    /// Adds a covenant. What it is a part of must be there, and active.
    #[pyo3(signature = (covenant))]
    fn insert(&self, py: Python<'_>, covenant: &Bound<'_, Covenant>) -> PyResult<()> {
        let grant = covenant.get().grant.clone();
        self.registry.lock(py)?.insert(grant).map_err(|error| refused(&error))
    }

    /// Whether a covenant allows what it says: neither it nor one that it is a part of was taken back or is over.
    #[pyo3(signature = (id, now_ms = 0))]
    fn is_active(&self, py: Python<'_>, id: &str, now_ms: u64) -> PyResult<bool> {
        Ok(self.registry.lock(py)?.is_active(id, VERSION, now_ms))
    }

    /// Takes back a covenant and all its parts. Gives the ids of what was taken back, its own first.
    #[pyo3(signature = (id, by, now_ms = 0))]
    fn revoke(&self, py: Python<'_>, id: &str, by: &str, now_ms: u64) -> PyResult<Vec<String>> {
        let mut registry = self.registry.lock(py)?;
        let revoked = registry.revoke(id, VERSION, by, now_ms).map_err(|error| refused(&error))?;
        Ok(revoked.into_iter().map(|grant| grant.id().to_owned()).collect())
    }

    /// Grants again a covenant that was taken back. What it is a part of must be active.
    #[pyo3(signature = (id, by, now_ms = 0))]
    fn grant(&self, py: Python<'_>, id: &str, by: &str, now_ms: u64) -> PyResult<()> {
        let mut registry = self.registry.lock(py)?;
        registry.grant(id, VERSION, by, now_ms).map(|_| ()).map_err(|error| refused(&error))
    }

    /// Notes that the time of a covenant is over.
    #[pyo3(signature = (id, by, now_ms = 0))]
    fn expire(&self, py: Python<'_>, id: &str, by: &str, now_ms: u64) -> PyResult<()> {
        let mut registry = self.registry.lock(py)?;
        registry.expire(id, VERSION, by, now_ms).map(|_| ()).map_err(|error| refused(&error))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.registry.lock(py)?.grants().count())
    }

    fn __contains__(&self, py: Python<'_>, id: &str) -> PyResult<bool> {
        Ok(self.registry.lock(py)?.get(id, VERSION).is_some())
    }
}
