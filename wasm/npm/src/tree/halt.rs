//! Records of the monitor and the streaming kernel.

use alloc::vec::Vec;

use interlock_core::halt::{Halt, StreamRecord, Summary, Verdict};

use super::Tree;
use crate::details::count;

/// The full account of a stream.
pub(crate) fn stream_record(record: &StreamRecord) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.object();
    tree.key("tokens").list();
    for token in &record.tokens {
        tree.object();
        tree.key("text").text(&token.text);
        tree.key("score").optional_number(token.score);
        tree.key("verdict").verdict(&token.verdict);
        tree.end();
    }
    tree.end();
    tree.key("summary").summary(&record.summary);
    tree.end();
    tree.into_bytes()
}

impl Tree {
    fn verdict(&mut self, verdict: &Verdict) {
        let (outcome, name, value, observed, bound) = match verdict {
            Verdict::Pass => ("pass", "", "", None, None),
            Verdict::Warn(warning) => ("warn", "kind", warning.kind.as_str(), warning.observed, warning.bound),
            Verdict::Halt(halt) => ("halt", "reason", halt.reason.as_str(), halt.observed, halt.bound),
        };
        self.object();
        self.key("outcome").text(outcome);
        if !name.is_empty() {
            self.measured(name, value, observed, bound);
        }
        self.end();
    }

    fn measured(&mut self, name: &str, value: &str, observed: Option<f64>, bound: Option<f64>) {
        self.key(name).text(value);
        self.key("observed").optional_number(observed);
        self.key("bound").optional_number(bound);
    }

    #[inline(never)]
    pub(super) fn halt(&mut self, halt: Option<Halt>) {
        let Some(halt) = halt else { return self.optional_number(None) };
        self.object();
        self.measured("reason", halt.reason.as_str(), halt.observed, halt.bound);
        self.end();
    }

    #[inline(never)]
    pub(super) fn summary(&mut self, summary: &Summary) {
        self.object();
        self.count("tokens", summary.tokens);
        self.count("scores", summary.scores);
        self.count("warnings", summary.warnings);
        self.key("average").number(summary.average);
        self.key("minimum").number(summary.minimum);
        self.key("halt_index").optional_number(summary.halt_index.map(count));
        self.key("halt").halt(summary.halt);
        self.end();
    }
}
