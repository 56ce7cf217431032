//! Errors that carry text.

use alloc::string::String;

use interlock_core::halt::{ConfigError, ConfigParseError, EntropyError};
use interlock_core::numeric::digits;
use wasm_bindgen::prelude::wasm_bindgen;

/// What kind of error it is.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub enum FailureKind {
    /// A halt configuration that is not one, or out of bounds.
    Config = 0,
    /// A policy that is not one, or out of bounds.
    Policy = 1,
    /// An argument out of bounds.
    Argument = 2,
    /// An operation that the kernel's state does not allow.
    Kernel = 3,
    /// An operation that the review's stage does not allow.
    Review = 4,
}

/// An error of the core on its way into a class of the npm package.
#[wasm_bindgen]
pub struct Failure {
    kind: FailureKind,
    path: String,
    value: Option<f64>,
    bound: &'static str,
    message: String,
}

#[wasm_bindgen]
impl Failure {
    /// What kind of error it is.
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Path of the field or name of the argument; empty when it is none.
    #[wasm_bindgen(getter)]
    pub fn path(&self) -> String {
        self.path.clone()
    }

    /// The refused value, where it is a number.
    #[wasm_bindgen(getter)]
    pub fn value(&self) -> Option<f64> {
        self.value
    }

    /// What the value must be; empty when the message says it.
    #[wasm_bindgen(getter)]
    pub fn bound(&self) -> String {
        self.bound.into()
    }

    /// What is wrong in words; empty when the value and what it must be say it.
    #[wasm_bindgen(getter)]
    pub fn message(&self) -> String {
        self.message.clone()
    }
}

impl Failure {
    /// A failure that is all in its words.
    pub(crate) fn new(kind: FailureKind, path: String, message: String) -> Self {
        Self { kind, path, value: None, bound: "", message }
    }

    /// A number out of bounds. The words are put together in JavaScript.
    pub(crate) fn of_value(kind: FailureKind, path: String, value: f64, bound: &'static str) -> Self {
        Self { kind, path, value: Some(value), bound, message: String::new() }
    }
}

/// Path of an element of a list.
pub(crate) fn element(list: &str, index: u32) -> String {
    [list, "[", &digits(index.into()), "]"].concat()
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of_value(FailureKind::Config, error.field.into(), error.value, error.bound)
    }
}

impl From<ConfigParseError> for Failure {
    fn from(error: ConfigParseError) -> Self {
        match error {
            ConfigParseError::Invalid(error) => error.into(),
            ConfigParseError::Syntax { path, message } => Self::new(FailureKind::Config, path, message),
        }
    }
}

impl From<EntropyError> for Failure {
    fn from(error: EntropyError) -> Self {
        const LIST: &str = "logProbabilities";
        match error {
            EntropyError::Empty => Self::new(FailureKind::Argument, LIST.into(), "there are none".into()),
            EntropyError::NotALogProbability { index, value } => {
                Self::of_value(FailureKind::Argument, element(LIST, index), value, "a number of at most 0")
            }
        }
    }
}
