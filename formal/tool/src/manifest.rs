//! Which theorem speaks of which item of the core.

use crate::{SUBSYSTEMS, formal, rocq};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fs;

/// `formal/manifest.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its theorems, file by file.
    pub theorem: Vec<Theorem>,
}

/// A theorem.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theorem {
    /// Its name in Rocq.
    pub name: String,
    /// Its file below `formal/`.
    pub file: String,
    /// What it states, in a sentence.
    pub says: String,
    /// What it assumes beyond Rocq's own logic: `reals` (the axioms of the standard library's real numbers), or nothing.
    pub assumes: Vec<String>,
    /// The items of the core that it speaks of: `PATH::ITEM`.
    pub rust: Vec<String>,
    /// What ties the model to the code: `oracle NAME` of a subsystem, or `test PATH::NAME`.
    pub tied_by: String,
}

/// What Rocq's real numbers rest on.
const REALS: [&str; 4] = [
    "ClassicalDedekindReals.sig_not_dec",
    "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
    "Classical_Prop.classic",
];

/// The axioms of a theorem in `assumptions.txt`: each begins a line, what it states is further in.
fn axioms(block: &str) -> impl Iterator<Item = &str> {
    let lines = block.lines().filter_map(|line| line.strip_prefix("  "));
    let heads = lines.filter(|line| !line.starts_with(' ') && *line != "Axioms:" && !line.starts_with("Closed under"));
    heads.filter_map(|line| line.split_whitespace().next())
}

impl Manifest {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or is malformed.
    pub fn read() -> Result<Self> {
        let path = formal().join("manifest.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(toml::from_str(&text)?)
    }

    /// The theorems' names by file, in the order of the manifest.
    #[must_use]
    pub fn by_file(&self) -> Vec<(&str, Vec<&str>)> {
        let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
        for theorem in &self.theorem {
            match files.iter_mut().find(|(file, _)| *file == theorem.file) {
                Some((_, names)) => names.push(&theorem.name),
                None => files.push((&theorem.file, vec![&theorem.name])),
            }
        }
        files
    }

    /// Checks that manifest, proofs and core are in step.
    ///
    /// # Errors
    /// The first theorem, item or test that is not there, and the first theorem that the manifest leaves out.
    pub fn check(&self) -> Result<()> {
        let golden = fs::read_to_string(formal().join("assumptions.txt")).context("cannot read assumptions.txt")?;
        for theorem in &self.theorem {
            theorem.check().with_context(|| format!("theorem {} of the manifest", theorem.name))?;
            let head = format!("{} {}\n", theorem.file, theorem.name);
            let (_, after) = golden.split_once(&head).with_context(|| format!("assumptions.txt has no {head}"))?;
            let (block, _) = after.split_once("\n\n").unwrap_or((after, ""));
            let closed = block.trim() == "Closed under the global context";
            ensure!(closed == theorem.assumes.is_empty(), "{}: `assumes` is not what Rocq prints", theorem.name);
            let others = axioms(block).find(|axiom| !REALS.contains(axiom));
            ensure!(others.is_none(), "{}: rests on {others:?}", theorem.name);
        }
        for file in rocq::theories()? {
            let text = rocq::without_comments(&fs::read_to_string(formal().join(&file))?);
            for name in text.lines().filter_map(|line| {
                let rest = line
                    .trim_start()
                    .strip_prefix("Theorem ")
                    .or_else(|| line.trim_start().strip_prefix("Corollary "))?;
                rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()
            }) {
                let known = self.theorem.iter().any(|theorem| theorem.file == file && theorem.name == name);
                ensure!(known, "formal/{file}: theorem {name} is not in the manifest");
            }
        }
        Ok(())
    }
}

impl Theorem {
    fn check(&self) -> Result<()> {
        let text = rocq::without_comments(&fs::read_to_string(formal().join(&self.file))?);
        let stated = ["Theorem", "Corollary", "Lemma"].iter().any(|kind| has_item(&text, kind, &self.name));
        ensure!(stated, "formal/{} does not state it", self.file);
        ensure!(!self.says.is_empty() && self.says.ends_with('.'), "says nothing");
        for axiom in &self.assumes {
            ensure!(axiom == "reals", "assumes {axiom}, which is not allowed");
        }
        ensure!(!self.rust.is_empty(), "speaks of no item");
        for item in &self.rust {
            find_item(item)?;
        }
        match self.tied_by.split_once(' ') {
            Some(("oracle", name)) => {
                ensure!(SUBSYSTEMS.iter().any(|subsystem| subsystem.name == name), "no oracle {name}");
            }
            Some(("test", item)) => find_item(item)?,
            _ => anyhow::bail!("tied by nothing: {}", self.tied_by),
        }
        Ok(())
    }
}

/// Whether the text has a line that declares this name with this keyword.
fn has_item(text: &str, keyword: &str, name: &str) -> bool {
    text.lines().any(|line| {
        line.split_once(keyword).is_some_and(|(_, rest)| {
            rest.strip_prefix(' ').and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| {
                !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '\'')
            })
        })
    })
}

fn find_item(item: &str) -> Result<()> {
    let (path, name) = item.split_once("::").with_context(|| format!("not PATH::ITEM: {item}"))?;
    let root = formal().parent().map(std::path::Path::to_path_buf).unwrap_or_default();
    let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    let kinds = ["fn", "struct", "enum", "const", "type", "trait", "mod", "static"];
    ensure!(kinds.iter().any(|kind| has_item(&text, kind, name)), "{path} has no item {name}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{axioms, has_item};

    #[test]
    fn every_axiom_is_seen() {
        let block = "  Axioms:\n  A.one : forall P : Prop,\n      P\n  B.two\n    : nat\n";
        assert_eq!(axioms(block).collect::<Vec<_>>(), ["A.one", "B.two"]);
        assert_eq!(axioms("  Closed under the global context").count(), 0);
    }

    #[test]
    fn an_item_is_a_whole_name() {
        assert!(has_item("    pub fn push(&mut self)", "fn", "push"));
        assert!(!has_item("    pub fn push_many(&mut self)", "fn", "push"));
        assert!(!has_item("// push", "fn", "push"));
        assert!(has_item("Theorem a_b x :", "Theorem", "a_b"));
    }
}
