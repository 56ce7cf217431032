//! Compiled patterns.

// The modules for the web are compiled for size, where nothing is inlined by itself: without this each byte of a text
// would cost a call.
#![allow(clippy::inline_always)]

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::check::Check;
use super::trigger::Trigger;

/// What happens where a pattern matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "GuardAction"))]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Action {
    /// The text ends, for good.
    #[default]
    Halt = 0,
    /// The match is replaced.
    Redact = 1,
    /// It is reported, and nothing is held or changed.
    Flag = 2,
}

impl Action {
    /// The name in policies and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Halt => "halt",
            Self::Redact => "redact",
            Self::Flag => "flag",
        }
    }
}

/// A match: of which pattern and where. Never what was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Position of the pattern in the tables.
    pub pattern: u16,
    /// First byte, counted from the start of the text.
    pub start: u64,
    /// The byte behind the last.
    pub end: u64,
}

impl Hit {
    /// Bytes of the match.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether the match is empty. None that is reported is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What stands before a place in the text: as much of it as the assertions `^`, `$` and `\b` look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Surrounding {
    /// Nothing: the text starts.
    Start = 0,
    /// A byte that is none of the others.
    Other = 1,
    /// An ASCII letter, digit or `_`.
    Word = 2,
    /// A line feed.
    LineFeed = 3,
    /// A carriage return.
    CarriageReturn = 4,
}

impl Surrounding {
    /// All of them, each at the place of its number.
    pub const ALL: [Self; 5] = [Self::Start, Self::Other, Self::Word, Self::LineFeed, Self::CarriageReturn];

    /// Behind a byte.
    #[must_use]
    pub const fn of(byte: Option<u8>) -> Self {
        match byte {
            None => Self::Start,
            Some(b'\n') => Self::LineFeed,
            Some(b'\r') => Self::CarriageReturn,
            Some(b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z') => Self::Word,
            Some(_) => Self::Other,
        }
    }
}

/// What a state says when a thread has come to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateFlags(pub(super) u8);

impl StateFlags {
    /// A match ends behind the byte just read. Of a redaction without a check also: whatever follows, one will end
    /// there or later.
    pub const NOW: u8 = 1;
    /// A match ends before the byte just read.
    pub const BEFORE: u8 = 2;
    /// A match ends here if the text does.
    pub const AT_END: u8 = 4;
    /// A continuation, or the end of the text, can still make a match.
    pub const LIVE: u8 = 8;
    pub(super) const ALL: u8 = 15;

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    pub(super) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// One pattern as an automaton that is run from where a match may start.
///
/// A thread takes the state [`start`](Self::start) for what stands before its start, and [`next`](Self::next) with every
/// byte from there on. State 0 is the one from which nothing is found any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternTable {
    pub(super) id: String,
    pub(super) action: Action,
    pub(super) check: Check,
    pub(super) replacement: String,
    /// The class of each byte.
    pub(super) classes: [u8; 256],
    /// How many classes there are: the length of a row.
    pub(super) stride: u16,
    /// One per state.
    pub(super) flags: Vec<StateFlags>,
    /// The next state by state and class.
    pub(super) cells: Vec<u16>,
    pub(super) starts: [u16; 5],
}

impl PatternTable {
    /// The name under which matches are recorded.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What happens where it matches.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// What a match must satisfy besides.
    #[must_use]
    pub const fn check(&self) -> Check {
        self.check
    }

    /// What a redacted match is replaced by.
    #[must_use]
    pub fn replacement(&self) -> &str {
        &self.replacement
    }

    /// How many states there are.
    #[must_use]
    pub fn states(&self) -> usize {
        self.flags.len()
    }

    /// The state of a thread that has read nothing yet.
    #[must_use]
    pub fn start(&self, before: Surrounding) -> u16 {
        self.starts.get(before as usize).copied().unwrap_or(0)
    }

    /// The state after one more byte.
    #[inline(always)]
    #[must_use]
    pub fn next(&self, state: u16, byte: u8) -> u16 {
        let class = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
        let row = usize::from(state).wrapping_mul(usize::from(self.stride));
        // Every state and class of a decoded table is in range.
        self.cells.get(row.wrapping_add(usize::from(class))).copied().unwrap_or(0)
    }

    /// What a state says.
    #[inline(always)]
    #[must_use]
    pub fn flags(&self, state: u16) -> StateFlags {
        self.flags.get(usize::from(state)).copied().unwrap_or_default()
    }
}

/// Compiled patterns, checked and ready: shared by every stream that is guarded with them.
///
/// Decoded from an artifact by [`GuardTables::verified`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardTables {
    pub(super) patterns: Vec<PatternTable>,
    pub(super) trigger: Trigger,
    /// Which actions there are, each at the place of its number.
    pub(super) actions: [bool; 3],
    /// Whether a flag has a check.
    pub(super) checks_flags: bool,
    /// Whether a redaction has a check.
    pub(super) checks_redactions: bool,
}

impl GuardTables {
    /// The patterns in their order. A [`Hit`] names them by position.
    #[must_use]
    pub fn patterns(&self) -> &[PatternTable] {
        &self.patterns
    }

    /// The pattern of a hit.
    #[must_use]
    pub fn pattern(&self, position: u16) -> Option<&PatternTable> {
        self.patterns.get(usize::from(position))
    }
}
