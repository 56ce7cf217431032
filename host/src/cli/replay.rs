//! `interlock replay`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{DOES_NOT_HOLD, Failure, say};
use crate::replay::{Backend, CaseFailure, Digests, FileReport, Fixture, Native, Wasmtime, bless, generate, replay};

/// Failures shown of a file.
const SHOWN: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Fixtures.
    #[arg(required = true, value_name = "FIXTURE")]
    fixtures: Vec<PathBuf>,
    /// Replays on this component, in wasmtime, and not on the native build. Once for each world that the fixtures need.
    #[arg(long = "component", value_name = "FILE")]
    components: Vec<PathBuf>,
    /// Writes the digests as JSON and nothing else.
    #[arg(long)]
    json: bool,
    /// Shows every failure, not only the first few of a file.
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        return bless_all(arguments);
    }
    let backend = backend(arguments)?;
    let mut out = io::stdout().lock();
    let mut digests = Digests::default();
    let mut holds = true;
    for path in &arguments.fixtures {
        let fixture = Fixture::read(path).map_err(|reason| Failure::of_file(path, reason))?;
        let report =
            replay(backend.as_ref(), &fixture, &mut digests).map_err(|reason| Failure::of_file(path, reason))?;
        holds &= report.failures.is_empty();
        if arguments.json {
            show_failures(&mut io::stderr().lock(), path, &report, arguments.verbose);
        } else {
            let total = report.holds.saturating_add(report.failures.len() as u64);
            let _ = writeln!(out, "{}: {}: {} of {total} hold", path.display(), report.suite, report.holds);
            show_failures(&mut out, path, &report, arguments.verbose);
        }
    }
    summary(&mut out, backend.name(), &digests, arguments.json);
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(DOES_NOT_HOLD) })
}

fn backend(arguments: &Arguments) -> Result<Box<dyn Backend>, Failure> {
    if arguments.components.is_empty() {
        return Ok(Box::new(Native));
    }
    let mut wasmtime = Wasmtime::default();
    for path in &arguments.components {
        wasmtime.add_file(path).map_err(|error| Failure::of_file(path, error))?;
    }
    Ok(Box::new(wasmtime))
}

fn show_failures(out: &mut dyn Write, path: &Path, report: &FileReport, verbose: bool) {
    let shown = if verbose { usize::MAX } else { SHOWN };
    for CaseFailure { case, place, expected, got } in report.failures.iter().take(shown) {
        let _ = writeln!(out, "  FAIL {case} at {place}\n    expected {expected}\n    got      {got}");
    }
    let more = report.failures.len().saturating_sub(shown);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more in {}", path.display());
    }
}

fn summary(out: &mut dyn Write, host: &str, digests: &Digests, as_json: bool) {
    if as_json {
        let suites: serde_json::Map<_, _> = digests
            .suites()
            .map(|(suite, digest, counts)| {
                let value = json!({ "digest": digest, "cases": counts.cases, "holds": counts.holds });
                (String::from(suite), value)
            })
            .collect();
        let _ = writeln!(out, "{}", json!({ "host": host, "suites": suites }));
        return;
    }
    for (suite, digest, counts) in digests.suites() {
        let _ = writeln!(out, "{suite} {host} {digest} ({} of {} hold)", counts.holds, counts.cases);
    }
}

fn bless_all(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Some(component) = arguments.components.first() {
        return Err(Failure::of_file(component, "BLESS=1 writes what the native build gives, never a component"));
    }
    for path in &arguments.fixtures {
        let fixture = Fixture::read(path).map_err(|reason| Failure::of_file(path, reason))?;
        let cases = fixture.cases.len();
        let changed = bless(path, fixture).map_err(|reason| Failure::of_file(path, reason))?;
        say(format_args!("{}: {changed} of {cases} cases rewritten", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the project's own fixtures.
pub(super) fn write_fixtures(folder: &Path) -> Result<ExitCode, Failure> {
    let fixtures = generate::fixtures().map_err(|error| Failure::new("the generator", error))?;
    std::fs::create_dir_all(folder).map_err(|error| Failure::of_file(folder, error))?;
    for (name, fixture) in fixtures {
        let path = folder.join(name);
        let cases = fixture.cases.len();
        bless(&path, fixture).map_err(|reason| Failure::of_file(&path, reason))?;
        say(format_args!("{}: {cases} cases", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}
