//! Everything that can go wrong, by type.

use std::fmt;
use std::path::PathBuf;

use interlock_core::halt::{EntropyError, KernelError, StreamEnded};
use interlock_core::policy::PolicyError;
use interlock_core::score::ReviewError;
use interlock_core::session::SessionError;

use super::limits::MemoryExceeded;

/// Why a call into a component, or the way to one, failed.
///
/// The component refuses what the core refuses, with the core's own error, and nothing has changed then. The other
/// errors are those of its host.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostError {
    /// A component's file could not be read.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The options of a [`Builder`](super::Builder) do not fit together or do not fit this machine.
    Options(wasmtime::Error),
    /// The bytes are no component, or one that does not export the wanted world of `interlock:kernel` as this version
    /// knows it.
    Component(wasmtime::Error),
    /// No instance could be made: its memory is above the limit, or the pool is empty.
    Instantiate(wasmtime::Error),
    /// The call trapped. Its instance is spent: every later call is [`HostError::Poisoned`].
    Trap(Trap),
    /// An earlier call trapped.
    Poisoned(Trap),
    /// A text is no configuration.
    Syntax {
        /// Path of the field, such as `hard_limit`; empty when the text as a whole is not readable.
        path: String,
        /// What is wrong, with line and column.
        message: String,
    },
    /// A configuration was refused.
    Config(ConfigError),
    /// The stream is over.
    StreamEnded(StreamEnded),
    /// The kernel's state does not allow the operation.
    Kernel(KernelError),
    /// Log-probabilities have no entropy.
    Entropy(EntropyError),
    /// A number given to a scorer, a signal or the advanced runtime was refused.
    Input(InputError),
    /// The review's stage does not allow the operation.
    Review(ReviewError),
    /// A policy was refused.
    Policy(PolicyError),
    /// The session's state does not allow the operation.
    Session(SessionError),
    /// The covenant, the ledger or the operad refused something.
    Refused(Refusal),
    /// An object was given to one of another instance.
    OtherInstance,
}

/// Why something was refused: what [`interlock_core::refusal::Refusal`] says, in owned strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What went wrong, such as `budget-exhausted`.
    pub code: String,
    /// What it is about; empty where the code says it all.
    pub subject: String,
    /// The value that was refused.
    pub value: Option<i64>,
    /// What the value had to keep to.
    pub bound: Option<i64>,
    /// All of that in words.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::Options(error) => write!(f, "the engine's options were refused: {error:#}"),
            Self::Component(error) => write!(f, "not a component of this world of interlock:kernel: {error:#}"),
            Self::Instantiate(error) => write!(f, "no instance could be made: {error:#}"),
            Self::Trap(trap) => trap.fmt(f),
            Self::Poisoned(trap) => write!(f, "the instance is spent by an earlier trap: {trap}"),
            Self::Syntax { path, message } if path.is_empty() => f.write_str(message),
            Self::Syntax { path, message } => write!(f, "{path}: {message}"),
            Self::Config(error) => error.fmt(f),
            Self::StreamEnded(error) => error.fmt(f),
            Self::Kernel(error) => error.fmt(f),
            Self::Entropy(error) => error.fmt(f),
            Self::Input(error) => error.fmt(f),
            Self::Review(error) => error.fmt(f),
            Self::Policy(error) => error.fmt(f),
            Self::Session(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::OtherInstance => f.write_str("the object lives in another instance"),
        }
    }
}

impl std::error::Error for HostError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Trap(trap) | Self::Poisoned(trap) => Some(trap),
            Self::Config(error) => Some(error),
            Self::StreamEnded(error) => Some(error),
            Self::Kernel(error) => Some(error),
            Self::Entropy(error) => Some(error),
            Self::Input(error) => Some(error),
            Self::Review(error) => Some(error),
            Self::Policy(error) => Some(error),
            Self::Session(error) => Some(error),
            Self::Refused(refusal) => Some(refusal),
            Self::Options(_)
            | Self::Component(_)
            | Self::Instantiate(_)
            | Self::Syntax { .. }
            | Self::OtherInstance => None,
        }
    }
}

impl HostError {
    /// The trap, of the call itself or of an earlier one.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        match self {
            Self::Trap(trap) | Self::Poisoned(trap) => Some(trap),
            _ => None,
        }
    }
}

/// Why a configuration was refused: the first field that fails, its value and what is allowed. What
/// [`interlock_core::halt::ConfigError`] says, in owned strings: they come from the component.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    /// Name of the field, as written in JSON and TOML.
    pub field: String,
    /// The refused value. For weights that do not sum to one: the sum.
    pub value: f64,
    /// What the field must be.
    pub bound: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, must be {}", self.field, self.value, self.bound)
    }
}

impl std::error::Error for ConfigError {}

/// A number that was refused: what [`interlock_core::score::InputError`] says, in owned strings.
#[derive(Clone, Debug, PartialEq)]
pub struct InputError {
    /// Name of the argument or field.
    pub what: String,
    /// Position in a list, counted from 0, where the number stands in one.
    pub index: Option<u32>,
    /// The refused value.
    pub value: f64,
    /// What it must be.
    pub bound: String,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        write!(f, " is {}, must be {}", self.value, self.bound)
    }
}

impl std::error::Error for InputError {}

/// How a guest came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrapKind {
    /// The call used up its fuel.
    OutOfFuel,
    /// The instance wanted more memory than its limit.
    MemoryLimit,
    /// The call ran longer than its epoch ticks.
    EpochDeadline,
    /// The call nested deeper than the stack allows.
    StackOverflow,
    /// The guest gave up: a failed allocation or a broken invariant.
    Unreachable,
    /// Anything else; the message says what.
    Other,
}

/// The end of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// How it came to it.
    pub kind: TrapKind,
    /// What the engine says of it.
    pub message: String,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the component trapped: {}", self.message)
    }
}

impl std::error::Error for Trap {}

impl Trap {
    pub(super) fn new(error: &wasmtime::Error) -> Self {
        if let Some(exceeded) = error.downcast_ref::<MemoryExceeded>() {
            return Self { kind: TrapKind::MemoryLimit, message: exceeded.to_string() };
        }
        let trap = error.downcast_ref::<wasmtime::Trap>();
        let kind = match trap {
            Some(wasmtime::Trap::OutOfFuel) => TrapKind::OutOfFuel,
            Some(wasmtime::Trap::Interrupt) => TrapKind::EpochDeadline,
            Some(wasmtime::Trap::StackOverflow) => TrapKind::StackOverflow,
            Some(wasmtime::Trap::UnreachableCodeReached) => TrapKind::Unreachable,
            _ => TrapKind::Other,
        };
        // The error itself carries the guest's backtrace, which would make a line of twenty.
        let message = trap.map_or_else(|| format!("{error:#}"), ToString::to_string);
        Self { kind, message }
    }
}
