//! What a guarded stream leaves behind.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

#[cfg(feature = "covenant")]
use super::CovenantRecord;
use super::SessionState;
use crate::dialect::{Channel, DialectKind};
use crate::halt::{Halt, Summary};
use crate::json::JsonText;
use crate::policy::{ChannelAction, Mode};

/// The upstream broke its protocol or died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionFailure {
    /// What is wrong.
    pub message: String,
    /// Byte of the input at which it was found.
    pub offset: u64,
}

/// Which text a halt fell on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HaltedAt {
    /// The segment.
    pub segment: u64,
    /// Its channel.
    pub channel: Channel,
    /// Byte of the channel's text at which the segment starts; nothing from there on has left.
    pub start: u64,
}

/// What was done with a channel's text. Nothing else may be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// It was scored.
    Scored,
    /// It left without a score.
    Unscored,
    /// It did not leave: the policy withholds it, or the stream ended before it was its turn.
    Withheld,
}

/// The account of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelRecord {
    /// The channel.
    pub channel: Channel,
    /// What the policy asked for.
    pub action: ChannelAction,
    /// What was done.
    pub checked: Checked,
    /// Bytes of text that came.
    pub bytes: u64,
    /// Bytes of text that left.
    pub released: u64,
}

/// The account of one choice's monitor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChoiceRecord {
    /// The choice.
    pub choice: u32,
    /// Its scores.
    pub summary: Summary,
}

/// The account of a guarded stream.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "json", derive(Serialize))]
pub struct SessionRecord {
    /// The protocol.
    pub dialect: DialectKind,
    /// Whether decisions were carried out. In [`Mode::Observe`] a `halt` is one that would have been.
    pub mode: Mode,
    /// Where the stream is in its life.
    pub state: SessionState,
    /// The halt.
    pub halt: Option<Halt>,
    /// The text it fell on; none when it fell on none.
    pub halted_at: Option<HaltedAt>,
    /// What was wrong with the upstream.
    pub error: Option<SessionFailure>,
    /// Bytes of the wire taken in.
    pub bytes_in: u64,
    /// Bytes of the wire given out, waiting ones included.
    pub bytes_out: u64,
    /// Messages taken in, comments and empty ones included.
    pub events_in: u64,
    /// Segments cut.
    pub segments: u64,
    /// Segments that passed with a warning.
    pub warnings: u64,
    /// The upstream's last account of usage, as it wrote it; of a halted stream the last before the halt.
    pub usage: Option<JsonText>,
    /// Every choice that was scored, in order of appearance.
    pub choices: Vec<ChoiceRecord>,
    /// Every channel that had text, in order of appearance.
    pub channels: Vec<ChannelRecord>,
    /// What was decided about tool calls and what was spent; none without a covenant, when calls were not gated.
    #[cfg_attr(feature = "json", serde(skip_serializing_if = "Option::is_none"))]
    #[cfg(feature = "covenant")]
    pub covenant: Option<CovenantRecord>,
}

#[cfg(feature = "json")]
impl SessionRecord {
    /// The record as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Numbers, names and strings only: nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}
