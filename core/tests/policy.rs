//! Policies from outside: what is read, what is refused, and that two readers agree.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(feature = "session")]

use interlock_core::halt::HaltConfig;
use interlock_core::policy::{Policy, ScorerKind};
use proptest::prelude::*;

#[test]
fn what_is_left_out_keeps_its_default() {
    assert_eq!(Policy::from_json("{}").unwrap(), Policy::default());
    assert_eq!(HaltConfig::from_json(" {\n} ").unwrap(), HaltConfig::default());
    let policy = Policy::from_json(r#"{"scorer":{"kind":"builtin","facts":[{"value":"b","key":"a"}]}}"#).unwrap();
    assert_eq!(policy.scorer.kind, ScorerKind::Builtin);
    assert_eq!(policy.scorer.facts.len(), 1);
}

#[test]
fn refusals_name_the_field_and_the_place() {
    let cases = [
        (r#"{"halt":{"hard_limit":"0.5"}}"#, "halt.hard_limit: expected a number at byte 22"),
        (r#"{"halt":{"hard_limit":7}}"#, "halt.hard_limit: 7 is not a finite number in [0, 1]"),
        (
            r#"{"halt":{"window_size":10.0}}"#,
            "halt.window_size: expected a whole number from 0 to 4294967295 at byte 23",
        ),
        (r#"{"halt":{"window_size":-1}}"#, "halt.window_size: expected a whole number from 0 to 4294967295 at byte 23"),
        (r#"{"halt":{"window_size":5000}}"#, "halt.window_size: 5000 is not a whole number in 1..=4096"),
        (r#"{"halt":{"hard_limit":1e999}}"#, "halt.hard_limit: number out of range at byte 22"),
        (r#"{"halt":{"nope":1}}"#, "halt.nope: unknown field at byte 16"),
        (r#"{"halt":null}"#, "halt: expected an object at byte 8"),
        (r#"{"mode":"loud"}"#, "mode: expected \"enforce\" or \"observe\" at byte 8"),
        (r#"{"mode":"observe","mode":"observe"}"#, "mode: field given twice at byte 25"),
        (r#"{"scorer":{"facts":[{"key":"a"}]}}"#, "scorer.facts[0]: a fact has a key and a value at byte 20"),
        (
            r#"{"scorer":{"facts":[{"key":"a","value":"b"},{"key":"a","value":1}]}}"#,
            "scorer.facts[1].value: expected a string at byte 63",
        ),
        (r#"{"scorer":{"facts":[{"key":"a","value":"b"},{"k":"a"}]}}"#, "scorer.facts[1].k: unknown field at byte 49"),
        (r#"{"scorer":{"facts":[1]}}"#, "scorer.facts[0]: expected an object at byte 20"),
        (r#"{"scorer":{"facts":[{"key":"a","value":"b"},]}}"#, "scorer.facts[1]: expected an object at byte 44"),
        (r#"{"limits":{"held_bytes":1}}"#, "limits.held_bytes: 1 is not in 1024..=67108864"),
        (
            r#"{"covenant":{"permissions":[{"resource":"a"},{"resource":"a/../b"}]}}"#,
            "covenant.permissions[1].resource: a segment . or .. at byte 2",
        ),
        (
            r#"{"covenant":{"permissions":[{"resource":"a","capability":"x*"}]}}"#,
            "covenant.permissions[0].capability: a capability has 1 to 128 bytes of visible ASCII, and no * among them",
        ),
        (r#"{"covenant":{"permissions":[{}]}}"#, "covenant.permissions[0]: a permission has a resource at byte 28"),
        (
            r#"{"covenant":{"gates":[{"name":"a","resource":"b","approvals":0}]}}"#,
            "covenant.gates[0]: approvals: 0 is not in 1..=64",
        ),
        (
            r#"{"covenant":{"gates":[{"name":"a","resource":"b"},{"name":"a","resource":"b"}]}}"#,
            "covenant.gates[1].name: given twice",
        ),
        (
            r#"{"covenant":{"gates":[{"fallback":"allow"}]}}"#,
            "covenant.gates[0].fallback: expected \"deny\", \"allow-limited\" or \"escalate\" at byte 34",
        ),
        (
            r#"{"covenant":{"budgets":[{"counter":"a","ceiling":9007199254740992}]}}"#,
            "covenant.budgets[0].ceiling: expected a whole number from 0 to 9007199254740991 at byte 49",
        ),
        (
            r#"{"covenant":{"budgets":[{"counter":"a"},{"counter":"a"}]}}"#,
            "covenant.budgets: at most 64 counters, each with a name of 1 to 64 bytes, given once",
        ),
        (
            r#"{"covenant":{"tools":[{"name":"a"},{"name":"a"}]}}"#,
            "covenant.tools[1].name: a tool has a name, which is given once",
        ),
        (r#"{"covenant":{"bytes_per_token":0}}"#, "covenant.bytes_per_token: 0 is not in 1..=64"),
        ("[]", "expected an object at byte 0"),
        ("", "expected an object at byte 0"),
        ("{} {}", "unexpected text after the JSON value at byte 3"),
        ("{", "expected a string at byte 1"),
    ];
    for (json, message) in cases {
        assert_eq!(Policy::from_json(json).unwrap_err().to_string(), message, "{json}");
    }
}

#[cfg(feature = "toml")]
#[test]
fn toml_is_read_and_refused_alike() {
    let toml = "mode = 'observe'\n[halt]\nhard_limit = 0.25\n[[scorer.facts]]\nkey = 'a'\nvalue = 'b'\n";
    let json = r#"{"mode":"observe","halt":{"hard_limit":0.25},"scorer":{"facts":[{"key":"a","value":"b"}]}}"#;
    assert_eq!(Policy::from_toml(toml).unwrap(), Policy::from_json(json).unwrap());
    for bad in [
        "[halt]\nhard_limit = nan",
        "[halt]\nnope = 1",
        "mode = 1",
        "[halt]\nwindow_size = 5000",
        "x",
        "[halt]\nhard_limit = 0.1\nhard_limit = 0.2",
    ] {
        assert!(Policy::from_toml(bad).is_err(), "{bad}");
    }
    for (toml, path) in [
        ("halt.hard_limit = 2.0", "halt.hard_limit"),
        ("halt.hard_limit = 'high'", "halt.hard_limit"),
        ("[halt]\nwindow_size = 1.5", "halt.window_size"),
        ("[halt]\nnope = 1", "halt.nope"),
        ("nope = 1", "nope"),
        ("mode = 'loud'", "mode"),
        ("halt = 1", "halt"),
        ("[scorer]\nfacts = [1]", "scorer.facts[0]"),
        ("[scorer]\nfacts = [{key = 'a', value = 'b'}, {key = 'a', value = 1}]", "scorer.facts[1].value"),
        ("[scorer]\nfacts = [{key = 'a', value = 'b'}, {key = 'a', values = 'b'}]", "scorer.facts[1].values"),
        ("[scorer]\nfacts = [{key = 'a'}]", "scorer.facts[0]"),
        ("[[scorer.facts]]\nkey = 'a'\nvalue = 'b'\n[[scorer.facts]]\nkey = 1\nvalue = 'b'", "scorer.facts[1].key"),
        ("[[scorer.facts]]\nkey = 'a'\nvalue = 'b'\n[[scorer.facts]]\nkey = 'a'", "scorer.facts[1]"),
        ("x", ""),
    ] {
        let error = Policy::from_toml(toml).unwrap_err();
        assert_eq!(error.path, path, "{toml}: {error}");
    }
}

/// Documents near the schema: right and wrong names, values of every kind.
fn documents() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        prop_oneof![Just(0.0), Just(0.5), Just(1.0), Just(-0.25), 0.0..2.0].prop_map(serde_json::Value::from),
        prop_oneof![Just(1_i64), Just(16), Just(4096), Just(-1), Just(1 << 40), 0..70_000_i64]
            .prop_map(serde_json::Value::from),
        prop::sample::select(vec![
            "enforce", "observe", "host", "builtin", "delta", "sentence", "score", "pass", "halt", "skip", "x"
        ])
        .prop_map(serde_json::Value::from),
    ];
    let names = prop::sample::select(vec![
        "mode",
        "halt",
        "scorer",
        "segments",
        "channels",
        "ending",
        "limits",
        "hard_limit",
        "w_logic",
        "window_size",
        "logit_entropy_limit",
        "missing_score",
        "kind",
        "prompt",
        "facts",
        "key",
        "value",
        "unit",
        "max_bytes",
        "content",
        "other",
        "message",
        "held_bytes",
        "covenant",
        "permissions",
        "gates",
        "tools",
        "budgets",
        "resource",
        "name",
        "counter",
        "ceiling",
        "argument",
        "threshold",
        "y",
    ]);
    leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            prop::collection::vec((names.clone(), inner), 0..3).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

/// Covenants near the schema.
fn covenants() -> impl Strategy<Value = serde_json::Value> {
    let value = prop_oneof![
        4 => prop::sample::select(vec!["a", "a/*", "a/**", "**", "../a", "", "deny", "escalate", "tokens"])
            .prop_map(serde_json::Value::from),
        2 => prop::sample::select(vec![0_u64, 1, 64, 65, u64::MAX, (1 << 53) - 1, 1 << 53, 1 << 32])
            .prop_map(serde_json::Value::from),
        1 => Just(serde_json::json!(1.0)),
        1 => Just(serde_json::Value::Null),
        1 => Just(serde_json::json!(["x", "y"])),
    ];
    let field = |names: &'static [&'static str]| (prop::sample::select(names), value.clone());
    let item = move |names| {
        prop::collection::vec(field(names), 0..4).prop_map(|fields| {
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<serde_json::Map<_, _>>()
        })
    };
    let list = |items: BoxedStrategy<serde_json::Map<String, serde_json::Value>>| prop::collection::vec(items, 0..3);
    (
        list(item(&["resource", "capability", "resource"]).boxed()),
        list(
            item(&["name", "resource", "threshold", "approvals", "approvers", "timeout_ms", "fallback", "limit"])
                .boxed(),
        ),
        list(item(&["name", "argument", "cost"]).boxed()),
        list(item(&["counter", "ceiling"]).boxed()),
        item(&["grant", "version", "bytes_per_token"]),
        any::<u8>(),
    )
        .prop_map(|(permissions, gates, tools, budgets, mut covenant, kept)| {
            let lists = [("permissions", permissions), ("gates", gates), ("tools", tools), ("budgets", budgets)];
            for (bit, (name, list)) in lists.into_iter().enumerate() {
                if kept >> bit & 1 == 1 {
                    covenant.insert(name.to_owned(), serde_json::json!(list));
                }
            }
            serde_json::json!({ "covenant": covenant })
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_readers_agree_on_covenants(document in covenants()) {
        let text = document.to_string();
        let ours = Policy::from_json(&text);
        let derived = serde_json::from_str::<Policy>(&text).ok().filter(|policy| policy.validate().is_ok());
        prop_assert_eq!(ours.as_ref().ok(), derived.as_ref(), "{}: {:?}", text, ours);
        if let Ok(policy) = ours {
            prop_assert_eq!(Policy::from_json(&serde_json::to_string(&policy).unwrap()).unwrap(), policy);
        }
    }

    // The small reader and the derived one take the same documents for the same policies. The derived one
    // also takes arrays for objects.
    #[test]
    fn both_readers_agree(
        document in documents(),
        name in prop::sample::select(vec!["mode", "halt", "scorer", "segments", "channels", "ending", "limits", "covenant", "z"]),
    ) {
        let document = serde_json::json!({ (name): document });
        let text = document.to_string();
        let ours = Policy::from_json(&text);
        let derived = serde_json::from_str::<Policy>(&text).ok().filter(|policy| policy.validate().is_ok());
        match (ours, derived) {
            (Ok(ours), Some(derived)) => prop_assert_eq!(ours, derived),
            (Err(_), None) => {}
            (Err(error), Some(_)) => prop_assert!(text.contains('['), "{text}: refused with {error}"),
            (Ok(_), None) => prop_assert!(false, "{} is taken by one only", text),
        }
    }

    #[test]
    fn what_is_written_is_read(hard in 0.0_f64..=1.0, window in 1_u32..=4096, message in any::<String>()) {
        let mut policy = Policy::default();
        policy.halt.hard_limit = hard;
        policy.halt.window_size = window;
        policy.ending.message = message;
        let text = serde_json::to_string(&policy).unwrap();
        prop_assert_eq!(Policy::from_json(&text).unwrap(), policy);
    }
}
