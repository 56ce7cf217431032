//! What the monitor must do, said as plainly as possible: for every token the whole history is looked
//! at again, and averages stay fractions of whole numbers.

use interlock_core::halt::{HaltConfig, HaltReason, MissingScore, Observation, WarningKind};

/// A number as a fraction: `numerator / (denominator x 2^63)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub(crate) numerator: u128,
    pub(crate) denominator: u64,
}

/// An observed value: given as it is, or to be rounded once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Observed {
    Nothing,
    Value(f64),
    Rounded(Fraction),
}

/// The answer to one token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    Pass,
    Warn(WarningKind, Observed, f64),
    Halt(HaltReason, Observed, Option<f64>),
}

/// What a token leaves in the history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Entry {
    /// It was skipped: no score.
    Skipped,
    /// A score that is recorded and takes part in the windows.
    Score(f64),
    /// A zero that is recorded and takes part in no window: the token halted before.
    Zero,
}

/// The account of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Account {
    pub(crate) answers: Vec<Answer>,
    pub(crate) entries: Vec<Entry>,
}

impl Account {
    /// The recorded scores.
    pub(crate) fn recorded(&self) -> Vec<f64> {
        let score = |entry: &Entry| match entry {
            Entry::Skipped => None,
            Entry::Score(score) => Some(*score),
            Entry::Zero => Some(0.0),
        };
        self.entries.iter().filter_map(score).collect()
    }

    /// The mean of the recorded scores.
    pub(crate) fn mean(&self) -> Fraction {
        let scores = self.recorded();
        Fraction { numerator: scores.iter().map(|score| grain(*score)).sum(), denominator: scores.len() as u64 }
    }

    /// How many tokens passed with a warning.
    pub(crate) fn warnings(&self) -> u64 {
        self.answers.iter().filter(|answer| matches!(answer, Answer::Warn(..))).count() as u64
    }

    /// Where the stream halted.
    pub(crate) fn halted_at(&self) -> Option<usize> {
        self.answers.iter().position(|answer| matches!(answer, Answer::Halt(..)))
    }
}

/// Judges a stream up to its first halt.
pub(crate) fn judge(config: &HaltConfig, observations: &[Observation]) -> Account {
    let mut account = Account::default();
    for observation in observations {
        let (entry, answer) = token(config, &account.entries, *observation);
        account.entries.push(entry);
        account.answers.push(answer);
        if matches!(answer, Answer::Halt(..)) {
            break;
        }
    }
    account
}

/// One token after a history.
fn token(config: &HaltConfig, before: &[Entry], observation: Observation) -> (Entry, Answer) {
    let (entry, mut answer) = scored(config, before, observation);
    if let (Some(bits), Some(limit)) = (observation.logit_entropy, config.logit_entropy_limit)
        && !matches!(answer, Answer::Halt(..))
        && !(bits <= limit)
    {
        let observed = if bits.is_finite() { Observed::Value(bits) } else { Observed::Nothing };
        answer = Answer::Halt(HaltReason::LogitEntropy, observed, Some(limit));
    }
    (entry, answer)
}

/// The checks in their order, without the last.
fn scored(config: &HaltConfig, before: &[Entry], observation: Observation) -> (Entry, Answer) {
    let deadline = f64::from(config.deadline_ms);
    let in_time = observation.elapsed_ms.is_none_or(|elapsed| (0.0..=deadline).contains(&elapsed));
    let raw = match observation.score {
        Some(raw) if in_time => raw,
        _ => {
            let observed = match observation.elapsed_ms {
                Some(elapsed) if elapsed.is_finite() => Observed::Value(elapsed),
                _ => Observed::Nothing,
            };
            return match config.missing_score {
                MissingScore::Skip => (Entry::Skipped, Answer::Warn(WarningKind::MissingScore, observed, deadline)),
                MissingScore::Halt => (Entry::Zero, Answer::Halt(HaltReason::Deadline, observed, Some(deadline))),
            };
        }
    };
    if !raw.is_finite() {
        return (Entry::Zero, Answer::Halt(HaltReason::NonFiniteScore, Observed::Nothing, None));
    }
    let score = if raw >= 1.0 {
        1.0
    } else if raw > 0.0 {
        raw
    } else {
        0.0
    };
    let entry = Entry::Score(score);
    let mut history: Vec<f64> =
        before.iter().filter_map(|entry| if let Entry::Score(score) = entry { Some(*score) } else { None }).collect();
    history.push(score);
    if score < config.hard_limit {
        return (entry, Answer::Halt(HaltReason::HardLimit, Observed::Value(score), Some(config.hard_limit)));
    }
    let last = |size: u32| history.len().checked_sub(size as usize).map(|start| &history[start..]);
    if let Some(window) = last(config.window_size) {
        let sum: u128 = window.iter().map(|score| grain(*score)).sum();
        if sum < grain(config.window_threshold) * u128::from(config.window_size) {
            let mean = Fraction { numerator: sum, denominator: u64::from(config.window_size) };
            let observed = Observed::Rounded(mean);
            return (entry, Answer::Halt(HaltReason::WindowAverage, observed, Some(config.window_threshold)));
        }
    }
    if let Some(window) = last(config.trend_window) {
        let (first, newest) = (grain(window[0]), grain(score));
        if first > newest && first - newest > grain(config.trend_threshold) {
            let drop = Fraction { numerator: first - newest, denominator: 1 };
            let observed = Observed::Rounded(drop);
            return (entry, Answer::Halt(HaltReason::DownwardTrend, observed, Some(config.trend_threshold)));
        }
    }
    if score < config.soft_limit {
        return (entry, Answer::Warn(WarningKind::SoftLimit, Observed::Value(score), config.soft_limit));
    }
    (entry, Answer::Pass)
}

/// Whole multiples of 2^-63 in `x`, rounded down: 0 below zero, 2^63 from one up.
pub(crate) fn grain(x: f64) -> u128 {
    if x <= 0.0 {
        return 0;
    }
    if x >= 1.0 {
        return 1 << 63;
    }
    let (mantissa, exponent) = parts(x);
    // In units of 2^-63 the exponent is exponent + 63.
    let shift = exponent + 63;
    if shift >= 0 { mantissa << shift } else { mantissa.checked_shr(shift.unsigned_abs()).unwrap_or(0) }
}

/// A positive double as `mantissa x 2^exponent`.
pub(crate) fn parts(x: f64) -> (u128, i32) {
    let bits = x.to_bits();
    let field = (bits >> 52) & 0x7ff;
    let fraction = u128::from(bits & ((1 << 52) - 1));
    if field == 0 { (fraction, -1074) } else { (fraction | (1 << 52), field as i32 - 1075) }
}

/// Whether `x` is the double nearest to a fraction, ties to even.
pub(crate) fn is_nearest(x: f64, fraction: Fraction) -> bool {
    if fraction.numerator == 0 || fraction.denominator == 0 {
        return x.to_bits() == 0;
    }
    let (mantissa, exponent) = parts(x);
    let even = mantissa % 2 == 0;
    // The midpoints to both neighbours in quarters of the last place: below a power of two the
    // neighbour is half as far.
    let below = if mantissa == 1 << 52 && exponent > -1074 { 4 * mantissa - 1 } else { 4 * mantissa - 2 };
    let against = |quarters: u128| {
        // numerator x 2^-63 against quarters x 2^(exponent - 2) x denominator
        let shift = exponent - 2 + 63;
        let left = Natural::from(fraction.numerator).shifted(if shift < 0 { shift.unsigned_abs() } else { 0 });
        let right = Natural::from(quarters).times(fraction.denominator).shifted(if shift > 0 {
            shift.unsigned_abs()
        } else {
            0
        });
        left.cmp(&right)
    };
    let low = against(below);
    let high = against(4 * mantissa + 2);
    (low.is_gt() || (low.is_eq() && even)) && (high.is_lt() || (high.is_eq() && even))
}

/// A natural number of any size, in 32-bit digits, the lowest first, without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Natural(Vec<u32>);

impl From<u128> for Natural {
    fn from(value: u128) -> Self {
        Self((0..4).map(|digit| (value >> (32 * digit)) as u32).collect()).trimmed()
    }
}

impl Natural {
    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    /// Times a power of two.
    pub(crate) fn shifted(&self, bits: u32) -> Self {
        let mut digits = vec![0; (bits / 32) as usize];
        let mut carry = 0_u64;
        for digit in &self.0 {
            carry |= u64::from(*digit) << (bits % 32);
            digits.push(carry as u32);
            carry >>= 32;
        }
        digits.push(carry as u32);
        Self(digits).trimmed()
    }

    /// Times a small number.
    pub(crate) fn times(&self, factor: u64) -> Self {
        let mut digits = Vec::new();
        let mut carry = 0_u128;
        for digit in &self.0 {
            carry += u128::from(*digit) * u128::from(factor);
            digits.push(carry as u32);
            carry >>= 32;
        }
        digits.extend([carry as u32, (carry >> 32) as u32]);
        Self(digits).trimmed()
    }

    /// Plus another.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut digits = Vec::new();
        let mut carry = 0_u64;
        for place in 0..=self.0.len().max(other.0.len()) {
            let digit = |number: &Self| u64::from(number.0.get(place).copied().unwrap_or(0));
            carry += digit(self) + digit(other);
            digits.push(carry as u32);
            carry >>= 32;
        }
        Self(digits).trimmed()
    }

    /// Compares two numbers.
    pub(crate) fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
