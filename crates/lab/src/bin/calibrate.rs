//! Measures workloads on a real server, and fits its cost model to the runs: `cargo xtask calibrate`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use promsieve_core::cost::Run;
use promsieve_lab::measure::workload::Workload;
use promsieve_lab::measure::{check, fit, grid, held, schedule, table};
use promsieve_lab::real::Version;

const USAGE: &str = "\
usage: calibrate --server prometheus-2|prometheus-3 [WORKLOAD…]
       calibrate --fit
       calibrate --check [--server prometheus-2|prometheus-3]

Runs all workloads, or those named, within 8 GB; each run takes the place of the one before in
rules/cost/…runs.jsonl. Then fits rules/cost/….yml to all runs that are not held out.

  --fit    only fits, the models of both servers
  --check  only runs a few held-out workloads, on both servers if none is named, and sets them
           beside the models
";

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (mut version, mut only_fit, mut only_check, mut names) = (None, false, false, Vec::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--server" => version = Some(version_of(args.next().as_deref())?),
            "--fit" => only_fit = true,
            "--check" => only_check = true,
            flag if flag.starts_with('-') => bail!("no flag {flag}\n\n{USAGE}"),
            _ => names.push(arg),
        }
    }
    if only_check {
        let versions = version.map_or(Version::ALL.to_vec(), |version| vec![version]);
        return Ok(write!(std::io::stdout(), "{}", check::check(&versions)?)?);
    }
    if !only_fit {
        let version = version.context(USAGE)?;
        measure(version, &table::runs_file(version), &names)?;
    }
    // What the structure of the models gains is in neither of the files before.
    for version in Version::ALL {
        let runs = table::read_runs(&table::runs_file(version))?;
        fs::write(table::model_file(version), fit::yaml(&fit::fit(version, &runs), &runs))?;
    }
    table::write()
}

fn version_of(name: Option<&str>) -> Result<Version> {
    match name {
        Some("prometheus-2") => Ok(Version::V2),
        Some("prometheus-3") => Ok(Version::V3),
        _ => bail!("--server wants prometheus-2 or prometheus-3\n\n{USAGE}"),
    }
}

/// Runs what is wanted; each run is put into the file as soon as it is there.
fn measure(version: Version, path: &PathBuf, names: &[String]) -> Result<()> {
    let wanted = |workload: &Workload| names.is_empty() || names.contains(&workload.name);
    let workloads = [grid::grid(), held::held()?].concat().into_iter().filter(wanted).collect();
    OpenOptions::new().append(true).create(true).open(path)?;
    let writing = Mutex::new(());
    let done = |workload: &Workload, result: Result<Run>| {
        let _one_at_a_time = writing.lock().unwrap_or_else(PoisonError::into_inner);
        let said = match result.and_then(|run| put(run, path)) {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        let _ = writeln!(std::io::stderr(), "{}: {said}", workload.name);
    };
    schedule::run_all(version, workloads, &done);
    Ok(())
}

fn put(run: Run, path: &PathBuf) -> Result<()> {
    let mut runs = table::read_runs(path)?;
    runs.retain(|old| old.workload != run.workload);
    runs.push(run);
    runs.sort_by(|a, b| a.workload.cmp(&b.workload));
    let lines: Result<Vec<String>, _> = runs.iter().map(serde_json::to_string).collect();
    Ok(fs::write(path, lines?.join("\n") + "\n")?)
}
