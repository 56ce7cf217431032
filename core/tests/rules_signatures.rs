//! Signed rules: whose signatures count, and what an envelope is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg(all(feature = "rules", feature = "ed25519", feature = "json"))]

use interlock_core::rules::{
    Capability, CompiledRule, Ed25519, Envelope, EnvelopeError, KeySetError, KeyState, PAYLOAD_TYPE, RuleError,
    RuleHeader, RuleRegistry, SignatureFault, Target, TrustedKey, TrustedKeys, pre_authentication_encoding,
};
use proptest::prelude::*;

fn rule(version: u64) -> CompiledRule {
    CompiledRule::new(RuleHeader::new("secrets", version, Target::Data(1)), b"patterns").unwrap()
}

fn key(number: u8, state: KeyState) -> TrustedKey {
    TrustedKey { key_id: format!("key-{number}"), public: Ed25519::public(&[number; 32]), state }
}

fn trust(states: &[KeyState], threshold: u32) -> TrustedKeys {
    let keys = states.iter().zip(1..).map(|(state, number)| key(number, *state)).collect();
    TrustedKeys::new(keys, threshold).unwrap()
}

fn signed(version: u64, by: &[u8]) -> Envelope {
    let mut envelope = Envelope::new(rule(version));
    for number in by {
        envelope.sign(&format!("key-{number}"), &[*number; 32]).unwrap();
    }
    envelope
}

fn registry() -> RuleRegistry {
    RuleRegistry::new(Capability { data_formats: (1, 1), ..Capability::default() }, 5)
}

const CURRENT: KeyState = KeyState::Current;

fn short(valid: u32, threshold: u32) -> RuleError {
    RuleError::InvalidSignature(SignatureFault::Threshold { valid, threshold })
}

#[test]
fn what_is_signed_is_that_of_the_specification() {
    // The example of the DSSE specification (protocol.md, "PAE").
    let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
    assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

#[test]
fn as_many_keys_as_must_sign() {
    let keys = trust(&[CURRENT, CURRENT, CURRENT], 2);
    let count = |envelope: &Envelope| keys.verify(envelope, &Ed25519).map(|verified| verified.signers().len());
    assert_eq!(count(&signed(1, &[1, 3])), Ok(2));
    assert_eq!(count(&signed(1, &[1, 2, 3])), Ok(3));
    assert_eq!(count(&signed(1, &[2])), Err(short(1, 2)));
    assert_eq!(count(&signed(1, &[2, 2, 2])), Err(short(1, 2)), "one key counts once");
    assert_eq!(count(&signed(1, &[2, 9])), Err(short(1, 2)), "a stranger does not count");
    // A key id only says where to look: under another's it is not found, without one it is.
    let mut envelope = Envelope::new(rule(1));
    let message = envelope.pre_authentication_encoding();
    let of = |number: u8| signed(1, &[number]).signatures()[0].signature.clone();
    assert_eq!(message, signed(1, &[1]).pre_authentication_encoding());
    envelope.add("key-2", &of(1)).unwrap();
    assert_eq!(count(&envelope), Err(short(0, 2)));
    envelope.add("", &of(1)).unwrap();
    envelope.add("", &of(3)).unwrap();
    assert_eq!(count(&envelope), Ok(2));
    // The signatures of one version are none of another.
    let mut other = Envelope::new(rule(2));
    other.add("key-1", &of(1)).unwrap();
    assert_eq!(count(&other), Err(short(0, 2)));
}

#[test]
fn a_host_may_answer_itself() {
    let keys = trust(&[CURRENT, CURRENT], 2);
    let envelope = signed(1, &[1, 2]);
    assert_eq!(keys.checks(&envelope).len(), 2);
    assert_eq!(keys.accept(&envelope, &[true]).unwrap_err(), short(1, 2), "no answer is a no");
    assert_eq!(keys.accept(&envelope, &[true, false]).unwrap_err(), short(1, 2));
    assert!(keys.accept(&envelope, &[true, true]).is_ok());
}

#[test]
fn unsigned_is_refused_once_keys_are_trusted() {
    let mut registry = registry();
    registry.register(rule(1), 0).unwrap();
    registry.register(rule(2), 0).unwrap();
    registry.begin_reload("secrets", 1, 0).unwrap();
    while let Some(step) = registry.step() {
        registry.complete(step.id, Ok(0), 0).unwrap();
    }
    let keys = trust(&[CURRENT], 1);
    registry.trust(keys.clone());
    let unsigned = RuleError::InvalidSignature(SignatureFault::Unsigned);
    assert_eq!(registry.register(rule(3), 0).unwrap_err(), unsigned);
    assert_eq!(registry.reload(rule(3), 0).unwrap_err(), unsigned);
    assert_eq!(registry.begin_reload("secrets", 2, 0).unwrap_err(), unsigned, "what was registered before is unsigned");
    assert_eq!(registry.active("secrets").map(CompiledRule::version), Some(1));
    let verified = keys.verify(&signed(3, &[1]), &Ed25519).unwrap();
    registry.reload_verified(verified, 0).unwrap();
}

#[test]
fn keys_are_rotated_and_revoked() {
    let mut registry = registry();
    let first = trust(&[CURRENT], 1);
    registry.trust(first.clone());
    registry.register_verified(first.verify(&signed(1, &[1]), &Ed25519).unwrap(), 0).unwrap();
    // While a host verified, the keys changed.
    let late = first.verify(&signed(2, &[1]), &Ed25519).unwrap();
    let rotated = trust(&[KeyState::Retired, CURRENT], 1);
    registry.trust(rotated.clone());
    let other = RuleError::InvalidSignature(SignatureFault::OtherKeys);
    assert_eq!(registry.register_verified(late, 0).unwrap_err(), other);
    assert_eq!(rotated.verify(&signed(2, &[1]), &Ed25519).unwrap_err(), short(0, 1), "nothing new of a retired key");
    let mut revoked = registry.clone();
    registry.begin_reload("secrets", 1, 0).unwrap();
    revoked.trust(trust(&[KeyState::Revoked, CURRENT], 1));
    assert_eq!(revoked.begin_reload("secrets", 1, 0).unwrap_err(), short(0, 1));
}

#[test]
fn keys_that_are_no_set_are_refused() {
    let set = |keys: Vec<TrustedKey>, threshold| TrustedKeys::new(keys, threshold).unwrap_err();
    let (one, two) = (key(1, CURRENT), key(2, CURRENT));
    assert_eq!(set(vec![one.clone()], 0), KeySetError::Threshold { threshold: 0, current: 1 });
    assert_eq!(set(vec![], 1), KeySetError::Threshold { threshold: 1, current: 0 });
    let retired = key(3, KeyState::Retired);
    assert_eq!(set(vec![one.clone(), retired], 2), KeySetError::Threshold { threshold: 2, current: 1 });
    let same_bytes = TrustedKey { key_id: "other".into(), ..one.clone() };
    assert_eq!(set(vec![one.clone(), same_bytes], 2), KeySetError::Twice { key_id: "other".into() });
    let same_id = TrustedKey { key_id: "key-2".into(), ..one };
    assert_eq!(set(vec![two, same_id], 2), KeySetError::Twice { key_id: "key-2".into() });
    assert_eq!(set((1..18).map(|n| key(n, CURRENT)).collect(), 1), KeySetError::TooMany { count: 17 });
}

#[test]
fn an_envelope_is_the_json_of_dsse() {
    let envelope = signed(1, &[1, 2]);
    let json: serde_json::Value = serde_json::from_slice(&envelope.encode()).unwrap();
    assert_eq!(json["payloadType"], PAYLOAD_TYPE);
    assert_eq!(json["signatures"][1]["keyid"], "key-2");
    assert_eq!(Envelope::decode(&envelope.encode()), Ok(envelope.clone()));
    let with = |name: &str, value: serde_json::Value| {
        let mut json = json.clone();
        json[name] = value;
        Envelope::decode(json.to_string().as_bytes())
    };
    assert_eq!(with("more", 1.into()), Ok(envelope.clone()));
    let found = String::from("text");
    assert_eq!(with("payloadType", "text".into()), Err(EnvelopeError::PayloadType { found }));
    assert_eq!(with("payload", "a".into()), Err(EnvelopeError::Base64 { field: "payload" }));
    assert!(matches!(with("payload", "AAAA".into()), Err(EnvelopeError::Rule(_))));
    let many = vec![json["signatures"][0].clone(); 40];
    assert_eq!(with("signatures", Vec::<u8>::new().into()), Err(EnvelopeError::SignatureCount { count: 0 }));
    assert_eq!(with("signatures", many.into()), Err(EnvelopeError::SignatureCount { count: 17 }));
    let url = json["payload"].as_str().unwrap().replace('+', "-").replace('/', "_");
    assert_eq!(with("payload", url.into()), Ok(envelope.clone()));
    let text = String::from_utf8(envelope.encode()).unwrap();
    for broken in [
        text.replacen("{\"payloadType\"", "{\"payload\":\"\",\"payloadType\"", 1),
        text.replacen("\"sig\"", "\"sig\":\"\",\"sig\"", 1),
        text.replacen("signatures", "signature", 1),
        text.clone() + "x",
    ] {
        assert!(matches!(Envelope::decode(broken.as_bytes()), Err(EnvelopeError::Json(_))), "{broken}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_changed_is_trusted(at: prop::sample::Index, bit in 0..8_u8) {
        let keys = trust(&[CURRENT], 1);
        let envelope = signed(1, &[1]);
        let json = envelope.encode();
        let mut changed = json.clone();
        changed[at.index(json.len())] ^= 1 << bit;
        if let Ok(read) = Envelope::decode(&changed)
            && let Ok(verified) = keys.verify(&read, &Ed25519)
        {
            prop_assert_eq!(verified.rule(), envelope.rule(), "what is trusted is what was signed");
        }
    }
}
