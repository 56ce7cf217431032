//! The whole check, step by step.

use crate::manifest::Manifest;
use crate::{SUBSYSTEMS, formal, guard, mutants, oracle, rocq, vectors};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What to do beyond the usual.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the requests come from; from the clock when not given.
    pub seed: Option<u64>,
    /// Try every mutant.
    pub mutants: bool,
    /// Of the mutants only those whose file has this in its path, and nothing else of the check.
    pub only: Option<String>,
    /// Have the compiled proofs checked again by Rocq's independent checker, which takes minutes.
    pub slow: bool,
    /// Rewrite vectors and assumptions.
    pub bless: bool,
}

/// Where the proofs are built.
fn folder() -> Result<PathBuf> {
    let root = formal().parent().map(Path::to_path_buf).context("formal/ lies nowhere")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("formal/proofs"))
}

/// Compares or rewrites a file.
fn golden(path: &Path, text: &str, bless: bool) -> Result<()> {
    if bless {
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs::write(path, text)?;
        return Ok(());
    }
    let before = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let differ = before.lines().zip(text.lines()).find(|(before, now)| before != now);
    ensure!(before == text, "{} is not what the proofs give; first: {differ:?}", path.display());
    Ok(())
}

/// Checks proofs, oracles, vectors and manifest.
///
/// # Errors
/// The first thing that does not hold.
pub fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    if let Some(program) = rocq::missing() {
        Manifest::read()?.check()?;
        println!("formal: {} vectors hold, the manifest is in step", vectors::check_all()?);
        if options.mutants || options.slow || options.bless {
            bail!("{program} is not installed");
        }
        println!("skipped: the proofs are not checked, for {program} is not installed");
        return Ok(());
    }
    let dir = folder()?;
    let theories = rocq::copy(&dir)?;
    for name in &theories {
        rocq::scan(name, &fs::read_to_string(dir.join(name))?)?;
    }
    rocq::build(&dir)?;
    println!("formal: {} theories checked, {:.0?}", theories.len(), start.elapsed());

    if let (true, Some(only)) = (options.mutants, &options.only) {
        return mutants::run(&dir, &rocq::oracle(&dir)?, only);
    }
    let manifest = Manifest::read()?;
    golden(&formal().join("assumptions.txt"), &rocq::assumptions(&dir, &manifest)?, options.bless)?;
    manifest.check()?;
    println!("formal: {} theorems assume what they say", manifest.theorem.len());
    if options.slow {
        let modules: Vec<String> = theories
            .iter()
            .map(|file| format!("Interlock.{}", file.trim_end_matches(".v").replace('/', ".")))
            .collect();
        let mut arguments = vec!["-silent", "-o", "-Q", ".", "Interlock"];
        arguments.extend(modules.iter().map(String::as_str));
        // What it says of everything that it was shown together: axioms, and what was taken on trust.
        println!("{}", rocq::run(&dir, "coqchk", &arguments)?.trim());
        println!("formal: the independent checker agrees, {:.0?}", start.elapsed());
    }

    let program = rocq::oracle(&dir)?;
    for subsystem in &SUBSYSTEMS {
        golden(&vectors::path(subsystem), &vectors::make(subsystem, &program)?, options.bless)?;
    }
    println!("formal: {} vectors hold and are what the oracle gives", vectors::check_all()?);
    println!("formal: {} patterns of the core's sets have their certificate", guard::certify(&program)?);
    compare(&program, options.seed, 100)?;
    println!("formal: everything holds, {:.0?}", start.elapsed());
    if options.mutants {
        mutants::run(&dir, &program, "")?;
    }
    Ok(())
}

/// Compares core and oracle, with a share of the usual number of requests in hundredths.
///
/// # Errors
/// An answer differs.
#[allow(clippy::cast_precision_loss, reason = "a rate is printed in thousands")]
pub fn compare(program: &Path, seed: Option<u64>, share: u64) -> Result<()> {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| u64::from(time.subsec_nanos()));
    let seed = seed.unwrap_or_else(clock);
    for subsystem in &SUBSYSTEMS {
        let requests = subsystem.requests.saturating_mul(share).saturating_div(100);
        let found = oracle::compare(subsystem, program, seed, requests)?;
        let rate = found.decisions as f64 / found.time.as_secs_f64() / 1000.0;
        println!(
            "formal: {}: {} requests from seed {seed}, {} decisions, {} differ; the oracle takes {rate:.0} thousand a second",
            subsystem.name, found.requests, found.decisions, found.differ
        );
        if let Some([line, model, core]) = found.first {
            bail!("{}: {line}\n  proved {model}\n  core   {core}", subsystem.name);
        }
    }
    Ok(())
}
