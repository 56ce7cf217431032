//! The module `kgents_core`.

mod budget;
mod covenant;
mod ledger;
mod node;
mod operad;
mod registry;

use pyo3::prelude::*;

/// Adds everything under names that `import *` of `backfire_kernel` leaves alone.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    for class in [
        py.get_type::<node::TraceNode>(),
        py.get_type::<ledger::TraceLedger>(),
        py.get_type::<covenant::Covenant>(),
        py.get_type::<covenant::CovenantGate>(),
        py.get_type::<covenant::Decision>(),
        py.get_type::<registry::CovenantRegistry>(),
        py.get_type::<budget::Budget>(),
        py.get_type::<operad::Operad>(),
        py.get_type::<ledger::AppendError>(),
        py.get_type::<operad::OperadLawError>(),
    ] {
        module.setattr(class.name()?, &class)?;
    }
    module.setattr("verify_operad_laws", wrap_pyfunction!(operad::verify_operad_laws, module)?)
}
