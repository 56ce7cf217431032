//! The sections of `h_streams.json` on configurations: `config_validation` and `config_from_json`.

use interlock_core::halt::{ConfigError, ConfigParseError, HaltConfig};
use serde_json::{Map, Value};

use super::{GoldenReport, PublishedConfig};

/// The configuration in Interlock's type, or the field that does not fit. A window that does not fit is
/// too large for the validation too, so that it is refused in its turn.
pub(crate) fn typed(config: &PublishedConfig) -> Result<HaltConfig, String> {
    let count = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let typed = HaltConfig {
        coherence_threshold: config.coherence_threshold,
        hard_limit: config.hard_limit,
        soft_limit: config.soft_limit,
        w_logic: config.w_logic,
        w_fact: config.w_fact,
        window_size: count(config.window_size),
        window_threshold: config.window_threshold,
        trend_window: count(config.trend_window),
        trend_threshold: config.trend_threshold,
        history_window: count(config.history_window),
        deadline_ms: count(config.deadline_ms),
        logit_entropy_limit: Some(config.logit_entropy_limit),
        ..HaltConfig::default()
    };
    let fits = |value: u64| u32::try_from(value).is_ok();
    let misfit = [("history_window", config.history_window), ("deadline_ms", config.deadline_ms)];
    match misfit.into_iter().find(|(_, value)| !fits(*value)) {
        Some((field, _)) if typed.validate().is_ok() => Err(String::from(field)),
        _ => Ok(typed),
    }
}

/// A configuration and the first field that the published validation refuses.
pub(crate) fn validation(report: &mut GoldenReport, default: &PublishedConfig, name: &str, vector: &Value) {
    let none = Map::new();
    let overrides = vector.get("config_overrides").and_then(Value::as_object).unwrap_or(&none);
    let config = match default.with(overrides) {
        Ok(config) => config,
        Err(field) => {
            return report.fail(name, "config_overrides", "known fields and values of their type", field);
        }
    };
    let expected = vector.get("first_field_refused").and_then(Value::as_str);
    let published = config.published_refuses();
    if published != expected {
        return report.fail(name, "published semantics: refused", format!("{expected:?}"), format!("{published:?}"));
    }
    let got = match typed(&config) {
        Ok(config) => config.validate().err().map(|error: ConfigError| String::from(error.field)),
        Err(field) => Some(field),
    };
    let canon = config.canon_refuses();
    if canon != got.as_deref() {
        return report.fail(name, "refused", format!("{canon:?}"), format!("{got:?}"));
    }
    match canon {
        _ if canon == published => report.hold(),
        Some(field) => report.deviate(name, format!("{field} must be finite and in its range")),
        None => report.fail(name, "refused", format!("{published:?}"), "accepted"),
    }
}

/// A configuration as JSON text: whether it parses, and whether it validates.
pub(crate) fn from_json(report: &mut GoldenReport, name: &str, vector: &Value) {
    let Some(json) = vector.get("json").and_then(Value::as_str) else {
        return report.fail(name, "json", "a text", vector);
    };
    let published = serde_json::from_str::<PublishedConfig>(json);
    let verdict = match &published {
        Ok(config) => (true, Some(config.published_refuses().is_none())),
        Err(_) => (false, None),
    };
    let expected = (
        vector.get("parses").and_then(Value::as_bool).unwrap_or(false),
        vector.get("validates").and_then(Value::as_bool),
    );
    if verdict != expected {
        return report.fail(name, "published semantics", format!("{expected:?}"), format!("{verdict:?}"));
    }
    let got = match HaltConfig::from_json(json) {
        Ok(_) => (true, Some(true)),
        Err(ConfigParseError::Invalid(_)) => (true, Some(false)),
        Err(ConfigParseError::Syntax { .. }) => (false, None),
    };
    let value: Option<Value> = serde_json::from_str(json).ok();
    let object = value.as_ref().and_then(Value::as_object);
    match (published, object) {
        _ if got == expected => report.hold(),
        // Read by the published kernel: what Interlock refuses must be unknown, out of range or no object.
        (Ok(_), None) if got == (false, None) => report.deviate(name, "only a JSON object is a configuration"),
        (Ok(config), Some(object)) => match object.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            Some(key) if got == (false, None) => report.deviate(name, format!("the unknown field {key} is refused")),
            _ => match config.canon_refuses() {
                Some(field) if got != (true, Some(true)) => {
                    report.deviate(name, format!("{field} must be finite and in its range"));
                }
                _ => report.fail(name, "parses, validates", format!("{expected:?}"), format!("{got:?}")),
            },
        },
        // Refused by the published kernel: fields that it wants, or counts that are absent, are optional.
        (Err(_), Some(object)) if FIELDS.iter().any(|field| !object.contains_key(*field)) => {
            report.deviate(name, "missing fields take their defaults");
        }
        _ => report.fail(name, "parses, validates", format!("{expected:?}"), format!("{got:?}")),
    }
}

const FIELDS: [&str; 12] = [
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
];
