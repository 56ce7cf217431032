//! Any bytes as a policy artifact, and artifacts with a byte changed.
#![no_main]

use std::sync::OnceLock;

use interlock_core::dialect::DialectKind;
use interlock_core::policy::Policy;
use interlock_core::rules::{CompiledRule, DATA_FORMAT, PolicyArtifact, RuleHeader, Target};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

/// Artifacts with compiled patterns: one for all channels, and three for some each.
const POLICIES: [&str; 2] = [
    r#"{"scorer": {"kind": "host"}, "covenant": {}, "guard": {"rules": [{"sets": ["json-web-tokens"]}]}}"#,
    r#"{"guard": {"rules": [
        {"patterns": [{"id": "key", "pattern": "\\bsk-[a-z0-9]{8,}"}], "action": "redact"},
        {"patterns": [{"id": "card", "pattern": "[0-9]{13,16}", "check": "luhn"}], "channels": ["tool-arguments"]},
        {"patterns": [{"id": "mail", "pattern": "[a-z]+@[a-z]+"}], "action": "flag", "channels": ["content", "other"]}]}}"#,
];

fn good(which: usize) -> &'static [u8] {
    static GOOD: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let all = GOOD.get_or_init(|| {
        let policy = |json| Policy::from_json(json).expect("a policy");
        let payload = |json| PolicyArtifact::compile(policy(json)).expect("an artifact").payload().to_vec();
        POLICIES.into_iter().map(payload).collect()
    });
    &all[which % all.len()]
}

fn read(payload: &[u8]) {
    let header = RuleHeader::new("p", 1, Target::Data(DATA_FORMAT));
    let of_rule =
        CompiledRule::new(header, payload).map(|rule| PolicyArtifact::of(&rule).map(|it| it.payload().to_vec()));
    let decoded = PolicyArtifact::decode(payload);
    if let Ok(of_rule) = of_rule {
        assert_eq!(
            of_rule,
            decoded.as_ref().map(|it| it.payload().to_vec()).map_err(Clone::clone),
            "a rule's is the same"
        );
    }
    let Ok(artifact) = decoded else { return };
    assert_eq!(artifact.payload(), payload, "there is one encoding");
    let guards = std::sync::Arc::clone(artifact.guards());
    let again = PolicyArtifact::new(artifact.policy().clone(), guards).expect("what was read is valid");
    let read_again = PolicyArtifact::decode(again.payload()).expect("its own");
    assert_eq!((read_again.policy(), read_again.guards()), (artifact.policy(), artifact.guards()));
    for dialect in [DialectKind::Text, DialectKind::OpenaiChatBody] {
        let mut session = artifact.session(dialect).expect("a valid policy makes a session");
        for piece in ["some text, sk-abcdefgh1 4242", "424242424242 a@b eyJhbGciOiJIUzI1NiJ9.e30."] {
            // A pattern that matches ends it.
            if session.wants_input() {
                let _ = session.feed(piece.as_bytes());
            }
        }
        let _ = session.end();
        let _ = session.take_output();
    }
}

/// The same with the right hashes of its compiled patterns, as far as it can be read.
fn with_hashes(mut payload: Vec<u8>) -> Vec<u8> {
    let length = |payload: &[u8], at: usize| {
        let bytes = payload.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize)
    };
    let Some(json) = length(&payload, 8) else { return payload };
    let mut at = json.saturating_add(8 + 4 + 6);
    while let Some(size) = length(&payload, at.saturating_add(32)) {
        let Some(bytes) = payload.get(at + 36..(at + 36).saturating_add(size)) else { break };
        let hash = Sha256::digest(bytes);
        payload[at..at + 32].copy_from_slice(&hash);
        at += 36 + size;
    }
    payload
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // A good one with some bytes changed, under the hashes that it has and under those that it should have.
    let (which, changes) = bytes.split_first().unwrap_or((&0, &[]));
    let mut payload = good(usize::from(*which)).to_vec();
    for change in changes.as_chunks::<4>().0 {
        let [a, b, c, value] = *change;
        let at = u32::from_be_bytes([0, a, b, c]) as usize % payload.len();
        payload[at] = value;
    }
    read(&payload);
    read(&with_hashes(payload));
});
