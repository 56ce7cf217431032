//! What a scorer may know: sources that are asked for what bears on a text.

mod bm25;
mod lookup;
mod memory;
mod postings;

use alloc::string::String;

pub use bm25::{Bm25, Bm25Hit};
pub use lookup::Lookup;
#[cfg(feature = "published")]
pub(super) use memory::BUILTIN;
pub use memory::InMemoryKnowledge;

/// A source of knowledge.
///
/// Closures from a query to a context are sources too:
///
/// ```
/// use interlock_core::score::Knowledge;
/// let source = |query: &str| query.contains("sky").then(|| String::from("The sky is blue."));
/// assert_eq!(source.context("What colour is the sky?").as_deref(), Some("The sky is blue."));
/// ```
pub trait Knowledge {
    /// Statements that bear on `query`, one a line or with full stops between them; `None` if there are none.
    ///
    /// The query is the prompt and the text under review. What comes back is taken as true.
    fn context(&self, query: &str) -> Option<String>;

    /// Says [the same](Self::context) of one query after the other, as for a text that grows: `lookup` then has the
    /// context. Says whether it is another than before.
    ///
    /// A lookup belongs to one source in one state. Unless a source can do better, it looks again each time.
    fn look_up(&self, query: &str, lookup: &mut Lookup) -> bool {
        lookup.set(self.context(query).unwrap_or_default())
    }
}

impl<F: Fn(&str) -> Option<String>> Knowledge for F {
    fn context(&self, query: &str) -> Option<String> {
        self(query)
    }
}
