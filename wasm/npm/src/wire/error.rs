//! What can be wrong with a tree.

use core::fmt::{self, Display, Write};

use serde::de::{self, Expected, Unexpected};

/// What is wrong and where.
#[derive(Debug)]
pub(crate) struct WireError {
    /// Path of the field, such as `halt.hard_limit`; empty for the tree as a whole.
    pub(crate) path: String,
    /// What is wrong, without the path.
    pub(crate) message: String,
    /// The number that was found, if it was one.
    pub(crate) value: Option<f64>,
}

impl WireError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into(), value: None }
    }

    pub(super) fn expected(expected: &dyn Expected, found: &str) -> Self {
        let mut message = String::from("expected ");
        // Writing into a string cannot fail.
        let _ = write!(message, "{expected}");
        message.push_str(", found ");
        message.push_str(found);
        Self::new(message)
    }

    /// Puts the name of a field or the position in a list in front of the path.
    pub(super) fn inside(mut self, name: &str) -> Self {
        if self.path.is_empty() {
            self.path.push_str(name);
        } else {
            let dot = if self.path.starts_with('[') { "" } else { "." };
            self.path = [name, dot, &self.path].concat();
        }
        self
    }
}

impl Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            f.write_str(&self.path)?;
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl core::error::Error for WireError {}

impl de::Error for WireError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    // The provided texts print numbers in decimal, which would bring the printer in.
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected, kind_of(&unexpected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected, kind_of(&unexpected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let mut error = Self::new("unknown field");
        one_of(&mut error.message, expected);
        error.inside(field)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let mut error = Self::new(["\"", variant, "\" is none of the allowed names"].concat());
        one_of(&mut error.message, expected);
        error
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("missing").inside(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new("given twice").inside(field)
    }
}

impl serde::ser::Error for WireError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

fn kind_of(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number out of range",
        Unexpected::Str(_) | Unexpected::Char(_) => "a string",
        Unexpected::Option | Unexpected::Unit => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        _ => "something else",
    }
}

fn one_of(message: &mut String, allowed: &[&str]) {
    let mut separator = ", expected one of ";
    for name in allowed {
        message.push_str(separator);
        message.push_str(name);
        separator = ", ";
    }
}
