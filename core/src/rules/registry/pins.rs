//! Which stream uses which version.
//!
//! A stream pins the version that is active when it begins, and its verdicts name it. A pinned version is neither evicted
//! nor unloaded.

use alloc::vec::Vec;

use super::super::error::RuleError;
use super::super::rule::CompiledRule;
use super::super::step::ReloadPolicy;
use super::RuleRegistry;

/// A stream's hold on a version. Whoever has it gives it back with [`RuleRegistry::unpin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pin {
    slot: u32,
    /// How often the slot was used before: a pin that was given back names nothing.
    generation: u32,
}

impl Pin {
    /// The pin as a number, for hosts that keep handles.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.slot as u64) << 32 | self.generation as u64
    }

    /// The pin of a number.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = bits.to_be_bytes();
        Self { slot: u32::from_be_bytes([a, b, c, d]), generation: u32::from_be_bytes([e, f, g, h]) }
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    generation: u32,
    is_used: bool,
    rule: usize,
    version: u64,
    /// How often the rule had been stopped when the stream began.
    stops: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Pins {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

impl Pins {
    fn get(&self, pin: Pin) -> Result<Slot, RuleError> {
        let slot = usize::try_from(pin.slot).ok().and_then(|at| self.slots.get(at)).copied();
        slot.filter(|slot| slot.is_used && slot.generation == pin.generation).ok_or(RuleError::UnknownPin)
    }

    fn slot_mut(&mut self, slot: u32) -> Option<&mut Slot> {
        usize::try_from(slot).ok().and_then(|at| self.slots.get_mut(at))
    }

    fn take(&mut self, rule: usize, version: u64, stops: u64) -> Option<Pin> {
        let mut taken = Slot { generation: 0, is_used: true, rule, version, stops };
        if let Some(slot) = self.free.pop() {
            let place = self.slot_mut(slot)?;
            taken.generation = place.generation.wrapping_add(1);
            *place = taken;
            return Some(Pin { slot, generation: taken.generation });
        }
        let slot = u32::try_from(self.slots.len()).ok()?;
        self.slots.push(taken);
        Some(Pin { slot, generation: 0 })
    }

    fn give_back(&mut self, pin: Pin) {
        if let Some(place) = self.slot_mut(pin.slot) {
            place.is_used = false;
        }
        // A slot that has been used 2^32 times is not used again, so no pin comes twice.
        if pin.generation != u32::MAX {
            self.free.push(pin.slot);
        }
    }
}

impl RuleRegistry {
    /// Pins the active version for a stream that begins.
    ///
    /// # Errors
    /// [`RuleError::NotFound`], [`RuleError::NoActiveVersion`], [`RuleError::EmergencyStopped`];
    /// [`RuleError::Quiescing`] while the rule is drained.
    pub fn pin(&mut self, rule_id: &str) -> Result<Pin, RuleError> {
        let at = self.at(rule_id)?;
        if let Some(until_us) = self.drained_until(at) {
            return Err(RuleError::Quiescing { until_us });
        }
        let unknown = || RuleError::NotFound { rule_id: rule_id.into() };
        let rule = self.rules.get_mut(at).ok_or_else(unknown)?;
        if rule.is_stopped {
            return Err(RuleError::EmergencyStopped { rule_id: rule_id.into() });
        }
        let (active, stops) = (rule.active, rule.stops);
        let Some(version) = rule.version_mut(active) else {
            return Err(RuleError::NoActiveVersion { rule_id: rule_id.into() });
        };
        let pin = self.pins.take(at, active, stops).ok_or(RuleError::UnknownPin)?;
        version.pins = version.pins.saturating_add(1);
        rule.running = rule.running.saturating_add(1);
        Ok(pin)
    }

    /// The version that a stream uses.
    ///
    /// # Errors
    /// [`RuleError::UnknownPin`].
    #[inline]
    pub fn pinned(&self, pin: Pin) -> Result<&CompiledRule, RuleError> {
        let slot = self.pins.get(pin)?;
        let version = self.rules.get(slot.rule).and_then(|rule| rule.version(slot.version));
        version.map(|version| &version.rule).ok_or(RuleError::UnknownPin)
    }

    /// Whether a stream must halt because its rule was stopped in an emergency. It stays so whatever is lifted later.
    ///
    /// # Errors
    /// [`RuleError::UnknownPin`].
    #[inline]
    pub fn is_stopped(&self, pin: Pin) -> Result<bool, RuleError> {
        let slot = self.pins.get(pin)?;
        Ok(self.rules.get(slot.rule).is_none_or(|rule| rule.stops != slot.stops))
    }

    /// Adopts the active version where the rule's policy is [`ReloadPolicy::AdoptAtNextSegment`] and it is another: the
    /// stream says that it stands between two segments. Returns whether it changed. While the rule is drained it does
    /// not: the active version is the one that streams are to leave.
    ///
    /// # Errors
    /// [`RuleError::UnknownPin`], [`RuleError::EmergencyStopped`].
    pub fn adopt(&mut self, pin: Pin) -> Result<bool, RuleError> {
        let slot = self.pins.get(pin)?;
        let is_drained = self.drained_until(slot.rule).is_some();
        let rule = self.rules.get_mut(slot.rule).ok_or(RuleError::UnknownPin)?;
        if rule.stops != slot.stops {
            return Err(RuleError::EmergencyStopped { rule_id: rule.id.clone() });
        }
        let active = rule.active;
        if is_drained || rule.policy != ReloadPolicy::AdoptAtNextSegment || active == slot.version {
            return Ok(false);
        }
        let Some(version) = rule.version_mut(active) else { return Ok(false) };
        version.pins = version.pins.saturating_add(1);
        if let Some(place) = self.pins.slot_mut(pin.slot) {
            place.version = active;
        }
        self.let_go(slot.rule, slot.version);
        Ok(true)
    }

    /// Gives a pin back: the stream is over.
    ///
    /// # Errors
    /// [`RuleError::UnknownPin`].
    pub fn unpin(&mut self, pin: Pin) -> Result<(), RuleError> {
        let slot = self.pins.get(pin)?;
        self.pins.give_back(pin);
        if let Some(rule) = self.rules.get_mut(slot.rule)
            && rule.stops == slot.stops
        {
            rule.running = rule.running.saturating_sub(1);
        }
        self.let_go(slot.rule, slot.version);
        Ok(())
    }

    /// A stream uses a version no longer.
    fn let_go(&mut self, at: usize, version: u64) {
        let Some(rule) = self.rules.get_mut(at) else { return };
        let Some(own) = rule.version_mut(version) else { return };
        own.pins = own.pins.saturating_sub(1);
        if own.pins == 0 && version != rule.active {
            self.has_retired = true;
            self.trim(at);
        }
    }
}
