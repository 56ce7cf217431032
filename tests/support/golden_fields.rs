//! Reads and compares the fields of golden vectors.

use serde_json::Value;

use super::golden_report::{GoldenReport, number};

/// The vectors of a section with their names: `section/name` or `section/#position`.
pub(crate) fn section<'a>(file: &'a Value, key: &str) -> Vec<(String, &'a Value)> {
    let vectors = file.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = |(index, vector): (usize, &'a Value)| match vector.get("name").and_then(Value::as_str) {
        Some(name) => (format!("{key}/{name}"), vector),
        None => (format!("{key}/#{index}"), vector),
    };
    vectors.iter().enumerate().map(name).collect()
}

/// A list of numbers.
pub(crate) fn numbers(value: Option<&Value>) -> Option<Vec<f64>> {
    value?.as_array()?.iter().map(number).collect()
}

/// A list of lists of numbers.
pub(crate) fn rows(value: Option<&Value>) -> Option<Vec<Vec<f64>>> {
    value?.as_array()?.iter().map(|row| numbers(Some(row))).collect()
}

/// The fields of one vector, compared with what was computed.
pub(crate) struct Fields<'a> {
    /// Where differences go.
    pub(crate) report: &'a mut GoldenReport,
    /// The vector's name.
    pub(crate) name: &'a str,
    /// Relative to the larger of 1 and the expected number.
    pub(crate) tolerance: f64,
}

impl Fields<'_> {
    /// Compares a number.
    pub(crate) fn real(&mut self, field: &str, expected: f64, got: f64) {
        // By scale, so that the largest difference of a file is one in the tolerance's own measure.
        let scale = if expected.is_finite() { expected.abs().max(1.0) } else { 1.0 };
        if !self.report.agrees(expected / scale, got / scale, self.tolerance) {
            self.report.fail(self.name, field, expected, got);
        }
    }

    /// Compares a number that is stated as JSON; one that is missing or no number is a failure.
    pub(crate) fn stated(&mut self, field: &str, vector: &Value, got: f64) {
        match vector.get(field).and_then(number) {
            Some(expected) => self.real(field, expected, got),
            None => self.report.fail(self.name, field, "a number", vector.get(field).unwrap_or(&Value::Null)),
        }
    }

    /// Compares a list of numbers.
    pub(crate) fn list(&mut self, field: &str, expected: Option<&Value>, got: &[f64]) {
        match numbers(expected) {
            Some(list) if list.len() == got.len() => {
                for (index, (&expected, &got)) in list.iter().zip(got).enumerate() {
                    self.real(&format!("{field}[{index}]"), expected, got);
                }
            }
            Some(list) => self.report.fail(self.name, &format!("{field}.length"), list.len(), got.len()),
            None => self.report.fail(self.name, field, "a list of numbers", expected.unwrap_or(&Value::Null)),
        }
    }

    /// Compares a matrix, row by row.
    pub(crate) fn matrix(&mut self, field: &str, expected: Option<&Value>, got: &[f64], columns: usize) {
        match expected.and_then(Value::as_array) {
            Some(list) if list.len().checked_mul(columns) == Some(got.len()) => {
                for (index, (row, got)) in list.iter().zip(got.chunks_exact(columns.max(1))).enumerate() {
                    self.list(&format!("{field}[{index}]"), Some(row), got);
                }
            }
            _ => self.report.fail(self.name, field, "a matrix of its size", expected.unwrap_or(&Value::Null)),
        }
    }

    /// Compares anything else, exactly.
    pub(crate) fn exact(&mut self, field: &str, expected: Option<&Value>, got: impl Into<Value>) {
        let got = got.into();
        if expected != Some(&got) {
            self.report.fail(self.name, field, expected.unwrap_or(&Value::Null), got);
        }
    }
}
