//! Swaps of policies whose guards are others, under streams that run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]
#![cfg(all(feature = "policy-artifact", feature = "guard-compiler"))]

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::rules::{
    Adoption, CompiledRule, Outcome, PinnedSession, PolicyArtifact, PolicyBackend, ReloadPolicy, RuleRegistry,
};
use interlock_core::session::{AdoptError, guard_text_with};
use proptest::prelude::*;

/// Rules of a guard. The first two say the same and are of other patterns; the last is the first with an action.
const GUARDS: [&str; 5] = [
    r#"{"rules": [{"sets": ["email"], "patterns": [{"id": "own", "pattern": "TICKET-[0-9]{4}"}], "action": "redact"}]}"#,
    r#"{"rules": [{"sets": ["email"], "patterns": [{"id": "own", "pattern": "ORDER-[0-9]{4}"}], "action": "redact"}]}"#,
    r#"{"rules": [{"sets": ["cards"], "action": "redact"}]}"#,
    "null",
    r#"{"rules": [{"sets": ["email"], "patterns": [{"id": "own", "pattern": "TICKET-[0-9]{4}"}], "action": "halt"}]}"#,
];

/// A version of a policy: its segments and its limits are its own.
fn rule(guard: usize, version: u64) -> CompiledRule {
    let json = format!(
        r#"{{"segments": {{"unit": "bytes", "max_bytes": {}}}, "ending": {{"message": ""}}, "guard": {}}}"#,
        16 + version,
        GUARDS[guard],
    );
    let artifact = PolicyArtifact::compile(Policy::from_json(&json).unwrap()).unwrap();
    artifact.into_rule("p", version).unwrap()
}

struct Host {
    registry: RuleRegistry,
    backend: PolicyBackend,
    version: u64,
}

impl Host {
    fn serving(guard: usize, policy: ReloadPolicy) -> Self {
        let registry = RuleRegistry::new(PolicyArtifact::capability(), 4);
        let mut host = Self { registry, backend: PolicyBackend::default(), version: 0 };
        host.reload(guard);
        host.registry.set_reload_policy("p", policy).unwrap();
        host
    }

    fn reload(&mut self, guard: usize) {
        self.version += 1;
        self.registry.reload(rule(guard, self.version), 0).unwrap();
        self.registry.run_steps(&mut self.backend, 0).unwrap();
        assert!(matches!(self.registry.take_outcome(), Some(Outcome::Swap { result: Ok(_), .. })));
        while self.registry.take_outcome().is_some() {}
    }

    fn begin(&mut self) -> PinnedSession {
        PinnedSession::begin(&mut self.registry, &self.backend, "p", DialectKind::Text).unwrap()
    }

    fn refresh(&mut self, stream: &mut PinnedSession) -> Adoption {
        stream.refresh(&mut self.registry, &self.backend).unwrap()
    }
}

fn output(stream: &mut PinnedSession) -> String {
    String::from_utf8(stream.session().take_output()).unwrap()
}

#[test]
fn another_guard_is_for_new_streams() {
    for policy in [ReloadPolicy::Finish, ReloadPolicy::AdoptAtNextSegment] {
        let mut host = Host::serving(0, policy);
        let mut old = host.begin();
        old.session().feed(b"my TICKET-12").unwrap();
        host.reload(2);
        let mut new = host.begin();
        host.refresh(&mut old);
        for stream in [&mut old, &mut new] {
            stream.session().feed(b"34 and 4111 1111 1111 1111, and TICKET-1234.").unwrap();
        }
        host.refresh(&mut old);
        for stream in [&mut old, &mut new] {
            stream.session().end().unwrap();
        }
        assert_eq!(output(&mut old), "my [redacted:own] and 4111 1111 1111 1111, and [redacted:own].");
        assert_eq!(output(&mut new), "34 and [redacted:cards], and TICKET-1234.");
        assert_eq!((old.versions().len(), old.version(), new.version()), (1, 1, 2));
    }
}

#[test]
fn a_stream_keeps_its_guard_and_adopts_what_has_the_same() {
    let mut host = Host::serving(0, ReloadPolicy::AdoptAtNextSegment);
    let mut stream = host.begin();
    let other_guard = Adoption::Kept(AdoptError::Fixed { path: "guard" });
    for guard in [2, 3, 4] {
        host.reload(guard);
        assert_eq!(host.refresh(&mut stream), other_guard, "{guard}");
    }
    // The rules are the same to a word, and the pattern behind the name is another.
    host.reload(1);
    let active = host.registry.active("p").unwrap().clone();
    assert_eq!(
        host.backend.artifact(&active).unwrap().policy().guard,
        stream.artifact().policy().guard,
        "only what was compiled tells them apart"
    );
    assert_eq!(host.refresh(&mut stream), other_guard);
    // What has the same guard is adopted, also while a candidate is held: it is found by what has read its first half.
    stream.session().feed(b"abc TICKET-").unwrap();
    host.reload(0);
    let version = host.version;
    assert_eq!(host.refresh(&mut stream), Adoption::Adopted { version });
    stream.session().feed(b"1234 ORDER-1234").unwrap();
    stream.session().end().unwrap();
    assert_eq!(output(&mut stream), "abc [redacted:own] ORDER-1234");
}

#[test]
fn a_pinned_stream_halts_by_its_artifacts_pattern() {
    let mut host = Host::serving(4, ReloadPolicy::Finish);
    let mut stream = host.begin();
    host.reload(3);
    stream.session().feed(b"it is TICKET-1").unwrap();
    stream.session().feed(b"234 and more").unwrap();
    let record = stream.session().record();
    assert_eq!(record.halt.map(|halt| halt.reason), Some(HaltReason::Pattern));
    assert_eq!(record.guard.unwrap().halted_by.as_deref(), Some("own"));
    assert_eq!(output(&mut stream), "it is ");
}

/// Pieces of texts in which a match begins, goes on or ends.
const PIECES: [&str; 10] =
    ["TICKET-", "12", "34", "ORDER-", "ada@exam", "ple.org", " ", "4111 1111 ", "1111 1111", "TICKET-1234 ORDER-9876,"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_stream_is_guarded_by_half_of_each(
        first in 0_usize..5,
        operations in prop::collection::vec((any::<u8>(), any::<prop::sample::Index>()), 1..30),
        adopts in any::<bool>(),
    ) {
        let policy = if adopts { ReloadPolicy::AdoptAtNextSegment } else { ReloadPolicy::Finish };
        let mut host = Host::serving(first, policy);
        let mut streams = vec![(first, String::new(), host.begin())];
        let mut active = first;
        for (operation, at) in operations {
            match operation % 4 {
                0 => {
                    active = at.index(GUARDS.len());
                    host.reload(active);
                }
                1 if streams.len() < 4 => streams.push((active, String::new(), host.begin())),
                _ => {
                    let piece = PIECES[usize::from(operation / 4) % PIECES.len()];
                    let number = at.index(streams.len());
                    let (_, text, stream) = &mut streams[number];
                    host.refresh(stream);
                    if stream.session().wants_input() {
                        stream.session().feed(piece.as_bytes()).unwrap();
                        text.push_str(piece);
                    }
                }
            }
        }
        for (guard, text, mut stream) in streams {
            host.refresh(&mut stream);
            let _ = stream.session().end();
            // The whole text under the policy that it began with.
            let alone = PolicyArtifact::of(&rule(guard, 1)).unwrap();
            let whole = guard_text_with(alone.policy(), alone.guards(), &text, |_| Observation::default()).unwrap();
            prop_assert_eq!(output(&mut stream), whole.text);
            let (own, wanted) = (stream.session().record(), whole.record);
            prop_assert_eq!(own.guard, wanted.guard);
            prop_assert_eq!(own.halt, wanted.halt);
            prop_assert!(own.channels.len() == wanted.channels.len());
        }
    }
}
