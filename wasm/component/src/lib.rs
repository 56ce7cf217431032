//! Interlock as a WebAssembly component.
//!
//! One module per WIT interface: each implements what wit-bindgen made of the interface by calling the core, and
//! [`convert`] translates the types that several of them share. There is no logic here.
#![allow(missing_docs, reason = "the documentation of what this crate exports is in wit/")]

mod bindings {
    #![allow(warnings, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]
    wit_bindgen::generate!({
        path: "../../wit",
        world: "interlock",
        generate_all,
        default_bindings_module: "crate::bindings",
    });
}

mod convert;
mod covenant;
mod halt;
mod ledger;
mod operad;
mod score;
mod session;
mod signals;

/// What the component exports.
struct Component;

bindings::export!(Component);
