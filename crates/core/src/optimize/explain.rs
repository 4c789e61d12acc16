//! What actions do to one metric.

use super::Evidence;
use super::action::{Action, Replay};
use super::replay::figures;
use crate::series::Target;

/// The actions that touch the metric, by index, each with the metric's series in the newest snapshot
/// and those of them that it drops.
pub fn effects(evidence: &Evidence<'_>, actions: &[Action], metric: &str) -> Vec<(usize, Replay)> {
    let table = &evidence.stored.table;
    let of_metric =
        table.select_metrics(&|group| table.metric_name(group) == metric, &|_: &Target| true);
    let touching = actions
        .iter()
        .enumerate()
        .filter(|(_, action)| action.metrics.iter().any(|it| it == metric));
    touching.map(|(at, action)| (at, figures(&of_metric, action))).collect()
}
