//! The WebAssembly component: the compiled crate and the types that wit-bindgen left in it, encoded and validated.

use crate::{
    compile,
    options::Options,
    stamp::{Stamp, write_if_changed},
};
use anyhow::{Context, Result, bail};
use std::fs;
use wit_component::{ComponentEncoder, DecodedWasm};

/// This file: a change in how the component is made is a change of its inputs.
const SELF: &[u8] = include_bytes!("component.rs");

/// Builds `interlock.component.wasm` into `--out`, by default `target/component`.
///
/// # Errors
/// The crate does not compile, is no component guest, or imports something: the component is the whole behaviour, what
/// it needs from the world it asks for in its results.
pub(crate) fn build(options: &Options) -> Result<()> {
    let module = compile::module("interlock-component", options)?;
    let core = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;

    let folder = match &options.out {
        Some(dir) => compile::root()?.join(dir),
        None => compile::target_dir()?.join("component"),
    };
    let output = folder.join("interlock.component.wasm");
    let stamp = Stamp::new(compile::target_dir()?.join("component.stamp"), &[&core, SELF]);
    let outputs = [output];
    let [output] = &outputs;
    if stamp.holds(&outputs) {
        println!("component: {} is up to date", output.display());
        return Ok(());
    }

    let component = ComponentEncoder::default()
        .validate(true)
        .module(&core)
        .and_then(ComponentEncoder::encode)
        .with_context(|| format!("cannot encode {} as a component", module.display()))?;
    let imports = imports(&component)?;
    if !imports.is_empty() {
        bail!("the component imports {}; it must import nothing", imports.join(", "));
    }
    write_if_changed(output, &component)?;
    stamp.set(&outputs)?;
    println!("component: {} ({} bytes, no imports)", output.display(), component.len());
    Ok(())
}

/// The names of what a component imports.
fn imports(component: &[u8]) -> Result<Vec<String>> {
    match wit_component::decode(component)? {
        DecodedWasm::Component(resolve, world) => {
            let world = resolve.worlds.get(world).context("a component without its world")?;
            Ok(world.imports.keys().map(|key| resolve.name_world_key(key)).collect())
        }
        DecodedWasm::WitPackage(..) => bail!("a WIT package, not a component"),
    }
}
