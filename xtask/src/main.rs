//! `cargo xtask …`: tests, real servers, generated files.
fn main() {}
