//! Nodes and their headers.

use alloc::vec::Vec;

use interlock_core::ledger::{Hash, Header, LinkKind, NodeRef, TraceNode, leaf_hash};
use interlock_core::read::Source;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::{Fault, given, read};
use crate::tree::{Tree, TreeSource};

/// Reads a node: `[id, origin, timestamp, kind, payload, [tag…], [[code, target]…]]`.
pub(super) fn read_node(source: &mut TreeSource<'_>) -> Result<TraceNode, Fault> {
    source.begin_list()?;
    let (id, origin) = (source.string()?, source.string()?);
    let timestamp = read_time(source)?;
    let mut builder = TraceNode::builder(id, origin, timestamp).kind(source.string()?).payload(source.bytes()?);
    let mut tags = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        tags.push(source.string()?);
        Ok(())
    })?;
    for tag in tags {
        builder = builder.tag(tag);
    }
    let mut links = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        source.begin_list()?;
        let kind = read_link_kind(source)?;
        links.push((kind, source.string()?));
        end(source)
    })?;
    for (kind, target) in links {
        builder = builder.link(kind, target);
    }
    let node = builder.build()?;
    end(source)?;
    Ok(node)
}

/// Reads a timestamp, a whole number.
pub(super) fn read_time(source: &mut TreeSource<'_>) -> Result<i64, Fault> {
    #[allow(clippy::cast_possible_truncation, reason = "a number that is too large becomes one that is refused")]
    Ok(source.number()?.ok_or(Fault::Broken)? as i64)
}

/// Reads a kind of link by its code.
pub(super) fn read_link_kind(source: &mut TreeSource<'_>) -> Result<LinkKind, Fault> {
    let code = u8::try_from(source.small()?).map_err(|_| Fault::Broken)?;
    LinkKind::from_code(code).ok_or(Fault::Broken)
}

/// The end of a list.
pub(super) fn end(source: &mut TreeSource<'_>) -> Result<(), Fault> {
    if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
}

/// A hash out of bytes.
pub(super) fn hash(bytes: &[u8]) -> Result<Hash, Fault> {
    bytes.try_into().map_err(|_| Fault::Broken)
}

/// Hashes one after the other.
pub(super) fn hashes(bytes: &[u8]) -> Result<&[Hash], Fault> {
    let (hashes, rest) = bytes.as_chunks();
    if rest.is_empty() { Ok(hashes) } else { Err(Fault::Broken) }
}

/// Writes a node as an object with the fields of `TraceNode` in `js/src/ledger/node.ts`.
pub(super) fn write_node(tree: &mut Tree, node: NodeRef<'_>) {
    tree.object();
    names(tree, [node.id(), node.origin(), node.kind()], node.timestamp());
    lists(tree, node.tags(), node.links());
    tree.key("payload").bytes(node.payload());
    tree.end();
}

#[allow(clippy::cast_precision_loss, reason = "timestamps lie within 2^53 - 1 of 0")]
fn names(tree: &mut Tree, [id, origin, kind]: [&str; 3], timestamp: i64) {
    tree.key("id").text(id);
    tree.key("origin").text(origin);
    tree.key("kind").text(kind);
    tree.key("timestamp").number(timestamp as f64);
}

fn lists<'a>(tree: &mut Tree, tags: impl Iterator<Item = &'a str>, links: impl Iterator<Item = (LinkKind, &'a str)>) {
    tree.key("tags").list();
    for tag in tags {
        tree.text(tag);
    }
    tree.end();
    tree.key("links").list();
    for (kind, target) in links {
        tree.object();
        tree.key("kind").text(kind.as_str());
        tree.key("target").text(target);
        tree.end();
    }
    tree.end();
}

/// The canonical header of a node, the entry of a log.
///
/// # Errors
/// No node is such.
#[wasm_bindgen(js_name = encodeHeader)]
pub fn encode_header(node: &[u8]) -> Vec<u8> {
    given(read(node, read_node).map(|node| node.as_ref().to_header()))
}

/// What a header says.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = decodeHeader)]
pub fn decode_header(header: &[u8]) -> Vec<u8> {
    given(Header::decode(header).map(|header| {
        let mut tree = Tree::default();
        tree.object();
        names(&mut tree, [header.id(), header.origin(), header.kind()], header.timestamp());
        lists(&mut tree, header.tags(), header.links());
        tree.key("payloadLength").whole(header.payload_len().into());
        tree.key("payloadHash").bytes(&header.payload_hash());
        tree.end();
        tree.into_bytes()
    }))
}

/// The node of a header and its payload.
///
/// # Errors
/// It is no header, or another payload.
#[wasm_bindgen(js_name = nodeOf)]
pub fn node_of(header: &[u8], payload: &[u8]) -> Vec<u8> {
    given(self::with_payload(header, payload))
}

fn with_payload(header: &[u8], payload: &[u8]) -> Result<Vec<u8>, Fault> {
    let node = Header::decode(header)?.with_payload(payload)?;
    let mut tree = Tree::default();
    write_node(&mut tree, node.as_ref());
    Ok(tree.into_bytes())
}

/// Hash of the leaf that an entry of a log is.
#[wasm_bindgen(js_name = leafHash)]
pub fn hash_of_leaf(entry: &[u8]) -> Vec<u8> {
    leaf_hash(entry).to_vec()
}
