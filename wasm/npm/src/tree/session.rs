//! The record of a session.

use interlock_core::dialect::Channel;
use interlock_core::policy::{ChannelAction, Mode};
use interlock_core::session::{Checked, SessionRecord};

use super::{JSON, Tree};
use crate::details::count;

/// The account of a guarded stream.
pub(crate) fn session_record(record: &SessionRecord) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.object(|tree| {
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
            Some(at) => tree.object(|tree| {
                tree.key("segment").number(count(at.segment));
                tree.key("channel").channel(at.channel);
                tree.key("start").number(count(at.start));
            }),
        }
        tree.key("error");
        match &record.error {
            None => tree.null(),
            Some(error) => tree.object(|tree| {
                tree.key("message").text(&error.message);
                tree.key("offset").number(count(error.offset));
            }),
        }
        for (name, value) in [
            ("bytes_in", record.bytes_in),
            ("bytes_out", record.bytes_out),
            ("events_in", record.events_in),
            ("segments", record.segments),
            ("warnings", record.warnings),
        ] {
            tree.key(name).number(count(value));
        }
        tree.key("usage");
        match &record.usage {
            None => tree.null(),
            Some(usage) => tree.string(JSON, usage.get()),
        }
        tree.key("choices").list(|tree| {
            for choice in &record.choices {
                tree.object(|tree| {
                    tree.key("choice").number(f64::from(choice.choice));
                    tree.key("summary").summary(&choice.summary);
                });
            }
        });
        tree.key("channels").list(|tree| {
            for channel in &record.channels {
                tree.object(|tree| {
                    tree.key("channel").channel(channel.channel);
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
                    tree.key("bytes").number(count(channel.bytes));
                    tree.key("released").number(count(channel.released));
                });
            }
        });
    });
    tree.into_bytes()
}

impl Tree {
    fn channel(&mut self, channel: Channel) {
        self.object(|tree| {
            tree.key("choice").number(f64::from(channel.choice));
            tree.key("kind").text(channel.kind.as_str());
            tree.key("block").number(f64::from(channel.block));
        });
    }
}
