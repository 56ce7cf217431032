//! The record of a session.

use alloc::vec::Vec;

use interlock_core::dialect::Channel;
use interlock_core::policy::{ChannelAction, Mode};
#[cfg(feature = "session-guard")]
use interlock_core::session::GuardEvent;
#[cfg(feature = "session-covenant")]
use interlock_core::session::ReviewRequest;
use interlock_core::session::{Checked, SessionRecord};

use super::{JSON, Tree};

/// The account of a guarded stream.
pub(crate) fn session_record(record: &SessionRecord) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.object();
    tree.key("dialect").text(record.dialect.as_str());
    tree.key("mode").text(match record.mode {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe",
    });
    tree.key("state").text(record.state.as_str());
    tree.key("halt").halt(record.halt);
    tree.key("halted_at");
    match &record.halted_at {
        None => tree.null(),
        Some(at) => {
            tree.object();
            tree.count("segment", at.segment);
            tree.count("start", at.start);
            tree.channel(at.channel);
            tree.end();
        }
    }
    tree.key("error");
    match &record.error {
        None => tree.null(),
        Some(error) => {
            tree.object();
            tree.key("message").text(&error.message);
            tree.count("offset", error.offset);
            tree.end();
        }
    }
    tree.count("bytes_in", record.bytes_in);
    tree.count("bytes_out", record.bytes_out);
    tree.count("events_in", record.events_in);
    tree.count("segments", record.segments);
    tree.count("warnings", record.warnings);
    tree.key("usage");
    match &record.usage {
        None => tree.null(),
        Some(usage) => tree.string(JSON, usage.get()),
    }
    tree.key("choices").list();
    for choice in &record.choices {
        tree.object();
        tree.count("choice", choice.choice.into());
        tree.key("summary").summary(&choice.summary);
        tree.end();
    }
    tree.end();
    tree.key("channels").list();
    for channel in &record.channels {
        tree.object();
        tree.channel(channel.channel);
        tree.key("action").text(match channel.action {
            ChannelAction::Score => "score",
            ChannelAction::Withhold => "withhold",
            ChannelAction::Pass => "pass",
        });
        tree.key("checked").text(match channel.checked {
            Checked::Scored => "scored",
            Checked::Unscored => "unscored",
            Checked::Withheld => "withheld",
        });
        tree.key("guarded").flag(channel.guarded);
        tree.count("bytes", channel.bytes);
        tree.count("released", channel.released);
        tree.end();
    }
    tree.end();
    #[cfg(feature = "session-covenant")]
    covenant(&mut tree, record);
    #[cfg(feature = "session-guard")]
    guard(&mut tree, record);
    tree.end();
    tree.into_bytes()
}

/// The account of a covenant.
#[cfg(feature = "session-covenant")]
fn covenant(tree: &mut Tree, record: &SessionRecord) {
    let Some(covenant) = &record.covenant else { return };
    tree.key("covenant").object();
    tree.key("grant").text(&covenant.grant);
    tree.count("version", covenant.version.into());
    tree.count("allowed", covenant.allowed);
    tree.count("denied", covenant.denied);
    tree.count("reviewed", covenant.reviewed);
    tree.key("counters").list();
    for counter in &covenant.counters {
        tree.object();
        tree.key("counter").text(&counter.counter);
        tree.count("ceiling", counter.ceiling);
        tree.count("spent", counter.spent);
        tree.count("reserved", counter.reserved);
        tree.end();
    }
    tree.end();
    tree.end();
}

/// The account of a guard.
#[cfg(feature = "session-guard")]
fn guard(tree: &mut Tree, record: &SessionRecord) {
    let Some(guard) = &record.guard else { return };
    tree.key("guard").object();
    tree.key("halted_by");
    match &guard.halted_by {
        None => tree.null(),
        Some(pattern) => tree.text(pattern),
    }
    tree.key("patterns").list();
    for pattern in &guard.patterns {
        tree.object();
        tree.key("pattern").text(&pattern.pattern);
        tree.key("action").text(pattern.action.as_str());
        tree.count("matches", pattern.matches);
        tree.end();
    }
    tree.end();
    tree.end();
}

/// A match of the guard.
#[cfg(feature = "session-guard")]
pub(crate) fn guard_event(event: &GuardEvent) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.object();
    tree.channel(event.channel);
    tree.key("pattern").text(&event.pattern);
    tree.key("action").text(event.action.as_str());
    tree.count("start", event.start);
    tree.count("length", event.length);
    tree.count("position", event.position);
    tree.end();
    tree.into_bytes()
}

/// A tool call that waits for a review.
#[cfg(feature = "session-covenant")]
pub(crate) fn review_request(request: &ReviewRequest) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.object();
    tree.count("review", request.review);
    tree.count("choice", request.choice.into());
    tree.count("block", request.block.into());
    tree.count("approvals", request.approvals.into());
    tree.count("deadlineMs", request.deadline_ms);
    tree.key("gate").text(&request.gate);
    tree.key("tool").text(&request.tool);
    tree.key("arguments").text(&request.arguments);
    tree.key("resource").text(&request.resource);
    tree.end();
    tree.into_bytes()
}

impl Tree {
    /// The field `channel`.
    #[inline(never)]
    fn channel(&mut self, channel: Channel) {
        self.key("channel").object();
        self.count("choice", channel.choice.into());
        self.count("block", channel.block.into());
        self.key("kind").text(channel.kind.as_str());
        self.end();
    }
}
