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

use interlock_core::score::ReviewError;

use crate::failure::{Failure, FailureKind};

impl From<ReviewError> for Failure {
    fn from(error: ReviewError) -> Self {
        Self::new(FailureKind::Review, String::new(), error.message())
    }
}
