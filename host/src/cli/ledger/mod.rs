//! `interlock ledger`: a trace ledger in a file.
//!
//! The file is that of [`interlock_core::ledger::file`], the same bytes that a Worker or a browser keeps: one that was
//! exported there opens here. One process writes it at a time. Whoever only reads takes no lock, and leaves a torn tail as
//! it is.

mod json;
mod read;
mod storage;
mod stream;
mod write;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::Failure;
pub(super) use stream::{KeepError, StreamLedger};
pub(super) use write::{key as write_key, public_key};

/// A trace ledger in a file.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Appends nodes: a line of JSON each, from standard input or a file.
    ///
    /// A line is {"id", "origin", "timestamp"} with, where wanted, "kind", "tags": [text], "links": [{"kind": "causes" |
    /// "continues" | "branches" | "fulfills", "target": id}], and "payload": text or "payload_hex": digits. For each node
    /// that is durable, a line {"index", "id", "leaf"} is written to standard output: then it is acknowledged, and never
    /// lost. A line that is refused is named with its number, and ends the command with 2; the nodes before it stay.
    Append(Append),
    /// Writes the nodes that fit, ascending by time, a line of JSON each, in the form that `append` takes, with "index".
    Query(Query),
    /// Writes a proof as JSON: that a node is in the log, or that the log continues an earlier one.
    Prove(Prove),
    /// Verifies a ledger's file, a proof, or a signed checkpoint against a file. Exits with 1 when it does not hold.
    Verify(Verify),
    /// Writes a signed checkpoint (a C2SP signed note) of the ledger.
    Checkpoint(Checkpoint),
    /// Makes a key: the private one into a new file, the public one to standard output.
    Key(Key),
    /// Writes the ledger as bytes of its file, as JSON, or as C2SP tiles into a folder.
    Export(Export),
    /// Takes the bytes of a ledger from elsewhere, such as a Worker, checks every one of them, and makes a file of them.
    Import(Import),
}

/// When nodes are synced, and so acknowledged.
#[derive(Debug, Args)]
pub(super) struct Append {
    /// The ledger's file; made where there is none.
    file: PathBuf,
    /// The nodes. Without it, or as `-`, standard input.
    nodes: Option<PathBuf>,
    /// Syncs after so many nodes; 1, the default, after each. With 0, once at the end.
    #[arg(long, value_name = "COUNT", default_value = "1")]
    sync_every: u32,
    /// A signed checkpoint that the file must continue, as `checkpoint` wrote it. Needs --key.
    #[arg(long, value_name = "NOTE", requires = "key")]
    checkpoint: Option<PathBuf>,
    /// File with the public key of the checkpoint.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// Which nodes.
#[derive(Debug, Args)]
pub(super) struct Query {
    /// The ledger's file.
    file: PathBuf,
    /// Written by this origin.
    #[arg(long)]
    origin: Option<String>,
    /// Of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// With this tag.
    #[arg(long)]
    tag: Option<String>,
    /// Not before this time, in ms.
    #[arg(long, allow_negative_numbers = true)]
    since: Option<i64>,
    /// Before this time, in ms.
    #[arg(long, allow_negative_numbers = true)]
    until: Option<i64>,
    /// With a link to the node of this id.
    #[arg(long, value_name = "ID")]
    links_to: Option<String>,
    /// That the node of this id links to.
    #[arg(long, value_name = "ID")]
    links_from: Option<String>,
    /// Only links of this kind count.
    #[arg(long, value_name = "KIND")]
    link_kind: Option<String>,
    /// How many of the nodes that fit are left out at the start.
    #[arg(long, default_value = "0")]
    offset: u64,
    /// How many are given at most.
    #[arg(long)]
    limit: Option<u64>,
}

/// What is to be proved.
#[derive(Debug, Args)]
pub(super) struct Prove {
    /// The ledger's file.
    file: PathBuf,
    /// The node, by its id.
    #[arg(long, conflicts_with = "from")]
    id: Option<String>,
    /// The size of the earlier log.
    #[arg(long, value_name = "SIZE", required_unless_present = "id")]
    from: Option<u64>,
    /// The size of the log; all of it otherwise.
    #[arg(long)]
    size: Option<u64>,
}

/// What is to be verified.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The ledger's file: every checksum, every law, the whole log.
    #[arg(required_unless_present = "proof")]
    file: Option<PathBuf>,
    /// A proof, as `prove` wrote it, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// A signed checkpoint. The file must continue it; the root of the proof must be its root.
    #[arg(long, value_name = "NOTE", requires = "key", requires = "origin")]
    checkpoint: Option<PathBuf>,
    /// Name of the log that the checkpoint must be of.
    #[arg(long)]
    origin: Option<String>,
    /// File with the public key that must have signed it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// What is signed.
#[derive(Debug, Args)]
pub(super) struct Checkpoint {
    /// The ledger's file.
    file: PathBuf,
    /// File with the private key, as `key` made it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Name of the log, such as `example.com/ledger`.
    #[arg(long)]
    origin: String,
    /// The size of the log; all of it otherwise.
    #[arg(long)]
    size: Option<u64>,
}

/// A key to be made.
#[derive(Debug, Args)]
pub(in super::super) struct Key {
    /// Name of the key: by convention that of the log.
    name: String,
    /// The file of the private key, which must not be there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// How a ledger is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// The bytes of the file, without a torn tail.
    Bytes,
    /// A line of JSON for each node.
    Json,
    /// C2SP tiles in a folder.
    Tiles,
}

/// Where a ledger goes.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The ledger's file.
    file: PathBuf,
    /// How it is written.
    #[arg(long, value_enum, default_value = "bytes")]
    format: Format,
    /// The file, or the folder of tiles. Without it, standard output.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

/// Where a ledger comes from.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file to be made, which must not be there.
    file: PathBuf,
    /// The bytes, or `-` for standard input.
    from: PathBuf,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Append(arguments) => write::append(arguments),
        Command::Import(arguments) => write::import(arguments),
        Command::Key(arguments) => write::key(arguments),
        Command::Query(arguments) => read::query(arguments),
        Command::Prove(arguments) => read::prove(arguments),
        Command::Verify(arguments) => read::verify(arguments),
        Command::Checkpoint(arguments) => read::checkpoint(arguments),
        Command::Export(arguments) => read::export(arguments),
    }
}

impl Append {
    fn policy(&self) -> interlock_core::ledger::file::SyncPolicy {
        use interlock_core::ledger::file::SyncPolicy;
        match NonZeroU32::new(self.sync_every) {
            None => SyncPolicy::OnRequest,
            Some(NonZeroU32::MIN) => SyncPolicy::EveryAppend,
            Some(count) => SyncPolicy::Every(count),
        }
    }
}
