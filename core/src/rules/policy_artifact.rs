//! The policy artifact: a policy with its compiled patterns, as the payload of a rule.
//!
//! ```text
//! "ILKPOL", version of this format: 1 (2, big-endian)
//! length (4), the policy: JSON as it is written here, every field given
//! length (4), the compiled patterns of the guard, as `guard` describes them; 0 for none
//! ```
//!
//! The policy holds the limits, the weights and facts of the scorer, and the grants. A rule whose target is the data
//! format of this version is such a payload, and there is one encoding of an artifact: the decoder takes no other. It
//! reads in time linear in the bytes and keeps no more than some of them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::rule::{CompiledRule, MAX_RULE_PAYLOAD_BYTES, RuleFault, RuleHeader};
use super::target::{Capability, Target};
use crate::dialect::DialectKind;
use crate::guard::{GuardTables, GuardTablesError};
use crate::numeric::digits;
use crate::policy::{Policy, PolicyError};
use crate::session::Session;

/// The version of the data format that this build writes, and the only one that it reads.
pub const DATA_FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"ILKPOL\0\x01";

/// A policy with its compiled patterns.
#[derive(Clone, Debug)]
pub struct PolicyArtifact {
    policy: Policy,
    tables: Option<Arc<GuardTables>>,
    payload: Vec<u8>,
}

/// Why something is no policy artifact.
#[derive(Clone, Debug, PartialEq)]
pub enum ArtifactError {
    /// The rule is for something else than the data format of this build.
    Target {
        /// What it is for.
        found: String,
    },
    /// It does not begin as an artifact of this version does.
    NoArtifact,
    /// It ends before what it announces.
    Truncated {
        /// Bytes that it must have at least.
        needed: u64,
        /// Bytes that it has.
        bytes: u64,
    },
    /// Bytes follow its end.
    TooLong {
        /// How many.
        extra: u64,
    },
    /// The policy is not UTF-8.
    NotUtf8,
    /// The policy is none.
    Policy(PolicyError),
    /// The policy is not written in the one way.
    NotCanonical,
    /// The compiled patterns are none.
    Guard(GuardTablesError),
    /// The header or the payload is out of its range.
    Rule(RuleFault),
}

impl ArtifactError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Target { found } => ["the rule is for ", found, ", a policy is for data/1"].concat(),
            Self::NoArtifact => String::from("the payload is no policy, or of another version"),
            Self::Truncated { needed, bytes } => {
                ["the payload has ", &digits(*bytes), " bytes, must have at least ", &digits(*needed)].concat()
            }
            Self::TooLong { extra } => [&digits(*extra), " bytes follow the policy"].concat(),
            Self::NotUtf8 => String::from("the policy is not UTF-8"),
            Self::Policy(error) if error.path.is_empty() => ["the policy: ", &error.message()].concat(),
            Self::Policy(error) => ["the policy: ", &error.path, ": ", &error.message()].concat(),
            Self::NotCanonical => String::from("the policy is not written in the one way"),
            Self::Guard(error) => alloc::format!("the patterns: {error}"),
            Self::Rule(fault) => fault.message(),
        }
    }
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for ArtifactError {}

impl PolicyArtifact {
    /// What a host has that loads policies.
    #[must_use]
    pub fn capability() -> Capability {
        Capability { data_formats: (DATA_FORMAT, DATA_FORMAT), ..Capability::default() }
    }

    /// An artifact of a policy and what `guard::compile` made of its patterns, if it has any.
    ///
    /// ```
    /// use interlock_core::policy::Policy;
    /// use interlock_core::rules::PolicyArtifact;
    ///
    /// let policy = Policy::from_json(r#"{"halt": {"hard_limit": 0.4}}"#)?;
    /// let rule = PolicyArtifact::new(policy, None)?.into_rule("answers", 1)?;
    /// let read = PolicyArtifact::of(&rule)?;
    /// assert_eq!(read.policy().halt.hard_limit, 0.4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ArtifactError::Policy`], [`ArtifactError::Guard`], [`ArtifactError::Rule`] when both are too long together.
    pub fn new(policy: Policy, tables: Option<&[u8]>) -> Result<Self, ArtifactError> {
        policy.validate().map_err(ArtifactError::Policy)?;
        let tables = tables.unwrap_or_default();
        let payload = encode(&policy, tables)?;
        Ok(Self { policy, tables: read_tables(tables)?, payload })
    }

    /// The artifact that a rule is.
    ///
    /// # Errors
    /// [`ArtifactError`] for anything but the one encoding of a valid policy with valid patterns.
    pub fn of(rule: &CompiledRule) -> Result<Self, ArtifactError> {
        let target = &rule.header().compute_cap;
        if *target != Target::Data(DATA_FORMAT) {
            return Err(ArtifactError::Target { found: target.name() });
        }
        Self::decode(rule.payload())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// As [`PolicyArtifact::of`].
    pub fn decode(payload: &[u8]) -> Result<Self, ArtifactError> {
        let Some(rest) = payload.strip_prefix(MAGIC) else { return Err(ArtifactError::NoArtifact) };
        let (policy, rest) = part(payload, rest)?;
        let (tables, rest) = part(payload, rest)?;
        if !rest.is_empty() {
            return Err(ArtifactError::TooLong { extra: rest.len() as u64 });
        }
        let json = core::str::from_utf8(policy).map_err(|_| ArtifactError::NotUtf8)?;
        let policy = Policy::from_json(json).map_err(ArtifactError::Policy)?;
        if to_json(&policy) != json.as_bytes() {
            return Err(ArtifactError::NotCanonical);
        }
        Ok(Self { policy, tables: read_tables(tables)?, payload: Vec::from(payload) })
    }

    /// A rule of it, without metadata.
    ///
    /// # Errors
    /// [`ArtifactError::Rule`] for an id or a version that is none.
    pub fn into_rule(self, rule_id: &str, version: u64) -> Result<CompiledRule, ArtifactError> {
        self.with_header(RuleHeader::new(rule_id, version, Target::Data(DATA_FORMAT)))
    }

    /// A rule of it, under a header whose target is set to the data format.
    ///
    /// # Errors
    /// [`ArtifactError::Rule`] for a header that is none.
    pub fn with_header(&self, header: RuleHeader) -> Result<CompiledRule, ArtifactError> {
        let header = RuleHeader { compute_cap: Target::Data(DATA_FORMAT), ..header };
        CompiledRule::new(header, &self.payload).map_err(ArtifactError::Rule)
    }

    /// A session for one stream under the policy.
    ///
    /// # Errors
    /// [`PolicyError`] when the policy makes none.
    pub fn session(&self, dialect: DialectKind) -> Result<Session, PolicyError> {
        Session::new(&self.policy, dialect)
    }

    /// The policy: limits, scorer, channels, grants.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The compiled patterns, which streams share.
    #[must_use]
    pub const fn tables(&self) -> Option<&Arc<GuardTables>> {
        self.tables.as_ref()
    }

    /// The compiled patterns as `guard` reads them: empty for none.
    #[must_use]
    pub fn table_bytes(&self) -> &[u8] {
        let parts = self.payload.strip_prefix(MAGIC).and_then(|rest| part(&self.payload, rest).ok());
        // What precedes them is their length.
        parts.and_then(|(_, rest)| rest.get(4..)).unwrap_or_default()
    }

    /// The policy as JSON: every field given.
    #[must_use]
    pub fn policy_json(&self) -> &str {
        let parts = self.payload.strip_prefix(MAGIC).and_then(|rest| part(&self.payload, rest).ok());
        parts.and_then(|(policy, _)| core::str::from_utf8(policy).ok()).unwrap_or_default()
    }

    /// Its one encoding.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

fn to_json(policy: &Policy) -> Vec<u8> {
    // Numbers of a valid policy are finite and its keys are texts, so nothing can fail.
    serde_json::to_vec(policy).unwrap_or_default()
}

fn encode(policy: &Policy, tables: &[u8]) -> Result<Vec<u8>, ArtifactError> {
    let json = to_json(policy);
    let length = json.len().saturating_add(tables.len()).saturating_add(16);
    if !u32::try_from(length).is_ok_and(|length| length <= MAX_RULE_PAYLOAD_BYTES) {
        return Err(ArtifactError::Rule(RuleFault::Payload { bytes: length as u64 }));
    }
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(MAGIC);
    for part in [json.as_slice(), tables] {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part);
    }
    Ok(out)
}

/// A part with its length before it, and what follows.
fn part<'a>(whole: &[u8], rest: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), ArtifactError> {
    let bytes = whole.len() as u64;
    let at = bytes.saturating_sub(rest.len() as u64);
    let Some((length, rest)) = rest.split_first_chunk() else {
        return Err(ArtifactError::Truncated { needed: at.saturating_add(4), bytes });
    };
    let length = u32::from_be_bytes(*length);
    let needed = at.saturating_add(4).saturating_add(u64::from(length));
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    rest.split_at_checked(length).ok_or(ArtifactError::Truncated { needed, bytes })
}

fn read_tables(bytes: &[u8]) -> Result<Option<Arc<GuardTables>>, ArtifactError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    // The rule's hash or signature names these bytes; whoever has neither still gets nothing that can do harm.
    GuardTables::decode_trusted(bytes).map(|tables| Some(Arc::new(tables))).map_err(ArtifactError::Guard)
}
