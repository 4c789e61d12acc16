//! Python libraries that tests use beside promsieve, each in an environment of its own below `target`.

use std::path::PathBuf;
use std::process::Command;

use crate::{Failure, process, workspace};

const REMEDY: &str = "install Python 3 with venv (on Debian: `sudo apt-get install python3-venv`)";

/// A library of one release.
#[derive(Debug)]
pub struct Library {
    /// What is imported.
    module: &'static str,
    /// The package and its release, as pip takes it.
    package: &'static str,
}

/// A client of the language server protocol: the editor that drives `promsieve lsp`.
pub const EDITOR: Library = Library { module: "pygls", package: "pygls==2.0.0" };

/// A database that reads the series that `census --save` writes.
pub const DATABASE: Library = Library { module: "duckdb", package: "duckdb==2.0.1" };

/// Grafana's own model of dashboards, of release 11.6.
pub const GRAFANA: Library = Library {
    module: "grafana_foundation_sdk",
    package: "grafana-foundation-sdk==1769699379!11.6.0",
};

/// What runs hooks before a commit.
pub const PRE_COMMIT: Library = Library { module: "pre_commit", package: "pre-commit==4.7.0" };

/// What checks lists of parts against the schema of `CycloneDX`.
pub const CYCLONEDX: Library =
    Library { module: "cyclonedx", package: "cyclonedx-python-lib[json-validation]==11.12.0" };

/// Every library.
pub const ALL: [&Library; 5] = [&EDITOR, &DATABASE, &GRAFANA, &PRE_COMMIT, &CYCLONEDX];

/// Installs a library where it is missing; the Python that has it.
///
/// # Errors
/// When there is no Python with venv, or pip cannot reach a package index.
pub fn install(library: &Library) -> Result<PathBuf, Failure> {
    let directory = workspace().join("target/python").join(library.module);
    let python = directory.join("bin/python");
    let import = format!("import {}", library.module);
    if Command::new(&python).args(["-c", &import]).output().is_ok_and(|it| it.status.success()) {
        return Ok(python);
    }
    process::output(Command::new("python3").args(["-m", "venv"]).arg(&directory), REMEDY)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", library.package]);
    process::output(&mut pip, REMEDY)?;
    Ok(python)
}
