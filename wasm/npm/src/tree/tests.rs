//! Trees against the JSON of the same records.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use interlock_core::halt::{HaltConfig, MissingScore, Observation, StreamingKernel};
use serde_json::{Number, Value};

use super::{END, FALSE, JSON, LIST, NULL, NUMBER, OBJECT, TEXT, TRUE, Tree, stream_record};

/// The JSON of a tree. Numbers become doubles, as JavaScript's are.
pub(crate) fn json_of(bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let value = value(&mut rest);
    assert!(rest.is_empty());
    value
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at(length);
    *rest = after;
    taken
}

fn string(rest: &mut &[u8]) -> String {
    let length = u32::from_le_bytes(take(rest, 4).try_into().unwrap());
    String::from_utf8(take(rest, length as usize).to_vec()).unwrap()
}

fn value(rest: &mut &[u8]) -> Value {
    match take(rest, 1)[0] {
        NULL => Value::Null,
        tag @ 1..=TRUE => Value::Bool(tag == TRUE),
        NUMBER => double(f64::from_le_bytes(take(rest, 8).try_into().unwrap())),
        TEXT => Value::String(string(rest)),
        LIST => {
            let mut items = Vec::new();
            while rest[0] != END {
                items.push(value(rest));
            }
            take(rest, 1);
            Value::Array(items)
        }
        OBJECT => {
            let mut fields = serde_json::Map::new();
            while rest[0] != END {
                assert_eq!(take(rest, 1)[0], TEXT);
                let key = string(rest);
                assert!(fields.insert(key, value(rest)).is_none(), "a field twice");
            }
            take(rest, 1);
            Value::Object(fields)
        }
        JSON => doubles(serde_json::from_str(&string(rest)).unwrap()),
        tag => panic!("a tag {tag}"),
    }
}

fn double(value: f64) -> Value {
    Value::Number(Number::from_f64(value).unwrap())
}

/// The same JSON with every number a double.
pub(crate) fn doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => double(number.as_f64().unwrap()),
        Value::Array(items) => items.into_iter().map(doubles).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, doubles(value))).collect(),
        other => other,
    }
}

#[test]
fn stream_records() {
    let config = HaltConfig { missing_score: MissingScore::Skip, ..HaltConfig::default() };
    let mut kernel = StreamingKernel::new(config).unwrap();
    for last in [Some(0.9), Some(0.1), Some(f64::NAN), None] {
        kernel.begin().unwrap();
        let scores = [Some(0.9), Some(0.65), None, last];
        for score in scores {
            kernel.push("t\u{f6}k", Observation { score, elapsed_ms: Some(1.5), logit_entropy: None }).unwrap();
        }
        let record = kernel.end().unwrap();
        assert_eq!(json_of(&stream_record(&record)), doubles(serde_json::to_value(&record).unwrap()));
        kernel.reactivate();
    }
}

#[cfg(feature = "session")]
#[test]
fn session_records() {
    use super::session_record;
    use interlock_core::dialect::DialectKind;
    use interlock_core::halt::Halt;
    use interlock_core::halt::HaltReason;
    use interlock_core::policy::Policy;
    use interlock_core::session::Session;

    let policy =
        r#"{"mode": "MODE", "scorer": {"kind": "host"}, "channels": {"reasoning": "withhold", "refusal": "pass"}}"#;
    let stream = concat!(
        r#"data: {"choices":[{"index":0,"delta":{"content":"a","reasoning_content":"r","refusal":"n"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":1,"delta":{"content":"b"}}],"usage":{"n":[1,null,1e300,"x"]}}"#,
        "\n\n",
    );
    let covenant = r#"{"mode": "MODE", "covenant": {"budgets": [{"counter": "tokens", "ceiling": 9}]}, "scorer""#;
    let with_covenant = policy.replace(r#"{"mode": "MODE", "scorer""#, covenant);
    for (mode, policy) in [
        ("enforce", policy),
        ("observe", policy),
        ("enforce", with_covenant.as_str()),
        ("observe", with_covenant.as_str()),
    ] {
        let policy = Policy::from_json(&policy.replace("MODE", mode)).unwrap();
        for dialect in DialectKind::ALL.iter().copied() {
            for ending in 0..5 {
                let mut session = Session::new(&policy, dialect).unwrap();
                session.feed(stream.as_bytes()).unwrap();
                while let Some(segment) = session.next_segment() {
                    let score = if ending == 0 && segment.id == 1 { 0.1 } else { 0.65 };
                    let _ = session.answer(segment.id, Observation::score(score));
                }
                let _ = match ending {
                    1 => session.end(),
                    2 => session.fail("l\u{f6}st"),
                    3 => session.stop(Halt::measured(HaltReason::Budget, 3.0, 2.0)),
                    _ => Ok(()),
                };
                let record = session.record();
                assert_eq!(json_of(&session_record(&record)), doubles(serde_json::to_value(&record).unwrap()));
            }
        }
    }
}

/// The tree that JavaScript makes of a value.
pub(crate) fn tree_of(value: &Value) -> Vec<u8> {
    fn write(tree: &mut Tree, value: &Value) {
        match value {
            Value::Null => tree.tag(NULL),
            Value::Bool(value) => tree.tag(if *value { TRUE } else { FALSE }),
            Value::Number(number) => tree.number(number.as_f64().unwrap()),
            Value::String(text) => tree.text(text),
            Value::Array(items) => {
                tree.list();
                for item in items {
                    write(tree, item);
                }
                tree.end();
            }
            Value::Object(fields) => {
                tree.object();
                for (name, field) in fields {
                    write(tree.key(name), field);
                }
                tree.end();
            }
        }
    }
    let mut tree = Tree::default();
    write(&mut tree, value);
    tree.into_bytes()
}

#[cfg(feature = "session")]
mod sources {
    use interlock_core::policy::{Policy, PolicyError};
    use serde_json::{Value, json};

    use super::super::TreeSource;
    use super::tree_of;

    fn read(tree: &[u8]) -> Result<Policy, PolicyError> {
        Policy::read(&mut TreeSource::new(tree))
    }

    fn full() -> Value {
        json!({
            "mode": "observe",
            "halt": {"hard_limit": 0.1, "window_size": 3, "logit_entropy_limit": null, "missing_score": "skip"},
            "scorer": {"kind": "builtin", "prompt": "é", "facts": [{"key": "a", "value": "b"}, {"value": "d", "key": "c"}]},
            "segments": {"unit": "bytes", "max_bytes": 64},
            "channels": {"reasoning": "pass"},
            "ending": {"message": ""},
            "limits": {"held_bytes": 2048, "channels": 1},
        })
    }

    #[test]
    fn a_tree_is_read_as_its_json_is() {
        let refused = [
            json!({"mode": 1}),
            json!({"halt": {"hard_limit": 2}}),
            json!({"halt": {"hard_limit": "x"}}),
            json!({"halt": {"window_size": 1.5}}),
            json!({"halt": {"window_size": -1}}),
            json!({"halt": {"window_size": "3"}}),
            json!({"halt": []}),
            json!({"nothing": null}),
            json!({"scorer": {"facts": [{"key": "a", "value": "b"}, {"key": "a"}]}}),
            json!({"scorer": {"facts": {}}}),
            json!({"scorer": {"prompt": false}}),
            json!([]),
            json!(null),
        ];
        for value in [full(), json!({})].iter().chain(&refused) {
            let (from_tree, from_json) = (read(&tree_of(value)), Policy::from_json(&value.to_string()));
            assert_eq!(from_tree.is_err(), refused.contains(value), "{value}");
            match (from_tree, from_json) {
                (Ok(tree), Ok(json)) => assert_eq!(tree, json),
                // JSON says where in the text, too.
                (Err(tree), Err(json)) => {
                    assert_eq!(tree.path, json.path, "{value}");
                    assert!(json.to_string().starts_with(&tree.to_string()), "{value}: {tree}; {json}");
                }
                (tree, json) => panic!("{value}: {tree:?} and {json:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let tree = tree_of(&full());
        for end in 0..tree.len() {
            assert!(read(&tree[..end]).is_err());
        }
        assert!(read(&[tree.as_slice(), &[0]].concat()).is_err());
        for at in 0..tree.len() {
            for value in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x7f, 0xff] {
                let mut changed = tree.clone();
                changed[at] = value;
                // Whatever it says, it says it.
                let _ = read(&changed);
            }
        }
        // The same field twice, which no object of JavaScript has.
        let twice = [&[6][..], &tree_of(&json!("mode")), &tree_of(&json!("observe"))].concat();
        let twice = [&twice[..], &twice[1..], &[7]].concat();
        assert_eq!(read(&twice).unwrap_err().to_string(), "mode: field given twice");
    }
}
