//! What is wrong: with the upstream, with the answers, with the policy, and with the order of calls.

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{Halt, HaltReason, Observation};
use serde_json::{Value, json};

use super::super::Cases;
use super::super::wire::Wire;
use super::{Made, hello, pieces, scored, seen, stream, whole, with};
use crate::replay::session::{Input, Step};
use crate::replay::text::{HaltText, Seen, hex};

/// What is no event stream, no JSON, no chunk, or ends too early.
pub(super) fn malformed(cases: &mut Cases) -> Made {
    let policy = scored();
    let start = || Wire::new().contents(&["good", " text"]);
    for data in [
        "{",
        "{\"choices\":",
        "{\"choices\":[}",
        "[]",
        "[1,2]",
        "null",
        "true",
        "5",
        "\"text\"",
        "nonsense",
        "{} {}",
        "{\"a\":01}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"cut",
        "[DONE",
        "{'choices':[]}",
    ] {
        cases.add("malformed", whole(&policy, &[0.9], start().data(data).content("never").close()))?;
    }
    for data in [
        "{}",
        "{\"choices\":null}",
        "{\"choices\":{}}",
        "{\"choices\":\"text\"}",
        "{\"choices\":[{}]}",
        "{\"choices\":[{\"index\":\"x\",\"delta\":{\"content\":5}}]}",
        "{\"choices\":[{\"index\":-1,\"delta\":{\"content\":null}}]}",
        "{\"choices\":[{\"index\":4294967296,\"delta\":{\"content\":\"far\"}}]}",
        "{\"choices\":[{\"index\":0,\"index\":1,\"delta\":{\"content\":\"twice\",\"content\":\"named\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":{\"deep\":[\"in\",\"side\"]}}}]}",
        "{\"object\":\"other.event\",\"type\":\"ping\"}",
        "{\"usage\":{\"total_tokens\":5},\"choices\":[]}",
        "[DONE] ",
    ] {
        cases.add("unusual", whole(&policy, &[0.9], start().data(data).content("after").close()))?;
    }
    for error in [
        r#"{"error":{"message":"overloaded","type":"server_error"}}"#,
        r#"{"error":"overloaded"}"#,
        r#"{"error":null,"choices":[]}"#,
        r#"{"error":{"message":"late"},"choices":[{"index":0,"delta":{"content":"text beside it"}}]}"#,
    ] {
        cases.add("upstream-error", whole(&policy, &[0.9], start().data(error).content("never").close()))?;
    }
    for text in [
        "<!DOCTYPE html><html></html>",
        "{\"error\":\"not a stream\"}",
        "HTTP/1.1 500",
        "\n\n\n",
        "",
        "data",
        "data: ",
        "da",
        "dates: 1\n\n",
        "\u{feff}",
        ": only a comment\n\n",
    ] {
        cases.add("no-stream", whole(&policy, &[0.9], Wire::new().raw(text)))?;
        cases.add("no-stream", pieces(&policy, &[0.9], 1, Wire::new().raw(text)))?;
    }
    cases.add("truncated", whole(&policy, &[0.9], start()))?;
    cases
        .add("truncated", whole(&policy, &[0.9], start().raw("data: {\"choices\":[{\"index\":0,\"delta\":{\"cont")))?;
    cases.add("truncated", whole(&policy, &[0.9], start().raw("data: {\"choices\":[]}")))?;
    cases.add("after-done", whole(&policy, &[0.9], start().close().content("late").done()))?;
    // Bytes that are not UTF-8, in a text and elsewhere.
    for bad in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe2\x82"] {
        for (before, after) in
            [("{\"choices\":[{\"delta\":{\"content\":\"a", "b\"}}]}"), ("{\"id\":\"", "\"}"), ("", "")]
        {
            let mut bytes = start().raw("data: ").raw(before).text.into_bytes();
            bytes.extend_from_slice(bad);
            bytes.extend_from_slice(Wire::new().raw(after).raw("\n\n").content("after").close().text.as_bytes());
            let steps = vec![Step::FeedHex(hex(&bytes)), Step::End];
            cases.add("invalid-utf-8", stream(&policy, seen(&[0.9]), steps))?;
        }
    }
    Ok(())
}

/// More text than may be held, more channels than may be kept.
pub(super) fn limits(cases: &mut Cases) -> Made {
    let small = |members: Value| with(members, &json!({ "limits": { "held_bytes": 1024 } }));
    let long = "x".repeat(1100);
    for policy in [small(scored()), small(json!({})), small(with(scored(), &json!({ "mode": "observe" })))] {
        cases
            .add("long-event", whole(&policy, &[0.9], Wire::new().content("a").content(&long).content("b").close()))?;
        cases.add("long-event", pieces(&policy, &[0.9], 100, Wire::new().content(&long).close()))?;
        cases.add(
            "long-line",
            whole(&policy, &[0.9], Wire::new().content("a").raw(": ").raw(&long).raw("\n\n").close()),
        )?;
    }
    // Scores that never come.
    let many = || (0..12).fold(Wire::new(), |wire, _| wire.content("some text that waits"));
    cases.add("unanswered", stream(&small(scored()), None, vec![Step::FeedPieces(200, many().text), Step::End]))?;
    let sentence = with(small(scored()), &json!({ "segments": { "unit": "sentence" } }));
    cases.add("unfinished-sentence", pieces(&sentence, &[0.9], 100, many()))?;
    let few = with(scored(), &json!({ "limits": { "channels": 2 } }));
    let wire = || (0..4).fold(Wire::new(), |wire, choice| wire.delta(choice, &json!({ "content": "a" }))).close();
    cases.add("many-channels", whole(&few, &[0.9], wire()))?;
    cases.add("many-channels", whole(&with(few, &json!({ "mode": "observe" })), &[0.9], wire()))
}

/// Answers late, missing, twice, unasked, and in every order.
pub(super) fn answers(cases: &mut Cases) -> Made {
    let four = || Wire::new().contents(&["a", "b", "c", "d"]).close().text;
    let score = |segment: u64, score: f64| Step::Answer(segment, Seen(Observation::score(score)));
    for (order, low) in [
        ([3, 2, 1, 0], 9),
        ([1, 3, 0, 2], 9),
        ([3, 2, 1, 0], 0),
        ([3, 2, 1, 0], 2),
        ([0, 1, 2, 3], 1),
        ([2, 0, 3, 1], 3),
    ] {
        let mut steps = vec![Step::Feed(four())];
        steps.extend(order.iter().map(|segment| score(*segment, if *segment == low { 0.2 } else { 0.9 })));
        steps.push(Step::End);
        cases.add("order", stream(&scored(), None, steps))?;
    }
    let steps = vec![
        score(0, 0.9),
        Step::Feed(four()),
        score(4, 0.9),
        score(u64::from(u32::MAX), 0.9),
        score(1, 0.9),
        score(1, 0.1),
        score(0, 0.9),
        score(0, 0.1),
        Step::End,
        Step::Feed(String::from("data: {}\n\n")),
        Step::End,
        score(2, 0.9),
        score(3, 0.9),
        score(3, 0.9),
        Step::End,
        Step::EmergencyStop,
    ];
    cases.add("wrong-answers", stream(&scored(), None, steps))?;
    let late = |score, elapsed_ms| Seen(Observation { score, elapsed_ms, logit_entropy: None });
    for missing in ["halt", "skip"] {
        let policy = with(scored(), &json!({ "halt": { "missing_score": missing, "deadline_ms": 20 } }));
        for odd in [late(Some(0.9), Some(20.5)), late(None, None), late(None, Some(21.0)), late(Some(0.9), Some(-1.0))]
        {
            let answers = Some(vec![late(Some(0.9), Some(3.0)), odd, late(Some(0.8), Some(20.0))]);
            cases.add("late", stream(&policy, answers, vec![Step::Feed(four()), Step::End]))?;
        }
    }
    for score in [-3.0, 7.0, -0.0, f64::INFINITY, f64::NEG_INFINITY] {
        cases.add("odd-score", whole(&scored(), &[0.9, score], hello()))?;
    }
    Ok(())
}

/// Ends of every kind, and what is refused after them.
pub(super) fn lives(cases: &mut Cases) -> Made {
    let part = || Step::Feed(Wire::new().contents(&["a", "b"]).text);
    let stop = |reason| Step::Stop(HaltText(Halt { reason, observed: Some(7.0), bound: Some(5.5) }));
    let after =
        || [part(), Step::End, Step::Fail(String::from("again")), stop(HaltReason::Budget), Step::EmergencyStop];
    let mut add = |steps: Vec<Step>, answers: Option<Vec<Seen>>| {
        cases.add("life", stream(&scored(), answers, steps.into_iter().chain(after()).collect()))
    };
    for answers in [seen(&[0.9]), None] {
        add(vec![], answers.clone())?;
        add(vec![Step::End], answers.clone())?;
        add(vec![part(), Step::Fail(String::from("the \"connection\" was lost"))], answers.clone())?;
        add(vec![Step::Fail(String::from("no connection"))], answers.clone())?;
        add(vec![part(), Step::EmergencyStop], answers.clone())?;
        add(vec![Step::EmergencyStop], answers.clone())?;
        add(vec![Step::Feed(hello().text), Step::EmergencyStop], answers.clone())?;
        add(vec![Step::Feed(String::new()), part(), Step::Feed(String::from("data: {\"half"))], answers)?;
    }
    for reason in HaltReason::ALL {
        add(vec![part(), stop(reason)], seen(&[0.9]))?;
    }
    Ok(())
}

/// Policies that are refused.
pub(super) fn policies(cases: &mut Cases) -> Made {
    for policy in [
        "[]",
        "null",
        r#"{"unknown": 1}"#,
        r#"{"mode": "enforced"}"#,
        r#"{"mode": null}"#,
        r#"{"halt": {"hard_limit": 7}}"#,
        r#"{"halt": {"hard_limit": "0.5"}}"#,
        r#"{"halt": {"extra": 1}}"#,
        r#"{"halt": []}"#,
        r#"{"scorer": {"kind": "model"}}"#,
        r#"{"scorer": {"facts": [{"key": "a"}]}}"#,
        r#"{"segments": {"max_bytes": 15}}"#,
        r#"{"segments": {"max_bytes": 65537}}"#,
        r#"{"segments": {"unit": "word"}}"#,
        r#"{"channels": {"content": "drop"}}"#,
        r#"{"ending": {"message": 5}}"#,
        r#"{"limits": {"held_bytes": 1023}}"#,
        r#"{"limits": {"held_bytes": -1}}"#,
        r#"{"limits": {"channels": 0}}"#,
        r#"{"limits": {"channels": 1.5}}"#,
    ] {
        let dialect = DialectKind::OpenaiChat;
        cases.add(
            "policy",
            Input::Stream {
                policy: String::from(policy),
                dialect,
                answers: None,
                ledger: false,
                steps: vec![Step::End],
            },
        )?;
    }
    Ok(())
}
