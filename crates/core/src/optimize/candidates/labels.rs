//! Labels that tell no two series apart and that nobody needs are taken away.

use std::collections::BTreeSet;

use super::JobView;
use crate::census::MetricCensus;
use crate::cost::Load;
use crate::optimize::action::{Action, ActionKind, Proof};
use crate::optimize::patterns::patterns;
use crate::regexp::quote;
use crate::relabel::{Field, RawStep};
use crate::series::{METRIC_NAME, Table};
use crate::units::SeriesCount;

/// Labels that are never proposed: they make a series what it is, or a histogram one.
const IDENTITY: [&str; 5] = [METRIC_NAME, "job", "instance", "le", "quantile"];

/// Labels that tell no two series of any of the job's metrics apart and that nobody needs.
pub(super) fn propose(view: &JobView<'_>) -> Vec<Action> {
    let kept: Vec<&MetricCensus> = view.kept().collect();
    let names: BTreeSet<&str> =
        kept.iter().flat_map(|m| &m.labels).map(|label| label.name.as_str()).collect();
    let names = names.into_iter().filter(|name| !IDENTITY.contains(name));
    names.filter_map(|label| drop_label(view, &kept, label)).collect()
}

fn drop_label(view: &JobView<'_>, kept: &[&MetricCensus], label: &str) -> Option<Action> {
    let with: Vec<&MetricCensus> =
        kept.iter().filter(|metric| has(metric, label)).copied().collect();
    let superfluous = |metric: &&MetricCensus| {
        let redundant =
            metric.labels.iter().any(|l| l.name == label && l.is_redundant(metric.series));
        let kept = view.goal.keeps(&metric.name) || view.pins.label(&metric.name, label).is_some();
        redundant && !kept && view.evidence.usage.label(&metric.name, label).is_unused()
    };
    let mut metrics = view.whole_families(&with, superfluous);
    if metrics.is_empty() {
        return None;
    }
    metrics.sort_by(|a, b| a.name.cmp(&b.name));
    let structural = is_target_label(&view.table, label);
    // Of metrics that go anyway the label may tell series apart, should they stay after all.
    let nowhere_else =
        || view.census.metrics.iter().filter(|it| has(it, label)).count() == with.len();
    let everywhere = metrics.len() == with.len() && (structural || nowhere_else());
    let names: Vec<String> = metrics.iter().map(|metric| metric.name.clone()).collect();
    let steps = if everywhere {
        vec![labeldrop_step(label)]
    } else {
        patterns(&names).into_iter().map(|names| blank_step(names, label)).collect()
    };
    let before: Load = metrics.iter().map(|metric| Load::of_metric(metric)).sum();
    let after: Load = metrics.iter().map(|metric| without(metric, label)).sum();
    let snapshots = view.evidence.snapshots().count();
    Some(Action {
        metrics: names,
        labels: vec![label.to_owned()],
        steps,
        series_changed: SeriesCount(before.series),
        bytes_saved: view.evidence.saved(&before, &after),
        proof: if structural { Proof::Proven } else { Proof::Observed(snapshots) },
        reason: if structural {
            format!("`{label}` comes from the target, which job and instance name already")
        } else {
            format!("no two series seen differ in `{label}` alone, and no query needs it")
        },
        ..Action::new(ActionKind::DropLabel, view.job)
    })
}

fn has(metric: &MetricCensus, label: &str) -> bool {
    metric.labels.iter().any(|l| l.name == label)
}

/// Whether every target of a table gives its series this label itself, and no two targets share
/// job and instance: then it tells no series apart that those do not.
fn is_target_label(table: &Table, label: &str) -> bool {
    let used: BTreeSet<u32> =
        table.metrics.iter().flat_map(|m| &m.runs).map(|run| run.target.0).collect();
    let targets = || used.iter().map(|&at| &table.targets[at as usize]);
    let names: BTreeSet<(&str, &str)> =
        targets().map(|target| (target.label("job"), target.label("instance"))).collect();
    let id = table.name_id(label);
    let comes_from_target = table.metrics.iter().all(|group| {
        let column = id.and_then(|id| group.column(id).map(|column| (id, column)));
        column.is_none_or(|(id, column)| {
            group.run_ranges().all(|(target, rows)| {
                let wanted = table.target(target).label(label);
                let code = table.values(id).code(wanted);
                column.codes[rows].iter().all(|&found| found == 0 || Some(found) == code)
            })
        })
    });
    names.len() == used.len() && comes_from_target
}

/// What a metric weighs without a label.
fn without(metric: &MetricCensus, label: &str) -> Load {
    let load = Load::of_metric(metric);
    let (series, bytes) = metric
        .labels
        .iter()
        .find(|l| l.name == label)
        .map_or((0, 0), |label| (label.series, label.bytes));
    Load {
        label_pairs: load.label_pairs.saturating_sub(series),
        label_bytes: load.label_bytes.saturating_sub(bytes),
        ..load
    }
}

fn labeldrop_step(label: &str) -> RawStep {
    RawStep {
        regex: Field::Set(quote(label)),
        action: Field::Set("labeldrop".to_owned()),
        ..RawStep::default()
    }
}

/// Takes a label away from some metrics only: an empty replacement deletes.
fn blank_step(names: String, label: &str) -> RawStep {
    RawStep {
        source_labels: Field::Set(vec![METRIC_NAME.to_owned()]),
        regex: Field::Set(names),
        target_label: Field::Set(label.to_owned()),
        replacement: Field::Set(String::new()),
        ..RawStep::default()
    }
}
