//! Entropies, observing, the built-in scorer, and what is no stream of chat chunks.

use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use serde_json::{Value, json};

use super::super::wire::Wire;
use super::super::{Cases, Random};
use super::{Made, hello, pieces, scored, seen, stream, tools, whole, with};
use crate::replay::session::{Input, Step};
use crate::replay::text::{Seen, hex};

/// Log-probabilities beside the text.
pub(super) fn entropies(cases: &mut Cases) -> Made {
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

/// Everything is computed, nothing is withheld.
pub(super) fn observed(cases: &mut Cases) -> Made {
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
pub(super) fn builtin(cases: &mut Cases) -> Made {
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
pub(super) fn bodies(cases: &mut Cases) -> Made {
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
        ledger: false,
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
pub(super) fn plain(cases: &mut Cases) -> Made {
    let text = |policy: &Value, scores: &[f64], steps: Vec<Step>| Input::Stream {
        policy: policy.to_string(),
        dialect: DialectKind::Text,
        answers: seen(scores),
        ledger: false,
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
pub(super) fn texts(cases: &mut Cases) -> Made {
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

/// Streams, splits, answers and policies drawn at random.
pub(super) fn anything(cases: &mut Cases, random: &mut Random) -> Made {
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
