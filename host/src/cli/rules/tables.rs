//! `interlock rules tables`: compiled patterns for hosts that have no compiler.

use std::fmt::Write as _;
use std::process::ExitCode;

use base64ct::{Base64, Encoding};
use interlock_core::guard::PatternTable;
use interlock_core::rules::PolicyArtifact;
use serde_json::json;

use super::super::{Failure, say};
use super::Tables;
use super::file::Loaded;
use crate::replay::hex;

/// What turns the text of a table into its bytes, in every host of JavaScript.
const DECODED: &str = "\
function decoded(base64) {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
";

pub(super) fn run(arguments: &Tables) -> Result<ExitCode, Failure> {
    let artifact = Loaded::read(&arguments.policy)?.artifact(&arguments.policy)?;
    let module = module(&artifact);
    std::fs::write(&arguments.out, &module).map_err(|error| Failure::of_file(&arguments.out, error))?;
    for own in artifact.compiled_patterns() {
        let patterns: Vec<&str> = own.tables.patterns().iter().map(PatternTable::id).collect();
        let (channels, bytes) = (own.channels.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(), own.bytes.len());
        say(json!({ "sha256": hex(&own.hash), "bytes": bytes, "channels": channels, "patterns": patterns }));
    }
    Ok(ExitCode::SUCCESS)
}

/// An ECMAScript module with the policy and its tables: what `guardStream` and `GuardTables` of `interlock-wasm` take.
fn module(artifact: &PolicyArtifact) -> String {
    let mut text = String::from("// By `interlock rules tables`.\n");
    text.push_str(DECODED);
    // JSON is an expression of the language.
    let _ = write!(text, "\n/** @type {{import(\"interlock-wasm\").PolicyInput}} */\nexport const policy = ");
    let _ = writeln!(text, "{};", artifact.policy_json());
    text.push_str("\n/** @type {import(\"interlock-wasm\").GuardArtifact[]} */\nexport const tables = [\n");
    for own in artifact.compiled_patterns() {
        let base64 = Base64::encode_string(own.bytes);
        let _ = writeln!(text, "  {{ sha256: \"{}\", bytes: decoded(\"{base64}\") }},", hex(&own.hash));
    }
    text.push_str("];\n");
    text
}
