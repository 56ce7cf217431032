//! The halt resources: what they do, and what they refuse.

use interlock_core::halt::{
    EntropyError, Halt, HaltConfig, HaltReason, KernelError, KernelState, MissingScore, MonitorState, Observation,
    SafetyOutcome, StreamEnded, Verdict, WarningKind,
};
use interlock_host::embed::{HostError, StreamMonitor};

use crate::support::interlock;

#[test]
fn the_default_configuration_is_the_cores() {
    assert_eq!(interlock().instantiate().unwrap().default_config().unwrap(), HaltConfig::default());
}

#[test]
fn every_field_of_a_configuration_crosses() {
    let json = r#"{"coherence_threshold": 0.1, "hard_limit": 0.2, "soft_limit": 0.3, "w_logic": 0.25, "w_fact": 0.75,
        "window_size": 11, "window_threshold": 0.4, "trend_window": 6, "trend_threshold": 0.45, "history_window": 7,
        "deadline_ms": 80, "logit_entropy_limit": 2.5, "missing_score": "skip"}"#;
    let native = HaltConfig::from_json(json).unwrap();
    let mut instance = interlock().instantiate().unwrap();
    assert_eq!(instance.config_from_json(json).unwrap(), native);
    // And back in: a kernel keeps what it was given.
    let kernel = interlock().streaming_kernel(&native).unwrap();
    assert_eq!(kernel.config(), &native);
}

#[test]
fn a_refused_configuration_names_the_field_its_value_and_the_bound() {
    let config = HaltConfig { hard_limit: 1.5, ..HaltConfig::default() };
    let Err(HostError::Config(error)) = interlock().stream_monitor(&config) else { panic!("accepted") };
    let native = config.validate().unwrap_err();
    assert_eq!((error.field.as_str(), error.value, error.bound.as_str()), (native.field, native.value, native.bound));
    assert_eq!(error.to_string(), native.to_string());

    let config = HaltConfig { soft_limit: f64::NAN, ..HaltConfig::default() };
    let Err(HostError::Config(error)) = interlock().streaming_kernel(&config) else { panic!("accepted") };
    assert!(error.field == "soft_limit" && error.value.is_nan());
    assert!(matches!(interlock().safety_kernel(-0.1), Err(HostError::Config(error)) if error.field == "hard_limit"));
}

#[test]
fn unreadable_configurations_say_where() {
    let mut instance = interlock().instantiate().unwrap();
    for (json, place) in [
        (r#"{"hard_limt": 0.5}"#, "hard_limt"),
        (r#"{"hard_limit": "0.5"}"#, "hard_limit"),
        (r#"{"window_size": -1}"#, "window_size"),
        ("[]", ""),
        ("", ""),
        ("{", ""),
    ] {
        let Err(HostError::Syntax { path, message }) = instance.config_from_json(json) else { panic!("{json}") };
        assert!(path.contains(place) && !message.is_empty(), "{json}: {path}: {message}");
    }
    let refused = instance.config_from_json(r#"{"hard_limit": 2}"#);
    assert!(matches!(refused, Err(HostError::Config(error)) if error.field == "hard_limit" && error.value == 2.0));
    // None of it harmed the instance.
    assert_eq!(instance.config_from_json("{}").unwrap(), HaltConfig::default());
    assert!(instance.validate_config(&HaltConfig::default()).is_ok());
}

#[test]
fn logit_entropy_and_its_refusals() {
    let mut instance = interlock().instantiate().unwrap();
    assert_eq!(instance.logit_entropy(&[0.0]).unwrap().to_bits(), 0.0_f64.to_bits());
    assert!(matches!(instance.logit_entropy(&[]), Err(HostError::Entropy(EntropyError::Empty))));
    let refused = instance.logit_entropy(&[-1.0, 0.5]);
    let expected = EntropyError::NotALogProbability { index: 1, value: 0.5 };
    assert!(matches!(refused, Err(HostError::Entropy(error)) if error == expected));
}

#[test]
fn a_monitor_lives_and_ends() {
    let mut monitor = interlock().stream_monitor(&HaltConfig::default()).unwrap();
    assert_eq!(monitor.push(0.9).unwrap(), Verdict::Pass);
    let Verdict::Warn(warning) = monitor.push(0.8 - 0.15).unwrap() else { panic!("no warning") };
    assert_eq!((warning.kind, warning.bound), (WarningKind::SoftLimit, Some(0.7)));
    assert_eq!(monitor.last_score().unwrap(), Some(0.65));
    assert_eq!(monitor.state(), MonitorState::Open);
    let halt = monitor.push(0.2).unwrap().halt().unwrap();
    assert_eq!(halt, Halt::measured(HaltReason::HardLimit, 0.2, 0.5));
    assert_eq!(monitor.state(), MonitorState::Halted);
    let ended = StreamEnded { state: MonitorState::Halted };
    assert!(matches!(monitor.push(0.9), Err(HostError::StreamEnded(error)) if error == ended));
    assert!(matches!(monitor.push_many(&[0.9]), Err(HostError::StreamEnded(_))));
    assert!(matches!(monitor.push_many(&[]), Err(HostError::StreamEnded(_))));
    assert!(matches!(monitor.push_observations(&[]), Err(HostError::StreamEnded(_))));
    assert!(matches!(monitor.stop(Halt::because(HaltReason::Budget)), Err(HostError::StreamEnded(_))));
    let summary = monitor.finish().unwrap();
    assert_eq!((summary.tokens, summary.halt_index, summary.halt), (3, Some(2), Some(halt)));
    assert!(monitor.trap().is_none());
}

#[test]
fn a_finished_stream_takes_no_more() {
    let mut monitor = interlock().stream_monitor(&HaltConfig::default()).unwrap();
    monitor.push(0.9).unwrap();
    assert_eq!(monitor.finish().unwrap().tokens, 1);
    assert_eq!(monitor.state(), MonitorState::Finished);
    let ended = StreamEnded { state: MonitorState::Finished };
    assert!(matches!(monitor.finish(), Err(HostError::StreamEnded(error)) if error == ended));
    assert!(matches!(monitor.push(0.9), Err(HostError::StreamEnded(error)) if error == ended));
    assert_eq!(monitor.summary().unwrap().tokens, 1);
}

#[test]
fn late_and_missing_scores() {
    let late = Observation { score: Some(0.9), elapsed_ms: Some(51.0), logit_entropy: None };
    let mut monitor = interlock().stream_monitor(&HaltConfig::default()).unwrap();
    assert_eq!(monitor.push_observation(late).unwrap().halt().unwrap().reason, HaltReason::Deadline);

    let config = HaltConfig { missing_score: MissingScore::Skip, ..HaltConfig::default() };
    let mut monitor = interlock().stream_monitor(&config).unwrap();
    let batch = monitor.push_observations(&[Observation::default(), late, Observation::score(0.9)]).unwrap();
    assert_eq!((batch.consumed, batch.warnings, batch.halt), (3, 2, None));
    assert_eq!(monitor.summary().unwrap().scores, 1);
}

#[test]
fn every_halt_reason_crosses_both_ways() {
    for reason in HaltReason::ALL {
        let mut monitor = interlock().stream_monitor(&HaltConfig::default()).unwrap();
        let halt = Halt { reason, observed: Some(-0.0), bound: Some(f64::MIN_POSITIVE) };
        assert_eq!(monitor.stop(halt).unwrap().halt(), Some(halt));
        assert_eq!(monitor.summary().unwrap().halt, Some(halt));
    }
}

#[test]
fn an_instance_serves_one_stream_after_the_other() {
    let mut instance = interlock().instantiate().unwrap();
    for round in 0..50 {
        let mut monitor = StreamMonitor::new(instance, &HaltConfig::default()).unwrap();
        assert!(!monitor.push(0.9).unwrap().is_halt());
        assert_eq!(monitor.summary().unwrap().tokens, 1, "round {round}");
        instance = monitor.into_instance().unwrap();
    }
}

#[test]
fn a_streaming_kernel_stays_inactive_until_it_is_reactivated() {
    let mut kernel = interlock().streaming_kernel(&HaltConfig::default()).unwrap();
    assert_eq!(kernel.state(), KernelState::Idle);
    assert!(matches!(kernel.end(), Err(HostError::Kernel(KernelError::NotStreaming))));
    let record = kernel.run([("The ", 0.9), ("sky is ", 0.9), ("green", 0.1), ("!", 0.9)]).unwrap();
    assert_eq!((record.output().as_str(), record.summary.halt_index), ("The sky is ", Some(2)));
    assert_eq!(record.tokens.len(), 3);
    assert_eq!(record.scores().collect::<Vec<_>>(), [0.9, 0.9, 0.1]);
    assert!(!kernel.is_active());
    let refused = kernel.run([("More", 0.9)]).unwrap();
    assert_eq!(refused.summary.halt.unwrap().reason, HaltReason::Inactive);

    kernel.reactivate().unwrap();
    kernel.begin().unwrap();
    assert_eq!(kernel.state(), KernelState::Streaming);
    assert!(matches!(kernel.begin(), Err(HostError::Kernel(KernelError::Streaming))));
    assert_eq!(kernel.push("More", Observation::score(0.9)).unwrap(), Verdict::Pass);
    kernel.emergency_stop();
    let halt = kernel.push("!", Observation::score(0.9)).unwrap().halt().unwrap();
    assert_eq!(halt.reason, HaltReason::EmergencyStop);
    assert_eq!(kernel.state(), KernelState::Halted);
    assert!(matches!(kernel.push("?", Observation::score(0.9)), Err(HostError::Kernel(KernelError::Halted))));
    assert_eq!(kernel.end().unwrap().output(), "More");
    assert!(kernel.into_instance().is_ok());
}

#[test]
fn a_safety_kernel_gives_all_or_nothing() {
    let mut kernel = interlock().safety_kernel(0.5).unwrap();
    assert_eq!(kernel.run([("ä", 0.5), ("öß", 0.9)]).unwrap(), SafetyOutcome::Passed("äöß".into()));
    let SafetyOutcome::Interrupted { index, halt } = kernel.run([("a", 0.9), ("b", f64::NAN)]).unwrap() else {
        panic!("passed")
    };
    assert_eq!((index, halt.reason), (1, HaltReason::NonFiniteScore));
    assert!(!kernel.is_active());
    assert!(matches!(kernel.run([("a", 0.9)]).unwrap(), SafetyOutcome::Interrupted { index: 0, .. }));
    kernel.reactivate().unwrap();
    assert_eq!(kernel.run([("a", 0.9)]).unwrap(), SafetyOutcome::Passed("a".into()));
    kernel.emergency_stop();
    assert!(!kernel.is_active());
    assert!(kernel.into_instance().is_ok());
}
