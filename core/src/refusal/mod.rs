//! One form for every error of covenant, ledger, operad and rules: what hosts that do not have their types hand on.
//!
//! What went wrong is a code from a closed list; what it is about, the value and the bound stand beside it where the
//! error has them. Nobody has to read the message to know what happened.

#[cfg(feature = "adopt")]
mod adopt;
#[cfg(feature = "covenant")]
mod covenant;
#[cfg(feature = "ledger")]
mod ledger;
#[cfg(feature = "operad")]
mod operad;
#[cfg(feature = "rules")]
mod rules;

use alloc::string::String;

/// Why something was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What went wrong: the error's type and variant, such as `budget-exhausted`.
    pub code: &'static str,
    /// What it is about: the name of a counter, a state, an id. Empty where the code says it all.
    pub subject: String,
    /// The value that was refused, a byte's offset where a text or file was. None where there is none, or one that
    /// does not fit.
    pub value: Option<i64>,
    /// What the value had to keep to.
    pub bound: Option<i64>,
    /// All of that in words.
    pub message: String,
}

impl Refusal {
    #[cold]
    fn new(code: &'static str, message: String) -> Self {
        Self { code, subject: String::new(), value: None, bound: None, message }
    }

    fn about(mut self, subject: &str) -> Self {
        self.subject = String::from(subject);
        self
    }

    fn value(mut self, value: impl TryInto<i64>) -> Self {
        self.value = value.try_into().ok();
        self
    }

    fn bound(mut self, bound: impl TryInto<i64>) -> Self {
        self.bound = bound.try_into().ok();
        self
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for Refusal {}
