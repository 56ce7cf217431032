//! Cutting the text of a channel into segments.

use crate::policy::{SegmentPolicy, SegmentUnit};

/// How far a text was searched for the end of a segment, so that every byte is looked at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Bytes that were looked at and hold no end.
    scanned: usize,
    /// Something other than white space is among them.
    has_words: bool,
}

/// Where the next segment of `text` ends, if that is known yet.
///
/// A sentence ends after `.`, `!`, `?` or `…` and the closing quotes and brackets behind it when white space
/// follows, after a full stop of CJK scripts when anything but such a closing follows, and after a line
/// feed. It never ends before its first character that is not white space.
pub(super) fn next_end(text: &str, progress: &mut Progress, policy: SegmentPolicy) -> Option<usize> {
    let most = usize::try_from(policy.max_bytes).unwrap_or(usize::MAX);
    match policy.unit {
        SegmentUnit::Delta => (!text.is_empty()).then_some(text.len()),
        SegmentUnit::Bytes => (text.len() >= most).then(|| boundary_at_or_before(text, most)),
        SegmentUnit::Sentence => {
            let full = text.len() >= most;
            let window = if full { boundary_at_or_before(text, most) } else { text.len() };
            sentence_end(text.get(..window).unwrap_or_default(), progress).or(full.then_some(window))
        }
    }
}

/// The largest character boundary that is at most `at`, and not 0.
fn boundary_at_or_before(text: &str, at: usize) -> usize {
    let mut end = at.min(text.len());
    while end > 0 && !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end }
}

/// What has been seen of a sentence's end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    /// A terminator that counts when white space follows.
    Stop,
    /// A terminator that counts by itself.
    FullStop,
}

impl Seen {
    /// The stronger of two terminators in one run.
    fn and(self, other: Self) -> Self {
        if self == Self::FullStop { self } else { other }
    }
}

fn sentence_end(text: &str, progress: &mut Progress) -> Option<usize> {
    let from = progress.scanned;
    let mut seen = Seen::Nothing;
    // A run of terminators and closings at the end is looked at again when more text is there.
    let mut resume = *progress;
    for (offset, character) in text.get(from..).unwrap_or_default().char_indices() {
        let at = from.saturating_add(offset);
        let after = at.saturating_add(character.len_utf8());
        if character == '\n' && (resume.has_words || seen != Seen::Nothing) {
            return Some(after);
        }
        let next = match character {
            '.' | '!' | '?' | '\u{2026}' => seen.and(Seen::Stop),
            '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\u{ff0e}' => Seen::FullStop,
            '"' | '\'' | ')' | ']' | '}' | '\u{bb}' | '\u{2019}' | '\u{201d}' | '\u{300d}' | '\u{300f}'
            | '\u{ff09}' => seen,
            _ if seen == Seen::FullStop || (seen == Seen::Stop && is_white_space(character)) => return Some(at),
            _ => Seen::Nothing,
        };
        if next == Seen::Nothing {
            resume = Progress {
                scanned: after,
                has_words: resume.has_words || seen != Seen::Nothing || !is_white_space(character),
            };
        }
        seen = next;
    }
    *progress = resume;
    None
}

/// Unicode `White_Space`: a property that no longer changes.
pub(super) const fn is_white_space(character: char) -> bool {
    matches!(
        character,
        '\u{9}'..='\u{d}'
            | ' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    use proptest::prelude::*;

    const SENTENCE: SegmentPolicy = SegmentPolicy { unit: SegmentUnit::Sentence, max_bytes: 64 };

    fn cut(pieces: &[&str], policy: SegmentPolicy) -> Vec<String> {
        let mut open = String::new();
        let mut progress = Progress::default();
        let mut segments = Vec::new();
        for piece in pieces {
            open.push_str(piece);
            while let Some(end) = next_end(&open, &mut progress, policy) {
                segments.push(open[..end].to_string());
                open.drain(..end);
                progress = Progress::default();
            }
        }
        if !open.is_empty() {
            segments.push(open);
        }
        segments
    }

    #[test]
    fn sentences_end_where_readers_end_them() {
        assert_eq!(
            cut(&["One. Two (2.5)? \"Three!\" Four"], SENTENCE),
            ["One.", " Two (2.5)?", " \"Three!\"", " Four"]
        );
        assert_eq!(
            cut(&["\u{65e5}\u{672c}\u{3002}\u{8a9e}\u{3002}"], SENTENCE),
            ["\u{65e5}\u{672c}\u{3002}", "\u{8a9e}\u{3002}"]
        );
        assert_eq!(cut(&["\n\n# Title\n\ntext"], SENTENCE), ["\n\n# Title\n", "\ntext"]);
    }

    #[test]
    fn a_long_sentence_is_cut_at_a_character() {
        let text = "\u{e9}".repeat(100);
        let segments = cut(&[&text], SENTENCE);
        assert!(segments.iter().all(|segment| segment.len() <= 64));
        assert_eq!(segments.concat(), text);
    }

    proptest! {
        #[test]
        fn the_cut_into_pieces_changes_no_sentence(
            parts in prop::collection::vec(prop::sample::select(["a", ".", "!", " ", "\n", "\"", "\u{3002}", "\u{300d}", "\u{e9}", "3"].as_slice()), 0..80),
            unit in prop::sample::select([SegmentUnit::Sentence, SegmentUnit::Bytes].as_slice()),
        ) {
            let policy = SegmentPolicy { unit, max_bytes: 16 };
            let text = parts.concat();
            let whole = cut(&[&text], policy);
            prop_assert_eq!(&cut(&parts, policy), &whole);
            prop_assert_eq!(whole.concat(), text);
        }
    }
}
