//! Installs the real servers that promsieve is tested against, from Debian's own packages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian::{Apt, cannot_write};
use crate::{Failure, process, workspace};

/// Where one program comes from and what it is called here.
struct Program {
    package: &'static str,
    suite: &'static str,
    file: &'static str,
    name: &'static str,
}

const fn program(
    package: &'static str,
    suite: &'static str,
    file: &'static str,
    name: &'static str,
) -> Program {
    Program { package, suite, file, name }
}

/// Debian 12 (bookworm) has Prometheus 2.42, Debian 13 (trixie) its 2.53 line, Debian 14 (forky) its
/// 3.5 line.
const PROGRAMS: [Program; 8] = [
    program("prometheus", "bookworm", "promtool", "promtool-2.42"),
    program("prometheus", "trixie", "prometheus", "prometheus-2"),
    program("promtool", "trixie", "promtool", "promtool-2"),
    program("prometheus", "forky", "prometheus", "prometheus-3"),
    program("promtool", "forky", "promtool", "promtool-3"),
    program("victoria-metrics", "forky", "victoria-metrics", "victoria-metrics"),
    program("victoria-metrics", "forky", "vmagent", "vmagent"),
    program("prometheus-node-exporter", "forky", "prometheus-node-exporter", "node_exporter"),
];

/// Where the servers are looked for: `PROMSIEVE_REAL`, or `.real` in the workspace.
pub fn default_dir() -> PathBuf {
    std::env::var_os("PROMSIEVE_REAL").map_or_else(|| workspace().join(".real"), PathBuf::from)
}

/// Whether every program is in `dir`.
pub fn is_installed(dir: &Path) -> bool {
    dir.join(".done").exists() && PROGRAMS.iter().all(|program| dir.join(program.name).exists())
}

/// Puts `prometheus-2`, `promtool-2` (2.53), `prometheus-3`, `promtool-3` (3.5), `promtool-2.42`,
/// `victoria-metrics`, `vmagent` and `node_exporter` into `dir`, about 500 MB.
///
/// Does nothing when they are there. Safe to call from several processes at once: one installs, the
/// others wait for it. Each program appears in one piece, and `.done` after all of them.
///
/// # Errors
/// When apt is missing, no Debian mirror is configured, the mirror can't be reached, or `dir` can't
/// be written.
pub fn install(dir: &Path) -> Result<(), Failure> {
    if is_installed(dir) {
        return Ok(());
    }
    let dir = std::path::absolute(dir).map_err(|error| cannot_write(dir, &error))?;
    fs::create_dir_all(&dir).map_err(|error| cannot_write(&dir, &error))?;
    let lock = File::create(dir.join(".lock")).map_err(|error| cannot_write(&dir, &error))?;
    lock.lock().map_err(|error| cannot_write(&dir, &error))?;
    if is_installed(&dir) {
        return Ok(());
    }
    let staging = dir.join(".staging");
    // What an interrupted run left behind; nobody else writes here while the lock is held.
    let _ = fs::remove_dir_all(&staging);
    let result = install_through(&staging, &dir);
    let _ = fs::remove_dir_all(&staging);
    result
}

fn install_through(staging: &Path, dir: &Path) -> Result<(), Failure> {
    let suites = ["bookworm", "trixie", "forky"];
    let apt = Apt::set_up(staging, &suites)?;
    for suite in suites {
        let wanted: Vec<&Program> = PROGRAMS.iter().filter(|it| it.suite == suite).collect();
        let mut packages: Vec<&str> = wanted.iter().map(|it| it.package).collect();
        packages.dedup();
        let files = apt.unpack(suite, &packages)?;
        for it in wanted {
            let from = files.join("usr/bin").join(it.file);
            fs::rename(&from, dir.join(it.name)).map_err(|error| cannot_write(&from, &error))?;
        }
    }
    expect_major(dir, "2")?;
    expect_major(dir, "3")?;
    fs::write(dir.join(".done"), "").map_err(|error| cannot_write(dir, &error))
}

/// Runs the installed server once: a package of another release must not pass for this one.
fn expect_major(dir: &Path, major: &str) -> Result<(), Failure> {
    let file = dir.join(format!("prometheus-{major}"));
    let remedy = "the Debian suites named in xtask/src/real.rs no longer hold this version";
    let banner = process::output(Command::new(&file).arg("--version"), remedy)?;
    let found = banner.lines().next().unwrap_or_default();
    if found.contains(&format!("version {major}.")) {
        return Ok(());
    }
    Err(Failure::new(format!("{} is `{found}`, not Prometheus {major}", file.display()), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_without_the_programs_is_not_installed() {
        let dir = std::env::temp_dir().join(format!("promsieve-xtask-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        assert!(!is_installed(&dir));
        fs::write(dir.join(".done"), "").unwrap();
        assert!(!is_installed(&dir), "`.done` alone is not enough");
        for it in &PROGRAMS {
            fs::write(dir.join(it.name), "").unwrap();
        }
        assert!(is_installed(&dir));
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_server_of_another_major_version_is_refused() {
        let dir = std::env::temp_dir().join(format!("promsieve-major-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let fake = dir.join("prometheus-2");
        fs::write(&fake, "#!/bin/sh\necho 'prometheus, version 3.5.0'\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&fake, mode).unwrap();
        let failure = expect_major(&dir, "2").unwrap_err();
        assert!(failure.what.contains("not Prometheus 2"), "{failure}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
