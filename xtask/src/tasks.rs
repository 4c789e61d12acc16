//! The tasks that run cargo.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, ExitStatus};
use std::thread;

use crate::{Failure, browser, python, real, workspace};

/// Installs the servers, the browser and the Python libraries when missing, while the tests compile,
/// then runs every test with `args` passed on; cargo's exit status.
///
/// On a machine where they can't be installed the tests that need them skip themselves, loudly;
/// with `CI=true` that is an error.
///
/// # Errors
/// When cargo can't be started, or in CI something is missing.
///
/// # Panics
/// Never: the installers return their failures.
pub fn test(args: &[OsString]) -> Result<ExitStatus, Failure> {
    let dir = real::default_dir();
    let installs = thread::spawn({
        let dir = dir.clone();
        move || {
            let mut failures = Vec::new();
            failures.extend(real::install(&dir).err());
            failures.extend(browser::install().err());
            failures.extend(python::ALL.iter().filter_map(|it| python::install(it).err()));
            failures
        }
    });
    let built = cargo(&["test", "--workspace", "--no-run"], &[])?;
    let failures = installs.join().expect("installers return their failures");
    for failure in &failures {
        let _ = writeln!(std::io::stderr(), "xtask: {failure}");
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    if in_ci && !failures.is_empty() {
        return Err(Failure::new("CI runs every test or none", "see the failures above"));
    }
    if !built.success() {
        return Ok(built);
    }
    let mut command = cargo_command(&["test", "--workspace"], args);
    run(command.env("PROMSIEVE_REAL", dir))
}

/// How much the tests against real servers generate every night; each test names its default.
const NIGHTLY: [(&str, &str); 5] = [
    ("PROMSIEVE_RELABEL_PAIRS", "1000000"),
    ("PROMSIEVE_PATTERNS", "200000"),
    ("PROMSIEVE_MATCHES", "2000000"),
    ("PROMSIEVE_FLOW_JOBS", "3000"),
    ("PROMSIEVE_USAGE_CASES", "5000"),
];

/// Runs the generated tests against real servers at their nightly sizes, on the seed that
/// `PROMSIEVE_SEED` names; `args` go to the tests. Sizes that are set already stay.
///
/// # Errors
/// When the servers can't be installed or cargo can't be started.
pub fn nightly(args: &[OsString]) -> Result<ExitStatus, Failure> {
    let dir = real::default_dir();
    real::install(&dir)?;
    let mut command = cargo_command(&["test", "-p", "promsieve-cli", "--test", "it"], &[]);
    // The library alone is worth optimising; its dependencies are as the tests have them.
    command.args(["--config", "profile.dev.package.promsieve-core.opt-level=2"]);
    command
        .args(["--", "--nocapture", "real_relabel", "real_regexp", "real_flow", "real_usage"])
        .args(args);
    for (name, size) in NIGHTLY {
        if std::env::var_os(name).is_none() {
            command.env(name, size);
        }
    }
    run(command.env("PROMSIEVE_REAL", dir))
}

/// Runs the mesh generator, optimised, with `args`.
///
/// # Errors
/// When cargo can't be started.
pub fn mesh(args: &[OsString]) -> Result<ExitStatus, Failure> {
    cargo(&["run", "--quiet", "--release", "-p", "promsieve-lab", "--bin", "mesh", "--"], args)
}

/// Runs the mutation test of the linter, optimised, with `args`.
///
/// # Errors
/// When the servers can't be installed or cargo can't be started.
pub fn mutate(args: &[OsString]) -> Result<ExitStatus, Failure> {
    with_servers("mutate", args)
}

/// Runs the calibration of the cost models, optimised, with `args`.
///
/// # Errors
/// When the servers can't be installed or cargo can't be started.
pub fn calibrate(args: &[OsString]) -> Result<ExitStatus, Failure> {
    with_servers("calibrate", args)
}

/// Runs a program of the lab, optimised, with the real servers.
fn with_servers(program: &str, args: &[OsString]) -> Result<ExitStatus, Failure> {
    let dir = real::default_dir();
    real::install(&dir)?;
    let fixed = ["run", "--quiet", "--release", "-p", "promsieve-lab", "--bin", program, "--"];
    run(cargo_command(&fixed, args).env("PROMSIEVE_REAL", dir))
}

/// Rewrites the generated files: the tests named `generated_…` write instead of comparing when
/// `UPDATE=1` is set.
///
/// # Errors
/// When cargo can't be started.
pub fn bless(args: &[OsString]) -> Result<ExitStatus, Failure> {
    let mut command = cargo_command(&["test", "--workspace", "generated_"], args);
    run(command.env("UPDATE", "1"))
}

fn cargo(fixed: &[&str], args: &[OsString]) -> Result<ExitStatus, Failure> {
    run(&mut cargo_command(fixed, args))
}

fn cargo_command(fixed: &[&str], args: &[OsString]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(fixed).args(args).current_dir(workspace());
    command
}

fn run(command: &mut Command) -> Result<ExitStatus, Failure> {
    command.status().map_err(|error| {
        Failure::new(format!("cargo could not be started: {error}"), "is cargo on PATH?")
    })
}
