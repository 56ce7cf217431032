//! Refusals of covenant, ledger, operad and rules on their way into JavaScript, and what these four read out of trees.
//!
//! What JavaScript hands in are lists of values in a fixed order, put together in `js/src`; so nothing here has names of
//! fields.

use interlock_core::json::Broken;
use interlock_core::read::Source;
use interlock_core::refusal::Refusal;

use crate::failure::{Failure, FailureKind, leave, leave_tree};
use crate::tree::{Tree, TreeSource};

/// Why a call does nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The core refuses it.
    Refused(Refusal),
    /// Something is not what it must be, as `js/src` puts it together.
    Broken,
}

impl From<Broken> for Fault {
    fn from(Broken: Broken) -> Self {
        Self::Broken
    }
}

/// Errors of the core that are refusals.
macro_rules! refusals {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for crate::refusal::Fault {
            fn from(error: $error) -> Self {
                Self::Refused((&error).into())
            }
        }
    )+};
}
#[allow(unused_imports, reason = "a module has the errors of its features only")]
pub(crate) use refusals;

/// What was made, or none and the refusal is left.
pub(crate) fn made<T>(result: Result<T, impl Into<Fault>>) -> Option<T> {
    match result {
        Ok(made) => Some(made),
        Err(error) => {
            refuse(error.into());
            None
        }
    }
}

/// What was asked for, or a value without meaning and the refusal is left.
pub(crate) fn given<T: Default>(result: Result<T, impl Into<Fault>>) -> T {
    made(result).unwrap_or_default()
}

#[cold]
#[inline(never)]
fn refuse(fault: Fault) {
    let Fault::Refused(Refusal { code, subject, value, bound, message }) = fault else {
        let message = "not what this entry point hands in".into();
        return leave(&Failure::new(FailureKind::Argument, "argument".into(), message));
    };
    let mut tree = Tree::default();
    tree.object();
    tree.key("kind").text("refusal");
    tree.key("code").text(code);
    tree.key("subject").text(&subject);
    for (name, number) in [("value", value), ("bound", bound)] {
        tree.key(name);
        match number.map(u64::try_from) {
            None => tree.null(),
            Some(Ok(number)) => tree.whole(number),
            #[allow(clippy::cast_precision_loss, reason = "no refused time is further from 0 than 2^53 ms")]
            Some(Err(_)) => tree.number(number.unwrap_or_default() as f64),
        }
    }
    tree.key("message").text(&message);
    tree.end();
    leave_tree(tree);
}

/// Reads all of a tree.
pub(crate) fn read<'a, T>(
    tree: &'a [u8],
    read: impl FnOnce(&mut TreeSource<'a>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let mut source = TreeSource::new(tree);
    let value = read(&mut source)?;
    source.finish()?;
    Ok(value)
}
