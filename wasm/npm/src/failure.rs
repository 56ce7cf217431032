//! Errors that carry text.
//!
//! A call that fails gives a value without meaning, or none, and leaves its error here; a slot of [`details`] says so, and
//! JavaScript takes it before it does anything else. Nothing is thrown, so no call needs a way for exceptions out
//! of it, which is 1 KB of the module.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::UnsafeCell;

#[cfg(any(feature = "score", feature = "signals", feature = "physics"))]
use interlock_core::error::InputError;
use interlock_core::halt::{ConfigError, ConfigParseError, EntropyError};
use interlock_core::numeric::digits;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::details;
use crate::tree::Tree;

/// What kind of error it is, by the name that JavaScript knows it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "a module has the kinds of its features only")]
pub(crate) enum FailureKind {
    /// A halt configuration that is not one, or out of bounds.
    Config,
    /// A policy that is not one, or out of bounds.
    Policy,
    /// An argument out of bounds.
    Argument,
    /// An operation that the kernel's state does not allow.
    Kernel,
    /// An operation that the review's stage does not allow.
    Review,
    /// A policy that a session does not adopt where it stands.
    Adopt,
}

impl FailureKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Policy => "policy",
            Self::Argument => "argument",
            Self::Kernel => "kernel",
            Self::Review => "review",
            Self::Adopt => "adopt",
        }
    }
}

/// An error of the core on its way into a class of the npm package.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: FailureKind,
    /// Path of the field or name of the argument; empty when it is none.
    path: String,
    /// The refused value, where it is a number.
    value: Option<f64>,
    /// What the value must be; empty when the message says it.
    bound: &'static str,
    /// What is wrong in words; empty when the value and what it must be say it.
    message: String,
}

/// The last failure, a tree of `tree.rs`.
struct Last(UnsafeCell<Vec<u8>>);

// SAFETY: the module has one thread, and no reference into the cell outlives the functions below.
unsafe impl Sync for Last {}

static LAST: Last = Last(UnsafeCell::new(Vec::new()));

/// The failure that the last call left.
#[wasm_bindgen(js_name = takeFailure)]
pub fn take_failure() -> Vec<u8> {
    details::set_failed(false);
    // SAFETY: see `Last`.
    unsafe { core::mem::take(&mut *LAST.0.get()) }
}

/// Leaves a failure for JavaScript, as the tree of its fields.
pub(crate) fn leave_tree(tree: Tree) {
    // SAFETY: see `Last`.
    unsafe { *LAST.0.get() = tree.into_bytes() };
    details::set_failed(true);
}

/// Leaves a failure for JavaScript.
#[cold]
#[inline(never)]
pub(crate) fn leave(failure: &Failure) {
    let mut tree = Tree::default();
    tree.object();
    tree.key("kind").text(failure.kind.name());
    tree.key("path").text(&failure.path);
    tree.key("value").optional_number(failure.value);
    tree.key("bound").text(failure.bound);
    tree.key("message").text(&failure.message);
    tree.end();
    leave_tree(tree);
}

/// What was made, or none and a failure is left.
#[cfg(any(feature = "halt", feature = "signals", feature = "physics"))]
pub(crate) fn made<T>(result: Result<T, impl Into<Failure>>) -> Option<T> {
    match result {
        Ok(made) => Some(made),
        Err(error) => {
            leave(&error.into());
            None
        }
    }
}

/// What was asked for, or a value without meaning and a failure is left.
#[cfg(any(feature = "halt", feature = "signals", feature = "physics"))]
pub(crate) fn given<T: Default>(result: Result<T, impl Into<Failure>>) -> T {
    made(result).unwrap_or_default()
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

#[cfg(feature = "physics")]
impl Failure {
    /// A value that JavaScript knows, and that is of no use. The words are put together there.
    pub(crate) fn of_bound(path: String, bound: &'static str) -> Self {
        Self { kind: FailureKind::Argument, path, value: None, bound, message: String::new() }
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

#[cfg(any(feature = "score", feature = "signals", feature = "physics"))]
impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let InputError { what, index, value, bound } = error;
        let path = index.map_or_else(|| what.into(), |index| element(what, index));
        Self::of_value(FailureKind::Argument, path, value, bound)
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
