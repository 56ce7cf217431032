//! The content of JSON strings: decoded, cut and written.

use alloc::vec::Vec;

/// The UTF-16 unit of `\uXXXX` at the start of `at`.
pub(super) fn hex_unit(at: &[u8]) -> Option<u16> {
    let digits = at.get(2..6)?;
    let mut unit = 0_u16;
    for digit in digits {
        let value = match digit {
            b'0'..=b'9' => digit.wrapping_sub(b'0'),
            b'a'..=b'f' => digit.wrapping_sub(b'a').wrapping_add(10),
            b'A'..=b'F' => digit.wrapping_sub(b'A').wrapping_add(10),
            _ => return None,
        };
        unit = unit.wrapping_shl(4) | u16::from(value);
    }
    Some(unit)
}

/// Takes a piece of text and the position after it, and says whether to go on.
type Emit<'e> = &'e mut dyn FnMut(usize, &str) -> bool;

/// U+FFFD, what a lone surrogate becomes.
const REPLACEMENT: &str = "\u{fffd}";

/// Turns the content of strings into text. Half of a surrogate pair at the end of one string waits for
/// the next: providers cut their deltas anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoder {
    /// The high surrogate that waits for its other half.
    pending: Option<u16>,
}

impl Decoder {
    /// Whether half of a pair waits.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        self.pending.is_some()
    }

    /// Decodes the content of a well-formed string and gives its text piece by piece.
    pub fn decode(&mut self, content: &str, mut emit: impl FnMut(&str)) {
        self.walk(content, &mut |_, text| {
            emit(text);
            true
        });
    }

    /// The end of the text: a half that waits will never be whole.
    pub fn finish(&mut self, mut emit: impl FnMut(&str)) {
        if self.pending.take().is_some() {
            emit(REPLACEMENT);
        }
    }

    /// How many bytes of `content` hold the first `wanted` bytes of its text. An escape that a
    /// pending half completes counts whole.
    #[must_use]
    pub fn position_of(mut self, content: &str, wanted: u64) -> usize {
        let mut decoded = 0_u64;
        let mut position = 0_usize;
        self.walk(content, &mut |after, text| {
            let length = text.len() as u64;
            let left = wanted.saturating_sub(decoded);
            if length > left {
                // A cut falls between characters, so what it falls into is an unescaped run.
                if left > 0 {
                    let run_start = after.saturating_sub(text.len());
                    position = run_start.saturating_add(usize::try_from(left).unwrap_or(usize::MAX));
                }
                return false;
            }
            decoded = decoded.saturating_add(length);
            position = after;
            true
        });
        position
    }

    /// Gives each piece of text with the position after it in `content`, until `emit` says stop. One piece of code
    /// for all: a content is mostly one piece of text.
    #[inline(never)]
    fn walk(&mut self, content: &str, emit: Emit<'_>) {
        let mut at = 0_usize;
        while at < content.len() {
            let rest = content.get(at..).unwrap_or_default();
            // A search for one byte would be a second piece of code beside that for line ends.
            let run = memchr::memchr2(b'\\', b'\\', rest.as_bytes()).unwrap_or(rest.len());
            if run > 0 {
                if self.pending.take().is_some() && !emit(at, REPLACEMENT) {
                    return;
                }
                at = at.saturating_add(run);
                if !emit(at, rest.get(..run).unwrap_or_default()) {
                    return;
                }
                continue;
            }
            let bytes = rest.as_bytes();
            let simple = match bytes.get(1) {
                Some(b'u') => None,
                Some(b'b') => Some("\u{8}"),
                Some(b'f') => Some("\u{c}"),
                Some(b'n') => Some("\n"),
                Some(b'r') => Some("\r"),
                Some(b't') => Some("\t"),
                _ => rest.get(1..2),
            };
            if let Some(text) = simple {
                if self.pending.take().is_some() && !emit(at, REPLACEMENT) {
                    return;
                }
                at = at.saturating_add(2);
                if !emit(at, text) {
                    return;
                }
                continue;
            }
            let unit = hex_unit(bytes).unwrap_or(0xfffd);
            let before = at;
            at = at.saturating_add(6);
            if !self.unit(unit, before, at, emit) {
                return;
            }
        }
    }

    fn unit(&mut self, unit: u16, before: usize, after: usize, emit: Emit<'_>) -> bool {
        let pending = self.pending.take();
        if let (Some(high), 0xdc00..=0xdfff) = (pending, unit) {
            let code = 0x10000_u32
                .wrapping_add(u32::from(high.wrapping_sub(0xd800)).wrapping_shl(10))
                .wrapping_add(u32::from(unit.wrapping_sub(0xdc00)));
            return emit_char(code, after, emit);
        }
        if pending.is_some() && !emit(before, REPLACEMENT) {
            return false;
        }
        match unit {
            0xd800..=0xdbff => {
                self.pending = Some(unit);
                true
            }
            _ => emit_char(u32::from(unit), after, emit),
        }
    }
}

fn emit_char(code: u32, after: usize, emit: Emit<'_>) -> bool {
    let mut buffer = [0; 4];
    let character = char::from_u32(code).unwrap_or('\u{fffd}');
    emit(after, character.encode_utf8(&mut buffer))
}

/// Appends `text` as the content of a JSON string, without quotes.
pub fn escape_into(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend(HEX.get(usize::from(byte >> 4)));
                out.extend(HEX.get(usize::from(byte & 15)));
            }
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use core::fmt::Write as _;
    use proptest::prelude::*;

    fn decode_all(pieces: &[&str]) -> String {
        let mut text = String::new();
        let mut decoder = Decoder::default();
        for piece in pieces {
            decoder.decode(piece, |t| text.push_str(t));
        }
        decoder.finish(|t| text.push_str(t));
        text
    }

    #[test]
    fn halves_of_a_pair_meet_across_strings() {
        assert_eq!(decode_all(&[r"a\ud83d", r"\ude00b"]), "a\u{1f600}b");
        assert_eq!(decode_all(&[r"a\ud83d", "b"]), "a\u{fffd}b");
        assert_eq!(decode_all(&[r"\ude00"]), "\u{fffd}");
        assert_eq!(decode_all(&[r"\ud83d\ud83d\ude00"]), "\u{fffd}\u{1f600}");
    }

    proptest! {
        #[test]
        fn decodes_what_serde_json_wrote(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(decode_all(&[&written[1..written.len() - 1]]), text.clone());
            let mut escaped = Vec::new();
            escape_into(&text, &mut escaped);
            let read: String = serde_json::from_str(&alloc::format!("\"{}\"", core::str::from_utf8(&escaped).unwrap())).unwrap();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn positions_cut_where_the_text_is_cut(text in r#"[a-c"\\\n\u{e9}\u{20ac}\u{1f600}]{0,12}"#, cut in 0_usize..40) {
            let cut = (0..=cut.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap();
            // Every second character written as escapes.
            let mut content = String::new();
            for (i, c) in text.chars().enumerate() {
                if i % 2 == 0 || c < ' ' || c == '"' || c == '\\' {
                    let mut units = [0; 2];
                    for unit in c.encode_utf16(&mut units) {
                        let _ = write!(content, "\\u{unit:04x}");
                    }
                } else {
                    content.push(c);
                }
            }
            let at = Decoder::default().position_of(&content, cut as u64);
            prop_assert_eq!(decode_all(&[&content[..at]]), text[..cut].to_string());
            prop_assert_eq!(decode_all(&[&content[at..]]), text[cut..].to_string());
        }
    }
}
