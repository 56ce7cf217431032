//! The limits of a stream and their validation.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::json::{Broken, JsonSource, Names, names};
use crate::numeric::Decimal;
use crate::read::{self, ReadError, Reader, Source};

/// What happens to a score that is late or missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MissingScore {
    /// The stream halts with the reason `deadline`. The safe answer, and the default.
    #[default]
    Halt,
    /// The token passes with a warning and enters no window.
    Skip,
}

/// The limits of one stream: the twelve published fields and `missing_score`.
///
/// Missing fields take their defaults when read from JSON or TOML; unknown ones are refused. Every
/// constructor validates, so a value of this type that came out of one can be trusted; a value
/// built field by field is validated by whoever takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HaltConfig {
    /// A reviewed text is approved at or above this coherence score, in [0, 1].
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub coherence_threshold: f64,
    /// A score below this halts at once, in [0, 1].
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub hard_limit: f64,
    /// A score that passes below this is a warning, in [0, 1].
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub soft_limit: f64,
    /// Weight of the logical divergence in the coherence score, in [0, 1]; with `w_fact` it sums to one.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub w_logic: f64,
    /// Weight of the factual divergence in the coherence score, in [0, 1].
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub w_fact: f64,
    /// How many scores the window average is taken over, 1 to 4096.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 4096)))]
    pub window_size: u32,
    /// A full window whose average is below this halts, in [0, 1].
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub window_threshold: f64,
    /// How many scores the downward trend is taken over, 2 to 4096.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 4096)))]
    pub trend_window: u32,
    /// A drop over the trend window that is greater than this halts; above 0. Above 1 it never fires.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0.0)))]
    pub trend_threshold: f64,
    /// How many approved texts a scorer remembers, at least 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub history_window: u32,
    /// A score that took longer than this many milliseconds is late, at least 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub deadline_ms: u32,
    /// An entropy of the next-token distribution above this many bits halts. Absent: not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0)))]
    pub logit_entropy_limit: Option<f64>,
    /// What happens to a score that is late or missing.
    pub missing_score: MissingScore,
}

impl Default for HaltConfig {
    fn default() -> Self {
        Self {
            coherence_threshold: 0.6,
            hard_limit: 0.5,
            soft_limit: 0.7,
            w_logic: 0.6,
            w_fact: 0.4,
            window_size: 10,
            window_threshold: 0.55,
            trend_window: 5,
            trend_threshold: 0.15,
            history_window: 5,
            deadline_ms: 50,
            logit_entropy_limit: None,
            missing_score: MissingScore::Halt,
        }
    }
}

/// Why a configuration was refused: the first field that fails, its value and what is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    /// Name of the field, as written in JSON and TOML.
    pub field: &'static str,
    /// The refused value. For weights that do not sum to one: the sum.
    pub value: f64,
    /// What the field must be.
    pub bound: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, must be {}", self.field, Decimal(self.value), self.bound)
    }
}

impl core::error::Error for ConfigError {}

/// Why a written configuration could not be used.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigParseError {
    /// The text is not a configuration: where, and what was found there.
    Syntax {
        /// Path of the field, such as `halt.hard_limit`; empty when the text as a whole is not readable.
        path: String,
        /// What is wrong, with line and column where the format has them.
        message: String,
    },
    /// It is a configuration, with a value out of bounds.
    Invalid(ConfigError),
}

impl fmt::Display for ConfigParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { path, message } if path.is_empty() || path == "." => f.write_str(message),
            Self::Syntax { path, message } => write!(f, "{path}: {message}"),
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ConfigParseError {}

impl From<ReadError> for ConfigParseError {
    fn from(error: ReadError) -> Self {
        Self::Syntax { path: error.path, message: error.message }
    }
}

impl From<ConfigError> for ConfigParseError {
    fn from(error: ConfigError) -> Self {
        Self::Invalid(error)
    }
}

/// What a field may be.
struct Bound {
    least: f64,
    most: f64,
    text: &'static str,
}

static UNIT: Bound = Bound { least: 0.0, most: 1.0, text: "a finite number in [0, 1]" };
static ABOVE_ZERO: Bound = Bound { least: f64::from_bits(1), most: f64::MAX, text: "a finite number above 0" };
static NOT_NEGATIVE: Bound = Bound { least: 0.0, most: f64::MAX, text: "a finite number of at least 0" };
static COUNT: Bound = Bound { least: 1.0, most: f64::MAX, text: "a whole number of at least 1" };
/// No sum meets it: whether one is close to one is asked before.
static WEIGHTS: Bound =
    Bound { least: f64::INFINITY, most: 0.0, text: "such that w_logic + w_fact is one within 1e-9" };
static WINDOW: Bound = Bound { least: 1.0, most: 4096.0, text: "a whole number in 1..=4096" };
static TREND_WINDOW: Bound = Bound { least: 2.0, most: 4096.0, text: "a whole number in 2..=4096" };

impl HaltConfig {
    /// The largest window and trend window.
    pub const MAX_WINDOW: u32 = 4096;

    /// Checks every field and reports the first that fails.
    ///
    /// # Errors
    /// [`ConfigError`] with the field's name, its value and what is allowed.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut wrong = None;
        let mut check = |field: usize, value: f64, bound: &Bound| {
            if wrong.is_none() && !(bound.least..=bound.most).contains(&value) {
                let field = Self::FIELDS.get(field).unwrap_or_default();
                wrong = Some(ConfigError { field, value, bound: bound.text });
            }
        };
        check(0, self.coherence_threshold, &UNIT);
        check(1, self.hard_limit, &UNIT);
        check(2, self.soft_limit, &UNIT);
        check(3, self.w_logic, &UNIT);
        check(4, self.w_fact, &UNIT);
        let sum = self.w_logic + self.w_fact;
        if (sum - 1.0).abs() > 1e-9 {
            check(3, sum, &WEIGHTS);
        }
        check(5, f64::from(self.window_size), &WINDOW);
        check(6, self.window_threshold, &UNIT);
        check(7, f64::from(self.trend_window), &TREND_WINDOW);
        check(8, self.trend_threshold, &ABOVE_ZERO);
        check(9, f64::from(self.history_window), &COUNT);
        check(10, f64::from(self.deadline_ms), &COUNT);
        check(11, self.logit_entropy_limit.unwrap_or(0.0), &NOT_NEGATIVE);
        wrong.map_or(Ok(()), Err)
    }

    /// Reads a JSON object and validates it.
    ///
    /// # Errors
    /// [`ConfigParseError`] names the field and what is wrong with it.
    pub fn from_json(json: &str) -> Result<Self, ConfigParseError> {
        Self::read(&mut JsonSource::new(json))
    }

    /// Reads an object of whatever source and validates it.
    ///
    /// # Errors
    /// [`ConfigParseError`] names the field and what is wrong with it.
    pub fn read(source: &mut dyn Source) -> Result<Self, ConfigParseError> {
        let mut config = Self::default();
        read::document(source, Self::FIELDS, &mut |reader, field| config.read_field(reader, field))?;
        config.validate()?;
        Ok(config)
    }

    /// The fields in the order in which [`HaltConfig::read_field`] knows them.
    pub(crate) const FIELDS: Names = names![
        "coherence_threshold",
        "hard_limit",
        "soft_limit",
        "w_logic",
        "w_fact",
        "window_size",
        "window_threshold",
        "trend_window",
        "trend_threshold",
        "history_window",
        "deadline_ms",
        "logit_entropy_limit",
        "missing_score",
    ];

    /// Reads the value of a field.
    pub(crate) fn read_field(&mut self, reader: &mut Reader<'_>, field: usize) -> Result<(), Broken> {
        let number = match field {
            0 => &mut self.coherence_threshold,
            1 => &mut self.hard_limit,
            2 => &mut self.soft_limit,
            3 => &mut self.w_logic,
            4 => &mut self.w_fact,
            6 => &mut self.window_threshold,
            8 => &mut self.trend_threshold,
            11 => {
                self.logit_entropy_limit = reader.optional_number()?;
                return Ok(());
            }
            12 => {
                let index = reader.name(names!["halt", "skip"], "expected \"halt\" or \"skip\"")?;
                self.missing_score = if index == 0 { MissingScore::Halt } else { MissingScore::Skip };
                return Ok(());
            }
            _ => {
                return reader.count(match field {
                    5 => &mut self.window_size,
                    7 => &mut self.trend_window,
                    9 => &mut self.history_window,
                    _ => &mut self.deadline_ms,
                });
            }
        };
        *number = reader.number()?;
        Ok(())
    }

    /// Reads a TOML document and validates it.
    ///
    /// # Errors
    /// [`ConfigParseError`] names the field and what is wrong with it.
    #[cfg(feature = "toml")]
    pub fn from_toml(toml: &str) -> Result<Self, ConfigParseError> {
        let config: Self = super::read_toml(toml)?;
        config.validate()?;
        Ok(config)
    }
}
