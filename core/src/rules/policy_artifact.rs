//! The policy artifact: a policy with its compiled patterns, as the payload of a rule.
//!
//! ```text
//! "ILKPOL", version of this format: 2 (2)
//! length (4), the policy: JSON as it is written here, every field given
//! for each kind of channel (content, reasoning, refusal, tool name, tool arguments, other) the number of its compiled
//!     patterns, from 1; 0 for none (6 times 1)
//! all compiled patterns, in the order of their numbers, each:
//!     SHA-256 (32), length (4), the patterns as `guard` describes them
//! ```
//!
//! Numbers are big-endian. The policy holds the limits, the weights and facts of the scorer, the grants, and the rules of the
//! guard; these name the patterns, each a set, and say what happens where one matches. Kinds for which the same rules are
//! share compiled patterns, which are numbered as the kinds name them. Those of a kind are what the rules ask for, no more
//! and no fewer, so nothing is put together when an artifact is loaded.
//!
//! A rule whose target is the data format of this version is such a payload, and there is one encoding of an artifact: the
//! decoder takes no other. Compiled patterns whose bytes have another hash are not decoded; a rule has compared the hashes when
//! it was read. It reads in time linear in the bytes and keeps no more than some of them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::parts::{MAGIC, PLACES};
use super::rule::{CompiledRule, MAX_RULE_PAYLOAD_BYTES, RuleFault, RuleHeader};
use super::target::{Capability, Target};
use crate::dialect::{ChannelKind, DialectKind};
use crate::guard::{Artifact, ContentHash, GuardTables, GuardTablesError};
use crate::numeric::digits;
use crate::policy::{GuardPolicy, Policy, PolicyError};
use crate::session::{ChannelGuards, Places, Session};

/// The version of the data format that this build writes, and the only one that it reads.
pub const DATA_FORMAT: u32 = 2;

const _: () = assert!(size_of::<Places>() == PLACES, "the content hash leaves out what stands behind them");

/// A policy with its compiled patterns.
#[derive(Clone, Debug)]
pub struct PolicyArtifact {
    policy: Policy,
    guards: Arc<ChannelGuards>,
    payload: Vec<u8>,
}

/// Compiled patterns of an artifact.
#[derive(Clone, Debug)]
pub struct CompiledPatterns<'a> {
    /// The SHA-256 of their bytes.
    pub hash: ContentHash,
    /// Their bytes.
    pub bytes: &'a [u8],
    /// The kinds of channels that are searched for them.
    pub channels: Vec<ChannelKind>,
    /// The patterns.
    pub tables: &'a Arc<GuardTables>,
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
    /// The policy or the list of the compiled patterns is not written in the one way.
    NotCanonical,
    /// The compiled patterns have another hash, or are none.
    Guard(GuardTablesError),
    /// The header or the payload is out of its range.
    Rule(RuleFault),
}

impl ArtifactError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Target { found } => {
                ["the rule is for ", found, ", a policy is for ", &Target::Data(DATA_FORMAT).name()].concat()
            }
            Self::NoArtifact => String::from("the payload is no policy, or of another version"),
            Self::Truncated { needed, bytes } => {
                ["the payload has ", &digits(*bytes), " bytes, must have at least ", &digits(*needed)].concat()
            }
            Self::TooLong { extra } => [&digits(*extra), " bytes follow the policy"].concat(),
            Self::NotUtf8 => String::from("the policy is not UTF-8"),
            Self::Policy(error) if error.path.is_empty() => ["the policy: ", &error.message()].concat(),
            Self::Policy(error) => ["the policy: ", &error.path, ": ", &error.message()].concat(),
            Self::NotCanonical => String::from("the policy or its list of patterns is not written in the one way"),
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

    /// An artifact of a policy and what was compiled or linked for its guard; of a policy without one,
    /// `Arc::default()`. Patterns of the policy's own become sets, of which each is one pattern.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use interlock_core::policy::Policy;
    /// use interlock_core::rules::PolicyArtifact;
    ///
    /// let policy = Policy::from_json(r#"{"halt": {"hard_limit": 0.4}}"#)?;
    /// let rule = PolicyArtifact::new(policy, Arc::default())?.into_rule("answers", 1)?;
    /// let read = PolicyArtifact::of(&rule)?;
    /// assert_eq!(read.policy().halt.hard_limit, 0.4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ArtifactError::Policy`], also when the guards are not those of the policy; [`ArtifactError::Rule`] when all is too
    /// long together.
    pub fn new(policy: Policy, guards: Arc<ChannelGuards>) -> Result<Self, ArtifactError> {
        let guard = policy.guard.as_ref().map(GuardPolicy::with_patterns_as_sets);
        let policy = Policy { guard, ..policy };
        policy.validate().map_err(ArtifactError::Policy)?;
        check_guards(&policy, &guards)?;
        let (artifacts, places) = guards.placed();
        let payload = encode(&policy, &artifacts, places)?;
        Ok(Self { policy, guards, payload })
    }

    /// An artifact of a policy, whose sets and patterns are compiled.
    ///
    /// ```
    /// use interlock_core::policy::Policy;
    /// use interlock_core::rules::PolicyArtifact;
    ///
    /// let json = r#"{"guard": {"rules": [{"patterns": [{"id": "ticket", "pattern": "TICKET-[0-9]{6}"}]}]}}"#;
    /// let artifact = PolicyArtifact::compile(Policy::from_json(json)?)?;
    /// let rules = &artifact.policy().guard.as_ref().unwrap().rules;
    /// assert_eq!(rules[0].sets, ["ticket"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`PolicyArtifact::new`], and [`ArtifactError::Policy`] when a pattern does not compile or is too large.
    #[cfg(feature = "guard-compiler")]
    pub fn compile(policy: Policy) -> Result<Self, ArtifactError> {
        let guards = policy.guard.as_ref().map(ChannelGuards::compile).transpose().map_err(ArtifactError::Policy)?;
        Self::new(policy, Arc::new(guards.unwrap_or_default()))
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
        Self::read(rule.payload(), rule.parts_hold())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// As [`PolicyArtifact::of`].
    pub fn decode(payload: &[u8]) -> Result<Self, ArtifactError> {
        Self::read(payload, false)
    }

    /// Reads a payload whose compiled patterns have the hashes that it says: that was seen, or is still to be.
    fn read(payload: &[u8], hashes_hold: bool) -> Result<Self, ArtifactError> {
        let Some(rest) = payload.strip_prefix(MAGIC) else { return Err(ArtifactError::NoArtifact) };
        let (policy, rest) = part(payload, rest)?;
        let json = core::str::from_utf8(policy).map_err(|_| ArtifactError::NotUtf8)?;
        let policy = Policy::from_json(json).map_err(ArtifactError::Policy)?;
        if to_json(&policy) != json.as_bytes() {
            return Err(ArtifactError::NotCanonical);
        }
        let mut tables = Vec::new();
        let (places, rest) = read_guards(payload, rest, &mut |hash, bytes| {
            let decoded =
                if hashes_hold { GuardTables::decode_trusted(bytes) } else { GuardTables::verified(bytes, &hash) };
            tables.push(Arc::new(decoded.map_err(ArtifactError::Guard)?));
            Ok(())
        })?;
        if !rest.is_empty() {
            return Err(ArtifactError::TooLong { extra: rest.len() as u64 });
        }
        let guards = ChannelGuards::of_places(&tables, places);
        check_guards(&policy, &guards)?;
        Ok(Self { policy, guards: Arc::new(guards), payload: Vec::from(payload) })
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

    /// A session for one stream under the policy, guarded with the compiled patterns.
    ///
    /// # Errors
    /// [`PolicyError`] when the policy makes none.
    pub fn session(&self, dialect: DialectKind) -> Result<Session, PolicyError> {
        Session::with_guards(self.policy.clone(), dialect, Arc::clone(&self.guards))
    }

    /// The policy: limits, scorer, channels, grants.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The compiled patterns for each kind of channel, which streams share.
    #[must_use]
    pub const fn guards(&self) -> &Arc<ChannelGuards> {
        &self.guards
    }

    /// The compiled patterns in the order of their numbers. Their bytes and hashes with [`PolicyArtifact::policy_json`] are
    /// what a host takes that links them itself.
    #[must_use]
    pub fn compiled_patterns(&self) -> Vec<CompiledPatterns<'_>> {
        let mut all = Vec::new();
        let rest = self.payload.strip_prefix(MAGIC).and_then(|rest| part(&self.payload, rest).ok());
        let (_, rest) = rest.unwrap_or_default();
        let mut bytes_of = Vec::new();
        // They were read before.
        let read = read_guards(&self.payload, rest, &mut |hash, bytes| {
            bytes_of.push((hash, bytes));
            Ok(())
        });
        let places = read.map(|(places, _)| places).unwrap_or_default();
        for (number, (hash, bytes)) in (1_u8..).zip(bytes_of) {
            let own = ChannelKind::ALL.into_iter().zip(places).filter(|(_, place)| *place == number);
            let channels: Vec<ChannelKind> = own.map(|(kind, _)| kind).collect();
            let tables = channels.first().and_then(|kind| self.guards.tables(*kind));
            all.extend(tables.map(|tables| CompiledPatterns { hash, bytes, channels, tables }));
        }
        all
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

fn check_guards(policy: &Policy, guards: &ChannelGuards) -> Result<(), ArtifactError> {
    guards.check_for(policy.guard.as_ref().unwrap_or(&GuardPolicy::default())).map_err(ArtifactError::Policy)
}

fn encode(policy: &Policy, artifacts: &[Artifact], places: Places) -> Result<Vec<u8>, ArtifactError> {
    let json = to_json(policy);
    let mut length = MAGIC.len().saturating_add(4).saturating_add(json.len()).saturating_add(places.len());
    for artifact in artifacts {
        length = length.saturating_add(artifact.bytes.len()).saturating_add(36);
    }
    if !u32::try_from(length).is_ok_and(|length| length <= MAX_RULE_PAYLOAD_BYTES) {
        return Err(ArtifactError::Rule(RuleFault::Payload { bytes: length as u64 }));
    }
    let mut out = Vec::with_capacity(length);
    let put = |out: &mut Vec<u8>, part: &[u8]| {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part);
    };
    out.extend_from_slice(MAGIC);
    put(&mut out, &json);
    out.extend_from_slice(&places);
    for artifact in artifacts {
        out.extend_from_slice(&artifact.hash);
        put(&mut out, &artifact.bytes);
    }
    Ok(out)
}

/// What is done with compiled patterns and their hash.
type Take<'t, 'a> = &'t mut dyn FnMut(ContentHash, &'a [u8]) -> Result<(), ArtifactError>;

/// The compiled patterns, each given out in turn; their numbers by kind, and what follows.
fn read_guards<'a>(whole: &[u8], rest: &'a [u8], take: Take<'_, 'a>) -> Result<(Places, &'a [u8]), ArtifactError> {
    let (places, mut rest) = fixed::<{ size_of::<Places>() }>(whole, rest)?;
    let mut count = 0_u8;
    for place in places {
        if place > count.saturating_add(1) {
            return Err(ArtifactError::NotCanonical);
        }
        count = count.max(place);
    }
    let mut hashes: Vec<ContentHash> = Vec::new();
    for _ in 0..count {
        let (hash, after) = fixed(whole, rest)?;
        let (bytes, after) = part(whole, after)?;
        if hashes.contains(&hash) {
            return Err(ArtifactError::NotCanonical);
        }
        take(hash, bytes)?;
        hashes.push(hash);
        rest = after;
    }
    Ok((places, rest))
}

/// So many bytes, and what follows.
fn fixed<'a, const N: usize>(whole: &[u8], rest: &'a [u8]) -> Result<([u8; N], &'a [u8]), ArtifactError> {
    let bytes = whole.len() as u64;
    let needed = bytes.saturating_sub(rest.len() as u64).saturating_add(N as u64);
    rest.split_first_chunk().map(|(first, rest)| (*first, rest)).ok_or(ArtifactError::Truncated { needed, bytes })
}

/// A part with its length before it, and what follows.
fn part<'a>(whole: &[u8], rest: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), ArtifactError> {
    let bytes = whole.len() as u64;
    let at = bytes.saturating_sub(rest.len() as u64);
    let (length, rest) = fixed(whole, rest)?;
    let length = u32::from_be_bytes(length);
    let needed = at.saturating_add(4).saturating_add(u64::from(length));
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    rest.split_at_checked(length).ok_or(ArtifactError::Truncated { needed, bytes })
}
