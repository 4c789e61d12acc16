//! Python libraries that tests use beside promsieve, each in an environment of its own below `target`.

use std::path::{Path, PathBuf};
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
    /// Whether only a file of it is needed, and so nothing that it depends on.
    alone: bool,
}

/// A client of the language server protocol: the editor that drives `promsieve lsp`.
pub const EDITOR: Library = Library { module: "pygls", package: "pygls==2.0.0", alone: false };

/// A database that reads the series that `census --save` writes.
pub const DATABASE: Library = Library { module: "duckdb", package: "duckdb==2.0.1", alone: false };

/// An engine that reads the Parquet that `promsieve-engine` writes; large, and its tests are run by
/// hand, so that it is not among [`ALL`].
pub const SPARK: Library = Library { module: "pyspark", package: "pyspark==4.3.0", alone: false };

/// Grafana's own model of dashboards, of release 11.6.
pub const GRAFANA: Library = Library {
    module: "grafana_foundation_sdk",
    package: "grafana-foundation-sdk==1769699379!11.6.0",
    alone: false,
};

/// What runs hooks before a commit.
pub const PRE_COMMIT: Library =
    Library { module: "pre_commit", package: "pre-commit==4.7.0", alone: false };

/// The axe engine, release 4.12, which judges whether a page is accessible.
pub const AXE: Library = Library {
    module: "axe_playwright_python",
    package: "axe-playwright-python==0.1.8",
    alone: true,
};

/// What checks lists of parts against the schema of `CycloneDX`.
pub const CYCLONEDX: Library = Library {
    module: "cyclonedx",
    package: "cyclonedx-python-lib[json-validation]==11.12.0",
    alone: false,
};

/// A server that speaks S3, for the tests of object storage, which CI does not run.
pub const S3: Library = Library { module: "moto", package: "moto[server]==5.2.1", alone: false };

/// Every library that CI's tests need.
pub const ALL: [&Library; 6] = [&EDITOR, &DATABASE, &GRAFANA, &PRE_COMMIT, &AXE, &CYCLONEDX];

/// Installs a library where it is missing; the Python that has it.
///
/// # Errors
/// When there is no Python with venv, or pip cannot reach a package index.
pub fn install(library: &Library) -> Result<PathBuf, Failure> {
    let directory = workspace().join("target/python").join(library.module);
    let python = directory.join("bin/python");
    if place(library, &python).is_ok() {
        return Ok(python);
    }
    process::output(Command::new("python3").args(["-m", "venv"]).arg(&directory), REMEDY)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", library.package]);
    if library.alone {
        pip.arg("--no-deps");
    }
    process::output(&mut pip, REMEDY)?;
    Ok(python)
}

/// Where a library's files are that this Python has.
///
/// # Errors
/// When it does not have it.
pub fn place(library: &Library, python: &Path) -> Result<PathBuf, Failure> {
    let find = format!(
        "import importlib.util; \
         print(importlib.util.find_spec('{}').submodule_search_locations[0])",
        library.module
    );
    let directory = process::output(Command::new(python).args(["-c", &find]), REMEDY)?;
    Ok(PathBuf::from(directory.trim()))
}
