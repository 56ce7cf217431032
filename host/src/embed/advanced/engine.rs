//! The compiled component and how to get one.

use std::path::Path;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use super::HostError;
use super::bindings::exports::interlock::kernel::{geometry, numeric, observers, physics};
use super::instance::AdvancedInstance;
use crate::embed::Builder;
use crate::embed::limits::{Limiter, Limits};

/// The advanced runtime's component, compiled and ready to be instantiated. Compile it once and clone it: clones share
/// the code.
#[derive(Clone)]
pub struct Advanced {
    pub(super) shared: Arc<Shared>,
    pub(super) limits: Limits,
}

pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) pre: InstancePre<Limiter>,
    pub(super) numeric: numeric::GuestIndices,
    pub(super) physics: physics::GuestIndices,
    pub(super) observers: observers::GuestIndices,
    pub(super) geometry: geometry::GuestIndices,
    component: Component,
}

impl std::fmt::Debug for Advanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Advanced").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Advanced {
    /// Compiles a component from its bytes, with every option at its default.
    ///
    /// # Errors
    /// [`HostError::Component`] when it is none, or another one.
    pub fn new(component: &[u8]) -> Result<Self, HostError> {
        Builder::default().build_advanced(component)
    }

    /// Compiles a component from a file, with every option at its default.
    ///
    /// # Errors
    /// [`HostError::File`] when it cannot be read, [`HostError::Component`] when it is none, or another one.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, HostError> {
        Builder::default().build_advanced_from_file(path)
    }

    /// A fresh instance with a store of its own.
    ///
    /// # Errors
    /// [`HostError::Instantiate`] when the pool is empty or the memory limit is below what the component starts with.
    pub fn instantiate(&self) -> Result<AdvancedInstance, HostError> {
        AdvancedInstance::new(self)
    }

    /// The compiled code, for [`Builder::build_advanced_precompiled`].
    ///
    /// # Errors
    /// [`HostError::Component`] when there is not enough memory.
    pub fn serialize(&self) -> Result<Vec<u8>, HostError> {
        self.shared.component.serialize().map_err(HostError::Component)
    }

    /// One tick for every call that is running on any thread; see [`Limits::epoch_ticks`].
    pub fn increment_epoch(&self) {
        self.shared.engine.increment_epoch();
    }

    /// What one instance may use.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The same component with other limits for the instances to come. The code is shared.
    #[must_use]
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self { shared: Arc::clone(&self.shared), limits }
    }
}

impl Builder {
    /// Compiles the advanced runtime's component from its bytes.
    ///
    /// # Errors
    /// Those of [`Builder::build`].
    pub fn build_advanced(self, component: &[u8]) -> Result<Advanced, HostError> {
        let engine = self.engine()?;
        let component = Component::from_binary(&engine, component).map_err(HostError::Component)?;
        self.link_advanced(engine, component)
    }

    /// Compiles the advanced runtime's component from a file.
    ///
    /// # Errors
    /// Those of [`Builder::build_from_file`].
    pub fn build_advanced_from_file(self, path: impl AsRef<Path>) -> Result<Advanced, HostError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| HostError::File { path: path.to_owned(), source })?;
        self.build_advanced(&bytes)
    }

    /// Takes code that [`Advanced::serialize`] gave, under the same options and by the same version of this crate.
    ///
    /// # Safety
    /// As of [`Builder::build_precompiled`]: the bytes are machine code and must come from [`Advanced::serialize`].
    ///
    /// # Errors
    /// Those of [`Builder::build_precompiled`].
    #[allow(unsafe_code, reason = "the caller's promise")]
    pub unsafe fn build_advanced_precompiled(self, code: &[u8]) -> Result<Advanced, HostError> {
        let engine = self.engine()?;
        // SAFETY: promised by the caller.
        let component = unsafe { Component::deserialize(&engine, code) }.map_err(HostError::Component)?;
        self.link_advanced(engine, component)
    }

    fn link_advanced(self, engine: Engine, component: Component) -> Result<Advanced, HostError> {
        // The linker is empty: the component imports nothing, and one that does fails here.
        let pre = Linker::new(&engine).instantiate_pre(&component).map_err(HostError::Component)?;
        let numeric = numeric::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let physics = physics::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let observers = observers::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let geometry = geometry::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let shared = Arc::new(Shared { engine, pre, numeric, physics, observers, geometry, component });
        let advanced = Advanced { shared, limits: self.limits };
        // The types of the exports are checked when an interface is first used: do that once here.
        advanced.instantiate()?.check_types()?;
        Ok(advanced)
    }
}
