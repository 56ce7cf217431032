//! JSON with positions.
//!
//! A dialect must know *where* in the bytes a text stands, so that an event can be passed through
//! unchanged, or cut without being written anew. So [`Scanner`] walks a document and hands out ranges; it
//! builds no tree. [`Decoder`] turns the content of strings into text, across strings that cut a character
//! in two.
//!
//! It is the JSON of RFC 8259, in UTF-8, nested at most [`MAX_DEPTH`] deep.

mod names;
mod scanner;
mod source;
mod text;
mod value;

pub use names::Names;
pub(crate) use names::{names, pack, packed_length};
pub use scanner::{Broken, JsonError, Kind, MAX_DEPTH, OTHER, Scanner, Walk};
pub(crate) use source::JsonSource;
pub use text::{Decoder, escape_into};
pub use value::JsonText;
#[cfg(feature = "session")]
pub(crate) use value::same_value;
