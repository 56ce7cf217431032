//! The few English words whose meaning matters to the evidence: function words, words that exclude each
//! other, number words, and words for the same thing.
//!
//! This is a heuristic's vocabulary, not a dictionary. A word that is not here is content, known only by
//! whether both texts have it; in other languages numbers and shared words still work. Nothing here buys
//! approval: a word only ever decides how two texts are compared.

use crate::score::text::words;

/// What a word does in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Content: what the sentence is about.
    Content,
    /// Content that names something: a capital inside a sentence.
    Name,
    /// A number, in digits or words.
    Number,
    /// Turns a statement around.
    Negation,
    /// Starts a noun.
    Determiner,
    /// Starts a description: "an English writer".
    Indefinite,
    /// Stands for something named before.
    Pronoun,
    /// Starts a clause.
    Conjunction,
    /// A form of "to be".
    Copula,
    /// A verb that says little by itself.
    Verb,
    /// Names who did it.
    By,
    /// Relates.
    Preposition,
    /// Leads from one end of a range to the other.
    To,
    /// Starts a range.
    Between,
    /// Starts a distance.
    Away,
    /// Limits a statement to some cases.
    Restrictor,
    /// Limits it to what is later; before a number, a lower bound.
    After,
    /// Limits it to what is earlier; before a number, an upper bound.
    Before,
    /// The number after it is approximate.
    Approx,
    /// The number after it is a lower bound.
    Over,
    /// The number after it is an upper bound.
    Under,
    /// "More than": a lower bound.
    More,
    /// "Less than": an upper bound.
    Less,
    /// Says that something else is meant.
    Other,
    /// Says nothing for the comparison.
    Filler,
}

/// What the first word of a sentence says about the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Plain,
    /// "What", "when": a question, unless it ends like a statement.
    Asking,
    /// "Is", "did": the verb before the subject.
    Inverted,
    /// "Explain", "pretend": an order, which states nothing.
    Ordering,
}

/// The group of words that exclude no other.
pub(super) const NO_GROUP: u8 = u8::MAX;
const NUMBER_WORDS: u8 = 254;
const SCALE_WORDS: u8 = 253;
const MONTHS: u8 = 1;
const DAYS: u8 = 2;
/// "May", which is a verb first.
const MAY: Entry = member(MONTHS, 4);

/// What is known of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) role: Role,
    pub(super) opening: Opening,
    /// Words of a group exclude each other, unless they are the same member of it.
    pub(super) group: u8,
    pub(super) member: u8,
}

const fn word(role: Role) -> Entry {
    opens(role, Opening::Plain)
}

const fn opens(role: Role, opening: Opening) -> Entry {
    Entry { role, opening, group: NO_GROUP, member: 0 }
}

const fn member(group: u8, member: u8) -> Entry {
    Entry { role: Role::Content, opening: Opening::Plain, group, member }
}

const fn number(value: u8) -> Entry {
    Entry { role: Role::Number, opening: Opening::Plain, group: NUMBER_WORDS, member: value }
}

const fn scale(zeros: u8) -> Entry {
    Entry { role: Role::Content, opening: Opening::Plain, group: SCALE_WORDS, member: zeros }
}

impl Entry {
    /// The value of a number word.
    pub(super) fn number(self) -> Option<u8> {
        (self.group == NUMBER_WORDS).then_some(self.member)
    }

    /// How many zeros a scale word appends to the number before it.
    pub(super) fn zeros(self) -> Option<u8> {
        (self.group == SCALE_WORDS).then_some(self.member)
    }
}

/// What is known of a lower-cased word with straight apostrophes. Words that are not in the table are content.
///
/// `capital`: the word has a capital; `initial`: it is the first of its sentence. Months and days are
/// written with a capital, the other words that exclude each other without one.
pub(super) fn entry(text: &str, capital: bool, initial: bool) -> Entry {
    if text.ends_with("n't") {
        return word(Role::Negation);
    }
    let found = WORDS.binary_search_by(|entry| entry.0.cmp(text)).ok().and_then(|place| WORDS.get(place));
    let Some(&(_, found)) = found else { return word(Role::Content) };
    let named = capital && !initial;
    if named && text == "may" {
        return MAY;
    }
    let written = if is_calendar(found.group) { capital } else { !named };
    if found.group == NO_GROUP || written { found } else { word(Role::Content) }
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
    let ends =
        matches!(name.as_bytes(), [.., b'i', b's', b'h'] | [.., b'e', b's', b'e'] | [.., b'i' | b'e', b'a', b'n']);
    ends || words(ORIGINS).any(|origin| origin == name || (open && origin.as_bytes().starts_with(name.as_bytes())))
}

/// The form under which a lower-cased word is compared: without the endings of plural and past, without a
/// final e, and with words for the same thing taken together.
pub(super) fn lemma(word: &str) -> &str {
    let stem = stem(word);
    let stem = if stem.len() > 4 && stem.is_ascii() && stem.ends_with('e') { shorten(stem, 1) } else { stem };
    SAME.binary_search_by(|entry| entry.0.cmp(stem)).ok().and_then(|place| SAME.get(place)).map_or(stem, |same| same.1)
}

fn stem(word: &str) -> &str {
    if word.len() < 4 || !word.is_ascii() {
        return word;
    }
    match word.as_bytes() {
        [_, _, _, .., b'i', b'n', b'g'] => undouble(shorten(word, 3)),
        [_, _, _, .., b'e', b'd'] => undouble(shorten(word, 2)),
        [.., b's' | b'c', b'h', b'e', b's'] | [.., b'x', b'e', b's'] | [.., b's', b's', b'e', b's'] => shorten(word, 2),
        [.., b'i', b'e', b's'] => shorten(word, 3),
        [.., b's' | b'u' | b'i', b's'] => word,
        [.., b's'] => shorten(word, 1),
        [.., b'a' | b'e' | b'o' | b'u', b'y'] => word,
        [.., b'y'] => shorten(word, 1),
        _ => word,
    }
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

/// Words and what is known of them, sorted. "One" is left out as a number: it mostly stands for something.
#[rustfmt::skip]
static WORDS: [(&str, Entry); 430] = [
    ("a", word(Role::Indefinite)), ("about", word(Role::Approx)), ("above", word(Role::Over)),
    ("accepted", member(26, 0)), ("across", word(Role::Preposition)), ("actually", word(Role::Filler)),
    ("after", word(Role::After)), ("alive", member(6, 0)), ("all", word(Role::Filler)), ("allowed", member(10, 0)),
    ("almost", word(Role::Approx)), ("along", word(Role::Preposition)), ("also", word(Role::Filler)),
    ("although", word(Role::Conjunction)), ("am", word(Role::Copula)), ("among", word(Role::Preposition)),
    ("amounts", word(Role::Verb)), ("an", word(Role::Indefinite)), ("and", word(Role::Conjunction)),
    ("answer", opens(Role::Content, Opening::Ordering)), ("any", word(Role::Determiner)),
    ("appear", word(Role::Verb)), ("appeared", word(Role::Verb)), ("appears", word(Role::Verb)),
    ("approved", member(26, 0)), ("approx", word(Role::Approx)), ("approximately", word(Role::Approx)),
    ("april", member(1, 3)), ("are", opens(Role::Copula, Opening::Inverted)), ("around", word(Role::Approx)),
    ("as", word(Role::Filler)), ("assume", opens(Role::Content, Opening::Ordering)), ("at", word(Role::Preposition)),
    ("august", member(1, 7)), ("available", member(11, 0)), ("be", word(Role::Copula)),
    ("became", word(Role::Copula)), ("because", word(Role::Conjunction)), ("become", word(Role::Copula)),
    ("becomes", word(Role::Copula)), ("been", word(Role::Copula)), ("before", word(Role::Before)),
    ("being", word(Role::Copula)), ("below", word(Role::Under)), ("besides", word(Role::Restrictor)),
    ("between", word(Role::Between)), ("beyond", word(Role::Restrictor)), ("biggest", member(14, 0)),
    ("billion", scale(9)), ("black", member(0, 9)), ("blue", member(0, 4)), ("both", word(Role::Filler)),
    ("brown", member(0, 8)), ("building", word(Role::Pronoun)), ("but", word(Role::Conjunction)),
    ("by", word(Role::By)), ("called", word(Role::Filler)), ("came", word(Role::Verb)),
    ("can", opens(Role::Verb, Opening::Inverted)), ("cannot", word(Role::Negation)),
    ("certainly", word(Role::Filler)), ("circa", word(Role::Approx)), ("closed", member(4, 1)),
    ("cold", member(20, 1)), ("coldest", member(19, 1)), ("come", word(Role::Verb)), ("comes", word(Role::Verb)),
    ("company", word(Role::Pronoun)), ("compare", opens(Role::Content, Opening::Ordering)),
    ("compulsory", member(13, 0)), ("continue", opens(Role::Content, Opening::Ordering)), ("correct", member(30, 0)),
    ("could", opens(Role::Verb, Opening::Inverted)), ("course", word(Role::Filler)), ("cover", word(Role::Verb)),
    ("covered", word(Role::Verb)), ("covers", word(Role::Verb)), ("currently", word(Role::Filler)),
    ("dangerous", member(9, 1)), ("dead", member(6, 1)), ("december", member(1, 11)), ("decreased", member(23, 1)),
    ("decreases", member(24, 1)), ("define", opens(Role::Content, Opening::Ordering)),
    ("describe", opens(Role::Content, Opening::Ordering)), ("did", opens(Role::Verb, Opening::Inverted)),
    ("disabled", member(12, 1)), ("discuss", opens(Role::Content, Opening::Ordering)),
    ("do", opens(Role::Verb, Opening::Inverted)), ("does", opens(Role::Verb, Opening::Inverted)),
    ("done", word(Role::Verb)), ("down", word(Role::Filler)), ("dry", member(21, 1)),
    ("during", word(Role::Preposition)), ("each", word(Role::Determiner)), ("east", member(3, 2)),
    ("eastern", member(3, 2)), ("edible", member(31, 0)), ("eight", number(8)), ("eighteen", number(18)),
    ("eighty", number(80)), ("either", word(Role::Filler)), ("eleven", number(11)), ("empty", member(22, 1)),
    ("enabled", member(12, 0)), ("even", word(Role::Filler)), ("every", word(Role::Determiner)),
    ("exactly", word(Role::Filler)), ("exceeding", word(Role::Over)), ("exceeds", word(Role::Over)),
    ("except", word(Role::Restrictor)), ("explain", opens(Role::Content, Opening::Ordering)),
    ("extend", word(Role::Verb)), ("extended", word(Role::Verb)), ("extends", word(Role::Verb)),
    ("fact", word(Role::Filler)), ("false", member(5, 1)), ("fastest", member(18, 0)), ("february", member(1, 1)),
    ("female", member(27, 1)), ("few", word(Role::Filler)), ("fifteen", number(15)), ("fifty", number(50)),
    ("firm", word(Role::Pronoun)), ("five", number(5)), ("for", word(Role::Preposition)),
    ("forbidden", member(10, 1)), ("forty", number(40)), ("four", number(4)), ("fourteen", number(14)),
    ("friday", member(2, 4)), ("from", word(Role::Away)), ("full", member(22, 0)), ("gaseous", member(29, 2)),
    ("get", word(Role::Verb)), ("gets", word(Role::Verb)), ("give", opens(Role::Content, Opening::Ordering)),
    ("go", word(Role::Verb)), ("goes", word(Role::Verb)), ("got", word(Role::Verb)), ("gray", member(0, 11)),
    ("green", member(0, 3)), ("grey", member(0, 11)), ("guilty", member(32, 0)), ("had", word(Role::Verb)),
    ("has", word(Role::Verb)), ("have", word(Role::Verb)), ("having", word(Role::Verb)), ("he", word(Role::Pronoun)),
    ("help", opens(Role::Content, Opening::Ordering)), ("her", word(Role::Determiner)), ("here", word(Role::Filler)),
    ("highest", member(16, 0)), ("him", word(Role::Pronoun)), ("his", word(Role::Determiner)), ("hot", member(20, 0)),
    ("hottest", member(19, 0)), ("how", opens(Role::Filler, Opening::Asking)), ("however", word(Role::Filler)),
    ("hundred", scale(2)), ("i", word(Role::Pronoun)), ("if", word(Role::Conjunction)), ("illegal", member(7, 1)),
    ("imagine", opens(Role::Content, Opening::Ordering)), ("impossible", member(8, 1)),
    ("in", word(Role::Preposition)), ("incorrect", member(30, 1)), ("increased", member(23, 0)),
    ("increases", member(24, 0)), ("indeed", word(Role::Filler)), ("innocent", member(32, 1)),
    ("into", word(Role::Preposition)), ("is", opens(Role::Copula, Opening::Inverted)), ("it", word(Role::Pronoun)),
    ("its", word(Role::Determiner)), ("january", member(1, 0)), ("july", member(1, 6)), ("june", member(1, 5)),
    ("just", word(Role::Filler)), ("known", word(Role::Filler)), ("landmark", word(Role::Pronoun)),
    ("largest", member(14, 0)), ("lay", word(Role::Verb)), ("least", word(Role::More)), ("legal", member(7, 0)),
    ("less", word(Role::Less)), ("lie", word(Role::Verb)), ("lies", word(Role::Verb)), ("liquid", member(29, 1)),
    ("list", opens(Role::Content, Opening::Ordering)), ("longest", member(15, 0)), ("look", word(Role::Verb)),
    ("looked", word(Role::Verb)), ("looks", word(Role::Verb)), ("lost", member(25, 1)), ("lot", word(Role::Filler)),
    ("lowest", member(16, 1)), ("made", word(Role::Filler)), ("make", word(Role::Filler)),
    ("makes", word(Role::Filler)), ("male", member(27, 0)), ("mandatory", member(13, 0)),
    ("many", word(Role::Filler)), ("march", member(1, 2)), ("may", opens(Role::Verb, Opening::Inverted)),
    ("measure", word(Role::Verb)), ("measured", word(Role::Verb)), ("measures", word(Role::Verb)),
    ("merely", word(Role::Filler)), ("might", word(Role::Verb)), ("million", scale(6)), ("monday", member(2, 0)),
    ("monument", word(Role::Pronoun)), ("more", word(Role::More)), ("most", word(Role::Less)),
    ("much", word(Role::Filler)), ("must", word(Role::Verb)), ("my", word(Role::Determiner)),
    ("name", opens(Role::Content, Opening::Ordering)), ("named", word(Role::Filler)),
    ("near", word(Role::Preposition)), ("nearly", word(Role::Approx)), ("neither", word(Role::Negation)),
    ("never", word(Role::Negation)), ("newest", member(17, 1)), ("nine", number(9)), ("nineteen", number(19)),
    ("ninety", number(90)), ("no", word(Role::Negation)), ("nobody", word(Role::Negation)),
    ("none", word(Role::Negation)), ("nor", word(Role::Negation)), ("north", member(3, 0)),
    ("northern", member(3, 0)), ("not", word(Role::Negation)), ("nothing", word(Role::Negation)),
    ("november", member(1, 10)), ("now", word(Role::Filler)), ("nowhere", word(Role::Negation)),
    ("october", member(1, 9)), ("of", word(Role::Preposition)), ("off", word(Role::Filler)),
    ("often", word(Role::Filler)), ("oldest", member(17, 0)), ("on", word(Role::Preposition)),
    ("one", word(Role::Pronoun)), ("only", word(Role::Filler)), ("onto", word(Role::Preposition)),
    ("open", member(4, 0)), ("optional", member(13, 1)), ("or", word(Role::Conjunction)), ("orange", member(0, 1)),
    ("our", word(Role::Determiner)), ("out", word(Role::Filler)), ("outside", word(Role::Restrictor)),
    ("over", word(Role::Over)), ("own", word(Role::Filler)), ("per", word(Role::Preposition)),
    ("permitted", member(10, 0)), ("pink", member(0, 7)), ("planet", word(Role::Pronoun)),
    ("please", opens(Role::Filler, Opening::Ordering)), ("poisonous", member(31, 1)), ("possible", member(8, 0)),
    ("precisely", word(Role::Filler)), ("pretend", opens(Role::Content, Opening::Ordering)),
    ("private", member(28, 1)), ("prohibited", member(10, 1)), ("public", member(28, 0)), ("purple", member(0, 5)),
    ("quite", word(Role::Filler)), ("ran", word(Role::Verb)), ("rather", word(Role::Filler)),
    ("reach", word(Role::Verb)), ("reached", word(Role::Verb)), ("reaches", word(Role::Verb)),
    ("really", word(Role::Filler)), ("red", member(0, 0)), ("refused", member(26, 1)), ("rejected", member(26, 1)),
    ("remain", word(Role::Verb)), ("remained", word(Role::Verb)), ("remains", word(Role::Verb)),
    ("repeat", opens(Role::Content, Opening::Ordering)), ("required", member(13, 0)),
    ("rewrite", opens(Role::Content, Opening::Ordering)), ("rise", word(Role::Verb)), ("rises", word(Role::Verb)),
    ("rose", word(Role::Verb)), ("roughly", word(Role::Approx)), ("run", word(Role::Verb)),
    ("runs", word(Role::Verb)), ("safe", member(9, 0)), ("said", word(Role::Verb)), ("same", word(Role::Filler)),
    ("sat", word(Role::Verb)), ("saturday", member(2, 5)), ("say", opens(Role::Verb, Opening::Ordering)),
    ("says", word(Role::Verb)), ("seem", word(Role::Verb)), ("seemed", word(Role::Verb)), ("seems", word(Role::Verb)),
    ("september", member(1, 8)), ("seven", number(7)), ("seventeen", number(17)), ("seventy", number(70)),
    ("several", word(Role::Filler)), ("shall", word(Role::Verb)), ("she", word(Role::Pronoun)),
    ("shortest", member(15, 1)), ("should", opens(Role::Verb, Opening::Inverted)),
    ("show", opens(Role::Content, Opening::Ordering)), ("simply", word(Role::Filler)), ("since", word(Role::After)),
    ("sit", word(Role::Verb)), ("sits", word(Role::Verb)), ("six", number(6)), ("sixteen", number(16)),
    ("sixty", number(60)), ("slowest", member(18, 1)), ("smallest", member(14, 1)), ("so", word(Role::Conjunction)),
    ("solid", member(29, 0)), ("some", word(Role::Determiner)), ("south", member(3, 1)), ("southern", member(3, 1)),
    ("span", word(Role::Verb)), ("spanned", word(Role::Verb)), ("spans", word(Role::Verb)),
    ("stand", word(Role::Verb)), ("standing", word(Role::Verb)), ("stands", word(Role::Verb)),
    ("still", word(Role::Filler)), ("stood", word(Role::Verb)), ("structure", word(Role::Pronoun)),
    ("such", word(Role::Filler)), ("summarise", opens(Role::Content, Opening::Ordering)),
    ("summarize", opens(Role::Content, Opening::Ordering)), ("sunday", member(2, 6)),
    ("suppose", opens(Role::Content, Opening::Ordering)), ("sure", word(Role::Filler)), ("tallest", member(16, 0)),
    ("tell", opens(Role::Content, Opening::Ordering)), ("ten", number(10)), ("than", word(Role::Filler)),
    ("that", word(Role::Conjunction)), ("the", word(Role::Determiner)), ("their", word(Role::Determiner)),
    ("them", word(Role::Pronoun)), ("then", word(Role::Filler)), ("there", word(Role::Pronoun)),
    ("these", word(Role::Determiner)), ("they", word(Role::Pronoun)), ("thirteen", number(13)),
    ("thirty", number(30)), ("this", word(Role::Determiner)), ("those", word(Role::Determiner)),
    ("though", word(Role::Conjunction)), ("thousand", scale(3)), ("three", number(3)), ("through", word(Role::To)),
    ("thursday", member(2, 3)), ("thus", word(Role::Filler)), ("to", word(Role::To)), ("today", word(Role::Filler)),
    ("too", word(Role::Filler)), ("total", word(Role::Verb)), ("totalled", word(Role::Verb)),
    ("totals", word(Role::Verb)), ("toxic", member(31, 1)), ("translate", opens(Role::Content, Opening::Ordering)),
    ("trillion", scale(12)), ("true", member(5, 0)), ("tuesday", member(2, 1)), ("turn", word(Role::Verb)),
    ("turned", word(Role::Verb)), ("turns", word(Role::Verb)), ("twelve", number(12)), ("twenty", number(20)),
    ("two", number(2)), ("unavailable", member(11, 1)), ("under", word(Role::Under)),
    ("unless", word(Role::Restrictor)), ("unsafe", member(9, 1)), ("until", word(Role::Before)),
    ("up", word(Role::Less)), ("us", word(Role::Pronoun)), ("usually", word(Role::Filler)),
    ("very", word(Role::Filler)), ("via", word(Role::Preposition)), ("violet", member(0, 6)),
    ("warmest", member(19, 0)), ("was", opens(Role::Copula, Opening::Inverted)), ("we", word(Role::Pronoun)),
    ("wednesday", member(2, 2)), ("weigh", word(Role::Verb)), ("weighed", word(Role::Verb)),
    ("weighs", word(Role::Verb)), ("well", word(Role::Filler)), ("went", word(Role::Verb)),
    ("were", opens(Role::Copula, Opening::Inverted)), ("west", member(3, 3)), ("western", member(3, 3)),
    ("wet", member(21, 0)), ("what", opens(Role::Filler, Opening::Asking)),
    ("when", opens(Role::Conjunction, Opening::Asking)), ("where", opens(Role::Conjunction, Opening::Asking)),
    ("whereas", word(Role::Conjunction)), ("which", opens(Role::Conjunction, Opening::Asking)),
    ("while", word(Role::Conjunction)), ("white", member(0, 10)), ("who", opens(Role::Conjunction, Opening::Asking)),
    ("whom", opens(Role::Filler, Opening::Asking)), ("whose", opens(Role::Conjunction, Opening::Asking)),
    ("why", opens(Role::Filler, Opening::Asking)), ("will", opens(Role::Verb, Opening::Inverted)),
    ("with", word(Role::Preposition)), ("within", word(Role::Preposition)), ("without", word(Role::Negation)),
    ("won", member(25, 0)), ("would", opens(Role::Verb, Opening::Inverted)),
    ("write", opens(Role::Content, Opening::Ordering)), ("wrong", member(30, 1)), ("yellow", member(0, 2)),
    ("yes", word(Role::Filler)), ("yet", word(Role::Conjunction)), ("you", word(Role::Pronoun)),
    ("youngest", member(17, 1)), ("your", word(Role::Determiner)), ("zero", number(0)),
];

/// Stems and the stem that stands for them, sorted.
#[rustfmt::skip]
static SAME: [(&str, &str); 41] = [
    ("architect", "design"), ("author", "writ"), ("began", "start"), ("begin", "start"), ("begun", "start"),
    ("born", "birth"), ("built", "build"), ("centimeter", "centimetr"), ("cm", "centimetr"), ("color", "colour"),
    ("complet", "finish"), ("construct", "build"), ("depth", "deep"), ("designer", "design"), ("erect", "build"),
    ("eur", "euro"), ("feet", "foot"), ("ft", "foot"), ("gbp", "pound"), ("gray", "grey"), ("height", "tall"),
    ("high", "tall"), ("hr", "hour"), ("inaugurat", "open"), ("kg", "kilogram"), ("kilo", "kilogram"),
    ("kilometer", "kilometr"), ("km", "kilometr"), ("length", "long"), ("m", "metr"), ("meter", "metr"),
    ("millimeter", "millimetr"), ("min", "minut"), ("mm", "millimetr"), ("percentag", "percent"), ("usd", "dollar"),
    ("weight", "weigh"), ("wide", "wid"), ("width", "wid"), ("written", "writ"), ("wrote", "writ"),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SAME.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SAME.iter().all(|(_, same)| lemma(same) == *same), "a stem stands for itself");
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
        assert_eq!(entry("may", false, false).role, Role::Verb);
        assert_eq!(entry("may", true, true).role, Role::Verb);
        assert_eq!(entry("may", true, false).group, MONTHS);
        assert_eq!(entry("march", false, false).group, NO_GROUP);
        assert_eq!(entry("march", true, false).group, MONTHS);
        assert_eq!(entry("green", true, false).group, NO_GROUP, "Mr Green");
        assert_eq!(entry("don't", false, false).role, Role::Negation);
    }
}
