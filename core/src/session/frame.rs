//! Messages of the wire that wait for their texts to be released.

mod document;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use super::channel::{ChannelState, Decoded};
use super::record::SessionFailure;
use crate::dialect::{Finish, Framing, Mark, sse};
use crate::json::{Decoder, escape_into};
pub(super) use document::Document;

/// Half a pair that is never completed is read as U+FFFD, which has so many bytes.
const HALF_BYTES: u64 = 3;

/// One text in a frame.
#[derive(Debug)]
pub(super) struct Piece {
    /// Position of its channel in the session.
    pub(super) channel: usize,
    /// Where its content stands in the payload.
    range: Range<usize>,
    /// Where its text ends in the channel's text, in bytes.
    end: u64,
    /// It ends in half of a pair, so it is complete only when the character after `end` is.
    ends_in_half: bool,
    /// Where its text starts in the channel's text.
    start: u64,
    /// Bytes of the content that have left.
    taken: usize,
    /// Where the text that has not left starts in the channel's text.
    next: u64,
    /// The decoder there: half of a pair may be waiting.
    decoder: Decoder,
    /// It does not leave in part, nor does what stands beside it.
    is_whole: bool,
    /// It is a JSON value.
    is_value: bool,
    /// What has left of it did so otherwise than it came.
    was_edited: bool,
}

impl Piece {
    pub(super) fn new(channel: usize, range: Range<usize>, decoded: &Decoded) -> Self {
        let Decoded { start, end, decoder, ends_in_half } = *decoded;
        let (is_whole, is_value, was_edited) = (false, false, false);
        Self {
            channel,
            range,
            start,
            end,
            ends_in_half,
            taken: 0,
            next: start,
            decoder,
            is_whole,
            is_value,
            was_edited,
        }
    }

    /// It leaves whole or not at all. Of two protocols neither has such texts: there nothing asks for it.
    const fn is_whole(&self) -> bool {
        cfg!(feature = "dialects") && self.is_whole
    }

    /// It is a JSON value, and no content of a string.
    const fn is_value(&self) -> bool {
        cfg!(feature = "dialects") && self.is_value
    }

    /// It leaves whole or not at all.
    pub(super) const fn whole(mut self, is_value: bool) -> Self {
        (self.is_whole, self.is_value) = (true, is_value);
        self
    }

    /// Where text starts that has not left and has not come before; none when all has left.
    pub(super) fn first_left_out(&self) -> Option<u64> {
        ((!self.is_whole() || self.is_value()) && self.next < self.end).then_some(self.next)
    }

    /// Bytes of its text, before a part has left.
    pub(super) const fn length(&self) -> u64 {
        self.end.saturating_sub(self.next)
    }

    /// Whether all of its text may leave.
    pub(super) fn is_released(&self, channel: &ChannelState) -> bool {
        channel.is_withheld() || channel.released() >= self.end.saturating_add(u64::from(self.ends_in_half))
    }

    /// Whether some of it leaves otherwise than it came.
    pub(super) fn is_edited(&self, channel: &ChannelState) -> bool {
        // The first half of a pair, whose second half the next piece has, goes where the pair goes.
        let end = self.end.saturating_add(u64::from(self.ends_in_half));
        cfg!(feature = "guard") && (self.was_edited || !channel.edits(self.start, end).is_empty())
    }

    /// Appends what may leave now and has not, and says how many bytes of content that is.
    fn write(&mut self, payload: &[u8], channel: Option<&ChannelState>, out: &mut Vec<u8>) -> usize {
        let content = self.released(payload, channel);
        match channel.filter(|channel| !channel.is_withheld() && self.is_edited(channel)) {
            None => out.extend_from_slice(content),
            Some(channel) => {
                let as_it_leaves = channel.kept_as_it_leaves(self.start, self.end).filter(|_| self.is_value());
                match as_it_leaves {
                    // A value may be written otherwise than the text that it tells again.
                    Some(text) if !content.is_empty() => out.extend_from_slice(text.as_bytes()),
                    _ => self.write_edited(content, channel, out),
                }
                self.was_edited |= !content.is_empty();
            }
        }
        content.len()
    }

    /// Appends content with what was replaced in it.
    #[inline(never)]
    fn write_edited(&self, content: &[u8], channel: &ChannelState, out: &mut Vec<u8>) {
        let upto = channel.released().min(self.end);
        let is_json = channel.is_json() && !self.is_value();
        let (mut at, mut rest, mut decoder) = (self.next, content, self.decoder);
        // Takes the content of the text up to a place.
        let mut take = |to: u64, rest: &mut &[u8]| {
            let length = position_of(rest, decoder, to.saturating_sub(at), is_json);
            let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            if length > 0 {
                decoder = Decoder::default();
            }
            at = to;
            *rest = after;
            taken.to_vec()
        };
        for edit in channel.edits(self.next, upto).iter().flatten() {
            if edit.start >= self.next {
                out.extend_from_slice(&take(edit.start, &mut rest));
                if is_json {
                    escape_into(&edit.text, out);
                } else {
                    out.extend_from_slice(edit.text.as_bytes());
                }
            }
            take(edit.end.min(upto), &mut rest);
        }
        let half_end = self.end.saturating_add(u64::from(self.ends_in_half));
        if self.ends_in_half && self.is_released(channel) && !channel.edits(self.end, half_end).is_empty() {
            // Half of a pair that is replaced: its escape is the last of the content.
            rest = rest.get(..rest.len().saturating_sub(6)).unwrap_or_default();
        }
        out.extend_from_slice(rest);
    }

    /// Where its text ends, with what half of a pair at its end stands for.
    fn whole_end(&self) -> u64 {
        self.end.saturating_add(if self.ends_in_half { HALF_BYTES } else { 0 })
    }

    /// Notes that all of it has left.
    pub(super) fn leave(&self, channels: &mut [ChannelState]) {
        if let Some(channel) = channels.get_mut(self.channel) {
            channel.leave(self.whole_end());
        }
    }

    /// The content that may leave now and has not.
    fn released<'p>(&self, payload: &'p [u8], channel: Option<&ChannelState>) -> &'p [u8] {
        let Some(channel) = channel.filter(|channel| !channel.is_withheld()) else { return &[] };
        let left = self.range.start.saturating_add(self.taken)..self.range.end;
        let rest = payload.get(left).unwrap_or_default();
        if self.is_released(channel) {
            return rest;
        }
        if self.is_whole() {
            return &[];
        }
        let wanted = channel.released().min(self.end).saturating_sub(self.next);
        rest.get(..position_of(rest, self.decoder, wanted, channel.is_json())).unwrap_or_default()
    }

    /// Notes that `length` bytes of content have left.
    fn take(&mut self, length: usize, channel: Option<&mut ChannelState>) {
        let Some(channel) = channel.filter(|_| length > 0) else { return };
        self.taken = self.taken.saturating_add(length);
        self.decoder = Decoder::default();
        let is_whole = self.is_released(channel);
        self.next = channel.released().min(self.end);
        channel.leave(if is_whole { self.whole_end() } else { self.next });
    }
}

/// How many bytes of content hold the first `wanted` bytes of its text.
fn position_of(content: &[u8], decoder: Decoder, wanted: u64, is_json: bool) -> usize {
    let wanted_bytes = usize::try_from(wanted).unwrap_or(usize::MAX);
    if wanted == 0 || !is_json {
        return wanted_bytes.min(content.len());
    }
    // An escape is at most six times as long as its text: no need to look further.
    let window = wanted_bytes.saturating_mul(6).saturating_add(12).min(content.len());
    let window = content.get(..window).unwrap_or_default();
    let text = match core::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => window.get(..error.valid_up_to()).and_then(|it| core::str::from_utf8(it).ok()).unwrap_or(""),
    };
    decoder.position_of(text, wanted)
}

/// The bytes that a dialect read: what ranges of pieces refer to.
#[derive(Debug)]
pub(super) enum Payload {
    /// A range of the frame.
    Inline(Range<usize>),
    /// The joined data lines of an event.
    Joined(Vec<u8>),
}

/// What a frame is to the stream.
#[derive(Debug)]
pub(super) enum Role {
    /// A message, or bytes between messages.
    Part,
    /// The upstream's own error message, and the byte of the input at which it ends.
    UpstreamError(u64),
    /// Not a message: here the upstream broke.
    Failure(SessionFailure),
}

/// A message in its turn.
#[derive(Debug)]
pub(super) struct Frame {
    /// Which message of the upstream it is, from 1.
    pub(super) message: u64,
    pub(super) raw: Vec<u8>,
    payload: Payload,
    pieces: Vec<Piece>,
    /// Values that leave only with the last part.
    trailing: Vec<Range<usize>>,
    /// Choices that this message finishes, and where it says so.
    pub(super) finished: Vec<Finish>,
    /// Steps that the dialect is told of when the first part of it leaves.
    pub(super) marks: Vec<Mark>,
    pub(super) count: Option<u32>,
    usage: Option<Range<usize>>,
    pub(super) role: Role,
    /// The tool calls that it has parts of, by position.
    pub(super) calls: Vec<u32>,
    /// What a part of it looks like around its texts, once a part has left.
    mould: Option<Mould>,
    /// The whole response is this one message.
    pub(super) document: Option<Box<Document>>,
}

/// What becomes of the values that go with the end of the texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trailing {
    /// They stay: this is the last part.
    Keep,
    /// The finish reason and the usage stay: log-probabilities spell out what is withheld.
    KeepFinish,
    /// They are for the last part.
    Drop,
    /// The finish reason becomes that of a filter, the usage stays.
    Filter,
}

/// The bytes around the texts of a frame.
#[derive(Debug, Default)]
struct Mould {
    bytes: Vec<u8>,
    /// Where in them the texts belong; at the end those that are not listed.
    cuts: Vec<usize>,
}

impl Mould {
    /// Appends bytes of the payload, `line` in place of a line feed.
    #[inline(never)]
    fn put(&mut self, payload: &[u8], line: &[u8]) {
        for byte in payload {
            match byte {
                b'\n' => self.bytes.extend_from_slice(line),
                _ => self.bytes.push(*byte),
            }
        }
    }
}

impl Frame {
    #[allow(clippy::too_many_arguments, reason = "the parts of a frame, each once")]
    pub(super) fn new(
        message: u64,
        raw: Vec<u8>,
        payload: Payload,
        pieces: Vec<Piece>,
        trailing: Vec<Range<usize>>,
        finished: Vec<Finish>,
        usage: Option<Range<usize>>,
        role: Role,
    ) -> Self {
        let (calls, marks) = (Vec::new(), Vec::new());
        Self {
            message,
            raw,
            payload,
            pieces,
            trailing,
            finished,
            marks,
            count: None,
            usage,
            role,
            calls,
            mould: None,
            document: None,
        }
    }

    /// Bytes that pass in their turn and hold no text, or a failure.
    pub(super) fn bare(message: u64, raw: Vec<u8>, role: Role) -> Self {
        Self::new(message, raw, Payload::Inline(0..0), Vec::new(), Vec::new(), Vec::new(), None, role)
    }

    /// Whether every text in it may leave.
    pub(super) fn is_released(&self, channels: &[ChannelState]) -> bool {
        self.pieces.iter().all(|piece| channels.get(piece.channel).is_some_and(|channel| piece.is_released(channel)))
    }

    /// Appends the whole frame, or the rest of it when a part has left.
    pub(super) fn write_rest(&mut self, channels: &mut [ChannelState], framing: Framing, out: &mut Vec<u8>) {
        let withholds = self.pieces.iter().any(|piece| {
            let withholds = |channel: &ChannelState| channel.is_withheld() || piece.is_edited(channel);
            !piece.range.is_empty() && channels.get(piece.channel).is_some_and(withholds)
        });
        if self.mould.is_none() && !withholds {
            out.extend_from_slice(&self.raw);
            for piece in &self.pieces {
                piece.leave(channels);
            }
            return;
        }
        let trailing = if withholds { Trailing::KeepFinish } else { Trailing::Keep };
        let mould = self.mould(trailing, framing);
        self.fill(&mould, channels, "", out);
    }

    /// Appends what may leave of the texts since the last part. Whether that is anything.
    pub(super) fn write_released(
        &mut self,
        channels: &mut [ChannelState],
        framing: Framing,
        out: &mut Vec<u8>,
    ) -> bool {
        let payload = self.payload();
        let is_kept_whole = self.pieces.iter().any(Piece::is_whole) && !self.is_released(channels);
        if is_kept_whole
            || self.pieces.iter().all(|piece| piece.released(payload, channels.get(piece.channel)).is_empty())
        {
            return false;
        }
        let mould = self.mould.take().unwrap_or_else(|| self.mould(Trailing::Drop, framing));
        self.fill(&mould, channels, "", out);
        self.mould = Some(mould);
        true
    }

    /// Notes that all of it has left.
    pub(super) fn leave_whole(&mut self) {
        for piece in &mut self.pieces {
            piece.next = piece.end;
        }
    }

    /// The texts in it.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The upstream's account of usage, where this message has one.
    pub(super) fn usage(&self) -> Option<&[u8]> {
        self.usage.clone().and_then(|range| self.payload().get(range))
    }

    fn payload(&self) -> &[u8] {
        match &self.payload {
            Payload::Inline(range) => self.raw.get(range.clone()).unwrap_or_default(),
            Payload::Joined(bytes) => bytes,
        }
    }

    /// The bytes around the texts. A part is these with the texts between, so it costs what it holds and not what
    /// the whole frame does.
    fn mould(&self, trailing: Trailing, framing: Framing) -> Mould {
        if framing == Framing::Raw {
            // A text that stands for itself has nothing around it.
            return Mould::default();
        }
        let shell = (framing == Framing::Sse).then(|| sse::shell(&self.raw));
        // The texts themselves hold no line feed: they are the content of JSON strings.
        let line = shell.as_ref().map_or_else(|| Vec::from(b"\n"), |shell| [shell.ending, sse::DATA].concat());
        let payload = self.payload();
        let mut mould = Mould::default();
        if let Some(shell) = &shell {
            mould.bytes.extend_from_slice(&shell.before);
        }
        let mut at = 0_usize;
        let (mut pieces, mut values) = (self.pieces.as_slice(), self.trailing.as_slice());
        // Both are in the order of the message.
        loop {
            let (range, value) = match (pieces, values) {
                ([piece, rest @ ..], [value, ..]) if piece.range.start <= value.start => {
                    pieces = rest;
                    (&piece.range, None)
                }
                (_, [value, rest @ ..]) => {
                    values = rest;
                    (value, Some(value))
                }
                ([piece, rest @ ..], []) => {
                    pieces = rest;
                    (&piece.range, None)
                }
                ([], []) => break,
            };
            let instead = value.map(|value| self.instead_of(value, trailing));
            if instead == Some(None) {
                continue;
            }
            mould.put(payload.get(at..range.start).unwrap_or_default(), &line);
            match instead.flatten() {
                Some(instead) => mould.bytes.extend_from_slice(instead),
                None => mould.cuts.push(mould.bytes.len()),
            }
            // A text in what is cut out stands before its place.
            at = at.max(range.end);
        }
        mould.put(payload.get(at..).unwrap_or_default(), &line);
        if let Some(shell) = &shell {
            mould.bytes.extend_from_slice(&shell.after);
        }
        mould
    }

    /// What stands in place of a value that goes with the end of the texts; none when it stays.
    fn instead_of(&self, value: &Range<usize>, trailing: Trailing) -> Option<&[u8]> {
        if cfg!(feature = "dialects")
            && let Some(instead) = self.document.as_ref().and_then(|document| document.instead_of(value))
        {
            return Some(instead);
        }
        let finish = self.finished.iter().find(|finish| finish.range == *value);
        let is_finish = finish.is_some();
        let is_usage = self.usage.as_ref() == Some(value);
        match trailing {
            Trailing::Keep => None,
            Trailing::KeepFinish if is_finish => None,
            Trailing::KeepFinish | Trailing::Filter if is_usage => None,
            Trailing::Filter if is_finish => finish.map(|finish| finish.filtered.as_bytes()),
            Trailing::KeepFinish | Trailing::Filter | Trailing::Drop => Some(b"null"),
        }
    }

    /// Appends a part: the mould with what may leave of each text.
    fn fill(&mut self, mould: &Mould, channels: &mut [ChannelState], message: &str, out: &mut Vec<u8>) {
        let mut pieces = core::mem::take(&mut self.pieces);
        let last_content =
            pieces.iter().rposition(|piece| channels.get(piece.channel).is_some_and(ChannelState::is_content));
        let mut at = 0_usize;
        for (index, piece) in pieces.iter_mut().enumerate() {
            let cut = mould.cuts.get(index).copied().unwrap_or(at);
            out.extend_from_slice(mould.bytes.get(at..cut).unwrap_or_default());
            at = cut;
            let channel = channels.get_mut(piece.channel);
            let taken = piece.write(self.payload(), channel.as_deref(), out);
            if piece.is_value() && taken == 0 {
                out.extend_from_slice(b"{}");
            }
            if Some(index) == last_content {
                escape_into(message, out);
            }
            piece.take(taken, channel);
        }
        out.extend_from_slice(mould.bytes.get(at..).unwrap_or_default());
        self.pieces = pieces;
    }
}
