//! `interlock guard` as a shell sees it: files and pipes in, bytes, a summary and an exit code out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod cli_support;

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use cli_support::{Folder, Output, interlock, run, run_with_input};
use serde_json::Value;

const CLEAN: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" you\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// The summary: the first line of standard error.
fn summary(output: &Output) -> Value {
    let line = output.stderr.lines().next().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {}", output.stderr))
}

fn guard(folder: &Folder, policy: &str, more: &[&str], input: &[u8]) -> Output {
    let policy = folder.file("policy.toml", policy);
    let mut arguments = vec!["guard", "--dialect", "openai-chat", "--policy", policy.as_str()];
    arguments.extend(more);
    run_with_input(&arguments, input)
}

#[test]
fn a_clean_stream_passes_byte_for_byte() {
    let folder = Folder::new();
    let output = guard(&folder, "", &[], CLEAN.as_bytes());
    assert_eq!((output.code, output.stdout.as_slice()), (0, CLEAN.as_bytes()));
    let summary = summary(&output);
    assert_eq!(summary["state"], "completed");
    assert_eq!(summary["bytes_in"], CLEAN.len());
    assert_eq!(summary["bytes_out"], CLEAN.len());
    assert_eq!(summary["channels"][0]["checked"], "unscored");
    assert_eq!(output.stderr.lines().count(), 1);
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let folder = Folder::new();
    let file = folder.file("stream.sse", CLEAN);
    let output = guard(&folder, "", &[&file], b"not this");
    assert_eq!((output.code, output.stdout.as_slice()), (0, CLEAN.as_bytes()));
    let output = guard(&folder, "", &["-"], CLEAN.as_bytes());
    assert_eq!((output.code, output.stdout.as_slice()), (0, CLEAN.as_bytes()));
}

#[test]
fn the_builtin_scorer_halts_a_contradiction() {
    let folder = Folder::new();
    let policy = "[scorer]\nkind = \"builtin\"\nprompt = \"What colour is the sky?\"\n\
        facts = [{ key = \"sky colour\", value = \"blue\" }]\n[segments]\nunit = \"sentence\"\n\
        [ending]\nmessage = \"(stopped)\"\n";
    let wire = |text: &str| CLEAN.replace("Hello", text);
    let output = guard(&folder, policy, &[], wire("The sky is green.").as_bytes());
    assert_eq!(output.code, 3, "{}", output.stderr);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(!text.contains("green") && text.contains("(stopped)"), "{text}");
    assert!(text.contains("\"finish_reason\":\"content_filter\"") && text.ends_with("data: [DONE]\n\n"));
    assert_eq!(summary(&output)["halt"]["reason"], "hard-limit");
    let output = guard(&folder, policy, &[], wire("The sky is blue.").as_bytes());
    assert_eq!(output.code, 0, "{}", output.stderr);
}

#[test]
fn scores_come_from_a_file() {
    let folder = Folder::new();
    let policy = "[scorer]\nkind = \"host\"\n";
    let good = folder.file("good.scores", "0.9 # the first\n\n0.8 12.5\n");
    let output = guard(&folder, policy, &["--scores", &good], CLEAN.as_bytes());
    assert_eq!((output.code, output.stdout.as_slice()), (0, CLEAN.as_bytes()));
    assert_eq!(summary(&output)["choices"][0]["summary"]["scores"], 2);
    for (scores, reason) in [
        ("0.9\n0.2\n", "hard-limit"),
        ("0.9\nnan\n", "non-finite-score"),
        ("0.9 60\n", "deadline"),
        ("-\n", "deadline"),
    ] {
        let file = folder.file("some.scores", scores);
        let output = guard(&folder, policy, &["--scores", &file], CLEAN.as_bytes());
        assert_eq!((output.code, &summary(&output)["halt"]["reason"]), (3, &Value::from(reason)), "{scores}");
    }
    // Fewer scores than segments: the rest never came, and that is said.
    let few = folder.file("few.scores", "0.9\n");
    let output = guard(&folder, policy, &["--scores", &few], CLEAN.as_bytes());
    assert_eq!((output.code, &summary(&output)["halt"]["reason"]), (3, &Value::from("deadline")));
    assert!(output.stderr.contains("2 segments came for 1 scores"), "{}", output.stderr);
}

#[test]
fn other_dialects_by_name() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", "[scorer]\nkind = \"host\"\n[segments]\nunit = \"sentence\"\n");
    let scores = folder.file("s", "0.9\n0.1\n");
    let arguments = ["guard", "--dialect", "text", "--policy", &policy, "--scores", &scores];
    let output = run_with_input(&arguments, "Grass is soft. The sky is green.".as_bytes());
    assert_eq!(output.code, 3);
    assert!(output.stdout.starts_with(b"Grass is soft.") && !output.stdout.windows(5).any(|w| w == b"green"));
    let body = br#"{"choices":[{"index":0,"message":{"content":"Hi."},"finish_reason":"stop"}]}"#;
    let plain = folder.file("plain.toml", "");
    let output = run_with_input(&["guard", "--dialect", "openai-chat-body", "--policy", &plain], body);
    assert_eq!((output.code, output.stdout.as_slice()), (0, body.as_slice()));
}

#[test]
fn observing_withholds_nothing_and_passes() {
    let folder = Folder::new();
    let scores = folder.file("s", "0.1\n0.1\n");
    let policy = "mode = \"observe\"\n[scorer]\nkind = \"host\"\n";
    let output = guard(&folder, policy, &["--scores", &scores], CLEAN.as_bytes());
    assert_eq!((output.code, output.stdout.as_slice()), (0, CLEAN.as_bytes()));
    assert_eq!(summary(&output)["halt"]["reason"], "hard-limit");
}

/// Every way in which the upstream can be wrong: the place and the reason, and nothing unscored.
#[test]
fn bad_upstreams_exit_with_two_and_say_where() {
    let folder = Folder::new();
    let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":null}]}\n\n";
    let cases: [(Vec<u8>, &str); 9] = [
        (format!("{event}data: {{\n\n").into_bytes(), "byte "),
        (format!("{event}data: [1]\n\n").into_bytes(), "expected a JSON object"),
        (format!("{event}data: null\n\n").into_bytes(), "expected a JSON object"),
        (event.as_bytes().to_vec(), "ended before its last event"),
        (b"<html></html>".to_vec(), "did not send an event stream"),
        (Vec::new(), "ended before its last event"),
        ([event.as_bytes(), b"data: {\"a\":\"\xff\"}\n\n"].concat(), "UTF-8"),
        (
            format!("{event}data: {{\"error\":{{\"message\":\"overloaded\"}}}}\n\n").into_bytes(),
            "the upstream reported an error",
        ),
        (format!("{event}data: {{\"choices\":[{{\"delta\":{{\"content\":\"cut").into_bytes(), "byte "),
    ];
    for (input, reason) in cases {
        let output = guard(&folder, "", &[], &input);
        let shown = String::from_utf8_lossy(&input);
        assert_eq!(output.code, 2, "{shown}\n{}", output.stderr);
        let last = output.stderr.lines().last().unwrap();
        assert!(last.starts_with("interlock: standard input: byte ") && last.contains(reason), "{shown}\n{last}");
        assert_eq!(summary(&output)["state"], "failed", "{shown}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains("cut") && text.contains("\"error\""), "{shown}\n{text}");
    }
}

#[test]
fn too_much_to_hold_is_a_halt() {
    let folder = Folder::new();
    let policy = "[limits]\nheld_bytes = 1024\n";
    let line = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", "x".repeat(200_000));
    let output = guard(&folder, policy, &[], line.as_bytes());
    assert_eq!(output.code, 3);
    assert_eq!(summary(&output)["halt"]["reason"], "held-limit");
    assert!(!String::from_utf8(output.stdout).unwrap().contains("xxx"));
}

#[test]
fn bad_policies_exit_with_two_before_anything_is_read() {
    let folder = Folder::new();
    for (policy, named) in [
        ("hold_limit = 1", "hold_limit"),
        ("[halt]\nhard_limit = 7", "halt.hard_limit"),
        ("[halt]\nhard_limit = nan", "halt.hard_limit"),
        ("[halt]\nwindow_size = \"ten\"", "window_size"),
        ("[halt]\nw_logic = 0.9", "halt.w_logic"),
        ("[segments]\nmax_bytes = 1", "segments.max_bytes"),
        ("[limits]\nheld_bytes = 7", "limits.held_bytes"),
        ("mode = \"off\"", "mode"),
        ("this is no TOML", "line 1"),
        ("[scorer]\nkind = \"host\"", "--scores"),
    ] {
        let output = guard(&folder, policy, &[], CLEAN.as_bytes());
        assert_eq!((output.code, output.stdout.len()), (2, 0), "{policy}: {}", output.stderr);
        assert!(output.stderr.starts_with("interlock: ") && output.stderr.contains("policy.toml"), "{}", output.stderr);
        assert!(output.stderr.contains(named), "{policy}: {}", output.stderr);
    }
}

#[test]
fn bad_arguments_and_files_exit_with_two() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", "");
    let missing = folder.path("missing");
    let host = folder.file("host.toml", "[scorer]\nkind = \"host\"");
    let scores = folder.file("bad.scores", "0.9\nhigh\n");
    let binary = folder.bytes("binary.toml", b"\xff\xfe");
    for (arguments, named) in [
        (vec!["guard", "--policy", &policy], "--dialect"),
        (vec!["guard", "--dialect", "openai-chat"], "--policy"),
        (vec!["guard", "--dialect", "morse", "--policy", &policy], "morse"),
        (vec!["guard", "--dialect", "text", "--policy", &missing], "missing"),
        (vec!["guard", "--dialect", "text", "--policy", &binary], "binary.toml"),
        (vec!["guard", "--dialect", "text", "--policy", &policy, &missing], "missing"),
        (vec!["guard", "--dialect", "text", "--policy", &policy, "/"], "/"),
        (vec!["guard", "--dialect", "text", "--policy", &policy, "--scores", &scores], "scorer.kind"),
        (vec!["guard", "--dialect", "text", "--policy", &host, "--scores", &scores], "bad.scores:2"),
        (vec!["guard", "--dialect", "text", "--policy", &host, "--scores", &missing], "missing"),
        (vec!["frobnicate"], "frobnicate"),
        (vec![], "Usage"),
    ] {
        let output = run(&arguments);
        assert_eq!((output.code, output.stdout.len()), (2, 0), "{arguments:?}: {}", output.stderr);
        assert!(output.stderr.contains(named), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn a_json_policy_is_read_too() {
    let folder = Folder::new();
    let good = folder.file("policy.json", r#"{"ending": {"message": ""}}"#);
    assert_eq!(run_with_input(&["guard", "--dialect", "text", "--policy", &good], b"a").code, 0);
    let bad = folder.file("bad.json", r#"{"ending": {"massage": ""}}"#);
    let output = run_with_input(&["guard", "--dialect", "text", "--policy", &bad], b"a");
    assert!(output.code == 2 && output.stderr.contains("massage"), "{}", output.stderr);
}

/// What may leave is written at once, not at the end.
#[test]
fn bytes_leave_as_they_may() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", "");
    let mut child = interlock(&["guard", "--dialect", "openai-chat", "--policy", &policy])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    for event in CLEAN.split_inclusive("\n\n") {
        input.write_all(event.as_bytes()).unwrap();
        input.flush().unwrap();
        let mut got = vec![0; event.len()];
        // Would wait for ever if the event were held back.
        output.read_exact(&mut got).unwrap();
        assert_eq!(got, event.as_bytes());
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// After the protocol's end the rest of the input is not waited for.
#[test]
fn the_protocols_end_is_the_end() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", "");
    let mut child = interlock(&["guard", "--dialect", "openai-chat", "--policy", &policy])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(CLEAN.as_bytes()).unwrap();
    input.flush().unwrap();
    let start = Instant::now();
    // The input stays open.
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(0));
    assert!(start.elapsed() < Duration::from_secs(30));
    drop(input);
}

#[test]
fn a_reader_that_leaves_is_no_panic() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", "");
    let long = folder.file("long", &"some text ".repeat(1 << 20));
    let ledger = folder.path("guard.ledger");
    let mut child = interlock(&["guard", "--dialect", "text", "--policy", &policy, "--ledger", &ledger, &long])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{stderr}");
    assert!(stderr.contains("standard output") && !stderr.contains("panicked"), "{stderr}");
    let nodes = nodes(&ledger);
    assert_eq!((nodes.len(), &nodes[0]["tags"][0]), (1, &Value::from("abandoned")));
}

/// Memory and time do not grow with what was let go.
#[test]
fn ten_million_bytes_pass() {
    let folder = Folder::new();
    let policy = folder.file("p.toml", "");
    let event = CLEAN.split_inclusive("\n\n").next().unwrap();
    let mut text = event.repeat(10_000_000 / event.len());
    text.push_str("data: [DONE]\n\n");
    let file = folder.file("long.sse", &text);
    let output = run(&["guard", "--dialect", "openai-chat", "--policy", &policy, &file]);
    assert_eq!((output.code, output.stdout.len()), (0, text.len()));
    assert!(output.stdout == text.as_bytes());
}

/// The nodes of a ledger's file, as the command shows them.
fn nodes(file: &str) -> Vec<Value> {
    let output = run(&["ledger", "query", file]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    output.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const TOOLS: &str = "[covenant]\ngrant = \"assistant\"\nversion = 3\npermissions = [{ resource = \"search\" }]\n";

fn call(name: &str) -> String {
    let call = format!(
        "{{\"index\":0,\"id\":\"c\",\"type\":\"function\",\"function\":{{\"name\":\"{name}\",\"arguments\":\"{{}}\"}}}}"
    );
    let delta = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{call}]}},\"finish_reason\":null}}]}}\n\n"
    );
    delta + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"
}

#[test]
fn a_ledger_keeps_what_was_decided_of_one_stream_after_the_other() {
    let folder = Folder::new();
    let file = folder.path("guard.ledger");
    let keep = ["--ledger", file.as_str()];
    let allowed = guard(&folder, TOOLS, &keep, call("search").as_bytes());
    assert_eq!((allowed.code, allowed.text()), (0, call("search")), "{}", allowed.stderr);
    let told = &summary(&allowed)["ledger"];
    assert_eq!((&told["file"], &told["nodes"], &told["size"]), (&Value::from(file.as_str()), &2.into(), &2.into()));

    let denied = guard(&folder, TOOLS, &keep, call("delete").as_bytes());
    assert_eq!(denied.code, 3);
    let second = &summary(&denied)["ledger"];
    assert_eq!((&second["nodes"], &second["size"]), (&3.into(), &5.into()));
    assert_ne!(second["stream"], told["stream"]);

    let nodes = nodes(&file);
    let kinds: Vec<String> =
        nodes.iter().map(|node| format!("{} {}", node["kind"], node["tags"][0]).replace('"', "")).collect();
    assert_eq!(
        kinds,
        [
            "covenant.decision allow",
            "session.end completed",
            "covenant.decision deny",
            "session.halt denied",
            "session.end halted"
        ]
    );
    for (node, stream) in nodes.iter().zip([told, told, second, second, second]) {
        assert_eq!(node["origin"], stream["stream"]);
    }
    assert_eq!(nodes[4]["links"][0], serde_json::json!({ "kind": "continues", "target": nodes[3]["id"] }));
    let payload: Value = serde_json::from_str(nodes[4]["payload"].as_str().unwrap()).unwrap();
    assert_eq!((&payload["grant"], &payload["version"]), (&Value::from("assistant"), &3.into()));

    // The root in the summary is that of the file.
    let verified = run(&["ledger", "verify", &file]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    assert!(verified.text().contains(second["root"].as_str().unwrap()), "{}", verified.text());
}

#[test]
fn the_halt_is_in_the_ledger_before_its_ending_is_written() {
    let folder = Folder::new();
    let file = folder.path("guard.ledger");
    let policy = folder.file("policy.toml", TOOLS);
    let mut child = interlock(&["guard", "--dialect", "openai-chat", "--policy", &policy, "--ledger", &file])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(call("delete").as_bytes()).unwrap();
    // With the first byte of the ending the halt is there; the command is killed before it can do anything else.
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(nodes(&file).iter().any(|node| node["kind"] == "session.halt" && node["tags"][0] == "denied"));
}

#[test]
fn a_ledger_that_cannot_be_kept_is_an_error_and_nothing_leaves() {
    let folder = Folder::new();
    let broken = folder.bytes("broken.ledger", b"this is no ledger, and never was one: it is a text of some length");
    for file in [broken, folder.path("nowhere/guard.ledger")] {
        let output = guard(&folder, TOOLS, &["--ledger", &file], CLEAN.as_bytes());
        assert_eq!((output.code, output.stdout.len()), (2, 0), "{}", output.stderr);
        assert!(output.stderr.contains(&file), "{}", output.stderr);
    }
    // A device that takes nothing.
    if cfg!(target_os = "linux") {
        let output = guard(&folder, TOOLS, &["--ledger", "/dev/full"], CLEAN.as_bytes());
        assert_eq!((output.code, output.stdout.len()), (2, 0), "{}", output.stderr);
    }
}

#[test]
fn what_waits_for_somebody_when_the_stream_is_over_is_halted() {
    let folder = Folder::new();
    let gate = format!("{TOOLS}gates = [{{ name = \"g\", resource = \"search\", timeout_ms = 600000 }}]\n");
    let output = guard(&folder, &gate, &[], call("search").as_bytes());
    assert_eq!((output.code, &summary(&output)["halt"]["reason"]), (3, &Value::from("review-pending")));
    assert!(!output.text().contains("search"));
}

#[test]
fn nobody_tops_up_a_lease() {
    let folder = Folder::new();
    let budget = format!("{TOOLS}budgets = [{{ counter = \"tokens\", ceiling = 100, lease = 3, low_water = 1 }}]\n");
    let output = guard(&folder, &budget, &[], CLEAN.as_bytes());
    assert_eq!((output.code, &summary(&output)["state"]), (0, &Value::from("completed")), "{}", output.stderr);
    let long = CLEAN.replace("Hello", "Hello, everybody");
    let output = guard(&folder, &budget, &[], long.as_bytes());
    assert_eq!((output.code, &summary(&output)["halt"]["reason"]), (3, &Value::from("budget")));
}
