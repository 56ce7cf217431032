//! The two kernels.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::config::KernelConfig;
use crate::Fidelity;
use crate::halt::{ConfigError, Halt, HaltReason, Observation, StreamMonitor};

/// What sums of scores begin with: of a score of -0.0 alone they are that.
const NOTHING: f64 = -0.0;

/// What a run that halted gives instead of its text.
pub const INTERRUPT: &str = "[KERNEL INTERRUPT: COHERENCE LIMIT EXCEEDED]";

/// Runs one stream after the other under one configuration.
///
/// As published only the hard limit leaves it inactive; corrected, every halt does. Either way it refuses every token
/// until it is reactivated, and carries nothing from one stream into the next.
///
/// ```
/// use interlock_core::published::{Fidelity, KernelConfig, StreamKernel};
/// let mut kernel = StreamKernel::new(KernelConfig::default(), Fidelity::Published)?;
/// let mut session = kernel.begin();
/// assert!(kernel.push(&mut session, Some(0.9), None));
/// assert!(!kernel.push(&mut session, Some(0.2), None));
/// assert_eq!(session.halt_reason(), "hard_limit (0.2000 < 0.5)");
/// assert!(!kernel.is_active());
/// # Ok::<(), interlock_core::halt::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StreamKernel {
    config: KernelConfig,
    /// What every stream starts from; none as published.
    monitor: Option<Box<StreamMonitor>>,
    active: bool,
}

impl StreamKernel {
    /// An active kernel.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration is not valid.
    pub fn new(config: KernelConfig, fidelity: Fidelity) -> Result<Self, ConfigError> {
        config.validate(fidelity)?;
        let monitor = match fidelity {
            Fidelity::Published => None,
            Fidelity::Corrected => Some(Box::new(StreamMonitor::new(&config.to_halt_config()?)?)),
        };
        Ok(Self { config, monitor, active: true })
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &KernelConfig {
        &self.config
    }

    /// Which rules hold.
    #[must_use]
    pub const fn fidelity(&self) -> Fidelity {
        if self.monitor.is_some() { Fidelity::Corrected } else { Fidelity::Published }
    }

    /// Whether it takes tokens.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.active
    }

    /// Makes it refuse every token until it is reactivated.
    pub const fn emergency_stop(&mut self) {
        self.active = false;
    }

    /// Makes it take tokens again.
    pub const fn reactivate(&mut self) {
        self.active = true;
    }

    /// Begins a stream.
    #[must_use]
    pub fn begin(&self) -> Session {
        Session { monitor: self.monitor.clone(), scores: Vec::new(), stop: None, written: None }
    }

    /// Whether the next token of a session is to be scored. An inactive kernel halts the session instead, and the
    /// token is not recorded.
    pub fn admits(&self, session: &mut Session) -> bool {
        if session.stop.is_none() && !self.active {
            session.stop = Some(Stop { index: session.scores.len(), halt: Halt::because(HaltReason::Inactive) });
        }
        session.stop.is_none()
    }

    /// Judges the next token of a session by its score; none for a source that failed. Corrected, `elapsed_ms` says
    /// how long the score took. Whether the session goes on.
    pub fn push(&mut self, session: &mut Session, score: Option<f64>, elapsed_ms: Option<f64>) -> bool {
        if !self.admits(session) {
            return false;
        }
        let halt = match &mut session.monitor {
            Some(monitor) => {
                let score = Some(score.unwrap_or(f64::NAN));
                let verdict = monitor.push_observation(Observation { score, elapsed_ms, logit_entropy: None });
                session.scores.push(monitor.last_score().unwrap_or(0.0));
                verdict.map_or(Some(Halt::because(HaltReason::Inactive)), |verdict| verdict.halt())
            }
            None => {
                session.scores.push(score.unwrap_or(f64::NAN));
                judge(&self.config, &mut session.scores)
            }
        };
        self.settle(session, halt)
    }

    /// As [`push`](Self::push) for one score after the other; stops where the session does. Whether it goes on.
    pub fn push_many(&mut self, session: &mut Session, scores: &[f64]) -> bool {
        if scores.is_empty() || !self.admits(session) {
            return session.stop.is_none();
        }
        let halt = match &mut session.monitor {
            Some(monitor) => {
                session.scores.reserve(scores.len());
                scores.iter().find_map(|score| {
                    let verdict = monitor.push(*score);
                    session.scores.push(monitor.last_score().unwrap_or(0.0));
                    verdict.map_or(Some(Halt::because(HaltReason::Inactive)), |verdict| verdict.halt())
                })
            }
            None => {
                let from = session.scores.len();
                session.scores.extend_from_slice(scores);
                judge_from(&self.config, &mut session.scores, from)
            }
        };
        self.settle(session, halt)
    }

    /// The session of one score after the other, from the first to the last or the one that halts it. As
    /// [`push_many`](Self::push_many) on a session that begins, and copies no score that it need not change.
    #[must_use]
    pub fn run(&mut self, scores: Vec<f64>) -> Session {
        let mut session = self.begin();
        if session.monitor.is_some() || !self.active || scores.is_empty() {
            self.push_many(&mut session, &scores);
        } else {
            session.scores = scores;
            let halt = judge_from(&self.config, &mut session.scores, 0);
            self.settle(&mut session, halt);
        }
        session
    }

    fn settle(&mut self, session: &mut Session, halt: Option<Halt>) -> bool {
        let Some(halt) = halt else { return true };
        let last = session.scores.len().saturating_sub(1);
        session.stop = Some(Stop { index: last, halt });
        let hard = matches!(halt.reason, HaltReason::HardLimit | HaltReason::NonFiniteScore);
        self.active = self.active && !hard && session.monitor.is_none();
        false
    }
}

/// Judges the newest score and gives the first of the published checks that it fails. One that is no number is recorded
/// as 0.
fn judge(config: &KernelConfig, scores: &mut [f64]) -> Option<Halt> {
    let newest = scores.last_mut()?;
    let raw = *newest;
    if !raw.is_finite() {
        *newest = 0.0;
    }
    check(config, scores, raw)
}

/// The first of the published checks that the newest of the recorded scores fails. A score that is no number fails the
/// hard limit as 0 does, and where 0 would pass it fails by itself.
fn check(config: &KernelConfig, scores: &[f64], raw: f64) -> Option<Halt> {
    let score = scores.last().copied().unwrap_or(0.0);
    if score < config.hard_limit {
        return Some(Halt::measured(HaltReason::HardLimit, score, config.hard_limit));
    }
    if !raw.is_finite() {
        return Some(Halt::because(HaltReason::NonFiniteScore));
    }
    if let Some(window) = newest(scores, config.window_size) {
        let average = window.iter().fold(NOTHING, |sum, score| sum + score) / count(window.len());
        if average < config.window_threshold {
            return Some(Halt::measured(HaltReason::WindowAverage, average, config.window_threshold));
        }
    }
    let drop = newest(scores, config.trend_window).and_then(<[f64]>::first).map_or(0.0, |first| first - score);
    (drop > config.trend_threshold).then(|| Halt::measured(HaltReason::DownwardTrend, drop, config.trend_threshold))
}

/// Scores whose checks are worked on together.
const LANES: usize = 8;

/// As [`judge`] for one score after the other from a position on. Those behind one that fails are no part of the record.
fn judge_from(config: &KernelConfig, scores: &mut Vec<f64>, from: usize) -> Option<Halt> {
    if plainly_pass(config, scores, from) {
        return None;
    }
    // Those before the first full window have little to be checked for, and behind it every block has windows.
    let full = usize::try_from(config.window_size.max(config.trend_window)).unwrap_or(usize::MAX);
    let full = full.saturating_sub(1).max(from);
    let mut passed = from;
    while passed < scores.len() {
        if passed >= full {
            // The rest goes in a block with those before, which pass once more.
            let end = passed.saturating_add(LANES).min(scores.len());
            let block = end.checked_sub(LANES).filter(|start| *start >= full);
            if block.is_some() && scores.get(..end).is_some_and(|scores| all_pass(config, scores)) {
                passed = end;
                continue;
            }
        }
        // One by one, to the end of the block in which one may fail.
        let end = if passed < full { full } else { passed.saturating_add(LANES) }.min(scores.len());
        while passed < end {
            passed = passed.saturating_add(1);
            if let Some(halt) = scores.get_mut(..passed).and_then(|scores| judge(config, scores)) {
                scores.truncate(passed);
                return Some(halt);
            }
        }
    }
    None
}

/// Whether all scores from a position on pass every check, as most streams do, seen without a sum: an average is not below
/// the least of what it is of, but for rounding. Where that does not tell, nothing is said.
fn plainly_pass(config: &KernelConfig, scores: &[f64], from: usize) -> bool {
    let before = |size: u64| from.saturating_sub(usize::try_from(size.saturating_sub(1)).unwrap_or(usize::MAX));
    // n sums of numbers that are not negative and a division round by (n + 1) halves of an EPSILON at most.
    #[allow(clippy::cast_precision_loss, reason = "a bound that need not be exact")]
    let rounding = 4.0 * (config.window_size as f64 + 1.0) * f64::EPSILON;
    let least = (config.window_threshold.max(0.0) * (1.0 + rounding)).max(config.hard_limit);
    let windows = scores.get(before(config.window_size)..).unwrap_or_default();
    if !all_within(windows, least) {
        return false;
    }
    let firsts = scores.get(before(config.trend_window)..).unwrap_or_default();
    let trend = usize::try_from(config.trend_window.saturating_sub(1)).unwrap_or(usize::MAX);
    let lasts = firsts.get(trend..).unwrap_or_default();
    let falls = |(first, last): (&f64, &f64)| first - last > config.trend_threshold;
    !firsts.iter().zip(lasts).map(falls).fold(false, |any, falls| any | falls)
}

/// Whether all are finite and at least so much. Compares to the end, without branches, and so several at once.
fn all_within(scores: &[f64], least: f64) -> bool {
    scores.iter().fold(true, |all, score| all & (least..=f64::MAX).contains(score))
}

/// Whether the newest [`LANES`] scores pass every check, each by the same sums in the same order as alone. Where some of
/// them have a full window behind them and some have not, nothing is said.
fn all_pass(config: &KernelConfig, scores: &[f64]) -> bool {
    let Some(block) = scores.last_chunk::<LANES>() else { return false };
    let mut pass = all_within(block, config.hard_limit.max(f64::MIN));
    match behind(scores, config.window_size) {
        Behind::None => {}
        Behind::Some => return false,
        Behind::All(window) => {
            let mut sums = [NOTHING; LANES];
            for scores in window.array_windows::<LANES>() {
                for (sum, score) in sums.iter_mut().zip(scores) {
                    *sum += score;
                }
            }
            // The least sum has the least average, for a division keeps the order. A sum that is no number fails nothing.
            let least = sums.into_iter().fold(f64::INFINITY, |least, sum| if sum < least { sum } else { least });
            let size = count(window.len().saturating_sub(LANES).saturating_add(1));
            pass &= least / size >= config.window_threshold;
        }
    }
    match behind(scores, config.trend_window) {
        Behind::None => pass,
        Behind::Some => false,
        Behind::All(window) => {
            let falls = |(first, last): (&f64, &f64)| first - last > config.trend_threshold;
            pass & !window.iter().zip(block).map(falls).fold(false, |any, falls| any | falls)
        }
    }
}

/// What lies behind the newest [`LANES`] scores.
enum Behind<'a> {
    /// For none of them a window.
    None,
    /// For some of them a window.
    Some,
    /// For each of them a window: theirs together.
    All(&'a [f64]),
}

fn behind(scores: &[f64], size: u64) -> Behind<'_> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > scores.len() {
        return Behind::None;
    }
    let together = size.saturating_add(LANES).saturating_sub(1);
    scores.len().checked_sub(together).and_then(|start| scores.get(start..)).map_or(Behind::Some, Behind::All)
}

/// The newest `size` scores, once there are so many.
#[inline]
fn newest(scores: &[f64], size: u64) -> Option<&[f64]> {
    scores.get(scores.len().checked_sub(usize::try_from(size).ok()?)?..)
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    index: usize,
    halt: Halt,
}

/// The account of one stream. It knows how many tokens there were, and not what they said.
#[derive(Clone, Debug)]
pub struct Session {
    // What few sessions have lies elsewhere, for a session is moved and kept by the thousand.
    monitor: Option<Box<StreamMonitor>>,
    scores: Vec<f64>,
    stop: Option<Stop>,
    written: Option<Box<Written>>,
}

/// What a session that was written down said of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// [`Session::is_halted`].
    pub halted: bool,
    /// [`Session::halt_index`].
    pub halt_index: Option<usize>,
    /// [`Session::passed`].
    pub passed: usize,
    /// [`Session::halt_reason`].
    pub halt_reason: String,
    /// [`Session::average`].
    pub average: f64,
}

impl Session {
    /// A session that was written down and read again. It takes no more tokens.
    #[must_use]
    pub fn restore(scores: Vec<f64>, written: Written) -> Self {
        let stop = Some(Stop { index: written.passed, halt: Halt::because(HaltReason::Inactive) });
        Self { monitor: None, scores, stop, written: Some(Box::new(written)) }
    }

    /// The scores as recorded, the halting one included: one for each token.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// Whether the stream halted.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.written.as_ref().map_or(self.stop.is_some(), |written| written.halted)
    }

    /// Position of the token that halted the stream. As published 0 when nothing halted; corrected none.
    #[must_use]
    pub fn halt_index(&self) -> Option<usize> {
        if let Some(written) = &self.written {
            return written.halt_index;
        }
        self.stop.map_or(if self.monitor.is_none() { Some(0) } else { None }, |stop| Some(stop.index))
    }

    /// How many tokens may leave, from the first on.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.stop.map_or(self.scores.len(), |stop| stop.index)
    }

    /// Why the stream halted, in words; empty when it did not. As published averages and drops have four decimals.
    #[must_use]
    pub fn halt_reason(&self) -> String {
        if let Some(written) = &self.written {
            return written.halt_reason.clone();
        }
        let Some(Stop { halt, .. }) = self.stop else { return String::new() };
        if self.monitor.is_some() {
            return halt.to_string();
        }
        let (observed, bound) = (halt.observed.unwrap_or(0.0), halt.bound.unwrap_or(0.0));
        match halt.reason {
            HaltReason::HardLimit => format!("hard_limit ({observed:.4} < {bound})"),
            HaltReason::WindowAverage => format!("window_avg ({observed:.4} < {bound})"),
            HaltReason::DownwardTrend => format!("downward_trend ({observed:.4} > {bound})"),
            HaltReason::NonFiniteScore => String::from("non_finite_score"),
            _ => String::from("kernel_inactive"),
        }
    }

    /// What a run that halted gives instead of its text.
    #[must_use]
    pub fn notice(&self) -> String {
        format!("[KERNEL INTERRUPT: {}]", self.halt_reason())
    }

    /// Mean of the scores, in [0, 1]; 0 when there are none.
    #[must_use]
    pub fn average(&self) -> f64 {
        if let Some(written) = &self.written {
            return written.average;
        }
        if let Some(monitor) = &self.monitor {
            return monitor.summary().average;
        }
        if self.scores.is_empty() {
            return 0.0;
        }
        (self.scores.iter().fold(NOTHING, |sum, score| sum + score) / count(self.scores.len())).clamp(0.0, 1.0)
    }

    /// The smallest score, raised to 0; 0 when there are none.
    #[must_use]
    pub fn minimum(&self) -> f64 {
        if self.scores.is_empty() {
            return 0.0;
        }
        self.scores.iter().fold(f64::INFINITY, |least, score| least.min(*score)).max(0.0)
    }
}

/// Runs tokens against a hard limit and gives all of their text or none of it.
///
/// Once it has halted it is inactive, and takes no token until it is reactivated.
#[derive(Clone, Debug)]
pub struct TokenKernel {
    hard_limit: f64,
    fidelity: Fidelity,
    active: bool,
}

impl TokenKernel {
    /// A kernel with a hard limit in [0, 1]; as published any number, for one above 1 lets nothing pass and one below
    /// 0 nothing that is a score fail.
    ///
    /// # Errors
    /// [`ConfigError`] for another limit.
    pub fn new(hard_limit: f64, fidelity: Fidelity) -> Result<Self, ConfigError> {
        let holds = if fidelity.is_published() { !hard_limit.is_nan() } else { (0.0..=1.0).contains(&hard_limit) };
        let bound = if fidelity.is_published() { "a number" } else { "a finite number in [0, 1]" };
        if !holds {
            return Err(ConfigError { field: "hard_limit", value: hard_limit, bound });
        }
        Ok(Self { hard_limit, fidelity, active: true })
    }

    /// The hard limit.
    #[must_use]
    pub const fn hard_limit(&self) -> f64 {
        self.hard_limit
    }

    /// Which rules hold.
    #[must_use]
    pub const fn fidelity(&self) -> Fidelity {
        self.fidelity
    }

    /// Whether it takes tokens.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.active
    }

    /// Makes it refuse every token until it is reactivated.
    pub const fn emergency_stop(&mut self) {
        self.active = false;
    }

    /// Makes it take tokens again.
    pub const fn reactivate(&mut self) {
        self.active = true;
    }

    /// Judges a token by its score; none for a source that failed. Whether it passes; where it does not, nothing of
    /// its run may leave.
    pub fn passes(&mut self, score: Option<f64>) -> bool {
        let score = score.unwrap_or(f64::NAN);
        let clamped = if self.fidelity.is_published() { score } else { score.clamp(0.0, 1.0) };
        if self.active && (!score.is_finite() || clamped < self.hard_limit) {
            self.active = false;
        }
        self.active
    }

    /// As [`passes`](Self::passes) for one score after the other: whether all do.
    pub fn pass_many(&mut self, scores: &[f64]) -> bool {
        scores.is_empty() || scores.iter().all(|score| self.passes(Some(*score)))
    }
}

#[allow(clippy::cast_precision_loss, reason = "the length of a list in memory")]
fn count(length: usize) -> f64 {
    length as f64
}
