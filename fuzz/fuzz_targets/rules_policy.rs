//! Any bytes as a policy artifact, and artifacts with a byte changed.
#![no_main]

use std::sync::OnceLock;

use interlock_core::dialect::DialectKind;
use interlock_core::guard::compile::{CompileLimits, compile};
use interlock_core::guard::sets::PatternSet;
use interlock_core::guard::Action;
use interlock_core::policy::Policy;
use interlock_core::rules::PolicyArtifact;
use interlock_core::session::Session;
use libfuzzer_sys::fuzz_target;

fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let tables = compile(&PatternSet::JsonWebTokens.patterns(Action::Halt), CompileLimits::default());
        let tables = tables.expect("a set of the project").bytes;
        let policy = Policy::from_json(r#"{"scorer": {"kind": "host"}, "covenant": {}}"#).expect("a policy");
        PolicyArtifact::new(policy, Some(&tables)).expect("an artifact").payload().to_vec()
    })
}

fn read(payload: &[u8]) {
    let Ok(artifact) = PolicyArtifact::decode(payload) else { return };
    assert_eq!(artifact.payload(), payload, "there is one encoding");
    let again = PolicyArtifact::new(artifact.policy().clone(), None).expect("what was read is valid");
    assert_eq!(PolicyArtifact::decode(again.payload()).expect("its own").policy(), artifact.policy());
    let mut session = Session::new(artifact.policy(), DialectKind::Text).expect("a valid policy makes a session");
    session.feed(b"some text").expect("it is open");
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // A good one with some bytes changed.
    let mut payload = good().to_vec();
    for change in bytes.as_chunks::<4>().0 {
        let [a, b, c, value] = *change;
        let at = u32::from_be_bytes([0, a, b, c]) as usize % payload.len();
        payload[at] = value;
    }
    read(&payload);
});
