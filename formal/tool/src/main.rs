//! `formal/check` and its parts.
//!
//! ```text
//! check [--seed N] [--mutants [--only PATH]] [--slow] [--bless]    everything
//! compare --oracle PROGRAM [--seed N] [--share N]                  only the core against an oracle
//! vectors                                                          only the core against the kept vectors
//! ```

use anyhow::{Context, Result, bail};
use interlock_formal::check::{self, Options};
use interlock_formal::vectors;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("formal: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let verb = arguments.next().unwrap_or_else(|| "check".to_owned());
    let mut options = Options { bless: std::env::var_os("BLESS").is_some(), ..Options::default() };
    let mut oracle = None;
    let mut share = 100;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--seed" => options.seed = Some(value()?.parse().context("--seed takes a number")?),
            "--share" => share = value()?.parse().context("--share takes a number of hundredths")?,
            "--oracle" => oracle = Some(PathBuf::from(value()?)),
            "--mutants" => options.mutants = true,
            "--only" => options.only = Some(value()?),
            "--slow" => options.slow = true,
            "--bless" => options.bless = true,
            other => bail!("unknown: {other}"),
        }
    }
    match verb.as_str() {
        "check" => check::run(&options),
        "compare" => check::compare(&oracle.context("compare needs --oracle")?, options.seed, share),
        "vectors" => {
            println!("formal: {} vectors hold", vectors::check_all()?);
            Ok(())
        }
        other => bail!("unknown: {other}"),
    }
}
