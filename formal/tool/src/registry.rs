//! The rule registry: operations of hosts and streams, interleaved at random, with steps that fail.
//!
//! The lines are those of `formal/oracle/registry.ml`.

use crate::Subsystem;
use crate::random::Random;
use anyhow::{Context, Result, bail};
use interlock_core::rules::{
    Capability, CompiledRule, Dependency, Outcome, Pin, ReloadPolicy, RuleError, RuleHandle, RuleHeader, RuleRegistry,
    RuleStatus, RuleSummary, StepFailure, StepKind, StepResult, Target,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Versions of rules, swaps between them, and streams that use them.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "registry", request, answer, requests: 60_000 };

/// Why an operation was not done: the core says so, or the rule is none.
enum Refusal {
    Core(RuleError),
    NoRule,
}

impl From<RuleError> for Refusal {
    fn from(error: RuleError) -> Self {
        Self::Core(error)
    }
}

/// A registry and what a host remembers of it.
struct Host {
    registry: RuleRegistry,
    /// The pins in the order in which they were given out.
    pins: Vec<Pin>,
    /// Every rule as it was told last.
    told: BTreeMap<String, String>,
}

fn rule_name(number: &str) -> String {
    ["r", number].concat()
}

/// The number of a rule by its name.
fn rule_number(name: &str) -> &str {
    name.trim_start_matches('r')
}

fn dots<const N: usize>(values: [u64; N]) -> String {
    values.map(|value| value.to_string()).join(".")
}

fn content(rule: &CompiledRule) -> String {
    String::from_utf8_lossy(rule.payload()).into_owned()
}

fn kind(step: StepKind) -> &'static str {
    match step {
        StepKind::PreStage => "p",
        StepKind::Quiesce => "q",
        StepKind::Swap => "s",
        StepKind::Resume => "r",
        StepKind::Terminate => "t",
    }
}

fn letters(error: &RuleError) -> Result<String> {
    Ok(match error {
        RuleError::NotFound { .. } => "N".to_owned(),
        RuleError::VersionDowngrade { current, proposed } => format!("D{}", dots([*current, *proposed])),
        RuleError::MissingDependency { rule_id, min_version, found } => {
            format!("M{}.{}", rule_number(rule_id), dots([*min_version, *found]))
        }
        RuleError::RollbackTargetMissing { version } => format!("B{version}"),
        RuleError::NoActiveVersion { .. } => "A".to_owned(),
        RuleError::QuiesceTimeout { waited_us, pinned } => format!("T{}", dots([*waited_us, *pinned])),
        RuleError::BackendError { step, message } => {
            format!("K{}{}", kind(*step), if message == "timed out" { "t" } else { "x" })
        }
        RuleError::DuplicateVersion { version, .. } => format!("U{version}"),
        RuleError::VersionMissing { version } => format!("V{version}"),
        RuleError::RollbackNotBelow { active, proposed } => format!("L{}", dots([*active, *proposed])),
        RuleError::VersionFailed { version } => format!("F{version}"),
        RuleError::DependencyCycle { .. } => "C".to_owned(),
        RuleError::Needed { by, min_version, proposed } => {
            format!("E{}.{}", rule_number(by), dots([*min_version, *proposed]))
        }
        RuleError::Quiescing { until_us } => format!("Q{until_us}"),
        RuleError::StillPinned { pinned, until_us } => format!("S{}", dots([*pinned, *until_us])),
        RuleError::EmergencyStopped { .. } => "H".to_owned(),
        RuleError::UnknownPin => "P".to_owned(),
        RuleError::UnknownStep { .. } => "I".to_owned(),
        RuleError::QueueFull { .. } => "W".to_owned(),
        RuleError::NotFailed { version } => format!("G{version}"),
        other => bail!("an error that the model does not know: {other}"),
    })
}

fn outcome(what: &Outcome) -> Result<String> {
    Ok(match what {
        Outcome::Swap { swap, result: Ok(report) } => {
            let numbers = [
                report.from_version,
                report.to_version,
                report.quiesce_us,
                report.swap_us,
                report.messages_in_flight,
                report.pinned,
            ];
            let available = if report.rollback_available { "!" } else { "" };
            format!("{swap}={}:{}{available}", rule_number(&report.rule_id), dots(numbers))
        }
        Outcome::Swap { swap, result: Err(why) } => format!("{swap}-{}", letters(why)?),
        Outcome::NotTerminated { rule_id, version, failure } => {
            let late = if *failure == StepFailure::TimedOut { "t" } else { "x" };
            format!("~{}.{version}{late}", rule_number(rule_id))
        }
    })
}

fn told(summary: &RuleSummary, history: &[RuleHandle]) -> String {
    let versions = history.iter().map(|own| {
        let status = match own.status {
            RuleStatus::Registered => "r".to_owned(),
            RuleStatus::Active => "A".to_owned(),
            RuleStatus::Quiescing => "Q".to_owned(),
            RuleStatus::Superseded(by) => format!("s{by}"),
            RuleStatus::RolledBack => "b".to_owned(),
            RuleStatus::Failed => "F".to_owned(),
        };
        let pins = if own.pinned == 0 { String::new() } else { format!("*{}", own.pinned) };
        format!("{}:{}{status}{pins}", own.rule.version(), content(&own.rule))
    });
    let policy = match summary.policy {
        ReloadPolicy::Finish => "f".to_owned(),
        ReloadPolicy::AdoptAtNextSegment => "a".to_owned(),
        ReloadPolicy::Drain { timeout_us } => format!("d{timeout_us}"),
    };
    let stopped = if summary.is_stopped { "!" } else { "" };
    let (name, versions) = (rule_number(&summary.rule_id), versions.collect::<Vec<_>>().join(","));
    format!("{name}={}/{}{policy}{stopped}[{versions}]", summary.active, summary.highest)
}

fn compiled(rule: &str, version: &str, content: &str, needs: &str) -> Result<Option<CompiledRule>> {
    let mut header = RuleHeader::new(&rule_name(rule), version.parse()?, Target::Data(1));
    if needs != "-" {
        for need in needs.split(',') {
            let (rule, least) = need.split_once(':').context("not a need")?;
            header.depends_on.push(Dependency { rule_id: rule_name(rule), min_version: least.parse()? });
        }
    }
    Ok(CompiledRule::new(header, content.as_bytes()).ok())
}

fn result(text: &str) -> Result<StepResult> {
    Ok(match text {
        "t" => Err(StepFailure::TimedOut),
        "x" => Err(StepFailure::Backend("x".to_owned())),
        messages => Ok(messages.parse()?),
    })
}

impl Host {
    fn new(history: u32) -> Self {
        let capability = Capability { data_formats: (1, 1), ..Capability::default() };
        Self { registry: RuleRegistry::new(capability, history), pins: Vec::new(), told: BTreeMap::new() }
    }

    fn pin(&self, number: &str) -> Result<Pin> {
        let known = self.pins.get(number.parse::<usize>()?).copied();
        Ok(known.unwrap_or(Pin::from_bits(u64::MAX)))
    }

    /// The step that is out, in words.
    fn step(&mut self) -> String {
        let Some(step) = self.registry.step() else { return "+".to_owned() };
        let until = step.until_us.map_or_else(String::new, |until| format!("@{until}"));
        let (rule, version) = (rule_number(step.rule.rule_id()), step.rule.version());
        let numbers = dots([step.active, step.pinned]);
        format!(">{}{}{rule}.{version}.{}.{numbers}{until}", step.id, kind(step.kind), content(&step.rule))
    }

    fn apply(&mut self, operation: &str) -> Result<Result<String, Refusal>> {
        let parts: Vec<&str> = operation.split('/').collect();
        let done = |()| "+".to_owned();
        let number = |value: u64| format!("+{value}");
        let registry = &mut self.registry;
        Ok(match parts[..] {
            ["r", rule, version, content, needs] => match compiled(rule, version, content, needs)? {
                Some(rule) => registry.register(rule, 0).map(|_| done(())).map_err(Refusal::from),
                None => Err(Refusal::NoRule),
            },
            ["l", rule, version, content, needs, now] => match compiled(rule, version, content, needs)? {
                Some(rule) => registry.reload(rule, now.parse()?).map(number).map_err(Refusal::from),
                None => Err(Refusal::NoRule),
            },
            ["b", rule, version, now] => {
                let begun = registry.begin_reload(&rule_name(rule), version.parse()?, now.parse()?);
                begun.map(number).map_err(Refusal::from)
            }
            ["k", rule, version, now] => {
                let begun = registry.begin_rollback(&rule_name(rule), version.parse()?, now.parse()?);
                begun.map(number).map_err(Refusal::from)
            }
            ["n"] => Ok(self.step()),
            ["c", step, how, now] => {
                let told = registry.complete(step.parse()?, result(how)?, now.parse()?);
                told.map(done).map_err(Refusal::from)
            }
            ["o"] => Ok(match registry.take_outcome() {
                Some(what) => outcome(&what)?,
                None => done(()),
            }),
            ["a", rule, version] => {
                registry.readmit(&rule_name(rule), version.parse()?).map(done).map_err(Refusal::from)
            }
            ["p", rule, policy] => {
                let policy = match (policy, policy.strip_prefix('d')) {
                    ("f", _) => ReloadPolicy::Finish,
                    ("a", _) => ReloadPolicy::AdoptAtNextSegment,
                    (_, Some(timeout)) => ReloadPolicy::Drain { timeout_us: timeout.parse()? },
                    _ => bail!("not a policy: {policy}"),
                };
                registry.set_reload_policy(&rule_name(rule), policy).map(done).map_err(Refusal::from)
            }
            ["e", rule] => registry.emergency_stop(&rule_name(rule)).map(number).map_err(Refusal::from),
            ["v", rule] => registry.lift_stop(&rule_name(rule)).map(done).map_err(Refusal::from),
            ["i", rule] => match registry.pin(&rule_name(rule)) {
                Ok(pin) => {
                    self.pins.push(pin);
                    Ok(format!("+{}", self.pins.len().wrapping_sub(1)))
                }
                Err(why) => Err(why.into()),
            },
            ["d", pin] => {
                let pin = self.pin(pin)?;
                self.registry.adopt(pin).map(|changed| number(u64::from(changed))).map_err(Refusal::from)
            }
            ["u", pin] => {
                let pin = self.pin(pin)?;
                self.registry.unpin(pin).map(done).map_err(Refusal::from)
            }
            ["q", pin] => {
                let pin = self.pin(pin)?;
                let stopped = self.registry.is_stopped(pin);
                match (self.registry.pinned(pin), stopped) {
                    (Ok(rule), Ok(stopped)) => {
                        Ok(format!("+{}.{}.{}", rule.version(), content(rule), u64::from(stopped)))
                    }
                    (Err(why), _) | (_, Err(why)) => Err(why.into()),
                }
            }
            _ => bail!("not an operation: {operation}"),
        })
    }

    /// Does an operation and says what came of it: the answer, and every rule that is another than before.
    fn tell(&mut self, operation: &str) -> Result<String> {
        let mut text = match self.apply(operation)? {
            Ok(text) => text,
            Err(Refusal::NoRule) => "-X".to_owned(),
            Err(Refusal::Core(error)) => format!("-{}", letters(&error)?),
        };
        for summary in self.registry.list() {
            let now = told(&summary, &self.registry.history(&summary.rule_id)?);
            if self.told.get(&summary.rule_id) != Some(&now) {
                let _ = write!(text, ";{now}");
                self.told.insert(summary.rule_id, now);
            }
        }
        Ok(text)
    }
}

fn answer(line: &str) -> Result<String> {
    let (head, operations) = line.split_once('|').context("no `|`")?;
    let history = head.trim().strip_prefix("registry ").context("not a registry")?;
    let mut host = Host::new(history.parse()?);
    let said: Vec<String> = operations.split_whitespace().map(|word| host.tell(word)).collect::<Result<_>>()?;
    Ok(said.join(" "))
}

/// Operations that are being made up, and a registry that they are done with, to know what makes sense next.
struct Maker<'a> {
    random: &'a mut Random,
    host: Host,
    rules: u64,
    clock: u64,
    line: String,
    operations: u64,
}

impl Maker<'_> {
    fn add(&mut self, operation: &str) {
        self.line.push(' ');
        self.line.push_str(operation);
        self.operations = self.operations.wrapping_add(1);
        // The core's answer is looked at when the request is answered.
        let _ = self.host.apply(operation);
    }

    fn now(&mut self) -> u64 {
        self.clock = self.clock.saturating_add(self.random.below(6));
        match self.random.below(40) {
            0 => self.random.pick(&[0, u64::MAX, self.clock.saturating_sub(20)]),
            _ => self.clock,
        }
    }

    fn rule(&mut self) -> u64 {
        if self.random.percent(2) { self.rules } else { self.random.below(self.rules) }
    }

    fn summary(&self, rule: u64) -> Option<RuleSummary> {
        let name = format!("r{rule}");
        self.host.registry.list().into_iter().find(|summary| summary.rule_id == name)
    }

    /// A version that is retained, mostly.
    fn retained(&mut self, rule: u64) -> u64 {
        let history = self.host.registry.history(&format!("r{rule}")).unwrap_or_default();
        let at = usize::try_from(self.random.below(history.len() as u64)).unwrap_or(0);
        match (self.random.below(12), history.get(at)) {
            (0, _) | (_, None) => self.random.below(8),
            (_, Some(own)) => own.rule.version(),
        }
    }

    /// A version with a content, for now and then a version that was there, and what it needs.
    fn version(&mut self, rule: u64) -> String {
        let highest = self.summary(rule).map_or(0, |summary| summary.highest);
        let version = match self.random.below(24) {
            0 => self.random.below(6),
            1 => highest,
            2 => highest.saturating_add(self.random.below(5)),
            3 if self.random.percent(10) => u64::MAX,
            _ => highest.saturating_add(1),
        };
        let mut needs = Vec::new();
        for other in 0..self.rules {
            if self.random.percent(if other == rule { 1 } else { 20 }) {
                let there = self.summary(other).map_or(1, |summary| summary.active.max(1));
                let least = match self.random.below(40) {
                    0 => 0,
                    1..10 => self.random.below(4).wrapping_add(1),
                    _ => there,
                };
                needs.push(format!("{other}:{least}"));
            }
        }
        if self.random.percent(1) {
            needs.reverse();
        }
        let needs = if needs.is_empty() { "-".to_owned() } else { needs.join(",") };
        format!("{rule}/{version}/{}/{needs}", self.random.below(9))
    }

    /// Takes the step that is out and says how it went, mostly well. Whether there was one.
    fn step(&mut self) -> bool {
        self.add("n");
        let Some(step) = self.host.registry.step() else { return false };
        let id = if self.random.percent(3) { self.random.below(step.id.saturating_add(2)) } else { step.id };
        let how = match self.random.below(16) {
            0 => "t".to_owned(),
            1 => "x".to_owned(),
            _ => self.random.below(4).to_string(),
        };
        let now = self.now();
        self.add(&format!("c/{id}/{how}/{now}"));
        true
    }

    /// Takes steps until none is out, or it has been enough.
    fn steps(&mut self) {
        for _ in 0..self.random.below(8) {
            if !self.step() {
                return;
            }
        }
    }

    /// Rules with a version or two, some of them active.
    fn begin(&mut self) {
        for rule in 0..self.rules {
            for _ in 0..self.random.below(3) {
                let version = self.version(rule);
                self.add(&format!("r/{version}"));
            }
            let (version, now) = (self.version(rule), self.now());
            self.add(&format!("l/{version}/{now}"));
            self.steps();
        }
    }

    fn pin(&mut self) -> u64 {
        let beyond = u64::from(self.random.percent(5));
        self.random.below((self.host.pins.len() as u64).saturating_add(beyond))
    }

    /// A drain, while streams of an older version are there, under a policy with which they would adopt.
    fn drain(&mut self) {
        let rule = self.random.below(self.rules);
        for policy in ["a".to_owned(), format!("d{}", self.random.below(16))] {
            self.add(&format!("i/{rule}"));
            self.add(&format!("p/{rule}/{policy}"));
            let (version, now) = (self.version(rule), self.now());
            self.add(&format!("l/{version}/{now}"));
            if policy == "a" {
                self.steps();
            }
        }
        for _ in 0..self.random.below(3) {
            self.step();
        }
        self.add(&format!("p/{rule}/a"));
        for _ in 0..self.random.below(6) {
            let pin = self.pin();
            let letter = self.random.pick(&["d", "d", "u"]);
            self.add(&format!("{letter}/{pin}"));
        }
        self.steps();
    }

    /// A rollback during which a version is registered: more are retained than the bound, and what goes when it is over
    /// depends on which of them stay.
    fn crowd(&mut self) {
        let rule = self.random.below(self.rules);
        let (version, now) = (self.version(rule), self.now());
        self.add(&format!("l/{version}/{now}"));
        self.steps();
        let (version, now) = (self.retained(rule), self.now());
        self.add(&format!("k/{rule}/{version}/{now}"));
        for _ in 0..self.random.below(3) {
            let version = self.version(rule);
            self.add(&format!("r/{version}"));
        }
        for _ in 0..4 {
            self.step();
        }
        for _ in 0..3 {
            self.add("o");
        }
    }

    fn next(&mut self) {
        let rule = self.rule();
        let choice = self.random.below(60);
        match choice {
            0..12 => {
                self.step();
            }
            12..20 => self.steps(),
            20..24 => {
                let version = self.version(rule);
                self.add(&format!("r/{version}"));
            }
            24..31 => {
                let (version, now) = (self.version(rule), self.now());
                self.add(&format!("l/{version}/{now}"));
            }
            31..36 => {
                let (version, now) = (self.retained(rule), self.now());
                self.add(&format!("b/{rule}/{version}/{now}"));
            }
            36..40 => {
                let (version, now) = (self.retained(rule), self.now());
                self.add(&format!("k/{rule}/{version}/{now}"));
            }
            40 | 41 => self.add("o"),
            42 | 43 => {
                let version = self.retained(rule);
                self.add(&format!("a/{rule}/{version}"));
            }
            44 | 45 => {
                let policy = match self.random.below(5) {
                    0 => "f".to_owned(),
                    1 | 2 => "a".to_owned(),
                    _ => format!("d{}", self.random.below(16)),
                };
                self.add(&format!("p/{rule}/{policy}"));
            }
            46 if self.random.percent(50) => self.add(&format!("e/{rule}")),
            46 | 47 => self.add(&format!("v/{rule}")),
            48..53 => self.add(&format!("i/{rule}")),
            other => {
                let pin = self.pin();
                let letter = match other {
                    53 | 54 => "d",
                    55 | 56 => "q",
                    _ => "u",
                };
                self.add(&format!("{letter}/{pin}"));
            }
        }
    }
}

fn request(random: &mut Random) -> (String, u64) {
    let history = match random.below(20) {
        0 => 0,
        1 => u32::MAX,
        _ => u32::try_from(random.below(4)).unwrap_or(0).wrapping_add(1),
    };
    let rules = random.below(3).wrapping_add(1);
    let line = format!("registry {history} |");
    let mut maker = Maker { random, host: Host::new(history), rules, clock: 0, line, operations: 0 };
    let most = maker.random.below(60);
    if maker.random.percent(1) {
        // Nobody asks what is over, until no more may be begun.
        maker.add("r/0/1/0/-");
        maker.add("r/0/2/0/-");
        for _ in 0..maker.random.below(12).wrapping_add(58) {
            let now = maker.now();
            maker.add(&format!("b/0/1/{now}"));
        }
    }
    if maker.random.percent(85) {
        maker.begin();
    }
    match maker.random.below(10) {
        0 => maker.drain(),
        1 => maker.crowd(),
        _ => {}
    }
    while maker.operations < most {
        maker.next();
    }
    (maker.line, maker.operations)
}
