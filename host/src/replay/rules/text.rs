//! How fixtures write rules, keys and what a registry tells of them.

use interlock_core::rules::{
    ActorConfig, CompiledRule, Dependency, KeyState, ReloadPolicy, ReloadReport, RuleHeader, RuleMetadata, RuleStatus,
    RuleSummary, StepFailure, Target, TrustedKey,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::super::backend::Answer;
use super::super::text::{bits, hex, read_hex};

/// A whole number: as a text where not every language has it exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 < 1 << 53 { serializer.serialize_u64(self.0) } else { serializer.serialize_str(&self.0.to_string()) }
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.as_u64(),
            Value::String(digits) => digits.parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| D::Error::custom("not a whole number of 64 bits"))
    }
}

/// A rule as a fixture has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleText {
    pub(crate) id: String,
    pub(crate) version: Word,
    #[serde(default = "cpu", skip_serializing_if = "is_cpu")]
    pub(crate) target: String,
    /// Ids and least versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) needs: Vec<(String, Word)>,
    /// Dimensions of block and grid, shared memory, messages in flight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actor: Option<[u32; 8]>,
    /// Source language, hash, instant of compilation, compiler version, author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<(String, Option<String>, Option<Word>, String, String)>,
    /// In hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) payload: String,
}

fn cpu() -> String {
    String::from("cpu")
}

fn is_cpu(target: &String) -> bool {
    target == "cpu"
}

impl RuleText {
    pub(crate) fn new(id: &str, version: u64) -> Self {
        Self { id: String::from(id), version: Word(version), target: cpu(), ..Self::default() }
    }

    /// The header, for a target that was read.
    pub(crate) fn header(&self, compute_cap: Target) -> RuleHeader {
        let mut header = RuleHeader::new(&self.id, self.version.0, compute_cap);
        let need = |(id, least): &(String, Word)| Dependency { rule_id: id.clone(), min_version: least.0 };
        header.depends_on = self.needs.iter().map(need).collect();
        if let Some([bx, by, bz, gx, gy, gz, shared_mem_bytes, max_in_flight]) = self.actor {
            header.actor_config =
                ActorConfig { block_dim: [bx, by, bz], grid_dim: [gx, gy, gz], shared_mem_bytes, max_in_flight };
        }
        if let Some((language, hash, compiled_at, compiler, author)) = &self.metadata {
            header.metadata = RuleMetadata {
                source_language: language.clone(),
                source_hash: hash.as_deref().and_then(|hash| read_hex(hash).ok()?.as_slice().try_into().ok()),
                compiled_at_ms: compiled_at.map(|at| at.0),
                compiler_version: compiler.clone(),
                author: author.clone(),
            };
        }
        header
    }

    /// The rule, made here.
    pub(crate) fn native(&self) -> Answer<CompiledRule> {
        let payload = read_hex(&self.payload).unwrap_or_default();
        Ok(CompiledRule::new(self.header(Target::parse(&self.target)?), &payload)?)
    }
}

/// A header as the suite writes it.
pub(super) fn header_value(header: &RuleHeader) -> Value {
    let RuleHeader { rule_id, version, compute_cap, depends_on, actor_config: actor, metadata } = header;
    let needs: Vec<_> = depends_on.iter().map(|it| json!([it.rule_id, it.min_version.to_string()])).collect();
    let numbers = [&actor.block_dim[..], &actor.grid_dim, &[actor.shared_mem_bytes, actor.max_in_flight]].concat();
    json!({
        "id": rule_id, "version": version.to_string(), "target": compute_cap.name(), "needs": needs,
        "actor": numbers,
        "metadata": [
            json!(metadata.source_language),
            json!(metadata.source_hash.map(|hash| hex(&hash))),
            json!(metadata.compiled_at_ms),
            json!(metadata.compiler_version),
            json!(metadata.author),
        ],
    })
}

/// A policy, its numbers as the bits of doubles.
pub(super) fn policy_value(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, |number| bits(number).into()),
        Value::Array(items) => items.iter().map(policy_value).collect::<Vec<_>>().into(),
        Value::Object(members) => {
            members.iter().map(|(key, own)| (key.clone(), policy_value(own))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// A key: id, public key and state.
pub(crate) type KeyText = (String, String, String);
/// A key that signs: id and secret.
pub(crate) type SecretText = (String, String);

pub(super) fn read_keys(keys: &[KeyText]) -> Result<Vec<TrustedKey>, String> {
    let key = |(id, public, state): &KeyText| {
        let public = read_hex(public)?.as_slice().try_into().map_err(|_| String::from("a key has not 32 bytes"))?;
        let state = match state.as_str() {
            "current" => KeyState::Current,
            "retired" => KeyState::Retired,
            "revoked" => KeyState::Revoked,
            other => return Err(format!("{other:?} is no state of a key")),
        };
        Ok(TrustedKey { key_id: id.clone(), public, state })
    };
    keys.iter().map(key).collect()
}

pub(super) fn read_policy(text: &str) -> Result<ReloadPolicy, String> {
    match text.split_once(' ') {
        None if text == "finish" => Ok(ReloadPolicy::Finish),
        None if text == "adopt-at-next-segment" => Ok(ReloadPolicy::AdoptAtNextSegment),
        Some(("drain", timeout)) => {
            Ok(ReloadPolicy::Drain { timeout_us: timeout.parse().map_err(|_| format!("{text:?} has no time"))? })
        }
        _ => Err(format!("{text:?} is no reload policy")),
    }
}

/// `ID active A highest H retained R pins P POLICY[ stopped]`.
pub(super) fn summary_text(rule: &RuleSummary) -> String {
    let RuleSummary { rule_id, active, highest, retained, pinned, policy, is_stopped } = rule;
    let policy = match policy {
        ReloadPolicy::Finish => String::from("finish"),
        ReloadPolicy::AdoptAtNextSegment => String::from("adopt-at-next-segment"),
        ReloadPolicy::Drain { timeout_us } => format!("drain {timeout_us}"),
    };
    let stopped = if *is_stopped { " stopped" } else { "" };
    format!("{rule_id} active {active} highest {highest} retained {retained} pins {pinned} {policy}{stopped}")
}

/// `VERSION HASH STATUS[ BY] at REGISTERED pins P`.
pub(super) fn handle_text(version: u64, hash: &[u8], status: RuleStatus, registered_at_us: u64, pinned: u64) -> String {
    let by = if let RuleStatus::Superseded(by) = status { format!(" {by}") } else { String::new() };
    let (hash, status) = (hex(hash), status.as_str());
    format!("{version} {} {status}{by} at {registered_at_us} pins {pinned}", hash.get(..8).unwrap_or_default())
}

/// `ID KIND RULE VERSION active A pins P until U`.
pub(super) fn step_text(
    id: u64,
    kind: &str,
    rule: (&str, u64),
    active: u64,
    pinned: u64,
    until_us: Option<u64>,
) -> String {
    let until = until_us.map_or_else(|| String::from("-"), |until| until.to_string());
    format!("{id} {kind} {} {} active {active} pins {pinned} until {until}", rule.0, rule.1)
}

/// `swap N RULE FROM to TO quiesce Q swap S messages M pins P rollback BOOL`, or `swap N refused KIND WORDS`.
pub(super) fn swap_text(swap: u64, result: Result<&ReloadReport, (&str, &str)>) -> String {
    match result {
        Ok(it) => format!(
            "swap {swap} {} {} to {} quiesce {} swap {} messages {} pins {} rollback {}",
            it.rule_id,
            it.from_version,
            it.to_version,
            it.quiesce_us,
            it.swap_us,
            it.messages_in_flight,
            it.pinned,
            it.rollback_available
        ),
        Err((kind, message)) => format!("swap {swap} refused {kind} {message}"),
    }
}

/// `not-terminated RULE VERSION WORDS`.
pub(super) fn not_terminated_text(rule_id: &str, version: u64, failure: &StepFailure) -> String {
    let words = match failure {
        StepFailure::TimedOut => "timed out",
        StepFailure::Backend(message) => message,
    };
    format!("not-terminated {rule_id} {version} {words}")
}
