//! Policies as files: their source, an artifact, or an envelope around one.

use std::path::{Path, PathBuf};

use clap::Args;
use interlock_core::rules::{
    CompiledRule, Ed25519, Envelope, EnvelopeSignature, KeyState, PolicyArtifact, RuleError, SignatureFault,
    TrustedKey, TrustedKeys, VerifiedRule,
};

use super::super::{DOES_NOT_HOLD, Failure, ledger, read_policy};

/// Whose artifacts are run.
#[derive(Debug, Args)]
pub(in super::super) struct Trust {
    /// File with a public key that must have signed the policy, which then is an envelope; several may be given. Without it
    /// the file is run as it is.
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// How many of the keys must have.
    #[arg(long, default_value = "1", requires = "keys")]
    threshold: u32,
}

/// What a file is.
pub(super) enum Loaded {
    /// The source of a policy.
    Source(Box<PolicyArtifact>),
    /// An artifact.
    Rule(CompiledRule),
    /// An artifact with signatures, which nobody has verified.
    Envelope(Envelope),
}

impl Loaded {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, error))?;
        if bytes.starts_with(b"ILK") {
            let rule = CompiledRule::decode(bytes).map_err(|error| Failure::of_file(path, error))?;
            return Ok(Self::Rule(rule));
        }
        if is_envelope(path, &bytes) {
            let envelope = Envelope::decode(&bytes).map_err(|error| Failure::of_file(path, error))?;
            return Ok(Self::Envelope(envelope));
        }
        PolicyArtifact::compile(read_policy(path)?)
            .map(|artifact| Self::Source(Box::new(artifact)))
            .map_err(|error| Failure::of_file(path, error))
    }

    pub(super) const fn rule(&self) -> Option<&CompiledRule> {
        match self {
            Self::Source(_) => None,
            Self::Rule(rule) => Some(rule),
            Self::Envelope(envelope) => Some(envelope.rule()),
        }
    }

    pub(super) fn signatures(&self) -> &[EnvelopeSignature] {
        match self {
            Self::Envelope(envelope) => envelope.signatures(),
            Self::Source(_) | Self::Rule(_) => &[],
        }
    }

    pub(super) fn artifact(self, path: &Path) -> Result<PolicyArtifact, Failure> {
        let of = |rule: &CompiledRule| PolicyArtifact::of(rule).map_err(|error| Failure::of_file(path, error));
        match self {
            Self::Source(artifact) => Ok(*artifact),
            Self::Rule(rule) => of(&rule),
            Self::Envelope(envelope) => of(envelope.rule()),
        }
    }
}

/// Whether a file is an envelope and no policy: in JSON and with a payload.
fn is_envelope(path: &Path, bytes: &[u8]) -> bool {
    let is_toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let is_object = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let has_payload = || bytes.windows(13).any(|window| window == b"\"payloadType\"");
    !is_toml && is_object && has_payload()
}

/// The public keys in files, and how many of them must have signed.
pub(super) fn trusted(keys: &[PathBuf], threshold: u32) -> Result<TrustedKeys, Failure> {
    let mut trusted = Vec::new();
    for path in keys {
        let key = ledger::public_key(path)?;
        trusted.push(TrustedKey { key_id: key_id(&key.encode()), public: *key.public(), state: KeyState::Current });
    }
    TrustedKeys::new(trusted, threshold).map_err(|error| Failure::new("--key", error))
}

/// The id of a key in envelopes: its text without its bytes, so its name and a number that is that of the bytes.
pub(super) fn key_id(text: &str) -> String {
    // The bytes are base64 and may have a plus of their own.
    let mut parts = text.splitn(3, '+');
    [parts.next().unwrap_or_default(), "+", parts.next().unwrap_or_default()].concat()
}

/// The rule of an envelope that enough keys have signed. Exits with 1 otherwise.
pub(super) fn verified(path: &Path, envelope: &Envelope, keys: &TrustedKeys) -> Result<VerifiedRule, Failure> {
    let refused = |error: RuleError| Failure { code: DOES_NOT_HOLD, ..Failure::of_file(path, error) };
    keys.verify(envelope, &Ed25519).map_err(refused)
}

/// The policy of a file, which must be signed where keys are given.
pub(in super::super) fn load(path: &Path, trust: &Trust) -> Result<PolicyArtifact, Failure> {
    let loaded = Loaded::read(path)?;
    if trust.keys.is_empty() {
        return loaded.artifact(path);
    }
    let keys = trusted(&trust.keys, trust.threshold)?;
    let Loaded::Envelope(envelope) = &loaded else {
        return Err(Failure::of_file(path, RuleError::InvalidSignature(SignatureFault::Unsigned)));
    };
    verified(path, envelope, &keys).map_err(|failure| Failure { code: super::super::BAD_INPUT, ..failure })?;
    loaded.artifact(path)
}
