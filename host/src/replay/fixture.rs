//! The file format of fixtures.
//!
//! ```json
//! {
//!  "format": "interlock-fixture/1",
//!  "suite": "halt",
//!  "about": "what the cases are",
//!  "written_by": "interlock 0.1.0, native, BLESS=1",
//!  "cases": [
//!   {"name": "…", "input": …, "expect": …}
//!  ]
//! }
//! ```
//!
//! `input` and `expect` are the suite's. Numbers in them are whole; doubles are texts of 16 hexadecimal
//! digits.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format that this build reads and writes.
pub(crate) const FORMAT: &str = "interlock-fixture/1";

/// A file of cases of one suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    pub(crate) format: String,
    pub(crate) suite: String,
    pub(crate) about: String,
    pub(crate) written_by: String,
    pub(crate) cases: Vec<Case>,
}

/// An input and what must come of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: Value,
    #[serde(default)]
    pub(crate) expect: Value,
}

impl Fixture {
    /// A fixture of this build without outputs.
    pub(crate) fn new(suite: &str, about: &str, cases: Vec<Case>) -> Self {
        Self {
            format: String::from(FORMAT),
            suite: String::from(suite),
            about: String::from(about),
            written_by: writer(),
            cases,
        }
    }

    /// Reads a file. The error says where it is wrong.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        let fixture: Self = serde_json::from_slice(&bytes).map_err(|error| format!("is not a fixture: {error}"))?;
        if fixture.format != FORMAT {
            return Err(format!("has the format {:?}, this build reads {FORMAT:?}", fixture.format));
        }
        let mut names: Vec<_> = fixture.cases.iter().map(|case| case.name.as_str()).collect();
        names.sort_unstable();
        match names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b) {
            Some((name, _)) => Err(format!("has two cases named {name:?}")),
            None => Ok(fixture),
        }
    }

    /// The text of the file, one case a line.
    pub(crate) fn text(&self) -> Result<String, serde_json::Error> {
        let mut text = String::from("{\n");
        for (key, value) in
            [("format", &self.format), ("suite", &self.suite), ("about", &self.about), ("written_by", &self.written_by)]
        {
            for part in [" \"", key, "\": ", &serde_json::to_string(value)?, ",\n"] {
                text.push_str(part);
            }
        }
        text.push_str(" \"cases\": [");
        for (index, case) in self.cases.iter().enumerate() {
            text.push_str(if index == 0 { "\n  " } else { ",\n  " });
            text.push_str(&serde_json::to_string(case)?);
        }
        text.push_str("\n ]\n}\n");
        Ok(text)
    }
}

/// What this build calls itself in the files it writes.
pub(crate) fn writer() -> String {
    format!("interlock {}, native, BLESS=1", env!("CARGO_PKG_VERSION"))
}
