//! Coherence scoring: the scorer and its reviews, knowledge, lexical signals.

mod knowledge;
mod scorer;
mod signals;

use alloc::string::String;

use interlock_core::score::{InputError, ReviewError};

use crate::failure::{Failure, FailureKind, element};

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let InputError { what, index, value, bound } = error;
        let path = index.map_or_else(|| what.into(), |index| element(what, index));
        Self::of_value(FailureKind::Argument, path, value, bound)
    }
}

impl From<ReviewError> for Failure {
    fn from(error: ReviewError) -> Self {
        Self::new(FailureKind::Review, String::new(), error.message())
    }
}
