//! Sessions that score themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(feature = "session")]

use interlock_core::dialect::DialectKind;
use interlock_core::session::{SessionState, guard_text};

mod session_support;
use session_support::{policy, run, stream, text_of};

const TOWER: &str = r#"{"scorer": {"kind": "builtin", "prompt": "Tell me about the tower.",
    "facts": [{"key": "tower", "value": "The tower is 330 metres tall and was finished in 1889."}]}}"#;

#[test]
fn the_builtin_scorer_follows_the_sentence() {
    let policy = policy(TOWER);
    let good = stream(&["The", " tower", " was", " finished", " in", " 18", "89", ".", " It", " is", " tall", "."]);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[good.as_bytes()], |_| panic!("handed out"));
    assert_eq!(String::from_utf8(out).unwrap(), good);
    assert_eq!(record.choices[0].summary.tokens, 12);
    let bad = stream(&["The", " tower", " was", " finished", " in", " 19", "25", ".", " It", " is", " tall", "."]);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[bad.as_bytes()], |_| panic!("handed out"));
    assert_eq!(record.state, SessionState::Halted);
    assert!(text_of(&out).starts_with("The tower was finished in"));
    assert!(!text_of(&out).contains("tall"));
}

#[test]
fn the_builtin_scorer_reads_whole_sentences_whatever_a_segment_is() {
    let policy = policy(&TOWER.replacen('{', r#"{"segments": {"unit": "bytes", "max_bytes": 16},"#, 1));
    let guard = |text: &str| guard_text(&policy, text, |_| panic!("handed out")).unwrap().record.state;
    assert_eq!(guard("The tower was finished in 1889, as everybody knows."), SessionState::Completed);
    assert_eq!(guard("The tower was finished in 1925, as everybody knows."), SessionState::Halted);
}

#[test]
fn the_builtin_scorer_judges_a_whole_text_as_complete() {
    let policy = policy(TOWER);
    let guard = |text: &str| guard_text(&policy, text, |_| panic!("handed out")).unwrap();
    assert_eq!(guard("The tower was finished in 1889").record.state, SessionState::Completed);
    assert_eq!(guard("The tower was finished in 1925").record.state, SessionState::Halted);
    assert_eq!(guard("It is grey. The tower was finished in 1925. Ok.").record.state, SessionState::Halted);
    let body = r#"{"choices":[{"index":0,"message":{"content":"The tower was finished in 1925"}}]}"#;
    let (out, record) = run(&policy, DialectKind::OpenaiChatBody, &[body.as_bytes()], |_| panic!("handed out"));
    assert_eq!(record.state, SessionState::Halted);
    assert!(!String::from_utf8(out).unwrap().contains("1925"));
}
