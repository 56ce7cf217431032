//! The UI message stream of the AI SDK.
//!
//! Texts, reasoning and tool calls have ids, and are numbered in the order in which these appear. A tool's input comes
//! piece by piece and then once more, as the value that clients go by.

use alloc::string::String;
use alloc::vec::Vec;

use super::reader::{Field, Level, Reader};
use super::write::{put, put_text};
use super::{Dialect, Ending, Finish, Found, Framing, Mark, Message, Step};
use crate::dialect::ChannelKind::{Content, Other, ToolArguments, ToolName};
use crate::json::{JsonError, names};

static PART: Level = Level {
    names: names![
        "type",
        "delta",
        "id",
        "toolCallId",
        "toolName",
        "inputTextDelta",
        "input",
        "finishReason",
        "messageId",
        "sourceId",
        "approvalId",
        "mediaType",
        "providerMetadata",
        "callProviderMetadata",
        "resultProviderMetadata",
    ],
    fields: &[
        Field::Type,
        Field::Text(Content),
        Field::Id,
        Field::Id,
        Field::Again(ToolName),
        Field::Text(ToolArguments),
        Field::Arguments,
        Field::Finish("\"content-filter\""),
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
    ],
    rest: Field::Text(Other),
};

/// How many ids one stream may have, and how long they may be together.
const MOST_IDS: usize = 4096;
const MOST_ID_BYTES: usize = 1 << 20;

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
    Tool,
}

impl Kind {
    /// What the type of a part says of it.
    fn of(name: &str) -> Self {
        match name.as_bytes() {
            [b'r', ..] => Self::Reasoning,
            [b't', b'e', ..] => Self::Text,
            _ => Self::Tool,
        }
    }
}

/// A part that is open: what it is, its id as the upstream wrote it, and its block.
#[derive(Clone, Debug)]
struct Open {
    kind: Kind,
    id: Vec<u8>,
    block: u32,
}

/// The dialect.
#[derive(Clone, Debug, Default)]
pub(super) struct UiMessage {
    /// The stream has said that it is over.
    ended: bool,
    ids: Vec<String>,
    id_bytes: usize,
    begun: bool,
    in_step: bool,
    /// The client has been told that the message is finished.
    told: bool,
    open: Vec<Open>,
}

impl UiMessage {
    /// The number of an id.
    fn number(&mut self, id: &str) -> Option<u32> {
        let known = self.ids.iter().rposition(|known| known == id);
        if known.is_none() {
            self.id_bytes = self.id_bytes.saturating_add(id.len());
            if self.ids.len() >= MOST_IDS || self.id_bytes > MOST_ID_BYTES {
                return None;
            }
            self.ids.push(String::from(id));
        }
        u32::try_from(known.unwrap_or(self.ids.len().saturating_sub(1))).ok()
    }
}

impl Dialect for UiMessage {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        if message.trim_ascii() == b"[DONE]" {
            found.message = Message::Done;
            self.ended = true;
            return Ok(());
        }
        let mut reader = Reader::new(message, found)?;
        let head = reader.message(&PART, false)?;
        let mut block = 0;
        if !head.id.is_empty() {
            let id = reader.json.plain(head.id.clone());
            let offset = head.id.start;
            block = self.number(&id).ok_or(JsonError { offset, what: "too many ids" })?;
        }
        let name = &*reader.json.plain(head.name);
        let id = reader.json.slice(head.id).as_bytes();
        for text in &mut found.texts {
            text.channel.block = block;
        }
        for call in &mut found.calls {
            call.block = block;
        }
        let mut mark = |step| {
            let kind = [Kind::of(name) as u8];
            found.marks.push(Mark { step, block, data: [&kind, id].concat() });
        };
        match name {
            "start" => mark(Step::Begin),
            "start-step" => mark(Step::OpenPart),
            "text-start" | "reasoning-start" | "tool-input-start" => mark(Step::Open),
            "text-end" | "reasoning-end" => {
                mark(Step::Close);
                found.closed.push((0, block));
            }
            "tool-input-available" | "tool-input-error" => mark(Step::Close),
            "finish-step" | "finish" => {
                mark(if name == "finish" { Step::Finish } else { Step::ClosePart });
                if found.finished.is_empty() {
                    found.finished.push(Finish { choice: 0, range: 0..0, filtered: "" });
                }
            }
            "error" => found.message = Message::Fault,
            _ => {}
        }
        self.ended |= matches!(name, "finish" | "abort" | "error");
        Ok(())
    }

    fn left(&mut self, marks: &[Mark]) {
        for Mark { step, block, data } in marks {
            let Some((kind, id)) = data.split_first() else { continue };
            let kind = match kind {
                0 => Kind::Text,
                1 => Kind::Reasoning,
                _ => Kind::Tool,
            };
            match step {
                Step::Begin => self.begun = true,
                Step::OpenPart => self.in_step = true,
                Step::ClosePart => self.in_step = false,
                Step::Open | Step::Close => {
                    self.open.retain(|open| open.kind != kind || open.block != *block);
                    if *step == Step::Open {
                        self.open.push(Open { kind, id: id.to_vec(), block: *block });
                    }
                }
                Step::Finish => self.told = true,
            }
        }
    }

    fn repeats(&self) -> bool {
        true
    }

    fn opens_blocks(&self) -> bool {
        true
    }

    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>) {
        if self.told {
            return put(&["data: [DONE]\n\n"], out);
        }
        if !self.begun {
            put(&["data: {\"type\":\"start\"}\n\n"], out);
        }
        let mut message = ending.message;
        let last_text = self.open.iter().rposition(|open| open.kind == Kind::Text);
        for (position, Open { kind, id, block }) in self.open.iter().enumerate() {
            let id = core::str::from_utf8(id).unwrap_or_default();
            if last_text == Some(position) {
                put_message(core::mem::take(&mut message), id, out);
            }
            match kind {
                Kind::Text => put(&["data: {\"type\":\"text-end\",\"id\":\"", id, "\"}\n\n"], out),
                Kind::Reasoning => put(&["data: {\"type\":\"reasoning-end\",\"id\":\"", id, "\"}\n\n"], out),
                Kind::Tool => {
                    put(&["data: {\"type\":\"tool-input-error\",\"toolCallId\":\"", id, "\""], out);
                    put_text(",\"toolName\":", ending.text(ToolName, *block), out);
                    put_text(",\"input\":null,\"errorText\":", ending.reason.as_str(), out);
                    put(&["}\n\n"], out);
                }
            }
        }
        if !message.is_empty() {
            put(&["data: {\"type\":\"text-start\",\"id\":\"interlock\"}\n\n"], out);
            put_message(message, "interlock", out);
            put(&["data: {\"type\":\"text-end\",\"id\":\"interlock\"}\n\n"], out);
        }
        if self.in_step {
            put(&["data: {\"type\":\"finish-step\"}\n\n"], out);
        }
        put(&["data: {\"type\":\"finish\",\"finishReason\":\"content-filter\"}\n\ndata: [DONE]\n\n"], out);
    }

    fn fail(&self, message: &str, _next_count: u32, out: &mut Vec<u8>) {
        put_text("data: {\"type\":\"error\",\"errorText\":", message, out);
        put(&["}\n\ndata: [DONE]\n\n"], out);
    }

    fn is_truncated(&self) -> bool {
        !self.ended
    }
}

/// Appends text in a part that is open.
fn put_message(message: &str, id: &str, out: &mut Vec<u8>) {
    if !message.is_empty() {
        put(&["data: {\"type\":\"text-delta\",\"id\":\"", id, "\""], out);
        put_text(",\"delta\":", message, out);
        put(&["}\n\n"], out);
    }
}
