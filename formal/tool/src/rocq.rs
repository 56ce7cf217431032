//! Checks the proofs: builds them, looks for what is not proved, and makes the oracle.

use crate::formal;
use crate::manifest::Manifest;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs that the check needs, and what they come from.
const PROGRAMS: [&str; 4] = ["coqc", "coq_makefile", "ocamlfind", "make"];

/// Words with which something is claimed and not proved, or a check is switched off.
const UNPROVED: [&str; 17] = [
    "Admitted",
    "admit",
    "give_up",
    "Abort",
    "Axiom",
    "Axioms",
    "Parameter",
    "Parameters",
    "Conjecture",
    "Conjectures",
    "Hypothesis",
    "Hypotheses",
    "Declare",
    "bypass_check",
    "Guard",
    "Positivity",
    "Unset",
];

/// The program that is missing, if one is.
#[must_use]
pub fn missing() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| {
        !std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
    })
}

/// The theories of `_CoqProject`, in its order.
///
/// # Errors
/// It cannot be read, or a theory lies in `formal/` that it does not name.
pub fn theories() -> Result<Vec<String>> {
    let project = fs::read_to_string(formal().join("_CoqProject")).context("cannot read formal/_CoqProject")?;
    let named: Vec<String> = project.lines().filter(|line| has_extension(line, "v")).map(str::to_owned).collect();
    for folder in fs::read_dir(formal())?.filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(folder.path())?.filter_map(Result::ok) {
            let (folder, file) = (folder.file_name(), file.file_name());
            let path = format!("{}/{}", folder.to_string_lossy(), file.to_string_lossy());
            ensure!(!has_extension(&path, "v") || named.contains(&path), "{path} is not in formal/_CoqProject");
        }
    }
    Ok(named)
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// The text without comments, which nest.
#[must_use]
pub fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix("(*") {
            depth = depth.saturating_add(1);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("*)") {
            depth = depth.saturating_sub(1);
            rest = after;
        } else {
            let mut letters = rest.chars();
            let Some(letter) = letters.next() else { return out };
            if depth == 0 || letter == '\n' {
                out.push(letter);
            }
            rest = letters.as_str();
        }
    }
}

/// Refuses words with which something is claimed without a proof.
///
/// # Errors
/// The first such word: file and line.
pub fn scan(name: &str, text: &str) -> Result<()> {
    for (line, text) in (1_u32..).zip(without_comments(text).lines()) {
        let mut words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '\''));
        if let Some(word) = words.find(|word| UNPROVED.contains(word)) {
            bail!("formal/{name}:{line}: `{word}` proves nothing");
        }
    }
    Ok(())
}

/// Brings the theories and the oracle's sources into `dir`, replacing only what differs, so that a build does only
/// what is new.
///
/// # Errors
/// A file cannot be read or written.
pub fn copy(dir: &Path) -> Result<Vec<String>> {
    let theories = theories()?;
    let mut files = theories.clone();
    files.push("_CoqProject".to_owned());
    for entry in fs::read_dir(formal().join("oracle"))?.filter_map(Result::ok) {
        files.push(format!("oracle/{}", entry.file_name().to_string_lossy()));
    }
    for file in &files {
        let (from, to) = (formal().join(file), dir.join(file));
        let text = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if fs::read(&to).ok().as_ref() != Some(&text) {
            fs::create_dir_all(to.parent().context("a file without a folder")?)?;
            fs::write(&to, text)?;
        }
    }
    Ok(theories)
}

/// Runs a program in a folder and gives what it said.
///
/// # Errors
/// It cannot be started or fails: what it said.
pub fn run(dir: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let out = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    ensure!(out.status.success(), "{program} {}: {}\n{text}", arguments.join(" "), out.status);
    Ok(text)
}

/// Checks every proof in `dir`.
///
/// # Errors
/// One does not hold: what Rocq says of it.
pub fn build(dir: &Path) -> Result<()> {
    run(dir, "coq_makefile", &["-f", "_CoqProject", "-o", "Makefile"])?;
    run(dir, "make", &["-j2", "--no-print-directory"])?;
    Ok(())
}

/// What each theorem of the manifest assumes, as Rocq prints it. To find that out takes a minute, so what it said is kept
/// beside the built theories with all that it follows from, and asked for again when any of that is another.
///
/// # Errors
/// A theorem is missing in its file.
pub fn assumptions(dir: &Path, manifest: &Manifest) -> Result<String> {
    let scripts: Vec<Script<'_>> = manifest.by_file().into_iter().map(Script::new).collect();
    let mut from = run(dir, "coqc", &["--version"])?;
    for name in theories()? {
        from.push_str(&fs::read_to_string(dir.join(name))?);
    }
    from.extend(scripts.iter().map(|script| script.text.as_str()));

    let (kept_from, kept) = (dir.join("assumptions.from"), dir.join("assumptions.txt"));
    if fs::read_to_string(&kept_from).is_ok_and(|before| before == from)
        && let Ok(report) = fs::read_to_string(&kept)
    {
        return Ok(report);
    }
    let report = scripts.iter().map(|script| script.answer(dir)).collect::<Result<String>>()?;
    // Taken away first: what is not written to its end belongs to nothing.
    let _ = fs::remove_file(&kept_from);
    fs::write(kept, &report)?;
    fs::write(kept_from, from)?;
    Ok(report)
}

/// Asks what the theorems of one file assume.
struct Script<'a> {
    file: &'a str,
    theorems: Vec<&'a str>,
    text: String,
}

impl<'a> Script<'a> {
    fn new((file, theorems): (&'a str, Vec<&'a str>)) -> Self {
        let module = file.trim_end_matches(".v").replace('/', ".");
        let mut text = format!("From Interlock Require {module}.\n");
        for theorem in &theorems {
            let _ = writeln!(text, "Print Assumptions {module}.{theorem}.");
        }
        Self { file, theorems, text }
    }

    fn answer(&self, dir: &Path) -> Result<String> {
        fs::write(dir.join("Assumptions.v"), &self.text)?;
        let text = run(dir, "coqc", &["-Q", ".", "Interlock", "Assumptions.v"])?;
        let mut blocks = Vec::new();
        for line in text.lines() {
            if line == "Closed under the global context" || line == "Axioms:" {
                blocks.push(line.to_owned());
            } else if let Some(block) = blocks.last_mut() {
                block.push('\n');
                block.push_str(line);
            }
        }
        let (file, expected) = (self.file, self.theorems.len());
        ensure!(blocks.len() == expected, "formal/{file}: {expected} theorems, {} answers", blocks.len());
        let mut report = String::new();
        for (theorem, block) in self.theorems.iter().zip(blocks) {
            let _ = writeln!(report, "{file} {theorem}\n  {}\n", block.replace('\n', "\n  "));
        }
        Ok(report)
    }
}

/// Compiles the program extracted from the theories and gives its path.
///
/// # Errors
/// The compiler's.
pub fn oracle(dir: &Path) -> Result<PathBuf> {
    let mut sources: Vec<String> = Vec::new();
    for (folder, prefix) in [(dir.to_path_buf(), ""), (dir.join("oracle"), "oracle/")] {
        for entry in fs::read_dir(folder)?.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if has_extension(&name, "ml") || has_extension(&name, "mli") {
                sources.push(format!("{prefix}{name}"));
            }
        }
    }
    let mut order = vec!["ocamldep", "-sort", "-I", "oracle"];
    order.extend(sources.iter().map(String::as_str));
    let sorted = run(dir, "ocamlfind", &order)?;
    let sources: Vec<&str> = sorted.split_whitespace().collect();
    let mut arguments = vec!["ocamlopt", "-O3", "-w", "-a", "-I", "oracle", "-package", "zarith", "-linkpkg"];
    arguments.extend(sources);
    arguments.extend(["-o", "oracle.exe"]);
    run(dir, "ocamlfind", &arguments)?;
    Ok(dir.join("oracle.exe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_not_proved() {
        assert!(scan("a.v", "Lemma a : True. Proof. Admitted.").is_err());
        assert!(scan("a.v", "(* a (* nested *) Admitted *) Lemma a : True. Proof. exact I. Qed.").is_ok());
        assert!(scan("a.v", "Axiom a : False.").is_err());
        assert!(scan("a.v", "Lemma not_admitted : True. Proof. exact I. Qed.").is_ok());
        assert!(scan("a.v", "Proof. (* *) admit. Qed.").is_err());
    }
}
