//! `Covenant` and `CovenantGate`.

use interlock_core::covenant::{
    Ceiling, Enforcer, Grant, GrantError, Outcome, Permission, PermissionError, ReviewError, ReviewGate, Terms,
};
use pyo3::exceptions::{PyPermissionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::budget::{amounts, pairs};
use super::registry::CovenantRegistry;
use crate::convert::dict;
use crate::shared::Shared;

/// What somebody may do, immutable: permissions, gates that ask for a review, ceilings and an end.
///
/// permissions: (capability, pattern of resources) pairs; `*` matches within a segment, `**` over segments.
/// gates: (name, capability, pattern) or (name, capability, pattern, milliseconds): each such operation waits for an
/// approval, a day or so long.
/// budgets: units by counter. expires_at_ms: when it ends. by: who grants it. now_ms: the time.
///
/// What it does not name is not allowed. Raises ValueError for terms that are out of bounds.
#[pyclass(module = "kgents_core", frozen)]
#[derive(Clone)]
pub(crate) struct Covenant {
    pub(super) grant: Grant,
    by: String,
    granted_ms: u64,
}

/// How long a review may take where nothing is said, in ms: a day.
const A_DAY: u64 = 86_400_000;

/// A gate as Python gives it.
#[derive(FromPyObject)]
enum GateTerms {
    Timed(String, String, String, u64),
    Plain(String, String, String),
}

impl GateTerms {
    fn read(&self) -> PyResult<ReviewGate> {
        let (name, capability, resource, timeout_ms) = match self {
            Self::Timed(name, capability, resource, timeout_ms) => (name, capability, resource, *timeout_ms),
            Self::Plain(name, capability, resource) => (name, capability, resource, A_DAY),
        };
        let operations = Permission::new(capability, resource).map_err(no_permission)?;
        Ok(ReviewGate { timeout_ms, ..ReviewGate::new(name, operations) })
    }
}

fn no_permission(error: PermissionError) -> PyErr {
    PyValueError::new_err(error.message())
}

fn no_grant(error: GrantError) -> PyErr {
    PyValueError::new_err(error.message())
}

fn terms(
    permissions: Vec<(String, String)>,
    gates: Vec<GateTerms>,
    budgets: Option<&Bound<'_, PyDict>>,
    expires_at_ms: Option<u64>,
) -> PyResult<Terms> {
    let permission = |capability: &str, resource: &str| Permission::new(capability, resource).map_err(no_permission);
    let ceilings = budgets.map_or(Ok(Vec::new()), pairs)?;
    Ok(Terms {
        permissions: permissions
            .iter()
            .map(|(capability, resource)| permission(capability, resource))
            .collect::<PyResult<_>>()?,
        gates: gates.iter().map(GateTerms::read).collect::<PyResult<_>>()?,
        ceilings: ceilings.into_iter().map(|(counter, units)| Ceiling { counter, units }).collect(),
        expires_at_ms,
    })
}

#[pymethods]
impl Covenant {
    #[new]
    #[pyo3(signature = (
        id, permissions, *, gates = Vec::new(), budgets = None, expires_at_ms = None, by = "python", now_ms = 0
    ))]
    fn new(
        id: &str,
        permissions: Vec<(String, String)>,
        gates: Vec<GateTerms>,
        budgets: Option<&Bound<'_, PyDict>>,
        expires_at_ms: Option<u64>,
        by: &str,
        now_ms: u64,
    ) -> PyResult<Self> {
        let terms = terms(permissions, gates, budgets, expires_at_ms)?;
        let grant = Grant::issued(id, 1, terms, by, now_ms).map_err(no_grant)?;
        Ok(Self { grant, by: by.to_owned(), granted_ms: now_ms })
    }

    /// A covenant for somebody who gets a part of this. It keeps this one's gates; whatever would be more raises
    /// ValueError. Pickled, it is a covenant of its own: nobody knows then what it is a part of.
    #[pyo3(signature = (
        id, permissions, *, gates = Vec::new(), budgets = None, expires_at_ms = None, by = "python", now_ms = 0
    ))]
    fn attenuate(
        &self,
        id: &str,
        permissions: Vec<(String, String)>,
        gates: Vec<GateTerms>,
        budgets: Option<&Bound<'_, PyDict>>,
        expires_at_ms: Option<u64>,
        by: &str,
        now_ms: u64,
    ) -> PyResult<Self> {
        let terms = terms(permissions, gates, budgets, expires_at_ms)?;
        let mut grant = self.grant.attenuate(id, terms, by, now_ms).map_err(no_grant)?;
        grant.grant(by, now_ms).map_err(no_grant)?;
        Ok(Self { grant, by: by.to_owned(), granted_ms: now_ms })
    }

    #[getter]
    fn id(&self) -> &str {
        self.grant.id()
    }
    #[getter]
    fn permissions(&self) -> Vec<(&str, &str)> {
        let permissions = &self.grant.terms().permissions;
        permissions.iter().map(|permission| (permission.capability(), permission.resource().as_str())).collect()
    }
    #[getter]
    fn gates(&self) -> Vec<(&str, &str, &str, u64)> {
        let gates = self.grant.terms().gates.iter();
        gates
            .map(|gate| {
                let operations = &gate.operations;
                (gate.name.as_str(), operations.capability(), operations.resource().as_str(), gate.timeout_ms)
            })
            .collect()
    }
    #[getter]
    fn budgets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for ceiling in &self.grant.terms().ceilings {
            dict.set_item(&ceiling.counter, ceiling.units)?;
        }
        Ok(dict)
    }
    #[getter]
    fn expires_at_ms(&self) -> Option<u64> {
        self.grant.terms().expires_at_ms
    }
    /// Id of the covenant that this is a part of, or None.
    #[getter]
    fn parent(&self) -> Option<&str> {
        self.grant.parent().map(|parent| parent.grant.as_str())
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((&str, Vec<(&str, &str)>), Bound<'py, PyDict>)> {
        let rest = dict!(py, {
            "gates": self.gates(), "budgets": self.budgets(py)?, "expires_at_ms": self.expires_at_ms(),
            "by": self.by.as_str(), "now_ms": self.granted_ms,
        });
        Ok(((self.id(), self.permissions()), rest))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.grant.id() == other.grant.id() && self.grant.terms() == other.grant.terms()
    }

    fn __repr__(&self) -> String {
        format!("Covenant(id={:?}, permissions={})", self.id(), self.grant.terms().permissions.len())
    }
}

/// What becomes of an operation. True where it is allowed.
///
/// outcome: "allow", "deny" or "review". reason: of a denial. subject: what decided: the pattern, the gate, the counter.
/// review: the number of the review that the operation waits for.
#[pyclass(module = "kgents_core", frozen, eq, get_all)]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    outcome: &'static str,
    reason: Option<&'static str>,
    subject: String,
    review: Option<u64>,
}

impl Decision {
    fn of(outcome: Outcome, subject: &str) -> Self {
        let (reason, review) = match outcome {
            Outcome::Allow { .. } => (None, None),
            Outcome::Deny(reason) => (Some(reason.as_str()), None),
            Outcome::Review { review, .. } => (None, Some(review)),
        };
        Self { outcome: outcome.as_str(), reason, subject: subject.to_owned(), review }
    }
}

#[pymethods]
impl Decision {
    fn __bool__(&self) -> bool {
        self.outcome == "allow"
    }
    fn __repr__(&self) -> String {
        let Self { outcome, reason, subject, .. } = self;
        format!("Decision({outcome:?}, reason={reason:?}, subject={subject:?})")
    }
}

/// The one check before every operation under a covenant. Time is given by the caller, in milliseconds, and never runs
/// backwards.
#[pyclass(module = "kgents_core", frozen)]
pub(crate) struct CovenantGate {
    enforcer: Shared<Enforcer>,
}

fn no_review(error: ReviewError) -> PyErr {
    PyValueError::new_err(error.message())
}

#[pymethods]
impl CovenantGate {
    #[new]
    #[pyo3(signature = (covenant))]
    fn new(covenant: &Bound<'_, Covenant>) -> PyResult<Self> {
        let enforcer = Enforcer::new(covenant.get().grant.clone());
        let enforcer = enforcer.map_err(|error| PyValueError::new_err(error.message()))?;
        Ok(Self { enforcer: Shared::new(enforcer) })
    }

    /// Decides an operation that costs so much; what is allowed has been paid for.
    #[pyo3(signature = (capability, resource, *, costs = None, now_ms = 0))]
    fn check(
        &self,
        py: Python<'_>,
        capability: &str,
        resource: &str,
        costs: Option<&Bound<'_, PyDict>>,
        now_ms: u64,
    ) -> PyResult<Decision> {
        let costs = costs.map_or(Ok(Vec::new()), pairs)?;
        let mut enforcer = self.enforcer.lock(py)?;
        let amounts = amounts(enforcer.budget(), &costs)?;
        let decision = enforcer.check(capability, resource, &amounts, now_ms);
        Ok(Decision::of(decision.outcome, decision.subject))
    }

    /// As check for an operation that costs nothing, and tells only whether it is allowed: the fastest way.
    #[pyo3(signature = (capability, resource, now_ms = 0))]
    fn allows(&self, py: Python<'_>, capability: &str, resource: &str, now_ms: u64) -> PyResult<bool> {
        Ok(self.enforcer.lock(py)?.check(capability, resource, &[], now_ms).outcome.is_allowed())
    }

    /// As check, and raises PermissionError unless the operation is allowed.
    #[pyo3(signature = (capability, resource, *, costs = None, now_ms = 0))]
    fn require(
        &self,
        py: Python<'_>,
        capability: &str,
        resource: &str,
        costs: Option<&Bound<'_, PyDict>>,
        now_ms: u64,
    ) -> PyResult<Decision> {
        let decision = self.check(py, capability, resource, costs, now_ms)?;
        if decision.outcome == "allow" {
            return Ok(decision);
        }
        let why = decision.reason.unwrap_or(decision.outcome);
        Err(PyPermissionError::new_err(format!("{capability} on {resource}: {why} {}", decision.subject)))
    }

    /// Approves a review; gives its state.
    #[pyo3(signature = (review, approver, now_ms = 0))]
    fn approve(&self, py: Python<'_>, review: u64, approver: &str, now_ms: u64) -> PyResult<&'static str> {
        let state = self.enforcer.lock(py)?.approve(review, approver, now_ms).map_err(no_review)?;
        Ok(state.as_str())
    }

    /// Rejects a review; gives its state.
    #[pyo3(signature = (review, approver, now_ms = 0))]
    fn reject(&self, py: Python<'_>, review: u64, approver: &str, now_ms: u64) -> PyResult<&'static str> {
        let state = self.enforcer.lock(py)?.reject(review, approver, now_ms).map_err(no_review)?;
        Ok(state.as_str())
    }

    /// Decides the operation of a review that is closed.
    #[pyo3(signature = (review, now_ms = 0))]
    fn resume(&self, py: Python<'_>, review: u64, now_ms: u64) -> PyResult<Decision> {
        let outcome = self.enforcer.lock(py)?.resume(review, now_ms).map_err(no_review)?;
        Ok(Decision::of(outcome, ""))
    }

    /// Takes the covenant back: nothing is allowed from now on.
    #[pyo3(signature = (by, now_ms = 0))]
    fn revoke(&self, py: Python<'_>, by: &str, now_ms: u64) -> PyResult<()> {
        self.enforcer.lock(py)?.revoke(by, now_ms).map_err(no_grant)
    }

    /// Follows what a registry says of the covenant: when it or one that it is a part of is not active there, or it is not
    /// known there, nothing is allowed from now on. Whether it is active.
    #[pyo3(signature = (registry, by, now_ms = 0))]
    fn follow(&self, py: Python<'_>, registry: &Bound<'_, CovenantRegistry>, by: &str, now_ms: u64) -> PyResult<bool> {
        let mut enforcer = self.enforcer.lock(py)?;
        let registry = registry.get().registry.lock(py)?;
        enforcer.follow(&registry, by, now_ms).map_err(no_grant)
    }

    /// What is free of a counter, or None where there is none of this name.
    #[pyo3(signature = (counter))]
    fn free(&self, py: Python<'_>, counter: &str) -> PyResult<Option<u64>> {
        let enforcer = self.enforcer.lock(py)?;
        let budget = enforcer.budget();
        Ok(budget.counter(counter).and_then(|counter| budget.balance(counter)).map(|balance| balance.free))
    }
}
