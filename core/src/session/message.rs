//! A message becomes a frame, and its texts become segments of their channels.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use super::channel::{ChannelState, Cut, Told, Treatment};
use super::covenant::Noted;
use super::frame::{Document, Frame, Payload, Piece, Role};
use super::machine::{Choice, Input, Session, Waiting};
use crate::dialect::{Channel, ChannelKind, Found, FoundText, Framing, Message, TextForm};
use crate::halt::StreamMonitor;
use crate::policy::{ChannelAction, ScorerKind};

/// Added to the block of a text that differs from what its channel has had.
const DIFFERS: u32 = 1 << 31;

impl Session {
    pub(super) fn take_message(&mut self, raw: &[u8], payload: Payload) {
        self.events_in = self.events_in.saturating_add(1);
        let mut found = core::mem::take(&mut self.found);
        found.clear();
        let (message, base) = match &payload {
            Payload::Inline(range) => (raw.get(range.clone()).unwrap_or_default(), range.start),
            Payload::Joined(joined) => (joined.as_slice(), 0),
        };
        // The one protocol of a module without the others is read as fast.
        let is_alike = cfg!(feature = "dialects") && self.alike.find(message, &mut found);
        match if is_alike { Ok(()) } else { self.dialect.read(message, &mut found) } {
            Err(error) => {
                let within = (base as u64).saturating_add(error.offset as u64);
                if !self.found_failure(error.what, self.position.saturating_add(within)) {
                    self.pass_bare(raw);
                }
            }
            Ok(()) => {
                if cfg!(feature = "dialects") && !is_alike {
                    self.alike.remember(message, &found);
                }
                self.take_found(raw, payload, &mut found);
            }
        }
        self.found = found;
    }

    fn take_found(&mut self, raw: &[u8], payload: Payload, found: &mut Found) {
        let message = match &payload {
            Payload::Inline(range) => raw.get(range.clone()).unwrap_or_default(),
            Payload::Joined(joined) => joined.as_slice(),
        };
        let is_last = matches!(found.message, Message::Done | Message::Error);
        let has_texts = !found.texts.is_empty() || !found.calls.is_empty();
        if is_last {
            if !has_texts {
                self.finish_channels(None);
            }
            self.input = if found.message == Message::Done { Input::Done } else { Input::Closed };
        }
        let before = self.next_segment_id();
        let mut noted = Noted::default();
        // In a document what stands before a call comes before it; of a part of a stream all comes with its calls.
        let is_document = cfg!(feature = "covenant") && self.framing.is_body();
        if !is_document && !self.has_noted(found, usize::MAX, &mut noted) {
            return;
        }
        let mut bytes = 0_u64;
        let mut pieces = core::mem::take(&mut self.spare_pieces);
        for found_text in &found.texts {
            // The dialect has read it as text.
            let content = message.get(found_text.range.clone()).unwrap_or_default();
            let content = core::str::from_utf8(content).unwrap_or_default();
            let form = form_of(found_text);
            if is_document && !self.has_noted(found, found_text.range.start, &mut noted) {
                return;
            }
            if form.repeats && content.is_empty() {
                continue;
            }
            let (name, told) = self.told(found_text, content);
            let Some(channel) = self.channel_for(name) else {
                if self.found_failure("more channels than limits.channels allows", self.position) {
                    return;
                }
                continue;
            };
            if let Told::Again(decoded) = told {
                pieces.push(Piece::new(channel, found_text.range.clone(), &decoded).whole(form.is_value));
                continue;
            }
            self.move_to(channel);
            self.note_entropies(channel, name.choice, &found.entropies);
            if self.covenant.is_some() {
                self.note_call_text(found_text.channel, content, form, told == Told::Differs);
            }
            if let Some(piece) = self.decode(channel, content, form, found_text.range.clone()) {
                bytes = bytes.saturating_add(piece.length());
                pieces.push(if form.is_value { piece.whole(true) } else { piece });
            }
            if self.has_text_behind_end(channel)
                && self.found_failure("text for a channel behind its end", self.position)
            {
                return;
            }
        }
        if is_document && !self.has_noted(found, usize::MAX, &mut noted) {
            return;
        }
        let calls = noted.calls;
        if cfg!(feature = "dialects") && self.repeats && bytes > 0 {
            self.forget_texts();
        }
        if let Some(covenant) = &mut self.covenant {
            covenant.pay_for_text(self.events_in, before, bytes);
        }
        for (choice, block) in &found.closed {
            self.finish_block(*choice, *block);
        }
        for finish in &found.finished {
            self.finish_channels(Some(finish.choice));
        }
        if is_last && has_texts || self.last_bytes && self.framing != Framing::Sse {
            self.finish_channels(None);
        }
        self.position = self.position.saturating_add(raw.len() as u64);
        if self.has_due_halt() && !self.is_observing() {
            // Nothing is read behind a match that ends the response.
            self.input = Input::Closed;
        }
        if !self.queue.is_empty() {
            // What waited may leave by now, and then this message is no frame.
            self.let_leave(u64::MAX);
        }
        let goes_on = matches!(found.message, Message::Part | Message::Done);
        if goes_on && (self.is_observing() || (self.queue.is_empty() && self.may_leave(&pieces, &calls))) {
            self.output.extend_from_slice(raw);
            for piece in &pieces {
                piece.leave(&mut self.channels);
            }
            let usage = found.usage.clone().and_then(|range| message.get(range));
            self.note_left(&found.finished, usage, &found.marks, found.count);
            pieces.clear();
            self.spare_pieces = pieces;
        } else {
            let role = if goes_on { Role::Part } else { Role::UpstreamError(self.position) };
            let frame = self.frame_of(raw, payload, (pieces, calls), found, role);
            self.enqueue(frame);
        }
        self.score_builtin();
    }

    /// The frame of a message that waits.
    fn frame_of(
        &self,
        raw: &[u8],
        payload: Payload,
        (pieces, calls): (Vec<Piece>, Vec<u32>),
        found: &mut Found,
        role: Role,
    ) -> Frame {
        let trailing = core::mem::take(&mut found.trailing);
        let finished = core::mem::take(&mut found.finished);
        let usage = found.usage.take();
        let mut frame = Frame::new(self.events_in, raw.to_vec(), payload, pieces, trailing, finished, usage, role);
        frame.calls = calls;
        frame.marks = core::mem::take(&mut found.marks);
        frame.count = found.count;
        if cfg!(feature = "covenant") && self.framing.is_body() {
            let (calls, blank) = (core::mem::take(&mut found.calls), found.blank.take());
            frame.document = Some(Box::new(Document { calls, blank, ..Document::default() }));
        }
        frame
    }

    /// Notes the calls of a message up to a place in it. Whether the input goes on: there may be too many.
    #[inline(never)]
    fn has_noted(&mut self, found: &Found, until: usize, noted: &mut Noted) -> bool {
        self.covenant.is_none()
            || self.note_calls(found, until, noted).is_some()
            || !self.found_failure("more tool calls than limits.channels allows", self.position)
    }

    /// Notes the entropies of a choice for the text of a channel.
    fn note_entropies(&mut self, channel: usize, choice: u32, entropies: &[(u32, f64)]) {
        let Some(state) = self.channels.get_mut(channel) else { return };
        for (_, bits) in entropies.iter().filter(|(of, _)| *of == choice) {
            state.note_entropy(*bits);
        }
    }

    /// Whether a message with these texts and parts of calls may leave as it is.
    fn may_leave(&self, pieces: &[Piece], calls: &[u32]) -> bool {
        if self.is_held(self.events_in, calls, u64::MAX) {
            return false;
        }
        pieces.iter().all(|piece| {
            self.channels.get(piece.channel).is_some_and(|channel| {
                !channel.is_withheld() && piece.is_released(channel) && !piece.is_edited(channel)
            })
        })
    }

    /// Decodes the content of a text and cuts what is complete into segments.
    fn decode(&mut self, channel: usize, content: &str, form: TextForm, range: Range<usize>) -> Option<Piece> {
        let state = self.channels.get_mut(channel)?;
        let decoded = state.decode(content, form, self.events_in);
        let has_news = state.has_guard_news();
        self.cut_complete(channel);
        if has_news {
            self.note_guard(channel);
        }
        Some(Piece::new(channel, range, &decoded))
    }

    /// Cuts what is complete into segments.
    fn cut_complete(&mut self, channel: usize) {
        let policy = self.policy.segments;
        while let Some(cut) = self.channels.get_mut(channel).and_then(|state| state.cut(policy)) {
            self.add_segment(channel, cut);
        }
    }

    fn add_segment(&mut self, channel: usize, cut: Cut) {
        let waiting = Waiting {
            channel,
            start: cut.start,
            end: cut.end,
            message: self.events_in,
            text: cut.text,
            logit_entropy: cut.logit_entropy,
            answer: None,
        };
        self.waiting.push(waiting);
    }

    /// What a text is that may have come before, and the channel that it belongs to: what differs from what came
    /// before has one of its own.
    fn told(&mut self, text: &FoundText, content: &str) -> (Channel, Told) {
        let mut name = text.channel;
        if !form_of(text).repeats {
            return (name, Told::New);
        }
        let mut differs = false;
        loop {
            let channel = self.channels.iter_mut().rfind(|state| state.channel == name);
            let told = channel.map_or(Told::New, |state| state.told(content, text.form, self.events_in));
            if told == Told::Differs && !differs {
                differs = true;
                name.block |= DIFFERS;
                continue;
            }
            return (name, if differs && told == Told::New { Told::Differs } else { told });
        }
    }

    /// Keeps no texts beyond the bound of what may be held.
    fn forget_texts(&mut self) {
        let mut room = u64::from(self.policy.limits.held_bytes);
        for channel in &mut self.channels {
            let length = channel.kept_length();
            match room.checked_sub(length) {
                Some(left) => room = left,
                None => channel.forget(),
            }
        }
    }

    /// A segment ends where the choice moves on to another channel.
    fn move_to(&mut self, channel: usize) {
        let Some(choice) = self.channels.get(channel).map(|state| state.channel.choice) else { return };
        let Some(entry) = self.choices.iter_mut().find(|entry| entry.index == choice) else { return };
        let last = entry.last_channel.replace(channel);
        if let Some(last) = last.filter(|last| *last != channel) {
            self.cut_rest(last);
        }
    }

    pub(super) fn cut_rest(&mut self, channel: usize) {
        if let Some(cut) = self.channels.get_mut(channel).and_then(ChannelState::cut_rest) {
            self.add_segment(channel, cut);
        }
    }

    /// No more text comes for a choice, or for any.
    pub(super) fn finish_channels(&mut self, choice: Option<u32>) {
        for index in 0..self.channels.len() {
            let Some(state) = self.channels.get(index) else { continue };
            if choice.is_none_or(|choice| choice == state.channel.choice) {
                self.finish_channel(index);
            }
        }
        self.complete_calls(choice);
    }

    /// No more text comes for a channel.
    fn finish_channel(&mut self, index: usize) {
        let Some(state) = self.channels.get_mut(index) else { return };
        state.finish_text();
        if state.has_guard_news() {
            self.note_guard(index);
        }
        self.cut_rest(index);
    }

    /// No more text comes for a block.
    fn finish_block(&mut self, choice: u32, block: u32) {
        for index in 0..self.channels.len() {
            let Some(state) = self.channels.get(index) else { continue };
            let Channel { choice: of, kind, block: at } = state.channel;
            let is_call = matches!(kind, ChannelKind::ToolName | ChannelKind::ToolArguments);
            if of == choice && at == block && !is_call {
                self.finish_channel(index);
            }
        }
    }

    /// The channel's position, made when it is new; none when there are too many.
    fn channel_for(&mut self, channel: Channel) -> Option<usize> {
        if let Some(index) = self.channels.iter().rposition(|state| state.channel == channel) {
            return Some(index);
        }
        let most = usize::try_from(self.policy.limits.channels).unwrap_or(usize::MAX);
        if self.channels.len() >= most {
            return None;
        }
        let policy = self.policy.channels;
        let action = match channel.kind {
            ChannelKind::Content => policy.content,
            ChannelKind::Reasoning => policy.reasoning,
            ChannelKind::Refusal => policy.refusal,
            ChannelKind::ToolName => policy.tool_name,
            ChannelKind::ToolArguments => policy.tool_arguments,
            ChannelKind::Other => policy.other,
        };
        let scores = self.policy.scorer.kind != ScorerKind::None && !(self.is_observing() && self.halt.is_some());
        let treatment = match action {
            ChannelAction::Withhold if !self.is_observing() => Treatment::Withheld,
            ChannelAction::Score if scores => Treatment::Scored,
            ChannelAction::Score | ChannelAction::Pass | ChannelAction::Withhold => Treatment::Unscored,
        };
        if !self.choices.iter().any(|entry| entry.index == channel.choice) {
            // The policy has been validated, its limits are good.
            let monitor = StreamMonitor::new(&self.policy.halt).ok()?;
            self.choices.push(Choice {
                index: channel.choice,
                message: self.events_in,
                monitor,
                last_channel: None,
                finish_sent: false,
            });
        }
        let is_json = self.framing != Framing::Raw;
        let is_searched = !(self.is_observing() && self.halt.is_some());
        let guards = self.guards.as_ref().filter(|_| is_searched);
        let guard = guards.and_then(|guards| guards.channel(channel.kind, &self.policy, action));
        self.channels.push(ChannelState::new(channel, action, treatment, is_json, guard, self.repeats));
        Some(self.channels.len().saturating_sub(1))
    }
}

/// The form of a text. Of two protocols every text has the plain one.
fn form_of(text: &FoundText) -> TextForm {
    if cfg!(feature = "dialects") { text.form } else { TextForm::default() }
}
