//! `interlock rules inspect` and `diff`: what is in an artifact, a line for each thing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use interlock_core::dialect::ChannelKind;
use interlock_core::guard::{Action, Check, PatternTable};
use interlock_core::policy::Policy;
use interlock_core::rules::{CompiledRule, PolicyArtifact};
use serde_json::Value;

use super::super::{DOES_NOT_HOLD, Failure, say};
use super::file::Loaded;
use super::{Diff, Inspect};
use crate::replay::hex;

/// What there is to say, by the name of each thing.
type Lines = BTreeMap<String, String>;

pub(super) fn inspect(arguments: &Inspect) -> Result<ExitCode, Failure> {
    let path = &arguments.file;
    let loaded = Loaded::read(path)?;
    if let Some(rule) = loaded.rule() {
        say(format_args!("rule {} version {}", shown(rule.rule_id()), rule.version()));
        say(format_args!("content hash {}", hex(rule.content_hash())));
        let (bytes, payload) = (rule.as_bytes().len(), rule.payload().len());
        say(format_args!("bytes {bytes}, of which the payload has {payload}"));
        print(&header(rule));
    }
    for own in loaded.signatures() {
        say(format_args!("signature of {}, not verified", shown(&own.key_id)));
    }
    let artifact = loaded.artifact(path)?;
    let usual = if arguments.all { Lines::new() } else { policy(path, &Policy::default())? };
    let mut own = policy(path, artifact.policy())?;
    own.retain(|name, value| usual.get(name) != Some(value));
    print(&own);
    print(&patterns(&artifact));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn diff(arguments: &Diff) -> Result<ExitCode, Failure> {
    let [from, to] = [all(&arguments.from)?, all(&arguments.to)?];
    let mut is_same = true;
    let names: std::collections::BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for name in names {
        let line = match (from.get(name), to.get(name)) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(old), Some(new)) => format!("~ {name}: {old} -> {new}"),
            (Some(old), None) => format!("- {name}: {old}"),
            (None, Some(new)) => format!("+ {name}: {new}"),
            (None, None) => continue,
        };
        is_same = false;
        say(line);
    }
    Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::from(DOES_NOT_HOLD) })
}

fn print(lines: &Lines) {
    for (name, value) in lines {
        say(format_args!("{name}: {value}"));
    }
}

/// Everything that two artifacts can differ in.
fn all(path: &Path) -> Result<Lines, Failure> {
    let loaded = Loaded::read(path)?;
    let mut lines = Lines::new();
    if let Some(rule) = loaded.rule() {
        lines.insert("rule".into(), shown(rule.rule_id()));
        lines.insert("version".into(), rule.version().to_string());
        lines.append(&mut header(rule));
    }
    let artifact = loaded.artifact(path)?;
    lines.append(&mut policy(path, artifact.policy())?);
    lines.append(&mut patterns(&artifact));
    Ok(lines)
}

/// A text from a file that may be an enemy's, as it can be shown.
fn shown(text: &str) -> String {
    Value::from(text).to_string()
}

fn header(rule: &CompiledRule) -> Lines {
    let header = rule.header();
    let metadata = &header.metadata;
    let mut lines = Lines::new();
    let mut put = |name: &str, value: String| lines.insert(String::from(name), value);
    put("target", shown(&header.compute_cap.name()));
    for need in &header.depends_on {
        put(&format!("needs {}", shown(&need.rule_id)), format!("from version {}", need.min_version));
    }
    for (name, text) in
        [("author", &metadata.author), ("source", &metadata.source_language), ("compiler", &metadata.compiler_version)]
    {
        if !text.is_empty() {
            put(name, shown(text));
        }
    }
    if let Some(hash) = &metadata.source_hash {
        put("source sha256", hex(hash));
    }
    if let Some(ms) = metadata.compiled_at_ms {
        put("compiled at", format!("{ms} ms since 1970"));
    }
    lines
}

/// The policy's fields, each by its path.
fn policy(path: &Path, policy: &Policy) -> Result<Lines, Failure> {
    let value = serde_json::to_value(policy).map_err(|error| Failure::of_file(path, error))?;
    let mut lines = Lines::new();
    flatten("", &value, &mut lines);
    Ok(lines)
}

fn flatten(path: &str, value: &Value, lines: &mut Lines) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, lines);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), value, lines);
            }
        }
        _ => {
            lines.insert(path.into(), value.to_string());
        }
    }
}

/// The compiled patterns, each by its id and what happens where it matches.
fn patterns(artifact: &PolicyArtifact) -> Lines {
    // The kinds of channels that are searched for it.
    let mut channels: BTreeMap<(String, String), Vec<ChannelKind>> = BTreeMap::new();
    let groups = artifact.compiled_patterns();
    for (own, pattern) in groups.iter().flat_map(|own| own.tables.patterns().iter().map(move |it| (own, it))) {
        let name = format!("pattern {}, {}", shown(pattern.id()), pattern.action().as_str());
        channels.entry((name, automaton(pattern))).or_default().extend(&own.channels);
    }
    let mut lines = Lines::new();
    for ((name, automaton), kinds) in channels {
        let mut value = lines.remove(&name).map_or_else(String::new, |other| other + "; and ");
        let named = ChannelKind::ALL.into_iter().filter(|kind| kinds.contains(kind)).map(ChannelKind::as_str);
        let named: Vec<&str> = named.collect();
        let named = if named.len() == ChannelKind::ALL.len() { String::from("all channels") } else { named.join(", ") };
        let _ = write!(value, "in {named}; {automaton}");
        lines.insert(name, value);
    }
    for (number, own) in (1_u32..).zip(&groups) {
        let (count, bytes) = (own.tables.patterns().len(), own.bytes.len());
        lines.insert(
            format!("compiled patterns {number}"),
            format!("{count} of them, {bytes} bytes, sha256 {}", hex(&own.hash)),
        );
    }
    lines
}

/// What there is to say of a pattern that was compiled. Its beginning tells it from another of the same id.
fn automaton(pattern: &PatternTable) -> String {
    let hash = hex(&pattern.content_hash());
    let mut text = format!("{} states, automaton {}", pattern.states(), hash.get(..16).unwrap_or_default());
    if pattern.check() != Check::None {
        let _ = write!(text, ", checked by {}", shown_name(pattern.check()));
    }
    if pattern.action() == Action::Redact {
        let _ = write!(text, ", replaced by {}", shown(pattern.replacement()));
    }
    text
}

/// The name of a check in policies.
fn shown_name(check: Check) -> String {
    serde_json::to_value(check).ok().and_then(|name| name.as_str().map(String::from)).unwrap_or_default()
}
