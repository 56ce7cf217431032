//! The suite `ledger`: nodes, appends, queries, proofs, notes, tiles and files.
//!
//! Bytes and hashes are hexadecimal. A refusal is `refused CODE SUBJECT VALUE BOUND`, `-` for what is not there.

mod backend;
mod component;
mod native;

use interlock_core::ledger::Hash;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::{Answer, Backend, Refused};
use super::text::{hex, read_hex};
pub(crate) use backend::Ledgers;
use backend::ReadFile;

/// A node as a fixture has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeText {
    pub(crate) id: String,
    pub(crate) origin: String,
    pub(crate) timestamp: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
    /// Kinds and ids of the targets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) links: Vec<(String, String)>,
    /// In hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) payload: String,
}

/// A query as a fixture has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QueryText {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) links_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) links_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<u64>,
}

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// A node alone: its header, its leaf's hash and its payload's.
    Node { node: NodeText },
    /// Bytes of a header, in hexadecimal, that are decoded.
    Header { header: String },
    /// A ledger and what is done to it.
    Ledger { steps: Vec<LedgerStep> },
    /// An inclusion proof, verified.
    Inclusion { leaf: String, index: u64, size: u64, proof: Vec<String>, root: String },
    /// A consistency proof, verified.
    Consistency { first: u64, first_root: String, second: u64, second_root: String, proof: Vec<String> },
    /// A checkpoint, signed by private keys one after the other.
    Checkpoint { origin: String, size: u64, root: String, extensions: Vec<String>, keys: Vec<String> },
    /// A signed checkpoint, opened with public keys.
    Open { note: String, origin: String, keys: Vec<String> },
    /// A private key, whose public one is asked for.
    Key { key: String },
    /// Paths of tiles, each read and written again.
    Tiles { paths: Vec<String> },
    /// The tiles that are new when a log grows from one size to another, by their paths.
    NewTiles { from: u64, to: u64 },
    /// A new file with an id of 16 bytes, and what is written to it.
    WriteFile { id: String, steps: Vec<FileStep> },
    /// The bytes of a file, read in pieces of so many.
    ReadFile { bytes: String, piece: u32 },
}

/// Something done to a ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LedgerStep {
    /// Gives the index.
    Append(NodeText),
    /// Several nodes in one call where the host has one, up to the first that is refused. Gives how many were appended,
    /// and the refusal.
    AppendMany(Vec<NodeText>),
    /// Gives the indexes.
    Query(QueryText),
    /// The index of an id.
    Find(String),
    /// The header of the node at an index.
    Get(u32),
    /// Timestamp of the last node of an origin.
    LastTimestamp(String),
    Root,
    RootAt(u64),
    /// Index and size. Gives the proof.
    InclusionProof(u64, u64),
    /// First and second size. Gives the proof.
    ConsistencyProof(u64, u64),
    /// What is in the tile of a path.
    Tile(String),
}

/// Something done to a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FileStep {
    Append(NodeText),
    /// What waits is written, and all of it synced.
    Sync,
}

/// What comes of an input.
///
/// # Errors
/// The input is not one: what must be hexadecimal is not.
pub(crate) fn run(backend: &dyn Backend, input: Input) -> Result<Value, String> {
    let result = match input {
        Input::Node { node } => backend.node(&node, &read_hex(&node.payload)?).map(
            |[header, leaf, payload]| json!({ "header": hex(&header), "leaf": hex(&leaf), "payload": hex(&payload) }),
        ),
        Input::Header { header } => backend.header(&read_hex(&header)?),
        Input::Ledger { steps } => ledger(backend, &steps)?,
        Input::Inclusion { leaf, index, size, proof, root } => backend
            .verify_inclusion(&hash(&leaf)?, index, size, &hashes(&proof)?, &hash(&root)?)
            .map(|()| json!("verified")),
        Input::Consistency { first, first_root, second, second_root, proof } => backend
            .verify_consistency(first, &hash(&first_root)?, second, &hash(&second_root)?, &hashes(&proof)?)
            .map(|()| json!("verified")),
        Input::Checkpoint { origin, size, root, extensions, keys } => {
            backend.sign_checkpoint(&origin, size, &hash(&root)?, &extensions, &keys).map(Value::from)
        }
        Input::Open { note, origin, keys } => backend
            .open_checkpoint(note.as_bytes(), &origin, &keys)
            .map(|(size, root, extensions)| json!({ "size": size, "root": hex(&root), "extensions": extensions })),
        Input::Key { key } => backend.public_key(&key).map(Value::from),
        Input::Tiles { paths } => {
            Ok(paths.iter().map(|path| spoken(backend.tile_path(path))).collect::<Vec<_>>().into())
        }
        Input::NewTiles { from, to } => backend.new_tiles(from, to).map(Value::from),
        Input::WriteFile { id, steps } => write_file(backend, &id, &steps)?,
        Input::ReadFile { bytes, piece } => read_file(backend, &read_hex(&bytes)?, piece),
    };
    Ok(result.unwrap_or_else(|Refused(error)| json!({ "refused": error })))
}

fn hash(digits: &str) -> Result<Hash, String> {
    let bytes = read_hex(digits)?;
    Hash::try_from(bytes.as_slice()).map_err(|_| format!("{digits:?} is not the hexadecimal digits of a hash"))
}

fn hashes(digits: &[String]) -> Result<Vec<Hash>, String> {
    digits.iter().map(|digits| hash(digits)).collect()
}

fn hex_list(hashes: &[Hash]) -> String {
    hashes.iter().map(|hash| hex(hash)).collect::<Vec<_>>().join(" ")
}

fn spoken<T: ToString>(answer: Answer<T>) -> String {
    match answer {
        Ok(said) => said.to_string(),
        Err(Refused(error)) => format!("refused {error}"),
    }
}

fn optional<T: ToString>(answer: Answer<Option<T>>) -> String {
    spoken(answer.map(|found| found.map_or_else(|| String::from("-"), |found| found.to_string())))
}

fn words<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn ledger(backend: &dyn Backend, steps: &[LedgerStep]) -> Result<Answer<Value>, String> {
    let mut ledger = match backend.ledger() {
        Ok(ledger) => ledger,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut said = Vec::new();
    for step in steps {
        said.push(match step {
            LedgerStep::Append(node) => spoken(ledger.append(node, &read_hex(&node.payload)?)),
            LedgerStep::AppendMany(nodes) => {
                let payloads: Result<Vec<Vec<u8>>, String> = nodes.iter().map(|node| read_hex(&node.payload)).collect();
                let (appended, refused) = ledger.append_many(nodes, &payloads?);
                refused.map_or_else(|| appended.to_string(), |Refused(error)| format!("{appended} refused {error}"))
            }
            LedgerStep::Query(query) => spoken(ledger.query(query).map(|found| words(&found))),
            LedgerStep::Find(id) => optional(ledger.find(id)),
            LedgerStep::Get(index) => optional(ledger.header(*index).map(|header| header.map(|header| hex(&header)))),
            LedgerStep::LastTimestamp(origin) => optional(ledger.last_timestamp(origin)),
            LedgerStep::Root => spoken(ledger.root().map(|root| hex(&root))),
            LedgerStep::RootAt(size) => spoken(ledger.root_at(*size).map(|root| hex(&root))),
            LedgerStep::InclusionProof(index, size) => {
                spoken(ledger.inclusion_proof(*index, *size).map(|proof| hex_list(&proof)))
            }
            LedgerStep::ConsistencyProof(first, second) => {
                spoken(ledger.consistency_proof(*first, *second).map(|proof| hex_list(&proof)))
            }
            LedgerStep::Tile(path) => spoken(ledger.tile(path).map(|tile| hex(&tile))),
        });
    }
    Ok(ledger.len().map(|nodes| json!({ "steps": said, "nodes": nodes })))
}

fn write_file(backend: &dyn Backend, id: &str, steps: &[FileStep]) -> Result<Answer<Value>, String> {
    let id = <[u8; 16]>::try_from(read_hex(id)?.as_slice()).map_err(|_| String::from("the id has not 16 bytes"))?;
    let mut file = match backend.create_file(id) {
        Ok(file) => file,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut bytes = Vec::new();
    let mut said = Vec::new();
    for step in steps {
        said.push(match step {
            FileStep::Append(node) => spoken(file.append(node, &read_hex(&node.payload)?).map(|leaf| hex(&leaf))),
            FileStep::Sync => spoken(file.sync().map(|more| {
                bytes.extend(more);
                bytes.len()
            })),
        });
    }
    Ok(Ok(json!({ "steps": said, "bytes": hex(&bytes) })))
}

fn read_file(backend: &dyn Backend, bytes: &[u8], piece: u32) -> Answer<Value> {
    let ReadFile { id, len, torn, ids, root } = backend.read_file(bytes, piece)?;
    let id = id.map(|id| hex(&id));
    Ok(json!({ "id": id, "len": len, "torn": torn, "nodes": ids, "root": hex(&root) }))
}
