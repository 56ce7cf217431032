//! A strict JSON scanner that allocates nothing and keeps positions.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::ops::Range;

use super::text::{Decoder, hex_unit};
use crate::numeric::{digits, parse_decimal};

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
            Ok(text) => Ok(Self::of(text)),
            Err(error) => Err(JsonError { offset: error.valid_up_to(), what: "invalid UTF-8" }),
        }
    }

    /// A scanner at the start of a document that is known to be UTF-8.
    #[must_use]
    pub const fn of(document: &'a str) -> Self {
        Self { text: document, at: 0, depth: 0 }
    }

    const fn error(&self, what: &'static str) -> JsonError {
        JsonError { offset: self.at, what }
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
        Err(self.error(what))
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
            _ => Err(self.error("expected a JSON value")),
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
        if self.at == self.text.len() { Ok(()) } else { Err(self.error("unexpected text after the JSON value")) }
    }

    /// Walks an object. The visitor gets each key and must consume its value.
    ///
    /// # Errors
    /// A [`JsonError`] when this is no well-formed object, or the visitor's own error.
    pub fn object<E: From<JsonError>>(
        &mut self,
        mut visit: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut more = self.open(b'{', "expected an object")?;
        while more {
            let range = self.string()?;
            let key = self.plain(range);
            self.skip_space();
            self.expect(b':', "expected ':'")?;
            visit(self, &key)?;
            more = self.goes_on(b'}', "expected ',' or '}'")?;
        }
        Ok(())
    }

    /// Walks an array. The visitor gets each position and must consume the value there.
    ///
    /// # Errors
    /// A [`JsonError`] when this is no well-formed array, or the visitor's own error.
    pub fn array<E: From<JsonError>>(
        &mut self,
        mut visit: impl FnMut(&mut Self, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut more = self.open(b'[', "expected an array")?;
        let mut index = 0_u32;
        while more {
            visit(self, index)?;
            index = index.saturating_add(1);
            more = self.goes_on(b']', "expected ',' or ']'")?;
        }
        Ok(())
    }

    /// The start of an object or array: whether there is anything in it.
    fn open(&mut self, bracket: u8, what: &'static str) -> Result<bool, JsonError> {
        self.skip_space();
        self.expect(bracket, what)?;
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        self.skip_space();
        // The closing bracket is two code points after the opening one, for both kinds.
        let is_empty = self.peek() == Some(bracket.saturating_add(2));
        if is_empty {
            self.close();
        }
        Ok(!is_empty)
    }

    /// What follows a value in an object or array: whether there is another.
    fn goes_on(&mut self, bracket: u8, what: &'static str) -> Result<bool, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.advance(1);
                Ok(true)
            }
            Some(byte) if byte == bracket => {
                self.close();
                Ok(false)
            }
            _ => Err(self.error(what)),
        }
    }

    fn close(&mut self) {
        self.advance(1);
        self.depth = self.depth.saturating_sub(1);
    }

    /// A string: the range of its content, without the quotes.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed string starts here.
    #[inline(never)]
    pub fn string(&mut self) -> Result<Range<usize>, JsonError> {
        self.skip_space();
        self.expect(b'"', "expected a string")?;
        let start = self.at;
        loop {
            let rest = self.rest();
            let Some(stop) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                self.at = self.text.len();
                return Err(self.error("unterminated string"));
            };
            self.advance(stop);
            match rest.get(stop) {
                Some(b'"') => {
                    let end = self.at;
                    self.advance(1);
                    return Ok(start..end);
                }
                Some(b'\\') => self.escape(rest.get(stop..).unwrap_or_default())?,
                _ => return Err(self.error("control character in a string")),
            }
        }
    }

    fn escape(&mut self, at: &[u8]) -> Result<(), JsonError> {
        match at.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(2),
            Some(b'u') if hex_unit(at).is_some() => self.advance(6),
            _ => return Err(self.error("invalid escape in a string")),
        }
        Ok(())
    }

    /// A number: its range.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed number starts here.
    #[inline(never)]
    pub fn number(&mut self) -> Result<Range<usize>, JsonError> {
        self.skip_space();
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.advance(1);
        }
        match self.peek() {
            Some(b'0') => self.advance(1),
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.error("expected a number")),
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
            return Err(self.error("expected a digit"));
        }
        self.advance(count);
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), JsonError> {
        if self.rest().starts_with(word.as_bytes()) {
            self.advance(word.len());
            return Ok(());
        }
        Err(self.error("expected true, false or null"))
    }

    /// Any value: its range.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed value starts here.
    #[inline(never)]
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
    #[inline(never)]
    pub fn unsigned(&mut self) -> Result<Option<u32>, JsonError> {
        let range = self.value()?;
        Ok(self.slice(range).parse().ok())
    }

    /// A finite double if the next value is a number; the value is consumed in every case.
    ///
    /// # Errors
    /// [`JsonError`] when no well-formed value starts here.
    #[inline(never)]
    pub fn double(&mut self) -> Result<Option<f64>, JsonError> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

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
    }
}
