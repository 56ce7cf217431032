//! Comparing numbers, lists and phases with the fields of a golden vector.

use core::f64::consts::TAU;

use serde_json::Value;

use super::golden_report::{GoldenReport, number};

/// One vector: its fields are compared one by one, and it is counted once.
pub(crate) struct Vector<'a> {
    report: &'a mut GoldenReport,
    name: String,
    fields: &'a Value,
    failures_before: usize,
}

impl<'a> Vector<'a> {
    pub(crate) fn new(report: &'a mut GoldenReport, name: impl Into<String>, fields: &'a Value) -> Self {
        let failures_before = report.failures.len();
        Self { report, name: name.into(), fields, failures_before }
    }

    /// Counts the vector: it holds when nothing was found.
    pub(crate) fn finish(self) {
        if self.report.failures.len() == self.failures_before {
            self.report.hold();
        }
    }

    pub(crate) fn fail(&mut self, field: &str, expected: impl ToString, got: impl ToString) {
        self.report.fail(&self.name, field, expected, got);
    }

    /// A number that must be there to go on; a failure when it is not.
    pub(crate) fn input(&mut self, field: &str) -> Option<f64> {
        let value = self.fields.get(field).and_then(number);
        if value.is_none() {
            self.fail(field, "a number", text(self.fields.get(field)));
        }
        value
    }

    /// A list of numbers, nested ones one after the other, that must be there to go on.
    pub(crate) fn inputs(&mut self, field: &str) -> Option<Vec<f64>> {
        let values = self.fields.get(field).and_then(numbers);
        if values.is_none() {
            self.fail(field, "a list of numbers", text(self.fields.get(field)));
        }
        values
    }

    /// Compares a number with a field that must be there: |a - b| <= tolerance x max(1, |b|).
    pub(crate) fn value(&mut self, field: &str, got: f64, tolerance: f64) {
        if let Some(expected) = self.input(field) {
            self.compare(field, expected, got, tolerance);
        }
    }

    /// Compares a list, however it is nested, with a field that must be there.
    pub(crate) fn list(&mut self, field: &str, got: &[f64], tolerance: f64) {
        self.each(field, got, |vector, name, expected, got| vector.compare(name, expected, got, tolerance));
    }

    /// Compares a list of angles: their difference is taken on the shorter way round.
    #[allow(dead_code, reason = "not every format has angles")]
    pub(crate) fn angles(&mut self, field: &str, got: &[f64], tolerance: f64) {
        self.each(field, got, |vector, name, expected, got| {
            let turns = ((expected - got) / TAU).round();
            vector.compare(name, expected, got + turns * TAU, tolerance);
        });
    }

    /// Compares what is no number.
    #[allow(dead_code, reason = "not every format has others")]
    pub(crate) fn exact(&mut self, field: &str, got: &Value) {
        let expected = self.fields.get(field);
        if expected != Some(got) {
            self.report.fail(&self.name, field, text(expected), got);
        }
    }

    fn each(&mut self, field: &str, got: &[f64], mut compare: impl FnMut(&mut Self, &str, f64, f64)) {
        let one = self.fields.get(field).and_then(number).map(|expected| vec![expected]);
        let Some(expected) = one.or_else(|| self.inputs(field)) else { return };
        if expected.len() != got.len() {
            self.fail(field, format!("{} numbers", expected.len()), format!("{} numbers", got.len()));
            return;
        }
        for (index, (&expected, &got)) in expected.iter().zip(got).enumerate() {
            compare(self, &format!("{field}[{index}]"), expected, got);
        }
    }

    pub(crate) fn compare(&mut self, field: &str, expected: f64, got: f64, tolerance: f64) {
        // By scale, so that the largest difference of a file is one in the tolerance's own measure.
        let scale = if expected.is_finite() { expected.abs().max(1.0) } else { 1.0 };
        if !self.report.agrees(expected / scale, got / scale, tolerance) {
            self.report.fail(&self.name, field, expected, got);
        }
    }
}

/// A list of numbers, nested ones one after the other.
pub(crate) fn numbers(value: &Value) -> Option<Vec<f64>> {
    let mut list = Vec::new();
    for entry in value.as_array()? {
        match number(entry) {
            Some(entry) => list.push(entry),
            None => list.extend(numbers(entry)?),
        }
    }
    Some(list)
}

/// The entries of a section; one that is missing has none, one that is no list is a failure.
pub(crate) fn section<'a>(report: &mut GoldenReport, file: &'a Value, name: &str) -> &'a [Value] {
    match file.get(name) {
        None => &[],
        Some(Value::Array(entries)) => entries,
        Some(other) => {
            report.fail(name, "section", "a list", other);
            &[]
        }
    }
}

/// The name of an entry: its section, with its own name or position.
pub(crate) fn name(section: &str, index: usize, entry: &Value) -> String {
    match entry.get("name").and_then(Value::as_str) {
        Some(name) => format!("{section} {name}"),
        None => format!("{section}[{index}]"),
    }
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| String::from("nothing"), Value::to_string)
}
