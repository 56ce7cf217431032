//! Which of some permissions allows an operation, by looking at each: little code for a module that is downloaded. An
//! [`Index`](super::index) answers the same in a time that does not grow with their number.

use super::permission::Permission;

/// Looks at every permission of a list.
#[derive(Clone, Debug)]
pub(super) struct Walk;

impl Walk {
    /// Nothing is kept of the list.
    pub(super) const fn new(_: &[Permission]) -> Self {
        Self
    }

    /// The permission of the list that allows a capability on a resource, by its position: one whose pattern is the
    /// resource, else of several the one with the fewest `/` before its first `*`, and of these the first.
    #[allow(clippy::unused_self, reason = "an index is asked the same way")]
    pub(super) fn find(&self, items: &[Permission], capability: &str, resource: &str) -> Option<u32> {
        let mut best: Option<(usize, u32)> = None;
        for (index, item) in (0_u32..).zip(items) {
            let pattern = item.resource();
            if item.capability() != capability || !pattern.matches(resource) {
                continue;
            }
            let depth = pattern.head().bytes().filter(|byte| *byte == b'/').count();
            let rank = if pattern.is_literal() { 0 } else { depth.saturating_add(1) };
            if best.is_none_or(|(before, _)| rank < before) {
                best = Some((rank, index));
            }
        }
        best.map(|(_, index)| index)
    }
}
