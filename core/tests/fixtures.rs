//! The conformance fixtures of the advanced runtime in the profile of the tests, without optimisation: the bits are
//! those of the optimised build that wrote them.
//!
//! What an input means is said in host/src/replay/advanced, which hangs on the core alone.
#![cfg(all(feature = "geometry", feature = "covenant", feature = "ed25519", feature = "operad"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code, unreachable_pub, missing_docs)]

#[path = "../../host/src/replay/advanced/mod.rs"]
mod advanced;
#[path = "../../host/src/replay/refused.rs"]
mod refused;
#[path = "../../host/src/replay/text.rs"]
mod text;

use serde_json::Value;

#[test]
fn every_case_holds_without_optimisation() {
    for suite in ["physics", "observers", "geometry"] {
        let file = format!("{}/../tests/fixtures/{suite}.json", env!("CARGO_MANIFEST_DIR"));
        let fixture: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let cases = fixture["cases"].as_array().unwrap();
        assert!(cases.len() >= 100, "{file} has {} cases", cases.len());
        for case in cases {
            let got = advanced::run(&advanced::NativeAdvanced, suite, &case["input"]).unwrap().unwrap();
            assert!(got == case["expect"], "{suite} {}: {got}", case["name"]);
        }
    }
}
