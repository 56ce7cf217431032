//! One instance: a store, the component in it, and what became of it.

use interlock_core::halt::HaltConfig;
use interlock_core::session::{GuardedText, Segment};
use interlock_core::{halt::Observation, policy::Policy};
use wasmtime::Store;

use super::bindings::exports::interlock::kernel::{covenant, halt, ledger, operad, rules, score, session, signals};
use super::engine::Interlock;
use super::error::{HostError, Trap};
use super::limits::{Limiter, Limits};
use super::session::TextGuard;

/// An instance of the component with a store of its own: its memory is shared with nobody.
///
/// A call that traps (it ran out of fuel or memory, or broke an invariant) is [`HostError::Trap`]; nothing that the
/// instance holds can be trusted then, and every later call is [`HostError::Poisoned`]. Other instances do not notice.
///
/// The stateful types take an instance each and give it back when they are done, so that it can serve the next stream.
pub struct Instance {
    interlock: Interlock,
    store: Store<Limiter>,
    exports: wasmtime::component::Instance,
    halt: Option<halt::Guest>,
    score: Option<score::Guest>,
    signals: Option<signals::Guest>,
    session: Option<session::Guest>,
    covenant: Option<covenant::Guest>,
    ledger: Option<ledger::Guest>,
    operad: Option<operad::Guest>,
    rules: Option<rules::Guest>,
    trap: Option<Trap>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("interlock", &self.interlock).field("trap", &self.trap).finish_non_exhaustive()
    }
}

impl Instance {
    pub(super) fn new(interlock: &Interlock) -> Result<Self, HostError> {
        let Interlock { shared, limits } = interlock;
        let mut store = Store::new(&shared.engine, Limiter { memory_bytes: limits.memory_bytes });
        store.limiter(|limiter| limiter);
        refuel(&mut store, limits, 0).map_err(HostError::Instantiate)?;
        let exports = shared.pre.instantiate(&mut store).map_err(HostError::Instantiate)?;
        let interlock = interlock.clone();
        Ok(Self {
            interlock,
            store,
            exports,
            halt: None,
            score: None,
            signals: None,
            session: None,
            covenant: None,
            ledger: None,
            operad: None,
            rules: None,
            trap: None,
        })
    }

    /// What it was made from.
    #[must_use]
    pub const fn interlock(&self) -> &Interlock {
        &self.interlock
    }

    /// The trap that ended it.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        self.trap.as_ref()
    }

    /// Fuel that the last call left over, to choose [`Limits`] by.
    #[must_use]
    pub fn fuel_left(&self) -> u64 {
        self.store.get_fuel().unwrap_or(0)
    }

    /// Calls a function of the interface `halt`. `input_bytes`: how much the call is given.
    pub(super) fn halt<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &halt::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, halt, trap, .. } = self;
        let guest = match halt {
            Some(guest) => guest,
            None => halt.insert(interlock.shared.halt.load(&mut *store, exports).map_err(HostError::Component)?),
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls a function of the interface `score`.
    pub(super) fn score<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &score::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, score, trap, .. } = self;
        let guest = match score {
            Some(guest) => guest,
            None => score.insert(interlock.shared.score.load(&mut *store, exports).map_err(HostError::Component)?),
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls a function of the interface `signals`.
    pub(super) fn signals<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &signals::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, signals, trap, .. } = self;
        let guest = match signals {
            Some(guest) => guest,
            None => signals.insert(interlock.shared.signals.load(&mut *store, exports).map_err(HostError::Component)?),
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls a function of the interface `session`.
    pub(super) fn session<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &session::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, session, trap, .. } = self;
        let guest = match session {
            Some(guest) => guest,
            None => session.insert(interlock.shared.session.load(&mut *store, exports).map_err(HostError::Component)?),
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls a function of the interface `covenant`.
    pub(super) fn covenant<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &covenant::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, covenant, trap, .. } = self;
        let guest = match covenant {
            Some(guest) => guest,
            None => {
                covenant.insert(interlock.shared.covenant.load(&mut *store, exports).map_err(HostError::Component)?)
            }
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls a function of the interface `ledger`.
    pub(super) fn ledger<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &ledger::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, ledger, trap, .. } = self;
        let guest = match ledger {
            Some(guest) => guest,
            None => ledger.insert(interlock.shared.ledger.load(&mut *store, exports).map_err(HostError::Component)?),
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls a function of the interface `operad`.
    pub(super) fn operad<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &operad::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, operad, trap, .. } = self;
        let guest = match operad {
            Some(guest) => guest,
            None => operad.insert(interlock.shared.operad.load(&mut *store, exports).map_err(HostError::Component)?),
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls functions of the interface `rules`.
    pub(super) fn rules<T>(
        &mut self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, &rules::Guest) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let Self { interlock, store, exports, rules, trap, .. } = self;
        let guest = match rules {
            Some(guest) => guest,
            None => rules.insert(interlock.shared.rules.load(&mut *store, exports).map_err(HostError::Component)?),
        };
        run(store, &interlock.limits, trap, input_bytes, |store| call(store, guest))
    }

    /// Calls something that belongs to no interface: giving a resource back.
    pub(super) fn with_store<T>(
        &mut self,
        call: impl FnOnce(&mut Store<Limiter>) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        run(&mut self.store, &self.interlock.limits, &mut self.trap, 0, call)
    }

    /// Loads every interface, which checks the types of its functions.
    pub(super) fn check_types(&mut self) -> Result<(), HostError> {
        self.halt(0, |_, _| Ok(()))?;
        self.score(0, |_, _| Ok(()))?;
        self.signals(0, |_, _| Ok(()))?;
        self.session(0, |_, _| Ok(()))?;
        self.covenant(0, |_, _| Ok(()))?;
        self.ledger(0, |_, _| Ok(()))?;
        self.operad(0, |_, _| Ok(()))?;
        self.rules(0, |_, _| Ok(()))
    }

    /// The configuration with every field at its default, as the component has it.
    ///
    /// # Errors
    /// [`HostError::Trap`] or [`HostError::Poisoned`].
    pub fn default_config(&mut self) -> Result<HaltConfig, HostError> {
        Ok(self.halt(0, |store, guest| guest.call_default_config(store))?.into())
    }

    /// Reads a configuration from a JSON object and validates it.
    ///
    /// # Errors
    /// [`HostError::Syntax`] or [`HostError::Config`] when it is refused; a trap.
    pub fn config_from_json(&mut self, json: &str) -> Result<HaltConfig, HostError> {
        let config = self.halt(json.len(), |store, guest| guest.call_config_from_json(store, json))?;
        config.map(Into::into).map_err(Into::into)
    }

    /// Checks every field of a configuration.
    ///
    /// # Errors
    /// [`HostError::Config`] for the first that fails; a trap.
    pub fn validate_config(&mut self, config: &HaltConfig) -> Result<(), HostError> {
        self.halt(0, |store, guest| guest.call_validate_config(store, config.into()))?.map_err(Into::into)
    }

    /// Entropy in bits of the distribution given by natural-log top-k probabilities.
    ///
    /// # Errors
    /// [`HostError::Entropy`] when they are none; a trap.
    pub fn logit_entropy(&mut self, log_probabilities: &[f64]) -> Result<f64, HostError> {
        let bytes = size_of_val(log_probabilities);
        self.halt(bytes, |store, guest| guest.call_logit_entropy(store, log_probabilities))?.map_err(Into::into)
    }

    /// Reads a policy from a JSON object, validates it and writes it with every default filled in.
    ///
    /// # Errors
    /// [`HostError::Policy`] when it is refused; a trap.
    pub fn policy_from_json(&mut self, json: &str) -> Result<String, HostError> {
        self.session(json.len(), |store, guest| guest.call_policy_from_json(store, json))?.map_err(Into::into)
    }

    /// Guards a whole text. The score is asked for only where the policy's scorer kind is `host`.
    ///
    /// # Errors
    /// [`HostError::Policy`] when the policy is refused; a trap, and then nothing of the text may leave.
    pub fn guard_text(
        &mut self,
        policy: &Policy,
        text: &str,
        score: impl FnMut(&Segment) -> Observation,
    ) -> Result<GuardedText, HostError> {
        TextGuard::run(self, &super::session::policy_json(policy)?, text, score)
    }

    /// As [`Instance::guard_text`], under a policy written as a JSON object.
    ///
    /// # Errors
    /// Those of [`Instance::guard_text`].
    pub fn guard_text_json(
        &mut self,
        policy: &str,
        text: &str,
        score: impl FnMut(&Segment) -> Observation,
    ) -> Result<GuardedText, HostError> {
        TextGuard::run(self, policy, text, score)
    }
}

/// Makes one call, within its limits, unless an earlier one trapped. Any error of the engine is taken for a trap: what
/// the instance holds cannot be trusted after one.
pub(super) fn run<T>(
    store: &mut Store<Limiter>,
    limits: &Limits,
    trap: &mut Option<Trap>,
    input_bytes: usize,
    call: impl FnOnce(&mut Store<Limiter>) -> wasmtime::Result<T>,
) -> Result<T, HostError> {
    if let Some(trap) = trap {
        return Err(HostError::Poisoned(trap.clone()));
    }
    refuel(store, limits, input_bytes)
        .and_then(|()| call(store))
        .map_err(|error| HostError::Trap(trap.insert(Trap::new(&error)).clone()))
}

pub(super) fn refuel(store: &mut Store<Limiter>, limits: &Limits, input_bytes: usize) -> wasmtime::Result<()> {
    store.set_fuel(limits.fuel(input_bytes))?;
    // Without a limit: far away, and not so far that adding it to the current epoch overflows.
    store.set_epoch_deadline(limits.epoch_ticks.unwrap_or(u64::MAX >> 1));
    Ok(())
}
