//! The sets of patterns of the text guard, compiled: data beside the npm package's modules.

use crate::stamp::write_if_changed;
use anyhow::Result;
use interlock_core::guard::Action;
use interlock_core::guard::compile::{CompileLimits, compile};
use interlock_core::guard::sets::PatternSet;
use std::path::Path;

/// Writes an artifact with every set for redactions, and one for halts and flags.
///
/// # Errors
/// A pattern does not compile, or a file cannot be written.
pub(crate) fn write(out: &Path) -> Result<()> {
    for (name, action) in [("redact", Action::Redact), ("halt", Action::Halt)] {
        let patterns: Vec<_> = PatternSet::ALL.into_iter().flat_map(|set| set.patterns(action)).collect();
        let artifact = compile(&patterns, CompileLimits::default())?;
        write_if_changed(&out.join(format!("guard-sets-{name}.bin")), &artifact.bytes)?;
    }
    println!("bindgen: the sets of the guard");
    Ok(())
}
