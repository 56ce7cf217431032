//! Characters that do not show.

use crate::score::text::{is_hidden, real};

/// Share of suspicious characters above which a text is suspicious.
const SHARE: f64 = 0.15;

/// Whether more than 15 in 100 characters are invisible, private or unassigned.
///
/// Suspicious are the general categories control (but not tab, line feed and carriage return), format,
/// private use and unassigned, and the object and replacement characters U+FFFC and U+FFFD.
///
/// ```
/// use interlock_core::score::signals::has_suspicious_unicode;
/// assert!(has_suspicious_unicode("\u{200b}\u{200b}ab"));
/// assert!(!has_suspicious_unicode("line\r\n\ttabs are fine"));
/// ```
#[must_use]
pub fn has_suspicious_unicode(text: &str) -> bool {
    let suspicious = text.chars().filter(|&c| is_suspicious(c)).count();
    suspicious > 0 && real(suspicious) / real(text.chars().count()) > SHARE
}

fn is_suspicious(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{fffc}' | '\u{fffd}' => true,
        _ => is_hidden(c),
    }
}
