//! `interlock rules`: policies as artifacts that are signed, inspected, compared and tested.

mod compile;
mod describe;
mod file;
mod sign;
mod tables;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Failure;

pub(super) use file::{Trust, load};

/// Policies as artifacts.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compiles a policy and the patterns of its guard to an artifact. The same policy, id and version give the same bytes.
    Compile(Compile),
    /// Writes the compiled patterns of a policy's guard for JavaScript: a module that exports `policy` and `tables`.
    ///
    /// In `interlock-wasm` there is no compiler. The policy has every pattern named as a set, and goes to `guardStream` or
    /// `Session` as it is; the tables go to `new GuardTables(...tables)`, which checks their hashes.
    Tables(Tables),
    /// Signs an artifact: makes a DSSE envelope of it, or adds a signature to one.
    Sign(Sign),
    /// Verifies an envelope with public keys. Exits with 1 when too few of them have signed it.
    Verify(Verify),
    /// Says what is in an artifact: header, policy, patterns, signatures, which are not verified.
    Inspect(Inspect),
    /// Says what changes from one artifact to another. Exits with 1 when anything does.
    Diff(Diff),
    /// Runs cases against a policy or an artifact. Exits with 1 when one does not hold.
    ///
    /// A file of cases is TOML: `[[case]]` with a `name`, and either `text`, what a model writes, or `tool` and `arguments`,
    /// what it calls. What must come of it: `halts`, the reason, or nothing for a text that passes whole; `output`, what leaves; `absent`, what
    /// must not leave; `decision`, "allow", "deny" or "review" for a call; `matches`, the ids of the patterns that match. `scores` are those of its segments. Each case is run
    /// whole and cut into single bytes, and must do the same.
    Test(Test),
    /// Makes a key to sign with: the private one into a new file, the public one to standard output.
    Key(super::ledger::Key),
}

#[derive(Debug, Args)]
pub(super) struct Compile {
    /// The policy, in TOML, or in JSON when its name ends in `.json`.
    policy: PathBuf,
    /// The artifact to write.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Id of the rule; otherwise the name of the policy's file without its ending.
    #[arg(long)]
    id: Option<String>,
    /// Version of the rule, from 1. A registry takes it only above every one before.
    #[arg(long, default_value = "1")]
    version: u64,
    /// A rule that this one needs, with the lowest version that will do: ID or ID@VERSION.
    #[arg(long, value_name = "ID[@VERSION]")]
    needs: Vec<String>,
    /// Who wrote it.
    #[arg(long, default_value = "")]
    author: String,
    /// When it was compiled, in ms since 1970. Without it the artifact does not say, and can be made again byte for byte.
    #[arg(long, value_name = "MS")]
    compiled_at: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct Tables {
    /// The policy, artifact or envelope.
    policy: PathBuf,
    /// The module to write.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The artifact, or an envelope that others have signed.
    file: PathBuf,
    /// File with the private key, as `key` made it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The envelope to write; may be the one that is read.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The envelope.
    file: PathBuf,
    /// File with a public key that may have signed it; several may be given.
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// How many of the keys must have.
    #[arg(long, default_value = "1")]
    threshold: u32,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The artifact, envelope or policy.
    file: PathBuf,
    /// Every field of the policy, not only those that are not the default.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The artifact, envelope or policy from which.
    from: PathBuf,
    /// And to which.
    to: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// The policy, artifact or envelope.
    policy: PathBuf,
    /// The cases, in TOML.
    cases: PathBuf,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Compile(arguments) => compile::run(arguments),
        Command::Tables(arguments) => tables::run(arguments),
        Command::Sign(arguments) => sign::sign(arguments),
        Command::Verify(arguments) => sign::verify(arguments),
        Command::Inspect(arguments) => describe::inspect(arguments),
        Command::Diff(arguments) => describe::diff(arguments),
        Command::Test(arguments) => test::run(arguments),
        Command::Key(arguments) => super::ledger::write_key(arguments),
    }
}
