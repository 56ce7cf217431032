//! What a release is held to before anything is published: the interface and the version numbers.

mod surface;
mod versions;
mod wit;

use crate::{compile, options::Options};
use anyhow::{Result, bail};
use std::process::Command;

/// Holds the WIT package to the last release's or to that of `--baseline`, or to its own versions while there is neither.
///
/// # Errors
/// What may not be published under this version, or a baseline that is no revision or has no package.
pub(crate) fn check_wit(options: &Options) -> Result<()> {
    let root = compile::root()?;
    let new = wit::of_folder(&root.join("wit"))?;
    let baseline = match &options.baseline {
        Some(revision) => Some(revision.clone()),
        None => last_release()?,
    };
    let published = baseline.as_deref().map(wit::of_revision).transpose()?;
    report(&surface::problems(&new, published.as_ref()))?;
    match (baseline, published) {
        (Some(baseline), Some(published)) => {
            let added = new.items.len().saturating_sub(published.items.len());
            println!("wit: {} items in {}, {added} more than in {baseline}", new.items.len(), new.version);
        }
        _ => println!("wit: {} items in {}; nothing is published yet", new.items.len(), new.version),
    }
    Ok(())
}

/// Holds every manifest to one version, and that to `--tag` where it is given.
///
/// # Errors
/// What says another version.
pub(crate) fn check_versions(options: &Options) -> Result<()> {
    let root = compile::root()?;
    let found = versions::read(&root)?;
    let before = match last_release()? {
        Some(tag) => Some(versions::wheel(&show(&tag, "python/Cargo.toml")?)?),
        None => None,
    };
    report(&versions::problems(&found, options.tag.as_deref(), before.as_ref()))?;
    println!("versions: {} in {} places, {} of the wheel", found.version, found.places.len(), found.wheel);
    Ok(())
}

fn report(problems: &[String]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n  "))
}

/// The tag of the last release before this commit: the highest version, but for a tag of the commit itself.
fn last_release() -> Result<Option<String>> {
    let Some(own) = git(&["tag", "--points-at", "HEAD"])? else { return Ok(None) };
    let merged = git(&["tag", "--list", "v[0-9]*", "--merged", "HEAD"])?.unwrap_or_default();
    let versions = merged.lines().filter(|tag| !own.lines().any(|name| name == *tag)).filter_map(|tag| {
        let version = semver::Version::parse(tag.strip_prefix('v')?).ok()?;
        version.pre.is_empty().then_some((version, tag.to_owned()))
    });
    Ok(versions.max().map(|(_, tag)| tag))
}

/// A file as it was at a tag.
fn show(tag: &str, path: &str) -> Result<String> {
    match git(&["show", &format!("{tag}:{path}")])? {
        Some(text) => Ok(text),
        None => bail!("git cannot show {path} of {tag}"),
    }
}

/// What git prints, or nothing where it fails: outside of a repository nothing is published.
fn git(arguments: &[&str]) -> Result<Option<String>> {
    let Ok(done) = Command::new("git").args(arguments).current_dir(compile::root()?).output() else {
        return Ok(None);
    };
    Ok(if done.status.success() { Some(String::from_utf8(done.stdout)?) } else { None })
}
