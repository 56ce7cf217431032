//! The suite `halt`: monitors, kernels, configurations, entropies.

use interlock_core::halt::{HaltConfig, MissingScore, StreamRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::{Answer, Backend, Kernel, Monitor, Refused, state_name};
use super::text::{self, Bits, BitsList, HaltText, Seen};

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// A monitor and what is done to it.
    Monitor { config: Changes, steps: Vec<MonitorStep> },
    /// A streaming kernel and what is done to it.
    Kernel { config: Changes, steps: Vec<KernelStep> },
    /// A safety kernel and what is done to it.
    Safety { hard_limit: Bits, steps: Vec<SafetyStep> },
    /// Natural-log probabilities.
    Entropy { log_probabilities: BitsList },
}

/// Fields of a configuration that differ from the default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Changes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coherence_threshold: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hard_limit: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) soft_limit: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) w_logic: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) w_fact: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) window_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) window_threshold: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trend_window: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trend_threshold: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) history_window: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deadline_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logit_entropy_limit: Option<Bits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missing_score: Option<MissingScore>,
}

impl Changes {
    /// The whole configuration, which need not be valid.
    pub(crate) fn config(&self) -> HaltConfig {
        let default = HaltConfig::default();
        let real = |change: Option<Bits>, default: f64| change.map_or(default, |bits| bits.0);
        HaltConfig {
            coherence_threshold: real(self.coherence_threshold, default.coherence_threshold),
            hard_limit: real(self.hard_limit, default.hard_limit),
            soft_limit: real(self.soft_limit, default.soft_limit),
            w_logic: real(self.w_logic, default.w_logic),
            w_fact: real(self.w_fact, default.w_fact),
            window_size: self.window_size.unwrap_or(default.window_size),
            window_threshold: real(self.window_threshold, default.window_threshold),
            trend_window: self.trend_window.unwrap_or(default.trend_window),
            trend_threshold: real(self.trend_threshold, default.trend_threshold),
            history_window: self.history_window.unwrap_or(default.history_window),
            deadline_ms: self.deadline_ms.unwrap_or(default.deadline_ms),
            logit_entropy_limit: self.logit_entropy_limit.map(|bits| bits.0),
            missing_score: self.missing_score.unwrap_or(default.missing_score),
        }
    }
}

/// Something done to a monitor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MonitorStep {
    /// Scores, one call each, up to the first that is refused.
    Push(BitsList),
    /// Observations, one call each, up to the first that is refused.
    Observe(Vec<Seen>),
    /// Scores in one call.
    Batch(BitsList),
    /// The same score so many times, in one call.
    Fill(u32, Bits),
    /// A halt from outside.
    Stop(HaltText),
    /// The end.
    Finish,
}

/// Something done to a streaming kernel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KernelStep {
    Begin,
    /// A token and what is known of it.
    Push(String, Seen),
    End,
    /// A whole stream: tokens and their scores.
    Run(Vec<(String, Bits)>),
    EmergencyStop,
    Reactivate,
}

/// Something done to a safety kernel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SafetyStep {
    /// A whole stream: tokens and their scores.
    Run(Vec<(String, Bits)>),
    EmergencyStop,
    Reactivate,
}

/// What comes of an input.
pub(crate) fn run(backend: &dyn Backend, input: Input) -> Value {
    let result = match input {
        Input::Monitor { config, steps } => monitor(backend, &config, &steps),
        Input::Kernel { config, steps } => kernel(backend, &config, &steps),
        Input::Safety { hard_limit, steps } => safety(backend, hard_limit.0, &steps),
        Input::Entropy { log_probabilities } => {
            backend.logit_entropy(&log_probabilities.0).map(|bits| json!(text::bits(bits)))
        }
    };
    result.unwrap_or_else(|Refused(error)| json!({ "refused": error }))
}

fn monitor(backend: &dyn Backend, config: &Changes, steps: &[MonitorStep]) -> Answer<Value> {
    let mut monitor = backend.monitor(&config.config())?;
    let done: Vec<_> = steps.iter().map(|step| monitor_step(monitor.as_mut(), step)).collect();
    Ok(json!({
        "steps": done,
        "state": state_name(monitor.state()?),
        "summary": text::summary(&monitor.summary()?),
    }))
}

/// Answers joined by `; `.
fn monitor_step(monitor: &mut dyn Monitor, step: &MonitorStep) -> String {
    let answers: Vec<Answer<String>> = match step {
        MonitorStep::Push(scores) => each(&scores.0, |score| Ok(text::verdict(&monitor.push(*score)?))),
        MonitorStep::Observe(seen) => each(seen, |seen| Ok(text::verdict(&monitor.push_observation(seen.0)?))),
        MonitorStep::Batch(scores) => vec![monitor.push_many(&scores.0).map(|batch| text::batch(&batch))],
        MonitorStep::Fill(count, score) => {
            let scores = vec![score.0; usize::try_from(*count).unwrap_or(0)];
            vec![monitor.push_many(&scores).map(|batch| text::batch(&batch))]
        }
        MonitorStep::Stop(halt) => vec![monitor.stop(halt.0).map(|verdict| text::verdict(&verdict))],
        MonitorStep::Finish => vec![monitor.finish().map(|summary| text::summary(&summary))],
    };
    let texts: Vec<_> = answers.into_iter().map(said).collect();
    texts.join("; ")
}

/// Calls once an item and stops after the first refusal.
fn each<T>(items: &[T], mut call: impl FnMut(&T) -> Answer<String>) -> Vec<Answer<String>> {
    let mut answers = Vec::new();
    for item in items {
        let answer = call(item);
        let over = answer.is_err();
        answers.push(answer);
        if over {
            break;
        }
    }
    answers
}

/// An answer or a refusal as text.
fn said(answer: Answer<String>) -> String {
    answer.unwrap_or_else(|Refused(error)| format!("refused {error}"))
}

fn kernel(backend: &dyn Backend, config: &Changes, steps: &[KernelStep]) -> Answer<Value> {
    let mut kernel = backend.kernel(&config.config())?;
    let mut done = Vec::new();
    for step in steps {
        let answer = kernel_step(kernel.as_mut(), step).unwrap_or_else(|Refused(error)| json!({ "refused": error }));
        let active = if kernel.is_active()? { "active" } else { "inactive" };
        done.push(json!([answer, kernel.state()?, active]));
    }
    Ok(json!({ "steps": done }))
}

fn kernel_step(kernel: &mut dyn Kernel, step: &KernelStep) -> Answer<Value> {
    Ok(match step {
        KernelStep::Begin => {
            kernel.begin()?;
            Value::Null
        }
        KernelStep::Push(token, seen) => json!(text::verdict(&kernel.push(token, seen.0)?)),
        KernelStep::End => record(&kernel.end()?),
        KernelStep::Run(tokens) => record(&kernel.run(&plain(tokens))?),
        KernelStep::EmergencyStop => {
            kernel.emergency_stop()?;
            Value::Null
        }
        KernelStep::Reactivate => {
            kernel.reactivate()?;
            Value::Null
        }
    })
}

fn record(record: &StreamRecord) -> Value {
    let tokens: Vec<_> = record
        .tokens
        .iter()
        .map(|token| json!([token.text, text::optional_bits(token.score), text::verdict(&token.verdict)]))
        .collect();
    json!({ "tokens": tokens, "output": record.output(), "summary": text::summary(&record.summary) })
}

fn safety(backend: &dyn Backend, hard_limit: f64, steps: &[SafetyStep]) -> Answer<Value> {
    let mut kernel = backend.safety_kernel(hard_limit)?;
    let mut done = Vec::new();
    for step in steps {
        let answer = match step {
            SafetyStep::Run(tokens) => match kernel.run(&plain(tokens))? {
                Ok(text) => json!({ "passed": text }),
                Err((index, halt)) => json!({ "interrupted": format!("{index} {}", text::halt(halt)) }),
            },
            SafetyStep::EmergencyStop => {
                kernel.emergency_stop()?;
                Value::Null
            }
            SafetyStep::Reactivate => {
                kernel.reactivate()?;
                Value::Null
            }
        };
        done.push(json!([answer, if kernel.is_active()? { "active" } else { "inactive" }]));
    }
    Ok(json!({ "steps": done }))
}

fn plain(tokens: &[(String, Bits)]) -> Vec<(String, f64)> {
    tokens.iter().map(|(text, score)| (text.clone(), score.0)).collect()
}
