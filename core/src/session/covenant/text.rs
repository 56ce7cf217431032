//! Text is paid for as it comes.

use alloc::string::String;

use super::Covenant;
use super::due::Due;
use crate::covenant::Amount;
use crate::session::machine::{Input, Session};

/// Plain text that waits to be read since it cannot be paid for. It has no messages that could be held: as much is read
/// as there is paid for, so that what leaves does not depend on how it came.
#[derive(Debug, Default)]
pub(super) struct UnreadText {
    /// How much there is: the bytes that the session keeps.
    pub(super) bytes: u64,
    /// The end that has come behind it.
    end: Option<End>,
}

/// How an input ended.
#[derive(Debug)]
enum End {
    Clean,
    Failed(String),
}

impl Covenant {
    /// Sets tokens aside for the text of a message. What cannot be paid for takes its turn.
    pub(in crate::session) fn pay_for_text(&mut self, message: u64, before: u64, bytes: u64) {
        let Some(counter) = self.tokens.filter(|_| bytes > 0) else { return };
        if self.unpaid.is_some() && !self.may_be_topped_up(counter) {
            return;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        let needed = self.tokens_of(self.bytes);
        if self.unpaid.is_none() && self.pay_tokens(needed) {
            return;
        }
        self.unpaid.get_or_insert(message);
        self.due.push(Due::Tokens { before, message, needed });
    }

    const fn tokens_of(&self, bytes: u64) -> u64 {
        bytes.div_ceil(self.bytes_per_token)
    }

    /// Sets tokens aside, up to so many in all. Whether there are enough.
    fn pay_tokens(&mut self, needed: u64) -> bool {
        let Some(counter) = self.tokens else { return false };
        let units = needed.saturating_sub(self.tokens_reserved);
        let is_paid = self.enforcer.budget_mut().set_aside(Amount { counter, units });
        if is_paid {
            self.tokens_reserved = self.tokens_reserved.max(needed);
        }
        is_paid
    }

    /// Whether there are so many tokens set aside for the text so far.
    pub(super) const fn has_paid(&self, needed: u64) -> bool {
        needed <= self.tokens_reserved
    }

    /// How many tokens of text can be paid for in all.
    pub(super) fn affordable_tokens(&self) -> u64 {
        let Some(counter) = self.tokens else { return u64::MAX };
        self.tokens_reserved.saturating_add(self.free(counter))
    }

    /// How many more bytes of text can be paid for.
    pub(in crate::session) fn affordable_bytes(&self) -> u64 {
        self.affordable_tokens().saturating_mul(self.bytes_per_token).saturating_sub(self.bytes)
    }

    /// How many tokens all of the text takes that has come.
    pub(super) const fn wanted_tokens(&self) -> u64 {
        self.tokens_of(self.bytes.saturating_add(self.unread.bytes))
    }

    /// Pays for the messages that there are tokens for now.
    pub(super) fn pay_for_messages(&mut self) {
        let affordable = self.affordable_tokens();
        let mut paid = 0_u64;
        self.unpaid = None;
        for due in self.due.iter() {
            match due {
                Due::Tokens { needed, .. } if *needed <= affordable => paid = *needed,
                Due::Tokens { message, .. } => {
                    self.unpaid = Some(*message);
                    break;
                }
                Due::Call { .. } => {}
            }
        }
        self.pay_tokens(paid);
    }

    /// Whether text that cannot be paid for yet waits for a top-up and not for its end.
    pub(super) fn awaits_tokens(&self) -> bool {
        self.tokens.is_some_and(|counter| self.may_be_topped_up(counter))
    }
}

impl Session {
    /// Whether plain text waits to be read: what comes behind it waits, too.
    pub(in crate::session) fn has_unread_text(&self) -> bool {
        self.covenant.as_ref().is_some_and(|covenant| covenant.unread.bytes > 0)
    }

    /// Keeps plain text that cannot be paid for, if more tokens may come. Whether it was kept.
    pub(in crate::session) fn leave_unread(&mut self, text: &[u8]) -> bool {
        let observing = self.is_observing();
        let Some(covenant) = self.covenant.as_mut().filter(|it| !observing && it.awaits_tokens()) else { return false };
        covenant.unread.bytes = covenant.unread.bytes.saturating_add(text.len() as u64);
        self.partial.extend_from_slice(text);
        true
    }

    /// The input is over, with a failure where there is one: behind text that waits to be read that is kept. Whether it
    /// was.
    pub(in crate::session) fn leave_end(&mut self, failure: Option<&str>) -> bool {
        let Some(covenant) = self.covenant.as_mut().filter(|it| it.unread.bytes > 0) else { return false };
        let end = failure.map_or(End::Clean, |message| End::Failed(String::from(message)));
        covenant.unread.end.get_or_insert(end);
        self.last_bytes = true;
        self.input = Input::Closed;
        true
    }

    /// Reads the text that waits, as far as there are tokens for it now, and then what came behind it.
    pub(super) fn read_unread(&mut self) {
        let Some(covenant) = self.covenant.as_mut().filter(|it| it.unread.bytes > 0) else { return };
        covenant.unread.bytes = 0;
        let end = covenant.unread.end.take();
        if end.is_some() {
            self.input = Input::Open;
        }
        self.take_text(&[]);
        if self.ended.is_some() {
            return;
        }
        match end {
            None => {}
            Some(End::Clean) => self.end_input(),
            Some(End::Failed(message)) => self.fail_input(&message),
        }
    }
}
