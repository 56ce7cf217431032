//! Checks folders of golden vectors: what the published implementation gave, and what Interlock must.
//!
//! The checking itself is shared with the tests of the core. A vector holds, deviates by design when a
//! rule explains it, or fails; no vector is excused by its name, so other files of the formats are
//! judged as well.

#[path = "../../../tests/support/golden_h_streams.rs"]
mod golden_h_streams;
#[path = "../../../tests/support/golden_i_text.rs"]
#[allow(
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::all,
    clippy::pedantic,
    reason = "written for the tests of the core, which check more with it"
)]
mod golden_i_text;
#[path = "../../../tests/support/golden_report.rs"]
mod golden_report;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) use golden_report::GoldenReport;

/// A check of one format: the name of its files and what it does.
type Check = fn(&Value) -> GoldenReport;

/// The formats that this build checks.
const FORMATS: [(&str, Check); 2] =
    [(golden_h_streams::FILE, golden_h_streams::check), (golden_i_text::FILE, golden_i_text::check)];

/// What became of one file of a folder.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was checked.
    Checked(GoldenReport),
    /// This build has no check for its format.
    NotCovered,
    /// It is of a known format and cannot be read: why.
    Unreadable(String),
}

/// Checks every `.json` file of a folder, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn check_folder(folder: &Path) -> std::io::Result<Vec<(String, Outcome)>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension() == Some(OsStr::new("json")));
    files.sort();
    Ok(files.iter().map(|path| (name_of(path), check_file(path))).collect())
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Checks one file by the format that its name says.
pub(crate) fn check_file(path: &Path) -> Outcome {
    let name = name_of(path);
    let Some((_, check)) = FORMATS.iter().find(|(file, _)| *file == name) else { return Outcome::NotCovered };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Outcome::Unreadable(format!("cannot be read: {error}")),
    };
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) if value.is_object() => Outcome::Checked(check(&value)),
        Ok(_) => Outcome::Unreadable(String::from("is not a JSON object")),
        Err(error) => Outcome::Unreadable(format!("is not JSON: {error}")),
    }
}
