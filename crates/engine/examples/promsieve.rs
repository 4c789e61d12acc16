//! The command line itself, which tests compare with.

use std::process::ExitCode;

fn main() -> ExitCode {
    promsieve_cli::main()
}
