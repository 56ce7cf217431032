//! Wire protocols, without I/O: bytes in, channels and events, bytes out, well-formed endings.
//!
//! A [`Dialect`] says how a protocol is framed, reads one message and names the texts in it (where they
//! stand and which [`Channel`] they belong to), and writes the protocol's own end. It decides nothing
//! and keeps no text: that is the session's part. [`sse`] and [`json`](crate::json) are what dialects are built from.
//!
//! To add one: implement [`Dialect`], and give it a name in [`DialectKind`]. Protocols of typed JSON objects are
//! tables for the `reader`: which fields there are, and what each means. What a table does not know is text.

mod alike;
#[cfg(feature = "dialects")]
mod anthropic;
mod found;
#[cfg(feature = "dialects")]
mod gemini;
mod members;
mod openai_chat;
#[cfg(feature = "dialects")]
mod openai_responses;
#[cfg(feature = "dialects")]
mod reader;
pub mod sse;
mod text;
#[cfg(feature = "dialects")]
mod ui_message;
#[cfg(feature = "dialects")]
mod write;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::json::JsonError;
pub(crate) use alike::Alike;
#[cfg(feature = "dialects")]
use anthropic::Anthropic;
pub use found::{CallForm, Ending, Finish, Found, FoundCall, FoundText, Framing, Mark, Message, Step, TextForm};
#[cfg(feature = "dialects")]
use gemini::Gemini;
use openai_chat::OpenaiChat;
#[cfg(feature = "dialects")]
use openai_responses::OpenaiResponses;
use text::PlainText;
#[cfg(feature = "dialects")]
use ui_message::UiMessage;

/// The protocols by name. Of those with `-body` it is the one JSON document of a response that is not streamed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialectKind {
    /// OpenAI chat completions, streamed as server-sent events.
    #[default]
    OpenaiChat,
    /// OpenAI chat completions, one document.
    #[cfg(feature = "dialects")]
    OpenaiChatBody,
    /// OpenAI responses, streamed as server-sent events.
    #[cfg(feature = "dialects")]
    OpenaiResponses,
    /// OpenAI responses, one document.
    #[cfg(feature = "dialects")]
    OpenaiResponsesBody,
    /// Anthropic messages, streamed as server-sent events.
    #[cfg(feature = "dialects")]
    Anthropic,
    /// Anthropic messages, one document.
    #[cfg(feature = "dialects")]
    AnthropicBody,
    /// Google Gemini, streamed as server-sent events.
    #[cfg(feature = "dialects")]
    Gemini,
    /// Google Gemini, one document, or the list of a stream that is not sent as events.
    #[cfg(feature = "dialects")]
    GeminiBody,
    /// The UI message stream of the AI SDK, as server-sent events.
    #[cfg(feature = "dialects")]
    UiMessage,
    /// Plain UTF-8 text.
    Text,
}

impl DialectKind {
    /// Every dialect.
    pub const ALL: &'static [Self] = &[
        Self::OpenaiChat,
        #[cfg(feature = "dialects")]
        Self::OpenaiChatBody,
        #[cfg(feature = "dialects")]
        Self::OpenaiResponses,
        #[cfg(feature = "dialects")]
        Self::OpenaiResponsesBody,
        #[cfg(feature = "dialects")]
        Self::Anthropic,
        #[cfg(feature = "dialects")]
        Self::AnthropicBody,
        #[cfg(feature = "dialects")]
        Self::Gemini,
        #[cfg(feature = "dialects")]
        Self::GeminiBody,
        #[cfg(feature = "dialects")]
        Self::UiMessage,
        Self::Text,
    ];

    /// The name used in options and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            #[cfg(feature = "dialects")]
            Self::OpenaiChatBody => "openai-chat-body",
            #[cfg(feature = "dialects")]
            Self::OpenaiResponses => "openai-responses",
            #[cfg(feature = "dialects")]
            Self::OpenaiResponsesBody => "openai-responses-body",
            #[cfg(feature = "dialects")]
            Self::Anthropic => "anthropic",
            #[cfg(feature = "dialects")]
            Self::AnthropicBody => "anthropic-body",
            #[cfg(feature = "dialects")]
            Self::Gemini => "gemini",
            #[cfg(feature = "dialects")]
            Self::GeminiBody => "gemini-body",
            #[cfg(feature = "dialects")]
            Self::UiMessage => "ui-message",
            Self::Text => "text",
        }
    }

    /// A fresh reader and writer of the protocol.
    pub(crate) fn instantiate(self) -> Box<dyn Dialect + Send> {
        match self {
            Self::OpenaiChat => Box::new(OpenaiChat::stream()),
            #[cfg(feature = "dialects")]
            Self::OpenaiChatBody => Box::new(OpenaiChat::body()),
            #[cfg(feature = "dialects")]
            Self::OpenaiResponses => Box::new(OpenaiResponses::new(Framing::Sse)),
            #[cfg(feature = "dialects")]
            Self::OpenaiResponsesBody => Box::new(OpenaiResponses::new(Framing::Body)),
            #[cfg(feature = "dialects")]
            Self::Anthropic => Box::new(Anthropic::new(Framing::Sse)),
            #[cfg(feature = "dialects")]
            Self::AnthropicBody => Box::new(Anthropic::new(Framing::Body)),
            #[cfg(feature = "dialects")]
            Self::Gemini => Box::new(Gemini::new(Framing::Sse)),
            #[cfg(feature = "dialects")]
            Self::GeminiBody => Box::new(Gemini::new(Framing::Body)),
            #[cfg(feature = "dialects")]
            Self::UiMessage => Box::new(UiMessage::default()),
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
        f.write_str("unknown dialect, must be one of openai-chat, openai-chat-body, openai-responses, openai-responses-body, anthropic, anthropic-body, gemini, gemini-body, ui-message, text")
    }
}

impl core::error::Error for UnknownDialect {}

impl FromStr for DialectKind {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name).ok_or(UnknownDialect)
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
    /// Which of several of that kind: the index of the tool call or content block where the protocol has one, else 0.
    /// In OpenAI responses the place of the output item, and 65,536 times the place within it; in a UI message stream
    /// the place of its id in the order of appearance. What tells a text again and differs has 2^31 added.
    pub block: u32,
}

/// A wire protocol.
pub trait Dialect {
    /// How it is cut into messages.
    fn framing(&self) -> Framing;

    /// Reads one message. What stays the same for the whole response (its id, how blocks are numbered) may be
    /// remembered here: messages are read in their order.
    ///
    /// # Errors
    /// [`JsonError`] says what is wrong with the message, and where.
    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError>;

    /// A message with these steps leaves. Only what has left is to be ended: a message may be read long before.
    fn left(&mut self, _marks: &[Mark]) {}

    /// Whether the protocol tells texts again that came piece by piece. They are kept then, within
    /// `limits.held_bytes`, to compare what is told again with what was judged, and for the end.
    fn repeats(&self) -> bool {
        false
    }

    /// Whether messages of their own open and close the blocks of a response. Then none leaves behind one that may not.
    fn opens_blocks(&self) -> bool {
        false
    }

    /// What stands before and behind the ending's message where it takes the place of a call in a list: a text of the
    /// same list. None where such a list has calls alone.
    fn notice(&self) -> Option<[&'static str; 2]> {
        None
    }

    /// Whether this message says nothing and may stand behind the protocol's last one.
    fn may_follow_end(&self, _message: &[u8]) -> bool {
        false
    }

    /// Appends the protocol's own end of a halted response: what is open is closed, and nothing follows.
    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>);

    /// Appends the protocol's own report that the upstream failed. `next_count` as in [`Ending`].
    fn fail(&self, message: &str, next_count: u32, out: &mut Vec<u8>);

    /// Whether the protocol's last message is missing when the input ends here.
    fn is_truncated(&self) -> bool;
}
