//! Inputs of the suite `session`.

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{Halt, HaltReason, Observation};
use serde_json::{Value, json};

use super::wire::Wire;
use super::{Case, Cases, Random};
use crate::replay::session::{Input, Step};
use crate::replay::text::{HaltText, Seen, hex};

type Made = Result<(), serde_json::Error>;

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    passing(&mut cases)?;
    halting(&mut cases)?;
    channels(&mut cases)?;
    segments(&mut cases)?;
    escapes(&mut cases)?;
    malformed(&mut cases)?;
    limits(&mut cases)?;
    answers(&mut cases)?;
    entropies(&mut cases)?;
    lives(&mut cases)?;
    observed(&mut cases)?;
    builtin(&mut cases)?;
    bodies(&mut cases)?;
    plain(&mut cases)?;
    texts(&mut cases)?;
    policies(&mut cases)?;
    anything(&mut cases, &mut random)?;
    Ok(cases.0)
}

const HELLO: [&str; 6] = ["The", " sky", " is", " very", " blue", "."];

fn scored() -> Value {
    json!({ "scorer": { "kind": "host" } })
}

/// `value` with members put in, whole objects at once.
fn with(mut value: Value, members: &Value) -> Value {
    if let (Some(object), Some(members)) = (value.as_object_mut(), members.as_object()) {
        for (key, member) in members {
            object.insert(key.clone(), member.clone());
        }
    }
    value
}

fn seen(scores: &[f64]) -> Option<Vec<Seen>> {
    Some(scores.iter().map(|score| Seen(Observation::score(*score))).collect())
}

fn stream(policy: &Value, answers: Option<Vec<Seen>>, steps: Vec<Step>) -> Input {
    Input::Stream { policy: policy.to_string(), dialect: DialectKind::OpenaiChat, answers, steps }
}

/// A stream fed at once and ended.
fn whole(policy: &Value, scores: &[f64], wire: Wire) -> Input {
    stream(policy, seen(scores), vec![Step::Feed(wire.text), Step::End])
}

/// A stream fed in pieces of so many bytes and ended.
fn pieces(policy: &Value, scores: &[f64], size: u32, wire: Wire) -> Input {
    stream(policy, seen(scores), vec![Step::FeedPieces(size, wire.text), Step::End])
}

fn hello() -> Wire {
    Wire::new().delta(0, &json!({ "role": "assistant", "content": "" })).contents(&HELLO).close()
}

/// Nothing is withheld: every byte leaves as it came, however it came.
fn passing(cases: &mut Cases) -> Made {
    for policy in [json!({}), scored()] {
        cases.add("pass", whole(&policy, &[0.9], hello()))?;
        for size in [1, 2, 7, 64] {
            cases.add("pass-pieces", pieces(&policy, &[0.9], size, hello()))?;
        }
        for line in ["\r\n", "\r"] {
            let wire = || Wire::with_lines(line).contents(&HELLO[..2]).close();
            cases.add("line-ends", whole(&policy, &[0.9], wire()))?;
            cases.add("line-ends", pieces(&policy, &[0.9], 1, wire()))?;
        }
        let odd = || {
            Wire::new()
                .raw("\u{feff}: a comment\n\n:\n\n\n")
                .raw("event: message\nid: 1\nretry: 10\ndata:{\"choices\":[{\"index\":0,\ndata:\"delta\":{\"content\":\"two lines\"}}]}\n\n")
                .raw("data\n\ndata:\n\nunknown: field\n\nid: 2\n\n")
                .content("é")
                .close()
                .raw(": after the end\n\n")
        };
        cases.add("event-forms", whole(&policy, &[0.9], odd()))?;
        cases.add("event-forms", pieces(&policy, &[0.9], 3, odd()))?;
        cases.add("no-done", whole(&policy, &[0.9], Wire::new().contents(&HELLO).finish(0, "stop")))?;
        cases.add(
            "no-last-line-end",
            whole(&policy, &[0.9], Wire::new().content("a").finish(0, "stop").raw("data: [DONE]")),
        )?;
        cases.add("empty-contents", whole(&policy, &[0.9], Wire::new().contents(&["", "a", "", ""]).close()))?;
    }
    Ok(())
}

/// Halts by every check, with the message of the policy.
fn halting(cases: &mut Cases) -> Made {
    let policy = scored();
    cases.add("halt-first", whole(&policy, &[0.1], hello()))?;
    cases.add("halt-third", whole(&policy, &[0.9, 0.9, 0.2], hello()))?;
    cases.add("halt-third", pieces(&policy, &[0.9, 0.9, 0.2], 1, hello()))?;
    cases.add("halt-last", whole(&policy, &[0.9, 0.9, 0.9, 0.9, 0.9, 0.3], hello()))?;
    cases.add("halt-trend", whole(&policy, &[0.95, 0.9, 0.85, 0.8, 0.7], hello()))?;
    let window = with(scored(), &json!({ "halt": { "window_size": 3, "window_threshold": 0.7 } }));
    cases.add("halt-window", whole(&window, &[0.7, 0.7, 0.69], hello()))?;
    cases.add("halt-nan", whole(&policy, &[0.9, f64::NAN], hello()))?;
    cases.add("halt-at-limit", whole(&policy, &[0.5, 0.5, 0.5_f64.next_down()], hello()))?;
    cases.add("warn", whole(&policy, &[0.9, 0.65, 0.7], hello()))?;
    for message in ["", "Stopped.", "\"quoted\"\n\\ \u{1f6d1} \u{7}"] {
        let policy = with(scored(), &json!({ "ending": { "message": message } }));
        cases.add("ending-message", whole(&policy, &[0.9, 0.1], hello()))?;
    }
    // Usage that came before the halt is kept in the last chunk.
    let usage = json!({ "prompt_tokens": 3, "completion_tokens": 1 });
    let early = Wire::new()
        .chunk(&json!([{ "index": 0, "delta": { "content": "a" }, "finish_reason": null }]), Some(&usage))
        .contents(&["b", "c"])
        .close();
    cases.add("halt-usage", whole(&policy, &[0.9, 0.1], early))?;
    let two = Wire::new()
        .delta(0, &json!({ "content": "left" }))
        .delta(1, &json!({ "content": "right" }))
        .finish(0, "stop")
        .delta(1, &json!({ "content": " more" }))
        .finish(1, "length")
        .done();
    for scores in [&[0.9][..], &[0.9, 0.1], &[0.1, 0.9], &[0.9, 0.9, 0.1]] {
        cases.add("two-choices", whole(&policy, scores, two.clone()))?;
    }
    let both = Wire::new()
        .chunk(
            &json!([
                { "index": 0, "delta": { "content": "one" }, "finish_reason": null },
                { "delta": { "content": "two" }, "index": 1, "finish_reason": "stop" },
            ]),
            None,
        )
        .close();
    for scores in [&[0.9][..], &[0.9, 0.1], &[0.1, 0.9]] {
        cases.add("choices-in-one-chunk", whole(&policy, scores, both.clone()))?;
    }
    Ok(())
}

fn tools() -> Wire {
    let call = |index: u32, function: Value| json!({ "tool_calls": [{ "index": index, "function": function }] });
    Wire::new()
        .delta(0, &json!({ "reasoning_content": "Think" }))
        .delta(0, &json!({ "reasoning": " more.", "reasoning_details": [{ "type": "reasoning.text", "text": "why" }] }))
        .delta(0, &json!({ "content": "Let me look." }))
        .delta(
            0,
            &json!({ "tool_calls": [
            { "index": 0, "id": "call_1", "type": "function", "function": { "name": "get_weather", "arguments": "" } },
        ] }),
        )
        .delta(0, &call(0, json!({ "arguments": "{\"city\": " })))
        .delta(0, &call(0, json!({ "arguments": "\"Paris\"}" })))
        .delta(0, &call(1, json!({ "name": "stop", "arguments": "{}" })))
        .delta(0, &json!({ "refusal": "I cannot." }))
        .delta(0, &json!({ "audio": { "transcript": "spoken" }, "annotations": [{ "type": "url", "title": "t" }] }))
        .finish(0, "tool_calls")
        .done()
}

/// Every text of a response, and what the policy may do with each.
fn channels(cases: &mut Cases) -> Made {
    let policy = scored();
    cases.add("channels", whole(&policy, &[0.9], tools()))?;
    cases.add("channels", pieces(&policy, &[0.9], 5, tools()))?;
    for halt_at in 1..9 {
        let mut scores = vec![0.9; halt_at];
        scores.push(0.1);
        cases.add("channels-halt", whole(&policy, &scores, tools()))?;
    }
    for action in ["withhold", "pass"] {
        for channel in ["content", "reasoning", "refusal", "tool_name", "tool_arguments", "other"] {
            let policy = with(scored(), &json!({ "channels": { channel: action } }));
            cases.add(&format!("{action}-{channel}"), whole(&policy, &[0.9], tools()))?;
        }
    }
    let all = json!({ "content": "withhold", "reasoning": "withhold", "refusal": "withhold", "tool_name": "withhold",
        "tool_arguments": "withhold", "other": "withhold" });
    cases.add("withhold-all", pieces(&with(scored(), &json!({ "channels": all.clone() })), &[0.9], 3, tools()))?;
    cases.add("withhold-unscored", whole(&json!({ "channels": all }), &[], tools()))?;
    let parts = Wire::new()
        .delta(0, &json!({ "content": [{ "type": "text", "text": "part one" }, { "type": "text", "text": "two" }] }))
        .delta(0, &json!({ "function_call": { "name": "old", "arguments": "{}" } }))
        .choice(&json!({ "index": 0, "text": "completion", "finish_reason": null }))
        .choice(&json!({ "index": 0, "delta": "odd", "finish_reason": null }))
        .chunk(&json!(["odd", 5, null, { "index": 9, "message": { "content": "whole" } }]), None)
        .close();
    cases.add("odd-forms", whole(&policy, &[0.9], parts.clone()))?;
    cases.add("odd-forms", whole(&policy, &[0.9, 0.9, 0.9, 0.1], parts))
}

/// Sentences and bytes, in scripts of all kinds.
fn segments(cases: &mut Cases) -> Made {
    let prose = [
        "Hello wor",
        "ld. How are",
        " you? \"Fine!\" he sa",
        "id.\nNext",
        " line… 你好。世界",
        "！\u{1f600} e",
        "\u{301}nd",
    ];
    let sentence = |most: u32| with(scored(), &json!({ "segments": { "unit": "sentence", "max_bytes": most } }));
    let wire = || Wire::new().contents(&prose).close();
    cases.add("sentences", whole(&sentence(2048), &[0.9], wire()))?;
    cases.add("sentences", pieces(&sentence(2048), &[0.9], 1, wire()))?;
    cases.add("sentences", whole(&sentence(16), &[0.9], wire()))?;
    for halt_at in 1..5 {
        let mut scores = vec![0.9; halt_at];
        scores.push(0.1);
        cases.add("sentences-halt", whole(&sentence(2048), &scores, wire()))?;
    }
    let one = ["One sentence. Another one. And a third"];
    cases.add("sentences-in-a-delta", whole(&sentence(2048), &[0.9, 0.1], Wire::new().contents(&one).close()))?;
    cases.add("sentences-in-a-delta", whole(&sentence(2048), &[0.9, 0.9, 0.1], Wire::new().contents(&one).close()))?;
    for most in [16, 17, 31] {
        let policy = with(scored(), &json!({ "segments": { "unit": "bytes", "max_bytes": most } }));
        cases.add("bytes", whole(&policy, &[0.9], wire()))?;
        cases.add("bytes-halt", whole(&policy, &[0.9, 0.9, 0.1], wire()))?;
    }
    let spaces = ["  ", "\n\n", " . . ", "…", "?!", " a"];
    cases.add("spaces", whole(&sentence(64), &[0.9], Wire::new().contents(&spaces).close()))?;
    let across = sentence(64);
    let wire = Wire::new()
        .delta(0, &json!({ "reasoning": "Half a thought" }))
        .delta(0, &json!({ "content": "An answer. Half" }))
        .delta(
            0,
            &json!({ "tool_calls": [{ "index": 0, "function": { "name": "f", "arguments": "{\"a\": \"b. c" } }] }),
        )
        .close();
    cases.add("sentences-across-channels", whole(&across, &[0.9], wire))
}

/// Escapes of every kind, cut everywhere.
fn escapes(cases: &mut Cases) -> Made {
    let policy = scored();
    for text in [
        r#"\"\\\/\b\f\n\r\t"#,
        r"\u0073\u006b-key",
        r"\u00e9\u4f60",
        r"\ud83d\ude00",
        r"a\ud83d",
        r"\ude00b",
        r"\ud83dx\ud83d\ud83d\ude00",
        r"\u0000\u001f\u007f",
        r"\uFEFF\u200b\u202e",
        r"\uDBFF\uDFFF",
        "é你\u{1f600}",
    ] {
        let wire = || Wire::new().escaped(text).close();
        cases.add("escape", whole(&policy, &[0.9], wire()))?;
        cases.add("escape-pieces", pieces(&policy, &[0.9], 1, wire()))?;
        cases.add("escape-halt", whole(&policy, &[0.1], wire()))?;
    }
    // Half a pair waits for the next delta.
    for texts in [[r"\ud83d", r"\ude00"], [r"a\ud83d", r"\ude00b"], [r"\ud83d", "x"], [r"\ud83d", r"\ud83d"]] {
        let wire = || texts.iter().fold(Wire::new(), |wire, text| wire.escaped(text)).close();
        cases.add("split-pair", whole(&policy, &[0.9], wire()))?;
        cases.add("split-pair-halt", whole(&policy, &[0.9, 0.1], wire()))?;
        cases.add("split-pair-first", whole(&policy, &[0.1], wire()))?;
    }
    cases.add("split-pair-open", whole(&policy, &[0.9], Wire::new().escaped(r"a\ud83d")))
}

/// What is no event stream, no JSON, no chunk, or ends too early.
fn malformed(cases: &mut Cases) -> Made {
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
fn limits(cases: &mut Cases) -> Made {
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
fn answers(cases: &mut Cases) -> Made {
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

/// Log-probabilities beside the text.
fn entropies(cases: &mut Cases) -> Made {
    let policy = with(scored(), &json!({ "halt": { "logit_entropy_limit": 1.0 } }));
    let token = |text: &str, top: &[f64]| {
        let top: Vec<_> = top.iter().map(|p| json!({ "token": "x", "logprob": p })).collect();
        let logprobs = json!({ "content": [{ "token": text, "logprob": -0.5, "top_logprobs": top }] });
        json!({ "index": 0, "delta": { "content": text }, "logprobs": logprobs, "finish_reason": null })
    };
    let sure = [-0.01, -5.0];
    for second in [&[-0.01, -5.0][..], &[-1.5, -1.5, -1.5], &[-0.7, -0.7], &[], &[0.5], &[-9999.0, -0.001]] {
        let wire = Wire::new().choice(&token("sure", &sure)).choice(&token("so", second)).close();
        cases.add("entropy", whole(&policy, &[0.9], wire.clone()))?;
        cases.add("entropy-unlimited", whole(&scored(), &[0.9], wire))?;
    }
    let own = Seen(Observation { score: Some(0.9), elapsed_ms: None, logit_entropy: Some(3.0) });
    let wire = Wire::new().choice(&token("sure", &sure)).close();
    cases.add("entropy-given", stream(&policy, Some(vec![own]), vec![Step::Feed(wire.text), Step::End]))
}

/// Ends of every kind, and what is refused after them.
fn lives(cases: &mut Cases) -> Made {
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

/// Everything is computed, nothing is withheld.
fn observed(cases: &mut Cases) -> Made {
    let policy = with(scored(), &json!({ "mode": "observe" }));
    cases.add("observe", whole(&policy, &[0.9], hello()))?;
    cases.add("observe", whole(&policy, &[0.9, 0.1, 0.9], hello()))?;
    cases.add("observe", pieces(&policy, &[0.9, 0.9, f64::NAN], 1, hello()))?;
    cases.add("observe", whole(&policy, &[0.9, 0.1], tools()))?;
    let hidden = with(policy.clone(), &json!({ "channels": { "reasoning": "withhold", "tool_arguments": "pass" } }));
    cases.add("observe", whole(&hidden, &[0.9], tools()))?;
    for data in ["{", "[]", "{\"error\":\"x\"}", "{\"choices\":[{\"delta\":{\"content\":\"\u{7}\"}}]}"] {
        cases.add(
            "observe-malformed",
            whole(&policy, &[0.9], Wire::new().content("a").data(data).content("b").close()),
        )?;
    }
    cases.add("observe-malformed", whole(&policy, &[0.9], Wire::new().raw("<html></html>")))?;
    cases.add("observe-malformed", whole(&policy, &[0.9], Wire::new().content("cut")))?;
    let steps = vec![Step::Feed(Wire::new().contents(&["a", "b"]).text), Step::EmergencyStop];
    cases.add("observe-stop", stream(&policy, None, steps))
}

/// The built-in scorer inside the session.
fn builtin(cases: &mut Cases) -> Made {
    let policy = |unit: &str| {
        json!({
            "scorer": { "kind": "builtin", "prompt": "What colour is the sky?", "facts": [
                { "key": "sky colour", "value": "blue" },
                { "key": "grass colour", "value": "green" },
            ] },
            "segments": { "unit": unit, "max_bytes": 256 },
        })
    };
    for texts in [
        &["The sky is blue."][..],
        &["The sky is green."],
        &["The sky", " is blue", ". It is not", " green."],
        &["The sky is blue. The sky is not blue. The sky is red."],
        &["", " ", "...", "42"],
        &["天空是蓝色的。", "ΣΊΣΥΦΟΣ İstanbul ﬁne"],
    ] {
        for unit in ["delta", "sentence"] {
            cases.add("builtin", whole(&policy(unit), &[], Wire::new().contents(texts).close()))?;
        }
    }
    Ok(())
}

/// The one document of a response that is not streamed.
fn bodies(cases: &mut Cases) -> Made {
    let document = |message: Value| {
        json!({ "id": "c1", "object": "chat.completion", "created": 7, "model": "m",
            "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 1, "completion_tokens": 2 } })
        .to_string()
    };
    let body = |policy: &Value, scores: &[f64], steps: Vec<Step>| Input::Stream {
        policy: policy.to_string(),
        dialect: DialectKind::OpenaiChatBody,
        answers: seen(scores),
        steps,
    };
    let answer = || document(json!({ "role": "assistant", "content": "The sky is blue. It is high." }));
    let sentence = with(scored(), &json!({ "segments": { "unit": "sentence" } }));
    for policy in [json!({}), scored(), sentence, with(scored(), &json!({ "mode": "observe" }))] {
        for scores in [&[0.9][..], &[0.1], &[0.9, 0.1]] {
            cases.add("body", body(&policy, scores, vec![Step::Feed(answer()), Step::End]))?;
        }
        cases.add("body", body(&policy, &[0.9], vec![Step::FeedPieces(7, answer()), Step::End]))?;
    }
    let tool = document(json!({ "role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
        { "id": "1", "type": "function", "function": { "name": "f", "arguments": "{\"a\": \"\\u00e9\"}" } },
    ] }));
    for scores in [&[0.9][..], &[0.9, 0.1], &[0.9, 0.9, 0.1]] {
        cases.add("body-tool", body(&scored(), scores, vec![Step::Feed(tool.clone()), Step::End]))?;
    }
    let withheld = with(scored(), &json!({ "channels": { "tool_arguments": "withhold", "reasoning": "withhold" } }));
    cases.add("body-withheld", body(&withheld, &[0.9], vec![Step::Feed(tool), Step::End]))?;
    for text in [
        "",
        "  ",
        "[]",
        "{",
        "null",
        "nonsense",
        "{\"choices\":[]}",
        "{\"error\":{\"message\":\"no\"}}",
        "data: {}\n\n",
    ] {
        cases.add("body-malformed", body(&scored(), &[0.9], vec![Step::Feed(String::from(text)), Step::End]))?;
    }
    let small = with(scored(), &json!({ "limits": { "held_bytes": 1024 } }));
    let long = document(json!({ "content": "long ".repeat(300) }));
    cases.add("body-long", body(&small, &[0.9], vec![Step::FeedPieces(500, long), Step::End]))
}

/// Plain text.
fn plain(cases: &mut Cases) -> Made {
    let text = |policy: &Value, scores: &[f64], steps: Vec<Step>| Input::Stream {
        policy: policy.to_string(),
        dialect: DialectKind::Text,
        answers: seen(scores),
        steps,
    };
    let prose = || String::from("Grass is soft. 天空很蓝。The sky is green! \u{1f600}\nEnd");
    let sentence = with(scored(), &json!({ "segments": { "unit": "sentence" } }));
    let bytes = with(scored(), &json!({ "segments": { "unit": "bytes", "max_bytes": 16 } }));
    for policy in [json!({}), scored(), sentence.clone(), bytes, with(sentence, &json!({ "mode": "observe" }))] {
        for scores in [&[0.9][..], &[0.9, 0.9, 0.1]] {
            cases.add("text", text(&policy, scores, vec![Step::Feed(prose()), Step::End]))?;
        }
        cases.add("text", text(&policy, &[0.9], vec![Step::FeedPieces(5, prose()), Step::End]))?;
        for bad in [&b"ab\xffcd"[..], b"ab\xc3", b"ab\xed\xa0\x80cd"] {
            cases.add("text-invalid", text(&policy, &[0.9], vec![Step::FeedHex(hex(bad)), Step::End]))?;
        }
    }
    cases.add("text-empty", text(&scored(), &[0.9], vec![Step::End]))
}

/// Texts that are not streams.
fn texts(cases: &mut Cases) -> Made {
    let guard = |policy: &Value, text: &str, scores: &[f64]| Input::Text {
        policy: policy.to_string(),
        text: String::from(text),
        answers: seen(scores).unwrap_or_default(),
    };
    let sentence =
        with(scored(), &json!({ "segments": { "unit": "sentence" }, "ending": { "message": " [stopped]" } }));
    let prose = "Grass is soft. The sky is green. \u{1f600} Ünïcödé…";
    for scores in [&[0.9][..], &[0.1], &[0.9, 0.1], &[0.9, 0.9, f64::NAN]] {
        cases.add("guard-text", guard(&scored(), prose, scores))?;
        cases.add("guard-text", guard(&sentence, prose, scores))?;
    }
    cases.add("guard-text", guard(&scored(), "", &[0.9]))?;
    cases.add("guard-text", guard(&json!({}), prose, &[]))?;
    cases.add("guard-text", guard(&json!({ "limits": { "held_bytes": 7 } }), prose, &[]))
}

/// Policies that are refused.
fn policies(cases: &mut Cases) -> Made {
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
            Input::Stream { policy: String::from(policy), dialect, answers: None, steps: vec![Step::End] },
        )?;
    }
    Ok(())
}

/// Streams, splits, answers and policies drawn at random.
fn anything(cases: &mut Cases, random: &mut Random) -> Made {
    let words = ["The", " sky", " is", " blue", ".", " Ω≈", "你好", "。", "\n", " \u{1f680}", "\"", "\\", " e\u{301}"];
    for _ in 0..70 {
        let unit = random.pick(&["delta", "sentence", "bytes"]);
        let mode = if random.once_in(6) { "observe" } else { "enforce" };
        let policy = json!({
            "mode": mode,
            "scorer": { "kind": "host" },
            "segments": { "unit": unit, "max_bytes": random.whole(16, 40) },
            "halt": { "window_size": 4, "trend_threshold": 0.3 },
            "channels": { "reasoning": random.pick(&["score", "withhold", "pass"]) },
        });
        let mut wire = Wire::with_lines(random.pick(&["\n", "\n", "\r\n"]));
        for _ in 0..random.whole(1, 9) {
            let choice = random.below(2);
            let text = random.pick(&words);
            let key = random.pick(&["content", "content", "content", "reasoning", "refusal"]);
            wire = match random.below(12) {
                0 => wire.raw(": keep-alive\n\n"),
                1 => wire.delta(
                    choice,
                    &json!({ "tool_calls": [{ "index": random.below(2), "function": { "arguments": text } }] }),
                ),
                2 => wire.escaped(random.pick(&[r"\ud83d", r"\ude00", r"\u0041", r"\n"])),
                _ => wire.delta(choice, &json!({ key: text })),
            };
        }
        wire = match random.below(8) {
            0 => wire,
            1 => wire.data("{\"choices\":[{"),
            _ => wire.close(),
        };
        let answers = (0..random.whole(1, 12))
            .map(|_| if random.once_in(25) { 0.3 } else { random.between(0.6, 1.0) })
            .collect::<Vec<_>>();
        let size = random.whole(1, 90);
        cases.add("anything", pieces(&policy, &answers, size, wire))?;
    }
    Ok(())
}
