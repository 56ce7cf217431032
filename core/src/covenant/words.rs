//! Short texts, looked at eight bytes at a time: most resources and segments are no longer than a few words.

/// From so many bytes on sixteen are looked at at a time, with the one before each. Not without vectors.
#[cfg(feature = "permission-index")]
pub(super) const WIDE: usize = if cfg!(target_arch = "wasm32") { 0 } else { 17 };

/// Whether a text may have something that no resource has.
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::needless_bitwise_bool, reason = "for vectors: what is lazy has branches")]
#[inline]
pub(super) fn is_suspect(bytes: &[u8]) -> bool {
    let (Some(first), Some((_, last))) = (bytes.first_chunk::<WIDE>(), bytes.split_last_chunk::<WIDE>()) else {
        return is_suspect_by_words(bytes);
    };
    let suspect = |bytes: &[u8; WIDE]| {
        let [before @ .., _] = bytes;
        let [_, these @ ..] = bytes;
        before.iter().zip(these).fold(false, |any, (before, byte)| {
            let is_control = (*byte < b' ') | (*byte == 0x7f);
            any | is_control | ((*byte == b'.') & ((*before == b'/') | (*before == b'\\')))
        })
    };
    let [start, ..] = first;
    // The start is as good as a separator.
    let mut found = (*start < b' ') | (*start == 0x7f) | (*start == b'.') | suspect(last);
    let mut rest = bytes;
    while rest.len() > WIDE
        && let Some(chunk) = rest.first_chunk::<WIDE>()
    {
        found |= suspect(chunk);
        rest = rest.get(16..).unwrap_or_default();
    }
    found
}

/// The same, eight bytes at a time.
#[cfg(target_arch = "wasm32")]
pub(super) use is_suspect_by_words as is_suspect;

#[cfg_attr(all(target_arch = "wasm32", not(feature = "permission-index")), inline(never))]
pub(super) fn is_suspect_by_words(bytes: &[u8]) -> bool {
    // Of each byte the high bit counts. The start is as good as a separator.
    let mut separators = 0x80;
    let mut suspect = 0;
    let mut look = |word: u64| {
        // Below a blank, and maybe a blank above such.
        let controls = word.wrapping_sub(ALL << 5) & !word;
        let here = zeros(word ^ ALL.wrapping_mul(0x2f)) | zeros(word ^ ALL.wrapping_mul(0x5c));
        let dots = zeros(word ^ ALL.wrapping_mul(0x2e)) & (here << 8 | separators);
        suspect |= controls | zeros(word ^ ALL.wrapping_mul(0x7f)) | dots;
        separators = here >> 56;
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        look(u64::from_le_bytes(*word));
    }
    // Blanks behind the end.
    look(last_word(bytes, rest) | ALL << 5 << bits(rest.len()));
    suspect & ALL << 7 != 0
}

/// The fewer than eight bytes that are left at the end of a text, lowest first, and zeros behind them.
#[cfg_attr(all(target_arch = "wasm32", not(feature = "permission-index")), inline(never))]
#[cfg_attr(any(not(target_arch = "wasm32"), feature = "permission-index"), inline)]
fn last_word(text: &[u8], rest: &[u8]) -> u64 {
    if text.len() >= 8 {
        // In two steps: there may be none.
        return word_at(text, text.len().wrapping_sub(8)) >> 8 >> bits(7_usize.wrapping_sub(rest.len()));
    }
    // Both ends, which meet or lap over in the middle.
    if let Some(behind) = rest.len().checked_sub(4) {
        return half_at(rest, 0) | half_at(rest, behind) << bits(behind);
    }
    let byte = |at: usize| rest.get(at).copied().map_or(0, u64::from) << bits(at);
    byte(0) | byte(rest.len() / 2) | byte(rest.len().saturating_sub(1))
}

/// Eight bytes from a place on, lowest first, of a text that has them.
#[inline]
fn word_at(text: &[u8], at: usize) -> u64 {
    text.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u64::from_le_bytes(*word))
}

/// As [`word_at`], of four.
#[inline]
fn half_at(text: &[u8], at: usize) -> u64 {
    text.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |half| u64::from(u32::from_le_bytes(*half)))
}

/// Of so many bytes [`end`] has all.
#[cfg(feature = "permission-index")]
pub(super) const END_BYTES: usize = 8;

/// The last eight bytes of a text, or all of a shorter one: texts of the same length that differ there differ in it.
#[cfg_attr(all(target_arch = "wasm32", not(feature = "permission-index")), inline(never))]
#[cfg_attr(any(not(target_arch = "wasm32"), feature = "permission-index"), inline)]
pub(super) fn end(text: &[u8]) -> u64 {
    let length = text.len();
    // Asked for the length first: what looks for bytes that may not be there takes as long as the rest.
    if length >= 8 {
        return word_at(text, length.wrapping_sub(8));
    }
    if length >= 4 {
        return half_at(text, 0) << 32 | half_at(text, length.wrapping_sub(4));
    }
    let byte = |at: usize| text.get(at).copied().map_or(0, u64::from);
    byte(0) | byte(length / 2) << 8 | byte(length.saturating_sub(1)) << 16
}

/// Of so many bytes [`words`] has all.
#[cfg(feature = "permission-index")]
pub(super) const WORDS_BYTES: usize = 32;

/// All of a text of at most [`WORDS_BYTES`]: the words at its start and those at its end, which meet or lap over. Texts of the
/// same length that differ differ in it. Most texts are short, and no loop is faster.
#[cfg(feature = "permission-index")]
#[inline]
pub(super) fn words(text: &[u8]) -> [u64; 4] {
    let length = text.len();
    if length >= 16 {
        let [third, last] = [16, 8].map(|back| word_at(text, length.wrapping_sub(back)));
        return [word_at(text, 0), last, word_at(text, 8), third];
    }
    if length >= 8 {
        return [word_at(text, 0), end(text), 0, 0];
    }
    [end(text), 0, 0, 0]
}

/// Whether two texts are the same. Most are short: a call of the library's comparison takes longer.
#[cfg_attr(all(target_arch = "wasm32", not(feature = "permission-index")), inline(never))]
#[cfg_attr(any(not(target_arch = "wasm32"), feature = "permission-index"), inline)]
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut differ = end(one) ^ end(other);
    for (word, other) in one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0) {
        differ |= u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other);
    }
    differ == 0
}

/// As [`same`], without a loop where both fit into [`words`].
#[cfg(feature = "permission-index")]
#[inline]
pub(super) fn same_short(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if one.len() > WORDS_BYTES {
        return same(one, other);
    }
    let ([a, b, c, d], [e, f, g, h]) = (words(one), words(other));
    (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h) == 0
}

/// Whether a text has a `/`.
#[cfg(feature = "permission-index")]
#[cfg_attr(all(target_arch = "wasm32", not(feature = "permission-index")), inline(never))]
#[cfg_attr(any(not(target_arch = "wasm32"), feature = "permission-index"), inline)]
pub(super) fn has_slash(text: &[u8]) -> bool {
    let slash = |word: u64| zeros(word ^ ALL.wrapping_mul(0x2f));
    let found =
        text.as_chunks::<8>().0.iter().fold(slash(end(text)), |found, word| found | slash(u64::from_le_bytes(*word)));
    found & ALL << 7 != 0
}

/// Bits of at most seven bytes.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "masked")]
const fn bits(bytes: usize) -> u32 {
    (bytes as u32 & 7) << 3
}

/// Where the last segment begins.
#[cfg(feature = "permission-index")]
#[inline]
pub(super) fn behind_last_slash(text: &[u8]) -> usize {
    let mut rest = text;
    while let Some((before, word)) = rest.split_last_chunk::<8>() {
        let found = slashes_in(u64::from_le_bytes(*word));
        if found != 0 {
            return rest.len().wrapping_sub((found.leading_zeros() >> 3) as usize);
        }
        rest = before;
    }
    rest.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at.wrapping_add(1))
}

/// The high bit of exactly the bytes that are `/`: a seven-bit sum never carries into the next.
#[cfg(feature = "permission-index")]
#[inline]
const fn slashes_in(word: u64) -> u64 {
    let word = word ^ ALL.wrapping_mul(0x2f);
    let seven = ALL.wrapping_mul(0x7f);
    !((word & seven).wrapping_add(seven) | word | seven)
}

/// What comes behind the so-manieth `/` from a place on; none where there are fewer.
#[cfg(feature = "permission-index")]
#[inline]
pub(super) fn behind_slashes(text: &[u8], from: usize, slashes: u32) -> Option<usize> {
    let mut left = u64::from(slashes);
    if left == 0 {
        return Some(from);
    }
    let rest = text.get(from..)?;
    let mut start = from;
    let (words, end) = rest.as_chunks::<8>();
    let mut words = words.iter();
    loop {
        let (word, is_last) = match words.next() {
            Some(word) => (u64::from_le_bytes(*word), false),
            None => (last_word(rest, end), true),
        };
        let mut found = slashes_in(word);
        let count = (found >> 7).wrapping_mul(ALL) >> 56;
        if count >= left {
            for _ in 1..left {
                found &= found.wrapping_sub(1);
            }
            let within = (found.trailing_zeros() >> 3) as usize;
            return Some(start.saturating_add(within).saturating_add(1));
        }
        if is_last {
            return None;
        }
        left = left.wrapping_sub(count);
        start = start.saturating_add(8);
    }
}

/// One in each of eight bytes.
const ALL: u64 = 0x0101_0101_0101_0101;

/// Of each byte that is zero the high bit, and maybe of one that is 1 above such. The other bits say nothing.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ALL) & !word
}
