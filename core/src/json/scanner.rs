//! A strict JSON scanner that allocates nothing and keeps positions.

// The modules for the web are compiled for size, where nothing is inlined by itself: without this each byte of a
// document would cost a call.
#![allow(clippy::inline_always)]

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::ops::Range;

use super::names::Names;
use super::text::{Decoder, hex_unit};
use crate::numeric::{digits, parse_decimal};

/// In place of a position: a name that is none of those that were asked for.
pub const OTHER: usize = usize::MAX;

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

impl JsonError {
    /// What is wrong and where. Put together without the language's formatting, which a wasm module would carry for it.
    #[must_use]
    pub fn message(&self) -> String {
        let offset = u64::try_from(self.offset).unwrap_or(u64::MAX);
        [self.what, " at byte ", &digits(offset)].concat()
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
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

/// The document is not what was expected: [`Scanner::error`] says where, and what was.
///
/// So that handing it on costs nothing, it holds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// An object or array that is being walked.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// The bracket that ends it.
    end: u8,
    has_begun: bool,
}

/// Walks one JSON document. After an error it is of no more use than to say which.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    /// The content of the last key.
    key: Range<usize>,
    /// What is wrong; empty as long as nothing is.
    what: &'static str,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of a document.
    ///
    /// # Errors
    /// [`JsonError`] when the bytes are not UTF-8.
    pub fn new(document: &'a [u8]) -> Result<Self, JsonError> {
        match core::str::from_utf8(document) {
            Ok(text) => Ok(Self::of(text)),
            Err(error) => Err(JsonError { offset: error.valid_up_to(), what: "invalid UTF-8" }),
        }
    }

    /// A scanner at the start of a document that is known to be UTF-8.
    #[must_use]
    pub const fn of(document: &'a str) -> Self {
        Self { text: document, at: 0, depth: 0, key: 0..0, what: "" }
    }

    /// Says that the document is not what was expected, at a position that this scanner gave out.
    #[cold]
    #[inline(never)]
    pub fn fail_at(&mut self, position: usize, what: &'static str) -> Broken {
        self.at = position;
        self.what = what;
        Broken
    }

    #[cold]
    #[inline(never)]
    fn fail(&mut self, what: &'static str) -> Broken {
        self.what = what;
        Broken
    }

    /// What was wrong, once something was.
    #[must_use]
    pub const fn error(&self) -> JsonError {
        JsonError { offset: self.at, what: self.what }
    }

    #[inline(always)]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn advance(&mut self, by: usize) {
        self.at = self.at.saturating_add(by);
    }

    /// The next byte that is not white space, not consumed.
    #[inline(always)]
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.advance(1),
                byte => return byte,
            }
        }
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Broken> {
        if self.next_byte() == Some(byte) {
            self.advance(1);
            return Ok(());
        }
        Err(self.fail(what))
    }

    /// The kind of the next value; nothing is consumed but white space.
    ///
    /// # Errors
    /// [`Broken`] when no value starts here.
    #[inline(never)]
    pub fn kind(&mut self) -> Result<Kind, Broken> {
        self.next_kind()
    }

    #[inline(always)]
    fn next_kind(&mut self) -> Result<Kind, Broken> {
        match self.next_byte() {
            Some(b'"') => Ok(Kind::String),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            _ => Err(self.fail("expected a JSON value")),
        }
    }

    /// Where the next value starts, white space skipped.
    pub fn position(&mut self) -> usize {
        self.next_byte();
        self.at
    }

    /// A scanner of the same document, at a position that this one gave out.
    #[must_use]
    pub const fn rewound(&self, position: usize) -> Self {
        Self { text: self.text, at: position, depth: self.depth, key: 0..0, what: "" }
    }

    /// The same, as it would be so many levels deep in the document.
    #[must_use]
    pub fn within(self, depth: u32) -> Self {
        Self { depth, ..self }
    }

    /// Where the value that was consumed last ends, when it is asked right after it.
    #[must_use]
    pub const fn end_of_last(&self) -> usize {
        self.at
    }

    /// Whether white space comes next.
    #[cfg(feature = "session")]
    pub(super) fn is_at_space(&self) -> bool {
        matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// The next string as its quote and its text, or else the next byte that is no white space, as a text of its own;
    /// none at the end, and before what is no string though it starts as one.
    #[cfg(feature = "session")]
    pub(super) fn next_piece(&mut self) -> Option<Cow<'a, str>> {
        let byte = self.next_byte()?;
        let start = self.at;
        if byte == b'"' {
            let content = self.string().ok()?;
            return Some(match self.plain(content.clone()) {
                Cow::Borrowed(_) => Cow::Borrowed(self.slice(start..content.end)),
                Cow::Owned(text) => Cow::Owned(["\"", &text].concat()),
            });
        }
        let length = self.text.get(start..)?.chars().next()?.len_utf8();
        self.advance(length);
        Some(Cow::Borrowed(self.slice(start..self.at)))
    }

    /// The end of the document: nothing but white space is left.
    ///
    /// # Errors
    /// [`Broken`] when something is.
    pub fn finish(&mut self) -> Result<(), Broken> {
        match self.next_byte() {
            None => Ok(()),
            Some(_) => Err(self.fail("unexpected text after the JSON value")),
        }
    }

    /// Begins an object, whose fields [`Scanner::next_field`] gives.
    ///
    /// # Errors
    /// [`Broken`] when none starts here, or it is nested too deep.
    pub fn object(&mut self) -> Result<Walk, Broken> {
        self.begin(b'{', "expected an object")
    }

    /// Begins an array, whose items [`Scanner::next_item`] gives.
    ///
    /// # Errors
    /// [`Broken`] when none starts here, or it is nested too deep.
    pub fn array(&mut self) -> Result<Walk, Broken> {
        self.begin(b'[', "expected an array")
    }

    #[inline(never)]
    fn begin(&mut self, bracket: u8, what: &'static str) -> Result<Walk, Broken> {
        self.expect(bracket, what)?;
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(self.fail("nested too deep"));
        }
        // The closing bracket is two code points after the opening one, for both kinds.
        Ok(Walk { end: bracket.saturating_add(2), has_begun: false })
    }

    /// Whether there is another field or item; what stands before it is consumed.
    #[inline(always)]
    fn goes_on(&mut self, walk: &mut Walk) -> Result<bool, Broken> {
        let byte = self.next_byte();
        if byte == Some(walk.end) {
            self.advance(1);
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if !core::mem::replace(&mut walk.has_begun, true) {
            return Ok(true);
        }
        if byte != Some(b',') {
            return Err(self.fail(if walk.end == b'}' { "expected ',' or '}'" } else { "expected ',' or ']'" }));
        }
        self.advance(1);
        Ok(true)
    }

    /// The next field of an object, by its position among `names`: [`OTHER`] for another name, none at the end. Its value must be consumed then.
    ///
    /// # Errors
    /// [`Broken`] when the object is not well-formed.
    #[inline(never)]
    pub fn next_field(&mut self, walk: &mut Walk, names: Names) -> Result<Option<usize>, Broken> {
        if !self.goes_on(walk)? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':', "expected ':'")?;
        self.key = key.clone();
        let name = self.text.as_bytes().get(key).unwrap_or_default();
        Ok(Some(names.look_for(name).unwrap_or_else(|| self.other_field(names))))
    }

    /// The position of a name that is written with escapes.
    #[cold]
    #[inline(never)]
    fn other_field(&self, names: Names) -> usize {
        match self.key() {
            Cow::Owned(key) => names.position(&key).unwrap_or(OTHER),
            Cow::Borrowed(_) => OTHER,
        }
    }

    /// The name of the field that was given last.
    #[must_use]
    pub fn key(&self) -> Cow<'a, str> {
        self.plain(self.key.clone())
    }

    /// Whether an array has another item, which must be consumed then.
    ///
    /// # Errors
    /// [`Broken`] when the array is not well-formed.
    #[inline(never)]
    pub fn next_item(&mut self, walk: &mut Walk) -> Result<bool, Broken> {
        self.goes_on(walk)
    }

    /// A string: the range of its content, without the quotes.
    ///
    /// # Errors
    /// [`Broken`] when no well-formed string starts here.
    #[inline(never)]
    pub fn string(&mut self) -> Result<Range<usize>, Broken> {
        self.expect(b'"', "expected a string")?;
        let start = self.at;
        loop {
            let rest = self.rest();
            let stop = plain_bytes(rest);
            self.advance(stop);
            match rest.get(stop) {
                None => return Err(self.fail("unterminated string")),
                Some(b'"') => {
                    let end = self.at;
                    self.advance(1);
                    return Ok(start..end);
                }
                Some(b'\\') => self.escape(rest.get(stop..).unwrap_or_default())?,
                _ => return Err(self.fail("control character in a string")),
            }
        }
    }

    #[inline(never)]
    fn escape(&mut self, at: &[u8]) -> Result<(), Broken> {
        match at.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(2),
            Some(b'u') if hex_unit(at).is_some() => self.advance(6),
            _ => return Err(self.fail("invalid escape in a string")),
        }
        Ok(())
    }

    /// A number: its range.
    ///
    /// # Errors
    /// [`Broken`] when no well-formed number starts here.
    #[inline(never)]
    pub fn number(&mut self) -> Result<Range<usize>, Broken> {
        let start = self.position();
        if self.peek() == Some(b'-') {
            self.advance(1);
        }
        match self.peek() {
            Some(b'0') => self.advance(1),
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.fail("expected a number")),
        }
        if self.peek() == Some(b'.') {
            self.advance(1);
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.advance(1);
            if let Some(b'+' | b'-') = self.peek() {
                self.advance(1);
            }
            self.digits()?;
        }
        Ok(start..self.at)
    }

    #[inline(never)]
    fn digits(&mut self) -> Result<(), Broken> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.advance(1);
        }
        if self.at == start { Err(self.fail("expected a digit")) } else { Ok(()) }
    }

    fn word(&mut self, word: &str) -> Result<(), Broken> {
        if self.rest().starts_with(word.as_bytes()) {
            self.advance(word.len());
            return Ok(());
        }
        Err(self.fail("expected true, false or null"))
    }

    /// Any value: its range.
    ///
    /// # Errors
    /// [`Broken`] when no well-formed value starts here.
    pub fn value(&mut self) -> Result<Range<usize>, Broken> {
        let start = self.position();
        self.skip()?;
        Ok(start..self.at)
    }

    /// Consumes any value.
    ///
    /// # Errors
    /// [`Broken`] when no well-formed value starts here.
    #[inline(never)]
    pub fn skip(&mut self) -> Result<(), Broken> {
        match self.next_kind()? {
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Object => {
                let mut fields = self.object()?;
                while self.next_field(&mut fields, Names::NONE)?.is_some() {
                    self.skip()?;
                }
                Ok(())
            }
            Kind::Array => {
                let mut items = self.array()?;
                while self.next_item(&mut items)? {
                    self.skip()?;
                }
                Ok(())
            }
            Kind::Null => self.word("null"),
            Kind::Bool if self.peek() == Some(b't') => self.word("true"),
            Kind::Bool => self.word("false"),
        }
    }

    /// A whole number of 64 bits if the next value is one; the value is consumed in every case.
    ///
    /// # Errors
    /// [`Broken`] when no well-formed value starts here.
    #[inline(never)]
    pub fn whole(&mut self) -> Result<Option<u64>, Broken> {
        let range = self.value()?;
        Ok(self.slice(range).parse().ok())
    }

    /// A whole number of 32 bits if the next value is one; the value is consumed in every case.
    ///
    /// # Errors
    /// [`Broken`] when no well-formed value starts here.
    pub fn unsigned(&mut self) -> Result<Option<u32>, Broken> {
        Ok(self.whole()?.and_then(|number| u32::try_from(number).ok()))
    }

    /// A finite double if the next value is a number; the value is consumed in every case.
    ///
    /// # Errors
    /// [`Broken`] when no well-formed value starts here.
    #[inline(never)]
    pub fn double(&mut self) -> Result<Option<f64>, Broken> {
        let is_number = self.kind()? == Kind::Number;
        let range = self.value()?;
        Ok(parse_decimal(self.slice(range)).filter(|_| is_number))
    }

    /// The text in a range that this scanner gave out.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The content of a string, by its range, as text. Lone surrogates become U+FFFD.
    #[must_use]
    #[inline(never)]
    pub fn plain(&self, range: Range<usize>) -> Cow<'a, str> {
        let raw = self.slice(range);
        if raw.bytes().all(|byte| byte != b'\\') {
            return Cow::Borrowed(raw);
        }
        let mut text = String::new();
        let mut decoder = Decoder::default();
        decoder.decode(raw, |piece| text.push_str(piece));
        decoder.finish(|piece| text.push_str(piece));
        Cow::Owned(text)
    }
}

/// How many bytes come before the first that is not plain in a string: a quote, a backslash, a control character.
#[inline(always)]
fn plain_bytes(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    // The high bit of the lowest byte that is below `n`, for n up to 128; of higher bytes it may be wrong.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES.wrapping_mul(n)) & !word & ONES.wrapping_mul(128);
    let is = |word: u64, byte: u8| below(word ^ ONES.wrapping_mul(u64::from(byte)), 1);
    let mut at = 0_usize;
    // Eight at a time.
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let found = is(word, b'"') | is(word, b'\\') | below(word, 0x20);
        if found != 0 {
            return at.saturating_add(usize::try_from(found.trailing_zeros() / 8).unwrap_or(0));
        }
        at = at.saturating_add(8);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    at.saturating_add(stop.unwrap_or(rest.len()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn check(document: &[u8]) -> Result<(), JsonError> {
        let mut scanner = Scanner::new(document)?;
        scanner.skip().and_then(|()| scanner.finish()).map_err(|Broken| scanner.error())
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(check(deep(64).as_bytes()).is_ok());
        assert_eq!(check(deep(65).as_bytes()).unwrap_err().what, "nested too deep");
        assert!(check(&b"[".repeat(1_000_000)).is_err());
    }

    proptest! {
        #[test]
        fn plain_bytes_end_where_one_by_one_they_do(bytes in prop::collection::vec(
            prop_oneof![8 => b' '..=b'~', 1 => any::<u8>(), 1 => prop::sample::select(b"\"\\\x1f\x20\x00\x80\xff!#[]".to_vec())], 0..40,
        )) {
            let expected = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(bytes.len());
            prop_assert_eq!(plain_bytes(&bytes), expected);
        }

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
    }
}
