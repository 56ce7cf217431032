//! The registry: which versions of which rules there are, and which is active.
//!
//! ```text
//! register ──▶ registered ── reload ──▶ active ── reload of a higher one ──▶ superseded
//!                                        │  ▲ ◀───────── rollback ───────────────┘
//!                                        └──┼─ rollback to a lower one ──▶ rolled back
//!                                           └─────────── reload ───────────────┘
//! a swap that fails: the new version ──▶ failed, the old one stays active
//! ```
//!
//! A rule has one number that says which version is active, so there are never two. It changes at one place, when the
//! host reports that a swap happened: upwards, or by rollback to a retained version. One swap is under way at a time in
//! the whole registry, because what one rule may become depends on the others; what is begun meanwhile waits.

mod dependencies;
mod pins;
mod rule_state;
mod snapshot;
mod swap;

use alloc::string::String;
use alloc::vec::Vec;

pub use pins::Pin;
pub use swap::MAX_WAITING;

use super::error::{RuleError, SignatureFault};
use super::rule::CompiledRule;
use super::step::{Outcome, ReloadPolicy, RuleHandle, RuleStatus};
use super::target::Capability;
use super::trusted_keys::{TrustedKeys, VerifiedRule};
use pins::Pins;
use rule_state::{Rest, Rule, Version};
use swap::{Request, Work};

/// Rules that a registry holds, at most.
pub const MAX_RULES: u32 = 1024;
/// Versions of a rule that are retained unless a registry is told otherwise.
pub const DEFAULT_HISTORY: u32 = 5;

/// Versions of rules, the active one of each, and the streams that use them. It does no I/O: see [`RuleRegistry::step`].
///
/// ```
/// use interlock_core::rules::{Capability, CompiledRule, RuleHeader, RuleRegistry, Target};
///
/// let host = Capability { data_formats: (1, 1), ..Capability::default() };
/// let mut registry = RuleRegistry::new(host, 5);
/// for version in 1..=2 {
///     let rule = CompiledRule::new(RuleHeader::new("secrets", version, Target::Data(1)), b"patterns")?;
///     registry.register(rule, 0)?;
///     registry.begin_reload("secrets", version, 0)?;
///     while let Some(step) = registry.step() {
///         // Here the host does what `step.kind` says.
///         registry.complete(step.id, Ok(0), 0)?;
///     }
/// }
/// let stream = registry.pin("secrets")?;
/// registry.begin_rollback("secrets", 1, 0)?;
/// while let Some(step) = registry.step() {
///     registry.complete(step.id, Ok(0), 0)?;
/// }
/// assert_eq!(registry.active("secrets").map(|rule| rule.version()), Some(1));
/// assert_eq!(registry.pinned(stream)?.version(), 2, "a stream finishes on the version it began with");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RuleRegistry {
    capability: Capability,
    keys: Option<TrustedKeys>,
    /// At least 1.
    max_history: usize,
    /// In the order in which they came.
    rules: Vec<Rule>,
    /// Places in `rules`, ascending by id.
    by_id: Vec<usize>,
    pins: Pins,
    work: Work,
    /// Swaps that wait, the first to begin first. Empty while nothing is under way.
    waiting: Vec<Request>,
    outcomes: Vec<Outcome>,
    next_step: u64,
    next_swap: u64,
    /// Whether a version may have lost its last use since the last search for one to unload.
    has_retired: bool,
}

/// A rule, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSummary {
    /// Its id.
    pub rule_id: String,
    /// The active version: 0 for none.
    pub active: u64,
    /// The highest version that was ever registered.
    pub highest: u64,
    /// Versions that are retained.
    pub retained: u32,
    /// Streams that are pinned to any of them.
    pub pinned: u64,
    /// What becomes of running streams when it is replaced.
    pub policy: ReloadPolicy,
    /// Whether it was stopped in an emergency.
    pub is_stopped: bool,
}

impl RuleRegistry {
    /// A registry of a host that can run what `capability` says. Of each rule it retains `max_history` versions (at
    /// least 1), and more only where they are active, newest, wanted by a swap, loaded, or used by a stream.
    #[must_use]
    pub fn new(capability: Capability, max_history: u32) -> Self {
        Self {
            capability,
            keys: None,
            max_history: usize::try_from(max_history.max(1)).unwrap_or(usize::MAX),
            rules: Vec::new(),
            by_id: Vec::new(),
            pins: Pins::default(),
            work: Work::Idle,
            waiting: Vec::new(),
            outcomes: Vec::new(),
            next_step: 1,
            next_swap: 1,
            has_retired: false,
        }
    }

    /// Trusts these keys from now on: nothing unsigned is registered or becomes active any more, nor what revoked keys
    /// signed. The active version stays, whoever signed it.
    pub fn trust(&mut self, keys: TrustedKeys) {
        self.keys = Some(keys);
    }

    /// The keys that are trusted, once there are any.
    #[must_use]
    pub const fn trusted_keys(&self) -> Option<&TrustedKeys> {
        self.keys.as_ref()
    }

    /// Registers a version that nobody signed. It serves nothing before it is reloaded.
    ///
    /// # Errors
    /// [`RuleError::DuplicateVersion`] and [`RuleError::VersionDowngrade`] unless it is above every version that was
    /// ever registered, [`RuleError::ComputeCapMismatch`], [`RuleError::MissingDependency`] when what it depends on is
    /// not registered, [`RuleError::DependencyCycle`], [`RuleError::TooManyRules`], [`RuleError::InvalidSignature`] once
    /// keys are trusted.
    pub fn register(&mut self, rule: CompiledRule, now_us: u64) -> Result<RuleHandle, RuleError> {
        self.check_unsigned()?;
        self.admit(rule, Vec::new(), now_us)
    }

    /// Registers a version that was signed. It serves nothing before it is reloaded.
    ///
    /// # Errors
    /// As [`RuleRegistry::register`]; [`RuleError::InvalidSignature`] when it was verified against other keys than those
    /// that are trusted now.
    pub fn register_verified(&mut self, verified: VerifiedRule, now_us: u64) -> Result<RuleHandle, RuleError> {
        self.check_verified(&verified)?;
        self.admit(verified.rule, verified.signers, now_us)
    }

    fn admit(&mut self, rule: CompiledRule, signers: Vec<[u8; 32]>, now_us: u64) -> Result<RuleHandle, RuleError> {
        self.check_new(&rule)?;
        self.insert(rule.clone(), signers, now_us);
        Ok(RuleHandle { rule, status: RuleStatus::Registered, registered_at_us: now_us, pinned: 0 })
    }

    fn check_unsigned(&self) -> Result<(), RuleError> {
        if self.keys.is_some() { Err(RuleError::InvalidSignature(SignatureFault::Unsigned)) } else { Ok(()) }
    }

    fn check_verified(&self, verified: &VerifiedRule) -> Result<(), RuleError> {
        match &self.keys {
            // Keys may have been rotated or revoked while the host verified.
            Some(keys) if *keys.digest() != verified.digest => {
                Err(RuleError::InvalidSignature(SignatureFault::OtherKeys))
            }
            _ => Ok(()),
        }
    }

    /// Whether a version may be registered.
    fn check_new(&self, rule: &CompiledRule) -> Result<(), RuleError> {
        if !rule.runs_on(&self.capability) {
            let required = rule.header().compute_cap.name();
            return Err(RuleError::ComputeCapMismatch { required, available: self.capability.message() });
        }
        match self.find(rule.rule_id()).and_then(|at| self.rules.get(at)) {
            None if self.rules.len() >= usize::try_from(MAX_RULES).unwrap_or(usize::MAX) => {
                return Err(RuleError::TooManyRules { bound: MAX_RULES });
            }
            Some(known) if known.version(rule.version()).is_some() => {
                return Err(RuleError::DuplicateVersion { rule_id: known.id.clone(), version: rule.version() });
            }
            Some(known) if rule.version() <= known.highest => {
                return Err(RuleError::VersionDowngrade { current: known.highest, proposed: rule.version() });
            }
            _ => {}
        }
        self.check_known(rule)
    }

    /// Adds a version that was checked, and says where its rule is.
    fn insert(&mut self, rule: CompiledRule, signers: Vec<[u8; 32]>, now_us: u64) -> usize {
        let at = match self.place(rule.rule_id()) {
            Ok(at) => at,
            Err(place) => {
                let at = self.rules.len();
                self.rules.push(Rule::new(rule.rule_id()));
                self.by_id.insert(place, at);
                at
            }
        };
        if let Some(own) = self.rules.get_mut(at) {
            own.highest = rule.version();
            let (rest, registered_at_us) = (Rest::Registered, now_us);
            own.versions.push(Version { rule, rest, registered_at_us, signers, pins: 0, is_staged: false });
        }
        self.trim(at);
        at
    }

    /// Forgets that a swap to a version failed, so that it can be tried again.
    ///
    /// # Errors
    /// [`RuleError::NotFound`], [`RuleError::VersionMissing`], [`RuleError::NotFailed`].
    pub fn readmit(&mut self, rule_id: &str, version: u64) -> Result<(), RuleError> {
        let at = self.at(rule_id)?;
        let own = self.rules.get_mut(at).and_then(|rule| rule.version_mut(version));
        let own = own.ok_or(RuleError::VersionMissing { version })?;
        if own.rest != Rest::Failed {
            return Err(RuleError::NotFailed { version });
        }
        own.rest = Rest::Registered;
        Ok(())
    }

    /// Says what becomes of running streams when a rule is replaced, from the next swap on.
    ///
    /// # Errors
    /// [`RuleError::NotFound`].
    pub fn set_reload_policy(&mut self, rule_id: &str, policy: ReloadPolicy) -> Result<(), RuleError> {
        let at = self.at(rule_id)?;
        if let Some(rule) = self.rules.get_mut(at) {
            rule.policy = policy;
        }
        Ok(())
    }

    /// What becomes of running streams when a rule is replaced.
    ///
    /// # Errors
    /// [`RuleError::NotFound`].
    pub fn reload_policy(&self, rule_id: &str) -> Result<ReloadPolicy, RuleError> {
        let at = self.at(rule_id)?;
        Ok(self.policy(at).unwrap_or_default())
    }

    /// Stops a rule: every stream that is pinned to any of its versions must halt, for good, and no new one begins
    /// until [`RuleRegistry::lift_stop`]. Returns how many streams that are. Takes as long for a thousand as for one.
    ///
    /// # Errors
    /// [`RuleError::NotFound`].
    pub fn emergency_stop(&mut self, rule_id: &str) -> Result<u64, RuleError> {
        let at = self.at(rule_id)?;
        let Some(rule) = self.rules.get_mut(at) else { return Ok(0) };
        rule.is_stopped = true;
        rule.stops = rule.stops.wrapping_add(1);
        Ok(core::mem::take(&mut rule.running))
    }

    /// Lets new streams begin again after an emergency stop. Those that were stopped stay so.
    ///
    /// # Errors
    /// [`RuleError::NotFound`].
    pub fn lift_stop(&mut self, rule_id: &str) -> Result<(), RuleError> {
        let at = self.at(rule_id)?;
        if let Some(rule) = self.rules.get_mut(at) {
            rule.is_stopped = false;
        }
        Ok(())
    }

    /// The version that new streams get.
    #[inline]
    #[must_use]
    pub fn active(&self, rule_id: &str) -> Option<&CompiledRule> {
        let rule = self.find(rule_id).and_then(|at| self.rules.get(at))?;
        rule.active_version().map(|version| &version.rule)
    }

    /// A version that is retained.
    #[must_use]
    pub fn version(&self, rule_id: &str, version: u64) -> Option<RuleHandle> {
        let at = self.find(rule_id)?;
        let rule = self.rules.get(at)?;
        rule.version(version).map(|own| self.handle(at, rule, own))
    }

    /// The versions of a rule that are retained, ascending.
    ///
    /// # Errors
    /// [`RuleError::NotFound`].
    pub fn history(&self, rule_id: &str) -> Result<Vec<RuleHandle>, RuleError> {
        let at = self.at(rule_id)?;
        let Some(rule) = self.rules.get(at) else { return Ok(Vec::new()) };
        Ok(rule.versions.iter().map(|own| self.handle(at, rule, own)).collect())
    }

    /// All rules, ascending by id.
    #[must_use]
    pub fn list(&self) -> Vec<RuleSummary> {
        let rules = self.by_id.iter().filter_map(|at| self.rules.get(*at));
        let summaries = rules.map(|rule| RuleSummary {
            rule_id: rule.id.clone(),
            active: rule.active,
            highest: rule.highest,
            retained: u32::try_from(rule.versions.len()).unwrap_or(u32::MAX),
            pinned: rule.versions.iter().fold(0, |sum, own| sum.saturating_add(own.pins)),
            policy: rule.policy,
            is_stopped: rule.is_stopped,
        });
        summaries.collect()
    }

    fn handle(&self, at: usize, rule: &Rule, own: &Version) -> RuleHandle {
        let status = match own.rest {
            _ if own.rule.version() == rule.active => {
                if self.is_quiescing(at) {
                    RuleStatus::Quiescing
                } else {
                    RuleStatus::Active
                }
            }
            Rest::Registered => RuleStatus::Registered,
            Rest::Superseded(by) => RuleStatus::Superseded(by),
            Rest::RolledBack => RuleStatus::RolledBack,
            Rest::Failed => RuleStatus::Failed,
        };
        RuleHandle { rule: own.rule.clone(), status, registered_at_us: own.registered_at_us, pinned: own.pins }
    }

    /// Where a rule is in `by_id`, or would be.
    fn place(&self, rule_id: &str) -> Result<usize, usize> {
        let id = |at: &usize| self.rules.get(*at).map_or("", |rule| rule.id.as_str());
        let place = self.by_id.binary_search_by(|at| id(at).cmp(rule_id))?;
        self.by_id.get(place).copied().ok_or(place)
    }

    fn find(&self, rule_id: &str) -> Option<usize> {
        self.place(rule_id).ok()
    }

    fn at(&self, rule_id: &str) -> Result<usize, RuleError> {
        self.find(rule_id).ok_or_else(|| RuleError::NotFound { rule_id: rule_id.into() })
    }

    /// Evicts versions above the bound, the oldest first, but never one that is active, newest, wanted by a swap,
    /// loaded, or used by a stream.
    fn trim(&mut self, at: usize) {
        loop {
            let Some(rule) = self.rules.get(at) else { return };
            if rule.versions.len() <= self.max_history {
                return;
            }
            let is_idle = |own: &Version| own.pins == 0 && !own.is_staged && !self.keeps(at, rule, own);
            let Some(oldest) = rule.versions.iter().position(is_idle) else { return };
            if let Some(rule) = self.rules.get_mut(at) {
                rule.versions.remove(oldest);
            }
        }
    }

    /// Whether a version stays, used or not.
    fn keeps(&self, at: usize, rule: &Rule, own: &Version) -> bool {
        let version = own.rule.version();
        version == rule.active || version == rule.highest || self.is_wanted(at, version)
    }

    /// Whether a version will still be there when nobody uses it any more.
    fn outlasts(&self, at: usize, version: u64) -> bool {
        let Some(rule) = self.rules.get(at) else { return false };
        let above = rule.versions.len().saturating_sub(self.max_history);
        let mut goes = rule.versions.iter().filter(|own| !self.keeps(at, rule, own)).take(above);
        rule.version(version).is_some() && !goes.any(|own| own.rule.version() == version)
    }
}
