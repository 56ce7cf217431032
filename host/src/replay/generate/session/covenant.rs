//! Tool calls, reviews, leases that are topped up, and what the ledger is told.

use interlock_core::dialect::DialectKind;
use serde_json::{Value, json};

use super::super::Cases;
use super::super::wire::Wire;
use super::{Made, hello, scored, seen, with};
use crate::replay::session::{Input, Step};

/// What the ledger is told of a stream, too.
fn kept(policy: &Value, dialect: DialectKind, scores: Option<&[f64]>, steps: Vec<Step>) -> Input {
    Input::Stream { policy: policy.to_string(), dialect, answers: scores.and_then(seen), ledger: true, steps }
}

fn chat(policy: &Value, scores: &[f64], steps: Vec<Step>) -> Input {
    kept(policy, DialectKind::OpenaiChat, Some(scores), steps)
}

/// Host-scored, under a covenant with these members.
fn under(members: &Value) -> Value {
    let covenant = with(
        json!({
            "grant": "assistant",
            "version": 3,
            "permissions": [{ "resource": "search" }, { "resource": "read_file/docs/**" }],
            "tools": [{ "name": "read_file", "argument": "path" }, { "name": "search", "cost": 30 }],
        }),
        members,
    );
    with(scored(), &json!({ "covenant": covenant }))
}

fn part(index: u32, function: &Value) -> Value {
    json!({ "tool_calls": [{ "index": index, "id": format!("call_{index}"), "type": "function", "function": function }] })
}

fn call(wire: Wire, index: u32, name: &str, arguments: &str) -> Wire {
    let (head, tail) = arguments.split_at(arguments.len() / 2);
    wire.delta(0, &part(index, &json!({ "name": name, "arguments": "" })))
        .delta(0, &part(index, &json!({ "arguments": head })))
        .delta(0, &part(index, &json!({ "arguments": tail })))
}

fn finished(wire: Wire) -> String {
    wire.finish(0, "tool_calls").done().text
}

/// Calls that are allowed and denied, each with the record of its channels.
pub(super) fn calls(cases: &mut Cases) -> Made {
    let policy = under(&json!({ "budgets": [{ "counter": "calls", "ceiling": 2 }] }));
    let before = || Wire::new().content("Let me look.");
    for (name, arguments) in [
        ("search", "{}"),
        ("delete_all", "{\"all\": true}"),
        ("read_file", "{\"path\": \"docs/a/b\"}"),
        ("read_file", "{\"path\": \"docs/../etc\"}"),
        ("read_file", "{\"path\": 7}"),
        ("", "{}"),
    ] {
        let wire = finished(call(before(), 0, name, arguments));
        cases.add("call", chat(&policy, &[0.9], vec![Step::Feed(wire.clone()), Step::End]))?;
        cases.add("call", chat(&policy, &[0.9], vec![Step::FeedPieces(11, wire.clone()), Step::End]))?;
        let observed = with(policy.clone(), &json!({ "mode": "observe" }));
        cases.add("call-observed", chat(&observed, &[0.9], vec![Step::FeedPieces(64, wire), Step::End]))?;
    }
    // The first call leaves, the second does not; text that was read behind it does neither.
    let two = call(call(before(), 0, "search", "{}"), 1, "delete_all", "{\"all\": true}").content("Done.");
    for size in [7, 4096] {
        cases.add(
            "call-second-denied",
            chat(&policy, &[0.9], vec![Step::FeedPieces(size, finished(two.clone())), Step::End]),
        )?;
    }
    let three = (0..3).fold(before(), |wire, index| call(wire, index, "search", "{}"));
    cases.add("call-budget", chat(&policy, &[0.9], vec![Step::FeedPieces(50, finished(three)), Step::End]))?;
    // A text that halts behind a call that is allowed.
    let behind = call(before(), 0, "search", "{}").content("bad");
    cases.add(
        "call-halt-behind",
        chat(&policy, &[0.9, 0.9, 0.9, 0.9, 0.1], vec![Step::Feed(finished(behind)), Step::End]),
    )
}

/// Calls that wait for somebody.
pub(super) fn reviews(cases: &mut Cases) -> Made {
    let wire = || finished(call(Wire::new().content("Let me look."), 0, "search", "{\"q\": \"x\"}"));
    let gate = |more: &Value| {
        let gate = with(json!({ "name": "searches", "resource": "search", "timeout_ms": 1000 }), more);
        under(&json!({ "gates": [gate] }))
    };
    let answer = |who: &str, approves: bool, now_ms: u64| Step::AnswerReview(0, String::from(who), approves, now_ms);
    let one = gate(&json!({ "approvers": ["ada", "grace"] }));
    let both = gate(&json!({ "approvers": ["ada", "grace"], "approvals": 2 }));
    let limited = gate(&json!({ "fallback": "allow-limited", "limit": 1 }));
    let escalated = gate(&json!({ "fallback": "escalate", "escalation": ["grace"] }));
    for (policy, steps) in [
        (&one, vec![answer("ada", true, 200)]),
        (&one, vec![answer("ada", false, 200)]),
        (&one, vec![answer("mallory", true, 200), answer("grace", true, 300)]),
        (&one, vec![Step::Advance(1099), Step::Advance(1100)]),
        (&one, vec![answer("ada", true, 1100)]),
        (&both, vec![answer("ada", true, 200), answer("ada", true, 210), answer("grace", true, 220)]),
        (&limited, vec![Step::Advance(1100)]),
        (&escalated, vec![Step::Advance(1100), answer("ada", true, 1200), answer("grace", true, 1300)]),
        (&escalated, vec![Step::Advance(1100), Step::Advance(2100)]),
        (&one, vec![Step::Abandon]),
        (&one, vec![Step::EmergencyStop, answer("ada", true, 300)]),
    ] {
        let mut all = vec![Step::Advance(100), Step::FeedPieces(40, wire())];
        all.extend(steps);
        all.push(Step::End);
        cases.add("review", chat(policy, &[0.9], all))?;
    }
    Ok(())
}

/// Leases of every counter.
pub(super) fn top_ups(cases: &mut Cases) -> Made {
    let leased = |counter: &str, ceiling: u64, lease: u64, low_water: u64| {
        under(&json!({
            "budgets": [{ "counter": counter, "ceiling": ceiling, "lease": lease, "low_water": low_water }],
        }))
    };
    let top_up = |counter: &str, units: u64| Step::TopUp(String::from(counter), units);
    let tokens = |units: u64| top_up("tokens", units);
    let text = || String::from("Grass is soft. 天空很蓝。The sky is green! \u{1f600}\nEnd");
    let chunks = || Wire::new().contents(&["The", " sky", " is", " very", " blue", "."]).close().text;
    for (low_water, steps) in [
        (0, vec![tokens(100)]),
        (0, vec![tokens(1), tokens(2), tokens(0)]),
        (0, vec![tokens(0)]),
        (3, vec![tokens(1), tokens(100)]),
        (3, vec![tokens(0), top_up("calls", 1), top_up("cost", 0)]),
        (0, vec![Step::EmergencyStop, tokens(5)]),
        (0, vec![Step::Abandon]),
    ] {
        for (dialect, wire) in [(DialectKind::OpenaiChat, chunks()), (DialectKind::Text, text())] {
            for size in [9, 4096] {
                let mut all = vec![Step::FeedPieces(size, wire.clone()), Step::End];
                all.extend(steps.iter().cloned());
                let policy = leased("tokens", 40, 3, low_water);
                cases.add("top-up-tokens", kept(&policy, dialect, Some(&[0.9]), all))?;
            }
        }
    }
    let failed = vec![Step::Feed(text()), Step::Fail(String::from("lost")), tokens(2), tokens(90)];
    cases.add("top-up-failed", kept(&leased("tokens", 40, 3, 0), DialectKind::Text, Some(&[0.9]), failed))?;
    let beyond = vec![Step::Feed(text()), Step::End, tokens(u64::from(u32::MAX))];
    cases.add("top-up-beyond", kept(&leased("tokens", 5, 3, 0), DialectKind::Text, Some(&[0.9]), beyond))?;
    let observed = with(leased("tokens", 40, 3, 0), &json!({ "mode": "observe" }));
    for units in [0, 30] {
        let steps = vec![Step::Feed(chunks()), Step::End, tokens(units)];
        cases.add("top-up-observed", chat(&observed, &[0.9], steps))?;
    }

    let calls = || finished(call(call(Wire::new(), 0, "search", "{}"), 1, "search", "{}"));
    for (counter, ceiling, lease, answers) in [
        ("calls", 5, 1, vec![1]),
        ("calls", 5, 0, vec![1, 0]),
        ("cost", 100, 10, vec![10, 10, 90]),
        ("cost", 40, 10, vec![90]),
    ] {
        let mut all = vec![Step::FeedPieces(80, calls()), Step::End];
        all.extend(answers.into_iter().map(|units| top_up(counter, units)));
        cases.add("top-up-calls", chat(&leased(counter, ceiling, lease, 0), &[0.9], all))?;
    }

    for units in [100, 0] {
        let steps = vec![
            Step::Advance(0),
            Step::Feed(Wire::new().content("in time").text),
            Step::Advance(250),
            Step::Feed(Wire::new().content("late").close().text),
            top_up("wall-time", units),
            Step::End,
        ];
        cases.add("top-up-time", chat(&leased("wall-time", 1000, 200, 50), &[0.9], steps))?;
    }
    Ok(())
}

/// Streams of all endings, without a covenant.
pub(super) fn ledgers(cases: &mut Cases) -> Made {
    let wire = || hello().text;
    for scores in [&[0.9][..], &[0.9, 0.1], &[0.9, f64::NAN]] {
        for mode in ["enforce", "observe"] {
            let policy = with(scored(), &json!({ "mode": mode }));
            cases.add("ledger", chat(&policy, scores, vec![Step::FeedPieces(30, wire()), Step::End]))?;
        }
    }
    let part = Wire::new().content("a").text;
    for steps in [
        vec![Step::Feed(part.clone()), Step::Fail(String::from("lost"))],
        vec![Step::Feed(part.clone()), Step::Feed(String::from("data: {\n\n"))],
        vec![Step::Feed(part.clone()), Step::EmergencyStop],
        vec![Step::Feed(part.clone()), Step::Abandon, Step::Abandon],
        vec![Step::Feed(wire()), Step::End, Step::Abandon],
    ] {
        cases.add("ledger-ending", chat(&scored(), &[0.9], steps))?;
    }
    // The score of what was read is still out.
    cases.add("ledger-ending", kept(&scored(), DialectKind::OpenaiChat, None, vec![Step::Feed(part), Step::Abandon]))
}
