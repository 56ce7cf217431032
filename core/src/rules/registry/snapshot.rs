//! A registry as bytes, which outlive the process.
//!
//! ```text
//! "ILKREG", version of this format: 1 (2)
//! versions of a rule that are retained (4), number of the next step (8), number of the next swap (8)
//! threshold of the trusted keys, 0 for none (4), and if there are any:
//!     number of keys (2), each: state (1), public key (32), length of the id (2), id
//! number of rules (2), each, ascending by id:
//!     active version (8), reload policy (1), its time-out in µs (8), whether it is stopped (1), how often it was (8)
//!     number of versions (4), each, ascending:
//!         registered at (8), what it was when it was not active (1), superseded by (8)
//!         number of signers (1), their public keys (32 each)
//!         length of the rule (4), its canonical encoding
//! SHA-256 of all this
//! ```
//!
//! Numbers are big-endian, and there is one snapshot of a state. What lives with the process is not in it: pins, what the
//! host has loaded, and swaps that are not over. After a restart a swap that was under way has not happened.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::error::RuleError;
use super::super::rule::CompiledRule;
use super::super::step::ReloadPolicy;
use super::super::target::Capability;
use super::super::trusted_keys::{KeyState, MAX_TRUSTED_KEYS, TrustedKey, TrustedKeys};
use super::rule_state::{Rest, Rule, Version};
use super::{MAX_RULES, RuleRegistry};
use crate::sha256::{Hash, sha256};

const MAGIC: &[u8; 8] = b"ILKREG\0\x01";

impl RuleRegistry {
    /// The state as canonical bytes: rules with their versions, the trusted keys, emergency stops. Streams, swaps that are
    /// not over and outcomes that nobody took are not in it.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Vec::from(MAGIC);
        let put = |out: &mut Vec<u8>, length: usize| put_u32(out, u32::try_from(length).unwrap_or(u32::MAX));
        put(&mut out, self.max_history);
        put_u64(&mut out, self.next_step);
        put_u64(&mut out, self.next_swap);
        put_keys(&mut out, self.keys.as_ref());
        put_u16(&mut out, self.by_id.len());
        for rule in self.by_id.iter().filter_map(|at| self.rules.get(*at)) {
            put_u64(&mut out, rule.active);
            let (policy, timeout_us) = match rule.policy {
                ReloadPolicy::Finish => (0, 0),
                ReloadPolicy::AdoptAtNextSegment => (1, 0),
                ReloadPolicy::Drain { timeout_us } => (2, timeout_us),
            };
            out.push(policy);
            put_u64(&mut out, timeout_us);
            out.push(u8::from(rule.is_stopped));
            put_u64(&mut out, rule.stops);
            let kept = self.kept_at_rest(rule);
            put(&mut out, kept.len());
            for own in kept {
                put_version(&mut out, own, rule.active);
            }
        }
        let hash = sha256(&[], &out);
        out.extend_from_slice(&hash);
        out
    }

    /// What eviction leaves of a rule that no stream, no swap and no host uses.
    fn kept_at_rest<'a>(&self, rule: &'a Rule) -> Vec<&'a Version> {
        let mut surplus = rule.versions.len().saturating_sub(self.max_history);
        let stays = |own: &&Version| {
            let version = own.rule.version();
            let goes = surplus > 0 && version != rule.active && version != rule.highest;
            surplus = surplus.saturating_sub(usize::from(goes));
            !goes
        };
        rule.versions.iter().filter(stays).collect()
    }

    /// The registry of a snapshot, on a host with this capability. The host has to load the active versions: no step asks
    /// for it.
    ///
    /// # Errors
    /// [`RuleError::State`] for anything but the snapshot of a registry, [`RuleError::ComputeCapMismatch`] when the host
    /// does not run an active version, [`RuleError::MissingDependency`] and [`RuleError::DependencyCycle`] when active
    /// versions lack what they depend on.
    pub fn restore(snapshot: &[u8], capability: Capability) -> Result<Self, RuleError> {
        let Some((body, sum)) = snapshot.split_last_chunk::<32>() else { return state("it is too short") };
        let Some(fields) = body.strip_prefix(MAGIC) else { return state("it is none, or of another version") };
        if sha256(&[], body) != *sum {
            return state("its hash is another");
        }
        let mut reader = Reader(fields);
        let mut registry = Self::new(capability, reader.u32()?);
        registry.next_step = reader.u64()?;
        registry.next_swap = reader.u64()?;
        if registry.next_step == 0 || registry.next_swap == 0 {
            return state("a step or a swap has the number 0");
        }
        registry.keys = reader.keys()?;
        let count = reader.u16()?;
        if u32::from(count) > MAX_RULES {
            return state("more rules than there may be");
        }
        for at in 0..usize::from(count) {
            let rule = read_rule(&mut reader)?;
            if registry.rules.last().is_some_and(|last| last.id >= rule.id) {
                return state("rules are not ascending by id");
            }
            if registry.kept_at_rest(&rule).len() != rule.versions.len() {
                return state("more versions than are retained");
            }
            registry.rules.push(rule);
            registry.by_id.push(at);
        }
        if !reader.0.is_empty() {
            return state("bytes follow its end");
        }
        // `new` takes a bound of 0 as 1: a second way to write it.
        if registry.snapshot() != snapshot {
            return state("it is not written in the one way");
        }
        registry.check_restored()?;
        Ok(registry)
    }

    fn check_restored(&self) -> Result<(), RuleError> {
        for active in self.rules.iter().filter_map(Rule::active_version) {
            if !active.rule.runs_on(&self.capability) {
                let required = active.rule.header().compute_cap.name();
                return Err(RuleError::ComputeCapMismatch { required, available: self.capability.message() });
            }
            self.check_satisfied(&active.rule)?;
        }
        Ok(())
    }
}

fn read_rule(reader: &mut Reader<'_>) -> Result<Rule, RuleError> {
    let active = reader.u64()?;
    let policy = match (reader.byte()?, reader.u64()?) {
        (0, 0) => ReloadPolicy::Finish,
        (1, 0) => ReloadPolicy::AdoptAtNextSegment,
        (2, timeout_us) => ReloadPolicy::Drain { timeout_us },
        _ => return state("a reload policy that is none"),
    };
    let is_stopped = match reader.byte()? {
        0 => false,
        1 => true,
        _ => return state("a stop that is neither yes nor no"),
    };
    let stops = reader.u64()?;
    let mut versions: Vec<Version> = Vec::new();
    for _ in 0..reader.u32()? {
        let own = read_version(reader)?;
        match versions.last().map(|last| &last.rule) {
            Some(last) if last.rule_id() != own.rule.rule_id() => return state("versions of different rules"),
            Some(last) if last.version() >= own.rule.version() => return state("versions are not ascending"),
            _ => versions.push(own),
        }
    }
    // The newest is always retained.
    let Some(newest) = versions.last().map(|last| &last.rule) else { return state("a rule without versions") };
    let mut rule = Rule::new(newest.rule_id());
    rule.highest = newest.version();
    let is_by =
        |own: &Version| matches!(own.rest, Rest::Superseded(by) if by <= own.rule.version() || by > rule.highest);
    if versions.iter().any(is_by) {
        return state("superseded by a version that cannot have done it");
    }
    (rule.active, rule.policy, rule.is_stopped, rule.stops, rule.versions) =
        (active, policy, is_stopped, stops, versions);
    if active != 0 {
        match rule.version_mut(active) {
            Some(own) if own.rest == Rest::Registered => own.is_staged = true,
            Some(_) => return state("an active version that is something else"),
            None => return state("the active version is not retained"),
        }
    }
    Ok(rule)
}

fn read_version(reader: &mut Reader<'_>) -> Result<Version, RuleError> {
    let registered_at_us = reader.u64()?;
    let rest = match (reader.byte()?, reader.u64()?) {
        (0, 0) => Rest::Registered,
        (1, by) => Rest::Superseded(by),
        (2, 0) => Rest::RolledBack,
        (3, 0) => Rest::Failed,
        _ => return state("a status that is none"),
    };
    let mut signers: Vec<[u8; 32]> = Vec::new();
    let count = reader.byte()?;
    if u32::from(count) > MAX_TRUSTED_KEYS {
        return state("more signers than there may be keys");
    }
    for _ in 0..count {
        let signer = reader.array()?;
        if signers.contains(&signer) {
            return state("a signer that comes twice");
        }
        signers.push(signer);
    }
    let length = reader.u32()?;
    let bytes = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
    match CompiledRule::decode(Vec::from(bytes)) {
        Ok(rule) => Ok(Version { rule, rest, registered_at_us, signers, pins: 0, is_staged: false }),
        Err(_) => state("a version that is no rule"),
    }
}

fn put_version(out: &mut Vec<u8>, own: &Version, active: u64) {
    put_u64(out, own.registered_at_us);
    let (code, by) = match own.rest {
        // What the active version was before it became so is over.
        _ if own.rule.version() == active => (0, 0),
        Rest::Registered => (0, 0),
        Rest::Superseded(by) => (1, by),
        Rest::RolledBack => (2, 0),
        Rest::Failed => (3, 0),
    };
    out.push(code);
    put_u64(out, by);
    out.push(u8::try_from(own.signers.len()).unwrap_or(u8::MAX));
    own.signers.iter().for_each(|signer| out.extend_from_slice(signer));
    put_u32(out, u32::try_from(own.rule.as_bytes().len()).unwrap_or(u32::MAX));
    out.extend_from_slice(own.rule.as_bytes());
}

fn put_keys(out: &mut Vec<u8>, keys: Option<&TrustedKeys>) {
    put_u32(out, keys.map_or(0, TrustedKeys::threshold));
    let Some(keys) = keys else { return };
    put_u16(out, keys.keys().len());
    for key in keys.keys() {
        out.push(key.state as u8);
        out.extend_from_slice(&key.public);
        put_u16(out, key.key_id.len());
        out.extend_from_slice(key.key_id.as_bytes());
    }
}

fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_be_bytes());
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_be_bytes());
}

/// A number that is bounded far below 2^16.
fn put_u16(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes());
}

#[cold]
fn state<T>(what: &'static str) -> Result<T, RuleError> {
    Err(RuleError::State { what })
}

/// What was not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], RuleError> {
        let Some((taken, rest)) = self.0.split_at_checked(length) else { return state("it ends too early") };
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RuleError> {
        Ok(self.take(N)?.first_chunk().copied().unwrap_or([0; N]))
    }

    fn byte(&mut self) -> Result<u8, RuleError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    fn u16(&mut self) -> Result<u16, RuleError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, RuleError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, RuleError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    fn keys(&mut self) -> Result<Option<TrustedKeys>, RuleError> {
        let threshold = self.u32()?;
        if threshold == 0 {
            return Ok(None);
        }
        let mut keys = Vec::new();
        for _ in 0..self.u16()? {
            let state = match self.byte()? {
                0 => KeyState::Current,
                1 => KeyState::Retired,
                2 => KeyState::Revoked,
                _ => return self::state("a key's state that is none"),
            };
            let public: Hash = self.array()?;
            let length = self.u16()?;
            let Ok(key_id) = core::str::from_utf8(self.take(usize::from(length))?) else {
                return self::state("a key's id is not UTF-8");
            };
            keys.push(TrustedKey { key_id: String::from(key_id), public, state });
        }
        TrustedKeys::new(keys, threshold).map(Some).or_else(|_| self::state("keys that are no set"))
    }
}
