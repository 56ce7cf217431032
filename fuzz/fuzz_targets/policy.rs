//! Any text is read as a policy and as a configuration.
#![no_main]

use interlock_core::halt::HaltConfig;
use interlock_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(config) = HaltConfig::from_json(text) {
        config.validate().expect("valid");
        let json = serde_json::to_string(&config).expect("JSON");
        assert_eq!(HaltConfig::from_json(&json).expect("reads back"), config);
        // What we read is JSON, an object, and has no member twice or unknown: so says another reader.
        assert!(serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok());
    }
    if let Ok(policy) = Policy::from_json(text) {
        policy.validate().expect("valid");
        let json = serde_json::to_string(&policy).expect("JSON");
        assert_eq!(Policy::from_json(&json).expect("reads back"), policy);
    }
    if let Ok(policy) = Policy::from_toml(text) {
        policy.validate().expect("valid");
    }
    let _ = HaltConfig::from_toml(text);
});
