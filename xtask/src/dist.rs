//! What is released: a static binary that names no directory of the machine it is built on, and
//! the list of its parts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::{Failure, sbom, workspace};

/// What releases have besides what is built by default.
pub const FEATURES: &str = "promsieve-cli/object-storage";

/// What stands between flags in `CARGO_ENCODED_RUSTFLAGS`.
const BETWEEN: &str = "\u{1f}";

/// The platform of a release where none is named: Linux, with no library of the system.
pub fn platform() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

/// Builds the binary for the platform that `args` names, or for [`platform`], and writes the list of
/// its parts beside it; cargo's exit status, and the binary.
///
/// # Errors
/// When cargo can't be started, or the list not be written.
pub fn build(args: &[OsString]) -> Result<(ExitStatus, PathBuf), Failure> {
    let platform = args.first().map_or_else(platform, |it| it.to_string_lossy().into_owned());
    let directory = workspace().join("target").join(&platform).join("dist");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--profile", "dist", "--locked", "-p", "promsieve-cli"]);
    cargo.args(["--features", FEATURES, "--target"]);
    cargo.arg(&platform).current_dir(workspace());
    // Whatever names a file does so by a path that is the same everywhere, in C as well.
    let places = [(workspace().to_owned(), "promsieve"), (cargo_home(), "cargo")];
    let mut rust =
        places.each_ref().map(|(from, to)| remap("--remap-path-prefix=", from, to)).to_vec();
    if platform.contains("linux") {
        // As `crates/cli/build.rs` asks of the linker elsewhere.
        rust.push("-Crelocation-model=static".to_owned());
    }
    let c = places.each_ref().map(|(from, to)| remap("-ffile-prefix-map=", from, to));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", rust.join(BETWEEN)).env("CFLAGS", c.join(" "));
    let status = cargo.status().map_err(|error| {
        Failure::new(format!("cargo could not be started: {error}"), "is cargo on PATH?")
    })?;
    if status.success() {
        let path = directory.join("promsieve.cdx.json");
        std::fs::write(&path, sbom::document(&platform)?).map_err(|error| {
            Failure::new(format!("{}: {error}", path.display()), "is there room on the disk?")
        })?;
    }
    Ok((status, directory.join("promsieve")))
}

fn remap(flag: &str, from: &Path, to: &str) -> String {
    format!("{flag}{}={to}", from.display())
}

fn cargo_home() -> PathBuf {
    let below_home = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(below_home, PathBuf::from)
}
