//! `interlock rules compile`.

use std::path::Path;
use std::process::ExitCode;

use interlock_core::rules::{Dependency, PolicyArtifact, RuleHeader, RuleMetadata, Target};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::{Failure, read_policy, say};
use super::Compile;
use crate::replay::hex;

pub(super) fn run(arguments: &Compile) -> Result<ExitCode, Failure> {
    let path = &arguments.policy;
    let source = std::fs::read(path).map_err(|error| Failure::of_file(path, error))?;
    let artifact = PolicyArtifact::compile(read_policy(path)?).map_err(|error| Failure::of_file(path, error))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let id = arguments.id.clone().or_else(|| stem(path)).unwrap_or_default();
    let header = RuleHeader {
        depends_on: needs(&arguments.needs)?,
        metadata: RuleMetadata {
            source_language: String::from(if is_json { "json" } else { "toml" }),
            source_hash: Some(Sha256::digest(&source).into()),
            compiled_at_ms: arguments.compiled_at,
            compiler_version: concat!("interlock ", env!("CARGO_PKG_VERSION")).to_owned(),
            author: arguments.author.clone(),
        },
        ..RuleHeader::new(&id, arguments.version, Target::Wasm32)
    };
    let rule = artifact.with_header(header).map_err(|error| Failure::of_file(path, error))?;
    std::fs::write(&arguments.out, rule.as_bytes()).map_err(|error| Failure::of_file(&arguments.out, error))?;
    let (bytes, hash) = (rule.as_bytes().len(), hex(rule.content_hash()));
    say(json!({ "id": id, "version": rule.version(), "bytes": bytes, "content_hash": hash }));
    Ok(ExitCode::SUCCESS)
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem().and_then(|stem| stem.to_str()).map(String::from)
}

fn needs(given: &[String]) -> Result<Vec<Dependency>, Failure> {
    let mut needs = Vec::new();
    for text in given {
        let (rule_id, version) = text.rsplit_once('@').unwrap_or((text, "1"));
        let min_version = version.parse().map_err(|error| Failure::new(format_args!("--needs {text}"), error))?;
        needs.push(Dependency { rule_id: rule_id.into(), min_version });
    }
    needs.sort_by(|one, other| one.rule_id.cmp(&other.rule_id));
    Ok(needs)
}
