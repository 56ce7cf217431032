//! Objects on their way between the languages: configurations and policies in, records out.
//!
//! The tree of a JSON document in tagged bytes. Unlike JSON text it keeps every bit of a number, the
//! non-finite ones too, so that it is the core's validation that refuses them; and it needs no parser
//! or printer of decimal numbers, which are a third of a small module. `js/src/internal/wire.ts` is the
//! other side.
//!
//! ```text
//! value = 0                        null
//!       | 1 | 2                    false, true
//!       | 3 f64                    number, little endian
//!       | 4 string                 text
//!       | 5 value* 7               list
//!       | 6 (4 string value)* 7    object
//!       | 8 string                 JSON text, passed on as it came; only out
//! string = u32 little endian, that many bytes of UTF-8
//! ```

mod error;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use error::WireError;
pub(crate) use read::read;
pub(crate) use write::write;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const NUMBER: u8 = 3;
const TEXT: u8 = 4;
const LIST: u8 = 5;
const OBJECT: u8 = 6;
const END: u8 = 7;
const JSON: u8 = 8;
