//! Another policy for a stream that runs.

use interlock_core::dialect::DialectKind;
use interlock_core::guard::Action;
use interlock_core::guard::compile::{CompileLimits, PatternSpec, compile};
use serde_json::{Value, json};

use super::super::Cases;
use super::super::wire::Wire;
use super::{Made, scored, seen, with};
use crate::replay::session::{Input, Step};
use crate::replay::text::{self, Seen};

const TEXT: &str = "sixteen bytes...and twenty of them..and the rest";

/// Segments of so many bytes, which pass from `hard_limit` on.
fn policy(bytes: u32, hard_limit: f64) -> Value {
    let halt =
        json!({ "hard_limit": hard_limit, "soft_limit": hard_limit, "window_threshold": 0, "trend_threshold": 1 });
    let members = json!({ "segments": { "unit": "bytes", "max_bytes": bytes }, "halt": halt,
        "ending": { "message": format!("[below {hard_limit}]") } });
    with(scored(), &members)
}

fn fed(from: usize, to: usize) -> Step {
    Step::Feed(TEXT.get(from..to).unwrap_or_default().to_owned())
}

/// Whether it would be taken, and then whether it is.
fn both(policy: &Value, tables: &[u32]) -> [Step; 2] {
    let json = || policy.to_string();
    [Step::CheckAdopt(json(), tables.to_vec()), Step::Adopt(json(), tables.to_vec())]
}

fn input(policy: &Value, dialect: DialectKind, answers: Option<Vec<Seen>>, steps: Vec<Step>) -> Input {
    Input::Stream { policy: policy.to_string(), dialect, answers, ledger: false, steps }
}

/// A stream of text under segments of 16 bytes: before the other policy and behind it.
fn around(adopted: [Step; 2], before: Vec<Step>, behind: Vec<Step>) -> Input {
    let steps = before.into_iter().chain(adopted).chain(behind).chain([Step::End]).collect();
    input(&policy(16, 0.5), DialectKind::Text, seen(&[0.7]), steps)
}

pub(super) fn adopted(cases: &mut Cases) -> Made {
    let next = policy(20, 0.6);
    let strict = policy(20, 0.8);
    for taken in [&next, &strict] {
        cases.add("adopt", around(both(taken, &[]), vec![], vec![fed(0, 48)]))?;
        cases.add("adopt", around(both(taken, &[]), vec![fed(0, 16)], vec![fed(16, 36), fed(36, 48)]))?;
    }
    cases.add("adopt-in-segment", around(both(&strict, &[]), vec![fed(0, 20)], vec![fed(20, 48)]))?;
    // A segment waits for its verdict.
    let [check, adopt] = both(&strict, &[]);
    let answer =
        |segment: u64, score: f64| seen(&[score]).into_iter().flatten().map(move |it| Step::Answer(segment, it));
    let mut steps = vec![fed(0, 16), check, adopt.clone()];
    steps.extend(answer(0, 0.7).chain([adopt.clone(), fed(16, 36)]).chain(answer(1, 0.7)).chain([adopt, Step::End]));
    cases.add("adopt-waiting", input(&policy(16, 0.5), DialectKind::Text, None, steps))?;

    // What a stream keeps to its end, and what is no policy.
    for other in [
        json!({ "mode": "observe" }),
        json!({ "channels": { "reasoning": "pass" } }),
        json!({ "scorer": { "kind": "none" } }),
        json!({ "covenant": { "permissions": [{ "resource": "search" }] } }),
        json!({ "guard": { "rules": [] } }),
        json!({ "halt": { "hard_limit": 7 } }),
        json!({ "hold_limit": 1 }),
    ] {
        let other = with(next.clone(), &other);
        cases.add("adopt-refused", around(both(&other, &[]), vec![fed(0, 16)], vec![fed(16, 48)]))?;
    }
    for last in [Step::EmergencyStop, Step::End] {
        cases.add("adopt-ended", around(both(&next, &[]), vec![fed(0, 16), last], vec![]))?;
    }

    // Of the built-in scorer a sentence is one, too.
    let builtin = |value: &str| {
        let scorer = json!({ "kind": "builtin", "prompt": "sky?", "facts": [{ "key": "sky colour", "value": value }] });
        with(json!({ "segments": { "unit": "delta" } }), &json!({ "scorer": scorer }))
    };
    let chunk = |text: &str| Step::Feed(Wire::new().content(text).text);
    for first in ["The sky is blue.", "The sky"] {
        let [check, adopt] = both(&builtin("red"), &[]);
        let rest = Step::Feed(Wire::new().content(" The sky is blue.").close().text);
        let steps = vec![chunk(first), check, adopt, rest, Step::End];
        cases.add("adopt-builtin", input(&builtin("blue"), DialectKind::OpenaiChat, None, steps))?;
    }
    guarded(cases)
}

/// Artifacts of one set with this pattern.
fn table(pattern: &str) -> Option<String> {
    let set = [PatternSpec::new("key", pattern, Action::Redact)];
    compile(&set, CompileLimits::default()).ok().map(|it| text::hex(&it.bytes))
}

/// The same rules of the same patterns, and of others.
fn guarded(cases: &mut Cases) -> Made {
    // They are the project's own and compile.
    let tables: Vec<String> = ["k-[0-9]", "k-[a-z]"].into_iter().filter_map(table).collect();
    let guard = json!({ "guard": { "rules": [{ "sets": ["key"], "action": "redact" }] } });
    let [own, next] = [policy(16, 0.5), policy(20, 0.6)].map(|it| with(it, &guard));
    for chosen in [[0], [1]] {
        let mut steps = vec![fed(0, 16)];
        steps.extend(both(&next, &chosen));
        steps.extend([Step::Feed("k-2 and k-a twenty..".into()), Step::End]);
        let (dialect, answers) = (DialectKind::Text, seen(&[0.7]));
        cases.add(
            "adopt-guarded",
            Input::Guarded { policy: own.to_string(), dialect, tables: tables.clone(), answers, steps },
        )?;
    }
    Ok(())
}
