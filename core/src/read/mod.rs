//! Reading configurations and policies, whatever they are written in.
//!
//! A [`Source`] gives the values of a document: JSON's is in [`json`](crate::json), a binding may bring one for
//! the values of its language. What the fields are and what is wrong with one is said here and in the types that
//! are read, once for all sources: every field known, none twice, and errors that name the field.

mod reader;
mod source;

#[cfg(all(feature = "session", feature = "covenant"))]
pub(crate) use reader::MAX_WHOLE;
pub(crate) use reader::{ReadError, Reader, document};
pub use source::Source;
