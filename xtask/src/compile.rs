//! Runs Cargo for a wasm crate and says where its module lies.

use crate::{kept::Kept, options::Options};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The profile of what is downloaded.
pub(crate) const SMALL: &str = "wasm";

/// What LLVM leaves out in it: loops with counters of their own for addresses, and loads that are moved to where they
/// may not be needed. Both are for registers, of which a module has none; together they make it one hundredth larger.
const SMALLER: [&str; 2] = ["-disable-lsr", "-enable-load-pre=false"];

/// The crate of the npm package's modules.
pub(crate) const BINDGEN: &str = "interlock-bindgen";

/// SHA-256 as a loop and not unrolled: the default module hashes the tables of a guard, once.
const COMPACT_HASH: [&str; 2] = ["--cfg", "sha2_backend_soft=\"compact\""];

/// A stack of 960 KB and not of 1 MB: what lies behind it then has addresses below 2^20, each a byte shorter.
const STACK: &str = "-Clink-arg=-zstack-size=983040";

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The folder of the workspace, known since this crate was compiled in it.
pub(crate) fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).context("xtask lies outside a workspace")
}

/// The folder that Cargo builds into.
pub(crate) fn target_dir() -> Result<PathBuf> {
    Ok(match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => root()?.join("target"),
    })
}

/// Compiles the library of `package` with the options' profile and returns the path of its module: the one that was kept,
/// where nothing has changed.
///
/// # Errors
/// Cargo cannot be started or fails; it has then said why.
pub(crate) fn module(package: &str, options: &Options) -> Result<PathBuf> {
    let package = options.package.as_deref().unwrap_or(package);
    let mut arguments: Vec<String> =
        ["build", "--lib", "--profile", &options.profile, "--target", TARGET, "-p", package].map(str::to_owned).into();
    match &options.manifest_path {
        Some(path) => arguments.extend(["--manifest-path".into(), path.display().to_string()]),
        None => arguments.push("--locked".into()),
    }
    if options.no_default_features {
        arguments.push("--no-default-features".into());
    }
    if let Some(features) = &options.features {
        arguments.extend(["--features".into(), features.clone()]);
    }
    let flags = rustflags(package, options)?;
    let toolchain = debian_toolchain()?;
    let mut way = arguments.clone();
    way.extend([flags.clone(), compiler()?, format!("{toolchain:?}")]);
    // Cargo's profiles may be changed from outside.
    way.extend(
        env::vars().filter(|(name, _)| name.starts_with("CARGO_PROFILE_")).map(|(name, value)| name + "=" + &value),
    );
    // So compiled, small functions of one crate are not made anew in another: that is one hundredth of the module.
    let is_incremental = options.profile == SMALL && package == BINDGEN;
    if is_incremental {
        way.push("incremental".into());
    }
    // What other crates depend on, nobody here knows.
    let is_known = options.manifest_path.is_none() && options.package.is_none();
    let kept = if is_known { Some(Kept::new(package, &way)?) } else { None };
    if let Some(module) = kept.as_ref().and_then(Kept::current) {
        return Ok(module);
    }

    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()?).args(arguments).arg("--target-dir").arg(target_dir()?);
    // `cargo run` describes xtask to its children; build scripts must not see that in place of their own crate.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    if is_incremental {
        cargo.env("CARGO_INCREMENTAL", "1");
    }
    cargo.envs(toolchain);
    let status = cargo.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("cargo build -p {package} for {TARGET} failed");
    }
    let file = format!("{}.wasm", package.replace('-', "_"));
    let built = target_dir()?.join(TARGET).join(&options.profile).join(file);
    kept.map_or(Ok(built.clone()), |kept| kept.keep(&built))
}

/// What the compiler says of itself.
fn compiler() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).current_dir(root()?).arg("-vV").output().context("cannot start rustc")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Cargo's flags for rustc, with the machine's folders taken out of the panic messages: the module's bytes must not tell
/// where it was built. And with what the processor must have, if that is more than usual.
fn rustflags(package: &str, options: &Options) -> Result<String> {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .context("no home folder")?;
    let mut flags: Vec<String> =
        env::var("RUSTFLAGS").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    for (folder, name) in [(home.join("registry/src"), "crates"), (root()?, "interlock")] {
        flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
    }
    flags.extend(options.target_features.as_ref().map(|features| format!("-Ctarget-feature=+{features}")));
    if options.profile == SMALL {
        flags.extend(SMALLER.map(|option| format!("-Cllvm-args={option}")));
        if package == BINDGEN {
            flags.push(STACK.into());
        }
        if package == BINDGEN && !options.features.as_deref().unwrap_or_default().contains("ledger") {
            flags.extend(COMPACT_HASH.map(str::to_owned));
        }
    }
    Ok(flags.join("\u{1f}"))
}

/// What `scripts/setup.mjs` wrote where there is no rustup: the compiler wrapper and the linker of the standard
/// library built from source. Empty on a machine with rustup.
fn debian_toolchain() -> Result<Vec<(String, String)>> {
    let file = root()?.join("target/wasm-sysroot/env");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(Vec::new()) };
    text.lines()
        .map(|line| match line.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => bail!("{}: a line without '=': {line}", file.display()),
        })
        .collect()
}
