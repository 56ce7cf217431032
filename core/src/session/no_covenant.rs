//! The station of the covenant in a session that has none: nothing is held, nothing is paid for, and nothing is kept for a
//! ledger. A policy with a covenant is refused where it is read.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::frame::Frame;
use super::machine::Session;
use super::record::HaltedAt;
use crate::dialect::{Channel, Found, TextForm};
use crate::halt::Halt;
use crate::policy::{Policy, PolicyError};

/// There is none.
#[derive(Debug)]
pub(super) enum Covenant {}

/// The calls of a message: there are none.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) calls: Vec<u32>,
}

impl Covenant {
    #[allow(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(super) const fn of(_: &Policy) -> Result<Option<Box<Self>>, PolicyError> {
        Ok(None)
    }

    pub(super) const fn holds(&self, _: u64, _: &[u32], _: u64) -> bool {
        match *self {}
    }

    pub(super) const fn knows_parts(&self, _: &Frame) -> bool {
        match *self {}
    }

    pub(super) const fn is_allowed(&self, _: u32, _: u32) -> bool {
        match *self {}
    }

    pub(super) const fn waits_for_text(&self) -> bool {
        match *self {}
    }

    pub(super) const fn pay_for_text(&mut self, _: u64, _: u64, _: u64) {
        match *self {}
    }

    pub(super) const fn affordable_bytes(&self) -> u64 {
        match *self {}
    }

    pub(super) const fn is_undecided(&self) -> bool {
        match *self {}
    }

    pub(super) const fn settle(&mut self, _: &[u8]) {
        match *self {}
    }
}

impl Session {
    #[allow(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(super) const fn note_calls(&mut self, _: &Found, _: usize, _: &mut Noted) -> Option<()> {
        Some(())
    }

    pub(super) const fn tell_halt(&mut self, _: Halt, _: Option<(HaltedAt, u64)>) {}

    pub(super) const fn note_call_text(&mut self, _: Channel, _: &str, _: TextForm, _: bool) {}

    pub(super) const fn complete_calls(&mut self, _: Option<u32>) {}

    pub(super) const fn has_unread_text(&self) -> bool {
        false
    }

    pub(super) const fn leave_unread(&mut self, _: &[u8]) -> bool {
        false
    }

    pub(super) const fn leave_end(&mut self, _: Option<&str>) -> bool {
        false
    }

    pub(super) const fn decide_due(&mut self) -> bool {
        true
    }
}
