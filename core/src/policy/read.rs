//! Reading a policy, field by field. What serde derives for the same types reads TOML; a test holds the two
//! together.

use alloc::string::String;
use alloc::vec::Vec;

use super::{
    ChannelAction, ChannelPolicy, Fact, LimitPolicy, Mode, Policy, PolicyError, ScorerKind, ScorerPolicy,
    SegmentPolicy, SegmentUnit,
};
use crate::halt::{ConfigParseError, HaltConfig};
use crate::json::{Broken, Names, names};
use crate::read::{self, ReadError, Reader, Source};

impl From<ReadError> for PolicyError {
    fn from(error: ReadError) -> Self {
        ConfigParseError::from(error).into()
    }
}

/// Reads a document; what it leaves out keeps its default. Not validated.
pub(super) fn read(source: &mut dyn Source) -> Result<Policy, PolicyError> {
    const FIELDS: Names =
        names!["mode", "halt", "scorer", "segments", "channels", "ending", "limits", "covenant", "guard"];
    let mut policy = Policy::default();
    let Policy {
        mode,
        halt,
        scorer,
        segments,
        channels,
        ending,
        limits,
        #[cfg(feature = "covenant")]
        covenant,
        #[cfg(feature = "guard")]
        guard,
    } = &mut policy;
    read::document(source, FIELDS, &mut |reader, field| match field {
        0 => choose(mode, &[Mode::Enforce, Mode::Observe], reader.name(names!["enforce", "observe"], MODES)),
        1 => reader.object(HaltConfig::FIELDS, &mut |reader, field| halt.read_field(reader, field)),
        2 => read_scorer(reader, scorer),
        3 => read_segments(reader, segments),
        4 => read_channels(reader, channels),
        5 => reader.object(names!["message"], &mut |reader, _| reader.text(&mut ending.message)),
        #[cfg(feature = "covenant")]
        7 => super::covenant::read(reader, covenant),
        #[cfg(feature = "guard")]
        8 => super::guard::read(reader, guard),
        6 => read_limits(reader, limits),
        // A part that is not in this build.
        _ => {
            let position = reader.position();
            Err(reader.fail_at(position, "unknown field"))
        }
    })?;
    Ok(policy)
}

const MODES: &str = "expected \"enforce\" or \"observe\"";
const KINDS: &str = "expected \"none\", \"host\" or \"builtin\"";
const UNITS: &str = "expected \"delta\", \"sentence\" or \"bytes\"";
const ACTIONS: &str = "expected \"score\", \"withhold\" or \"pass\"";

/// Puts the choice at a position into its place.
pub(super) fn choose<T: Copy>(slot: &mut T, choices: &[T], index: Result<usize, Broken>) -> Result<(), Broken> {
    if let Some(choice) = choices.get(index?) {
        *slot = *choice;
    }
    Ok(())
}

fn read_scorer(reader: &mut Reader<'_>, scorer: &mut ScorerPolicy) -> Result<(), Broken> {
    const CHOICES: [ScorerKind; 3] = [ScorerKind::None, ScorerKind::Host, ScorerKind::Builtin];
    reader.object(names!["kind", "prompt", "facts"], &mut |reader, field| match field {
        0 => choose(&mut scorer.kind, &CHOICES, reader.name(names!["none", "host", "builtin"], KINDS)),
        1 => reader.text(&mut scorer.prompt),
        _ => {
            scorer.facts.clear();
            reader.list(&mut |reader| read_fact(reader, &mut scorer.facts))
        }
    })
}

fn read_fact(reader: &mut Reader<'_>, facts: &mut Vec<Fact>) -> Result<(), Broken> {
    let mut fact = Fact { key: String::new(), value: String::new() };
    let mut given = 0_u32;
    let offset = reader.position();
    // No field is given twice.
    reader.object(names!["key", "value"], &mut |reader, field| {
        given = given.wrapping_add(1);
        reader.text(if field == 0 { &mut fact.key } else { &mut fact.value })
    })?;
    if given < 2 {
        return Err(reader.fail_at(offset, "a fact has a key and a value"));
    }
    facts.push(fact);
    Ok(())
}

fn read_segments(reader: &mut Reader<'_>, segments: &mut SegmentPolicy) -> Result<(), Broken> {
    const CHOICES: [SegmentUnit; 3] = [SegmentUnit::Delta, SegmentUnit::Sentence, SegmentUnit::Bytes];
    reader.object(names!["unit", "max_bytes"], &mut |reader, field| match field {
        0 => choose(&mut segments.unit, &CHOICES, reader.name(names!["delta", "sentence", "bytes"], UNITS)),
        _ => reader.count(&mut segments.max_bytes),
    })
}

fn read_channels(reader: &mut Reader<'_>, channels: &mut ChannelPolicy) -> Result<(), Broken> {
    const FIELDS: Names = names!["content", "reasoning", "refusal", "tool_name", "tool_arguments", "other"];
    const CHOICES: [ChannelAction; 3] = [ChannelAction::Score, ChannelAction::Withhold, ChannelAction::Pass];
    reader.object(FIELDS, &mut |reader, field| {
        let action = match field {
            0 => &mut channels.content,
            1 => &mut channels.reasoning,
            2 => &mut channels.refusal,
            3 => &mut channels.tool_name,
            4 => &mut channels.tool_arguments,
            _ => &mut channels.other,
        };
        choose(action, &CHOICES, reader.name(names!["score", "withhold", "pass"], ACTIONS))
    })
}

fn read_limits(reader: &mut Reader<'_>, limits: &mut LimitPolicy) -> Result<(), Broken> {
    reader.object(names!["held_bytes", "channels"], &mut |reader, field| {
        let limit = if field == 0 { &mut limits.held_bytes } else { &mut limits.channels };
        reader.count(limit)
    })
}
