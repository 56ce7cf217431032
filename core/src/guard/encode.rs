//! Writing an artifact, as `decode` describes it.

use alloc::vec::Vec;

use super::decode::{ContentHash, MAGIC, VERSION, content_hash};
use super::tables::{GuardTables, PatternTable};
use super::trigger::Trigger;

/// Compiled patterns as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What [`GuardTables::verified`] takes.
    pub bytes: Vec<u8>,
    /// Its SHA-256.
    pub hash: ContentHash,
}

impl Artifact {
    /// Of patterns and their trigger.
    pub(super) fn of(patterns: &[PatternTable], trigger: &Trigger) -> Self {
        let bytes = encode(patterns, trigger);
        Self { hash: content_hash(&bytes), bytes }
    }
}

impl GuardTables {
    /// The artifact from which these tables are decoded.
    #[must_use]
    pub fn to_artifact(&self) -> Artifact {
        Artifact::of(&self.patterns, &self.trigger)
    }
}

impl PatternTable {
    /// The SHA-256 of the pattern as an artifact has it: by which one is told from another of the same id.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        let mut out = Out(Vec::new());
        write_pattern(&mut out, self);
        content_hash(&out.0)
    }
}

/// The artifact's bytes.
fn encode(patterns: &[PatternTable], trigger: &Trigger) -> Vec<u8> {
    let mut out = Out(Vec::new());
    out.0.extend_from_slice(&MAGIC);
    out.u16(VERSION);
    out.length(patterns.len());
    write_trigger(&mut out, trigger);
    for pattern in patterns {
        write_pattern(&mut out, pattern);
    }
    out.0
}

struct Out(Vec<u8>);

impl Out {
    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// A length that was seen to fit.
    fn length(&mut self, length: usize) {
        self.u16(u16::try_from(length).unwrap_or(u16::MAX));
    }
}

fn write_trigger(out: &mut Out, trigger: &Trigger) {
    let number = |row: u16| row.checked_div(trigger.stride).unwrap_or(0);
    out.u16(trigger.stride);
    out.length(trigger.states.len());
    out.u16(number(trigger.first_spawning));
    out.u32(u32::try_from(trigger.spawns.len()).unwrap_or(u32::MAX));
    trigger.roots.iter().for_each(|root| out.u16(number(*root)));
    out.0.extend_from_slice(&trigger.classes);
    for state in &trigger.states {
        out.0.push(state.halt);
        out.u32(state.redact);
        out.u32(state.spawns_end);
    }
    trigger.cells.iter().for_each(|cell| out.u16(number(*cell)));
    for spawn in &trigger.spawns {
        out.u16(spawn.pattern);
        out.u16(spawn.state);
        out.0.push(spawn.back);
    }
}

fn write_pattern(out: &mut Out, pattern: &PatternTable) {
    out.0.extend([pattern.action as u8, pattern.check as u8, u8::try_from(pattern.id.len()).unwrap_or(u8::MAX)]);
    out.length(pattern.replacement.len());
    out.u16(pattern.stride);
    out.length(pattern.states());
    pattern.starts.iter().for_each(|start| out.u16(*start));
    out.0.extend_from_slice(pattern.id.as_bytes());
    out.0.extend_from_slice(pattern.replacement.as_bytes());
    out.0.extend_from_slice(&pattern.classes);
    out.0.extend(pattern.flags.iter().map(|flags| flags.bits()));
    pattern.cells.iter().for_each(|cell| out.u16(*cell));
}
