//! Series that say since when a counter counts: of the counters that are used they go alone.
//!
//! `OpenMetrics` has them, and client libraries show them in the old format, too, as gauges.

use std::collections::BTreeSet;

use super::{JobView, count, drop_step};
use crate::census::MetricCensus;
use crate::cost::Load;
use crate::optimize::action::{Action, ActionKind};
use crate::optimize::patterns::patterns;
use crate::series::METRIC_NAME;
use crate::units::SeriesCount;

/// Suffixes of what counts.
const COUNTED: [&str; 2] = ["_total", "_count"];

/// `x_created` that nobody needs, where the job has `x_total` or `x_count`.
pub(super) fn unused(view: &JobView<'_>) -> BTreeSet<String> {
    let metrics = || view.census.metrics.iter().map(|metric| metric.name.as_str());
    let names: BTreeSet<&str> = metrics().collect();
    let counts = |base: &str| COUNTED.iter().any(|end| names.contains(&*format!("{base}{end}")));
    let created = metrics().filter(|name| name.strip_suffix("_created").is_some_and(counts));
    let unneeded = created.filter(|name| {
        let kept = view.goal.keeps(name) || view.pins.metric(name).is_some();
        !kept && view.evidence.usage.metric(name).is_unused()
    });
    unneeded.map(str::to_owned).collect()
}

pub(super) fn propose(view: &JobView<'_>) -> Vec<Action> {
    let metrics: Vec<String> = view.created.iter().cloned().collect();
    if metrics.is_empty() {
        return Vec::new();
    }
    let gone = |metric: &&MetricCensus| view.created.contains(&metric.name);
    let load: Load = view.census.metrics.iter().filter(gone).map(Load::of_metric).sum();
    vec![Action {
        steps: patterns(&metrics).into_iter().map(|it| drop_step(&[METRIC_NAME], it)).collect(),
        series_saved: SeriesCount(load.series),
        bytes_saved: view.evidence.saved_by_dropping(&load),
        reason: format!(
            "no query that was given selects {}, which only say since when others count",
            count(metrics.len(), "metric")
        ),
        metrics,
        ..Action::new(ActionKind::DropMetrics, view.job)
    }]
}
