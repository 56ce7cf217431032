//! `Budget`.

use interlock_core::covenant::{self, Amount, BudgetError, Counter, Reservation};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::dict;
use crate::shared::Shared;

/// Named counters with a ceiling. What a side effect will cost is reserved before it and settled after.
///
/// Raises KeyError for a counter that is not there and ValueError for more units than are free; nothing has changed
/// then.
#[pyclass(module = "kgents_core", frozen)]
pub(crate) struct Budget {
    budget: Shared<covenant::Budget>,
}

pub(super) fn refused(error: &BudgetError) -> PyErr {
    match error {
        BudgetError::UnknownCounter { .. } => PyKeyError::new_err(error.message()),
        _ => PyValueError::new_err(error.message()),
    }
}

/// The counter of a name.
pub(super) fn counter(budget: &covenant::Budget, name: &str) -> PyResult<Counter> {
    budget.counter(name).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
}

/// Amounts by the names of their counters.
pub(super) fn amounts(budget: &covenant::Budget, costs: &[(String, u64)]) -> PyResult<Vec<Amount>> {
    costs.iter().map(|(name, units)| Ok(Amount { counter: counter(budget, name)?, units: *units })).collect()
}

/// Names and units of a dict.
pub(super) fn pairs(costs: &Bound<'_, PyDict>) -> PyResult<Vec<(String, u64)>> {
    costs.iter().map(|(name, units)| Ok((name.extract()?, units.extract()?))).collect()
}

#[pymethods]
impl Budget {
    #[new]
    #[pyo3(signature = (ceilings))]
    fn new(ceilings: &Bound<'_, PyDict>) -> PyResult<Self> {
        let ceilings = pairs(ceilings)?;
        let named: Vec<(&str, u64)> = ceilings.iter().map(|(name, units)| (name.as_str(), *units)).collect();
        let budget = covenant::Budget::new(&named).map_err(|error| refused(&error))?;
        Ok(Self { budget: Shared::new(budget) })
    }

    /// Sets units aside and gives the reservation to settle.
    #[pyo3(signature = (counter, units))]
    fn reserve(&self, py: Python<'_>, counter: &str, units: u64) -> PyResult<u64> {
        let mut budget = self.budget.lock(py)?;
        let counter = self::counter(&budget, counter)?;
        budget.reserve(counter, units).map(Reservation::to_bits).map_err(|error| refused(&error))
    }

    /// Settles a reservation: so many of its units are spent, the rest, which is returned, is free again.
    #[pyo3(signature = (reservation, units))]
    fn commit(&self, py: Python<'_>, reservation: u64, units: u64) -> PyResult<u64> {
        let mut budget = self.budget.lock(py)?;
        budget.commit(Reservation::from_bits(reservation), units).map_err(|error| refused(&error))
    }

    /// Gives all of a reservation back.
    #[pyo3(signature = (reservation))]
    fn refund(&self, py: Python<'_>, reservation: u64) -> PyResult<u64> {
        self.budget.lock(py)?.refund(Reservation::from_bits(reservation)).map_err(|error| refused(&error))
    }

    /// Spends what is known beforehand, a dict of units by counter: every amount, or none.
    #[pyo3(signature = (costs))]
    fn spend(&self, py: Python<'_>, costs: &Bound<'_, PyDict>) -> PyResult<()> {
        let costs = pairs(costs)?;
        let mut budget = self.budget.lock(py)?;
        let amounts = amounts(&budget, &costs)?;
        budget.spend(&amounts).map_err(|error| refused(&error))
    }

    /// A counter's account: a dict of ceiling, spent, reserved and free.
    #[pyo3(signature = (counter))]
    fn balance<'py>(&self, py: Python<'py>, counter: &str) -> PyResult<Bound<'py, PyDict>> {
        let budget = self.budget.lock(py)?;
        let found = budget.balance(self::counter(&budget, counter)?);
        let balance = found.ok_or_else(|| PyKeyError::new_err(counter.to_owned()))?;
        Ok(dict!(py, {
            "ceiling": balance.ceiling, "spent": balance.spent, "reserved": balance.reserved, "free": balance.free,
        }))
    }

    /// The counters' names.
    #[getter]
    fn counters(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.budget.lock(py)?.counters().map(|(_, name)| name.to_owned()).collect())
    }
}
