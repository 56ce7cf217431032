//! Interlock as WebAssembly components: a Cargo feature for each world of `wit/`, and a component of each.
//!
//! One module per WIT interface: each implements what wit-bindgen made of the interface by calling the core, and
//! `convert` translates the types that several of them share. There is no logic here.
#![allow(missing_docs, reason = "the documentation of what this crate exports is in wit/")]

#[cfg(feature = "advanced")]
mod advanced;

#[cfg(feature = "interlock")]
mod bindings {
    #![allow(warnings, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]
    wit_bindgen::generate!({
        path: "../../wit",
        world: "interlock",
        generate_all,
        default_bindings_module: "crate::bindings",
    });
}

#[cfg(feature = "interlock")]
mod convert;
#[cfg(feature = "interlock")]
mod covenant;
#[cfg(feature = "interlock")]
mod halt;
#[cfg(feature = "interlock")]
mod ledger;
#[cfg(feature = "interlock")]
mod operad;
#[cfg(feature = "interlock")]
mod rules;
#[cfg(feature = "interlock")]
mod score;
#[cfg(feature = "interlock")]
mod session;
#[cfg(feature = "interlock")]
mod signals;

/// What the component of the default world exports.
#[cfg(feature = "interlock")]
struct Component;

#[cfg(feature = "interlock")]
bindings::export!(Component);
