//! Writing the few messages that a dialect writes itself.

use alloc::vec::Vec;

use crate::json::escape_into;
use crate::numeric::digits;

/// Appends texts that are JSON already.
#[inline(never)]
pub(super) fn put(parts: &[&str], out: &mut Vec<u8>) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends what comes before a text, and the text as a JSON string.
#[inline(never)]
pub(super) fn put_text(before: &str, text: &str, out: &mut Vec<u8>) {
    put(&[before, "\""], out);
    escape_into(text, out);
    out.push(b'"');
}

/// Appends what comes before a number, and the number.
#[inline(never)]
pub(super) fn put_number(before: &str, number: u32, out: &mut Vec<u8>) {
    put(&[before, &digits(u64::from(number))], out);
}

/// Appends JSON of the upstream on one line, or what stands for it where there is none.
#[inline(never)]
pub(super) fn put_json(before: &str, json: Option<&[u8]>, otherwise: &str, out: &mut Vec<u8>) {
    put(&[before], out);
    match json {
        // It may have been written over several lines.
        Some(json) => out.extend(json.iter().filter(|byte| !matches!(byte, b'\n' | b'\r'))),
        None => put(&[otherwise], out),
    }
}
