//! The registry: whatever is done in whatever order, and what other registries get wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]
#![cfg(feature = "rules")]

mod rules_support;

use interlock_core::rules::{
    CompiledRule, MAX_WAITING, Outcome, ReloadPolicy, ReloadReport, RuleError, RuleHeader, RuleRegistry, RuleStatus,
    StepFailure, StepKind, Target,
};
use proptest::prelude::*;
use rules_support::{host, rule};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn keeps_its_promises_whatever_is_done(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        rules_support::run(&bytes, None);
    }
}

fn plain(version: u64) -> CompiledRule {
    rule("a", version, &[], b"x")
}

/// Does every step, except that those of a kind fail.
fn drive(registry: &mut RuleRegistry, fails: Option<StepKind>) -> Vec<StepKind> {
    let mut kinds = Vec::new();
    while let Some(step) = registry.step() {
        kinds.push(step.kind);
        let failure = StepFailure::Backend("broken".into());
        registry.complete(step.id, if Some(step.kind) == fails { Err(failure) } else { Ok(3) }, 9).unwrap();
    }
    kinds
}

fn result(registry: &mut RuleRegistry) -> Result<ReloadReport, RuleError> {
    match registry.take_outcome() {
        Some(Outcome::Swap { result, .. }) => result,
        other => panic!("{other:?}"),
    }
}

fn statuses(registry: &RuleRegistry) -> Vec<(u64, RuleStatus)> {
    registry.history("a").unwrap().iter().map(|it| (it.rule.version(), it.status)).collect()
}

/// A registry in which version 1 of "a" is active.
fn serving(max_history: u32) -> RuleRegistry {
    let mut registry = RuleRegistry::new(host(), max_history);
    registry.reload(plain(1), 0).unwrap();
    assert_eq!(drive(&mut registry, None), [StepKind::PreStage, StepKind::Swap]);
    assert_eq!(result(&mut registry).unwrap().from_version, 0);
    registry
}

#[test]
fn versions_that_pile_up_do_not_evict_the_active_one() {
    let mut registry = serving(2);
    for version in 2..10 {
        registry.register(plain(version), 0).unwrap();
    }
    assert_eq!(statuses(&registry), [(1, RuleStatus::Active), (9, RuleStatus::Registered)]);
    assert_eq!(registry.active("a").map(CompiledRule::version), Some(1));
}

#[test]
fn whatever_step_fails_the_old_version_serves_and_the_new_one_is_marked() {
    use StepKind::{PreStage, Quiesce, Resume, Swap, Terminate};
    let rows: [(StepKind, &[StepKind]); 3] = [
        (PreStage, &[PreStage]),
        (Quiesce, &[PreStage, Quiesce, Resume, Terminate]),
        (Swap, &[PreStage, Quiesce, Swap, Resume, Terminate]),
    ];
    for (fails, steps) in rows {
        let mut registry = serving(5);
        registry.reload(plain(2), 0).unwrap();
        assert_eq!(drive(&mut registry, Some(fails)), steps, "what came to rest is resumed, what was loaded unloaded");
        let error = RuleError::BackendError { step: fails, message: "broken".into() };
        assert_eq!(result(&mut registry), Err(error));
        assert_eq!(statuses(&registry), [(1, RuleStatus::Active), (2, RuleStatus::Failed)]);
        assert_eq!(registry.begin_reload("a", 2, 0), Err(RuleError::VersionFailed { version: 2 }));
        assert_eq!(registry.readmit("a", 1), Err(RuleError::NotFailed { version: 1 }));
        registry.readmit("a", 2).unwrap();
        registry.begin_reload("a", 2, 0).unwrap();
        drive(&mut registry, None);
        assert!(result(&mut registry).is_ok());
    }
}

#[test]
fn an_old_version_that_does_not_resume_is_asked_again() {
    let mut registry = serving(5);
    registry.reload(plain(2), 0).unwrap();
    for _ in 0..2 {
        let step = registry.step().unwrap();
        registry
            .complete(step.id, if step.kind == StepKind::Quiesce { Err(StepFailure::TimedOut) } else { Ok(0) }, 0)
            .unwrap();
    }
    let resume = registry.step().unwrap();
    assert_eq!((resume.kind, resume.rule.version()), (StepKind::Resume, 1));
    let error = registry.complete(resume.id, Err(StepFailure::TimedOut), 0).unwrap_err();
    assert_eq!(error, RuleError::BackendError { step: StepKind::Resume, message: "timed out".into() });
    assert_eq!(registry.step().map(|step| step.id), Some(resume.id));
    registry.complete(resume.id, Ok(0), 0).unwrap();
    assert!(matches!(result(&mut registry), Err(RuleError::QuiesceTimeout { .. })));
    assert_eq!(statuses(&registry), [(1, RuleStatus::Active), (2, RuleStatus::Registered)], "a time-out marks nothing");
}

#[test]
fn a_version_that_cannot_be_unloaded_does_not_undo_the_swap() {
    let mut registry = serving(5);
    registry.reload(plain(2), 0).unwrap();
    drive(&mut registry, Some(StepKind::Terminate));
    let report = result(&mut registry).unwrap();
    assert_eq!((report.from_version, report.to_version, report.messages_in_flight), (1, 2, 3));
    let failure = StepFailure::Backend("broken".into());
    assert_eq!(registry.take_outcome(), Some(Outcome::NotTerminated { rule_id: "a".into(), version: 1, failure }));
    assert_eq!(statuses(&registry), [(1, RuleStatus::Superseded(2)), (2, RuleStatus::Active)]);
}

#[test]
fn reloads_that_meet_end_with_the_newer_version() {
    for (first, second) in [(2, 3), (3, 2)] {
        let mut registry = serving(5);
        registry.register(plain(2), 0).unwrap();
        registry.register(plain(3), 0).unwrap();
        registry.begin_reload("a", first, 0).unwrap();
        registry.begin_reload("a", second, 0).unwrap();
        drive(&mut registry, None);
        assert_eq!(registry.active("a").map(CompiledRule::version), Some(3));
        assert!(result(&mut registry).is_ok());
        let downgrade = Err(RuleError::VersionDowngrade { current: 3, proposed: 2 });
        assert!(first == 2 || result(&mut registry) == downgrade);
        assert_eq!(statuses(&registry).iter().filter(|it| it.1 == RuleStatus::Active).count(), 1);
    }
}

#[test]
fn what_is_registered_can_be_promoted_and_what_was_rolled_back_from_reloaded() {
    let mut registry = serving(5);
    registry.register(plain(2), 7).unwrap();
    registry.begin_reload("a", 2, 0).unwrap();
    drive(&mut registry, None);
    assert!(result(&mut registry).unwrap().rollback_available);
    registry.begin_rollback("a", 1, 0).unwrap();
    drive(&mut registry, None);
    result(&mut registry).unwrap();
    assert_eq!(statuses(&registry), [(1, RuleStatus::Active), (2, RuleStatus::RolledBack)]);
    registry.begin_reload("a", 2, 0).unwrap();
    drive(&mut registry, None);
    result(&mut registry).unwrap();
    assert_eq!(statuses(&registry), [(1, RuleStatus::Superseded(2)), (2, RuleStatus::Active)]);
    assert_eq!(registry.version("a", 2).unwrap().registered_at_us, 7);
}

#[test]
fn dependencies_stay_satisfied() {
    let mut registry = serving(5);
    registry.reload(plain(2), 0).unwrap();
    drive(&mut registry, None);
    let missing = RuleError::MissingDependency { rule_id: "a".into(), min_version: 3, found: 2 };
    assert_eq!(registry.register(rule("b", 1, &[("a", 3)], b""), 0).unwrap_err(), missing);
    registry.reload(rule("b", 1, &[("a", 2)], b""), 0).unwrap();
    drive(&mut registry, None);
    let needed = RuleError::Needed { by: "b".into(), min_version: 2, proposed: 1 };
    assert_eq!(registry.begin_rollback("a", 1, 0), Err(needed));
    // b needs a, and a would need b through c.
    registry.reload(rule("c", 1, &[("b", 1)], b""), 0).unwrap();
    drive(&mut registry, None);
    let circle = registry.register(rule("a", 3, &[("c", 1)], b""), 0).unwrap_err();
    assert_eq!(circle, RuleError::DependencyCycle { rule_ids: vec!["a".into(), "c".into(), "b".into()] });
    // Registered is not active.
    registry.register(rule("d", 1, &[], b""), 0).unwrap();
    let inactive = RuleError::MissingDependency { rule_id: "d".into(), min_version: 1, found: 0 };
    assert_eq!(registry.reload(rule("e", 1, &[("d", 1)], b""), 0), Err(inactive));
    assert!(registry.version("e", 1).is_none(), "an error registers nothing");
}

#[test]
fn what_waits_is_checked_again_when_its_turn_comes() {
    let mut registry = serving(5);
    registry.reload(plain(2), 0).unwrap();
    drive(&mut registry, None);
    result(&mut registry).unwrap();
    registry.register(rule("b", 1, &[("a", 2)], b""), 0).unwrap();
    registry.begin_reload("b", 1, 0).unwrap();
    registry.begin_rollback("a", 1, 0).unwrap();
    drive(&mut registry, None);
    assert!(result(&mut registry).is_ok());
    assert_eq!(result(&mut registry), Err(RuleError::Needed { by: "b".into(), min_version: 2, proposed: 1 }));
    assert_eq!(registry.active("a").map(CompiledRule::version), Some(2));
}

#[test]
fn a_version_names_one_content_for_ever() {
    let mut registry = serving(1);
    let duplicate = RuleError::DuplicateVersion { rule_id: "a".into(), version: 1 };
    assert_eq!(registry.register(rule("a", 1, &[], b"other"), 0).unwrap_err(), duplicate);
    registry.reload(plain(5), 0).unwrap();
    drive(&mut registry, None);
    assert_eq!(registry.history("a").unwrap().len(), 1, "version 1 is forgotten");
    assert!(!result(&mut registry).unwrap().rollback_available);
    let replay = RuleError::VersionDowngrade { current: 5, proposed: 1 };
    assert_eq!(registry.register(plain(1), 0).unwrap_err(), replay);
    assert_eq!(registry.begin_rollback("a", 1, 0), Err(RuleError::RollbackTargetMissing { version: 1 }));
    assert_eq!(registry.begin_reload("a", 1, 0), Err(RuleError::VersionMissing { version: 1 }));
    assert_eq!(registry.begin_rollback("a", 5, 0), Err(RuleError::RollbackNotBelow { active: 5, proposed: 5 }));
    assert_eq!(registry.begin_reload("z", 1, 0), Err(RuleError::NotFound { rule_id: "z".into() }));
    registry.register(rule("n", 1, &[], b""), 0).unwrap();
    assert_eq!(registry.begin_rollback("n", 1, 0), Err(RuleError::NoActiveVersion { rule_id: "n".into() }));
    let wasm = CompiledRule::new(RuleHeader::new("a", 6, Target::Wasm32), b"").unwrap();
    let mismatch = RuleError::ComputeCapMismatch { required: "wasm32".into(), available: "data/1 to data/1".into() };
    assert_eq!(registry.register(wasm, 0).unwrap_err(), mismatch);
}

#[test]
fn a_drain_waits_for_streams_and_gives_up_in_time() {
    let mut registry = serving(5);
    registry.set_reload_policy("a", ReloadPolicy::Drain { timeout_us: 100 }).unwrap();
    let stream = registry.pin("a").unwrap();
    registry.reload(plain(2), 10).unwrap();
    registry.complete(registry.clone().step().unwrap().id, Ok(0), 10).unwrap();
    let quiesce = registry.step().unwrap();
    assert_eq!((quiesce.kind, quiesce.pinned, quiesce.until_us), (StepKind::Quiesce, 1, Some(110)));
    assert_eq!(registry.pin("a"), Err(RuleError::Quiescing { until_us: 110 }));
    assert_eq!(statuses(&registry)[0], (1, RuleStatus::Quiescing));
    let still = RuleError::StillPinned { pinned: 1, until_us: 110 };
    assert_eq!(registry.complete(quiesce.id, Ok(0), 109), Err(still));
    let mut late = registry.clone();
    late.complete(quiesce.id, Ok(0), 110).unwrap();
    assert_eq!(drive(&mut late, None), [StepKind::Resume, StepKind::Terminate]);
    assert_eq!(result(&mut late), Err(RuleError::QuiesceTimeout { waited_us: 100, pinned: 1 }));
    assert_eq!(statuses(&late), [(1, RuleStatus::Active), (2, RuleStatus::Registered)]);
    assert!(late.pin("a").is_ok());
    registry.unpin(stream).unwrap();
    registry.complete(quiesce.id, Ok(0), 60).unwrap();
    drive(&mut registry, None);
    let report = result(&mut registry).unwrap();
    assert_eq!((report.quiesce_us, report.to_version, report.pinned), (50, 2, 0));
}

#[test]
fn no_stream_adopts_a_version_that_is_drained() {
    let mut registry = serving(5);
    registry.set_reload_policy("a", ReloadPolicy::AdoptAtNextSegment).unwrap();
    let stream = registry.pin("a").unwrap();
    registry.reload(plain(2), 0).unwrap();
    drive(&mut registry, None);
    registry.set_reload_policy("a", ReloadPolicy::Drain { timeout_us: 100 }).unwrap();
    registry.reload(plain(3), 0).unwrap();
    registry.complete(registry.clone().step().unwrap().id, Ok(0), 0).unwrap();
    // From the next swap on: the drain that is under way stays one.
    registry.set_reload_policy("a", ReloadPolicy::AdoptAtNextSegment).unwrap();
    let quiesce = registry.step().unwrap();
    assert_eq!((quiesce.kind, quiesce.rule.version(), quiesce.pinned), (StepKind::Quiesce, 2, 0));
    assert_eq!(registry.adopt(stream), Ok(false));
    registry.complete(quiesce.id, Ok(0), 10).unwrap();
    // Nor between the drain and the swap.
    assert_eq!(registry.step().unwrap().kind, StepKind::Swap);
    assert_eq!(registry.adopt(stream), Ok(false));
    assert_eq!(registry.pinned(stream).unwrap().version(), 1);
    drive(&mut registry, None);
    assert_eq!(registry.adopt(stream), Ok(true));
    assert_eq!(registry.pinned(stream).unwrap().version(), 3);
}

#[test]
fn a_stop_halts_every_stream_of_a_rule_at_once_and_for_good() {
    let mut registry = serving(5);
    let old = registry.pin("a").unwrap();
    registry.reload(plain(2), 0).unwrap();
    drive(&mut registry, None);
    let new = registry.pin("a").unwrap();
    assert_eq!(registry.emergency_stop("a"), Ok(2));
    assert_eq!([registry.is_stopped(old), registry.is_stopped(new)], [Ok(true), Ok(true)]);
    assert_eq!(registry.pin("a"), Err(RuleError::EmergencyStopped { rule_id: "a".into() }));
    registry.lift_stop("a").unwrap();
    let later = registry.pin("a").unwrap();
    assert_eq!([registry.is_stopped(old), registry.is_stopped(later)], [Ok(true), Ok(false)]);
    assert_eq!(registry.emergency_stop("a"), Ok(1));
}

#[test]
fn what_waits_is_bounded() {
    let mut registry = serving(5);
    registry.register(plain(2), 0).unwrap();
    for _ in 0..MAX_WAITING {
        registry.begin_reload("a", 2, 0).unwrap();
    }
    assert_eq!(registry.begin_reload("a", 2, 0), Err(RuleError::QueueFull { bound: MAX_WAITING }));
    drive(&mut registry, None);
    assert!(registry.begin_rollback("a", 1, 0).is_err(), "nobody asked how they went");
    assert!(result(&mut registry).is_ok());
    assert!(registry.begin_rollback("a", 1, 0).is_ok());
}
