//! What a comparison with a file of golden vectors found.
//!
//! Shared by the tests of the core and by `interlock golden`, so both count alike.

use serde_json::Value;

/// The outcome for one file.
///
/// Every vector is counted once: it holds, it deviates by design, or it fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct GoldenReport {
    /// Name of the file, without its folder.
    pub(crate) file: String,
    /// Vectors that hold.
    pub(crate) holds: u64,
    /// Vectors where Interlock decides otherwise than the published implementation, by a named rule.
    pub(crate) deviates: Vec<Deviation>,
    /// Vectors that hold and whose account (a reason, a recorded value) differs by a named rule. They
    /// are counted in `holds` too.
    pub(crate) notes: Vec<Deviation>,
    /// Vectors that do not hold and that no rule explains.
    pub(crate) failures: Vec<Failure>,
    /// Largest difference between a published number and ours, over the numbers that must agree.
    pub(crate) largest_deviation: f64,
}

/// A vector that differs from the published result, and the rule by which it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deviation {
    /// Name of the vector: its section and its own name or position.
    pub(crate) vector: String,
    /// The rule.
    pub(crate) reason: String,
}

/// A value that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Name of the vector: its section and its own name or position.
    pub(crate) vector: String,
    /// The value's name.
    pub(crate) field: String,
    /// What it must be.
    pub(crate) expected: String,
    /// What it is.
    pub(crate) got: String,
}

impl GoldenReport {
    /// An empty report.
    pub(crate) fn new(file: &str) -> Self {
        Self { file: String::from(file), ..Self::default() }
    }

    /// Counts a vector that holds.
    pub(crate) fn hold(&mut self) {
        self.holds = self.holds.saturating_add(1);
    }

    /// Counts a vector that deviates by a rule.
    pub(crate) fn deviate(&mut self, vector: &str, reason: impl Into<String>) {
        self.deviates.push(Deviation { vector: String::from(vector), reason: reason.into() });
    }

    /// Notes that the account of a vector that holds differs by a rule.
    #[allow(dead_code, reason = "not every format has something to note")]
    pub(crate) fn note(&mut self, vector: &str, reason: impl Into<String>) {
        self.notes.push(Deviation { vector: String::from(vector), reason: reason.into() });
    }

    /// Counts a failure.
    #[allow(clippy::needless_pass_by_value, reason = "callers have a text or a number at hand")]
    pub(crate) fn fail(&mut self, vector: &str, field: &str, expected: impl ToString, got: impl ToString) {
        self.failures.push(Failure {
            vector: String::from(vector),
            field: String::from(field),
            expected: expected.to_string(),
            got: got.to_string(),
        });
    }

    /// Whether two numbers agree within `tolerance`; equal infinities and two NaNs do. The difference
    /// of those that agree goes into `largest_deviation`.
    pub(crate) fn agrees(&mut self, expected: f64, got: f64, tolerance: f64) -> bool {
        if expected == got || (expected.is_nan() && got.is_nan()) {
            return true;
        }
        let difference = (expected - got).abs();
        // A NaN or infinite difference is not within any tolerance.
        let within = difference <= tolerance && difference.is_finite();
        if within && difference > self.largest_deviation {
            self.largest_deviation = difference;
        }
        within
    }
}

/// A number of a golden file: non-finite ones are written as text.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" | "inf" => Some(f64::INFINITY),
            "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}
