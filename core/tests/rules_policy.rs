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

use std::sync::Arc;

use interlock_core::dialect::ChannelKind::{Content, Other, Reasoning, Refusal, ToolArguments, ToolName};
use interlock_core::dialect::DialectKind;
use interlock_core::guard::{GuardLibrary, GuardTablesError, content_hash};
use interlock_core::halt::{HaltReason, Observation, Verdict};
use interlock_core::policy::Policy;
use interlock_core::rules::{
    Adoption, ArtifactError, CompiledRule, DATA_FORMAT, Outcome, PinnedSession, PolicyArtifact, PolicyBackend,
    ReloadPolicy, RuleError, RuleHeader, RuleRegistry, StepFailure, StepKind, SwapBackend, Target,
};
use interlock_core::session::{AdoptError, ChannelGuards, SessionState, guard_text, guard_text_with};
use proptest::prelude::*;

/// Rules with patterns of a set and of its own, for all channels and for some.
const GUARDED: &str = r#"{"guard": {"rules": [
    {"sets": ["json-web-tokens"]},
    {"patterns": [{"id": "ticket", "pattern": "TICKET-[0-9]{6}", "replacement": "[ticket]"}], "action": "redact",
        "channels": ["content", "other"]},
    {"patterns": [{"id": "card", "pattern": "[0-9]{13,16}", "check": "luhn"}], "action": "flag",
        "channels": ["tool-arguments"]}]}}"#;

fn compiled(json: &str) -> PolicyArtifact {
    PolicyArtifact::compile(Policy::from_json(json).unwrap()).unwrap()
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
    PolicyArtifact::new(policy, Arc::default()).unwrap().into_rule("p", version).unwrap()
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
    let artifact = PolicyArtifact::new(policy.clone(), Arc::default()).unwrap();
    let read = PolicyArtifact::of(&artifact.clone().into_rule("p", 1).unwrap()).unwrap();
    assert_eq!(read.policy(), &policy);
    assert_eq!(read.payload(), artifact.payload());
    assert!(read.compiled_patterns().is_empty());
}

#[test]
fn an_artifact_has_all_that_its_guard_needs() {
    let artifact = compiled(GUARDED);
    let read = PolicyArtifact::of(&artifact.clone().into_rule("p", 1).unwrap()).unwrap();
    assert_eq!(
        (read.policy(), read.guards(), read.payload()),
        (artifact.policy(), artifact.guards(), artifact.payload())
    );
    // Patterns have become sets, and what was compiled is there once for the channels that share it.
    let rules = &read.policy().guard.as_ref().unwrap().rules;
    assert_eq!((rules[1].sets.as_slice(), rules[1].patterns.len()), (&["ticket".to_owned()][..], 0));
    let told: Vec<_> = read
        .compiled_patterns()
        .into_iter()
        .map(|own| {
            assert_eq!(own.hash, content_hash(own.bytes));
            let ids: Vec<_> = own.tables.patterns().iter().map(|it| it.id().to_owned()).collect();
            (own.channels, ids)
        })
        .collect();
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            (vec![Content, Other], ids(&["json-web-tokens", "ticket"])),
            (vec![Reasoning, Refusal, ToolName], ids(&["json-web-tokens"])),
            (vec![ToolArguments], ids(&["json-web-tokens", "card"])),
        ]
    );
    // What it guards is what its source guards; a host that links gets the same.
    let source = Policy::from_json(GUARDED).unwrap();
    let text = "a TICKET-123456 and eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    let guarded = guard_text(&source, text, |_| Observation::default()).unwrap();
    let mut library = GuardLibrary::new();
    for own in read.compiled_patterns() {
        library.add(own.bytes, &own.hash).unwrap();
    }
    let linked = Arc::new(ChannelGuards::link(read.policy().guard.as_ref().unwrap(), &mut library).unwrap());
    for guards in [read.guards(), &linked] {
        let own = guard_text_with(read.policy(), guards, text, |_| Observation::default()).unwrap();
        assert_eq!((&own.text, own.record.halt), (&guarded.text, guarded.record.halt));
        assert!(own.text.starts_with("a [ticket] and ") && own.record.halt.is_some(), "{}", own.text);
    }
}

#[test]
fn guards_that_are_not_the_policys_are_refused() {
    let guards = |json: &str| Arc::clone(compiled(json).guards());
    let source = |json: &str| Policy::from_json(json).unwrap();
    let refused = |json: &str, guards| match PolicyArtifact::new(source(json), guards).map(drop) {
        Err(ArtifactError::Policy(error)) => error.to_string(),
        other => panic!("{json}: {other:?}"),
    };
    let one = r#"{"guard": {"rules": [{"sets": ["email"]}]}}"#;
    let flag = one.replace("]}]", r#"], "action": "flag"}]"#);
    let two = one.replace("email\"", "email\", \"iban\"");
    let elsewhere = one.replace("]}]", r#"], "channels": ["content"]}]"#);
    let missing = "guard.rules[0].sets: email: the compiled patterns do not have it here, for content";
    assert_eq!(refused(one, Arc::default()), missing);
    assert_eq!(refused(&flag, guards(one)), missing);
    assert_eq!(refused(&two, guards(one)), missing.replace("email", "iban"));
    assert_eq!(refused(one, guards(&elsewhere)), missing.replace("for content", "for reasoning"));
    let more = "guard.rules: iban: no rule asks for this compiled pattern, for content";
    assert_eq!(refused(one, guards(&two)), more);
    assert!(refused("{}", guards(one)).contains("email: no rule asks"));
    let exploding = r#"{"guard": {"rules": [{"patterns": [{"id": "wide", "pattern": "(a|b)*a(a|b){20}"}]}]}}"#;
    let Err(ArtifactError::Policy(error)) = PolicyArtifact::compile(source(exploding)).map(drop) else { panic!() };
    assert!(error.to_string().contains("wide needs 100"), "{error}");
    assert!(error.to_string().ends_with("states or more, the limit is 10000"), "{error}");
}

#[test]
fn nothing_else_is_an_artifact() {
    let policy = telling(1);
    let payload = compiled(GUARDED).payload().to_vec();
    for length in (0..payload.len()).step_by(97).chain([payload.len() - 1]) {
        assert!(
            matches!(
                PolicyArtifact::decode(&payload[..length]),
                Err(ArtifactError::Truncated { .. } | ArtifactError::NoArtifact)
            ),
            "{length}"
        );
    }
    let mut longer = payload.clone();
    longer.push(0);
    assert_eq!(PolicyArtifact::decode(&longer).unwrap_err(), ArtifactError::TooLong { extra: 1 });
    let with_policy = |json: &str| {
        let mut bytes = b"ILKPOL\0\x02".to_vec();
        bytes.extend(u32::try_from(json.len()).unwrap().to_be_bytes());
        bytes.extend(json.as_bytes());
        bytes.extend([0; 6]);
        PolicyArtifact::decode(&bytes).map(drop)
    };
    let json = serde_json::to_string(&policy).unwrap();
    assert_eq!(with_policy(&json), Ok(()));
    assert_eq!(with_policy("{}"), Err(ArtifactError::NotCanonical), "every field is given");
    assert_eq!(with_policy(&json.replacen(':', ": ", 1)), Err(ArtifactError::NotCanonical));
    assert!(
        matches!(with_policy(&json.replacen("0.01", "7", 1)), Err(ArtifactError::Policy(error)) if error.path == "halt.soft_limit")
    );
    let mut bomb = b"ILKPOL\0\x02".to_vec();
    bomb.extend([0xff; 4]);
    assert_eq!(
        PolicyArtifact::decode(&bomb).unwrap_err(),
        ArtifactError::Truncated { needed: 12 + u64::from(u32::MAX), bytes: 12 }
    );
    let header = RuleHeader::new("p", 1, Target::Wasm32);
    let rule = CompiledRule::new(header, &payload).unwrap();
    assert_eq!(PolicyArtifact::of(&rule).unwrap_err(), ArtifactError::Target { found: "wasm32".into() });
    let older = [b"ILKPOL\0\x01", &payload[8..]].concat();
    assert_eq!(PolicyArtifact::decode(&older).unwrap_err(), ArtifactError::NoArtifact);
}

/// Where the list of compiled patterns starts in a payload, and where the bytes of each one are.
fn places(payload: &[u8]) -> (usize, Vec<std::ops::Range<usize>>) {
    let length = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap()) as usize;
    let list = 12 + length(8);
    let (mut at, mut all) = (list + 6, Vec::new());
    while at < payload.len() {
        let start = at + 36;
        at = start + length(at + 32);
        all.push(start..at);
    }
    (list, all)
}

fn as_rule(payload: &[u8]) -> CompiledRule {
    CompiledRule::new(RuleHeader::new("p", 1, Target::Data(DATA_FORMAT)), payload).unwrap()
}

#[test]
fn the_hash_of_compiled_patterns_stands_for_their_bytes() {
    let payload = compiled(GUARDED).payload().to_vec();
    let (_, all) = places(&payload);
    let rule = as_rule(&payload);
    let start = rule.as_bytes().len() - payload.len();
    let mut named = rule.as_bytes().to_vec();
    for range in all.iter().rev() {
        named.drain(start + range.start..start + range.end);
    }
    assert!(named.len() < 4000, "{}: nearly all is patterns", named.len());
    assert_eq!(rule.content_hash(), &content_hash(&named));
    // What is left says how long the whole is, so it is no rule itself.
    assert!(CompiledRule::decode(named).is_err());
    let read = CompiledRule::decode(rule.as_bytes().to_vec()).unwrap();
    assert_eq!(read.content_hash(), rule.content_hash());
    assert_eq!(PolicyArtifact::of(&read).unwrap().payload(), payload);
    // Parts that do not end where the payload does, and more of them than there are numbers, have no hash of their own.
    let empty = [&content_hash(b"")[..], &[0; 4]].concat();
    for other in [
        &payload[..payload.len() - 1],
        &[payload.as_slice(), &[0]].concat(),
        &[&payload[..all[0].start - 36], &empty.repeat(256)].concat(),
    ] {
        let rule = as_rule(other);
        assert_eq!(rule.content_hash(), &content_hash(rule.as_bytes()));
        assert!(PolicyArtifact::of(&rule).is_err());
    }
}

#[test]
fn compiled_patterns_with_another_hash_are_not_decoded() {
    let payload = compiled(GUARDED).payload().to_vec();
    let (list, all) = places(&payload);
    assert_eq!((all.len(), &payload[list..list + 6]), (3, &[1, 2, 2, 2, 3, 1][..]));
    for range in &all {
        // The bytes would decode; the hash says that they are not what was meant. Nonsense is not looked at, either.
        for at in
            range.clone().step_by(61).chain(range.start..range.start + 8).chain([range.start - 36, range.start - 5])
        {
            let mut changed = payload.clone();
            changed[at] ^= 4;
            let rule = as_rule(&changed);
            for refused in [PolicyArtifact::decode(&changed), PolicyArtifact::of(&rule)] {
                let Err(ArtifactError::Guard(GuardTablesError::HashMismatch { .. })) = refused else {
                    panic!("byte {at} was changed")
                };
            }
            assert_eq!(rule.content_hash(), &content_hash(rule.as_bytes()), "no hash stands for other bytes");
        }
    }
    // With their hashes made anew they are what somebody has compiled, and are validated.
    let mut refused = 0_u32;
    for range in &all {
        for at in range.clone().step_by(7).chain(range.start..range.start + 64) {
            let mut changed = payload.clone();
            changed[at] ^= 1 << (at % 8);
            let hash = content_hash(&changed[range.clone()]);
            changed[range.start - 36..range.start - 4].copy_from_slice(&hash);
            let rule = as_rule(&changed);
            assert_ne!(rule.content_hash(), as_rule(&payload).content_hash(), "{at}");
            match PolicyArtifact::of(&rule) {
                Err(ArtifactError::Guard(GuardTablesError::HashMismatch { .. })) => panic!("{at}: its hash is right"),
                Err(ArtifactError::Guard(_) | ArtifactError::Policy(_)) => refused += 1,
                Err(error) => panic!("{at}: {error}"),
                Ok(artifact) => {
                    let mut session = artifact.session(DialectKind::Text).unwrap();
                    let _ = session.feed(b"TICKET-12 TICKET-123456 eyJhbGciOiJIUzI1NiJ9.eyJ 4111111111111111");
                    assert_eq!(artifact.payload(), changed);
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn there_is_one_list_of_compiled_patterns() {
    let payload = compiled(GUARDED).payload().to_vec();
    let (list, all) = places(&payload);
    let numbered = |numbers: [u8; 6]| {
        let mut changed = payload.clone();
        changed[list..list + 6].copy_from_slice(&numbers);
        PolicyArtifact::decode(&changed).map(drop).unwrap_err()
    };
    for numbers in [[2, 1, 1, 1, 3, 2], [1, 3, 3, 3, 2, 1], [0, 2, 2, 2, 3, 0], [255; 6]] {
        assert_eq!(numbered(numbers), ArtifactError::NotCanonical, "{numbers:?}");
    }
    // Fewer are announced than come, or more.
    assert!(matches!(numbered([1, 2, 2, 2, 2, 1]), ArtifactError::TooLong { .. }));
    assert!(matches!(numbered([1, 2, 2, 2, 3, 4]), ArtifactError::Truncated { .. }));
    // Other kinds than those that the rules name.
    assert!(
        matches!(numbered([1, 2, 2, 2, 3, 0]), ArtifactError::Policy(error) if error.path == "guard.rules[0].sets")
    );
    assert!(matches!(numbered([1, 2, 2, 2, 3, 3]), ArtifactError::Policy(_)));
    // The same twice.
    let mut twice = payload[..all[0].end].to_vec();
    twice.extend_from_within(all[0].start - 36..all[0].end);
    twice[list..list + 6].copy_from_slice(&[1, 2, 2, 2, 2, 1]);
    assert_eq!(PolicyArtifact::decode(&twice).unwrap_err(), ArtifactError::NotCanonical);
    // A length beyond the end, as a bomb has it.
    let mut bomb = payload[..all[0].start].to_vec();
    bomb[all[0].start - 4..].copy_from_slice(&[0xff; 4]);
    let Err(ArtifactError::Truncated { needed, .. }) = PolicyArtifact::decode(&bomb) else { panic!("a bomb") };
    assert_eq!(needed, all[0].start as u64 + u64::from(u32::MAX));
    // Patterns whose source is there and that are compiled as well.
    let json = std::str::from_utf8(&payload[12..list]).unwrap();
    let with_source = json.replacen(r#""patterns":[]"#, r#""patterns":[{"id":"x","pattern":"x","check":"none"}]"#, 1);
    let mut bytes = payload[..8].to_vec();
    bytes.extend(u32::try_from(with_source.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(with_source.as_bytes());
    bytes.extend_from_slice(&payload[list..]);
    assert!(
        matches!(PolicyArtifact::decode(&bytes), Err(ArtifactError::Policy(error)) if error.path == "guard.rules[0].patterns")
    );
}

#[test]
fn a_payload_that_is_no_policy_never_serves() {
    let (mut registry, mut backend) = serving(telling(1));
    let broken = CompiledRule::new(RuleHeader::new("p", 2, Target::Data(DATA_FORMAT)), b"nonsense").unwrap();
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
        let mut payload = PolicyArtifact::new(telling(3), Arc::default()).unwrap().payload().to_vec();
        let at = at.index(payload.len());
        payload[at] = value;
        if let Ok(artifact) = PolicyArtifact::decode(&payload) {
            prop_assert_eq!(artifact.payload(), payload.as_slice());
        }
    }

    #[test]
    fn hostile_guards_are_refused_or_run_to_an_end(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        which in 0_usize..3,
    ) {
        let mut payload = compiled_once().to_vec();
        let range = places(&payload).1[which].clone();
        for (at, value) in changes {
            payload[range.start + at.index(range.len())] = value;
        }
        let hash = content_hash(&payload[range.clone()]);
        payload[range.start - 36..range.start - 4].copy_from_slice(&hash);
        if let Ok(artifact) = PolicyArtifact::decode(&payload) {
            prop_assert_eq!(artifact.payload(), payload.as_slice());
            let mut session = artifact.session(DialectKind::Text).unwrap();
            let _ = session.feed(b"TICKET-12 TICKET-123456 eyJhbGciOiJIUzI1NiJ9.eyJ 4111111111111111");
        }
    }
}

fn compiled_once() -> &'static [u8] {
    static PAYLOAD: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| compiled(GUARDED).payload().to_vec());
    &PAYLOAD
}
