//! Full lower-casing of a text.

use alloc::string::String;

use super::unicode::{is_case_ignorable, is_cased, simple_lower};
use super::{append, first, last, leading, without_trailing};

/// The full Unicode lower case of `text`, in the language-neutral mapping.
///
/// Only two characters need more than a character-by-character map: İ becomes two characters, and Σ
/// becomes ς at the end of a word (after a cased letter and not before one, case-ignorable characters
/// left aside). Linear: each run of case-ignorable characters is read at most once in each direction.
#[inline(never)]
pub(crate) fn to_lowercase(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let lower = match c {
            'İ' => {
                append(&mut out, 'i');
                '\u{307}'
            }
            'Σ' => {
                let (_, after) = leading(rest.as_str(), is_case_ignorable);
                let before = without_trailing(&out, is_case_ignorable);
                let ends = !first(after).is_some_and(is_cased) && last(before).is_some_and(is_cased);
                if ends { 'ς' } else { 'σ' }
            }
            _ => simple_lower(c),
        };
        append(&mut out, lower);
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
