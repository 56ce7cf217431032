//! Streams whose text is searched for patterns.

use interlock_core::dialect::DialectKind;
use interlock_core::guard::compile::{CompileLimits, PatternSpec, compile};
use interlock_core::guard::{Action, Check};
use serde_json::{Value, json};

use super::super::Cases;
use super::super::wire::Wire;
use super::{Made, seen, with};
use crate::replay::session::{Input, Step};
use crate::replay::text;

/// The sets of the fixtures: `key`, `mail` and `card`.
fn sets(action: Action) -> Vec<PatternSpec> {
    vec![
        PatternSpec::new("key", r"\bkey-[0-9a-f]{6,}", action),
        PatternSpec::new("mail", r"\b[a-z0-9.]+@[a-z]+\.[a-z]{2,}", action),
        PatternSpec::new("card", r"\b[0-9](?:[ -]?[0-9]){11,18}\b", action).with_check(Check::Luhn),
    ]
}

/// Artifacts for redactions and for the rest, in hexadecimal.
fn tables() -> Vec<String> {
    let artifact = |action| compile(&sets(action), CompileLimits::default()).map(|it| text::hex(&it.bytes));
    // They are the project's own and compile.
    [Action::Redact, Action::Halt].into_iter().filter_map(|action| artifact(action).ok()).collect()
}

fn rules(rules: &Value) -> Value {
    json!({ "guard": { "rules": rules } })
}

fn call(arguments: &str) -> Value {
    json!({ "tool_calls": [{ "index": 0, "function": { "arguments": arguments } }] })
}

pub(super) fn guarded(cases: &mut Cases) -> Made {
    let tables = tables();
    let guarded = |policy: &Value, dialect: DialectKind, scores: Option<&[f64]>, steps: Vec<Step>| Input::Guarded {
        policy: policy.to_string(),
        dialect,
        tables: tables.clone(),
        answers: scores.and_then(seen),
        steps,
    };
    let fed = |size: u32, text: &str| vec![Step::FeedPieces(size, String::from(text)), Step::End];
    let chat = DialectKind::OpenaiChat;
    let redact = rules(&json!([{ "sets": ["key", "mail", "card"], "action": "redact" }]));
    let halt = rules(&json!([{ "sets": ["key"] }, { "sets": ["mail"], "action": "flag" }]));
    let scored = json!({ "scorer": { "kind": "host" } });

    let keys =
        || Wire::new().contents(&["The k", "ey-", "0a1b", "2c3d is", " ada@exam", "ple.org's, not key-12."]).close();
    for size in [1, 5, 4096] {
        cases.add("guard-redact", guarded(&redact, chat, None, fed(size, &keys().text)))?;
        cases.add("guard-halt", guarded(&halt, chat, None, fed(size, &keys().text)))?;
    }
    for unit in ["delta", "sentence", "bytes"] {
        let segments = json!({ "segments": { "unit": unit, "max_bytes": 16 } });
        let policy = with(with(redact.clone(), &scored), &segments);
        cases.add("guard-scored", guarded(&policy, chat, Some(&[0.9]), fed(7, &keys().text)))?;
        cases.add("guard-scored", guarded(&policy, chat, Some(&[0.9, 0.9, 0.1]), fed(7, &keys().text)))?;
        let policy = with(with(halt.clone(), &scored), &segments);
        cases.add("guard-halt-scored", guarded(&policy, chat, Some(&[0.9]), fed(7, &keys().text)))?;
    }
    for policy in [&redact, &halt] {
        let policy = with(policy.clone(), &json!({ "mode": "observe" }));
        cases.add("guard-observed", guarded(&policy, chat, None, fed(64, &keys().text)))?;
    }
    let clean = Wire::new().contents(&["Nothing ", "to find", " here: key-12 a@b \u{1f600} 4111"]).close();
    cases.add("guard-clean", guarded(&redact, chat, None, vec![Step::Feed(clean.text.clone()), Step::End]))?;
    cases.add("guard-clean", guarded(&redact, chat, None, fed(3, &clean.text)))?;

    let escaped = Wire::new().escaped(r"\u006bey-0a1b").escaped(r"2c3d\ud83d").escaped(r"\ude00 a@b.\u0063o").close();
    cases.add("guard-escapes", guarded(&redact, chat, None, fed(9, &escaped.text)))?;
    for arguments in [
        &[r#"{"a":"\u006be"#, r#"y-0a1b2c3d","b":["ada@exa"#, r#"mple.org"],"c":4111111111111111}"#][..],
        &[r#"{"\\":"\"key-0a1b2c3d\"","ke"#, r#"y-":"0a1b2c3d"}"#],
        &["no json, key-0a1b2c3d"],
    ] {
        let wire = arguments.iter().fold(Wire::new(), |wire, part| wire.delta(0, &call(part)));
        let wire = wire.finish(0, "tool_calls").done();
        cases.add("guard-arguments", guarded(&redact, chat, None, fed(11, &wire.text)))?;
        cases.add("guard-arguments", guarded(&halt, chat, None, fed(4096, &wire.text)))?;
    }
    let woven = Wire::new()
        .delta(0, &json!({ "content": "key-0a" }))
        .delta(1, &json!({ "content": "1b2c3d" }))
        .delta(0, &json!({ "reasoning_content": "key-0a1b2c3d", "content": "x" }))
        .finish(1, "stop")
        .close();
    let content = rules(&json!([{ "sets": ["key"], "action": "redact", "channels": ["content"] }]));
    cases.add("guard-channels", guarded(&redact, chat, None, fed(64, &woven.text)))?;
    cases.add("guard-channels", guarded(&content, chat, None, fed(64, &woven.text)))?;
    let behind = Wire::new().content("key-0a1").finish(0, "stop").content("b2c3d").done();
    cases.add("guard-behind-end", guarded(&redact, chat, None, fed(64, &behind.text)))?;
    let cut = Wire::new().content("a key-0a1b2");
    cases.add("guard-truncated", guarded(&redact, chat, None, fed(64, &cut.text)))?;

    let text = "Card 4111 1111 1111 1111, not 4111 1111 1111 1112; key-0a1b2c3d.";
    for size in [1, 6, 4096] {
        cases.add("guard-text", guarded(&redact, DialectKind::Text, None, fed(size, text)))?;
        cases.add("guard-text", guarded(&halt, DialectKind::Text, None, fed(size, text)))?;
    }
    let body = json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }] });
    cases.add("guard-body", guarded(&redact, DialectKind::OpenaiChatBody, None, fed(16, &body.to_string())))?;
    cases.add("guard-body", guarded(&halt, DialectKind::OpenaiChatBody, None, fed(16, &body.to_string())))?;

    for policy in [
        rules(&json!([{ "sets": ["keys"] }])),
        rules(&json!([{ "patterns": [{ "id": "own", "pattern": "x" }] }])),
        rules(&json!([{}])),
        json!({ "guard": { "rule": [] } }),
        json!({ "guard": null }),
    ] {
        cases.add("guard-policy", guarded(&policy, chat, None, vec![Step::End]))?;
    }
    Ok(())
}
