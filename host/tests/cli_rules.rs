//! `interlock rules` as a user runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]
#![allow(clippy::arithmetic_side_effects, clippy::case_sensitive_file_extension_comparisons, reason = "a test")]

mod cli_support;

use std::fs;

use cli_support::{Folder, Output, run, run_with_input};
use serde_json::Value;

const POLICY: &str = "[halt]\nhard_limit = 0.4\n\n[scorer]\nkind = \"host\"\n";

fn good(arguments: &[&str]) -> Output {
    let done = run(arguments);
    assert_eq!(done.code, 0, "{arguments:?}: {} {}", done.text(), done.stderr);
    done
}

fn refused(arguments: &[&str], code: i32, reason: &str) {
    let done = run(arguments);
    assert_eq!(done.code, code, "{arguments:?}: {} {}", done.text(), done.stderr);
    assert!(done.stderr.contains(reason), "{arguments:?}: {}", done.stderr);
}

/// Files of a folder: a policy, its artifact, two keys and an envelope that the first has signed.
struct Made {
    folder: Folder,
    policy: String,
    rule: String,
    keys: [String; 2],
    public: [String; 2],
    signed: String,
}

fn made() -> Made {
    let folder = Folder::new();
    let policy = folder.file("answers.toml", POLICY);
    let rule = folder.path("answers.ilk");
    good(&["rules", "compile", &policy, "-o", &rule, "--version", "3", "--needs", "base@2", "--author", "ada"]);
    let keys = [folder.path("one.key"), folder.path("two.key")];
    let public = [folder.path("one.pub"), folder.path("two.pub")];
    for (at, key) in keys.iter().enumerate() {
        let done = good(&["rules", "key", "example.com/rules", "--out", key]);
        fs::write(&public[at], done.stdout).unwrap();
    }
    let signed = folder.path("answers.dsse.json");
    good(&["rules", "sign", &rule, "--key", &keys[0], "-o", &signed]);
    Made { folder, policy, rule, keys, public, signed }
}

#[test]
fn the_same_policy_gives_the_same_bytes() {
    let Made { folder, policy, rule, .. } = made();
    let again = folder.path("again.ilk");
    let compile = |version: &str| {
        let arguments = ["rules", "compile", &policy, "-o", &again, "--version", version, "--needs", "base@2"];
        good(&[&arguments[..], &["--author", "ada"]].concat()).text()
    };
    let told: Value = serde_json::from_str(&compile("3")).unwrap();
    assert_eq!(fs::read(&again).unwrap(), fs::read(&rule).unwrap());
    assert_eq!((&told["id"], &told["version"]), (&Value::from("answers"), &Value::from(3)));
    compile("4");
    assert_ne!(fs::read(&again).unwrap(), fs::read(&rule).unwrap());
    refused(&["rules", "compile", &policy, "-o", &again, "--version", "0"], 2, "version is 0");
    let broken = folder.file("broken.toml", "[halt]\nhard_limit = 7\n");
    refused(&["rules", "compile", &broken, "-o", &again], 2, "halt.hard_limit");
}

#[test]
fn enough_keys_must_have_signed() {
    let Made { folder, rule, keys, public, signed, .. } = made();
    let both = folder.path("both.json");
    let told = good(&["rules", "verify", &signed, "--key", &public[0]]).text();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["signed_by"].as_array().unwrap().len(), 1);
    let threshold = ["--key", &public[0], "--key", &public[1], "--threshold", "2"];
    refused(&[&["rules", "verify", &signed], &threshold[..]].concat(), 1, "1 trusted keys signed, 2 must");
    refused(&["rules", "verify", &signed, "--key", &public[1]], 1, "0 trusted keys signed");
    good(&["rules", "sign", &signed, "--key", &keys[1], "-o", &both]);
    good(&[&["rules", "verify", &both], &threshold[..]].concat());
    refused(&["rules", "sign", &both, "--key", &keys[1], "-o", &both], 2, "has signed it");
    refused(&["rules", "verify", &rule, "--key", &public[0]], 2, "nobody has signed");
    // Another content under the same signatures.
    let text = fs::read_to_string(&both).unwrap();
    let at = text.find("\"payload\":\"").unwrap() + 40;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    let forged = folder.file("forged.json", &[&text[..at], other, &text[at + 1..]].concat());
    assert_ne!(run(&["rules", "verify", &forged, "--key", &public[0]]).code, 0);
}

#[test]
fn what_is_in_it_and_what_changes_can_be_read() {
    let Made { folder, policy, rule, signed, .. } = made();
    let text = good(&["rules", "inspect", &signed]).text();
    for line in [
        "rule \"answers\" version 3",
        "needs \"base\": from version 2",
        "author: \"ada\"",
        "target: \"data/2\"",
        "halt.hard_limit: 0.4",
        "scorer.kind: \"host\"",
        "not verified",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("window_size"), "what is the default is not told");
    assert!(good(&["rules", "inspect", &rule, "--all"]).text().contains("halt.window_size"));
    assert_eq!(good(&["rules", "diff", &rule, &signed]).text(), "", "a signature changes nothing");
    let other = folder.file("other.toml", &POLICY.replace("0.4", "0.3"));
    let done = run(&["rules", "diff", &policy, &other]);
    assert_eq!((done.code, done.text().as_str()), (1, "~ halt.hard_limit: 0.4 -> 0.3\n"));
}

#[test]
fn a_stream_is_guarded_with_an_artifact_as_with_its_source() {
    let Made { folder, policy, rule, public, signed, .. } = made();
    let scores = folder.file("scores", "0.9\n0.2\n");
    let guard = |policy: &str, more: &[&str]| {
        let arguments = ["guard", "--dialect", "text", "--policy", policy, "--scores", &scores];
        run_with_input(&[&arguments[..], more].concat(), b"hello")
    };
    let plain = guard(&policy, &[]);
    assert_eq!((plain.code, plain.stdout.as_slice()), (0, &b"hello"[..]));
    for (file, more) in [(&rule, &[][..]), (&signed, &[]), (&signed, &["--key", &public[0]])] {
        let done = guard(file, more);
        assert_eq!((done.code, &done.stdout), (0, &plain.stdout), "{}", done.stderr);
    }
    for (file, key, reason) in [
        (&rule, &public[0], "not signed"),
        (&policy, &public[0], "not signed"),
        (&signed, &public[1], "0 trusted keys"),
    ] {
        let done = guard(file, &["--key", key]);
        assert_eq!((done.code, done.stdout.len()), (2, 0));
        assert!(done.stderr.contains(reason), "{}", done.stderr);
    }
}

#[test]
fn damaged_files_are_refused() {
    let Made { folder, rule, signed, .. } = made();
    let bytes = fs::read(&rule).unwrap();
    for length in (4..bytes.len()).step_by(7) {
        let cut = folder.bytes("cut.ilk", &bytes[..length]);
        assert_eq!(run(&["rules", "inspect", &cut]).code, 2);
    }
    let text = fs::read(&signed).unwrap();
    let cut = folder.bytes("cut.json", &text[..text.len() / 2]);
    assert_eq!(run(&["rules", "inspect", &cut]).code, 2);
}

#[test]
fn cases_say_what_must_come_of_a_policy() {
    let Made { folder, policy, .. } = made();
    let good_cases = folder.file(
        "good.toml",
        "[[case]]\nname = \"passes\"\ntext = \"hello\"\n\n[[case]]\nname = \"halts\"\ntext = \"hello\"\nscores = [0.1]\nhalts = \"hard-limit\"\noutput = \"\"\n",
    );
    assert!(good(&["rules", "test", &policy, &good_cases]).text().contains("2 cases, 0 failed"));
    let bad =
        folder.file("bad.toml", "[[case]]\nname = \"no\"\ntext = \"hello\"\nhalts = \"pattern\"\nabsent = [\"ell\"]\n");
    let done = run(&["rules", "test", &policy, &bad]);
    assert_eq!(done.code, 1);
    assert!(done.text().contains("halted by pattern, and was by nothing") && done.text().contains("\"ell\" left"));
    for text in ["", "case = []", "[[case]]\nname = \"x\"\n", "[[case]]\nname = \"x\"\ntext = \"\"\nfoo = 1\n"] {
        let cases = folder.file("wrong.toml", text);
        assert_eq!(run(&["rules", "test", &policy, &cases]).code, 2, "{text}");
    }
}

/// A policy with a pattern of its own, and what it does with a text.
const GUARDED: &str = "[[guard.rules]]\nsets = [\"email\"]\naction = \"redact\"\nchannels = [\"content\"]\n\
    patterns = [{ id = \"ticket\", pattern = '\\bTICKET-[0-9]{6}\\b', replacement = \"[ticket]\" }]\n";

#[test]
fn an_artifact_carries_its_compiled_patterns() {
    let folder = Folder::new();
    let policy = folder.file("guarded.toml", GUARDED);
    let rule = folder.path("guarded.ilk");
    good(&["rules", "compile", &policy, "-o", &rule]);
    for file in [&policy, &rule] {
        let done =
            run_with_input(&["guard", "--dialect", "text", "--policy", file], b"TICKET-123456 of ada@example.org");
        assert_eq!((done.code, done.text().as_str()), (0, "[ticket] of [redacted:email]"), "{}", done.stderr);
    }
    let text = good(&["rules", "inspect", &rule]).text();
    let line = text.lines().find(|line| line.starts_with("pattern \"ticket\", redact: in content; ")).unwrap();
    assert!(line.ends_with(", replaced by \"[ticket]\""), "{line}");
    assert!(text.contains("\ncompiled patterns 1: 2 of them, "), "{text}");
    let cases = folder.file(
        "cases.toml",
        "[[case]]\nname = \"both\"\ntext = \"TICKET-123456 a@b.co\"\noutput = \"[ticket] [redacted:email]\"\n\
            matches = [\"ticket\", \"email\"]\n",
    );
    assert!(good(&["rules", "test", &rule, &cases]).text().ends_with("1 cases, 0 failed\n"));
    let wrong =
        folder.file("wrong.toml", "[[case]]\nname = \"none\"\ntext = \"TICKET-12345\"\nmatches = [\"ticket\"]\n");
    assert!(run(&["rules", "test", &rule, &wrong]).text().contains("[] matched, must be [\"ticket\"]"));
    // The same rules, and another pattern behind the name.
    let other = folder.file("other.toml", &GUARDED.replace("{6}", "{7}"));
    let done = run(&["rules", "diff", &policy, &other]).text();
    assert!(done.contains("~ pattern \"ticket\", redact: ") && done.contains(" automaton "), "{done}");
    // Whoever changes a bit of the patterns changes the hash.
    let mut bytes = fs::read(&rule).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    refused(&["rules", "inspect", &folder.bytes("changed.ilk", &bytes)], 2, "the artifact's SHA-256 is");
}

#[test]
fn patterns_that_would_explode_are_refused() {
    let folder = Folder::new();
    let wide = GUARDED.replace(r"\bTICKET-[0-9]{6}\b", "(a|b)*a(a|b){20}");
    let policy = folder.file("wide.toml", &wide);
    let reason = "guard.rules[0]: pattern ticket needs 10001 states or more, the limit is 10000";
    let out = folder.path("wide.ilk");
    refused(&["rules", "compile", &policy, "-o", &out], 2, reason);
    refused(&["rules", "tables", &policy, "-o", &out], 2, reason);
    let done = run_with_input(&["guard", "--dialect", "text", "--policy", &policy], b"a");
    assert!(done.code == 2 && done.stdout.is_empty() && done.stderr.contains(reason), "{}", done.stderr);
    assert!(fs::metadata(&out).is_err(), "nothing was written");
}

#[test]
fn compiled_patterns_are_written_for_javascript() {
    let folder = Folder::new();
    let policy = folder.file("guarded.toml", GUARDED);
    let module = folder.path("guarded.mjs");
    let told: Value = serde_json::from_str(&good(&["rules", "tables", &policy, "-o", &module]).text()).unwrap();
    assert_eq!((&told["patterns"][1], &told["channels"][0]), (&Value::from("ticket"), &Value::from("content")));
    let text = fs::read_to_string(&module).unwrap();
    assert!(text.contains(&format!("{{ sha256: {}, bytes: decoded(\"SUxLR1VBUkQ", told["sha256"])));
    let start = text.find("export const policy = ").unwrap() + 22;
    let policy: Value = serde_json::from_str(&text[start..start + text[start..].find(";\n").unwrap()]).unwrap();
    assert_eq!(policy["guard"]["rules"][0]["sets"], serde_json::json!(["email", "ticket"]));
}

#[test]
fn the_starter_policies_do_what_their_cases_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
    let mut tested = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        if let Some(stem) = name.strip_suffix(".cases.toml") {
            let done = run(&["rules", "test", &format!("{stem}.toml"), name]);
            assert_eq!(done.code, 0, "{}", done.text());
            tested += 1;
        }
    }
    let policies = fs::read_dir(folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name.ends_with(".toml") && !name.ends_with(".cases.toml")
    });
    assert_eq!(tested, policies.count(), "each has its cases");
}
