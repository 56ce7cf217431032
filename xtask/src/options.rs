//! The command line.

use anyhow::{Result, bail};
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: cargo run -q -p xtask -- bindgen|component|wit|versions [options]

  bindgen     interlock-bindgen as ES modules: wasm, JS glue and types (wasm-bindgen, then wasm-opt)
  component   interlock-component as WebAssembly components, one for each WIT world
  wit         compares wit/ with the last release's: may it be published as this version?
  versions    compares the versions of all manifests with each other

  --out DIR               where to write (default: target/component; the npm package's modules, all, to js/wasm)
  --features A,B          Cargo features of the crate
  --no-default-features   without the crate's default features
  --wasm-opt=-O3|-Oz      how wasm-opt optimises (bindgen only)
  --module NAME           one of the npm package's modules, as it is in the package (bindgen only)
  --scalar                without vector instructions, where the module has some
  --package NAME          another crate of the workspace
  --manifest-path FILE    a crate outside the workspace
  --tag NAME              the release that is being made (versions only)
  --baseline REVISION     what to compare with instead of the last release's tag (wit only)";

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) out: Option<PathBuf>,
    pub(crate) features: Option<String>,
    pub(crate) no_default_features: bool,
    pub(crate) wasm_opt: Option<String>,
    pub(crate) package: Option<String>,
    pub(crate) manifest_path: Option<PathBuf>,
    pub(crate) module: Option<String>,
    pub(crate) scalar: bool,
    pub(crate) tag: Option<String>,
    pub(crate) baseline: Option<String>,
    /// Cargo's profile. This and the next are a module's and no options of the command line.
    pub(crate) profile: String,
    /// What the processor must be able to do, as rustc names it.
    pub(crate) target_features: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            out: None,
            features: None,
            no_default_features: false,
            wasm_opt: None,
            package: None,
            manifest_path: None,
            module: None,
            scalar: false,
            tag: None,
            baseline: None,
            profile: crate::compile::SMALL.into(),
            target_features: None,
        }
    }
}

pub(crate) enum Verb {
    Help,
    Bindgen(Options),
    Component(Options),
    Wit(Options),
    Versions(Options),
}

impl Options {
    /// Whether they say what is in a module.
    pub(crate) fn is_of_one_module(&self) -> bool {
        let Self { features, no_default_features, package, manifest_path, .. } = self;
        features.is_some() || *no_default_features || package.is_some() || manifest_path.is_some()
    }

    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// An unknown verb or option, an option without its value.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Verb> {
        let mut args = args;
        let verb = args.next().unwrap_or_default();
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            let (name, mut inline) = match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (arg, None),
            };
            let mut value = || match inline.take().or_else(|| args.next()) {
                Some(value) => Ok(value),
                None => bail!("option {name} wants a value\n{USAGE}"),
            };
            match name.as_str() {
                "--out" => options.out = Some(value()?.into()),
                "--features" => options.features = Some(value()?),
                "--wasm-opt" => options.wasm_opt = Some(value()?),
                "--package" => options.package = Some(value()?),
                "--manifest-path" => options.manifest_path = Some(value()?.into()),
                "--module" => options.module = Some(value()?),
                "--tag" => options.tag = Some(value()?),
                "--baseline" => options.baseline = Some(value()?),
                "--scalar" => options.scalar = true,
                "--no-default-features" => options.no_default_features = true,
                "--help" => return Ok(Verb::Help),
                _ => bail!("unknown option {name}\n{USAGE}"),
            }
        }
        match verb.as_str() {
            "bindgen" => Ok(Verb::Bindgen(options)),
            "component" => Ok(Verb::Component(options)),
            "wit" => Ok(Verb::Wit(options)),
            "versions" => Ok(Verb::Versions(options)),
            "help" | "--help" | "-h" => Ok(Verb::Help),
            other => bail!("unknown verb {other:?}\n{USAGE}"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Verb> {
        Options::parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_verbs_and_options_in_both_forms() {
        let Verb::Bindgen(options) = parse("bindgen --out=a/b --features score --no-default-features").unwrap() else {
            unreachable!("another verb")
        };
        assert_eq!(options.out, Some("a/b".into()));
        assert_eq!(options.features.as_deref(), Some("score"));
        assert!(options.no_default_features);
        let Verb::Bindgen(options) = parse("bindgen --module physics --scalar").unwrap() else {
            unreachable!("another verb")
        };
        assert_eq!((options.module.as_deref(), options.scalar), (Some("physics"), true));
        assert!(matches!(parse("component").unwrap(), Verb::Component(_)));
        assert!(matches!(parse("wit").unwrap(), Verb::Wit(options) if options.baseline.is_none()));
        assert!(
            matches!(parse("wit --baseline HEAD~1").unwrap(), Verb::Wit(options) if options.baseline.as_deref() == Some("HEAD~1"))
        );
        assert!(
            matches!(parse("versions --tag v1.2.3").unwrap(), Verb::Versions(options) if options.tag.as_deref() == Some("v1.2.3"))
        );
        assert!(matches!(parse("component --help").unwrap(), Verb::Help));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in ["", "build", "bindgen --speed", "bindgen --out"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
