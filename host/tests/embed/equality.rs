//! Random streams: the component and the core agree to the bit.

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{self, HaltConfig, MissingScore, Observation};
use interlock_core::policy::Policy;
use interlock_core::session as core;
use interlock_host::embed::{HostError, Session};
use proptest::prelude::*;

use crate::support::{batch_bits, interlock, summary_bits, verdict_bits};

/// Scores near every edge, and between.
fn score() -> impl Strategy<Value = f64> {
    let near = |limit: f64| prop_oneof![Just(limit), Just(limit.next_up()), Just(limit.next_down())];
    prop_oneof![
        10 => 0.5..=1.0_f64,
        3 => 0.0..=1.0_f64,
        1 => any::<u64>().prop_map(f64::from_bits),
        1 => near(0.5),
        1 => near(0.55),
        1 => near(0.7),
        1 => near(1.0),
        1 => prop_oneof![Just(-0.0), Just(f64::MIN_POSITIVE), Just(5e-324), Just(f64::INFINITY), Just(f64::NAN)],
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let elapsed = prop_oneof![3 => Just(None), 1 => (0.0..60.0_f64).prop_map(Some), 1 => any::<f64>().prop_map(Some)];
    let bits = prop_oneof![3 => Just(None), 1 => (0.0..3.0_f64).prop_map(Some), 1 => any::<f64>().prop_map(Some)];
    (prop_oneof![9 => score().prop_map(Some), 1 => Just(None)], elapsed, bits)
        .prop_map(|(score, elapsed_ms, logit_entropy)| Observation { score, elapsed_ms, logit_entropy })
}

prop_compose! {
    fn config()(
        hard_limit in prop_oneof![Just(0.5), Just(0.0), 0.0..=1.0_f64],
        soft_limit in prop_oneof![Just(0.7), 0.0..=1.0_f64],
        window_size in prop_oneof![Just(10_u32), 1..40_u32],
        window_threshold in prop_oneof![Just(0.55), 0.0..=1.0_f64],
        trend_window in prop_oneof![Just(5_u32), 2..40_u32],
        trend_threshold in prop_oneof![Just(0.15), f64::MIN_POSITIVE..2.0_f64],
        logit_entropy_limit in prop_oneof![Just(None), (0.0..3.0_f64).prop_map(Some)],
        skip in any::<bool>(),
    ) -> HaltConfig {
        let missing_score = if skip { MissingScore::Skip } else { MissingScore::Halt };
        HaltConfig {
            hard_limit, soft_limit, window_size, window_threshold, trend_window, trend_threshold,
            logit_entropy_limit, missing_score, ..HaltConfig::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scores(config in config(), scores in proptest::collection::vec(score(), 0..200)) {
        let mut native = halt::StreamMonitor::new(&config).unwrap();
        let mut batch = interlock().stream_monitor(&config).unwrap();
        let mut monitor = interlock().stream_monitor(&config).unwrap();
        let expected = native.clone().push_many(&scores).unwrap();
        prop_assert_eq!(batch_bits(batch.push_many(&scores).unwrap()), batch_bits(expected));
        for &score in &scores {
            match native.push(score) {
                Ok(verdict) => prop_assert_eq!(verdict_bits(monitor.push(score).unwrap()), verdict_bits(verdict)),
                Err(ended) => {
                    let refused = monitor.push(score);
                    prop_assert!(matches!(refused, Err(HostError::StreamEnded(error)) if error == ended));
                    break;
                }
            }
            let last = monitor.last_score().unwrap().map(f64::to_bits);
            prop_assert_eq!(last, native.last_score().map(f64::to_bits));
        }
        prop_assert_eq!(summary_bits(&monitor.summary().unwrap()), summary_bits(&native.summary()));
        prop_assert_eq!(summary_bits(&batch.finish().unwrap()), summary_bits(&native.finish().unwrap()));
        prop_assert_eq!(batch.state(), native.state());
    }

    #[test]
    fn observations(config in config(), observations in proptest::collection::vec(observation(), 0..60)) {
        let mut native = halt::StreamMonitor::new(&config).unwrap();
        let mut batch = interlock().stream_monitor(&config).unwrap();
        let mut monitor = interlock().stream_monitor(&config).unwrap();
        let mut expected = halt::BatchVerdict::default();
        for &observation in &observations {
            let Ok(verdict) = native.push_observation(observation) else { break };
            prop_assert_eq!(verdict_bits(monitor.push_observation(observation).unwrap()), verdict_bits(verdict));
            expected.consumed += 1;
            expected.warnings += u32::from(matches!(verdict, halt::Verdict::Warn(_)));
            expected.halt = verdict.halt();
        }
        prop_assert_eq!(batch_bits(batch.push_observations(&observations).unwrap()), batch_bits(expected));
        prop_assert_eq!(summary_bits(&batch.summary().unwrap()), summary_bits(&native.summary()));
        prop_assert_eq!(summary_bits(&monitor.summary().unwrap()), summary_bits(&native.summary()));
    }
}

/// An event of a chat stream.
fn event() -> impl Strategy<Value = String> {
    let delta = |field: &'static str, text: String, choice: u8| {
        format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":{choice},\
             \"delta\":{{{field:?}:{}}},\"finish_reason\":null}}]}}\n\n",
            serde_json::to_string(&text).unwrap()
        )
    };
    prop_oneof![
        10 => ("[a-zéß😀\"\\\\\n. ]{0,12}", 0..3_u8).prop_map(move |(text, choice)| delta("content", text, choice)),
        2 => "[a-z. ]{1,9}".prop_map(move |text| delta("reasoning_content", text, 0)),
        1 => "[a-z. ]{1,9}".prop_map(move |text| delta("refusal", text, 0)),
        1 => Just(": a comment\n\n".to_owned()),
        1 => Just("data: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\n".to_owned()),
        1 => Just("data: [DONE]\n\n".to_owned()),
        1 => "[ -~]{0,20}".prop_map(|noise| format!("data: {noise}\n\n")),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let kind = prop_oneof![6 => Just("host"), 1 => Just("none"), 2 => Just("builtin")];
    let mode = prop_oneof![4 => Just("enforce"), 1 => Just("observe")];
    let unit = prop_oneof![Just("delta"), Just("sentence"), Just("bytes")];
    let reasoning = prop_oneof![Just("score"), Just("withhold"), Just("pass")];
    (kind, mode, unit, reasoning).prop_map(|(kind, mode, unit, reasoning)| {
        let json = serde_json::json!({
            "mode": mode,
            "scorer": {"kind": kind, "prompt": "What?", "facts": [{"key": "a b", "value": "c is d"}]},
            "segments": {"unit": unit, "max_bytes": 16},
            "channels": {"reasoning": reasoning},
        });
        Policy::from_json(&json.to_string()).unwrap()
    })
}

/// What both kinds of session can be asked.
trait Guarded {
    fn feed(&mut self, bytes: &[u8]) -> bool;
    fn end(&mut self) -> bool;
    fn answer(&mut self, segment: u64, answer: Observation) -> bool;
    fn take(&mut self) -> (Vec<core::Segment>, Vec<core::SessionEvent>, Vec<u8>, core::SessionState, bool);
    fn record(&mut self) -> String;
}

impl Guarded for core::Session {
    fn feed(&mut self, bytes: &[u8]) -> bool {
        Self::feed(self, bytes).is_ok()
    }
    fn end(&mut self) -> bool {
        Self::end(self).is_ok()
    }
    fn answer(&mut self, segment: u64, answer: Observation) -> bool {
        Self::answer(self, segment, answer).is_ok()
    }
    fn take(&mut self) -> (Vec<core::Segment>, Vec<core::SessionEvent>, Vec<u8>, core::SessionState, bool) {
        let segments = std::iter::from_fn(|| self.next_segment()).collect();
        let events = std::iter::from_fn(|| self.next_event()).collect();
        (segments, events, self.take_output(), self.state(), self.wants_input())
    }
    fn record(&mut self) -> String {
        Self::record(self).to_json()
    }
}

impl Guarded for Session {
    fn feed(&mut self, bytes: &[u8]) -> bool {
        Self::feed(self, bytes).is_ok()
    }
    fn end(&mut self) -> bool {
        Self::end(self).is_ok()
    }
    fn answer(&mut self, segment: u64, answer: Observation) -> bool {
        Self::answer(self, segment, answer).is_ok()
    }
    fn take(&mut self) -> (Vec<core::Segment>, Vec<core::SessionEvent>, Vec<u8>, core::SessionState, bool) {
        let output = self.drain();
        (output.segments, output.events, output.bytes, output.state, output.wants_input)
    }
    fn record(&mut self) -> String {
        assert!(self.trap().is_none(), "{:?}", self.trap());
        let json = self.record_json();
        assert_eq!(Self::record(self).to_json(), json, "the typed record and its JSON");
        json
    }
}

/// Drives a session to its end and writes down all that it gave.
fn drive(session: &mut dyn Guarded, wire: &[u8], cuts: &[usize], scores: &[f64], late: bool) -> Vec<String> {
    let mut log = Vec::new();
    let mut scores = scores.iter().copied().cycle();
    let mut waiting = Vec::new();
    let mut rest = wire;
    let mut cuts = cuts.iter().copied().cycle();
    let mut ended = false;
    while !ended {
        let fed = if rest.is_empty() {
            ended = true;
            session.end()
        } else {
            let (now, then) = rest.split_at(cuts.next().unwrap_or(rest.len()).clamp(1, rest.len()));
            rest = then;
            session.feed(now)
        };
        log.push(format!("fed {fed}"));
        loop {
            let (segments, events, bytes, state, wants) = session.take();
            let texts: Vec<_> = events
                .iter()
                .map(|event| format!("{event:?} {:?} {:?}", event.score.map(f64::to_bits), verdict_bits(event.verdict)))
                .collect();
            log.push(format!("{segments:?} {texts:?} {bytes:?} {state:?} {wants}"));
            waiting.extend(segments.into_iter().map(|segment| segment.id));
            // Late: answers come one chunk later, and the newest first.
            let due = if late && !ended { waiting.len() / 2 } else { waiting.len() };
            if due == 0 {
                break;
            }
            for id in waiting.split_off(waiting.len() - due).into_iter().rev() {
                log.push(format!("answered {}", session.answer(id, Observation::score(scores.next().unwrap()))));
            }
        }
    }
    log.push(session.record());
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chat_streams(
        policy in policy(),
        events in proptest::collection::vec(event(), 0..25),
        cuts in proptest::collection::vec(1..200_usize, 1..8),
        scores in proptest::collection::vec(prop_oneof![9 => 0.6..1.0_f64, 1 => score()], 1..20),
        late in any::<bool>(),
    ) {
        let wire = events.concat().into_bytes();
        let mut native = core::Session::new(&policy, DialectKind::OpenaiChat).unwrap();
        let mut session = interlock().session(&policy, DialectKind::OpenaiChat).unwrap();
        let expected = drive(&mut native, &wire, &cuts, &scores, late);
        prop_assert_eq!(drive(&mut session, &wire, &cuts, &scores, late), expected);
    }

    #[test]
    fn texts_and_bodies(
        policy in policy(),
        wire in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            "[a-z .!?é😀]{0,80}".prop_map(String::into_bytes),
            "[a-z .é]{0,40}".prop_map(|text| format!(
                r#"{{"choices":[{{"index":0,"message":{{"content":{text:?}}},"finish_reason":"stop"}}]}}"#
            ).into_bytes()),
        ],
        body in any::<bool>(),
        cuts in proptest::collection::vec(1..40_usize, 1..8),
        scores in proptest::collection::vec(prop_oneof![9 => 0.6..1.0_f64, 1 => score()], 1..20),
        late in any::<bool>(),
    ) {
        let dialect = if body { DialectKind::OpenaiChatBody } else { DialectKind::Text };
        let mut native = core::Session::new(&policy, dialect).unwrap();
        let mut session = interlock().session(&policy, dialect).unwrap();
        let expected = drive(&mut native, &wire, &cuts, &scores, late);
        prop_assert_eq!(drive(&mut session, &wire, &cuts, &scores, late), expected);
    }
}
