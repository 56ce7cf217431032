//! The trace ledger: what happened, in an order that nobody can change afterwards.
//!
//! A [`TraceNode`] is written once. Its canonical [`header`](Header) is a leaf of the log: it names the payload by
//! length and SHA-256, and the payload lies beside. A [`TraceLedger`] takes nodes that keep its laws, gives them back
//! where they lie, and answers a [`Query`] from its indexes.
//!
//! Over the nodes stands a [`MerkleLog`] (RFC 6962), hashed when it is asked for. It proves that a node is in the log
//! and that a log continues an earlier one; [`verify_inclusion`] and [`verify_consistency`] need nothing but hashes.
//! To others it speaks in the formats of transparency logs: a [`Checkpoint`] is a signed [`Note`], a [`Tile`] a file.
//! [`mod@file`] keeps a ledger so that nothing acknowledged is lost.

mod arena;
mod checkpoint;
#[cfg(feature = "ed25519")]
mod ed25519;
pub mod file;
mod hash;
mod header;
mod lanes;
mod merkle;
mod names;
mod node;
mod node_ref;
mod note;
mod proof;
mod query;
mod table;
mod tiles;
mod time_list;
mod trace_ledger;

pub use checkpoint::{Checkpoint, CheckpointError};
#[cfg(feature = "ed25519")]
pub use ed25519::{Ed25519Signer, Ed25519Verifier, KeyError};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use header::{
    Header, HeaderError, HeaderFault, Links, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, MAX_TIMESTAMP_MS, Tags,
};
pub use merkle::{LogError, MerkleLog};
pub use node::{LinkKind, NodeError, TraceNode, TraceNodeBuilder};
pub use node_ref::NodeRef;
pub use note::{
    MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, Note, NoteSignature, SignedNoteError, Signer, Verifier, is_key_name, key_id,
};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use query::{Query, QueryIter};
pub use tiles::{TILE_WIDTH, Tile, TileError, TileKind, entries, new_tiles};
pub use trace_ledger::{AppendError, TraceLedger};
