//! `interlock policy`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use interlock_core::policy::Policy;

use super::{Failure, read_policy, say};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Checks a policy and writes it as JSON with every default filled in.
    Check {
        /// The policy, in TOML, or in JSON when its name ends in `.json`.
        file: PathBuf,
    },
    /// Writes the JSON Schema of policies.
    Schema,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    let value = match command {
        Command::Check { file } => serde_json::to_value(read_policy(file)?),
        Command::Schema => Ok(Policy::json_schema()),
    };
    let text = value.and_then(|value| serde_json::to_string_pretty(&value));
    let text = text.map_err(|error| Failure::new("policy", error))?;
    say(text);
    Ok(ExitCode::SUCCESS)
}
