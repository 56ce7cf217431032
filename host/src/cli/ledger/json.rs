//! Nodes, proofs and queries as JSON.

use interlock_core::ledger::{Hash, LinkKind, NodeRef, TraceNode};
use serde::Deserialize;
use serde_json::{Value, json};

/// A node as it is given: a line of JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeLine {
    id: String,
    origin: String,
    timestamp: i64,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    links: Vec<LinkLine>,
    /// The payload as text, or in hexadecimal; one of them at most.
    #[serde(default)]
    payload: Option<String>,
    #[serde(default)]
    payload_hex: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkLine {
    kind: String,
    target: String,
}

impl NodeLine {
    /// The node of a line.
    pub(super) fn read(line: &str) -> Result<TraceNode, String> {
        let node: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let payload = match (&node.payload, &node.payload_hex) {
            (Some(_), Some(_)) => return Err(String::from("payload and payload_hex are given both")),
            (Some(text), None) => text.as_bytes().to_vec(),
            (None, Some(digits)) => read_hex(digits)?,
            (None, None) => Vec::new(),
        };
        let mut builder = TraceNode::builder(&node.id, &node.origin, node.timestamp).kind(&node.kind).payload(&payload);
        for tag in &node.tags {
            builder = builder.tag(tag);
        }
        for link in &node.links {
            builder = builder.link(link_kind(&link.kind)?, &link.target);
        }
        builder.build().map_err(|error| error.to_string())
    }
}

/// Reads the name of a kind of link.
pub(super) fn link_kind(name: &str) -> Result<LinkKind, String> {
    let kinds = LinkKind::ALL.map(LinkKind::as_str).join(", ");
    LinkKind::from_name(name).ok_or_else(|| format!("kind of link is {name:?}, must be one of {kinds}"))
}

/// A node as it is shown, so that it can be given again. A payload that is no text is hexadecimal.
pub(super) fn node_value(index: u32, node: NodeRef<'_>) -> Value {
    let mut value = json!({
        "index": index,
        "id": node.id(),
        "origin": node.origin(),
        "timestamp": node.timestamp(),
        "kind": node.kind(),
        "tags": node.tags().collect::<Vec<_>>(),
        "links": node.links().map(|(kind, target)| json!({ "kind": kind.as_str(), "target": target })).collect::<Vec<_>>(),
    });
    if let Some(members) = value.as_object_mut() {
        match std::str::from_utf8(node.payload()) {
            Ok(text) => members.insert(String::from("payload"), json!(text)),
            Err(_) => members.insert(String::from("payload_hex"), json!(hex(node.payload()))),
        };
    }
    value
}

/// A proof of inclusion or consistency, as `prove` writes and `verify` reads it.
#[derive(Debug, Deserialize)]
#[serde(tag = "proof", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum ProofText {
    Inclusion { index: u64, size: u64, header: String, leaf: String, root: String, hashes: Vec<String> },
    Consistency { first: u64, first_root: String, second: u64, second_root: String, hashes: Vec<String> },
}

pub(super) fn hex(bytes: &[u8]) -> String {
    crate::replay::hex(bytes)
}

pub(super) fn hex_all(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hex(hash)).collect()
}

pub(super) fn read_hex(digits: &str) -> Result<Vec<u8>, String> {
    crate::replay::read_hex(digits)
}

pub(super) fn read_hash(digits: &str) -> Result<Hash, String> {
    Hash::try_from(read_hex(digits)?.as_slice()).map_err(|_| format!("{digits:?} is not the 64 digits of a hash"))
}

pub(super) fn read_hashes(digits: &[String]) -> Result<Vec<Hash>, String> {
    digits.iter().map(|digits| read_hash(digits)).collect()
}
