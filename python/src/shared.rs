//! State that threads share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;

/// How many forks lie between this process and the one that imported the module.
static FORKS: AtomicU64 = AtomicU64::new(0);

#[pyfunction]
fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Counts forks from now on.
pub(crate) fn watch_forks(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    // Windows has none.
    if let Ok(register) = os.getattr("register_at_fork") {
        let arguments = pyo3::types::PyDict::new(py);
        arguments.set_item("after_in_child", wrap_pyfunction!(forked, py)?)?;
        register.call((), Some(&arguments))?;
    }
    Ok(())
}

/// A value that one thread uses at a time. Waiting for it holds nobody up: the interpreter is let go of.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    value: Mutex<T>,
    /// In how many forks' time it was last taken.
    taken: AtomicU64,
}

impl<T> Shared<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { value: Mutex::new(value), taken: AtomicU64::new(0) }
    }

    /// Takes the value.
    ///
    /// Fails where that would wait for ever: in a process forked while a thread, which is not there any more, had it.
    pub(crate) fn lock(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, T>> {
        let now = FORKS.load(Ordering::Relaxed);
        let guard = match self.value.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::WouldBlock) if self.taken.load(Ordering::Relaxed) == now => {
                self.value.lock_py_attached(py).map_err(|_| broken())?
            }
            Err(TryLockError::WouldBlock) => {
                return Err(PyRuntimeError::new_err(
                    "another thread was using this object when the process was forked",
                ));
            }
            Err(TryLockError::Poisoned(_)) => return Err(broken()),
        };
        self.taken.store(now, Ordering::Relaxed);
        Ok(guard)
    }

    /// Works on the value without holding up the interpreter.
    pub(crate) fn work<R: Send>(&self, py: Python<'_>, work: impl Send + FnOnce(&mut T) -> R) -> PyResult<R>
    where
        T: Send,
    {
        let mut guard = self.lock(py)?;
        let value = &mut *guard;
        // The guard is let go of only with the interpreter back; who waits for it meanwhile waits detached.
        Ok(py.detach(move || work(value)))
    }
}

fn broken() -> PyErr {
    PyRuntimeError::new_err("an earlier call on this object failed halfway")
}
