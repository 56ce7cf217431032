//! Coherence scoring: the scorer with its reviews and knowledge by key; lexical signals and BM25.

#[cfg(feature = "signals")]
mod bm25;
#[cfg(feature = "score")]
mod knowledge;
#[cfg(feature = "score")]
mod scorer;
#[cfg(feature = "signals")]
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
