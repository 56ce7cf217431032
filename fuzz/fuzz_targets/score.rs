//! Any texts are scored.
#![no_main]

#[allow(dead_code)]
mod common;

use common::Input;
use interlock_core::score::signals::{
    entity_overlap, has_suspicious_unicode, lite_score, negation_flip, numerical_consistency, sanitize, traceability,
    word_overlap,
};
use interlock_core::score::{Bm25, CoherenceScorer, InMemoryKnowledge, LexicalNli, ScorerConfig};
use libfuzzer_sys::fuzz_target;

fn in_unit(value: f64) -> u64 {
    assert!((0.0..=1.0).contains(&value), "{value}");
    value.to_bits()
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (a, b, fact) = (input.text(), input.text(), input.text());
    let signals = || {
        let shares = [word_overlap(&a, &b), entity_overlap(&a, &b), traceability(&a, &b), lite_score(&a, &b)];
        let flags = (numerical_consistency(&a, &b), negation_flip(&a, &b), has_suspicious_unicode(&a));
        (shares.map(in_unit), flags, in_unit(sanitize(&a).score))
    };
    assert_eq!(signals(), signals());

    let review = || {
        let facts = [(&*b, &*fact)].into_iter().collect::<InMemoryKnowledge>();
        let mut scorer = CoherenceScorer::new(ScorerConfig::default(), LexicalNli::new(), facts).expect("valid");
        let first = scorer.review(&a, &b);
        let second = scorer.review_partial(&b, &a);
        [first.score, first.h_logical, first.h_factual, second.score].map(in_unit)
    };
    assert_eq!(review(), review());

    let mut index = Bm25::new();
    for (id, text) in [("a", &a), ("b", &b), ("a", &fact)] {
        index.insert(id, text);
    }
    for hit in index.search(&fact, 9) {
        assert!(hit.score > 0.0 && hit.score.is_finite());
    }
});
