//! A refusal as fixtures have it.

use interlock_core::refusal::Refusal;
use interlock_core::{covenant, ledger, operad, rules};

/// The canonical text of an error: its kind and what identifies it, never a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

impl Refused {
    /// `CODE SUBJECT VALUE BOUND`, `-` for what is not there.
    pub(crate) fn of(code: &str, subject: &str, value: Option<i64>, bound: Option<i64>) -> Self {
        let number = |number: Option<i64>| number.map_or_else(|| String::from("-"), |number| number.to_string());
        let subject = if subject.is_empty() { "-" } else { subject };
        Self(format!("{code} {subject} {} {}", number(value), number(bound)))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::of(refusal.code, &refusal.subject, refusal.value, refusal.bound)
    }
}

/// Errors of the core that have the one form of a refusal.
macro_rules! refused {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Refused {
            fn from(error: $error) -> Self {
                Refusal::from(&error).into()
            }
        }
    )+};
}

refused!(
    covenant::BudgetError,
    covenant::GrantError,
    covenant::ReviewError,
    covenant::PermissionError,
    covenant::PatternError,
    ledger::NodeError,
    ledger::AppendError,
    ledger::HeaderError,
    ledger::LogError,
    ledger::ProofError,
    ledger::SignedNoteError,
    ledger::CheckpointError,
    ledger::KeyError,
    ledger::TileError,
    ledger::file::ReadError,
    operad::OperadError,
    operad::TermError,
    rules::ArtifactError,
    rules::DecodeError,
    rules::EnvelopeError,
    rules::KeySetError,
    rules::RuleError,
    rules::RuleFault,
);

/// What a call gives.
pub(crate) type Answer<T> = Result<T, Refused>;
