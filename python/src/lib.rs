//! The Python surface of the core: the modules `backfire_kernel` and `kgents_core`.
//!
//! Translates types and holds no logic. Whatever comes from Python is read to the end before anything changes, so that
//! an object that lies about itself costs an exception and nothing else.

mod backfire;
mod convert;
mod kgents;
mod shared;

use pyo3::prelude::*;

/// Native part of `backfire_kernel` and `kgents_core`.
#[pymodule(gil_used = false)]
fn backfire_kernel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    shared::watch_forks(module.py())?;
    backfire::register(module)?;
    // `__all__` is what `import *` gives: the classes of `backfire_kernel`, not those of the other module.
    kgents::register(module)
}
