//! The station of the guard in a session that has none: no text is searched. A policy with a guard is refused where it is
//! read.

use alloc::string::String;

use super::machine::Session;
use crate::dialect::ChannelKind;
use crate::policy::{ChannelAction, Policy, PolicyError};

/// There are none.
#[derive(Debug)]
pub(super) enum Guards {}

/// There is none.
#[derive(Debug)]
pub(super) enum ChannelGuard {}

/// There is none.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) text: String,
}

impl Guards {
    #[allow(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(super) const fn of(_: &Policy) -> Result<Option<Self>, PolicyError> {
        Ok(None)
    }

    pub(super) const fn channel(&self, _: ChannelKind, _: &Policy, _: ChannelAction) -> Option<ChannelGuard> {
        match *self {}
    }
}

impl ChannelGuard {
    pub(super) const fn push(&mut self, _: &str, _: Option<&mut String>) {
        match *self {}
    }

    pub(super) const fn end_piece(&mut self, _: Option<&mut String>) {
        match *self {}
    }

    pub(super) const fn finish(&mut self, _: Option<&mut String>) {
        match *self {}
    }

    pub(super) const fn released(&self) -> u64 {
        match *self {}
    }

    pub(super) const fn given(&self) -> u64 {
        match *self {}
    }

    pub(super) const fn source_of(&self, _: u64) -> u64 {
        match *self {}
    }

    pub(super) const fn edits(&self, _: u64, _: u64) -> &[Option<Edit>] {
        match *self {}
    }

    pub(super) const fn forget(&mut self, _: u64, _: u64) {
        match *self {}
    }

    pub(super) const fn has_news(&self) -> bool {
        match *self {}
    }
}

impl Session {
    pub(super) const fn note_guard(&mut self, _: usize) {}

    pub(super) const fn has_due_halt(&self) -> bool {
        false
    }

    pub(super) const fn halt_guarded(&mut self) -> bool {
        false
    }

    pub(super) const fn has_text_behind_end(&self, _: usize) -> bool {
        false
    }
}
