//! What was looked up last.

use alloc::string::String;
use alloc::vec::Vec;

/// The context of the last query to a [`Knowledge`](super::Knowledge) source, and what the source keeps to find that
/// of a longer query sooner.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    context: String,
    /// The part of the query that a longer query may go on from.
    pub(super) read: String,
    /// What of the source's terms it has, by number, in order.
    pub(super) settled: Vec<u64>,
    /// What of them the whole query has: the context is that of these.
    pub(super) terms: Vec<u64>,
}

impl Lookup {
    /// The context; empty if nothing is known.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Replaces the context. Says whether it is another than before.
    pub fn set(&mut self, context: String) -> bool {
        let changed = self.context != context;
        self.context = context;
        changed
    }
}
