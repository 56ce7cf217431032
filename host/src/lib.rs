//! Interlock in a Rust host: [`embed`] runs the component through wasmtime, typed and bounded.
//!
//! The command line `interlock` is a binary of this crate.
#![deny(unsafe_code)]

pub mod embed;
