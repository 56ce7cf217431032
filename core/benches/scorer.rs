//! probe
#![allow(missing_docs, clippy::unwrap_used)]
use interlock_core::dialect::DialectKind;
use interlock_core::policy::Policy;
use interlock_core::score::*;
use interlock_core::session::Session;
use std::hint::black_box;
use std::time::Instant;

const FACTS: [(&str, &str); 7] = [
    ("battery temperature", "Charge the battery indoors, at 35 degrees at most."),
    (
        "battery charger",
        "Use only the charger supplied with the bike: connect it to the battery first, then to the wall socket.",
    ),
    ("battery contacts", "Keep the charger, the socket and the contacts dry."),
    ("battery time", "A full charge takes about 4 hours; the light turns green when it is done."),
    (
        "battery frost",
        "Never charge a frozen battery: when it is cold from a winter ride, let it warm up to room temperature first.",
    ),
    ("battery damage", "Do not open a swollen or leaking battery: unplug it and call the service."),
    (
        "battery storage",
        "Over the winter, store the battery in a dry place at about half charge and check it every two months.",
    ),
];
const TEXT: &str = "Charge it indoors, at 35 degrees at most, and use only the charger supplied with your bike. Connect that to the battery first and then to the wall socket, and make sure that the contacts are dry. A full charge takes about 4 hours, so an evening is enough; the light turns green when it is done. After a cold ride, let the battery warm up to room temperature before you plug it in. Over the winter, store it in a dry place at about half charge, and check it every two months. A swollen or leaking battery is a case for the service: do not open it, unplug it and call them.";

fn tokens(text: &str) -> Vec<&str> {
    let mut v = vec![];
    let mut start = 0;
    for (i, c) in text.char_indices() {
        if i > start && (c == ' ' || c == ',' || c == '.' || c == ';') {
            v.push(&text[start..i]);
            start = i;
        }
    }
    v.push(&text[start..]);
    v
}

fn main() {
    let prompt = "About the e-bike battery: How do I charge the battery?";
    let facts: InMemoryKnowledge = FACTS.into_iter().collect();
    let toks = tokens(TEXT);
    println!("{} tokens", toks.len());
    for kind in ["builtin", "none"] {
        let mut best = f64::MAX;
        let mut bf = u128::MAX;
        let facts_json: Vec<String> = FACTS.iter().map(|(k, v)| format!("{{\"key\":{k:?},\"value\":{v:?}}}")).collect();
        let json = if kind == "builtin" {
            format!(
                "{{\"halt\":{{\"hard_limit\":0,\"window_threshold\":0,\"trend_threshold\":1}},\"scorer\":{{\"kind\":\"{kind}\",\"prompt\":{prompt:?},\"facts\":[{}]}}}}",
                facts_json.join(",")
            )
        } else {
            "{\"scorer\":{\"kind\":\"none\"}}".to_string()
        };
        let policy = Policy::from_json(&json).unwrap();
        for _ in 0..std::env::var("R").map_or(200, |r| r.parse().unwrap()) {
            let mut session = Session::new(&policy, DialectKind::Text).unwrap();
            let t = Instant::now();
            let mut firstt = 0;
            for (i, tok) in toks.iter().cycle().take(toks.len() * 50).enumerate() {
                if i == 1 {
                    firstt = t.elapsed().as_nanos();
                }
                session.feed(tok.as_bytes()).unwrap();
                black_box(session.output());
                session.clear_output();
                while session.next_event().is_some() {}
            }
            best = best.min((t.elapsed().as_nanos() - firstt) as f64 / (toks.len() * 50 - 1) as f64);
            bf = bf.min(firstt);
            assert!(!session.state().is_terminal());
        }
        println!("session {kind}: {best:.0} ns/token, first {bf}");
    }
    for n in [1usize, 8, 20, 40, 100] {
        let text: String = toks.iter().take(n).copied().collect::<String>().replace(". ", ", ");
        let mut scorer = CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), facts.clone()).unwrap();
        let mut best = [f64::MAX; 4];
        let context = facts.context(&format!("{prompt}\n{text}")).unwrap();
        let premise = format!("{prompt}\n{context}");
        let mut nli = LexicalNli::new();
        for _ in 0..300 {
            let t = Instant::now();
            for _ in 0..10 {
                black_box(scorer.review_partial(prompt, &text));
            }
            best[0] = best[0].min(t.elapsed().as_nanos() as f64 / 10.);
            let t = Instant::now();
            for _ in 0..10 {
                black_box(facts.context(&format!("{prompt}\n{text}")));
            }
            best[1] = best[1].min(t.elapsed().as_nanos() as f64 / 10.);
            let t = Instant::now();
            for _ in 0..10 {
                black_box(nli.contradiction_so_far(&premise, &text));
            }
            best[2] = best[2].min(t.elapsed().as_nanos() as f64 / 10.);
        }
        println!("{n} tokens {} bytes: review {:.0}, context {:.0}, nli {:.0}", text.len(), best[0], best[1], best[2]);
    }
}
