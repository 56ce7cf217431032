//! The few English words whose meaning matters to the evidence: function words, words that exclude each
//! other, number words, and words for the same thing.
//!
//! This is a heuristic's vocabulary, not a dictionary. A word that is not here is content, known only by
//! whether both texts have it; in other languages numbers and shared words still work. Nothing here buys
//! approval: a word only ever decides how two texts are compared.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::role;
use crate::score::dictionary::place;
use crate::score::signals::is_negative_contraction;
use crate::score::text::{leading, words};

/// What a word opens at the beginning of a sentence: nothing special.
pub(super) const PLAIN: u8 = 0;
/// "What", "when": a question, unless it ends like a statement.
pub(super) const ASKING: u8 = b'?';
/// "Is", "did": the verb before the subject.
pub(super) const INVERTED: u8 = b'!';
/// "Explain", "pretend": an order, which states nothing.
pub(super) const ORDERING: u8 = b'*';

/// The group of words that exclude no other.
pub(super) const NO_GROUP: u8 = u8::MAX;
/// The group of number words, whose members are their values.
pub(super) const NUMBER_WORDS: u8 = 254;
/// The group of scale words, whose members are how many zeros they append to the number before them.
pub(super) const SCALE_WORDS: u8 = 253;
const MONTHS: u8 = 1;
const DAYS: u8 = 2;

/// What is known of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) role: u32,
    /// [`ASKING`], [`INVERTED`], [`ORDERING`] or [`PLAIN`].
    pub(super) opening: u8,
    /// Words of a group exclude each other, unless they are the same member of it.
    pub(super) group: u8,
    pub(super) member: u8,
}

impl Entry {
    const CONTENT: Self = Self { role: role::CONTENT, opening: PLAIN, group: NO_GROUP, member: 0 };

    /// Reads the code of a word in [`LEXICON`].
    fn read(code: &str) -> Self {
        let mut entry = Self::CONTENT;
        let mut bytes = code.bytes();
        let (first, second) = (bytes.next().unwrap_or(b'_'), bytes.next().unwrap_or(PLAIN));
        match first {
            b'=' => {
                entry.group = second.wrapping_sub(b'a');
                entry.member = bytes.next().unwrap_or(0).wrapping_sub(b'a');
            }
            b'#' | b'^' => {
                entry.group = if first == b'#' { NUMBER_WORDS } else { SCALE_WORDS };
                for digit in code.bytes().skip(1) {
                    entry.member = entry.member.wrapping_mul(10).wrapping_add(digit & 15);
                }
            }
            b'A'..=b'Z' => (entry.role, entry.opening) = (role::of_letter(first), second),
            b'_' => entry.opening = second,
            _ => {}
        }
        entry
    }
}

/// What is known of a lower-cased word. Words that are not in the table are content.
///
/// `capital`: the word has a capital; `initial`: it is the first of its sentence. Months and days are
/// written with a capital, the other words that exclude each other without one.
pub(super) fn entry(text: &str, capital: bool, initial: bool) -> Entry {
    let named = capital && !initial;
    let code = if is_negative_contraction(text) {
        "N"
    } else if named && text == "may" {
        // The month, which is a verb first.
        "=be"
    } else {
        find(text).unwrap_or_default()
    };
    let found = Entry::read(code);
    let written = if is_calendar(found.group) { capital } else { !named };
    if found.group == NO_GROUP || written { found } else { Entry::CONTENT }
}

/// Where the words of [`LEXICON`] are, by their hash: the place of the word, and above it that of its code.
/// Filled when the first word is looked up.
static INDEX: [AtomicU32; SLOTS] = [const { AtomicU32::new(0) }; SLOTS];
/// A power of two, well above the number of words, so that few of them share a hash.
const SLOTS: usize = 2048;
static IS_INDEXED: AtomicBool = AtomicBool::new(false);

/// The slot where the search for a word begins.
fn hash(word: &[u8]) -> usize {
    let hash = word.iter().fold(0_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x9E37_79B1).rotate_left(9));
    place(hash)
}

/// Fills the index. Threads that do so at the same time find each other's words in their slots.
#[inline(never)]
fn index() {
    let (mut start, mut code, mut is_code) = (0_u32, 0_u32, true);
    let mut end = 0_u32;
    for byte in LEXICON.bytes() {
        if is_end(byte) {
            if is_code {
                code = start;
            } else {
                let mut slot = hash(LEXICON.as_bytes().get(place(start)..place(end)).unwrap_or_default());
                let entry = code << 16 | start;
                while let Some(found) = INDEX.get(slot % SLOTS)
                    && found
                        .compare_exchange(0, entry, Ordering::Relaxed, Ordering::Relaxed)
                        .is_err_and(|other| other != entry)
                {
                    slot = slot.wrapping_add(1);
                }
            }
            is_code = byte == b';';
            start = end.wrapping_add(1);
        }
        end = end.wrapping_add(1);
    }
    IS_INDEXED.store(true, Ordering::Release);
}

/// Whether a byte ends a word or a code of the lexicon.
fn is_end(byte: u8) -> bool {
    byte == b' ' || byte == b';'
}

/// The word or code at a place of the lexicon.
fn item(at: u32) -> &'static str {
    leading(LEXICON.get(place(at)..).unwrap_or_default(), |c| c != ' ' && c != ';').0
}

/// The code of a word in [`LEXICON`].
#[inline(never)]
fn find(word: &str) -> Option<&'static str> {
    if !IS_INDEXED.load(Ordering::Acquire) {
        index();
    }
    let mut slot = hash(word.as_bytes());
    loop {
        let entry = INDEX.get(slot % SLOTS)?.load(Ordering::Relaxed);
        if entry == 0 {
            return None;
        }
        if item(entry & 0xFFFF) == word {
            return Some(item(entry >> 16));
        }
        slot = slot.wrapping_add(1);
    }
}

/// Whether a group is that of months or days of the week.
pub(super) fn is_calendar(group: u8) -> bool {
    group == MONTHS || group == DAYS
}

/// Adjectives of origin: their endings, three letters each, and common ones that these do not tell or that are
/// looked for by their beginnings.
const ORIGINS: &str =
    "ish ese ian ean african american arab british chinese dutch english french german greek spanish swiss";

/// Whether a lower-cased name is an adjective of origin, which describes and does not identify; if `open`,
/// whether it may become a common one.
pub(super) fn is_origin(name: &str, open: bool) -> bool {
    words(ORIGINS).any(|origin| match origin.len() {
        3 => name.ends_with(origin),
        _ => origin.starts_with(name) && (open || origin == name),
    })
}

/// The form under which a lower-cased word is compared: without the endings of plural and past, without a
/// final e, and with words for the same thing taken together.
pub(super) fn lemma(word: &str) -> &str {
    let stem = stem(word);
    let stem =
        if stem.len() > 4 && is_ascii(stem) && stem.as_bytes().ends_with(b"e") { shorten(stem, 1) } else { stem };
    let same = find(stem).and_then(|code| code.split_at_checked(1)).filter(|(sign, _)| *sign == ">");
    same.map_or(stem, |(_, same)| same)
}

/// A small loop, where that of the standard library is a large one.
#[inline(never)]
fn is_ascii(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii())
}

/// Endings with how many of their letters are left out; the first that a word has counts.
static ENDINGS: [(&str, usize); 16] = [
    ("ing", 3),
    ("ed", 2),
    ("shes", 2),
    ("ches", 2),
    ("xes", 2),
    ("sses", 2),
    ("ies", 3),
    ("ss", 0),
    ("us", 0),
    ("is", 0),
    ("s", 1),
    ("ay", 0),
    ("ey", 0),
    ("oy", 0),
    ("uy", 0),
    ("y", 1),
];

fn stem(word: &str) -> &str {
    if word.len() < 4 || !is_ascii(word) || !matches!(word.as_bytes(), [.., b'g' | b'd' | b's' | b'y']) {
        return word;
    }
    for (ending, letters) in ENDINGS {
        if word.ends_with(ending) {
            let stem = shorten(word, letters);
            return match ending.as_bytes() {
                [.., b'g' | b'd'] if stem.len() < 3 => word,
                [.., b'g' | b'd'] => undouble(stem),
                _ => stem,
            };
        }
    }
    word
}

/// "stopp" (of "stopped") to "stop".
fn undouble(stem: &str) -> &str {
    match stem.as_bytes() {
        [.., a, b] if a == b && !matches!(b, b'l' | b's' | b'z') => shorten(stem, 1),
        _ => stem,
    }
}

/// An ASCII word without its last letters.
#[inline(never)]
fn shorten(word: &str, letters: usize) -> &str {
    word.get(..word.len().saturating_sub(letters)).unwrap_or(word)
}

/// Codes, each with the words it is of: a letter for their role (see [`role`]; `_` is content) and a mark for what
/// they open; `#` with a value; `^` with zeros; `=` with letters for group and member; `>` with the stem that stands
/// for them. "One" is left out as a number: it mostly stands for something.
#[rustfmt::skip]
static LEXICON: &str = "\
    A from;\
    B am be became become becomes been being;\
    B! are is was were;\
    C although and because but if or so that though whereas while yet;\
    C? when where which who whose;\
    D any each every her his its my our some the their these this those your;\
    E before until;\
    F after since;\
    I a an;\
    K additional another different else elsewhere extra instead other others similar unlike;\
    L besides beyond except outside unless without;\
    M least more;\
    N cannot neither never no nobody none nor not nothing nowhere;\
    O above exceeding exceeds over;\
    P building company firm he him i it landmark monument one planet she structure them there they us we you;\
    R across along among at during for in into near of on onto per via with within;\
    S less most up;\
    T through to;\
    U below under;\
    V amounts appear appeared appears came come comes cover covered covers done extend extended extends get \
    gets go goes got had has have having lay lie lies look looked looks measure measured measures might must \
    ran reach reached reaches remain remained remains rise rises rose run runs said sat says seem seemed seems \
    shall sit sits span spanned spans stand standing stands stood total totalled totals turn turned turns weigh \
    weighed weighs went;\
    V! can could did do does may should will would;\
    V* say;\
    W between;\
    X about almost approx approximately around circa nearly roughly;\
    Y by;\
    Z actually all also as both called certainly course currently down either even exactly fact few here \
    however indeed just known lot made make makes many merely much named now off often only out own precisely \
    quite rather really same several simply still such sure than then thus today too usually very well yes;\
    Z* please;\
    Z? how what whom why;\
    _* answer assume compare continue define describe discuss explain give help imagine list name pretend \
    repeat rewrite show summarise summarize suppose tell translate write;\
    #0 zero;#2 two;#3 three;#4 four;#5 five;#6 six;#7 seven;#8 eight;#9 nine;#10 ten;#11 eleven;#12 twelve;#13 \
    thirteen;#14 fourteen;#15 fifteen;#16 sixteen;#17 seventeen;#18 eighteen;#19 nineteen;#20 twenty;#30 \
    thirty;#40 forty;#50 fifty;#60 sixty;#70 seventy;#80 eighty;#90 ninety;\
    ^2 hundred;^3 thousand;^6 million;^9 billion;^12 trillion;\
    =aa red;=ab orange;=ac yellow;=ad green;=ae blue;=af purple;=ag violet;=ah pink;=ai brown;=aj black;=ak \
    white;=al gray grey;=ba january;=bb february;=bc march;=bd april;=bf june;=bg july;=bh august;=bi \
    september;=bj october;=bk november;=bl december;=ca monday;=cb tuesday;=cc wednesday;=cd thursday;=ce \
    friday;=cf saturday;=cg sunday;=da north northern;=db south southern;=dc east eastern;=dd west western;=ea \
    open;=eb closed;=fa true;=fb false;=ga alive;=gb dead;=ha legal;=hb illegal;=ia possible;=ib impossible;=ja \
    safe;=jb dangerous unsafe;=ka allowed permitted;=kb forbidden prohibited;=la available;=lb unavailable;=ma \
    enabled;=mb disabled;=na compulsory mandatory required;=nb optional;=oa biggest largest;=ob smallest;=pa \
    longest;=pb shortest;=qa highest tallest;=qb lowest;=ra oldest;=rb newest youngest;=sa hot;=sb cold;=ta \
    full;=tb empty;=ua increased;=ub decreased;=va increases;=vb decreases;=wa won;=wb lost;=xa accepted \
    approved;=xb refused rejected;=ya public;=yb private;=za correct;=zb incorrect wrong;\
    >birth born;>build built construct erect;>centimetr centimeter cm;>colour color;>deep depth;>design \
    architect designer;>dollar usd;>euro eur;>finish complet;>foot feet ft;>hour hr;>kilogram kg kilo;>kilometr \
    kilometer km;>long length;>metr m meter;>millimetr millimeter mm;>minut min;>open inaugurat;>percent \
    percentag;>pound gbp;>start began begin begun;>tall height high;>weigh weight;>wid wide width;>writ author \
    written wrote;";

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn every_word_is_found_with_its_code() {
        let mut words: Vec<&str> = Vec::new();
        for group in LEXICON.strip_suffix(';').unwrap().split(';') {
            let (code, of) = group.split_once(' ').unwrap();
            assert!(code.starts_with('_') || Entry::read(code).role != role::CONTENT || code.len() > 1, "{code}");
            for word in of.split(' ') {
                assert!(!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word:?}");
                assert_eq!(find(word), Some(code));
                words.push(word);
            }
            if let Some(same) = code.strip_prefix('>') {
                assert_eq!(lemma(same), same, "a stem stands for itself");
            }
        }
        let len = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), len, "each word once");
        assert!(len < SLOTS / 2 && LEXICON.len() <= 0xFFFF);
        assert_eq!([find(""), find("towe"), find(";")], [None; 3]);
    }

    #[test]
    fn forms_of_a_word_meet() {
        for forms in [
            ["metres", "meter", "m"].as_slice(),
            &["finished", "finishes", "completed", "complete"],
            &["opened", "opens", "open", "inaugurated"],
            &["cities", "city"],
            &["days", "day"],
            &["stopped", "stops"],
            &["tall", "height", "high"],
        ] {
            for form in forms {
                assert_eq!(lemma(form), lemma(forms.first().unwrap()), "{form}");
            }
        }
        assert_ne!(lemma("wide"), lemma("tall"));
        assert_eq!(lemma("größe"), "größe");
    }

    #[test]
    fn capitals_tell_months_from_verbs() {
        assert_eq!(entry("may", false, false).role, role::VERB);
        assert_eq!(entry("may", true, true).role, role::VERB);
        assert_eq!(entry("may", true, false).group, MONTHS);
        assert_eq!(entry("march", false, false).group, NO_GROUP);
        assert_eq!(entry("march", true, false).group, MONTHS);
        assert_eq!(entry("green", true, false).group, NO_GROUP, "Mr Green");
        assert_eq!(entry("don't", false, false).role, role::NEGATION);
    }
}
