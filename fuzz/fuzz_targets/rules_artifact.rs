//! Any bytes as a compiled rule and as a signed one.
#![no_main]

use interlock_core::rules::{CompiledRule, Ed25519, Envelope, KeyState, TrustedKey, TrustedKeys};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(rule) = CompiledRule::decode(bytes.to_vec()) {
        let again = CompiledRule::new(rule.header().clone(), rule.payload()).expect("what was read is valid");
        assert_eq!(again.as_bytes(), bytes, "there is one encoding");
    }
    let Ok(envelope) = Envelope::decode(bytes) else { return };
    assert_eq!(Envelope::decode(&envelope.encode()).as_ref(), Ok(&envelope), "what is read is written the same");
    let key = TrustedKey { key_id: "a".into(), public: Ed25519::public(&[1; 32]), state: KeyState::Current };
    let keys = TrustedKeys::new(vec![key], 1).expect("one key");
    assert!(keys.verify(&envelope, &Ed25519).is_err(), "nobody knows the secret");
});
