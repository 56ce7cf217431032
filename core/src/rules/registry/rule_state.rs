//! What the registry knows of a rule.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::rule::CompiledRule;
use super::super::step::ReloadPolicy;

/// What a version is while it is not the active one. That it is active is not written here but in [`Rule::active`], so
/// that two cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Registered,
    Superseded(u64),
    RolledBack,
    Failed,
}

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) rule: CompiledRule,
    pub(super) rest: Rest,
    pub(super) registered_at_us: u64,
    /// The public keys that signed it.
    pub(super) signers: Vec<[u8; 32]>,
    /// Streams that use it.
    pub(super) pins: u64,
    /// Whether the host has loaded it and not unloaded it again.
    pub(super) is_staged: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    /// Those that are retained, ascending.
    pub(super) versions: Vec<Version>,
    /// The highest that was ever registered: it and what is below names its content for ever.
    pub(super) highest: u64,
    /// The version that new streams get; 0 for none.
    pub(super) active: u64,
    pub(super) policy: ReloadPolicy,
    /// Whether new streams are refused.
    pub(super) is_stopped: bool,
    /// How often it was stopped. A stream that began before the last time is stopped for good.
    pub(super) stops: u64,
    /// Streams that are pinned and not stopped.
    pub(super) running: u64,
}

impl Rule {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: String::from(id),
            versions: Vec::new(),
            highest: 0,
            active: 0,
            policy: ReloadPolicy::Finish,
            is_stopped: false,
            stops: 0,
            running: 0,
        }
    }

    pub(super) fn version(&self, version: u64) -> Option<&Version> {
        self.versions.iter().find(|own| own.rule.version() == version)
    }

    pub(super) fn version_mut(&mut self, version: u64) -> Option<&mut Version> {
        self.versions.iter_mut().find(|own| own.rule.version() == version)
    }

    pub(super) fn active_version(&self) -> Option<&Version> {
        // It is never evicted, and 0 is no version.
        if self.active == 0 { None } else { self.version(self.active) }
    }

    /// The active version, or where there is none the newest that may become so.
    pub(super) fn standing(&self) -> Option<&Version> {
        self.active_version().or_else(|| self.newest_usable())
    }

    /// The newest version that has not failed.
    pub(super) fn newest_usable(&self) -> Option<&Version> {
        self.versions.iter().rev().find(|own| own.rest != Rest::Failed)
    }
}
