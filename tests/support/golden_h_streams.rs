//! Checks the halt kernels against a file in the format of `h_streams.json`.
//!
//! Where a vector has a `canon`, that is what Interlock must do. Where it has only the published
//! `result`, or both, a difference is by design when the published semantics with named rules
//! ([`Rule`]) turned on explains it: with no rule they give the vector's `result`, with all of them
//! exactly what Interlock did. Nothing is decided by a vector's name.

use interlock_core::halt::{Halt, StreamRecord, StreamingKernel};
use serde_json::{Map, Value};

use super::golden_report::{GoldenReport, number};

#[path = "golden_coherence.rs"]
mod golden_coherence;
#[path = "golden_config.rs"]
mod golden_config;
#[path = "golden_safety.rs"]
mod golden_safety;
#[path = "published_kernel.rs"]
mod published_kernel;
pub(crate) use published_kernel::{
    Cause, Kernel, PublishedConfig, Rule, Run, SafetyRun, Stop, safety_run, token_texts,
};

/// Reported averages differ from the published ones by their rounding alone.
const TOLERANCE: f64 = 1e-12;

/// The name of the file.
pub(crate) const FILE: &str = "h_streams.json";

/// Checks every section of the file; a section that is missing has no vectors, one that cannot be
/// read is a failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    let default = match file.get("default_config") {
        None => PublishedConfig::DEFAULT,
        Some(value) => match serde_json::from_value(value.clone()) {
            Ok(config) => config,
            Err(error) => {
                report.fail("default_config", "config", "a configuration", error);
                return report;
            }
        },
    };
    for (name, vector) in section(file, "streams") {
        stream(&mut report, &default, &name, vector);
    }
    for (name, vector) in section(file, "chains_on_one_kernel") {
        chain(&mut report, &default, &name, vector);
    }
    if let Some(vector) = file.get("safety_kernel_after_stop") {
        golden_safety::safety_chain(&mut report, "safety_kernel_after_stop", vector);
    }
    for (name, vector) in section(file, "config_validation") {
        golden_config::validation(&mut report, &default, &name, vector);
    }
    for (name, vector) in section(file, "config_from_json") {
        golden_config::from_json(&mut report, &name, vector);
    }
    for (name, vector) in section(file, "coherence_score") {
        golden_coherence::coherence_score(&mut report, &name, vector);
    }
    for (name, vector) in section(file, "clamp_value_lo_hi_result") {
        golden_coherence::clamp(&mut report, &name, vector);
    }
    report
}

/// The vectors of a section with their names: `section/name` or `section/#position`.
fn section<'a>(file: &'a Value, key: &str) -> Vec<(String, &'a Value)> {
    let vectors = file.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = |(index, vector): (usize, &'a Value)| match vector.get("name").and_then(Value::as_str) {
        Some(name) => (format!("{key}/{name}"), vector),
        None => (format!("{key}/#{index}"), vector),
    };
    vectors.iter().enumerate().map(name).collect()
}

/// What a sequence of runs on one kernel decided: the part that a `canon` speaks of.
#[derive(Clone, Debug, PartialEq)]
enum Decision {
    Refused,
    Runs(Vec<Option<u64>>),
}

/// Everything that a sequence of runs gave.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Refused(String),
    Runs(Vec<Run>),
}

impl Outcome {
    fn decision(&self) -> Decision {
        match self {
            Self::Refused(_) => Decision::Refused,
            Self::Runs(runs) => Decision::Runs(runs.iter().map(|run| run.stop.map(|stop| stop.index)).collect()),
        }
    }
}

/// One call on a kernel.
struct Call {
    reactivate: bool,
    scores: Vec<f64>,
}

/// The calls under a set of rules.
fn reference(config: &PublishedConfig, calls: &[Call], rules: &[Rule]) -> Outcome {
    let mut kernel = match Kernel::new(config, rules) {
        Ok(kernel) => kernel,
        Err(field) => return Outcome::Refused(String::from(field)),
    };
    let runs = calls.iter().map(|call| {
        kernel.active |= call.reactivate;
        kernel.run(&call.scores)
    });
    Outcome::Runs(runs.collect())
}

/// Mean and minimum as a kernel reports them.
type Reported = [f64; 2];

/// The calls on Interlock's kernel, in the same form, and what it reports of each.
fn ours(config: &PublishedConfig, calls: &[Call]) -> (Outcome, Vec<Reported>) {
    let built =
        golden_config::typed(config).and_then(|config| StreamingKernel::new(config).map_err(|e| String::from(e.field)));
    let mut kernel = match built {
        Ok(kernel) => kernel,
        Err(field) => return (Outcome::Refused(field), Vec::new()),
    };
    let mut runs = Vec::new();
    let mut reported = Vec::new();
    for call in calls {
        if call.reactivate {
            kernel.reactivate();
        }
        let tokens = token_texts(call.scores.len());
        let mut scores = call.scores.iter().copied();
        let mut callbacks = 0_u64;
        let record = kernel.run(&tokens, |_| {
            callbacks = callbacks.saturating_add(1);
            scores.next().unwrap_or(f64::NAN)
        });
        // The kernel is idle between calls, so it cannot refuse to begin.
        let record = record.unwrap_or_default();
        runs.push(Run {
            stop: record.summary.halt.and_then(|halt| stop_of(halt, record.summary.halt_index)),
            history: record.scores().collect(),
            callbacks,
            active_after: kernel.is_active(),
        });
        reported.push([record.summary.average, record.summary.minimum]);
        if !accounts_for_itself(&record, &tokens, runs.last()) {
            let contradiction = "(the summary or the output contradicts the record)";
            return (Outcome::Refused(String::from(contradiction)), Vec::new());
        }
    }
    (Outcome::Runs(runs), reported)
}

/// Whether summary and output of a record say the same as its tokens.
fn accounts_for_itself(record: &StreamRecord, tokens: &[String], run: Option<&Run>) -> bool {
    let Some(run) = run else { return false };
    let texts = record.tokens.iter().map(|token| token.text.as_str());
    record.output() == run.output()
        && texts.eq(tokens.iter().take(run.history.len()).map(String::as_str))
        && (record.summary.average - run.average()).abs() <= TOLERANCE
        && record.summary.minimum == run.minimum()
        && record.tokens.iter().filter(|token| token.verdict.is_halt()).count() == usize::from(run.stopped_on_token())
}

fn stop_of(halt: Halt, index: Option<u64>) -> Option<Stop> {
    let causes = [Cause::HardLimit, Cause::WindowAverage, Cause::DownwardTrend, Cause::NonFinite, Cause::Inactive];
    let cause = causes.into_iter().find(|cause| cause.name() == halt.reason.as_str())?;
    Some(Stop { index: index?, cause, observed: halt.observed.unwrap_or(0.0), bound: halt.bound.unwrap_or(0.0) })
}

/// A stream on a fresh kernel, and the safety kernel on the same scores.
fn stream(report: &mut GoldenReport, default: &PublishedConfig, name: &str, vector: &Value) {
    let Some((config, calls)) = inputs(report, default, name, vector, std::slice::from_ref(vector)) else { return };
    let scores = calls.first().map(|call| call.scores.as_slice()).unwrap_or_default();
    let results: Vec<&Value> = vector.get("result").into_iter().collect();
    let safety = vector.get("result").and_then(|result| result.get("safety_kernel"));
    let before = report.failures.len();
    if let Some(canon) = vector.get("canon") {
        against_canon(report, name, canon, &ours(&config, &calls).0);
    }
    let mut rules = compare(report, name, &config, &calls, &results);
    golden_safety::safety_stream(report, name, &config, scores, safety, &mut rules);
    conclude(report, name, before, &rules);
}

/// Several calls on one kernel.
fn chain(report: &mut GoldenReport, default: &PublishedConfig, name: &str, vector: &Value) {
    let runs = vector.get("runs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Some((config, calls)) = inputs(report, default, name, vector, runs) else { return };
    let results: Vec<&Value> = runs.iter().filter_map(|run| run.get("result")).collect();
    let before = report.failures.len();
    if let Some(canon) = vector.get("canon") {
        against_canon(report, name, canon, &ours(&config, &calls).0);
    }
    let rules = compare(report, name, &config, &calls, &results);
    conclude(report, name, before, &rules);
}

fn inputs(
    report: &mut GoldenReport,
    default: &PublishedConfig,
    name: &str,
    vector: &Value,
    runs: &[Value],
) -> Option<(PublishedConfig, Vec<Call>)> {
    let none = Map::new();
    let overrides = vector.get("config_overrides").and_then(Value::as_object).unwrap_or(&none);
    let config = match default.with(overrides) {
        Ok(config) => config,
        Err(field) => {
            report.fail(name, "config_overrides", "known fields and values of their type", field);
            return None;
        }
    };
    let mut calls = Vec::new();
    for run in runs {
        let reactivate = run.get("reactivate_before").and_then(Value::as_bool).unwrap_or(false);
        let Some(scores) = scores(run.get("scores")) else {
            report.fail(name, "scores", "a list of numbers", run.get("scores").unwrap_or(&Value::Null));
            return None;
        };
        calls.push(Call { reactivate, scores });
    }
    Some((config, calls))
}

/// A list of scores; a callback that fails is a score that is no number.
pub(crate) fn scores(value: Option<&Value>) -> Option<Vec<f64>> {
    let score = |value: &Value| if value == "PANIC" { Some(f64::NAN) } else { number(value) };
    value?.as_array()?.iter().map(score).collect()
}

/// The rules that make Interlock decide, or only record, something else than published.
#[derive(Default)]
pub(crate) struct Explained {
    pub(crate) decision: Vec<Rule>,
    pub(crate) account: Vec<Rule>,
}

/// Counts a vector after all its comparisons.
pub(crate) fn conclude(report: &mut GoldenReport, name: &str, failures_before: usize, rules: &Explained) {
    let texts = |rules: &[Rule]| rules.iter().map(|rule| rule.text()).collect::<Vec<_>>().join("; ");
    if report.failures.len() > failures_before {
        return;
    }
    if rules.decision.is_empty() {
        report.hold();
        if !rules.account.is_empty() {
            report.note(name, texts(&rules.account));
        }
    } else {
        report.deviate(name, texts(&rules.decision));
    }
}

/// A `canon`: `{"config": "refused"}` or `{halted, halt_index, reason}`.
fn against_canon(report: &mut GoldenReport, name: &str, canon: &Value, got: &Outcome) {
    if canon.get("config").is_some_and(|config| config == "refused") {
        if !matches!(got, Outcome::Refused(_)) {
            report.fail(name, "canon.config", "refused", "accepted");
        }
        return;
    }
    let run = match got {
        Outcome::Refused(field) => {
            report.fail(name, "canon.config", "accepted", format!("refused: {field}"));
            return;
        }
        Outcome::Runs(runs) => runs.last(),
    };
    let stop = run.and_then(|run| run.stop);
    let mut field = |key: &str, got: Value| {
        if let Some(expected) = canon.get(key)
            && *expected != got
        {
            report.fail(name, &format!("canon.{key}"), expected, got);
        }
    };
    field("halted", Value::from(stop.is_some()));
    field("halt_index", stop.map_or(Value::Null, |stop| Value::from(stop.index)));
    field("reason", stop.map_or(Value::Null, |stop| Value::from(stop.cause.name())));
}

/// Compares Interlock, the published results and the semantics in between.
fn compare(
    report: &mut GoldenReport,
    name: &str,
    config: &PublishedConfig,
    calls: &[Call],
    results: &[&Value],
) -> Explained {
    let published = reference(config, calls, &[]);
    if let Outcome::Runs(runs) = &published {
        for (run, result) in runs.iter().zip(results) {
            for (field, expected, got) in contradictions(run, result) {
                report.fail(name, &format!("published semantics: {field}"), expected, got);
            }
        }
    }
    let canon = reference(config, calls, &Rule::ALL);
    let (got, reported) = ours(config, calls);
    same(report, name, &canon, &got);
    if results.is_empty() {
        return Explained::default();
    }
    // Turned on one after the other; those that change something are the explanation.
    let mut explained = Explained::default();
    let mut last = published;
    for end in 1..=Rule::ALL.len() {
        let Some((rules, rule)) = Rule::ALL.get(..end).and_then(|rules| Some((rules, *rules.last()?))) else { break };
        let next = reference(config, calls, rules);
        if next.decision() != last.decision() {
            explained.decision.push(rule);
        } else if next != last {
            explained.account.push(rule);
        }
        last = next;
    }
    if explained.decision.is_empty() {
        for ([average, minimum], result) in reported.into_iter().zip(results) {
            for (field, value) in [("avg_coherence", average), ("min_coherence", minimum)] {
                // What a rule explains is noted; what no rule touches must agree.
                if let Some(expected) = result.get(field).and_then(number)
                    && !report.agrees(expected, value, TOLERANCE)
                    && explained.account.is_empty()
                {
                    report.fail(name, field, expected, value);
                }
            }
        }
    }
    explained
}

/// Fields of a published result that a run contradicts.
fn contradictions(run: &Run, result: &Value) -> Vec<(&'static str, Value, Value)> {
    let text = run.stop.map_or_else(String::new, |stop| stop.text());
    let recorded = run.history.len();
    let halted_at = |index: usize| run.stopped_on_token() && index.checked_add(1) == Some(recorded);
    let string_form = if text.is_empty() { run.output() } else { format!("[KERNEL INTERRUPT: {text}]") };
    let exact = [
        ("halted", Value::from(run.stop.is_some())),
        ("halt_index", Value::from(run.stop.map_or(0, |stop| stop.index))),
        ("halt_reason", Value::from(text)),
        ("n_tokens", Value::from(recorded)),
        ("n_events", Value::from(recorded)),
        ("event_halted", (0..recorded).map(halted_at).collect()),
        ("event_index", (0..recorded).collect()),
        ("output", Value::from(run.output())),
        ("callback_calls", Value::from(run.callbacks)),
        ("kernel_active_after", Value::from(run.active_after)),
        ("stream_output", Value::from(string_form)),
    ];
    let mut found: Vec<_> = exact
        .into_iter()
        .filter_map(|(field, got)| {
            let expected = result.get(field)?;
            (*expected != got).then(|| (field, expected.clone(), got))
        })
        .collect();
    for (field, got) in [("avg_coherence", run.average()), ("min_coherence", run.minimum())] {
        if let Some(expected) = result.get(field)
            && number(expected).is_none_or(|expected| (expected - got).abs() > 1e-15)
        {
            found.push((field, expected.clone(), Value::from(got)));
        }
    }
    if let Some(expected) = result.get("coherence_history")
        && scores(Some(expected)).is_none_or(|scores| scores != run.history)
    {
        found.push(("coherence_history", expected.clone(), Value::from(run.history.clone())));
    }
    found
}

/// Interlock must do exactly what the semantics with all rules do.
fn same(report: &mut GoldenReport, name: &str, canon: &Outcome, got: &Outcome) {
    let (Outcome::Runs(expected), Outcome::Runs(runs)) = (canon, got) else {
        if canon != got {
            report.fail(name, "config", format!("{canon:?}"), format!("{got:?}"));
        }
        return;
    };
    let bare = |run: &Run| Run { stop: run.stop.map(|stop| Stop { observed: 0.0, bound: 0.0, ..stop }), ..run.clone() };
    for (expected, run) in expected.iter().zip(runs) {
        if bare(expected) != bare(run) {
            report.fail(name, "run", format!("{expected:?}"), format!("{run:?}"));
        } else if let (Some(e), Some(g)) = (expected.stop, run.stop)
            && !matches!(e.cause, Cause::Inactive | Cause::NonFinite)
            && ((e.observed - g.observed).abs() > TOLERANCE || e.bound != g.bound)
        {
            report.fail(name, "halt", format!("{e:?}"), format!("{g:?}"));
        }
    }
}
