//! Checkpoints (C2SP `tlog-checkpoint`): what a log says it is, as the text of a signed note.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::hash::Hash;
use super::note::{Note, SignedNoteError, Verifier};

/// Name, size and root of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log, such as `example.com/ledger`; not empty, one line.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// Further lines, none of them empty; none as a rule.
    pub extensions: Vec<String>,
}

/// Why a checkpoint is none, or cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// It is no signed note, or none of a known key.
    Note(SignedNoteError),
    /// A line is malformed.
    Line {
        /// Which line, counted from 1.
        line: usize,
        /// What it must be.
        bound: &'static str,
    },
    /// It speaks of another log.
    Origin {
        /// The log that it speaks of.
        found: String,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(error) => error.fmt(f),
            Self::Line { line, bound } => write!(f, "line {line} of the checkpoint must be {bound}"),
            Self::Origin { found } => write!(f, "the checkpoint is of another log, {found}"),
        }
    }
}

impl core::error::Error for CheckpointError {}

impl From<SignedNoteError> for CheckpointError {
    fn from(error: SignedNoteError) -> Self {
        Self::Note(error)
    }
}

const ORIGIN: &str = "the name of a log, one line that is not empty";
const SIZE: &str = "the size of the tree, a decimal number below 2^64 without leading zeros";
const ROOT: &str = "the root, 32 bytes in Base64";
const EXTENSION: &str = "a line that is not empty";

impl Checkpoint {
    /// The checkpoint as a note's text that nobody has signed yet.
    ///
    /// # Errors
    /// [`CheckpointError`] if origin or extensions are no such lines.
    pub fn to_note(&self) -> Result<Note, CheckpointError> {
        let is_line = |line: &str| !line.is_empty() && !line.bytes().any(|byte| byte < b' ');
        if !is_line(&self.origin) {
            return Err(CheckpointError::Line { line: 1, bound: ORIGIN });
        }
        let mut text = self.origin.clone();
        text.push('\n');
        push_decimal(&mut text, self.size);
        text.push('\n');
        text.push_str(&Base64::encode_string(&self.root));
        text.push('\n');
        for (line, extension) in (4..).zip(&self.extensions) {
            if !is_line(extension) {
                return Err(CheckpointError::Line { line, bound: EXTENSION });
            }
            text.push_str(extension);
            text.push('\n');
        }
        Ok(Note::new(&text)?)
    }

    /// Reads a note's text. Whether anyone has signed it is another matter.
    ///
    /// # Errors
    /// [`CheckpointError::Line`] names the line that is malformed.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let fail = |line, bound| CheckpointError::Line { line, bound };
        let lines = text.strip_suffix('\n').ok_or(fail(1, ORIGIN))?;
        let mut lines = lines.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(fail(1, ORIGIN))?;
        let size = lines.next().and_then(decimal).ok_or(fail(2, SIZE))?;
        let mut root = [0; 32];
        let decoded = lines.next().and_then(|line| Base64::decode(line, &mut root).ok().map(<[u8]>::len));
        if decoded != Some(32) {
            return Err(fail(3, ROOT));
        }
        let mut extensions = Vec::new();
        for (line, extension) in (4..).zip(lines) {
            if extension.is_empty() {
                return Err(fail(line, EXTENSION));
            }
            extensions.push(extension.into());
        }
        Ok(Self { origin: origin.into(), size, root, extensions })
    }

    /// Reads a signed note, which a known key must have signed, of the log named `origin`.
    ///
    /// # Errors
    /// [`CheckpointError`] if it is malformed, forged, unsigned or of another log.
    pub fn open(note: &[u8], origin: &str, known: &[&dyn Verifier]) -> Result<Self, CheckpointError> {
        let note = Note::parse(note)?;
        note.verify(known)?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != origin {
            return Err(CheckpointError::Origin { found: checkpoint.origin });
        }
        Ok(checkpoint)
    }
}

/// Appends a number in decimal.
pub(super) fn push_decimal(text: &mut String, number: u64) {
    if number >= 10 {
        push_decimal(text, number / 10);
    }
    let digit = u32::try_from(number % 10).ok().and_then(|digit| char::from_digit(digit, 10));
    text.push(digit.unwrap_or('0'));
}

/// A number in decimal without leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text == "0" || (!text.starts_with(['0', '+']) && !text.is_empty());
    is_plain.then(|| text.parse().ok()).flatten()
}
