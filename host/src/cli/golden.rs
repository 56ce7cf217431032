//! `interlock golden`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{BAD_INPUT, DOES_NOT_HOLD, Failure, complain};
use crate::golden::{GoldenReport, Outcome, check_file, check_folder};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder of golden vectors, or files of one.
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// Names every vector that deviates, and why.
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        if path.is_dir() {
            let found = check_folder(path).map_err(|error| Failure::of_file(path, error))?;
            if found.is_empty() {
                return Err(Failure::of_file(path, "holds no .json files"));
            }
            files.extend(found);
        } else {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            files.push((name, check_file(path)));
        }
    }
    let mut out = io::stdout().lock();
    let code = report(&mut out, &files, arguments.verbose);
    // A reader that closed early has what it wanted.
    let _ = out.flush();
    Ok(ExitCode::from(code))
}

/// Writes the report and gives the exit code.
fn report(out: &mut dyn Write, files: &[(String, Outcome)], verbose: bool) -> u8 {
    let mut code = 0;
    let width = files.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, outcome) in files {
        let line = match outcome {
            Outcome::Checked(report) => {
                if !report.failures.is_empty() {
                    code = code.max(DOES_NOT_HOLD);
                }
                format!(
                    "{} hold, {} deviate by design, {} fail, largest deviation {:e}",
                    report.holds,
                    report.deviates.len(),
                    report.failures.len(),
                    report.largest_deviation,
                )
            }
            Outcome::NotCovered => String::from("not covered by this build"),
            Outcome::Unreadable(reason) => {
                code = BAD_INPUT;
                complain(format_args!("interlock: {name}: {reason}"));
                format!("unreadable: {reason}")
            }
        };
        let _ = writeln!(out, "{name:width$}  {line}");
        if let Outcome::Checked(report) = outcome {
            let _ = details(out, report, verbose);
        }
    }
    let checked =
        || files.iter().filter_map(|(_, o)| if let Outcome::Checked(report) = o { Some(report) } else { None });
    let total = |count: fn(&GoldenReport) -> u64| checked().map(count).fold(0, u64::saturating_add);
    let _ = writeln!(
        out,
        "{} of {} files checked: {} vectors hold, {} deviate by design, {} fail, largest deviation {:e}",
        checked().count(),
        files.len(),
        total(|report| report.holds),
        total(|report| report.deviates.len() as u64),
        total(|report| report.failures.len() as u64),
        checked().map(|report| report.largest_deviation).fold(0.0, f64::max),
    );
    if checked().count() == 0 && code == 0 {
        // Nothing was checked: that is not a pass.
        complain("interlock: no file of a format that this build checks");
        code = BAD_INPUT;
    }
    code
}

fn details(out: &mut dyn Write, report: &GoldenReport, verbose: bool) -> io::Result<()> {
    for failure in &report.failures {
        let (vector, field) = (&failure.vector, &failure.field);
        writeln!(out, "  FAIL      {vector}: {field}: expected {}, got {}", failure.expected, failure.got)?;
    }
    if verbose {
        for deviation in &report.deviates {
            writeln!(out, "  deviates  {}: {}", deviation.vector, deviation.reason)?;
        }
        for note in &report.notes {
            writeln!(out, "  holds     {}, recorded otherwise: {}", note.vector, note.reason)?;
        }
    }
    Ok(())
}
