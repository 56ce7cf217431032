//! Anthropic messages: a stream of events, or one document.
//!
//! A message is a list of content blocks, and each is a channel of its own. What a tool is called with comes piece by
//! piece in a stream, and as a JSON value in a document.

use alloc::vec::Vec;

use super::reader::{Field, Level, Position, Reader, is_call};
use super::write::{put, put_json, put_number, put_text};
use super::{CallForm, Dialect, Ending, Found, FoundCall, Framing, Mark, Message, Step};
use crate::dialect::ChannelKind::{Content, Other, Reasoning, ToolArguments, ToolName};
use crate::json::{JsonError, names};

static EVENT: Level = Level {
    names: names!["type", "index", "delta", "content_block", "message", "usage", "error"],
    fields: &[
        Field::Type,
        Field::Block,
        Field::Object(&DELTA),
        Field::Object(&BLOCK),
        Field::Object(&DOCUMENT),
        Field::Usage,
        Field::Error,
    ],
    rest: Field::Text(Other),
};

static DELTA: Level = Level {
    names: names!["type", "text", "thinking", "partial_json", "stop_reason", "signature", "container"],
    fields: &[
        Field::Type,
        Field::Text(Content),
        Field::Text(Reasoning),
        Field::Text(ToolArguments),
        Field::Finish("\"refusal\""),
        Field::Skip,
        Field::Skip,
    ],
    rest: Field::Text(Other),
};

static BLOCK: Level = Level {
    names: names!["type", "text", "thinking", "name", "input", "id", "tool_use_id", "signature", "data", "caller"],
    fields: &[
        Field::Type,
        Field::Text(Content),
        Field::Text(Reasoning),
        Field::Text(ToolName),
        Field::Arguments,
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
    ],
    rest: Field::Text(Other),
};

static DOCUMENT: Level = Level {
    names: names!["type", "content", "stop_reason", "usage", "error", "id", "role", "model", "container", "request_id"],
    fields: &[
        Field::Type,
        Field::List(Position::Block, &BLOCK),
        Field::Finish("\"refusal\""),
        Field::Usage,
        Field::Error,
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
        Field::Skip,
    ],
    rest: Field::Text(Other),
};

/// What stands before a message of the model where the upstream has sent no start of one.
const BEGIN: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_interlock\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}}\n\n";

/// Usage of which no account came.
const NO_USAGE: &str = "{\"output_tokens\":0}";

/// The dialect, for both of its forms.
#[derive(Clone, Debug)]
pub(super) struct Anthropic {
    framing: Framing,
    /// The protocol's last event was read.
    ended: bool,
    /// The start of the message has left, with its account of usage.
    begun: Option<Vec<u8>>,
    /// Blocks that are open, and whether each is text.
    open: Vec<(u32, bool)>,
    /// The block that would come next.
    next: u32,
    /// The client has been told why the message ends: no block can follow.
    told: bool,
}

impl Anthropic {
    pub(super) const fn new(framing: Framing) -> Self {
        Self { framing, ended: false, begun: None, open: Vec::new(), next: 0, told: false }
    }
}

impl Dialect for Anthropic {
    fn framing(&self) -> Framing {
        self.framing
    }

    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        let mut reader = Reader::new(message, found)?;
        if self.framing == Framing::Body {
            return reader.message(&DOCUMENT, false).map(drop);
        }
        let head = reader.message(&EVENT, false)?;
        let block = head.block();
        let inner = reader.json.plain(reader.inner.name.clone());
        let name = reader.json.plain(head.name);
        let mut mark = |step, data: &[u8]| found.marks.push(Mark { step, block, data: data.to_vec() });
        match &*name {
            "content_block_start" => {
                mark(Step::Open, inner.as_bytes());
                if is_call(&inner) {
                    found.calls.push(FoundCall { choice: 0, block, form: CallForm::Listed, range: 0..0 });
                }
            }
            "content_block_stop" => {
                mark(Step::Close, b"");
                found.closed.push((0, block));
            }
            "message_start" => {
                // Of what has been written this account knows next to nothing: the last one comes at the end.
                let usage = found.usage.take().and_then(|range| message.get(range));
                mark(Step::Begin, usage.unwrap_or_default());
            }
            "message_delta" => mark(Step::Finish, b""),
            "message_stop" => found.message = Message::Done,
            "error" => found.message = Message::Error,
            _ => {}
        }
        self.ended |= found.message != Message::Part;
        Ok(())
    }

    fn left(&mut self, marks: &[Mark]) {
        for Mark { step, block, data } in marks {
            match step {
                Step::Begin => self.begun = Some(data.clone()),
                Step::Open => {
                    self.next = self.next.max(block.saturating_add(1));
                    if !self.open.iter().any(|(open, _)| open == block) {
                        self.open.push((*block, data == b"text"));
                    }
                }
                Step::Close => self.open.retain(|(open, _)| open != block),
                Step::Finish => self.told = true,
                _ => {}
            }
        }
    }

    fn opens_blocks(&self) -> bool {
        self.framing == Framing::Sse
    }

    fn notice(&self) -> Option<[&'static str; 2]> {
        Some(["{\"type\":\"text\",\"text\":\"", "\"}"])
    }

    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>) {
        if self.framing == Framing::Body {
            return self.fail(ending.message, 0, out);
        }
        if self.begun.is_none() {
            put(&[BEGIN], out);
        }
        let mut message = ending.message;
        let last_text = self.open.iter().rev().find(|(_, is_text)| *is_text);
        for (block, is_text) in &self.open {
            if *is_text && last_text == Some(&(*block, true)) {
                put_message(core::mem::take(&mut message), *block, out);
            }
            stop(*block, out);
        }
        if !message.is_empty() && !self.told {
            put_number(
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":",
                self.next,
                out,
            );
            put(&[",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"], out);
            put_message(message, self.next, out);
            stop(self.next, out);
        }
        let usage = ending.usage.or(self.begun.as_deref().filter(|usage| !usage.is_empty()));
        put_json(
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\",\"stop_sequence\":null},\"usage\":",
            usage,
            NO_USAGE,
            out,
        );
        put(&["}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"], out);
    }

    fn fail(&self, message: &str, _next_count: u32, out: &mut Vec<u8>) {
        let is_event = self.framing == Framing::Sse;
        put(&[if is_event { "event: error\ndata: " } else { "" }], out);
        put_text("{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":", message, out);
        put(&[if is_event { "}}\n\n" } else { "}}" }], out);
    }

    fn is_truncated(&self) -> bool {
        self.framing == Framing::Sse && !self.ended
    }
}

/// Appends text in a block that is open.
fn put_message(message: &str, block: u32, out: &mut Vec<u8>) {
    if !message.is_empty() {
        put_number("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":", block, out);
        put_text(",\"delta\":{\"type\":\"text_delta\",\"text\":", message, out);
        put(&["}}\n\n"], out);
    }
}

/// Appends the end of a block.
fn stop(block: u32, out: &mut Vec<u8>) {
    put_number("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":", block, out);
    put(&["}\n\n"], out);
}
