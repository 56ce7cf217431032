//! The backend that swaps components: another build of the interlock itself under streams that run.

use interlock_core::rules::{Capability, CompiledRule, Hash, StepFailure, StepResult, SwapBackend};

use super::engine::{Builder, Interlock};

/// Loads rules whose target is `wasm32` and whose payload is a component of Interlock. Compiling, which takes half a second,
/// is the pre-stage: the version that serves goes on meanwhile, and the swap itself is immediate. A stream that began with a
/// version has an instance of it; the code stays until no stream pins it.
///
/// ```
/// use interlock_core::rules::{CompiledRule, RuleHeader, RuleRegistry, Target};
/// use interlock_host::embed::{Builder, ComponentBackend};
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let mut backend = ComponentBackend::new(Builder::default());
/// let mut registry = RuleRegistry::new(ComponentBackend::capability(), 5);
/// let component = CompiledRule::new(RuleHeader::new("interlock", 1, Target::Wasm32), &std::fs::read(file)?)?;
/// registry.reload(component, 0)?;
/// registry.run_steps(&mut backend, 0)?;
///
/// let stream = registry.pin("interlock")?;
/// let interlock = backend.interlock(registry.pinned(stream)?).ok_or("it is active")?;
/// let instance = interlock.instantiate()?;
/// # drop(instance);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct ComponentBackend {
    builder: Builder,
    loaded: Vec<(Hash, Interlock)>,
}

impl ComponentBackend {
    /// A backend that compiles components with these options.
    #[must_use]
    pub const fn new(builder: Builder) -> Self {
        Self { builder, loaded: Vec::new() }
    }

    /// What a host has that runs components.
    #[must_use]
    pub fn capability() -> Capability {
        Capability { wasm32: true, simd128: true, ..Capability::default() }
    }

    /// The component of a version, once it is loaded.
    #[must_use]
    pub fn interlock(&self, rule: &CompiledRule) -> Option<&Interlock> {
        self.loaded.iter().find(|(hash, _)| hash == rule.content_hash()).map(|(_, interlock)| interlock)
    }

    fn require(&self, rule: &CompiledRule) -> StepResult {
        match self.interlock(rule) {
            Some(_) => Ok(0),
            None => Err(StepFailure::Backend(String::from("the version is not loaded"))),
        }
    }
}

impl SwapBackend for ComponentBackend {
    fn pre_stage(&mut self, rule: &CompiledRule) -> StepResult {
        if self.interlock(rule).is_none() {
            let failed = |error: super::HostError| StepFailure::Backend(error.to_string());
            let interlock = self.builder.build(rule.payload()).map_err(failed)?;
            // One that compiles and does not start serves nobody.
            interlock.instantiate().map_err(failed)?;
            self.loaded.push((*rule.content_hash(), interlock));
        }
        Ok(0)
    }

    /// Every stream has an instance of its own, so nothing is in flight in what they share.
    fn quiesce(&mut self, _: &CompiledRule) -> StepResult {
        Ok(0)
    }

    fn swap(&mut self, rule: &CompiledRule) -> StepResult {
        self.require(rule)
    }

    fn resume(&mut self, rule: &CompiledRule) -> StepResult {
        self.require(rule)
    }

    fn terminate(&mut self, rule: &CompiledRule) -> StepResult {
        self.loaded.retain(|(hash, _)| hash != rule.content_hash());
        Ok(0)
    }
}
