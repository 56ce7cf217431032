//! Settings, from the tree of a plain object into the core's types.

use alloc::string::String;

use interlock_core::json::{Broken, Names};
use interlock_core::read::Source;

use crate::failure::{Failure, FailureKind};
use crate::tree::TreeSource;

/// Where the value of a field goes.
pub(super) enum Place<'a> {
    /// A number.
    Number(&'a mut f64),
    /// A whole number of 32 bits.
    Count(&'a mut u32),
    /// True or false.
    Flag(&'a mut bool),
    /// One of some names, as its position among them; with what to say of others.
    Name(&'a [&'a str], &'static str, &'a mut usize),
    /// An object with fields of its own.
    Fields(&'a mut [Field<'a>]),
}

/// A field's name, and where its value goes.
pub(super) type Field<'a> = (&'static str, Place<'a>);

/// Reads an object. What it lacks stays as it is; what the values may be is for the core to say.
///
/// # Errors
/// A field is unknown or its value of another type.
pub(super) fn read(tree: &[u8], fields: &mut [Field<'_>]) -> Result<(), Failure> {
    let mut source = TreeSource::new(tree);
    let mut wrong = Wrong::default();
    object(&mut source, fields, &mut wrong).and_then(|()| source.finish()).map_err(|Broken| {
        let Wrong { path, bound } = wrong;
        if bound.is_empty() {
            Failure::new(FailureKind::Argument, path, source.message())
        } else {
            Failure::of_bound(path, bound)
        }
    })
}

/// What is wrong with a tree.
#[derive(Default)]
struct Wrong {
    /// Path of the field.
    path: String,
    /// What its value must be; empty when the source says what is wrong.
    bound: &'static str,
}

fn object(source: &mut TreeSource<'_>, fields: &mut [Field<'_>], wrong: &mut Wrong) -> Result<(), Broken> {
    source.begin_object()?;
    while source.next_field(Names::NONE)?.is_some() {
        let key = source.key();
        let taken = match fields.iter_mut().find(|(name, _)| *name == key) {
            Some((_, place)) => value(source, place, wrong),
            None => Err(source.fail_at(0, "unknown field")),
        };
        if taken.is_err() {
            let inner = core::mem::replace(&mut wrong.path, key);
            if !inner.is_empty() {
                wrong.path.push('.');
                wrong.path.push_str(&inner);
            }
            return taken;
        }
    }
    Ok(())
}

fn value(source: &mut TreeSource<'_>, place: &mut Place<'_>, wrong: &mut Wrong) -> Result<(), Broken> {
    let (taken, bound) = match place {
        Place::Number(number) => (source.number().map(|value| assign(*number, value)), "a number"),
        Place::Count(count) => (
            source.count().map(|value| assign(*count, value.and_then(|value| value.try_into().ok()))),
            "a whole number from 0 to 4294967295",
        ),
        Place::Flag(flag) => (source.flag().map(|value| assign(*flag, Some(value))), "true or false"),
        Place::Name(names, bound, found) => {
            let index = source.text().map(|text| names.iter().position(|name| **name == text));
            (index.map(|index| assign(*found, index)), *bound)
        }
        Place::Fields(fields) => return object(source, fields, wrong),
    };
    if taken == Ok(true) {
        return Ok(());
    }
    wrong.bound = bound;
    Err(Broken)
}

/// Whether there is a value, which is put into its place.
fn assign<T>(place: &mut T, value: Option<T>) -> bool {
    value.map(|value| *place = value).is_some()
}

#[cfg(all(test, feature = "halt"))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;
    use crate::tree::tests::tree_of;

    #[derive(Debug, PartialEq)]
    struct Settings {
        number: f64,
        count: u32,
        flag: bool,
        name: usize,
        inner: f64,
    }

    const BEFORE: Settings = Settings { number: 1.0, count: 2, flag: false, name: 0, inner: 3.0 };

    fn settings(tree: &[u8]) -> Result<Settings, Failure> {
        let mut settings = BEFORE;
        let mut inner = [("inner", Place::Number(&mut settings.inner))];
        read(
            tree,
            &mut [
                ("number", Place::Number(&mut settings.number)),
                ("count", Place::Count(&mut settings.count)),
                ("flag", Place::Flag(&mut settings.flag)),
                ("name", Place::Name(&["one", "two"], "one or two", &mut settings.name)),
                ("more", Place::Fields(&mut inner)),
            ],
        )?;
        Ok(settings)
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(settings(&tree_of(&json!({}))).unwrap(), BEFORE);
        let given =
            json!({"number": -0.5, "count": 4_294_967_295_u32, "flag": true, "name": "two", "more": {"inner": 7}});
        let all = Settings { number: -0.5, count: u32::MAX, flag: true, name: 1, inner: 7.0 };
        assert_eq!(settings(&tree_of(&given)).unwrap(), all);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused: [(Value, &str); 14] = [
            (json!({"none": 1}), "path: \"none\""),
            (json!({"number": "1"}), "path: \"number\""),
            (json!({"number": null}), "bound: \"a number\""),
            (json!({"count": 1.5}), "bound: \"a whole number from 0 to 4294967295\""),
            (json!({"count": -1}), "path: \"count\""),
            (json!({"count": 4_294_967_296_u64}), "path: \"count\""),
            (json!({"count": true}), "path: \"count\""),
            (json!({"flag": 1}), "bound: \"true or false\""),
            (json!({"name": "three"}), "bound: \"one or two\""),
            (json!({"name": 1}), "path: \"name\""),
            (json!({"more": {"inner": []}}), "path: \"more.inner\""),
            (json!({"more": {"other": 1}}), "path: \"more.other\""),
            (json!({"more": 1}), "path: \"more\""),
            (json!([]), "expected an object"),
        ];
        for (value, words) in refused {
            let failure = alloc::format!("{:?}", settings(&tree_of(&value)).unwrap_err());
            assert!(failure.contains(words), "{value}: {failure}");
        }
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let tree = tree_of(&json!({"number": 1, "count": 2, "flag": true, "name": "one", "more": {"inner": 1}}));
        for end in 0..tree.len() {
            assert!(settings(&tree[..end]).is_err());
        }
        assert!(settings(&[tree.as_slice(), &[0]].concat()).is_err());
        for at in 0..tree.len() {
            for byte in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x7f, 0xff] {
                let mut changed = tree.clone();
                changed[at] = byte;
                // Whatever it says, it says it.
                let _ = settings(&changed);
            }
        }
    }
}
