//! The module `backfire_kernel`.

mod bm25;
mod config;
mod functions;
mod observers;
mod physics;
mod safety;
mod score;
mod scorer;
mod session;
mod ssgf;
mod streaming;

use pyo3::prelude::*;

/// Classes of the guide's table under the names that it gives them.
const ALIASES: [(&str, &str); 7] = [
    ("UPDEStepper", "RustUPDEStepper"),
    ("SECFunctional", "RustSECFunctional"),
    ("L16Controller", "RustL16Controller"),
    ("SSGFEngine", "RustSSGFEngine"),
    ("TCBOObserver", "RustTCBOObserver"),
    ("TCBOController", "RustTCBOController"),
    ("PGBOEngine", "RustPGBOEngine"),
];

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<config::BackfireConfig>()?;
    module.add_class::<score::CoherenceScore>()?;
    module.add_class::<session::StreamSession>()?;
    module.add_class::<safety::RustSafetyKernel>()?;
    module.add_class::<streaming::RustStreamingKernel>()?;
    module.add_class::<scorer::RustCoherenceScorer>()?;
    module.add_class::<bm25::RustBM25>()?;
    module.add_class::<physics::RustUPDEStepper>()?;
    module.add_class::<physics::RustSECFunctional>()?;
    module.add_class::<physics::RustL16Controller>()?;
    module.add_class::<observers::RustTCBOObserver>()?;
    module.add_class::<observers::RustTCBOController>()?;
    module.add_class::<observers::RustPGBOEngine>()?;
    module.add_class::<ssgf::RustSSGFEngine>()?;
    for (alias, name) in ALIASES {
        module.add(alias, module.getattr(name)?)?;
    }
    functions::register(module)?;
    // By setting attributes, not through `add`: `__all__` is for what programs use.
    module.setattr("_restore_score", wrap_pyfunction!(score::restore, module)?)?;
    module.setattr("_restore_session", wrap_pyfunction!(session::restore, module)?)
}
