//! What a rule runs on, and whether a host is such a thing.

use alloc::string::String;
use alloc::vec::Vec;

use super::rule::RuleFault;
use crate::numeric::digits;

/// Bytes that the name of an opaque target may have.
pub const MAX_TARGET_BYTES: u32 = 64;

/// What a compiled rule needs to run: its `compute_cap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Data that the core loads without a compiler, in this version of its format.
    Data(u32),
    /// A WebAssembly module or component.
    Wasm32,
    /// The same with 128-bit vectors.
    Wasm32Simd128,
    /// Something that a backend knows, as `sm_90`.
    Opaque(String),
}

impl Target {
    /// Reads `data/VERSION`, `wasm32`, `wasm32+simd128` or an opaque name.
    ///
    /// # Errors
    /// [`RuleFault::Target`] for a name that is none.
    pub fn parse(name: &str) -> Result<Self, RuleFault> {
        match name {
            "wasm32" => return Ok(Self::Wasm32),
            "wasm32+simd128" => return Ok(Self::Wasm32Simd128),
            _ => {}
        }
        let target = match name.strip_prefix("data/") {
            // Leading zeros and signs would be second names of one target.
            Some(version) => version.parse().ok().map(Self::Data).filter(|target| target.name() == name),
            None => Some(Self::Opaque(String::from(name))),
        };
        let target = target.ok_or_else(|| RuleFault::Target { name: String::from(name) })?;
        target.validate().map(|()| target)
    }

    /// Its name: what [`Target::parse`] reads.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Data(version) => ["data/", &digits(u64::from(*version))].concat(),
            Self::Wasm32 => String::from("wasm32"),
            Self::Wasm32Simd128 => String::from("wasm32+simd128"),
            Self::Opaque(name) => name.clone(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), RuleFault> {
        let Self::Opaque(name) = self else { return Ok(()) };
        let is_its = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.+".contains(&byte);
        let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
        let is_other = matches!(name.as_str(), "wasm32" | "wasm32+simd128");
        if (1..=MAX_TARGET_BYTES).contains(&length) && name.bytes().all(is_its) && !is_other {
            Ok(())
        } else {
            Err(RuleFault::Target { name: name.chars().take(64).collect() })
        }
    }
}

/// What a host can run.
///
/// ```
/// use interlock_core::rules::{Capability, Target};
///
/// let host = Capability { data_formats: (1, 2), wasm32: true, simd128: true, opaque: vec!["sm_90".into()] };
/// assert!(host.runs(&Target::Data(2)) && !host.runs(&Target::Data(3)));
/// assert!(host.runs(&Target::Wasm32), "what has vectors also runs code that uses none");
/// assert!(host.runs(&Target::Opaque("sm_80".into())) && !host.runs(&Target::Opaque("sm_100".into())));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capability {
    /// The oldest and the newest version of the data format that it loads; none if the first is above the second or both
    /// are 0.
    pub data_formats: (u32, u32),
    /// Whether it runs WebAssembly.
    pub wasm32: bool,
    /// Whether its WebAssembly has 128-bit vectors.
    pub simd128: bool,
    /// Opaque targets. One of NVIDIA's compute capabilities, `sm_` and a number, also runs what was compiled for a
    /// lower number; with a letter behind the number a target is of that processor alone (PTX ISA, `.target`).
    pub opaque: Vec<String>,
}

impl Capability {
    /// Whether a rule for `target` runs here.
    #[must_use]
    pub fn runs(&self, target: &Target) -> bool {
        match target {
            Target::Data(version) => *version > 0 && (self.data_formats.0..=self.data_formats.1).contains(version),
            Target::Wasm32 => self.wasm32,
            Target::Wasm32Simd128 => self.wasm32 && self.simd128,
            Target::Opaque(name) => self.opaque.iter().any(|own| own == name || reaches(own, name)),
        }
    }

    /// Everything that it runs, in words.
    #[must_use]
    pub fn message(&self) -> String {
        let mut names = Vec::new();
        if self.data_formats.1 > 0 && self.data_formats.0 <= self.data_formats.1 {
            let [oldest, newest] = [self.data_formats.0, self.data_formats.1].map(|end| digits(u64::from(end)));
            names.push(["data/", &oldest, " to data/", &newest].concat());
        }
        if self.wasm32 {
            names.push(String::from(if self.simd128 { "wasm32+simd128" } else { "wasm32" }));
        }
        names.extend(self.opaque.iter().cloned());
        if names.is_empty() { String::from("nothing") } else { names.join(", ") }
    }
}

/// Whether a processor of one compute capability runs what was compiled for another.
fn reaches(own: &str, needed: &str) -> bool {
    let number = |name: &str| name.strip_prefix("sm_").filter(|rest| rest.len() < 9)?.parse::<u32>().ok();
    // The letter of a processor does not keep it from running what is of no processor alone.
    let own = own.trim_end_matches(|last: char| last.is_ascii_lowercase());
    matches!((number(own), number(needed)), (Some(own), Some(needed)) if own >= needed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_one_name() {
        for name in ["data/1", "data/4294967295", "wasm32", "wasm32+simd128", "sm_90", "sm_90a", "gfx942"] {
            assert_eq!(Target::parse(name).unwrap().name(), name);
        }
        for name in ["", "data/", "data/01", "data/+1", "data/4294967296", "data/1 ", "SM_90", "a b", "sm_9\u{e9}"] {
            assert!(matches!(Target::parse(name), Err(RuleFault::Target { .. })), "{name}");
        }
        assert!(Target::Opaque("x".repeat(65)).validate().is_err());
        assert!(Target::Opaque("wasm32".into()).validate().is_err());
    }

    #[test]
    fn capabilities_are_compared_not_their_names() {
        let host = |own: &str| Capability { opaque: alloc::vec![own.into()], ..Capability::default() };
        let runs = |own: &str, needed: &str| host(own).runs(&Target::Opaque(needed.into()));
        assert!(runs("sm_90", "sm_90") && runs("sm_90", "sm_80") && runs("sm_100", "sm_90") && runs("sm_90a", "sm_90"));
        assert!(runs("sm_90a", "sm_90a") && !runs("sm_90", "sm_90a") && !runs("sm_100a", "sm_90a"));
        assert!(!runs("sm_90", "sm_100") && !runs("gfx1030", "gfx906") && !runs("sm_90", "cpu") && !runs("a", "sm_1"));
        assert!(!Capability::default().runs(&Target::Data(0)) && !Capability::default().runs(&Target::Wasm32));
        let no_wasm = Capability { simd128: true, ..Capability::default() };
        assert!(!no_wasm.runs(&Target::Wasm32Simd128));
    }
}
