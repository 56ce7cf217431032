//! What a set of facts says about a text, from the surface of both.
//!
//! A [`FactSheet`] is read from statements once; [`judge`] then looks for three kinds of contradiction in a
//! text: a number that differs for the same measure of the same thing, another value where values exclude
//! each other (names after "is" and "by", colours, months, opposites), and a denial of what is stated.
//! Otherwise it says how much of the text the facts account for.
//!
//! It reads English function words (see `lexicon`); in other languages numbers and shared words still count.
//! It is made for text that arrives in pieces: an unfinished last word is never held against a text as long
//! as it may still become right, and what may still be limited by the next words waits for them. Whether in
//! doubt something is a contradiction, it is not: a scorer that halts true text is switched off. Linear in
//! text and facts: every look ahead, back, or into the index is bounded.

mod claims;
mod judge;
mod lexicon;
mod quantity;
mod reader;
mod sheet;

pub(crate) use judge::judge;
pub(crate) use sheet::FactSheet;
