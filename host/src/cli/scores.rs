//! Scores that were made elsewhere, one a segment.

use std::path::Path;

use interlock_core::halt::Observation;

use super::Failure;

/// The answers to segments in their order.
#[derive(Debug)]
pub(super) struct Scores {
    answers: std::vec::IntoIter<Observation>,
    /// For messages.
    count: usize,
}

impl Scores {
    /// Reads a file of one score a line: a number, `nan`, `inf`, or `-` for a score that never came. A second
    /// number is the milliseconds that it took. Empty lines and what follows a `#` are skipped.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?;
        let mut answers = Vec::new();
        for (line, number) in text.lines().zip(1_u64..) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let answer =
                read_line(line).map_err(|reason| Failure::new(format_args!("{}:{number}", path.display()), reason))?;
            answers.push(answer);
        }
        Ok(Self { count: answers.len(), answers: answers.into_iter() })
    }

    /// The answer to the next segment; without one the score never came.
    pub(super) fn next(&mut self) -> Observation {
        self.answers.next().unwrap_or_default()
    }

    /// How many scores there are.
    pub(super) const fn count(&self) -> usize {
        self.count
    }
}

fn read_line(line: &str) -> Result<Observation, String> {
    let number = |word: &str| {
        if word == "-" {
            return Ok(None);
        }
        word.parse::<f64>().map(Some).map_err(|_| format!("{word:?} is not a number, nor - for a missing one"))
    };
    let mut words = line.split_whitespace();
    let score = number(words.next().unwrap_or_default())?;
    let elapsed_ms = words.next().map(number).transpose()?.flatten();
    match words.next() {
        Some(word) => Err(format!("{word:?} follows a score and its milliseconds")),
        None => Ok(Observation { score, elapsed_ms, logit_entropy: None }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(read_line("0.5").unwrap(), Observation::score(0.5));
        assert!(read_line("nan").unwrap().score.unwrap().is_nan());
        assert_eq!(read_line("- 12").unwrap(), Observation { elapsed_ms: Some(12.0), ..Observation::default() });
        for wrong in ["x", "0.5 1 2", "0,5", "0.5 x"] {
            assert!(read_line(wrong).is_err(), "{wrong}");
        }
    }
}
