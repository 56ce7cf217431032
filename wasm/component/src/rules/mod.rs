//! The WIT interface `rules`.

mod convert;
mod registry;

use std::cell::RefCell;

use interlock_core::rules::{self as core, Ed25519};

use crate::Component;
use crate::bindings::exports::interlock::kernel::rules as wit;
use crate::convert::{length, refused};

impl wit::Guest for Component {
    type CompiledRule = CompiledRule;
    type Envelope = Envelope;
    type VerifiedRule = VerifiedRule;
    type TrustedKeys = TrustedKeys;
    type RuleRegistry = registry::RuleRegistry;

    fn policy_of(rule: wit::CompiledRuleBorrow<'_>) -> Result<wit::PolicyArtifact, wit::Refusal> {
        let artifact = refused(core::PolicyArtifact::of(&rule.get::<CompiledRule>().0))?;
        let patterns = artifact.tables().map(|tables| tables.patterns()).unwrap_or_default();
        Ok(wit::PolicyArtifact {
            policy: artifact.policy_json().to_owned(),
            patterns: patterns.iter().map(Into::into).collect(),
        })
    }
}

/// A key or a hash.
fn bytes_of_32(what: &'static str, bytes: &[u8]) -> Result<[u8; 32], wit::Refusal> {
    bytes.try_into().map_err(|_| length(what, bytes.len(), 32))
}

pub(crate) struct CompiledRule(core::CompiledRule);

fn shared(rule: &core::CompiledRule) -> wit::CompiledRule {
    wit::CompiledRule::new(CompiledRule(rule.clone()))
}

impl wit::GuestCompiledRule for CompiledRule {
    fn new(header: wit::RuleHeader, payload: Vec<u8>) -> Result<wit::CompiledRule, wit::Refusal> {
        Ok(shared(&refused(core::CompiledRule::new(header.read()?, &payload))?))
    }

    fn decode(bytes: Vec<u8>) -> Result<wit::CompiledRule, wit::Refusal> {
        Ok(shared(&refused(core::CompiledRule::decode(bytes))?))
    }

    fn header(&self) -> wit::RuleHeader {
        self.0.header().into()
    }

    fn payload(&self) -> Vec<u8> {
        self.0.payload().to_vec()
    }

    fn encode(&self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }

    fn content_hash(&self) -> Vec<u8> {
        self.0.content_hash().to_vec()
    }
}

pub(crate) struct Envelope(RefCell<core::Envelope>);

impl wit::GuestEnvelope for Envelope {
    fn new(rule: wit::CompiledRuleBorrow<'_>) -> Self {
        Self(RefCell::new(core::Envelope::new(rule.get::<CompiledRule>().0.clone())))
    }

    fn decode(json: Vec<u8>) -> Result<wit::Envelope, wit::Refusal> {
        Ok(wit::Envelope::new(Self(RefCell::new(refused(core::Envelope::decode(&json))?))))
    }

    fn rule(&self) -> wit::CompiledRule {
        shared(self.0.borrow().rule())
    }

    fn signatures(&self) -> Vec<wit::EnvelopeSignature> {
        self.0.borrow().signatures().iter().map(Into::into).collect()
    }

    fn pre_authentication_encoding(&self) -> Vec<u8> {
        self.0.borrow().pre_authentication_encoding()
    }

    fn sign(&self, key_id: String, secret: Vec<u8>) -> Result<(), wit::Refusal> {
        let secret = bytes_of_32("secret", &secret)?;
        refused(self.0.borrow_mut().sign(&key_id, &secret))
    }

    fn add(&self, key_id: String, signature: Vec<u8>) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().add(&key_id, &signature))
    }

    fn encode(&self) -> Vec<u8> {
        self.0.borrow().encode()
    }
}

pub(crate) struct VerifiedRule(core::VerifiedRule);

impl wit::GuestVerifiedRule for VerifiedRule {
    fn rule(&self) -> wit::CompiledRule {
        shared(self.0.rule())
    }

    fn signers(&self) -> Vec<Vec<u8>> {
        self.0.signers().iter().map(|key| key.to_vec()).collect()
    }
}

pub(crate) struct TrustedKeys(core::TrustedKeys);

impl wit::GuestTrustedKeys for TrustedKeys {
    fn new(keys: Vec<wit::TrustedKey>, threshold: u32) -> Result<wit::TrustedKeys, wit::Refusal> {
        let keys: Result<Vec<_>, _> = keys.into_iter().map(wit::TrustedKey::read).collect();
        Ok(wit::TrustedKeys::new(Self(refused(core::TrustedKeys::new(keys?, threshold))?)))
    }

    fn verify(&self, envelope: wit::EnvelopeBorrow<'_>) -> Result<wit::VerifiedRule, wit::Refusal> {
        let envelope = envelope.get::<Envelope>().0.borrow();
        Ok(wit::VerifiedRule::new(VerifiedRule(refused(self.0.verify(&envelope, &Ed25519))?)))
    }

    fn checks(&self, envelope: wit::EnvelopeBorrow<'_>) -> Vec<wit::SignatureCheck> {
        self.0.checks(&envelope.get::<Envelope>().0.borrow()).into_iter().map(Into::into).collect()
    }

    fn accept(&self, envelope: wit::EnvelopeBorrow<'_>, answers: Vec<bool>) -> Result<wit::VerifiedRule, wit::Refusal> {
        let envelope = envelope.get::<Envelope>().0.borrow();
        Ok(wit::VerifiedRule::new(VerifiedRule(refused(self.0.accept(&envelope, &answers))?)))
    }
}
