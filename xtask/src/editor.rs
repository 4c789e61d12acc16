//! Installs the client library of the language server protocol that the tests drive `promsieve lsp`
//! with: pygls, in a Python environment of its own below `target`.

use std::path::PathBuf;
use std::process::Command;

use crate::{Failure, process, workspace};

/// The release of pygls.
const PYGLS: &str = "pygls==2.0.0";
const REMEDY: &str = "install Python 3 with venv (on Debian: `sudo apt-get install python3-venv`)";

/// Installs the library where it is missing; the Python that has it.
///
/// # Errors
/// When there is no Python with venv, or pip cannot reach a package index.
pub fn install() -> Result<PathBuf, Failure> {
    let directory = workspace().join("target/editor");
    let python = directory.join("bin/python");
    if Command::new(&python)
        .args(["-c", "import pygls"])
        .output()
        .is_ok_and(|it| it.status.success())
    {
        return Ok(python);
    }
    process::output(Command::new("python3").args(["-m", "venv"]).arg(&directory), REMEDY)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYGLS]);
    process::output(&mut pip, REMEDY)?;
    Ok(python)
}
