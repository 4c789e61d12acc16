//! Asks real servers: writes their configuration and reads what became of its targets.

use std::collections::HashMap;
use std::fmt::Write as _;

use promsieve_lab::real::{self, Version};
pub(crate) use promsieve_lab::real::{Seen, quoted, step};

use super::generate::Case;

/// The name of a chain's job.
pub(crate) fn job(id: usize) -> String {
    format!("job{id}")
}

/// What names a target: the value of its label `__id__`.
pub(crate) fn target_id(id: usize, at: usize) -> String {
    format!("{id}/{at}")
}

/// A configuration with a job for each chain. The interval of a day keeps the scrapes away.
pub(crate) fn config<'a>(
    version: Version,
    cases: impl IntoIterator<Item = (usize, &'a Case)>,
) -> String {
    let mut out = String::from("global: {scrape_interval: 1d}\nscrape_configs:\n");
    for (id, case) in cases {
        let steps: Vec<String> = case.steps.iter().map(step).collect();
        let targets = 0..case.targets.len();
        let targets: Vec<String> =
            targets.map(|at| group(&case.discovered(version, id, at))).collect();
        let (job, steps, targets) = (job(id), steps.join(", "), targets.join(", "));
        writeln!(out, "- job_name: {job}\n  relabel_configs: [{steps}]").unwrap();
        if case.https {
            out.push_str("  scheme: https\n");
        }
        if let Some(param) = &case.param {
            writeln!(out, "  params: {{p: [{}]}}", quoted(param)).unwrap();
        }
        writeln!(out, "  static_configs: [{targets}]").unwrap();
    }
    out
}

fn group(labels: &[(String, String)]) -> String {
    let mut address = "";
    let mut written = Vec::new();
    for (name, value) in labels {
        match name.as_str() {
            "__address__" => address = value,
            _ => written.push(format!("{}: {}", quoted(name), quoted(value))),
        }
    }
    format!("{{targets: [{}], labels: {{{}}}}}", quoted(address), written.join(", "))
}

/// Runs a server on `config`, which has `jobs` jobs, and returns what became of every target that
/// it shows, by id.
pub(crate) fn targets(version: Version, config: &str, jobs: usize) -> HashMap<String, Seen> {
    real::targets(version, config, jobs).unwrap()
}
