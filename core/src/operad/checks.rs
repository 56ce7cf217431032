//! Checks: what comes of judging one piece in several ways, and the algebra that runs terms of checks.
//!
//! A check looks at a piece and finds nothing, a warning or a halt. In a term of checks ([`Theory::Checks`](super::Theory))
//! `seq` asks the second one unless the first halts, `par` asks both and joins their findings, `branch` asks a check as
//! predicate (it says yes unless it halts, and its findings are forgotten), `fix` asks again while a predicate
//! says yes, and `trace` records what was found. A check that is not asked keeps its state: no budget is charged for a piece
//! that a gate before it refused.

use super::program::{Algebra, Leaf};
use crate::halt::{Halt, HaltReason, Verdict, Warning, WarningKind};

/// What checks found, taken together: a join semilattice, whose least element is a pass.
///
/// [`join`](Self::join) is associative, commutative and idempotent, so what is found does not depend on the order in
/// which checks side by side were asked, nor on whether one was asked twice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Findings {
    halt: Option<Halt>,
    warning: Option<Warning>,
    reasons: u16,
}

impl Findings {
    /// Nothing was found.
    pub const PASS: Self = Self { halt: None, warning: None, reasons: 0 };

    /// What one verdict says.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::PASS,
            Verdict::Warn(warning) => Self { warning: Some(warning), ..Self::PASS },
            Verdict::Halt(halt) => {
                let reasons = 1_u16.checked_shl(u32::from(halt.reason.code())).unwrap_or(0);
                Self { halt: Some(halt), reasons, ..Self::PASS }
            }
        }
    }

    /// What both found: every reason, the halt whose reason comes first in [`HaltReason::ALL`], and the warning whose kind
    /// comes first. Of two alike, the lower observed value is kept, then the lower bound; one that has none is lower
    /// than any.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            halt: first(self.halt, other.halt, |halt| (halt.reason.code(), halt.observed, halt.bound)),
            warning: first(self.warning, other.warning, |warning| {
                (warning.kind as u8, warning.observed, warning.bound)
            }),
            reasons: self.reasons | other.reasons,
        }
    }

    /// Whether the piece may not leave.
    #[must_use]
    pub const fn is_halt(&self) -> bool {
        self.halt.is_some()
    }

    /// All taken together: a halt before a warning, a warning before a pass.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match (self.halt, self.warning) {
            (Some(halt), _) => Verdict::Halt(halt),
            (None, Some(warning)) => Verdict::Warn(warning),
            (None, None) => Verdict::Pass,
        }
    }

    /// Every reason to halt that was found, in the order of [`HaltReason::ALL`].
    pub fn reasons(self) -> impl Iterator<Item = HaltReason> {
        HaltReason::ALL
            .into_iter()
            .filter(move |reason| self.reasons.checked_shr(u32::from(reason.code())).is_some_and(|bits| bits & 1 == 1))
    }

    /// The warning, also where a halt goes before it.
    #[must_use]
    pub const fn warning(&self) -> Option<Warning> {
        self.warning
    }

    /// The kind of the warning.
    #[must_use]
    pub fn warning_kind(&self) -> Option<WarningKind> {
        self.warning.map(|warning| warning.kind)
    }
}

type Rank = (u8, Option<f64>, Option<f64>);

fn first<T: Copy>(one: Option<T>, other: Option<T>, rank: impl Fn(&T) -> Rank) -> Option<T> {
    let (Some(a), Some(b)) = (one, other) else { return one.or(other) };
    let ((kind, observed, bound), (other_kind, other_observed, other_bound)) = (rank(&a), rank(&b));
    let order = kind
        .cmp(&other_kind)
        .then_with(|| place(observed).cmp(&place(other_observed)))
        .then_with(|| place(bound).cmp(&place(other_bound)));
    Some(if order.is_gt() { b } else { a })
}

/// A place for every double and for none, so that different bits are in different places.
fn place(value: Option<f64>) -> (bool, i64) {
    // The order of IEEE 754 totalOrder: of negative numbers, the bits below the sign count down.
    let bits = value.unwrap_or(0.0).to_bits().cast_signed();
    let flip = (bits >> 63).cast_unsigned() >> 1;
    (value.is_some(), bits ^ flip.cast_signed())
}

/// Asks checks, and takes records.
pub trait CheckHost {
    /// What a check finds. `cell` numbers its occurrence in the term.
    fn check(&mut self, check: Leaf, cell: u32) -> Findings;

    /// Takes a record of `trace`: everything that was found up to there.
    fn record(&mut self, label: u32, findings: &Findings);
}

/// The algebra of checks over a host.
#[derive(Debug)]
pub struct CheckAlgebra<'a, H>(pub &'a mut H);

impl<H: CheckHost> Algebra for CheckAlgebra<'_, H> {
    type Value = Findings;

    fn step(&mut self, leaf: Leaf, cell: u32, input: Findings) -> Findings {
        if input.is_halt() { input } else { input.join(self.0.check(leaf, cell)) }
    }

    fn split(&mut self, value: Findings, _wires: u32) -> (Findings, Findings) {
        (value, value)
    }

    fn join(&mut self, left: Findings, right: Findings, _wires: u32) -> Findings {
        left.join(right)
    }

    fn holds(&mut self, value: &Findings) -> bool {
        !value.is_halt()
    }

    fn record(&mut self, label: u32, input: Findings, output: &Findings) {
        if !input.is_halt() {
            self.0.record(label, output);
        }
    }
}
