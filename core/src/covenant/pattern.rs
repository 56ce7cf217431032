//! Patterns of resources, and whether one lies within another.
//!
//! A resource is a text that `/` cuts into segments. A pattern is one, too, with two signs: `*` within a segment stands
//! for any characters of that segment, none included, and `**` as the whole last segment for one or more segments. A
//! segment with `*` never matches an empty one. Everything else stands for itself, byte for byte: no case is folded, no
//! escape is decoded.
//!
//! So one pattern lies within another (every resource of the first is one of the second) exactly if the second matches
//! the first *as it is written*, `**` at its end aside: `*` is a character like any other in a resource, and in a
//! pattern no literal has it, so where the second takes the first's `*` it does so by a `*` of its own, which takes
//! whatever the first's `*` stands for. That costs one match; so does the question whether a pattern matches.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "permission-index")]
use super::words::same_short;
use super::words::{WIDE, has_slash, is_suspect, same};
use crate::numeric::digits;

/// Bytes of a pattern, at most.
pub const MAX_PATTERN_BYTES: u32 = 1024;
/// Bytes of a resource, at most.
pub const MAX_RESOURCE_BYTES: u32 = 4096;

/// Which resources: `docs/**`, `reports/*/2026-*.csv`, `search`.
///
/// ```
/// use interlock_core::covenant::Pattern;
///
/// let reports = Pattern::new("reports/*/2026-*.csv")?;
/// assert!(reports.matches("reports/berlin/2026-11.csv"));
/// assert!(!reports.matches("reports/berlin/old/2026-11.csv"));
/// assert!(reports.is_within(&Pattern::new("reports/**")?));
/// assert!(!Pattern::new("reports/**")?.is_within(&reports));
/// # Ok::<(), interlock_core::covenant::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: Box<str>,
    /// Bytes of the text before `**`, all of it where there is none. Numbers in few bytes: many patterns are looked at
    /// in any order, and each should lie in one line of a cache. [`MAX_PATTERN_BYTES`] bounds them.
    fixed: u16,
    /// Bytes of it before the first `*`.
    head: u16,
    /// Bytes of that before the segment with the `*`; all of it where there is no `*`.
    folder: u16,
    /// What follows the head.
    rest: Rest,
}

/// What follows the text before the first `*`: the usual forms are matched in a few steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    Nothing,
    /// `**`.
    Open,
    /// `*` and the end of the last segment. Whether the segment begins with the `*`.
    Star { is_whole: bool },
    /// Anything else.
    Signs,
}

/// Why a text is no pattern or no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It is empty or too long.
    Length {
        /// Its bytes.
        bytes: u64,
        /// How many there may be.
        bound: u32,
    },
    /// A control character.
    Control {
        /// The byte at which it stands.
        offset: u64,
    },
    /// A segment `.` or `..`, with `\` taken for a separator, too: a path that names something else than it says.
    DotSegment {
        /// The byte at which it starts.
        offset: u64,
    },
    /// `**` that is not the whole last segment.
    Stars {
        /// The byte at which it stands.
        offset: u64,
    },
}

impl PatternError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        let (what, offset) = match self {
            Self::Length { bytes, bound } => {
                return [&digits(*bytes), " bytes are not in 1..=", &digits(u64::from(*bound))].concat();
            }
            Self::Control { offset } => ("a control character", offset),
            Self::DotSegment { offset } => ("a segment . or ..", offset),
            Self::Stars { offset } => ("** that is not the whole last segment", offset),
        };
        [what, " at byte ", &digits(*offset)].concat()
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for PatternError {}

impl Pattern {
    /// The pattern of a text.
    ///
    /// # Errors
    /// [`PatternError`] says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        check_text(text, MAX_PATTERN_BYTES)?;
        let bytes = text.as_bytes();
        let stars = bytes.windows(2).position(|two| two == b"**");
        let fixed = stars.unwrap_or(bytes.len());
        let before = bytes.get(..fixed).unwrap_or_default();
        if stars.is_some()
            && !(fixed.saturating_add(2) == bytes.len() && before.last().is_none_or(|byte| *byte == b'/'))
        {
            return Err(PatternError::Stars { offset: fixed as u64 });
        }
        let head = text.bytes().take(fixed).position(|byte| byte == b'*').unwrap_or(fixed);
        let signs = text.get(head..fixed).unwrap_or_default().as_bytes();
        let is_open = fixed < text.len();
        let behind = signs.get(1..).unwrap_or_default();
        let folder = match (signs.is_empty(), is_open) {
            (true, false) => head,
            _ => bytes
                .get(..head)
                .unwrap_or_default()
                .iter()
                .rposition(|byte| *byte == b'/')
                .map_or(0, |at| at.saturating_add(1)),
        };
        let rest = match (signs.is_empty(), is_open) {
            (true, true) => Rest::Open,
            (true, false) => Rest::Nothing,
            (false, false) if !behind.iter().any(|byte| matches!(byte, b'*' | b'/')) => {
                let before = text.as_bytes().get(..head).unwrap_or_default();
                Rest::Star { is_whole: before.last().is_none_or(|byte| *byte == b'/') }
            }
            _ => Rest::Signs,
        };
        let short = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX);
        Ok(Self { text: text.into(), fixed: short(fixed), head: short(head), folder: short(folder), rest })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text before the first sign: every resource of the pattern starts with it.
    #[must_use]
    pub fn head(&self) -> &str {
        self.text.get(..usize::from(self.head)).unwrap_or_default()
    }

    /// Whether a text that the pattern matches is a resource. What is the pattern's own text has been checked with it.
    #[inline]
    pub(super) fn is_resource(&self, text: &str) -> bool {
        let all = text.as_bytes();
        let bytes = all.get(usize::from(self.folder)..).unwrap_or_default();
        // Of a little more than needed: what is long enough is looked through in wider steps.
        let more = all.get(usize::from(self.folder).min(all.len().saturating_sub(WIDE))..).unwrap_or(all);
        bytes.is_empty() || !is_suspect(more) || check_closely(bytes).is_ok()
    }

    /// Whether a resource is one of the pattern's. Takes time in proportion to the longer of the two texts.
    #[must_use]
    #[cfg_attr(all(target_arch = "wasm32", not(feature = "permission-index")), inline(never))]
    #[cfg_attr(any(not(target_arch = "wasm32"), feature = "permission-index"), inline)]
    pub fn matches(&self, resource: &str) -> bool {
        let (text, bytes) = (self.text.as_bytes(), resource.as_bytes());
        let (Some((head, signs)), Some((start, behind))) =
            (text.split_at_checked(usize::from(self.head)), bytes.split_at_checked(usize::from(self.head)))
        else {
            return false;
        };
        same(head, start)
            && match self.rest {
                Rest::Nothing => behind.is_empty(),
                // Its segment has begun: it stands behind a `/` or is everything.
                Rest::Open => true,
                Rest::Star { is_whole } => {
                    let suffix = signs.get(1..).unwrap_or_default();
                    let Some((taken, end)) = behind.split_at_checked(behind.len().wrapping_sub(suffix.len())) else {
                        return false;
                    };
                    same(end, suffix) && !has_slash(taken) && !(is_whole && behind.is_empty())
                }
                Rest::Signs => self.matches_signs(behind),
            }
    }

    /// Whether it has no signs: only the resource that is its text is one of its.
    #[inline]
    #[must_use]
    pub const fn is_literal(&self) -> bool {
        matches!(self.rest, Rest::Nothing)
    }

    /// Whether it is a `*` in the last segment between two texts, and so are these. What the `*` stands for has no `/`.
    #[cfg(feature = "permission-index")]
    #[inline]
    pub(super) fn is_between(&self, before: &[u8], taken: &[u8], behind: &[u8]) -> bool {
        let Rest::Star { is_whole } = self.rest else { return false };
        let Some((head, signs)) = self.text.as_bytes().split_at_checked(usize::from(self.head)) else { return false };
        let is_empty = taken.is_empty() && behind.is_empty();
        same_short(head, before) && same(signs.get(1..).unwrap_or_default(), behind) && !(is_whole && is_empty)
    }

    /// Whether it ends in `**`.
    pub(super) const fn is_open(&self) -> bool {
        (self.fixed as usize) < self.text.len()
    }

    /// Matches what follows the head.
    #[inline(never)]
    fn matches_signs(&self, resource: &[u8]) -> bool {
        let text = self.text.as_bytes();
        let pattern = text.get(usize::from(self.head)..usize::from(self.fixed)).unwrap_or_default();
        // The head may end within a segment, which is not empty then.
        let mut is_whole = matches!(self.head().as_bytes(), [] | [.., b'/']);
        // Of `a/*/**` the text before `**` ends in an empty segment that is none.
        let mut wanted = Some(pattern.strip_suffix(b"/").filter(|_| self.is_open()).unwrap_or(pattern));
        let mut segments = Some(resource);
        loop {
            let (Some(pattern), Some(resource)) = (wanted, segments) else {
                return wanted.is_none() && segments.is_some() == self.is_open();
            };
            let (segment, rest) = cut(resource, b'/');
            segments = rest;
            let (pattern, rest) = cut(pattern, b'/');
            wanted = rest;
            if !matches_segment(pattern, segment, is_whole) {
                return false;
            }
            is_whole = true;
        }
    }

    /// Whether every resource of this pattern is one of another's.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        if !self.is_open() {
            return other.matches(&self.text);
        }
        // What is open lies only within what is open from there on or before: the shortest resources decide, with a
        // last segment that only `**` takes, an empty one.
        other.is_open() && other.matches(self.text.get(..usize::from(self.fixed)).unwrap_or_default())
    }
}

/// What stands before the first of a byte, and what behind it.
fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let end = text.iter().position(|byte| *byte == at).unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end.saturating_add(1)..))
}

/// Whether a segment is one of the pattern's. The leftmost place for each piece between stars leaves the most for those
/// behind it, so no place is tried twice.
fn matches_segment(pattern: &[u8], segment: &[u8], is_whole: bool) -> bool {
    let (first, Some(mut rest)) = cut(pattern, b'*') else { return pattern == segment };
    let Some(mut left) = segment.strip_prefix(first) else { return false };
    loop {
        let (piece, Some(behind)) = cut(rest, b'*') else {
            return left.ends_with(rest) && !(is_whole && segment.is_empty());
        };
        let Some(after) = behind_first(left, piece) else { return false };
        left = after;
        rest = behind;
    }
}

/// What stands behind the first place of a piece: Knuth, Morris and Pratt's search, which looks at no byte twice.
fn behind_first<'t>(text: &'t [u8], piece: &[u8]) -> Option<&'t [u8]> {
    // For each prefix of the piece how much of its end is a prefix, too.
    let mut borders: Vec<usize> = Vec::new();
    let longer = |borders: &[usize], mut matched: usize, byte: u8| loop {
        if piece.get(matched) == Some(&byte) {
            return matched.saturating_add(1);
        }
        let Some(shorter) = matched.checked_sub(1).and_then(|last| borders.get(last)) else { return 0 };
        matched = *shorter;
    };
    let mut matched = 0;
    for byte in piece {
        // Of one byte nothing shorter is both.
        matched = if borders.is_empty() { 0 } else { longer(&borders, matched, *byte) };
        borders.push(matched);
    }
    matched = 0;
    for (at, byte) in text.iter().enumerate() {
        matched = longer(&borders, matched, *byte);
        if matched == piece.len() {
            return text.get(at.saturating_add(1)..);
        }
    }
    None
}

/// Checks that a text names a resource: 1 to [`MAX_RESOURCE_BYTES`] bytes, no control characters, and no segment `.` or
/// `..`, also not between `\`. A host whose resources have escapes decodes them before it asks.
///
/// # Errors
/// [`PatternError`] says what is wrong with it.
#[inline]
pub fn check_resource(resource: &str) -> Result<(), PatternError> {
    check_text(resource, MAX_RESOURCE_BYTES)
}

#[inline]
fn check_text(text: &str, bound: u32) -> Result<(), PatternError> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > bound as usize {
        return Err(PatternError::Length { bytes: bytes.len() as u64, bound });
    }
    if is_suspect(bytes) { check_closely(bytes) } else { Ok(()) }
}

#[cold]
#[inline(never)]
fn check_closely(bytes: &[u8]) -> Result<(), PatternError> {
    if let Some(at) = bytes.iter().position(u8::is_ascii_control) {
        return Err(PatternError::Control { offset: at as u64 });
    }
    let mut start = 0_usize;
    for segment in bytes.split(|byte| matches!(byte, b'/' | b'\\')) {
        if matches!(segment, b"." | b"..") {
            return Err(PatternError::DotSegment { offset: start as u64 });
        }
        start = start.saturating_add(segment.len()).saturating_add(1);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition: every way to share the segment out among the stars.
    fn plain_segment(pattern: &[u8], segment: &[u8]) -> bool {
        match pattern.split_first() {
            None => segment.is_empty(),
            Some((b'*', rest)) => (0..=segment.len()).any(|at| plain_segment(rest, segment.get(at..).unwrap())),
            Some((byte, rest)) => {
                segment.split_first().is_some_and(|(it, left)| it == byte && plain_segment(rest, left))
            }
        }
    }

    fn plain(pattern: &str, resource: &str) -> bool {
        let mut wanted: Vec<&str> = pattern.split('/').collect();
        let segments: Vec<&str> = resource.split('/').collect();
        let is_open = wanted.last() == Some(&"**");
        if is_open {
            wanted.pop();
        }
        let enough = if is_open { segments.len() > wanted.len() } else { segments.len() == wanted.len() };
        enough
            && wanted.iter().zip(&segments).all(|(wanted, segment)| {
                plain_segment(wanted.as_bytes(), segment.as_bytes()) && !(wanted.contains('*') && segment.is_empty())
            })
    }

    /// Every text over `ab*/` up to a length, with segments of any kind.
    fn texts(longest: usize) -> Vec<String> {
        let mut all = Vec::from([String::new()]);
        let mut from = 0;
        for _ in 0..longest {
            let until = all.len();
            for at in from..until {
                for sign in ['a', 'b', '*', '/'] {
                    let mut text = all.get(at).unwrap().clone();
                    text.push(sign);
                    all.push(text);
                }
            }
            from = until;
        }
        all
    }

    /// Inclusion by the definition, over every resource up to seven signs: longer than any two patterns of four
    /// need to differ.
    #[test]
    fn within_is_what_the_definition_says() {
        let patterns: Vec<Pattern> = texts(4).iter().filter_map(|text| Pattern::new(text).ok()).collect();
        assert!(patterns.len() > 100);
        let resources: Vec<String> = texts(7).into_iter().filter(|text| check_resource(text).is_ok()).collect();
        let members: Vec<Vec<u64>> = patterns
            .iter()
            .map(|pattern| {
                let words = resources.chunks(64).map(|chunk| {
                    chunk.iter().enumerate().fold(0, |bits, (at, it)| bits | u64::from(pattern.matches(it)) << at)
                });
                words.collect()
            })
            .collect();
        for (one, ones) in patterns.iter().zip(&members) {
            for (other, others) in patterns.iter().zip(&members) {
                let is_within = ones.iter().zip(others).all(|(one, other)| one & !other == 0);
                assert_eq!(one.is_within(other), is_within, "{} within {}", one.as_str(), other.as_str());
            }
        }
    }

    #[test]
    fn what_is_refused() {
        for (text, error) in [
            ("", PatternError::Length { bytes: 0, bound: 1024 }),
            ("a/../b", PatternError::DotSegment { offset: 2 }),
            ("..", PatternError::DotSegment { offset: 0 }),
            ("a\\.", PatternError::DotSegment { offset: 2 }),
            ("a\n", PatternError::Control { offset: 1 }),
            ("a/**/b", PatternError::Stars { offset: 2 }),
            ("a/b**", PatternError::Stars { offset: 3 }),
            ("a/***", PatternError::Stars { offset: 2 }),
        ] {
            assert_eq!(Pattern::new(text), Err(error), "{text}");
        }
        assert_eq!(check_resource("a/../b"), Err(PatternError::DotSegment { offset: 2 }));
        assert_eq!(check_resource(".../.a/a."), Ok(()));
    }

    proptest! {
        #[test]
        fn eight_bytes_at_a_time_find_what_one_does(text in r"[./\\a\x01\x1f \x7fé-]{1,30}|[./\\a]{1,30}|[./a0]{1,30}") {
            prop_assert_eq!(check_resource(&text), check_closely(text.as_bytes()));
        }

        #[test]
        fn matches_what_the_definition_says(pattern in "[ab*/]{1,10}|[ab*/]{0,6}/\\*\\*", resource in "[ab*/é]{1,12}") {
            if let Ok(compiled) = Pattern::new(&pattern) {
                prop_assert_eq!(compiled.matches(&resource), plain(&pattern, &resource), "{} {}", pattern, resource);
            }
        }
    }
}
