//! One instance of the advanced runtime's component.

use wasmtime::Store;

use super::HostError;
use super::bindings::exports::interlock::kernel::{geometry, numeric, observers, physics};
use super::engine::Advanced;
use crate::embed::error::Trap;
use crate::embed::instance::{refuel, run};
use crate::embed::limits::Limiter;

/// An instance of the component with a store of its own: its memory is shared with nobody.
///
/// A call that traps (it ran out of fuel or memory, or broke an invariant) is [`HostError::Trap`]; nothing that the
/// instance holds can be trusted then, and every later call is [`HostError::Poisoned`]. Other instances do not notice.
///
/// The stateful types take an instance each and give it back when they are done.
pub struct AdvancedInstance {
    advanced: Advanced,
    store: Store<Limiter>,
    exports: wasmtime::component::Instance,
    numeric: Option<numeric::Guest>,
    physics: Option<physics::Guest>,
    observers: Option<observers::Guest>,
    geometry: Option<geometry::Guest>,
    trap: Option<Trap>,
}

impl std::fmt::Debug for AdvancedInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { advanced, trap, .. } = self;
        f.debug_struct("AdvancedInstance").field("advanced", advanced).field("trap", trap).finish_non_exhaustive()
    }
}

/// How a function of an interface is called. `input_bytes`: how much the call is given, and what counts as that.
macro_rules! interfaces {
    ($($interface:ident),+) => {
        $(
            pub(super) fn $interface<T>(
                &mut self,
                input_bytes: usize,
                call: impl FnOnce(&mut Store<Limiter>, &$interface::Guest) -> wasmtime::Result<T>,
            ) -> Result<T, HostError> {
                let Self { advanced, store, exports, $interface, trap, .. } = self;
                let guest = match $interface {
                    Some(guest) => guest,
                    None => {
                        let loaded = advanced.shared.$interface.load(&mut *store, exports);
                        $interface.insert(loaded.map_err(HostError::Component)?)
                    }
                };
                run(store, &advanced.limits, trap, input_bytes, |store| call(store, guest))
            }
        )+

        /// Loads every interface, which checks the types of its functions.
        pub(super) fn check_types(&mut self) -> Result<(), HostError> {
            $(self.$interface(0, |_, _| Ok(()))?;)+
            Ok(())
        }
    };
}

impl AdvancedInstance {
    pub(super) fn new(advanced: &Advanced) -> Result<Self, HostError> {
        let Advanced { shared, limits } = advanced;
        let mut store = Store::new(&shared.engine, Limiter { memory_bytes: limits.memory_bytes });
        store.limiter(|limiter| limiter);
        refuel(&mut store, limits, 0).map_err(HostError::Instantiate)?;
        let exports = shared.pre.instantiate(&mut store).map_err(HostError::Instantiate)?;
        let advanced = advanced.clone();
        let (numeric, physics, observers, geometry) = (None, None, None, None);
        Ok(Self { advanced, store, exports, numeric, physics, observers, geometry, trap: None })
    }

    /// What it was made from.
    #[must_use]
    pub const fn advanced(&self) -> &Advanced {
        &self.advanced
    }

    /// The trap that ended it.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        self.trap.as_ref()
    }

    /// Fuel that the last call left over, to choose [`Limits`](crate::embed::Limits) by.
    #[must_use]
    pub fn fuel_left(&self) -> u64 {
        self.store.get_fuel().unwrap_or(0)
    }

    /// Gives a resource back.
    pub(super) fn give_back(&mut self, resource: wasmtime::component::ResourceAny) -> Result<(), HostError> {
        run(&mut self.store, &self.advanced.limits, &mut self.trap, 0, |store| resource.resource_drop(store))
    }

    interfaces!(numeric, physics, observers, geometry);
}

/// A stateful type: an instance and the resource in it.
macro_rules! resource {
    ($type:ident, $interface:ident) => {
        impl $type {
            /// The trap that ended its instance.
            #[must_use]
            pub const fn trap(&self) -> Option<&$crate::embed::Trap> {
                self.instance.trap()
            }

            /// Gives the instance back, without what was in it.
            ///
            /// # Errors
            /// A trap, now or earlier.
            pub fn into_instance(mut self) -> Result<AdvancedInstance, HostError> {
                self.instance.give_back(self.resource)?;
                Ok(self.instance)
            }

            fn call<T>(
                &mut self,
                input_bytes: usize,
                call: impl FnOnce(
                    &mut wasmtime::Store<$crate::embed::limits::Limiter>,
                    &wit::Guest,
                    wasmtime::component::ResourceAny,
                ) -> wasmtime::Result<T>,
            ) -> Result<T, HostError> {
                let resource = self.resource;
                self.instance.$interface(input_bytes, |store, guest| call(store, guest, resource))
            }
        }
    };
}
pub(super) use resource;
