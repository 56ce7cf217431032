//! The matches that gzip finds.

/// How far gzip looks back.
pub(super) const WINDOW: usize = 32_768;
/// The shortest match that is looked for: shorter ones save next to nothing.
pub(super) const SHORTEST: usize = 4;
pub(super) const LONGEST: usize = 258;
/// Stands for no place.
pub(super) const NONE: u32 = u32::MAX;

/// The longest of the last matches of what stands from `at` to the end of `bytes`: how long it is, 0 where there is none, and
/// how far back. `candidate` is the last place with the same beginning, `before` gives by place the one before it, and so
/// many of them are tried.
pub(super) fn longest(bytes: &[u8], before: &[u32], at: usize, mut candidate: u32, tries: u32) -> (usize, usize) {
    let rest = bytes.get(at..).unwrap_or_default();
    let (mut longest, mut distance) = (0, 1);
    for _ in 0..tries {
        let from = candidate as usize;
        if candidate == NONE || at - from >= WINDOW {
            break;
        }
        if rest.get(longest).is_some_and(|byte| *byte == bytes[from + longest]) {
            let length = same(rest, &bytes[from..]);
            if length > longest {
                (longest, distance) = (length, at - from);
            }
        }
        candidate = before[from];
    }
    if longest < SHORTEST { (0, 1) } else { (longest, distance) }
}

/// How many bytes two texts begin with alike.
fn same(one: &[u8], other: &[u8]) -> usize {
    let mut length = 0;
    for (one, other) in one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0) {
        let differ = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if differ != 0 {
            return length + differ.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length + one[length..].iter().zip(&other[length..]).take_while(|(one, other)| one == other).count()
}
