//! Messages that are the one before again, but for some of their values.
//!
//! Most of a stream are deltas with the same bytes around a piece of text, a number that counts them, an account of usage,
//! and what is no text for a client. Where all other bytes are the same, and each of these values is again one of its kind,
//! the message has the same structure, and what is found in it is the same but for where these values stand. So it need
//! not be read anew.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Found, FoundText, Message};
use crate::json::Scanner;

/// Longer messages are not remembered.
const MOST: usize = 4096;

/// Nor are those with more such values.
const MOST_SLOTS: usize = 16;

/// How deep in a message such values stand, at most: one that is nested too deep for there is read in full.
const DEPTH: u32 = 8;

/// What a value is that may be another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Text,
    Usage,
    Count,
    /// What goes with the text, the same again.
    Trailing,
    /// Nothing is found in it.
    Skipped,
}

/// A value that may be another one, and where it stands.
#[derive(Clone, Debug)]
struct Slot {
    range: Range<usize>,
    role: Role,
}

/// The last message in which one text was found, and little else.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    message: Vec<u8>,
    slots: Vec<Slot>,
    text: Option<FoundText>,
}

impl Alike {
    /// Finds what is in a message that differs from the one that is remembered in such values alone. Whether it does;
    /// else nothing is found.
    pub(crate) fn find(&self, message: &[u8], found: &mut Found) -> bool {
        let is_alike = self.walk(message, found).is_some();
        if !is_alike {
            found.clear();
        }
        is_alike
    }

    fn walk(&self, message: &[u8], found: &mut Found) -> Option<()> {
        let text = self.text.as_ref()?;
        let start = self.slots.first()?.range.start;
        // Most that are not alike are known by their first bytes.
        if message.get(..start)? != self.message.get(..start)? {
            return None;
        }
        let mut json = Scanner::new(message).ok()?;
        let (mut at, mut from) = (0_usize, 0_usize);
        for Slot { range, role } in &self.slots {
            let same = self.message.get(from..range.start)?;
            let place = at.checked_add(same.len())?;
            // What differs in its first byte may be of another kind, or a number of another sign.
            let first = |bytes: &[u8], place: usize| {
                bytes.get(place).map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte })
            };
            if message.get(at..place)? != same || first(message, place) != first(&self.message, range.start) {
                return None;
            }
            json = json.rewound(place).within(DEPTH);
            let number = if *role == Role::Count { json.unsigned().ok()? } else { json.skip().ok().map(|()| 0) };
            (at, from) = (json.end_of_last(), range.end);
            match role {
                // Without its quotes.
                Role::Text => {
                    let range = place.checked_add(1)?..at.checked_sub(1)?;
                    found.texts.push(FoundText { channel: text.channel, range, form: text.form });
                }
                Role::Usage => {
                    found.usage = Some(place..at);
                    found.trailing.push(place..at);
                }
                Role::Trailing => {
                    if message.get(place..at)? != self.message.get(range.clone())? {
                        return None;
                    }
                    found.trailing.push(place..at);
                }
                Role::Count => {
                    found.count = Some(number?);
                    found.count_at = Some(place..at);
                }
                Role::Skipped => found.skipped.push(place..at),
            }
        }
        (message.get(at..)? == self.message.get(from..)?).then_some(())
    }

    /// Remembers a message that was read, if one text was found in it and at most a number and an account of usage
    /// beside it: then it changed nothing in the dialect that its like would change again.
    pub(crate) fn remember(&mut self, message: &[u8], found: &Found) {
        let [text] = found.texts.as_slice() else { return };
        let Found { message: Message::Part, blank: None, .. } = found else { return };
        let has_more = !(found.calls.is_empty()
            && found.finished.is_empty()
            && found.closed.is_empty()
            && found.marks.is_empty()
            && found.entropies.is_empty());
        let (start, end) = (text.range.start.checked_sub(1), text.range.end.checked_add(1));
        let (Some(start), Some(end)) = (start, end) else { return };
        let is_quoted = message.get(start) == Some(&b'"');
        let is_long = message.len() > MOST || found.skipped.len().saturating_add(found.trailing.len()) > MOST_SLOTS;
        if has_more || text.form.repeats || text.form.is_value || !is_quoted || is_long {
            return;
        }
        let mut slots: Vec<Slot> = Vec::new();
        let mut add = |range: Range<usize>, role| {
            let place = slots.iter().position(|slot| slot.range.start > range.start).unwrap_or(slots.len());
            slots.insert(place, Slot { range, role });
        };
        add(start..end, Role::Text);
        for range in &found.trailing {
            add(range.clone(), if found.usage.as_ref() == Some(range) { Role::Usage } else { Role::Trailing });
        }
        for range in &found.skipped {
            add(range.clone(), Role::Skipped);
        }
        if let Some(range) = &found.count_at {
            add(range.clone(), Role::Count);
        }
        self.text = Some(text.clone());
        self.slots = slots;
        self.message.clear();
        self.message.extend_from_slice(message);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
mod tests {
    use super::*;
    use crate::dialect::DialectKind;
    use alloc::string::String;
    use proptest::prelude::*;

    const MESSAGES: [&str; 19] = [
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"TEXT"},"logprobs":null,"finish_reason":null}]}"#,
        r#"{"id":"c","choices":[{"index":1,"delta":{"content":"TEXT"},"logprobs":null,"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"TEXT"}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"TEXT"},"finish_reason":"stop"}]}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"TEXT"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"TEXT","text":"a"}}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"TEXT"}],"role":"model"},"index":0}]}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"TEXT"}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"TEXT","item_id":"i","logprobs":[],"obfuscation":"a","sequence_number":1}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"b","item_id":"i","logprobs":[],"obfuscation":"TEXT","sequence_number":12}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"b","item_id":"i","logprobs":["TEXT"],"obfuscation":"a","sequence_number":-1}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"b","item_id":"i","logprobs":[],"obfuscation":["TEXT"],"sequence_number":1e3}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"TEXT"}],"role":"model"},"index":0}],"usageMetadata":{"n":1},"modelVersion":"m"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"index":0}],"usageMetadata":{"n":23,"TEXT":[]},"modelVersion":"m"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"index":0}],"usageMetadata":[],"modelVersion":"TEXT"}"#,
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
            (DialectKind::UiMessage, MESSAGES[16]),
            (DialectKind::OpenaiResponses, MESSAGES[8]),
            (DialectKind::Gemini, MESSAGES[12]),
        ] {
            let mut alike = Alike::default();
            let mut found = Found::default();
            let mut reader = dialect.instantiate();
            // The first message of a stream may say more.
            reader.read(message.as_bytes(), &mut found).unwrap();
            found.clear();
            reader.read(message.as_bytes(), &mut found).unwrap();
            alike.remember(message.as_bytes(), &found);
            assert!(alike.find(message.replace("TEXT", "more \\n text").as_bytes(), &mut Found::default()));
            assert!(!alike.find(message.replace("TEXT", "a\",\"b\":\"").as_bytes(), &mut Found::default()));
            assert!(!alike.find(&message.as_bytes()[1..], &mut Found::default()));
        }
    }
}
