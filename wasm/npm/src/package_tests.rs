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

/// Descriptions without what they say to Rust programmers: their first paragraph.
fn first_paragraphs(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("description") {
                let end = text.find("\n\n").unwrap_or(text.len());
                text.truncate(end);
                *text = text.replace('\n', " ");
            }
            fields.values_mut().for_each(first_paragraphs);
        }
        Value::Array(items) => items.iter_mut().for_each(first_paragraphs),
        _ => {}
    }
}

/// `BLESS=1` writes the file; `npm run types --workspace js` then generates the types from it.
#[test]
fn the_packaged_schema_is_the_policys() {
    let path = js("policy.schema.json");
    let mut schema = Policy::json_schema();
    first_paragraphs(&mut schema);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{schema:#}\n")).unwrap();
    }
    let packaged: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert!(
        packaged == schema,
        "js/policy.schema.json is stale: BLESS=1 cargo test -p interlock-bindgen && npm run types --workspace js"
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
    assert!(lists("src/internal/codes.ts", &reasons), "{reasons:?}");
    let kinds = ChannelKind::ALL.map(ChannelKind::as_str);
    assert!(lists("src/session/session.ts", &kinds), "{kinds:?}");
    let findings = SanitizerFinding::ALL.map(SanitizerFinding::name);
    assert!(lists("src/score/signals.ts", &findings), "{findings:?}");
}
