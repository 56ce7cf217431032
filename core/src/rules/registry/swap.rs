//! Swaps: what is done in which order, and what remains when it fails.
//!
//! ```text
//! begin ─▶ pre-stage ─▶ quiesce ─▶ swap ─▶ done: the new version is active, the old one is terminated once unused
//!              │            │        │
//!              │ failed     └────────┴─ failed or timed out ─▶ resume ─▶ over
//!              └─▶ over                  the old version is active all the time; the new one is terminated
//! ```
//!
//! The first version of a rule has nothing to quiesce or to resume.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::error::RuleError;
use super::super::rule::CompiledRule;
use super::super::step::{Outcome, ReloadPolicy, ReloadReport, Step, StepFailure, StepKind, StepResult};
use super::super::trusted_keys::VerifiedRule;
use super::RuleRegistry;
use super::rule_state::Rest;

/// Swaps that may wait, or be over without anybody having asked for their outcome.
pub const MAX_WAITING: u32 = 64;

/// Bytes of a backend's message that are kept.
const MAX_MESSAGE_BYTES: usize = 1024;

/// A swap that somebody wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    id: u64,
    rule: usize,
    to: u64,
    is_rollback: bool,
}

/// What the host does at the moment.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Idle,
    Terminate { step: u64, rule: usize, version: u64 },
    Swap(Swap),
}

#[derive(Clone, Debug)]
pub(super) struct Swap {
    request: Request,
    /// The active version: 0 for none.
    from: u64,
    step: u64,
    kind: StepKind,
    /// When the step began.
    began_us: u64,
    quiesce_us: u64,
    messages_in_flight: u64,
    /// When a drain is given up, while the rule is drained.
    until_us: Option<u64>,
    /// Why it failed, while the old version is resumed.
    error: Option<RuleError>,
}

impl RuleRegistry {
    /// Registers a version that nobody signed and begins to activate it, or neither. Returns the number of the swap.
    ///
    /// # Errors
    /// As [`RuleRegistry::register`] and [`RuleRegistry::begin_reload`].
    pub fn reload(&mut self, rule: CompiledRule, now_us: u64) -> Result<u64, RuleError> {
        self.check_unsigned()?;
        self.begin_new(rule, Vec::new(), now_us)
    }

    /// Registers a version that was signed and begins to activate it, or neither. Returns the number of the swap.
    ///
    /// # Errors
    /// As [`RuleRegistry::register_verified`] and [`RuleRegistry::begin_reload`].
    pub fn reload_verified(&mut self, verified: VerifiedRule, now_us: u64) -> Result<u64, RuleError> {
        self.check_verified(&verified)?;
        self.begin_new(verified.rule, verified.signers, now_us)
    }

    fn begin_new(&mut self, rule: CompiledRule, signers: Vec<[u8; 32]>, now_us: u64) -> Result<u64, RuleError> {
        self.check_room()?;
        self.check_new(&rule)?;
        if self.is_idle() {
            self.check_satisfied(&rule)?;
        }
        let to = rule.version();
        let rule = self.insert(rule, signers, now_us);
        self.begin(Request { id: 0, rule, to, is_rollback: false }, now_us)
    }

    /// Begins to activate a retained version above the active one. Returns the number of the swap, which its outcome
    /// names. While another swap is under way it waits, and is checked again when its turn comes.
    ///
    /// # Errors
    /// [`RuleError::NotFound`], [`RuleError::VersionMissing`], [`RuleError::VersionDowngrade`],
    /// [`RuleError::VersionFailed`], [`RuleError::MissingDependency`] when what it depends on is not active,
    /// [`RuleError::Needed`], [`RuleError::DependencyCycle`], [`RuleError::QueueFull`].
    pub fn begin_reload(&mut self, rule_id: &str, version: u64, now_us: u64) -> Result<u64, RuleError> {
        let rule = self.at(rule_id)?;
        if self.rules.get(rule).is_none_or(|rule| rule.version(version).is_none()) {
            return Err(RuleError::VersionMissing { version });
        }
        self.begin(Request { id: 0, rule, to: version, is_rollback: false }, now_us)
    }

    /// Begins to return to a retained version below the active one. Returns the number of the swap.
    ///
    /// # Errors
    /// [`RuleError::NotFound`], [`RuleError::RollbackTargetMissing`], [`RuleError::NoActiveVersion`],
    /// [`RuleError::RollbackNotBelow`], and as [`RuleRegistry::begin_reload`].
    pub fn begin_rollback(&mut self, rule_id: &str, version: u64, now_us: u64) -> Result<u64, RuleError> {
        let rule = self.at(rule_id)?;
        if self.rules.get(rule).is_none_or(|rule| rule.version(version).is_none()) {
            return Err(RuleError::RollbackTargetMissing { version });
        }
        self.begin(Request { id: 0, rule, to: version, is_rollback: true }, now_us)
    }

    fn begin(&mut self, mut request: Request, now_us: u64) -> Result<u64, RuleError> {
        self.check_room()?;
        request.id = self.next_swap;
        if self.is_idle() {
            self.check_swap(request)?;
            self.start(request, now_us);
        } else {
            self.waiting.push(request);
        }
        self.next_swap = self.next_swap.saturating_add(1);
        Ok(request.id)
    }

    fn is_idle(&self) -> bool {
        matches!(self.work, Work::Idle)
    }

    fn check_room(&self) -> Result<(), RuleError> {
        let under_way = usize::from(!self.is_idle());
        let taken = self.waiting.len().saturating_add(self.outcomes.len()).saturating_add(under_way);
        if u32::try_from(taken).is_ok_and(|taken| taken < MAX_WAITING) {
            Ok(())
        } else {
            Err(RuleError::QueueFull { bound: MAX_WAITING })
        }
    }

    /// Whether a swap may begin now.
    fn check_swap(&self, request: Request) -> Result<(), RuleError> {
        let Request { rule, to, is_rollback, .. } = request;
        let missing = if is_rollback {
            RuleError::RollbackTargetMissing { version: to }
        } else {
            RuleError::VersionMissing { version: to }
        };
        let Some(rule) = self.rules.get(rule) else { return Err(missing) };
        let active = rule.active;
        if is_rollback {
            if active == 0 {
                return Err(RuleError::NoActiveVersion { rule_id: rule.id.clone() });
            }
            if to >= active {
                return Err(RuleError::RollbackNotBelow { active, proposed: to });
            }
        } else if to <= active {
            return Err(RuleError::VersionDowngrade { current: active, proposed: to });
        }
        let Some(version) = rule.version(to) else { return Err(missing) };
        if version.rest == Rest::Failed {
            return Err(RuleError::VersionFailed { version: to });
        }
        // What was registered when nobody had to sign, or was signed by keys that are revoked since.
        if let Some(keys) = &self.keys {
            keys.check_signers(&version.signers)?;
        }
        self.check_satisfied(&version.rule)
    }

    fn start(&mut self, request: Request, now_us: u64) {
        let from = self.rules.get(request.rule).map_or(0, |rule| rule.active);
        let swap = Swap {
            request,
            from,
            step: 0,
            kind: StepKind::PreStage,
            began_us: now_us,
            quiesce_us: 0,
            messages_in_flight: 0,
            until_us: None,
            error: None,
        };
        self.hand_out(swap, StepKind::PreStage, now_us);
    }

    /// Makes a step of a swap the one that is out.
    fn hand_out(&mut self, mut swap: Swap, kind: StepKind, now_us: u64) {
        swap.kind = kind;
        swap.began_us = now_us;
        swap.step = self.new_step();
        self.work = Work::Swap(swap);
    }

    fn new_step(&mut self) -> u64 {
        let step = self.next_step;
        self.next_step = self.next_step.saturating_add(1);
        step
    }

    /// What the host is to do now, if anything: the same until [`RuleRegistry::complete`]. Ask after every begin,
    /// complete, adopt and unpin.
    pub fn step(&mut self) -> Option<Step> {
        if self.is_idle() {
            self.terminate_next();
        }
        let (id, kind, rule, version, until_us) = match &self.work {
            Work::Idle => return None,
            Work::Terminate { step, rule, version } => (*step, StepKind::Terminate, *rule, *version, None),
            Work::Swap(swap) => {
                let is_old = matches!(swap.kind, StepKind::Quiesce | StepKind::Resume);
                let version = if is_old { swap.from } else { swap.request.to };
                (swap.step, swap.kind, swap.request.rule, version, swap.until_us)
            }
        };
        let rule = self.rules.get(rule)?;
        let own = rule.version(version)?;
        Some(Step { id, kind, rule: own.rule.clone(), active: rule.active, pinned: own.pins, until_us })
    }

    /// How the step that is out went. What comes next is [`RuleRegistry::step`].
    ///
    /// # Errors
    /// These change nothing and leave the step out: [`RuleError::UnknownStep`] for another step,
    /// [`RuleError::StillPinned`] for a drain that is said to be done while there are streams and time,
    /// [`RuleError::BackendError`] for a resume that failed, because until it does not the old version does not serve.
    pub fn complete(&mut self, step: u64, result: StepResult, now_us: u64) -> Result<(), RuleError> {
        match &self.work {
            Work::Terminate { step: own, rule, version } if *own == step => {
                let (rule, version) = (*rule, *version);
                self.terminated(rule, version, result, now_us);
                Ok(())
            }
            Work::Swap(swap) if swap.step == step => {
                let swap = swap.clone();
                self.advance(swap, result, now_us)
            }
            _ => Err(RuleError::UnknownStep { step }),
        }
    }

    fn advance(&mut self, mut swap: Swap, result: StepResult, now_us: u64) -> Result<(), RuleError> {
        let took_us = now_us.saturating_sub(swap.began_us);
        match (swap.kind, result) {
            (StepKind::PreStage, Ok(_)) => {
                self.set_staged(swap.request.rule, swap.request.to, true);
                if swap.from == 0 {
                    self.hand_out(swap, StepKind::Swap, now_us);
                } else {
                    if let Some(ReloadPolicy::Drain { timeout_us }) = self.policy(swap.request.rule) {
                        swap.until_us = Some(now_us.saturating_add(timeout_us));
                    }
                    self.hand_out(swap, StepKind::Quiesce, now_us);
                }
            }
            (StepKind::Quiesce, Ok(messages)) => {
                let pinned = self.pinned_to(swap.request.rule, swap.from);
                if let Some(until_us) = swap.until_us
                    && pinned > 0
                {
                    if now_us < until_us {
                        return Err(RuleError::StillPinned { pinned, until_us });
                    }
                    self.resume(swap, RuleError::QuiesceTimeout { waited_us: took_us, pinned }, now_us);
                } else {
                    (swap.quiesce_us, swap.messages_in_flight) = (took_us, messages);
                    self.hand_out(swap, StepKind::Swap, now_us);
                }
            }
            (StepKind::Quiesce, Err(StepFailure::TimedOut)) => {
                let pinned = self.pinned_to(swap.request.rule, swap.from);
                self.resume(swap, RuleError::QuiesceTimeout { waited_us: took_us, pinned }, now_us);
            }
            (StepKind::Swap, Ok(messages)) => {
                swap.messages_in_flight = swap.messages_in_flight.max(messages);
                let report = self.commit(&swap, took_us);
                self.finish(swap.request, Ok(report), now_us);
            }
            (kind @ (StepKind::PreStage | StepKind::Quiesce | StepKind::Swap), Err(failure)) => {
                self.set_rest(swap.request.rule, swap.request.to, Rest::Failed);
                let error = backend_error(kind, failure);
                if kind == StepKind::PreStage || swap.from == 0 {
                    self.finish(swap.request, Err(error), now_us);
                } else {
                    self.resume(swap, error, now_us);
                }
            }
            (StepKind::Resume, Err(failure)) => return Err(backend_error(StepKind::Resume, failure)),
            (StepKind::Resume | StepKind::Terminate, _) => {
                let error = swap.error.take().unwrap_or(RuleError::UnknownStep { step: swap.step });
                self.finish(swap.request, Err(error), now_us);
            }
        }
        Ok(())
    }

    /// The one place where another version becomes active.
    fn commit(&mut self, swap: &Swap, swap_us: u64) -> ReloadReport {
        let Request { rule: at, to, is_rollback, .. } = swap.request;
        let pinned = self.pinned_to(at, swap.from);
        // The swap is over and keeps nothing from eviction.
        self.work = Work::Idle;
        self.set_rest(at, swap.from, if is_rollback { Rest::RolledBack } else { Rest::Superseded(to) });
        let mut rule_id = String::new();
        if let Some(rule) = self.rules.get_mut(at) {
            rule.active = to;
            rule_id.clone_from(&rule.id);
        }
        ReloadReport {
            rule_id,
            from_version: swap.from,
            to_version: to,
            quiesce_us: swap.quiesce_us,
            swap_us,
            messages_in_flight: swap.messages_in_flight,
            pinned,
            rollback_available: self.outlasts(at, swap.from),
        }
    }

    fn resume(&mut self, mut swap: Swap, error: RuleError, now_us: u64) {
        swap.error = Some(error);
        swap.until_us = None;
        self.hand_out(swap, StepKind::Resume, now_us);
    }

    fn finish(&mut self, request: Request, result: Result<ReloadReport, RuleError>, now_us: u64) {
        self.outcomes.push(Outcome::Swap { swap: request.id, result });
        self.has_retired = true;
        self.work = Work::Idle;
        self.trim(request.rule);
        self.go_on(now_us);
    }

    fn terminated(&mut self, at: usize, version: u64, result: StepResult, now_us: u64) {
        if let Err(failure) = result
            && let Some(rule) = self.rules.get(at)
        {
            let failure = match failure {
                StepFailure::TimedOut => StepFailure::TimedOut,
                StepFailure::Backend(message) => StepFailure::Backend(cut(message)),
            };
            self.outcomes.push(Outcome::NotTerminated { rule_id: rule.id.clone(), version, failure });
        }
        self.set_staged(at, version, false);
        self.work = Work::Idle;
        self.trim(at);
        self.go_on(now_us);
    }

    /// Nothing is under way: unloads what is not used, then begins what waits.
    fn go_on(&mut self, now_us: u64) {
        self.terminate_next();
        while self.is_idle() && !self.waiting.is_empty() {
            let request = self.waiting.remove(0);
            match self.check_swap(request) {
                Ok(()) => self.start(request, now_us),
                Err(error) => {
                    self.outcomes.push(Outcome::Swap { swap: request.id, result: Err(error) });
                    self.trim(request.rule);
                }
            }
        }
    }

    /// Makes the unloading of a version that is loaded and that nobody uses the step that is out, if there is one.
    fn terminate_next(&mut self) {
        if !core::mem::take(&mut self.has_retired) {
            return;
        }
        for (at, rule) in self.rules.iter().enumerate() {
            let is_unused = |version: u64, pins: u64| version != rule.active && pins == 0;
            let found = rule.versions.iter().find(|own| own.is_staged && is_unused(own.rule.version(), own.pins));
            if let Some(version) = found.map(|own| own.rule.version()) {
                // There may be more.
                self.has_retired = true;
                self.work = Work::Terminate { step: self.new_step(), rule: at, version };
                return;
            }
        }
    }

    /// The next thing that is over, in the order in which things were.
    pub fn take_outcome(&mut self) -> Option<Outcome> {
        if self.outcomes.is_empty() { None } else { Some(self.outcomes.remove(0)) }
    }

    /// When the drain of a rule is given up, while it lasts.
    pub(super) fn drained_until(&self, at: usize) -> Option<u64> {
        match &self.work {
            Work::Swap(swap) if swap.request.rule == at => swap.until_us,
            _ => None,
        }
    }

    /// Whether a rule's active version was asked to come to rest.
    pub(super) fn is_quiescing(&self, at: usize) -> bool {
        matches!(&self.work, Work::Swap(swap) if swap.request.rule == at && swap.kind != StepKind::PreStage)
    }

    /// Whether a version takes part in a swap that is under way or waits, or is being unloaded.
    pub(super) fn is_wanted(&self, at: usize, version: u64) -> bool {
        let now = match &self.work {
            Work::Idle => false,
            Work::Terminate { rule, version: own, .. } => *rule == at && *own == version,
            Work::Swap(swap) => swap.request.rule == at && (swap.request.to == version || swap.from == version),
        };
        now || self.waiting.iter().any(|request| request.rule == at && request.to == version)
    }

    pub(super) fn policy(&self, at: usize) -> Option<ReloadPolicy> {
        self.rules.get(at).map(|rule| rule.policy)
    }

    fn pinned_to(&self, at: usize, version: u64) -> u64 {
        self.rules.get(at).and_then(|rule| rule.version(version)).map_or(0, |own| own.pins)
    }

    fn set_staged(&mut self, at: usize, version: u64, is_staged: bool) {
        if let Some(own) = self.rules.get_mut(at).and_then(|rule| rule.version_mut(version)) {
            own.is_staged = is_staged;
        }
    }

    fn set_rest(&mut self, at: usize, version: u64, rest: Rest) {
        if let Some(own) = self.rules.get_mut(at).and_then(|rule| rule.version_mut(version)) {
            own.rest = rest;
        }
    }
}

fn backend_error(step: StepKind, failure: StepFailure) -> RuleError {
    let message = match failure {
        StepFailure::TimedOut => String::from("timed out"),
        StepFailure::Backend(message) => cut(message),
    };
    RuleError::BackendError { step, message }
}

fn cut(mut message: String) -> String {
    let mut end = MAX_MESSAGE_BYTES.min(message.len());
    while !message.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    message.truncate(end);
    message
}
