//! Streams in every dialect, and strict clients of every dialect.
#![allow(dead_code, missing_docs, unreachable_pub)]

pub mod client;
pub mod document;

use interlock_core::dialect::DialectKind;
use serde_json::{Value, json};

/// The dialects that come as events.
pub const STREAMS: [DialectKind; 5] = [
    DialectKind::OpenaiChat,
    DialectKind::OpenaiResponses,
    DialectKind::Anthropic,
    DialectKind::Gemini,
    DialectKind::UiMessage,
];

/// A part of a response, in the pieces in which it comes.
#[derive(Clone, Debug)]
pub enum Part {
    Text(Vec<String>),
    Thinking(Vec<String>),
    /// The name of a tool, and its arguments as JSON.
    Call(String, Vec<String>),
}

pub fn text(pieces: &[&str]) -> Part {
    Part::Text(pieces.iter().map(ToString::to_string).collect())
}

pub fn thinking(pieces: &[&str]) -> Part {
    Part::Thinking(pieces.iter().map(ToString::to_string).collect())
}

pub fn call(name: &str, pieces: &[&str]) -> Part {
    Part::Call(name.into(), pieces.iter().map(ToString::to_string).collect())
}

fn named(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
}

fn data(event: &Value) -> String {
    format!("data: {event}\n\n")
}

/// The events of a whole response.
pub fn events(dialect: DialectKind, parts: &[Part]) -> Vec<String> {
    match dialect {
        DialectKind::OpenaiChat => chat(parts),
        DialectKind::OpenaiResponses => responses(parts),
        DialectKind::Anthropic => anthropic(parts),
        DialectKind::Gemini => gemini(parts),
        DialectKind::UiMessage => ui_message(parts),
        _ => unreachable!("{dialect} has no events"),
    }
}

pub fn wire(dialect: DialectKind, parts: &[Part]) -> String {
    events(dialect, parts).concat()
}

fn chat(parts: &[Part]) -> Vec<String> {
    let chunk = |delta: Value, finish: Value| {
        data(&json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}))
    };
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(pieces) => events.extend(pieces.iter().map(|it| chunk(json!({"content": it}), Value::Null))),
            Part::Thinking(pieces) => {
                events.extend(pieces.iter().map(|it| chunk(json!({"reasoning_content": it}), Value::Null)));
            }
            Part::Call(name, pieces) => {
                let start =
                    json!({"index": index, "id": "t", "type": "function", "function": {"name": name, "arguments": ""}});
                events.push(chunk(json!({ "tool_calls": [start] }), Value::Null));
                for piece in pieces {
                    let more = json!({"index": index, "function": {"arguments": piece}});
                    events.push(chunk(json!({ "tool_calls": [more] }), Value::Null));
                }
            }
        }
    }
    events.push(chunk(json!({}), json!("stop")));
    events.push(data(&json!({"choices": [], "usage": {"completion_tokens": 5, "total_tokens": 9}})));
    events.push(String::from("data: [DONE]\n\n"));
    events
}

fn responses(parts: &[Part]) -> Vec<String> {
    let mut events: Vec<Value> = Vec::new();
    let response = |status: &str, output: &[Value], usage: Value| {
        json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "error": null,
            "incomplete_details": null, "instructions": "be brief", "model": "m", "output": output, "usage": usage})
    };
    for status in ["created", "in_progress"] {
        events
            .push(json!({"type": format!("response.{status}"), "response": response("in_progress", &[], Value::Null)}));
    }
    let mut output = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let id = format!("item_{index}");
        let (added, done) = match part {
            Part::Text(pieces) => {
                let content =
                    json!([{"type": "output_text", "annotations": [], "logprobs": [], "text": pieces.concat()}]);
                (
                    json!({"id": id, "type": "message", "status": "in_progress", "content": [], "role": "assistant"}),
                    json!({"id": id, "type": "message", "status": "completed", "content": content, "role": "assistant"}),
                )
            }
            Part::Thinking(pieces) => (
                json!({"id": id, "type": "reasoning", "summary": []}),
                json!({"id": id, "type": "reasoning", "summary": [{"type": "summary_text", "text": pieces.concat()}]}),
            ),
            Part::Call(name, pieces) => (
                json!({"id": id, "type": "function_call", "status": "in_progress", "arguments": "", "call_id": "call_1", "name": name}),
                json!({"id": id, "type": "function_call", "status": "completed", "arguments": pieces.concat(), "call_id": "call_1", "name": name}),
            ),
        };
        events.push(json!({"type": "response.output_item.added", "output_index": index, "item": added}));
        let mut of = |name: &str, more: Value| {
            let mut event = json!({"type": format!("response.{name}"), "item_id": id, "output_index": index});
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            events.push(event);
        };
        match part {
            Part::Text(pieces) => {
                let part = |text: &str| json!({"content_index": 0, "part": {"type": "output_text", "annotations": [], "logprobs": [], "text": text}});
                of("content_part.added", part(""));
                for piece in pieces {
                    of(
                        "output_text.delta",
                        json!({"content_index": 0, "delta": piece, "logprobs": [], "obfuscation": "x"}),
                    );
                }
                of("output_text.done", json!({"content_index": 0, "text": pieces.concat(), "logprobs": []}));
                of("content_part.done", part(&pieces.concat()));
            }
            Part::Thinking(pieces) => {
                let part = |text: &str| json!({"summary_index": 0, "part": {"type": "summary_text", "text": text}});
                of("reasoning_summary_part.added", part(""));
                for piece in pieces {
                    of("reasoning_summary_text.delta", json!({"summary_index": 0, "delta": piece}));
                }
                of("reasoning_summary_text.done", json!({"summary_index": 0, "text": pieces.concat()}));
                of("reasoning_summary_part.done", part(&pieces.concat()));
            }
            Part::Call(_, pieces) => {
                for piece in pieces {
                    of("function_call_arguments.delta", json!({ "delta": piece }));
                }
                of("function_call_arguments.done", json!({"arguments": pieces.concat()}));
            }
        }
        events.push(json!({"type": "response.output_item.done", "output_index": index, "item": done}));
        output.push(done);
    }
    let usage = json!({"input_tokens": 4, "output_tokens": 5, "total_tokens": 9});
    events.push(json!({"type": "response.completed", "response": response("completed", &output, usage)}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events.iter().map(named).collect()
}

fn anthropic(parts: &[Part]) -> Vec<String> {
    let usage = json!({"input_tokens": 4, "output_tokens": 1});
    let mut events = vec![
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage}}),
        json!({"type": "ping"}),
    ];
    for (index, part) in parts.iter().enumerate() {
        let (block, field, delta, pieces) = match part {
            Part::Text(pieces) => (json!({"type": "text", "text": ""}), "text", "text_delta", pieces),
            Part::Thinking(pieces) => {
                (json!({"type": "thinking", "thinking": "", "signature": ""}), "thinking", "thinking_delta", pieces)
            }
            Part::Call(name, pieces) => (
                json!({"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}),
                "partial_json",
                "input_json_delta",
                pieces,
            ),
        };
        events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
        for piece in pieces {
            events.push(json!({"type": "content_block_delta", "index": index, "delta": {"type": delta, field: piece}}));
        }
        if matches!(part, Part::Thinking(_)) {
            let signature = json!({"type": "signature_delta", "signature": "c2ln"});
            events.push(json!({"type": "content_block_delta", "index": index, "delta": signature}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    let usage = json!({"input_tokens": 4, "output_tokens": 5});
    events.push(
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": usage}),
    );
    events.push(json!({"type": "message_stop"}));
    events.iter().map(named).collect()
}

fn gemini(parts: &[Part]) -> Vec<String> {
    let chunk = |part: Value, finish: Option<&str>| {
        let mut candidate = json!({"content": {"parts": [part], "role": "model"}, "index": 0});
        if let Some(finish) = finish {
            candidate["finishReason"] = json!(finish);
        }
        let usage = json!({"promptTokenCount": 4, "candidatesTokenCount": 5, "totalTokenCount": 9});
        let chunk = json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r"});
        data(&chunk).replace('\n', "\r\n")
    };
    let mut events = Vec::new();
    for part in parts {
        match part {
            Part::Text(pieces) => events.extend(pieces.iter().map(|it| chunk(json!({ "text": it }), None))),
            Part::Thinking(pieces) => {
                events.extend(pieces.iter().map(|it| chunk(json!({"text": it, "thought": true}), None)));
            }
            Part::Call(name, pieces) => {
                let arguments: Value = serde_json::from_str(&pieces.concat()).unwrap_or(Value::Null);
                events.push(chunk(json!({"functionCall": {"name": name, "args": arguments}}), None));
            }
        }
    }
    events.push(chunk(json!({"text": ""}), Some("STOP")));
    events
}

fn ui_message(parts: &[Part]) -> Vec<String> {
    let mut events = vec![json!({"type": "start", "messageId": "m"}), json!({"type": "start-step"})];
    for (index, part) in parts.iter().enumerate() {
        let id = format!("id-{index}");
        match part {
            Part::Text(pieces) | Part::Thinking(pieces) => {
                let name = if matches!(part, Part::Text(_)) { "text" } else { "reasoning" };
                events.push(json!({"type": format!("{name}-start"), "id": id}));
                for piece in pieces {
                    events.push(json!({"type": format!("{name}-delta"), "id": id, "delta": piece}));
                }
                events.push(json!({"type": format!("{name}-end"), "id": id}));
            }
            Part::Call(name, pieces) => {
                events.push(json!({"type": "tool-input-start", "toolCallId": id, "toolName": name}));
                for piece in pieces {
                    events.push(json!({"type": "tool-input-delta", "toolCallId": id, "inputTextDelta": piece}));
                }
                let input: Value = serde_json::from_str(&pieces.concat()).unwrap_or(Value::Null);
                events
                    .push(json!({"type": "tool-input-available", "toolCallId": id, "toolName": name, "input": input}));
            }
        }
    }
    events.push(json!({"type": "finish-step"}));
    events.push(json!({"type": "finish", "finishReason": "stop"}));
    let mut events: Vec<String> = events.iter().map(data).collect();
    events.push(String::from("data: [DONE]\n\n"));
    events
}
