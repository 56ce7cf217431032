//! A strict, non-allocating JSON scanner that keeps positions.
//!
//! A dialect must know *where* in the bytes a text stands, so that an event can be passed through
//! unchanged, or cut without being written anew. So this scanner walks a document and hands out ranges;
//! it builds no tree. It accepts exactly the JSON of RFC 8259, in UTF-8, nested at most
//! [`MAX_DEPTH`] deep.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// How deep objects and arrays may be nested.
pub const MAX_DEPTH: u32 = 64;

/// Why bytes are not the JSON that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset in the document.
    pub offset: usize,
    /// What was expected or wrong there.
    pub what: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)
    }
}

impl core::error::Error for JsonError {}

/// What kind of value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    String,
    /// A number.
    Number,
    /// An object.
    Object,
    /// An array.
    Array,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
}

/// Walks one JSON document.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of a document.
    ///
    /// # Errors
    /// [`JsonError`] when the bytes are not UTF-8.
    pub fn new(document: &'a [u8]) -> Result<Self, JsonError> {
        match core::str::from_utf8(document) {
            Ok(text) => Ok(Self { text, at: 0, depth: 0 }),
            Err(error) => Err(JsonError { offset: error.valid_up_to(), what: "invalid UTF-8" }),
        }
    }

    fn error<T>(&self, what: &'static str) -> Result<T, JsonError> {
        Err(JsonError { offset: self.at, what })
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn advance(&mut self, by: usize) {
        self.at = self.at.saturating_add(by);
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.advance(1);
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), JsonError> {
        if self.peek() == Some(byte) {
            self.advance(1);
            return Ok(());
        }
        self.error(what)
    }

    /// The kind of the next value; nothing is consumed but white space.
    ///
    /// # Errors
    /// [`JsonError`] when no value starts here.
    pub fn kind(&mut self) -> Result<Kind, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => Ok(Kind::String),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            _ => self.error("expected a JSON value"),
        }
    }

    /// Where the next value starts, white space skipped.
    pub fn position(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    /// A scanner of the same document, at a position that this one gave out.
    #[must_use]
    pub const fn rewound(&self, position: usize) -> Self {
        Self { text: self.text, at: position, depth: self.depth }
    }

    /// Where the value that was consumed last ends, when it is asked right after it.
    #[must_use]
    pub const fn end_of_last(&self) -> usize {
        self.at
    }

    /// The end of the document: nothing but white space is left.
    ///
    /// # Errors
    /// [`JsonError`] when something is.
    pub fn finish(mut self) -> Result<(), JsonError> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { self.error("unexpected text after the JSON value") }
    }

    /// Walks an object. The visitor gets each key and must consume its value.
    ///
    /// # Errors
    /// [`JsonError`] when this is no well-formed object, or from the visitor.
    pub fn object(&mut self, mut visit: impl FnMut(&mut Self, &str) -> Result<(), JsonError>) -> Result<(), JsonError> {
        self.skip_space();
        self.expect(b'{', "expected an object")?;
        self.enter()?;
        self.skip_space();
        if self.peek() == Some(b'}') {
            return self.leave();
        }
        loop {
            self.skip_space();
            let range = self.string()?;
            let key = self.plain(range);
            self.skip_space();
            self.expect(b':', "expected ':'")?;
            visit(self, &key)?;
            self.skip_space();
            match self.peek() {
                Some(b',') => self.advance(1),
                Some(b'}') => return self.leave(),
                _ => return self.error("expected ',' or '}'"),
            }
        }
    }

    /// Walks an array. The visitor gets each position and must consume the value there.
    ///
    /// # Errors
    /// [`JsonError`] when this is no well-formed array, or from the visitor.
    pub fn array(&mut self, mut visit: impl FnMut(&mut Self, u32) -> Result<(), JsonError>) -> Result<(), JsonError> {
        self.skip_space();
        self.expect(b'[', "expected an array")?;
        self.enter()?;
        self.skip_space();
        if self.peek() == Some(b']') {
            return self.leave();
        }
        let mut index = 0_u32;
        loop {
            visit(self, index)?;
            index = index.saturating_add(1);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.advance(1),
                Some(b']') => return self.leave(),
                _ => return self.error("expected ',' or ']'"),
            }
        }
    }

    fn enter(&mut self) -> Result<(), JsonError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH { self.error("nested too deep") } else { Ok(()) }
    }

    #[allow(clippy::unnecessary_wraps, reason = "the last word of functions that can fail")]
    fn leave(&mut self) -> Result<(), JsonError> {
        self.advance(1);
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }

    /// A string: the range of its content, without the quotes.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed string starts here.
    pub fn string(&mut self) -> Result<Range<usize>, JsonError> {
        self.skip_space();
        self.expect(b'"', "expected a string")?;
        let start = self.at;
        loop {
            let rest = self.rest();
            let Some(stop) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                self.at = self.text.len();
                return self.error("unterminated string");
            };
            self.advance(stop);
            match rest.get(stop) {
                Some(b'"') => {
                    let end = self.at;
                    self.advance(1);
                    return Ok(start..end);
                }
                Some(b'\\') => self.escape(rest.get(stop..).unwrap_or_default())?,
                _ => return self.error("control character in a string"),
            }
        }
    }

    fn escape(&mut self, at: &[u8]) -> Result<(), JsonError> {
        match at.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(2),
            Some(b'u') if hex_unit(at).is_some() => self.advance(6),
            _ => return self.error("invalid escape in a string"),
        }
        Ok(())
    }

    /// A number: its range.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed number starts here.
    pub fn number(&mut self) -> Result<Range<usize>, JsonError> {
        self.skip_space();
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.advance(1);
        }
        match self.peek() {
            Some(b'0') => self.advance(1),
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.error("expected a number"),
        }
        if self.peek() == Some(b'.') {
            self.advance(1);
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.advance(1);
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.advance(1);
            }
            self.digits()?;
        }
        Ok(start..self.at)
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return self.error("expected a digit");
        }
        self.advance(count);
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), JsonError> {
        if self.rest().starts_with(word.as_bytes()) {
            self.advance(word.len());
            return Ok(());
        }
        self.error("expected true, false or null")
    }

    /// Any value: its range.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed value starts here.
    pub fn value(&mut self) -> Result<Range<usize>, JsonError> {
        let kind = self.kind()?;
        let start = self.at;
        match kind {
            Kind::String => self.string().map(drop)?,
            Kind::Number => self.number().map(drop)?,
            Kind::Object => self.object(|json, _| json.skip())?,
            Kind::Array => self.array(|json, _| json.skip())?,
            Kind::Null => self.word("null")?,
            Kind::Bool if self.peek() == Some(b't') => self.word("true")?,
            Kind::Bool => self.word("false")?,
        }
        Ok(start..self.at)
    }

    /// Consumes any value.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed value starts here.
    pub fn skip(&mut self) -> Result<(), JsonError> {
        self.value().map(drop)
    }

    /// A whole number of 32 bits if the next value is one; the value is consumed in every case.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed value starts here.
    pub fn unsigned(&mut self) -> Result<Option<u32>, JsonError> {
        let range = self.value()?;
        Ok(self.slice(range).parse().ok())
    }

    /// A finite double if the next value is a number; the value is consumed in every case.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed value starts here.
    pub fn double(&mut self) -> Result<Option<f64>, JsonError> {
        let is_number = self.kind()? == Kind::Number;
        let range = self.value()?;
        Ok(self.slice(range).parse().ok().filter(|value: &f64| is_number && value.is_finite()))
    }

    /// The text in a range that this scanner gave out.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The content of a string as text: a key, say. Lone surrogates become U+FFFD.
    fn plain(&self, range: Range<usize>) -> Cow<'a, str> {
        let raw = self.slice(range);
        if !raw.contains('\\') {
            return Cow::Borrowed(raw);
        }
        let mut text = String::new();
        let mut decoder = Decoder::default();
        decoder.decode(raw, |piece| text.push_str(piece));
        decoder.finish(|piece| text.push_str(piece));
        Cow::Owned(text)
    }
}

/// The UTF-16 unit of `\uXXXX` at the start of `at`.
fn hex_unit(at: &[u8]) -> Option<u16> {
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
        self.walk(content, |_, text| {
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
        self.walk(content, |after, text| {
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

    /// Gives each piece of text with the position after it in `content`, until `emit` says stop.
    fn walk(&mut self, content: &str, mut emit: impl FnMut(usize, &str) -> bool) {
        let mut at = 0_usize;
        while at < content.len() {
            let rest = content.get(at..).unwrap_or_default();
            let run = rest.find('\\').unwrap_or(rest.len());
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
            if !self.unit(unit, before, at, &mut emit) {
                return;
            }
        }
    }

    fn unit(&mut self, unit: u16, before: usize, after: usize, emit: &mut impl FnMut(usize, &str) -> bool) -> bool {
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

fn emit_char(code: u32, after: usize, emit: &mut impl FnMut(usize, &str) -> bool) -> bool {
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
    use alloc::string::ToString;
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

    fn check(document: &[u8]) -> Result<(), JsonError> {
        let mut scanner = Scanner::new(document)?;
        scanner.skip()?;
        scanner.finish()
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(check(deep(64).as_bytes()).is_ok());
        assert_eq!(check(deep(65).as_bytes()).unwrap_err().what, "nested too deep");
        assert!(check(&b"[".repeat(1_000_000)).is_err());
    }

    proptest! {
        // The oracle is serde_json: it accepts and refuses the same documents, and decodes the same text.
        #[test]
        fn accepts_what_serde_json_accepts(document in r#"[\[\]{},:"\\ntrufalse0-9.eE+u/ ]{0,24}"#) {
            let ours = check(document.as_bytes()).is_ok();
            let theirs = serde_json::from_str::<serde_json::Value>(&document);
            // serde_json refuses lone surrogates and numbers out of range, RFC 8259 does not.
            match theirs {
                Ok(_) => prop_assert!(ours, "{document}"),
                Err(error) => {
                    let text = error.to_string();
                    if !text.contains("out of range") && !text.contains("surrogate") && !text.contains("hex escape") {
                        prop_assert!(!ours, "{document}: {text}");
                    }
                }
            }
        }

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
