//! What reads: `query`, `prove`, `verify`, `checkpoint` and `export`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use interlock_core::ledger::file::{FileReader, Recovered};
use interlock_core::ledger::{
    Checkpoint as LogCheckpoint, Ed25519Signer, Header, LinkKind, Query as LedgerQuery, new_tiles, verify_consistency,
    verify_inclusion,
};
use serde_json::json;

use super::super::{DOES_NOT_HOLD, Failure, complain, say};
use super::json::{ProofText, hex, hex_all, link_kind, node_value, read_hash, read_hashes, read_hex};
use super::write::public_key;
use super::{Checkpoint, Export, Format, Prove, Query, Verify};

/// An input and what to call it.
pub(super) fn open_input(path: Option<&Path>) -> Result<(String, Box<dyn Read>), Failure> {
    match path.filter(|path| *path != Path::new("-")) {
        None => Ok((String::from("standard input"), Box::new(io::stdin().lock()))),
        Some(path) => {
            let file = File::open(path).map_err(|error| Failure::of_file(path, error))?;
            Ok((path.display().to_string(), Box::new(file)))
        }
    }
}

/// The ledger in the bytes of a file.
pub(super) fn load(place: &str, bytes: &[u8]) -> Result<Recovered, Failure> {
    let mut reader = FileReader::new(0);
    reader.feed(bytes).map_err(|error| Failure::new(place, error))?;
    reader.finish().map_err(|error| Failure::new(place, error))
}

/// The ledger in a file, which is left as it is.
fn open(path: &Path) -> Result<Recovered, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, error))?;
    let found = load(&path.display().to_string(), &bytes)?;
    if found.torn > 0 {
        let Recovered { len, torn, .. } = found;
        complain(format_args!("interlock: {}: a torn tail of {torn} bytes at byte {len} is left out", path.display()));
    }
    Ok(found)
}

pub(super) fn query(arguments: &Query) -> Result<ExitCode, Failure> {
    let kind: Option<LinkKind> = arguments
        .link_kind
        .as_deref()
        .map(link_kind)
        .transpose()
        .map_err(|reason| Failure::new("--link-kind", reason))?;
    let found = open(&arguments.file)?;
    let query = LedgerQuery {
        origin: arguments.origin.as_deref(),
        kind: arguments.kind.as_deref(),
        tag: arguments.tag.as_deref(),
        since: arguments.since,
        until: arguments.until,
        links_to: arguments.links_to.as_deref(),
        links_from: arguments.links_from.as_deref(),
        link_kind: kind,
        offset: arguments.offset,
        limit: arguments.limit.unwrap_or(u64::MAX),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (index, node) in found.ledger.query(&query) {
        if writeln!(out, "{}", node_value(index, node)).is_err() {
            return Ok(ExitCode::from(DOES_NOT_HOLD));
        }
    }
    Ok(if out.flush().is_ok() { ExitCode::SUCCESS } else { ExitCode::from(DOES_NOT_HOLD) })
}

pub(super) fn prove(arguments: &Prove) -> Result<ExitCode, Failure> {
    let wrong = |reason: &dyn std::fmt::Display| Failure::of_file(&arguments.file, reason);
    let mut ledger = open(&arguments.file)?.ledger;
    let size = arguments.size.unwrap_or(u64::from(ledger.len()));
    let proof = match (&arguments.id, arguments.from) {
        (Some(id), _) => {
            let index = ledger.find(id).ok_or_else(|| wrong(&format_args!("no node has the id {id}")))?;
            let header = ledger.get(index).map(|node| node.to_header()).unwrap_or_default();
            let log = ledger.log();
            let proof = log.inclusion_proof(index.into(), size).map_err(|error| wrong(&error))?;
            let root = log.root_at(size).map_err(|error| wrong(&error))?;
            let leaf = log.leaf(index.into()).unwrap_or_default();
            json!({
                "proof": "inclusion", "index": index, "size": size, "header": hex(&header), "leaf": hex(&leaf),
                "root": hex(&root), "hashes": hex_all(&proof),
            })
        }
        (None, from) => {
            let first = from.unwrap_or(0);
            let log = ledger.log();
            let proof = log.consistency_proof(first, size).map_err(|error| wrong(&error))?;
            let first_root = log.root_at(first).map_err(|error| wrong(&error))?;
            let second_root = log.root_at(size).map_err(|error| wrong(&error))?;
            json!({
                "proof": "consistency", "first": first, "first_root": hex(&first_root), "second": size,
                "second_root": hex(&second_root), "hashes": hex_all(&proof),
            })
        }
    };
    say(proof);
    Ok(ExitCode::SUCCESS)
}

/// What does not hold is an answer, not bad input.
fn does_not_hold(place: impl std::fmt::Display, reason: impl std::fmt::Display) -> Failure {
    Failure { code: DOES_NOT_HOLD, ..Failure::new(place, reason) }
}

pub(super) fn verify(arguments: &Verify) -> Result<ExitCode, Failure> {
    let checkpoint = match (&arguments.checkpoint, &arguments.key, &arguments.origin) {
        (Some(path), Some(key), Some(origin)) => {
            let note = std::fs::read(path).map_err(|error| Failure::of_file(path, error))?;
            let key = public_key(key)?;
            let opened = LogCheckpoint::open(&note, origin, &[&key]);
            Some(opened.map_err(|error| does_not_hold(path.display(), error))?)
        }
        _ => None,
    };
    if let Some(path) = &arguments.proof {
        let claimed = verify_proof(path)?;
        if let Some(checkpoint) = &checkpoint
            && (checkpoint.size, checkpoint.root) != claimed
        {
            return Err(does_not_hold(path.display(), "the proof is not of the checkpoint's tree"));
        }
        say(json!({ "holds": true, "size": claimed.0, "root": hex(&claimed.1) }));
    }
    if let Some(path) = &arguments.file {
        let mut found = open(path)?;
        let nodes = found.ledger.len();
        let log = found.ledger.log();
        if let Some(checkpoint) = &checkpoint
            && log.root_at(checkpoint.size) != Ok(checkpoint.root)
        {
            let reason =
                format_args!("{nodes} nodes do not continue the checkpoint of {}", checkpoint.size).to_string();
            return Err(does_not_hold(path.display(), reason));
        }
        say(json!({ "holds": true, "nodes": nodes, "root": hex(&log.root()), "bytes": found.len, "torn": found.torn }));
    }
    Ok(ExitCode::SUCCESS)
}

/// Verifies a proof; size and root of the tree that it is of.
fn verify_proof(path: &Path) -> Result<(u64, interlock_core::ledger::Hash), Failure> {
    let (place, mut input) = open_input(Some(path))?;
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|error| Failure::new(&place, error))?;
    let proof: ProofText = serde_json::from_str(&text).map_err(|error| Failure::new(&place, error))?;
    let bad = |reason: String| Failure::new(&place, reason);
    let (verified, size, root) = match proof {
        ProofText::Inclusion { index, size, header, leaf, root, hashes } => {
            let header = read_hex(&header).map_err(bad)?;
            let header = Header::decode(&header).map_err(|error| Failure::new(&place, error))?;
            let (leaf, root) = (read_hash(&leaf).map_err(bad)?, read_hash(&root).map_err(bad)?);
            if header.leaf_hash() != leaf {
                return Err(does_not_hold(&place, "the leaf is not that of the header"));
            }
            let hashes = read_hashes(&hashes).map_err(bad)?;
            (verify_inclusion(&leaf, index, size, &hashes, &root), size, root)
        }
        ProofText::Consistency { first, first_root, second, second_root, hashes } => {
            let (first_root, root) = (read_hash(&first_root).map_err(bad)?, read_hash(&second_root).map_err(bad)?);
            let hashes = read_hashes(&hashes).map_err(bad)?;
            (verify_consistency(first, &first_root, second, &root, &hashes), second, root)
        }
    };
    verified.map_err(|error| does_not_hold(&place, error))?;
    Ok((size, root))
}

pub(super) fn checkpoint(arguments: &Checkpoint) -> Result<ExitCode, Failure> {
    let key = std::fs::read_to_string(&arguments.key).map_err(|error| Failure::of_file(&arguments.key, error))?;
    let signer = Ed25519Signer::parse(key.trim()).map_err(|error| Failure::of_file(&arguments.key, error))?;
    let mut ledger = open(&arguments.file)?.ledger;
    let size = arguments.size.unwrap_or(u64::from(ledger.len()));
    let root = ledger.log().root_at(size).map_err(|error| Failure::of_file(&arguments.file, error))?;
    let checkpoint = LogCheckpoint { origin: arguments.origin.clone(), size, root, extensions: Vec::new() };
    let mut note = checkpoint.to_note().map_err(|error| Failure::new("--origin", error))?;
    note.sign(&signer).map_err(|error| Failure::of_file(&arguments.key, error))?;
    let _ = write!(io::stdout(), "{}", note.encode());
    Ok(ExitCode::SUCCESS)
}

pub(super) fn export(arguments: &Export) -> Result<ExitCode, Failure> {
    let path = &arguments.file;
    let mut found = open(path)?;
    if let (Format::Tiles, folder) = (arguments.format, &arguments.out) {
        let folder = folder.as_deref().ok_or_else(|| Failure::new("--out", "names the folder of the tiles"))?;
        for tile in new_tiles(0, found.ledger.len().into()) {
            let bytes = found.ledger.tile(tile).map_err(|error| Failure::of_file(path, error))?;
            let place = folder.join(tile.path());
            let written = place.parent().map_or(Ok(()), std::fs::create_dir_all);
            written.and_then(|()| std::fs::write(&place, bytes)).map_err(|error| Failure::of_file(&place, error))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let bytes = match arguments.format {
        Format::Json => {
            let mut text = String::new();
            for (index, node) in (0..).zip(found.ledger.iter()) {
                text.push_str(&node_value(index, node).to_string());
                text.push('\n');
            }
            text.into_bytes()
        }
        Format::Bytes | Format::Tiles => {
            let mut bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, error))?;
            bytes.truncate(usize::try_from(found.len).unwrap_or(usize::MAX));
            bytes
        }
    };
    match &arguments.out {
        Some(out) => std::fs::write(out, bytes).map_err(|error| Failure::of_file(out, error))?,
        None => {
            let mut out = io::stdout().lock();
            if out.write_all(&bytes).and_then(|()| out.flush()).is_err() {
                return Ok(ExitCode::from(DOES_NOT_HOLD));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
