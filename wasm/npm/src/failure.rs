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
    /// An operation that the object's state does not allow.
    State = 3,
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
        // The words are put together in JavaScript: printing doubles is a tenth of this module.
        Self {
            kind: FailureKind::Config,
            path: error.field.into(),
            value: Some(error.value),
            bound: error.bound,
            message: String::new(),
        }
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
        let (path, value, message) = match error {
            EntropyError::Empty => ("logProbabilities".into(), None, "no log-probabilities".into()),
            EntropyError::NotALogProbability { index, value } => {
                (["logProbabilities[", &index.to_string(), "]"].concat(), Some(value), String::new())
            }
        };
        Self { kind: FailureKind::Argument, path, value, bound: "a number of at most 0", message }
    }
}
