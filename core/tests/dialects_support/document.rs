//! Responses that are one document, in every dialect that has them, and what a client reads in one.

use interlock_core::dialect::DialectKind;
use serde_json::{Value, json};

use super::Part;

/// The dialects that come as one document.
pub const DOCUMENTS: [DialectKind; 4] = [
    DialectKind::OpenaiChatBody,
    DialectKind::OpenaiResponsesBody,
    DialectKind::AnthropicBody,
    DialectKind::GeminiBody,
];

/// How a document says that it ended well, and how that a filter ended it.
pub fn stops(dialect: DialectKind) -> [&'static str; 2] {
    match dialect {
        DialectKind::OpenaiChatBody => ["tool_calls", "content_filter"],
        DialectKind::OpenaiResponsesBody => ["completed", "incomplete"],
        DialectKind::AnthropicBody => ["tool_use", "refusal"],
        DialectKind::GeminiBody => ["STOP", "SAFETY"],
        _ => unreachable!("{dialect} has no documents"),
    }
}

/// The document of a response.
pub fn document(dialect: DialectKind, parts: &[Part], stop: &str) -> Value {
    let arguments = |pieces: &[String]| serde_json::from_str::<Value>(&pieces.concat()).unwrap();
    match dialect {
        DialectKind::OpenaiChatBody => {
            let mut content = Value::Null;
            let mut calls = Vec::new();
            for part in parts {
                match part {
                    Part::Text(pieces) => {
                        content = json!(content.as_str().unwrap_or_default().to_owned() + &pieces.concat());
                    }
                    Part::Thinking(_) => {}
                    Part::Call(name, pieces) => calls.push(json!({"id": format!("call_{name}"), "type": "function",
                        "function": {"name": name, "arguments": pieces.concat()}})),
                }
            }
            json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
                "finish_reason": stop, "logprobs": null, "message": {"role": "assistant", "refusal": null,
                    "content": content, "tool_calls": calls, "annotations": []}}],
                "usage": {"completion_tokens": 5, "total_tokens": 9}})
        }
        DialectKind::OpenaiResponsesBody => {
            let output = parts.iter().map(|part| match part {
                Part::Text(pieces) => {
                    json!({"id": "msg", "type": "message", "status": "completed", "role": "assistant",
                    "content": [{"type": "output_text", "annotations": [], "text": pieces.concat()}]})
                }
                Part::Thinking(pieces) => json!({"id": "rs", "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": pieces.concat()}]}),
                Part::Call(name, pieces) => {
                    json!({"id": "fc", "call_id": format!("call_{name}"), "type": "function_call",
                    "status": "completed", "name": name, "arguments": pieces.concat()})
                }
            });
            let details = if stop == "incomplete" { json!({"reason": "content_filter"}) } else { Value::Null };
            json!({"id": "resp", "object": "response", "created_at": 1, "model": "m", "status": stop, "error": null,
                "incomplete_details": details, "instructions": "be brief", "tools": [{"type": "function", "name": "delete"}],
                "output": output.collect::<Vec<_>>(), "usage": {"output_tokens": 5, "total_tokens": 9}})
        }
        DialectKind::AnthropicBody => {
            let content = parts.iter().map(|part| match part {
                Part::Text(pieces) => json!({"type": "text", "text": pieces.concat()}),
                Part::Thinking(pieces) => json!({"type": "thinking", "thinking": pieces.concat(), "signature": "c2ln"}),
                Part::Call(name, pieces) => json!({"type": "tool_use", "id": format!("toolu_{name}"), "name": name,
                    "input": arguments(pieces)}),
            });
            json!({"id": "msg", "type": "message", "role": "assistant", "model": "m", "stop_reason": stop,
                "stop_sequence": null, "content": content.collect::<Vec<_>>(),
                "usage": {"input_tokens": 4, "output_tokens": 5}})
        }
        DialectKind::GeminiBody => {
            let list = parts.iter().map(|part| match part {
                Part::Text(pieces) => json!({"text": pieces.concat()}),
                Part::Thinking(pieces) => json!({"text": pieces.concat(), "thought": true}),
                Part::Call(name, pieces) => json!({"functionCall": {"name": name, "args": arguments(pieces)},
                    "thoughtSignature": format!("c2ln{name}")}),
            });
            json!({"candidates": [{"content": {"role": "model", "parts": list.collect::<Vec<_>>()}, "index": 0,
                "finishReason": stop}], "modelVersion": "m", "responseId": "r",
                "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 5, "totalTokenCount": 9}})
        }
        _ => unreachable!("{dialect} has no documents"),
    }
}

/// What stands in a document in place of a part, with a text for the client where there is no other.
pub fn notice(dialect: DialectKind, message: &str) -> Option<Value> {
    match dialect {
        DialectKind::OpenaiResponsesBody => Some(json!({"type": "message", "id": "msg_interlock", "role": "assistant",
            "status": "incomplete", "content": [{"type": "output_text", "annotations": [], "text": message}]})),
        DialectKind::AnthropicBody => Some(json!({"type": "text", "text": message})),
        DialectKind::GeminiBody => Some(json!({ "text": message })),
        _ => None,
    }
}

/// The lists of a document that calls stand in.
pub fn list_of(dialect: DialectKind, document: &mut Value) -> &mut Vec<Value> {
    let list = match dialect {
        DialectKind::OpenaiChatBody => &mut document["choices"][0]["message"]["tool_calls"],
        DialectKind::OpenaiResponsesBody => &mut document["output"],
        DialectKind::AnthropicBody => &mut document["content"],
        DialectKind::GeminiBody => &mut document["candidates"][0]["content"]["parts"],
        _ => unreachable!("{dialect} has no documents"),
    };
    list.as_array_mut().unwrap()
}
