//! The text of one channel on its way from the decoder to its release.

use alloc::boxed::Box;
use alloc::string::String;

use crate::dialect::{Channel, ChannelKind, TextForm};
use crate::json::{Decoder, Scanner, same_value};
use crate::policy::{ChannelAction, SegmentPolicy};

use super::guard::{ChannelGuard, Edit};
use super::record::Checked;
use super::segment::{Progress, next_end};

/// What is done with a channel's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Scored before it leaves.
    Scored,
    /// Leaves at once.
    Unscored,
    /// Never leaves.
    Withheld,
}

/// A piece of text that gets one score.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) text: String,
    /// Where it starts in the channel's text.
    pub(super) start: u64,
    /// Where it ends in what the guard has made of that.
    pub(super) end: u64,
    pub(super) logit_entropy: Option<f64>,
}

/// Where the text of a piece stands in its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The decoder before it, when it completes a pair that an earlier piece began.
    pub(super) decoder: Decoder,
    /// It ends in half of a pair.
    pub(super) ends_in_half: bool,
}

/// The state of one channel.
#[derive(Debug)]
pub(super) struct ChannelState {
    pub(super) channel: Channel,
    pub(super) action: ChannelAction,
    treatment: Treatment,
    is_json: bool,
    pub(super) guard: Option<Box<ChannelGuard>>,
    /// Its text is searched for patterns, or was as long as it mattered.
    pub(super) is_guarded: bool,
    decoder: Decoder,
    /// Decoded text that the guard has let go and that is in no segment yet.
    open: String,
    /// How much of it is in segments already; it is dropped once no further segment is complete.
    cut_off: usize,
    progress: Progress,
    /// Bytes of text decoded so far.
    decoded: u64,
    /// Bytes of what the guard has made of it that have passed, from the start.
    released: u64,
    /// Bytes of text that have left, as far as they are decoded.
    left: u64,
    /// Some of it was judged.
    is_judged: bool,
    /// The largest entropy since the last cut.
    entropy: Option<f64>,
    /// No more text comes.
    complete: bool,
    /// All of its text, where the protocol tells texts again and there is room for it.
    kept: Option<String>,
    /// How much of it a message has told again, and which message.
    told: u64,
    told_in: u64,
}

/// What a text is that may have come before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It goes on with its channel.
    New,
    /// It has come before: it leaves when that may.
    Again(Decoded),
    /// It is not what came before.
    Differs,
}

impl ChannelState {
    pub(super) fn new(
        channel: Channel,
        action: ChannelAction,
        treatment: Treatment,
        is_json: bool,
        guard: Option<ChannelGuard>,
        is_kept: bool,
    ) -> Self {
        Self {
            kept: is_kept.then(String::new),
            told: 0,
            told_in: 0,
            channel,
            action,
            treatment,
            is_json,
            is_guarded: guard.is_some(),
            guard: guard.map(Box::new),
            decoder: Decoder::default(),
            open: String::new(),
            cut_off: 0,
            progress: Progress::default(),
            decoded: 0,
            released: 0,
            left: 0,
            is_judged: false,
            entropy: None,
            complete: false,
        }
    }

    pub(super) const fn is_withheld(&self) -> bool {
        matches!(self.treatment, Treatment::Withheld)
    }

    /// What was done with its text, for the record: of what was neither judged nor left, nothing may be said.
    pub(super) const fn checked(&self) -> Checked {
        let is_text = self.decoded > 0;
        match self.treatment {
            Treatment::Scored if self.is_judged || !is_text => Checked::Scored,
            Treatment::Unscored if !is_text => Checked::Unscored,
            Treatment::Scored | Treatment::Unscored if self.left > 0 => Checked::Unscored,
            Treatment::Scored | Treatment::Unscored | Treatment::Withheld => Checked::Withheld,
        }
    }

    pub(super) const fn is_json(&self) -> bool {
        self.is_json
    }

    pub(super) fn is_content(&self) -> bool {
        self.channel.kind == ChannelKind::Content
    }

    /// Bytes of text decoded so far.
    pub(super) const fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Bytes of text that may leave, from the start of the channel. Of an unscored channel all that
    /// will ever come.
    pub(super) fn released(&self) -> u64 {
        match (self.treatment, &self.guard) {
            (Treatment::Withheld, _) => 0,
            (Treatment::Unscored, None) => u64::MAX,
            (Treatment::Unscored, Some(guard)) => guard.released(),
            (Treatment::Scored, None) => self.released,
            (Treatment::Scored, Some(guard)) => guard.source_of(self.released),
        }
    }

    /// Bytes of text that have left, for the record.
    pub(super) fn released_bytes(&self) -> u64 {
        self.left.min(self.decoded)
    }

    /// What leaves otherwise than it came, of the text from `start` on and before `end`.
    pub(super) fn edits(&self, start: u64, end: u64) -> &[Option<Edit>] {
        self.guard.as_ref().map_or(&[], |guard| guard.edits(start, end))
    }

    /// Notes that the text up to `end` has left.
    pub(super) fn leave(&mut self, end: u64) {
        if !self.is_withheld() {
            self.left = self.left.max(end);
        }
        // What is told again is replaced again.
        if self.kept.is_some() {
            return;
        }
        let given = if self.treatment == Treatment::Scored { self.given_to_segments() } else { u64::MAX };
        if let Some(guard) = &mut self.guard {
            guard.forget(end, given);
        }
    }

    /// Whether the guard has found something that was not taken note of.
    pub(super) fn has_guard_news(&self) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.has_news())
    }

    /// Bytes of text that the guard has let go, as it has made them.
    fn given(&self) -> u64 {
        self.guard.as_ref().map_or(self.decoded, |guard| guard.given())
    }

    fn given_to_segments(&self) -> u64 {
        self.given().saturating_sub(self.open.len().saturating_sub(self.cut_off) as u64).min(self.released)
    }

    /// Observed only: a halt that would have been ends the search for patterns.
    #[cfg(feature = "guard")]
    pub(super) fn stop_guard(&mut self) {
        self.guard = None;
        self.stop_scoring();
    }

    /// Lets everything go that has been and will be decoded.
    pub(super) fn stop_scoring(&mut self) {
        if matches!(self.treatment, Treatment::Scored) {
            self.treatment = Treatment::Unscored;
        }
    }

    /// Whether every text that came is in a segment.
    #[cfg(feature = "adopt")]
    pub(super) fn is_between_segments(&self) -> bool {
        self.open.len() <= self.cut_off && !self.decoder.is_pending()
    }

    /// Notes that some of its text was judged.
    pub(super) const fn note_judged(&mut self) {
        self.is_judged = true;
    }

    /// Lets the text up to `end` go.
    pub(super) fn release(&mut self, end: u64) {
        self.released = self.released.max(end);
    }

    /// The text from one byte to another as it leaves, where it is kept and all of it may leave.
    pub(super) fn kept_as_it_leaves(&self, start: u64, end: u64) -> Option<String> {
        self.as_it_leaves(self.kept.as_deref()?, start, end)
    }

    /// What leaves of the channel's text from one byte to another.
    pub(super) fn as_it_leaves(&self, text: &str, start: u64, end: u64) -> Option<String> {
        let span = |from: u64, to: u64| text.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?);
        let mut out = String::new();
        let mut at = start;
        for edit in self.edits(start, end).iter().flatten() {
            out.push_str(span(at, edit.start.max(at))?);
            out.push_str(&edit.text);
            at = edit.end;
        }
        out.push_str(span(at.min(end), end)?);
        Some(out)
    }

    /// Bytes of text that are kept.
    pub(super) fn kept_length(&self) -> u64 {
        self.kept.as_ref().map_or(0, |kept| kept.len() as u64)
    }

    /// The text from the start to a byte as it leaves, where it is kept.
    pub(super) fn kept_until(&self, end: u64) -> String {
        self.kept_as_it_leaves(0, end.min(self.kept_length())).unwrap_or_default()
    }

    /// Keeps no more of its text.
    pub(super) fn forget(&mut self) {
        self.kept = None;
    }

    /// What a text of a message is that may tell the channel's text again.
    pub(super) fn told(&mut self, content: &str, form: TextForm, message: u64) -> Told {
        if core::mem::replace(&mut self.told_in, message) != message {
            self.told = 0;
        }
        if self.told == self.decoded {
            return Told::New;
        }
        let start = self.told;
        let rest = self.kept.as_deref().and_then(|kept| kept.get(usize::try_from(start).ok()?..));
        let Some(rest) = rest else { return Told::Differs };
        let length = if form.is_value {
            same_value(rest, content).then_some(rest.len())
        } else {
            let text = Scanner::of(content).plain(0..content.len());
            rest.starts_with(&*text).then_some(text.len())
        };
        let Some(length) = length else { return Told::Differs };
        self.told = start.saturating_add(length as u64);
        Told::Again(Decoded { start, end: self.told, decoder: Decoder::default(), ends_in_half: false })
    }

    /// Takes the content of a piece of text.
    pub(super) fn decode(&mut self, content: &str, form: TextForm, message: u64) -> Decoded {
        let keep = self.treatment == Treatment::Scored;
        let Self { open, guard, kept, .. } = self;
        let mut length = 0_u64;
        let mut emit = |text: &str| {
            length = length.saturating_add(text.len() as u64);
            take_text(text, guard, keep.then_some(&mut *open), kept);
        };
        // A half that this content does not complete belongs to the piece before.
        let mut orphan = 0_u64;
        let mut decoder = Decoder::default();
        if self.is_json && !form.is_value {
            if completes_pair(content) {
                decoder = self.decoder;
            } else if self.decoder.is_pending() && !content.is_empty() {
                self.decoder.finish(&mut emit);
                orphan = 3;
            }
            self.decoder.decode(content, &mut emit);
        } else {
            emit(content);
        }
        if let Some(guard) = guard {
            guard.end_piece(keep.then_some(open));
        }
        self.complete = false;
        let start = self.decoded.saturating_add(orphan);
        self.decoded = self.decoded.saturating_add(length);
        if form.repeats {
            (self.told, self.told_in) = (self.decoded, message);
        }
        let ends_in_half = self.decoder.is_pending() && !content.is_empty();
        Decoded { start, end: self.decoded, decoder, ends_in_half }
    }

    /// No more text comes: a half that waits will never be whole.
    pub(super) fn finish_text(&mut self) {
        let keep = self.treatment == Treatment::Scored;
        let Self { open, guard, kept, .. } = self;
        let mut length = 0_u64;
        self.decoder.finish(|text| {
            length = length.saturating_add(text.len() as u64);
            take_text(text, guard, keep.then_some(&mut *open), kept);
        });
        if let Some(guard) = guard {
            guard.finish(keep.then_some(open));
        }
        self.decoded = self.decoded.saturating_add(length);
        self.complete = true;
    }

    /// Whether the text ends at `end` for good.
    pub(super) fn is_complete_at(&self, end: u64) -> bool {
        self.complete && self.given() == end
    }

    /// Notes the entropy of tokens in the text decoded since the last cut.
    pub(super) fn note_entropy(&mut self, bits: f64) {
        self.entropy = Some(self.entropy.map_or(bits, |so_far| so_far.max(bits)));
    }

    /// The next complete segment.
    pub(super) fn cut(&mut self, policy: SegmentPolicy) -> Option<Cut> {
        let open = self.open.get(self.cut_off..).unwrap_or_default();
        if let Some(end) = next_end(open, &mut self.progress, policy) {
            return Some(self.cut_at(self.cut_off.saturating_add(end)));
        }
        self.open.drain(..self.cut_off);
        self.cut_off = 0;
        None
    }

    /// All text that is in no segment yet, as the last one.
    pub(super) fn cut_rest(&mut self) -> Option<Cut> {
        let cut = (self.open.len() > self.cut_off).then(|| self.cut_at(self.open.len()));
        self.open.clear();
        self.cut_off = 0;
        cut
    }

    fn cut_at(&mut self, at: usize) -> Cut {
        let text = String::from(self.open.get(self.cut_off..at).unwrap_or_default());
        let left = self.open.len().saturating_sub(at) as u64;
        self.cut_off = at;
        self.progress = Progress::default();
        let end = self.given().saturating_sub(left);
        let start = end.saturating_sub(text.len() as u64);
        let start = self.guard.as_ref().map_or(start, |guard| guard.source_of(start));
        Cut { text, start, end, logit_entropy: self.entropy.take() }
    }
}

/// Gives decoded text to the guard, or past it, and keeps it where it may be told again.
fn take_text(text: &str, guard: &mut Option<Box<ChannelGuard>>, open: Option<&mut String>, kept: &mut Option<String>) {
    if cfg!(feature = "dialects")
        && let Some(kept) = kept
    {
        kept.push_str(text);
    }
    match (guard, open) {
        (Some(guard), open) => guard.push(text, open),
        (None, Some(open)) => open.push_str(text),
        (None, None) => {}
    }
}

/// Whether the content of a string starts with the low half of a pair.
fn completes_pair(content: &str) -> bool {
    let bytes = content.as_bytes();
    bytes.starts_with(b"\\u")
        && matches!(bytes.get(2), Some(b'd' | b'D'))
        && matches!(bytes.get(3), Some(b'c'..=b'f' | b'C'..=b'F'))
}
