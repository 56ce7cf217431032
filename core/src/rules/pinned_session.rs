//! A stream under a rule: its session, the version that it pins, and what a swap means for it.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::error::RuleError;
use super::policy_artifact::PolicyArtifact;
use super::policy_backend::PolicyBackend;
use super::registry::{Pin, RuleRegistry};
use super::step::ReloadPolicy;
use crate::dialect::DialectKind;
use crate::policy::PolicyError;
use crate::session::{AdoptError, Session};
use crate::sha256::Hash;

/// Segments of a stream that were judged by one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSpan {
    /// The first of them. They reach up to the first of the next span.
    pub from_segment: u64,
    /// The version.
    pub version: u64,
    /// Hash of its content.
    pub content_hash: Hash,
}

/// What a swap meant for a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Adoption {
    /// It has the version that the rule's policy says.
    Unchanged,
    /// It keeps to the active version from the next segment on.
    Adopted {
        /// The version.
        version: u64,
    },
    /// It keeps the version that it has until it can change, or to its end.
    Kept(AdoptError),
    /// The rule was stopped in an emergency, and the stream has been halted.
    Stopped,
}

/// Why a stream does not begin.
#[derive(Clone, Debug, PartialEq)]
pub enum BeginError {
    /// The registry has nothing to pin.
    Rule(RuleError),
    /// The active version is not loaded.
    NotLoaded {
        /// The version.
        version: u64,
    },
    /// The policy makes no session.
    Policy(PolicyError),
}

impl BeginError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Rule(error) => error.message(),
            Self::NotLoaded { version } => {
                ["version ", &crate::numeric::digits(*version), " is active and not loaded"].concat()
            }
            Self::Policy(error) => [&error.path, ": ", &error.message()].concat(),
        }
    }
}

impl fmt::Display for BeginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for BeginError {}

/// A session that pins a version of a rule. Every segment is judged by one version, which [`PinnedSession::version_of`]
/// names; text is never cut under one and judged under another.
///
/// Whoever drops it without [`PinnedSession::end`] keeps the version pinned.
#[derive(Debug)]
pub struct PinnedSession {
    rule_id: String,
    pin: Pin,
    artifact: Arc<PolicyArtifact>,
    session: Session,
    spans: Vec<VersionSpan>,
}

impl PinnedSession {
    /// Begins a stream under the active version of a rule.
    ///
    /// # Errors
    /// [`BeginError`]; nothing is pinned.
    pub fn begin(
        registry: &mut RuleRegistry,
        backend: &PolicyBackend,
        rule_id: &str,
        dialect: DialectKind,
    ) -> Result<Self, BeginError> {
        let pin = registry.pin(rule_id).map_err(BeginError::Rule)?;
        match Self::under(registry, backend, rule_id, pin, dialect) {
            Ok(own) => Ok(own),
            Err(error) => {
                registry.unpin(pin).map_err(BeginError::Rule)?;
                Err(error)
            }
        }
    }

    fn under(
        registry: &RuleRegistry,
        backend: &PolicyBackend,
        rule_id: &str,
        pin: Pin,
        dialect: DialectKind,
    ) -> Result<Self, BeginError> {
        let rule = registry.pinned(pin).map_err(BeginError::Rule)?;
        let version = rule.version();
        let artifact = backend.artifact(rule).ok_or(BeginError::NotLoaded { version })?;
        let session = artifact.session(dialect).map_err(BeginError::Policy)?;
        let span = VersionSpan { from_segment: 0, version, content_hash: *rule.content_hash() };
        Ok(Self { rule_id: rule_id.into(), pin, artifact: Arc::clone(artifact), session, spans: Vec::from([span]) })
    }

    /// Looks at what became of the rule: call it before each piece of input. After an emergency stop the stream halts;
    /// under [`ReloadPolicy::AdoptAtNextSegment`] it takes the active version if it stands between two segments.
    ///
    /// # Errors
    /// [`RuleError::UnknownPin`] for a registry that the stream was not begun with.
    pub fn refresh(&mut self, registry: &mut RuleRegistry, backend: &PolicyBackend) -> Result<Adoption, RuleError> {
        if registry.is_stopped(self.pin)? {
            // A stream that is over stays as it ended.
            let _ = self.session.emergency_stop();
            return Ok(Adoption::Stopped);
        }
        let (own, own_hash) = self.last();
        let Some(active) = registry.active(&self.rule_id) else { return Ok(Adoption::Unchanged) };
        let (version, content_hash) = (active.version(), *active.content_hash());
        let is_same = version == own && content_hash == own_hash;
        if is_same || registry.reload_policy(&self.rule_id)? != ReloadPolicy::AdoptAtNextSegment {
            return Ok(Adoption::Unchanged);
        }
        let Some(artifact) = backend.artifact(active).map(Arc::clone) else { return Ok(Adoption::Unchanged) };
        // Looked at first: what pins a version and what judges by it change together or not at all.
        if let Err(error) = self.session.check_adopt(artifact.policy(), artifact.guards()) {
            return Ok(Adoption::Kept(error));
        }
        let before = registry.adopt(self.pin)?;
        debug_assert!(before, "the policy allows it and the active version is another");
        if let Err(error) = self.session.adopt(artifact.policy(), artifact.guards()) {
            // It was checked. If it fails all the same, nothing more is judged by either.
            let _ = self.session.emergency_stop();
            return Ok(Adoption::Kept(error));
        }
        self.artifact = artifact;
        self.spans.push(VersionSpan { from_segment: self.session.segments(), version, content_hash });
        Ok(Adoption::Adopted { version })
    }

    fn last(&self) -> (u64, Hash) {
        self.spans.last().map_or((0, [0; 32]), |span| (span.version, span.content_hash))
    }

    /// The session: what goes in and what comes out.
    pub const fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The artifact that the next segment is judged by.
    #[must_use]
    pub const fn artifact(&self) -> &Arc<PolicyArtifact> {
        &self.artifact
    }

    /// The version that the next segment is judged by.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.last().0
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
    /// [`RuleError::UnknownPin`] for a registry that the stream was not begun with.
    pub fn end(self, registry: &mut RuleRegistry) -> Result<Session, RuleError> {
        registry.unpin(self.pin)?;
        Ok(self.session)
    }
}
