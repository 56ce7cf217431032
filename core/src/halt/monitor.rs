//! The monitor of one stream.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::config::{ConfigError, HaltConfig, MissingScore};
use super::fixed;
use super::record::Summary;
use super::verdict::{Halt, HaltReason, Verdict, Warning, WarningKind};

/// What is known of one token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observation {
    /// The coherence score. A finite one outside [0, 1] is clamped; one that is not finite halts; none
    /// means that it never came.
    pub score: Option<f64>,
    /// How long the score took in milliseconds. None: not timed, no deadline.
    pub elapsed_ms: Option<f64>,
    /// Entropy of the next-token distribution in bits. None: not known, not checked.
    pub logit_entropy: Option<f64>,
}

impl Observation {
    /// A score that was not timed.
    #[must_use]
    pub const fn score(score: f64) -> Self {
        Self { score: Some(score), elapsed_ms: None, logit_entropy: None }
    }
}

/// Where a stream is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitorState {
    /// Tokens are judged.
    Open,
    /// A check failed; nothing more is judged.
    Halted,
    /// The stream came to its end without a halt.
    Finished,
}

/// The stream is over: it halted or was finished. Nothing was judged and nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamEnded {
    /// How it ended: [`MonitorState::Halted`] or [`MonitorState::Finished`].
    pub state: MonitorState,
}

impl fmt::Display for StreamEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            MonitorState::Halted => "the stream has halted",
            MonitorState::Finished | MonitorState::Open => "the stream has been finished",
        })
    }
}

impl core::error::Error for StreamEnded {}

/// The answer to a batch of scores.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BatchVerdict {
    /// Scores judged, the halting one included. Less than the batch only after a halt.
    pub consumed: u32,
    /// How many of them passed with a warning.
    pub warnings: u32,
    /// The halt, at score `consumed - 1` of the batch.
    pub halt: Option<Halt>,
}

/// Judges the tokens of one stream, in constant time and memory per token.
///
/// ```
/// use interlock_core::halt::{HaltConfig, HaltReason, StreamMonitor};
///
/// let mut monitor = StreamMonitor::new(&HaltConfig::default())?;
/// assert!(!monitor.push(0.9)?.is_halt());
/// let halt = monitor.push(0.2)?.halt().unwrap();
/// assert_eq!(halt.reason, HaltReason::HardLimit);
/// assert_eq!(monitor.summary().halt_index, Some(1));
/// assert!(monitor.push(0.9).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StreamMonitor {
    limits: Limits,
    /// The newest scores in fixed point; the length is a power of two that holds both windows.
    ring: Vec<u64>,
    mask: u64,
    /// Scores that entered the windows.
    entered: u64,
    window_sum: u128,
    total_sum: u128,
    scores: u64,
    tokens: u64,
    warnings: u64,
    minimum: f64,
    /// The score of the last token as recorded.
    last_score: Option<f64>,
    state: MonitorState,
    halt: Option<Halt>,
    halt_index: Option<u64>,
}

/// The part of a configuration that is asked for every token, made ready.
#[derive(Clone, Copy, Debug)]
struct Limits {
    hard: f64,
    soft: f64,
    window: u64,
    /// The window's threshold times its size, in fixed point: the sum is compared, nothing is divided.
    window_sum: u128,
    window_threshold: f64,
    trend: u64,
    trend_drop: u64,
    trend_threshold: f64,
    deadline_ms: f64,
    entropy: Option<f64>,
    skip_missing: bool,
}

/// A score after the checks that come before the windows.
enum Admitted {
    Score(f64),
    Skipped(Warning),
    Refused(Halt),
}

impl StreamMonitor {
    /// A monitor for a fresh stream.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration is not valid.
    pub fn new(config: &HaltConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let window = u64::from(config.window_size);
        let threshold = fixed::from_unit(config.window_threshold);
        let limits = Limits {
            hard: config.hard_limit,
            soft: config.soft_limit,
            window,
            window_sum: u128::from(threshold).saturating_mul(u128::from(window)),
            window_threshold: config.window_threshold,
            trend: u64::from(config.trend_window),
            trend_drop: fixed::from_unit(config.trend_threshold),
            trend_threshold: config.trend_threshold,
            deadline_ms: f64::from(config.deadline_ms),
            entropy: config.logit_entropy_limit,
            skip_missing: config.missing_score == MissingScore::Skip,
        };
        // Validated: at most 4096, so neither the conversion nor the power of two can fail.
        let slots = config.window_size.max(config.trend_window).next_power_of_two();
        let length = usize::try_from(slots).unwrap_or(4096);
        Ok(Self {
            limits,
            ring: vec![0; length],
            mask: u64::from(slots).saturating_sub(1),
            entered: 0,
            window_sum: 0,
            total_sum: 0,
            scores: 0,
            tokens: 0,
            warnings: 0,
            minimum: 1.0,
            last_score: None,
            state: MonitorState::Open,
            halt: None,
            halt_index: None,
        })
    }

    /// Judges a token by its score alone.
    ///
    /// # Errors
    /// [`StreamEnded`] after a halt or the end.
    #[inline]
    pub fn push(&mut self, score: f64) -> Result<Verdict, StreamEnded> {
        if self.state != MonitorState::Open {
            return Err(StreamEnded { state: self.state });
        }
        Ok(self.judge_score(score))
    }

    /// Judges a token by everything that is known of it.
    ///
    /// # Errors
    /// [`StreamEnded`] after a halt or the end.
    pub fn push_observation(&mut self, observation: Observation) -> Result<Verdict, StreamEnded> {
        if self.state != MonitorState::Open {
            return Err(StreamEnded { state: self.state });
        }
        let verdict = match self.admit(observation) {
            Admitted::Refused(halt) => {
                self.record(0.0);
                self.halt_at_last(halt)
            }
            Admitted::Skipped(warning) => {
                self.tokens = self.tokens.wrapping_add(1);
                self.last_score = None;
                self.warnings = self.warnings.wrapping_add(1);
                Verdict::Warn(warning)
            }
            Admitted::Score(score) => self.judge_score(score),
        };
        // The last check of the order; a halt that fell before it stands.
        if !verdict.is_halt()
            && let (Some(bits), Some(limit)) = (observation.logit_entropy, self.limits.entropy)
            && (bits.is_nan() || bits > limit)
        {
            if matches!(verdict, Verdict::Warn(_)) {
                self.warnings = self.warnings.wrapping_sub(1);
            }
            return Ok(self.halt_at_last(Halt::measured(HaltReason::LogitEntropy, bits, limit)));
        }
        Ok(verdict)
    }

    /// Judges scores in order and stops at the first halt. The same verdicts as one call a score.
    ///
    /// # Errors
    /// [`StreamEnded`] after a halt or the end.
    pub fn push_many(&mut self, scores: &[f64]) -> Result<BatchVerdict, StreamEnded> {
        if self.state != MonitorState::Open {
            return Err(StreamEnded { state: self.state });
        }
        let mut batch = BatchVerdict::default();
        for &score in scores {
            batch.consumed = batch.consumed.wrapping_add(1);
            match self.judge_score(score) {
                Verdict::Pass => {}
                Verdict::Warn(_) => batch.warnings = batch.warnings.wrapping_add(1),
                Verdict::Halt(halt) => {
                    batch.halt = Some(halt);
                    break;
                }
            }
        }
        Ok(batch)
    }

    /// Halts the stream where it stands, for a reason that is not in a score.
    ///
    /// # Errors
    /// [`StreamEnded`] after a halt or the end.
    pub fn stop(&mut self, halt: Halt) -> Result<Verdict, StreamEnded> {
        if self.state != MonitorState::Open {
            return Err(StreamEnded { state: self.state });
        }
        self.state = MonitorState::Halted;
        self.halt = Some(halt);
        self.halt_index = Some(self.tokens);
        Ok(Verdict::Halt(halt))
    }

    /// Ends the stream. A halted stream stays halted.
    ///
    /// # Errors
    /// [`StreamEnded`] when it was finished before.
    pub fn finish(&mut self) -> Result<Summary, StreamEnded> {
        if self.state == MonitorState::Finished {
            return Err(StreamEnded { state: self.state });
        }
        if self.state == MonitorState::Open {
            self.state = MonitorState::Finished;
        }
        Ok(self.summary())
    }

    /// Where the stream is in its life.
    #[must_use]
    pub const fn state(&self) -> MonitorState {
        self.state
    }

    /// The score of the last token as recorded: clamped to [0, 1], 0 when it was not finite, late or
    /// missing; none when it was skipped.
    #[must_use]
    pub const fn last_score(&self) -> Option<f64> {
        self.last_score
    }

    /// The account so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            tokens: self.tokens,
            scores: self.scores,
            warnings: self.warnings,
            average: fixed::mean(self.total_sum, self.scores),
            minimum: if self.scores == 0 { 0.0 } else { self.minimum },
            halt_index: self.halt_index,
            halt: self.halt,
        }
    }

    /// The deadline check.
    fn admit(&self, observation: Observation) -> Admitted {
        let bound = self.limits.deadline_ms;
        let late = observation.elapsed_ms.filter(|elapsed| !(*elapsed >= 0.0 && *elapsed <= bound));
        match observation.score {
            Some(score) if late.is_none() => Admitted::Score(score),
            _ => {
                let observed = observation.elapsed_ms.filter(|elapsed| elapsed.is_finite());
                if self.limits.skip_missing {
                    Admitted::Skipped(Warning { kind: WarningKind::MissingScore, observed, bound: Some(bound) })
                } else {
                    Admitted::Refused(Halt { reason: HaltReason::Deadline, observed, bound: Some(bound) })
                }
            }
        }
    }

    /// The checks from the non-finite score to the trend. The caller has seen that the stream is open.
    #[inline]
    fn judge_score(&mut self, raw: f64) -> Verdict {
        let limits = self.limits;
        if !raw.is_finite() {
            self.record(0.0);
            return self.halt_at_last(Halt::because(HaltReason::NonFiniteScore));
        }
        // Also turns -0.0 into 0.0.
        let score = if raw > 0.0 { if raw > 1.0 { 1.0 } else { raw } } else { 0.0 };
        let value = self.record(score);
        let trend_start = self.enter(value);
        if score < limits.hard {
            return self.halt_at_last(Halt::measured(HaltReason::HardLimit, score, limits.hard));
        }
        if self.entered >= limits.window && self.window_sum < limits.window_sum {
            let average = fixed::mean(self.window_sum, limits.window);
            return self.halt_at_last(Halt::measured(HaltReason::WindowAverage, average, limits.window_threshold));
        }
        let drop = trend_start.saturating_sub(value);
        if drop > limits.trend_drop {
            let observed = fixed::to_f64(drop);
            return self.halt_at_last(Halt::measured(HaltReason::DownwardTrend, observed, limits.trend_threshold));
        }
        if score < limits.soft {
            self.warnings = self.warnings.wrapping_add(1);
            return Verdict::Warn(Warning {
                kind: WarningKind::SoftLimit,
                observed: Some(score),
                bound: Some(limits.soft),
            });
        }
        Verdict::Pass
    }

    /// Counts a token and its score, in [0, 1], and gives the score in fixed point.
    #[inline]
    fn record(&mut self, score: f64) -> u64 {
        let value = fixed::from_unit(score);
        self.last_score = Some(score);
        self.tokens = self.tokens.wrapping_add(1);
        self.scores = self.scores.wrapping_add(1);
        self.total_sum = self.total_sum.wrapping_add(u128::from(value));
        if score < self.minimum {
            self.minimum = score;
        }
        value
    }

    /// Takes a value into the windows and gives the value that opens the trend window, 0 while that is
    /// not full: from 0 nothing drops.
    #[inline]
    fn enter(&mut self, value: u64) -> u64 {
        let position = self.entered;
        if position >= self.limits.window {
            let oldest = self.slot(position.wrapping_sub(self.limits.window));
            self.window_sum = self.window_sum.wrapping_sub(u128::from(oldest));
        }
        self.window_sum = self.window_sum.wrapping_add(u128::from(value));
        #[allow(clippy::cast_possible_truncation, reason = "masked to the ring's length")]
        if let Some(slot) = self.ring.get_mut((position & self.mask) as usize) {
            *slot = value;
        }
        self.entered = position.wrapping_add(1);
        if self.entered >= self.limits.trend { self.slot(self.entered.wrapping_sub(self.limits.trend)) } else { 0 }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "masked to the ring's length")]
    fn slot(&self, position: u64) -> u64 {
        self.ring.get((position & self.mask) as usize).copied().unwrap_or(0)
    }

    #[cold]
    fn halt_at_last(&mut self, halt: Halt) -> Verdict {
        self.state = MonitorState::Halted;
        self.halt = Some(halt);
        self.halt_index = Some(self.tokens.saturating_sub(1));
        Verdict::Halt(halt)
    }
}
