//! Reading configurations out of JSON.
//!
//! Small instead of general: one function walks every object, whatever its fields, so a configuration
//! costs a wasm module a table of names and a line a field.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use super::scanner::{JsonError, Kind, Scanner};

/// Why a configuration could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadError {
    /// Path of the field, such as `halt.hard_limit`; empty for the document itself.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) what: JsonError,
}

impl ReadError {
    /// The same error, seen from the object that has the field.
    fn within(mut self, key: &str) -> Self {
        let inner = core::mem::replace(&mut self.path, key.to_owned());
        if !inner.is_empty() && !inner.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(&inner);
        self
    }

    /// The same error, seen from the list that has the item.
    #[cfg(feature = "session")]
    fn at(self, index: u32) -> Self {
        self.within(&["[", &crate::numeric::digits(index.into()), "]"].concat())
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.what, f)
    }
}

impl From<JsonError> for ReadError {
    fn from(what: JsonError) -> Self {
        Self { path: String::new(), what }
    }
}

fn error(offset: usize, what: &'static str) -> ReadError {
    ReadError::from(JsonError { offset, what })
}

/// Takes the value of the field at a position of the list of names.
pub(crate) type Take<'f> = &'f mut dyn FnMut(&mut Scanner<'_>, usize) -> Result<(), ReadError>;

/// Reads a document that is one object.
pub(crate) fn document(text: &str, fields: &[&str], take: Take<'_>) -> Result<(), ReadError> {
    let mut json = Scanner::of(text);
    object(&mut json, fields, take)?;
    Ok(json.finish()?)
}

/// Reads an object with these fields, at most 32, each at most once and in any order.
pub(crate) fn object(json: &mut Scanner<'_>, fields: &[&str], take: Take<'_>) -> Result<(), ReadError> {
    let mut seen = 0_u32;
    json.object(|json, key| {
        let offset = json.position();
        let field = |index: usize| 1_u32.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
        let result = match fields.iter().position(|field| *field == key) {
            None => Err(error(offset, "unknown field")),
            Some(index) if seen & field(index) != 0 => Err(error(offset, "field given twice")),
            Some(index) => {
                seen |= field(index);
                take(json, index)
            }
        };
        result.map_err(|error| error.within(key))
    })
}

/// Reads a list.
#[cfg(feature = "session")]
pub(crate) fn list(
    json: &mut Scanner<'_>,
    take: &mut dyn FnMut(&mut Scanner<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    json.array(|json, index| take(json).map_err(|error| error.at(index)))
}

fn expect(json: &mut Scanner<'_>, kind: Kind, what: &'static str) -> Result<(), ReadError> {
    if json.kind()? == kind { Ok(()) } else { Err(error(json.position(), what)) }
}

/// A number.
pub(crate) fn number(json: &mut Scanner<'_>) -> Result<f64, ReadError> {
    expect(json, Kind::Number, "expected a number")?;
    let offset = json.position();
    json.double()?.ok_or_else(|| error(offset, "number out of range"))
}

/// A number, or null for none.
pub(crate) fn optional_number(json: &mut Scanner<'_>) -> Result<Option<f64>, ReadError> {
    if json.kind()? == Kind::Null {
        json.skip()?;
        return Ok(None);
    }
    number(json).map(Some)
}

/// A whole number of 32 bits, written without a point or an exponent.
pub(crate) fn count(json: &mut Scanner<'_>) -> Result<u32, ReadError> {
    let offset = json.position();
    json.unsigned()?.ok_or_else(|| error(offset, "expected a whole number from 0 to 4294967295"))
}

/// A text.
#[cfg(feature = "session")]
pub(crate) fn text(json: &mut Scanner<'_>) -> Result<String, ReadError> {
    expect(json, Kind::String, "expected a string")?;
    let range = json.string()?;
    Ok(json.plain(range).into_owned())
}

/// One of some names, by its position among them; `expected` says which they are.
pub(crate) fn name(json: &mut Scanner<'_>, names: &[&str], expected: &'static str) -> Result<usize, ReadError> {
    expect(json, Kind::String, expected)?;
    let offset = json.position();
    let range = json.string()?;
    let text = json.plain(range);
    names.iter().position(|name| *name == text).ok_or_else(|| error(offset, expected))
}
