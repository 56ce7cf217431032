//! Instances are cheap, and many live side by side.

use interlock_core::halt::HaltConfig;
use interlock_host::embed::{HostError, Interlock, Limits};

use crate::support::{component_bytes, interlock};

#[test]
fn a_thousand_instances_at_once() {
    let mut monitors: Vec<_> = (0..1000).map(|_| interlock().stream_monitor(&HaltConfig::default()).unwrap()).collect();
    for (number, monitor) in monitors.iter_mut().enumerate() {
        let scores = vec![0.9; number % 7];
        monitor.push_many(&scores).unwrap();
    }
    for (number, monitor) in monitors.iter_mut().enumerate() {
        assert_eq!(monitor.summary().unwrap().tokens, (number % 7) as u64);
    }
}

#[test]
fn a_pool_has_as_many_as_it_was_made_for_and_takes_them_back() {
    let limits = Limits { memory_bytes: 16 << 20, ..Limits::default() };
    let pool = Interlock::builder().limits(limits).pooling(1000).build(&component_bytes()).unwrap();
    for _ in 0..3 {
        let mut monitors: Vec<_> = (0..1000).map(|_| pool.stream_monitor(&HaltConfig::default()).unwrap()).collect();
        assert!(matches!(pool.instantiate(), Err(HostError::Instantiate(_))));
        // What an earlier instance wrote is gone.
        for monitor in &mut monitors {
            assert_eq!(monitor.summary().unwrap().tokens, 0);
            monitor.push_many(&[0.9; 100]).unwrap();
        }
    }
}

#[test]
fn instances_go_to_other_threads() {
    let totals: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8_usize)
            .map(|number| {
                let mut monitor = interlock().stream_monitor(&HaltConfig::default()).unwrap();
                let interlock = interlock().clone();
                scope.spawn(move || {
                    monitor.push_many(&vec![0.9; number]).unwrap();
                    let mut second = interlock.stream_monitor(&HaltConfig::default()).unwrap();
                    second.push_many(&vec![0.9; number]).unwrap();
                    monitor.summary().unwrap().tokens + second.summary().unwrap().tokens
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(totals, [0, 2, 4, 6, 8, 10, 12, 14]);
}
