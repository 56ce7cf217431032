//! `interlock golden`: folders of vectors that hold, that deviate, that do not, and that are none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod cli_support;

use cli_support::{Folder, run};
use serde_json::{Value, json};

/// A file of the format with a stream that holds and one that deviates.
fn streams() -> Value {
    let result = |halted: bool, index: u32| json!({"halted": halted, "halt_index": index});
    json!({
        "streams": [
            {
                "name": "low", "config_overrides": {}, "scores": [0.9, 0.25], "result": result(true, 1),
                "canon": {"halted": true, "halt_index": 1, "reason": "hard-limit"},
            },
            {
                "name": "ten_of_055", "config_overrides": {}, "scores": vec![0.55; 10], "result": result(true, 9),
                "canon": {"halted": false, "halt_index": null, "reason": null},
            },
        ],
    })
}

#[test]
fn a_folder_is_checked_file_by_file() {
    let folder = Folder::new();
    folder.file("h_streams.json", &streams().to_string());
    folder.file("z_other.json", "{}");
    folder.file("README.md", "not a vector");
    let output = run(&["golden", &folder.path("")]);
    let text = output.text();
    assert_eq!(output.code, 0, "{text}{}", output.stderr);
    let line = text.lines().find(|line| line.starts_with("h_streams.json")).unwrap();
    assert!(line.contains("1 hold, 1 deviate by design, 0 fail, largest deviation"), "{line}");
    assert!(text.lines().any(|line| line.starts_with("z_other.json") && line.ends_with("not covered by this build")));
    assert!(text.contains("1 of 2 files checked") && !text.contains("README"), "{text}");
    assert!(!text.contains("ten_of_055"));
    let verbose = run(&["golden", "--verbose", &folder.path("h_streams.json")]).text();
    assert!(verbose.contains("streams/ten_of_055: averages and drops are decided without rounding"), "{verbose}");
}

#[test]
fn other_files_of_a_format_are_known_by_name_or_content() {
    let folder = Folder::new();
    folder.file("h_streams_more.json", &streams().to_string());
    folder.file("anything.json", &streams().to_string());
    folder.file("h_streamsling.json", r#"{"what": "something else"}"#);
    let output = run(&["golden", &folder.path("")]);
    assert_eq!(output.code, 0, "{}{}", output.text(), output.stderr);
    assert!(output.text().contains("2 of 3 files checked: 2 vectors hold, 2 deviate by design"), "{}", output.text());
}

#[test]
fn what_fails_is_named_and_exits_with_one() {
    let folder = Folder::new();
    let mut file = streams();
    file["streams"][0]["canon"]["halt_index"] = json!(0);
    folder.file("h_streams.json", &file.to_string());
    let output = run(&["golden", &folder.path("")]);
    assert_eq!(output.code, 1);
    assert!(output.text().contains("streams/low: canon.halt_index: expected 0, got 1"), "{}", output.text());
    assert!(output.text().contains("0 hold, 1 deviate by design, 1 fail"), "{}", output.text());
}

#[test]
fn what_cannot_be_read_exits_with_two() {
    for text in ["", "{", "[]", "null", "{}", "{\"streams\": ", "{\"streams\": []}", "{\"strings\": [1]}"] {
        let folder = Folder::new();
        folder.file("h_streams.json", text);
        let output = run(&["golden", &folder.path("")]);
        assert_eq!(output.code, 2, "{text}: {}", output.text());
        assert!(output.stderr.contains("h_streams.json"), "{}", output.stderr);
    }
    let folder = Folder::new();
    for arguments in [vec!["golden"], vec!["golden", "/nowhere/at/all"], vec!["golden", folder.0.to_str().unwrap()]] {
        assert_eq!(run(&arguments).code, 2, "{arguments:?}");
    }
    // A folder in which nothing can be checked is no pass.
    folder.file("unknown.json", "{}");
    assert_eq!(run(&["golden", folder.0.to_str().unwrap()]).code, 2);
}

#[test]
fn the_published_vectors() {
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/golden");
    if !std::path::Path::new(published).is_dir() {
        println!("skipped: ../shared/golden is not there");
        return;
    }
    let output = run(&["golden", published]);
    assert_eq!(output.code, 0, "{}", output.text());
    for file in ["h_streams.json", "i_text.json"] {
        let line = output.text().lines().find(|line| line.starts_with(file)).map(String::from).unwrap();
        assert!(line.contains(" 0 fail,") && !line.contains("not covered"), "{line}");
    }
}
