//! Bytes of the wire become messages, until they end or fail.

use alloc::string::String;
use alloc::vec::Vec;

use super::frame::{Frame, Payload, Role};
use super::machine::{Input, Session};
use super::record::SessionFailure;
use crate::dialect::Framing;
use crate::dialect::sse::{self, Data};
use crate::halt::{Halt, HaltReason};

/// Enough to know a field of an event stream by: what is blank for longer is taken for one.
const PROLOGUE_BYTES: usize = 256;

impl Session {
    pub(super) fn take_in(&mut self, bytes: &[u8]) {
        self.bytes_in = self.bytes_in.saturating_add(bytes.len() as u64);
        match self.framing {
            Framing::Sse => self.take_events(bytes),
            #[cfg(feature = "dialects")]
            Framing::Body => self.hold_partial(bytes),
            Framing::Raw => {
                self.take_text(bytes);
                // Text has no messages: what of these bytes waits is held.
                if self.ended.is_none()
                    && let Some(halt) = self.beyond_bound(self.partial.len() as u64)
                {
                    self.halt_stream(halt, None, self.events_in);
                }
            }
        }
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
            if self.is_beyond_bound(event) {
                self.unread = false;
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
        if !self.is_beyond_bound(bytes) {
            self.partial.extend_from_slice(bytes);
        }
    }

    /// Whether the message that these bytes go on with cannot be held beside what waits: the stream ends or, observed, the
    /// message passes unread. A message that comes whole must fit as well, or it would depend on the cut.
    fn is_beyond_bound(&mut self, bytes: &[u8]) -> bool {
        if !self.unread {
            let Some(halt) = self.beyond_bound((self.partial.len() as u64).saturating_add(bytes.len() as u64)) else {
                return false;
            };
            if !self.is_observing() {
                self.halt_stream(halt, None, self.events_in);
                return true;
            }
            self.note_halt(halt, None);
            self.unread = true;
            self.position = self.position.saturating_add(self.partial.len() as u64);
            self.output.append(&mut self.partial);
        }
        self.position = self.position.saturating_add(bytes.len() as u64);
        self.output.extend_from_slice(bytes);
        true
    }

    /// The halt that is due when so many bytes are held besides those that wait: at the first one too many.
    fn beyond_bound(&self, more: u64) -> Option<Halt> {
        let bound = self.policy.limits.held_bytes;
        let is_beyond = self.queue_bytes.saturating_add(more) > u64::from(bound);
        is_beyond.then(|| Halt::measured(HaltReason::HeldLimit, f64::from(bound) + 1.0, f64::from(bound)))
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
        let mut rest = text.as_slice();
        while let Err(error) = core::str::from_utf8(rest) {
            let (valid, after) = rest.split_at_checked(error.valid_up_to()).unwrap_or_default();
            self.take_plain(valid);
            if self.has_unread_text() {
                self.leave_unread(after);
                return;
            }
            let Some(length) = error.error_len() else {
                self.partial = after.to_vec();
                return;
            };
            if self.found_failure("invalid UTF-8", self.position) {
                return;
            }
            // Observed only: what is no text leaves as it is, and what follows it is read.
            let (broken, after) = after.split_at_checked(length).unwrap_or_default();
            self.position = self.position.saturating_add(broken.len() as u64);
            self.output.extend_from_slice(broken);
            rest = after;
        }
        if !rest.is_empty() {
            self.take_plain(rest);
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
    pub(super) fn pass_bare(&mut self, raw: &[u8]) {
        self.position = self.position.saturating_add(raw.len() as u64);
        if self.queue.is_empty() || self.is_observing() {
            self.output.extend_from_slice(raw);
        } else {
            self.enqueue(Frame::bare(self.events_in, raw.to_vec(), Role::Part));
        }
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
                #[cfg(feature = "dialects")]
                Framing::Body => self.take_message(&partial, Payload::Inline(0..partial.len())),
                Framing::Raw => {
                    if !self.found_failure("unfinished UTF-8 at the end", self.position) {
                        self.pass_bare(&partial);
                    }
                }
            }
        } else if self.framing.is_body() && !self.unread {
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
    pub(super) fn found_failure(&mut self, message: &str, offset: u64) -> bool {
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

    pub(super) fn enqueue(&mut self, frame: Frame) {
        self.queue_bytes = self.queue_bytes.saturating_add(frame.raw.len() as u64);
        self.queue.push(frame);
        self.pump();
    }
}

fn first(bytes: &[u8], most: usize) -> &[u8] {
    bytes.get(..most).unwrap_or(bytes)
}
