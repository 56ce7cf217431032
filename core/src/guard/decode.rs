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

/// A field of an artifact, or a length that it says, that cannot be. The offset tells which, by the table of this module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Malformed {
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
            Self::Malformed(Malformed { offset, value, max }) => {
                write!(f, "the number before byte {offset} is {value}, must be at most {max}")
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
        let tables = read_tables(&mut reader);
        match reader.malformed {
            None => Ok(tables),
            Some(malformed) => Err(GuardTablesError::Malformed(malformed)),
        }
    }
}

fn read_tables(reader: &mut Reader<'_>) -> GuardTables {
    let count = reader.number(2, u32::from(u16::MAX));
    let trigger = read_trigger(reader);
    let mut patterns = Vec::new();
    for _ in 0..count {
        if reader.malformed.is_some() {
            break;
        }
        patterns.push(read_pattern(reader));
    }
    reader.check(long(reader.bytes.len()), 0);
    // Every spawn is of a pattern and a state that exist.
    for spawn in &trigger.spawns {
        let states = patterns.get(usize::from(spawn.pattern)).map_or(0, PatternTable::states);
        reader.check(u32::from(spawn.state).saturating_add(1), long(states));
    }
    GuardTables::of(patterns, trigger)
}

fn long(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn short(value: u32) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// What is left to read, and the first thing that was wrong. From there on nothing is left, and every number is zero: what
/// comes of it is of no use, and only costs what was read before.
struct Reader<'a> {
    bytes: &'a [u8],
    whole: usize,
    malformed: Option<Malformed>,
}

impl<'a> Reader<'a> {
    #[inline(never)]
    fn take(&mut self, length: usize) -> &'a [u8] {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            self.check(long(length), long(self.bytes.len()));
            return &[];
        };
        self.bytes = rest;
        taken
    }

    /// A number of so many bytes that is at most `max`.
    #[inline(never)]
    fn number(&mut self, length: usize, max: u32) -> u32 {
        let bytes = self.take(length).iter().rev();
        let value = bytes.fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        if self.check(value, max) { value } else { 0 }
    }

    /// Whether a value is at most `max`, and nothing was wrong before.
    #[inline(never)]
    fn check(&mut self, value: u32, max: u32) -> bool {
        if value > max && self.malformed.is_none() {
            let offset = self.whole.saturating_sub(self.bytes.len());
            self.malformed = Some(Malformed { offset, value, max });
            self.bytes = &[];
        }
        self.malformed.is_none()
    }

    /// So many numbers of one byte that are at most `max`.
    #[inline(never)]
    fn bytes(&mut self, count: u32, max: u32) -> &'a [u8] {
        let bytes = self.take(usize::try_from(count).unwrap_or(usize::MAX));
        let largest = bytes.iter().fold(0, |largest: u8, byte| largest.max(*byte));
        self.check(u32::from(largest), max);
        bytes
    }

    /// The class of each byte, of `count` classes.
    fn classes(&mut self, count: u32) -> [u8; 256] {
        self.bytes(256, count.saturating_sub(1)).first_chunk().copied().unwrap_or([0; 256])
    }

    /// So many states, of `states`.
    #[inline(never)]
    fn states(&mut self, count: u32, states: u32) -> Vec<u16> {
        let bytes = self.take(usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(2));
        let list: Vec<u16> = bytes.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect();
        let largest = list.iter().fold(0, |largest: u16, state| largest.max(*state));
        self.check(u32::from(largest), states.saturating_sub(1));
        list
    }

    fn starts(&mut self, states: u32) -> [u16; 5] {
        let mut starts = [0; 5];
        for slot in &mut starts {
            *slot = short(self.number(2, states.saturating_sub(1)));
        }
        starts
    }

    /// How many classes there are, and how many states.
    fn size(&mut self) -> (u32, u32) {
        let classes = self.number(2, 256);
        let states = self.number(2, u32::from(u16::MAX));
        self.check(1, classes.min(states));
        (classes, states)
    }

    #[inline(never)]
    fn text(&mut self, length: u32) -> String {
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX));
        let text = core::str::from_utf8(bytes);
        let valid = text.map_or_else(|error| error.valid_up_to(), str::len);
        self.check(length, long(valid));
        String::from(text.unwrap_or_default())
    }
}

fn read_trigger(reader: &mut Reader<'_>) -> Trigger {
    let (classes, count) = reader.size();
    let first_spawning = reader.number(2, count);
    let spawn_count = reader.number(4, u32::MAX);
    // A state is the place of its row in 16 bits, that of the first one behind the last included.
    let cell_count = classes.saturating_mul(count);
    reader.check(cell_count, u32::from(u16::MAX));
    let stride = short(classes);
    let row = |state: u16| state.wrapping_mul(stride);
    let roots = reader.starts(count).map(row);
    let classes = reader.classes(classes);
    let mut states = Vec::new();
    let mut spawned = 0;
    for index in 0..count {
        if reader.malformed.is_some() {
            break;
        }
        let halt = reader.number(1, u32::from(MAX_DEPTH));
        let redact = reader.number(4, u32::MAX);
        // Spawns end where they start or behind it, and only spawning states have any.
        let most = if index < first_spawning { 0 } else { spawn_count };
        let spawns_end = reader.number(4, most);
        reader.check(spawned, spawns_end);
        spawned = spawns_end;
        states.push(TriggerState { halt: u8::try_from(halt).unwrap_or(0), redact, spawns_end });
    }
    let mut cells = reader.states(cell_count, count);
    for cell in &mut cells {
        *cell = row(*cell);
    }
    let mut spawns = Vec::new();
    for _ in 0..spawn_count {
        if reader.malformed.is_some() {
            break;
        }
        let pattern = short(reader.number(2, u32::from(u16::MAX)));
        let state = short(reader.number(2, u32::from(u16::MAX)));
        let back = u8::try_from(reader.number(1, u32::from(MAX_DEPTH))).unwrap_or(0);
        reader.check(1, u32::from(back));
        spawns.push(Spawn { pattern, state, back });
    }
    Trigger { classes, stride, cells, states, spawns, first_spawning: row(short(first_spawning)), roots }
}

fn read_pattern(reader: &mut Reader<'_>) -> PatternTable {
    let action = match reader.number(1, 2) {
        0 => Action::Halt,
        1 => Action::Redact,
        _ => Action::Flag,
    };
    let check = match reader.number(1, 2) {
        0 => Check::None,
        1 => Check::Luhn,
        _ => Check::Iban,
    };
    let id_length = reader.number(1, 255);
    let replacement_length = reader.number(2, u32::from(u16::MAX));
    let (class_count, states) = reader.size();
    let starts = reader.starts(states);
    let id = reader.text(id_length);
    let replacement = reader.text(replacement_length);
    let classes = reader.classes(class_count);
    // From state 0 nothing is found.
    reader.number(1, 0);
    let others = reader.bytes(states.saturating_sub(1), u32::from(StateFlags::ALL));
    let mut flags = Vec::from([StateFlags(0)]);
    flags.extend(others.iter().map(|flags| StateFlags(*flags)));
    let cells = reader.states(class_count.saturating_mul(states), states);
    PatternTable { id, action, check, replacement, classes, stride: short(class_count), flags, cells, starts }
}
