//! A compiled rule: what is signed, stored and swapped.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::encoding;
use super::parts;
use super::target::{Capability, Target};
use crate::numeric::digits;
use crate::sha256::Hash;

/// Bytes of a rule's id and of each text of its metadata, at most.
pub const MAX_RULE_NAME_BYTES: u32 = 256;
/// Bytes of a payload, at most: 16 MiB.
pub const MAX_RULE_PAYLOAD_BYTES: u32 = 1 << 24;
/// Rules that a rule may depend on, at most.
pub const MAX_DEPENDENCIES: u32 = 64;
/// Instants lie within this, so that every language has them exactly.
pub const MAX_TIMESTAMP_MS: u64 = (1 << 53) - 1;

/// How an accelerator's backend launches a rule. The core passes it through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActorConfig {
    /// Threads of a block, in each dimension: at least 1.
    pub block_dim: [u32; 3],
    /// Blocks of the grid, in each dimension: at least 1.
    pub grid_dim: [u32; 3],
    /// Bytes of shared memory for each block.
    pub shared_mem_bytes: u32,
    /// Messages that may be in flight: at least 1.
    pub max_in_flight: u32,
}

impl Default for ActorConfig {
    fn default() -> Self {
        Self { block_dim: [1; 3], grid_dim: [1; 3], shared_mem_bytes: 0, max_in_flight: 1024 }
    }
}

/// Where a rule comes from. Passed through; an empty text is one that is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleMetadata {
    /// What the source is written in.
    pub source_language: String,
    /// SHA-256 of the source.
    pub source_hash: Option<Hash>,
    /// When it was compiled, in ms since 1970, at most [`MAX_TIMESTAMP_MS`].
    pub compiled_at_ms: Option<u64>,
    /// Version of the compiler.
    pub compiler_version: String,
    /// Who wrote or compiled it.
    pub author: String,
}

/// A rule that another cannot do without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its id.
    pub rule_id: String,
    /// The lowest version that will do: at least 1, which is any.
    pub min_version: u64,
}

/// Everything that a compiled rule says, apart from its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHeader {
    /// Names the rule: 1 to [`MAX_RULE_NAME_BYTES`] bytes without control characters.
    pub rule_id: String,
    /// Version, from 1. It names one content for ever.
    pub version: u64,
    /// What it runs on.
    pub compute_cap: Target,
    /// What it depends on, ascending by id: at most [`MAX_DEPENDENCIES`], itself not among them.
    pub depends_on: Vec<Dependency>,
    /// How it is launched.
    pub actor_config: ActorConfig,
    /// Where it comes from.
    pub metadata: RuleMetadata,
}

impl RuleHeader {
    /// A rule without dependencies, launch configuration or metadata.
    #[must_use]
    pub fn new(rule_id: &str, version: u64, compute_cap: Target) -> Self {
        Self {
            rule_id: String::from(rule_id),
            version,
            compute_cap,
            depends_on: Vec::new(),
            actor_config: ActorConfig::default(),
            metadata: RuleMetadata::default(),
        }
    }
}

/// Why something is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleFault {
    /// A text that is empty where it must not be, too long, or has control characters.
    Name {
        /// Which text.
        what: &'static str,
        /// Its bytes.
        bytes: u64,
    },
    /// Version 0.
    Version,
    /// No name of a target.
    Target {
        /// Its first characters.
        name: String,
    },
    /// More dependencies than [`MAX_DEPENDENCIES`].
    Dependencies {
        /// How many.
        count: u64,
    },
    /// Dependencies that are not strictly ascending by id.
    NotAscending {
        /// The id that is not above the one before it.
        rule_id: String,
    },
    /// A rule that depends on itself.
    DependsOnItself,
    /// A number that is out of its range.
    Number {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: u64,
        /// The least that it may be.
        least: u64,
        /// The most that it may be.
        most: u64,
    },
    /// A payload above [`MAX_RULE_PAYLOAD_BYTES`].
    Payload {
        /// Its bytes.
        bytes: u64,
    },
}

impl RuleFault {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Name { what, bytes } => {
                [what, " of ", &digits(*bytes), " bytes is empty, longer than 256 bytes or has control characters"]
                    .concat()
            }
            Self::Version => String::from("the version is 0, must be at least 1"),
            Self::Target { name } => [name, " is no target"].concat(),
            Self::Dependencies { count } => [&digits(*count), " dependencies are more than 64"].concat(),
            Self::NotAscending { rule_id } => ["dependencies are not strictly ascending at ", rule_id].concat(),
            Self::DependsOnItself => String::from("the rule depends on itself"),
            Self::Number { what, value, least, most } => {
                [what, " is ", &digits(*value), ", must be in ", &digits(*least), "..=", &digits(*most)].concat()
            }
            Self::Payload { bytes } => {
                ["the payload has ", &digits(*bytes), " bytes, must be at most 16777216"].concat()
            }
        }
    }
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for RuleFault {}

/// A compiled rule: immutable, valid, and shared. A clone is another handle on the same bytes, so nothing that passes
/// rules around copies a payload.
///
/// ```
/// use interlock_core::rules::{CompiledRule, RuleHeader, Target};
///
/// let rule = CompiledRule::new(RuleHeader::new("secrets", 1, Target::Data(1)), b"patterns")?;
/// let read = CompiledRule::decode(rule.as_bytes().to_vec()).unwrap();
/// assert_eq!((read.content_hash(), read.payload()), (rule.content_hash(), &b"patterns"[..]));
/// # Ok::<(), interlock_core::rules::RuleFault>(())
/// ```
#[derive(Clone)]
pub struct CompiledRule(Arc<Content>);

struct Content {
    header: RuleHeader,
    /// The canonical encoding, of which the payload is the end.
    bytes: Vec<u8>,
    payload: Range<usize>,
    hash: Hash,
    /// The payload has parts, and each of them the hash that it says.
    #[cfg_attr(not(feature = "policy-artifact"), allow(dead_code, reason = "policies alone have parts"))]
    parts_hold: bool,
}

impl fmt::Debug for CompiledRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Content { header, payload, .. } = &*self.0;
        f.debug_struct("CompiledRule")
            .field("header", header)
            .field("payload_bytes", &payload.len())
            .finish_non_exhaustive()
    }
}

impl PartialEq for CompiledRule {
    fn eq(&self, other: &Self) -> bool {
        self.0.hash == other.0.hash
    }
}

impl Eq for CompiledRule {}

impl CompiledRule {
    /// A rule of a header and a payload.
    ///
    /// # Errors
    /// [`RuleFault`] says what is out of its range.
    pub fn new(header: RuleHeader, payload: &[u8]) -> Result<Self, RuleFault> {
        header.validate()?;
        if u32::try_from(payload.len()).is_ok_and(|length| length <= MAX_RULE_PAYLOAD_BYTES) {
            let bytes = encoding::encode(&header, payload);
            Ok(Self::of(header, bytes, payload.len()))
        } else {
            Err(RuleFault::Payload { bytes: payload.len() as u64 })
        }
    }

    /// Reads the canonical encoding, which becomes the rule's without a copy.
    ///
    /// # Errors
    /// [`DecodeError`](super::DecodeError) for anything but the one encoding of a rule.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, super::DecodeError> {
        let (header, payload) = encoding::decode(&bytes)?;
        Ok(Self::of(header, bytes, payload))
    }

    fn of(header: RuleHeader, bytes: Vec<u8>, payload: usize) -> Self {
        let payload = bytes.len().saturating_sub(payload)..bytes.len();
        let (hash, parts_hold) = parts::content_hash(&bytes, payload.start);
        Self(Arc::new(Content { header, bytes, payload, hash, parts_hold }))
    }

    /// Everything that it says, apart from its payload.
    #[must_use]
    pub fn header(&self) -> &RuleHeader {
        &self.0.header
    }

    /// Names the rule.
    #[must_use]
    pub fn rule_id(&self) -> &str {
        &self.0.header.rule_id
    }

    /// Its version, from 1.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.header.version
    }

    /// What runs, or is loaded.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.0.bytes.get(self.0.payload.clone()).unwrap_or_default()
    }

    /// The canonical encoding: what is signed and stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// SHA-256 of the canonical encoding, without the compiled patterns of a policy: each stands behind its own SHA-256,
    /// which was compared, and so no byte is hashed twice.
    #[must_use]
    pub fn content_hash(&self) -> &Hash {
        &self.0.hash
    }

    /// Whether the payload has parts with hashes of their own, which were compared with the parts' bytes.
    #[cfg(feature = "policy-artifact")]
    pub(super) fn parts_hold(&self) -> bool {
        self.0.parts_hold
    }

    /// Whether a host runs it.
    #[must_use]
    pub fn runs_on(&self, host: &Capability) -> bool {
        host.runs(&self.0.header.compute_cap)
    }
}

impl RuleHeader {
    /// # Errors
    /// [`RuleFault`] says what is out of its range.
    pub(super) fn validate(&self) -> Result<(), RuleFault> {
        check_name("the rule's id", &self.rule_id, false)?;
        if self.version == 0 {
            return Err(RuleFault::Version);
        }
        self.compute_cap.validate()?;
        let actor = &self.actor_config;
        let dimensions = actor.block_dim.iter().chain(&actor.grid_dim).map(|size| ("a dimension", *size));
        for (what, value) in dimensions.chain([("max_in_flight", actor.max_in_flight)]) {
            check_number(what, u64::from(value), 1, u64::from(u32::MAX))?;
        }
        let metadata = &self.metadata;
        check_name("the source's language", &metadata.source_language, true)?;
        check_name("the compiler's version", &metadata.compiler_version, true)?;
        check_name("the author", &metadata.author, true)?;
        check_number("compiled_at_ms", metadata.compiled_at_ms.unwrap_or(0), 0, MAX_TIMESTAMP_MS)?;
        if !u32::try_from(self.depends_on.len()).is_ok_and(|count| count <= MAX_DEPENDENCIES) {
            return Err(RuleFault::Dependencies { count: self.depends_on.len() as u64 });
        }
        let mut last = "";
        for Dependency { rule_id, min_version } in &self.depends_on {
            check_name("the id of a dependency", rule_id, false)?;
            check_number("the least version of a dependency", *min_version, 1, u64::MAX)?;
            if rule_id.as_str() <= last {
                return Err(RuleFault::NotAscending { rule_id: rule_id.clone() });
            }
            if *rule_id == self.rule_id {
                return Err(RuleFault::DependsOnItself);
            }
            last = rule_id;
        }
        Ok(())
    }
}

pub(super) fn check_name(what: &'static str, name: &str, may_be_empty: bool) -> Result<(), RuleFault> {
    let is_short = u32::try_from(name.len()).is_ok_and(|length| length <= MAX_RULE_NAME_BYTES);
    if is_short && (may_be_empty || !name.is_empty()) && !name.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        Ok(())
    } else {
        Err(RuleFault::Name { what, bytes: name.len() as u64 })
    }
}

fn check_number(what: &'static str, value: u64, least: u64, most: u64) -> Result<(), RuleFault> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(RuleFault::Number { what, value, least, most }) }
}
