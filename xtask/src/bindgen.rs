//! The npm package's modules: wasm-bindgen over the compiled crate, then wasm-opt over its output.

use crate::{
    compile, guard_sets,
    options::Options,
    order, short_names,
    stamp::{Stamp, write_if_changed},
    uniform,
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

/// A module of the package.
struct Module {
    /// The stem of the written files.
    name: &'static str,
    /// The features of the crate that are in it, where they are not the default ones.
    features: Option<&'static str>,
    /// Cargo's profile: `wasm` is small, `wasm-fast` is fast.
    profile: &'static str,
    /// What its processor must be able to do beyond [`FEATURES`], as rustc names it.
    target_features: Option<&'static str>,
}

/// The package's modules, one for each entry point with a wasm of its own. `js/scripts/build.mjs` lists them, too.
const MODULES: [Module; 7] = [
    Module { name: "interlock", features: None, profile: "wasm", target_features: None },
    // Asked before every operation, appended to at every decision: twice as fast so.
    Module { name: "covenant", features: Some("covenant"), profile: "wasm-fast", target_features: None },
    Module { name: "ledger", features: Some("ledger"), profile: "wasm-fast", target_features: None },
    Module { name: "operad", features: Some("operad"), profile: "wasm", target_features: None },
    // Hashes and signatures over whole artifacts, before streams may begin: twice as fast so.
    Module { name: "rules", features: Some("rules"), profile: "wasm-fast", target_features: None },
    Module { name: "signals", features: Some("signals"), profile: "wasm", target_features: None },
    // Numbers in lists: twice as fast with vectors, and the same bits; `npm run check:simd` builds it without.
    Module { name: "physics", features: Some("physics"), profile: "wasm-fast", target_features: Some("simd128") },
];

/// The stem of a module that is built by itself.
const NAME: &str = "interlock";

/// What rustc's `wasm32-unknown-unknown` emits by default and every host of the project has. Naming the features, rather
/// than `--all-features`, keeps wasm-opt from using any that a host refuses.
const FEATURES: [&str; 6] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
];

/// How long a function may be, in nodes of wasm-opt's, to be inlined: where it has one caller, everywhere, and where
/// it has neither loops nor calls. In small modules, what LLVM left apart stays apart: the same code in two places, or in
/// a longer function, packs worse.
const INLINING: [&str; 3] = [
    "--one-caller-inline-max-function-size=10",
    "--always-inline-max-function-size=2",
    "--flexible-inline-max-function-size=5",
];

impl Module {
    /// What it is built with.
    fn options(&self, given: &Options) -> Options {
        let mut options = given.clone();
        options.no_default_features = self.features.is_some();
        options.features = self.features.map(str::to_owned);
        if given.scalar && self.target_features.is_some() {
            // A folder of its own, so that neither build displaces the other.
            options.profile = "wasm-scalar".into();
        } else {
            options.profile = self.profile.into();
            options.target_features = self.target_features.map(str::to_owned);
        }
        options
    }
}

/// Builds one module into `--out`, or all of the package's into `js/wasm`.
///
/// # Errors
/// A crate does not compile, its exports are not what wasm-bindgen understands, npm's `binaryen` is not installed, or
/// the options say what is in a module and not where it goes, or name a module that there is none.
pub(crate) fn build(options: &Options) -> Result<()> {
    let root = compile::root()?;
    let out = root.join(options.out.as_deref().unwrap_or(Path::new("js/wasm")));
    if let Some(wanted) = &options.module {
        let module = MODULES.iter().find(|module| module.name == wanted);
        let module = module.with_context(|| format!("the package has no module {wanted:?}"))?;
        return build_one(&module.options(options), module.name, &out, &root);
    }
    if options.out.is_some() {
        return build_one(options, NAME, &out, &root);
    }
    if options.is_of_one_module() {
        bail!("without --out all modules of the npm package are built, each with features of its own");
    }
    for module in MODULES {
        build_one(&module.options(options), module.name, &out, &root)?;
    }
    guard_sets::write(&out)
}

fn build_one(options: &Options, name: &str, out: &Path, root: &Path) -> Result<()> {
    let module = compile::module(compile::BINDGEN, options)?;
    let bytes = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;

    let level = options.wasm_opt.as_deref().unwrap_or("-O3");
    let binaryen = root.join("node_modules/binaryen");
    let wasm_opt_version = fs::read(binaryen.join("package.json"))
        .context("npm's binaryen is not installed: run `node scripts/setup.mjs --for start`")?;

    let label = out.strip_prefix(root).unwrap_or(out).join(name);
    let work = compile::target_dir()?.join("bindgen").join(label.to_string_lossy().replace(['/', '\\'], "-"));
    // How each must be made.
    let small: &[&str] = if options.profile == Options::default().profile { &INLINING } else { &[] };
    let more: Vec<&str> =
        options.target_features.as_deref().map(enabled).transpose()?.iter().chain(small).copied().collect();
    let made = more.join(" ");
    let inputs = [&bytes, level.as_bytes(), &wasm_opt_version, made.as_bytes(), SELF.as_bytes()];
    let stamp = Stamp::new(work.join("stamp"), &inputs);
    let outputs = ["_bg.wasm", "_bg.wasm.d.ts", ".js", ".d.ts"].map(|suffix| out.join(format!("{name}{suffix}")));
    if stamp.holds(&outputs) {
        println!("bindgen: {} is up to date", label.display());
        return Ok(());
    }

    let fresh = work.join("out");
    generate(bytes, name, &fresh).with_context(|| format!("wasm-bindgen refuses {}", module.display()))?;
    short_names::apply(&fresh, name)?;
    let wasm = fresh.join(format!("{name}_bg.wasm"));
    optimise(&binaryen.join("bin/wasm-opt"), &wasm, level, &more)?;
    uniform::apply(&wasm)?;
    order::apply(&wasm)?;
    for path in &outputs {
        let file = path.file_name().context("an output without a name")?;
        write_if_changed(path, &fs::read(fresh.join(file))?)?;
    }
    stamp.set(&outputs)?;
    let size = outputs.first().map(fs::metadata).transpose()?.map_or(0, |data| data.len());
    println!("bindgen: {} ({} bytes of wasm)", label.display(), size);
    Ok(())
}

/// How the module is made: a change of it is a change of its inputs.
const SELF: &str = concat!(
    include_str!("bindgen.rs"),
    include_str!("short_names.rs"),
    include_str!("uniform.rs"),
    include_str!("order.rs"),
    include_str!("order/chain.rs"),
    include_str!("order/cost.rs"),
    include_str!("order/packer.rs"),
    include_str!("order/random.rs"),
    include_str!("order/search.rs"),
    include_str!("order/variables.rs"),
);

/// Runs wasm-bindgen for its target `web`: an ES module whose `initSync` takes a compiled module, so that each host can
/// get the wasm its own way. Without the default path no bundler sees a second reference to the wasm.
fn generate(module: Vec<u8>, name: &str, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    Bindgen::new()
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .input_bytes(name, module)
        .generate(folder)
}

/// What wasm-opt calls a target feature of rustc.
fn enabled(target_features: &str) -> Result<&'static str> {
    match target_features {
        "simd128" => Ok("--enable-simd"),
        other => bail!("the target feature {other:?} is not known: only simd128 is"),
    }
}

fn optimise(wasm_opt: &Path, wasm: &PathBuf, level: &str, more: &[&str]) -> Result<()> {
    let status = Command::new("node")
        .arg(wasm_opt)
        .arg(level)
        .args(FEATURES)
        .args(more)
        // Nothing has an address below 1024: the stack comes first, and grows down towards it.
        .arg("--low-memory-unused")
        .arg(wasm)
        .arg("-o")
        .arg(wasm)
        .status()
        .context("cannot start node for wasm-opt")?;
    if !status.success() {
        bail!("wasm-opt {level} failed on {}", wasm.display());
    }
    Ok(())
}
