//! Policies as rules, and streams that pin them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss
)]
#![cfg(all(feature = "policy-artifact", feature = "guard-compiler"))]

use interlock_core::dialect::DialectKind;
use interlock_core::guard::Action;
use interlock_core::guard::compile::{CompileLimits, compile};
use interlock_core::guard::sets::PatternSet;
use interlock_core::halt::{HaltReason, Observation, Verdict};
use interlock_core::policy::Policy;
use interlock_core::rules::{
    Adoption, ArtifactError, CompiledRule, Outcome, PinnedSession, PolicyArtifact, PolicyBackend, ReloadPolicy,
    RuleError, RuleHeader, RuleRegistry, StepFailure, StepKind, SwapBackend, Target,
};
use interlock_core::session::{AdoptError, SessionState};
use proptest::prelude::*;

fn tables() -> Vec<u8> {
    let patterns: Vec<_> = PatternSet::SECRETS.iter().flat_map(|set| set.patterns(Action::Halt)).collect();
    compile(&patterns, CompileLimits::default()).unwrap().bytes
}

/// A policy that its verdicts tell: segments of `16 + version` bytes, and a soft limit of `version` hundredths.
fn telling(version: u64) -> Policy {
    let json = format!(
        r#"{{"scorer": {{"kind": "host"}}, "segments": {{"unit": "bytes", "max_bytes": {}}},
            "halt": {{"hard_limit": 0, "window_threshold": 0, "trend_threshold": 1, "soft_limit": {}}}}}"#,
        16 + version,
        version as f64 / 100.0,
    );
    Policy::from_json(&json).unwrap()
}

fn rule_of(policy: Policy, version: u64) -> CompiledRule {
    PolicyArtifact::new(policy, None).unwrap().into_rule("p", version).unwrap()
}

fn serving(policy: Policy) -> (RuleRegistry, PolicyBackend) {
    let mut registry = RuleRegistry::new(PolicyArtifact::capability(), 8);
    let mut backend = PolicyBackend::default();
    registry.reload(rule_of(policy, 1), 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    assert!(matches!(registry.take_outcome(), Some(Outcome::Swap { result: Ok(_), .. })));
    (registry, backend)
}

#[test]
fn an_artifact_comes_back_as_it_was() {
    let json = r#"{"mode": "observe", "halt": {"w_logic": 0.3, "w_fact": 0.7, "logit_entropy_limit": 2.5},
        "scorer": {"kind": "builtin", "prompt": "a\"\u0001\u00e9", "facts": [{"key": "k", "value": "v"}]},
        "covenant": {"permissions": [{"resource": "search"}], "budgets": [{"counter": "calls", "ceiling": 3}],
            "gates": [{"name": "g", "resource": "pay/*", "approvals": 2}]}}"#;
    let policy = Policy::from_json(json).unwrap();
    let tables = tables();
    let artifact = PolicyArtifact::new(policy.clone(), Some(&tables)).unwrap();
    let read = PolicyArtifact::of(&artifact.clone().into_rule("p", 1).unwrap()).unwrap();
    assert_eq!(read.policy(), &policy);
    assert_eq!(read.payload(), artifact.payload());
    let names =
        |it: &PolicyArtifact| it.tables().unwrap().patterns().iter().map(|p| p.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&read), names(&artifact));
    assert!(names(&read).len() > 10);
}

#[test]
fn nothing_else_is_an_artifact() {
    let policy = telling(1);
    let payload = PolicyArtifact::new(policy.clone(), Some(&tables())).unwrap().payload().to_vec();
    for length in (0..payload.len()).step_by(97).chain([payload.len() - 1]) {
        assert!(PolicyArtifact::decode(&payload[..length]).is_err(), "{length}");
    }
    let mut longer = payload.clone();
    longer.push(0);
    assert_eq!(PolicyArtifact::decode(&longer).unwrap_err(), ArtifactError::TooLong { extra: 1 });
    let with_policy = |json: &str| {
        let mut bytes = b"ILKPOL\0\x01".to_vec();
        bytes.extend(u32::try_from(json.len()).unwrap().to_be_bytes());
        bytes.extend(json.as_bytes());
        bytes.extend([0; 4]);
        PolicyArtifact::decode(&bytes).map(drop)
    };
    let json = serde_json::to_string(&policy).unwrap();
    assert_eq!(with_policy(&json), Ok(()));
    assert_eq!(with_policy("{}"), Err(ArtifactError::NotCanonical), "every field is given");
    assert_eq!(with_policy(&json.replacen(':', ": ", 1)), Err(ArtifactError::NotCanonical));
    assert!(
        matches!(with_policy(&json.replacen("0.01", "7", 1)), Err(ArtifactError::Policy(error)) if error.path == "halt.soft_limit")
    );
    let mut bomb = b"ILKPOL\0\x01".to_vec();
    bomb.extend([0xff; 4]);
    assert_eq!(
        PolicyArtifact::decode(&bomb).unwrap_err(),
        ArtifactError::Truncated { needed: 12 + u64::from(u32::MAX), bytes: 12 }
    );
    let header = RuleHeader::new("p", 1, Target::Wasm32);
    let rule = CompiledRule::new(header, &payload).unwrap();
    assert_eq!(PolicyArtifact::of(&rule).unwrap_err(), ArtifactError::Target { found: "wasm32".into() });
    assert!(matches!(PolicyArtifact::new(policy, Some(b"ILKGUARD")), Err(ArtifactError::Guard(_))));
}

#[test]
fn a_payload_that_is_no_policy_never_serves() {
    let (mut registry, mut backend) = serving(telling(1));
    let broken = CompiledRule::new(RuleHeader::new("p", 2, Target::Data(1)), b"nonsense").unwrap();
    registry.reload(broken, 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    let Some(Outcome::Swap { result: Err(RuleError::BackendError { step, message }), .. }) = registry.take_outcome()
    else {
        panic!("it fails")
    };
    assert_eq!((step, message.as_str()), (StepKind::PreStage, "the payload is no policy, or of another version"));
    assert_eq!(registry.active("p").unwrap().version(), 1);
    let stream = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    assert_eq!(stream.version(), 1);
}

#[test]
fn a_backend_serves_only_what_it_has_loaded() {
    let mut backend = PolicyBackend::default();
    let rule = rule_of(telling(1), 1);
    assert!(matches!(backend.swap(&rule), Err(StepFailure::Backend(_))));
    backend.pre_stage(&rule).unwrap();
    assert_eq!(backend.swap(&rule), Ok(0));
    backend.terminate(&rule).unwrap();
    assert!(backend.artifact(&rule).is_none());
}

#[test]
fn a_stream_finishes_on_the_version_it_began_with() {
    let (mut registry, mut backend) = serving(telling(1));
    let mut old = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    registry.reload(rule_of(telling(2), 2), 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    assert_eq!(old.refresh(&mut registry, &backend), Ok(Adoption::Unchanged));
    let new = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    assert_eq!((old.version(), new.version()), (1, 2));
    assert_eq!(old.session().policy(), &telling(1));
    // What nobody uses any more is unloaded.
    let first = registry.version("p", 1).unwrap().rule;
    assert!(backend.artifact(&first).is_some());
    old.end(&mut registry).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    assert!(backend.artifact(&first).is_none());
}

#[test]
fn a_drain_waits_for_streams_and_gives_up_in_time() {
    let (mut registry, mut backend) = serving(telling(1));
    registry.set_reload_policy("p", ReloadPolicy::Drain { timeout_us: 100 }).unwrap();
    let stream = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    registry.reload(rule_of(telling(2), 2), 0).unwrap();
    assert!(matches!(registry.run_steps(&mut backend, 50), Err(RuleError::StillPinned { pinned: 1, until_us: 150 })));
    assert!(PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).is_err(), "nobody begins meanwhile");
    registry.run_steps(&mut backend, 150).unwrap();
    let Some(Outcome::Swap { result: Err(error), .. }) = registry.take_outcome() else { panic!("it timed out") };
    assert!(matches!(error, RuleError::QuiesceTimeout { pinned: 1, .. }), "{error}");
    assert_eq!(registry.active("p").unwrap().version(), 1);
    stream.end(&mut registry).unwrap();
    registry.begin_reload("p", 2, 200).unwrap();
    registry.run_steps(&mut backend, 200).unwrap();
    assert_eq!(registry.active("p").unwrap().version(), 2);
}

#[test]
fn an_emergency_stop_halts_every_stream_at_once() {
    let (mut registry, backend) = serving(telling(1));
    let begin = |registry: &mut RuleRegistry| PinnedSession::begin(registry, &backend, "p", DialectKind::Text).unwrap();
    let mut streams: Vec<_> = (0..10).map(|_| begin(&mut registry)).collect();
    assert_eq!(registry.emergency_stop("p"), Ok(10));
    for stream in &mut streams {
        assert_eq!(stream.refresh(&mut registry, &backend), Ok(Adoption::Stopped));
        let record = stream.session().record();
        assert_eq!(record.state, SessionState::Halted);
        assert_eq!(record.halt.map(|halt| halt.reason), Some(HaltReason::EmergencyStop));
    }
}

#[test]
fn what_a_stream_keeps_to_its_end_is_not_adopted() {
    let (mut registry, mut backend) = serving(telling(1));
    registry.set_reload_policy("p", ReloadPolicy::AdoptAtNextSegment).unwrap();
    let mut stream = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    let observing = Policy { mode: interlock_core::policy::Mode::Observe, ..telling(2) };
    registry.reload(rule_of(observing, 2), 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    let kept = Adoption::Kept(AdoptError::Fixed { path: "mode" });
    assert_eq!(stream.refresh(&mut registry, &backend), Ok(kept));
    assert_eq!((stream.version(), registry.version("p", 1).unwrap().pinned), (1, 1));
}

#[test]
fn a_version_that_is_drained_is_not_adopted() {
    let (mut registry, mut backend) = serving(telling(1));
    let mut stream = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    registry.reload(rule_of(telling(2), 2), 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    let other = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    registry.set_reload_policy("p", ReloadPolicy::Drain { timeout_us: 100 }).unwrap();
    registry.reload(rule_of(telling(3), 3), 0).unwrap();
    assert!(matches!(registry.run_steps(&mut backend, 50), Err(RuleError::StillPinned { pinned: 1, .. })));
    registry.set_reload_policy("p", ReloadPolicy::AdoptAtNextSegment).unwrap();
    assert_eq!(stream.refresh(&mut registry, &backend), Ok(Adoption::Unchanged));
    assert_eq!((stream.version(), registry.version("p", 2).unwrap().pinned), (1, 1));
    assert_eq!(stream.session().policy(), &telling(1), "what is pinned and what judges are one version");
    other.end(&mut registry).unwrap();
    registry.run_steps(&mut backend, 50).unwrap();
    assert_eq!(stream.refresh(&mut registry, &backend), Ok(Adoption::Adopted { version: 3 }));
}

/// A stream and a registry that changes under it: what each byte does is said where it is read.
fn never_half_of_each(policy: ReloadPolicy, operations: &[u8]) {
    let (mut registry, mut backend) = serving(telling(1));
    registry.set_reload_policy("p", policy).unwrap();
    let mut stream = PinnedSession::begin(&mut registry, &backend, "p", DialectKind::Text).unwrap();
    let (mut highest, mut fed, mut out) = (1, 0_usize, Vec::new());
    let mut events = Vec::new();
    for operation in operations {
        match operation % 4 {
            0 => {
                highest += 1;
                registry.reload(rule_of(telling(highest), highest), 0).unwrap();
                registry.run_steps(&mut backend, 0).unwrap();
            }
            1 => {
                let lower = registry.history("p").unwrap();
                let at = usize::from(operation / 4) % lower.len();
                let _ = registry.begin_rollback("p", lower[at].rule.version(), 0);
                registry.run_steps(&mut backend, 0).unwrap();
            }
            _ => {
                // Often exactly what fills the open segment of the version that reads it.
                let most = 16 + usize::try_from(stream.version()).unwrap();
                let length = if operation % 8 == 2 { usize::from(operation / 8) } else { most - fed % most };
                stream.session().feed(&vec![b'x'; length]).unwrap();
                fed = if operation % 8 == 2 { fed + length } else { 0 };
            }
        }
        while registry.take_outcome().is_some() {}
        let before = stream.version();
        let between = stream.session().is_between_segments();
        let adoption = stream.refresh(&mut registry, &backend).unwrap();
        let active = registry.active("p").unwrap().version();
        if policy == ReloadPolicy::AdoptAtNextSegment && between {
            assert_eq!(stream.version(), active, "between segments the active version is adopted: {adoption:?}");
        } else {
            assert_eq!(stream.version(), before, "within a segment nothing changes");
        }
        if stream.version() != before {
            fed = 0;
        }
        if operation % 16 > 7 {
            while let Some(segment) = stream.session().next_segment() {
                stream.session().answer(segment.id, Observation::score(0.001)).unwrap();
            }
        }
        while let Some(event) = stream.session().next_event() {
            events.push(event);
        }
        out.extend(stream.session().take_output());
    }
    for event in &events {
        let version = stream.version_of(event.segment);
        assert_eq!(event.text.len() as u64, 16 + version, "cut by the version that the verdict names");
        let Verdict::Warn(warning) = event.verdict else { panic!("{event:?}") };
        assert_eq!(warning.bound, Some(version as f64 / 100.0), "judged by the version that the verdict names");
    }
    if policy == ReloadPolicy::Finish {
        assert_eq!(stream.versions().len(), 1);
    }
    assert_eq!(registry.version("p", stream.version()).unwrap().pinned, 1);
    let tokens: u64 = stream.session().record().choices.iter().map(|choice| choice.summary.tokens).sum();
    assert_eq!(tokens, events.len() as u64, "no verdict is lost or doubled");
    stream.end(&mut registry).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_stream_ever_sees_half_of_each(operations in prop::collection::vec(any::<u8>(), 0..120)) {
        never_half_of_each(ReloadPolicy::AdoptAtNextSegment, &operations);
        never_half_of_each(ReloadPolicy::Finish, &operations);
    }

    #[test]
    fn hostile_payloads_are_refused_or_are_the_one_encoding(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut payload = PolicyArtifact::new(telling(3), None).unwrap().payload().to_vec();
        let at = at.index(payload.len());
        payload[at] = value;
        if let Ok(artifact) = PolicyArtifact::decode(&payload) {
            prop_assert_eq!(artifact.payload(), payload.as_slice());
        }
    }
}
