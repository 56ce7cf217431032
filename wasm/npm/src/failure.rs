//! Errors that carry text.

use interlock_core::halt::{ConfigError, EntropyError};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::wire::WireError;

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
#[derive(Debug)]
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

    /// A number out of bounds. The words are put together in JavaScript: printing doubles is a tenth of
    /// this module.
    pub(crate) fn of_value(kind: FailureKind, path: String, value: f64, bound: &'static str) -> Self {
        Self { kind, path, value: Some(value), bound, message: String::new() }
    }

    /// The same failure as one of another kind.
    #[cfg(feature = "score")]
    pub(crate) fn of_kind(mut self, kind: FailureKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same failure as a part of a policy, under the path `prefix`.
    #[cfg(feature = "session")]
    pub(crate) fn of_policy(mut self, prefix: &str) -> Self {
        self.kind = FailureKind::Policy;
        self.path.insert_str(0, prefix);
        self
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of_value(FailureKind::Config, error.field.into(), error.value, error.bound)
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        let WireError { path, message, value } = error;
        Self { kind: FailureKind::Config, path, value, bound: "", message }
    }
}

impl From<EntropyError> for Failure {
    fn from(error: EntropyError) -> Self {
        let path = String::from("logProbabilities");
        match error {
            EntropyError::Empty => Self::new(FailureKind::Argument, path, "there are none".into()),
            EntropyError::NotALogProbability { index, value } => {
                let path = [&path, "[", &index.to_string(), "]"].concat();
                Self::of_value(FailureKind::Argument, path, value, "a number of at most 0")
            }
        }
    }
}
