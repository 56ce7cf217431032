//! Trees against the JSON of the same records.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use interlock_core::halt::{HaltConfig, MissingScore, Observation, StreamingKernel};
use serde_json::{Number, Value};

use super::{END, JSON, LIST, NULL, NUMBER, OBJECT, TEXT, TRUE, stream_record};

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
    for mode in ["enforce", "observe"] {
        let policy = Policy::from_json(&policy.replace("MODE", mode)).unwrap();
        for dialect in DialectKind::ALL {
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
