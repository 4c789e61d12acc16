//! The program `promsieve-engine`.

use std::process::ExitCode;

fn main() -> ExitCode {
    promsieve_engine::main()
}
