//! A stream under a rule: its session, the version that it pins, and what a swap means for it.

use std::sync::Arc;

use interlock_core::dialect::DialectKind;
use interlock_core::rules::{Pin, ReloadPolicy, VersionSpan};

use super::engine::Interlock;
use super::error::{HostError, Refusal};
use super::guard::GuardedPolicy;
use super::rule_registry::RuleRegistry;
use super::session::Session;

/// What a swap meant for a stream: what [`interlock_core::rules::Adoption`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// It has the version that the rule's policy says.
    Unchanged,
    /// It keeps to the active version from the next segment on.
    Adopted {
        /// The version.
        version: u64,
    },
    /// It keeps the version that it has until it can change, or to its end. The refusal of [`Session::adopt`].
    Kept(Refusal),
    /// The rule was stopped in an emergency, and the stream has been halted.
    Stopped,
}

/// A session that pins a version of a rule: [`interlock_core::rules::PinnedSession`] over a registry and a session in
/// instances of their own. Every segment is judged by one version, which [`PinnedSession::version_of`] names.
///
/// Whoever drops it without [`PinnedSession::end`] keeps the version pinned.
///
/// ```
/// use interlock_core::dialect::DialectKind;
/// use interlock_core::policy::Policy;
/// use interlock_core::rules::{PolicyArtifact, ReloadPolicy};
/// use interlock_host::embed::{Adoption, Interlock, PinnedSession};
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let interlock = Interlock::from_file(file)?;
/// let mut registry = interlock.rule_registry(&PolicyArtifact::capability(), 5)?;
/// let policy = PolicyArtifact::compile(Policy::default())?;
/// registry.reload(&policy.clone().into_rule("answers", 1)?, 0)?;
/// registry.run_steps(0)?;
/// registry.set_reload_policy("answers", ReloadPolicy::AdoptAtNextSegment)?;
///
/// let mut stream = PinnedSession::begin(&mut registry, &interlock, "answers", DialectKind::Text)?;
/// registry.reload(&policy.into_rule("answers", 2)?, 0)?;
/// registry.run_steps(0)?;
/// assert_eq!(stream.refresh(&mut registry)?, Adoption::Adopted { version: 2 });
/// stream.session().feed(b"The sky is blue.")?;
/// stream.end(&mut registry)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PinnedSession {
    rule_id: String,
    pin: Pin,
    policy: Arc<GuardedPolicy>,
    session: Session,
    spans: Vec<VersionSpan>,
    /// The version that was refused last, and why.
    kept: Option<(u64, Refusal)>,
}

/// What may be over with the next piece of input; every other refusal of a version is for good.
const IN_SEGMENT: &str = "session-in-segment";

impl PinnedSession {
    /// Begins a stream under the active version of a rule, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Refused`] when there is nothing to pin or the rule is no policy, [`HostError::Policy`] when it makes no
    /// session, a trap; nothing is pinned.
    pub fn begin(
        registry: &mut RuleRegistry,
        interlock: &Interlock,
        rule_id: &str,
        dialect: DialectKind,
    ) -> Result<Self, HostError> {
        let pin = registry.pin(rule_id)?;
        let own = Self::under(registry, interlock, rule_id, pin, dialect);
        if own.is_err() {
            registry.unpin(pin)?;
        }
        own
    }

    fn under(
        registry: &mut RuleRegistry,
        interlock: &Interlock,
        rule_id: &str,
        pin: Pin,
        dialect: DialectKind,
    ) -> Result<Self, HostError> {
        // What was pinned is what is active: nobody else has had the registry meanwhile.
        let version = registry.rule(rule_id)?.map_or(0, |rule| rule.active);
        let (content_hash, policy) = registry.policy(rule_id, version)?;
        let session = interlock.guarded_session(&policy, dialect)?;
        let span = VersionSpan { from_segment: 0, version, content_hash };
        Ok(Self { rule_id: rule_id.to_owned(), pin, policy, session, spans: vec![span], kept: None })
    }

    /// Looks at what became of the rule: call it before each piece of input. After an emergency stop, or a trap of the
    /// registry, the stream halts; under [`ReloadPolicy::AdoptAtNextSegment`] it takes the active version if it stands
    /// between two segments, but not one that is drained.
    ///
    /// # Errors
    /// [`HostError::Refused`] with `rule-unknown-pin` for a registry that the stream was not begun with; a trap, and then
    /// the stream has been halted.
    pub fn refresh(&mut self, registry: &mut RuleRegistry) -> Result<Adoption, HostError> {
        let adoption = self.look(registry);
        if matches!(adoption, Ok(Adoption::Stopped) | Err(HostError::Trap(_) | HostError::Poisoned(_))) {
            // A stream that is over stays as it ended.
            let _ = self.session.emergency_stop();
        }
        adoption
    }

    fn look(&mut self, registry: &mut RuleRegistry) -> Result<Adoption, HostError> {
        if registry.is_stopped(self.pin)? {
            return Ok(Adoption::Stopped);
        }
        let Some(rule) = registry.rule(&self.rule_id)? else { return Ok(Adoption::Unchanged) };
        let version = rule.active;
        if version == 0 || version == self.version() || rule.policy != ReloadPolicy::AdoptAtNextSegment {
            return Ok(Adoption::Unchanged);
        }
        if let Some(refusal) = self.still_kept(version) {
            return Ok(Adoption::Kept(refusal));
        }
        let (content_hash, policy) = registry.policy(&self.rule_id, version)?;
        // Looked at first: what pins a version and what judges by it change together or not at all.
        match self.session.check_adopt(&policy) {
            Ok(()) => {}
            Err(HostError::Refused(refusal)) => {
                self.kept = Some((version, refusal.clone()));
                return Ok(Adoption::Kept(refusal));
            }
            Err(error) => return Err(error),
        }
        if !registry.adopt(self.pin)? {
            // The active version is being drained: the one that follows it is for later.
            return Ok(Adoption::Unchanged);
        }
        if let Err(error) = self.session.adopt(&policy) {
            // It was checked. If it fails all the same, nothing more is judged by either.
            let _ = self.session.emergency_stop();
            return Err(error);
        }
        let from_segment = self.session.record().segments;
        self.policy = policy;
        self.kept = None;
        self.spans.push(VersionSpan { from_segment, version, content_hash });
        Ok(Adoption::Adopted { version })
    }

    /// Why the version is refused again, where that is known: its patterns are not given to the instance before each piece
    /// of input.
    fn still_kept(&mut self, version: u64) -> Option<Refusal> {
        let (_, refusal) = self.kept.as_ref().filter(|(refused, _)| *refused == version)?;
        if self.session.state().is_terminal() || (refusal.code == IN_SEGMENT && self.session.is_between_segments()) {
            return None;
        }
        Some(refusal.clone())
    }

    /// The session: what goes in and what comes out.
    pub const fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The policy that the next segment is judged by.
    #[must_use]
    pub const fn policy(&self) -> &Arc<GuardedPolicy> {
        &self.policy
    }

    /// The version that the next segment is judged by.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.spans.last().map_or(0, |span| span.version)
    }

    /// The versions that judged the stream's segments, in their order.
    #[must_use]
    pub fn versions(&self) -> &[VersionSpan] {
        &self.spans
    }

    /// The version that a segment was judged by, or will be.
    #[must_use]
    pub fn version_of(&self, segment: u64) -> u64 {
        self.spans.iter().rev().find(|span| span.from_segment <= segment).map_or(0, |span| span.version)
    }

    /// The stream is over: gives the pin back and the session out.
    ///
    /// # Errors
    /// [`HostError::Refused`] with `rule-unknown-pin` for a registry that the stream was not begun with; a trap.
    pub fn end(self, registry: &mut RuleRegistry) -> Result<Session, HostError> {
        registry.unpin(self.pin)?;
        Ok(self.session)
    }
}
