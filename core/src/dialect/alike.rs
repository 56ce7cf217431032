//! Messages that are the one before again, but for their text.
//!
//! Most of a stream are deltas with the same bytes around a piece of text. Where those around it are the same and the text
//! is the content of a string, the message has the same structure, and what is found in it is the same but for where the
//! text ends. So it need not be read anew.

use alloc::vec::Vec;

use super::{Found, FoundText, Message};
use crate::json::Scanner;

/// Longer messages are not remembered.
const MOST: usize = 4096;

/// The last message in which one text was found, and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    message: Vec<u8>,
    text: Option<FoundText>,
}

impl Alike {
    /// Finds the text of a message that differs from the one that is remembered in its text alone. Whether it does.
    pub(crate) fn find(&self, message: &[u8], found: &mut Found) -> bool {
        self.text_in(message).map(|text| found.texts.push(text)).is_some()
    }

    fn text_in(&self, message: &[u8]) -> Option<FoundText> {
        let FoundText { channel, range, form } = self.text.as_ref()?;
        let before = self.message.get(..range.start)?;
        let behind = self.message.get(range.end..)?;
        if !message.starts_with(before) || !message.ends_with(behind) {
            return None;
        }
        // The quotes are the last byte before and the first behind.
        let end = message.len().checked_sub(behind.len())?;
        let quoted = message.get(range.start.checked_sub(1)?..end.checked_add(1)?)?;
        let content = Scanner::new(quoted).ok()?.string().ok()?;
        let is_whole = content.end.checked_add(1) == Some(quoted.len());
        is_whole.then_some(FoundText { channel: *channel, range: range.start..end, form: *form })
    }

    /// Remembers a message that was read, if one text was found in it and nothing else: then it changed nothing in the
    /// dialect that its like would change again.
    pub(crate) fn remember(&mut self, message: &[u8], found: &Found) {
        let [text] = found.texts.as_slice() else { return };
        let Found { message: Message::Part, count: None, usage: None, blank: None, .. } = found else { return };
        let is_string = |place: Option<usize>| place.and_then(|place| message.get(place)) == Some(&b'"');
        let is_plain = !text.form.repeats && !text.form.is_value;
        let has_more = !(found.calls.is_empty()
            && found.trailing.is_empty()
            && found.finished.is_empty()
            && found.closed.is_empty()
            && found.marks.is_empty()
            && found.entropies.is_empty());
        if has_more
            || !is_plain
            || message.len() > MOST
            || !is_string(text.range.start.checked_sub(1))
            || !is_string(Some(text.range.end))
        {
            return;
        }
        self.message.clear();
        self.message.extend_from_slice(message);
        self.text = Some(text.clone());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
mod tests {
    use super::*;
    use crate::dialect::DialectKind;
    use alloc::string::String;
    use proptest::prelude::*;

    const MESSAGES: [&str; 12] = [
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"TEXT"},"logprobs":null,"finish_reason":null}]}"#,
        r#"{"id":"c","choices":[{"index":1,"delta":{"content":"TEXT"},"logprobs":null,"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"TEXT"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"TEXT"},"finish_reason":"stop"}]}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"TEXT"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"TEXT","text":"a"}}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"TEXT"}],"role":"model"},"index":0}]}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"TEXT"}"#,
        r#"{"type":"response.output_text.done","output_index":0,"text":"TEXT"}"#,
        r#"{"type":"text-delta","id":"a","delta":"TEXT"}"#,
        r#"{"type":"text-delta","delta":"TEXT","id":"b"}"#,
        r#"{"type":"tool-input-delta","toolCallId":"t","inputTextDelta":"TEXT"}"#,
    ];

    proptest! {
        /// What is found by likeness is what a reader finds that reads every message.
        #[test]
        fn what_is_alike_is_read_alike(
            dialect in prop::sample::select(DialectKind::ALL.to_vec()),
            messages in prop::collection::vec((
                prop::sample::select(MESSAGES.to_vec()),
                prop::sample::select(alloc::vec![
                    "", "one", " \\\"two\\\" \\n", "\u{e9}", "a\"", "\",\"x\":\"y", "\\", "\\u00e", "\n", "TEXT", "\"}}", "text_delta",
                ]),
            ), 1..12),
            broken in any::<bool>(),
        ) {
            let mut reader = dialect.instantiate();
            let mut other = dialect.instantiate();
            let mut alike = Alike::default();
            for (message, text) in messages {
                let mut message = message.replace("TEXT", text).into_bytes();
                if broken && message.len() > 60 {
                    message[60] = 0xff;
                }
                let (mut found, mut expected) = (Found::default(), Found::default());
                let result = other.read(&message, &mut expected);
                if alike.find(&message, &mut found) {
                    prop_assert!(result.is_ok(), "{}", String::from_utf8_lossy(&message));
                } else {
                    prop_assert_eq!(reader.read(&message, &mut found), result);
                    if result.is_ok() {
                        alike.remember(&message, &found);
                    }
                }
                if result.is_ok() {
                    prop_assert_eq!(alloc::format!("{found:?}"), alloc::format!("{expected:?}"));
                }
            }
            prop_assert_eq!(reader.is_truncated(), other.is_truncated());
        }
    }

    #[test]
    fn most_of_a_stream_is_alike() {
        for (dialect, message) in [
            (DialectKind::OpenaiChat, MESSAGES[0]),
            (DialectKind::Anthropic, MESSAGES[4]),
            (DialectKind::UiMessage, MESSAGES[9]),
        ] {
            let mut alike = Alike::default();
            let mut found = Found::default();
            dialect.instantiate().read(message.as_bytes(), &mut found).unwrap();
            alike.remember(message.as_bytes(), &found);
            assert!(alike.find(message.replace("TEXT", "more \\n text").as_bytes(), &mut Found::default()));
            assert!(!alike.find(message.replace("TEXT", "a\",\"b\":\"").as_bytes(), &mut Found::default()));
            assert!(!alike.find(&message.as_bytes()[1..], &mut Found::default()));
        }
    }
}
