//! Where the texts of a pattern stand, and what stands there in a resource.

use alloc::vec::Vec;

use super::hash::hash;
use super::pattern::Pattern;
use super::words::{behind_slashes, has_slash, same};

/// In place of the bytes behind the last `*` of a segment: the pattern ends with `**`.
const OPEN: u16 = u16::MAX;

/// A segment with `*`, in four times sixteen bits: the `/` from the last such segment, or the start, to this one; the bytes
/// before its first `*`; those behind its last; and those of the text between two `*` that counts, 0 for none.
/// [`MAX_PATTERN_BYTES`](super::MAX_PATTERN_BYTES) bounds them all.
type Step = u64;

#[allow(clippy::cast_possible_truncation, reason = "sixteen bits each")]
#[inline]
fn parts(step: Step) -> [u16; 4] {
    [(step >> 48) as u16, (step >> 32) as u16, (step >> 16) as u16, step as u16]
}

/// Where the texts of a pattern stand. In their order the permissions are preferred: those without `*`, then those with
/// the fewest `/` before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    steps: Vec<Step>,
    /// Whether the last of them is the last segment, too.
    ends_in_star: bool,
}

/// How a resource is cut as a shape says: the usual ones in a few steps.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// Not at all.
    Whole,
    /// So many bytes into its last segment, and before so many at its end.
    Last { ahead: u16, behind: u16 },
    /// By [`Shape::key`].
    Steps,
}

/// What a shape cuts out of a resource.
pub(super) struct Key<'t> {
    pub(super) hash: u64,
    /// The part of a segment in which a text may stand anywhere, and the length of that.
    pub(super) within: Option<(&'t [u8], usize)>,
    /// The first texts that it cuts out.
    cuts: [&'t [u8]; CUTS],
}

/// So many texts are compared as they were cut out. Few patterns have more.
const CUTS: usize = 4;

impl Shape {
    /// The shape of a pattern, and its text between two `*` that counts.
    pub(super) fn of(pattern: &Pattern) -> (Self, &[u8]) {
        let mut steps: Vec<Step> = Vec::new();
        let text = pattern.as_str().as_bytes();
        let (mut slashes, mut segment, mut best, mut of_best) = (0_usize, 0_usize, &[][..], 0);
        let (mut first, mut last) = (None, 0_usize);
        let mut ends_in_star = false;
        for at in 0..=text.len() {
            match text.get(at) {
                Some(b'*') => {
                    let piece = text.get(last..at).unwrap_or_default();
                    if first.is_some() && piece.len() > best.len() {
                        (best, of_best) = (piece, steps.len());
                    }
                    first = first.or(Some(at));
                    last = at.saturating_add(1);
                }
                None | Some(b'/') => {
                    ends_in_star = first.is_some();
                    if let Some(first) = first.take() {
                        let step = [slashes, first.saturating_sub(segment), at.saturating_sub(last), 0];
                        steps.push(step.iter().fold(0, |step, part| step << 16 | *part as u64));
                        slashes = 0;
                    }
                    slashes = slashes.saturating_add(1);
                    segment = at.saturating_add(1);
                }
                _ => {}
            }
        }
        if let Some(step) = steps.get_mut(of_best) {
            *step |= best.len() as u64;
        }
        if pattern.is_open()
            && let Some(step) = steps.last_mut()
        {
            *step |= u64::from(OPEN) << 16;
        }
        (Self { steps, ends_in_star }, best)
    }

    /// How a resource is cut.
    pub(super) fn way(&self) -> Way {
        match self.steps.as_slice() {
            [] => Way::Whole,
            [step] if self.ends_in_star => match parts(*step) {
                [_, ahead, behind, 0] if behind != OPEN => Way::Last { ahead, behind },
                _ => Way::Steps,
            },
            _ => Way::Steps,
        }
    }

    /// The `/` before the first `*`, and one; 0 where there is no `*`.
    #[inline]
    pub(super) fn depth(&self) -> u64 {
        self.steps.first().map_or(0, |step| (step >> 48).wrapping_add(1))
    }

    /// What it cuts out of a resource, or of a pattern of this shape; none where no pattern of this shape matches, for that has
    /// too few segments, too many, or too short ones.
    #[inline]
    pub(super) fn key<'t>(&self, seed: u64, text: &'t [u8]) -> Option<Key<'t>> {
        let mut key = Key { hash: seed, within: None, cuts: [&[]; CUTS] };
        let mut cuts = key.cuts.iter_mut();
        let mut cut = |hash: &mut u64, piece: &'t [u8]| {
            *hash = self::hash(*hash, piece);
            if let Some(cut) = cuts.next() {
                *cut = piece;
            }
        };
        // The segment begins behind `known` of the `/` that lead to it.
        let (mut from, mut segment, mut known) = (0, 0, 0);
        let mut left = self.steps.len();
        for step in &self.steps {
            let [slashes, ahead, behind, length] = parts(*step);
            left = left.wrapping_sub(1);
            segment = behind_slashes(text, segment, u32::from(slashes).checked_sub(known)?)?;
            let star = segment.saturating_add(usize::from(ahead));
            cut(&mut key.hash, text.get(from..star)?);
            if behind == OPEN {
                return Some(key);
            }
            let is_last = self.ends_in_star && left == 0;
            let next = if is_last { None } else { Some(behind_slashes(text, segment, 1)?) };
            let end = next.map_or(text.len(), |next| next.saturating_sub(1));
            from = end.checked_sub(usize::from(behind))?;
            let stars = text.get(star..from)?;
            if (is_last && has_slash(stars)) || end == segment {
                return None;
            }
            if length > 0 {
                key.within = Some((stars, usize::from(length)));
            }
            (segment, known) = (next.unwrap_or(end), 1);
        }
        cut(&mut key.hash, text.get(from..)?);
        Some(key)
    }

    /// Whether a pattern is what a resource was cut into, with `*` where it was cut and with a text between two of them: then it
    /// matches. It may match if it is not.
    #[inline]
    pub(super) fn is_cut_as(&self, key: &Key<'_>, within: &[u8], pattern: &[u8]) -> bool {
        let mut rest = pattern;
        let mut steps = self.steps.iter();
        for cut in &key.cuts {
            let Some(signs) = behind(rest, cut) else { return false };
            let Some(step) = steps.next() else { return signs.is_empty() };
            let [_, _, bytes_behind, length] = parts(*step);
            if bytes_behind == OPEN {
                return signs == b"**";
            }
            let Some(after) = signs.strip_prefix(b"*") else { return false };
            rest = after;
            if length > 0 {
                let Some(after) = behind(after, within).and_then(|signs| signs.strip_prefix(b"*")) else {
                    return false;
                };
                rest = after;
            }
        }
        false
    }
}

/// What stands behind a text that another begins with.
#[inline]
fn behind<'t>(text: &'t [u8], start: &[u8]) -> Option<&'t [u8]> {
    let (own, behind) = text.split_at_checked(start.len())?;
    same(own, start).then_some(behind)
}
