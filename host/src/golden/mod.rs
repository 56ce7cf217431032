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

// The advanced runtime.
#[path = "../../../tests/support/golden_audio.rs"]
mod golden_audio;
#[path = "../../../tests/support/golden_costs.rs"]
mod golden_costs;
#[path = "../../../tests/support/golden_decoder.rs"]
mod golden_decoder;
#[path = "../../../tests/support/golden_fields.rs"]
mod golden_fields;
#[path = "../../../tests/support/golden_geometry_better.rs"]
mod golden_geometry_better;
#[path = "../../../tests/support/golden_l16.rs"]
mod golden_l16;
#[path = "../../../tests/support/golden_micro.rs"]
mod golden_micro;
#[path = "../../../tests/support/golden_numbers.rs"]
mod golden_numbers;
#[path = "../../../tests/support/golden_params.rs"]
mod golden_params;
#[path = "../../../tests/support/golden_pgbo.rs"]
mod golden_pgbo;
#[path = "../../../tests/support/golden_rips_h1.rs"]
mod golden_rips_h1;
#[path = "../../../tests/support/golden_rng.rs"]
mod golden_rng;
#[path = "../../../tests/support/golden_sec.rs"]
mod golden_sec;
#[path = "../../../tests/support/golden_spectral.rs"]
mod golden_spectral;
#[path = "../../../tests/support/golden_ssgf.rs"]
mod golden_ssgf;
#[path = "../../../tests/support/golden_tcbo.rs"]
mod golden_tcbo;
#[path = "../../../tests/support/golden_upde.rs"]
mod golden_upde;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub(crate) use golden_report::GoldenReport;

/// Finds another file of the same folder.
type Beside<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// A format: how its files are known, and what checks them.
struct Format {
    /// The file of the published vectors; other files of the format have names that start alike.
    file: &'static str,
    /// Sections by which a file of any other name is known.
    sections: &'static [&'static str],
    check: fn(&Value, Beside<'_>) -> GoldenReport,
}

/// The formats that this build checks. Where sections are shared, the first one has them.
const FORMATS: &[Format] = &[
    Format {
        file: golden_h_streams::FILE,
        sections: &["streams", "chains_on_one_kernel", "safety_kernel_after_stop", "config_validation"],
        check: |file, _| golden_h_streams::check(file),
    },
    Format {
        file: golden_i_text::FILE,
        sections: &["pairs", "bm25", "nli_helpers"],
        check: |file, _| golden_i_text::check(file),
    },
    Format {
        file: golden_params::FILE,
        sections: golden_params::SECTIONS,
        check: |file, _| golden_params::check(file),
    },
    Format { file: golden_rng::FILE, sections: golden_rng::SECTIONS, check: |file, _| golden_rng::check(file) },
    Format { file: golden_l16::FILE, sections: golden_l16::SECTIONS, check: |file, _| golden_l16::check(file) },
    Format { file: golden_upde::FILE, sections: golden_upde::SECTIONS, check: |file, _| golden_upde::check(file) },
    Format { file: golden_sec::FILE, sections: golden_sec::SECTIONS, check: |file, _| golden_sec::check(file) },
    Format { file: golden_pgbo::FILE, sections: golden_pgbo::SECTIONS, check: |file, _| golden_pgbo::check(file) },
    Format { file: golden_tcbo::FILE, sections: golden_tcbo::SECTIONS, check: |file, _| golden_tcbo::check(file) },
    Format {
        file: golden_rips_h1::FILE,
        sections: golden_rips_h1::SECTIONS,
        check: |file, _| golden_rips_h1::check(file),
    },
    Format {
        file: golden_decoder::FILE,
        sections: golden_decoder::SECTIONS,
        check: |file, _| golden_decoder::check(file),
    },
    Format {
        file: golden_spectral::FILE,
        sections: golden_spectral::SECTIONS,
        check: |file, _| golden_spectral::check(file),
    },
    Format { file: golden_costs::FILE, sections: golden_costs::SECTIONS, check: |file, _| golden_costs::check(file) },
    Format { file: golden_micro::FILE, sections: &[], check: |file, _| golden_micro::check(file) },
    Format { file: golden_audio::FILE, sections: &[], check: |file, _| golden_audio::check(file) },
    Format { file: golden_ssgf::FILE, sections: &[], check: |file, _| golden_ssgf::check(file) },
    Format { file: BETTER, sections: &[], check: better },
];

/// Vectors of corrected forms, whose inputs are those of other files.
const BETTER: &str = "k_better.json";

fn better(file: &Value, beside: Beside<'_>) -> GoldenReport {
    let mut report = golden_geometry_better::check(file, beside);
    match beside(golden_sec::FILE) {
        Some(published) => golden_sec::check_better(&mut report, file, &published),
        None => report.fail("sec", "inputs", golden_sec::FILE, &Value::Null),
    }
    report
}

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
    let beside = |name: &str| {
        let bytes = std::fs::read(path.with_file_name(name)).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let report = (format.check)(&file, &beside);
    if report.holds == 0 && report.deviates.is_empty() && report.failures.is_empty() {
        return Outcome::Unreadable(format!("holds no vectors in the format of {}", format.file));
    }
    Outcome::Checked(report)
}
