//! OpenAI responses: a stream of events, or one document.
//!
//! The output is a list of items. Their texts come piece by piece, and then again: with the end of each part, of each item
//! and of the response. What the response tells of the request (instructions, tools) is passed through.

use alloc::vec::Vec;

use super::reader::{Field, Level, Position, Reader, block_of, is_call};
use super::write::{put, put_number, put_text};
use super::{CallForm, Dialect, Ending, Finish, Found, FoundCall, Framing, Mark, Message, Step};
use crate::dialect::ChannelKind::{self, Content, Other, Refusal, ToolArguments, ToolName};
use crate::json::{JsonError, names};

mod ending;

static EVENT: Level = Level {
    names: names![
        "type",
        "delta",
        "output_index",
        "content_index",
        "sequence_number",
        "summary_index",
        "item_id",
        "logprobs",
        "obfuscation",
        "text",
        "refusal",
        "arguments",
        "input",
        "name",
        "part",
        "item",
        "response",
        "error",
        "command_index",
        "status",
    ],
    fields: &[
        Field::Type,
        Field::Text(Content),
        Field::Block,
        Field::Part,
        Field::Count,
        Field::Part,
        Field::Skip,
        Field::Logprobs,
        Field::Skip,
        Field::Again(Content),
        Field::Again(Refusal),
        Field::Again(ToolArguments),
        Field::Again(ToolArguments),
        Field::Again(ToolName),
        Field::Object(&PART),
        Field::Object(&ITEM),
        Field::Object(&RESPONSE),
        Field::Error,
        Field::Part,
        Field::Skip,
    ],
    rest: Field::Again(Other),
};

static PART: Level = Level {
    names: names!["type", "text", "refusal", "logprobs"],
    fields: &[Field::Type, Field::Again(Content), Field::Again(Refusal), Field::Logprobs],
    rest: Field::Again(Other),
};

static ITEM: Level = Level {
    names: names![
        "type",
        "id",
        "call_id",
        "role",
        "phase",
        "content",
        "summary",
        "name",
        "arguments",
        "input",
        "status",
        "encrypted_content",
        "server_label",
    ],
    fields: &[
        Field::Type,
        Field::Id,
        Field::Member,
        Field::Member,
        Field::Member,
        Field::List(Position::Part, &PART),
        Field::List(Position::Part, &PART),
        Field::Again(ToolName),
        Field::Again(ToolArguments),
        Field::Again(ToolArguments),
        Field::Skip,
        Field::Skip,
        Field::Skip,
    ],
    rest: Field::Again(Other),
};

static RESPONSE: Level = Level {
    names: names![
        "id",
        "object",
        "created_at",
        "model",
        "status",
        "incomplete_details",
        "error",
        "usage",
        "output",
        "output_text",
    ],
    fields: &[
        Field::Member,
        Field::Member,
        Field::Member,
        Field::Member,
        Field::Finish("\"incomplete\""),
        Field::Finish("{\"reason\":\"content_filter\"}"),
        Field::Error,
        Field::Usage,
        Field::List(Position::Block, &ITEM),
        Field::Again(Content),
    ],
    // The request's own settings.
    rest: Field::Skip,
};

/// How many items of a response are remembered for its end.
const MOST_ITEMS: usize = 4096;

/// A part of an item: its place, and what its text is.
#[derive(Clone, Debug)]
struct Part {
    place: u32,
    kind: PartKind,
    is_open: bool,
}

/// What a part of an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartKind {
    Text,
    Refusal,
    Summary,
    Reasoning,
}

/// An item that has left, or its start has.
#[derive(Clone, Debug)]
struct Item {
    place: u32,
    /// Its type, its id and the other members that do not change, as they are written, with a zero between.
    head: Vec<u8>,
    parts: Vec<Part>,
    is_open: bool,
}

/// The dialect, for both of its forms.
#[derive(Clone, Debug)]
pub(super) struct OpenaiResponses {
    framing: Framing,
    /// The stream has said that it is over.
    ended: bool,
    /// The members of the response as the upstream wrote them first, once they have left.
    envelope: Vec<u8>,
    items: Vec<Item>,
}

impl OpenaiResponses {
    pub(super) const fn new(framing: Framing) -> Self {
        Self { framing, ended: false, envelope: Vec::new(), items: Vec::new() }
    }
}

/// Whether an event tells the end of something.
fn is_done(name: &str) -> bool {
    name.as_bytes().ends_with(b".done")
}

/// What the text of an event is, by the event's type; none where its parts say so themselves.
fn kind_of(name: &str) -> Option<ChannelKind> {
    let name = name.strip_prefix("response.").filter(|name| is_done(name) || name.as_bytes().ends_with(b".delta"))?;
    let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    Some(if name.starts_with("output_text") {
        Content
    } else if starts(&["output_item", "content_part", "reasoning"]) {
        return None;
    } else if name.starts_with("refusal") {
        Refusal
    } else if starts(&["function_call_arguments", "custom_tool_call_input", "mcp_call_arguments"]) {
        ToolArguments
    } else {
        Other
    })
}

impl Dialect for OpenaiResponses {
    fn framing(&self) -> Framing {
        self.framing
    }

    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        if self.framing == Framing::Body {
            return Reader::new(message, found)?.message(&RESPONSE, false).map(drop);
        }
        if message.trim_ascii() == b"[DONE]" {
            found.message = Message::Done;
            return Ok(());
        }
        let mut reader = Reader::new(message, found)?;
        let head = reader.message(&EVENT, false)?;
        let block = head.block();
        let id = reader.json.slice(core::mem::take(&mut reader.inner.id));
        let as_written = reader.json.slice(reader.inner.name.clone());
        let inner = reader.json.plain(core::mem::take(&mut reader.inner.name));
        let members = core::mem::take(&mut reader.members);
        let name = &*reader.json.plain(head.name);
        if let Some(kind) = kind_of(name) {
            for text in &mut found.texts {
                if text.channel.kind == Content {
                    text.channel.kind = kind;
                }
            }
        }
        let is_plain = inner.is_empty() && found.finished.is_empty() && found.message == Message::Part;
        if is_plain && name.as_bytes().ends_with(b".delta") {
            // It opens, closes and ends nothing.
            return Ok(());
        }
        if is_done(name) {
            found.closed.push((0, block));
        }
        let ends = matches!(name, "response.completed" | "response.incomplete" | "response.failed");
        if !ends {
            // What a response says of itself before its end is no reason for one.
            found.finished.clear();
        } else if found.finished.is_empty() {
            found.finished.push(Finish { choice: 0, range: 0..0, filtered: "" });
        }
        let mut mark = |step, data| found.marks.push(Mark { step, block, data });
        match name {
            "response.created" => mark(Step::Begin, members),
            "response.output_item.added" => {
                mark(Step::Open, [as_written.as_bytes(), b"\0", id.as_bytes(), b"\0", &members].concat());
            }
            "response.output_item.done" => mark(Step::Close, Vec::new()),
            "response.content_part.added" | "response.reasoning_summary_part.added" => {
                mark(Step::OpenPart, inner.as_bytes().to_vec());
            }
            "response.content_part.done" | "response.reasoning_summary_part.done" => {
                mark(Step::ClosePart, Vec::new());
            }
            "response.completed" | "response.incomplete" => found.message = Message::Done,
            "response.failed" => found.message = Message::Error,
            "error" => found.message = Message::Fault,
            _ => {}
        }
        if is_call(&inner) && !found.texts.iter().any(|text| text.channel.kind == ToolName) {
            // It is carried out by what its type and action say, which nobody is asked about.
            found.calls.push(FoundCall { choice: 0, block, form: CallForm::Odd, range: 0..0 });
        }
        self.ended |= found.message != Message::Part;
        Ok(())
    }

    fn left(&mut self, marks: &[Mark]) {
        for Mark { step, block, data } in marks {
            let is_full = self.items.len() >= MOST_ITEMS;
            let (place, within) = (block & 0xffff, block >> 16);
            let item = self.items.iter_mut().rfind(|item| item.place == place);
            match (step, item) {
                (Step::Begin, _) => self.envelope.clone_from(data),
                (Step::Open, None) if !is_full => {
                    let head = data.clone();
                    self.items.push(Item { place, head, parts: Vec::new(), is_open: true });
                }
                (Step::Close, Some(item)) => item.is_open = false,
                (Step::OpenPart, Some(item)) if item.parts.len() < MOST_ITEMS => {
                    let kind = match data.as_slice() {
                        b"refusal" => PartKind::Refusal,
                        b"summary_text" => PartKind::Summary,
                        b"reasoning_text" => PartKind::Reasoning,
                        _ => PartKind::Text,
                    };
                    item.parts.push(Part { place: within, kind, is_open: true });
                }
                (Step::ClosePart, Some(item)) => {
                    for part in item.parts.iter_mut().filter(|part| part.place == within) {
                        part.is_open = false;
                    }
                }
                _ => {}
            }
        }
    }

    fn repeats(&self) -> bool {
        self.framing == Framing::Sse
    }

    fn opens_blocks(&self) -> bool {
        self.framing == Framing::Sse
    }

    fn notice(&self) -> Option<[&'static str; 2]> {
        Some([
            "{\"type\":\"message\",\"id\":\"msg_interlock\",\"role\":\"assistant\",\"status\":\"incomplete\",\"content\":[{\"type\":\"output_text\",\"annotations\":[],\"text\":\"",
            "\"}]}",
        ])
    }

    fn may_follow_end(&self, message: &[u8]) -> bool {
        // Some servers end responses with the word of chat completions, which says nothing more.
        message == b"[DONE]"
    }

    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>) {
        if self.framing == Framing::Body {
            return self.write_error(ending.message, "content_filter", 0, out);
        }
        self.write_end(ending, out);
    }

    fn fail(&self, message: &str, next_count: u32, out: &mut Vec<u8>) {
        self.write_error(message, "upstream_error", next_count, out);
    }

    fn is_truncated(&self) -> bool {
        self.framing == Framing::Sse && !self.ended
    }
}

impl OpenaiResponses {
    fn write_error(&self, message: &str, kind: &str, next_count: u32, out: &mut Vec<u8>) {
        let is_event = self.framing == Framing::Sse;
        if is_event {
            put_number("event: error\ndata: {\"type\":\"error\",\"sequence_number\":", next_count, out);
        }
        put_text(if is_event { ",\"error\":{\"message\":" } else { "{\"error\":{\"message\":" }, message, out);
        put(&[",\"type\":\"", kind, "\",\"code\":\"", kind, "\",\"param\":null}}"], out);
        put(&[if is_event { "\n\n" } else { "" }], out);
    }
}
