//! Where the search for an order begins: each function behind one that looks like it.

use std::collections::HashMap;

/// How many bytes are compared at once.
const PIECE: usize = 6;

/// The functions one by one: the largest first, then always the one that shares most pieces with the one before, for its
/// length.
pub(super) fn chain(bodies: &[Vec<u8>]) -> Vec<usize> {
    let pieces: Vec<Vec<(u32, u32)>> = bodies.iter().map(|body| pieces(body)).collect();
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    left.sort_by_key(|function| bodies[*function].len());
    let mut order: Vec<usize> = left.pop().into_iter().collect();
    while let Some(last) = order.last().copied().filter(|_| !left.is_empty()) {
        let score = |function: usize| {
            #[allow(clippy::cast_precision_loss, reason = "a few thousand")]
            let length = bodies[function].len().max(1) as f64;
            f64::from(shared(&pieces[last], &pieces[function])) / length.sqrt()
        };
        let (mut next, mut best) = (0, -1.0);
        for (place, function) in left.iter().enumerate() {
            let score = score(*function);
            if score > best {
                (next, best) = (place, score);
            }
        }
        order.push(left.remove(next));
    }
    order
}

/// The pieces of a function in order, by a number for each (two may share one), and how often it has each.
fn pieces(body: &[u8]) -> Vec<(u32, u32)> {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for piece in body.windows(PIECE) {
        *counts.entry(piece.iter().fold(0, |so_far, byte| so_far << 5 ^ u32::from(*byte))).or_default() += 1;
    }
    let mut pieces: Vec<_> = counts.into_iter().collect();
    pieces.sort_unstable();
    pieces
}

/// How many pieces two functions share.
fn shared(one: &[(u32, u32)], other: &[(u32, u32)]) -> u32 {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut shared = 0;
    while let (Some(&&(a, a_count)), Some(&&(b, b_count))) = (one.peek(), other.peek()) {
        if a == b {
            shared += a_count.min(b_count);
        }
        if a <= b {
            one.next();
        }
        if b <= a {
            other.next();
        }
    }
    shared
}
