//! What the npm package says twice, here and in TypeScript, it says alike.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::PathBuf;

use interlock_core::dialect::ChannelKind;
use interlock_core::halt::HaltReason;
use interlock_core::policy::Policy;
use interlock_core::score::signals::SanitizerFinding;
use serde_json::Value;

fn js(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../js", file].iter().collect()
}

/// The npm package ships the repository's copy, and its types are generated from it.
#[test]
fn the_packaged_schema_is_the_policys() {
    let packaged: Value = serde_json::from_str(&fs::read_to_string(js("../policy.schema.json")).unwrap()).unwrap();
    assert!(
        packaged == Policy::json_schema(),
        "policy.schema.json is stale: interlock policy schema > policy.schema.json"
    );
}

/// Whether a source file holds a list of these strings, in this order and nothing in between.
fn lists(file: &str, names: &[&str]) -> bool {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let source: String = fs::read_to_string(js(file)).unwrap().split_whitespace().collect();
    source.contains(&format!("[{},]", quoted.join(",")))
}

#[test]
fn codes_stand_for_the_same_names() {
    let reasons = HaltReason::ALL.map(HaltReason::as_str);
    assert!(lists("src/halt/codes.ts", &reasons), "{reasons:?}");
    let kinds = ChannelKind::ALL.map(ChannelKind::as_str);
    assert!(lists("src/session/session.ts", &kinds), "{kinds:?}");
    let findings = SanitizerFinding::ALL.map(SanitizerFinding::name);
    assert!(lists("src/signals/lexical.ts", &findings), "{findings:?}");
}
