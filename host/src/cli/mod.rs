//! The command line: arguments in, files and standard streams, exit codes out.
//!
//! | code | meaning                                                             |
//! |------|---------------------------------------------------------------------|
//! | 0    | passed: the stream, every case, every vector                        |
//! | 1    | something does not hold, or nobody read the output to its end       |
//! | 2    | bad input: the place and the reason are on standard error           |
//! | 3    | the guarded stream was halted                                       |

mod golden;
mod guard;
mod ledger;
mod policy;
mod replay;
mod rules;
mod scores;

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use interlock_core::dialect::DialectKind;
use interlock_core::policy::Policy;

/// Something does not hold.
const DOES_NOT_HOLD: u8 = 1;
/// Bad input.
const BAD_INPUT: u8 = 2;
/// The stream was halted.
const HALTED: u8 = 3;

/// A safety interlock for LLM streams and agent actions.
#[derive(Debug, Parser)]
#[command(name = "interlock", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Guards a stream: writes to standard output what may leave, and a summary as JSON to standard error.
    ///
    /// Exits with 0 when the stream passed, 3 when it was halted, and 2 when the input, the policy or the
    /// upstream's protocol was bad.
    Guard(guard::Arguments),
    /// Replays fixtures and says which cases hold.
    ///
    /// With BLESS=1 in the environment the expected values are rewritten from the native build instead.
    Replay(replay::Arguments),
    /// Checks a folder of golden vectors, or single files of one.
    Golden(golden::Arguments),
    /// Checks policies and describes them.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Compiles, signs, inspects, compares and tests policies as artifacts.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Keeps a trace ledger in a file: appends and finds nodes, proves, verifies and signs.
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Writes the project's own fixtures into a folder: inputs from the seeded generator, expected values
    /// from the native build.
    #[command(hide = true)]
    Fixtures {
        /// The folder, such as `tests/fixtures`.
        folder: PathBuf,
    },
}

/// Why a command could not do its work: what it was about, and what is wrong.
#[derive(Debug)]
struct Failure {
    code: u8,
    place: String,
    reason: String,
}

impl Failure {
    fn new(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self { code: BAD_INPUT, place: place.to_string(), reason: reason.to_string() }
    }

    fn of_file(path: &Path, reason: impl fmt::Display) -> Self {
        Self::new(path.display(), reason)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interlock: {}: {}", self.place, self.reason)
    }
}

/// Runs the command that the arguments name.
pub(crate) fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Guard(arguments) => guard::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Golden(arguments) => golden::run(&arguments),
        Command::Policy(command) => policy::run(&command),
        Command::Rules(command) => rules::run(&command),
        Command::Ledger(command) => ledger::run(&command),
        Command::Fixtures { folder } => replay::write_fixtures(&folder),
    };
    done.unwrap_or_else(|failure| {
        complain(&failure);
        ExitCode::from(failure.code)
    })
}

/// Says something on standard error, if anybody listens.
fn complain(what: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Says something on standard output, if anybody listens.
fn say(what: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{what}");
}

/// Reads a policy in TOML, or in JSON when its name ends so.
fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let policy = if is_json { Policy::from_json(&text) } else { Policy::from_toml(&text) };
    policy.map_err(|error| Failure::of_file(path, error))
}

/// Reads a dialect's name.
fn dialect(name: &str) -> Result<DialectKind, String> {
    name.parse().map_err(|error: interlock_core::dialect::UnknownDialect| error.to_string())
}
