//! Members that mean the same in several protocols.

use alloc::vec::Vec;

use crate::halt::logit_entropy;
use crate::json::{Broken, Kind, Names, OTHER, Scanner, names};

/// Fields whose strings are no text for a client.
pub(super) const METADATA: Names = names![
    "type",
    "id",
    "index",
    "object",
    "role",
    "format",
    "signature",
    "finish_reason",
    "native_finish_reason",
    "stop_reason",
    "matched_stop",
    "content_filter_results",
    "content_filter_offsets",
    "token_ids",
    "expires_at",
];

/// The largest entropy of a list of tokens with their log-probabilities, as OpenAI writes it:
/// `[{"token", "logprob", "top_logprobs": [{"logprob"}, …]}, …]`; none where no alternatives are given.
pub(super) fn list_entropy(json: &mut Scanner<'_>) -> Result<Option<f64>, Broken> {
    let mut largest: Option<f64> = None;
    let mut values = Vec::new();
    let mut tokens = json.array()?;
    while json.next_item(&mut tokens)? {
        values.clear();
        token_logprobs(json, true, &mut values)?;
        if !values.is_empty() {
            // What is no distribution has no entropy that could pass: it counts as unbounded.
            let bits = logit_entropy(&values).unwrap_or(f64::MAX);
            largest = Some(largest.map_or(bits, |so_far| so_far.max(bits)));
        }
    }
    Ok(largest)
}

/// The log-probabilities of one token's alternatives, as far as they are given: the number `logprob` of an
/// alternative, or all of the list `top_logprobs` of a token.
fn token_logprobs(json: &mut Scanner<'_>, is_token: bool, values: &mut Vec<f64>) -> Result<(), Broken> {
    if json.kind()? != Kind::Object {
        return json.skip();
    }
    let wanted = if is_token { names!["top_logprobs"] } else { names!["logprob"] };
    let mut fields = json.object()?;
    while let Some(other) = json.next_field(&mut fields, wanted)? {
        if other == OTHER || (is_token && json.kind()? != Kind::Array) {
            json.skip()?;
        } else if is_token {
            let mut alternatives = json.array()?;
            while json.next_item(&mut alternatives)? {
                token_logprobs(json, false, values)?;
            }
        } else {
            values.extend(json.double()?);
        }
    }
    Ok(())
}
