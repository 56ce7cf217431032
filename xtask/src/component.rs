//! The WebAssembly components: the compiled crate and the types that wit-bindgen left in it, encoded and validated.

use crate::{
    compile,
    options::Options,
    post_return,
    stamp::{Stamp, write_if_changed},
};
use anyhow::{Context, Result, bail};
use std::fs;
use wit_component::{ComponentEncoder, DecodedWasm};

/// These files: a change in how the component is made is a change of its inputs.
const SELF: &[u8] = include_bytes!("component.rs");
const POST_RETURN: &[u8] = include_bytes!("post_return.rs");

/// A component of the crate.
struct World {
    /// The file, without `.component.wasm`.
    name: &'static str,
    /// The crate's feature of this world.
    feature: &'static str,
    /// Cargo's profile: `wasm` is small, `wasm-fast` is fast, `wasm-scalar` is that without vectors.
    profile: &'static str,
    /// What the processor must be able to do, as rustc names it.
    target_features: Option<&'static str>,
}

const WORLDS: [World; 3] = [
    World { name: "interlock", feature: "interlock", profile: "wasm", target_features: None },
    World { name: "interlock-advanced", feature: "advanced", profile: "wasm-fast", target_features: Some("simd128") },
    // For engines without vectors; and the tests show that both give the same bits.
    World { name: "interlock-advanced-scalar", feature: "advanced", profile: "wasm-scalar", target_features: None },
];

/// Builds a component for each world into `--out`, by default `target/component`; with a crate or features of its own,
/// that one as `interlock.component.wasm`.
///
/// # Errors
/// The crate does not compile, is no component guest, or imports something: a component is the whole behaviour, what
/// it needs from the world it asks for in its results.
pub(crate) fn build(options: &Options) -> Result<()> {
    if options.is_of_one_module() {
        return build_one(options, "interlock");
    }
    for world in WORLDS {
        let mut options = options.clone();
        options.no_default_features = true;
        options.features = Some(world.feature.into());
        options.profile = world.profile.into();
        options.target_features = world.target_features.map(str::to_owned);
        build_one(&options, world.name)?;
    }
    Ok(())
}

fn build_one(options: &Options, name: &str) -> Result<()> {
    let module = compile::module("interlock-component", options)?;
    let core = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;

    let folder = match &options.out {
        Some(dir) => compile::root()?.join(dir),
        None => compile::target_dir()?.join("component"),
    };
    let output = folder.join(format!("{name}.component.wasm"));
    let stamp = Stamp::new(compile::target_dir()?.join(format!("{name}.component.stamp")), &[&core, SELF, POST_RETURN]);
    let outputs = [output];
    let [output] = &outputs;
    if stamp.holds(&outputs) {
        println!("component: {} is up to date", output.display());
        return Ok(());
    }

    let core = post_return::united(&core).with_context(|| format!("{} is not understood", module.display()))?;
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
