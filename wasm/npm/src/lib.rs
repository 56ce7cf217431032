//! The wasm-bindgen surface of `interlock-core`, behind the npm package `interlock-wasm`.
//!
//! It translates types and holds no logic. It is built for few and cheap crossings: answers are small
//! integers ([`code`]), numbers that go with them lie in fixed slots ([`details`]), errors that
//! carry text are left for the next call ([`failure`]). Configurations and policies
//! come and records go as trees of tagged bytes ([`tree`]). No import calls back into user code, so nothing of the user's
//! ever runs while an object here is borrowed. The classes that users see are written in `js/src`.
//!
//! The package has several entry points, each with a module of its own: `MODULES` in `xtask/src/bindgen.rs` says which
//! features of this crate a module has. [`details`], [`failure`] and `detailsAddress` are in all of them.

// Without `std` there is no text for a panic that nobody would see, and the allocator is the smaller one of `runtime`.
#![cfg_attr(target_arch = "wasm32", no_std)]
// What wasm-bindgen exports is reached from JavaScript.
#![allow(unreachable_pub)]

#[cfg_attr(test, allow(unused_extern_crates))]
extern crate alloc;

#[cfg(feature = "halt")]
mod code;
#[cfg(feature = "covenant")]
mod covenant;
mod details;
mod failure;
#[cfg(feature = "halt")]
mod kernel;
#[cfg(feature = "ledger")]
mod ledger;
#[cfg(feature = "halt")]
mod monitor;
#[cfg(feature = "operad")]
mod operad;
#[cfg(feature = "physics")]
mod physics;
#[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
mod refusal;
#[cfg(feature = "rules")]
mod rules;
#[cfg(target_arch = "wasm32")]
mod runtime;
#[cfg(any(feature = "score", feature = "signals"))]
mod score;
#[cfg(feature = "session")]
mod session;
#[cfg(feature = "session-adopt")]
mod session_adopt;
#[cfg(feature = "session-covenant")]
mod session_covenant;
#[cfg(feature = "session-guard")]
mod session_guard;
mod tree;

#[cfg(all(test, feature = "session"))]
mod package_tests;
