//! What somebody may do, from its proposal to its end.
//!
//! A [`Grant`] is a version of [`Terms`] in a state. Its life:
//!
//! ```text
//! proposed ── negotiate ──▶ negotiating ── grant ──▶ granted ── revoke ──▶ revoked
//!     └───────────────────── grant ────────────────────▲ └────── grant ───────┘
//! any of these, at the end of its time ── expire ──▶ expired
//! ```
//!
//! [`Grant::amend`] makes a new proposal of the next version and leaves this one as it is. [`Grant::attenuate`] derives
//! a proposal for somebody else that can do less: it cannot be made to do more. Every transition is recorded with its
//! time and version, and one that the state does not allow is an error that changes nothing.

mod error;
mod terms;

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use error::{GrantError, Widening};
pub use terms::{Ceiling, MAX_GATES, MAX_PERMISSIONS, Terms};

/// Bytes of a grant's id and of the names of those who act on it, at most.
pub const MAX_NAME_BYTES: u32 = 256;

/// Where a grant is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum GrantState {
    /// Somebody wants it.
    Proposed = 0,
    /// Its terms are discussed.
    Negotiating = 1,
    /// It allows what it says.
    Granted = 2,
    /// It was taken back, and may be granted again.
    Revoked = 3,
    /// Its time is over, for good.
    Expired = 4,
}

impl GrantState {
    /// The name used in records and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Negotiating => "negotiating",
            Self::Granted => "granted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// A change in a grant's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Version of the grant.
    pub version: u32,
    /// What it was; none when it was made.
    pub from: Option<GrantState>,
    /// What it is.
    pub to: GrantState,
    /// When, in ms.
    pub at_ms: u64,
    /// Who did it.
    pub by: String,
}

/// Where a derived grant comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The grant it was derived from.
    pub grant: String,
    /// Its version then.
    pub version: u32,
}

/// A version of what somebody may do.
///
/// ```
/// use interlock_core::covenant::{Grant, GrantError, GrantState, Permission, Terms};
///
/// let docs = Terms { permissions: vec![Permission::new("fs.read", "docs/**")?], ..Terms::default() };
/// let mut grant = Grant::propose("assistant", docs, "ada", 1_000)?;
/// grant.grant("grace", 2_000)?;
/// assert_eq!(grant.state(), GrantState::Granted);
///
/// let drafts = Terms { permissions: vec![Permission::new("fs.read", "docs/drafts/*")?], ..Terms::default() };
/// assert!(grant.attenuate("helper", drafts, "assistant", 3_000).is_ok());
/// let more = Terms { permissions: vec![Permission::new("fs.read", "**")?], ..Terms::default() };
/// assert!(matches!(grant.attenuate("helper", more, "assistant", 3_000), Err(GrantError::Widens { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    id: String,
    version: u32,
    state: GrantState,
    terms: Terms,
    parent: Option<Parent>,
    history: Vec<Transition>,
}

impl Grant {
    /// A proposal, of version 1.
    ///
    /// # Errors
    /// [`GrantError::Name`], [`GrantError::Terms`]; [`GrantError::Over`] when its time would be over.
    pub fn propose(id: &str, terms: Terms, by: &str, now_ms: u64) -> Result<Self, GrantError> {
        Self::made(id, 1, terms, None, by, now_ms)
    }

    /// A version that others have decided about, as the author of a policy: granted from the start.
    ///
    /// # Errors
    /// As [`Grant::propose`].
    pub fn issued(id: &str, version: u32, terms: Terms, by: &str, now_ms: u64) -> Result<Self, GrantError> {
        let mut grant = Self::made(id, version, terms, None, by, now_ms)?;
        grant.state = GrantState::Granted;
        for first in &mut grant.history {
            first.to = GrantState::Granted;
        }
        Ok(grant)
    }

    /// As [`Grant::issued`] at time 0, of a name and terms that were checked.
    #[cfg(feature = "session")]
    pub(crate) fn checked(id: &str, version: u32, terms: Terms, by: &str) -> Self {
        debug_assert!(check_name(id).is_ok() && terms.validate().is_ok(), "checked before");
        Self::first(id, version, terms, None, by, 0, GrantState::Granted)
    }

    fn made(
        id: &str,
        version: u32,
        terms: Terms,
        parent: Option<Parent>,
        by: &str,
        now_ms: u64,
    ) -> Result<Self, GrantError> {
        check_name(id)?;
        check_name(by)?;
        terms.validate()?;
        if let Some(expires_at_ms) = terms.expires_at_ms.filter(|end| *end <= now_ms) {
            return Err(GrantError::Over { expires_at_ms, now_ms });
        }
        Ok(Self::first(id, version, terms, parent, by, now_ms, GrantState::Proposed))
    }

    fn first(
        id: &str,
        version: u32,
        terms: Terms,
        parent: Option<Parent>,
        by: &str,
        at_ms: u64,
        state: GrantState,
    ) -> Self {
        let first = Transition { version, from: None, to: state, at_ms, by: String::from(by) };
        Self { id: String::from(id), version, state, terms, parent, history: Vec::from([first]) }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version, from 1.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Where it is in its life. What has come to its end without anybody saying so is told by [`Grant::is_active`].
    #[must_use]
    pub const fn state(&self) -> GrantState {
        self.state
    }

    /// What it allows.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Where it comes from, when it was derived.
    #[must_use]
    pub const fn parent(&self) -> Option<&Parent> {
        self.parent.as_ref()
    }

    /// Every transition of this version, in order.
    #[must_use]
    pub fn history(&self) -> &[Transition] {
        &self.history
    }

    /// Whether its time is over.
    #[inline]
    #[must_use]
    pub const fn is_over(&self, now_ms: u64) -> bool {
        matches!(self.terms.expires_at_ms, Some(end) if end <= now_ms)
    }

    /// Whether it is in the state granted, whatever the time.
    pub(super) const fn is_granted(&self) -> bool {
        matches!(self.state, GrantState::Granted)
    }

    /// Whether it allows what it says: it is granted and its time is not over.
    #[inline]
    #[must_use]
    pub const fn is_active(&self, now_ms: u64) -> bool {
        self.is_granted() && !self.is_over(now_ms)
    }

    /// Checks that it can move to a state from one of some.
    fn check_step(
        &self,
        operation: &'static str,
        from: &[GrantState],
        to: GrantState,
        by: &str,
        now_ms: u64,
    ) -> Result<(), GrantError> {
        check_name(by)?;
        if !from.contains(&self.state) {
            return Err(GrantError::State { operation, state: self.state });
        }
        self.check_clock(now_ms)?;
        let expires_at_ms = self.terms.expires_at_ms.unwrap_or(u64::MAX);
        if to == GrantState::Expired && !self.is_over(now_ms) {
            return Err(GrantError::NotOver { expires_at_ms, now_ms });
        }
        if to == GrantState::Granted && self.is_over(now_ms) {
            return Err(GrantError::Over { expires_at_ms, now_ms });
        }
        Ok(())
    }

    /// Moves to a state from one of some.
    fn step(
        &mut self,
        operation: &'static str,
        from: &[GrantState],
        to: GrantState,
        by: &str,
        now_ms: u64,
    ) -> Result<&Transition, GrantError> {
        self.check_step(operation, from, to, by, now_ms)?;
        let from = Some(core::mem::replace(&mut self.state, to));
        self.history.push(Transition { version: self.version, from, to, at_ms: now_ms, by: String::from(by) });
        self.history.last().ok_or(GrantError::State { operation, state: to })
    }

    fn check_clock(&self, now_ms: u64) -> Result<(), GrantError> {
        match self.history.last() {
            Some(last) if last.at_ms > now_ms => Err(GrantError::Clock { now_ms, last_ms: last.at_ms }),
            _ => Ok(()),
        }
    }

    /// Begins to discuss its terms.
    ///
    /// # Errors
    /// [`GrantError::State`] unless it is proposed, [`GrantError::Clock`] before its last transition,
    /// [`GrantError::Name`].
    pub fn negotiate(&mut self, by: &str, now_ms: u64) -> Result<&Transition, GrantError> {
        self.step("negotiate", &[GrantState::Proposed], GrantState::Negotiating, by, now_ms)
    }

    /// Lets it allow what it says.
    ///
    /// # Errors
    /// [`GrantError::State`] when it is granted or expired, [`GrantError::Over`] when its time is over,
    /// [`GrantError::Clock`] before its last transition, [`GrantError::Name`].
    pub fn grant(&mut self, by: &str, now_ms: u64) -> Result<&Transition, GrantError> {
        use GrantState::{Granted, Negotiating, Proposed, Revoked};
        self.step("grant", &[Proposed, Negotiating, Revoked], Granted, by, now_ms)
    }

    /// Takes it back.
    ///
    /// # Errors
    /// [`GrantError::State`] unless it is granted, [`GrantError::Clock`] before its last transition,
    /// [`GrantError::Name`].
    pub fn revoke(&mut self, by: &str, now_ms: u64) -> Result<&Transition, GrantError> {
        self.step("revoke", &[GrantState::Granted], GrantState::Revoked, by, now_ms)
    }

    /// Checks that it can be taken back.
    pub(super) fn check_revoke(&self, by: &str, now_ms: u64) -> Result<(), GrantError> {
        self.check_step("revoke", &[GrantState::Granted], GrantState::Revoked, by, now_ms)
    }

    /// Notes that its time is over.
    ///
    /// # Errors
    /// [`GrantError::NotOver`] when it is not, [`GrantError::State`] when that has been noted,
    /// [`GrantError::Clock`] before its last transition, [`GrantError::Name`].
    pub fn expire(&mut self, by: &str, now_ms: u64) -> Result<&Transition, GrantError> {
        use GrantState::{Expired, Granted, Negotiating, Proposed, Revoked};
        self.step("expire", &[Proposed, Negotiating, Granted, Revoked], Expired, by, now_ms)
    }

    /// A proposal of the next version with other terms. This version stays as it is. A derived grant must keep within
    /// what it is derived from, so it is derived again instead.
    ///
    /// # Errors
    /// [`GrantError::State`] when it is expired, [`GrantError::Derived`], [`GrantError::Versions`] after the last
    /// version; as [`Grant::propose`].
    pub fn amend(&self, terms: Terms, by: &str, now_ms: u64) -> Result<Self, GrantError> {
        if self.state == GrantState::Expired {
            return Err(GrantError::State { operation: "amend", state: self.state });
        }
        if self.parent.is_some() {
            return Err(GrantError::Derived);
        }
        self.check_clock(now_ms)?;
        let version = self.version.checked_add(1).ok_or(GrantError::Versions)?;
        Self::made(&self.id, version, terms, None, by, now_ms)
    }

    /// A proposal for somebody who gets a part of this: each of its permissions lies within one of this grant's. It
    /// has this grant's gates before its own, its end where it names none or a later one is refused, and of every
    /// counter its ceiling or a lower one.
    ///
    /// # Errors
    /// [`GrantError::Widens`] names everything that would be more; [`GrantError::Inactive`] unless this grant is
    /// active; [`GrantError::Clock`]; as [`Grant::propose`].
    pub fn attenuate(&self, id: &str, terms: Terms, by: &str, now_ms: u64) -> Result<Self, GrantError> {
        if !self.is_active(now_ms) {
            return Err(GrantError::Inactive { state: self.state });
        }
        self.check_clock(now_ms)?;
        let terms = terms.narrowed_from(&self.terms)?;
        let parent = Parent { grant: self.id.clone(), version: self.version };
        Self::made(id, 1, terms, Some(parent), by, now_ms)
    }
}

/// Checks the name of a grant, or of somebody who acts on one.
pub(super) fn check_name(name: &str) -> Result<(), GrantError> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES as usize {
        return Err(GrantError::Name { bytes: name.len() as u64 });
    }
    Ok(())
}
