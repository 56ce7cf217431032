//! OpenAI chat completions: a stream of chunks, or one document.
//!
//! Everything a client shows as text is named: `content` (a string or an array of parts), `reasoning`
//! and `reasoning_content` of the providers that send them, `refusal`, tool calls, and, as
//! [`ChannelKind::Other`], every further string below a choice that is not known to be metadata. What
//! stands beside the choices (ids, model, usage) is passed through, citations excepted.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Channel, ChannelKind, Dialect, Ending, Found, FoundText, Framing, Message};
use crate::halt::logit_entropy;
use crate::json::{JsonError, Kind, Scanner, escape_into};

/// Fields of the envelope that a final chunk repeats, as the upstream first sent them.
const ENVELOPE: [&str; 5] = ["id", "object", "created", "model", "system_fingerprint"];

/// What it is where the upstream sent none.
const NO_ENVELOPE: &[u8] = br#""id":"interlock","object":"chat.completion.chunk","created":0,"model":"""#;

/// Fields whose strings are no text for a client.
const METADATA: [&str; 15] = [
    "type",
    "id",
    "index",
    "object",
    "role",
    "format",
    "signature",
    "finish_reason",
    "native_finish_reason",
    "stop_reason",
    "matched_stop",
    "content_filter_results",
    "content_filter_offsets",
    "token_ids",
    "expires_at",
];

/// The dialect, for both of its forms.
#[derive(Clone, Debug)]
pub(super) struct OpenaiChat {
    framing: Framing,
    /// The members of the envelope as written by the upstream: `"id":"x","model":"y"`. Those of the first message
    /// that has any, if no text came before: the end of a stream must not depend on what was read behind it.
    envelope: Option<Vec<u8>>,
    /// The stream has said that it is over, or that a choice is.
    ended: bool,
}

/// Where a message's texts are collected.
struct Reader<'f> {
    found: &'f mut Found,
}

impl OpenaiChat {
    pub(super) fn stream() -> Self {
        Self { framing: Framing::Sse, envelope: None, ended: false }
    }

    pub(super) fn body() -> Self {
        Self { framing: Framing::Body, envelope: None, ended: false }
    }

    fn read_object(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        let mut json = Scanner::new(message)?;
        if json.kind()? != Kind::Object {
            return Err(JsonError { offset: json.position(), what: "expected a JSON object" });
        }
        let take_envelope = self.envelope.is_none();
        let mut envelope = Vec::new();
        let mut reader = Reader { found };
        json.object(|json, key| match key {
            "choices" if json.kind()? == Kind::Array => json.array(|json, position| reader.choice(json, position)),
            "usage" => {
                let is_null = json.kind()? == Kind::Null;
                let range = json.value()?;
                if !is_null {
                    reader.found.usage = Some(range.clone());
                    reader.found.trailing.push(range);
                }
                Ok(())
            }
            "error" => {
                if json.kind()? != Kind::Null {
                    reader.found.message = Message::Error;
                }
                json.skip()
            }
            "choices" | "citations" | "search_results" => reader.other(json, 0),
            _ => {
                let range = json.value()?;
                if take_envelope && ENVELOPE.contains(&key) {
                    member(key, json.slice(range), &mut envelope);
                }
                Ok(())
            }
        })?;
        json.finish()?;
        if take_envelope && !(envelope.is_empty() && found.texts.is_empty()) {
            self.envelope = Some(envelope);
        }
        Ok(())
    }

    fn write_error(&self, message: &str, kind: &str, out: &mut Vec<u8>) {
        let sse = self.framing == Framing::Sse;
        if sse {
            out.extend_from_slice(b"data: ");
        }
        out.extend_from_slice(b"{\"error\":{\"message\":\"");
        escape_into(message, out);
        out.extend_from_slice(b"\",\"type\":\"");
        escape_into(kind, out);
        out.extend_from_slice(b"\",\"param\":null,\"code\":null}}");
        if sse {
            out.extend_from_slice(b"\n\n");
        }
    }
}

/// Appends `"key":value`, with a comma before it where it is not the first.
fn member(key: &str, value: &str, out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(value.as_bytes());
}

impl Dialect for OpenaiChat {
    fn framing(&self) -> Framing {
        self.framing
    }

    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        if self.framing == Framing::Sse {
            let trimmed = message.trim_ascii();
            if trimmed == b"[DONE]" {
                found.message = Message::Done;
                self.ended = true;
                return Ok(());
            }
            if trimmed.is_empty() {
                return Ok(());
            }
        }
        self.read_object(message, found)?;
        self.ended |= !found.finished.is_empty();
        Ok(())
    }

    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>) {
        if self.framing == Framing::Body {
            // Nothing of the document has left, so the document is the report.
            self.write_error(ending.message, "content_filter", out);
            return;
        }
        out.extend_from_slice(b"data: {");
        let envelope = self.envelope.as_deref().filter(|members| !members.is_empty());
        out.extend_from_slice(envelope.unwrap_or(NO_ENVELOPE));
        out.extend_from_slice(b",\"choices\":[");
        for (position, choice) in ending.open_choices.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            out.extend_from_slice(alloc::format!("{{\"index\":{choice},\"delta\":{{").as_bytes());
            if !ending.message.is_empty() {
                out.extend_from_slice(b"\"content\":\"");
                escape_into(ending.message, out);
                out.push(b'"');
            }
            out.extend_from_slice(b"},\"logprobs\":null,\"finish_reason\":\"content_filter\"}");
        }
        out.push(b']');
        if let Some(usage) = ending.usage {
            out.extend_from_slice(b",\"usage\":");
            // One line: the account may have been written over several.
            out.extend(usage.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')));
        }
        out.extend_from_slice(b"}\n\ndata: [DONE]\n\n");
    }

    fn fail(&self, message: &str, out: &mut Vec<u8>) {
        self.write_error(message, "upstream_error", out);
    }

    fn is_truncated(&self) -> bool {
        self.framing == Framing::Sse && !self.ended
    }
}

impl Reader<'_> {
    fn push(&mut self, choice: u32, kind: ChannelKind, block: u32, range: Range<usize>) {
        let channel = Channel { choice, kind, block };
        self.found.texts.push(FoundText { channel, range });
    }

    fn choice(&mut self, json: &mut Scanner<'_>, position: u32) -> Result<(), JsonError> {
        if json.kind()? != Kind::Object {
            return self.other(json, position);
        }
        // The index may come after the texts: they are named by position first.
        let mut index = position;
        let texts = self.found.texts.len();
        let finished = self.found.finished.len();
        let entropies = self.found.entropies.len();
        let mut logprobs = None;
        json.object(|json, key| match key {
            "index" => {
                index = json.unsigned()?.unwrap_or(position);
                Ok(())
            }
            "delta" | "message" => self.delta(json, position),
            "text" if json.kind()? == Kind::String => {
                let range = json.string()?;
                self.push(position, ChannelKind::Content, 0, range);
                Ok(())
            }
            "finish_reason" => {
                let is_text = json.kind()? == Kind::String;
                let range = json.value()?;
                if is_text {
                    self.found.finished.push((position, range.clone()));
                    self.found.trailing.push(range);
                }
                Ok(())
            }
            "logprobs" => {
                logprobs = Some(json.position());
                self.logprobs(json, position)
            }
            _ => self.unknown(json, key, position),
        })?;
        // Log-probabilities spell text out. Beside their text they leave with it; alone they are text.
        if let Some(start) = logprobs.filter(|_| self.found.texts.len() == texts) {
            self.found.trailing.retain(|range| range.start != start);
            self.other(&mut json.rewound(start), position)?;
        }
        for text in self.found.texts.iter_mut().skip(texts) {
            text.channel.choice = index;
        }
        for entry in self.found.finished.iter_mut().skip(finished) {
            entry.0 = index;
        }
        for entry in self.found.entropies.iter_mut().skip(entropies) {
            entry.0 = index;
        }
        Ok(())
    }

    fn delta(&mut self, json: &mut Scanner<'_>, choice: u32) -> Result<(), JsonError> {
        if json.kind()? != Kind::Object {
            return self.other(json, choice);
        }
        json.object(|json, key| {
            let kind = match key {
                "content" => ChannelKind::Content,
                "reasoning_content" | "reasoning" | "reasoning_details" | "thinking" => ChannelKind::Reasoning,
                "refusal" => ChannelKind::Refusal,
                "tool_calls" if json.kind()? == Kind::Array => {
                    return json.array(|json, position| self.tool_call(json, choice, position));
                }
                "function_call" if json.kind()? == Kind::Object => return self.function(json, choice, 0),
                _ => return self.unknown(json, key, choice),
            };
            self.texts(json, choice, kind)
        })
    }

    /// Every string of a value is text of `kind`, metadata excepted; a part named `thinking` within
    /// content is reasoning.
    fn texts(&mut self, json: &mut Scanner<'_>, choice: u32, kind: ChannelKind) -> Result<(), JsonError> {
        match json.kind()? {
            Kind::String => {
                let range = json.string()?;
                self.push(choice, kind, 0, range);
                Ok(())
            }
            Kind::Array => json.array(|json, _| self.texts(json, choice, kind)),
            Kind::Object => json.object(|json, key| match key {
                "thinking" if kind == ChannelKind::Content => self.texts(json, choice, ChannelKind::Reasoning),
                _ if METADATA.contains(&key) => json.skip(),
                _ => self.texts(json, choice, kind),
            }),
            Kind::Number | Kind::Bool | Kind::Null => json.skip(),
        }
    }

    fn tool_call(&mut self, json: &mut Scanner<'_>, choice: u32, position: u32) -> Result<(), JsonError> {
        if json.kind()? != Kind::Object {
            return self.other(json, choice);
        }
        let mut block = position;
        let texts = self.found.texts.len();
        json.object(|json, key| match key {
            "index" => {
                block = json.unsigned()?.unwrap_or(position);
                Ok(())
            }
            // A custom tool has its input where a function has its arguments.
            "function" | "custom" if json.kind()? == Kind::Object => self.function(json, choice, position),
            _ => self.unknown(json, key, choice),
        })?;
        for text in self.found.texts.iter_mut().skip(texts) {
            text.channel.block = block;
        }
        Ok(())
    }

    fn function(&mut self, json: &mut Scanner<'_>, choice: u32, block: u32) -> Result<(), JsonError> {
        json.object(|json, key| {
            let kind = match key {
                "name" => ChannelKind::ToolName,
                "arguments" | "input" => ChannelKind::ToolArguments,
                _ => return self.unknown(json, key, choice),
            };
            if json.kind()? != Kind::String {
                return self.texts(json, choice, kind);
            }
            let range = json.string()?;
            self.push(choice, kind, block, range);
            Ok(())
        })
    }

    fn unknown(&mut self, json: &mut Scanner<'_>, key: &str, choice: u32) -> Result<(), JsonError> {
        if METADATA.contains(&key) { json.skip() } else { self.other(json, choice) }
    }

    fn other(&mut self, json: &mut Scanner<'_>, choice: u32) -> Result<(), JsonError> {
        self.texts(json, choice, ChannelKind::Other)
    }

    /// Log-probabilities: `{"content": [{"token", "logprob", "top_logprobs": [{"logprob"}, …]}, …]}`.
    fn logprobs(&mut self, json: &mut Scanner<'_>, choice: u32) -> Result<(), JsonError> {
        let is_object = json.kind()? == Kind::Object;
        let start = json.position();
        if !is_object {
            let is_null = json.kind()? == Kind::Null;
            let range = json.value()?;
            if !is_null {
                self.found.trailing.push(range);
            }
            return Ok(());
        }
        let mut largest: Option<f64> = None;
        let mut values = Vec::new();
        json.object(|json, _| {
            if json.kind()? != Kind::Array {
                return json.skip();
            }
            json.array(|json, _| {
                values.clear();
                token_logprobs(json, &mut values)?;
                if values.is_empty() {
                    return Ok(());
                }
                // What is no distribution has no entropy that could pass: it counts as unbounded.
                let bits = logit_entropy(&values).unwrap_or(f64::MAX);
                largest = Some(largest.map_or(bits, |so_far| so_far.max(bits)));
                Ok(())
            })
        })?;
        let end = json.end_of_last();
        self.found.trailing.push(start..end);
        if let Some(bits) = largest {
            self.found.entropies.push((choice, bits));
        }
        Ok(())
    }
}

/// The log-probabilities of one token's alternatives, as far as they are given.
fn token_logprobs(json: &mut Scanner<'_>, values: &mut Vec<f64>) -> Result<(), JsonError> {
    if json.kind()? != Kind::Object {
        return json.skip();
    }
    json.object(|json, key| {
        if key != "top_logprobs" || json.kind()? != Kind::Array {
            return json.skip();
        }
        json.array(|json, _| {
            if json.kind()? != Kind::Object {
                return json.skip();
            }
            json.object(|json, key| {
                if key != "logprob" {
                    return json.skip();
                }
                if let Some(value) = json.double()? {
                    values.push(value);
                }
                Ok(())
            })
        })
    })
}
