//! A compiled component and how to get one.

use std::path::Path;
use std::sync::Arc;

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::bindings::exports::interlock::kernel::{covenant, halt, ledger, operad, rules, score, session, signals};
use super::error::HostError;
use super::instance::Instance;
use super::limits::{Limiter, Limits};

/// Interlock's component, compiled and ready to be instantiated. Compile it once and clone it: clones share the code.
///
/// Every stream gets an instance of its own, so that a trap ends that stream and nothing else.
///
/// ```
/// use interlock_core::halt::{HaltConfig, HaltReason};
/// use interlock_host::embed::Interlock;
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let interlock = Interlock::from_file(file)?;
/// let mut monitor = interlock.stream_monitor(&HaltConfig::default())?;
/// assert!(!monitor.push(0.9)?.is_halt());
/// assert_eq!(monitor.push(0.2)?.halt().map(|halt| halt.reason), Some(HaltReason::HardLimit));
/// assert!(monitor.push(0.9).is_err());
/// # Ok::<(), interlock_host::embed::HostError>(())
/// ```
#[derive(Clone)]
pub struct Interlock {
    pub(super) shared: Arc<Shared>,
    pub(super) limits: Limits,
}

pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) pre: InstancePre<Limiter>,
    pub(super) halt: halt::GuestIndices,
    pub(super) covenant: covenant::GuestIndices,
    pub(super) ledger: ledger::GuestIndices,
    pub(super) operad: operad::GuestIndices,
    pub(super) rules: rules::GuestIndices,
    pub(super) score: score::GuestIndices,
    pub(super) signals: signals::GuestIndices,
    pub(super) session: session::GuestIndices,
    component: Component,
}

impl std::fmt::Debug for Interlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interlock").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Interlock {
    /// Compiles a component from its bytes, with every option at its default. Takes about half a second; see
    /// [`Interlock::serialize`] for hosts that start often.
    ///
    /// # Errors
    /// [`HostError::Component`] when it is none, or another one.
    pub fn new(component: &[u8]) -> Result<Self, HostError> {
        Builder::default().build(component)
    }

    /// Compiles a component from a file, with every option at its default.
    ///
    /// # Errors
    /// [`HostError::File`] when it cannot be read, [`HostError::Component`] when it is none, or another one.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, HostError> {
        Builder::default().build_from_file(path)
    }

    /// Options, to be followed by [`Builder::build`].
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A fresh instance with a store of its own.
    ///
    /// # Errors
    /// [`HostError::Instantiate`] when the pool is empty or the memory limit is below what the component starts with.
    pub fn instantiate(&self) -> Result<Instance, HostError> {
        Instance::new(self)
    }

    /// The compiled code, for [`Builder::build_precompiled`]. It fits this machine's kind of processor, this version
    /// of the host, and the builder's options.
    ///
    /// # Errors
    /// [`HostError::Component`] when there is not enough memory.
    pub fn serialize(&self) -> Result<Vec<u8>, HostError> {
        self.shared.component.serialize().map_err(HostError::Component)
    }

    /// One tick for every call that is running on any thread: those that have seen
    /// [`Limits::epoch_ticks`] of them trap. A host calls it from a timer.
    pub fn increment_epoch(&self) {
        self.shared.engine.increment_epoch();
    }

    /// What one instance may use.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The same component with other limits for the instances to come. The code is shared. Under
    /// [`Builder::pooling`] the memory limit cannot go above the builder's.
    #[must_use]
    pub fn with_limits(&self, limits: Limits) -> Self {
        Self { shared: Arc::clone(&self.shared), limits }
    }
}

/// How instances get their memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Allocation {
    #[default]
    OnDemand,
    Pooling {
        instances: u32,
    },
}

/// Options of an [`Interlock`].
///
/// ```
/// use interlock_host::embed::{Interlock, Limits};
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let limits = Limits { memory_bytes: 16 << 20, ..Limits::default() };
/// let interlock = Interlock::builder().limits(limits).pooling(1000).build_from_file(file)?;
/// let instances: Vec<_> = (0..10).map(|_| interlock.instantiate()).collect::<Result<_, _>>()?;
/// # assert_eq!(instances.len(), 10);
/// # Ok::<(), interlock_host::embed::HostError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Builder {
    pub(super) limits: Limits,
    allocation: Allocation,
    epoch: bool,
}

impl Builder {
    /// What one instance may use.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reserves the memory of so many instances when the component is compiled and hands it out again and again: for
    /// servers with many short streams. It reserves address space, some gigabytes an instance, and no memory; more
    /// instances at once are [`HostError::Instantiate`].
    #[must_use]
    pub const fn pooling(mut self, instances: u32) -> Self {
        self.allocation = Allocation::Pooling { instances };
        self
    }

    /// Whether calls can be interrupted by [`Interlock::increment_epoch`]. Makes them some percent slower. Fuel bounds
    /// them anyway, and gives the same bound on every machine.
    #[must_use]
    pub const fn epoch_interruption(mut self, interruptible: bool) -> Self {
        self.epoch = interruptible;
        self
    }

    /// Compiles a component from its bytes.
    ///
    /// # Errors
    /// [`HostError::Options`] when the options do not fit this machine, [`HostError::Component`] when the bytes are no
    /// component, or another one.
    pub fn build(self, component: &[u8]) -> Result<Interlock, HostError> {
        let engine = self.engine()?;
        let component = Component::from_binary(&engine, component).map_err(HostError::Component)?;
        self.link(engine, component)
    }

    /// Compiles a component from a file.
    ///
    /// # Errors
    /// [`HostError::File`] when it cannot be read, else those of [`Builder::build`].
    pub fn build_from_file(self, path: impl AsRef<Path>) -> Result<Interlock, HostError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| HostError::File { path: path.to_owned(), source })?;
        self.build(&bytes)
    }

    /// Takes code that [`Interlock::serialize`] gave, under the same options and by the same version of this crate.
    /// Takes about a millisecond.
    ///
    /// # Safety
    /// The bytes are machine code and run with all the rights of this process: they must come from
    /// [`Interlock::serialize`] and must not have been changed since. What is refused with an error is code of another
    /// version, processor or set of options; forged or damaged code is not found out. Keep it where nobody else can
    /// write, or sign it.
    ///
    /// # Errors
    /// [`HostError::Component`] when the code was compiled by another version, for another machine or under other
    /// options.
    #[allow(unsafe_code, reason = "the one unsafe way in, and the caller's promise")]
    pub unsafe fn build_precompiled(self, code: &[u8]) -> Result<Interlock, HostError> {
        let engine = self.engine()?;
        // SAFETY: promised by the caller.
        let component = unsafe { Component::deserialize(&engine, code) }.map_err(HostError::Component)?;
        self.link(engine, component)
    }

    pub(super) fn engine(self) -> Result<Engine, HostError> {
        let mut config = Config::new();
        config.wasm_component_model(true).consume_fuel(true).epoch_interruption(self.epoch);
        if let Allocation::Pooling { instances } = self.allocation {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(self.pool(instances)));
        }
        if self.limits.epoch_ticks.is_some() && !self.epoch {
            return Err(HostError::Options(wasmtime::Error::msg(
                "epoch_ticks are limited, and epoch_interruption is off",
            )));
        }
        Engine::new(&config).map_err(HostError::Options)
    }

    fn pool(self, instances: u32) -> PoolingAllocationConfig {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(instances)
            // A component is made of several core modules; only the main one has a memory.
            .total_core_instances(instances.saturating_mul(8))
            .total_memories(instances)
            .total_tables(instances.saturating_mul(2))
            .max_memory_size(self.limits.memory_bytes);
        if PoolingAllocationConfig::is_pagemap_scan_available() {
            // What an instance has written stays resident and is cleared by hand: the next one takes no page faults.
            pool.pagemap_scan(Enabled::Auto).linear_memory_keep_resident(KEEP_RESIDENT).table_keep_resident(1 << 16);
        }
        pool
    }

    fn link(self, engine: Engine, component: Component) -> Result<Interlock, HostError> {
        // The linker is empty: the component imports nothing, and one that does fails here.
        let pre = Linker::new(&engine).instantiate_pre(&component).map_err(HostError::Component)?;
        let halt = halt::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let covenant = covenant::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let ledger = ledger::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let operad = operad::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let rules = rules::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let score = score::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let signals = signals::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let session = session::GuestIndices::new(&pre).map_err(HostError::Component)?;
        let shared =
            Arc::new(Shared { engine, pre, halt, covenant, ledger, operad, rules, score, signals, session, component });
        let interlock = Interlock { shared, limits: self.limits };
        // The types of the exports are checked when an interface is first used: do that once here.
        interlock.instantiate()?.check_types()?;
        Ok(interlock)
    }
}

/// Bytes of an instance's memory that a pool keeps resident. The guest's stack and data lie below.
const KEEP_RESIDENT: usize = 2 << 20;
