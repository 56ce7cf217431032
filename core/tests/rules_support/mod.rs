//! A registry beside a plain account of what a host would see. Tests and fuzzing share it.

use std::collections::{BTreeMap, BTreeSet};

use interlock_core::rules::{
    Capability, CompiledRule, Dependency, Outcome, Pin, ReloadPolicy, RuleError, RuleHeader, RuleRegistry, RuleStatus,
    Step, StepFailure, StepKind, Target,
};

pub(crate) const IDS: [&str; 3] = ["a", "b", "c"];

pub(crate) fn host() -> Capability {
    Capability { data_formats: (1, 1), ..Capability::default() }
}

pub(crate) fn rule(id: &str, version: u64, needs: &[(&str, u64)], payload: &[u8]) -> CompiledRule {
    let mut header = RuleHeader::new(id, version, Target::Data(1));
    let needs = needs.iter().map(|(id, min_version)| Dependency { rule_id: (*id).into(), min_version: *min_version });
    header.depends_on = needs.collect();
    CompiledRule::new(header, payload).unwrap()
}

/// What a host has done, as steps told it.
#[derive(Default)]
struct Device {
    loaded: BTreeSet<(String, u64)>,
    at_rest: Option<(String, u64)>,
    serving: BTreeMap<String, u64>,
}

impl Device {
    /// Does a step, or fails to.
    fn run(&mut self, step: &Step, fails: bool) {
        let own = (step.rule.rule_id().to_owned(), step.rule.version());
        let serves = self.serving.get(&own.0).copied().unwrap_or(0);
        assert_eq!(step.active, serves, "the registry and the device agree on what serves");
        match step.kind {
            StepKind::PreStage => {
                assert_ne!(own.1, serves);
                if !fails {
                    self.loaded.insert(own);
                }
            }
            StepKind::Quiesce => {
                assert_eq!(own.1, serves);
                assert_eq!(self.at_rest, None);
                // It may be at rest in part when it fails.
                self.at_rest = Some(own);
            }
            StepKind::Swap => {
                assert!(self.loaded.contains(&own), "only what is loaded serves");
                assert_eq!(self.at_rest.is_some(), serves != 0, "what served came to rest before");
                if !fails {
                    self.at_rest = None;
                    self.serving.insert(own.0, own.1);
                }
            }
            StepKind::Resume => {
                assert_eq!(self.at_rest.as_ref(), Some(&own), "what resumes came to rest");
                if !fails {
                    self.at_rest = None;
                }
            }
            StepKind::Terminate => {
                assert_ne!(own.1, serves, "what serves is not unloaded");
                assert_eq!(step.pinned, 0, "what a stream uses is not unloaded");
                assert!(self.loaded.remove(&own), "what is unloaded was loaded");
            }
        }
    }
}

pub(crate) struct Account {
    pub(crate) registry: RuleRegistry,
    max_history: usize,
    device: Device,
    /// The payload's content hash of every version that was ever registered.
    hashes: BTreeMap<(String, u64), [u8; 32]>,
    active: BTreeMap<String, u64>,
    pins: Vec<(Pin, String, u64, bool)>,
    released: Vec<Pin>,
    /// Swaps that were begun and are not over, and whether they are rollbacks.
    open: BTreeMap<u64, bool>,
    now: u64,
}

impl Account {
    pub(crate) fn new(max_history: u32) -> Self {
        Self {
            registry: RuleRegistry::new(host(), max_history),
            max_history: max_history.max(1) as usize,
            device: Device::default(),
            hashes: BTreeMap::new(),
            active: BTreeMap::new(),
            pins: Vec::new(),
            released: Vec::new(),
            open: BTreeMap::new(),
            now: 0,
        }
    }

    /// Does an operation, and says that an error changed nothing.
    fn attempt<T>(&mut self, operation: impl FnOnce(&mut RuleRegistry) -> Result<T, RuleError>) -> Option<T> {
        let before = format!("{:?}", self.registry);
        match operation(&mut self.registry) {
            Ok(value) => Some(value),
            Err(error) => {
                assert!(!error.message().is_empty() && !error.kind().is_empty());
                assert_eq!(format!("{:?}", self.registry), before, "{error}");
                None
            }
        }
    }

    /// One operation that two bytes choose.
    pub(crate) fn operate(&mut self, what: u8, with: u8) {
        let id = IDS[usize::from(with) % 3];
        let (version, bits) = (u64::from(with >> 2) % 8, with >> 5);
        let now = self.now;
        match what % 16 {
            0..=2 => {
                // A next version of a rule; now and then one that is not above, or of other content.
                let highest = self.hashes.keys().filter(|(own, _)| own == id).map(|(_, v)| *v).max().unwrap_or(0);
                let version = if bits == 7 { version.max(1) } else { highest + 1 + u64::from(bits & 1) };
                let other = IDS[(usize::from(with) + 1) % 3];
                let third = IDS[(usize::from(with) + 2) % 3];
                let mut needs = match what / 16 % 5 {
                    0 => vec![(other, 1 + u64::from(bits))],
                    1 => vec![(third, 1), (other, 1)],
                    _ => vec![],
                };
                needs.sort_unstable();
                let new = rule(id, version, &needs, &[what]);
                let key = (id.to_owned(), version);
                let hash = *new.content_hash();
                let done = if what % 16 == 2 {
                    let swap = self.attempt(|it| it.reload(new, now));
                    swap.inspect(|swap| assert!(self.open.insert(*swap, false).is_none())).map(drop)
                } else {
                    self.attempt(|it| it.register(new, now)).map(|handle| {
                        assert_eq!(handle.status, RuleStatus::Registered);
                    })
                };
                if done.is_some() {
                    assert!(version > highest, "a version is above every other");
                    assert_eq!(self.hashes.insert(key, hash), None, "a version is registered once");
                }
            }
            3 | 4 => {
                if let Some(swap) = self.attempt(|it| it.begin_reload(id, version, now)) {
                    assert!(self.open.insert(swap, false).is_none());
                }
            }
            5 => {
                if let Some(swap) = self.attempt(|it| it.begin_rollback(id, version, now)) {
                    assert!(self.open.insert(swap, true).is_none());
                }
            }
            6..=10 => self.step(what % 16 > 8 && bits < 3, with),
            11 => {
                if let Some(pin) = self.attempt(|it| it.pin(id)) {
                    assert!(self.pins.iter().all(|own| own.0 != pin) && !self.released.contains(&pin));
                    assert_eq!(Pin::from_bits(pin.to_bits()), pin);
                    self.pins.push((pin, id.to_owned(), self.active[id], false));
                }
            }
            12 if !self.pins.is_empty() => {
                let (pin, ..) = self.pins.swap_remove(usize::from(with) % self.pins.len());
                self.registry.unpin(pin).unwrap();
                self.released.push(pin);
            }
            13 if !self.pins.is_empty() => {
                let at = usize::from(with) % self.pins.len();
                let (pin, id, ..) = self.pins[at].clone();
                if self.attempt(|it| it.adopt(pin)) == Some(true) {
                    self.pins[at].2 = self.active[&id];
                }
            }
            14 => match bits {
                0 => {
                    let running = self.pins.iter_mut().filter(|own| own.1 == id && !own.3);
                    let mut count = 0;
                    let is_known = self.registry.list().iter().any(|own| own.rule_id == id);
                    running.for_each(|own| {
                        own.3 = true;
                        count += 1;
                    });
                    assert_eq!(self.attempt(|it| it.emergency_stop(id)), is_known.then_some(count));
                }
                1 => drop(self.attempt(|it| it.lift_stop(id))),
                2 => drop(self.attempt(|it| it.set_reload_policy(id, ReloadPolicy::AdoptAtNextSegment))),
                3 => drop(self.attempt(|it| it.set_reload_policy(id, ReloadPolicy::Drain { timeout_us: 5 }))),
                4 => drop(self.attempt(|it| it.set_reload_policy(id, ReloadPolicy::Finish))),
                5 => drop(self.attempt(|it| it.readmit(id, version))),
                _ => {}
            },
            _ => {
                self.now += u64::from(bits);
                if let Some(pin) = self.released.get(usize::from(with)).copied() {
                    assert_eq!(self.attempt(|it| it.unpin(pin)), None);
                }
                assert_eq!(self.attempt(|it| it.complete(u64::MAX, Ok(0), now)), None);
            }
        }
        self.check();
    }

    /// Does the step that is out, or fails to.
    pub(crate) fn step(&mut self, fails: bool, how: u8) {
        let Some(step) = self.registry.step() else { return };
        assert_eq!(self.registry.step().map(|again| again.id), Some(step.id), "a step stays until it is complete");
        let id = step.rule.rule_id().to_owned();
        let failure = if how & 1 == 0 { StepFailure::TimedOut } else { StepFailure::Backend("no".into()) };
        let result = if fails { Err(failure) } else { Ok(u64::from(how)) };
        let waits = step.kind == StepKind::Quiesce && self.device.at_rest.is_some();
        let now = self.now;
        if !waits {
            self.device.run(&step, fails);
        }
        let done = self.attempt(|it| it.complete(step.id, result, now));
        if done.is_none() {
            let may_stay = (step.kind == StepKind::Quiesce && step.until_us.is_some_and(|until| now < until))
                || (step.kind == StepKind::Resume && fails);
            assert!(may_stay, "{step:?}");
        } else if step.kind == StepKind::Swap && !fails {
            self.active.insert(id, step.rule.version());
        }
        while let Some(outcome) = self.registry.take_outcome() {
            self.over(outcome);
        }
    }

    fn over(&mut self, outcome: Outcome) {
        let Outcome::Swap { swap, result } = outcome else { return };
        let is_rollback = self.open.remove(&swap).expect("a swap has one outcome");
        if let Ok(report) = result {
            assert_eq!(self.active.get(&report.rule_id), Some(&report.to_version));
            let is_higher = report.to_version > report.from_version;
            assert_eq!(is_higher, !is_rollback, "the active version increases except by rollback");
            assert_ne!(report.from_version, report.to_version);
        }
    }

    /// Everything that always holds.
    pub(crate) fn check(&self) {
        let registry = &self.registry;
        for summary in registry.list() {
            let id = summary.rule_id.as_str();
            let active = self.active.get(id).copied().unwrap_or(0);
            assert_eq!(
                registry.active(id).map_or(0, CompiledRule::version),
                active,
                "only a swap changes what is active"
            );
            assert_eq!(summary.active, active);
            let history = registry.history(id).unwrap();
            let serving = |status| matches!(status, RuleStatus::Active | RuleStatus::Quiescing);
            let now: Vec<u64> = history.iter().filter(|it| serving(it.status)).map(|it| it.rule.version()).collect();
            assert_eq!(now, if active == 0 { vec![] } else { vec![active] }, "one active version once there is one");
            assert!(history.is_sorted_by_key(|it| it.rule.version()));
            let mut idle = 0;
            for handle in &history {
                let key = (id.to_owned(), handle.rule.version());
                assert_eq!(self.hashes.get(&key), Some(handle.rule.content_hash()), "a version names one content");
                let pins = self.pins.iter().filter(|own| own.1 == id && own.2 == key.1).count() as u64;
                assert_eq!(handle.pinned, pins);
                idle += usize::from(pins == 0 && !self.device.loaded.contains(&key));
            }
            let is_quiet = self.open.is_empty();
            assert!(
                !is_quiet || idle == 0 || history.len() <= self.max_history.max(history.len() - idle + 1),
                "bounded"
            );
            for need in registry.active(id).map(|rule| rule.header().depends_on.clone()).unwrap_or_default() {
                let found = self.active.get(&need.rule_id).copied().unwrap_or(0);
                assert!(found >= need.min_version, "what is active has what it depends on");
            }
            assert!(!self.reaches(id, id, 0), "no circle");
        }
        for (pin, id, version, is_stopped) in &self.pins {
            let rule = registry.pinned(*pin).unwrap();
            assert_eq!((rule.rule_id(), rule.version()), (id.as_str(), *version), "a stream keeps its version");
            assert!(registry.version(id, *version).is_some(), "what a stream uses is retained");
            assert_eq!(registry.is_stopped(*pin), Ok(*is_stopped));
        }
        for (id, serving) in &self.device.serving {
            assert!(self.device.loaded.contains(&(id.clone(), *serving)), "what serves is loaded");
        }
    }

    fn reaches(&self, from: &str, to: &str, depth: u32) -> bool {
        let needs = self.registry.active(from).map(|rule| rule.header().depends_on.clone()).unwrap_or_default();
        depth > 3 || needs.iter().any(|need| need.rule_id == to || self.reaches(&need.rule_id, to, depth + 1))
    }

    /// Lets everything come to its end: every stream ends, every step is done.
    pub(crate) fn finish(&mut self) {
        for (pin, ..) in std::mem::take(&mut self.pins) {
            self.registry.unpin(pin).unwrap();
        }
        for _ in 0..2000 {
            if self.registry.step().is_none() {
                break;
            }
            self.step(false, 1);
            self.check();
        }
        assert!(self.registry.step().is_none(), "steps come to an end");
        while let Some(outcome) = self.registry.take_outcome() {
            self.over(outcome);
        }
        assert!(self.open.is_empty(), "every swap has an outcome");
        assert_eq!(self.device.at_rest, None, "nothing stays at rest");
        let serving: BTreeSet<_> = self.active.iter().map(|(id, version)| (id.clone(), *version)).collect();
        assert_eq!(self.device.loaded, serving, "nothing but what serves stays loaded");
        for id in IDS {
            let retained = self.registry.history(id).unwrap_or_default().len();
            let newest_and_active = if self.max_history == 1 { 2 } else { self.max_history };
            assert!(retained <= newest_and_active, "{id}: {retained}");
        }
    }
}

impl Account {
    /// The process ends and another begins with what was kept: streams and swaps that were not over are gone, and the
    /// host loads what is active.
    pub(crate) fn restart(&mut self) {
        let bytes = self.registry.snapshot();
        let restored = RuleRegistry::restore(&bytes, host()).expect("a registry's own snapshot");
        assert_eq!(restored.snapshot(), bytes, "there is one snapshot of a state");
        let resting = |registry: &RuleRegistry| {
            registry
                .list()
                .into_iter()
                .map(|own| (own.rule_id, own.active, own.highest, own.policy, own.is_stopped))
                .collect::<Vec<_>>()
        };
        assert_eq!(resting(&restored), resting(&self.registry));
        self.registry = restored;
        self.pins.clear();
        self.released.clear();
        self.open.clear();
        self.device.at_rest = None;
        self.device.loaded = self.active.iter().map(|(id, version)| (id.clone(), *version)).collect();
        self.check();
    }
}

/// Any operations: two bytes each, the first of all the bound of the history. After every so many the process ends and
/// another begins.
pub(crate) fn run(bytes: &[u8], restart_every: Option<usize>) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut account = Account::new(u32::from(first % 5));
    for (at, operation) in rest.as_chunks::<2>().0.iter().enumerate() {
        if restart_every.is_some_and(|every| at % every == every - 1) {
            account.restart();
        }
        account.operate(operation[0], operation[1]);
    }
    account.finish();
    account.restart();
}
