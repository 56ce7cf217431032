//! The safety kernel in `h_streams.json`: beside every stream, and after a stop.

use interlock_core::halt::{SafetyKernel, SafetyOutcome};
use serde_json::Value;

use super::{
    Explained, GoldenReport, PublishedConfig, Rule, SafetyRun, conclude, number, safety_run, scores, token_texts,
};

/// The safety kernel on the scores of a stream.
pub(crate) fn safety_stream(
    report: &mut GoldenReport,
    name: &str,
    config: &PublishedConfig,
    scores: &[f64],
    result: Option<&Value>,
    explained: &mut Explained,
) {
    let tokens = token_texts(scores.len());
    let published = safety_run(config.hard_limit, &mut true, &tokens, scores, &[]);
    if let Some(result) = result {
        safety_contradictions(report, name, &published, result);
    }
    // A kernel with a limit out of bounds does not exist; the stream's own refusal says so.
    let Ok(mut kernel) = SafetyKernel::new(config.hard_limit) else {
        if (0.0..=1.0).contains(&config.hard_limit) {
            report.fail(name, "safety_kernel", "a kernel", "refused");
        }
        return;
    };
    let canon = safety_run(config.hard_limit, &mut true, &tokens, scores, &Rule::ALL);
    let got = safety_ours(&mut kernel, &tokens, scores);
    if canon != got {
        report.fail(name, "safety_kernel", format!("{canon:?}"), format!("{got:?}"));
    }
    if result.is_some() && published != got {
        // One call on a fresh kernel: no other rules touch it, and what makes a difference at last explains it.
        let mut rules = Vec::new();
        for rule in [Rule::NonFiniteHalts, Rule::Clamp] {
            let before = safety_run(config.hard_limit, &mut true, &tokens, scores, &rules);
            rules.push(rule);
            let makes_one = before != safety_run(config.hard_limit, &mut true, &tokens, scores, &rules);
            if makes_one && !explained.decision.contains(&rule) {
                explained.decision.push(rule);
            }
        }
    }
}

const INTERRUPT: &str = "[KERNEL INTERRUPT: COHERENCE LIMIT EXCEEDED]";

fn safety_contradictions(report: &mut GoldenReport, name: &str, run: &SafetyRun, result: &Value) {
    let output = run.output.clone().unwrap_or_else(|| String::from(INTERRUPT));
    let fields = [
        ("output", Value::from(output)),
        ("active_after", Value::from(run.active_after)),
        ("callback_calls", Value::from(run.callbacks)),
    ];
    for (field, got) in fields {
        if let Some(expected) = result.get(field)
            && *expected != got
        {
            report.fail(name, &format!("published semantics: safety_kernel.{field}"), expected, got);
        }
    }
}

fn safety_ours(kernel: &mut SafetyKernel, tokens: &[String], scores: &[f64]) -> SafetyRun {
    let mut next = scores.iter().copied();
    let mut callbacks = 0_u64;
    let outcome = kernel.run(tokens, |_| {
        callbacks = callbacks.saturating_add(1);
        next.next().unwrap_or(f64::NAN)
    });
    let output = match outcome {
        SafetyOutcome::Passed(text) => Some(text),
        SafetyOutcome::Interrupted { .. } => None,
    };
    SafetyRun { output, callbacks, active_after: kernel.is_active() }
}

/// Two calls of one safety kernel; its tokens are `a`, `b`, and so on.
pub(crate) fn safety_chain(report: &mut GoldenReport, name: &str, vector: &Value) {
    let limit = vector.get("hard_limit").and_then(number);
    let first = scores(vector.get("first_scores"));
    let second = scores(vector.get("second_scores"));
    let (Some(limit), Some(first), Some(second)) = (limit, first, second) else {
        report.fail(name, "inputs", "hard_limit, first_scores, second_scores", vector);
        return;
    };
    let before = report.failures.len();
    let letters = |scores: &[f64]| ('a'..='z').cycle().take(scores.len()).map(String::from).collect::<Vec<_>>();
    let run = |rules: &[Rule]| {
        let mut active = true;
        [&first, &second].map(|scores| safety_run(limit, &mut active, &letters(scores), scores, rules))
    };
    let published = run(&[]);
    for (run, call) in published.iter().zip(["first", "second"]) {
        let expected = serde_json::json!({
            "output": vector.get(format!("{call}_output")),
            "active_after": vector.get(format!("active_after_{call}")),
        });
        safety_contradictions(report, &format!("{name}/{call}"), run, &expected);
    }
    let Ok(mut kernel) = SafetyKernel::new(limit) else {
        report.deviate(name, Rule::RefuseInvalid.text());
        return;
    };
    let got = [&first, &second].map(|scores| safety_ours(&mut kernel, &letters(scores), scores));
    let canon = run(&Rule::ALL);
    if canon != got {
        report.fail(name, "calls", format!("{canon:?}"), format!("{got:?}"));
    }
    let mut explained = Explained::default();
    if published != got {
        let without_flag: Vec<Rule> = Rule::ALL.into_iter().filter(|rule| *rule != Rule::CheckActive).collect();
        let rule = if run(&without_flag) == canon { Rule::NonFiniteHalts } else { Rule::CheckActive };
        explained.decision.push(rule);
    }
    conclude(report, name, before, &explained);
}
