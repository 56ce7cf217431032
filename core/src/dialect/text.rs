//! Plain UTF-8 text: every byte is content.

use alloc::vec::Vec;

use super::{Channel, ChannelKind, Dialect, Ending, Found, FoundText, Framing, TextForm};
use crate::json::JsonError;

/// The dialect of plain text.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlainText;

impl Dialect for PlainText {
    fn framing(&self) -> Framing {
        Framing::Raw
    }

    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        let channel = Channel { choice: 0, kind: ChannelKind::Content, block: 0 };
        found.texts.push(FoundText { channel, range: 0..message.len(), form: TextForm::default() });
        Ok(())
    }

    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(ending.message.as_bytes());
    }

    /// Text has no way to say it.
    fn fail(&self, _message: &str, _out: &mut Vec<u8>) {}

    fn is_truncated(&self) -> bool {
        false
    }
}
