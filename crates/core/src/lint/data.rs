//! Questions about samples by job: which metrics and labels it has.

use std::collections::{BTreeMap, BTreeSet};

use crate::series::Table;

/// The metrics of a job with their number of rows.
pub(super) fn metrics_of<'t>(table: &'t Table, job: &str) -> BTreeMap<&'t str, u64> {
    let mut metrics = BTreeMap::new();
    for group in &table.metrics {
        let runs = group.run_ranges().filter(|(target, _)| table.target(*target).job == job);
        let rows: u64 = runs.map(|(_, rows)| rows.len() as u64).sum();
        if rows > 0 {
            metrics.insert(table.metric_name(group), rows);
        }
    }
    metrics
}

/// The label names of a job's series.
pub(super) fn labels_of<'t>(table: &'t Table, job: &str) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    for group in &table.metrics {
        for (_, rows) in group.run_ranges().filter(|(id, _)| table.target(*id).job == job) {
            let has = |codes: &[u32]| codes[rows.clone()].iter().any(|&code| code != 0);
            let present = group.columns.iter().filter(|column| has(&column.codes));
            names.extend(present.map(|column| table.name(column.name)));
        }
    }
    names
}
