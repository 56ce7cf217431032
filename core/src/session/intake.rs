//! Bytes of the wire become messages, messages become frames and segments.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::channel::{ChannelState, Cut, Told, Treatment};
use super::frame::{Frame, Payload, Piece, Role};
use super::machine::{Choice, Input, Session, Waiting};
use super::record::SessionFailure;
use crate::dialect::sse::{self, Data};
use crate::dialect::{Channel, ChannelKind, Found, FoundText, Framing, Message, TextForm};
use crate::halt::{Halt, HaltReason, StreamMonitor};
use crate::policy::{ChannelAction, ScorerKind};

/// Enough to know a field of an event stream by: what is blank for longer is taken for one.
const PROLOGUE_BYTES: usize = 256;

/// Added to the block of a text that differs from what its channel has had.
const DIFFERS: u32 = 1 << 31;

impl Session {
    pub(super) fn take_in(&mut self, bytes: &[u8]) {
        self.bytes_in = self.bytes_in.saturating_add(bytes.len() as u64);
        match self.framing {
            Framing::Sse => self.take_events(bytes),
            Framing::Body => self.hold_partial(bytes),
            Framing::Raw => self.take_text(bytes),
        }
        self.check_held();
    }

    fn take_events(&mut self, bytes: &[u8]) {
        let Some(mut start) = self.prologue.take() else { return self.cut_events(bytes) };
        if start.is_empty() && sse::starts_stream(first(bytes, PROLOGUE_BYTES)) == Some(true) {
            return self.begin_events(bytes);
        }
        start.extend_from_slice(bytes);
        match sse::starts_stream(first(&start, PROLOGUE_BYTES)) {
            None if start.len() < PROLOGUE_BYTES => self.prologue = Some(start),
            Some(false) if self.found_failure("the upstream did not send an event stream", 0) => {}
            _ => self.begin_events(&start),
        }
    }

    /// Takes the first events, behind the byte order mark that may stand before them and leaves at once.
    fn begin_events(&mut self, bytes: &[u8]) {
        let (mark, events) = sse::split_bom(bytes);
        self.position = mark.len() as u64;
        self.output.extend_from_slice(mark);
        self.cut_events(events);
    }

    fn cut_events(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((event, after)) = self.boundary.find(rest).and_then(|end| rest.split_at_checked(end)) {
            rest = after;
            if self.unread {
                self.unread = false;
                self.position = self.position.saturating_add(event.len() as u64);
                self.output.extend_from_slice(event);
            } else if self.partial.is_empty() {
                self.take_event(event, self.boundary.was_one_line());
            } else {
                let mut whole = core::mem::take(&mut self.partial);
                whole.extend_from_slice(event);
                self.take_event(&whole, self.boundary.was_one_line());
                whole.clear();
                self.partial = whole;
            }
            if self.ended.is_some() || self.input == Input::Closed {
                return;
            }
        }
        self.hold_partial(rest);
    }

    /// Keeps the start of a message whose end has not come.
    fn hold_partial(&mut self, bytes: &[u8]) {
        let held = (self.partial.len() as u64).saturating_add(bytes.len() as u64);
        let bound = u64::from(self.policy.limits.held_bytes);
        if self.unread {
            self.position = self.position.saturating_add(bytes.len() as u64);
            self.output.extend_from_slice(bytes);
        } else if held <= bound {
            self.partial.extend_from_slice(bytes);
        } else if self.is_observing() {
            self.note_halt(held_limit(held, bound), None);
            self.unread = true;
            self.position = self.position.saturating_add(held);
            self.output.append(&mut self.partial);
            self.output.extend_from_slice(bytes);
        } else {
            self.halt_stream(held_limit(held, bound), None, self.events_in);
        }
    }

    /// Nothing may be held beyond the policy's bound.
    fn check_held(&mut self) {
        let held = self.queue_bytes.saturating_add(self.partial.len() as u64);
        let bound = u64::from(self.policy.limits.held_bytes);
        if self.ended.is_none() && held > bound {
            self.halt_stream(held_limit(held, bound), None, self.events_in);
        }
    }

    pub(super) fn take_text(&mut self, bytes: &[u8]) {
        if self.has_unread_text() {
            self.leave_unread(bytes);
            return;
        }
        let mut text = core::mem::take(&mut self.partial);
        text.extend_from_slice(bytes);
        if text.is_empty() {
            return;
        }
        match core::str::from_utf8(&text) {
            Ok(_) => self.take_plain(&text),
            Err(error) => {
                let (valid, rest) = text.split_at_checked(error.valid_up_to()).unwrap_or_default();
                self.take_plain(valid);
                if self.has_unread_text() {
                    self.leave_unread(rest);
                    return;
                }
                let failed = error.error_len().is_some() && self.found_failure("invalid UTF-8", self.position);
                if error.error_len().is_some() && !failed {
                    self.position = self.position.saturating_add(rest.len() as u64);
                    self.output.extend_from_slice(rest);
                } else if !failed {
                    self.partial = rest.to_vec();
                }
            }
        }
    }

    /// Takes plain text. What leaves must not depend on the cut: where not all of it can be paid for, what can is a message
    /// of its own, and so is the first character that cannot.
    fn take_plain(&mut self, text: &[u8]) {
        let affordable = self.covenant.as_ref().map_or(u64::MAX, |covenant| covenant.affordable_bytes());
        if affordable >= text.len() as u64 {
            return self.take_inline(text);
        }
        let most = usize::try_from(affordable).unwrap_or(usize::MAX);
        let text = core::str::from_utf8(text).unwrap_or_default();
        let (head, tail) = text.split_at_checked(text.floor_char_boundary(most)).unwrap_or_default();
        // The last bytes are behind it.
        let is_last = core::mem::replace(&mut self.last_bytes, false);
        if !head.is_empty() {
            self.take_inline(head.as_bytes());
        }
        if self.ended.is_none() && !self.leave_unread(tail.as_bytes()) {
            let (first, rest) = tail.split_at_checked(tail.ceil_char_boundary(1)).unwrap_or_default();
            self.take_inline(first.as_bytes());
            self.last_bytes = is_last;
            if self.ended.is_none() {
                self.take_inline(rest.as_bytes());
            }
        }
        self.last_bytes = is_last;
    }

    fn take_inline(&mut self, text: &[u8]) {
        self.take_message(text, Payload::Inline(0..text.len()));
    }

    fn take_event(&mut self, event: &[u8], is_one_line: bool) {
        match if is_one_line { sse::data_of_line(event) } else { sse::data(event) } {
            Data::None => {
                self.events_in = self.events_in.saturating_add(1);
                self.pass_bare(event);
            }
            Data::Line(range)
                if cfg!(feature = "dialects")
                    && self.input == Input::Done
                    && event.get(range.clone()).is_some_and(|data| self.dialect.may_follow_end(data)) =>
            {
                self.events_in = self.events_in.saturating_add(1);
                self.pass_bare(event);
            }
            // Text after the end of the protocol is no part of the response.
            _ if self.input == Input::Done => self.skip_bytes(event),
            Data::Line(range) => self.take_message(event, Payload::Inline(range)),
            Data::Joined(joined) => self.take_message(event, Payload::Joined(joined)),
        }
    }

    fn skip_bytes(&mut self, bytes: &[u8]) {
        self.position = self.position.saturating_add(bytes.len() as u64);
        if self.is_observing() {
            self.output.extend_from_slice(bytes);
        }
    }

    /// Bytes without text take their turn.
    fn pass_bare(&mut self, raw: &[u8]) {
        self.position = self.position.saturating_add(raw.len() as u64);
        if self.queue.is_empty() || self.is_observing() {
            self.output.extend_from_slice(raw);
        } else {
            self.enqueue(Frame::bare(self.events_in, raw.to_vec(), Role::Part));
        }
    }

    fn take_message(&mut self, raw: &[u8], payload: Payload) {
        self.events_in = self.events_in.saturating_add(1);
        let mut found = core::mem::take(&mut self.found);
        found.clear();
        let (message, base) = match &payload {
            Payload::Inline(range) => (raw.get(range.clone()).unwrap_or_default(), range.start),
            Payload::Joined(joined) => (joined.as_slice(), 0),
        };
        match self.dialect.read(message, &mut found) {
            Err(error) => {
                let within = (base as u64).saturating_add(error.offset as u64);
                if !self.found_failure(error.what, self.position.saturating_add(within)) {
                    self.pass_bare(raw);
                }
            }
            Ok(()) => self.take_found(raw, payload, &mut found),
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
        let mut calls = Vec::new();
        if self.covenant.is_some() {
            match self.note_calls(found) {
                Some(noted) => calls = noted,
                None if self.found_failure("more tool calls than limits.channels allows", self.position) => return,
                None => {}
            }
        }
        let mut bytes = 0_u64;
        let mut pieces = core::mem::take(&mut self.spare_pieces);
        for found_text in &found.texts {
            // The dialect has read it as text.
            let content = message.get(found_text.range.clone()).unwrap_or_default();
            let content = core::str::from_utf8(content).unwrap_or_default();
            let form = form_of(found_text);
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
        if is_last && has_texts {
            self.finish_channels(None);
        }
        if self.last_bytes && self.framing != Framing::Sse {
            self.finish_channels(None);
        }
        self.position = self.position.saturating_add(raw.len() as u64);
        if self.is_guard_over() {
            self.input = Input::Closed;
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
            let trailing = core::mem::take(&mut found.trailing);
            let finished = core::mem::take(&mut found.finished);
            let usage = found.usage.take();
            let role = if goes_on { Role::Part } else { Role::UpstreamError(self.position) };
            let mut frame = Frame::new(self.events_in, raw.to_vec(), payload, pieces, trailing, finished, usage, role);
            frame.calls = calls;
            frame.marks = core::mem::take(&mut found.marks);
            frame.count = found.count;
            self.enqueue(frame);
        }
        self.score_builtin();
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
        let decoded = self.channels.get_mut(channel)?.decode(content, form, self.events_in);
        self.cut_complete(channel);
        if self.guards.is_some() {
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
    fn finish_channels(&mut self, choice: Option<u32>) {
        for index in 0..self.channels.len() {
            let Some(state) = self.channels.get_mut(index) else { continue };
            if choice.is_none_or(|choice| choice == state.channel.choice) {
                state.finish_text();
                if self.guards.is_some() {
                    self.note_guard(index);
                }
                self.cut_rest(index);
            }
        }
        self.complete_calls(choice);
    }

    /// No more text comes for a block.
    fn finish_block(&mut self, choice: u32, block: u32) {
        for index in 0..self.channels.len() {
            let Some(state) = self.channels.get_mut(index) else { continue };
            let Channel { choice: of, kind, block: at } = state.channel;
            let is_call = matches!(kind, ChannelKind::ToolName | ChannelKind::ToolArguments);
            if of == choice && at == block && !is_call {
                state.finish_text();
                if self.guards.is_some() {
                    self.note_guard(index);
                }
                self.cut_rest(index);
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

    pub(super) fn end_input(&mut self) {
        self.last_bytes = true;
        if self.leave_end(None) {
            return;
        }
        if let Some(start) = self.prologue.take() {
            self.begin_events(&start);
        }
        let partial = core::mem::take(&mut self.partial);
        if !partial.is_empty() && !self.unread {
            match self.framing {
                Framing::Sse => self.take_event(&partial, false),
                Framing::Body => self.take_message(&partial, Payload::Inline(0..partial.len())),
                Framing::Raw => {
                    if !self.found_failure("unfinished UTF-8 at the end", self.position) {
                        self.pass_bare(&partial);
                    }
                }
            }
        } else if self.framing == Framing::Body && !self.unread {
            self.found_failure("the upstream sent an empty body", self.position);
        }
        if self.ended.is_some() {
            return;
        }
        self.finish_channels(None);
        if self.input != Input::Closed && self.dialect.is_truncated() {
            self.found_failure("the stream ended before its last event", self.position);
        }
        self.input = Input::Closed;
        self.score_builtin();
        self.pump();
    }

    pub(super) fn fail_input(&mut self, message: &str) {
        if self.input == Input::Done {
            // The response is whole, whatever became of the connection.
            return self.end_input();
        }
        if self.leave_end(Some(message)) {
            return;
        }
        self.partial.clear();
        self.finish_channels(None);
        if self.ended.is_none() {
            let failure = SessionFailure { message: String::from(message), offset: self.bytes_in };
            self.close_with(failure);
        }
    }

    /// The input is broken. It takes its turn after everything that came before; observed, it is noted
    /// and the stream goes on. Whether the input is over.
    fn found_failure(&mut self, message: &str, offset: u64) -> bool {
        let failure = SessionFailure { message: String::from(message), offset };
        if self.is_observing() {
            self.failure.get_or_insert(failure);
            return false;
        }
        self.finish_channels(None);
        if self.ended.is_none() {
            self.close_with(failure);
        }
        true
    }

    fn close_with(&mut self, failure: SessionFailure) {
        self.input = Input::Closed;
        self.enqueue(Frame::bare(self.events_in, Vec::new(), Role::Failure(failure)));
        self.score_builtin();
    }

    fn enqueue(&mut self, frame: Frame) {
        self.queue_bytes = self.queue_bytes.saturating_add(frame.raw.len() as u64);
        self.queue.push(frame);
        self.pump();
    }
}

fn first(bytes: &[u8], most: usize) -> &[u8] {
    bytes.get(..most).unwrap_or(bytes)
}

fn held_limit(held: u64, bound: u64) -> Halt {
    #[allow(clippy::cast_precision_loss, reason = "a number of bytes, for people")]
    Halt::measured(HaltReason::HeldLimit, held as f64, bound as f64)
}

/// The form of a text. Of two protocols every text has the plain one.
fn form_of(text: &FoundText) -> TextForm {
    if cfg!(feature = "dialects") { text.form } else { TextForm::default() }
}
