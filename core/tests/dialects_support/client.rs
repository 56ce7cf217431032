//! Clients that accept nothing but what the protocol allows.

use interlock_core::dialect::DialectKind;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a client has been given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    pub text: String,
    pub thinking: String,
    /// Names of tools with their arguments, by block.
    pub calls: BTreeMap<u64, (String, String)>,
    pub stop: String,
    pub usage: Option<Value>,
}

/// Reads a whole response.
///
/// # Panics
/// When it is not well-formed, or something stands behind its end.
pub fn read(dialect: DialectKind, wire: &[u8]) -> Given {
    let wire = std::str::from_utf8(wire).unwrap().replace("\r\n", "\n");
    assert!(wire.is_empty() || wire.ends_with("\n\n"), "unfinished event in {wire}");
    let mut events = Vec::new();
    for event in wire.split("\n\n").filter(|event| !event.is_empty()) {
        let mut name = None;
        let mut data = Vec::new();
        for line in event.lines() {
            if let Some(it) = line.strip_prefix("event: ") {
                name = Some(it);
            } else if let Some(it) = line.strip_prefix("data: ") {
                data.push(it);
            } else {
                assert!(line.starts_with(':'), "{line}");
            }
        }
        if data.is_empty() {
            continue;
        }
        let data = data.join("\n");
        if data == "[DONE]" {
            events.push(Value::Null);
            continue;
        }
        let value: Value = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
        assert!(name.is_none_or(|name| value["type"] == name), "{event}");
        events.push(value);
    }
    let mut given = Given::default();
    match dialect {
        DialectKind::OpenaiChat => chat(&events, &mut given),
        DialectKind::OpenaiResponses => responses(&events, &mut given),
        DialectKind::Anthropic => anthropic(&events, &mut given),
        DialectKind::Gemini => gemini(&events, &mut given),
        DialectKind::UiMessage => ui_message(&events, &mut given),
        _ => unreachable!("{dialect} has no events"),
    }
    given
}

fn str_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn chat(events: &[Value], given: &mut Given) {
    let (last, chunks) = events.split_last().unwrap();
    assert!(last.is_null(), "{last}");
    for event in chunks {
        for choice in event["choices"].as_array().unwrap() {
            let delta = &choice["delta"];
            given.text.push_str(str_of(&delta["content"]));
            given.thinking.push_str(str_of(&delta["reasoning_content"]));
            for call in delta["tool_calls"].as_array().unwrap_or(&Vec::new()) {
                let entry = given.calls.entry(call["index"].as_u64().unwrap()).or_default();
                entry.0.push_str(str_of(&call["function"]["name"]));
                entry.1.push_str(str_of(&call["function"]["arguments"]));
            }
            if let Some(finish) = choice["finish_reason"].as_str() {
                given.stop = finish.into();
            }
        }
        if !event["usage"].is_null() {
            given.usage = Some(event["usage"].clone());
        }
    }
    assert!(!given.stop.is_empty());
}

fn responses(events: &[Value], given: &mut Given) {
    assert_eq!(events[0]["type"], "response.created");
    let mut last = None;
    // What is open: items, and parts with their texts.
    let mut items: BTreeMap<u64, Value> = BTreeMap::new();
    let mut parts: BTreeMap<(u64, u64), String> = BTreeMap::new();
    let mut finished: Vec<(u64, Value)> = Vec::new();
    for (position, event) in events.iter().enumerate() {
        let number = event["sequence_number"].as_u64().unwrap();
        // What leaves in parts has one number.
        assert!(last.is_none_or(|last| last <= number), "{event}");
        last = Some(number);
        let item = event["output_index"].as_u64().unwrap_or(u64::MAX);
        let within = ["content_index", "summary_index"].iter().find_map(|name| event[*name].as_u64()).unwrap_or(0);
        let name = event["type"].as_str().unwrap().strip_prefix("response.").unwrap();
        let is_last = position + 1 == events.len();
        match name {
            "created" | "in_progress" => assert!(items.is_empty()),
            "output_item.added" => assert!(items.insert(item, event["item"].clone()).is_none(), "{event}"),
            "content_part.added" | "reasoning_summary_part.added" => {
                assert_eq!(items[&item]["id"], event["item_id"], "{event}");
                assert!(parts.insert((item, within), String::new()).is_none(), "{event}");
            }
            "output_text.delta" | "reasoning_summary_text.delta" => {
                parts.get_mut(&(item, within)).expect("an open part").push_str(str_of(&event["delta"]));
            }
            "function_call_arguments.delta" => {
                assert!(items.contains_key(&item), "{event}");
                parts.entry((item, 0)).or_default().push_str(str_of(&event["delta"]));
            }
            "output_text.done" | "reasoning_summary_text.done" => assert_eq!(parts[&(item, within)], event["text"]),
            "function_call_arguments.done" => assert_eq!(parts[&(item, 0)], event["arguments"]),
            "content_part.done" | "reasoning_summary_part.done" => {
                assert_eq!(parts.remove(&(item, within)).unwrap(), event["part"]["text"], "{event}");
            }
            "output_item.done" => {
                let opened = items.remove(&item).expect("an open item");
                assert_eq!(opened["id"], event["item"]["id"], "{event}");
                assert_eq!(opened["type"], event["item"]["type"], "{event}");
                if opened["type"] == "function_call" {
                    assert_eq!(parts.remove(&(item, 0)).unwrap_or_default(), event["item"]["arguments"]);
                }
                assert!(parts.keys().all(|(of, _)| *of != item), "{event}");
                finished.push((item, event["item"].clone()));
            }
            "completed" | "incomplete" => {
                assert!(is_last && items.is_empty() && parts.is_empty(), "{event}");
                let response = &event["response"];
                given.stop = match response["incomplete_details"]["reason"].as_str() {
                    Some(reason) => reason.into(),
                    None => str_of(&response["status"]).into(),
                };
                let output = response["output"].as_array().unwrap();
                assert_eq!(output.len(), finished.len(), "{event}");
                for (item, (_, told)) in output.iter().zip(&finished) {
                    for field in ["id", "type", "call_id", "name", "arguments"] {
                        assert_eq!(item[field], told[field], "{field} of {event}");
                    }
                    for (list, field) in [("content", "text"), ("summary", "text")] {
                        let texts = |item: &Value| -> Vec<String> {
                            let parts = item[list].as_array().cloned().unwrap_or_default();
                            parts.iter().map(|part| str_of(&part[field]).into()).collect()
                        };
                        assert_eq!(texts(item), texts(told), "{event}");
                    }
                }
                given.usage = Some(response["usage"].clone());
            }
            other => panic!("{other}"),
        }
        assert!(!is_last || matches!(name, "completed" | "incomplete"), "{event}");
    }
    for (index, item) in finished {
        match str_of(&item["type"]) {
            "message" => {
                item["content"].as_array().unwrap().iter().for_each(|it| given.text.push_str(str_of(&it["text"])));
            }
            "reasoning" => {
                item["summary"].as_array().unwrap().iter().for_each(|it| given.thinking.push_str(str_of(&it["text"])));
            }
            _ => {
                given.calls.insert(index, (str_of(&item["name"]).into(), str_of(&item["arguments"]).into()));
            }
        }
    }
}

fn anthropic(events: &[Value], given: &mut Given) {
    let mut open: BTreeMap<u64, String> = BTreeMap::new();
    let mut next = 0;
    let mut stopped = false;
    for (position, event) in events.iter().enumerate() {
        let index = event["index"].as_u64();
        let name = str_of(&event["type"]);
        assert_eq!(name == "message_start", position == 0, "{event}");
        assert_eq!(name == "message_stop", position + 1 == events.len(), "{event}");
        assert!(!stopped || matches!(name, "message_stop" | "message_delta"), "{event}");
        match name {
            "message_start" => assert!(event["message"]["usage"]["input_tokens"].is_u64()),
            "content_block_start" => {
                assert_eq!(index, Some(next), "{event}");
                next += 1;
                let block = &event["content_block"];
                open.insert(index.unwrap(), str_of(&block["type"]).into());
                if let Some(name) = block["name"].as_str() {
                    given.calls.insert(index.unwrap(), (name.into(), String::new()));
                }
            }
            "content_block_delta" => {
                let delta = &event["delta"];
                let expected = match str_of(&delta["type"]) {
                    "text_delta" => "text",
                    "thinking_delta" | "signature_delta" => "thinking",
                    _ => "tool_use",
                };
                assert_eq!(open[&index.unwrap()], expected, "{event}");
                given.text.push_str(str_of(&delta["text"]));
                given.thinking.push_str(str_of(&delta["thinking"]));
                if let Some(call) = given.calls.get_mut(&index.unwrap()) {
                    call.1.push_str(str_of(&delta["partial_json"]));
                }
            }
            "content_block_stop" => assert!(open.remove(&index.unwrap()).is_some(), "{event}"),
            "message_delta" => {
                assert!(open.is_empty(), "{event}");
                stopped = true;
                given.stop = event["delta"]["stop_reason"].as_str().unwrap().into();
                assert!(event["usage"]["output_tokens"].is_u64(), "{event}");
                given.usage = Some(event["usage"].clone());
            }
            "message_stop" => assert!(stopped),
            "ping" => {}
            other => panic!("{other}"),
        }
    }
    assert!(stopped);
}

fn gemini(events: &[Value], given: &mut Given) {
    for (position, event) in events.iter().enumerate() {
        for candidate in event["candidates"].as_array().unwrap() {
            for part in candidate["content"]["parts"].as_array().unwrap() {
                let text = str_of(&part["text"]);
                if part["thought"] == true { &mut given.thinking } else { &mut given.text }.push_str(text);
                if let Some(call) = part["functionCall"].as_object() {
                    let number = given.calls.len() as u64;
                    given.calls.insert(number, (str_of(&call["name"]).into(), call["args"].to_string()));
                }
            }
            if let Some(finish) = candidate["finishReason"].as_str() {
                assert_eq!(position + 1, events.len(), "{event}");
                given.stop = finish.into();
            }
        }
        if event["usageMetadata"].is_object() {
            given.usage = Some(event["usageMetadata"].clone());
        }
    }
    assert!(!given.stop.is_empty());
}

fn ui_message(events: &[Value], given: &mut Given) {
    let (last, parts) = events.split_last().unwrap();
    assert!(last.is_null(), "{last}");
    let mut open: Vec<(String, String)> = Vec::new();
    let mut names: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut in_step = false;
    for (position, part) in parts.iter().enumerate() {
        let id = [&part["id"], &part["toolCallId"]].into_iter().find_map(Value::as_str).unwrap_or_default().to_string();
        let name = str_of(&part["type"]);
        assert_eq!(name == "start", position == 0, "{part}");
        assert_eq!(name == "finish", position + 1 == parts.len(), "{part}");
        let is_open = |kind: &str| open.contains(&(kind.into(), id.clone()));
        match name {
            "start" => {}
            "start-step" => in_step = true,
            "finish-step" => {
                assert!(in_step && open.is_empty(), "{part}");
                in_step = false;
            }
            "text-start" | "reasoning-start" | "tool-input-start" => {
                let kind = name.strip_suffix("-start").unwrap();
                assert!(!is_open(kind), "{part}");
                open.push((kind.into(), id.clone()));
                if kind == "tool-input" {
                    names.insert(id.clone(), (names.len() as u64, str_of(&part["toolName"]).into()));
                }
            }
            "text-delta" | "reasoning-delta" => {
                let kind = name.strip_suffix("-delta").unwrap();
                assert!(is_open(kind), "{part}");
                if kind == "text" { &mut given.text } else { &mut given.thinking }
                    .push_str(part["delta"].as_str().unwrap());
            }
            "tool-input-delta" => assert!(is_open("tool-input") && part["inputTextDelta"].is_string(), "{part}"),
            "text-end" | "reasoning-end" | "tool-input-available" | "tool-input-error" => {
                let kind = name.rsplit_once('-').unwrap().0;
                assert!(is_open(kind), "{part}");
                open.retain(|it| *it != (kind.into(), id.clone()));
                if let Some((number, tool)) = names.get(&id).filter(|_| kind == "tool-input") {
                    assert_eq!(*tool, part["toolName"], "{part}");
                    if name == "tool-input-available" {
                        given.calls.insert(*number, (tool.clone(), part["input"].to_string()));
                    } else {
                        assert!(part["errorText"].is_string(), "{part}");
                    }
                }
            }
            "finish" => {
                assert!(!in_step && open.is_empty(), "{part}");
                given.stop = str_of(&part["finishReason"]).into();
            }
            other => panic!("{other}"),
        }
    }
}
