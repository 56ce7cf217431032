//! The world's bindings, generated from `wit/`. Nothing of them leaves [`crate::embed`].
#![allow(warnings, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "advanced",
});
