//! A value that is kept as it was written.

use alloc::string::String;

use super::scanner::{Broken, JsonError, Scanner};

/// One JSON value, as its writer wrote it. With the feature `json` serde writes it as the value that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(String);

impl JsonText {
    /// The value that a text is, white space around it left out.
    ///
    /// ```
    /// use interlock_core::json::JsonText;
    ///
    /// assert_eq!(JsonText::new(br#" {"n": 1.50} "#)?.get(), r#"{"n": 1.50}"#);
    /// assert!(JsonText::new(b"{} {}").is_err());
    /// # Ok::<(), interlock_core::json::JsonError>(())
    /// ```
    ///
    /// # Errors
    /// [`JsonError`] when it is not one well-formed value.
    pub fn new(text: &[u8]) -> Result<Self, JsonError> {
        let mut json = Scanner::new(text)?;
        let value = json.value().and_then(|range| json.finish().map(|()| json.slice(range)));
        value.map(|value| Self(String::from(value))).map_err(|Broken| json.error())
    }

    /// A value that a scanner has seen; none for no bytes.
    #[cfg(feature = "session")]
    pub(crate) fn seen(value: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(value).ok().filter(|text| !text.is_empty())?;
        Some(Self(String::from(text)))
    }

    /// The value as it was written.
    #[must_use]
    pub fn get(&self) -> &str {
        &self.0
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for JsonText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &serde_json::value::RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// Whether two texts are the same JSON but for white space and for how the characters of strings are written. Numbers are
/// the same when they are written alike.
#[cfg(feature = "session")]
pub(crate) fn same_value(one: &str, other: &str) -> bool {
    let mut walks = [one, other].map(Scanner::of);
    let mut is_loose = true;
    loop {
        let [one, other] = &mut walks;
        let spaced = [one.is_at_space(), other.is_at_space()];
        let next = [one.next_piece(), other.next_piece()];
        let [Some(first), Some(second)] = next else { return next == [None, None] };
        let is_mark = |piece: &str| matches!(piece.as_bytes(), [b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"', ..]);
        let was_loose = core::mem::replace(&mut is_loose, is_mark(&first));
        // White space between marks means nothing; within a number it does.
        if first != second || (spaced != [false; 2] && !was_loose && !is_loose) {
            return false;
        }
    }
}
