//! Streams under a rule whose versions change: what they adopt, what they keep, and what judges which segment.

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::rules::{Capability, CompiledRule, PolicyArtifact, ReloadPolicy, RuleHeader, Target};
use interlock_core::session::SessionState;
use interlock_host::embed::{
    Adoption, GuardedPolicy, HostError, Limits, PinnedSession, Refusal, RuleRegistry, Session,
};

use super::support::interlock;

/// A policy that its segments tell: they have `16 + version` bytes.
fn telling(version: u64, more: &str) -> Policy {
    let json = format!(
        r#"{{"scorer": {{"kind": "host"}}, "segments": {{"unit": "bytes", "max_bytes": {}}},
            "halt": {{"hard_limit": 0, "window_threshold": 0, "trend_threshold": 1}},
            "ending": {{"message": "[version {version}]"}} {more}}}"#,
        16 + version,
    );
    Policy::from_json(&json).unwrap()
}

fn serve(registry: &mut RuleRegistry, version: u64, policy: Policy) {
    let rule = PolicyArtifact::compile(policy).unwrap().into_rule("p", version).unwrap();
    registry.reload(&rule, 0).unwrap();
    registry.run_steps(0).unwrap();
    while registry.take_outcome().unwrap().is_some() {}
}

fn serving(policy: ReloadPolicy) -> RuleRegistry {
    let mut registry = interlock().rule_registry(&PolicyArtifact::capability(), 8).unwrap();
    serve(&mut registry, 1, telling(1, ""));
    registry.set_reload_policy("p", policy).unwrap();
    registry
}

fn begin(registry: &mut RuleRegistry) -> PinnedSession {
    PinnedSession::begin(registry, interlock(), "p", DialectKind::Text).unwrap()
}

/// How many streams each version that is retained has.
fn pins(registry: &mut RuleRegistry) -> Vec<(u64, u64)> {
    registry.history("p").unwrap().iter().map(|it| (it.header.version, it.pinned)).collect()
}

fn answer_all(session: &mut Session) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(segment) = session.next_segment() {
        session.answer(segment.id, Observation::score(0.9)).unwrap();
        texts.push(segment.text);
    }
    texts
}

fn code(adoption: Adoption) -> String {
    match adoption {
        Adoption::Kept(Refusal { code, subject, .. }) => format!("{code} {subject}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_stream_adopts_between_two_segments_and_names_the_versions() {
    let mut registry = serving(ReloadPolicy::AdoptAtNextSegment);
    let mut stream = begin(&mut registry);
    assert_eq!(stream.refresh(&mut registry).unwrap(), Adoption::Unchanged);
    stream.session().feed(&[b'a'; 20]).unwrap();
    serve(&mut registry, 2, telling(2, ""));
    for _ in 0..2 {
        assert_eq!(code(stream.refresh(&mut registry).unwrap()), "session-in-segment ", "three bytes wait");
    }
    stream.session().feed(&[b'a'; 14]).unwrap();
    assert_eq!(code(stream.refresh(&mut registry).unwrap()), "session-in-segment ", "two segments wait for scores");
    assert_eq!((stream.version(), pins(&mut registry)), (1, vec![(1, 1), (2, 0)]));

    assert_eq!(answer_all(stream.session()), ["a".repeat(17), "a".repeat(17)]);
    assert_eq!(stream.refresh(&mut registry).unwrap(), Adoption::Adopted { version: 2 });
    assert_eq!((stream.version(), pins(&mut registry)), (2, vec![(1, 0), (2, 1)]));
    assert_eq!(stream.session().policy(), &telling(2, ""));
    assert_eq!(stream.refresh(&mut registry).unwrap(), Adoption::Unchanged);
    stream.session().feed(&[b'b'; 18]).unwrap();
    assert_eq!(answer_all(stream.session()), ["b".repeat(18)]);
    let spans: Vec<_> = stream.versions().iter().map(|span| (span.from_segment, span.version)).collect();
    assert_eq!(spans, [(0, 1), (2, 2)]);
    assert_eq!([0, 1, 2, 9].map(|segment| stream.version_of(segment)), [1, 1, 2, 2]);
    let active = registry.active("p").unwrap().unwrap();
    assert_eq!(stream.versions().last().unwrap().content_hash, *active.content_hash());

    let mut session = stream.end(&mut registry).unwrap();
    session.end().unwrap();
    assert_eq!((session.state(), pins(&mut registry)), (SessionState::Completed, vec![(1, 0), (2, 0)]));
}

#[test]
fn a_stream_keeps_what_it_has_where_the_rule_or_the_version_says_so() {
    let mut finishing = serving(ReloadPolicy::Finish);
    let mut stream = begin(&mut finishing);
    serve(&mut finishing, 2, telling(2, ""));
    assert_eq!(stream.refresh(&mut finishing).unwrap(), Adoption::Unchanged);
    assert_eq!((stream.version(), begin(&mut finishing).version()), (1, 2));

    let mut registry = serving(ReloadPolicy::AdoptAtNextSegment);
    let mut stream = begin(&mut registry);
    serve(&mut registry, 2, telling(2, r#", "mode": "observe""#));
    for _ in 0..2 {
        assert_eq!(code(stream.refresh(&mut registry).unwrap()), "session-fixed mode");
    }
    serve(&mut registry, 3, telling(3, ""));
    assert_eq!(stream.refresh(&mut registry).unwrap(), Adoption::Adopted { version: 3 }, "a refusal is of one version");
    stream.session().end().unwrap();
    serve(&mut registry, 4, telling(4, ""));
    assert_eq!(code(stream.refresh(&mut registry).unwrap()), "session-ended completed");
    assert_eq!((stream.version(), pins(&mut registry).last()), (3, Some(&(4, 0))));
}

#[test]
fn an_emergency_stop_halts_and_a_failed_begin_pins_nothing() {
    let mut registry = serving(ReloadPolicy::Finish);
    let mut stream = begin(&mut registry);
    assert_eq!(registry.emergency_stop("p").unwrap(), 1);
    assert_eq!(stream.refresh(&mut registry).unwrap(), Adoption::Stopped);
    assert_eq!(stream.session().record().halt.map(|halt| halt.reason), Some(HaltReason::EmergencyStop));
    let refused = PinnedSession::begin(&mut registry, interlock(), "p", DialectKind::Text);
    assert!(matches!(refused, Err(HostError::Refused(it)) if it.code == "rule-emergency-stopped"));

    let host = Capability { opaque: vec!["cpu".into()], ..Capability::default() };
    let mut registry = interlock().rule_registry(&host, 8).unwrap();
    let rule = CompiledRule::new(RuleHeader::new("p", 1, Target::Opaque("cpu".into())), b"code").unwrap();
    registry.reload(&rule, 0).unwrap();
    while let Some(step) = registry.step().unwrap() {
        registry.complete(step.id, Ok(0), 0).unwrap();
    }
    let refused = PinnedSession::begin(&mut registry, interlock(), "p", DialectKind::Text);
    assert!(matches!(refused, Err(HostError::Refused(it)) if it.code == "policy-target"));
    assert_eq!(pins(&mut registry), [(1, 0)]);
}

#[test]
fn after_a_trap_of_the_registry_the_stream_halts() {
    let limits = Limits { fuel_per_call: 20_000_000, fuel_per_byte: 0, ..Limits::default() };
    let mut registry = interlock().with_limits(limits).rule_registry(&PolicyArtifact::capability(), 8).unwrap();
    serve(&mut registry, 1, telling(1, ""));
    let mut stream = begin(&mut registry);
    // Another registry does not know the pin.
    let mut other = serving(ReloadPolicy::Finish);
    let unknown = stream.refresh(&mut other);
    assert!(matches!(unknown, Err(HostError::Refused(it)) if it.code == "rule-unknown-pin"));
    assert_eq!(stream.session().state(), SessionState::Open);
    // More to hash than there is fuel for.
    let large = CompiledRule::new(RuleHeader::new("q", 1, Target::Data(2)), &vec![7; 8 << 20]).unwrap();
    assert!(matches!(registry.register(&large, 0), Err(HostError::Trap(_))));
    assert_eq!(stream.refresh(&mut registry).unwrap(), Adoption::Stopped);
    assert_eq!(stream.session().take_output(), b"[version 1]");
}

#[test]
fn a_session_takes_another_policy_with_the_patterns_that_it_has() {
    const GUARD: &str = r#", "guard": {"rules": [{"sets": ["email"], "action": "redact"}]}"#;
    let guarded = |version: u64, more: &str| GuardedPolicy::compile(&telling(version, more)).unwrap();
    let mut session = interlock().guarded_session(&guarded(1, GUARD), DialectKind::Text).unwrap();
    assert!(session.is_between_segments());
    session.feed(b"to ada@example.org").unwrap();
    assert!(!session.is_between_segments());
    let refused = session.adopt(&guarded(2, GUARD)).unwrap_err();
    assert!(matches!(&refused, HostError::Refused(it) if it.code == "session-in-segment"), "{refused}");
    assert_eq!(session.policy(), &telling(1, GUARD), "what is refused changes nothing");

    let mut session = interlock().guarded_session(&guarded(1, GUARD), DialectKind::Text).unwrap();
    let flags = GUARD.replace("redact", "flag");
    let refused = session.check_adopt(&guarded(2, &flags)).unwrap_err();
    assert!(matches!(&refused, HostError::Refused(it) if it.code == "session-fixed" && it.subject == "guard"));
    session.check_adopt(&guarded(2, GUARD)).unwrap();
    assert_eq!(session.policy(), &telling(1, GUARD), "a check changes nothing");
    session.adopt(&guarded(2, GUARD)).unwrap();
    assert_eq!(session.policy(), &telling(2, GUARD));
    session.emergency_stop().unwrap();
    assert_eq!(session.take_output(), b"[version 2]");
    let refused = session.adopt(&guarded(1, GUARD)).unwrap_err();
    assert!(matches!(&refused, HostError::Refused(it) if it.code == "session-ended" && it.subject == "halted"));
}

#[test]
fn a_trap_while_a_policy_is_adopted_halts_the_stream() {
    let limits = Limits { fuel_per_call: 300_000, fuel_per_byte: 0, ..Limits::default() };
    let own = GuardedPolicy::compile(&telling(1, "")).unwrap();
    let mut session = interlock().with_limits(limits).guarded_session(&own, DialectKind::Text).unwrap();
    // More to read than there is fuel for.
    let facts: Vec<_> = (0..2000).map(|at| format!(r#"{{"key": "fact {at}", "value": "{at}"}}"#)).collect();
    let large = format!(r#"{{"scorer": {{"kind": "builtin", "prompt": "", "facts": [{}]}}}}"#, facts.join(","));
    let large = GuardedPolicy::compile(&Policy::from_json(&large).unwrap()).unwrap();
    assert!(matches!(session.adopt(&large), Err(HostError::Trap(_))));
    assert_eq!((session.state(), session.take_output()), (SessionState::Halted, b"[version 1]".to_vec()));
    assert!(matches!(session.check_adopt(&own), Err(HostError::Poisoned(_))));
}
