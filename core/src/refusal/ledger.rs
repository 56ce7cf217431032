//! Refusals of the ledger.

use alloc::string::ToString;

use super::Refusal;
use crate::ledger::file::{Damage, ReadError};
use crate::ledger::{
    AppendError, CheckpointError, HeaderError, HeaderFault, LogError, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES,
    MAX_TIMESTAMP_MS, NodeError, ProofError, SignedNoteError, TileError,
};

impl From<&NodeError> for Refusal {
    fn from(error: &NodeError) -> Self {
        let new = |code| Self::new(code, error.to_string());
        match error {
            NodeError::Empty { field } => new("node-empty").about(field),
            NodeError::Timestamp { value } => new("node-timestamp").value(*value).bound(MAX_TIMESTAMP_MS),
            NodeError::HeaderTooLarge { length } => new("node-header-too-large").value(*length).bound(MAX_HEADER_BYTES),
            NodeError::PayloadTooLarge { length } => {
                new("node-payload-too-large").value(*length).bound(MAX_PAYLOAD_BYTES)
            }
            NodeError::Duplicate { field, value } => new("node-duplicate").about(&[field, " ", value].concat()),
            NodeError::LinkToItself => new("node-link-to-itself"),
            NodeError::WrongPayload => new("node-wrong-payload"),
        }
    }
}

impl From<&AppendError> for Refusal {
    fn from(error: &AppendError) -> Self {
        let new = |code| Self::new(code, error.to_string());
        match error {
            AppendError::DuplicateId { id, index } => new("append-duplicate-id").about(id).value(*index),
            AppendError::TimeBackwards { origin, last, given } => {
                new("append-time-backwards").about(origin).value(*given).bound(*last)
            }
            AppendError::UnknownTarget { kind, target } => {
                new("append-unknown-target").about(&[kind.as_str(), " ", target].concat())
            }
            AppendError::TargetLater { kind, target, timestamp, given } => {
                let subject = [kind.as_str(), " ", target].concat();
                new("append-target-later").about(&subject).value(*given).bound(*timestamp)
            }
            AppendError::Full => new("append-full"),
        }
    }
}

impl From<&HeaderError> for Refusal {
    fn from(error: &HeaderError) -> Self {
        let code = match error.what {
            HeaderFault::Truncated => "header-truncated",
            HeaderFault::TooLong => "header-too-long",
            HeaderFault::Version(_) => "header-version",
            HeaderFault::Timestamp(_) => "header-timestamp",
            HeaderFault::PayloadTooLarge(_) => "header-payload-too-large",
            HeaderFault::Empty => "header-empty",
            HeaderFault::NotUtf8 => "header-not-utf8",
            HeaderFault::NotAscending => "header-not-ascending",
            HeaderFault::LinkKind(_) => "header-link-kind",
        };
        Self::new(code, error.to_string()).value(error.offset)
    }
}

impl From<&LogError> for Refusal {
    fn from(error: &LogError) -> Self {
        let new = |code| Self::new(code, error.to_string());
        match error {
            LogError::Size { size, len } => new("log-size").value(*size).bound(*len),
            LogError::Index { index, size } => new("log-index").value(*index).bound(*size),
            LogError::Order { first, second } => new("log-order").value(*first).bound(*second),
        }
    }
}

impl From<&ProofError> for Refusal {
    fn from(error: &ProofError) -> Self {
        let new = |code| Self::new(code, error.to_string());
        match error {
            ProofError::Index { index, size } => new("proof-index").value(*index).bound(*size),
            ProofError::Order { first, second } => new("proof-order").value(*first).bound(*second),
            ProofError::Length { found } => new("proof-length").value(*found),
            ProofError::Root => new("proof-root"),
            ProofError::FirstRoot => new("proof-first-root"),
        }
    }
}

impl From<&SignedNoteError> for Refusal {
    fn from(error: &SignedNoteError) -> Self {
        let new = |code| Self::new(code, error.to_string());
        match error {
            SignedNoteError::TooLong { length } => new("note-too-long").value(*length),
            SignedNoteError::Characters => new("note-characters"),
            SignedNoteError::Text => new("note-text"),
            SignedNoteError::Layout => new("note-layout"),
            SignedNoteError::Signature { line } => new("note-signature").value(*line),
            SignedNoteError::SignatureCount => new("note-signature-count"),
            SignedNoteError::KeyName { name } => new("note-key-name").about(name),
            SignedNoteError::Forged { name } => new("note-forged").about(name),
            SignedNoteError::Unsigned => new("note-unsigned"),
        }
    }
}

impl From<&CheckpointError> for Refusal {
    fn from(error: &CheckpointError) -> Self {
        match error {
            CheckpointError::Note(error) => error.into(),
            CheckpointError::Line { line, .. } => Self::new("checkpoint-line", error.to_string()).value(*line),
            CheckpointError::Origin { found } => Self::new("checkpoint-origin", error.to_string()).about(found),
        }
    }
}

#[cfg(feature = "ed25519")]
impl From<&crate::ledger::KeyError> for Refusal {
    fn from(error: &crate::ledger::KeyError) -> Self {
        use crate::ledger::KeyError;
        let code = match error {
            KeyError::Format => "key-format",
            KeyError::Name => "key-name",
            KeyError::Type => "key-type",
            KeyError::Id => "key-id",
            KeyError::Key => "key-bytes",
        };
        Self::new(code, error.to_string())
    }
}

impl From<&TileError> for Refusal {
    fn from(error: &TileError) -> Self {
        let new = |code| Self::new(code, error.to_string());
        match error {
            TileError::Path => new("tile-path"),
            TileError::Shape => new("tile-shape"),
            TileError::Log(error) => error.into(),
            TileError::Bundle { offset } => new("tile-bundle").value(*offset),
        }
    }
}

impl From<&ReadError> for Refusal {
    fn from(error: &ReadError) -> Self {
        let new = |code| Self::new(code, error.to_string());
        match error {
            ReadError::NotALedger => new("file-not-a-ledger"),
            ReadError::Version { found } => new("file-version").value(*found),
            ReadError::Corrupt { offset, damage } => {
                let what = match damage {
                    Damage::FileHead => "file-head",
                    Damage::RecordHead => "record-head",
                    Damage::Content => "content",
                    Damage::Header(_) => "header",
                    Damage::Payload => "payload",
                };
                new("file-corrupt").about(what).value(*offset)
            }
            ReadError::Refused { offset, error } => new("file-law").about(Self::from(error).code).value(*offset),
        }
    }
}
