//! What one instance may use.

use std::fmt;

use wasmtime::{Error, ResourceLimiter};

/// What one instance may use. A call that would use more traps, and its instance is spent.
///
/// ```
/// use interlock_host::embed::Limits;
///
/// let limits = Limits { memory_bytes: 16 << 20, ..Limits::default() };
/// assert_eq!(limits.fuel_per_call, Limits::default().fuel_per_call);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory of one instance. Default 64 MiB.
    pub memory_bytes: usize,
    /// Fuel of one call, about one unit a WebAssembly instruction, whatever its input. Default a thousand million, some
    /// tenths of a second: what a session gives out in one call, it may have taken in in many.
    pub fuel_per_call: u64,
    /// Fuel that a call gets for each byte of its input on top of `fuel_per_call`: the work on a text is linear in
    /// its length. Default 100,000; the most expensive is the built-in scorer, which reviews the sentence so far at
    /// every delta. A policy with `segments.max_bytes` far above its default may need more.
    pub fuel_per_byte: u64,
    /// Ticks of [`Interlock::increment_epoch`](super::Interlock::increment_epoch) that a call may see, for hosts that
    /// bound wall-clock time too. Needs [`Builder::epoch_interruption`](super::Builder::epoch_interruption). Default
    /// none.
    pub epoch_ticks: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 64 << 20, fuel_per_call: 1_000_000_000, fuel_per_byte: 100_000, epoch_ticks: None }
    }
}

impl Limits {
    /// Fuel of a call whose input is this long.
    pub(super) fn fuel(&self, input_bytes: usize) -> u64 {
        self.fuel_per_byte.saturating_mul(input_bytes as u64).saturating_add(self.fuel_per_call)
    }
}

/// Holds an instance to its memory limit.
#[derive(Debug)]
pub(super) struct Limiter {
    pub(super) memory_bytes: usize,
}

/// A guest asked for more memory than its limit.
#[derive(Debug)]
pub(super) struct MemoryExceeded {
    asked: usize,
    limit: usize,
}

impl fmt::Display for MemoryExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the instance asked for {} bytes of memory, its limit is {}", self.asked, self.limit)
    }
}

impl std::error::Error for MemoryExceeded {}

/// More than any table of the component has: it is fixed when the component is compiled.
const TABLE_ELEMENTS: usize = 65_536;

impl ResourceLimiter for Limiter {
    /// An error, not a refusal: a refused guest would go on to abort with an `unreachable` that says nothing.
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        if desired > self.memory_bytes {
            return Err(MemoryExceeded { asked: desired, limit: self.memory_bytes }.into());
        }
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, Error> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}
