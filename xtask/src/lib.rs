//! What `cargo xtask` does, as functions: tests call the installers directly.

#![forbid(unsafe_code)]

pub mod browser;
mod debian;
pub mod dist;
mod process;
pub mod python;
pub mod real;
pub mod sbom;
pub mod tasks;

use std::path::Path;

/// The workspace's root, as it was when this crate was compiled.
///
/// # Panics
/// Never: this package lies one directory below the root.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies inside the workspace")
}

/// What could not be done, and what the reader can do about it.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong, with the output of the process that failed.
    pub what: String,
    /// What to try: a command or a setting.
    pub remedy: String,
}

impl Failure {
    fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n  help: {}", self.what, self.remedy)
    }
}

impl std::error::Error for Failure {}
