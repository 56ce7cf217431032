//! The component through wasmtime.

use std::hint::black_box;
use std::path::PathBuf;

use interlock_core::dialect::DialectKind;
use interlock_core::halt::HaltConfig;
use interlock_core::policy::Policy;
use interlock_core::session as core;
use interlock_host::embed::{HostError, Interlock, Limits, StreamMonitor};

use crate::native::scores;
use crate::original::PerToken;
use crate::timing::{Row, in_turns, ns_per, scaled};

/// The component's file: `INTERLOCK_COMPONENT`, or where the workspace builds it.
fn component_file() -> PathBuf {
    let built = || {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")), PathBuf::from);
        target.join("component/interlock.component.wasm")
    };
    std::env::var_os("INTERLOCK_COMPONENT").map_or_else(built, PathBuf::from)
}

/// Microseconds that an instance with its store takes, made and dropped.
fn instance(interlock: &Interlock) -> f64 {
    const INSTANCES: u32 = 300;
    ns_per(INSTANCES, || (0..INSTANCES).for_each(|_| drop(black_box(interlock.instantiate().unwrap())))) / 1000.0
}

/// As [`instance`], with a monitor in it that judges a token.
fn first_verdict(interlock: &Interlock) -> f64 {
    const INSTANCES: u32 = 300;
    let config = HaltConfig::default();
    ns_per(INSTANCES, || {
        for _ in 0..INSTANCES {
            let mut monitor = interlock.stream_monitor(&config).unwrap();
            black_box(monitor.push(black_box(0.9)).unwrap());
        }
    }) / 1000.0
}

/// A recorded chat stream of that many events, in pieces as a network would give them.
fn chat_stream(events: u32) -> Vec<Vec<u8>> {
    let event = |i: u32| {
        format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\
             \"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{i}\"}},\
             \"logprobs\":null,\"finish_reason\":null}}]}}\n\n"
        )
    };
    let wire = (0..events).map(event).collect::<String>() + "data: [DONE]\n\n";
    wire.into_bytes().chunks(4096).map(<[u8]>::to_vec).collect()
}

pub(crate) fn rows() -> Result<Vec<Row>, HostError> {
    const CALLS: u32 = 10_000;
    const BATCHES: u32 = 100;
    const BATCH: u32 = 1000;
    const EVENTS: u32 = 2000;
    let file = component_file();
    if !file.is_file() {
        eprintln!("bench: build the component first: cargo run -q -p xtask -- component");
    }
    let interlock = Interlock::from_file(&file)?;
    let pooled = Interlock::builder()
        .limits(Limits { memory_bytes: 16 << 20, ..Limits::default() })
        .pooling(100)
        .build_from_file(&file)?;
    let config = HaltConfig::default();
    let stream = scores(BATCH);

    let mut monitor = interlock.stream_monitor(&config)?;
    let one =
        scaled(|| ns_per(CALLS, || (0..CALLS).for_each(|_| assert!(!monitor.push(black_box(0.9)).unwrap().is_halt()))));
    let batch = scaled(|| {
        ns_per(BATCHES * BATCH, || {
            for _ in 0..BATCHES {
                assert_eq!(black_box(monitor.push_many(black_box(&stream))).unwrap().consumed, BATCH);
            }
        })
    });

    let tokens: Vec<String> = (0..BATCH).map(|i| format!("token{i} ")).collect();
    let original = || {
        ns_per(BATCH, || {
            let mut kernel = PerToken::default();
            for (token, &score) in tokens.iter().zip(&stream) {
                black_box(kernel.process_token(token, score));
            }
        })
    };
    let mut spare = Some(interlock.instantiate()?);
    let ours = || {
        ns_per(BATCHES * BATCH, || {
            for _ in 0..BATCHES {
                let mut monitor = StreamMonitor::new(spare.take().unwrap(), &config).unwrap();
                black_box(monitor.push_many(&stream).unwrap());
                spare = Some(monitor.into_instance().unwrap());
            }
        })
    };
    let against_original = in_turns(original, ours);

    let wire = chat_stream(EVENTS);
    let policy = Policy::default();
    let session = || {
        let mut session = interlock.session(&policy, DialectKind::OpenaiChat).unwrap();
        ns_per(EVENTS, || {
            for bytes in &wire {
                session.feed(bytes).unwrap();
                black_box(session.drain());
            }
        })
    };
    let native_session = || {
        let mut session = core::Session::new(&policy, DialectKind::OpenaiChat).unwrap();
        ns_per(EVENTS, || {
            for bytes in &wire {
                session.feed(bytes).unwrap();
                black_box(session.take_output());
            }
        })
    };

    Ok(vec![
        Row::at_most("component: one call", one, "ns", 500.0),
        Row::at_most("component: batch of 1,000, a score", batch, "ns", 10.0),
        Row::ratio(
            "component: a token of a batch of 1,000, against the original's way",
            against_original,
            "ns",
            5000.0,
        ),
        Row::at_most("component: instance with its store, on demand", scaled(|| instance(&interlock)), "µs", 25.0),
        Row::at_most("component: instance with its store, pooled", scaled(|| instance(&pooled)), "µs", 15.0),
        Row::at_most("component: instance to its first verdict, pooled", scaled(|| first_verdict(&pooled)), "µs", 50.0),
        Row::at_most("component: an event of a chat stream", scaled(session), "ns", 2500.0),
        Row::at_most("native: an event of a chat stream", scaled(native_session), "ns", 1000.0),
    ])
}
