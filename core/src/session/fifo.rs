//! A queue.

use alloc::vec::Vec;

/// Gives items in the order in which they came. As fast as a ring buffer and less code, which a module carries once
/// for every kind of item.
#[derive(Debug)]
pub(super) struct Fifo<T> {
    /// Those before `first` have left.
    items: Vec<Option<T>>,
    first: usize,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self { items: Vec::new(), first: 0 }
    }
}

impl<T> Fifo<T> {
    /// From how many places on that items have left they are freed while others wait.
    const LEFT: usize = 64;

    pub(super) fn push(&mut self, item: T) {
        self.items.push(Some(item));
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let item = self.items.get_mut(self.first)?.take();
        self.leave_first();
        item
    }

    /// Drops the first item where it lies.
    pub(super) fn remove_first(&mut self) {
        if let Some(item) = self.items.get_mut(self.first) {
            *item = None;
            self.leave_first();
        }
    }

    /// The place of the first item is empty.
    fn leave_first(&mut self) {
        self.first = self.first.saturating_add(1);
        if self.first == self.items.len() {
            self.clear();
        } else if self.first >= Self::LEFT.max(self.len()) {
            // Every place is moved once for each that is freed, so this costs a pop no more than a constant.
            self.items = self.items.split_off(self.first);
            self.first = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.first = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.items.len().saturating_sub(self.first)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at a position behind the first.
    pub(super) fn get(&self, position: usize) -> Option<&T> {
        self.items.get(self.first.saturating_add(position))?.as_ref()
    }

    /// The item at a position behind the first.
    pub(super) fn get_mut(&mut self, position: usize) -> Option<&mut T> {
        self.items.get_mut(self.first.saturating_add(position))?.as_mut()
    }

    /// What waits, in order, each item in its place.
    #[cfg(feature = "guard")]
    pub(super) fn waiting(&self) -> &[Option<T>] {
        self.items.get(self.first..).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut().flatten()
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use alloc::collections::VecDeque;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_a_queue(operations in prop::collection::vec(prop_oneof![6 => Just(0_u8), 3 => Just(1), 2 => Just(2)], 0..2000), at in 0_usize..99) {
            let mut ours = Fifo::default();
            let mut theirs = VecDeque::new();
            for (number, operation) in operations.into_iter().enumerate() {
                match operation {
                    0 => {
                        ours.push(number);
                        theirs.push_back(number);
                    }
                    1 => prop_assert_eq!(ours.pop(), theirs.pop_front()),
                    _ => {
                        ours.remove_first();
                        theirs.pop_front();
                    }
                }
                prop_assert!(ours.items.len() <= 2 * ours.len().max(Fifo::<usize>::LEFT));
                prop_assert_eq!((ours.len(), ours.is_empty()), (theirs.len(), theirs.is_empty()));
                prop_assert_eq!(ours.get_mut(0), theirs.front_mut());
                prop_assert_eq!(ours.get(at), theirs.get(at));
            }
            prop_assert!(ours.iter().eq(theirs.iter()));
            prop_assert!(ours.iter_mut().eq(theirs.iter_mut()));
        }
    }
}
