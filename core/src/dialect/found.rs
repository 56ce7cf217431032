//! What a dialect finds in a message, and what it is told to end a response with.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Channel, ChannelKind};
use crate::halt::HaltReason;

/// How a protocol is cut into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events; a message is the data of one.
    Sse,
    /// One message, whole at the end of the input.
    #[cfg(feature = "dialects")]
    Body,
    /// No messages: the bytes are the text.
    Raw,
}

impl Framing {
    /// The response is one message.
    pub(crate) const fn is_body(self) -> bool {
        match self {
            #[cfg(feature = "dialects")]
            Self::Body => true,
            Self::Sse | Self::Raw => false,
        }
    }
}

/// A text in a message: the content of a JSON string, or raw bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundText {
    /// Its channel.
    pub channel: Channel,
    /// Where its content stands in the message, quotes not included.
    pub range: Range<usize>,
    /// How it is to be read.
    pub form: TextForm,
}

/// How a text stands in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextForm {
    /// It may tell once more what its channel has had piece by piece. What differs from that is text of its own.
    pub repeats: bool,
    /// It is a JSON value: its text is the value as it is written, and it leaves whole or, as `{}`, not at all.
    pub is_value: bool,
}

/// A reason why a choice finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// The choice.
    pub choice: u32,
    /// Where the value stands; empty where the message says so without one.
    pub range: Range<usize>,
    /// What stands there when a filter ended the response.
    pub filtered: &'static str,
}

/// A step in the life of a response that its end must know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What happens.
    pub step: Step,
    /// To which block.
    pub block: u32,
    /// What the dialect wants to know of it then, in its own words.
    pub data: Vec<u8>,
}

/// What happens to a response or to one of its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The response begins.
    Begin,
    /// A block begins.
    Open,
    /// A block ends.
    Close,
    /// A part of a block begins.
    OpenPart,
    /// A part of a block ends.
    ClosePart,
    /// The client has been told that the response is finished.
    Finish,
}

/// A part of a tool call in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCall {
    /// The choice that it belongs to.
    pub choice: u32,
    /// Which of the choice's calls: the block of its channels.
    pub block: u32,
    /// How the protocol writes it, where it has several ways. All parts of a call are written in the same way.
    pub form: CallForm,
    /// In a document: the element of a list, or the value of a member, that is the call. Without it the document ends well.
    /// Empty where the whole message is a part of the call.
    pub range: Range<usize>,
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
    /// The upstream reports an error, and may say more.
    Fault,
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
    /// Reasons why a choice finished.
    pub finished: Vec<Finish>,
    /// Blocks whose texts end here: the choice and the block.
    pub closed: Vec<(u32, u32)>,
    /// Steps that the dialect is told of when the message leaves.
    pub marks: Vec<Mark>,
    /// The number of the message, where the protocol counts them.
    pub count: Option<u32>,
    /// Where that stands.
    pub count_at: Option<Range<usize>>,
    /// Values of which nothing depends, as far as the dialect notes them.
    pub skipped: Vec<Range<usize>>,
    /// Entropy in bits of a choice's next-token distributions in this message, the largest.
    pub entropies: Vec<(u32, f64)>,
    /// The range of the usage account.
    pub usage: Option<Range<usize>>,
    /// A `null` that stands where the first choice would have its text.
    pub blank: Option<Range<usize>>,
}

impl Found {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.message = Message::Part;
        self.texts.clear();
        self.calls.clear();
        self.trailing.clear();
        self.finished.clear();
        self.closed.clear();
        self.marks.clear();
        self.count = None;
        self.count_at = None;
        self.skipped.clear();
        self.entropies.clear();
        self.usage = None;
        self.blank = None;
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
    /// The number that the next message gets, where the protocol counts them.
    pub next_count: u32,
    /// The text of every channel as far as it has left, where the dialect asks for it by [`Dialect::repeats`](super::Dialect::repeats).
    pub texts: &'a [(Channel, &'a str)],
}

impl<'a> Ending<'a> {
    /// What has left of a channel's text.
    #[must_use]
    pub fn text(&self, kind: ChannelKind, block: u32) -> &'a str {
        let channel = Channel { choice: 0, kind, block };
        self.texts.iter().find(|(of, _)| *of == channel).map_or("", |(_, text)| *text)
    }
}
