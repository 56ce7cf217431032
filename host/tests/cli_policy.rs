//! `interlock policy`, `--version`, `--help`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod cli_support;

use cli_support::{Folder, run};
use serde_json::Value;

#[test]
fn the_checked_in_schema_is_the_schema() {
    let output = run(&["policy", "schema"]);
    assert_eq!(output.code, 0);
    let checked_in = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../policy.schema.json")).unwrap();
    assert!(output.text() == checked_in, "write it again: interlock policy schema > policy.schema.json");
    let schema: Value = serde_json::from_str(&checked_in).unwrap();
    for field in ["mode", "halt", "scorer", "segments", "channels", "ending", "limits"] {
        assert!(schema["properties"][field].is_object(), "{field}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_checked_policy_is_written_with_every_default() {
    let folder = Folder::new();
    let file = folder.file("policy.toml", "[halt]\nhard_limit = 0.4\n");
    let output = run(&["policy", "check", &file]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let policy: Value = serde_json::from_str(&output.text()).unwrap();
    assert_eq!((&policy["halt"]["hard_limit"], &policy["halt"]["window_size"]), (&0.4.into(), &10.into()));
    // What it writes is a policy again.
    let again = folder.file("policy.json", &output.text());
    assert_eq!(run(&["policy", "check", &again]).text(), output.text());
}

#[test]
fn a_bad_policy_names_its_field() {
    let folder = Folder::new();
    for (text, named) in [("[halt]\nhard_limit = 2", "halt.hard_limit: 2"), ("x = 1", "x"), ("[[[", "line 1")] {
        let file = folder.file("policy.toml", text);
        let output = run(&["policy", "check", &file]);
        assert_eq!((output.code, output.stdout.len()), (2, 0));
        assert!(output.stderr.contains("policy.toml") && output.stderr.contains(named), "{}", output.stderr);
    }
    assert_eq!(run(&["policy", "check", &folder.path("missing.toml")]).code, 2);
    assert_eq!(run(&["policy"]).code, 2);
}

#[test]
fn version_and_help() {
    let output = run(&["--version"]);
    assert_eq!((output.code, output.text()), (0, format!("interlock {}\n", env!("CARGO_PKG_VERSION"))));
    let help = run(&["--help"]);
    assert_eq!(help.code, 0);
    for command in ["guard", "replay", "golden", "policy"] {
        assert!(help.text().contains(command), "{}", help.text());
        assert_eq!(run(&[command, "--help"]).code, 0);
    }
}
