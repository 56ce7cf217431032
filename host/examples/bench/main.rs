//! `cargo run --release -p interlock-host --example bench`: the core natively and the component through wasmtime.
//!
//! One row of `npm run bench` as JSON per line. How rows are measured is said in `timing`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::cast_precision_loss)]

mod component;
mod heap;
mod native;
mod original;
mod timing;

use std::process::ExitCode;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

fn main() -> ExitCode {
    let mut rows = native::rows();
    match component::rows() {
        Ok(component) => rows.extend(component),
        Err(error) => {
            eprintln!("bench: {error}");
            return ExitCode::FAILURE;
        }
    }
    for row in rows {
        println!("{}", row.json());
    }
    ExitCode::SUCCESS
}
