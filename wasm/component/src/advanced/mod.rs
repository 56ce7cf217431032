//! The world `advanced`.

mod bindings {
    #![allow(warnings, clippy::all, clippy::pedantic, clippy::restriction, reason = "generated")]
    wit_bindgen::generate!({
        path: "../../wit",
        world: "advanced",
        generate_all,
        default_bindings_module: "crate::advanced::bindings",
    });
}

mod convert;
mod geometry;
mod numeric;
mod observers;
mod physics;

/// What the component exports.
struct Component;

bindings::export!(Component);
