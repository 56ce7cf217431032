//! Registries of grants, in the instance of their grants.

use interlock_core::covenant::Terms;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::covenant as wit;
use super::covenant::{Covenant, Grant, GrantAccount, account};
use super::error::HostError;
use super::limits::Limiter;
use super::shared::SharedInstance;

impl Covenant {
    /// A registry of grants, none yet, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn registry(&mut self) -> Result<GrantRegistry, HostError> {
        let registry = self.instance.covenant(0, |store, guest| guest.grant_registry().call_constructor(store))?;
        Ok(GrantRegistry { instance: self.instance.clone(), registry })
    }
}

/// Grants of a [`Covenant`] that hang together: [`interlock_core::covenant::GrantRegistry`] inside its instance. What is
/// taken from one is taken from all that were derived from it, and
/// [`Enforcer::follow`](super::Enforcer::follow) tells an enforcer.
#[derive(Debug)]
#[allow(clippy::struct_field_names, reason = "the name of the resource")]
pub struct GrantRegistry {
    pub(super) instance: SharedInstance,
    pub(super) registry: ResourceAny,
}

impl GrantRegistry {
    fn call<T>(
        &self,
        input_bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, wit::GuestGrantRegistry<'_>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let registry = self.registry;
        self.instance.covenant(input_bytes, |store, guest| call(store, guest.grant_registry(), registry))
    }

    /// What a copy of a grant says. The copy is given back.
    fn read(&self, grant: ResourceAny) -> Result<GrantAccount, HostError> {
        let account = account(&self.instance, grant)?;
        self.instance.release(grant)?;
        Ok(account)
    }

    fn read_all(&self, grants: Vec<ResourceAny>) -> Result<Vec<GrantAccount>, HostError> {
        grants.into_iter().map(|grant| self.read(grant)).collect()
    }

    /// Adds a grant of the same covenant as it is now, of which no version of this number is there.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::GrantRegistry::insert`]; a trap.
    pub fn insert(&mut self, Grant(grant): Grant) -> Result<(), HostError> {
        Ok(self.call(0, |store, guest, it| guest.call_insert(store, it, grant))??)
    }

    /// A copy of a version of a grant as it is now, for an enforcer: [`Covenant::release`] gives it back.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn get(&mut self, id: &str, version: u32) -> Result<Option<Grant>, HostError> {
        Ok(self.call(id.len(), |store, guest, it| guest.call_get(store, it, id, version))?.map(Grant))
    }

    /// Every grant, by name and then version.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn grants(&mut self) -> Result<Vec<GrantAccount>, HostError> {
        let grants = self.call(0, |store, guest, it| guest.call_grants(store, it))?;
        self.read_all(grants)
    }

    /// Whether a version of a grant allows what it says: it is active, and so are all that it comes from. After a trap
    /// it does not.
    pub fn is_active(&mut self, id: &str, version: u32, now_ms: u64) -> bool {
        self.call(id.len(), |store, guest, it| guest.call_is_active(store, it, id, version, now_ms)).unwrap_or(false)
    }

    /// Derives a proposal for somebody who gets a part of a grant, and never more, and adds it.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::GrantRegistry::attenuate`]; a trap.
    pub fn attenuate(
        &mut self,
        id: &str,
        version: u32,
        derived: &str,
        terms: &Terms,
        by: &str,
        now_ms: u64,
    ) -> Result<GrantAccount, HostError> {
        let terms = terms.into();
        let grant = self.call(id.len().saturating_add(derived.len()), |store, guest, it| {
            guest.call_attenuate(store, it, id, version, derived, &terms, by, now_ms)
        })??;
        self.read(grant)
    }

    /// Lets a version of a grant allow what it says.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::GrantRegistry::grant`]; a trap.
    pub fn grant(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Result<GrantAccount, HostError> {
        let grant = self.call(id.len(), |store, guest, it| guest.call_grant(store, it, id, version, by, now_ms))??;
        self.read(grant)
    }

    /// Takes back a version of a grant and everything granted that was derived from it. Gives what was taken back, the
    /// grant itself first.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::GrantRegistry::revoke`]; a trap.
    pub fn revoke(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Result<Vec<GrantAccount>, HostError> {
        let revoked =
            self.call(id.len(), |store, guest, it| guest.call_revoke(store, it, id, version, by, now_ms))??;
        self.read_all(revoked)
    }

    /// Notes that the time of a version of a grant is over.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::GrantRegistry::expire`]; a trap.
    pub fn expire(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Result<GrantAccount, HostError> {
        let grant = self.call(id.len(), |store, guest, it| guest.call_expire(store, it, id, version, by, now_ms))??;
        self.read(grant)
    }
}

impl Drop for GrantRegistry {
    /// The instance may go on with others.
    fn drop(&mut self) {
        // After a trap there is nothing to give back.
        drop(self.instance.release(self.registry));
    }
}
