//! Values on their way between JavaScript and the core, as tagged bytes: records out, configurations in.
//!
//! Unlike JSON text it keeps every bit of a number, and neither side parses or prints decimals.
//! `js/src/internal/tree.ts` is the other side. What JavaScript may hand in has no JSON text. The records are written by hand, since what serde derives
//! for them is several times the code; tests hold the result against their JSON.
//!
//! ```text
//! value = 0                        null
//!       | 1 | 2                    false, true
//!       | 3 f64                    number, little endian
//!       | 4 string                 text
//!       | 5 value* 7               list
//!       | 6 (4 string value)* 7    object
//!       | 8 string                 JSON text, as it came
//!       | 9 u32 byte*              bytes, as many as the u32, little endian, says
//!       | 10 u64                   whole number above 2^53 - 1, little endian
//! string = u32 little endian, that many bytes of UTF-8
//! ```

#[cfg(feature = "halt")]
mod halt;
#[cfg(feature = "session")]
mod session;
#[cfg(any(
    feature = "halt",
    feature = "physics",
    any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules")
))]
mod source;
#[cfg(all(test, feature = "halt"))]
pub(crate) mod tests;

use alloc::vec::Vec;

#[cfg(feature = "halt")]
pub(crate) use halt::stream_record;
#[cfg(feature = "session-guard")]
pub(crate) use session::guard_event;
#[cfg(feature = "session-covenant")]
pub(crate) use session::review_request;
#[cfg(feature = "session")]
pub(crate) use session::session_record;
#[cfg(any(
    feature = "halt",
    feature = "physics",
    any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules")
))]
pub(crate) use source::TreeSource;

#[cfg(feature = "halt")]
use crate::details::count;

const NULL: u8 = 0;
#[cfg(any(
    feature = "halt",
    feature = "physics",
    any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules")
))]
const FALSE: u8 = 1;
#[cfg(any(
    feature = "halt",
    feature = "physics",
    any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules")
))]
const TRUE: u8 = 2;
const NUMBER: u8 = 3;
const TEXT: u8 = 4;
const LIST: u8 = 5;
const OBJECT: u8 = 6;
const END: u8 = 7;
#[cfg(feature = "session")]
const JSON: u8 = 8;
#[cfg(any(feature = "ledger", feature = "rules"))]
const BYTES: u8 = 9;
#[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
const WHOLE: u8 = 10;

/// A tree while it is written.
///
/// None of its methods is inlined: records are written once a stream, and field by field.
#[derive(Default)]
pub(crate) struct Tree(Vec<u8>);

impl Tree {
    /// Its bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    #[inline(never)]
    fn tag(&mut self, tag: u8) {
        self.0.push(tag);
    }

    #[inline(never)]
    fn string(&mut self, tag: u8, text: &str) {
        self.tag(tag);
        // No text of a stream has 4 GiB: a module's memory is no larger.
        self.0.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    #[inline(never)]
    pub(crate) fn number(&mut self, value: f64) {
        self.tag(NUMBER);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.string(TEXT, text);
    }

    #[cfg(any(
        feature = "session",
        any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules")
    ))]
    pub(crate) fn null(&mut self) {
        self.tag(NULL);
    }

    /// Begins an object; its fields follow, then [`Tree::end`].
    pub(crate) fn object(&mut self) {
        self.tag(OBJECT);
    }

    /// Begins a list; its items follow, then [`Tree::end`].
    #[cfg(any(
        feature = "halt",
        feature = "signals",
        any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules")
    ))]
    pub(crate) fn list(&mut self) {
        self.tag(LIST);
    }

    /// Ends the object or list that was begun last.
    pub(crate) fn end(&mut self) {
        self.tag(END);
    }

    /// The name of the field whose value is written next.
    pub(crate) fn key(&mut self, name: &str) -> &mut Self {
        self.text(name);
        self
    }

    #[inline(never)]
    pub(crate) fn optional_number(&mut self, value: Option<f64>) {
        match value {
            Some(value) => self.number(value),
            None => self.tag(NULL),
        }
    }

    /// A field that is a count.
    #[cfg(feature = "halt")]
    #[inline(never)]
    pub(crate) fn count(&mut self, name: &str, value: u64) {
        self.key(name).number(count(value));
    }

    #[cfg(any(feature = "session", feature = "covenant", feature = "operad", feature = "rules"))]
    pub(crate) fn flag(&mut self, value: bool) {
        self.tag(if value { TRUE } else { FALSE });
    }

    #[cfg(any(feature = "ledger", feature = "rules"))]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.tag(BYTES);
        self.0.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    /// A whole number, as a double where one holds it and all below it.
    #[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
    #[inline(never)]
    pub(crate) fn whole(&mut self, value: u64) {
        if value < 1 << 53 {
            #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
            self.number(value as f64);
        } else {
            self.tag(WHOLE);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A whole number or null.
    #[cfg(any(feature = "covenant", feature = "rules"))]
    pub(crate) fn optional_whole(&mut self, value: Option<u64>) {
        match value {
            Some(value) => self.whole(value),
            None => self.null(),
        }
    }
}
