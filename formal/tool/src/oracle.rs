//! The program that is extracted from the proofs, and the comparison of its answers with the core's.

use crate::Subsystem;
use crate::random::Random;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Requests that both answered.
    pub requests: u64,
    /// Decisions that the requests asked for.
    pub decisions: u64,
    /// Answers that differ.
    pub differ: u64,
    /// The first of them: request, oracle's answer, core's answer.
    pub first: Option<[String; 3]>,
    /// How long the oracle took, reading and writing included.
    pub time: Duration,
}

/// Asks the oracle every line, in order.
///
/// # Errors
/// The oracle cannot be started, ends early or fails.
pub fn ask(oracle: &Path, lines: &[String]) -> Result<Vec<String>> {
    let mut child = Command::new(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", oracle.display()))?;
    let stdin = child.stdin.take().context("no standard input")?;
    let stdout = child.stdout.take().context("no standard output")?;
    let answers = std::thread::scope(|scope| {
        let writer = scope.spawn(move || -> std::io::Result<()> {
            let mut stdin = BufWriter::new(stdin);
            for line in lines {
                writeln!(stdin, "{line}")?;
            }
            stdin.flush()
        });
        let answers: std::io::Result<Vec<String>> = BufReader::new(stdout).lines().collect();
        // A writer whose pipe broke: the oracle has ended, and its status says why.
        let _ = writer.join();
        answers
    })?;
    let status = child.wait()?;
    ensure!(status.success() && answers.len() == lines.len(), "the oracle ended after {} answers", answers.len());
    Ok(answers)
}

/// Makes up requests from a seed and compares the answers.
///
/// # Errors
/// The oracle fails, or the core refuses a request.
pub fn compare(subsystem: &Subsystem, oracle: &Path, seed: u64, requests: u64) -> Result<Comparison> {
    const AT_ONCE: u64 = 20_000;
    let mut random = Random::new(seed);
    let mut found = Comparison::default();
    while found.requests < requests {
        let count = AT_ONCE.min(requests.saturating_sub(found.requests));
        let mut lines = Vec::new();
        for _ in 0..count {
            let (line, decisions) = (subsystem.request)(&mut random);
            found.decisions = found.decisions.saturating_add(decisions);
            lines.push(line);
        }
        let start = Instant::now();
        let answers = ask(oracle, &lines)?;
        found.time = found.time.saturating_add(start.elapsed());
        for (line, model) in lines.into_iter().zip(answers) {
            let core = (subsystem.answer)(&line).with_context(|| format!("the core refuses: {line}"))?;
            if core != model {
                found.differ = found.differ.saturating_add(1);
                found.first.get_or_insert([line, model, core]);
            }
        }
        found.requests = found.requests.saturating_add(count);
    }
    Ok(found)
}
