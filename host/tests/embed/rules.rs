//! Components as rules: swapped, and kept as long as a stream needs them. And the registry in a component.

use interlock_core::halt::HaltConfig;
use interlock_core::policy::Policy;
use interlock_core::rules::{
    Capability, CompiledRule, Ed25519, Envelope, KeyState, Outcome, PolicyArtifact, RuleError, RuleHeader,
    RuleRegistry, RuleStatus, StepKind, Target, TrustedKey,
};
use interlock_host::embed::{
    Builder, ComponentBackend, HostError, Limits, RuleRegistry as InstanceRegistry, SwapOutcome, TrapKind,
};

use super::support::{component_bytes, interlock};

fn rule(version: u64, payload: &[u8]) -> CompiledRule {
    CompiledRule::new(RuleHeader::new("interlock", version, Target::Wasm32), payload).unwrap()
}

#[test]
fn a_component_is_swapped_under_a_stream_that_runs() {
    let component = component_bytes();
    let mut backend = ComponentBackend::new(Builder::default());
    let mut registry = RuleRegistry::new(ComponentBackend::capability(), 5);
    registry.reload(rule(1, &component), 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    assert!(matches!(registry.take_outcome(), Some(Outcome::Swap { result: Ok(_), .. })));

    let stream = registry.pin("interlock").unwrap();
    let old = registry.pinned(stream).unwrap().clone();
    let mut monitor = backend.interlock(&old).unwrap().stream_monitor(&HaltConfig::default()).unwrap();
    assert!(!monitor.push(0.9).unwrap().is_halt());

    // What is no component never serves.
    registry.reload(rule(2, &component[..component.len() / 2]), 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    let Some(Outcome::Swap { result: Err(RuleError::BackendError { step, .. }), .. }) = registry.take_outcome() else {
        panic!("half of a component is none")
    };
    assert_eq!(step, StepKind::PreStage);
    assert_eq!(registry.version("interlock", 2).unwrap().status, RuleStatus::Failed);
    assert_eq!(registry.active("interlock").unwrap().version(), 1);

    registry.reload(rule(3, &component), 0).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    assert_eq!(registry.active("interlock").unwrap().version(), 3);
    assert!(monitor.push(0.2).unwrap().is_halt(), "the stream goes on with what it began with");
    assert!(backend.interlock(&old).is_some(), "a version that a stream uses stays loaded");
    registry.unpin(stream).unwrap();
    registry.run_steps(&mut backend, 0).unwrap();
    assert!(backend.interlock(&old).is_none());
}

fn policy_rule(version: u64) -> CompiledRule {
    PolicyArtifact::new(Policy::default(), None).unwrap().into_rule("answers", version).unwrap()
}

#[test]
fn a_registry_in_an_instance_swaps_policies_and_keeps_what_streams_use() {
    let mut registry = interlock().rule_registry(&PolicyArtifact::capability(), 2).unwrap();
    let key = TrustedKey { key_id: "ann".into(), public: Ed25519::public(&[1; 32]), state: KeyState::Current };
    registry.reload(&policy_rule(1), 5).unwrap();
    registry.run_steps(6).unwrap();
    assert!(matches!(registry.take_outcome().unwrap(), Some(SwapOutcome::Swap { swap: 1, result: Ok(_) })));
    let stream = registry.pin("answers").unwrap();

    registry.trust(std::slice::from_ref(&key), 1).unwrap();
    let refused = registry.register(&policy_rule(2), 7).unwrap_err();
    assert!(matches!(&refused, HostError::Refused(it) if it.code == "rule-invalid-signature"), "{refused}");
    let mut envelope = Envelope::new(policy_rule(2));
    envelope.sign("ann", &[1; 32]).unwrap();
    let forged = registry.reload_verified(std::slice::from_ref(&key), 1, &Envelope::new(policy_rule(2)).encode(), 7);
    assert!(matches!(forged, Err(HostError::Refused(it)) if it.code == "envelope-signature-count"));
    registry.reload_verified(std::slice::from_ref(&key), 1, &envelope.encode(), 8).unwrap();
    registry.run_steps(9).unwrap();

    assert_eq!(registry.active("answers").unwrap().unwrap(), policy_rule(2));
    assert_eq!(registry.pinned(stream).unwrap(), policy_rule(1));
    let versions = registry.history("answers").unwrap();
    assert_eq!(
        versions.iter().map(|it| (it.status, it.pinned)).collect::<Vec<_>>(),
        [(RuleStatus::Superseded(2), 1), (RuleStatus::Active, 0)]
    );
    let snapshot = registry.snapshot().unwrap();
    let instance = registry.into_instance().unwrap();
    let mut again = InstanceRegistry::restore(instance, &snapshot, &PolicyArtifact::capability()).unwrap();
    assert_eq!(again.active("answers").unwrap().unwrap().version(), 2);
    assert!(matches!(again.pinned(stream), Err(HostError::Refused(it)) if it.code == "rule-unknown-pin"));
}

#[test]
fn after_a_trap_every_stream_of_a_registry_must_halt() {
    let limits = Limits { fuel_per_call: 400_000, fuel_per_byte: 0, ..Limits::default() };
    let host = Capability { opaque: vec!["cpu".into()], ..Capability::default() };
    let mut registry = interlock().with_limits(limits).rule_registry(&host, 2).unwrap();
    let rule = |version, bytes| {
        CompiledRule::new(RuleHeader::new("r", version, Target::Opaque("cpu".into())), &vec![7; bytes]).unwrap()
    };
    registry.reload(&rule(1, 0), 0).unwrap();
    for _ in 0..2 {
        let step = registry.step().unwrap().unwrap();
        registry.complete(step.id, Ok(0), 0).unwrap();
    }
    let stream = registry.pin("r").unwrap();
    assert!(!registry.is_stopped(stream).unwrap());
    // More to hash than there is fuel for.
    let trapped = registry.register(&rule(2, 1 << 20), 0).unwrap_err();
    assert!(matches!(&trapped, HostError::Trap(trap) if trap.kind == TrapKind::OutOfFuel), "{trapped}");
    assert!(registry.is_stopped(stream).unwrap());
    assert!(matches!(registry.pin("r"), Err(HostError::Poisoned(_))));
}
