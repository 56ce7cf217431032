//! Policies whose guard has been compiled.

use interlock_core::guard::compile::Artifact;
use interlock_core::guard::{GuardTables, GuardTablesError};
use interlock_core::policy::{Policy, PolicyError};
use interlock_core::session::ChannelGuards;

use super::bindings::exports::interlock::kernel::session as wit;
use super::error::HostError;

/// A policy with a guard, and its patterns as the component takes them: compiled once, for any number of sessions.
///
/// ```
/// use interlock_core::dialect::DialectKind;
/// use interlock_core::policy::Policy;
/// use interlock_host::embed::{GuardedPolicy, Interlock};
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let interlock = Interlock::from_file(file)?;
/// let policy = Policy::from_json(r#"{"guard": {"rules": [{"sets": ["email"], "action": "redact"}]}}"#)?;
/// let policy = GuardedPolicy::compile(&policy)?;
/// let mut session = interlock.guarded_session(&policy, DialectKind::Text)?;
/// session.feed(b"Write to ada@exam")?;
/// assert_eq!(session.take_output(), b"Write to ");
/// session.feed(b"ple.org, please")?;
/// session.end()?;
/// assert_eq!(session.take_output(), b"[redacted:email], please");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct GuardedPolicy {
    json: String,
    tables: Vec<wit::GuardArtifact>,
}

impl GuardedPolicy {
    /// Compiles the guard of a policy.
    ///
    /// # Errors
    /// [`HostError::Policy`] when the policy is not valid, or a pattern does not compile.
    pub fn compile(policy: &Policy) -> Result<Self, HostError> {
        policy.validate().map_err(HostError::Policy)?;
        let mut policy = policy.clone();
        let mut artifacts = Vec::new();
        if let Some(guard) = &policy.guard {
            let compiled = ChannelGuards::compile(guard).map_err(HostError::Policy)?;
            let (guard, compiled) = compiled.to_artifacts(guard);
            policy.guard = Some(guard);
            artifacts = compiled;
        }
        Self::of(&policy, artifacts)
    }

    /// A policy whose guard takes its sets from these artifacts.
    ///
    /// # Errors
    /// [`HostError::Policy`] when the policy is not valid, or an artifact is refused.
    pub fn with_tables(policy: &Policy, artifacts: Vec<Artifact>) -> Result<Self, HostError> {
        policy.validate().map_err(HostError::Policy)?;
        for artifact in &artifacts {
            let refused = |error: GuardTablesError| PolicyError::new("guard".to_owned(), error.to_string());
            GuardTables::verified(&artifact.bytes, &artifact.hash).map_err(refused).map_err(HostError::Policy)?;
        }
        Self::of(policy, artifacts)
    }

    fn of(policy: &Policy, artifacts: Vec<Artifact>) -> Result<Self, HostError> {
        let json = serde_json::to_string(policy)
            .map_err(|error| HostError::Policy(PolicyError::new(String::new(), error.to_string())))?;
        let artifact = |it: Artifact| wit::GuardArtifact { bytes: it.bytes, sha256: it.hash.to_vec() };
        Ok(Self { json, tables: artifacts.into_iter().map(artifact).collect() })
    }

    /// The policy of a JSON text, compiled, if it is one and has a guard. What is wrong with a text that is none the component says.
    pub(super) fn of_json(policy: &str) -> Result<Option<Self>, HostError> {
        match Policy::from_json(policy) {
            Ok(policy) if policy.guard.is_some() => Self::compile(&policy).map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn json(&self) -> &str {
        &self.json
    }

    pub(super) fn tables(&self) -> &[wit::GuardArtifact] {
        &self.tables
    }

    /// Bytes that cross.
    pub(super) fn bytes(&self) -> usize {
        self.tables.iter().fold(self.json.len(), |sum, table| sum.saturating_add(table.bytes.len()))
    }
}
