//! Deliberate defects: each must be found, one in a model by its proofs, one in the core by the oracle.

use crate::{formal, rocq};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `formal/mutants.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutants {
    mutant: Vec<Mutant>,
}

/// A defect: a place in a file, and what stands there instead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    /// What is wrong then.
    defect: String,
    /// The file from the root of the repository: a theory or a file of the core.
    file: String,
    /// A text that stands there once.
    find: String,
    /// What stands there instead.
    replace: String,
}

impl Mutants {
    fn read() -> Result<Self> {
        let text = fs::read_to_string(formal().join("mutants.toml")).context("cannot read formal/mutants.toml")?;
        Ok(toml::from_str(&text)?)
    }
}

impl Mutant {
    /// Its file with the defect.
    fn broken(&self) -> Result<String> {
        let root = formal().parent().map(Path::to_path_buf).unwrap_or_default();
        let text = fs::read_to_string(root.join(&self.file)).with_context(|| format!("cannot read {}", self.file))?;
        let places = text.matches(&self.find).count();
        ensure!(places == 1, "{}: {places} times in {}: {}", self.defect, self.file, self.find);
        Ok(text.replace(&self.find, &self.replace))
    }
}

/// Checks that every mutant can be made, and says how many there are.
///
/// # Errors
/// The first whose text stands in its file no more, or more than once.
pub fn check_all() -> Result<usize> {
    let mutants = Mutants::read()?.mutant;
    for mutant in &mutants {
        mutant.broken()?;
    }
    Ok(mutants.len())
}

/// Whether a mutant was found.
enum Fate {
    Caught(&'static str),
    Escaped,
    /// It would be found whatever the check is worth: a model that is none, a core that does not compile.
    Nonsense(String),
}

/// Tries every mutant with `only` in its file's path, and says how many were caught. `dir` is a folder with checked
/// proofs.
///
/// # Errors
/// A mutant escaped or is none, or one could not be made: its text stands in its file no more.
pub fn run(dir: &Path, oracle: &Path, only: &str) -> Result<()> {
    let mut mutants = Mutants::read()?;
    mutants.mutant.retain(|mutant| mutant.file.contains(only));
    ensure!(!mutants.mutant.is_empty(), "no mutant of a file with {only} in its path");
    let workshop = dir.with_file_name("mutants");
    let count = mutants.mutant.len();
    let (models, cores): (Vec<Mutant>, Vec<Mutant>) =
        mutants.mutant.into_iter().partition(|mutant| mutant.file.starts_with(MODELS));
    // Proofs and cores are built side by side: neither needs anything of the other.
    let (in_models, in_cores) = std::thread::scope(|scope| {
        let in_models =
            scope.spawn(|| count_caught(&models, |mutant, broken| in_model(dir, &workshop, mutant, broken)));
        let in_cores = run_cores(&cores, &workshop, oracle);
        (in_models.join(), in_cores)
    });
    let Ok(in_models) = in_models else { bail!("the search in the models ended early") };
    let caught = in_models?.saturating_add(in_cores?);
    println!("formal: caught {caught} of {count}");
    ensure!(caught == count, "a mutant escaped");
    Ok(())
}

/// Where the theories lie.
const MODELS: &str = "formal/";

/// Tries some mutants, says of each what became of it, and counts those that were caught.
fn count_caught(mutants: &[Mutant], mut fate: impl FnMut(&Mutant, &str) -> Result<Fate>) -> Result<usize> {
    let mut caught = 0_usize;
    for mutant in mutants {
        match fate(mutant, &mutant.broken()?)? {
            Fate::Caught(how) => {
                caught = caught.saturating_add(1);
                println!("formal: caught by {how}: {} ({})", mutant.defect, mutant.file);
            }
            Fate::Escaped => println!("formal: ESCAPED: {} ({})", mutant.defect, mutant.file),
            Fate::Nonsense(why) => println!("formal: NO MUTANT: {} ({})\n{why}", mutant.defect, mutant.file),
        }
    }
    Ok(caught)
}

fn run_cores(mutants: &[Mutant], workshop: &Path, oracle: &Path) -> Result<usize> {
    if mutants.is_empty() {
        return Ok(0);
    }
    let root = formal().parent().map(Path::to_path_buf).unwrap_or_default();
    control(&root, workshop, oracle)?;
    count_caught(mutants, |mutant, broken| {
        Ok(match in_core(&root, workshop, &mutant.file, broken, oracle)? {
            Core::Broken(why) => Fate::Nonsense(why),
            Core::Differs(how) => Fate::Caught(how),
            Core::Agrees => Fate::Escaped,
        })
    })
}

/// The proofs of a broken model must not hold.
fn in_model(dir: &Path, workshop: &Path, mutant: &Mutant, broken: &str) -> Result<Fate> {
    let file = mutant.file.trim_start_matches(MODELS);
    let copy = workshop.join("model");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    copy_tree(dir, &copy)?;
    fs::write(copy.join(file), broken)?;
    Ok(match rocq::build(&copy).map_err(|why| format!("{why:#}")) {
        Ok(()) => Fate::Escaped,
        Err(why) if is_nonsense(file, broken, &why) => Fate::Nonsense(why),
        Err(_) => Fate::Caught("the proofs"),
    })
}

/// Whether what Rocq refuses is the definition itself and no proof: such a mutant would be found whatever is proved.
fn is_nonsense(file: &str, broken: &str, why: &str) -> bool {
    // File "./halt/Spec.v", line 7, characters 2-9:
    let Some((_, place)) = why.split_once(&format!("File \"./{file}\", line ")) else {
        return why.contains("Syntax error");
    };
    let mut numbers = place.split(|letter: char| !letter.is_ascii_digit()).filter_map(|word| word.parse().ok());
    let (line, character): (usize, usize) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(0));
    let start: usize = broken.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let before = broken.get(..start.saturating_add(character)).unwrap_or(broken);
    // In a proof, the last word that begins one stands behind the last that ends one.
    before.rfind("Proof.").is_none_or(|begin| before.get(begin..).is_some_and(|rest| rest.contains("Qed.")))
}

/// What a core in the workshop does.
enum Core {
    /// It does not compile.
    Broken(String),
    /// It answers otherwise than it must.
    Differs(&'static str),
    /// It answers as it must.
    Agrees,
}

/// The core as it is must compile and agree, or what is said of mutants means nothing.
fn control(root: &Path, workshop: &Path, oracle: &Path) -> Result<()> {
    const FILE: &str = "core/src/lib.rs";
    match in_core(root, workshop, FILE, &fs::read_to_string(root.join(FILE))?, oracle)? {
        Core::Agrees => Ok(()),
        Core::Broken(why) => bail!("the core without a defect does not compile in the workshop:\n{why}"),
        Core::Differs(how) => bail!("the core without a defect is refused by {how}"),
    }
}

/// Builds a core with one file replaced, and compares it with the vectors and the oracle.
fn in_core(root: &Path, workshop: &Path, file: &str, broken: &str, oracle: &Path) -> Result<Core> {
    let copy = workshop.join("core");
    // The core, the crates that it depends on, and this tool with its vectors.
    for folder in ["core", "vector", "formal/tool", "formal/vectors"] {
        let to = copy.join(folder);
        if to.exists() {
            fs::remove_dir_all(&to)?;
        }
        copy_tree(&root.join(folder), &to)?;
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let members: Vec<&str> = manifest
        .lines()
        .map(|line| if line.starts_with("members") { "members = [\"core\", \"formal/tool\"]" } else { line })
        .collect();
    fs::write(copy.join("Cargo.toml"), members.join("\n"))?;
    fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock"))?;
    // Written anew, so that cargo builds again whatever stood there before.
    fs::write(copy.join(file), broken)?;
    let target = workshop.join("target");
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "-q", "--offline", "-p", "interlock-formal", "--target-dir"])
        .arg(&target)
        .env("RUSTFLAGS", "-Awarnings")
        .current_dir(&copy)
        .output()
        .context("cannot start cargo")?;
    if !built.status.success() {
        return Ok(Core::Broken(String::from_utf8_lossy(&built.stderr).into_owned()));
    }
    let tool = target.join("debug/interlock-formal");
    let run = |arguments: &[&str]| -> Result<bool> {
        let status = Command::new(&tool).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        Ok(status.success())
    };
    if !run(&["vectors"])? {
        return Ok(Core::Differs("the vectors"));
    }
    let oracle = oracle.to_string_lossy();
    if !run(&["compare", "--oracle", &oracle, "--seed", "1", "--share", "10"])? {
        return Ok(Core::Differs("the oracle"));
    }
    Ok(Core::Agrees)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to): (PathBuf, PathBuf) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                copy_tree(&from, &to)?;
            }
        } else {
            fs::copy(&from, &to)?;
            // What make compares: a copy is as old as its original.
            fs::File::options().write(true).open(&to)?.set_modified(entry.metadata()?.modified()?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_nonsense;

    #[test]
    fn a_defect_is_found_by_a_proof_and_not_by_a_definition() {
        let text = "Definition a := 1.\nLemma b : a = 1.\nProof. reflexivity. Qed.\nDefinition c := d.\n";
        let why =
            |line: u32, character: u32| format!("File \"./x.v\", line {line}, characters {character}-20:\nError:");
        assert!(is_nonsense("x.v", text, &why(1, 16)));
        assert!(!is_nonsense("x.v", text, &why(3, 7)));
        assert!(is_nonsense("x.v", text, &why(4, 16)));
        assert!(!is_nonsense("y.v", text, &why(1, 16)));
        assert!(is_nonsense("y.v", text, "Syntax error"));
    }
}
