//! What a set of facts says about a text, from the surface of both.
//!
//! A [`Judge`] reads statements once, into a sheet; it then looks for three kinds of contradiction in a
//! text: a number that differs for the same measure of the same thing, another value where values exclude
//! each other (names after "is" and "by", colours, months, opposites), and a denial of what is stated.
//! Otherwise it says how much of the text the facts account for.
//!
//! It reads English function words (see `lexicon`); in other languages numbers and shared words still count.
//!
//! It is made for text that arrives in pieces: an unfinished last word is never held against a text as long
//! as it may still become right, and what the next words may still limit waits for them. It is cautious: a
//! claim counts as a contradiction only if it speaks of the same thing in the same respect as far as the
//! words tell, since a scorer that stops true text is soon switched off. Cost is linear in text and facts:
//! every look ahead, back, and into the index is bounded. So a text that grows is not read again.
//!
//! The code is kept small on purpose, plain loops over tokens and few types, for it is downloaded.

mod claims;
mod compare;
mod draft;
mod judge;
mod lexicon;
mod quantity;
mod reading;
mod role;
mod scanner;
mod sheet;

pub(crate) use judge::Judge;
