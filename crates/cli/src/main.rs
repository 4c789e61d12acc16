//! The binary: everything is in the library beside it, so that tests and the engine can use it.

fn main() -> std::process::ExitCode {
    promsieve_cli::main()
}
