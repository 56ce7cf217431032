//! Short names for what a module exports: they are for its glue alone, and are downloaded twice.

use anyhow::{Context, Result, ensure};
use std::{collections::HashMap, fs, path::Path};
use walrus::{Module, ModuleConfig};

/// The one export that users of the glue know by its name.
const KEPT: &str = "memory";

/// Renames the exports of `<name>_bg.wasm` in a folder, and their uses in the files beside it.
///
/// # Errors
/// The files are not what wasm-bindgen writes, or there are more exports than short names.
pub(crate) fn apply(folder: &Path, name: &str) -> Result<()> {
    let wasm = folder.join(format!("{name}_bg.wasm"));
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut module = config.parse(&fs::read(&wasm)?)?;
    let short = rename(&mut module)?;
    fs::write(&wasm, module.emit_wasm())?;

    // Where each file has the names. Types leave out what only the glue has.
    for (suffix, before) in [(".js", "wasm."), (".d.ts", "readonly "), ("_bg.wasm.d.ts", "export const ")] {
        let path = folder.join(format!("{name}{suffix}"));
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let (text, found) = replace(&text, before, &short);
        ensure!(found > 0, "{}: none of the exports is named in it", path.display());
        fs::write(&path, text)?;
    }
    Ok(())
}

/// Renames all exports but the kept one: what each is called now.
fn rename(module: &mut Module) -> Result<HashMap<String, String>> {
    let mut names = ('a'..='z').flat_map(|first| ('0'..='9').map(move |second| format!("{first}{second}")));
    let mut short = HashMap::new();
    for export in module.exports.iter_mut().filter(|export| export.name != KEPT) {
        let name = names.next().context("more exports than short names")?;
        short.insert(std::mem::replace(&mut export.name, name.clone()), name);
    }
    Ok(short)
}

/// Replaces each name that stands, as a whole word, behind `before`, and says how many were.
fn replace(text: &str, before: &str, short: &HashMap<String, String>) -> (String, usize) {
    let mut parts = text.split(before);
    let mut out = String::from(parts.next().unwrap_or_default());
    let mut found = 0_usize;
    for part in parts {
        out.push_str(before);
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').unwrap_or(part.len());
        let (word, rest) = part.split_at(end);
        match short.get(word) {
            Some(name) => {
                out.push_str(name);
                found = found.saturating_add(1);
            }
            None => out.push_str(word),
        }
        out.push_str(rest);
    }
    (out, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_behind_their_mark_are_replaced() {
        let short = HashMap::from([(String::from("feed"), String::from("a0"))]);
        let (text, found) = replace("wasm.feed(1); wasm.feedThrough(); feed(wasm.feed, wasm.memory)", "wasm.", &short);
        assert_eq!((text.as_str(), found), ("wasm.a0(1); wasm.feedThrough(); feed(wasm.a0, wasm.memory)", 2));
    }
}
