//! Records of the monitor and the streaming kernel.

use interlock_core::halt::{Halt, StreamRecord, Summary, Verdict};

use super::Tree;
use crate::details::count;

/// The full account of a stream.
pub(crate) fn stream_record(record: &StreamRecord) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.object(|tree| {
        tree.key("tokens").list(|tree| {
            for token in &record.tokens {
                tree.object(|tree| {
                    tree.key("text").text(&token.text);
                    tree.key("score").optional_number(token.score);
                    tree.key("verdict");
                    tree.verdict(&token.verdict);
                });
            }
        });
        tree.key("summary").summary(&record.summary);
    });
    tree.into_bytes()
}

impl Tree {
    fn verdict(&mut self, verdict: &Verdict) {
        self.object(|tree| {
            tree.key("outcome");
            match verdict {
                Verdict::Pass => tree.text("pass"),
                Verdict::Warn(warning) => {
                    tree.text("warn");
                    tree.key("kind").text(warning.kind.as_str());
                    tree.measured(warning.observed, warning.bound);
                }
                Verdict::Halt(halt) => {
                    tree.text("halt");
                    tree.key("reason").text(halt.reason.as_str());
                    tree.measured(halt.observed, halt.bound);
                }
            }
        });
    }

    fn measured(&mut self, observed: Option<f64>, bound: Option<f64>) {
        self.key("observed").optional_number(observed);
        self.key("bound").optional_number(bound);
    }

    pub(super) fn halt(&mut self, halt: Option<Halt>) {
        let Some(halt) = halt else { return self.optional_number(None) };
        self.object(|tree| {
            tree.key("reason").text(halt.reason.as_str());
            tree.measured(halt.observed, halt.bound);
        });
    }

    pub(super) fn summary(&mut self, summary: &Summary) {
        self.object(|tree| {
            tree.key("tokens").number(count(summary.tokens));
            tree.key("scores").number(count(summary.scores));
            tree.key("warnings").number(count(summary.warnings));
            tree.key("average").number(summary.average);
            tree.key("minimum").number(summary.minimum);
            tree.key("halt_index").optional_number(summary.halt_index.map(count));
            tree.key("halt").halt(summary.halt);
        });
    }
}
