//! A text that grows is not read again from its beginning. Whatever was judged before, a judge answers as one who sees
//! the text for the first time.
#![cfg(feature = "score")]
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs
)]

use interlock_core::score::{CoherenceScorer, InMemoryKnowledge, Knowledge, LexicalNli, Lookup, Nli, ScorerConfig};
use proptest::prelude::*;

/// Words with a part in what is understood, marks, and what only looks like either.
const PIECES: [&str; 75] = [
    "the",
    "tower",
    "Tower",
    "bridge",
    "Paris",
    "Rome",
    "Mr",
    "Green",
    "refunds",
    "is",
    "was",
    "are",
    "not",
    "Not only",
    "only",
    "never",
    "it",
    "Its",
    "and",
    "but",
    "which",
    "by",
    "after",
    "after all",
    "before",
    "without",
    "within",
    "between",
    "to",
    "from",
    "about",
    "over",
    "more than",
    "less than",
    "metres",
    "tall",
    "high",
    "days",
    "open",
    "closed",
    "red",
    "green",
    "in May",
    "in March",
    "on Monday",
    "330",
    "300",
    "1889",
    "1,889",
    "18",
    "7.5",
    "9:40",
    "3",
    "million",
    "two",
    "$5",
    "-4",
    "%",
    "35th",
    "e-bike",
    "it's",
    "Tower's",
    "can't",
    "finished",
    "built",
    "available",
    "Is",
    "What",
    "explain",
    "say",
    "island",
    "isn",
    "ΑΣ",
    "\u{65e5}\u{672c}",
    "e\u{301}",
];
const MARKS: [&str; 20] =
    [" ", " ", " ", " ", " ", " ", " ", " ", ", ", ". ", "? ", "! ", "; ", ": ", " - ", "-", "'", "\u{2019}", "\n", ""];

const FACTS: [(&str, &str); 6] = [
    ("tower height", "The tower is 330 metres tall and was finished in 1889 by Green."),
    ("bridge", "The bridge is red, was never closed and was built by Paris in May"),
    ("refunds", "Refunds are available within 30 days. Refunds are not available on Monday."),
    ("island", "7.5 million"),
    ("paris", "Paris is not only the capital, it's open after 9:40. The lights are green."),
    ("ας", "two"),
];

fn text() -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(PIECES.as_slice()), prop::sample::select(MARKS.as_slice()));
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.into_iter().flat_map(|(a, b)| [a, b]).collect())
}

/// Beginnings of a text, each longer than the one before.
fn beginnings(text: &str, steps: &[usize]) -> Vec<String> {
    let mut ends = steps.iter().cycle().scan(0, |end, step| {
        *end += step;
        Some(*end)
    });
    let mut beginnings = Vec::new();
    while let Some(end) = ends.next().filter(|end| *end < text.len()) {
        beginnings.push(text[..text.floor_char_boundary(end)].to_owned());
    }
    beginnings.push(text.to_owned());
    beginnings
}

fn scorer(facts: usize) -> CoherenceScorer {
    let facts: InMemoryKnowledge = FACTS.into_iter().take(facts).collect();
    CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), facts).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_beginning_scores_as_if_it_were_the_first(
        prompt in prop::sample::select(["Tell me about the tower.", "The bridge is green and 300 metres tall.", "", "refunds"].as_slice()),
        text in text(),
        steps in prop::collection::vec(1_usize..9, 1..6),
        facts in 0_usize..=6,
    ) {
        let mut growing = scorer(facts);
        for beginning in beginnings(&text, &steps) {
            let score = growing.review_partial(prompt, &beginning);
            prop_assert_eq!(score, scorer(facts).review_partial(prompt, &beginning), "{:?}", beginning);
        }
        prop_assert_eq!(growing.review(prompt, &text), scorer(facts).review(prompt, &text));
    }

    #[test]
    fn what_was_judged_before_does_not_matter(
        texts in prop::collection::vec((text(), text(), text()), 1..4),
        steps in prop::collection::vec(1_usize..40, 1..4),
    ) {
        let premise = FACTS.map(|(key, value)| format!("{key}: {value}")).join("\n");
        let (mut nli, mut scorer) = (LexicalNli::new(), scorer(6));
        for (start, one, other) in texts {
            // Two texts with the same beginning in turns.
            let pair = [format!("{start}{one}"), format!("{start}{other}")].map(|text| beginnings(&text, &steps));
            for (one, other) in pair[0].iter().zip(&pair[1]) {
                for text in [one, other] {
                    let expected = LexicalNli::new().contradiction_so_far(&premise, text);
                    prop_assert_eq!(nli.contradiction_so_far(&premise, text), expected, "{:?}", text);
                    prop_assert_eq!(nli.contradiction(&premise, text), LexicalNli::new().contradiction(&premise, text));
                    let expected = self::scorer(6).review_partial("", text);
                    prop_assert_eq!(scorer.review_partial("", text), expected, "{:?}", text);
                }
            }
        }
    }

    #[test]
    fn looking_up_again_finds_the_same(
        queries in prop::collection::vec((text(), "[ΑαΣσςtTower'.: \u{301}-]{0,12}"), 1..4),
        steps in prop::collection::vec(1_usize..20, 1..4),
    ) {
        let facts: InMemoryKnowledge = FACTS.into_iter().collect();
        let mut lookup = Lookup::default();
        for (query, end) in queries {
            for query in beginnings(&format!("{query}{end}"), &steps) {
                let before = lookup.context().to_owned();
                let changed = facts.look_up(&query, &mut lookup);
                let context = facts.context(&query).unwrap_or_default();
                prop_assert_eq!(lookup.context(), &context, "{:?}", query);
                prop_assert_eq!(changed, before != context);
            }
        }
    }
}

#[test]
fn knowledge_that_changes_is_seen() {
    let mut scorer = scorer(0);
    let text = "The tower is 33 metres tall.";
    assert_eq!(scorer.review_partial("The tower?", text).h_factual, 0.5);
    scorer.knowledge_mut().insert("tower", "The tower is 330 metres tall.");
    assert_eq!(scorer.review_partial("The tower?", text).h_factual, 0.9);
    scorer.knowledge_mut().insert("tower", "The tower is 33 metres tall.");
    assert!(scorer.review_partial("The tower?", text).h_factual < 0.5);
    *scorer.knowledge_mut() = InMemoryKnowledge::new();
    assert_eq!(scorer.review_partial("The tower?", text).h_factual, 0.5);
}

/// What comes late and changes what was said before: a scale, a limit, a subject, a unit after a long clause.
#[test]
fn what_follows_may_change_what_was_said() {
    let long = "really quite indeed also just thus then ".repeat(7);
    let facts = [
        ("island", "The island has 4 million people."),
        ("tower", "The tower is 330 metres tall."),
        ("shop", "The shop is closed on Monday."),
    ];
    let scorer = || {
        let facts: InMemoryKnowledge = facts.into_iter().collect();
        CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), facts).unwrap()
    };
    for (text, contradicts) in [
        ("The island has 4 million people and some more of them by the sea", false),
        ("The island has 5 million people and some more of them by the sea", true),
        ("the shop is open as usual at the end of the long road on Monday", true),
        ("the shop is open as usual at the end of the long road on Sunday", false),
        ("the bridge is red; tower 300 metres tall, as from far away on any day also by night one can see", true),
        (&format!("the tower is {long}300 metres tall"), true),
        (&format!("the tower is {long}330 metres tall"), false),
        (&format!("the tower is {long}300 times older"), false),
    ] {
        let mut growing = scorer();
        for beginning in beginnings(text, &[1]) {
            let expected = scorer().review_partial("", &beginning);
            assert_eq!(growing.review_partial("", &beginning), expected, "{beginning:?}");
        }
        assert_eq!(growing.review("", text).h_logical == 0.9, contradicts, "{text}");
    }
}

/// What was read goes on in another way right behind what was read for good.
#[test]
fn what_was_looked_at_is_compared_too() {
    let premise = "The tower is open on Monday.";
    let mut nli = LexicalNli::new();
    for text in ["The tower is not open on Monday.", "The tower is not only open on Monday.", "The tower is not open."]
    {
        for beginning in beginnings(text, &[text.len(), 1]) {
            let expected = LexicalNli::new().contradiction_so_far(premise, &beginning);
            assert_eq!(nli.contradiction_so_far(premise, &beginning), expected, "{beginning:?}");
        }
    }
}

/// A clause longer than what is compared, whose beginning counts as long as it is short.
#[test]
fn a_clause_may_outgrow_what_is_compared() {
    let mut growing = scorer(6);
    let mut text = String::from("the bridge is green");
    let mut scores = Vec::new();
    for number in 0..60 {
        let score = growing.review_partial("", &text);
        assert_eq!(score, scorer(6).review_partial("", &text), "{text:?}");
        scores.push(score.h_factual);
        text.push_str(if number % 3 == 0 { " with the lights" } else { " from Monday" });
    }
    assert!(scores.contains(&0.9) && scores.last() != Some(&0.9), "{scores:?}");
}
