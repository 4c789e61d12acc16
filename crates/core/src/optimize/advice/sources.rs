//! What a plan drops is better not made: a dropped series still costs its entry in the scrape cache.

use std::collections::BTreeMap;

use super::{Advice, Advised};
use crate::optimize::action::{Action, ActionKind};
use crate::packs::{Source, source_of};
use crate::series::Table;

pub(super) fn advise(advised: &Advised<'_>) -> Vec<Advice> {
    let dropped = |action: &&Action| action.kind == ActionKind::DropMetrics;
    let actions = advised.plan.actions().iter().filter(dropped);
    actions.flat_map(|action| of_metrics(advised, action)).collect()
}

fn of_metrics(advised: &Advised<'_>, action: &Action) -> Vec<Advice> {
    let mut found: BTreeMap<Vec<&str>, (&Source, &str, Vec<String>)> = BTreeMap::new();
    for metric in &action.metrics {
        if let Some((source, prefix)) = source_of(metric) {
            let same = found.entry(source.reach(prefix));
            same.or_insert((source, prefix, Vec::new())).2.push(metric.clone());
        }
    }
    // What turns off whole prefixes would take what is left of them, too.
    let left = |reach: &[&str]| is_left(&advised.left, &action.job, reach);
    let found = found.into_iter().filter(|(reach, (source, ..))| !source.whole || !left(reach));
    found
        .map(|(_, (source, prefix, metrics))| Advice {
            kind: "source",
            job: action.job.clone(),
            set: format!("{}: {}", source.who, source.without_metrics(prefix, &metrics)),
            reason: "what is dropped after a scrape still takes time and a place in its cache"
                .to_owned(),
            series: None,
            queries: Vec::new(),
        })
        .collect()
}

/// Whether a job still stores metrics that a setting reaches.
fn is_left(left: &Table, job: &str, reach: &[&str]) -> bool {
    let reached = |metric| source_of(metric).is_some_and(|(_, prefix)| reach.contains(&prefix));
    left.metrics.iter().any(|group| {
        reached(left.metric_name(group))
            && group.runs.iter().any(|run| left.target(run.target).job == job)
    })
}
