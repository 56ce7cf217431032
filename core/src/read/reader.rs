//! The one walk over configurations.
//!
//! Small instead of general: one function walks every object, whatever its fields, so a configuration
//! costs a wasm module a table of names and a line a field.

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::Source;
use crate::json::{Broken, Kind, Names, OTHER};

/// The largest whole number that every language has, and all below it: 2^53 - 1.
#[cfg(all(feature = "session", feature = "covenant"))]
pub(crate) const MAX_WHOLE: u64 = (1 << 53) - 1;

/// Why a configuration could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadError {
    /// Path of the field, such as `halt.hard_limit`; empty for the document itself.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) message: String,
}

/// A configuration while it is read.
pub(crate) struct Reader<'a> {
    source: &'a mut dyn Source,
    /// Path of what is wrong, from the inside out.
    path: String,
}

/// Takes the value of the field at a position of the list of names.
pub(crate) type Take<'f> = &'f mut dyn FnMut(&mut Reader<'_>, usize) -> Result<(), Broken>;

/// Reads a document that is one object.
pub(crate) fn document(source: &mut dyn Source, fields: Names, take: Take<'_>) -> Result<(), ReadError> {
    let mut reader = Reader { source, path: String::new() };
    let read = reader.object(fields, take).and_then(|()| reader.source.finish());
    read.map_err(|Broken| ReadError { message: reader.source.message(), path: reader.path })
}

impl Reader<'_> {
    /// Reads an object with these fields, at most 32, each at most once and in any order.
    pub(crate) fn object(&mut self, fields: Names, take: Take<'_>) -> Result<(), Broken> {
        let mut seen = 0_u32;
        self.source.begin_object()?;
        while let Some(index) = self.source.next_field(fields)? {
            let key = self.source.key();
            let offset = self.source.position();
            let field = 1_u32.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
            let result = if index == OTHER {
                Err(self.source.fail_at(offset, "unknown field"))
            } else if seen & field != 0 {
                Err(self.source.fail_at(offset, "field given twice"))
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
        if !matches!(inner.as_bytes(), [] | [b'[', ..]) {
            self.path.push('.');
        }
        self.path.push_str(&inner);
    }

    /// Reads a list.
    #[cfg(feature = "session")]
    pub(crate) fn list(&mut self, take: &mut dyn FnMut(&mut Self) -> Result<(), Broken>) -> Result<(), Broken> {
        let mut index = 0_u64;
        self.source.begin_list()?;
        while self.source.next_item()? {
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
        self.source.position()
    }

    /// Says what is wrong at a position.
    #[cfg(feature = "session")]
    pub(crate) fn fail_at(&mut self, position: usize, what: &'static str) -> Broken {
        self.source.fail_at(position, what)
    }

    #[inline(never)]
    fn expect(&mut self, kind: Kind, what: &'static str) -> Result<usize, Broken> {
        let is_it = self.source.kind()? == kind;
        let offset = self.source.position();
        if is_it { Ok(offset) } else { Err(self.source.fail_at(offset, what)) }
    }

    /// A number.
    pub(crate) fn number(&mut self) -> Result<f64, Broken> {
        let offset = self.expect(Kind::Number, "expected a number")?;
        let number = self.source.number()?;
        number.ok_or_else(|| self.source.fail_at(offset, "number out of range"))
    }

    /// Whether null comes next, which is consumed then.
    #[cfg(all(feature = "session", any(feature = "covenant", feature = "guard")))]
    pub(crate) fn is_null(&mut self) -> Result<bool, Broken> {
        let is_null = self.source.kind()? == Kind::Null;
        if is_null {
            self.source.null()?;
        }
        Ok(is_null)
    }

    /// A number, or null for none.
    pub(crate) fn optional_number(&mut self) -> Result<Option<f64>, Broken> {
        if self.source.kind()? == Kind::Null {
            self.source.null()?;
            return Ok(None);
        }
        self.number().map(Some)
    }

    /// Puts a whole number of 32 bits into its place, written without a point or an exponent.
    #[inline(never)]
    pub(crate) fn count(&mut self, slot: &mut u32) -> Result<(), Broken> {
        let offset = self.source.position();
        match self.source.count()?.and_then(|count| u32::try_from(count).ok()) {
            Some(count) => {
                *slot = count;
                Ok(())
            }
            None => Err(self.source.fail_at(offset, "expected a whole number from 0 to 4294967295")),
        }
    }

    /// Puts a whole number up to [`MAX_WHOLE`] into its place, written without a point or an exponent.
    #[cfg(all(feature = "session", feature = "covenant"))]
    #[inline(never)]
    pub(crate) fn whole(&mut self, slot: &mut u64) -> Result<(), Broken> {
        let offset = self.source.position();
        match self.source.count()?.filter(|count| *count <= MAX_WHOLE) {
            Some(count) => {
                *slot = count;
                Ok(())
            }
            None => Err(self.source.fail_at(offset, "expected a whole number from 0 to 9007199254740991")),
        }
    }

    /// Puts a text into its place.
    #[cfg(feature = "session")]
    #[inline(never)]
    pub(crate) fn text(&mut self, slot: &mut String) -> Result<(), Broken> {
        self.expect(Kind::String, "expected a string")?;
        *slot = self.source.text()?.into_owned();
        Ok(())
    }

    /// Puts a text into its place, or none for null.
    #[cfg(all(feature = "session", any(feature = "covenant", feature = "guard")))]
    #[inline(never)]
    pub(crate) fn optional_text(&mut self, slot: &mut Option<String>) -> Result<(), Broken> {
        *slot = None;
        if self.is_null()? { Ok(()) } else { self.text(slot.insert(String::new())) }
    }

    /// Appends the texts of a list.
    #[cfg(all(feature = "session", any(feature = "covenant", feature = "guard")))]
    #[inline(never)]
    pub(crate) fn texts(&mut self, texts: &mut alloc::vec::Vec<String>) -> Result<(), Broken> {
        self.list(&mut |reader| {
            let mut text = String::new();
            reader.text(&mut text)?;
            texts.push(text);
            Ok(())
        })
    }

    /// One of some names, by its position among them; `expected` says which they are.
    pub(crate) fn name(&mut self, names: Names, expected: &'static str) -> Result<usize, Broken> {
        let offset = self.expect(Kind::String, expected)?;
        let text = self.source.text()?;
        let found = names.position(&text);
        found.ok_or_else(|| self.source.fail_at(offset, expected))
    }
}
