//! How a halted response ends: every part and item that is open is closed with the text that has left, and the response
//! is incomplete for a filter.

use alloc::vec::Vec;

use super::super::write::{put, put_json, put_number, put_text};
use super::{Ending, Item, OpenaiResponses, Part, PartKind, ToolArguments, ToolName, block_of};
use crate::dialect::ChannelKind;

/// Usage of which no account came.
const NO_USAGE: &str = "{\"input_tokens\":0,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":0,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":0}";

/// What it is where the upstream sent none.
const NO_ENVELOPE: &str = "\"id\":\"resp_interlock\",\"object\":\"response\",\"created_at\":0,\"model\":\"\"";

impl PartKind {
    /// The channel of its text.
    const fn channel(self) -> ChannelKind {
        match self {
            Self::Text => ChannelKind::Content,
            Self::Refusal => ChannelKind::Refusal,
            Self::Summary | Self::Reasoning => ChannelKind::Reasoning,
        }
    }

    /// What events of its text are called, its type, the field of its text, and what its place is called.
    const fn names(self) -> [&'static str; 4] {
        match self {
            Self::Text => ["output_text", "output_text", "text", "content"],
            Self::Refusal => ["refusal", "refusal", "refusal", "content"],
            Self::Summary => ["reasoning_summary_text", "summary_text", "text", "summary"],
            Self::Reasoning => ["reasoning_text", "reasoning_text", "text", "content"],
        }
    }
}

/// What is written: the number of the next event, and where the ending's message stands.
struct Writer<'w, 'e> {
    ending: &'w Ending<'e>,
    out: &'w mut Vec<u8>,
    next: u32,
    /// The block of the text that the message is the end of.
    message_at: u32,
}

impl Item {
    fn type_and_members(&self) -> &str {
        core::str::from_utf8(&self.members).unwrap_or_default()
    }

    fn is(&self, name: &str) -> bool {
        self.type_and_members().strip_prefix(name).is_some_and(|rest| rest.starts_with('"'))
    }

    /// Its id, as the upstream wrote it.
    fn id(&self) -> &str {
        let (_, after) = self.type_and_members().split_once("\"id\":\"").unwrap_or_default();
        // One with a quote or an escape in it is none that is known to be.
        after.split_once('"').filter(|(id, _)| !id.contains('\\')).unwrap_or_default().0
    }
}

impl OpenaiResponses {
    pub(super) fn write_end(&self, ending: &Ending<'_>, out: &mut Vec<u8>) {
        let mut items = self.items.clone();
        let is_text = |part: &Part| part.is_open && part.kind == PartKind::Text;
        let open = items.iter().rev().filter(|item| item.is_open);
        let mut places =
            open.filter_map(|item| Some((item.place, item.parts.iter().rev().find(|part| is_text(part))?.place)));
        let message_at = places.next().map(|(item, part)| block_of(item, part));
        let new = items.iter().map(|item| item.place.saturating_add(1)).max().unwrap_or(0);
        let mut writer = Writer { ending, out, next: self.next, message_at: message_at.unwrap_or(new) };
        if self.envelope.is_empty() {
            writer.event("response.created");
            put(&[",\"response\":{", NO_ENVELOPE, ",\"status\":\"in_progress\",\"output\":[]}}\n\n"], writer.out);
        }
        if message_at.is_some() && !ending.message.is_empty() {
            let item = items.iter().find(|item| item.place == writer.message_at & 0xffff);
            writer.delta(item.map_or("", Item::id));
        }
        for item in items.iter().filter(|item| item.is_open) {
            writer.close(item);
        }
        if message_at.is_none() && !ending.message.is_empty() {
            let members = b"message\",\"id\":\"msg_interlock\",\"role\":\"assistant\"".to_vec();
            let part = Part { place: 0, kind: PartKind::Text, is_open: true };
            let item = Item { place: new, members, parts: Vec::from([part]), is_open: true };
            writer.place("response.output_item.added", "", new);
            put(&[",\"item\":{\"type\":\"", item.type_and_members()], writer.out);
            put(&[",\"status\":\"in_progress\",\"content\":[]}}\n\n"], writer.out);
            writer.place("response.content_part.added", item.id(), new);
            put(
                &[",\"content_index\":0,\"part\":{\"type\":\"output_text\",\"annotations\":[],\"text\":\"\"}}\n\n"],
                writer.out,
            );
            writer.delta(item.id());
            writer.close(&item);
            items.push(item);
        }
        writer.event("response.incomplete");
        put(&[",\"response\":{"], writer.out);
        put_json("", Some(self.envelope.as_slice()).filter(|it| !it.is_empty()), NO_ENVELOPE, writer.out);
        put(
            &[
                ",\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"},\"error\":null,\"output\":[",
            ],
            writer.out,
        );
        for (position, item) in items.iter().enumerate() {
            put(&[if position > 0 { "," } else { "" }], writer.out);
            writer.item(item);
        }
        put_json("],\"usage\":", ending.usage, NO_USAGE, writer.out);
        put(&["}}\n\n"], writer.out);
    }
}

impl Writer<'_, '_> {
    /// The start of an event.
    fn event(&mut self, name: &str) {
        put(&["event: ", name, "\ndata: {\"type\":\"", name], self.out);
        put_number("\",\"sequence_number\":", self.next, self.out);
        self.next = self.next.saturating_add(1);
    }

    /// The start of an event about an item.
    fn place(&mut self, name: &str, id: &str, item: u32) {
        self.event(name);
        if !id.is_empty() {
            put(&[",\"item_id\":\"", id, "\""], self.out);
        }
        put_number(",\"output_index\":", item, self.out);
    }

    /// The message of the ending, where text is open.
    fn delta(&mut self, id: &str) {
        let (item, part) = (self.message_at & 0xffff, self.message_at >> 16);
        self.place("response.output_text.delta", id, item);
        put_number(",\"content_index\":", part, self.out);
        put_text(",\"delta\":", self.ending.message, self.out);
        put(&[",\"logprobs\":[]}\n\n"], self.out);
    }

    /// The text of a part, behind the name of its field.
    fn text(&mut self, item: &Item, part: &Part) {
        let block = block_of(item.place, part.place);
        let [_, _, field, _] = part.kind.names();
        put(&[",\"", field], self.out);
        put_text("\":", self.ending.text(part.kind.channel(), block), self.out);
        if block == self.message_at && part.kind == PartKind::Text {
            self.out.pop();
            crate::json::escape_into(self.ending.message, self.out);
            self.out.push(b'"');
        }
    }

    fn part(&mut self, item: &Item, part: &Part) {
        let [_, kind, ..] = part.kind.names();
        put(&["{\"type\":\"", kind, "\""], self.out);
        if part.kind == PartKind::Text {
            put(&[",\"annotations\":[],\"logprobs\":[]"], self.out);
        }
        self.text(item, part);
        put(&["}"], self.out);
    }

    fn close(&mut self, item: &Item) {
        for part in item.parts.iter().filter(|part| part.is_open) {
            let [name, _, _, index] = part.kind.names();
            for is_text in [true, false] {
                let list = if part.kind == PartKind::Summary { "reasoning_summary_part" } else { "content_part" };
                let name = ["response.", if is_text { name } else { list }, ".done"].concat();
                self.place(&name, item.id(), item.place);
                put(&[",\"", index], self.out);
                put_number("_index\":", part.place, self.out);
                if is_text {
                    self.text(item, part);
                } else {
                    put(&[",\"part\":"], self.out);
                    self.part(item, part);
                }
                put(&["}\n\n"], self.out);
            }
        }
        self.place("response.output_item.done", "", item.place);
        put(&[",\"item\":"], self.out);
        self.item(item);
        put(&["}\n\n"], self.out);
    }

    /// An item as far as it has left.
    fn item(&mut self, item: &Item) {
        let is_call = item.is("function_call") || item.is("custom_tool_call");
        put(&["{\"type\":\"", item.type_and_members()], self.out);
        put(&[",\"status\":\"", if item.is_open { "incomplete" } else { "completed" }, "\""], self.out);
        if is_call {
            put_text(",\"name\":", self.ending.text(ToolName, item.place), self.out);
            let field = if item.is("function_call") { ",\"arguments\":" } else { ",\"input\":" };
            put_text(field, self.ending.text(ToolArguments, item.place), self.out);
        }
        for (kind, list) in [(PartKind::Summary, "summary"), (PartKind::Text, "content")] {
            let belongs = |part: &&Part| (part.kind == PartKind::Summary) == (kind == PartKind::Summary);
            let is_wanted = if kind == PartKind::Summary { item.is("reasoning") } else { item.is("message") };
            if !is_wanted && !item.parts.iter().any(|part| belongs(&part)) {
                continue;
            }
            put(&[",\"", list, "\":["], self.out);
            for (position, part) in item.parts.iter().filter(belongs).enumerate() {
                put(&[if position > 0 { "," } else { "" }], self.out);
                self.part(item, part);
            }
            put(&["]"], self.out);
        }
        put(&["}"], self.out);
    }
}
