//! `cargo xtask …`: tests, real servers, generated files.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use xtask::{Failure, browser, dist, python, real, sbom, tasks};

const USAGE: &str = "\
usage: cargo xtask TASK

  test [ARGS]   install what the tests need, then run them all: `cargo test --workspace ARGS`
  nightly [ARGS]
                compare with real servers at length, about half an hour: docs/testing.md
  real [DIR]    put real Prometheus 2.53 and 3.5, promtool, VictoriaMetrics, vmagent and
                node_exporter into DIR (PROMSIEVE_REAL, or .real)
  browser       make sure a Chromium is there
  python        make sure the Python libraries are there that tests use
  mesh [ARGS]   generate a mesh of services; `cargo xtask mesh --help`
  calibrate --server prometheus-2|prometheus-3 [ARGS]
                measure what workloads take of a real server, and fit its cost model
  mutate [ARGS] put known mistakes into clean configurations, and count those that lint finds
  bless [ARGS]  rewrite the generated files
  dist [PLATFORM]
                build what is released, by default static for Linux: CONTRIBUTING.md
  sbom [PLATFORM]
                print the parts of the released binary, as CycloneDX
";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let task = args.next().unwrap_or_default();
    let rest: Vec<OsString> = args.collect();
    match run(&task.to_string_lossy(), &rest) {
        Ok(code) => code,
        Err(failure) => {
            say(&format!("xtask: {failure}"));
            ExitCode::from(2)
        }
    }
}

fn run(task: &str, rest: &[OsString]) -> Result<ExitCode, Failure> {
    let status = match task {
        "test" => tasks::test(rest)?,
        "nightly" => tasks::nightly(rest)?,
        "mesh" => tasks::mesh(rest)?,
        "calibrate" => tasks::calibrate(rest)?,
        "mutate" => tasks::mutate(rest)?,
        "bless" => tasks::bless(rest)?,
        "real" => {
            let dir = rest.first().map_or_else(real::default_dir, PathBuf::from);
            real::install(&dir)?;
            say(&format!("the real servers are in {}", dir.display()));
            return Ok(ExitCode::SUCCESS);
        }
        "dist" => {
            let (status, binary) = dist::build(rest)?;
            if status.success() {
                say(&format!("the release is {}, its parts beside it", binary.display()));
            }
            status
        }
        "sbom" => {
            let given = rest.first().map(|platform| platform.to_string_lossy().into_owned());
            let document = sbom::document(&given.unwrap_or_else(dist::platform))?;
            // Who reads only a part of it has had enough.
            let _ = std::io::stdout().write_all(document.as_bytes());
            return Ok(ExitCode::SUCCESS);
        }
        "browser" => {
            say(&format!("the browser is {}", browser::install()?.display()));
            return Ok(ExitCode::SUCCESS);
        }
        "python" => {
            for library in python::ALL {
                say(&format!("a Python for tests is {}", python::install(library)?.display()));
            }
            return Ok(ExitCode::SUCCESS);
        }
        "" | "help" | "-h" | "--help" => {
            say(USAGE);
            return Ok(ExitCode::SUCCESS);
        }
        other => {
            say(&format!("xtask: no task `{other}`\n\n{USAGE}"));
            return Ok(ExitCode::from(2));
        }
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}
