//! Answers and states as small integers. `js/src/halt/codes.ts` is the other side.

use interlock_core::halt::{BatchVerdict, Halt, HaltReason, MonitorState, StreamEnded, Verdict, WarningKind};

use crate::details;

/// The token passed.
pub(crate) const PASS: u32 = 0;
/// It passed with a warning; plus the kind of the warning. Slots: observed, bound.
const WARN: u32 = 1;
/// The stream halted; plus the code of the reason. Slots: observed, bound.
const HALT: u32 = 8;
/// The stream was over before, and halted.
const ENDED_HALTED: u32 = 64;
/// The stream was over before, and finished.
const ENDED_FINISHED: u32 = 65;

/// The code of a verdict; what was measured goes into the slots.
#[inline]
pub(crate) fn verdict(verdict: Verdict) -> u32 {
    match verdict {
        Verdict::Pass => PASS,
        Verdict::Warn(warning) => {
            details::set(&[details::optional(warning.observed), details::optional(warning.bound)]);
            match warning.kind {
                WarningKind::SoftLimit => WARN,
                WarningKind::MissingScore => WARN.wrapping_add(1),
            }
        }
        Verdict::Halt(measured) => halt(measured),
    }
}

/// The code of a halt; what was measured goes into the slots.
pub(crate) fn halt(halt: Halt) -> u32 {
    details::set(&[details::optional(halt.observed), details::optional(halt.bound)]);
    reason(halt.reason)
}

/// The code of a halt for a reason.
pub(crate) fn reason(reason: HaltReason) -> u32 {
    HALT.wrapping_add(u32::from(reason.code()))
}

/// The reason with a code of [`HaltReason::code`]; an unknown code is the emergency stop: no number may
/// turn a halt into anything else.
pub(crate) fn reason_of(code: u8) -> HaltReason {
    HaltReason::ALL.get(usize::from(code)).copied().unwrap_or(HaltReason::EmergencyStop)
}

/// A halt put together by the host. Values that are not finite are left out.
pub(crate) fn halt_of(reason: u8, observed: Option<f64>, bound: Option<f64>) -> Halt {
    let finite = |value: &f64| value.is_finite();
    Halt { reason: reason_of(reason), observed: observed.filter(finite), bound: bound.filter(finite) }
}

/// The code of an operation on a stream that was over.
pub(crate) fn ended(error: StreamEnded) -> u32 {
    match error.state {
        MonitorState::Halted => ENDED_HALTED,
        MonitorState::Finished | MonitorState::Open => ENDED_FINISHED,
    }
}

/// The answer to a push.
#[inline]
pub(crate) fn pushed(result: Result<Verdict, StreamEnded>) -> u32 {
    match result {
        Ok(answer) => verdict(answer),
        Err(error) => ended(error),
    }
}

/// The answer to a batch: the code of its last verdict, [`PASS`] unless that is a halt. Slots: observed,
/// bound, consumed, warnings.
pub(crate) fn batch(result: Result<BatchVerdict, StreamEnded>) -> u32 {
    match result {
        Ok(batch) => {
            let halt = batch.halt;
            let measured = |value: Option<f64>| details::optional(value);
            details::set(&[
                measured(halt.and_then(|halt| halt.observed)),
                measured(halt.and_then(|halt| halt.bound)),
                f64::from(batch.consumed),
                f64::from(batch.warnings),
            ]);
            halt.map_or(PASS, |halt| reason(halt.reason))
        }
        Err(error) => ended(error),
    }
}
