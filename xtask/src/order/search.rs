//! Looks for the order in which functions pack best.

use super::{chain::chain, cost::Cost, random::Random};
use std::{cmp::Reverse, collections::HashMap};

/// How many changes of the order are tried, for each function.
const TRIALS: usize = 24;
/// How many bytes are compared at once to see which functions look alike, and in how many functions they may be to count.
const PIECE: usize = 5;
const COMMON: usize = 40;
/// How many of those most like it are known of each function.
const ALIKE: usize = 8;

/// The functions in their new order: from the given one, some are moved, mostly to where one like them is, and stay there if
/// that makes all of them cheaper. What is tried is the same in every run.
pub(super) fn best(bodies: &[Vec<u8>]) -> Vec<usize> {
    let mut order = chain(bodies);
    if bodies.len() < 8 {
        return order;
    }
    let alike = alike(bodies);
    let mut cost = Cost::new(bodies);
    cost.learn(&order);
    let mut costs = vec![0; order.len()];
    cost.count(&order, &mut costs);
    let mut random = Random::new();
    let (mut tried, mut tried_costs) = (order.clone(), costs.clone());
    for _ in 0..bodies.len() * TRIALS {
        let most = [16, 4, 1, 1][random.below(4)];
        let count = (1 + random.below(most)).min(order.len() / 4);
        let from = random.below(order.len() - count);
        let like = &alike[order[from]];
        let to = if random.below(8) > 0 && !like.is_empty() {
            let other = like[random.below(like.len())];
            order.iter().position(|function| *function == other).unwrap_or(0) + random.below(2)
        } else {
            random.below(order.len())
        };
        let (first, end) = (from.min(to), to.max(from + count));
        if to >= from && to <= from + count {
            continue;
        }
        tried_costs.copy_from_slice(&costs);
        if to < from {
            tried[first..end].rotate_right(count);
            tried_costs[first..end].rotate_right(count);
        } else {
            tried[first..end].rotate_left(count);
            tried_costs[first..end].rotate_left(count);
        }
        cost.count_moved(&tried, (first, end), count, to < from, &mut tried_costs);
        if tried_costs.iter().sum::<u64>() <= costs.iter().sum() {
            order.copy_from_slice(&tried);
            costs.copy_from_slice(&tried_costs);
        } else {
            tried.copy_from_slice(&order);
            cost.lay_out_between(&order, first, end);
        }
    }
    order
}

/// By function: those most like it, by the pieces that they share, rare ones first, for their length.
fn alike(bodies: &[Vec<u8>]) -> Vec<Vec<usize>> {
    let mut holders: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, body) in bodies.iter().enumerate() {
        for piece in body.windows(PIECE) {
            let holders = holders.entry(piece).or_default();
            if holders.last() != Some(&function) {
                holders.push(function);
            }
        }
    }
    let of = |(function, body): (usize, &Vec<u8>)| {
        // In parts of a piece, so that no sum depends on its order.
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for piece in body.windows(PIECE) {
            for other in holders[piece].iter().filter(|other| **other != function && holders[piece].len() < COMMON) {
                *shared.entry(*other).or_default() += (1 << 16) / holders[piece].len();
            }
        }
        let score = |other: usize| shared[&other] / (bodies[other].len() + 1).isqrt();
        let mut others: Vec<usize> = shared.keys().copied().collect();
        others.sort_by_key(|other| (Reverse(score(*other)), *other));
        others.truncate(ALIKE);
        others
    };
    bodies.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_comes_to_lie_in_one_window() {
        // Two families in turns, each with a text of its own that is longer than half a window, so that no function lies in
        // the window of the one like it.
        let mut random = Random::new();
        let mut text = || -> Vec<u8> { (0..20_000).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect() };
        let families = [text(), text(), text()];
        let bodies: Vec<Vec<u8>> = (0..12).map(|function| families[function % families.len()].clone()).collect();
        let order = best(&bodies);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..12).collect::<Vec<_>>(), "each function once");
        let changes = order.windows(2).filter(|two| two[0] % 3 != two[1] % 3).count();
        assert_eq!(changes, 2, "{order:?}");
        assert_eq!(order, best(&bodies), "the same in every run");
    }
}
