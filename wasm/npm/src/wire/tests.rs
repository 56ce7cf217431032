//! What goes in comes out: trees against JSON.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use interlock_core::halt::HaltConfig;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{read, write};

/// The tree of a JSON document, as `js/src/internal/wire.ts` writes it.
fn tree(value: &Value) -> Vec<u8> {
    write(value).unwrap()
}

fn error<'de, T: Deserialize<'de> + std::fmt::Debug>(bytes: &'de [u8]) -> (String, String, Option<f64>) {
    let error = read::<T>(bytes).unwrap_err();
    (error.path, error.message, error.value)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    text: String,
    list: Vec<Inner>,
    maybe: Option<f64>,
    flag: bool,
    count: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    name: Name,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Name {
    TheOne,
    TheOther,
}

#[test]
fn round_trip() {
    let inner = |name| Inner { name };
    let sample = Sample {
        text: "\u{1f512} text".into(),
        list: vec![inner(Name::TheOne), inner(Name::TheOther)],
        maybe: Some(f64::MIN_POSITIVE),
        flag: true,
        count: (1 << 53) - 1,
    };
    let bytes = write(&sample).unwrap();
    assert_eq!(read::<Sample>(&bytes).unwrap(), sample);
    assert_eq!(tree(&serde_json::to_value(&sample).unwrap()).len(), bytes.len());
}

#[test]
fn every_bit_of_a_number_crosses() {
    for bits in [0, 1 << 63, 1, f64::NAN.to_bits(), f64::INFINITY.to_bits(), 0.1_f64.to_bits()] {
        let bytes = write(&f64::from_bits(bits)).unwrap();
        assert_eq!(read::<f64>(&bytes).unwrap().to_bits(), bits);
    }
}

#[test]
fn an_error_says_where() {
    let wrong = |value: Value| error::<Sample>(&tree(&value));
    let sample = json!({"text": "", "list": [{"name": "the-one"}], "maybe": null, "flag": false, "count": 1});
    let with = |field: &str, value: Value| {
        let mut changed = sample.clone();
        changed[field] = value;
        changed
    };
    assert!(read::<Sample>(&tree(&sample)).is_ok());
    assert_eq!(wrong(with("list", json!([{"name": "the-one"}, {"name": "none"}]))).0, "list[1].name");
    assert_eq!(wrong(with("list", json!([{"name": "the-one", "more": 1}]))).0, "list[0].more");
    assert_eq!(wrong(with("list", json!(3))), ("list".into(), "expected a list, found a number".into(), Some(3.0)));
    assert_eq!(wrong(with("count", json!(1.5))).2, Some(1.5));
    assert_eq!(wrong(with("count", json!(-1))).0, "count");
    assert_eq!(wrong(with("flag", json!("true"))).1, "expected a boolean, found a string");
    assert_eq!(wrong(with("text", json!(null))).1, "expected a string, found null");
    assert_eq!(wrong(json!({"text": ""})).1, "missing");
    assert_eq!(wrong(json!([])).1, "expected an object, found a list");
}

#[test]
fn json_text_passes_as_it_came() {
    let raw = serde_json::value::RawValue::from_string("{\"a\": 1e400}".into()).unwrap();
    let bytes = write(&vec![raw]).unwrap();
    assert_eq!(bytes, [&[5, 8, 12, 0, 0, 0], &b"{\"a\": 1e400}"[..], &[7]].concat());
}

#[test]
fn broken_bytes_are_refused() {
    let whole = tree(&json!({"hard_limit": 0.5, "missing_score": "skip"}));
    for end in 0..whole.len() {
        assert!(read::<HaltConfig>(&whole[..end]).is_err(), "cut at {end}");
    }
    for position in 0..whole.len() {
        for flip in 0..8 {
            let mut bytes = whole.clone();
            bytes[position] ^= 1 << flip;
            let _ = read::<HaltConfig>(&bytes);
        }
    }
    let longer = [&whole[..], &[0]].concat();
    assert_eq!(error::<HaltConfig>(&longer).1, "not a tree of values");
}

#[cfg(feature = "session")]
#[test]
fn a_policy_reads_as_from_json() {
    use interlock_core::policy::Policy;
    let text = r#"{"mode": "observe", "halt": {"hard_limit": 0.25, "logit_entropy_limit": 2}, "scorer": {"kind": "builtin",
        "prompt": "p", "facts": [{"key": "k", "value": "v"}]}, "segments": {"unit": "bytes", "max_bytes": 64},
        "channels": {"tool_name": "pass"}, "ending": {"message": "x"}, "limits": {"held_bytes": 4096}}"#;
    let value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(read::<Policy>(&tree(&value)).unwrap(), Policy::from_json(text).unwrap());
}
