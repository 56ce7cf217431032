//! In-memory facts and BM25.
#![cfg(feature = "score")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

use interlock_core::score::{Bm25, InMemoryKnowledge, Knowledge};

#[test]
fn facts_match_by_whole_words_in_any_case() {
    let facts = InMemoryKnowledge::with_builtin_facts();
    assert_eq!(facts.len(), 4);
    assert_eq!(facts.matches("What COLOR is the Sky?"), ["sky color is blue"]);
    assert_eq!(facts.matches("whisky, passwords and ecosystems"), [""; 0]);
    assert_eq!(facts.matches("SYSTEM sky"), ["sky color is blue", "system layers is 16"], "in the order of insertion");
    assert_eq!(facts.matches("(sky)"), ["sky color is blue"]);
    assert_eq!(facts.context("nothing"), None);
    assert_eq!(facts.context("sky limit").unwrap(), "sky color is blue\nbackfire limit is entropy threshold");
    let mut facts = InMemoryKnowledge::new();
    facts.insert("Große STRASSE", "lang");
    assert_eq!(facts.matches("GROSSE").len() + facts.matches("straße").len(), 0, "ß stays");
    assert_eq!(facts.matches("große")[0], "Große STRASSE is lang");
}

#[test]
fn function_words_of_a_key_do_not_match() {
    let mut facts = InMemoryKnowledge::new();
    facts.insert("height of the tower", "330 metres");
    facts.insert("and", "a conjunction");
    assert_eq!(facts.matches("the colour of the sky"), [""; 0]);
    assert_eq!(facts.matches("salt and pepper"), ["and is a conjunction"], "unless it has no others");
    assert_eq!(facts.matches("tower"), ["height of the tower is 330 metres"]);
}

#[test]
fn a_key_keeps_its_place_when_its_value_is_replaced() {
    let mut facts = InMemoryKnowledge::new();
    assert!(!facts.insert("a x", "1"));
    assert!(!facts.insert("b x", "2"));
    assert!(facts.insert("a x", "3"));
    assert_eq!(facts.iter().collect::<Vec<_>>(), [("a x", "3"), ("b x", "2")]);
    assert_eq!(facts.matches("x"), ["a x is 3", "b x is 2"]);
    assert!(!facts.insert("", ""), "a key without words is kept and never matches");
    assert_eq!((facts.len(), facts.matches("").len(), facts.is_empty()), (3, 0, false));
}

#[test]
fn sentences_stand_behind_a_colon() {
    let mut facts = InMemoryKnowledge::new();
    facts.insert("tower", "The tower is tall.");
    facts.insert("bridge", "is long; and wide, too");
    facts.insert("sky", "blue");
    let context = facts.context("tower bridge sky").unwrap();
    assert_eq!(context, "tower: The tower is tall.\nbridge: is long; and wide, too\nsky is blue");
}

fn ids(index: &Bm25, query: &str, most: u32) -> Vec<String> {
    index.search(query, most).into_iter().map(|hit| hit.id.to_owned()).collect()
}

#[test]
fn documents_that_score_alike_come_as_they_were_added() {
    let mut index = Bm25::new();
    for id in ["z", "m", "a", "k"] {
        assert!(!index.insert(id, "fresh water"));
    }
    assert_eq!(ids(&index, "water", 10), ["z", "m", "a", "k"]);
    assert_eq!(ids(&index, "WATER!", 2), ["z", "m"]);
    assert_eq!(ids(&index, "water", 0), [""; 0]);
    assert!(index.insert("m", "fresh water"), "replaced");
    assert_eq!(ids(&index, "water", 10), ["z", "m", "a", "k"], "in its place");
    assert!(index.remove("z") && !index.remove("z"));
    assert_eq!((ids(&index, "water", 10).len(), index.len()), (3, 3));
    index.insert("z", "salt");
    assert_eq!(ids(&index, "salt water", 10), ["z", "m", "a", "k"]);
}

#[test]
fn a_replaced_document_leaves_no_trace() {
    let mut changed = Bm25::new();
    let mut fresh = Bm25::new();
    for (id, text) in [("a", "salt salt water"), ("b", "fresh bread and water"), ("c", "")] {
        changed.insert(id, "something quite different, with salt and water in it, water above all");
        changed.insert(id, text);
        fresh.insert(id, text);
    }
    for query in ["salt", "water", "bread water salt salt", "different", ""] {
        assert_eq!(changed.search(query, 9), fresh.search(query, 9), "{query}");
    }
}

#[test]
fn parameters_are_checked() {
    let mut index = Bm25::new();
    for (k1, b) in [(-0.1, 0.5), (f64::NAN, 0.5), (f64::INFINITY, 0.5), (1.0, 1.1), (1.0, -0.1), (1.0, f64::NAN)] {
        assert!(index.set_parameters(k1, b).is_err());
        assert_eq!(index.parameters(), (1.2, 0.75));
    }
    assert!(index.set_context_size(0).is_err());
    index.set_parameters(2.0, 0.3).unwrap();
    assert_eq!(index.parameters(), (2.0, 0.3));
}

#[test]
fn the_best_documents_are_the_context() {
    let mut index = Bm25::new();
    index.insert("one", "The tower is tall.");
    index.insert("two", "The tower tower tower.");
    index.insert("three", "Nothing of the kind.");
    index.set_context_size(1).unwrap();
    assert_eq!(index.context("tower").unwrap(), "The tower tower tower.");
    index.set_context_size(9).unwrap();
    assert_eq!(index.context("tower").unwrap(), "The tower tower tower.\nThe tower is tall.");
    assert_eq!(index.context("ocean"), None);
}

#[test]
fn a_query_costs_what_it_matches() {
    let mut index = Bm25::new();
    for n in 0..20_000 {
        index.insert(&format!("d{n}"), &format!("common word number{n}"));
    }
    let start = std::time::Instant::now();
    for n in 0..20_000 {
        assert_eq!(ids(&index, &format!("number{n} unheard"), 3), [format!("d{n}")]);
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert_eq!(ids(&index, &"common ".repeat(10_000), 2), ["d0", "d1"]);
}
