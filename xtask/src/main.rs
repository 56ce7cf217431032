//! Builds the wasm modules of the workspace, and holds a release to its version.
//!
//! ```text
//! cargo run -q -p xtask -- bindgen                     js/wasm/: the npm package's modules and their JS glue
//! cargo run -q -p xtask -- component                   target/component/: a component for each WIT world
//! cargo run -q -p xtask -- bindgen --out DIR --no-default-features --features score
//!                                                      a module of a feature subset, for `npm run size`
//! cargo run -q -p xtask -- bindgen --module physics --scalar --out DIR
//!                                                      one of the package's without vectors, to compare its bits
//! cargo run -q -p xtask -- wit                         whether wit/ may follow the last release's
//! cargo run -q -p xtask -- versions --tag v0.1.0       whether every manifest has the release's version
//! ```
//!
//! Each of the first two compiles its crate, transforms the result, and skips the transformation when nothing that enters it has
//! changed. wasm-bindgen and wit-component are linked as libraries: compiling their command lines takes a user many
//! minutes, this crate takes well under one.

mod bindgen;
mod compile;
mod component;
mod guard_sets;
mod kept;
mod options;
mod order;
mod post_return;
mod release;
mod short_names;
mod stamp;
mod uniform;

use options::{Options, Verb};
use std::process::ExitCode;

fn main() -> ExitCode {
    let run = || -> anyhow::Result<()> {
        let verb = Options::parse(std::env::args().skip(1))?;
        match &verb {
            Verb::Wit(options) => return release::check_wit(options),
            Verb::Versions(options) => return release::check_versions(options),
            _ => {}
        }
        // A second run must not replace what this one reads.
        let _alone = stamp::exclusive(&compile::target_dir()?.join("bindgen"))?;
        match verb {
            Verb::Help => println!("{}", options::USAGE),
            Verb::Bindgen(options) => bindgen::build(&options)?,
            Verb::Component(options) => component::build(&options)?,
            Verb::Wit(_) | Verb::Versions(_) => {}
        }
        Ok(())
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
