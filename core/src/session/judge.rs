//! Segments get verdicts, in the order of the text.

use super::machine::{Session, SessionEvent, Waiting};
use super::record::HaltedAt;
use crate::halt::{Halt, Observation, Verdict};

impl Session {
    /// Judges every answered segment up to the first one that still waits, and lets go what passed.
    pub(super) fn judge_answered(&mut self) {
        while self.ended.is_none()
            && (self.covenant.is_none() || self.decide_due())
            && self.waiting.get(0).is_some_and(|waiting| waiting.answer.is_some())
        {
            let Some(waiting) = self.waiting.pop() else { break };
            let segment = self.first_waiting;
            self.first_waiting = segment.saturating_add(1);
            self.handed_out = self.handed_out.saturating_sub(1);
            self.judge(segment, waiting);
        }
        if self.ended.is_none() {
            self.pump();
        }
    }

    fn judge(&mut self, segment: u64, waiting: Waiting) {
        let Some(state) = self.channels.get_mut(waiting.channel) else { return };
        state.note_judged();
        let channel = state.channel;
        let Some(choice) = self.choices.iter_mut().find(|entry| entry.index == channel.choice) else { return };
        let answer = waiting.answer.unwrap_or_default();
        let observation = Observation { logit_entropy: answer.logit_entropy.or(waiting.logit_entropy), ..answer };
        let Ok(verdict) = choice.monitor.push_observation(observation) else { return };
        let score = choice.monitor.last_score();
        let start = waiting.start;
        let length = waiting.text.len() as u64;
        let position = self.bytes_out();
        self.events.push(SessionEvent { segment, channel, start, text: waiting.text, score, verdict, position });
        match verdict {
            Verdict::Pass => {}
            Verdict::Warn(_) => self.warnings = self.warnings.saturating_add(1),
            Verdict::Halt(halt) => {
                let at = HaltedAt { segment, channel, start };
                if self.is_observing() {
                    self.note_halt(halt, Some((at, length)));
                    self.stop_scoring();
                } else {
                    // What passed before it leaves whole, also when it was answered after.
                    self.let_leave(waiting.message);
                    self.halt_stream(halt, Some((at, length)), waiting.message);
                }
                return;
            }
        }
        if let Some(state) = self.channels.get_mut(waiting.channel) {
            state.release(waiting.end);
        }
    }

    /// Observed only: a halt that would have been.
    pub(super) fn note_halt(&mut self, halt: Halt, at: Option<(HaltedAt, u64)>) {
        if self.halt.is_none() {
            self.tell_halt(halt, at);
        }
        self.halt.get_or_insert(halt);
        if let Some((at, _)) = at {
            self.halted_at.get_or_insert(at);
        }
    }

    /// Observed only: after the first halt that would have been, nothing is left to judge.
    fn stop_scoring(&mut self) {
        for channel in &mut self.channels {
            channel.stop_scoring();
        }
        let dropped = self.waiting.len() as u64;
        self.first_waiting = self.first_waiting.saturating_add(dropped);
        self.waiting.clear();
        self.handed_out = 0;
    }
}
