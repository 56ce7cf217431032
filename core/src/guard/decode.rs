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

use sha2::{Digest, Sha256};

use super::check::Check;
use super::tables::{Action, GuardTables, PatternTable, StateFlags};
use super::trigger::{MAX_DEPTH, Spawn, Trigger, TriggerState};

pub(super) const MAGIC: [u8; 8] = *b"ILKGUARD";
pub(super) const VERSION: u16 = 1;

/// The SHA-256 of an artifact.
pub type ContentHash = [u8; 32];

/// The hash by which an artifact is named.
#[must_use]
pub fn content_hash(artifact: &[u8]) -> ContentHash {
    Sha256::digest(artifact).into()
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
    /// It is no artifact of the guard.
    NotAnArtifact,
    /// It is of another version of the format.
    Version {
        /// Its version.
        found: u16,
        /// The version that is read here.
        supported: u16,
    },
    /// It ends too early: at this offset so many more bytes were announced.
    Truncated {
        /// Offset in bytes.
        offset: usize,
        /// Bytes that should follow.
        wanted: usize,
    },
    /// A value is out of range.
    OutOfRange {
        /// What it is.
        what: &'static str,
        /// Offset in bytes of the field it is in.
        offset: usize,
        /// The value.
        value: u32,
        /// The largest one allowed.
        max: u32,
    },
    /// Bytes that must be a text are not UTF-8.
    NotText {
        /// Offset in bytes.
        offset: usize,
    },
    /// Bytes follow its end.
    TrailingBytes {
        /// How many.
        count: usize,
    },
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
            Self::NotAnArtifact => f.write_str("not a compiled guard: it does not start with ILKGUARD"),
            Self::Version { found, supported } => {
                write!(f, "a compiled guard of version {found}, must be {supported}")
            }
            Self::Truncated { offset, wanted } => write!(f, "ends early: {wanted} bytes must follow byte {offset}"),
            Self::OutOfRange { what, offset, value, max } => {
                write!(f, "{what} is {value}, must be at most {max} (in the field at byte {offset})")
            }
            Self::NotText { offset } => write!(f, "the text at byte {offset} is not UTF-8"),
            Self::TrailingBytes { count } => write!(f, "{count} bytes follow its end"),
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
        let mut reader = Reader { bytes: artifact, offset: 0 };
        if reader.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
            return Err(GuardTablesError::NotAnArtifact);
        }
        let version = reader.u16()?;
        if version != VERSION {
            return Err(GuardTablesError::Version { found: version, supported: VERSION });
        }
        let count = reader.u16()?;
        let trigger = read_trigger(&mut reader)?;
        let mut patterns = Vec::new();
        for _ in 0..count {
            patterns.push(read_pattern(&mut reader)?);
        }
        if !reader.bytes.is_empty() {
            return Err(GuardTablesError::TrailingBytes { count: reader.bytes.len() });
        }
        check_spawns(&trigger, &patterns)?;
        let checks = |action| patterns.iter().any(|pattern| pattern.action == action && pattern.check != Check::None);
        let (checks_flags, checks_redactions) = (checks(Action::Flag), checks(Action::Redact));
        Ok(Self { patterns, trigger, checks_flags, checks_redactions })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], GuardTablesError> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(GuardTablesError::Truncated { offset: self.offset, wanted: length });
        };
        self.bytes = rest;
        self.offset = self.offset.saturating_add(length);
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], GuardTablesError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u8(&mut self) -> Result<u8, GuardTablesError> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, GuardTablesError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, GuardTablesError> {
        self.array().map(u32::from_le_bytes)
    }

    /// A value of at most `max`.
    fn check(&self, what: &'static str, value: u32, max: u32) -> Result<(), GuardTablesError> {
        check(what, self.offset, value, max)
    }

    fn classes(&mut self, count: u16) -> Result<[u8; 256], GuardTablesError> {
        let classes: [u8; 256] = self.array()?;
        let largest = classes.iter().copied().max().unwrap_or(0);
        self.check("a class", u32::from(largest), u32::from(count).saturating_sub(1))?;
        Ok(classes)
    }

    fn states(&mut self, count: usize, states: u16) -> Result<Vec<u16>, GuardTablesError> {
        let bytes = self.take(count.saturating_mul(2))?;
        let list: Vec<u16> = bytes.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect();
        let largest = list.iter().copied().max().unwrap_or(0);
        self.check("a state", u32::from(largest), u32::from(states).saturating_sub(1))?;
        Ok(list)
    }

    fn starts(&mut self, states: u16) -> Result<[u16; 5], GuardTablesError> {
        let list = self.states(5, states)?;
        let mut starts = [0; 5];
        for (slot, state) in starts.iter_mut().zip(list) {
            *slot = state;
        }
        Ok(starts)
    }

    /// How many classes there are, and how many states.
    fn size(&mut self) -> Result<(u16, u16), GuardTablesError> {
        let (classes, states) = (self.u16()?, self.u16()?);
        self.check("the number of classes less one", u32::from(classes).wrapping_sub(1), 255)?;
        self.check("the number of states less one", u32::from(states).wrapping_sub(1), u32::from(u16::MAX))?;
        Ok((classes, states))
    }

    fn text(&mut self, length: usize) -> Result<String, GuardTablesError> {
        let offset = self.offset;
        let bytes = self.take(length)?;
        core::str::from_utf8(bytes).map(String::from).map_err(|_| GuardTablesError::NotText { offset })
    }

    /// One of a list.
    fn choice<T: Copy>(&mut self, what: &'static str, choices: &[T]) -> Result<T, GuardTablesError> {
        let value = self.u8()?;
        let max = u32::try_from(choices.len()).unwrap_or(0).saturating_sub(1);
        let refused = GuardTablesError::OutOfRange { what, offset: self.offset, value: u32::from(value), max };
        choices.get(usize::from(value)).copied().ok_or(refused)
    }
}

fn check(what: &'static str, offset: usize, value: u32, max: u32) -> Result<(), GuardTablesError> {
    if value <= max {
        return Ok(());
    }
    Err(GuardTablesError::OutOfRange { what, offset, value, max })
}

fn read_trigger(reader: &mut Reader<'_>) -> Result<Trigger, GuardTablesError> {
    let (stride, count) = reader.size()?;
    let first_spawning = reader.u16()?;
    reader.check("the first spawning state", u32::from(first_spawning), u32::from(count))?;
    let spawn_count = reader.u32()?;
    let cell_count = usize::from(stride).saturating_mul(usize::from(count));
    // A state is the place of its row in 16 bits, that of the first one behind the last included.
    reader.check("the cells of the trigger", u32::try_from(cell_count).unwrap_or(u32::MAX), u32::from(u16::MAX))?;
    let row = |state: u16| state.wrapping_mul(stride);
    let roots = reader.starts(count)?;
    let classes = reader.classes(stride)?;
    let mut states = Vec::new();
    let records = reader.take(usize::from(count).saturating_mul(9))?;
    let mut spawned = 0_u32;
    for (index, record) in (0_u16..).zip(records.as_chunks::<9>().0) {
        let [halt, r0, r1, r2, r3, e0, e1, e2, e3] = *record;
        let state = TriggerState {
            halt,
            redact: u32::from_le_bytes([r0, r1, r2, r3]),
            spawns_end: u32::from_le_bytes([e0, e1, e2, e3]),
        };
        reader.check("a depth", u32::from(halt), u32::from(MAX_DEPTH))?;
        // Spawns end where they start or behind it, and only spawning states have any.
        let most = if index < first_spawning { 0 } else { spawn_count };
        reader.check("the end of a state's spawns", state.spawns_end, most)?;
        reader.check("the end of the spawns before a state's", spawned, state.spawns_end)?;
        spawned = state.spawns_end;
        states.push(state);
    }
    let cells = reader.states(cell_count, count)?.into_iter().map(row).collect();
    let bytes = reader.take(usize::try_from(spawn_count).unwrap_or(usize::MAX).saturating_mul(5))?;
    let spawns = bytes.as_chunks::<5>().0.iter().map(|[p0, p1, s0, s1, back]| Spawn {
        pattern: u16::from_le_bytes([*p0, *p1]),
        state: u16::from_le_bytes([*s0, *s1]),
        back: *back,
    });
    let spawns = spawns.collect();
    Ok(Trigger { classes, stride, cells, states, spawns, first_spawning: row(first_spawning), roots: roots.map(row) })
}

fn read_pattern(reader: &mut Reader<'_>) -> Result<PatternTable, GuardTablesError> {
    let action = reader.choice("an action", &Action::ALL)?;
    let check = reader.choice("a check", &Check::ALL)?;
    let id_length = usize::from(reader.u8()?);
    let replacement_length = usize::from(reader.u16()?);
    let (stride, states) = reader.size()?;
    let starts = reader.starts(states)?;
    let id = reader.text(id_length)?;
    let replacement = reader.text(replacement_length)?;
    let classes = reader.classes(stride)?;
    let flags: Vec<StateFlags> = reader.take(usize::from(states))?.iter().map(|bits| StateFlags(*bits)).collect();
    let largest = flags.iter().map(|flags| flags.0).max().unwrap_or(0);
    reader.check("the flags of a state", u32::from(largest), u32::from(StateFlags::ALL))?;
    // From state 0 nothing is found.
    reader.check("the flags of state 0", flags.first().map_or(0, |flags| u32::from(flags.0)), 0)?;
    let cells = reader.states(usize::from(stride).saturating_mul(usize::from(states)), states)?;
    Ok(PatternTable { id, action, check, replacement, classes, stride, flags, cells, starts })
}

/// Every spawn is of a pattern and a state that exist.
fn check_spawns(trigger: &Trigger, patterns: &[PatternTable]) -> Result<(), GuardTablesError> {
    let last = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).wrapping_sub(1);
    for spawn in &trigger.spawns {
        if patterns.is_empty() {
            return check("the spawns of no pattern", 0, 1, 0);
        }
        check("the pattern of a spawn", 0, u32::from(spawn.pattern), last(patterns.len()))?;
        let states = patterns.get(usize::from(spawn.pattern)).map_or(0, PatternTable::states);
        check("the state of a spawn", 0, u32::from(spawn.state), last(states))?;
        check("the bytes back of a spawn less one", 0, u32::from(spawn.back).wrapping_sub(1), u32::from(MAX_DEPTH))?;
    }
    Ok(())
}
