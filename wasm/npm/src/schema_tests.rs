//! The JSON Schema in the npm package is the policy's.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use interlock_core::policy::Policy;
use serde_json::Value;

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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../js/policy.schema.json");
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
