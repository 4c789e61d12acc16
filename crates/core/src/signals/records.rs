//! Recording rules for the cells that the data gives.

use std::fmt::Write as _;

use super::giver::Giver;
use super::report::{CellReport, Report};
use crate::doc::quote;
use crate::packs::Layer;

/// A rule file that records every given cell as `signal:<row>:<signal>`, a group for each layer.
/// Each has the labels `layer` and `exporter`; a response flag is recorded as
/// `signal:response_flags:rate` with the label `flag`.
pub fn recording_rules(report: &Report) -> String {
    let mut out = String::from("groups:\n");
    for layer in Layer::ALL {
        let rules: String = report
            .cells
            .iter()
            .filter(|found| found.cell.layer == layer)
            .flat_map(|found| found.ways().into_iter().map(|giver| rule(found, giver)))
            .collect();
        if !rules.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(out, "- name: signals-{}\n  rules:\n{rules}", layer.as_str());
        }
    }
    out
}

impl CellReport {
    /// The first way to the cell of each exporter that gives it.
    pub(super) fn ways(&self) -> Vec<&'static Giver> {
        let mut ways: Vec<&'static Giver> = Vec::new();
        for found in self.givers.iter().filter(|found| !found.jobs.is_empty()) {
            if ways.iter().all(|way| way.exporter != found.giver.exporter) {
                ways.push(found.giver);
            }
        }
        ways
    }
}

fn rule(found: &CellReport, giver: &Giver) -> String {
    let cell = found.cell;
    let signal = if cell.is_flag() { "rate" } else { &cell.signal };
    let mut labels = format!("layer: {}, exporter: {}", cell.layer.as_str(), giver.exporter);
    if cell.is_flag() {
        let _ = write!(labels, ", flag: {}", quote(&cell.signal));
    }
    format!(
        "  - record: signal:{}:{signal}\n    expr: {}\n    labels: {{{labels}}}\n",
        cell.row,
        quote(&giver.query),
    )
}
