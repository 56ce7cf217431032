//! A trap ends its instance, reads as a halt, and nobody else notices.

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{Halt, HaltConfig, HaltReason, KernelState, MonitorState, Observation, SafetyOutcome};
use interlock_core::policy::Policy;
use interlock_core::session::SessionState;
use interlock_host::embed::{HostError, Interlock, Limits, StreamMonitor, TrapKind};

use crate::support::{component_bytes, interlock};

const TRAPPED: Halt = Halt::because(HaltReason::Trap);

/// The component with so much fuel a call and no more for its input.
fn with_fuel(fuel_per_call: u64) -> Interlock {
    interlock().with_limits(Limits { fuel_per_call, fuel_per_byte: 0, ..Limits::default() })
}

/// The component with so much memory an instance.
fn with_memory(memory_bytes: usize) -> Interlock {
    interlock().with_limits(Limits { memory_bytes, ..Limits::default() })
}

fn trapped_monitor() -> StreamMonitor {
    let mut monitor = with_fuel(50_000).stream_monitor(&HaltConfig::default()).unwrap();
    assert!(!monitor.push(0.9).unwrap().is_halt());
    let batch = monitor.push_many(&vec![0.9; 100_000]).unwrap();
    assert_eq!((batch.consumed, batch.warnings, batch.halt), (0, 0, Some(TRAPPED)));
    monitor
}

#[test]
fn a_monitor_out_of_fuel_is_halted_and_spent() {
    let mut monitor = trapped_monitor();
    assert_eq!(monitor.trap().unwrap().kind, TrapKind::OutOfFuel);
    assert_eq!(monitor.state(), MonitorState::Halted);
    // Everything says so from now on, also what would cost nothing.
    let spent = |error: HostError| matches!(error, HostError::Poisoned(trap) if trap.kind == TrapKind::OutOfFuel);
    assert!(spent(monitor.push(0.9).unwrap_err()));
    assert!(spent(monitor.push_observation(Observation::score(0.9)).unwrap_err()));
    assert!(spent(monitor.push_many(&[]).unwrap_err()));
    assert!(spent(monitor.push_observations(&[]).unwrap_err()));
    assert!(spent(monitor.stop(TRAPPED).unwrap_err()));
    assert!(spent(monitor.summary().unwrap_err()));
    assert!(spent(monitor.last_score().unwrap_err()));
    assert!(spent(monitor.finish().unwrap_err()));
    assert!(spent(monitor.into_instance().unwrap_err()));
}

#[test]
fn a_trap_is_an_error_on_an_instance_and_poisons_it() {
    let mut instance = with_fuel(20_000).instantiate().unwrap();
    let noise = vec![-1.0; 100_000];
    let error = instance.logit_entropy(&noise).unwrap_err();
    assert!(matches!(&error, HostError::Trap(trap) if trap.kind == TrapKind::OutOfFuel), "{error}");
    assert!(matches!(instance.logit_entropy(&[0.0]), Err(HostError::Poisoned(_))));
    assert!(matches!(instance.word_overlap("a", "a"), Err(HostError::Poisoned(_))));
    assert!(matches!(instance.policy_from_json("{}"), Err(HostError::Poisoned(_))));
    assert!(matches!(StreamMonitor::new(instance, &HaltConfig::default()), Err(HostError::Poisoned(_))));
}

#[test]
fn fuel_is_given_anew_for_every_call() {
    let mut monitor = with_fuel(50_000).stream_monitor(&HaltConfig::default()).unwrap();
    for _ in 0..1000 {
        assert_eq!(monitor.push_many(&[0.9; 50]).unwrap().halt, None);
    }
}

#[test]
fn fuel_grows_with_the_input() {
    let limits = Limits { fuel_per_call: 50_000, fuel_per_byte: 100, ..Limits::default() };
    let mut monitor = interlock().with_limits(limits).stream_monitor(&HaltConfig::default()).unwrap();
    assert_eq!(monitor.push_many(&vec![0.9; 100_000]).unwrap().consumed, 100_000);
}

#[test]
fn the_defaults_are_ample_for_the_largest_inputs() {
    let mut monitor = interlock().stream_monitor(&HaltConfig::default()).unwrap();
    assert_eq!(monitor.push_many(&vec![0.9; 1_000_000]).unwrap().consumed, 1_000_000);
    let mut session = interlock().session(&Policy::default(), DialectKind::Text).unwrap();
    session.feed(&vec![b'a'; 1 << 20]).unwrap();
    assert_eq!(session.drain().bytes.len(), 1 << 20);
    assert!(session.trap().is_none());
}

#[test]
fn the_defaults_are_ample_for_the_built_in_scorer() {
    let policy = r#"{
        "scorer": {"kind": "builtin", "prompt": "Tell me about the tower and the sky.",
                   "facts": [{"key": "sky", "value": "The sky is blue"}, {"key": "tower", "value": "It is 330 metres tall"}]},
        "halt": {"hard_limit": 0, "window_threshold": 0, "trend_threshold": 2}
    }"#;
    // A sentence that does not end, in the smallest events there are, in one piece; then as one delta.
    let text = "the sky is not blue and the tower is 330 metres ".repeat(200);
    let event = |word: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{word}\"}}}}]}}\n\n");
    let events = text.split_inclusive(' ').map(event).collect::<Vec<_>>().concat();
    for wire in [events, chunk(&text), chunk(&"a. ".repeat(20_000))] {
        let mut session = interlock().session_from_json(policy, DialectKind::OpenaiChat).unwrap();
        session.feed(wire.as_bytes()).unwrap();
        let left = session.instance().fuel_left();
        assert_eq!(session.take_output(), wire.as_bytes());
        let limits = Limits::default();
        let given = limits.fuel_per_call + limits.fuel_per_byte * wire.len() as u64;
        assert!(left > given / 10, "{left} is left of {given}");
        assert!(session.trap().is_none());
    }
}

#[test]
fn a_kernel_above_its_memory_is_inactive_until_it_gets_a_fresh_instance() {
    let mut kernel = with_memory(6 << 20).streaming_kernel(&HaltConfig::default()).unwrap();
    let token = "x".repeat(1 << 20);
    kernel.begin().unwrap();
    let mut verdicts = (0..8).map(|_| kernel.push(&token, Observation::score(0.9)));
    let halt = verdicts.find_map(|verdict| verdict.unwrap().halt()).expect("8 MiB do not fit into 6");
    assert_eq!(halt, TRAPPED);
    assert_eq!(kernel.trap().unwrap().kind, TrapKind::MemoryLimit);
    assert!(kernel.trap().unwrap().message.contains("its limit is 6291456"), "{}", kernel.trap().unwrap());
    assert!(!kernel.is_active());
    assert_eq!(kernel.state(), KernelState::Halted);
    assert!(matches!(kernel.end(), Err(HostError::Poisoned(_))));
    kernel.emergency_stop();

    kernel.reactivate().unwrap();
    assert!(kernel.trap().is_none() && kernel.is_active());
    assert_eq!(kernel.state(), KernelState::Idle);
    assert_eq!(kernel.run([("a", 0.9)]).unwrap().output(), "a");
}

#[test]
fn a_safety_kernel_that_traps_gives_nothing_out() {
    let mut kernel = with_memory(6 << 20).safety_kernel(0.5).unwrap();
    let token = "x".repeat(8 << 20);
    let error = kernel.run([(token, 0.9)]).unwrap_err();
    assert!(matches!(error, HostError::Trap(trap) if trap.kind == TrapKind::MemoryLimit));
    assert!(!kernel.is_active());
    assert!(matches!(kernel.run([("a", 0.9)]), Err(HostError::Poisoned(_))));
    kernel.reactivate().unwrap();
    assert_eq!(kernel.run([("a", 0.9)]).unwrap(), SafetyOutcome::Passed("a".into()));
}

#[test]
fn a_guest_that_cannot_allocate_gives_up() {
    // The limit allows what the pool has not got: the guest's own allocation fails, and it aborts.
    let limits = Limits { memory_bytes: 6 << 20, ..Limits::default() };
    let pool = Interlock::builder().limits(limits).pooling(2).build(&component_bytes()).unwrap();
    let mut kernel = pool.with_limits(Limits::default()).safety_kernel(0.5).unwrap();
    let error = kernel.run([("x".repeat(8 << 20), 0.9)]).unwrap_err();
    assert!(matches!(&error, HostError::Trap(trap) if trap.kind == TrapKind::Unreachable), "{error}");
}

#[test]
fn an_epoch_ends_a_call_that_takes_too_long() {
    let limits = Limits { fuel_per_byte: u64::from(u32::MAX), epoch_ticks: Some(1), ..Limits::default() };
    let builder = Interlock::builder().limits(limits).epoch_interruption(true);
    let interlock = builder.build(&component_bytes()).unwrap();
    let mut monitor = interlock.stream_monitor(&HaltConfig::default()).unwrap();
    assert!(!monitor.push(0.9).unwrap().is_halt());
    let done = std::sync::atomic::AtomicBool::new(false);
    let scores = vec![0.9; 4_000_000];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                interlock.increment_epoch();
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
        });
        // However fast the machine is: some call of these is running at two ticks.
        let halt = (0..1000).find_map(|_| monitor.push_many(&scores).unwrap().halt);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(halt, Some(TRAPPED));
    });
    assert_eq!(monitor.trap().unwrap().kind, TrapKind::EpochDeadline);
}

#[test]
fn one_trap_leaves_the_others_alone() {
    let mut others: Vec<_> = (0..20).map(|_| interlock().stream_monitor(&HaltConfig::default()).unwrap()).collect();
    for (number, monitor) in others.iter_mut().enumerate() {
        monitor.push_many(&vec![0.9; number]).unwrap();
    }
    let _trapped = trapped_monitor();
    for (number, monitor) in others.iter_mut().enumerate() {
        assert!(!monitor.push(0.9).unwrap().is_halt());
        assert_eq!(monitor.summary().unwrap().tokens, number as u64 + 1);
    }
}

const POLICY: &str = r#"{"scorer": {"kind": "host"}, "ending": {"message": "[stopped]"}}"#;

fn chunk(text: &str) -> String {
    format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
         \"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text:?}}},\"finish_reason\":null}}]}}\n\n"
    )
}

#[test]
fn a_session_that_traps_is_halted_and_its_protocol_is_ended() {
    let limits = Limits { memory_bytes: 6 << 20, ..Limits::default() };
    let interlock = interlock().with_limits(limits);
    let mut session = interlock.session_from_json(POLICY, DialectKind::OpenaiChat).unwrap();
    let first = chunk("The sky ");
    session.feed(first.as_bytes()).unwrap();
    let segment = session.next_segment().unwrap();
    session.answer(segment.id, Observation::score(0.9)).unwrap();
    assert_eq!(session.take_output(), first.as_bytes());

    // Far more than the instance can hold: the call succeeds and the stream is over.
    let huge = chunk(&"x".repeat(8 << 20));
    session.feed(huge.as_bytes()).unwrap();
    assert_eq!(session.trap().unwrap().kind, TrapKind::MemoryLimit);
    assert_eq!(session.state(), SessionState::Halted);
    assert!(!session.wants_input());
    assert!(session.next_segment().is_none() && session.next_event().is_none());

    let output = session.drain();
    assert_eq!(output.state, SessionState::Halted);
    let ending = String::from_utf8(output.bytes).unwrap();
    assert!(ending.contains(r#""finish_reason":"content_filter""#) && ending.contains("[stopped]"), "{ending}");
    assert!(ending.ends_with("data: [DONE]\n\n") && !ending.contains("xx"), "{ending}");
    assert!(
        ending.contains(r#""id":"c1""#) && ending.contains(r#""model":"m""#),
        "of the response that began: {ending}"
    );
    assert!(session.take_output().is_empty());

    let record = session.record();
    assert_eq!((record.state, record.halt), (SessionState::Halted, Some(TRAPPED)));
    assert_eq!(record.bytes_in, (first.len() + huge.len()) as u64);
    assert_eq!(record.bytes_out, (first.len() + ending.len()) as u64);
    assert!(session.record_json().contains(r#""reason":"trap""#));

    for error in [session.feed(b"x"), session.end(), session.fail("x"), session.emergency_stop(), session.stop(TRAPPED)]
    {
        assert!(matches!(error, Err(HostError::Poisoned(_))));
    }
    assert!(matches!(session.answer(1, Observation::score(0.9)), Err(HostError::Poisoned(_))));
    assert!(matches!(session.into_instance(), Err(HostError::Poisoned(_))));
}

#[test]
fn a_trap_within_an_observed_event_still_ends_the_protocol() {
    let limits = Limits { memory_bytes: 6 << 20, ..Limits::default() };
    let policy = r#"{"mode": "observe", "limits": {"held_bytes": 1024}, "ending": {"message": "[stopped]"}}"#;
    let interlock = interlock().with_limits(limits);
    let mut session = interlock.session_from_json(policy, DialectKind::OpenaiChat).unwrap();
    // Longer than may be held: it passes before it is whole.
    let event = chunk(&"y".repeat(10_000));
    session.feed(&event.as_bytes()[..6_000]).unwrap();
    let passed = session.take_output();
    assert!(!passed.is_empty() && !passed.ends_with(b"\n\n"));
    session.feed(&vec![b'z'; 16 << 20]).unwrap();
    assert_eq!(session.state(), SessionState::Halted);
    let ending = session.take_output();
    assert!(ending.starts_with(b"\n\ndata: "), "{}", String::from_utf8_lossy(&ending));
    assert!(ending.ends_with(b"data: [DONE]\n\n"));
}

#[test]
fn a_text_that_traps_does_not_leave() {
    let mut instance = with_memory(6 << 20).instantiate().unwrap();
    let text = "x".repeat(8 << 20);
    let guarded = instance.guard_text_json("{}", &text, |_| Observation::score(0.9));
    assert!(matches!(guarded, Err(HostError::Trap(trap)) if trap.kind == TrapKind::MemoryLimit));
}
