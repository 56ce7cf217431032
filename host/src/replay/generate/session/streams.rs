//! Streams that are well-formed: what passes, what halts, and where.

use serde_json::json;

use super::super::Cases;
use super::super::wire::Wire;
use super::{HELLO, Made, hello, pieces, scored, tools, whole, with};

/// Nothing is withheld: every byte leaves as it came, however it came.
pub(super) fn passing(cases: &mut Cases) -> Made {
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
        for size in [1, 2, 3] {
            let marked = Wire::new().raw("\u{feff}").content("after a byte order mark").close();
            cases.add("byte-order-mark", pieces(&policy, &[0.9], size, marked))?;
        }
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
pub(super) fn halting(cases: &mut Cases) -> Made {
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

/// Every text of a response, and what the policy may do with each.
pub(super) fn channels(cases: &mut Cases) -> Made {
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
pub(super) fn segments(cases: &mut Cases) -> Made {
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
pub(super) fn escapes(cases: &mut Cases) -> Made {
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
