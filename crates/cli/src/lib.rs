//! The command line of promsieve: input, arguments, commands and output formats.
//!
//! A library, so that other binaries can read inputs the same way; [`main`] is the program.

mod args;
mod commands;
mod common;
pub mod embed;
pub mod input;
mod lsp;
mod output;
mod probe;
mod status;
mod stderr;

use std::process::ExitCode;

pub use status::Status;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    commands::run()
}
