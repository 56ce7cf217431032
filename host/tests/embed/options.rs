//! Ways to get an [`Interlock`], and what is refused on them.

use std::path::Path;

use interlock_core::halt::HaltConfig;
use interlock_host::embed::{HostError, Interlock, Limits};

use crate::support::{component_bytes, interlock};

#[test]
fn bytes_that_are_no_component() {
    for bytes in [b"".as_slice(), b"\0asm", b"\0asm\x01\0\0\0", b"not wasm at all"] {
        let error = Interlock::new(bytes).unwrap_err();
        assert!(matches!(error, HostError::Component(_)), "{error}");
        assert!(error.to_string().starts_with("not a component of this world of interlock:kernel"), "{error}");
    }
}

#[test]
fn another_component_is_refused() {
    // An empty component: it is one, and has none of the exports.
    let error = Interlock::new(&[0, b'a', b's', b'm', 0x0d, 0, 1, 0]).unwrap_err();
    assert!(matches!(error, HostError::Component(_)));
    assert!(error.to_string().contains("interlock:kernel/halt@0.1.0"), "{error}");
}

#[test]
fn a_file_that_is_not_there() {
    let Err(HostError::File { path, source }) = Interlock::from_file("no/such/file.wasm") else { panic!("read") };
    assert_eq!(path, Path::new("no/such/file.wasm"));
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_memory_limit_below_what_the_component_starts_with() {
    let limits = Limits { memory_bytes: 65_536, ..Limits::default() };
    let error = interlock().with_limits(limits).instantiate().unwrap_err();
    assert!(matches!(error, HostError::Instantiate(_)));
    assert!(error.to_string().contains("its limit is 65536"), "{error}");
}

#[test]
fn epoch_ticks_need_epochs() {
    let limits = Limits { epoch_ticks: Some(1), ..Limits::default() };
    let error = Interlock::builder().limits(limits).build(&component_bytes()).unwrap_err();
    assert!(matches!(error, HostError::Options(_)), "{error}");
}

#[test]
#[allow(unsafe_code)]
fn compiled_code_can_be_kept() {
    let code = interlock().serialize().unwrap();
    // SAFETY: the bytes are what `serialize` gave just now.
    let again = unsafe { Interlock::builder().build_precompiled(&code) }.unwrap();
    let mut monitor = again.stream_monitor(&HaltConfig::default()).unwrap();
    assert_eq!(monitor.push_many(&[0.9, 0.8, 0.1]).unwrap().consumed, 3);
}

#[test]
#[allow(unsafe_code)]
fn compiled_code_of_other_options_is_refused() {
    let code = interlock().serialize().unwrap();
    // SAFETY: the bytes are what `serialize` gave just now.
    let refused = unsafe { Interlock::builder().epoch_interruption(true).build_precompiled(&code) };
    assert!(matches!(refused, Err(HostError::Component(_))));
    // SAFETY: bytes without the header of compiled code are refused before anything is made of them.
    let refused = unsafe { Interlock::builder().build_precompiled(&component_bytes()) };
    assert!(matches!(refused, Err(HostError::Component(_))));
}
