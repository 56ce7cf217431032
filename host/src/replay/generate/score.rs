//! Inputs of the suite `score`.

use super::corpus::{FACTS, MARKED, TEXTS};
use super::{Case, Cases, Random};
use crate::replay::halt::Changes;
use crate::replay::score::{IndexStep, Input, ScorerStep};
use crate::replay::text::{Bits, BitsList};

type Made = Result<(), serde_json::Error>;

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    scorers(&mut cases)?;
    configs(&mut cases)?;
    reviews(&mut cases)?;
    signals(&mut cases, &mut random)?;
    memories(&mut cases)?;
    indices(&mut cases, &mut random)?;
    numbers(&mut cases, &mut random)?;
    claims(&mut cases, &mut random)?;
    Ok(cases.0)
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| (String::from(*a), String::from(*b))).collect()
}

fn review(prompt: &str, text: &str) -> ScorerStep {
    ScorerStep::Review(String::from(prompt), String::from(text))
}

fn partial(prompt: &str, text: &str) -> ScorerStep {
    ScorerStep::ReviewPartial(String::from(prompt), String::from(text))
}

fn divergence(prompt: &str, text: &str) -> ScorerStep {
    ScorerStep::Divergence(String::from(prompt), String::from(text))
}

fn scorer(facts: &[(&str, &str)], documents: &[(&str, &str)], steps: Vec<ScorerStep>) -> Input {
    Input::Scorer { config: Changes::default(), facts: owned(facts), documents: owned(documents), steps }
}

/// Reviews with the built-in judge, with facts, with documents and with nothing.
fn scorers(cases: &mut Cases) -> Made {
    let prompts = ["What colour is the sky?", "Tell me about the bridge.", "Wie hoch ist der Turm? 東京タワー", ""];
    let answers = [
        "The sky is blue.",
        "The sky is green.",
        "The sky is not blue.",
        "Blue",
        "What colour is the sky?",
        "The bridge was opened in 1932.",
        "The bridge was opened in 1934 and spans 503 metres.",
        "The bridge was never opened.",
        "Der Turm ist 330 Meter hoch.",
        "東京タワーは300メートルです",
        "This is consistent with reality.",
        "It depends on your perspective; the opposite is true.",
        "",
        "…",
    ];
    let documents =
        [("sky", "The sky is blue by day."), ("bridge", "The bridge was opened in 1932."), ("tea", "Tea is hot.")];
    for prompt in prompts {
        for answer in answers {
            let steps = vec![review(prompt, answer), partial(prompt, answer), divergence(prompt, answer)];
            cases.add("facts", scorer(&FACTS, &[], steps))?;
        }
        let steps = answers.iter().map(|answer| review(prompt, answer)).collect();
        cases.add("documents", scorer(&[], &documents, steps))?;
        let steps = answers.iter().map(|answer| review(prompt, answer)).collect();
        cases.add("nothing-known", scorer(&[], &[], steps))?;
    }
    // A text as it grows, word by word.
    let growing = "The bridge was opened in 1934, and spans 503 metres";
    let steps =
        growing.char_indices().map(|(at, _)| partial(prompts[1], growing.get(..at).unwrap_or_default())).collect();
    cases.add("growing", scorer(&FACTS, &[], steps))?;
    for (index, text) in TEXTS.iter().enumerate() {
        let other = TEXTS.get(index.wrapping_add(1)).copied().unwrap_or_default();
        let steps = vec![review(text, other), review(other, text), divergence(text, text)];
        cases.add("scripts", scorer(&FACTS, &[], steps))?;
    }
    // The history keeps the newest five.
    let steps = (0..8).map(|number| review("Count.", &format!("Number {number}."))).collect();
    cases.add("history", scorer(&[], &[], steps))
}

/// Weights, thresholds and windows, valid and not.
fn configs(cases: &mut Cases) -> Made {
    let bits = |value: f64| Some(Bits(value));
    let steps = || {
        vec![
            review("What colour is the sky?", "The sky is blue."),
            ScorerStep::CoherenceThreshold(Bits(0.9)),
            review("What colour is the sky?", "The sky is blue."),
            ScorerStep::CoherenceThreshold(Bits(f64::NAN)),
            ScorerStep::CoherenceThreshold(Bits(0.0)),
            ScorerStep::SoftLimit(Bits(1.5)),
            ScorerStep::SoftLimit(Bits(1.0)),
            review("What colour is the sky?", "The sky is green."),
        ]
    };
    let default = Changes::default;
    for config in [
        default(),
        Changes { w_logic: bits(1.0), w_fact: bits(0.0), ..default() },
        Changes { w_logic: bits(0.0), w_fact: bits(1.0), ..default() },
        Changes { w_logic: bits(1.0 / 3.0), w_fact: bits(2.0 / 3.0), ..default() },
        Changes { w_logic: bits(0.9), ..default() },
        Changes { coherence_threshold: bits(0.74), ..default() },
        Changes { coherence_threshold: bits(-0.1), ..default() },
        Changes { soft_limit: bits(f64::INFINITY), ..default() },
        Changes { history_window: Some(1), ..default() },
        Changes { history_window: Some(0), ..default() },
    ] {
        let input = Input::Scorer { config, facts: owned(&FACTS), documents: Vec::new(), steps: steps() };
        cases.add("config", input)?;
    }
    Ok(())
}

/// Reviews whose questions are answered from elsewhere.
fn reviews(cases: &mut Cases) -> Made {
    use ScorerStep::{Context, Nli, Record};
    let begin = || ScorerStep::Begin(String::from("What is it?"), String::from("It is 330 metres tall."));
    let grow = || ScorerStep::BeginPartial(String::from("What is it?"), String::from("It is 33"));
    let context = |text: &str| Context(Some(String::from(text)));
    for known in [
        None,
        Some(""),
        Some("It is 330 metres tall."),
        Some("It is 324 metres tall.\nIt is old."),
        Some("\u{1f5fc} 高さ"),
    ] {
        for judged in [0.0, 0.05, 0.9, 1.0, -3.0, 7.0, f64::NAN, f64::INFINITY] {
            for first in [begin(), grow()] {
                let steps = vec![first, Context(known.map(String::from)), Nli(Bits(judged)), Record];
                cases.add("review", scorer(&[], &[], steps))?;
            }
        }
    }
    for steps in [
        vec![Nli(Bits(0.5)), Context(None), Record],
        vec![begin(), Nli(Bits(0.5)), Context(None), Context(None), Nli(Bits(0.5)), Nli(Bits(0.9)), Record, Record],
        vec![begin(), Record, Context(None)],
        vec![begin(), context("x"), Record],
        vec![begin(), context("x"), begin(), context("y"), Nli(Bits(0.1)), Record, grow(), Nli(Bits(0.1))],
    ] {
        cases.add("review-order", scorer(&[], &[], steps))?;
    }
    Ok(())
}

/// Every signal of every text with some others.
fn signals(cases: &mut Cases, random: &mut Random) -> Made {
    let mut pair = |a: &str, b: &str| cases.add("signals", Input::Signals { a: String::from(a), b: String::from(b) });
    for (index, text) in TEXTS.iter().enumerate() {
        let next = TEXTS.get(index.wrapping_add(1)).copied().unwrap_or_default();
        pair(text, next)?;
        pair(text, text)?;
        pair(text, random.pick(&TEXTS))?;
    }
    for text in MARKED {
        pair(text, "")?;
    }
    for (a, b) in [
        ("The islands don't belong to them", "The islands belong to them"),
        ("He has never been to Rome", "He has been to Rome"),
        ("London. Paris", "London Paris"),
        ("It costs 1,000 and 5.", "It costs 1000 and 5"),
        ("x", "y"),
    ] {
        pair(a, b)?;
        pair(b, a)?;
    }
    Ok(())
}

fn memories(cases: &mut Cases) -> Made {
    let queries: Vec<String> = TEXTS
        .iter()
        .chain(&["sky", "SKY colour bridge", "whisky", "the", "größe", "GRÖSSE DES TURMS", "東京タワー", "capital"])
        .map(|text| String::from(*text))
        .collect();
    cases.add("memory", Input::Memory { facts: owned(&FACTS), queries: queries.clone() })?;
    let again = [
        ("Sky", "grey"),
        ("sky", "blue"),
        ("Sky", "Blue, they say, and rarely otherwise"),
        ("", "nothing"),
        ("of the", "words"),
    ];
    cases.add("memory", Input::Memory { facts: owned(&again), queries: queries.clone() })?;
    cases.add("memory", Input::Memory { facts: Vec::new(), queries })
}

fn indices(cases: &mut Cases, random: &mut Random) -> Made {
    let insert = |id: &str, text: &str| IndexStep::Insert(String::from(id), String::from(text));
    let search = |query: &str, most: u32| IndexStep::Search(String::from(query), most);
    let index = |k1: f64, b: f64, context_size: u32, steps: Vec<IndexStep>| Input::Index {
        k1: Bits(k1),
        b: Bits(b),
        context_size,
        steps,
    };
    let filled =
        || TEXTS.iter().enumerate().map(|(number, text)| insert(&format!("d{number}"), text)).collect::<Vec<_>>();
    for (k1, b) in [(1.2, 0.75), (0.0, 0.0), (2.0, 1.0), (1.2, 0.0), (1e300, 0.5)] {
        let mut steps = filled();
        for query in [
            "sky blue",
            "the the the",
            "Bridge 1932 metres",
            "straße ὈΔΥΣΣΕΎΣ",
            "天空是蓝色的",
            "nothing here at all",
            "",
        ] {
            steps.push(search(query, 3));
            steps.push(IndexStep::Context(String::from(query)));
        }
        cases.add("index", index(k1, b, 2, steps))?;
    }
    for (k1, b, size) in [(-1.0, 0.5, 1), (1.2, 1.5, 1), (f64::NAN, 0.5, 1), (1.2, f64::INFINITY, 1), (1.2, 0.75, 0)] {
        cases.add("index-refused", index(k1, b, size, vec![search("a", 1)]))?;
    }
    // Ties, replacement, removal.
    let steps = vec![
        search("tea", 5),
        insert("a", "tea water"),
        insert("b", "tea water"),
        insert("c", "tea milk tea"),
        search("tea", 5),
        search("tea", 1),
        search("tea", 0),
        insert("a", "coffee"),
        search("tea coffee", 5),
        IndexStep::Remove(String::from("b")),
        IndexStep::Remove(String::from("b")),
        search("tea water", 5),
        insert("b", "tea"),
        search("tea", 5),
        IndexStep::Context(String::from("tea")),
        IndexStep::Context(String::from("cocoa")),
    ];
    cases.add("index-changes", index(1.2, 0.75, 3, steps))?;
    let words = ["tea", "milk", "Wasser", "чай", "茶", "sugar", "cup"];
    for _ in 0..6 {
        let mut steps = Vec::new();
        for _ in 0..30 {
            let id = format!("d{}", random.below(9));
            let text = (0..random.whole(0, 9)).map(|_| random.pick(&words)).collect::<Vec<_>>().join(" ");
            steps.push(match random.below(5) {
                0 => search(&text, random.whole(1, 5)),
                1 => IndexStep::Remove(id),
                _ => IndexStep::Insert(id, text),
            });
        }
        cases.add("index-walk", index(random.between(0.0, 3.0), random.unit(), 3, steps))?;
    }
    Ok(())
}

/// Signals of numbers.
fn numbers(cases: &mut Cases, random: &mut Random) -> Made {
    for values in [
        vec![],
        vec![0.5],
        vec![0.9, 0.1],
        vec![0.1, 0.9],
        vec![0.5; 20],
        vec![-0.0, 0.0],
        vec![1e300, -1e300],
        vec![f64::MAX, f64::MAX, -f64::MAX],
        vec![5e-324, 0.0],
        vec![0.5, f64::NAN],
        vec![f64::INFINITY, 0.5],
    ] {
        cases.add("trend", Input::Trend { values: BitsList(values) })?;
    }
    for _ in 0..12 {
        let values = (0..random.whole(2, 30)).map(|_| random.unit()).collect();
        cases.add("trend", Input::Trend { values: BitsList(values) })?;
    }
    for values in [
        vec![],
        vec![0.0, 0.0],
        vec![1000.0, -1000.0, 0.0],
        vec![-745.2, -700.0, 709.8],
        vec![1.0, 2.0, 3.0, 4.0, 5.0],
        vec![f64::NAN, 0.0],
        vec![f64::NEG_INFINITY, 0.0],
        vec![f64::MAX, -f64::MAX],
    ] {
        for cols in [1, 2, 3] {
            cases.add("softmax", Input::Softmax { values: BitsList(values.clone()), cols })?;
        }
    }
    for _ in 0..8 {
        let values = (0..12).map(|_| random.between(-30.0, 30.0)).collect();
        cases.add("softmax", Input::Softmax { values: BitsList(values), cols: random.whole(1, 6) })?;
    }
    for probs in [
        vec![],
        vec![1.0, 0.0],
        vec![0.5, 0.25, 0.25, 0.0, 0.0, 1.0],
        vec![1.0, 1.0, 1.0],
        vec![0.5, f64::NAN, 0.5],
        vec![0.5, 1.5, -0.5],
        vec![1e-13, 1.0 - 1e-13, 0.0],
    ] {
        for cols in [1, 2, 3] {
            cases.add("confidence", Input::Confidence { probs: BitsList(probs.clone()), cols })?;
            for (contradiction, neutral) in [(0, 1), (2, 1), (0, 9)] {
                let probs = BitsList(probs.clone());
                cases.add("divergence", Input::Divergence { probs, cols, contradiction, neutral })?;
            }
        }
    }
    for _ in 0..8 {
        let cols = random.whole(2, 5);
        let row = (0..cols).map(|_| random.unit()).collect::<Vec<_>>();
        let sum: f64 = row.iter().sum();
        let probs = BitsList(row.iter().map(|p| p / sum).collect());
        cases.add("confidence", Input::Confidence { probs: probs.clone(), cols })?;
        cases.add("divergence", Input::Divergence { probs, cols, contradiction: 0, neutral: 1 })?;
    }
    Ok(())
}

/// Claims and what is made of them.
fn claims(cases: &mut Cases, random: &mut Random) -> Made {
    for baseline in [0.0, 0.4, 0.999, 1.0, -1.0, 7.0, f64::NAN] {
        let claims = ["The sky is blue.", "Send the file to Bob Smith", "天空", ""].map(String::from).to_vec();
        let forward = BitsList(vec![0.1, 0.7, 0.9, 0.5]);
        let reverse = BitsList(vec![0.2, 0.6, 0.95]);
        let intent = String::from("Describe the blue sky to Bob Smith");
        let input = Input::Bidirectional { claims, intent, forward, reverse, baseline: Bits(baseline) };
        cases.add("bidirectional", input)?;
    }
    let default = [0.7, 0.6, 0.75, 0.15, 0.3];
    let mut add = |columns: [Vec<f64>; 3], sanitizer: f64, settings: [f64; 5]| {
        let [calibrated, traceability, entity_overlap] = columns.map(BitsList);
        let settings = BitsList(settings.to_vec());
        let input = Input::Injection { calibrated, traceability, entity_overlap, sanitizer: Bits(sanitizer), settings };
        cases.add("injection", input)
    };
    let one = |calibrated: f64, trace: f64, names: f64| [vec![calibrated], vec![trace], vec![names]];
    add([vec![], vec![], vec![]], 0.9, default)?;
    for calibrated in [0.0, 0.59, 0.6, 0.75, 1.0, 3.0, -1.0, f64::NAN] {
        for trace in [0.0, 0.15, 0.2, 0.3, 1.0] {
            add(one(calibrated, trace, 0.0), 0.0, default)?;
        }
        add(one(calibrated, 0.5, 0.9), 1.0, default)?;
    }
    add(one(0.9, 0.05, 0.0), 0.0, default)?;
    add(one(0.9, 1.5, 0.0), 0.0, default)?;
    add(one(0.9, 0.5, -0.1), 0.0, default)?;
    add(one(0.9, 0.5, 0.1), 1.1, default)?;
    add(one(0.9, 0.5, 0.1), 0.0, [1.5, 0.6, 0.75, 0.15, 0.3])?;
    add(one(0.9, 0.5, 0.1), 0.0, [0.7, f64::NAN, 0.75, 0.15, 0.3])?;
    add(one(0.9, 0.0, 0.1), 0.0, [0.7, 0.6, 0.75, 0.0, 1.0])?;
    for _ in 0..12 {
        let mut column = || (0..4).map(|_| random.unit()).collect::<Vec<_>>();
        let columns = [column(), column(), column()];
        let sanitizer = random.unit();
        add(columns, sanitizer, default)?;
    }
    Ok(())
}
