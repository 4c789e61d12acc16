//! Tests of the built `promsieve-engine`, beside the built command line and other engines.

// `cfg(test)` always holds here; with it clippy lets the helpers of tests unwrap.
#[cfg(test)]
mod cluster;
#[cfg(test)]
#[path = "../../../../tests/tidy/licences.rs"]
mod licences;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod same;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod sql;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

#[track_caller]
fn assert_none(what: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{what}:\n  {}", offenders.join("\n  "));
}

/// The built engine.
fn engine() -> Command {
    Command::new(env!("CARGO_BIN_EXE_promsieve-engine"))
}

/// The command line, built beside it as an example.
fn promsieve() -> Command {
    let engine = Path::new(env!("CARGO_BIN_EXE_promsieve-engine"));
    Command::new(engine.with_file_name("examples").join("promsieve"))
}

/// What a command wrote, which has to go well.
#[track_caller]
fn output(command: &mut Command) -> Vec<u8> {
    let Output { status, stdout, stderr } = command.output().expect("it is built");
    let errors = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}\n{errors}");
    stdout
}

/// The JSON that a command wrote.
#[track_caller]
fn json(command: &mut Command) -> Value {
    serde_json::from_slice(&output(command)).expect("JSON")
}

/// The census of the command line.
#[track_caller]
fn wanted(sources: &[PathBuf], flags: &[&str]) -> Value {
    json(promsieve().args(["census", "--format", "json"]).args(flags).args(sources))
}

/// The engine's census.
#[track_caller]
fn counted(sources: &[PathBuf], flags: &[&str]) -> Value {
    json(engine().args(["census", "--format", "json"]).args(flags).args(sources))
}
