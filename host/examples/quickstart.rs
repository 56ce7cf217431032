//! A guarded text, in an instance of its own.

use interlock_core::dialect::DialectKind;
use interlock_core::policy::Policy;
use interlock_host::embed::Interlock;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let interlock = Interlock::from_file("target/component/interlock.component.wasm")?; // compiled once
    let policy = Policy::from_json(r#"{"limits": {"held_bytes": 65536}}"#)?;
    let mut session = interlock.session(&policy, DialectKind::Text)?; // its own instance, memory and fuel
    session.feed(b"Hello")?;
    assert_eq!(session.take_output(), b"Hello");
    Ok(())
}
