//! How much work a text is, counted: steps of threads. Times would say how busy the machine is.

use core::cell::Cell;

std::thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Counts steps of threads.
pub(super) fn count(steps: usize) {
    STEPS.set(STEPS.get().wrapping_add(steps as u64));
}

#[cfg(feature = "guard-compiler")]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use alloc::sync::Arc;
    use alloc::vec::Vec;
    use std::{format, println};

    use super::STEPS;
    use crate::guard::compile::{CompileLimits, PatternSpec, compile};
    use crate::guard::sets::PatternSet;
    use crate::guard::{Action, Check, Guard, GuardSink, GuardTables, Hit, MAX_CHECKED_BYTES};

    struct Nothing;

    impl GuardSink for Nothing {
        fn text(&mut self, _: u64, _: &[u8]) {}
        fn redaction(&mut self, _: Hit) {}
        fn flag(&mut self, _: Hit) {}
    }

    fn tables(specs: &[PatternSpec]) -> Arc<GuardTables> {
        let artifact = compile(specs, CompileLimits::default()).unwrap();
        Arc::new(GuardTables::verified(&artifact.bytes, &artifact.hash).unwrap())
    }

    fn steps(tables: &Arc<GuardTables>, text: &str) -> u64 {
        let mut guard = Guard::new(Arc::clone(tables), u32::MAX);
        STEPS.set(0);
        for piece in text.as_bytes().chunks(64) {
            if guard.push(piece, &mut Nothing).is_err() {
                break;
            }
        }
        let _ = guard.finish(&mut Nothing);
        STEPS.get()
    }

    /// Texts on which naive matching takes quadratic time or worse: ten times the text is ten times the work, and a byte
    /// is no more of it than there are states.
    #[test]
    fn the_work_is_linear_in_the_text() {
        let catastrophes = [
            "(?:a+)+b",
            "(?:a|aa)+c",
            "a.*b.*c.*d",
            "x[^y]*y",
            "[a-z]{1,40}!",
            "(?:.*,){5}P",
            "aaaaaaaaaaaaaaaab",
            r"\b[a ]+\?",
            r"[\s\S]{0,30}@",
            r"<[^>]*>",
            "foo",
            "[o-]*!",
        ];
        let specs: Vec<_> = catastrophes
            .iter()
            .enumerate()
            .map(|(index, pattern)| PatternSpec::new(&format!("p{index}"), pattern, Action::Redact))
            .chain(PatternSet::ALL.into_iter().flat_map(|set| set.patterns(Action::Redact)))
            .collect();
        // A match in doubt behind another, again and again: what is found late is read again.
        let doubt = ["<x", &"aab foo-o-! a@b.co, ".repeat(20), "\n"].concat();
        let units = [
            "a",
            "ab",
            "a,",
            "4111 ",
            "aaaaaaaa ",
            "x",
            "a@",
            "sk-ant-",
            "-----BEGIN ",
            "a.b.c@d.",
            "+1 2",
            "GB82",
            "<",
            "<foo-o-! ",
            &doubt,
        ];
        for action in [Action::Redact, Action::Halt, Action::Flag] {
            let specs: Vec<_> = specs.iter().map(|spec| PatternSpec { action, ..spec.clone() }).collect();
            let tables = tables(&specs);
            let bound: u64 = tables
                .patterns()
                .iter()
                .map(|pattern| match pattern.check() {
                    Check::None => pattern.states() as u64,
                    _ => MAX_CHECKED_BYTES as u64,
                })
                .sum();
            for unit in units {
                let text = |bytes: usize| {
                    let mut text = unit.repeat(bytes / unit.len() + 1);
                    text.truncate(bytes);
                    text
                };
                let (short, long) = (steps(&tables, &text(2_000)), steps(&tables, &text(20_000)));
                println!("{} {unit:.20?}: {} steps a byte", action.as_str(), long / 20_000);
                // What is read again counts, and has its own bound.
                assert!(long <= 20_000 * 17 * bound, "{unit:?}: {short} steps and then {long}");
                if action != Action::Redact {
                    assert!(long <= 11 * short + 1000, "{unit:?}: {short} steps and then {long}");
                }
            }
        }
    }
}
