//! One version in every manifest, and the wheel's own beside it.

use anyhow::{Context, Result};
use semver::{Version, VersionReq};
use std::{fs, path::Path};

/// Where a version stands, and what stands there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) at: String,
    pub(super) version: String,
}

/// Every version of the repository.
#[derive(Debug)]
pub(super) struct Versions {
    /// The workspace's: the one that the others must be.
    pub(super) version: Version,
    pub(super) places: Vec<Place>,
    /// The wheel's, which continues the series of the package that it replaces.
    pub(super) wheel: Version,
    /// The first section of the changelog.
    pub(super) changes: String,
}

/// What the users of the published wheel ask for.
const WHEELS: &str = ">=0.1.4,<0.2";
const WHEEL: &str = "python/Cargo.toml";

/// Reads them from the repository in `root`.
///
/// # Errors
/// A manifest cannot be read or has no version where one belongs.
pub(super) fn read(root: &Path) -> Result<Versions> {
    let text = |path: &str| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    let toml = |path: &str| toml::from_str::<toml::Table>(&text(path)?).with_context(|| path.to_owned());
    let json = |path: &str| serde_json::from_str::<serde_json::Value>(&text(path)?).with_context(|| path.to_owned());
    let mut places = Vec::new();
    let mut add = |at: &str, version: Option<&str>| -> Result<()> {
        let version = version.with_context(|| format!("{at}: no version"))?.to_owned();
        places.push(Place { at: at.to_owned(), version });
        Ok(())
    };

    let workspace = toml("Cargo.toml")?;
    let of_workspace = |keys: &[&str]| keys.iter().try_fold(workspace.get("workspace")?, |value, key| value.get(key));
    let version =
        of_workspace(&["package", "version"]).and_then(toml::Value::as_str).context("Cargo.toml: no version")?;
    let members = of_workspace(&["members"]).and_then(toml::Value::as_array).context("Cargo.toml: no members")?;
    for member in members.iter().filter_map(toml::Value::as_str) {
        let path = format!("{member}/Cargo.toml");
        let manifest = toml(&path)?;
        let own = manifest.get("package").and_then(|package| package.get("version"));
        let inherited = own.and_then(|own| own.get("workspace")).is_some();
        add(&path, if inherited { Some(version) } else { own.and_then(toml::Value::as_str) })?;
    }
    // What is published asks for the others of the same release.
    for name in ["interlock-core", "interlock-vector"] {
        let wanted = of_workspace(&["dependencies", name, "version"]).and_then(toml::Value::as_str);
        add(&format!("Cargo.toml, the dependency {name}"), wanted.map(|wanted| wanted.trim_start_matches('=')))?;
    }

    let packages = ["", "js", "tests", "worker-example"];
    let lock = json("package-lock.json")?;
    for folder in packages {
        let path = if folder.is_empty() { "package.json".into() } else { format!("{folder}/package.json") };
        let manifest = json(&path)?;
        let own = |name: &str| manifest.get(name);
        add(&path, own("version").and_then(serde_json::Value::as_str))?;
        let locked = lock.get("packages").and_then(|packages| packages.get(folder)?.get("version")?.as_str());
        add(&format!("package-lock.json, {path}"), locked)?;
        if let Some(wanted) = own("dependencies").and_then(|all| all.get("interlock-wasm")?.as_str()) {
            add(&format!("{path}, the dependency interlock-wasm"), Some(wanted))?;
        }
    }

    let path = "python/interlock/pyproject.toml";
    add(path, toml(path)?.get("project").and_then(|project| project.get("version")).and_then(toml::Value::as_str))?;
    let path = "python/interlock/src/interlock/__init__.py";
    let module = text(path)?;
    add(path, module.lines().find_map(|line| line.strip_prefix("__version__ = \"")?.strip_suffix('"')))?;
    add("wit/", Some(&super::wit::of_folder(&root.join("wit"))?.version.to_string()))?;

    let changelog = text("CHANGELOG.md")?;
    let mut sections = changelog.split("\n## ").skip(1);
    let changes = sections.next().context("CHANGELOG.md has no section")?.to_owned();
    add("CHANGELOG.md", changes.split_whitespace().next())?;
    Ok(Versions { version: version.parse()?, places, wheel: wheel(&text(WHEEL)?)?, changes })
}

/// The version in the wheel's manifest.
///
/// # Errors
/// There is none.
pub(super) fn wheel(manifest: &str) -> Result<Version> {
    let manifest: toml::Table = toml::from_str(manifest).context(WHEEL)?;
    let version = manifest.get("package").and_then(|package| package.get("version")).and_then(toml::Value::as_str);
    Ok(version.with_context(|| format!("{WHEEL}: no version"))?.parse()?)
}

/// What is not as a release wants it, a line each. `tag` is the release's name; `before` the wheel's version in the last.
pub(super) fn problems(found: &Versions, tag: Option<&str>, before: Option<&Version>) -> Vec<String> {
    let Versions { version, places, wheel, changes } = found;
    let wanted = version.to_string();
    let differs = places.iter().filter(|place| place.version != wanted);
    let mut problems: Vec<String> =
        differs.map(|place| format!("{}: {} is not {wanted}", place.at, place.version)).collect();
    if !VersionReq::parse(WHEELS).is_ok_and(|range| range.matches(wheel)) {
        problems.push(format!("{WHEEL}: {wheel} is not within {WHEELS}"));
    }
    let named = changes
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .any(|word| word.trim_end_matches('.') == wheel.to_string());
    if !named {
        problems.push(format!("CHANGELOG.md: the section of {wanted} does not name the wheel's version, {wheel}"));
    }
    if let Some(tag) = tag {
        if tag != format!("v{wanted}") {
            problems.push(format!("the tag is {tag}, and the version {wanted}"));
        }
        if before.is_some_and(|before| wheel <= before) {
            problems.push(format!("{WHEEL}: {wheel} is published already"));
        }
    }
    problems
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::compile;

    fn ours() -> Versions {
        read(&compile::root().unwrap()).unwrap()
    }

    #[test]
    fn this_repository_has_one_version() {
        let found = ours();
        assert_eq!(problems(&found, Some(&format!("v{}", found.version)), None), Vec::<String>::new());
        assert!(found.places.len() > 20, "{:?}", found.places);
    }

    #[test]
    fn another_version_in_any_place_is_found() {
        for at in 0..ours().places.len() {
            let mut found = ours();
            found.places.get_mut(at).unwrap().version = "9.9.9".into();
            let problems = problems(&found, None, None);
            assert!(matches!(problems.as_slice(), [one] if one.contains("9.9.9")), "{problems:?}");
        }
    }

    #[test]
    fn a_tag_is_the_version_and_a_wheel_is_published_once() {
        let found = ours();
        assert_eq!(problems(&found, Some("v9.9.9"), None).len(), 1);
        let own = format!("v{}", found.version);
        assert_eq!(problems(&found, Some(&own), Some(&found.wheel)).len(), 1);
        assert_eq!(problems(&found, Some(&own), Some(&Version::new(0, 1, 3))).len(), 0);
    }

    #[test]
    fn the_wheel_stays_in_its_users_range_and_is_in_the_changelog() {
        for wheel in [Version::new(0, 1, 3), Version::new(0, 2, 0), Version::new(1, 0, 0)] {
            let mut found = ours();
            found.changes = format!("0.1.0\n\n`backfire-kernel` {wheel}.");
            found.wheel = wheel;
            assert_eq!(problems(&found, None, None).len(), 1);
        }
        let mut found = ours();
        found.changes = "0.1.0\n\nNothing of it.".into();
        assert_eq!(problems(&found, None, None).len(), 1);
    }
}
