//! The one schema behind `policy.toml` and the options in every language.
//!
//! A [`Policy`] says what is scored and how, where the limits are, how a halted stream ends and how
//! much text may be held back. It is read from JSON or TOML: missing fields take their defaults,
//! unknown ones are refused, values are validated. [`Policy::json_schema`] describes it (feature
//! `schema`).

#[cfg(feature = "covenant")]
mod covenant;
#[cfg(feature = "guard")]
mod guard;
mod read;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::halt::{ConfigError, ConfigParseError, HaltConfig};
use crate::json::JsonSource;
use crate::numeric::Decimal;
use crate::read::Source;

#[cfg(feature = "covenant")]
pub use covenant::{BudgetPolicy, CovenantPolicy, GatePolicy, PermissionPolicy, TOOL_CALL, ToolPolicy};
#[cfg(feature = "guard")]
pub(crate) use guard::wrong_rule;
#[cfg(feature = "guard")]
pub use guard::{GuardPattern, GuardPolicy, GuardRule};

/// Whether the decisions are carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Text leaves only after it has passed; a halt ends the stream.
    #[default]
    Enforce,
    /// Everything is computed and recorded, nothing is withheld.
    Observe,
}

/// Who scores a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ScorerKind {
    /// Nobody. Text passes unscored, and the record says so.
    #[default]
    None,
    /// The host: the session hands out segments and is given their scores.
    Host,
    /// The built-in coherence scorer with in-memory facts, inside the session.
    Builtin,
}

/// A fact of the built-in scorer's knowledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Words by which the fact is found.
    pub key: String,
    /// What is so.
    pub value: String,
}

/// Who scores, and with what knowledge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ScorerPolicy {
    /// Who scores a segment.
    pub kind: ScorerKind,
    /// The prompt that the stream answers, for the built-in scorer.
    pub prompt: String,
    /// Knowledge of the built-in scorer.
    pub facts: Vec<Fact>,
}

/// What a segment, the piece of text that gets one score, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SegmentUnit {
    /// What the upstream sent in one piece.
    #[default]
    Delta,
    /// A sentence. Its text is held until it is complete and has passed.
    Sentence,
    /// `max_bytes` bytes, cut at a character.
    Bytes,
}

/// How text is cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SegmentPolicy {
    /// What a segment is.
    pub unit: SegmentUnit,
    /// A sentence is cut when it reaches this many bytes; the size of a segment in bytes. 16 to 65536.
    #[cfg_attr(feature = "schema", schemars(range(min = 16, max = 65536)))]
    pub max_bytes: u32,
}

impl Default for SegmentPolicy {
    fn default() -> Self {
        Self { unit: SegmentUnit::Delta, max_bytes: 2048 }
    }
}

/// What happens to the text of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChannelAction {
    /// It is scored, and leaves when it has passed.
    #[default]
    Score,
    /// It never leaves: the client gets an empty text in its place.
    Withhold,
    /// It leaves unscored, and the record says so.
    Pass,
}

/// What happens to each kind of channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ChannelPolicy {
    /// The answer.
    pub content: ChannelAction,
    /// Reasoning, also called thinking.
    pub reasoning: ChannelAction,
    /// The model's own refusal.
    pub refusal: ChannelAction,
    /// Name of a called tool.
    pub tool_name: ChannelAction,
    /// Arguments of a called tool.
    pub tool_arguments: ChannelAction,
    /// Any other text that reaches a client.
    pub other: ChannelAction,
}

/// How a halted stream ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EndingPolicy {
    /// Text given to the client in place of what was withheld; may be empty.
    pub message: String,
}

impl Default for EndingPolicy {
    fn default() -> Self {
        Self { message: String::from("[This response was stopped by a safety policy.]") }
    }
}

/// Bounds on what one stream may hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LimitPolicy {
    /// Bytes of the wire that may be held back, an unfinished event included. More halts with
    /// `held-limit`. 1024 to 67108864.
    #[cfg_attr(feature = "schema", schemars(range(min = 1024, max = 67_108_864)))]
    pub held_bytes: u32,
    /// Channels of one stream. More is an error of the upstream. 1 to 4096.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 4096)))]
    pub channels: u32,
}

impl Default for LimitPolicy {
    fn default() -> Self {
        Self { held_bytes: 1 << 20, channels: 256 }
    }
}

/// What one guarded stream must keep to.
///
/// ```
/// use interlock_core::policy::{Policy, ScorerKind};
///
/// let policy = Policy::from_json(r#"{"halt": {"hard_limit": 0.4}, "scorer": {"kind": "host"}}"#)?;
/// assert_eq!(policy.scorer.kind, ScorerKind::Host);
/// assert!(Policy::from_json(r#"{"halt": {"hard_limit": 4}}"#).is_err());
/// assert!(Policy::from_json(r#"{"hold_limit": 1}"#).is_err());
/// # Ok::<(), interlock_core::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Whether the decisions are carried out.
    pub mode: Mode,
    /// The limits of the monitor.
    pub halt: HaltConfig,
    /// Who scores.
    pub scorer: ScorerPolicy,
    /// How text is cut into segments.
    pub segments: SegmentPolicy,
    /// What happens to each kind of channel.
    pub channels: ChannelPolicy,
    /// How a halted stream ends.
    pub ending: EndingPolicy,
    /// Bounds on memory.
    pub limits: LimitPolicy,
    /// What the model may do with tools, and how much it may spend. Absent: calls are not gated.
    #[cfg(feature = "covenant")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covenant: Option<CovenantPolicy>,
    /// Patterns that must not leave, or not unseen. Absent: no text is searched for any.
    #[cfg(feature = "guard")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<GuardPolicy>,
}

/// Why a policy was refused: where, and what is wrong. Errors that say the same are equal.
#[derive(Clone, Debug)]
pub struct PolicyError {
    /// Path of the field, such as `halt.hard_limit`; empty when the text as a whole is not readable.
    pub path: String,
    /// What is wrong.
    pub fault: PolicyFault,
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyFault {
    /// A number out of bounds.
    Value {
        /// The refused number.
        value: f64,
        /// What it must be.
        bound: &'static str,
    },
    /// What the parser found, in words.
    Text(String),
}

impl PolicyError {
    /// An error in words.
    #[must_use]
    pub const fn new(path: String, message: String) -> Self {
        Self { path, fault: PolicyFault::Text(message) }
    }

    pub(crate) const fn of_value(path: String, value: f64, bound: &'static str) -> Self {
        Self { path, fault: PolicyFault::Value { value, bound } }
    }

    /// What is wrong in words: the value and what is allowed, or what the parser found.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.fault {
            PolicyFault::Value { value, bound } => alloc::format!("{} is not {bound}", Decimal(*value)),
            PolicyFault::Text(message) => message.clone(),
        }
    }
}

impl PartialEq for PolicyError {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.message() == other.message()
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message())
    }
}

impl core::error::Error for PolicyError {}

impl From<ConfigError> for PolicyError {
    fn from(error: ConfigError) -> Self {
        Self::of_value(["halt.", error.field].concat(), error.value, error.bound)
    }
}

impl From<ConfigParseError> for PolicyError {
    fn from(error: ConfigParseError) -> Self {
        match error {
            ConfigParseError::Syntax { path, message } => Self::new(path, message),
            ConfigParseError::Invalid(error) => error.into(),
        }
    }
}

#[inline(never)]
fn bounded(path: &str, value: u32, [min, max]: [u32; 2], bound: &'static str) -> Result<(), PolicyError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(PolicyError::of_value(String::from(path), f64::from(value), bound))
}

impl Policy {
    /// Checks every field and reports the first that fails.
    ///
    /// # Errors
    /// [`PolicyError`] with the field's path, its value and what is allowed.
    pub fn validate(&self) -> Result<(), PolicyError> {
        self.halt.validate()?;
        let LimitPolicy { held_bytes, channels } = self.limits;
        bounded("segments.max_bytes", self.segments.max_bytes, [16, 65_536], "in 16..=65536")?;
        bounded("limits.held_bytes", held_bytes, [1024, 67_108_864], "in 1024..=67108864")?;
        bounded("limits.channels", channels, [1, 4096], "in 1..=4096")?;
        #[cfg(feature = "covenant")]
        if let Some(covenant) = &self.covenant {
            covenant.validate()?;
        }
        #[cfg(feature = "guard")]
        if let Some(guard) = &self.guard {
            guard.validate()?;
        }
        Ok(())
    }

    /// Reads a JSON object and validates it.
    ///
    /// # Errors
    /// [`PolicyError`] names the field and what is wrong with it.
    pub fn from_json(json: &str) -> Result<Self, PolicyError> {
        Self::read(&mut JsonSource::new(json))
    }

    /// Reads an object of whatever source and validates it.
    ///
    /// # Errors
    /// [`PolicyError`] names the field and what is wrong with it.
    pub fn read(source: &mut dyn Source) -> Result<Self, PolicyError> {
        let policy = read::read(source)?;
        policy.validate()?;
        Ok(policy)
    }

    /// Reads a TOML document and validates it.
    ///
    /// # Errors
    /// [`PolicyError`] names the field and what is wrong with it.
    #[cfg(feature = "toml")]
    pub fn from_toml(toml: &str) -> Result<Self, PolicyError> {
        let policy: Self = crate::halt::read_toml(toml)?;
        policy.validate()?;
        Ok(policy)
    }

    /// The JSON Schema (draft 2020-12) of a policy, generated from this type.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}
