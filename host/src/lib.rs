//! Interlock in a Rust host: the component through wasmtime, and what the command line `interlock` is made of.
//!
//! - [`embed`]: the typed embedding
//! - [`replay`]: fixtures, on any build of the core
//! - [`golden`]: folders of golden vectors
#![deny(unsafe_code)]

pub mod embed;
