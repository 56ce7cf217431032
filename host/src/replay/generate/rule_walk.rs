//! Registries of the suite `rules` that are used at random.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers, made here")]

use super::rule_registry::{add_keyed, at, back, begin, failed, first, host, ok};
use super::rules::{Made, key, needing, rule, s, secret};
use super::{Cases, Random};
use crate::replay::Native;
use crate::replay::rules::{Run, Step, Word};

/// A registry that is used at random, wrongly now and then.
pub(super) fn wandering(cases: &mut Cases, random: &mut Random, history: u32) -> Made {
    let keys = vec![
        (vec![key("ann", 1, "current"), key("ben", 2, "current")], 1),
        (vec![key("ann", 1, "revoked"), key("ben", 2, "current")], 1),
    ];
    let Ok(mut registry) = Run::new(&Native, host(), history, keys.clone()) else { return Ok(()) };
    let mut walk = Walk { random, pins: Vec::new(), highest: [1; 3], is_signed: false };
    let mut steps = ["a", "b", "c"].map(first).concat();
    for step in &steps {
        registry.does(step).unwrap_or_default();
    }
    for time in 1..=80 {
        let now = time * 10 + u64::from(walk.random.below(10));
        let step = walk.next(now, registry.is_busy());
        if let Ok(said) = registry.does(&step)
            && matches!(step, Step::Pin(_))
        {
            walk.pins.extend(said.parse::<u64>().ok());
        }
        steps.push(step);
        if walk.random.once_in(8) {
            steps.push(Step::State);
        }
    }
    add_keyed(cases, "wandering", history, keys, steps)
}

struct Walk<'a> {
    random: &'a mut Random,
    /// Those that were given back, too.
    pins: Vec<u64>,
    /// The highest version that was tried of each rule.
    highest: [u64; 3],
    is_signed: bool,
}

impl Walk<'_> {
    fn next(&mut self, now: u64, is_busy: bool) -> Step {
        let number = self.random.below(3);
        let id = ["a", "b", "c"].into_iter().nth(usize::try_from(number).unwrap_or(0)).unwrap_or("a");
        // A step that is out is seen to more often than not.
        if is_busy && self.random.once_in(2) {
            return match self.random.below(12) {
                0 => failed(now),
                1 => Step::Complete(s("timed-out"), at(now)),
                2..=4 => Step::Settle(at(now)),
                _ => ok(u64::from(self.random.below(4)), now),
            };
        }
        match self.random.below(24) {
            kind @ 0..=4 => self.new_rule(kind, number, id, now),
            5..=7 => begin(id, self.version(number), now),
            8..=10 => back(id, self.version(number), now),
            11 => Step::TakeOutcome,
            12 => Step::Readmit(s(id), Word(self.version(number))),
            13 => {
                let policy = self.random.pick(&["finish", "adopt-at-next-segment", "drain 30"]);
                Step::SetReloadPolicy(s(id), s(policy))
            }
            14 if self.random.once_in(3) => Step::EmergencyStop(s(id)),
            14 => Step::LiftStop(s(id)),
            15..=17 => Step::Pin(s(id)),
            18 | 19 => Step::Unpin(self.pin()),
            20 => Step::Adopt(self.pin()),
            21 => Step::IsStopped(self.pin()),
            22 if self.random.once_in(3) => Step::Restart,
            22 => Step::Pinned(self.pin()),
            _ if self.random.once_in(8) && !self.is_signed => {
                self.is_signed = true;
                Step::Trust(1)
            }
            _ => ok(0, now),
        }
    }

    /// One that was tried, or the next.
    fn version(&mut self, number: u32) -> u64 {
        let top = self.highest.get(usize::try_from(number).unwrap_or(0)).copied().unwrap_or(1);
        let above = u32::from(self.random.once_in(6));
        u64::from(self.random.whole(1, u32::try_from(top).unwrap_or(1) + above))
    }

    fn pin(&mut self) -> Word {
        Word(if self.random.once_in(12) { 77 } else { self.random.pick(&self.pins) })
    }

    fn new_rule(&mut self, kind: u32, number: u32, id: &str, now: u64) -> Step {
        let mut version = 1;
        if let Some(top) = self.highest.get_mut(usize::try_from(number).unwrap_or(0)) {
            *top += if self.random.once_in(8) { 0 } else { u64::from(self.random.whole(1, 2)) };
            version = *top;
        }
        let mut made = rule(id, version);
        if self.random.once_in(3) {
            let needed = self.random.pick(&["a", "b", "c"]);
            made = needing(&[(needed, u64::from(self.random.whole(1, 3)))], made);
        }
        let by = vec![if self.random.once_in(2) { secret("ann", 1) } else { secret("ben", 2) }];
        match (kind, self.is_signed) {
            (0 | 1, true) => Step::RegisterVerified(made, by, 1, at(now)),
            (0 | 1, false) => Step::Register(made, at(now)),
            (_, true) => Step::ReloadVerified(made, by, 1, at(now)),
            (_, false) => Step::Reload(made, at(now)),
        }
    }
}
