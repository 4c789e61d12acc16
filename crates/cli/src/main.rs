//! The binary: everything is in the library beside it, so that tests and the engine can use it.

/// A configuration becomes a million small values, and glibc takes a third of the time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    promsieve_cli::main()
}
