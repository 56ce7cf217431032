//! Full lower-casing of a text.

use alloc::string::String;

use super::append;
use super::unicode::{is_case_ignorable, is_cased, simple_lower};

/// The full Unicode lower case of `text`, in the language-neutral mapping.
///
/// Only two characters need more than a character-by-character map: İ becomes two characters, and Σ
/// becomes ς at the end of a word (after a cased letter and not before one, case-ignorable characters
/// left aside). Linear: each run of case-ignorable characters is read ahead at most once.
#[inline(never)]
pub(crate) fn to_lowercase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Whether the last character that is not case-ignorable is cased.
    let mut after_cased = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            'İ' => {
                append(&mut out, 'i');
                append(&mut out, '\u{307}');
            }
            'Σ' => {
                let before_cased = rest.clone().find(|&next| !is_case_ignorable(next)).is_some_and(is_cased);
                append(&mut out, if after_cased && !before_cased { 'ς' } else { 'σ' });
            }
            _ => append(&mut out, simple_lower(c)),
        }
        if !is_case_ignorable(c) {
            after_cased = is_cased(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn full_mapping() {
        assert_eq!(to_lowercase("Straße STRASSE"), "straße strasse");
        assert_eq!(to_lowercase("İstanbul"), "i\u{307}stanbul");
        assert_eq!(to_lowercase("ΑΘΗΝΑΣ ΣΟΦΟΣ Σ ΑΣ' ΑΣ'Α"), "αθηνας σοφος σ ας' ασ'α");
        assert_eq!(to_lowercase("ΑΣ\u{301} ΑΣ\u{301}Α"), "ας\u{301} ασ\u{301}α");
        assert_eq!(to_lowercase("ÅNGSTRÖM Ǆ K"), "ångström ǆ k");
    }

    proptest! {
        // The compiler's tables may be of another Unicode version, so only scripts that are long settled.
        #[test]
        fn settled_scripts_agree_with_std(text in "[a-zA-Z 'ßİıſΑ-Ωα-ωςА-яÀ-ž.\u{301}\u{ad}]{0,40}") {
            prop_assert_eq!(to_lowercase(&text), text.to_lowercase());
        }

        #[test]
        fn lowering_twice_is_lowering_once_but_for_sigma(text in "\\PC{0,40}") {
            let once = to_lowercase(&text);
            prop_assert_eq!(to_lowercase(&once), once.clone());
        }
    }
}
