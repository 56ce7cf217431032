//! `interlock rules test`: cases against a policy.

use std::process::ExitCode;

use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use interlock_core::rules::PolicyArtifact;
use interlock_core::session::{Session, SessionState};
use serde::Deserialize;
use serde_json::json;

use super::super::{DOES_NOT_HOLD, Failure, say};
use super::Test;
use super::file::Loaded;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// What a model writes.
    text: Option<String>,
    /// What it calls.
    tool: Option<String>,
    /// With which arguments: JSON.
    arguments: Option<String>,
    /// Scores of its segments; the last one goes on. 1 for none.
    #[serde(default)]
    scores: Vec<f64>,
    /// The reason for which it is halted. Without it, it is not.
    halts: Option<String>,
    /// What leaves, for a text.
    output: Option<String>,
    /// What must not leave.
    #[serde(default)]
    absent: Vec<String>,
    /// What becomes of the call.
    decision: Option<String>,
    /// The ids of the patterns that match, in the order of their first matches. Without it, any may.
    matches: Option<Vec<String>>,
}

/// What came of a case.
#[derive(Debug, PartialEq)]
struct Came {
    halts: Option<String>,
    output: Vec<u8>,
    decision: Option<String>,
    matches: Vec<String>,
    failed: bool,
}

pub(super) fn run(arguments: &Test) -> Result<ExitCode, Failure> {
    let artifact = Loaded::read(&arguments.policy)?.artifact(&arguments.policy)?;
    let path = &arguments.cases;
    let text = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, error))?;
    let cases: Cases = toml::from_str(&text).map_err(|error| Failure::of_file(path, error))?;
    if cases.case.is_empty() {
        return Err(Failure::of_file(path, "has no case"));
    }
    let mut wrong = 0_u32;
    for case in &cases.case {
        let faults = case
            .faults(&artifact)
            .map_err(|reason| Failure::of_file(path, format_args!("case {:?}: {reason}", case.name)))?;
        for fault in &faults {
            say(format_args!("FAILED {}: {fault}", case.name));
        }
        if faults.is_empty() {
            say(format_args!("ok {}", case.name));
        } else {
            wrong = wrong.saturating_add(1);
        }
    }
    say(format_args!("{} cases, {wrong} failed", cases.case.len()));
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(DOES_NOT_HOLD) })
}

impl Case {
    /// What does not hold, in words. The error is of the case itself.
    fn faults(&self, artifact: &PolicyArtifact) -> Result<Vec<String>, String> {
        let (dialect, input) = self.input()?;
        let whole = self.play(artifact, dialect, &[&input])?;
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        let cut = self.play(artifact, dialect, &bytes)?;
        let mut faults = Vec::new();
        let is_delta = artifact.policy().segments.unit == interlock_core::policy::SegmentUnit::Delta;
        // A delta is what the upstream sent in one piece: of a text that is what was fed.
        if whole != cut && !(is_delta && dialect == DialectKind::Text && !self.scores.is_empty()) {
            faults.push(String::from("cut into bytes, it does something else"));
        }
        let Came { halts, output, decision, matches, failed } = whole;
        if failed {
            faults.push(String::from("the stream failed"));
        }
        if halts != self.halts {
            let [wanted, came] = [&self.halts, &halts].map(|it| it.as_deref().unwrap_or("nothing"));
            faults.push(format!("it must be halted by {wanted}, and was by {came}"));
        }
        let output = String::from_utf8_lossy(&output);
        if let Some(wanted) = &self.output
            && *wanted != output
        {
            faults.push(format!("{output:?} left, must be {wanted:?}"));
        }
        if self.output.is_none()
            && self.halts.is_none()
            && self.absent.is_empty()
            && self.text.as_deref().is_some_and(|text| text != output)
        {
            faults.push(format!("{output:?} left, must be the whole text"));
        }
        for absent in self.absent.iter().filter(|absent| output.contains(absent.as_str())) {
            faults.push(format!("{absent:?} left"));
        }
        if self.decision != decision {
            let [wanted, came] = [&self.decision, &decision].map(|it| it.as_deref().unwrap_or("nothing"));
            faults.push(format!("the call must be decided with {wanted}, and was with {came}"));
        }
        if let Some(wanted) = &self.matches
            && *wanted != matches
        {
            faults.push(format!("{matches:?} matched, must be {wanted:?}"));
        }
        Ok(faults)
    }

    fn input(&self) -> Result<(DialectKind, Vec<u8>), String> {
        match (&self.text, &self.tool) {
            (Some(text), None) if self.arguments.is_none() && self.decision.is_none() => {
                Ok((DialectKind::Text, text.clone().into_bytes()))
            }
            (None, Some(name)) if self.output.is_none() => {
                let arguments = self.arguments.as_deref().unwrap_or("{}");
                let call =
                    json!({ "id": "call-1", "type": "function", "function": { "name": name, "arguments": arguments } });
                let message = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
                let choice = json!({ "index": 0, "message": message, "finish_reason": "tool_calls" });
                let body = json!({ "id": "case", "object": "chat.completion", "created": 0, "model": "case", "choices": [choice] });
                Ok((DialectKind::OpenaiChatBody, body.to_string().into_bytes()))
            }
            _ => Err(String::from("has either text with output, or tool with arguments and decision")),
        }
    }

    fn play(&self, artifact: &PolicyArtifact, dialect: DialectKind, pieces: &[&[u8]]) -> Result<Came, String> {
        let mut session = artifact.session(dialect).map_err(|error| error.to_string())?;
        let mut segments = 0;
        for piece in pieces {
            if !session.wants_input() {
                break;
            }
            session.feed(piece).map_err(|error| error.to_string())?;
            self.answer(&mut session, &mut segments);
        }
        if !session.state().is_terminal() {
            session.end().map_err(|error| error.to_string())?;
            self.answer(&mut session, &mut segments);
        }
        // What nobody looks at during a case waits.
        let mut decision = session.next_review().map(|_| String::from("review"));
        while let Some(own) = session.next_decision() {
            decision = Some(String::from(own.outcome.as_str()));
        }
        let output = session.take_output();
        let record = session.record();
        let ending = artifact.policy().ending.message.as_bytes();
        let output = match (record.halt, output.strip_suffix(ending)) {
            (Some(_), Some(before)) if dialect == DialectKind::Text => before.to_vec(),
            _ => output,
        };
        let halts = record.halt.map(|halt| String::from(halt.reason.as_str()));
        let patterns = record.guard.map(|guard| guard.patterns).unwrap_or_default();
        let matches = patterns.into_iter().map(|own| own.pattern).collect();
        Ok(Came { halts, output, decision, matches, failed: record.state == SessionState::Failed })
    }

    fn answer(&self, session: &mut Session, segments: &mut usize) {
        while let Some(segment) = session.next_segment() {
            let score = self.scores.get(*segments).or(self.scores.last()).copied().unwrap_or(1.0);
            *segments = segments.saturating_add(1);
            // A halt ends it, and the segments that were cut before with it.
            let _ = session.answer(segment.id, Observation::score(score));
        }
    }
}
