//! The same response in every dialect that comes as events, documents, and what is not well-formed.

use interlock_core::dialect::DialectKind;
use serde_json::{Value, json};

use super::super::Cases;
use super::{Made, scored, seen, with};
use crate::replay::session::{Input, Step};

const STREAMS: [DialectKind; 4] =
    [DialectKind::OpenaiResponses, DialectKind::Anthropic, DialectKind::Gemini, DialectKind::UiMessage];

/// Reasoning, text, a call and text, as the events of a dialect.
fn response(dialect: DialectKind) -> Vec<Value> {
    match dialect {
        DialectKind::OpenaiResponses => responses(),
        DialectKind::Anthropic => anthropic(),
        DialectKind::Gemini => {
            let chunk = |part: Value| json!({ "candidates": [{ "content": { "parts": [part], "role": "model" } }] });
            let end = json!({ "candidates": [{ "content": { "parts": [{ "text": "" }] }, "finishReason": "STOP" }],
                "usageMetadata": { "candidatesTokenCount": 5 }, "modelVersion": "m", "responseId": "r" });
            vec![
                chunk(json!({ "text": "Hm. ", "thought": true })),
                chunk(json!({ "text": "The sky is " })),
                chunk(json!({ "text": "blue. So" })),
                chunk(json!({ "functionCall": { "name": "look", "args": { "at": "é" } } })),
                chunk(json!({ "text": "Bye." })),
                end,
            ]
        }
        _ => vec![
            json!({ "type": "start", "messageId": "m" }),
            json!({ "type": "start-step" }),
            json!({ "type": "reasoning-start", "id": "0" }),
            json!({ "type": "reasoning-delta", "id": "0", "delta": "Hm. " }),
            json!({ "type": "reasoning-end", "id": "0" }),
            json!({ "type": "text-start", "id": "1" }),
            json!({ "type": "text-delta", "id": "1", "delta": "The sky is " }),
            json!({ "type": "text-delta", "id": "1", "delta": "blue. So" }),
            json!({ "type": "text-end", "id": "1" }),
            json!({ "type": "tool-input-start", "toolCallId": "2", "toolName": "look" }),
            json!({ "type": "tool-input-delta", "toolCallId": "2", "inputTextDelta": "{\"at\": \"é\"}" }),
            json!({ "type": "tool-input-available", "toolCallId": "2", "toolName": "look", "input": { "at": "é" } }),
            json!({ "type": "text-start", "id": "3" }),
            json!({ "type": "text-delta", "id": "3", "delta": "Bye." }),
            json!({ "type": "text-end", "id": "3" }),
            json!({ "type": "finish-step" }),
            json!({ "type": "finish", "finishReason": "stop" }),
            Value::Null,
        ],
    }
}

fn anthropic() -> Vec<Value> {
    let start =
        |index: u32, block: Value| json!({ "type": "content_block_start", "index": index, "content_block": block });
    let delta = |index: u32, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let stop = |index: u32| json!({ "type": "content_block_stop", "index": index });
    vec![
        json!({ "type": "message_start", "message": { "id": "m", "content": [], "usage": { "input_tokens": 4, "output_tokens": 1 } } }),
        json!({ "type": "ping" }),
        start(0, json!({ "type": "thinking", "thinking": "" })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "Hm. " })),
        delta(0, json!({ "type": "signature_delta", "signature": "c2ln" })),
        stop(0),
        start(1, json!({ "type": "text", "text": "" })),
        delta(1, json!({ "type": "text_delta", "text": "The sky is " })),
        delta(1, json!({ "type": "text_delta", "text": "blue. So" })),
        stop(1),
        start(2, json!({ "type": "tool_use", "id": "t", "name": "look", "input": {} })),
        delta(2, json!({ "type": "input_json_delta", "partial_json": "{\"at\": \"é\"}" })),
        stop(2),
        start(3, json!({ "type": "text", "text": "" })),
        delta(3, json!({ "type": "text_delta", "text": "Bye." })),
        stop(3),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 5 } }),
        json!({ "type": "message_stop" }),
    ]
}

fn responses() -> Vec<Value> {
    let part = |text: &str| json!({ "type": "output_text", "annotations": [], "text": text });
    let message =
        |id: &str, content: Value| json!({ "id": id, "type": "message", "role": "assistant", "content": content });
    let reasoning = json!({ "id": "i0", "type": "reasoning", "summary": [{ "type": "summary_text", "text": "Hm. " }] });
    let call = |arguments: &str| json!({ "id": "i2", "type": "function_call", "call_id": "t", "name": "look", "arguments": arguments });
    let output = json!([reasoning, message("i1", json!([part("The sky is blue. So")])), call("{\"at\": \"é\"}")]);
    let of = |name: &str, index: u32, field: &str, value: Value| {
        let mut event =
            json!({ "type": format!("response.{name}"), "output_index": index, "item_id": format!("i{index}") });
        if let Some(members) = event.as_object_mut() {
            members.insert(field.to_owned(), value);
        }
        event
    };
    let mut events = vec![
        json!({ "type": "response.created", "response": { "id": "r", "model": "m", "status": "in_progress", "output": [] } }),
        of("output_item.added", 0, "item", json!({ "id": "i0", "type": "reasoning", "summary": [] })),
        of("reasoning_summary_part.added", 0, "part", json!({ "type": "summary_text", "text": "" })),
        of("reasoning_summary_text.delta", 0, "delta", json!("Hm. ")),
        of("reasoning_summary_text.done", 0, "text", json!("Hm. ")),
        of("reasoning_summary_part.done", 0, "part", json!({ "type": "summary_text", "text": "Hm. " })),
        of("output_item.done", 0, "item", reasoning.clone()),
        of("output_item.added", 1, "item", message("i1", json!([]))),
        of("content_part.added", 1, "part", part("")),
        of("output_text.delta", 1, "delta", json!("The sky is ")),
        of("output_text.delta", 1, "delta", json!("blue. So")),
        of("output_text.done", 1, "text", json!("The sky is blue. So")),
        of("content_part.done", 1, "part", part("The sky is blue. So")),
        of("output_item.done", 1, "item", message("i1", json!([part("The sky is blue. So")]))),
        of("output_item.added", 2, "item", call("")),
        of("function_call_arguments.delta", 2, "delta", json!("{\"at\": \"é\"}")),
        of("function_call_arguments.done", 2, "arguments", json!("{\"at\": \"é\"}")),
        of("output_item.done", 2, "item", call("{\"at\": \"é\"}")),
    ];
    events.push(json!({ "type": "response.completed", "response": { "id": "r", "status": "completed",
        "incomplete_details": null, "output": output, "usage": { "output_tokens": 5 } } }));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events
}

fn wire(events: &[Value]) -> String {
    let mut wire = String::new();
    for event in events {
        let data = if event.is_null() { String::from("[DONE]") } else { event.to_string() };
        if let Some(name) = event["type"].as_str() {
            wire.push_str(&["event: ", name, "\n"].concat());
        }
        wire.push_str(&["data: ", &data, "\n\n"].concat());
    }
    wire
}

fn input(policy: &Value, dialect: DialectKind, scores: &[f64], steps: Vec<Step>) -> Input {
    Input::Stream { policy: policy.to_string(), dialect, answers: seen(scores), steps, ledger: false }
}

/// A response in every dialect: passing, halting on each segment, stopped before each event, and cut.
pub(super) fn streams(cases: &mut Cases) -> Made {
    let sentence = with(scored(), &json!({ "segments": { "unit": "sentence" } }));
    let withheld = with(scored(), &json!({ "channels": { "reasoning": "withhold", "tool_arguments": "withhold" } }));
    for dialect in STREAMS {
        let name = dialect.as_str();
        let events = response(dialect);
        let whole = || vec![Step::Feed(wire(&events)), Step::End];
        for policy in
            [json!({}), scored(), sentence.clone(), withheld.clone(), with(scored(), &json!({ "mode": "observe" }))]
        {
            cases.add(name, input(&policy, dialect, &[0.9], vec![Step::FeedPieces(11, wire(&events)), Step::End]))?;
        }
        for bad in [0, 1, 3, 4] {
            let mut scores = vec![0.9; bad];
            scores.push(0.1);
            let policy = if bad == 1 { sentence.clone() } else { scored() };
            cases.add(name, input(&policy, dialect, &scores, whole()))?;
        }
        for at in (0..events.len()).step_by(5) {
            let start = events.get(..at).unwrap_or_default();
            let steps = vec![Step::Feed(wire(start)), Step::EmergencyStop];
            cases.add(name, input(&json!({}), dialect, &[], steps))?;
        }
        for data in [
            "{",
            "[]",
            "7",
            "[DONE]",
            "{\"type\":\"a\",\"type\":\"b\"}",
            "{\"index\":\"0\"}",
            "{\"error\":{}}",
            "{\"new\":[\"x\"]}",
        ] {
            let text = ["data: ", data, "\n\n"].concat();
            cases.add(name, input(&scored(), dialect, &[0.9], vec![Step::Feed(text), Step::End]))?;
        }
    }
    Ok(())
}

/// Documents of responses that are not streamed.
pub(super) fn documents(cases: &mut Cases) -> Made {
    let text = |kind: &str, text: &str| json!({ "type": kind, "text": text });
    let documents = [
        (
            DialectKind::OpenaiResponsesBody,
            json!({ "id": "r", "status": "completed", "incomplete_details": null, "output": [
                { "type": "reasoning", "summary": [text("summary_text", "Hm.")] },
                { "type": "message", "content": [text("output_text", "Good."), text("output_text", "More.")] },
            ], "usage": { "output_tokens": 3 } }),
        ),
        (
            DialectKind::AnthropicBody,
            json!({ "type": "message", "content": [{ "type": "thinking", "thinking": "Hm.", "signature": "s" },
                text("text", "Good."), { "type": "tool_use", "name": "f", "input": { "a": "é" } }, text("text", "More.")],
                "stop_reason": "end_turn", "usage": { "output_tokens": 3 } }),
        ),
        (
            DialectKind::GeminiBody,
            json!([{ "candidates": [{ "content": { "parts": [{ "text": "Hm.", "thought": true }, { "text": "Good." },
                { "functionCall": { "name": "f", "args": { "a": 1 } } }] } }] },
                { "candidates": [{ "content": { "parts": [{ "text": "More." }] }, "finishReason": "STOP" }] }]),
        ),
    ];
    for (dialect, document) in documents {
        for bad in 0..5 {
            let mut scores = vec![0.9; bad];
            scores.push(0.1);
            let steps = vec![Step::Feed(document.to_string()), Step::End];
            cases.add(dialect.as_str(), input(&scored(), dialect, &scores, steps))?;
        }
        let withheld =
            with(scored(), &json!({ "channels": { "reasoning": "withhold", "tool_arguments": "withhold" } }));
        for policy in [scored(), withheld] {
            let steps = vec![Step::FeedPieces(9, document.to_string()), Step::End];
            cases.add(dialect.as_str(), input(&policy, dialect, &[0.9], steps))?;
        }
        for text in ["", "{", "null", "{\"error\":{\"message\":\"no\"}}"] {
            cases.add(dialect.as_str(), input(&scored(), dialect, &[0.9], vec![Step::Feed(text.into()), Step::End]))?;
        }
    }
    Ok(())
}
