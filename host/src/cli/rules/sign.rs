//! `interlock rules sign` and `verify`.

use std::process::ExitCode;

use interlock_core::ledger::{Ed25519Signer, Signer as _};
use interlock_core::rules::Envelope;
use serde_json::json;

use super::super::{Failure, say};
use super::file::{Loaded, key_id, trusted, verified};
use super::{Sign, Verify};
use crate::replay::hex;

pub(super) fn sign(arguments: &Sign) -> Result<ExitCode, Failure> {
    let (path, key) = (&arguments.file, &arguments.key);
    let mut envelope = match Loaded::read(path)? {
        Loaded::Rule(rule) => Envelope::new(rule),
        Loaded::Envelope(envelope) => envelope,
        Loaded::Source(_) => return Err(Failure::of_file(path, "is the source of a policy: compile it first")),
    };
    let text = std::fs::read_to_string(key).map_err(|error| Failure::of_file(key, error))?;
    let signer = Ed25519Signer::parse(text.trim()).map_err(|error| Failure::of_file(key, error))?;
    let id = key_id(&signer.verifier().encode());
    if envelope.signatures().iter().any(|own| own.key_id == id) {
        return Err(Failure::of_file(path, format_args!("{id} has signed it")));
    }
    let signature = signer.sign(&envelope.pre_authentication_encoding());
    envelope.add(&id, &signature).map_err(|error| Failure::of_file(path, error))?;
    let mut bytes = envelope.encode();
    bytes.push(b'\n');
    std::fs::write(&arguments.out, bytes).map_err(|error| Failure::of_file(&arguments.out, error))?;
    let rule = envelope.rule();
    say(
        json!({ "id": rule.rule_id(), "version": rule.version(), "content_hash": hex(rule.content_hash()), "key": id }),
    );
    Ok(ExitCode::SUCCESS)
}

pub(super) fn verify(arguments: &Verify) -> Result<ExitCode, Failure> {
    let path = &arguments.file;
    let Loaded::Envelope(envelope) = Loaded::read(path)? else {
        return Err(Failure::of_file(path, "is no envelope: nobody has signed it"));
    };
    let keys = trusted(&arguments.key, arguments.threshold)?;
    let verified = verified(path, &envelope, &keys)?;
    let named = |public: &[u8; 32]| keys.keys().iter().find(|key| key.public == *public).map(|key| key.key_id.clone());
    let signers: Vec<String> = verified.signers().iter().filter_map(named).collect();
    let rule = verified.rule();
    let hash = hex(rule.content_hash());
    say(json!({ "id": rule.rule_id(), "version": rule.version(), "content_hash": hash, "signed_by": signers }));
    Ok(ExitCode::SUCCESS)
}
