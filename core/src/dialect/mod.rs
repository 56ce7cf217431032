//! Wire protocols, without I/O: bytes in, channels and events, bytes out, well-formed endings.
//!
//! A [`Dialect`] says how a protocol is framed, reads one message and names the texts in it (where they
//! stand and which [`Channel`] they belong to), and writes the protocol's own end. It decides nothing
//! and keeps no text: that is the session's part. [`sse`] and [`json`](crate::json) are what dialects are built from.
//!
//! To add one: implement [`Dialect`], and give it a name in [`DialectKind`].

mod openai_chat;
pub mod sse;
mod text;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::halt::HaltReason;
use crate::json::JsonError;
use openai_chat::OpenaiChat;
use text::PlainText;

/// The protocols by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialectKind {
    /// OpenAI chat completions, streamed as server-sent events.
    #[default]
    OpenaiChat,
    /// OpenAI chat completions, the one JSON document of a response that is not streamed.
    OpenaiChatBody,
    /// Plain UTF-8 text.
    Text,
}

impl DialectKind {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::OpenaiChat, Self::OpenaiChatBody, Self::Text];

    /// The name used in options and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiChatBody => "openai-chat-body",
            Self::Text => "text",
        }
    }

    /// A fresh reader and writer of the protocol.
    pub(crate) fn instantiate(self) -> Box<dyn Dialect + Send> {
        match self {
            Self::OpenaiChat => Box::new(OpenaiChat::stream()),
            Self::OpenaiChatBody => Box::new(OpenaiChat::body()),
            Self::Text => Box::new(PlainText),
        }
    }
}

impl fmt::Display for DialectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownDialect;

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown dialect, must be one of openai-chat, openai-chat-body, text")
    }
}

impl core::error::Error for UnknownDialect {}

impl FromStr for DialectKind {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or(UnknownDialect)
    }
}

/// What the text of a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// The answer.
    Content,
    /// Reasoning, also called thinking.
    Reasoning,
    /// The model's own refusal.
    Refusal,
    /// Name of a called tool.
    ToolName,
    /// Arguments of a called tool.
    ToolArguments,
    /// Any other text that reaches a client.
    Other,
}

impl ChannelKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Content, Self::Reasoning, Self::Refusal, Self::ToolName, Self::ToolArguments, Self::Other];

    /// The name used in records and events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Reasoning => "reasoning",
            Self::Refusal => "refusal",
            Self::ToolName => "tool-name",
            Self::ToolArguments => "tool-arguments",
            Self::Other => "other",
        }
    }
}

/// One text of a response: it grows from its start to its end, piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// Which of the alternative answers it belongs to, from 0.
    pub choice: u32,
    /// What it is.
    pub kind: ChannelKind,
    /// Which of several of that kind: the index of the tool call, else 0.
    pub block: u32,
}

/// How a protocol is cut into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events; a message is the data of one.
    Sse,
    /// One message, whole at the end of the input.
    Body,
    /// No messages: the bytes are the text.
    Raw,
}

/// A text in a message: the content of a JSON string, or raw bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundText {
    /// Its channel.
    pub channel: Channel,
    /// Where its content stands in the message, quotes not included.
    pub range: Range<usize>,
}

/// A part of a tool call in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundCall {
    /// The choice that it belongs to.
    pub choice: u32,
    /// Which of the choice's calls: the block of its channels.
    pub block: u32,
    /// How the protocol writes it, where it has several ways. All parts of a call are written in the same way.
    pub form: CallForm,
}

/// How a part of a tool call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallForm {
    /// As one of a list of calls.
    Listed,
    /// As the only call there can be.
    Single,
    /// In no way that the protocol knows: clients may read something else in it than its texts say.
    Odd,
}

/// What kind of message it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Message {
    /// A piece of the response.
    #[default]
    Part,
    /// The protocol's own end: nothing follows.
    Done,
    /// The upstream reports an error; the response is over.
    Error,
}

/// What a dialect found in a message. Ranges are in the order of the message.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What kind of message it is.
    pub message: Message,
    /// The texts.
    pub texts: Vec<FoundText>,
    /// Every tool call that a part of is in the message, whether or not the part has text.
    pub calls: Vec<FoundCall>,
    /// Values that go with the end of the texts (a finish reason, usage, log-probabilities): `null` is
    /// written in their place when only a part of the texts leaves.
    pub trailing: Vec<Range<usize>>,
    /// Reasons why a choice finished: the choice, and the range of the value.
    pub finished: Vec<(u32, Range<usize>)>,
    /// Entropy in bits of a choice's next-token distributions in this message, the largest.
    pub entropies: Vec<(u32, f64)>,
    /// The range of the usage account.
    pub usage: Option<Range<usize>>,
}

impl Found {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.message = Message::Part;
        self.texts.clear();
        self.calls.clear();
        self.trailing.clear();
        self.finished.clear();
        self.entropies.clear();
        self.usage = None;
    }
}

/// What a dialect is told to end a response with.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// Why it ends.
    pub reason: HaltReason,
    /// Text for the client, may be empty.
    pub message: &'a str,
    /// Choices that have begun and not finished; never empty.
    pub open_choices: &'a [u32],
    /// The last usage account seen, as JSON.
    pub usage: Option<&'a [u8]>,
}

/// A wire protocol.
pub trait Dialect {
    /// How it is cut into messages.
    fn framing(&self) -> Framing;

    /// Reads one message.
    ///
    /// # Errors
    /// [`JsonError`] says what is wrong with the message, and where.
    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError>;

    /// Appends the protocol's own end of a halted response.
    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>);

    /// Appends the protocol's own report that the upstream failed.
    fn fail(&self, message: &str, out: &mut Vec<u8>);

    /// Whether the protocol's last message is missing when the input ends here.
    fn is_truncated(&self) -> bool;
}
