//! What a token does in its sentence, and what else is known of it: one bit each, so that one test tells
//! whether any of several holds.

/// The bit of a role that a letter stands for in the lexicon. Content has the first, for what is asked most takes the
/// shortest code.
pub(super) const fn of_letter(letter: u8) -> u32 {
    1_u32.wrapping_shl(letter.wrapping_sub(b'G') as u32)
}

/// Content: what the sentence is about.
pub(super) const CONTENT: u32 = of_letter(b'G');
/// Content that names something: a capital inside a sentence.
pub(super) const NAME: u32 = of_letter(b'H');
/// A number, in digits or words.
pub(super) const NUMBER: u32 = of_letter(b'J');
/// Turns a statement around.
pub(super) const NEGATION: u32 = of_letter(b'N');
/// Starts a noun.
pub(super) const DETERMINER: u32 = of_letter(b'D');
/// Starts a description: "an English writer".
pub(super) const INDEFINITE: u32 = of_letter(b'I');
/// Stands for something named before.
pub(super) const PRONOUN: u32 = of_letter(b'P');
/// Starts a clause.
pub(super) const CONJUNCTION: u32 = of_letter(b'C');
/// A form of "to be".
pub(super) const COPULA: u32 = of_letter(b'B');
/// A verb that says little by itself.
pub(super) const VERB: u32 = of_letter(b'V');
/// Names who did it.
pub(super) const BY: u32 = of_letter(b'Y');
/// Leads from one end of a range to the other.
pub(super) const TO: u32 = of_letter(b'T');
/// Starts a range.
pub(super) const BETWEEN: u32 = of_letter(b'W');
/// Starts a distance.
pub(super) const AWAY: u32 = of_letter(b'A');
/// Limits a statement to some cases.
pub(super) const RESTRICTOR: u32 = of_letter(b'L');
/// Limits it to what is later; before a number, a lower bound.
pub(super) const AFTER: u32 = of_letter(b'F');
/// Limits it to what is earlier; before a number, an upper bound.
pub(super) const BEFORE: u32 = of_letter(b'E');
/// The number after it is approximate.
pub(super) const APPROX: u32 = of_letter(b'X');
/// The number after it is a lower bound.
pub(super) const OVER: u32 = of_letter(b'O');
/// The number after it is an upper bound.
pub(super) const UNDER: u32 = of_letter(b'U');
/// "More than": a lower bound.
pub(super) const MORE: u32 = of_letter(b'M');
/// "Less than": an upper bound.
pub(super) const LESS: u32 = of_letter(b'S');
/// Says that something else is meant.
pub(super) const OTHER: u32 = of_letter(b'K');
/// Says nothing for the comparison.
pub(super) const FILLER: u32 = of_letter(b'Z');

/// Nothing but white space or a hyphen separates it from the token before.
pub(super) const ADJOINS: u32 = of_letter(b'Q');
/// Starts with a capital.
pub(super) const CAPITAL: u32 = 1 << 20;
/// An adjective of origin, or what may become one.
pub(super) const ORIGIN: u32 = 1 << 21;
/// Ends in 's.
pub(super) const POSSESSIVE: u32 = 1 << 22;
/// Stands at the end of a text that may go on, so it may still grow.
pub(super) const OPEN: u32 = 1 << 23;
/// A negation stands before it in its clause.
pub(super) const NEGATED: u32 = 1 << 24;
/// The currency that was written before its number.
pub(super) const CURRENCY: u32 = 1 << 25;

/// About something: a content word or a name.
pub(super) const NOUN: u32 = CONTENT | NAME;
/// All roles.
pub(super) const ROLES: u32 = !(CAPITAL | ORIGIN | POSSESSIVE | OPEN | ADJOINS | NEGATED | CURRENCY);
