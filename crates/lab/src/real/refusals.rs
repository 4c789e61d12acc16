//! What promtool says against many small configurations: asked in one run, since a start of promtool
//! takes longer than a check.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{TempDir, Version, promtool};

/// Configurations for one run: the command line has to hold all their names.
const BATCH: usize = 10_000;

/// Its refusals by the index of the configuration; those without one are fine.
///
/// # Errors
/// Where there is no promtool, and when it does not read every file.
pub fn refusals(version: Version, configs: &[String]) -> Result<BTreeMap<usize, String>> {
    refusals_by(&promtool(version).context("the real servers are not installed")?, configs)
}

/// As [`refusals`], by a promtool of any release.
///
/// # Errors
/// When it does not read every file.
pub fn refusals_by(promtool: &Path, configs: &[String]) -> Result<BTreeMap<usize, String>> {
    let mut refused = BTreeMap::new();
    for (number, batch) in configs.chunks(BATCH).enumerate() {
        refused.extend(refusals_of_batch(promtool, batch, number * BATCH)?);
    }
    Ok(refused)
}

fn refusals_of_batch(
    promtool: &Path,
    configs: &[String],
    first: usize,
) -> Result<Vec<(usize, String)>> {
    let dir = TempDir::new("refusals")?;
    let mut command = Command::new(promtool);
    command.current_dir(dir.path()).args(["check", "config", "--syntax-only"]);
    for (number, config) in configs.iter().enumerate() {
        let name = format!("{}.yml", first + number);
        dir.write(&name, config)?;
        command.arg(name);
    }
    let output = command.output().context("starting promtool")?;
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    let checked = out.lines().chain(err.lines()).filter(|line| line.starts_with("Checking "));
    ensure!(checked.count() == configs.len(), "promtool does not read every file: {out}{err}");
    let refused = out.split("FAILED: ").chain(err.split("FAILED: "));
    let refused = refused.filter_map(|part| {
        let (number, message) = part.strip_prefix("parsing YAML file ")?.split_once(".yml: ")?;
        let message = message.trim_end().trim_end_matches("Checking").trim_end();
        Some((number.parse().ok()?, message.to_owned()))
    });
    Ok(refused.collect())
}
