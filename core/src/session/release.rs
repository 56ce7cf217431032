//! Frames leave when their text may, and streams end.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::frame::{Frame, Piece, Role};
use super::machine::{Input, Session, SessionState};
use super::record::{HaltedAt, SessionFailure};
use crate::dialect::{Ending, Framing};
use crate::halt::Halt;
use crate::policy::Mode;

impl Session {
    /// Lets every frame leave whose turn it is and whose text has passed.
    pub(super) fn pump(&mut self) {
        if self.ended.is_some() {
            return;
        }
        self.let_leave(u64::MAX);
        // Observed, everything leaves at once: what came before a failure is still judged.
        let is_judged = self.waiting.is_empty() || (self.broken && !self.is_observing());
        if self.input == Input::Closed && self.queue.is_empty() && is_judged {
            self.close(if self.broken { SessionState::Failed } else { SessionState::Completed });
        }
    }

    /// Lets frames leave up to the first whose text waits, when the response may end as of message `last`.
    pub(super) fn let_leave(&mut self, last: u64) {
        while let Some(frame) = self.queue.get(0) {
            let may_leave = frame.is_released(&self.channels) && !self.is_held(frame.message, &frame.calls, last);
            if self.policy.mode == Mode::Enforce && !may_leave {
                return;
            }
            let Some(mut frame) = self.queue.pop() else { return };
            self.queue_bytes = self.queue_bytes.saturating_sub(frame.raw.len() as u64);
            // Observed, no channel withholds anything, and the frame leaves as it is.
            frame.write_rest(&self.channels, self.framing, &mut self.output);
            self.note_left(&frame.finished, frame.usage());
            self.note_pieces_left(frame.pieces());
            match &frame.role {
                Role::Part => {}
                Role::UpstreamError => {
                    let message = String::from("the upstream reported an error");
                    self.failure.get_or_insert(SessionFailure { message, offset: self.position });
                    self.broken = true;
                }
                Role::Failure(failure) => {
                    self.dialect.fail(&failure.message, &mut self.output);
                    self.failure = Some(failure.clone());
                    self.broken = true;
                }
            }
        }
    }

    /// Whether a message may not leave for the calls that it has parts of, when the response may end as of message
    /// `last`. The next text that is judged may end it, too: of a call that goes on behind it nothing leaves before.
    pub(super) fn is_held(&self, message: u64, calls: &[u32], last: u64) -> bool {
        self.covenant.as_ref().is_some_and(|covenant| {
            let judged = self.waiting.get(0).map_or(u64::MAX, |waiting| waiting.message);
            covenant.holds(message, calls, last.min(judged))
        })
    }

    /// Lets the part of the first frame leave that has passed, when the host asks for output: once, however
    /// many segments have passed since it asked last.
    pub(super) fn write_released(&mut self) {
        let is_held = |frame: &Frame| self.is_held(frame.message, &frame.calls, u64::MAX);
        if self.queue.get(0).is_some_and(is_held) {
            return;
        }
        if let Some(frame) = self.queue.get_mut(0) {
            frame.write_released(&self.channels, self.framing, &mut self.output);
        }
    }

    /// A message has left: the client has been told that choices are finished, and of usage.
    #[inline(never)]
    pub(super) fn note_left(&mut self, finished: &[(u32, Range<usize>)], usage: Option<&[u8]>) {
        self.note_usage(usage);
        for (choice, _) in finished {
            if let Some(entry) = self.choices.iter_mut().find(|entry| entry.index == *choice) {
                entry.finish_sent = true;
            }
        }
    }

    /// Texts have left: what was replaced in them is not needed any more.
    pub(super) fn note_pieces_left(&mut self, pieces: &[Piece]) {
        if self.guards.is_none() {
            return;
        }
        for piece in pieces {
            if let Some(channel) = self.channels.get_mut(piece.channel) {
                channel.note_left(piece.end());
            }
        }
    }

    fn note_usage(&mut self, usage: Option<&[u8]>) {
        if let Some(usage) = usage {
            self.usage.clear();
            self.usage.extend_from_slice(usage);
        }
    }

    /// Ends the stream for good: what has passed leaves, the protocol is ended, and nothing follows.
    ///
    /// The response ends as of its message number `last`, the one that completed the text that halted: what was
    /// read behind it while the score was out leaves no trace, neither in texts that need no score nor in the
    /// ending's usage and choices. Of a frame behind the text that halted, up to that message, only the texts
    /// leave that were judged before it. `at` is the text that halted and its length.
    pub(super) fn halt_stream(&mut self, halt: Halt, at: Option<(HaltedAt, u64)>, last: u64) {
        self.tell_halt(halt, at);
        self.halt = Some(halt);
        self.halted_at = at.map(|(at, _)| at);
        let message = core::mem::take(&mut self.policy.ending.message);
        let mut document_left = false;
        let mut queue = core::mem::take(&mut self.queue);
        for frame in queue.iter_mut().take_while(|frame| frame.message <= last) {
            if self.is_held(frame.message, &frame.calls, last) {
                continue;
            }
            self.note_usage(frame.usage());
            if !matches!(frame.role, Role::Part) {
                continue;
            }
            if self.framing == Framing::Body {
                frame.write_halted(&self.channels, &message, &mut self.output);
                document_left = true;
            } else {
                frame.write_released(&self.channels, self.framing, &mut self.output);
            }
        }
        if !document_left {
            let mut open = Vec::new();
            for choice in &self.choices {
                if !choice.finish_sent && choice.message <= last {
                    open.push(choice.index);
                }
            }
            if open.is_empty() {
                open.push(0);
            }
            let usage = Some(self.usage.as_slice()).filter(|usage| !usage.is_empty());
            let ending = Ending { reason: halt.reason, message: &message, open_choices: &open, usage };
            self.dialect.end(&ending, &mut self.output);
        }
        self.policy.ending.message = message;
        self.close(SessionState::Halted);
    }

    fn close(&mut self, state: SessionState) {
        self.ended = Some(state);
        self.input = Input::Closed;
        self.queue.clear();
        self.queue_bytes = 0;
        self.waiting.clear();
        self.handed_out = 0;
        self.partial = Vec::new();
        if let Some(covenant) = &mut self.covenant {
            covenant.settle(&self.usage);
        }
        for choice in &mut self.choices {
            // Finished or halted: either way no more is judged.
            let _ = choice.monitor.finish();
        }
    }
}
