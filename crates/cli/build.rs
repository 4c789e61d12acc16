//! Links the binary to a fixed address on Linux, as Go's programs are: a third of the pages that a run
//! over a small file touches would else be those that the loader writes addresses into
//! (`docs/decisions/0017-the-start.md`).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| env::var(key).is_ok_and(|found| found == value);
    // A static binary (musl) takes another start file and gets its model from `cargo xtask dist`.
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
