//! Reading configurations out of TOML.

use alloc::string::{String, ToString};
use core::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigParseError;
use crate::numeric::digits;

/// Reads `T` from a TOML document.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ConfigParseError> {
    toml::from_str(text).map_err(|error| {
        let path = error.span().and_then(|span| Some(path_of(DeTable::parse(text).ok()?.get_ref(), &span)));
        ConfigParseError::Syntax { path: path.unwrap_or_default(), message: error.to_string() }
    })
}

/// The path of what stands at a place: of the innermost field or item that is there. Empty when there is none.
fn path_of(table: &DeTable<'_>, place: &Range<usize>) -> String {
    let found = table.iter().find_map(|(key, value)| {
        let name = key.get_ref().as_ref();
        within(value, place).map(|inner| joined(name, &inner)).or_else(|| {
            // A field that is not known is refused at its name.
            (key.span() == *place).then(|| String::from(name))
        })
    });
    found.unwrap_or_default()
}

/// The path of a place within a value, empty for the value itself. A table may be written in several places, of
/// which its span is only one: its fields are asked first.
fn within(value: &Spanned<DeValue<'_>>, place: &Range<usize>) -> Option<String> {
    let inner = match value.get_ref() {
        DeValue::Table(table) => Some(path_of(table, place)).filter(|path| !path.is_empty()),
        DeValue::Array(items) => items.iter().zip(0_u64..).find_map(|(item, index)| {
            within(item, place).map(|inner| joined(&["[", &digits(index), "]"].concat(), &inner))
        }),
        _ => None,
    };
    let span = value.span();
    inner.or_else(|| (span.start <= place.start && place.end <= span.end).then(String::new))
}

fn joined(outer: &str, inner: &str) -> String {
    let dot = if inner.is_empty() || inner.starts_with('[') { "" } else { "." };
    [outer, dot, inner].concat()
}
