//! The few English words whose meaning matters to the evidence: function words, words that exclude each
//! other, number words, and words for the same thing.
//!
//! This is a heuristic's vocabulary, not a dictionary. A word that is not here is content, known only by
//! whether both texts have it; in other languages numbers and shared words still work. Nothing here buys
//! approval: a word only ever decides how two texts are compared.

use super::role;
use crate::score::signals::is_negative_contraction;
use crate::score::text::words;

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

    /// Reads the code of a word in [`WORDS`].
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

/// The code of a word in [`WORDS`].
#[inline(never)]
fn find(word: &str) -> Option<&'static str> {
    let letter = word.bytes().next()?.wrapping_sub(b'a');
    let mut list = *WORDS.get(usize::from(letter))?;
    loop {
        let end = list.bytes().position(|byte| byte == b' ').unwrap_or(list.len());
        let (item, rest) = list.split_at_checked(end)?;
        if let Some(code) = item.strip_prefix(word)
            && let Some(code) = code.strip_prefix('~')
        {
            return Some(code);
        }
        list = rest.get(1..)?;
    }
}

/// Whether a group is that of months or days of the week.
pub(super) fn is_calendar(group: u8) -> bool {
    group == MONTHS || group == DAYS
}

/// Common adjectives of origin that the endings below do not tell.
const ORIGINS: &str = "african american arab british chinese dutch english french german greek spanish swiss";

/// Whether a lower-cased name is an adjective of origin, which describes and does not identify; if `open`,
/// whether it may become a common one.
pub(super) fn is_origin(name: &str, open: bool) -> bool {
    ["ish", "ese", "ian", "ean"].iter().any(|ending| name.ends_with(ending))
        || words(ORIGINS).any(|origin| origin == name || (open && origin.as_bytes().starts_with(name.as_bytes())))
}

/// The form under which a lower-cased word is compared: without the endings of plural and past, without a
/// final e, and with words for the same thing taken together.
#[inline(never)]
pub(super) fn lemma(word: &str) -> &str {
    let stem = stem(word);
    let stem = if stem.len() > 4 && stem.is_ascii() && stem.ends_with('e') { shorten(stem, 1) } else { stem };
    find(stem).and_then(|code| code.strip_prefix('>')).unwrap_or(stem)
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
    if word.len() < 4 || !word.is_ascii() || !matches!(word.as_bytes(), [.., b'g' | b'd' | b's' | b'y']) {
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
fn shorten(word: &str, letters: usize) -> &str {
    word.get(..word.len().saturating_sub(letters)).unwrap_or(word)
}

/// Words by their first letter, each with a code: a letter for its role (see [`role`]; `_` is content)
/// and a mark for what it opens; `=` with letters for group and member; `#` with a value; `^` with zeros; `>` with
/// the stem that stands for this one. "One" is left out as a number: it mostly stands for something.
static WORDS: [&str; 26] = [
    "a~I about~X above~O accepted~=xa across~R actually~Z additional~K after~F alive~=ga all~Z allowed~=ka almost~X \
     along~R also~Z although~C am~B among~R amounts~V an~I and~C another~K answer~_* any~D appear~V appeared~V \
     appears~V approved~=xa approx~X approximately~X april~=bd architect~>design are~B! around~X as~Z assume~_* \
     at~R august~=bh author~>writ available~=la",
    "be~B became~B because~C become~B becomes~B been~B before~E began~>start begin~>start begun~>start being~B \
     below~U besides~L between~W beyond~L biggest~=oa billion~^9 black~=aj blue~=ae born~>birth both~Z brown~=ai \
     building~P built~>build but~C by~Y",
    "called~Z came~V can~V! cannot~N centimeter~>centimetr certainly~Z circa~X closed~=eb cm~>centimetr cold~=sb \
     color~>colour come~V comes~V company~P compare~_* complet~>finish compulsory~=na construct~>build continue~_* \
     correct~=za could~V! course~Z cover~V covered~V covers~V currently~Z",
    "dangerous~=jb dead~=gb december~=bl decreased~=ub decreases~=vb define~_* depth~>deep describe~_* \
     designer~>design did~V! different~K disabled~=mb discuss~_* do~V! does~V! done~V down~Z during~R",
    "each~D east~=dc eastern~=dc eight~#8 eighteen~#18 eighty~#80 either~Z eleven~#11 else~K elsewhere~K empty~=tb \
     enabled~=ma erect~>build eur~>euro even~Z every~D exactly~Z exceeding~O exceeds~O except~L explain~_* extend~V \
     extended~V extends~V extra~K",
    "fact~Z false~=fb february~=bb feet~>foot few~Z fifteen~#15 fifty~#50 firm~P five~#5 for~R forbidden~=kb \
     forty~#40 four~#4 fourteen~#14 friday~=ce from~A ft~>foot full~=ta",
    "gbp~>pound get~V gets~V give~_* go~V goes~V got~V gray~=al green~=ad grey~=al",
    "had~V has~V have~V having~V he~P height~>tall help~_* her~D here~Z high~>tall highest~=qa him~P his~D hot~=sa \
     how~Z? however~Z hr~>hour hundred~^2",
    "i~P if~C illegal~=hb imagine~_* impossible~=ib in~R inaugurat~>open incorrect~=zb increased~=ua increases~=va \
     indeed~Z instead~K into~R is~B! it~P its~D",
    "january~=ba july~=bg june~=bf just~Z",
    "kg~>kilogram kilo~>kilogram kilometer~>kilometr km~>kilometr known~Z",
    "landmark~P largest~=oa lay~V least~M legal~=ha length~>long less~S lie~V lies~V list~_* longest~=pa look~V \
     looked~V looks~V lost~=wb lot~Z lowest~=qb",
    "m~>metr made~Z make~Z makes~Z mandatory~=na many~Z march~=bc may~V! measure~V measured~V measures~V merely~Z \
     meter~>metr might~V millimeter~>millimetr million~^6 min~>minut mm~>millimetr monday~=ca monument~P more~M \
     most~S much~Z must~V my~D",
    "name~_* named~Z near~R nearly~X neither~N never~N newest~=rb nine~#9 nineteen~#19 ninety~#90 no~N nobody~N \
     none~N nor~N north~=da northern~=da not~N nothing~N november~=bk now~Z nowhere~N",
    "october~=bj of~R off~Z often~Z oldest~=ra on~R one~P only~Z onto~R open~=ea optional~=nb or~C orange~=ab \
     other~K others~K our~D out~Z outside~L over~O own~Z",
    "per~R percentag~>percent permitted~=ka pink~=ah planet~P please~Z* possible~=ia precisely~Z pretend~_* \
     private~=yb prohibited~=kb public~=ya purple~=af",
    "quite~Z",
    "ran~V rather~Z reach~V reached~V reaches~V really~Z red~=aa refused~=xb rejected~=xb remain~V remained~V \
     remains~V repeat~_* required~=na rewrite~_* rise~V rises~V rose~V roughly~X run~V runs~V",
    "safe~=ja said~V same~Z sat~V saturday~=cf say~V* says~V seem~V seemed~V seems~V september~=bi seven~#7 \
     seventeen~#17 seventy~#70 several~Z shall~V she~P shortest~=pb should~V! show~_* similar~K simply~Z since~F \
     sit~V sits~V six~#6 sixteen~#16 sixty~#60 smallest~=ob so~C some~D south~=db southern~=db span~V spanned~V \
     spans~V stand~V standing~V stands~V still~Z stood~V structure~P such~Z summarise~_* summarize~_* sunday~=cg \
     suppose~_* sure~Z",
    "tallest~=qa tell~_* ten~#10 than~Z that~C the~D their~D them~P then~Z there~P these~D they~P thirteen~#13 \
     thirty~#30 this~D those~D though~C thousand~^3 three~#3 through~T thursday~=cd thus~Z to~T today~Z too~Z \
     total~V totalled~V totals~V translate~_* trillion~^12 true~=fa tuesday~=cb turn~V turned~V turns~V twelve~#12 \
     twenty~#20 two~#2",
    "unavailable~=lb under~U unless~L unlike~K unsafe~=jb until~E up~S us~P usd~>dollar usually~Z",
    "very~Z via~R violet~=ag",
    "was~B! we~P wednesday~=cc weigh~V weighed~V weighs~V weight~>weigh well~Z went~V were~B! west~=dd western~=dd \
     what~Z? when~C? where~C? whereas~C which~C? while~C white~=ak who~C? whom~Z? whose~C? why~Z? wide~>wid \
     width~>wid will~V! with~R within~R without~L won~=wa would~V! write~_* written~>writ wrong~=zb wrote~>writ",
    "",
    "yellow~=ac yes~Z yet~C you~P youngest~=rb your~D",
    "zero~#0",
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn tables_are_in_order() {
        for (letter, list) in (b'a'..=b'z').zip(WORDS) {
            let items: Vec<_> = list.split(' ').filter_map(|item| item.split_once('~')).collect();
            assert_eq!(items.len(), list.split(' ').filter(|item| !item.is_empty()).count());
            assert!(items.is_sorted_by(|a, b| a.0 < b.0) && items.iter().all(|(word, _)| word.as_bytes()[0] == letter));
            for (word, code) in items {
                assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()));
                assert!(code.starts_with('_') || Entry::read(code).role != role::CONTENT || code.len() > 1, "{word}");
                if let Some(same) = code.strip_prefix('>') {
                    assert_eq!(lemma(same), same, "a stem stands for itself");
                }
            }
        }
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
