//! What a version of an interface may differ in from the one before it.

use semver::Version;
use std::collections::BTreeMap;

/// Something that users of the package see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Its whole meaning to a caller: two are the same where this is.
    pub(super) text: String,
    /// The version that it came with; without one it is not marked.
    pub(super) since: Option<Version>,
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Surface {
    pub(super) version: Version,
    pub(super) items: BTreeMap<String, Item>,
}

/// Whether who asked for `old` may be given `new`: the leftmost number that is not 0 stays.
fn is_compatible(old: &Version, new: &Version) -> bool {
    let kept = |version: &Version| match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    };
    new >= old && kept(old) == kept(new)
}

/// What forbids to publish `new` after `published`, a line each.
pub(super) fn problems(new: &Surface, published: Option<&Surface>) -> Vec<String> {
    let mut found = Vec::new();
    let version = &new.version;
    for (path, item) in &new.items {
        if item.since.is_none() {
            found.push(format!("{path} does not say since when it is: @since(version = {version})"));
        }
    }
    let Some(published) = published else { return found };
    let before = &published.version;
    if version < before {
        found.push(format!("the package is at {version}, below the published {before}"));
    }
    let compatible = is_compatible(before, version);
    for (path, old) in published.items.iter().filter(|_| compatible) {
        match new.items.get(path) {
            None => found.push(format!("{path} of {before} is not there: {version} may not break")),
            Some(item) if item.text != old.text => {
                found.push(format!(
                    "{path} was `{}` in {before} and is `{}`: {version} may not break",
                    old.text, item.text
                ));
            }
            Some(item) if item.since != old.since => found.push(format!("{path}: its @since is not that of {before}")),
            Some(_) => {}
        }
    }
    for (path, item) in new.items.iter().filter(|(path, _)| !published.items.contains_key(*path)) {
        if item.since.as_ref().is_some_and(|since| since <= before) {
            found.push(format!("{path} is new after {before}, and its @since is not"));
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::release::wit;

    /// A package of one interface with these lines, at a version.
    fn package(version: &str, lines: &str) -> Surface {
        read(version, lines).unwrap()
    }

    fn read(version: &str, lines: &str) -> anyhow::Result<Surface> {
        let text = format!(
            "package a:b@{version};\n@since(version = 0.1.0)\ninterface i {{\n{lines}\n}}\n\
             @since(version = 0.1.0)\nworld w {{\n  @since(version = 0.1.0)\n  export i;\n}}\n"
        );
        wit::of_files(vec![("test.wit".into(), text)])
    }

    const ONE: &str = "@since(version = 0.1.0) one: func(a: u32) -> option<string>;";

    /// The problems of a version with these lines after 0.1.0 with `ONE`.
    fn after(version: &str, lines: &str) -> Vec<String> {
        problems(&package(version, lines), Some(&package("0.1.0", ONE)))
    }

    #[test]
    fn the_same_may_follow() {
        for version in ["0.1.0", "0.1.1", "0.2.0", "1.0.0"] {
            assert_eq!(after(version, ONE), Vec::<String>::new(), "{version}");
        }
        let mut earlier = package("0.1.0", ONE);
        earlier.version = Version::new(0, 0, 9);
        let found = problems(&earlier, Some(&package("0.1.0", ONE)));
        assert!(matches!(found.as_slice(), [one] if one.contains("below the published 0.1.0")), "{found:?}");
    }

    #[test]
    fn what_is_removed_or_changed_wants_a_version_that_may_break() {
        let changes = [
            "",
            "@since(version = 0.1.0) one: func(a: u64) -> option<string>;",
            "@since(version = 0.1.0) one: func(b: u32) -> option<string>;",
            "@since(version = 0.1.0) one: func(a: u32);",
            "@since(version = 0.1.0) one: func(a: u32) -> option<list<u8>>;",
            "@since(version = 0.1.0) one: async func(a: u32) -> option<string>;",
        ];
        for lines in changes {
            for version in ["0.1.0", "0.1.7"] {
                let found = after(version, lines);
                assert!(matches!(found.as_slice(), [one] if one.contains("i/one()")), "{lines}: {found:?}");
            }
            assert_eq!(after("0.2.0", lines), Vec::<String>::new(), "{lines}");
        }
    }

    #[test]
    fn a_field_or_case_changes_its_type() {
        let old = "@since(version = 0.1.0) record r { a: u8 }\n@since(version = 0.1.0) enum e { x }\n\
                   @since(version = 0.1.0) variant v { x(u8), y }\n@since(version = 0.1.0) flags f { x }";
        for (from, to) in [
            ("a: u8", "a: u8, b: u8"),
            ("enum e { x", "enum e { x, y"),
            ("x(u8)", "x(u16)"),
            ("flags f { x", "flags f { y"),
        ] {
            let new = package("0.1.1", &old.replacen(from, to, 1));
            assert_eq!(problems(&new, Some(&package("0.1.0", old))).len(), 1, "{to}");
        }
    }

    #[test]
    fn an_addition_says_since_when() {
        let added = |since: &str| format!("{ONE}\n@since(version = {since}) two: func();");
        assert_eq!(after("0.1.1", &added("0.1.1")), Vec::<String>::new());
        assert_eq!(after("0.2.0", &added("0.2.0")), Vec::<String>::new());
        assert!(after("0.1.1", &added("0.1.0")).concat().contains("its @since is not"));
        // Under the published version nothing can be added.
        assert!(!after("0.1.0", &added("0.1.0")).is_empty());
        // The parser itself refuses what came with a later version than its package's.
        assert!(read("0.1.0", &added("0.1.1")).is_err());
        assert!(after("0.1.1", &format!("{ONE}\ntwo: func();")).concat().contains("since when"));
    }

    #[test]
    fn the_mark_of_a_published_item_stays() {
        let found = after("0.1.1", &ONE.replace("0.1.0", "0.1.1"));
        assert!(matches!(found.as_slice(), [one] if one.contains("its @since")), "{found:?}");
    }

    #[test]
    fn before_the_first_release_every_item_is_marked() {
        assert_eq!(problems(&package("0.1.0", ONE), None), Vec::<String>::new());
        assert_eq!(problems(&package("0.1.0", "one: func();"), None).len(), 1);
    }

    #[test]
    fn versions_are_compatible_as_cargo_has_it() {
        let version = |text| Version::parse(text).unwrap();
        for (old, new, expected) in [
            ("0.1.0", "0.1.9", true),
            ("0.1.0", "0.2.0", false),
            ("0.0.1", "0.0.2", false),
            ("1.2.0", "1.9.0", true),
            ("1.2.0", "1.1.0", false),
            ("1.2.0", "2.0.0", false),
        ] {
            assert_eq!(is_compatible(&version(old), &version(new)), expected, "{old} {new}");
        }
    }
}
