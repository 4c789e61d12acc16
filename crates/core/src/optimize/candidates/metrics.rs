//! Metrics that no query selects are dropped whole.

use std::collections::BTreeSet;

use super::{JobView, count, drop_step};
use crate::census::MetricCensus;
use crate::cost::Load;
use crate::optimize::action::{Action, ActionKind};
use crate::optimize::patterns::patterns;
use crate::series::METRIC_NAME;
use crate::units::SeriesCount;

/// Metrics that nobody needs, and no signal. A histogram or summary stays whole: it goes only if every part of it
/// is unused.
pub(super) fn unused(view: &JobView<'_>) -> BTreeSet<String> {
    let unused = |metric: &&MetricCensus| {
        let kept = view.goal.keeps(&metric.name) || view.pins.metric(&metric.name).is_some();
        !kept && view.evidence.usage.metric(&metric.name).is_unused()
    };
    let others = |metric: &&MetricCensus| !view.created.contains(&metric.name);
    let metrics: Vec<&MetricCensus> = view.census.metrics.iter().filter(others).collect();
    view.whole_families(&metrics, unused).into_iter().map(|m| m.name.clone()).collect()
}

pub(super) fn propose(view: &JobView<'_>) -> Vec<Action> {
    let metrics: Vec<String> = view.unused.iter().cloned().collect();
    if metrics.is_empty() {
        return Vec::new();
    }
    let unused = view.census.metrics.iter().filter(|metric| view.unused.contains(&metric.name));
    let load: Load = unused.map(Load::of_metric).sum();
    vec![Action {
        steps: patterns(&metrics).into_iter().map(|it| drop_step(&[METRIC_NAME], it)).collect(),
        series_saved: SeriesCount(load.series),
        bytes_saved: view.evidence.saved_by_dropping(&load),
        reason: format!("no query that was given selects {}", count(metrics.len(), "metric")),
        metrics,
        ..Action::new(ActionKind::DropMetrics, view.job)
    }]
}
