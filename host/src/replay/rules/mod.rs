//! The suite `rules`: compiled rules, envelopes, keys, policies as rules, and the registry.
//!
//! Bytes and hashes are hexadecimal. A refusal is `refused CODE SUBJECT VALUE BOUND`, `-` for what is not there; that of a
//! swap that is over has its words, too, which name everything that its error carries.

mod backend;
mod component;
mod native;
mod text;

use interlock_core::rules::{Capability, CompiledRule, Envelope, Hash, StepFailure, StepResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::{Answer, Backend, Refused};
use super::text::{hex, read_hex};
pub(crate) use backend::{Registering, Rules};
pub(crate) use text::{KeyText, RuleText, SecretText, Word};
use text::{header_value, policy_value, read_keys, read_policy};

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// A rule: its canonical encoding and its hash.
    Rule { rule: RuleText },
    /// Bytes of a rule that are decoded.
    Decode { bytes: String },
    /// A rule that is signed with secrets: the envelope.
    Sign { rule: RuleText, keys: Vec<SecretText> },
    /// The JSON of an envelope that is decoded.
    Envelope { json: String },
    /// The JSON of an envelope whose signatures are verified.
    Verify { json: String, keys: Vec<KeyText>, threshold: u32 },
    /// Bytes of a rule that is a policy.
    Policy { bytes: String },
    /// A registry and what is done to it.
    Registry { capability: CapabilityText, history: u32, keys: Vec<(Vec<KeyText>, u32)>, steps: Vec<Step> },
}

/// What a host can run: oldest and newest data format, wasm32, its vectors, opaque targets.
pub(crate) type CapabilityText = (u32, u32, bool, bool, Vec<String>);

/// Something done to a registry. A rule stands before its instant, in µs; `keys` are those of the case at a position.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    Register(RuleText, Word),
    /// So many rules without a payload, named `r0`, `r1` and so on, up to the first that is refused.
    RegisterMany(u32),
    /// Signed with secrets, verified against the keys at a position.
    RegisterVerified(RuleText, Vec<SecretText>, usize, Word),
    Reload(RuleText, Word),
    ReloadVerified(RuleText, Vec<SecretText>, usize, Word),
    Trust(usize),
    BeginReload(String, Word, Word),
    BeginRollback(String, Word, Word),
    Step,
    /// How the step went that is out: `ok MESSAGES`, `timed-out` or `backend WORDS`.
    Complete(String, Word),
    /// The same of a step by its number.
    CompleteStep(Word, String, Word),
    /// Every step goes well at this instant, until none is out or one does not. Gives their kinds.
    Settle(Word),
    RunSteps(Word),
    TakeOutcome,
    Readmit(String, Word),
    /// `finish`, `adopt-at-next-segment` or `drain TIMEOUT`.
    SetReloadPolicy(String, String),
    EmergencyStop(String),
    LiftStop(String),
    Active(String),
    Version(String, Word),
    History(String),
    Pin(String),
    Pinned(Word),
    IsStopped(Word),
    Adopt(Word),
    Unpin(Word),
    Snapshot,
    /// Takes the registry of a snapshot in place of this one, if it is one.
    Restore(String),
    /// The same with this one's own snapshot.
    Restart,
    /// All rules with their histories.
    State,
}

/// What comes of an input.
///
/// # Errors
/// The input is not one.
pub(crate) fn run(backend: &dyn Backend, input: Input) -> Result<Value, String> {
    let result = match input {
        Input::Rule { rule } => rule_value(backend, &rule)?,
        Input::Decode { bytes } => backend.decode_rule(&read_hex(&bytes)?).map(|(header, hash, payload)| {
            json!({ "header": header_value(&header), "hash": hex(&hash), "payload": hex(&payload) })
        }),
        Input::Sign { rule, keys } => sign(backend, &rule, &keys)?,
        Input::Envelope { json } => backend.decode_envelope(json.as_bytes()).map(|(rule, signatures)| {
            let signatures: Vec<_> = signatures.iter().map(|it| json!([it.key_id, hex(&it.signature)])).collect();
            json!({ "rule": rule_text(&rule), "signatures": signatures })
        }),
        Input::Verify { json, keys, threshold } => {
            backend.verify_rule(&read_keys(&keys)?, threshold, json.as_bytes()).map(|(rule, signers)| {
                json!({ "rule": rule_text(&rule), "signers": signers.iter().map(|key| hex(key)).collect::<Vec<_>>() })
            })
        }
        Input::Policy { bytes } => policy(backend, read_hex(&bytes)?),
        Input::Registry { capability, history, keys, steps } => {
            let mut registry = match Run::new(backend, capability, history, keys) {
                Ok(registry) => registry,
                Err(Refused(error)) => return Ok(json!({ "refused": error })),
            };
            let said: Result<Vec<_>, _> = steps.iter().map(|step| registry.does(step)).collect();
            Ok(json!(said?))
        }
    };
    Ok(result.unwrap_or_else(|Refused(error)| json!({ "refused": error })))
}

fn rule_value(backend: &dyn Backend, rule: &RuleText) -> Result<Answer<Value>, String> {
    let payload = read_hex(&rule.payload)?;
    Ok(backend
        .rule(rule, &payload)
        .map(|rule| json!({ "bytes": hex(rule.as_bytes()), "hash": hex(rule.content_hash()) })))
}

fn sign(backend: &dyn Backend, rule: &RuleText, keys: &[SecretText]) -> Result<Answer<Value>, String> {
    let keys = secrets(keys)?;
    let rule = match rule.native() {
        Ok(rule) => rule,
        Err(error) => return Ok(Err(error)),
    };
    Ok(backend.sign_rule(&rule, &keys).map(|json| String::from_utf8_lossy(&json).into_owned().into()))
}

fn policy(backend: &dyn Backend, bytes: Vec<u8>) -> Answer<Value> {
    let (policy, patterns) = backend.policy_of(&CompiledRule::decode(bytes)?)?;
    let patterns: Vec<_> = patterns.into_iter().map(|(id, action)| [id, action.as_str().to_owned()]).collect();
    let policy = serde_json::from_str(&policy).map_err(|error| Refused(format!("failure {error}")))?;
    Ok(json!({ "policy": policy_value(&policy), "patterns": patterns }))
}

fn secrets(keys: &[SecretText]) -> Result<Vec<(String, Hash)>, String> {
    let secret = |(id, secret): &SecretText| {
        let secret = read_hex(secret)?;
        Ok((id.clone(), Hash::try_from(secret.as_slice()).map_err(|_| String::from("a secret has not 32 bytes"))?))
    };
    keys.iter().map(secret).collect()
}

/// `VERSION HASH`, of the hash as much as tells rules apart.
fn rule_text(rule: &CompiledRule) -> String {
    let hash = hex(rule.content_hash());
    format!("{} {}", rule.version(), hash.get(..16).unwrap_or_default())
}

fn spoken<T: ToString>(answer: Answer<T>) -> String {
    match answer {
        Ok(said) => said.to_string(),
        Err(Refused(error)) => format!("refused {error}"),
    }
}

fn done(answer: Answer<()>) -> String {
    spoken(answer.map(|()| "-"))
}

fn found(answer: Answer<Option<CompiledRule>>) -> String {
    spoken(answer.map(|found| found.map_or_else(|| String::from("-"), |rule| rule_text(&rule))))
}

/// How a step went, of its text.
fn read_result(text: &str) -> Result<StepResult, String> {
    match text.split_once(' ') {
        Some(("ok", messages)) => Ok(Ok(messages.parse().map_err(|_| format!("{text:?} has no number"))?)),
        Some(("backend", words)) => Ok(Err(StepFailure::Backend(words.to_owned()))),
        _ if text == "timed-out" => Ok(Err(StepFailure::TimedOut)),
        _ => Err(format!("{text:?} is not how a step goes")),
    }
}

fn settle(registry: &mut dyn Registering, now_us: u64) -> String {
    let mut said = Vec::new();
    loop {
        match registry.step() {
            Ok(None) => return said.join(" "),
            Ok(Some((id, text))) => {
                said.push(text.split(' ').nth(1).unwrap_or_default().to_owned());
                if let Err(Refused(error)) = registry.complete(id, Ok(0), now_us) {
                    return format!("{} refused {error}", said.join(" "));
                }
            }
            Err(Refused(error)) => return format!("{} refused {error}", said.join(" ")),
        }
    }
}

/// A registry that is used step by step.
pub(crate) struct Run {
    registry: Box<dyn Registering>,
    capability: Capability,
    keys: Vec<(Vec<KeyText>, u32)>,
}

impl Run {
    pub(crate) fn new(
        backend: &dyn Backend,
        capability: CapabilityText,
        history: u32,
        keys: Vec<(Vec<KeyText>, u32)>,
    ) -> Answer<Self> {
        let (oldest, newest, wasm32, simd128, opaque) = capability;
        let capability = Capability { data_formats: (oldest, newest), wasm32, simd128, opaque };
        Ok(Self { registry: backend.rule_registry(&capability, history)?, capability, keys })
    }

    fn signed(&self, rule: &RuleText, by: &[SecretText], keys: usize) -> Result<Answer<Signed>, String> {
        let (keys, threshold) = self.keys.get(keys).ok_or("there are no such keys")?;
        let keys = read_keys(keys)?;
        let secrets = secrets(by)?;
        Ok(rule.native().and_then(|rule| {
            let mut envelope = Envelope::new(rule);
            for (id, secret) in &secrets {
                envelope.sign(id, secret)?;
            }
            Ok(Signed { keys, threshold: *threshold, envelope: envelope.encode() })
        }))
    }

    /// Whether a step is out.
    pub(crate) fn is_busy(&mut self) -> bool {
        matches!(self.registry.step(), Ok(Some(_)))
    }

    /// What comes of a step.
    ///
    /// # Errors
    /// The step is not one.
    pub(crate) fn does(&mut self, step: &Step) -> Result<String, String> {
        if let Step::RegisterVerified(rule, by, keys, now) | Step::ReloadVerified(rule, by, keys, now) = step {
            let signed = self.signed(rule, by, *keys)?;
            let registry = &mut self.registry;
            return Ok(if matches!(step, Step::RegisterVerified(..)) {
                done(signed.and_then(|it| registry.register_verified(&it, now.0)))
            } else {
                spoken(signed.and_then(|it| registry.reload_verified(&it, now.0)))
            });
        }
        let registry = &mut self.registry;
        Ok(match step {
            Step::Register(rule, now) => done(rule.native().and_then(|rule| registry.register(&rule, now.0))),
            Step::RegisterMany(count) => {
                let mut said = String::from("-");
                for number in 0..*count {
                    let rule = RuleText::new(&format!("r{number}"), 1);
                    if let Err(Refused(error)) = rule.native().and_then(|rule| registry.register(&rule, 0)) {
                        said = format!("{number} refused {error}");
                        break;
                    }
                }
                said
            }
            Step::Reload(rule, now) => spoken(rule.native().and_then(|rule| registry.reload(&rule, now.0))),
            Step::RegisterVerified(..) | Step::ReloadVerified(..) => String::new(),
            Step::Trust(at) => {
                let (keys, threshold) = self.keys.get(*at).ok_or("there are no such keys")?;
                done(registry.trust(&read_keys(keys)?, *threshold))
            }
            Step::BeginReload(id, version, now) => spoken(registry.begin_reload(id, version.0, now.0)),
            Step::BeginRollback(id, version, now) => spoken(registry.begin_rollback(id, version.0, now.0)),
            Step::Step => spoken(registry.step().map(|step| step.map_or_else(|| String::from("-"), |(_, text)| text))),
            Step::Complete(result, now) => {
                let result = read_result(result)?;
                // Where none is out, one that never is.
                let id = registry.step().map(|step| step.map_or(0, |(id, _)| id));
                done(id.and_then(|id| registry.complete(id, result, now.0)))
            }
            Step::CompleteStep(id, result, now) => done(registry.complete(id.0, read_result(result)?, now.0)),
            Step::Settle(now) => settle(registry.as_mut(), now.0),
            Step::RunSteps(now) => done(registry.run_steps(now.0)),
            Step::TakeOutcome => {
                spoken(registry.take_outcome().map(|found| found.unwrap_or_else(|| String::from("-"))))
            }
            Step::Readmit(id, version) => done(registry.readmit(id, version.0)),
            Step::SetReloadPolicy(id, policy) => done(registry.set_reload_policy(id, read_policy(policy)?)),
            Step::EmergencyStop(id) => spoken(registry.emergency_stop(id)),
            Step::LiftStop(id) => done(registry.lift_stop(id)),
            Step::Active(id) => found(registry.active(id)),
            Step::Version(id, version) => found(registry.version(id, version.0)),
            Step::History(id) => spoken(registry.history(id)),
            Step::Pin(id) => spoken(registry.pin(id)),
            Step::Pinned(pin) => found(registry.pinned(pin.0).map(Some)),
            Step::IsStopped(pin) => spoken(registry.is_stopped(pin.0)),
            Step::Adopt(pin) => spoken(registry.adopt(pin.0)),
            Step::Unpin(pin) => done(registry.unpin(pin.0)),
            Step::Snapshot => spoken(registry.snapshot().map(|bytes| hex(&bytes))),
            Step::Restore(snapshot) => done(registry.restore(&read_hex(snapshot)?, &self.capability)),
            Step::Restart => {
                let snapshot = registry.snapshot();
                done(snapshot.and_then(|snapshot| registry.restore(&snapshot, &self.capability)))
            }
            Step::State => spoken(registry.list().and_then(|rules| {
                let state = |(id, text): (String, String)| Ok(format!("{text}: {}", registry.history(&id)?));
                let states: Answer<Vec<_>> = rules.into_iter().map(state).collect();
                Ok(states?.join("; "))
            })),
        })
    }
}

/// A rule in an envelope, and the keys that it is to be verified with.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) keys: Vec<interlock_core::rules::TrustedKey>,
    pub(crate) threshold: u32,
    pub(crate) envelope: Vec<u8>,
}
