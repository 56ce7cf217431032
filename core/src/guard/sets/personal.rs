//! What names or reaches a person.

use super::{Check, Entry, entry};

// Without `\b` at its end a candidate is decided with its last byte.
/// E-mail addresses as they are written in text: RFC 5321 without quoted local parts and address literals, and with a
/// top-level domain.
pub(super) const EMAIL: [Entry; 1] = [entry(
    "",
    concat!(r"\b[A-Za-z0-9_][A-Za-z0-9._%+'-]*@", r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}",),
)];

/// Telephone numbers: ITU-T E.164 with its `+` and 7 to 15 digits, and the North American plan with its 10.
pub(super) const PHONE: [Entry; 2] = [
    entry("international", r"\+[1-9](?:[ .()/-]{0,2}[0-9]){6,14}\b"),
    entry("north-american", r"(?:\([2-9][0-9]{2}\) ?|\b[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}\b"),
];

/// Payment cards: 12 to 19 digits that begin with an issuer's digit (ISO/IEC 7812-1), grouped or not.
pub(super) const CARDS: [Entry; 1] =
    [Entry { id: "", pattern: r"\b[2-6][0-9](?:[ -]?[0-9]){10,17}\b", check: Check::Luhn }];

/// IBANs (ISO 13616): a country, two check digits and 11 to 30 letters and digits, grouped or not.
pub(super) const IBAN: [Entry; 1] =
    [Entry { id: "", pattern: r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b", check: Check::Iban }];
