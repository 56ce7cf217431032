//! Frames leave when their text may, and streams end.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::fifo::Fifo;
use super::frame::{Frame, Piece, Role};
use super::machine::{Input, Session, SessionState};
use super::record::{HaltedAt, SessionFailure};
use crate::dialect::{Channel, Ending, Finish, Mark};
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
        let is_undecided = self.covenant.as_ref().is_some_and(|covenant| covenant.is_undecided());
        let is_judged = (self.waiting.is_empty() && !is_undecided) || (self.broken && !self.is_observing());
        if self.input == Input::Closed && self.queue.is_empty() && is_judged {
            self.close(if self.broken { SessionState::Failed } else { SessionState::Completed });
        }
    }

    /// Lets frames leave up to the first whose text waits, when the response may end as of message `last`.
    pub(super) fn let_leave(&mut self, last: u64) {
        // Each is written where it lies: it is large to move.
        let mut queue = core::mem::take(&mut self.queue);
        while let Some(frame) = queue.get_mut(0) {
            let may_leave = frame.is_released(&self.channels) && !self.is_held(frame.message, &frame.calls, last);
            if self.policy.mode == Mode::Enforce && !may_leave {
                break;
            }
            self.queue_bytes = self.queue_bytes.saturating_sub(frame.raw.len() as u64);
            // Observed, no channel withholds anything, and the frame leaves as it is.
            frame.write_rest(&mut self.channels, self.framing, &mut self.output);
            self.note_left(&frame.finished, frame.usage(), &frame.marks, frame.count);
            match &frame.role {
                Role::Part => {}
                Role::UpstreamError(offset) => {
                    let message = String::from("the upstream reported an error");
                    self.failure.get_or_insert(SessionFailure { message, offset: *offset });
                    self.broken = true;
                }
                Role::Failure(failure) => {
                    self.dialect.fail(&failure.message, self.next_count, &mut self.output);
                    self.failure = Some(failure.clone());
                    self.broken = true;
                }
            }
            queue.remove_first();
        }
        self.queue = queue;
    }

    /// Whether a message may not leave for the calls that it has parts of, when the response may end as of message
    /// `last`. The next text that is judged may end it, too: of a call that goes on behind it nothing leaves before.
    pub(super) fn is_held(&self, message: u64, calls: &[u32], last: u64) -> bool {
        self.covenant.as_ref().is_some_and(|covenant| {
            let judged = self.waiting.get(0).map_or(u64::MAX, |waiting| waiting.message);
            covenant.holds(message, calls, last.min(judged))
        })
    }

    /// The parts of calls that are cut out of a document where it ends before its end; none where nothing of it may leave.
    fn denied_parts(&self, frame: &Frame) -> Option<Vec<Range<usize>>> {
        if !self.framing.is_body() {
            return None;
        }
        if !cfg!(feature = "covenant") {
            return Some(Vec::new());
        }
        let Some(covenant) = &self.covenant else { return frame.denied_parts(&self.channels, |_| true) };
        // Of what is not paid for nothing leaves.
        if covenant.holds(frame.message, &[], u64::MAX) || !covenant.knows_parts(frame) {
            return None;
        }
        frame.denied_parts(&self.channels, |call| covenant.is_allowed(call.choice, call.block))
    }

    /// Lets the part of the first frame leave that has passed, when the host asks for output: once, however
    /// many segments have passed since it asked last.
    pub(super) fn write_released(&mut self) {
        let is_held = |frame: &Frame| self.is_held(frame.message, &frame.calls, u64::MAX);
        // A document has no parts.
        if self.framing.is_body() || self.queue.get(0).is_some_and(is_held) {
            return;
        }
        if let Some(frame) = self.queue.get_mut(0)
            && frame.write_released(&mut self.channels, self.framing, &mut self.output)
        {
            let (marks, count) = (core::mem::take(&mut frame.marks), frame.count);
            self.note_part(&marks, count);
        }
    }

    /// A message has left: the client has been told that choices are finished, of usage, and of blocks.
    #[inline(never)]
    pub(super) fn note_left(&mut self, finished: &[Finish], usage: Option<&[u8]>, marks: &[Mark], count: Option<u32>) {
        self.note_usage(usage);
        self.note_part(marks, count);
        for finish in finished {
            if let Some(entry) = self.choices.iter_mut().find(|entry| entry.index == finish.choice) {
                entry.finish_sent = true;
            }
        }
    }

    /// The first part of a message has left.
    fn note_part(&mut self, marks: &[Mark], count: Option<u32>) {
        if !cfg!(feature = "dialects") {
            return;
        }
        if !marks.is_empty() {
            self.dialect.left(marks);
        }
        if let Some(count) = count {
            self.next_count = count.saturating_add(1);
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
        // Behind the protocol's own end there is nothing to end.
        let mut has_ended = self.input == Input::Done && self.queue.is_empty();
        let mut queue = core::mem::take(&mut self.queue);
        let opens_blocks = cfg!(feature = "dialects") && self.dialect.opens_blocks();
        for frame in queue.iter_mut().take_while(|frame| frame.message <= last) {
            let parts = self.denied_parts(frame);
            let is_held = parts.is_none() && self.is_held(frame.message, &frame.calls, last);
            if !is_held {
                self.note_usage(frame.usage());
            }
            let may_leave = !is_held && matches!(frame.role, Role::Part);
            if may_leave && opens_blocks && frame.is_released(&self.channels) {
                frame.write_rest(&mut self.channels, self.framing, &mut self.output);
                frame.leave_whole();
                self.note_left(&frame.finished, frame.usage(), &frame.marks, frame.count);
                continue;
            }
            if let Some(parts) = parts.filter(|_| may_leave) {
                frame.write_halted(
                    &mut self.channels,
                    &message,
                    self.dialect.notice(),
                    parts,
                    self.framing,
                    &mut self.output,
                );
                has_ended = true;
            } else if may_leave
                && !self.framing.is_body()
                && frame.write_released(&mut self.channels, self.framing, &mut self.output)
            {
                self.note_part(&core::mem::take(&mut frame.marks), frame.count);
            }
            if opens_blocks {
                // What follows may be of a block whose start does not leave.
                break;
            }
        }
        if !has_ended {
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
            let texts =
                if cfg!(feature = "dialects") && self.dialect.repeats() { self.left_texts(&queue) } else { Vec::new() };
            let texts: Vec<(Channel, &str)> = texts.iter().map(|(channel, text)| (*channel, text.as_str())).collect();
            let ending = Ending {
                reason: halt.reason,
                message: &message,
                open_choices: &open,
                usage,
                next_count: self.next_count,
                texts: &texts,
            };
            let mut output = Vec::new();
            self.dialect.end(&ending, &mut output);
            self.output.append(&mut output);
        }
        self.policy.ending.message = message;
        self.close(SessionState::Halted);
    }

    /// The text of every channel as far as it has left, when these frames stay behind.
    fn left_texts(&self, queue: &Fifo<Frame>) -> Vec<(Channel, String)> {
        let mut texts = Vec::new();
        for (position, channel) in self.channels.iter().enumerate() {
            let pieces = queue.iter().flat_map(Frame::pieces).filter(|piece| piece.channel == position);
            let end = pieces.filter_map(Piece::first_left_out).min().unwrap_or(u64::MAX);
            let text = if channel.is_withheld() { String::new() } else { channel.kept_until(end) };
            texts.push((channel.channel, text));
        }
        texts
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
