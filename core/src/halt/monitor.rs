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
    tally: Tally,
    /// Scores before those of the tally: what an earlier configuration judged and no window holds.
    #[cfg(feature = "adopt")]
    earlier: u64,
    /// Tokens that were skipped: they have no score and enter no window.
    skipped: u64,
    last_skipped: bool,
    state: MonitorState,
    halt: Option<Halt>,
    halt_index: Option<u64>,
}

/// What every score changes, apart from the ring: a batch keeps it in registers.
#[derive(Clone, Copy, Debug)]
struct Tally {
    scores: u64,
    window_sum: u128,
    total_sum: u128,
    warnings: u64,
    /// Bits of the smallest score.
    minimum: u64,
    /// Bits of the last score.
    last_score: u64,
}

/// The part of a configuration that is asked for every token, made ready.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Scores and limits are doubles from 0.0 to 1.0, held as their bits: they compare alike.
    hard: u64,
    soft: u64,
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
            // The sum turns -0.0 into 0.0.
            hard: (config.hard_limit + 0.0).to_bits(),
            soft: (config.soft_limit + 0.0).to_bits(),
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
            tally: Tally {
                scores: 0,
                window_sum: 0,
                total_sum: 0,
                warnings: 0,
                minimum: fixed::ONE_BITS,
                last_score: 0,
            },
            #[cfg(feature = "adopt")]
            earlier: 0,
            skipped: 0,
            last_skipped: false,
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
                self.tally.record(0);
                self.last_skipped = false;
                self.halt_at_last(halt)
            }
            Admitted::Skipped(warning) => {
                self.skipped = self.skipped.wrapping_add(1);
                self.last_skipped = true;
                self.tally.warnings = self.tally.warnings.wrapping_add(1);
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
                self.tally.warnings = self.tally.warnings.wrapping_sub(1);
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
        let mut tally = self.tally;
        let warnings = tally.warnings;
        let mut rest = scores;
        loop {
            let passed = tally.pass_many(rest, &self.limits, &mut self.ring);
            batch.consumed = batch.consumed.wrapping_add(passed);
            rest = rest.get(passed as usize..).unwrap_or_default();
            let Some((&score, after)) = rest.split_first() else { break };
            batch.consumed = batch.consumed.wrapping_add(1);
            if let Verdict::Halt(halt) = tally.judge(score, &self.limits, &mut self.ring) {
                batch.halt = Some(halt);
                break;
            }
            rest = after;
        }
        #[allow(clippy::cast_possible_truncation, reason = "at most as many as were consumed")]
        let warned = tally.warnings.wrapping_sub(warnings) as u32;
        batch.warnings = warned;
        self.tally = tally;
        if batch.consumed > 0 {
            self.last_skipped = false;
        }
        if let Some(halt) = batch.halt {
            self.halt_at_last(halt);
        }
        Ok(batch)
    }

    /// Judges by another configuration from the next token on. The windows keep the newest scores: as many as were kept,
    /// the larger window of the old configuration rounded up to a power of two, so a larger one fills again. A halt stays.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration is not valid.
    #[cfg(feature = "adopt")]
    pub fn adopt(&mut self, config: &HaltConfig) -> Result<(), ConfigError> {
        let mut next = Self::new(config)?;
        let of = |ring: &[u64]| ring.len() as u64;
        let kept = self.tally.scores.min(of(&self.ring)).min(of(&next.ring));
        for back in (1..=kept).rev() {
            let value = slot(&self.ring, self.tally.scores.wrapping_sub(back));
            let position = next.tally.scores;
            next.tally.scores = position.wrapping_add(1);
            next.tally.enter(position, value, &next.limits, &mut next.ring);
        }
        let (scores, window_sum) = (next.tally.scores, next.tally.window_sum);
        next.tally = Tally { scores, window_sum, ..self.tally };
        next.earlier = self.scores().wrapping_sub(scores);
        (next.skipped, next.last_skipped) = (self.skipped, self.last_skipped);
        (next.state, next.halt, next.halt_index) = (self.state, self.halt, self.halt_index);
        *self = next;
        Ok(())
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
        self.halt_index = Some(self.tokens());
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
    pub fn last_score(&self) -> Option<f64> {
        (self.tally.scores > 0 && !self.last_skipped).then_some(f64::from_bits(self.tally.last_score))
    }

    #[cfg(feature = "adopt")]
    const fn scores(&self) -> u64 {
        self.tally.scores.wrapping_add(self.earlier)
    }

    #[cfg(not(feature = "adopt"))]
    const fn scores(&self) -> u64 {
        self.tally.scores
    }

    /// Tokens judged so far, the halting one and skipped ones included.
    const fn tokens(&self) -> u64 {
        self.scores().wrapping_add(self.skipped)
    }

    /// The account so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            tokens: self.tokens(),
            scores: self.scores(),
            warnings: self.tally.warnings,
            average: fixed::mean(self.tally.total_sum, self.scores()),
            minimum: if self.tally.scores == 0 { 0.0 } else { f64::from_bits(self.tally.minimum) },
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
    fn judge_score(&mut self, score: f64) -> Verdict {
        self.last_skipped = false;
        let verdict = self.tally.judge(score, &self.limits, &mut self.ring);
        if let Verdict::Halt(halt) = verdict {
            self.halt_at_last(halt);
        }
        verdict
    }

    #[cold]
    fn halt_at_last(&mut self, halt: Halt) -> Verdict {
        self.state = MonitorState::Halted;
        self.halt = Some(halt);
        self.halt_index = Some(self.tokens().saturating_sub(1));
        Verdict::Halt(halt)
    }
}

impl Tally {
    // One copy in a wasm module, where a call costs less than its way in.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn judge(&mut self, raw: f64, limits: &Limits, ring: &mut [u64]) -> Verdict {
        let mut score = raw.to_bits();
        if score > fixed::ONE_BITS {
            // NaN, an infinity, above one, below zero, or -0.0.
            if !raw.is_finite() {
                self.record(0);
                return Verdict::Halt(Halt::because(HaltReason::NonFiniteScore));
            }
            score = if raw > 1.0 { fixed::ONE_BITS } else { 0 };
        }
        let position = self.scores;
        let value = self.record(score);
        let trend_start = self.enter(position, value, limits, ring);
        if score < limits.hard {
            let [observed, bound] = [score, limits.hard].map(f64::from_bits);
            return Verdict::Halt(Halt::measured(HaltReason::HardLimit, observed, bound));
        }
        if self.window_sum < limits.window_sum && self.scores >= limits.window {
            return Verdict::Halt(self.window_halt(limits));
        }
        let drop = trend_start.saturating_sub(value);
        if drop > limits.trend_drop {
            let observed = fixed::to_f64(drop);
            return Verdict::Halt(Halt::measured(HaltReason::DownwardTrend, observed, limits.trend_threshold));
        }
        if score < limits.soft {
            self.warnings = self.warnings.wrapping_add(1);
            return Verdict::Warn(Warning {
                kind: WarningKind::SoftLimit,
                observed: Some(f64::from_bits(score)),
                bound: Some(f64::from_bits(limits.soft)),
            });
        }
        Verdict::Pass
    }

    /// Records the scores at the start of `scores` that are in range and pass every check, and says how many
    /// they are. What comes after them is for [`Tally::judge`], and so is everything until the windows are full.
    ///
    /// The same as judging each of them: a batch is nearly always nothing else, and this has one branch a score.
    #[allow(clippy::cast_possible_truncation, reason = "windows are at most 4096; positions are masked")]
    #[allow(clippy::needless_bitwise_bool, reason = "three branches cost more than three comparisons")]
    fn pass_many(&mut self, scores: &[f64], limits: &Limits, ring: &mut [u64]) -> u32 {
        if self.scores < limits.window || self.scores < limits.trend {
            return 0;
        }
        let mask = ring.len().wrapping_sub(1);
        let (window, first) = (limits.window as usize, limits.trend.wrapping_sub(1) as usize);
        // Scores are compared as bits: those outside of what may pass, and those that are not scores, lie above.
        let least = limits.hard.max(fixed::LEAST_BITS);
        let passing = fixed::ONE_BITS.wrapping_sub(least);
        // Below one, so that a value and a drop cannot overflow: to fall by one is left to the judge.
        let drop = limits.trend_drop.min(fixed::ONE.wrapping_sub(1));
        // By how much the window is above its threshold.
        let mut slack = self.window_sum.wrapping_sub(limits.window_sum).cast_signed();
        let mut tally = *self;
        let mut at = self.scores as usize;
        let mut passed = 0_u32;
        for score in scores {
            let bits = score.to_bits();
            let value = fixed::from_bits_of_least(bits);
            let place = |back: usize| at.wrapping_sub(back) & mask;
            let (Some(&oldest), Some(&highest)) = (ring.get(place(window)), ring.get(place(first))) else { break };
            let next = slack.wrapping_add(i128::from(value)).wrapping_sub(i128::from(oldest));
            if (bits.wrapping_sub(least) > passing) | (next < 0) | (highest > value.wrapping_add(drop)) {
                break;
            }
            let here = place(0);
            if let Some(slot) = ring.get_mut(here) {
                *slot = value;
            }
            slack = next;
            tally.total_sum = tally.total_sum.wrapping_add(u128::from(value));
            tally.minimum = tally.minimum.min(bits);
            tally.warnings = tally.warnings.wrapping_add(u64::from(bits < limits.soft));
            tally.last_score = bits;
            at = at.wrapping_add(1);
            passed = passed.wrapping_add(1);
        }
        tally.scores = tally.scores.wrapping_add(u64::from(passed));
        tally.window_sum = slack.cast_unsigned().wrapping_add(limits.window_sum);
        *self = tally;
        passed
    }

    /// Counts a score, given by its bits, and gives it in fixed point.
    #[inline]
    fn record(&mut self, score: u64) -> u64 {
        let value = fixed::from_bits(score);
        self.scores = self.scores.wrapping_add(1);
        self.total_sum = self.total_sum.wrapping_add(u128::from(value));
        self.last_score = score;
        self.minimum = self.minimum.min(score);
        value
    }

    /// Takes a value into the windows and gives the value that opens the trend window, 0 while that is
    /// not full: from 0 nothing drops.
    #[inline]
    fn enter(&mut self, position: u64, value: u64, limits: &Limits, ring: &mut [u64]) -> u64 {
        let oldest = if position >= limits.window { slot(ring, position.wrapping_sub(limits.window)) } else { 0 };
        self.window_sum = self.window_sum.wrapping_add(u128::from(value)).wrapping_sub(u128::from(oldest));
        let at = index(ring, position);
        if let Some(slot) = ring.get_mut(at) {
            *slot = value;
        }
        let next = position.wrapping_add(1);
        if next >= limits.trend { slot(ring, next.wrapping_sub(limits.trend)) } else { 0 }
    }

    #[cold]
    fn window_halt(&self, limits: &Limits) -> Halt {
        let average = fixed::mean(self.window_sum, limits.window);
        Halt::measured(HaltReason::WindowAverage, average, limits.window_threshold)
    }
}

/// Where the score at `position` of the stream stands in the ring, whose length is a power of two.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "masked to the ring's length")]
fn index(ring: &[u64], position: u64) -> usize {
    position as usize & ring.len().wrapping_sub(1)
}

#[inline]
fn slot(ring: &[u64], position: u64) -> u64 {
    ring.get(index(ring, position)).copied().unwrap_or(0)
}
