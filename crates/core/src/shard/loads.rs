//! What each target costs, from the series that it stores.

use super::TargetLoad;
use crate::cost::{CostModel, Load, ServerSettings};
use crate::flow::Discovered;
use crate::series::{METRIC_NAME, REPORTS, Table, TargetId};

/// The load of every target of a stored table that has series, in the table's order, the report
/// series of its scrapes included. Labels as
/// discovered come from `discovered`, by job and instance; a target that is not among them has its
/// instance as its address.
pub fn target_loads(
    stored: &Table,
    discovered: &[Discovered],
    model: &CostModel,
    settings: &ServerSettings,
) -> Vec<TargetLoad> {
    let mut loads = vec![Load::default(); stored.targets.len()];
    for group in &stored.metrics {
        let name_bytes = (METRIC_NAME.len() + stored.metric_name(group).len() + 2) as u64;
        let mean_text = group.exposed_bytes / group.rows.max(1) as u64;
        for (TargetId(target), rows) in group.run_ranges() {
            let load = &mut loads[target as usize];
            load.series += rows.len() as u64;
            load.label_pairs += rows.len() as u64;
            load.label_bytes += name_bytes * rows.len() as u64;
            load.exposed_bytes += mean_text * rows.len() as u64;
            for column in &group.columns {
                let values = stored.values(column.name);
                let label = stored.name(column.name).len() + 2;
                for &code in column.codes[rows.clone()].iter().filter(|&&code| code != 0) {
                    load.label_pairs += 1;
                    load.label_bytes += (label + values.value(code).len()) as u64;
                }
            }
        }
    }
    let targets = stored.targets.iter().zip(loads).filter(|(_, load)| load.series > 0);
    targets
        .map(|(target, load)| {
            let load = Load { targets: 1, ..with_reports(load, &target.labels) };
            let same = |found: &&Discovered| found.labels == target.labels;
            let labels = discovered.iter().find(same).map_or_else(
                || {
                    let address = target.label("instance").to_owned();
                    vec![("__address__".to_owned(), address)]
                },
                |found| found.discovered.clone(),
            );
            TargetLoad {
                job: target.job.clone(),
                labels,
                stored: target.labels.clone(),
                series: load.series,
                bytes: model.marginal(&load, settings).0,
            }
        })
        .collect()
}

fn with_reports(mut load: Load, labels: &[(String, String)]) -> Load {
    let bytes: usize = labels.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    for name in REPORTS {
        load.series += 1;
        load.label_pairs += 1 + labels.len() as u64;
        load.label_bytes += (METRIC_NAME.len() + name.len() + 2 + bytes) as u64;
    }
    load
}
