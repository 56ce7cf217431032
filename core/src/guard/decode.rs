//! Artifacts: the serialized form of [`GuardTables`].
//!
//! All numbers are little-endian. In this order:
//!
//! | field | bytes |
//! | --- | --- |
//! | `ILKGUARD` | 8 |
//! | version, 1 | 2 |
//! | patterns | 2 |
//! | trigger: classes, states, first spawning state | 3 × 2 |
//! | trigger: spawns | 4 |
//! | trigger: roots by surrounding | 5 × 2 |
//! | trigger: class of each byte | 256 |
//! | trigger: per state, halt depth, redaction depths, end of its spawns | 1 + 4 + 4 |
//! | trigger: next state by state and class | 2 each |
//! | trigger: per spawn, pattern, state, bytes back | 2 + 2 + 1 |
//! | per pattern: | |
//! | action, check, length of the id | 3 × 1 |
//! | length of the replacement | 2 |
//! | classes, states | 2 × 2 |
//! | start states by surrounding | 5 × 2 |
//! | id, replacement | as said |
//! | class of each byte | 256 |
//! | flags of each state | 1 each |
//! | next state by state and class | 2 each |
//!
//! Nothing is taken on trust: every length is compared with the bytes that are there before anything is allocated, and
//! every state, class and pattern with how many there are.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::check::Check;
use super::tables::{Action, GuardTables, PatternTable, StateFlags};
use super::trigger::{MAX_DEPTH, Spawn, Trigger, TriggerState};
use crate::sha256::sha256;

pub(super) const MAGIC: [u8; 8] = *b"ILKGUARD";
pub(super) const VERSION: u16 = 1;

/// The SHA-256 of an artifact.
pub use crate::sha256::Hash as ContentHash;

/// The hash by which an artifact is named.
#[must_use]
pub fn content_hash(artifact: &[u8]) -> ContentHash {
    sha256(&[], artifact)
}

/// A field of an artifact that cannot be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Malformed {
    /// What it is.
    pub what: &'static str,
    /// Offset in bytes behind the field.
    pub offset: usize,
    /// The value.
    pub value: u32,
    /// The largest one allowed.
    pub max: u32,
}

/// Why an artifact was refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardTablesError {
    /// Its bytes are not those that the hash names. Nothing of them was decoded.
    HashMismatch {
        /// The hash that was asked for.
        expected: ContentHash,
        /// The hash of the bytes.
        found: ContentHash,
    },
    /// It is no artifact of the guard, or of another version of the format.
    NotAnArtifact {
        /// The version of the format that is read here.
        supported: u16,
    },
    /// A field has a value that cannot be.
    Malformed(Malformed),
}

impl fmt::Display for GuardTablesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HashMismatch { expected, found } => {
                f.write_str("the artifact's SHA-256 is ")?;
                hex(f, found)?;
                f.write_str(", not ")?;
                hex(f, expected)
            }
            Self::NotAnArtifact { supported } => write!(f, "not a compiled guard of version {supported}"),
            Self::Malformed(Malformed { what, offset, value, max }) => {
                write!(f, "{what} is {value}, must be at most {max} (before byte {offset})")
            }
        }
    }
}

impl core::error::Error for GuardTablesError {}

fn hex(f: &mut fmt::Formatter<'_>, hash: &ContentHash) -> fmt::Result {
    hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl GuardTables {
    /// Decodes the artifact that a hash names.
    ///
    /// # Errors
    /// [`GuardTablesError`]; the hash is compared before anything is decoded, and what was decoded is checked as if it
    /// came from an enemy.
    pub fn verified(artifact: &[u8], hash: &ContentHash) -> Result<Self, GuardTablesError> {
        let found = content_hash(artifact);
        if found != *hash {
            return Err(GuardTablesError::HashMismatch { expected: *hash, found });
        }
        Self::decode_trusted(artifact)
    }

    /// Decodes an artifact whose hash was checked before, as a part of what contains it. It is checked all the same: no
    /// artifact can make a guard panic, read out of bounds or run for ever. But only the hash says that it does what
    /// somebody meant.
    ///
    /// # Errors
    /// [`GuardTablesError`], never a mismatch of hashes.
    pub fn decode_trusted(artifact: &[u8]) -> Result<Self, GuardTablesError> {
        let Some(rest) = artifact.strip_prefix(&MAGIC).and_then(|rest| rest.strip_prefix(&VERSION.to_le_bytes()))
        else {
            return Err(GuardTablesError::NotAnArtifact { supported: VERSION });
        };
        let mut reader = Reader { bytes: rest, whole: artifact.len(), malformed: None };
        match read_tables(&mut reader) {
            Ok(tables) => Ok(tables),
            Err(Broken) => Err(GuardTablesError::Malformed(reader.malformed.unwrap_or_default())),
        }
    }
}

fn read_tables(reader: &mut Reader<'_>) -> Result<GuardTables, Broken> {
    let count = reader.number("the number of patterns", 2, u32::from(u16::MAX))?;
    let trigger = read_trigger(reader)?;
    let mut patterns = Vec::new();
    for _ in 0..count {
        patterns.push(read_pattern(reader)?);
    }
    reader.check("the number of bytes behind the end", long(reader.bytes.len()), 0)?;
    // Every spawn is of a pattern and a state that exist.
    for spawn in &trigger.spawns {
        let states = patterns.get(usize::from(spawn.pattern)).map_or(0, PatternTable::states);
        reader.check("a spawn's state", u32::from(spawn.state).saturating_add(1), long(states))?;
    }
    Ok(GuardTables::of(patterns, trigger))
}

fn long(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn short(value: u32) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// The artifact is malformed, and the reader knows how.
struct Broken;

struct Reader<'a> {
    /// What was not read yet.
    bytes: &'a [u8],
    whole: usize,
    malformed: Option<Malformed>,
}

impl<'a> Reader<'a> {
    #[inline(never)]
    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            self.check("the length of what follows", long(length), long(self.bytes.len()))?;
            return Ok(&[]);
        };
        self.bytes = rest;
        Ok(taken)
    }

    /// A number of so many bytes that is at most `max`.
    #[inline(never)]
    fn number(&mut self, what: &'static str, length: usize, max: u32) -> Result<u32, Broken> {
        let bytes = self.take(length)?.iter().rev();
        let value = bytes.fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        self.check(what, value, max)?;
        Ok(value)
    }

    #[inline(never)]
    fn check(&mut self, what: &'static str, value: u32, max: u32) -> Result<(), Broken> {
        if value <= max {
            return Ok(());
        }
        let offset = self.whole.saturating_sub(self.bytes.len());
        self.malformed = Some(Malformed { what, offset, value, max });
        Err(Broken)
    }

    /// So many numbers of one byte that are at most `max`.
    #[inline(never)]
    fn bytes(&mut self, what: &'static str, count: u32, max: u32) -> Result<&'a [u8], Broken> {
        let bytes = self.take(usize::try_from(count).unwrap_or(usize::MAX))?;
        let largest = bytes.iter().fold(0, |largest: u8, byte| largest.max(*byte));
        self.check(what, u32::from(largest), max)?;
        Ok(bytes)
    }

    /// The class of each byte, of `count` classes.
    fn classes(&mut self, count: u32) -> Result<[u8; 256], Broken> {
        let classes = self.bytes("a class", 256, count.saturating_sub(1))?;
        Ok(classes.first_chunk().copied().unwrap_or([0; 256]))
    }

    /// So many states, of `states`.
    #[inline(never)]
    fn states(&mut self, count: u32, states: u32) -> Result<Vec<u16>, Broken> {
        let bytes = self.take(usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(2))?;
        let list: Vec<u16> = bytes.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect();
        let largest = list.iter().fold(0, |largest: u16, state| largest.max(*state));
        self.check("a state", u32::from(largest), states.saturating_sub(1))?;
        Ok(list)
    }

    fn starts(&mut self, states: u32) -> Result<[u16; 5], Broken> {
        let mut starts = [0; 5];
        for slot in &mut starts {
            *slot = short(self.number("a start state", 2, states.saturating_sub(1))?);
        }
        Ok(starts)
    }

    /// How many classes there are, and how many states.
    fn size(&mut self) -> Result<(u32, u32), Broken> {
        let classes = self.number("the number of classes", 2, 256)?;
        let states = self.number("the number of states", 2, u32::from(u16::MAX))?;
        self.check("the least number of classes and states", 1, classes.min(states))?;
        Ok((classes, states))
    }

    #[inline(never)]
    fn text(&mut self, length: u32) -> Result<String, Broken> {
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        let text = core::str::from_utf8(bytes);
        let valid = text.map_or_else(|error| error.valid_up_to(), str::len);
        self.check("the length of a text", length, long(valid))?;
        Ok(String::from(text.unwrap_or_default()))
    }
}

fn read_trigger(reader: &mut Reader<'_>) -> Result<Trigger, Broken> {
    let (classes, count) = reader.size()?;
    let first_spawning = reader.number("the first spawning state", 2, count)?;
    let spawn_count = reader.number("the number of spawns", 4, u32::MAX)?;
    // A state is the place of its row in 16 bits, that of the first one behind the last included.
    let cell_count = classes.saturating_mul(count);
    reader.check("the number of the trigger's cells", cell_count, u32::from(u16::MAX))?;
    let stride = short(classes);
    let row = |state: u16| state.wrapping_mul(stride);
    let roots = reader.starts(count)?.map(row);
    let classes = reader.classes(classes)?;
    let mut states = Vec::new();
    let mut spawned = 0;
    for index in 0..count {
        let halt = reader.number("a depth", 1, u32::from(MAX_DEPTH))?;
        let redact = reader.number("the depths of redactions", 4, u32::MAX)?;
        // Spawns end where they start or behind it, and only spawning states have any.
        let most = if index < first_spawning { 0 } else { spawn_count };
        let spawns_end = reader.number("the end of a state's spawns", 4, most)?;
        reader.check("the end of the spawns before a state's", spawned, spawns_end)?;
        spawned = spawns_end;
        states.push(TriggerState { halt: u8::try_from(halt).unwrap_or(0), redact, spawns_end });
    }
    let mut cells = reader.states(cell_count, count)?;
    for cell in &mut cells {
        *cell = row(*cell);
    }
    let mut spawns = Vec::new();
    for _ in 0..spawn_count {
        let pattern = short(reader.number("a spawn's pattern", 2, u32::from(u16::MAX))?);
        let state = short(reader.number("a spawn's state", 2, u32::from(u16::MAX))?);
        let back = u8::try_from(reader.number("a spawn's way back", 1, u32::from(MAX_DEPTH))?).unwrap_or(0);
        reader.check("the least way back", 1, u32::from(back))?;
        spawns.push(Spawn { pattern, state, back });
    }
    Ok(Trigger { classes, stride, cells, states, spawns, first_spawning: row(short(first_spawning)), roots })
}

fn read_pattern(reader: &mut Reader<'_>) -> Result<PatternTable, Broken> {
    let action = match reader.number("an action", 1, 2)? {
        0 => Action::Halt,
        1 => Action::Redact,
        _ => Action::Flag,
    };
    let check = match reader.number("a check", 1, 2)? {
        0 => Check::None,
        1 => Check::Luhn,
        _ => Check::Iban,
    };
    let id_length = reader.number("the length of an id", 1, 255)?;
    let replacement_length = reader.number("the length of a replacement", 2, u32::from(u16::MAX))?;
    let (class_count, states) = reader.size()?;
    let starts = reader.starts(states)?;
    let id = reader.text(id_length)?;
    let replacement = reader.text(replacement_length)?;
    let classes = reader.classes(class_count)?;
    // From state 0 nothing is found.
    reader.number("the flags of the first state", 1, 0)?;
    let others = reader.bytes("the flags of a state", states.saturating_sub(1), u32::from(StateFlags::ALL))?;
    let mut flags = Vec::from([StateFlags(0)]);
    flags.extend(others.iter().map(|flags| StateFlags(*flags)));
    let cells = reader.states(class_count.saturating_mul(states), states)?;
    Ok(PatternTable { id, action, check, replacement, classes, stride: short(class_count), flags, cells, starts })
}
