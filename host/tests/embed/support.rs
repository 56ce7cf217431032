//! Finding the component, and comparing answers bit by bit.

use std::path::PathBuf;
use std::sync::OnceLock;

use interlock_core::halt::{BatchVerdict, Halt, Summary, Verdict};
use interlock_host::embed::Interlock;
use interlock_host::embed::advanced::Advanced;

/// The component's file: `INTERLOCK_COMPONENT`, or where the workspace builds it.
pub(crate) fn component_file() -> PathBuf {
    let file = std::env::var_os("INTERLOCK_COMPONENT").map_or_else(
        || {
            let target = std::env::var_os("CARGO_TARGET_DIR")
                .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")), PathBuf::from);
            target.join("component/interlock.component.wasm")
        },
        PathBuf::from,
    );
    assert!(
        file.is_file(),
        "{} does not exist; build it with `cargo run -q -p xtask -- component`, or set INTERLOCK_COMPONENT",
        file.display()
    );
    file
}

/// The component's bytes.
pub(crate) fn component_bytes() -> Vec<u8> {
    std::fs::read(component_file()).unwrap()
}

/// The bytes of a component of the advanced runtime.
pub(crate) fn advanced_bytes(name: &str) -> Vec<u8> {
    std::fs::read(component_file().with_file_name(format!("{name}.component.wasm"))).unwrap()
}

/// The advanced runtime's component, compiled once for all tests.
pub(crate) fn advanced() -> &'static Advanced {
    static ADVANCED: OnceLock<Advanced> = OnceLock::new();
    ADVANCED.get_or_init(|| Advanced::new(&advanced_bytes("interlock-advanced")).unwrap())
}

/// The component, compiled once for all tests.
pub(crate) fn interlock() -> &'static Interlock {
    static INTERLOCK: OnceLock<Interlock> = OnceLock::new();
    INTERLOCK.get_or_init(|| Interlock::from_file(component_file()).unwrap())
}

type HaltBits = (u8, Option<u64>, Option<u64>);

pub(crate) fn halt_bits(halt: Halt) -> HaltBits {
    (halt.reason.code(), halt.observed.map(f64::to_bits), halt.bound.map(f64::to_bits))
}

/// A verdict as exact bits.
pub(crate) fn verdict_bits(verdict: Verdict) -> (char, HaltBits) {
    match verdict {
        Verdict::Pass => ('p', (0, None, None)),
        Verdict::Warn(warning) => {
            ('w', (warning.kind as u8, warning.observed.map(f64::to_bits), warning.bound.map(f64::to_bits)))
        }
        Verdict::Halt(halt) => ('h', halt_bits(halt)),
    }
}

pub(crate) fn batch_bits(batch: BatchVerdict) -> (u32, u32, Option<HaltBits>) {
    (batch.consumed, batch.warnings, batch.halt.map(halt_bits))
}

/// A summary as exact bits.
pub(crate) fn summary_bits(summary: &Summary) -> ([u64; 3], [u64; 2], Option<u64>, Option<HaltBits>) {
    (
        [summary.tokens, summary.scores, summary.warnings],
        [summary.average.to_bits(), summary.minimum.to_bits()],
        summary.halt_index,
        summary.halt.map(halt_bits),
    )
}
