//! The published kernels from their description, with the rules by which Interlock departs from them
//! as named branch points.
//!
//! With no rule it gives what the published kernels gave; with all of them, what Interlock must give.
//! So a difference between the two is explained by the rules that make it, for any input. Written for
//! clarity: whole histories, sums from scratch, integers instead of the core's incremental state.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::number;

/// The texts of the tokens of a stream: `t0_`, `t1_`, and so on.
pub(crate) fn token_texts(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("t{index}_")).collect()
}

/// A rule by which Interlock departs from the published kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A configuration that is not valid is refused at construction.
    RefuseInvalid,
    /// The active flag is looked at before every token of the safety kernel too.
    CheckActive,
    /// A score that is not finite halts by itself, whatever the limits are.
    NonFiniteHalts,
    /// Finite scores are clamped to [0, 1], and -0.0 becomes 0.0.
    Clamp,
    /// Averages and drops are decided without rounding.
    Exact,
    /// Every halt, not only the hard limit, leaves the kernel inactive until it is reactivated.
    HaltDeactivates,
}

impl Rule {
    /// Every rule, in the order in which they are tried as explanations.
    pub(crate) const ALL: [Self; 6] =
        [Self::RefuseInvalid, Self::CheckActive, Self::NonFiniteHalts, Self::Clamp, Self::Exact, Self::HaltDeactivates];

    /// The rule as a sentence.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::RefuseInvalid => "a configuration that is not valid is refused",
            Self::CheckActive => "an inactive kernel takes no token",
            Self::NonFiniteHalts => "a score that is not finite halts by itself",
            Self::Clamp => "scores are clamped to [0, 1]",
            Self::Exact => "averages and drops are decided without rounding",
            Self::HaltDeactivates => "every halt leaves the kernel inactive until it is reactivated",
        }
    }
}

/// The twelve fields as published: all of them wanted in JSON, unknown keys ignored.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct PublishedConfig {
    pub(crate) coherence_threshold: f64,
    pub(crate) hard_limit: f64,
    pub(crate) soft_limit: f64,
    pub(crate) w_logic: f64,
    pub(crate) w_fact: f64,
    pub(crate) window_size: u64,
    pub(crate) window_threshold: f64,
    pub(crate) trend_window: u64,
    pub(crate) trend_threshold: f64,
    pub(crate) history_window: u64,
    pub(crate) deadline_ms: u64,
    pub(crate) logit_entropy_limit: f64,
}

impl PublishedConfig {
    /// The published defaults.
    pub(crate) const DEFAULT: Self = Self {
        coherence_threshold: 0.6,
        hard_limit: 0.5,
        soft_limit: 0.7,
        w_logic: 0.6,
        w_fact: 0.4,
        window_size: 10,
        window_threshold: 0.55,
        trend_window: 5,
        trend_threshold: 0.15,
        history_window: 5,
        deadline_ms: 50,
        logit_entropy_limit: 1.2,
    };

    /// The configuration with the fields of `changes` replaced. The name of the first one that is no
    /// field, or no value of its field, is the error.
    pub(crate) fn with(&self, changes: &Map<String, Value>) -> Result<Self, String> {
        let mut config = self.clone();
        for (key, value) in changes {
            let real = match key.as_str() {
                "coherence_threshold" => &mut config.coherence_threshold,
                "hard_limit" => &mut config.hard_limit,
                "soft_limit" => &mut config.soft_limit,
                "w_logic" => &mut config.w_logic,
                "w_fact" => &mut config.w_fact,
                "window_threshold" => &mut config.window_threshold,
                "trend_threshold" => &mut config.trend_threshold,
                "logit_entropy_limit" => &mut config.logit_entropy_limit,
                _ => {
                    let count = match key.as_str() {
                        "window_size" => &mut config.window_size,
                        "trend_window" => &mut config.trend_window,
                        "history_window" => &mut config.history_window,
                        "deadline_ms" => &mut config.deadline_ms,
                        _ => return Err(key.clone()),
                    };
                    *count = value.as_u64().ok_or_else(|| key.clone())?;
                    continue;
                }
            };
            *real = number(value).ok_or_else(|| key.clone())?;
        }
        Ok(config)
    }

    /// The first field that the published validation refuses.
    pub(crate) fn published_refuses(&self) -> Option<&'static str> {
        let unit = |x: f64| (0.0..=1.0).contains(&x);
        [
            ("coherence_threshold", !unit(self.coherence_threshold)),
            ("hard_limit", !unit(self.hard_limit)),
            ("w_logic", (self.w_logic + self.w_fact - 1.0).abs() > 1e-9),
            ("window_size", self.window_size == 0),
            ("trend_window", self.trend_window < 2),
            ("trend_threshold", self.trend_threshold <= 0.0),
            ("deadline_ms", self.deadline_ms == 0),
        ]
        .into_iter()
        .find_map(|(field, refused)| refused.then_some(field))
    }

    /// The first field that Interlock must refuse, in the order of the fields.
    pub(crate) fn canon_refuses(&self) -> Option<&'static str> {
        let unit = |x: f64| (0.0..=1.0).contains(&x);
        let sum = self.w_logic + self.w_fact - 1.0;
        let positive = self.trend_threshold.is_finite() && self.trend_threshold > 0.0;
        let bits = self.logit_entropy_limit.is_finite() && self.logit_entropy_limit >= 0.0;
        let fits = |count: u64| u32::try_from(count).is_ok();
        [
            ("coherence_threshold", unit(self.coherence_threshold)),
            ("hard_limit", unit(self.hard_limit)),
            ("soft_limit", unit(self.soft_limit)),
            ("w_logic", unit(self.w_logic)),
            ("w_fact", unit(self.w_fact)),
            ("w_logic", (-1e-9..=1e-9).contains(&sum)),
            ("window_size", (1..=4096).contains(&self.window_size)),
            ("window_threshold", unit(self.window_threshold)),
            ("trend_window", (2..=4096).contains(&self.trend_window)),
            ("trend_threshold", positive),
            ("history_window", self.history_window >= 1),
            ("deadline_ms", self.deadline_ms >= 1),
            ("logit_entropy_limit", bits),
            // Not values of their fields at all, so no order among the checks binds them.
            ("history_window", fits(self.history_window)),
            ("deadline_ms", fits(self.deadline_ms)),
        ]
        .into_iter()
        .find_map(|(field, holds)| (!holds).then_some(field))
    }
}

/// Why a run halted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    HardLimit,
    WindowAverage,
    DownwardTrend,
    NonFinite,
    Inactive,
}

impl Cause {
    /// The name in Interlock's closed list.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::HardLimit => "hard-limit",
            Self::WindowAverage => "window-average",
            Self::DownwardTrend => "downward-trend",
            Self::NonFinite => "non-finite-score",
            Self::Inactive => "inactive",
        }
    }
}

/// A halt: where, why, and the numbers that decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stop {
    pub(crate) index: u64,
    pub(crate) cause: Cause,
    pub(crate) observed: f64,
    pub(crate) bound: f64,
}

impl Stop {
    /// The reason in the published words.
    pub(crate) fn text(&self) -> String {
        let (observed, bound) = (self.observed, self.bound);
        match self.cause {
            Cause::HardLimit | Cause::NonFinite => format!("hard_limit ({observed:.4} < {bound})"),
            Cause::WindowAverage => format!("window_avg ({observed:.4} < {bound})"),
            Cause::DownwardTrend => format!("downward_trend ({observed:.4} > {bound})"),
            Cause::Inactive => String::from("kernel_inactive"),
        }
    }
}

/// What one run of a streaming kernel gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) stop: Option<Stop>,
    /// Recorded scores, one a recorded token; the one that halted is the last.
    pub(crate) history: Vec<f64>,
    pub(crate) callbacks: u64,
    pub(crate) active_after: bool,
}

impl Run {
    /// Mean of the history as published: summed left to right, cut to [0, 1].
    pub(crate) fn average(&self) -> f64 {
        if self.history.is_empty() {
            return 0.0;
        }
        let sum = self.history.iter().fold(0.0, |sum, score| sum + score);
        (sum / count(self.history.len())).clamp(0.0, 1.0)
    }

    /// Smallest score, not below 0; 0 when there is none.
    pub(crate) fn minimum(&self) -> f64 {
        if self.history.is_empty() {
            return 0.0;
        }
        self.history.iter().fold(f64::INFINITY, |least, score| least.min(*score)).max(0.0)
    }

    /// The tokens before the halt, `t0_t1_…`.
    pub(crate) fn output(&self) -> String {
        let passed = self.history.len().saturating_sub(usize::from(self.stopped_on_token()));
        token_texts(passed).concat()
    }

    /// Whether the last recorded token is the one that halted.
    pub(crate) fn stopped_on_token(&self) -> bool {
        self.stop.is_some_and(|stop| stop.cause != Cause::Inactive)
    }
}

/// A streaming kernel under a set of rules.
pub(crate) struct Kernel<'a> {
    config: &'a PublishedConfig,
    rules: &'a [Rule],
    pub(crate) active: bool,
}

impl<'a> Kernel<'a> {
    /// A kernel, or the field for which the rules refuse the configuration.
    pub(crate) fn new(config: &'a PublishedConfig, rules: &'a [Rule]) -> Result<Self, &'static str> {
        if rules.contains(&Rule::RefuseInvalid)
            && let Some(field) = config.canon_refuses()
        {
            return Err(field);
        }
        Ok(Self { config, rules, active: true })
    }

    /// One call: a stream of scores. NaN stands for a callback that failed.
    pub(crate) fn run(&mut self, scores: &[f64]) -> Run {
        let mut run = Run { stop: None, history: Vec::new(), callbacks: 0, active_after: self.active };
        for (index, raw) in (0_u64..).zip(scores) {
            let halt = |cause, observed, bound| Some(Stop { index, cause, observed, bound });
            if !self.active {
                run.stop = halt(Cause::Inactive, 0.0, 0.0);
                break;
            }
            run.callbacks = run.callbacks.saturating_add(1);
            run.history.push(admitted(*raw, self.rules));
            run.stop = self.check(*raw, &run.history).and_then(|(cause, o, b)| halt(cause, o, b));
            if let Some(stop) = run.stop {
                let hard = matches!(stop.cause, Cause::HardLimit | Cause::NonFinite);
                if hard || self.rules.contains(&Rule::HaltDeactivates) {
                    self.active = false;
                }
                break;
            }
        }
        run.active_after = self.active;
        run
    }

    /// The first check that fails for the newest score of a history.
    fn check(&self, raw: f64, history: &[f64]) -> Option<(Cause, f64, f64)> {
        let config = self.config;
        let exact = self.rules.contains(&Rule::Exact);
        let newest = *history.last()?;
        if !raw.is_finite() && self.rules.contains(&Rule::NonFiniteHalts) {
            return Some((Cause::NonFinite, newest, config.hard_limit));
        }
        if newest < config.hard_limit {
            return Some((Cause::HardLimit, newest, config.hard_limit));
        }
        if let Some(window) = last(history, config.window_size).filter(|window| !window.is_empty()) {
            let average = window.iter().fold(0.0, |sum, score| sum + score) / count(window.len());
            let below = if exact {
                let sum: u128 = window.iter().map(|score| grain(*score)).sum();
                sum < grain(config.window_threshold).saturating_mul(u128::from(config.window_size))
            } else {
                average < config.window_threshold
            };
            if below {
                return Some((Cause::WindowAverage, average, config.window_threshold));
            }
        }
        let first = *last(history, config.trend_window)?.first()?;
        let drop = first - newest;
        let falls = if exact {
            grain(first).saturating_sub(grain(newest)) > grain(config.trend_threshold)
        } else {
            drop > config.trend_threshold
        };
        falls.then_some((Cause::DownwardTrend, drop, config.trend_threshold))
    }
}

/// What one run of the safety kernel gave: its text, unless it was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SafetyRun {
    pub(crate) output: Option<String>,
    pub(crate) callbacks: u64,
    pub(crate) active_after: bool,
}

/// One call of the safety kernel. Clamping changes the answer only for a negative score at a limit of 0.
pub(crate) fn safety_run(
    hard_limit: f64,
    active: &mut bool,
    tokens: &[String],
    scores: &[f64],
    rules: &[Rule],
) -> SafetyRun {
    let mut text = String::new();
    let mut callbacks = 0_u64;
    for (token, raw) in tokens.iter().zip(scores) {
        if !*active && rules.contains(&Rule::CheckActive) {
            return SafetyRun { output: None, callbacks, active_after: false };
        }
        callbacks = callbacks.saturating_add(1);
        let refused = !raw.is_finite() && rules.contains(&Rule::NonFiniteHalts);
        if refused || admitted(*raw, rules) < hard_limit {
            *active = false;
            return SafetyRun { output: None, callbacks, active_after: false };
        }
        text.push_str(token);
    }
    SafetyRun { output: Some(text), callbacks, active_after: *active }
}

/// A score as it enters the record.
fn admitted(raw: f64, rules: &[Rule]) -> f64 {
    if !raw.is_finite() {
        0.0
    } else if rules.contains(&Rule::Clamp) {
        // The maximum with +0.0 may keep -0.0; adding +0.0 does not.
        raw.clamp(0.0, 1.0) + 0.0
    } else {
        raw
    }
}

/// The newest `size` scores, once there are so many.
fn last(history: &[f64], size: u64) -> Option<&[f64]> {
    let size = usize::try_from(size).ok()?;
    history.get(history.len().checked_sub(size)?..)
}

/// Whole multiples of 2^-63 in `x`, rounded down, from its bits: 0 below zero, 2^63 from one up.
pub(crate) fn grain(x: f64) -> u128 {
    if x.is_nan() || x <= 0.0 {
        return 0;
    }
    if x >= 1.0 {
        return 1 << 63;
    }
    let bits = x.to_bits();
    let exponent = bits >> 52;
    let fraction = u128::from(bits & ((1 << 52) - 1));
    // A normal double is (2^52 + fraction) x 2^(exponent - 1075); a subnormal one is far below 2^-63.
    let mantissa = if exponent == 0 { fraction } else { fraction | (1 << 52) };
    match u32::try_from(exponent) {
        // In units of 2^-63 the power of two is exponent - 1012.
        Ok(exponent) if exponent >= 1012 => mantissa << (exponent.saturating_sub(1012)).min(63),
        Ok(exponent) => mantissa.checked_shr(1012_u32.saturating_sub(exponent)).unwrap_or(0),
        Err(_) => 0,
    }
}

#[allow(clippy::cast_precision_loss, reason = "the length of a list in memory")]
fn count(length: usize) -> f64 {
    length as f64
}
