//! Replays fixtures: inputs and what must come of them, on any build of the core.
//!
//! A fixture belongs to a suite; a suite knows what its inputs mean and turns what comes of one into a
//! JSON value. All results of a suite, in the order of the files and their cases, give its digest: the
//! SHA-256 of the lines `name`, tab, the value as compact JSON with sorted keys, line feed. Every host
//! that replays the same files must print the same digest. It is computed from what the host did, never
//! from what was expected.
//!
//! With `BLESS=1` the expected values are rewritten from the native build. [`generate`] makes the inputs
//! of the project's own fixtures.

mod advanced;
mod advanced_component;
mod backend;
mod component;
mod covenant;
mod fixture;
pub(crate) mod generate;
mod halt;
mod ledger;
mod native;
mod operad;
mod refused;
mod rules;
mod score;
mod score_backend;
mod score_component;
mod score_native;
mod session;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use backend::Backend;
pub(crate) use component::Wasmtime;
pub(crate) use fixture::{Case, Fixture};
pub(crate) use native::Native;
pub(crate) use text::{hex, read_hex};

/// The suites that this build knows.
pub(crate) const SUITES: [&str; 10] =
    ["covenant", "geometry", "halt", "ledger", "observers", "operad", "physics", "rules", "score", "session"];

/// What came of one file.
#[derive(Debug)]
pub(crate) struct FileReport {
    pub(crate) suite: String,
    pub(crate) holds: u64,
    pub(crate) failures: Vec<CaseFailure>,
}

/// A case that does not hold.
#[derive(Debug)]
pub(crate) struct CaseFailure {
    pub(crate) case: String,
    /// Where the two values first differ, as a JSON pointer.
    pub(crate) place: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// The digests of the suites, as files are replayed.
#[derive(Debug, Default)]
pub(crate) struct Digests(BTreeMap<String, SuiteDigest>);

/// A suite so far.
#[derive(Debug, Default)]
pub(crate) struct SuiteDigest {
    hasher: Sha256,
    pub(crate) cases: u64,
    pub(crate) holds: u64,
}

impl Digests {
    /// Every suite with its digest in hexadecimal, its cases and how many hold.
    pub(crate) fn suites(&self) -> impl Iterator<Item = (&str, String, &SuiteDigest)> {
        self.0.iter().map(|(suite, digest)| (suite.as_str(), text::hex(&digest.hasher.clone().finalize()), digest))
    }

    fn add(&mut self, suite: &str, name: &str, result: &Value) {
        let digest = self.0.entry(String::from(suite)).or_default();
        digest.hasher.update(format!("{name}\t{result}\n"));
        digest.cases = digest.cases.saturating_add(1);
    }
}

/// What comes of an input of a suite.
///
/// # Errors
/// The suite is not known, or the input is not one of it.
pub(crate) fn run(backend: &dyn Backend, suite: &str, input: &Value) -> Result<Value, String> {
    fn read<T: serde::de::DeserializeOwned>(input: &Value) -> Result<T, String> {
        serde_json::from_value(input.clone()).map_err(|error| format!("is not an input of the suite: {error}"))
    }
    match suite {
        "covenant" => Ok(covenant::run(backend, read(input)?)),
        "halt" => Ok(halt::run(backend, read(input)?)),
        "ledger" => ledger::run(backend, read(input)?),
        "operad" => Ok(operad::run(backend, read(input)?)),
        "rules" => rules::run(backend, read(input)?),
        "score" => Ok(score::run(backend, read(input)?)),
        "session" => session::run(backend, read(input)?),
        _ => advanced::run(backend.advanced()?, suite, input)
            .unwrap_or_else(|| Err(format!("suite {suite:?} is not known, the suites are {}", SUITES.join(", ")))),
    }
}

/// Replays a file.
///
/// # Errors
/// The file is not a fixture that this build can read; says what is wrong with it, and where.
pub(crate) fn replay(backend: &dyn Backend, fixture: &Fixture, digests: &mut Digests) -> Result<FileReport, String> {
    let mut report = FileReport { suite: fixture.suite.clone(), holds: 0, failures: Vec::new() };
    for case in &fixture.cases {
        let got =
            run(backend, &fixture.suite, &case.input).map_err(|error| format!("case {:?}: {error}", case.name))?;
        digests.add(&fixture.suite, &case.name, &got);
        match difference(&case.expect, &got, &mut String::new()) {
            None => report.holds = report.holds.saturating_add(1),
            Some((place, expected, got)) => {
                report.failures.push(CaseFailure { case: case.name.clone(), place, expected, got });
            }
        }
    }
    if let Some(digest) = digests.0.get_mut(&fixture.suite) {
        digest.holds = digest.holds.saturating_add(report.holds);
    }
    Ok(report)
}

/// Rewrites the expected values of a file from the native build. Gives the number of cases whose value
/// changed.
///
/// # Errors
/// The file cannot be read or written, or an input is not one.
pub(crate) fn bless(path: &Path, mut fixture: Fixture) -> Result<u64, String> {
    let mut changed = 0_u64;
    for case in &mut fixture.cases {
        let got =
            run(&Native, &fixture.suite, &case.input).map_err(|error| format!("case {:?}: {error}", case.name))?;
        if case.expect != got {
            changed = changed.saturating_add(1);
            case.expect = got;
        }
    }
    fixture.written_by = fixture::writer();
    let text = fixture.text().map_err(|error| format!("cannot be written: {error}"))?;
    std::fs::write(path, text).map_err(|error| format!("cannot be written: {error}"))?;
    Ok(changed)
}

/// The first place where two values differ, and both values there.
fn difference(expected: &Value, got: &Value, place: &mut String) -> Option<(String, String, String)> {
    let mut within = |key: &str, expected: &Value, got: &Value| {
        let length = place.len();
        place.push('/');
        place.push_str(key);
        let found = difference(expected, got, place);
        place.truncate(length);
        found
    };
    match (expected, got) {
        _ if expected == got => None,
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            expected.iter().zip(got).enumerate().find_map(|(index, (e, g))| within(&index.to_string(), e, g))
        }
        (Value::Object(expected), Value::Object(got)) if expected.keys().eq(got.keys()) => {
            expected.iter().zip(got.values()).find_map(|((key, e), g)| within(key, e, g))
        }
        _ => Some((place.clone(), expected.to_string(), got.to_string())),
    }
}
