//! Modules that were compiled before. Cargo has one place for a crate's module, whatever its features: who builds it with
//! several sets of them builds it each time. So each is kept, with what it was made from.

use crate::{
    compile::{root, target_dir},
    stamp::{Stamp, write_if_changed},
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What every module depends on besides its sources: who is who, and what with what features.
const MANIFESTS: [&str; 5] = ["Cargo.toml", "Cargo.lock", "core/Cargo.toml", "vector/Cargo.toml", ".cargo/config.toml"];

/// The module of one way to build.
pub(crate) struct Kept {
    folder: PathBuf,
    /// Compiler, options and manifests.
    made_by: Vec<Vec<u8>>,
}

impl Kept {
    /// The module of a package that is compiled in a `way`: the compiler, its flags, and Cargo's arguments.
    ///
    /// # Errors
    /// The project lies nowhere.
    pub(crate) fn new(package: &str, way: &[String]) -> Result<Self> {
        let root = root()?;
        let mut made_by: Vec<Vec<u8>> = way.iter().map(|part| part.clone().into_bytes()).collect();
        let label = Stamp::new(PathBuf::new(), &made_by.iter().map(Vec::as_slice).collect::<Vec<_>>()).inputs();
        let own = ["wasm/npm/Cargo.toml", "wasm/component/Cargo.toml"];
        made_by.extend(MANIFESTS.iter().chain(&own).map(|file| fs::read(root.join(file)).unwrap_or_default()));
        Ok(Self { folder: target_dir()?.join("modules").join(format!("{package}-{label:016x}")), made_by })
    }

    /// The module, if nothing that it was made from has changed.
    pub(crate) fn current(&self) -> Option<PathBuf> {
        let sources = fs::read_to_string(self.folder.join("sources")).ok()?;
        let module = self.folder.join("module.wasm");
        self.stamp(&sources)?.holds(std::slice::from_ref(&module)).then_some(module)
    }

    /// Keeps what Cargo has built.
    ///
    /// # Errors
    /// Cargo's list of sources cannot be read, or the module not be copied.
    pub(crate) fn keep(&self, built: &Path) -> Result<PathBuf> {
        let list = built.with_extension("d");
        let list = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
        let sources = sources_of(&list).join("\n");
        let module = self.folder.join("module.wasm");
        write_if_changed(&module, &fs::read(built).with_context(|| format!("cannot read {}", built.display()))?)?;
        write_if_changed(&self.folder.join("sources"), sources.as_bytes())?;
        if let Some(stamp) = self.stamp(&sources) {
            stamp.set(std::slice::from_ref(&module))?;
        }
        Ok(module)
    }

    /// None when a source is gone.
    fn stamp(&self, sources: &str) -> Option<Stamp> {
        let mut inputs = self.made_by.clone();
        for source in sources.lines() {
            inputs.push(source.into());
            inputs.push(fs::read(source).ok()?);
        }
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        Some(Stamp::new(self.folder.join("stamp"), &inputs))
    }
}

/// The sources in a list of Cargo's, `module: source source …`, where a space in a name has a backslash before it.
fn sources_of(list: &str) -> Vec<String> {
    let (_, sources) = list.lines().next().unwrap_or_default().split_once(": ").unwrap_or_default();
    // No name has this in it.
    let sources = sources.replace("\\ ", "\0");
    sources.split_whitespace().map(|name| name.replace('\0', " ")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cargo_are_read() {
        let list = "/t/a.wasm: /s/lib.rs /s/with\\ space/b.rs\n\n/s/lib.rs:\n";
        assert_eq!(sources_of(list), ["/s/lib.rs", "/s/with space/b.rs"]);
        assert_eq!(sources_of(""), [""; 0]);
    }

    #[test]
    fn a_module_is_kept_until_something_that_it_was_made_from_changes() {
        let folder = std::env::temp_dir().join(format!("xtask-kept-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        fs::write(path("a.rs"), "fn a() {}").unwrap();
        fs::write(path("m.wasm"), "module").unwrap();
        fs::write(path("m.d"), format!("m.wasm: {}\n", path("a.rs").display())).unwrap();
        let kept = |way: &[u8]| Kept { folder: path("kept"), made_by: vec![way.to_vec()] };

        assert_eq!(kept(b"1").current(), None, "never built");
        let module = kept(b"1").keep(&path("m.wasm")).unwrap();
        assert_eq!(fs::read(&module).unwrap(), b"module");
        assert_eq!(kept(b"1").current(), Some(module.clone()));
        assert_eq!(kept(b"2").current(), None, "built in another way");
        fs::write(path("a.rs"), "fn b() {}").unwrap();
        assert_eq!(kept(b"1").current(), None, "a source was edited");
        fs::write(path("a.rs"), "fn a() {}").unwrap();
        assert_eq!(kept(b"1").current(), Some(module.clone()));
        fs::write(&module, "damaged").unwrap();
        assert_eq!(kept(b"1").current(), None, "the module was changed");
        fs::remove_file(path("a.rs")).unwrap();
        assert_eq!(kept(b"1").current(), None, "a source is gone");
        fs::remove_dir_all(&folder).unwrap();
    }
}
