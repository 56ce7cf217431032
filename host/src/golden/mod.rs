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

/// A format: how its files are known, and what checks them.
struct Format {
    /// The file of the published vectors; other files of the format have names that start alike.
    file: &'static str,
    /// Sections by which a file of any other name is known.
    sections: &'static [&'static str],
    check: fn(&Value) -> GoldenReport,
}

/// The formats that this build checks.
const FORMATS: [Format; 2] = [
    Format {
        file: golden_h_streams::FILE,
        sections: &["streams", "chains_on_one_kernel", "safety_kernel_after_stop", "config_validation"],
        check: golden_h_streams::check,
    },
    Format { file: golden_i_text::FILE, sections: &["pairs", "bm25", "nli_helpers"], check: golden_i_text::check },
];

impl Format {
    fn is_named(&self, name: &str) -> bool {
        let stem = self.file.strip_suffix(".json").unwrap_or(self.file);
        name.strip_prefix(stem).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
    }

    fn is_in(&self, file: &Value) -> bool {
        self.sections.iter().any(|section| file.get(section).is_some())
    }
}

/// What became of one file of a folder.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was checked.
    Checked(GoldenReport),
    /// This build has no check for its format.
    NotCovered,
    /// It is no file of vectors: why.
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

/// Checks one file by the format that its name or its sections say.
pub(crate) fn check_file(path: &Path) -> Outcome {
    let name = name_of(path);
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Outcome::Unreadable(format!("cannot be read: {error}")),
    };
    let file = match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) if value.is_object() => value,
        Ok(_) => return Outcome::Unreadable(String::from("is not a JSON object")),
        Err(error) => return Outcome::Unreadable(format!("is not JSON: {error}")),
    };
    let named = FORMATS.iter().find(|format| format.is_named(&name));
    let Some(format) = named.or_else(|| FORMATS.iter().find(|format| format.is_in(&file))) else {
        return Outcome::NotCovered;
    };
    let report = (format.check)(&file);
    if report.holds == 0 && report.deviates.is_empty() && report.failures.is_empty() {
        return Outcome::Unreadable(format!("holds no vectors in the format of {}", format.file));
    }
    Outcome::Checked(report)
}
