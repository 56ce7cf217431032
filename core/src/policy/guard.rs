//! What a policy says about patterns in the text.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::PolicyError;
use super::read::choose;
use crate::dialect::ChannelKind;
use crate::guard::{Action, Check};
use crate::json::{Broken, Names, names};
use crate::numeric::digits;
use crate::read::Reader;

/// The most rules that a policy may have, and the most sets or patterns of one.
const MOST: u32 = 256;

/// The most bytes of a set's name or a pattern's id.
const MOST_NAME_BYTES: usize = 255;

/// The most bytes of a replacement.
const MOST_REPLACEMENT_BYTES: usize = 65_535;

/// A pattern of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GuardPattern {
    /// The name under which matches are recorded, once in a policy: 1 to 255 bytes, without a `/`.
    pub id: String,
    /// The pattern in the syntax of the `regex` crate. `\b` and its kin are those of ASCII; classes are Unicode's.
    pub pattern: String,
    /// What a match must satisfy besides.
    pub check: Check,
    /// What a redacted match is replaced by, at most 65535 bytes; `[redacted:ID]` where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
}

/// Patterns, and what happens where one of them matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GuardRule {
    /// Sets by name: `api-keys`, `private-keys`, `json-web-tokens`, `email`, `phone`, `cards`, `iban`, or those of the tables
    /// that the host has.
    pub sets: Vec<String>,
    /// Patterns of your own, where there is a compiler. Elsewhere compile them, and name their ids in `sets`.
    pub patterns: Vec<GuardPattern>,
    /// What happens. A halt ends the response, a redaction replaces the match, a flag is reported.
    pub action: Action,
    /// In which channels; in all where it is empty.
    pub channels: Vec<ChannelKind>,
}

/// Patterns that must not leave, or not unseen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GuardPolicy {
    /// All apply. Where redactions meet, the leftmost is carried out, of those the longest, and of those the first.
    pub rules: Vec<GuardRule>,
}

impl GuardRule {
    /// Whether it is for a kind of channel.
    #[must_use]
    pub fn is_for(&self, kind: ChannelKind) -> bool {
        self.channels.is_empty() || self.channels.contains(&kind)
    }
}

impl GuardPolicy {
    /// The same where the patterns have been compiled: each is a set of its id, behind the rule's other sets.
    #[cfg(any(feature = "guard-compiler", feature = "policy-artifact"))]
    #[must_use]
    pub fn with_patterns_as_sets(&self) -> Self {
        let mut policy = self.clone();
        for rule in &mut policy.rules {
            rule.sets.extend(rule.patterns.drain(..).map(|pattern| pattern.id));
        }
        policy
    }

    /// Checks every field but the syntax of patterns, which the compiler knows.
    ///
    /// # Errors
    /// [`PolicyError`] names the field and what is wrong with it.
    pub(crate) fn validate(&self) -> Result<(), PolicyError> {
        let mut ids: Vec<&str> = Vec::new();
        counted(self.rules.len(), || String::from("guard.rules"))?;
        for (index, rule) in self.rules.iter().enumerate() {
            let counts = [rule.sets.len(), rule.patterns.len(), rule.channels.len()];
            for (count, field) in counts.into_iter().zip([".sets", ".patterns", ".channels"]) {
                counted(count, || path_of(index, field))?;
            }
            if rule.sets.is_empty() && rule.patterns.is_empty() {
                return Err(wrong_rule(index, ".sets", "a rule has sets or patterns"));
            }
            for (number, set) in rule.sets.iter().enumerate() {
                if set.is_empty() || set.len() > MOST_NAME_BYTES || rule.sets.iter().take(number).any(|it| it == set) {
                    return Err(wrong_rule(index, ".sets", "a set has a name of 1 to 255 bytes, which is given once"));
                }
            }
            for pattern in &rule.patterns {
                let id = pattern.id.as_str();
                let is_id = !id.is_empty() && id.len() <= MOST_NAME_BYTES && id.bytes().all(|byte| byte != b'/');
                if !is_id || ids.contains(&id) {
                    let rule =
                        "a pattern has an id of 1 to 255 bytes without a slash, which is given once in the policy";
                    return Err(wrong_rule(index, ".patterns", rule));
                }
                if pattern.replacement.as_ref().is_some_and(|text| text.len() > MOST_REPLACEMENT_BYTES) {
                    return Err(wrong_rule(index, ".patterns", "a replacement has at most 65535 bytes"));
                }
                ids.push(id);
            }
        }
        Ok(())
    }
}

/// What is wrong with a field of a rule, or with the rule where the field is empty.
#[inline(never)]
pub(crate) fn wrong_rule(rule: usize, field: &str, message: &str) -> PolicyError {
    PolicyError::new(path_of(rule, field), String::from(message))
}

fn path_of(rule: usize, field: &str) -> String {
    ["guard.rules[", &digits(rule as u64), "]", field].concat()
}

fn counted(count: usize, path: impl Fn() -> String) -> Result<(), PolicyError> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    if count <= MOST { Ok(()) } else { Err(PolicyError::of_value(path(), f64::from(count), "in 0..=256 of them")) }
}

/// Reads the part of a policy, or null for none.
pub(super) fn read(reader: &mut Reader<'_>, slot: &mut Option<GuardPolicy>) -> Result<(), Broken> {
    *slot = None;
    if reader.is_null()? {
        return Ok(());
    }
    let mut guard = GuardPolicy::default();
    reader.object(names!["rules"], &mut |reader, _| {
        guard.rules.clear();
        reader.list(&mut |reader| read_rule(reader, &mut guard.rules))
    })?;
    *slot = Some(guard);
    Ok(())
}

fn read_rule(reader: &mut Reader<'_>, rules: &mut Vec<GuardRule>) -> Result<(), Broken> {
    const ACTIONS: [Action; 3] = [Action::Halt, Action::Redact, Action::Flag];
    const NAMES: Names = names!["halt", "redact", "flag"];
    const EXPECTED: &str = "expected \"halt\", \"redact\" or \"flag\"";
    const KINDS: Names = names!["content", "reasoning", "refusal", "tool-name", "tool-arguments", "other"];
    const KIND: &str =
        "expected \"content\", \"reasoning\", \"refusal\", \"tool-name\", \"tool-arguments\" or \"other\"";
    let mut rule = GuardRule::default();
    reader.object(names!["sets", "patterns", "action", "channels"], &mut |reader, field| match field {
        0 => reader.texts(&mut rule.sets),
        1 => reader.list(&mut |reader| read_pattern(reader, &mut rule.patterns)),
        2 => choose(&mut rule.action, &ACTIONS, reader.name(NAMES, EXPECTED)),
        _ => reader.list(&mut |reader| {
            let index = reader.name(KINDS, KIND)?;
            rule.channels.extend(ChannelKind::ALL.get(index));
            Ok(())
        }),
    })?;
    rules.push(rule);
    Ok(())
}

fn read_pattern(reader: &mut Reader<'_>, patterns: &mut Vec<GuardPattern>) -> Result<(), Broken> {
    const CHECKS: [Check; 3] = [Check::None, Check::Luhn, Check::Iban];
    const EXPECTED: &str = "expected \"none\", \"luhn\" or \"iban\"";
    let mut pattern = GuardPattern::default();
    reader.object(names!["id", "pattern", "check", "replacement"], &mut |reader, field| match field {
        0 => reader.text(&mut pattern.id),
        1 => reader.text(&mut pattern.pattern),
        2 => choose(&mut pattern.check, &CHECKS, reader.name(names!["none", "luhn", "iban"], EXPECTED)),
        _ => reader.optional_text(&mut pattern.replacement),
    })?;
    patterns.push(pattern);
    Ok(())
}
