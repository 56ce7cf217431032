//! Configurations: what is read, what is refused, and by which name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use interlock_core::halt::{ConfigParseError, HaltConfig, SafetyKernel, StreamMonitor, StreamingKernel};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

#[path = "../../tests/support/halt_strategies.rs"]
#[allow(dead_code)]
mod strategies;

/// The fields in the order in which they are checked.
const FIELDS: [&str; 13] = [
    "coherence_threshold",
    "hard_limit",
    "soft_limit",
    "w_logic",
    "w_fact",
    "window_size",
    "window_threshold",
    "trend_window",
    "trend_threshold",
    "history_window",
    "deadline_ms",
    "logit_entropy_limit",
    "missing_score",
];

fn syntax_path(json: &str) -> String {
    match HaltConfig::from_json(json) {
        Err(ConfigParseError::Syntax { path, message }) => {
            assert!(!message.is_empty());
            path
        }
        got => panic!("{json}: {got:?}"),
    }
}

fn invalid_field(json: &str) -> &'static str {
    match HaltConfig::from_json(json) {
        Err(ConfigParseError::Invalid(error)) => error.field,
        got => panic!("{json}: {got:?}"),
    }
}

#[test]
fn missing_fields_take_their_defaults() {
    assert_eq!(HaltConfig::from_json("{}").unwrap(), HaltConfig::default());
    assert_eq!(HaltConfig::from_json(" \n{ }\t").unwrap(), HaltConfig::default());
    let one = HaltConfig::from_json(r#"{"hard_limit": 0}"#).unwrap();
    assert_eq!(one, HaltConfig { hard_limit: 0.0, ..HaltConfig::default() });
}

#[test]
fn what_is_no_configuration_is_refused_with_its_place() {
    for text in
        ["", " ", "null", "[]", "3", "\"{}\"", "{", "{invalid}", "{}{}", "{} x", "{\"hard_limit\": 0.5,}", "[0.6]"]
    {
        syntax_path(text);
    }
    // The published reader takes the twelve values as an array.
    assert_eq!(syntax_path("[0.6,0.5,0.7,0.6,0.4,10,0.55,5,0.15,5,50,1.2]"), "");
    assert!(syntax_path(r#"{"extra": 1}"#).contains("extra"));
    for field in FIELDS {
        for value in [r#""0.5""#, "true", "[]", "{}", "[0.5]"] {
            assert_eq!(syntax_path(&format!("{{\"{field}\": {value}}}")), field);
        }
        if field != "logit_entropy_limit" {
            assert_eq!(syntax_path(&format!("{{\"{field}\": null}}")), field);
        }
        let value = serde_json::to_value(HaltConfig::default()).unwrap().get(field).cloned().unwrap_or(json!(1.5));
        let twice = format!("{{\"{field}\": {value}, \"{field}\": {value}}}");
        assert_eq!(syntax_path(&twice), field);
    }
    for count in ["window_size", "trend_window", "history_window", "deadline_ms"] {
        for value in ["-1", "5.5", "50.0", "4294967296", "1e2"] {
            assert_eq!(syntax_path(&format!("{{\"{count}\": {value}}}")), count);
        }
    }
    // JSON has no number that is not finite.
    for value in ["NaN", "Infinity", "-Infinity", "1e999"] {
        syntax_path(&format!("{{\"hard_limit\": {value}}}"));
    }
}

#[test]
fn what_is_out_of_bounds_is_refused_by_name() {
    for field in ["coherence_threshold", "hard_limit", "soft_limit", "w_logic", "w_fact", "window_threshold"] {
        for value in ["-5e-324", "1.0000000000000002", "-1", "2", "1e308"] {
            assert_eq!(invalid_field(&format!("{{\"{field}\": {value}}}")), field);
        }
    }
    for (field, value) in [
        ("window_size", "0"),
        ("window_size", "4097"),
        ("trend_window", "1"),
        ("trend_window", "4097"),
        ("trend_threshold", "0"),
        ("trend_threshold", "-0.0"),
        ("trend_threshold", "-1"),
        ("history_window", "0"),
        ("deadline_ms", "0"),
        ("logit_entropy_limit", "-1"),
    ] {
        assert_eq!(invalid_field(&format!("{{\"{field}\": {value}}}")), field);
    }
    for (field, value) in [("trend_threshold", "1e308"), ("trend_threshold", "5e-324"), ("window_size", "4096")] {
        HaltConfig::from_json(&format!("{{\"{field}\": {value}}}")).unwrap();
    }
}

#[test]
fn weights_sum_to_one_within_a_billionth() {
    let weights =
        |logic: f64, fact: f64| HaltConfig { w_logic: logic, w_fact: fact, ..HaltConfig::default() }.validate();
    assert!(weights(0.600_000_000_5, 0.4).is_ok());
    assert!(weights(0.599_999_999_5, 0.4).is_ok());
    let error = weights(0.600_000_002, 0.4).unwrap_err();
    assert_eq!((error.field, error.value), ("w_logic", 0.600_000_002 + 0.4));
    assert_eq!(weights(5.0, -4.0).unwrap_err().field, "w_logic");
    assert_eq!(weights(0.5, 0.3).unwrap_err().field, "w_logic");
}

/// Every way to a kernel validates.
fn assert_refused_everywhere(config: &HaltConfig, field: &str) {
    let error = config.validate().unwrap_err();
    assert_eq!(error.field, field);
    assert!(error.to_string().contains(field) && error.to_string().contains(error.bound));
    assert_eq!(StreamMonitor::new(config).unwrap_err().field, field);
    assert_eq!(StreamingKernel::new(config.clone()).unwrap_err().field, field);
}

#[test]
fn numbers_that_are_not_finite_are_refused_everywhere() {
    let default = HaltConfig::default;
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001)] {
        for (field, config) in [
            ("coherence_threshold", HaltConfig { coherence_threshold: bad, ..default() }),
            ("hard_limit", HaltConfig { hard_limit: bad, ..default() }),
            ("soft_limit", HaltConfig { soft_limit: bad, ..default() }),
            ("w_logic", HaltConfig { w_logic: bad, ..default() }),
            ("w_fact", HaltConfig { w_fact: bad, ..default() }),
            ("window_threshold", HaltConfig { window_threshold: bad, ..default() }),
            ("trend_threshold", HaltConfig { trend_threshold: bad, ..default() }),
            ("logit_entropy_limit", HaltConfig { logit_entropy_limit: Some(bad), ..default() }),
        ] {
            assert_refused_everywhere(&config, field);
        }
        assert_eq!(SafetyKernel::new(bad).unwrap_err().field, "hard_limit");
    }
}

/// Makes one field bad.
fn spoil(config: &mut HaltConfig, field: &str) {
    match field {
        "coherence_threshold" => config.coherence_threshold = 1.5,
        "hard_limit" => config.hard_limit = f64::NAN,
        "soft_limit" => config.soft_limit = -1.0,
        "w_logic" => config.w_logic = 2.0,
        "w_fact" => config.w_fact = -1.0,
        "window_size" => config.window_size = 0,
        "window_threshold" => config.window_threshold = 7.0,
        "trend_window" => config.trend_window = 1,
        "trend_threshold" => config.trend_threshold = 0.0,
        "history_window" => config.history_window = 0,
        "deadline_ms" => config.deadline_ms = 0,
        "logit_entropy_limit" => config.logit_entropy_limit = Some(f64::INFINITY),
        _ => panic!("{field}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_first_bad_field_is_named(config in strategies::config(), bad in prop::sample::subsequence(&FIELDS[..12], 1..12)) {
        let mut config = config;
        for field in &bad {
            spoil(&mut config, field);
        }
        assert_refused_everywhere(&config, bad[0]);
    }

    #[test]
    fn json_keeps_every_bit(config in strategies::config()) {
        config.validate().unwrap();
        let json = serde_json::to_string(&config).unwrap();
        let read = HaltConfig::from_json(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
        prop_assert_eq!(read.hard_limit.to_bits(), config.hard_limit.to_bits());
        prop_assert_eq!(read.trend_threshold.to_bits(), config.trend_threshold.to_bits());
        prop_assert_eq!(read, config);
    }

    #[test]
    fn the_order_of_the_fields_does_not_matter(config in strategies::config(), field in select(FIELDS.to_vec())) {
        let Value::Object(object) = serde_json::to_value(&config).unwrap() else { panic!() };
        let (first, rest): (Vec<_>, Vec<_>) = object.into_iter().partition(|(key, _)| key == field);
        let fields: Vec<_> = first.iter().chain(&rest).map(|(key, value)| format!("\"{key}\":{value}")).collect();
        prop_assert_eq!(HaltConfig::from_json(&format!("{{{}}}", fields.join(","))).unwrap(), config);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), key in select(FIELDS.to_vec()), value in "[-+0-9.eE]{0,12}") {
        let _ = HaltConfig::from_json(&text);
        let _ = HaltConfig::from_json(&format!("{{\"{key}\":{value}}}"));
    }
}

#[cfg(feature = "toml")]
mod toml {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn toml_keeps_every_bit(config in strategies::config()) {
            let Value::Object(object) = serde_json::to_value(&config).unwrap() else { panic!() };
            let lines: Vec<_> = object.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            let text = lines.join("\n");
            prop_assert_eq!(HaltConfig::from_toml(&text).unwrap(), config, "{}", text);
        }
    }

    #[test]
    fn toml_is_as_strict_as_json() {
        assert_eq!(HaltConfig::from_toml("").unwrap(), HaltConfig::default());
        assert_eq!(HaltConfig::from_toml("hard_limit = 0").unwrap().hard_limit.to_bits(), 0);
        for text in [
            "extra = 1",
            "hard_limit = \"0.5\"",
            "hard_limit = 0.5\nhard_limit = 0.5",
            "window_size = -1",
            "window_size = 5.0",
            "window_size = 4294967296",
            "hard_limit = [0.5]",
            "hard_limit",
            "[halt]\nhard_limit = 0.5",
        ] {
            let error = HaltConfig::from_toml(text).unwrap_err();
            assert!(matches!(error, ConfigParseError::Syntax { .. }), "{text}: {error:?}");
        }
        // TOML can say what is not finite; it is refused as a value.
        for text in ["hard_limit = nan", "hard_limit = inf", "hard_limit = 7", "window_size = 0"] {
            let error = HaltConfig::from_toml(text).unwrap_err();
            assert!(matches!(error, ConfigParseError::Invalid(_)), "{text}: {error:?}");
        }
        assert!(
            HaltConfig::from_toml("hard_limit = 0.5\nwindow_size = 'x'").unwrap_err().to_string().contains("line 2")
        );
    }
}
