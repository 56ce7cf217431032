//! Sorting in little code.

/// Heap sort: n log n in the worst case, in place, not stable. The sorts of the standard library are faster
/// and many times larger, which counts in a wasm module that is downloaded.
#[inline(never)]
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    let len = items.len();
    for root in (0..len / 2).rev() {
        sift_down(items, root);
    }
    for end in (1..len).rev() {
        items.swap(0, end);
        if let Some(heap) = items.get_mut(..end) {
            sift_down(heap, 0);
        }
    }
}

#[inline(never)]
fn sift_down<T: Ord>(heap: &mut [T], mut root: usize) {
    loop {
        let left = root.saturating_mul(2).wrapping_add(1);
        let right = left.wrapping_add(1);
        let [Some(parent), Some(mut child)] = [heap.get(root), heap.get(left)] else { return };
        let mut place = left;
        if let Some(other) = heap.get(right)
            && child < other
        {
            (place, child) = (right, other);
        }
        if parent >= child {
            return;
        }
        heap.swap(root, place);
        root = place;
    }
}

/// Sorts numbers and leaves out those that come again.
#[cfg(any(feature = "score", feature = "guard"))]
#[inline(never)]
pub(crate) fn sort_distinct(numbers: &mut alloc::vec::Vec<u64>) {
    sort(numbers);
    numbers.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library(items in prop::collection::vec(any::<u8>(), 0..200)) {
            let (mut ours, mut theirs): (Vec<u8>, Vec<u8>) = (items.clone(), items);
            sort(&mut ours);
            theirs.sort_unstable();
            prop_assert_eq!(ours, theirs);
        }
    }
}
