//! What promtool says against many small configurations: asked in one run, since a start of promtool
//! takes longer than a check.

use std::collections::BTreeMap;
use std::process::Command;

use promsieve_lab::real::{TempDir, Version, promtool};

/// Configurations for one run: the command line has to hold all their names.
const BATCH: usize = 10_000;

/// Its refusals by the index of the configuration; those without one are fine.
///
/// # Panics
/// Where there is no promtool, and when it does not read every file.
pub(crate) fn refusals(version: Version, configs: &[String]) -> BTreeMap<usize, String> {
    let batches = configs.chunks(BATCH).enumerate();
    batches.flat_map(|(number, batch)| refusals_of_batch(version, batch, number * BATCH)).collect()
}

fn refusals_of_batch(version: Version, configs: &[String], first: usize) -> Vec<(usize, String)> {
    let dir = TempDir::new("refusals").unwrap();
    let mut command = Command::new(promtool(version).unwrap());
    command.current_dir(dir.path()).args(["check", "config", "--syntax-only"]);
    for (number, config) in configs.iter().enumerate() {
        let name = format!("{}.yml", first + number);
        dir.write(&name, config).unwrap();
        command.arg(name);
    }
    let output = command.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    let checked = out.lines().chain(err.lines()).filter(|line| line.starts_with("Checking "));
    assert_eq!(checked.count(), configs.len(), "promtool reads every file: {out}{err}");
    let refused = out.split("FAILED: ").chain(err.split("FAILED: "));
    refused
        .filter_map(|part| part.strip_prefix("parsing YAML file ")?.split_once(".yml: "))
        .map(|(number, message)| {
            let message = message.trim_end().trim_end_matches("Checking").trim_end();
            (number.parse().unwrap(), message.to_owned())
        })
        .collect()
}
