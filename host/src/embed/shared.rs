//! An instance that several objects live in.

use std::sync::{Arc, Mutex};

use wasmtime::Store;
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::covenant;
use super::error::{HostError, Trap};
use super::instance::Instance;
use super::limits::Limiter;

/// An instance that several objects live in. One of them calls at a time; the others wait.
#[derive(Clone, Debug)]
pub(super) struct SharedInstance(Arc<Mutex<Instance>>);

impl SharedInstance {
    pub(super) fn new(instance: Instance) -> Self {
        Self(Arc::new(Mutex::new(instance)))
    }

    /// Whether both are the same instance.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Instance) -> Result<T, HostError>) -> Result<T, HostError> {
        match self.0.lock() {
            Ok(mut instance) => work(&mut instance),
            Err(_) => Err(HostError::Poisoned(panicked())),
        }
    }

    /// Calls a function of the interface `covenant`. `input_bytes`: how much the call is given.
    pub(super) fn covenant<T>(
        &self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &covenant::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        self.with(|instance| instance.covenant(input_bytes, call))
    }

    /// Gives a resource back.
    pub(super) fn release(&self, resource: ResourceAny) -> Result<(), HostError> {
        self.with(|instance| instance.with_store(|store| resource.resource_drop(store)))
    }

    /// The trap that ended it.
    pub(super) fn trap(&self) -> Option<Trap> {
        match self.0.lock() {
            Ok(instance) => instance.trap().cloned(),
            Err(_) => Some(panicked()),
        }
    }
}

/// What an instance is after a thread panicked while it called: nobody knows what it holds.
fn panicked() -> Trap {
    Trap::new(&wasmtime::Error::msg("an earlier call panicked"))
}
