//! The trace ledger: what happened, in an order that nobody can change afterwards.
//!
//! A [`TraceNode`] is written once. Its canonical [`header`](Header) is a leaf of the log: it names the payload by
//! length and SHA-256, and the payload lies beside. A [`TraceLedger`] takes nodes that keep its laws, gives them back
//! where they lie, and answers a [`Query`] from its indexes.
//!
//! Over the nodes stands a [`MerkleLog`] (RFC 6962), hashed when it is asked for. It proves that a node is in the log
//! and that a log continues an earlier one; [`verify_inclusion`] and [`verify_consistency`] need nothing but hashes.

mod arena;
mod hash;
mod header;
mod merkle;
mod names;
mod node;
mod proof;
mod query;
mod table;
mod time_list;
mod trace_ledger;

pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use header::{
    Header, HeaderError, HeaderFault, Links, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, MAX_TIMESTAMP_MS, Tags,
};
pub use merkle::{LogError, MerkleLog};
pub use node::{LinkKind, NodeError, NodeRef, TraceNode, TraceNodeBuilder};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use query::{Query, QueryIter};
pub use trace_ledger::{AppendError, TraceLedger};
