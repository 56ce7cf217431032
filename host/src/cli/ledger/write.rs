//! What writes: `append`, `import` and `key`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use interlock_core::ledger::file::{FileError, LedgerFile, OpenOptions, Recovery};
use interlock_core::ledger::{Checkpoint, Ed25519Signer, Ed25519Verifier, Hash};
use serde_json::json;

use super::super::{Failure, complain, say};
use super::json::{NodeLine, hex};
use super::read::{load, open_input};
use super::storage::FileStorage;
use super::{Append, Import, Key};

/// Random bytes from the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(|error| Failure::new("/dev/urandom", error))?;
    Ok(bytes)
}

/// Opens a file for writing, and says on standard error what was recovered.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<LedgerFile<FileStorage>, Failure> {
    let storage = FileStorage::open(path).map_err(|error| Failure::of_file(path, error))?;
    let (file, Recovery { nodes, torn_at, torn_bytes, .. }) =
        LedgerFile::open(storage, options).map_err(|error| Failure::of_file(path, error))?;
    if let Some(offset) = torn_at {
        complain(format_args!(
            "interlock: {}: a torn tail of {torn_bytes} bytes at byte {offset} was cut off; {nodes} nodes are whole",
            path.display()
        ));
    }
    Ok(file)
}

fn checkpoint(arguments: &Append) -> Result<Option<(u64, Hash)>, Failure> {
    let (Some(note), Some(key)) = (&arguments.checkpoint, &arguments.key) else { return Ok(None) };
    let text = std::fs::read(note).map_err(|error| Failure::of_file(note, error))?;
    // The log's name is that of its key, by convention: what counts here is who signed.
    let key = public_key(key)?;
    let found = interlock_core::ledger::Note::parse(&text)
        .and_then(|parsed| parsed.verify(&[&key]).map(|_| parsed))
        .map_err(|error| Failure::of_file(note, error))?;
    let Checkpoint { size, root, .. } =
        Checkpoint::parse(found.text()).map_err(|error| Failure::of_file(note, error))?;
    Ok(Some((size, root)))
}

/// The public key in a file.
pub(in super::super) fn public_key(path: &Path) -> Result<Ed25519Verifier, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?;
    Ed25519Verifier::parse(text.trim()).map_err(|error| Failure::of_file(path, error))
}

pub(super) fn append(arguments: &Append) -> Result<ExitCode, Failure> {
    let path = &arguments.file;
    let options = OpenOptions {
        id: random()?,
        policy: arguments.policy(),
        seed: u64::from_le_bytes(random()?),
        checkpoint: checkpoint(arguments)?,
    };
    let (place, input) = open_input(arguments.nodes.as_deref())?;
    let mut file = open(path, &options)?;
    let mut out = io::stdout().lock();
    let mut waiting = VecDeque::new();
    let mut failed = None;
    for (number, line) in (1_u64..).zip(BufReader::new(input).lines()) {
        let at = |reason: &dyn std::fmt::Display| Failure::new(format_args!("{place}: line {number}"), reason);
        let line = match line {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => line,
            Err(error) => {
                failed = Some(at(&error));
                break;
            }
        };
        let node = match NodeLine::read(&line) {
            Ok(node) => node,
            Err(reason) => {
                failed = Some(at(&reason));
                break;
            }
        };
        match file.append(&node) {
            Ok(ticket) => waiting.push_back((ticket, String::from(node.as_ref().id()), node.as_ref().leaf_hash())),
            Err(error @ FileError::Append(_)) => {
                failed = Some(at(&error));
                break;
            }
            Err(error) => return Err(Failure::of_file(path, error)),
        }
        acknowledge(&file, &mut waiting, &mut out);
    }
    file.sync().map_err(|error| Failure::of_file(path, error))?;
    acknowledge(&file, &mut waiting, &mut out);
    failed.map_or(Ok(ExitCode::SUCCESS), Err)
}

type Ticketed = (interlock_core::ledger::file::Ticket, String, Hash);

/// Says which nodes are durable now.
fn acknowledge(file: &LedgerFile<FileStorage>, waiting: &mut VecDeque<Ticketed>, out: &mut impl Write) {
    let mut said = false;
    while let Some((ticket, id, leaf)) = waiting.pop_front() {
        if !file.is_acknowledged(ticket) {
            waiting.push_front((ticket, id, leaf));
            break;
        }
        let line = json!({ "index": ticket.index, "id": id, "leaf": hex(&leaf) });
        // Whoever does not listen has the nodes all the same.
        let _ = writeln!(out, "{line}");
        said = true;
    }
    if said {
        let _ = out.flush();
    }
}

pub(super) fn import(arguments: &Import) -> Result<ExitCode, Failure> {
    let (place, mut input) = open_input(Some(&arguments.from))?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|error| Failure::new(&place, error))?;
    let found = load(&place, &bytes)?;
    if found.torn > 0 {
        let (torn, len) = (found.torn, found.len);
        complain(format_args!("interlock: {place}: a torn tail of {torn} bytes at byte {len} is left out"));
    }
    let whole = usize::try_from(found.len).ok().and_then(|len| bytes.get(..len)).unwrap_or_default();
    let path = &arguments.file;
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(whole)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::of_file(path, error))?;
    say(json!({ "nodes": found.ledger.len(), "bytes": found.len }));
    Ok(ExitCode::SUCCESS)
}

pub(in super::super) fn key(arguments: &Key) -> Result<ExitCode, Failure> {
    let signer = Ed25519Signer::new(&arguments.name, &random()?)
        .map_err(|error| Failure::new(format_args!("key name {:?}", arguments.name), error))?;
    let path = &arguments.out;
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        writeln!(file, "{}", signer.encode())?;
        file.sync_all()
    });
    written.map_err(|error| Failure::of_file(path, error))?;
    say(signer.verifier().encode());
    Ok(ExitCode::SUCCESS)
}
