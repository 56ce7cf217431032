//! Skips work whose inputs are unchanged, and leaves files alone whose content is.

use anyhow::{Context, Result};
use std::{
    fmt::Write,
    fs::{self, File},
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
};

/// What a build step read and wrote, remembered beside its intermediate files.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: u64,
}

impl Stamp {
    /// A stamp in `file` for a step whose result depends on `inputs` and nothing else.
    pub(crate) fn new(file: PathBuf, inputs: &[&[u8]]) -> Self {
        Self { file, inputs: hash(inputs.iter().copied()) }
    }

    /// The inputs in one number.
    pub(crate) const fn inputs(&self) -> u64 {
        self.inputs
    }

    /// Whether the step has run with these inputs and `outputs` are still what it wrote.
    pub(crate) fn holds(&self, outputs: &[PathBuf]) -> bool {
        match (fs::read_to_string(&self.file), self.text(outputs)) {
            (Ok(stored), Ok(now)) => stored == now,
            _ => false,
        }
    }

    /// Remembers that the step has run.
    ///
    /// # Errors
    /// An output cannot be read or the stamp not be written.
    pub(crate) fn set(&self, outputs: &[PathBuf]) -> Result<()> {
        write_if_changed(&self.file, self.text(outputs)?.as_bytes())
    }

    fn text(&self, outputs: &[PathBuf]) -> Result<String> {
        let mut text = format!("inputs {:016x}\n", self.inputs);
        for path in outputs {
            let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            writeln!(text, "{:016x} {}", hash([bytes.as_slice()]), path.display())?;
        }
        Ok(text)
    }
}

/// Waits until no other xtask works in `folder`, which is made, and keeps others out until the result is dropped.
///
/// # Errors
/// The folder cannot be written, or the system has no locks.
pub(crate) fn exclusive(folder: &Path) -> Result<File> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

/// Writes `bytes` to `path`, making its folder, unless they are there already.
///
/// # Errors
/// The folder or file cannot be written.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    hasher.finish()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A folder of its own that is gone after the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn holds_for_the_same_inputs_and_outputs_only() {
        let folder = Folder::new("stamp");
        let outputs = [folder.0.join("out")];
        let stamp = |inputs: &[&[u8]]| Stamp::new(folder.0.join("made/stamp"), inputs);
        let inputs: [&[u8]; 2] = [b"ab", b"c"];

        assert!(!stamp(&inputs).holds(&outputs), "never run");
        write_if_changed(&outputs[0], b"made").unwrap();
        stamp(&inputs).set(&outputs).unwrap();
        assert!(stamp(&inputs).holds(&outputs));

        let others: [&[u8]; 2] = [b"a", b"bc"];
        assert!(!stamp(&others).holds(&outputs), "other inputs of the same bytes");
        fs::write(&outputs[0], b"edited").unwrap();
        assert!(!stamp(&inputs).holds(&outputs), "an output was edited");
        fs::remove_file(&outputs[0]).unwrap();
        assert!(!stamp(&inputs).holds(&outputs), "an output is gone");
    }

    #[test]
    fn a_file_with_the_same_content_is_left_alone() {
        let folder = Folder::new("write");
        let path = folder.0.join("deep/file");
        write_if_changed(&path, b"one").unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        write_if_changed(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        write_if_changed(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
