//! The command line `interlock`.

#[path = "../cli/mod.rs"]
mod cli;
#[path = "../golden/mod.rs"]
mod golden;
#[path = "../replay/mod.rs"]
mod replay;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
