//! The component and its embedding, together: what the core does, the component must do through wasmtime, to the bit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

mod advanced;
mod covenant;
mod equality;
mod halt;
mod imports;
mod many;
mod options;
mod pinned;
mod rules;
mod score;
mod session;
mod support;
mod traps;
