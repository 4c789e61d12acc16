//! The Python libraries that some tests need.

use std::path::PathBuf;

use xtask::python::{self, Library};

/// The Python that has a library; `None`, said on stderr, where it cannot be installed, unless
/// `CI=true`.
pub(crate) fn with(library: &Library) -> Option<PathBuf> {
    match python::install(library) {
        Ok(python) => Some(python),
        Err(failure) => {
            let ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!ci, "a library is missing: {failure}");
            eprintln!("SKIPPED: {failure}");
            None
        }
    }
}
