//! Reading configurations out of JSON.
//!
//! Small instead of general: one function walks every object, whatever its fields, so a configuration
//! costs a wasm module a table of names and a line a field.

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::scanner::{Broken, JsonError, Kind, Scanner};

/// Why a configuration could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadError {
    /// Path of the field, such as `halt.hard_limit`; empty for the document itself.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) what: JsonError,
}

/// A configuration while it is read.
pub(crate) struct Reader<'a> {
    json: Scanner<'a>,
    /// Path of what is wrong, from the inside out.
    path: String,
}

/// Takes the value of the field at a position of the list of names.
pub(crate) type Take<'f> = &'f mut dyn FnMut(&mut Reader<'_>, usize) -> Result<(), Broken>;

/// Reads a document that is one object.
pub(crate) fn document(text: &str, fields: &[&str], take: Take<'_>) -> Result<(), ReadError> {
    let mut reader = Reader { json: Scanner::of(text), path: String::new() };
    let read = reader.object(fields, take).and_then(|()| reader.json.finish());
    read.map_err(|Broken| ReadError { what: reader.json.error(), path: reader.path })
}

impl Reader<'_> {
    /// Reads an object with these fields, at most 32, each at most once and in any order.
    pub(crate) fn object(&mut self, fields: &[&str], take: Take<'_>) -> Result<(), Broken> {
        let mut seen = 0_u32;
        let mut walk = self.json.object()?;
        while let Some(index) = self.json.next_field(&mut walk, fields)? {
            let key = self.json.key();
            let offset = self.json.position();
            let field = 1_u32.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
            let result = if index >= fields.len() {
                Err(self.json.fail_at(offset, "unknown field"))
            } else if seen & field != 0 {
                Err(self.json.fail_at(offset, "field given twice"))
            } else {
                seen |= field;
                take(self, index)
            };
            if result.is_err() {
                self.within(&key);
                return result;
            }
        }
        Ok(())
    }

    /// The path of what is wrong, seen from what has the field or item.
    #[cold]
    #[inline(never)]
    fn within(&mut self, key: &str) {
        let inner = core::mem::replace(&mut self.path, key.to_owned());
        if !inner.is_empty() && !inner.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(&inner);
    }

    /// Reads a list.
    #[cfg(feature = "session")]
    pub(crate) fn list(&mut self, take: &mut dyn FnMut(&mut Self) -> Result<(), Broken>) -> Result<(), Broken> {
        let mut index = 0_u64;
        let mut walk = self.json.array()?;
        while self.json.next_item(&mut walk)? {
            if take(self).is_err() {
                self.within(&["[", &crate::numeric::digits(index), "]"].concat());
                return Err(Broken);
            }
            index = index.saturating_add(1);
        }
        Ok(())
    }

    /// Where the next value starts.
    #[cfg(feature = "session")]
    pub(crate) fn position(&mut self) -> usize {
        self.json.position()
    }

    /// Says what is wrong at a position.
    #[cfg(feature = "session")]
    pub(crate) fn fail_at(&mut self, position: usize, what: &'static str) -> Broken {
        self.json.fail_at(position, what)
    }

    #[inline(never)]
    fn expect(&mut self, kind: Kind, what: &'static str) -> Result<usize, Broken> {
        let is_it = self.json.kind()? == kind;
        let offset = self.json.position();
        if is_it { Ok(offset) } else { Err(self.json.fail_at(offset, what)) }
    }

    /// A number.
    pub(crate) fn number(&mut self) -> Result<f64, Broken> {
        let offset = self.expect(Kind::Number, "expected a number")?;
        let number = self.json.double()?;
        number.ok_or_else(|| self.json.fail_at(offset, "number out of range"))
    }

    /// A number, or null for none.
    pub(crate) fn optional_number(&mut self) -> Result<Option<f64>, Broken> {
        if self.json.kind()? == Kind::Null {
            self.json.skip()?;
            return Ok(None);
        }
        self.number().map(Some)
    }

    /// A whole number of 32 bits, written without a point or an exponent.
    pub(crate) fn count(&mut self) -> Result<u32, Broken> {
        let offset = self.json.position();
        let count = self.json.unsigned()?;
        count.ok_or_else(|| self.json.fail_at(offset, "expected a whole number from 0 to 4294967295"))
    }

    /// A text.
    #[cfg(feature = "session")]
    pub(crate) fn text(&mut self) -> Result<String, Broken> {
        self.expect(Kind::String, "expected a string")?;
        let range = self.json.string()?;
        Ok(self.json.plain(range).into_owned())
    }

    /// One of some names, by its position among them; `expected` says which they are.
    pub(crate) fn name(&mut self, names: &[&str], expected: &'static str) -> Result<usize, Broken> {
        let offset = self.expect(Kind::String, expected)?;
        let range = self.json.string()?;
        let text = self.json.plain(range);
        names.iter().position(|name| *name == text).ok_or_else(|| self.json.fail_at(offset, expected))
    }
}
