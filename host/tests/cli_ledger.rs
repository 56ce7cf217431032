//! `interlock ledger` as a user runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

mod cli_support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use cli_support::{Folder, interlock, run, run_with_input};
use serde_json::Value;

const NODES: &str = r#"{"id":"a","origin":"one","timestamp":10,"kind":"start","payload":"hello"}
{"id":"b","origin":"two","timestamp":11,"tags":["red"],"links":[{"kind":"causes","target":"a"}],"payload_hex":"00ff"}

{"id":"c","origin":"one","timestamp":12}
"#;

fn filled(folder: &Folder) -> String {
    let file = folder.path("trace.ilog");
    let done = run_with_input(&["ledger", "append", &file], NODES.as_bytes());
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(done.text().lines().count(), 3);
    file
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

#[test]
fn what_is_appended_is_found_and_can_be_given_again() {
    let folder = Folder::new();
    let file = filled(&folder);
    let found = run(&["ledger", "query", &file, "--origin", "one"]).text();
    let ids: Vec<Value> = found.lines().map(|line| value(line)["id"].clone()).collect();
    assert_eq!(ids, ["a", "c"]);
    let linked = run(&["ledger", "query", &file, "--links-to", "a", "--link-kind", "causes"]).text();
    let linked = value(&linked);
    assert_eq!((&linked["id"], &linked["payload_hex"]), (&Value::from("b"), &Value::from("00ff")));
    assert_eq!(run(&["ledger", "query", &file, "--link-kind", "knows"]).code, 2);
    assert_eq!(run(&["ledger", "query", &folder.path("none")]).code, 2);
}

#[test]
fn a_refused_node_is_named_by_its_line_and_those_before_it_stay() {
    let folder = Folder::new();
    let file = filled(&folder);
    for (line, reason) in [
        (r#"{"id":"a","origin":"x","timestamp":1}"#, "id is a"),
        (r#"{"id":"d","origin":"one","timestamp":11}"#, "must be at least 12"),
        (r#"{"id":"d","origin":"x","timestamp":50,"links":[{"kind":"causes","target":"z"}]}"#, "links to z"),
        (r#"{"id":"d","origin":"x"}"#, "timestamp"),
        (r#"{"id":"d","origin":"x","timestamp":1,"extra":1}"#, "extra"),
        (r#"{"id":"d","origin":"x","timestamp":1,"payload":"","payload_hex":""}"#, "both"),
    ] {
        let refused = run_with_input(&["ledger", "append", &file], format!("\n{line}\n").as_bytes());
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("line 2") && refused.stderr.contains(reason), "{}", refused.stderr);
    }
    let more = format!("{}\nnonsense\n", r#"{"id":"d","origin":"x","timestamp":1}"#);
    let refused = run_with_input(&["ledger", "append", &file, "--sync-every", "0"], more.as_bytes());
    assert_eq!((refused.code, refused.text().lines().count()), (2, 1));
    assert_eq!(run(&["ledger", "query", &file]).text().lines().count(), 4);
}

#[test]
fn proofs_and_checkpoints_verify_and_forged_ones_do_not() {
    let folder = Folder::new();
    let file = filled(&folder);
    let (private, public) = (folder.path("key"), folder.path("key.pub"));
    let origin = "example.com/ledger";
    let key = run(&["ledger", "key", origin, "--out", &private]);
    assert_eq!(key.code, 0, "{}", key.stderr);
    fs::write(&public, key.stdout).unwrap();
    assert_eq!(run(&["ledger", "key", origin, "--out", &private]).code, 2, "a key is not overwritten");
    let note = run(&["ledger", "checkpoint", &file, "--key", &private, "--origin", origin]);
    assert_eq!(note.code, 0, "{}", note.stderr);
    let checkpoint = folder.path("checkpoint");
    fs::write(&checkpoint, &note.stdout).unwrap();
    let against = ["--checkpoint", &checkpoint, "--key", &public, "--origin", origin];

    let proof = folder.path("proof.json");
    for what in [&["--id", "b"][..], &["--from", "2"]] {
        let made = run(&[&["ledger", "prove", file.as_str()], what].concat());
        assert_eq!(made.code, 0, "{}", made.stderr);
        fs::write(&proof, &made.stdout).unwrap();
        assert_eq!(run(&[&["ledger", "verify", "--proof", &proof], &against[..]].concat()).code, 0);
        // A digit of the last hash, changed.
        let forged = made.text().trim_end().replace("\"]", "0\"]").replacen("[\"", "[\"1", 1);
        fs::write(&proof, forged).unwrap();
        assert_ne!(run(&["ledger", "verify", "--proof", &proof]).code, 0);
    }
    assert_eq!(run(&[&["ledger", "verify", file.as_str()], &against[..]].concat()).code, 0);
    let other = [&["ledger", "verify", file.as_str()], &against[..4], &["--origin", "example.org"]].concat();
    assert_eq!(run(&other).code, 1);
    // Another history of the same length.
    let forked = folder.path("forked");
    let nodes = NODES.replace("hello", "hullo");
    assert_eq!(run_with_input(&["ledger", "append", &forked], nodes.as_bytes()).code, 0);
    let verified = run(&[&["ledger", "verify", forked.as_str()], &against[..]].concat());
    assert_eq!(verified.code, 1, "{}", verified.stderr);
    let appended = run(&["ledger", "append", &forked, "--checkpoint", &checkpoint, "--key", &public]);
    assert_eq!(appended.code, 2, "{}", appended.stderr);
    fs::write(&checkpoint, note.text().replace("\n3\n", "\n4\n")).unwrap();
    assert_eq!(run(&[&["ledger", "verify", file.as_str()], &against[..]].concat()).code, 1);
}

#[test]
fn one_process_writes_at_a_time() {
    let folder = Folder::new();
    let file = filled(&folder);
    let mut first = interlock(&["ledger", "append", &file]);
    let mut first = first.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = first.stdin.take().unwrap();
    writeln!(input, r#"{{"id":"d","origin":"x","timestamp":1}}"#).unwrap();
    let mut said = String::new();
    BufReader::new(first.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(value(&said)["index"], 3);
    let second = run_with_input(&["ledger", "append", &file], br#"{"id":"e","origin":"x","timestamp":2}"#);
    assert!(second.code == 2 && second.stderr.contains("another process"), "{}", second.stderr);
    assert_eq!(run(&["ledger", "query", &file]).text().lines().count(), 4, "reading takes no lock");
    drop(input);
    assert!(first.wait().unwrap().success());
    assert_eq!(run_with_input(&["ledger", "append", &file], br#"{"id":"e","origin":"x","timestamp":2}"#).code, 0);
}

#[test]
fn torn_tails_are_cut_off_and_corruption_is_reported_where_it_is() {
    let folder = Folder::new();
    let file = filled(&folder);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 5]).unwrap();
    let read = run(&["ledger", "query", &file]);
    assert_eq!((read.code, read.text().lines().count()), (0, 2));
    assert!(read.stderr.contains("torn tail"), "{}", read.stderr);
    let appended = run_with_input(&["ledger", "append", &file], br#"{"id":"d","origin":"x","timestamp":1}"#);
    assert_eq!(appended.code, 0, "{}", appended.stderr);
    assert!(appended.stderr.contains("was cut off"), "{}", appended.stderr);
    assert_eq!(run(&["ledger", "verify", &file]).code, 0);

    // The first record starts behind the head of 40 bytes.
    for at in [50, 75, 90] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&file, &bytes).unwrap();
        for arguments in [&["ledger", "append", &file][..], &["ledger", "verify", &file], &["ledger", "query", &file]] {
            let refused = run(arguments);
            assert_eq!(refused.code, 2);
            assert!(refused.stderr.contains("corrupt at byte 40"), "{}", refused.stderr);
        }
        assert_eq!(fs::read(&file).unwrap(), bytes, "it is left as it is");
    }
    fs::write(&file, "{}").unwrap();
    assert!(run(&["ledger", "append", &file]).stderr.contains("no ledger"));
}

#[test]
fn exported_bytes_open_elsewhere_and_foreign_ones_here() {
    let folder = Folder::new();
    let file = filled(&folder);
    let (bytes, copy, tiles) = (folder.path("bytes"), folder.path("copy"), folder.path("tiles"));
    assert_eq!(run(&["ledger", "export", &file, "--out", &bytes]).code, 0);
    assert_eq!(fs::read(&bytes).unwrap(), fs::read(&file).unwrap());
    assert_eq!(run(&["ledger", "import", &copy, &bytes]).code, 0);
    assert_eq!(run(&["ledger", "verify", &copy]).text(), run(&["ledger", "verify", &file]).text());
    assert_eq!(run(&["ledger", "import", &copy, &bytes]).code, 2, "a file is not overwritten");
    assert_eq!(run(&["ledger", "export", &file, "--format", "tiles", "--out", &tiles]).code, 0);
    assert_eq!(fs::read(format!("{tiles}/tile/0/000.p/3")).unwrap().len(), 96);
    // What is shown as JSON makes the same log again.
    let json = run(&["ledger", "export", &file, "--format", "json"]).text();
    let nodes: Vec<String> = json
        .lines()
        .map(|line| {
            let mut node = value(line);
            node.as_object_mut().unwrap().remove("index");
            node.to_string()
        })
        .collect();
    let again = folder.path("again");
    assert_eq!(run_with_input(&["ledger", "append", &again], nodes.join("\n").as_bytes()).code, 0);
    let root = |file: &str| value(&run(&["ledger", "verify", file]).text())["root"].clone();
    assert_eq!(root(&again), root(&file));
    fs::write(&bytes, b"nothing of the kind, and long enough for a head of a file").unwrap();
    let refused = run(&["ledger", "import", &folder.path("no"), &bytes]);
    assert_eq!(refused.code, 2);
    assert!(!fs::exists(folder.path("no")).unwrap());
}
