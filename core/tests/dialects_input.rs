//! What upstreams send that they should not, and documents in place of streams.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(feature = "session")]

use interlock_core::dialect::DialectKind;
use interlock_core::halt::HaltReason;
use interlock_core::policy::Mode;
use interlock_core::session::{Segment, SessionRecord, SessionState};
use proptest::prelude::*;
use serde_json::{Value, json};

mod dialects_support;
mod session_support;
use dialects_support::client::read;
use dialects_support::{STREAMS, call, events, text, thinking, wire};
use session_support::{policy, run};

const HOST: &str = r#"{"scorer": {"kind": "host"}}"#;

/// Events as they would come, with the type as the event's name where they have one.
fn stream(events: &[Value]) -> String {
    let events: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    events.concat()
}

#[test]
fn what_is_out_of_order_is_read_all_the_same() {
    // Deltas of blocks that were never opened, ends without starts, a start twice: clients decide, and every text is judged.
    let cases = [
        (
            DialectKind::Anthropic,
            stream(&[
                json!({"type": "content_block_delta", "index": 9, "delta": {"type": "text_delta", "text": "one"}}),
                json!({"delta": {"text": "two", "type": "text_delta"}, "index": 9, "type": "content_block_delta"}),
                json!({"type": "content_block_stop", "index": 3}),
                json!({"type": "message_start", "message": {"content": [{"type": "text", "text": "three"}]}}),
                json!({"type": "content_block_start", "index": 1, "content_block": {"type": "new", "deep": {"say": ["four"]}}}),
                json!({"type": "new_event", "whatever": "five"}),
                json!({"type": "message_stop"}),
            ]),
        ),
        (
            DialectKind::OpenaiResponses,
            stream(&[
                json!({"type": "response.output_text.delta", "output_index": 7, "delta": "one"}),
                json!({"delta": "two", "type": "response.output_text.delta", "output_index": 7, "content_index": 1}),
                json!({"type": "response.output_item.done", "output_index": 2, "item": {"type": "new", "deep": [{"x": "three"}]}}),
                json!({"type": "response.new.delta", "delta": {"x": ["four"]}}),
                json!({"type": "response.completed", "response": {"output": [{"type": "message", "content": "five"}]}}),
            ]),
        ),
        (
            DialectKind::Gemini,
            stream(&[
                json!({"candidates": [{"index": 4, "content": {"parts": [{"text": "one"}]}}, {"content": {"parts": ["two"]}}]}),
                json!({"candidates": {"content": "three"}}),
                json!({"candidates": [{"content": {"parts": {"text": "four"}}, "finishMessage": "five", "finishReason": "STOP"}]}),
            ]),
        ),
        (
            DialectKind::UiMessage,
            stream(&[
                json!({"type": "text-delta", "id": "a", "delta": "one"}),
                json!({"delta": "two", "id": "b", "type": "text-delta"}),
                json!({"type": "data-x", "data": {"y": ["three"]}}),
                json!({"type": "tool-output-available", "toolCallId": "t", "output": {"z": "four"}}),
                json!({"type": "source-url", "sourceId": "s", "url": "five"}),
                json!({"type": "finish"}),
            ]),
        ),
    ];
    for (dialect, wire) in cases {
        let mut seen = Vec::new();
        let (out, record) = run(&policy(HOST), dialect, &[wire.as_bytes()], |segment| {
            seen.push(segment.text.clone());
            0.9
        });
        assert_eq!(seen, ["one", "two", "three", "four", "five"], "{dialect}");
        assert_eq!(record.state, SessionState::Completed, "{dialect}: {:?}", record.error);
        assert_eq!(String::from_utf8(out).unwrap(), wire, "{dialect}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let cases = [
        (DialectKind::Anthropic, r#"{"type":"ping","type":"content_block_delta"}"#, "a type or an id stands twice"),
        (
            DialectKind::Anthropic,
            r#"{"type":"content_block_delta","index":"0","delta":{"text":"x"}}"#,
            "expected an index",
        ),
        (
            DialectKind::Anthropic,
            r#"{"type":"content_block_delta","index":-1,"delta":{"text":"x"}}"#,
            "expected an index",
        ),
        (DialectKind::Anthropic, r#"{"index":70000}"#, "expected an index"),
        (DialectKind::OpenaiResponses, r#"{"output_index":1.5}"#, "expected an index"),
        (DialectKind::OpenaiResponses, r#"{"content_index":40000}"#, "expected an index"),
        (DialectKind::OpenaiResponses, "[]", "expected a JSON object"),
        (DialectKind::Gemini, r#"[{"candidates":[]}]"#, "expected a JSON object"),
        (DialectKind::Gemini, "[DONE]", "expected a JSON object"),
        (
            DialectKind::UiMessage,
            r#"{"type":"text-delta","id":"a","id":"b","delta":"x"}"#,
            "a type or an id stands twice",
        ),
        (DialectKind::UiMessage, "12", "expected a JSON object"),
        (DialectKind::UiMessage, "{\"type\":\"text-delta\",\"delta\":\"\u{1}\"}", "control character in a string"),
    ];
    for (dialect, event, message) in cases {
        let wire = format!("data: {event}\n\n");
        let (out, record) = run(&policy("{}"), dialect, &[wire.as_bytes()], |_| 0.9);
        assert_eq!(record.state, SessionState::Failed, "{dialect}: {event}");
        assert_eq!(record.error.unwrap().message, message, "{dialect}: {event}");
        let out = String::from_utf8(out).unwrap();
        assert!(!out.contains(event) && out.contains("error"), "{dialect}: {out}");
    }
}

#[test]
fn what_ends_too_early_is_an_error_that_clients_see() {
    for dialect in STREAMS {
        let events = events(dialect, &[text(&["Hello. ", "World."])]);
        let cut = events.iter().position(|event| event.contains("World")).unwrap();
        let start = &events[..cut].concat();
        let (out, record) = run(&policy(HOST), dialect, &[start.as_bytes()], |_| 0.9);
        assert_eq!(record.state, SessionState::Failed, "{dialect}");
        assert_eq!(record.error.unwrap().message, "the stream ended before its last event", "{dialect}");
        let out = String::from_utf8(out).unwrap();
        let rest = out.strip_prefix(start.as_str()).unwrap();
        let data = rest.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let error: Value = serde_json::from_str(data).unwrap();
        let said = [&error["error"]["message"], &error["errorText"]].into_iter().find_map(Value::as_str);
        assert_eq!(said, Some("the stream ended before its last event"), "{dialect}");
    }
}

#[test]
fn errors_of_the_upstream_pass() {
    let cases = [
        (DialectKind::Anthropic, vec![json!({"type": "error", "error": {"type": "overloaded_error", "message": "m"}})]),
        (DialectKind::Gemini, vec![json!({"error": {"code": 503, "message": "m", "status": "UNAVAILABLE"}})]),
        (
            DialectKind::OpenaiResponses,
            vec![
                json!({"type": "error", "error": {"code": "x", "message": "m"}}),
                json!({"type": "response.failed", "response": {"status": "failed", "error": {"code": "x"}, "output": []}}),
            ],
        ),
        (DialectKind::UiMessage, vec![json!({"type": "error", "errorText": "m"}), json!({"type": "finish"})]),
    ];
    for (dialect, events) in cases {
        let wire = stream(&events);
        for size in [1, 1000] {
            let chunks: Vec<&[u8]> = wire.as_bytes().chunks(size).collect();
            let (out, record) = run(&policy(HOST), dialect, &chunks, |_| 0.9);
            assert_eq!(String::from_utf8(out).unwrap(), wire, "{dialect}");
            assert_eq!(record.state, SessionState::Failed, "{dialect}");
            assert_eq!(record.error.unwrap().message, "the upstream reported an error", "{dialect}");
        }
    }
}

#[test]
fn nothing_is_held_beyond_the_bound() {
    let small = policy(r#"{"scorer": {"kind": "host"}, "limits": {"held_bytes": 4096}}"#);
    let long = "x".repeat(100_000);
    for dialect in STREAMS {
        let wire = wire(dialect, &[text(&["good. ", &long])]);
        let chunks: Vec<&[u8]> = wire.as_bytes().chunks(1000).collect();
        let (out, record) = run(&small, dialect, &chunks, |_| 0.9);
        assert_eq!(record.halt.unwrap().reason, HaltReason::HeldLimit, "{dialect}");
        let given = read(dialect, &out);
        assert!(given.text.starts_with("good. ") && !given.text.contains("xxx"), "{dialect}");
    }
}

#[test]
fn a_text_too_long_to_be_kept_is_judged_again() {
    // Three texts of 1,500 bytes in small deltas: where there is room for two, what tells the third again is compared
    // with nothing.
    let pieces: Vec<String> = (0..50).map(|number| format!("{number:030}")).collect();
    let refs: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let events = events(DialectKind::OpenaiResponses, &[text(&refs), text(&refs), text(&refs)]);
    let chunks: Vec<&[u8]> = events.iter().map(String::as_bytes).collect();
    let judged = |held: u32| {
        let policy = policy(&format!(r#"{{"scorer": {{"kind": "host"}}, "limits": {{"held_bytes": {held}}}}}"#));
        let mut bytes = 0;
        let (_, record) = run(&policy, DialectKind::OpenaiResponses, &chunks, |segment| {
            bytes += segment.text.len();
            0.9
        });
        (bytes, record.state)
    };
    assert_eq!(judged(8192), (4500, SessionState::Completed));
    // The end of the text, of the part and of the item each; that of the response is more than may be held.
    assert_eq!(judged(4096), (4500 + 3 * 1500, SessionState::Halted));
}

#[test]
fn input_of_a_tool_that_is_written_anew_is_the_same() {
    let policy = policy(HOST);
    let wire = |input: &str| {
        format!(
            "data: {{\"type\":\"tool-input-start\",\"toolCallId\":\"t\",\"toolName\":\"f\"}}\n\ndata: {{\"type\":\"tool-input-delta\",\"toolCallId\":\"t\",\"inputTextDelta\":\"{{\\\"a\\\" : [1, \\\"\\\\u00e9\\\"] }}\"}}\n\ndata: {{\"type\":\"tool-input-available\",\"toolCallId\":\"t\",\"toolName\":\"f\",\"input\":{input}}}\n\ndata: {{\"type\":\"finish\"}}\n\ndata: [DONE]\n\n"
        )
    };
    let judged = |input: &str| {
        let mut seen = Vec::new();
        run(&policy, DialectKind::UiMessage, &[wire(input).as_bytes()], |segment| {
            seen.push(segment.text.clone());
            0.9
        });
        seen.split_off(2)
    };
    assert!(judged("{\"a\":[1,\"\u{e9}\"]}").is_empty());
    assert!(judged("{ \"a\":\n[ 1 ,\"\\u00E9\"]}").is_empty());
    for other in
        ["{\"a\":[1,\"e\"]}", "{\"a\":[1,\"\u{e9}\"],\"b\":0}", "{\"a\":[2,\"\u{e9}\"]}", "\"x\"", "{\"a\":[1 0]}"]
    {
        if serde_json::from_str::<Value>(other).is_ok() {
            assert_eq!(judged(other), [other]);
        }
    }
}

fn body(dialect: DialectKind) -> (String, [&'static str; 3]) {
    match dialect {
        DialectKind::OpenaiResponsesBody => (
            json!({"id": "r", "object": "response", "status": "completed", "incomplete_details": null, "error": null,
                "output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                    {"type": "message", "content": [{"type": "output_text", "text": "good"}, {"type": "output_text", "text": "bad"}]}],
                "usage": {"output_tokens": 3}})
            .to_string(),
            ["hm", "good", "bad"],
        ),
        DialectKind::AnthropicBody => (
            json!({"id": "m", "type": "message", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "good"}, {"type": "text", "text": "bad"}], "stop_reason": "end_turn",
                "stop_sequence": null, "usage": {"output_tokens": 3}})
            .to_string(),
            ["hm", "good", "bad"],
        ),
        DialectKind::GeminiBody => (
            json!([{"candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "good"}]}}]},
                {"candidates": [{"content": {"parts": [{"text": "bad"}]}, "finishReason": "STOP"}], "usageMetadata": {"n": 3}}])
            .to_string(),
            ["hm", "good", "bad"],
        ),
        _ => unreachable!("{dialect}"),
    }
}

#[test]
fn a_document_is_guarded_like_a_stream() {
    for dialect in [DialectKind::OpenaiResponsesBody, DialectKind::AnthropicBody, DialectKind::GeminiBody] {
        let (document, texts) = body(dialect);
        for size in [document.len(), 7] {
            let chunks: Vec<&[u8]> = document.as_bytes().chunks(size).collect();
            let mut seen = Vec::new();
            let (out, record) = run(&policy(HOST), dialect, &chunks, |segment| {
                seen.push(segment.text.clone());
                0.9
            });
            assert_eq!((seen.as_slice(), record.state), (texts.map(String::from).as_slice(), SessionState::Completed));
            assert_eq!(String::from_utf8(out).unwrap(), document);

            let (out, record) =
                run(&policy(HOST), dialect, &chunks, |segment| if segment.text == "bad" { 0.0 } else { 0.9 });
            assert_eq!(record.state, SessionState::Halted);
            let out = String::from_utf8(out).unwrap();
            let value: Value = serde_json::from_str(&out).unwrap();
            assert!(
                out.contains("\"good\"") && out.contains("stopped by a safety policy") && !out.contains("bad"),
                "{out}"
            );
            let stop = match dialect {
                DialectKind::OpenaiResponsesBody => {
                    assert_eq!(value["status"], "incomplete");
                    &value["incomplete_details"]["reason"]
                }
                DialectKind::AnthropicBody => &value["stop_reason"],
                _ => &value[1]["candidates"][0]["finishReason"],
            };
            assert!(["content_filter", "refusal", "SAFETY"].contains(&stop.as_str().unwrap()), "{out}");
        }
        for broken in ["", "<html>", "{\"a\":", "{} {}"] {
            let (out, record) = run(&policy(HOST), dialect, &[broken.as_bytes()], |_| 0.9);
            assert_eq!(record.state, SessionState::Failed, "{dialect} {broken:?}");
            assert!(serde_json::from_slice::<Value>(&out).unwrap()["error"]["message"].is_string());
        }
    }
}

#[cfg(feature = "covenant")]
#[test]
fn a_call_that_nobody_can_be_asked_about_is_denied() {
    let any = policy(r#"{"covenant": {"permissions": [{"resource": "*"}]}}"#);
    let item = |kind: &str| {
        let item = json!({"type": kind, "id": "i", "action": {"command": ["rm"]}});
        stream(&[
            json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
            json!({"type": "response.completed", "response": {"output": [item]}}),
        ])
    };
    for (kind, state) in [
        ("local_shell_call", SessionState::Halted),
        ("computer_call", SessionState::Halted),
        ("web_search_call", SessionState::Completed),
    ] {
        let (out, record) = run(&any, DialectKind::OpenaiResponses, &[item(kind).as_bytes()], |_| 0.9);
        assert_eq!(record.state, state, "{kind}");
        assert_eq!(String::from_utf8(out).unwrap().contains("rm"), state == SessionState::Completed, "{kind}");
    }
    // What is told again is not what was told.
    let wire = wire(DialectKind::OpenaiResponses, &[call("find", &["{\"city\":", "\"Paris\"}"])]);
    let (_, record) = run(&any, DialectKind::OpenaiResponses, &[wire.as_bytes()], |_| 0.9);
    assert_eq!(record.state, SessionState::Completed);
    for place in ["function_call_arguments.done", "output_item.done", "response.completed"] {
        let mut changed = String::new();
        for event in wire.split_inclusive("\n\n") {
            let is_it = event.contains(&format!("{place}\n"));
            changed.push_str(&if is_it { event.replace("Paris", "London") } else { event.into() });
        }
        let (out, record) = run(&any, DialectKind::OpenaiResponses, &[changed.as_bytes()], |_| 0.9);
        assert_eq!(record.state, SessionState::Halted, "{place}");
        assert!(!String::from_utf8(out).unwrap().contains("find"), "{place}");
    }
}

fn told(record: &SessionRecord) -> impl PartialEq + std::fmt::Debug + use<> {
    // Observed, how much is scored behind a halt depends on when it fell.
    let choices = if record.mode == Mode::Observe { Vec::new() } else { record.choices.clone() };
    (record.state, record.halt, record.halted_at, record.error.clone(), record.usage.clone(), choices)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However any messages are cut, the same bytes leave.
    #[test]
    fn the_cut_into_chunks_changes_no_byte(
        dialect in prop::sample::select(STREAMS.to_vec()),
        parts in prop::collection::vec(prop::sample::select(vec![
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one\ud83d"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ude00 two"}}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","name":"f","input":{"x":"y"}}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"partial_json":"{}"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
            r#"{"type":"message_stop"}"#, r#"{"type":"ping"}"#, r#"{"type":"error","error":{}}"#,
            r#"{"type":"response.created","sequence_number":1,"response":{"id":"r","status":"in_progress","output":[]}}"#,
            r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"i","type":"message","content":[]}}"#,
            r#"{"type":"response.content_part.added","output_index":0,"content_index":0,"part":{"type":"output_text","text":""}}"#,
            r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"one "}"#,
            r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"two","logprobs":[{"token":"t","logprob":-1,"top_logprobs":[{"logprob":-1}]}]}"#,
            r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"one two"}"#,
            r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"one "}"#,
            r#"{"type":"response.output_item.done","output_index":0,"item":{"id":"i","type":"message","content":[{"type":"output_text","text":"one two"}]}}"#,
            r#"{"type":"response.completed","response":{"id":"r","status":"completed","output":[{"content":[{"text":"one "}]}],"usage":{"n":1}}}"#,
            r#"{"candidates":[{"index":1,"content":{"parts":[{"text":"one","thought":true},{"functionCall":{"name":"f","args":{"x":1}}}]}}]}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"two"}]},"finishReason":"STOP"}],"usageMetadata":{"n":2}}"#,
            r#"{"type":"text-start","id":"a"}"#, r#"{"type":"text-delta","id":"a","delta":"one "}"#, r#"{"type":"text-end","id":"a"}"#,
            r#"{"type":"tool-input-delta","toolCallId":"t","inputTextDelta":"{\"x\": 1}"}"#,
            r#"{"type":"tool-input-available","toolCallId":"t","toolName":"f","input":{"x":1}}"#,
            r#"{"type":"tool-input-available","toolCallId":"t","toolName":"f","input":{"x":2}}"#,
            r#"{"type":"finish-step"}"#, r#"{"type":"finish","finishReason":"stop"}"#, "[DONE]", "{", "7",
        ]), 0..14),
        reasoning in prop::sample::select(vec!["pass", "withhold", "score"]),
        kind in prop::sample::select(vec!["none", "host", "builtin"]),
        unit in prop::sample::select(vec!["delta", "sentence"]),
        mode in prop::sample::select(vec!["enforce", "enforce", "observe"]),
        size in 1_usize..80,
    ) {
        let policy = policy(&format!(
            r#"{{"mode": "{mode}", "scorer": {{"kind": "{kind}"}}, "segments": {{"unit": "{unit}"}}, "channels": {{"reasoning": "{reasoning}"}}, "limits": {{"channels": 5}}}}"#
        ));
        let wire = parts.iter().map(|part| format!("data: {part}\n\n")).collect::<Vec<_>>().concat();
        let account = |chunks: &[&[u8]]| {
            run(&policy, dialect, chunks, |s| {
                if s.text.bytes().fold(s.start, |sum, byte| sum + u64::from(byte)) % 7 == 0 { 0.1 } else { 0.9 }
            })
        };
        let whole = account(&[wire.as_bytes()]);
        if mode == "observe" {
            // An error of the upstream ends the input.
            prop_assert!(wire.as_bytes().starts_with(&whole.0));
        }
        for size in [1, size] {
            let cut = account(&wire.as_bytes().chunks(size).collect::<Vec<_>>());
            prop_assert_eq!(told(&whole.1), told(&cut.1));
            let texts = |wire: &[u8]| String::from_utf8_lossy(wire).into_owned();
            // Half of a pair waits for the next delta, and leaves behind its text.
            if unit == "delta" && !wire.contains("ud83d") {
                prop_assert_eq!(texts(&whole.0), texts(&cut.0));
            }
        }
    }
}

#[test]
fn a_type_that_is_written_with_escapes_is_that_type() {
    let response =
        [thinking(&["Hm. "]), text(&["One. ", "Two. "]), call("find", &["{\"a\":", "1}"]), text(&["Three."])];
    for dialect in STREAMS {
        let plain = wire(dialect, &response);
        let parts: Vec<String> = plain
            .split("\"type\":\"")
            .enumerate()
            .map(|(at, part)| match part.chars().next() {
                Some(first) if at > 0 => format!("\"type\":\"\\u{:04x}{}", u32::from(first), &part[first.len_utf8()..]),
                _ => String::from(part),
            })
            .collect();
        let escaped = parts.concat();
        assert!(escaped != plain || matches!(dialect, DialectKind::OpenaiChat | DialectKind::Gemini), "{dialect}");
        for word in ["Two", "nothing"] {
            let policy = policy(r#"{"scorer": {"kind": "host"}, "segments": {"unit": "sentence"}}"#);
            let told = |wire: &str| {
                let score = |segment: &Segment| if segment.text.contains(word) { 0.0 } else { 0.9 };
                let (out, record) = run(&policy, dialect, &[wire.as_bytes()], score);
                (read(dialect, &out), record.state, record.channels)
            };
            assert_eq!(told(&escaped), told(&plain), "{dialect} {word}");
        }
    }
}
