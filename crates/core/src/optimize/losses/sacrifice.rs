//! Metrics that some queries use are given up whole, with every part of a histogram.

use std::collections::{BTreeMap, BTreeSet};

use super::loss;
use crate::census::MetricCensus;
use crate::cost::Load;
use crate::optimize::action::{Action, ActionKind, Proof};
use crate::optimize::candidates::{JobView, drop_step};
use crate::optimize::goal::Goal;
use crate::optimize::patterns::patterns;
use crate::series::METRIC_NAME;
use crate::units::SeriesCount;

pub(super) fn propose(view: &JobView<'_>, goal: &Goal) -> Vec<Action> {
    let mut families: BTreeMap<&str, Vec<&MetricCensus>> = BTreeMap::new();
    for metric in view.free() {
        families.entry(view.family(&metric.name)).or_default().push(metric);
    }
    families.values().map(|metrics| give_up(view, goal, metrics)).collect()
}

fn give_up(view: &JobView<'_>, goal: &Goal, family: &[&MetricCensus]) -> Action {
    let names: BTreeSet<String> = family.iter().map(|metric| metric.name.clone()).collect();
    let metrics: Vec<String> = names.into_iter().collect();
    let load: Load = family.iter().map(|metric| Load::of_metric(metric)).sum();
    let loss = loss(view, goal, &metrics, 1.0, "nothing of it is left".to_owned());
    let queries = loss.queries.len();
    let noun = if queries == 1 { "query" } else { "queries" };
    Action {
        steps: patterns(&metrics).into_iter().map(|it| drop_step(&[METRIC_NAME], it)).collect(),
        series_saved: SeriesCount(load.series),
        bytes_saved: view.evidence.saved_by_dropping(&load),
        proof: Proof::Lossy,
        reason: format!("given up for the budget: {queries} {noun} would find nothing"),
        loss: Some(loss),
        metrics,
        ..Action::new(ActionKind::DropMetrics, view.job)
    }
}
