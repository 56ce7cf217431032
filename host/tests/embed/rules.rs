//! Components as rules: swapped, and kept as long as a stream needs them.

use interlock_core::halt::HaltConfig;
use interlock_core::rules::{CompiledRule, Outcome, RuleError, RuleHeader, RuleRegistry, RuleStatus, StepKind, Target};
use interlock_host::embed::{Builder, ComponentBackend};

use super::support::component_bytes;

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
