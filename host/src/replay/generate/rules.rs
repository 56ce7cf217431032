//! Inputs of the suite `rules`: rules and their bytes, envelopes and keys, policies.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers, made here")]

use interlock_core::policy::Policy;
use interlock_core::rules::{DATA_FORMAT, Ed25519, Envelope, PolicyArtifact};

use super::{Case, Cases, Random, rule_registry};
use crate::replay::rules::{Input, KeyText, RuleText, SecretText, Word};
use crate::replay::text::{hex, read_hex};

pub(super) type Made = Result<(), serde_json::Error>;

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    rules(&mut cases)?;
    bytes(&mut cases)?;
    envelopes(&mut cases)?;
    keys(&mut cases)?;
    policies(&mut cases)?;
    rule_registry::cases(&mut cases, &mut random)?;
    Ok(cases.0)
}

pub(super) fn s(text: &str) -> String {
    String::from(text)
}

pub(super) fn rule(id: &str, version: u64) -> RuleText {
    RuleText::new(id, version)
}

pub(super) fn needing(needs: &[(&str, u64)], rule: RuleText) -> RuleText {
    RuleText { needs: needs.iter().map(|(id, least)| (s(id), Word(*least))).collect(), ..rule }
}

pub(super) fn for_target(target: &str, rule: RuleText) -> RuleText {
    RuleText { target: s(target), ..rule }
}

/// Everything that a rule can say.
fn full() -> RuleText {
    RuleText {
        actor: Some([32, 2, 1, 108, 4, 2, 49_152, 4_096]),
        metadata: Some((
            s("rust"),
            Some(hex(&[0xa5; 32])),
            Some(Word(1_700_000_000_000)),
            s("1.95.0 été"),
            s("somebody \u{1f600}"),
        )),
        payload: hex(b"\x00asm\x01\x00\x00\x00"),
        ..needing(&[("a", 1), ("b", u64::MAX)], for_target("sm_90", rule("full", u64::MAX)))
    }
}

fn rules(cases: &mut Cases) -> Made {
    let metadata = |author: &str, at: u64| Some((s(""), None, Some(Word(at)), s(""), s(author)));
    let actor = |actor: [u32; 8]| RuleText { actor: Some(actor), ..rule("r", 1) };
    let long = "n".repeat(257);
    let many: Vec<(String, Word)> = (0..65).map(|number| (format!("n{number:02}"), Word(1))).collect();
    for rule in [
        rule("r", 1),
        full(),
        for_target("data/1", rule("r", 1)),
        for_target("data/4294967295", rule("\u{1f600}", 1 << 53)),
        for_target("wasm32", rule("r", 2)),
        for_target("wasm32+simd128", rule("r", 3)),
        rule(&"n".repeat(256), 1),
        RuleText { metadata: metadata("", (1 << 53) - 1), ..rule("r", 1) },
        RuleText { needs: many.get(..64).unwrap_or_default().to_vec(), ..rule("r", 1) },
        // Refused.
        rule("", 1),
        rule("r", 0),
        rule("two\nlines", 1),
        rule("\u{7f}", 1),
        rule(&long, 1),
        for_target("", rule("r", 1)),
        for_target("data/01", rule("r", 1)),
        for_target("data/4294967296", rule("r", 1)),
        for_target("SM_90", rule("r", 1)),
        for_target("a b", rule("r", 1)),
        for_target(&"x".repeat(65), rule("r", 1)),
        RuleText { metadata: metadata(&long, 0), ..rule("r", 1) },
        RuleText { metadata: metadata("", 1 << 53), ..rule("r", 1) },
        RuleText { metadata: Some((s("\u{1}"), None, None, s(""), s(""))), ..rule("r", 1) },
        actor([0, 1, 1, 1, 1, 1, 0, 1]),
        actor([1, 1, 1, 1, 1, 0, 0, 1]),
        actor([1, 1, 1, 1, 1, 1, 0, 0]),
        needing(&[("b", 1), ("a", 1)], rule("r", 1)),
        needing(&[("b", 1), ("b", 1)], rule("r", 1)),
        needing(&[("r", 1)], rule("r", 1)),
        needing(&[("a", 0)], rule("r", 1)),
        needing(&[("", 1)], rule("r", 1)),
        RuleText { needs: many, ..rule("r", 1) },
    ] {
        cases.add("rule", Input::Rule { rule })?;
    }
    Ok(())
}

/// The encoding of a rule that is valid.
fn encoded(rule: &RuleText) -> Vec<u8> {
    rule.native().map(|rule| rule.as_bytes().to_vec()).unwrap_or_default()
}

fn bytes(cases: &mut Cases) -> Made {
    let whole = encoded(&full());
    let mut add = |name: &str, bytes: &[u8]| cases.add(name, Input::Decode { bytes: hex(bytes) });
    add("decode", &whole)?;
    add("decode", &encoded(&rule("r", 1)))?;
    for length in (0..whole.len()).step_by(17).chain([3, 4, 105, 106, whole.len() - 1]) {
        add("decode-cut", whole.get(..length).unwrap_or_default())?;
    }
    add("decode-longer", &[whole.as_slice(), &[0]].concat())?;
    add("decode-longer", &[whole.as_slice(), &whole].concat())?;
    // A bit flipped in every part.
    for at in 0..whole.len() {
        if at % 9 == 0 || (88..112).contains(&at) {
            let mut changed = whole.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= if at % 2 == 0 { 0x80 } else { 1 };
            }
            add("decode-changed", &changed)?;
        }
    }
    // What announces more than there is.
    for (at, value) in [(3, 2), (102, 0xff), (100, 0xff), (90, 0xff), (98, 0xff), (12, 4), (12, 0), (49, 0), (49, 4)] {
        let mut changed = whole.clone();
        if let Some(byte) = changed.get_mut(at) {
            *byte = value;
        }
        add("decode-announces", &changed)?;
    }
    add("decode-other", b"")?;
    add("decode-other", b"ILK")?;
    add("decode-other", b"{\"payloadType\":\"\"}")
}

/// The secret of a number.
pub(super) fn secret(name: &str, number: u8) -> SecretText {
    (s(name), hex(&[number; 32]))
}

/// The public key of the secret of a number.
pub(super) fn key(name: &str, number: u8, state: &str) -> KeyText {
    (s(name), hex(&Ed25519::public(&[number; 32])), s(state))
}

pub(super) fn signed(rule: &RuleText, by: &[SecretText]) -> String {
    let envelope = rule.native().ok().and_then(|rule| {
        let mut envelope = Envelope::new(rule);
        for (id, secret) in by {
            envelope.sign(id, read_hex(secret).ok()?.as_slice().try_into().ok()?).ok()?;
        }
        Some(envelope.encode())
    });
    String::from_utf8(envelope.unwrap_or_default()).unwrap_or_default()
}

fn envelopes(cases: &mut Cases) -> Made {
    let (ann, ben) = (secret("ann", 1), secret("ben", 2));
    let small = rule("r", 1);
    let mut sign = |rule: &RuleText, keys: &[SecretText]| {
        cases.add("sign", Input::Sign { rule: rule.clone(), keys: keys.to_vec() })
    };
    sign(&small, &[])?;
    sign(&small, std::slice::from_ref(&ann))?;
    sign(&full(), &[ann.clone(), ben.clone(), secret("", 3)])?;
    sign(&small, &[secret("quo\"te \u{1f600}", 4)])?;
    sign(&small, &[secret(&"k".repeat(257), 1)])?;
    sign(&small, &vec![ann.clone(); 17])?;

    let whole = signed(&small, &[ann.clone(), ben]);
    let mut add = |name: &str, json: &str| cases.add(name, Input::Envelope { json: s(json) });
    add("envelope", &whole)?;
    add("envelope", &signed(&full(), std::slice::from_ref(&ann)))?;
    add("envelope-spaced", &format!(" {} \n", whole.replace(',', " ,\t").replace(':', ": ")))?;
    // The other alphabet of base64.
    add("envelope-url", &whole.replace('+', "-").replace("/", "_"))?;
    add("envelope-unknown", &whole.replacen('{', "{\"more\":[{\"x\":null}],", 1))?;
    for (from, to) in [
        ("application/vnd.interlock.rule.v1", "application/vnd.in-toto+json"),
        ("\"payloadType\"", "\"payloadtype\""),
        ("\"payload\":", "\"payload\":\"\",\"payload\":"),
        ("\"payload\":\"", "\"payload\":\"*"),
        ("\"payload\":\"SUxL", "\"payload\":\"SUxM"),
        ("\"sig\":\"", "\"sig\":\"="),
        ("\"keyid\":\"ann\"", "\"keyid\":7"),
        ("\"keyid\":\"ann\",", ""),
        ("]}", "]"),
        ("]}", "]} x"),
        ("]}", "],\"signatures\":[]}"),
    ] {
        add("envelope-changed", &whole.replacen(from, to, 1))?;
    }
    let (head, _) = whole.split_once(",\"signatures\"").unwrap_or((&whole, ""));
    add("envelope-unsigned", &format!("{head},\"signatures\":[]}}"))?;
    add("envelope-unsigned", &format!("{head}}}"))?;
    add("envelope-unsigned", &format!("{head},\"signatures\":[{{\"keyid\":\"ann\"}}]}}"))?;
    let many = vec!["{\"keyid\":\"a\",\"sig\":\"AAAA\"}"; 17].join(",");
    add("envelope-many", &format!("{head},\"signatures\":[{many}]}}"))?;
    for json in ["", "null", "[]", "{}", "{\"payload\":\"\\ud800\"}"] {
        add("envelope-none", json)?;
    }
    add("envelope-none", whole.get(..whole.len() / 2).unwrap_or_default())
}

fn keys(cases: &mut Cases) -> Made {
    let [ann, ben, cat] = [("ann", 1), ("ben", 2), ("cat", 3)].map(|(name, number)| secret(name, number));
    let [k1, k2, k3] = [("ann", 1), ("ben", 2), ("cat", 3)].map(|(name, number)| key(name, number, "current"));
    let rule = rule("r", 7);
    let by = |secrets: &[&SecretText]| {
        let secrets: Vec<_> = secrets.iter().copied().cloned().collect();
        signed(&rule, &secrets)
    };
    let mut add = |name: &str, json: String, keys: &[&KeyText], threshold: u32| {
        let keys = keys.iter().copied().cloned().collect();
        cases.add(name, Input::Verify { json, keys, threshold })
    };
    // k of n.
    for threshold in 0..=4 {
        add("verify", by(&[&ann, &cat]), &[&k1, &k2, &k3], threshold)?;
    }
    add("verify", by(&[&ann]), &[&k1], 1)?;
    add("verify", by(&[&ben]), &[&k1], 1)?;
    // One key counts once.
    add("verify-twice", by(&[&ann, &ann]), &[&k1, &k2], 2)?;
    add("verify-twice", by(&[&ann, &(s(""), ann.1.clone())]), &[&k1, &k2], 2)?;
    // A key id only says where to look.
    add("verify-ids", by(&[&(s(""), ann.1.clone())]), &[&k1, &k2], 1)?;
    add("verify-ids", by(&[&(s("ben"), ann.1.clone())]), &[&k1, &k2], 1)?;
    add("verify-ids", by(&[&(s("nobody"), ann.1.clone())]), &[&k1, &k2], 1)?;
    // Rotation and revocation.
    let states = [key("ann", 1, "retired"), key("ann", 1, "revoked")];
    for state in &states {
        add("verify-rotated", by(&[&ann]), &[state, &k2], 1)?;
        add("verify-rotated", by(&[&ann, &ben]), &[state, &k2], 1)?;
        add("verify-rotated", by(&[&ann]), &[state], 1)?;
    }
    // Sets that are none.
    let (again, other) = (key("dan", 1, "current"), key("ann", 4, "revoked"));
    add("verify-set", by(&[&ann]), &[&k1, &again], 1)?;
    add("verify-set", by(&[&ann]), &[&k1, &other], 1)?;
    add("verify-set", by(&[&ann]), &[], 1)?;
    add("verify-set", by(&[&ann]), &[&key("", 1, "current")], 1)?;
    add("verify-set", by(&[&ann]), &[&key(&"k".repeat(257), 1, "current")], 1)?;
    let many: Vec<KeyText> = (0..17).map(|number| key(&format!("k{number}"), number, "current")).collect();
    add("verify-set", by(&[&ann]), &many.iter().collect::<Vec<_>>(), 1)?;
    // Neither the payload nor a signature may be another; keys of small order sign nothing.
    let whole = by(&[&ann]);
    let swapped = signed(&RuleText { version: Word(8), ..rule.clone() }, std::slice::from_ref(&ann));
    let (payload, _) = swapped.split_once(",\"signatures\"").unwrap_or_default();
    let (_, signatures) = whole.split_once(",\"signatures\"").unwrap_or_default();
    add("verify-forged", format!("{payload},\"signatures\"{signatures}"), &[&k1], 1)?;
    add("verify-forged", whole.replacen("\"sig\":\"", "\"sig\":\"AAAA", 1), &[&k1], 1)?;
    let small_order = (s("ann"), hex(&[&[1][..], &[0; 31]].concat()), s("current"));
    let nothing = format!("{payload},\"signatures\":[{{\"keyid\":\"ann\",\"sig\":\"AQ{}==\"}}]}}", "A".repeat(84));
    add("verify-forged", nothing, &[&small_order], 1)
}

/// The bytes of a policy as a rule.
pub(super) fn policy(id: &str, version: u64, hard_limit: f64) -> Vec<u8> {
    let mut policy = Policy::default();
    policy.halt.hard_limit = hard_limit;
    let rule = PolicyArtifact::new(policy, None).and_then(|artifact| artifact.into_rule(id, version));
    rule.map(|rule| rule.as_bytes().to_vec()).unwrap_or_default()
}

/// The same, as a fixture has a rule.
pub(super) fn policy_rule(id: &str, version: u64, hard_limit: f64) -> RuleText {
    let bytes = policy(id, version, hard_limit);
    RuleText { payload: hex(bytes.get(106 + id.len()..).unwrap_or_default()), ..data_rule(id, version) }
}

/// A rule for the data format whose payload is none.
pub(super) fn data_rule(id: &str, version: u64) -> RuleText {
    for_target(&format!("data/{DATA_FORMAT}"), rule(id, version))
}

fn policies(cases: &mut Cases) -> Made {
    let whole = policy_rule("answers", 1, 0.4);
    let payload = read_hex(&whole.payload).unwrap_or_default();
    let mut add = |name: &str, payload: &[u8], target: &str| {
        let rule = for_target(target, RuleText { payload: hex(payload), ..whole.clone() });
        cases.add(name, Input::Policy { bytes: hex(&encoded(&rule)) })
    };
    let target = whole.target.as_str();
    add("policy", &payload, target)?;
    add("policy-target", b"", "cpu")?;
    add("policy-target", b"", "data/9")?;
    for length in [0, 7, 8, 10, 12, 13] {
        add("policy-cut", payload.get(..length).unwrap_or_default(), target)?;
    }
    add("policy-longer", &[payload.as_slice(), b"\0"].concat(), target)?;
    for (at, value) in [(0, b'J'), (7, 9), (8, 0xff), (12, b'['), (12, 0xff), (14, b'!')] {
        let mut changed = payload.clone();
        if let Some(byte) = changed.get_mut(at) {
            *byte = value;
        }
        add("policy-changed", &changed, target)?;
    }
    // The same number in another form: there is one encoding of a policy.
    let mut policy = Policy::default();
    policy.halt.trend_threshold = 1.0;
    let payload = PolicyArtifact::new(policy, None).map(|artifact| artifact.payload().to_vec()).unwrap_or_default();
    let at = payload.windows(5).position(|window| window == b":1.0,").unwrap_or_default();
    let (before, after) = payload.split_at_checked(at).unwrap_or_default();
    add("policy-form", &[before, b":1e0,", after.get(5..).unwrap_or_default()].concat(), target)
}
