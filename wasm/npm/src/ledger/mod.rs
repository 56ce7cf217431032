//! The trace ledger: the entry point `interlock-wasm/ledger`.

mod file;
mod node;
mod note;
mod proof;
mod tile;
mod trace_ledger;

use interlock_core::ledger::{
    AppendError, CheckpointError, HeaderError, KeyError, LogError, NodeError, ProofError, SignedNoteError, TileError,
    file::ReadError,
};

crate::refusal::refusals!(
    AppendError,
    CheckpointError,
    HeaderError,
    KeyError,
    LogError,
    NodeError,
    ProofError,
    ReadError,
    SignedNoteError,
    TileError,
);
