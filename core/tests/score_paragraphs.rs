//! The built-in scorer on paragraphs as models write them: what is consistent with the facts passes the
//! default limits however it is cut into pieces, what drifts into contradicting them is stopped at the word
//! that does.
#![cfg(feature = "score")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs
)]

use interlock_core::halt::{HaltConfig, HaltReason, StreamMonitor};
use interlock_core::score::{CoherenceScorer, InMemoryKnowledge, LexicalNli, ScorerConfig};

#[path = "score_support/facts.rs"]
mod facts;
use facts::*;

fn scorer(facts: Facts) -> CoherenceScorer {
    let facts: InMemoryKnowledge = facts.iter().copied().collect();
    CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), facts).unwrap()
}

/// Cuts a text into pieces of at most `size` characters that never span a space.
fn pieces(text: &str, size: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in text.chars() {
        let last = pieces.last().unwrap();
        if last.trim().chars().count() >= size || (c.is_whitespace() && !last.trim().is_empty()) {
            pieces.push(String::new());
        }
        pieces.last_mut().unwrap().push(c);
    }
    pieces
}

/// What a guarded stream with the default limits would have let through, its scores, and why it ended.
fn stream(facts: Facts, prompt: &str, text: &str, size: usize) -> (String, Vec<f64>, Option<HaltReason>) {
    let mut scorer = scorer(facts);
    let mut monitor = StreamMonitor::new(&HaltConfig::default()).unwrap();
    let (mut passed, mut sentence, mut scores) = (String::new(), String::new(), Vec::new());
    for piece in pieces(text, size) {
        if sentence.trim_end().ends_with(['.', '!', '?']) && piece.starts_with(char::is_whitespace) {
            sentence.clear();
        }
        sentence.push_str(&piece);
        let score = scorer.review_partial(prompt, &sentence).score;
        scores.push(score);
        if let Some(halt) = monitor.push(score).unwrap().halt() {
            return (passed, scores, Some(halt.reason));
        }
        passed.push_str(&piece);
    }
    (passed, scores, None)
}

const SIZES: [usize; 4] = [1, 3, 5, usize::MAX];

fn passes(facts: Facts, prompt: &str, text: &str) {
    for size in SIZES {
        let (passed, scores, reason) = stream(facts, prompt, text, size);
        assert_eq!((passed.as_str(), reason), (text, None), "in pieces of {size}");
        assert!(scores.iter().all(|score| (0.65..=0.95).contains(score)), "{scores:?}");
    }
}

/// Halts at the piece that ends `passed` + the word after it, whatever the pieces.
fn drifts(facts: Facts, prompt: &str, text: &str, before: &str) {
    for size in SIZES {
        let (passed, scores, reason) = stream(facts, prompt, text, size);
        assert_eq!(reason, Some(HaltReason::HardLimit), "{text} in pieces of {size}");
        assert!(scores.last().unwrap() < &0.5);
        // Small pieces may show what a word is before it is complete, or need the space after it.
        let end = text.find(before).unwrap() + before.len();
        let word = text[end..].chars().skip(1).take_while(|c| !c.is_whitespace()).map(char::len_utf8).sum::<usize>();
        let slack = if size == usize::MAX { 0 } else { word + 1 };
        let halted_in_time = passed.len() >= end && passed.len() <= end + slack;
        assert!(halted_in_time, "in pieces of {size} it passed {passed:?}");
    }
}

#[test]
fn consistent_paragraphs_pass() {
    passes(
        TOWER,
        "Tell me about the tower.",
        "The tower is one of the best-known landmarks in the world. It stands in Paris, near the river Seine, and was \
         finished in 1889. The tower is 330 metres tall, and about seven million people visit it every year. It was \
         designed by Gustave Eiffel's engineering company for the World's Fair. The structure has three levels that \
         visitors can reach, with restaurants on the first and second. On a clear day you can see 60 kilometres from \
         the top. The iron lattice weighs roughly 10,100 tonnes and is repainted every seven years. The tower is 125 \
         metres wide at its base, and the antenna of the tower is 24 metres high.",
    );
    passes(
        SHOP,
        "What is your refund policy and do you ship to islands?",
        "Thanks for asking! Refunds are available on sale items within 30 days of purchase. Please keep your receipt. \
         After 30 days, refunds are not available. Unfortunately we do not ship to islands, but you can pick up your \
         order in the shop. The shop is open from Monday to Saturday.",
    );
    passes(
        LOVELACE,
        "Who was Ada Lovelace?",
        "Ada Lovelace was an English mathematician and writer. She was born in 1815 as the daughter of Lord Byron. \
         Lovelace is known for her notes on the Analytical Engine, a mechanical computer designed by Charles Babbage. \
         Her notes, published in 1843, contain what many call the first program. She died in 1852 at the age of 36.",
    );
    passes(
        WATER,
        "Explain the properties of water.",
        "Water is a simple molecule with remarkable properties. It has two hydrogen atoms and one oxygen atom. At sea \
         level, water boils at 100 degrees Celsius and freezes at 0 degrees. Because of hydrogen bonds, ice is less \
         dense than liquid water, so it floats. About 71 percent of the Earth's surface is covered by water. The \
         boiling point falls as you climb: at 3,000 metres water boils at about 90 degrees.",
    );
    passes(
        IBUPROFEN,
        "How much ibuprofen can I take?",
        "For most adults, the usual dose of ibuprofen is 200 to 400 mg every four to six hours. The maximum daily dose \
         is 1,200 mg without prescription. Take it with food, and talk to your doctor if you have kidney problems. \
         Ibuprofen is not safe in the last trimester of pregnancy.",
    );
    passes(
        ACME,
        "Give me a short profile of Acme.",
        "Acme was founded in 1998 by Jane Doe, who still leads the board. The company employs about 4,000 people and has \
         its headquarters in Oslo. In 2023, Acme's revenue was $2.5 billion, up 12% from 2022. It sells tools in 40 \
         countries. Its first product, a hammer, appeared in 1999.",
    );
    passes(
        MARS,
        "Write a paragraph about Mars.",
        "Mars is the fourth planet from the Sun and the second-smallest in the Solar System. It orbits the Sun at an \
         average distance of 228 million kilometres. A day on Mars lasts 24 hours and 37 minutes, only slightly longer \
         than a day on Earth, which lasts 24 hours. A year takes 687 Earth days. The planet has two moons, Phobos and \
         Deimos, discovered in 1877 by Asaph Hall. Gravity on Mars is 38% of Earth's. Its tallest mountain, Olympus \
         Mons, is almost 22 kilometres high.",
    );
    passes(
        HOSTING,
        "Summarise the hosting offer: backup schedule, support, uptime and plan price.",
        "Our hosting offer is simple. The Pro plan costs $49 per month and includes 10 users; additional users cost $5 \
         each. Backups run every night at 02:00 and are kept for 30 days. The guaranteed uptime is 99.9% per month, \
         which means at most 43 minutes of downtime. Support is available in English and German on weekdays, and \
         answers usually arrive within 4 hours. The Basic plan costs $19 per month. You can cancel at any time.",
    );
    passes(
        HASTINGS,
        "When was the battle of Hastings and who won?",
        "The Battle of Hastings was fought on 14 October 1066 between the Norman-French army of William and the English \
         army of King Harold. William of Normandy defeated Harold Godwinson, who died in the battle. William was \
         crowned king on Christmas Day 1066. Harold had been crowned in January 1066, after Edward's death.",
    );
    passes(
        SERVER,
        "How do I configure the server?",
        "To configure the server, edit `server.toml`:\n\n```toml\nport = 8080\nmax_connections = 512\ntimeout = \
         30\n```\n\nThe server listens on port 8080 by default. At most 512 connections are accepted. You can change \
         the port to 9090 with `--port 9090`. It is licensed under Apache-2.0.",
    );
    passes(
        MUSEUM,
        "When is the museum open and what does a ticket cost?",
        "The museum opens at 9:00 and closes at 17:00:\n- Tickets cost 12 euros for adults\n- Children pay 6 euros\n- \
         The museum is closed on Monday\n\nPlease arrive 30 minutes before closing. The museum is open from Tuesday to \
         Sunday.",
    );
    passes(
        AUSTRALIA,
        "What is the capital of Australia?",
        "The capital of Australia is Canberra. Many people think of Sydney first, since Sydney is the largest city, but \
         Canberra was chosen in 1908 as a compromise between Sydney and Melbourne. About 27 million people live in \
         Australia, and some 470,000 of them in Canberra.",
    );
    passes(
        BRIDGE,
        "Erzähl mir von der Brücke.",
        "Die Brücke ist ein Wahrzeichen der Stadt. Sie wurde 1932 eröffnet und ist 503 Meter lang. Jedes Jahr kommen \
         viele Besucher.",
    );
}

#[test]
fn more_consistent_paragraphs_pass() {
    passes(
        MOON,
        "Tell me about the first moon landing.",
        "Apollo 11 was launched on 16 July 1969 and landed on the Moon on 20 July 1969. Neil Armstrong was the first \
         person to walk on the Moon, followed by Buzz Aldrin about 19 minutes later. Michael Collins stayed in orbit. \
         The astronauts collected 21.5 kilograms of rock and returned to Earth on 24 July. The mission fulfilled a goal \
         set by President Kennedy in 1961. Twelve people have walked on the Moon so far.",
    );
    passes(
        RUST,
        "What is Rust?",
        "Rust is a systems programming language. It was created by Graydon Hoare as a personal project while he worked \
         at Mozilla, and Rust 1.0 was released in May 2015. Rust guarantees memory safety without a garbage collector, \
         through ownership and borrowing. Releases follow every six weeks; Rust 1.80 was released in July 2024. The \
         language is used by Microsoft, Google and Amazon. It does not have a runtime, and it compiles to machine code.",
    );
    passes(
        WORK,
        "Summarise our HR policy on vacation, notice period, remote work and probation.",
        "Here is a short summary. Employees get 28 vacation days per year, of which 5 may be carried over. The notice \
         period is three months, but during probation it is two weeks. The probation period is six months. Remote work \
         is allowed two days per week; the other days are spent in the office. Overtime is paid after 40 hours. If you \
         are sick for more than three days, please send a doctor's note.",
    );
    passes(
        PANCAKES,
        "Give me the pancake recipe.",
        "For about 12 pancakes you need 250 g flour, 500 ml milk, 4 eggs and a pinch of salt. Mix the flour and milk, \
         then add the eggs. Let the batter rest for 20 minutes. Heat a pan and bake each pancake for 2 minutes per side. \
         Serve with 50 g of sugar or jam.",
    );
    passes(
        BERLIN,
        "Tell me about Berlin.",
        "Berlin is the capital of Germany and has about 3.7 million inhabitants. The city covers 891 square kilometres. \
         The Wall was built in 1961 and fell on 9 November 1989. More than 170 museums can be found in the city, and its \
         zoo, opened in 1844, is the oldest in Germany. The Television Tower is 368 metres high. Some 13 million \
         visitors come every year.",
    );
    passes(
        BANK,
        "What's my account balance and is my card active?",
        "Your account balance is 1,250.40 euros. Your card is currently blocked, so you cannot pay with it. The next \
         payment of 89 euros is due on 1 December. If you did not request this, please call us within 24 hours. A new \
         card costs 10 euros.",
    );
}

#[test]
fn more_drifts_are_stopped() {
    let moon = "Tell me about the first moon landing.";
    drifts(MOON, moon, "Apollo 11 landed on the Moon on 20 July 1972 at last.", "July");
    drifts(MOON, moon, "Apollo 11 never landed on the Moon at all.", "on the");
    drifts(RUST, "What is Rust?", "Rust was created by Bjarne Stroustrup long ago.", "created by");
    drifts(RUST, "What is Rust?", "Rust 1.0 was released in May 2012 or so.", "in May");
    drifts(RUST, "What is Rust?", "Rust does not guarantee memory safety at all.", "guarantee");
    let work = "Summarise our policy on vacation, notice period, remote work and probation.";
    drifts(WORK, work, "Employees get 35 vacation days per year.", "35 vacation");
    drifts(WORK, work, "The notice period is short. The probation period is nine months long.", "is nine");
    drifts(WORK, work, "Remote work is not allowed. Sorry.", "is not");
    drifts(PANCAKES, "Give me the recipe.", "The recipe needs 250 g flour, 500 ml milk and 9 eggs.", "and 9");
    drifts(PANCAKES, "Give me the pancake recipe.", "Bake each pancake for 10 minutes per side.", "for 10");
    drifts(BERLIN, "Tell me about Berlin.", "Berlin has 5 million inhabitants, they say.", "5 million");
    drifts(BERLIN, "Tell me about Berlin.", "The Berlin Wall fell on 9 November 1991 at night.", "November");
    let bank = "What's my account balance and is my card active?";
    drifts(BANK, bank, "Your account balance is 2,250.40 euros.", "is 2,250.40");
    drifts(BANK, bank, "Your card is not blocked. Enjoy.", "is not");
    drifts(BANK, bank, "The next payment of 89 euros is due on 15 January, I think.", "on 15");
}

#[test]
fn a_number_that_differs_stops_the_stream() {
    let tower = "Tell me about the tower.";
    drifts(
        TOWER,
        tower,
        "The tower is one of the best-known landmarks in the world. It is 330 metres tall. Construction started in 1887. \
         In fact the tower was finished in 1925, long after the fair.",
        "was finished in",
    );
    drifts(TOWER, tower, "The tower stands in Paris. The tower is 512 metres tall and popular.", "512 metres");
    drifts(TOWER, tower, "It stands in Paris and was finished in 1901 or so.", "finished in");
    let shop = "What is your refund policy?";
    drifts(SHOP, shop, "Sure! Refunds are available on sale items within 90 days of purchase.", "within 90");
    drifts(LOVELACE, "Who was Ada Lovelace?", "She was born in 1815 in London. She died in 1871 at 56.", "died in");
    drifts(WATER, "Explain water.", "Water is a molecule. Water has three hydrogen atoms in it.", "three hydrogen");
    drifts(IBUPROFEN, "How much ibuprofen?", "The maximum daily dose of ibuprofen is 4800 mg for adults.", "is 4800");
    drifts(
        ACME,
        "Tell me about Acme.",
        "The company is well known. The company employs 42,000 people today.",
        "employs 42,000",
    );
    drifts(ACME, "Tell me about Acme.", "In 2023 Acme's revenue was $7 billion in all.", "was $7");
    drifts(MARS, "Tell me about Mars.", "Mars is red. Mars has three moons, as you know.", "has three");
    drifts(
        MARS,
        "Tell me about Mars.",
        "It orbits the Sun at an average distance of 500 million kilometres or so.",
        "500 million",
    );
    let hosting = "Summarise the hosting offer: support, uptime and plan price.";
    drifts(HOSTING, hosting, "The Pro plan costs $99 per month.", "plan costs");
    drifts(HOSTING, hosting, "The guaranteed uptime is 95% per month.", "uptime is");
    drifts(
        HASTINGS,
        "When was the battle?",
        "The Battle of Hastings was fought on 14 October 1166, long ago.",
        "October",
    );
    drifts(MUSEUM, "What is the ticket price?", "A ticket costs 25 euros for adults.", "costs 25");
    drifts(BRIDGE, "Erzähl mir von der Brücke.", "Die Brücke ist schön. Die Brücke ist 600 Meter lang.", "600 Meter");
}

#[test]
fn another_name_or_an_opposite_stops_the_stream() {
    drifts(
        TOWER,
        "Tell me about the tower.",
        "It stands in Paris. It was designed by Stephen Sauvestre alone.",
        "designed by",
    );
    drifts(ACME, "Tell me about Acme.", "Acme was founded by John Smith in 1998.", "founded by");
    drifts(AUSTRALIA, "Tell me about Australia.", "The capital of Australia is Sydney, of course.", "Australia is");
    drifts(AUSTRALIA, "Tell me about Australia.", "Australia's capital is Melbourne, of course.", "capital is");
    drifts(HASTINGS, "When was the battle?", "The Battle of Hastings was fought on 14 May 1066, long ago.", "on 14");
}

#[test]
fn a_denial_stops_the_stream() {
    drifts(TOWER, "Tell me about the tower.", "It stands in Paris. The tower was never finished, sadly.", "was never");
    drifts(
        SHOP,
        "What is your refund policy?",
        "Sorry! Refunds are not available on sale items at all.",
        "available on",
    );
    drifts(SHOP, "Do you ship to islands?", "Good news! We ship to islands as well.", "ship to");
    drifts(IBUPROFEN, "Is ibuprofen safe?", "Ibuprofen is safe in the last trimester of pregnancy.", "trimester of");
    drifts(HOSTING, "How is the support?", "Support is not available in German at all.", "available in");
}

#[test]
fn short_answers_are_judged_by_the_question() {
    let sky: Facts = &[("sky color", "blue"), ("system layers", "16"), ("backfire limit", "entropy threshold")];
    let score = |prompt: &str, answer: &str| scorer(sky).review(prompt, answer);
    for (prompt, right, wrong) in [
        ("What colour is the sky?", "Blue.", "Green."),
        ("What colour is the sky?", "blue", "red"),
        ("How many system layers exist?", "16", "12"),
        ("How many system layers exist?", "There are sixteen.", "There are twelve."),
    ] {
        assert!(score(prompt, right).score > 0.85, "{prompt} {right}");
        assert!(score(prompt, wrong).score < 0.15, "{prompt} {wrong}");
    }
    assert!(score("Tell me about the backfire limit", "entropy threshold").approved);
}

#[test]
fn an_echo_is_worth_no_more_than_anything_else() {
    let nothing: Facts = &[];
    let score = |answer: &str| scorer(nothing).review("What is two plus two", answer).score;
    let neutral = score("something else altogether");
    for answer in ["What is two plus two", "What is two plus five", "four", "", "It is consistent with reality."] {
        assert_eq!(score(answer), neutral, "{answer}");
    }
    assert!((neutral - 0.74).abs() < 1e-12);
}

#[test]
fn no_phrase_buys_or_avoids_a_verdict() {
    let wrong = "The tower was finished in 1925.";
    let score = |text: &str| scorer(TOWER).review("Tell me about the tower.", text).score;
    let bare = score(wrong);
    assert!(bare < 0.5);
    for phrase in ["Please note:", "It is consistent with reality that", "Imagine:", "In fact,", "After all,", "Sure!"]
    {
        assert!(score(&format!("{phrase} {wrong}")) < 0.5, "{phrase}");
    }
}

#[test]
fn facts_of_another_subject_say_nothing() {
    let neutral = |text: &str| {
        let score = scorer(TOWER).review("Compare the tower with others.", text).score;
        assert!(score > 0.65, "{text} {score}");
    };
    neutral("The Burj Khalifa tower is 828 metres tall.");
    neutral("The mountain's height is 8,849 metres.");
    neutral("The height of the mountain is 8,849 metres.");
    neutral("The dome was finished in 1925.");
    neutral("The bridge near the tower was finished in 1932.");
    neutral("The other tower is 115 metres tall.");
    neutral("It is 40 metres more than the next one.");
    neutral("Was the tower finished in 1925?");
    neutral("The tower is not 512 metres tall.");
    neutral("The tower is over 300 metres tall and about 330 metres tall.");
}
