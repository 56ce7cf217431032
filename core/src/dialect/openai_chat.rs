//! OpenAI chat completions: a stream of chunks, or one document.
//!
//! Everything a client shows as text is named: `content` (a string or an array of parts), `reasoning`
//! and `reasoning_content` of the providers that send them, `refusal`, tool calls, and, as
//! [`ChannelKind::Other`], every further string below a choice that is not known to be metadata. What
//! stands beside the choices (ids, model, usage) is passed through, citations excepted.

use alloc::vec::Vec;

use super::members::{METADATA, list_entropy};
use super::{
    CallForm, Channel, ChannelKind, Dialect, Ending, Finish, Found, FoundCall, FoundText, Framing, Message, TextForm,
};
use crate::json::{Broken, JsonError, Kind, Names, OTHER, Scanner, escape_into, names};
use crate::numeric::digits;

/// What a field means.
#[derive(Clone, Copy)]
enum Field {
    /// Position of the choice or tool call.
    Index,
    /// Every string in it is text.
    Text(ChannelKind),
    /// An object with known fields; every string in something else is other text.
    Fields(Level),
    /// A list of such objects.
    List(Level),
    /// The text of the old completions; every string in something else is other text.
    Completion,
    FinishReason,
    Logprobs,
    Usage,
    Error,
    /// A field of the envelope that a final chunk repeats, as the upstream first sent it.
    Envelope,
    /// Its strings are no text for a client.
    Metadata,
}

/// Where an object with known fields stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Message,
    Choice,
    Delta,
    ToolCall,
    Function,
}

impl Level {
    /// The fields that are known there by name, and what they mean. Every other field is text, unless it is
    /// [`METADATA`].
    fn fields(self) -> (Names, &'static [Field]) {
        use ChannelKind::{Content, Other, Reasoning, Refusal, ToolArguments, ToolName};
        use Field::{Completion, Envelope, Error, Fields, FinishReason, Index, List, Logprobs, Text, Usage};
        match self {
            Self::Message => (
                names![
                    "id",
                    "object",
                    "created",
                    "model",
                    "system_fingerprint",
                    "choices",
                    "usage",
                    "error",
                    "citations",
                    "search_results",
                ],
                &[
                    Envelope,
                    Envelope,
                    Envelope,
                    Envelope,
                    Envelope,
                    List(Self::Choice),
                    Usage,
                    Error,
                    Text(Other),
                    Text(Other),
                ],
            ),
            Self::Choice => (
                names!["index", "delta", "logprobs", "finish_reason", "message", "text"],
                &[Index, Fields(Self::Delta), Logprobs, FinishReason, Fields(Self::Delta), Completion],
            ),
            Self::Delta => (
                names![
                    "content",
                    "role",
                    "refusal",
                    "reasoning_content",
                    "reasoning",
                    "reasoning_details",
                    "thinking",
                    "tool_calls",
                    "function_call",
                ],
                &[
                    Text(Content),
                    Field::Metadata,
                    Text(Refusal),
                    Text(Reasoning),
                    Text(Reasoning),
                    Text(Reasoning),
                    Text(Reasoning),
                    List(Self::ToolCall),
                    Fields(Self::Function),
                ],
            ),
            // A custom tool has its input where a function has its arguments.
            Self::ToolCall => {
                (names!["index", "function", "custom"], &[Index, Fields(Self::Function), Fields(Self::Function)])
            }
            Self::Function => {
                (names!["name", "arguments", "input"], &[Text(ToolName), Text(ToolArguments), Text(ToolArguments)])
            }
        }
    }
}

/// What it is where the upstream sent none.
const NO_ENVELOPE: &[u8] = br#""id":"interlock","object":"chat.completion.chunk","created":0,"model":"""#;

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

/// What collects the parts of a message.
struct Reader<'f, 'a> {
    json: Scanner<'a>,
    found: &'f mut Found,
    /// The members of the envelope, where they are wanted.
    envelope: Option<Vec<u8>>,
    /// Where the log-probabilities of the choice start.
    logprobs: Option<usize>,
    /// What was read of a tool call is not written as one.
    is_odd: bool,
}

impl OpenaiChat {
    pub(super) fn stream() -> Self {
        Self { framing: Framing::Sse, envelope: None, ended: false }
    }

    #[cfg(feature = "dialects")]
    pub(super) fn body() -> Self {
        Self { framing: Framing::Body, envelope: None, ended: false }
    }

    fn read_object(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        let json = Scanner::new(message)?;
        let envelope = self.envelope.is_none().then(Vec::new);
        let mut reader = Reader { json, found, envelope, logprobs: None, is_odd: false };
        if reader.message().is_err() {
            return Err(reader.json.error());
        }
        if let Some(envelope) = reader.envelope.filter(|it| !(it.is_empty() && found.texts.is_empty())) {
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
        if self.framing.is_body() {
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
            out.extend_from_slice(b"{\"index\":");
            out.extend_from_slice(digits(u64::from(*choice)).as_bytes());
            out.extend_from_slice(b",\"delta\":{");
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

    fn fail(&self, message: &str, _next_count: u32, out: &mut Vec<u8>) {
        self.write_error(message, "upstream_error", out);
    }

    fn is_truncated(&self) -> bool {
        self.framing == Framing::Sse && !self.ended
    }
}

impl Reader<'_, '_> {
    fn message(&mut self) -> Result<(), Broken> {
        if !self.next_is(Kind::Object)? {
            let start = self.json.position();
            return Err(self.json.fail_at(start, "expected a JSON object"));
        }
        self.fields(Level::Message, 0)?;
        self.json.finish()
    }

    #[inline]
    fn next_is(&mut self, kind: Kind) -> Result<bool, Broken> {
        Ok(self.json.kind()? == kind)
    }

    /// Reads an object, and gives its index where it has one.
    fn fields(&mut self, level: Level, choice: u32) -> Result<Option<u32>, Broken> {
        let (names, meanings) = level.fields();
        let mut index = None;
        let mut walk = self.json.object()?;
        while let Some(position) = self.json.next_field(&mut walk, names)? {
            let field = meanings.get(position).copied().unwrap_or_else(|| match level {
                Level::Message => Field::Metadata,
                _ if METADATA.position(&self.json.key()).is_some() => Field::Metadata,
                _ => Field::Text(ChannelKind::Other),
            });
            match field {
                Field::Index => index = self.json.unsigned()?,
                Field::Text(kind) => {
                    let value = self.json.kind()?;
                    if level == Level::Function {
                        self.is_odd |= !matches!(value, Kind::String | Kind::Null);
                    }
                    let start = self.json.position();
                    self.texts(choice, kind)?;
                    let is_blank = cfg!(feature = "dialects") && value == Kind::Null && kind == ChannelKind::Content;
                    if is_blank && self.found.blank.is_none() {
                        self.found.blank = Some(start..self.json.end_of_last());
                    }
                }
                Field::Fields(inner) if self.next_is(Kind::Object)? => {
                    let start = self.json.position();
                    self.fields(inner, choice)?;
                    if level == Level::Delta {
                        self.call(choice, 0, CallForm::Single, start);
                    }
                }
                Field::List(inner) if self.next_is(Kind::Array)? => self.list(inner, choice)?,
                Field::Completion if self.next_is(Kind::String)? => self.texts(choice, ChannelKind::Content)?,
                Field::Fields(inner) | Field::List(inner) => {
                    let is_odd = inner != Level::Delta && !self.next_is(Kind::Null)?;
                    let start = self.json.position();
                    self.texts(choice, ChannelKind::Other)?;
                    self.is_odd |= is_odd;
                    if is_odd && level != Level::ToolCall {
                        // Without choices there is no document left.
                        let start = if level == Level::Message { self.json.end_of_last() } else { start };
                        self.call(choice, 0, CallForm::Odd, start);
                    }
                }
                Field::Completion => self.texts(choice, ChannelKind::Other)?,
                Field::Metadata => self.json.skip()?,
                Field::Envelope if self.envelope.is_none() => self.json.skip()?,
                Field::Envelope | Field::Logprobs | Field::FinishReason | Field::Usage | Field::Error => {
                    self.value(field, position, choice)?;
                }
            }
        }
        Ok(index)
    }

    /// Reads a value that holds no text.
    fn value(&mut self, field: Field, position: usize, choice: u32) -> Result<(), Broken> {
        let kind = self.json.kind()?;
        let start = self.json.position();
        if matches!(field, Field::Logprobs) && kind == Kind::Object {
            self.logprobs(choice)?;
        } else {
            self.json.skip()?;
        }
        let range = start..self.json.end_of_last();
        let is_null = kind == Kind::Null;
        match field {
            Field::Envelope => {
                if let (Some(out), Some(name)) = (&mut self.envelope, Level::Message.fields().0.get(position)) {
                    member(name, self.json.slice(range), out);
                }
            }
            Field::Logprobs => {
                self.logprobs = Some(start);
                if !is_null {
                    self.found.trailing.push(range);
                }
            }
            Field::FinishReason if kind == Kind::String => {
                let filtered = "\"content_filter\"";
                self.found.finished.push(Finish { choice, range: range.clone(), filtered });
                self.found.trailing.push(range);
            }
            Field::Usage if !is_null => {
                self.found.usage = Some(range.clone());
                self.found.trailing.push(range);
            }
            Field::Error if !is_null => self.found.message = Message::Error,
            _ => {}
        }
        Ok(())
    }

    /// Reads a list of choices or tool calls. Their index may come after their texts: these are named by
    /// position first.
    fn list(&mut self, level: Level, choice: u32) -> Result<(), Broken> {
        let mut walk = self.json.array()?;
        let mut position = 0_u32;
        while self.json.next_item(&mut walk)? {
            let choice = if level == Level::Choice { position } else { choice };
            let is_object = self.next_is(Kind::Object)?;
            let start = self.json.position();
            if !is_object {
                self.texts(choice, ChannelKind::Other)?;
                if level == Level::ToolCall {
                    self.call(choice, position, CallForm::Odd, start);
                }
            } else if level == Level::Choice {
                self.choice(position)?;
            } else {
                let texts = self.found.texts.len();
                let block = self.fields(level, choice)?.unwrap_or(position);
                for text in self.found.texts.get_mut(texts..).unwrap_or_default() {
                    text.channel.block = block;
                }
                self.call(choice, block, CallForm::Listed, start);
            }
            position = position.saturating_add(1);
        }
        Ok(())
    }

    /// Notes a part of a tool call, which has been read from `start` on.
    fn call(&mut self, choice: u32, block: u32, form: CallForm, start: usize) {
        let is_odd = core::mem::take(&mut self.is_odd);
        let (form, range) = (if is_odd { CallForm::Odd } else { form }, start..self.json.end_of_last());
        self.found.calls.push(FoundCall { choice, block, form, range });
    }

    fn choice(&mut self, position: u32) -> Result<(), Broken> {
        let texts = self.found.texts.len();
        let calls = self.found.calls.len();
        let finished = self.found.finished.len();
        let entropies = self.found.entropies.len();
        self.logprobs = None;
        let index = self.fields(Level::Choice, position)?.unwrap_or(position);
        // Log-probabilities spell text out. Beside their text they leave with it; alone they are text.
        if let Some(start) = self.logprobs.filter(|_| self.found.texts.len() == texts) {
            self.found.trailing.retain(|range| range.start != start);
            let rewound = self.json.rewound(start);
            let json = core::mem::replace(&mut self.json, rewound);
            self.texts(position, ChannelKind::Other)?;
            self.json = json;
        }
        for text in self.found.texts.get_mut(texts..).unwrap_or_default() {
            text.channel.choice = index;
        }
        for call in self.found.calls.get_mut(calls..).unwrap_or_default() {
            call.choice = index;
        }
        for entry in self.found.finished.get_mut(finished..).unwrap_or_default() {
            entry.choice = index;
        }
        for entry in self.found.entropies.get_mut(entropies..).unwrap_or_default() {
            entry.0 = index;
        }
        Ok(())
    }

    /// Every string of a value is text of `kind`, metadata excepted; a part named `thinking` within
    /// content is reasoning.
    fn texts(&mut self, choice: u32, kind: ChannelKind) -> Result<(), Broken> {
        match self.json.kind()? {
            Kind::String => {
                let range = self.json.string()?;
                let channel = Channel { choice, kind, block: 0 };
                self.found.texts.push(FoundText { channel, range, form: TextForm::default() });
                Ok(())
            }
            Kind::Array => {
                let mut walk = self.json.array()?;
                while self.json.next_item(&mut walk)? {
                    self.texts(choice, kind)?;
                }
                Ok(())
            }
            Kind::Object => {
                let mut walk = self.json.object()?;
                while let Some(position) = self.json.next_field(&mut walk, METADATA)? {
                    if position != OTHER {
                        self.json.skip()?;
                        continue;
                    }
                    let is_thinking = kind == ChannelKind::Content && self.json.key() == "thinking";
                    self.texts(choice, if is_thinking { ChannelKind::Reasoning } else { kind })?;
                }
                Ok(())
            }
            Kind::Number | Kind::Bool | Kind::Null => self.json.skip(),
        }
    }

    /// Log-probabilities: `{"content": [{"token", "logprob", "top_logprobs": [{"logprob"}, …]}, …]}`.
    fn logprobs(&mut self, choice: u32) -> Result<(), Broken> {
        let mut largest: Option<f64> = None;
        let mut lists = self.json.object()?;
        while self.json.next_field(&mut lists, Names::NONE)?.is_some() {
            if !self.next_is(Kind::Array)? {
                self.json.skip()?;
                continue;
            }
            if let Some(bits) = list_entropy(&mut self.json)? {
                largest = Some(largest.map_or(bits, |so_far| so_far.max(bits)));
            }
        }
        if let Some(bits) = largest {
            self.found.entropies.push((choice, bits));
        }
        Ok(())
    }
}
