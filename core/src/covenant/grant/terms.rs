//! What a grant says.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::budget::MAX_COUNTERS;
use super::super::gate::ReviewGate;
use super::super::permission::Permission;
use super::error::{GrantError, Widening};

/// Permissions of one grant, at most.
pub const MAX_PERMISSIONS: u32 = 65_536;
/// Review gates of one grant, at most.
pub const MAX_GATES: u32 = 64;

/// How much of a counter may be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// The counter's name.
    pub counter: String,
    /// How many of its units.
    pub units: u64,
}

/// What a grant says. Nothing that it does not name is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What may be done.
    pub permissions: Vec<Permission>,
    /// What of that somebody must look at.
    pub gates: Vec<ReviewGate>,
    /// How much may be spent, each counter once.
    pub ceilings: Vec<Ceiling>,
    /// When it ends, in ms; never where it says nothing.
    pub expires_at_ms: Option<u64>,
}

impl Terms {
    /// Checks bounds, and that names are given once.
    ///
    /// # Errors
    /// [`GrantError::Terms`] says what is wrong, [`GrantError::Gate`] what with a gate.
    pub fn validate(&self) -> Result<(), GrantError> {
        bounded("permissions", self.permissions.len(), MAX_PERMISSIONS)?;
        bounded("gates", self.gates.len(), MAX_GATES)?;
        bounded("ceilings", self.ceilings.len(), MAX_COUNTERS)?;
        for (index, gate) in self.gates.iter().enumerate() {
            gate.validate().map_err(|error| GrantError::Gate { name: gate.name.clone(), error })?;
            if self.gates.iter().take(index).any(|other| other.name == gate.name) {
                return Err(GrantError::Twice { name: gate.name.clone() });
            }
        }
        for (index, ceiling) in self.ceilings.iter().enumerate() {
            if self.ceilings.iter().take(index).any(|other| other.counter == ceiling.counter) {
                return Err(GrantError::Twice { name: ceiling.counter.clone() });
            }
        }
        Ok(())
    }

    /// The ceiling of a counter.
    fn ceiling(&self, counter: &str) -> Option<u64> {
        self.ceilings.iter().find(|ceiling| ceiling.counter == counter).map(|ceiling| ceiling.units)
    }

    /// Checks that these terms have no more of anything than others.
    pub(in super::super) fn check_within(&self, wider: &Self) -> Result<(), GrantError> {
        let mut widens = Vec::new();
        for permission in &self.permissions {
            if !wider.permissions.iter().any(|other| permission.is_within(other)) {
                widens.push(Widening::Permission(permission.clone()));
            }
        }
        match (self.expires_at_ms, wider.expires_at_ms) {
            (Some(requested), Some(bound)) if requested > bound => widens.push(Widening::Expiry { requested, bound }),
            _ => {}
        }
        for ceiling in &wider.ceilings {
            match self.ceiling(&ceiling.counter) {
                Some(requested) if requested > ceiling.units => {
                    let (counter, bound) = (ceiling.counter.clone(), ceiling.units);
                    widens.push(Widening::Ceiling { counter, requested, bound });
                }
                _ => {}
            }
        }
        if widens.is_empty() { Ok(()) } else { Err(GrantError::Widens { widens }) }
    }

    /// These terms with what must be kept of others, which they may not exceed.
    pub(super) fn narrowed_from(mut self, wider: &Self) -> Result<Self, GrantError> {
        self.check_within(wider)?;
        if self.expires_at_ms.is_none() {
            self.expires_at_ms = wider.expires_at_ms;
        }
        for ceiling in &wider.ceilings {
            if self.ceiling(&ceiling.counter).is_none() {
                self.ceilings.push(ceiling.clone());
            }
        }
        let own = core::mem::replace(&mut self.gates, wider.gates.clone());
        self.gates.extend(own);
        Ok(self)
    }

    /// Whether these terms have what must be kept of others: their gates before any of its own, an end and each ceiling.
    pub(in super::super) fn keep(&self, wider: &Self) -> bool {
        self.gates.starts_with(&wider.gates)
            && (self.expires_at_ms.is_some() || wider.expires_at_ms.is_none())
            && wider.ceilings.iter().all(|ceiling| self.ceiling(&ceiling.counter).is_some())
    }
}

fn bounded(what: &'static str, count: usize, bound: u32) -> Result<(), GrantError> {
    if count > bound as usize { Err(GrantError::Terms { what, count: count as u64, bound }) } else { Ok(()) }
}
