//! Reading a policy out of JSON, field by field. What serde derives for the same types reads TOML; a test
//! holds the two together.

use super::{
    ChannelAction, ChannelPolicy, EndingPolicy, Fact, LimitPolicy, Mode, Policy, PolicyError, ScorerKind, ScorerPolicy,
    SegmentPolicy, SegmentUnit,
};
use crate::halt::{ConfigParseError, HaltConfig};
use crate::json::Scanner;
use crate::json::read::{self, ReadError};

impl From<ReadError> for PolicyError {
    fn from(error: ReadError) -> Self {
        ConfigParseError::from(error).into()
    }
}

/// Reads a document; what it leaves out keeps its default. Not validated.
pub(super) fn read(text: &str) -> Result<Policy, PolicyError> {
    const FIELDS: [&str; 7] = ["mode", "halt", "scorer", "segments", "channels", "ending", "limits"];
    let mut policy = Policy::default();
    let Policy { mode, halt, scorer, segments, channels, ending, limits } = &mut policy;
    read::document(text, &FIELDS, &mut |json, field| match field {
        0 => one_of(json, &[("enforce", Mode::Enforce), ("observe", Mode::Observe)], mode, MODES),
        1 => read::object(json, &HaltConfig::FIELDS, &mut |json, field| halt.read_field(json, field)),
        2 => read_scorer(json, scorer),
        3 => read_segments(json, segments),
        4 => read_channels(json, channels),
        5 => read_ending(json, ending),
        _ => read_limits(json, limits),
    })?;
    Ok(policy)
}

const MODES: &str = "expected \"enforce\" or \"observe\"";
const KINDS: &str = "expected \"none\", \"host\" or \"builtin\"";
const UNITS: &str = "expected \"delta\", \"sentence\" or \"bytes\"";
const ACTIONS: &str = "expected \"score\", \"withhold\" or \"pass\"";

fn one_of<T: Copy, const N: usize>(
    json: &mut Scanner<'_>,
    choices: &[(&str, T); N],
    value: &mut T,
    expected: &'static str,
) -> Result<(), ReadError> {
    let index = read::name(json, &choices.map(|(name, _)| name), expected)?;
    if let Some((_, choice)) = choices.get(index) {
        *value = *choice;
    }
    Ok(())
}

fn read_scorer(json: &mut Scanner<'_>, scorer: &mut ScorerPolicy) -> Result<(), ReadError> {
    let kinds = [("none", ScorerKind::None), ("host", ScorerKind::Host), ("builtin", ScorerKind::Builtin)];
    read::object(json, &["kind", "prompt", "facts"], &mut |json, field| {
        match field {
            0 => one_of(json, &kinds, &mut scorer.kind, KINDS)?,
            1 => scorer.prompt = read::text(json)?,
            _ => {
                let facts = &mut scorer.facts;
                facts.clear();
                read::list(json, &mut |json| read_fact(json).map(|fact| facts.push(fact)))?;
            }
        }
        Ok(())
    })
}

fn read_fact(json: &mut Scanner<'_>) -> Result<Fact, ReadError> {
    let mut key = None;
    let mut value = None;
    let offset = json.position();
    read::object(json, &["key", "value"], &mut |json, field| {
        let slot = if field == 0 { &mut key } else { &mut value };
        *slot = Some(read::text(json)?);
        Ok(())
    })?;
    match (key, value) {
        (Some(key), Some(value)) => Ok(Fact { key, value }),
        _ => Err(ReadError::from(crate::json::JsonError { offset, what: "a fact has a key and a value" })),
    }
}

fn read_segments(json: &mut Scanner<'_>, segments: &mut SegmentPolicy) -> Result<(), ReadError> {
    let units = [("delta", SegmentUnit::Delta), ("sentence", SegmentUnit::Sentence), ("bytes", SegmentUnit::Bytes)];
    read::object(json, &["unit", "max_bytes"], &mut |json, field| {
        match field {
            0 => one_of(json, &units, &mut segments.unit, UNITS)?,
            _ => segments.max_bytes = read::count(json)?,
        }
        Ok(())
    })
}

fn read_channels(json: &mut Scanner<'_>, channels: &mut ChannelPolicy) -> Result<(), ReadError> {
    const FIELDS: [&str; 6] = ["content", "reasoning", "refusal", "tool_name", "tool_arguments", "other"];
    let actions =
        [("score", ChannelAction::Score), ("withhold", ChannelAction::Withhold), ("pass", ChannelAction::Pass)];
    read::object(json, &FIELDS, &mut |json, field| {
        let action = match field {
            0 => &mut channels.content,
            1 => &mut channels.reasoning,
            2 => &mut channels.refusal,
            3 => &mut channels.tool_name,
            4 => &mut channels.tool_arguments,
            _ => &mut channels.other,
        };
        one_of(json, &actions, action, ACTIONS)
    })
}

fn read_ending(json: &mut Scanner<'_>, ending: &mut EndingPolicy) -> Result<(), ReadError> {
    read::object(json, &["message"], &mut |json, _| {
        ending.message = read::text(json)?;
        Ok(())
    })
}

fn read_limits(json: &mut Scanner<'_>, limits: &mut LimitPolicy) -> Result<(), ReadError> {
    read::object(json, &["held_bytes", "channels"], &mut |json, field| {
        let limit = if field == 0 { &mut limits.held_bytes } else { &mut limits.channels };
        *limit = read::count(json)?;
        Ok(())
    })
}
