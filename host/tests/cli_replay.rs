//! `interlock replay`: fixtures that hold, fixtures that do not, and files that are none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod cli_support;

use std::path::{Path, PathBuf};

use cli_support::{Folder, finish, interlock, run};
use serde_json::{Value, json};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

/// A small fixture of the suite `halt`, with the right outputs.
fn small() -> Value {
    json!({
        "format": "interlock-fixture/1",
        "suite": "halt",
        "about": "a test",
        "written_by": "a test",
        "cases": [
            {
                "name": "halts",
                "input": {"kind": "monitor", "config": {}, "steps": [
                    {"push": "3feccccccccccccd 3fb999999999999a 3feccccccccccccd"}, "finish",
                ]},
                "expect": {
                    "steps": [
                        "pass; halt hard-limit 3fb999999999999a 3fe0000000000000; refused ended halted",
                        "2 2 0 3fe0000000000000 3fb999999999999a 1 hard-limit 3fb999999999999a 3fe0000000000000",
                    ],
                    "state": "halted",
                    "summary": "2 2 0 3fe0000000000000 3fb999999999999a 1 hard-limit 3fb999999999999a 3fe0000000000000",
                },
            },
            {
                "name": "refused",
                "input": {"kind": "monitor", "config": {"hard_limit": "7ff8000000000000"}, "steps": []},
                "expect": {"refused": "config hard_limit"},
            },
        ],
    })
}

fn replay(folder: &Folder, fixture: &Value) -> cli_support::Output {
    let file = folder.file("fixture.json", &fixture.to_string());
    run(&["replay", &file])
}

#[test]
fn every_fixture_of_the_project_holds() {
    let files = fixtures();
    assert!(files.len() >= 2);
    let mut arguments = vec!["replay"];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let output = run(&arguments);
    assert_eq!(output.code, 0, "{}", output.text());
    let halt = output.text().lines().find(|line| line.contains("halt.json")).map(String::from).unwrap();
    let hold: u32 = halt.rsplit(": ").next().unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(hold >= 300, "{halt}");
}

#[test]
fn the_files_are_what_the_generator_writes() {
    let folder = Folder::new();
    let output = run(&["fixtures", &folder.path("written")]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let mut bytes = 0;
    for file in fixtures() {
        let committed = std::fs::read_to_string(&file).unwrap();
        let written =
            std::fs::read_to_string(Path::new(&folder.path("written")).join(file.file_name().unwrap())).unwrap();
        assert!(
            committed == written,
            "{}: write the fixtures again: interlock fixtures tests/fixtures",
            file.display()
        );
        bytes += committed.len();
    }
    assert!(bytes < 6_000_000, "{bytes} bytes of fixtures");
}

/// The same bits on this machine, in wasm with vectors and in wasm without.
#[test]
fn the_advanced_runtime_has_one_digest_a_suite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let suites = ["geometry", "observers", "physics"];
    let files = suites.map(|suite| folder.join(format!("{suite}.json")).to_str().unwrap().to_owned());
    let replayed = |components: &[&str]| -> Value {
        let target = std::env::var("CARGO_TARGET_DIR")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").to_owned());
        let mut arguments = vec![String::from("replay"), String::from("--json")];
        for component in components {
            arguments.extend([String::from("--component"), format!("{target}/component/{component}.component.wasm")]);
        }
        arguments.extend(files.iter().cloned());
        let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.code, 0, "{}", output.stderr);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["suites"].clone()
    };
    let native = replayed(&[]);
    assert!(suites.iter().all(|suite| native[suite]["cases"].as_u64().unwrap() >= 100), "{native}");
    assert_eq!(replayed(&["interlock-advanced"]), native);
    assert_eq!(replayed(&["interlock", "interlock-advanced-scalar"]), native);
}

/// What the documentation of the interface lists is what the fixtures show.
#[test]
fn every_refusal_of_the_registry_is_in_the_fixtures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let wit = std::fs::read_to_string(folder.join("wit/rules.wit")).unwrap();
    let fixture = std::fs::read_to_string(folder.join("tests/fixtures/rules.json")).unwrap();
    let codes: Vec<&str> = wit.split('`').filter(|word| word.starts_with("rule-") && !word.contains('\n')).collect();
    assert!(codes.len() >= 24, "{codes:?}");
    for code in codes {
        let kind = code.trim_start_matches("rule-");
        let shown = [format!("refused {code} "), format!(" refused {kind} ")];
        assert!(shown.iter().any(|text| fixture.contains(text)), "{code} is in no case");
    }
}

#[test]
fn a_suite_without_its_component_is_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let target = std::env::var("CARGO_TARGET_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").to_owned());
    let component = |name: &str| format!("{target}/component/{name}.component.wasm");
    let file = |suite: &str| folder.join(format!("{suite}.json")).to_str().unwrap().to_owned();
    let output = run(&["replay", "--component", &component("interlock"), &file("physics")]);
    assert!(output.code == 2 && output.stderr.contains("advanced runtime"), "{}", output.stderr);
    let output = run(&["replay", "--component", &component("interlock-advanced"), &file("halt")]);
    assert!(output.code == 1 && output.text().contains("default world"), "{}", output.text());
}

#[test]
fn what_does_not_hold_is_named() {
    let folder = Folder::new();
    let good = replay(&folder, &small());
    assert_eq!(good.code, 0, "{}", good.text());
    assert!(good.text().contains("2 of 2 hold"), "{}", good.text());
    let digest = |text: &str| text.lines().last().unwrap().split(' ').nth(2).unwrap().to_owned();
    assert_eq!(digest(&good.text()).len(), 64);

    let mut wrong = small();
    wrong["cases"][0]["expect"]["steps"][0] = json!("pass; pass; pass");
    let output = replay(&folder, &wrong);
    assert_eq!(output.code, 1);
    assert!(
        output.text().contains("1 of 2 hold") && output.text().contains("FAIL halts at /steps/0"),
        "{}",
        output.text()
    );
    // The digest is of what came, not of what was expected.
    assert_eq!(digest(&output.text()), digest(&good.text()));

    let mut other = small();
    other["cases"][0]["input"]["steps"][0] = json!({"push": "3feccccccccccccd"});
    let output = replay(&folder, &other);
    assert_eq!(output.code, 1);
    assert_ne!(digest(&output.text()), digest(&good.text()));

    let mut unexpected = small();
    unexpected["cases"][1].as_object_mut().unwrap().remove("expect");
    assert_eq!(replay(&folder, &unexpected).code, 1);
}

#[test]
fn several_files_of_a_suite_have_one_digest() {
    let folder = Folder::new();
    let mut first = small();
    let mut second = small();
    first["cases"].as_array_mut().unwrap().truncate(1);
    second["cases"].as_array_mut().unwrap().remove(0);
    let whole = folder.file("whole.json", &small().to_string());
    let (a, b) = (folder.file("a.json", &first.to_string()), folder.file("b.json", &second.to_string()));
    let json = |arguments: &[&str]| -> Value { serde_json::from_slice(&run(arguments).stdout).unwrap() };
    let one = json(&["replay", "--json", &whole]);
    let two = json(&["replay", "--json", &a, &b]);
    assert_eq!(one, two);
    assert_eq!(one["host"], "native");
    assert_eq!((&one["suites"]["halt"]["cases"], &one["suites"]["halt"]["holds"]), (&json!(2), &json!(2)));
}

#[test]
fn blessing_writes_the_expected_values() {
    let folder = Folder::new();
    let mut wrong = small();
    wrong["cases"][0]["expect"] = json!("wrong");
    let file = folder.file("fixture.json", &wrong.to_string());
    let mut command = interlock(&["replay", &file]);
    command.env("BLESS", "1");
    let output = finish(command, &[]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.text().contains("1 of 2 cases rewritten"), "{}", output.text());
    assert_eq!(run(&["replay", &file]).code, 0);
    let blessed: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(blessed["cases"], small()["cases"]);
    // What cannot be read is not overwritten.
    let broken = folder.file("broken.json", "{");
    let mut command = interlock(&["replay", &broken]);
    command.env("BLESS", "1");
    assert_eq!(finish(command, &[]).code, 2);
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "{");
}

#[test]
fn what_is_no_fixture_exits_with_two_and_says_where() {
    let folder = Folder::new();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut fixture = small();
        change(&mut fixture);
        fixture.to_string()
    };
    let cases = [
        (String::new(), "is not a fixture"),
        (String::from("["), "is not a fixture"),
        (String::from("{}"), "format"),
        (String::from("not JSON"), "line 1 column"),
        (with(&|f| f["format"] = json!("interlock-fixture/9")), "interlock-fixture/9"),
        (with(&|f| f["suite"] = json!("chemistry")), "chemistry"),
        (with(&|f| f["extra"] = json!(1)), "extra"),
        (with(&|f| f["cases"] = json!({})), "is not a fixture"),
        (with(&|f| f["cases"][1]["name"] = json!("halts")), "two cases"),
        (with(&|f| f["cases"][0]["input"] = json!({"kind": "what"})), "halts"),
        (with(&|f| f["cases"][0]["input"]["config"] = json!({"window": 1})), "window"),
        (with(&|f| f["cases"][0]["input"]["steps"][0] = json!({"push": "0.5"})), "16 hexadecimal digits"),
        (with(&|f| f["cases"][0]["input"]["steps"][0] = json!({"shove": "3fe0000000000000"})), "shove"),
    ];
    for (text, named) in cases {
        let file = folder.file("fixture.json", &text);
        let output = run(&["replay", &file]);
        assert_eq!(output.code, 2, "{text}: {}", output.text());
        assert!(output.stderr.contains("fixture.json") && output.stderr.contains(named), "{named}: {}", output.stderr);
    }
    // A table that the input has not, in both kinds of streams.
    for (input, named) in [
        (
            json!({"kind": "stream", "policy": "{}", "dialect": "text", "steps": [{"adopt": ["{}", [0]]}]}),
            "table 0 of 0",
        ),
        (
            json!({"kind": "guarded", "policy": "{}", "dialect": "text", "tables": ["00"], "steps": [
                {"check-adopt": ["{}", [0, 7]]},
            ]}),
            "table 7 of 1",
        ),
    ] {
        let text = with(&|f| {
            f["suite"] = json!("session");
            f["cases"] = json!([{"name": "adopts", "input": input.clone(), "expect": {}}]);
        });
        let output = run(&["replay", &folder.file("fixture.json", &text)]);
        assert_eq!(output.code, 2, "{text}: {}", output.text());
        assert!(output.stderr.contains("\"adopts\"") && output.stderr.contains(named), "{named}: {}", output.stderr);
    }
    let output = run(&["replay", &folder.path("missing.json")]);
    assert!(output.code == 2 && output.stderr.contains("missing.json"), "{}", output.stderr);
    assert_eq!(run(&["replay"]).code, 2);
    let file = folder.file("fixture.json", &small().to_string());
    let output = run(&["replay", "--component", &folder.path("missing.wasm"), &file]);
    assert!(output.code == 2 && output.stderr.contains("missing.wasm"), "{}", output.stderr);
}
