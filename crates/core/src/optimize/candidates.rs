//! What looks superfluous in the newest snapshot: unused metrics and redundant unused labels.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, ActionKind, Proof};
use super::names::patterns;
use super::{Evidence, Proposal};
use crate::census::{Census, CensusOptions, MetricCensus};
use crate::cost::Load;
use crate::flow;
use crate::relabel::{Field, RawStep};
use crate::series::{METRIC_NAME, MetricType, Table, Target};
use crate::units::{Bytes, SeriesCount};
use crate::watch::Unwatched;

/// Labels that are never proposed: they make a series what it is, or a histogram one.
const IDENTITY: [&str; 5] = [METRIC_NAME, "job", "instance", "le", "quantile"];

/// Looks for what nobody needs, job by job. Nothing whose use is unknown is proposed.
pub fn propose(evidence: &Evidence<'_>) -> Proposal {
    let Some(exposed) = evidence.snapshots.first() else {
        return Proposal { actions: Vec::new() };
    };
    let (_, stored) = flow::run(evidence.project, exposed);
    let stored = stored.table;
    let mut actions = Vec::new();
    for job in &evidence.project.jobs {
        let table = stored.select(&|target: &Target| target.job == job.name);
        if table.metrics.is_empty() {
            continue;
        }
        let census = Census::of(&table, CensusOptions::default(), &Unwatched);
        let unused = unused_metrics(evidence, &table, &census);
        actions.extend(drop_metrics(evidence, &job.name, &census, &unused));
        actions.extend(drop_labels(evidence, &job.name, &table, &census, &unused));
    }
    actions.sort_by(|a, b| {
        let key = |action: &Action| (action.bytes_saved, action.series_saved);
        key(b).cmp(&key(a)).then_with(|| (&a.job, &a.labels).cmp(&(&b.job, &b.labels)))
    });
    Proposal { actions }
}

/// Metrics that nobody needs. A histogram or summary stays whole: it goes only if every part of it
/// is unused.
fn unused_metrics(evidence: &Evidence<'_>, table: &Table, census: &Census) -> BTreeSet<String> {
    let unused = |metric: &&MetricCensus| evidence.usage.metric(&metric.name).is_unused();
    let metrics: Vec<&MetricCensus> = census.metrics.iter().collect();
    whole_families(table, &metrics, unused).into_iter().map(|m| m.name.clone()).collect()
}

/// The metrics that satisfy a test together with all of their histogram's or summary's other
/// parts: queries divide one part by another, so parts must keep the same labels.
fn whole_families<'a>(
    table: &Table,
    metrics: &[&'a MetricCensus],
    test: impl Fn(&&MetricCensus) -> bool,
) -> Vec<&'a MetricCensus> {
    let family = |metric: &'a MetricCensus| match table.family_of(&metric.name) {
        Some((family, MetricType::Histogram | MetricType::Summary)) => family,
        _ => &metric.name,
    };
    let mut families: BTreeMap<&str, (bool, Vec<&'a MetricCensus>)> = BTreeMap::new();
    for &metric in metrics {
        let entry = families.entry(family(metric)).or_insert((true, Vec::new()));
        entry.0 &= test(&metric);
        entry.1.push(metric);
    }
    families.into_values().filter(|(all, _)| *all).flat_map(|(_, metrics)| metrics).collect()
}

fn drop_metrics(
    evidence: &Evidence<'_>,
    job: &str,
    census: &Census,
    unused: &BTreeSet<String>,
) -> Option<Action> {
    let metrics: Vec<String> = unused.iter().cloned().collect();
    if metrics.is_empty() {
        return None;
    }
    let load: Load =
        census.metrics.iter().filter(|m| unused.contains(&m.name)).map(Load::of_metric).sum();
    // A dropped series still costs its entry in the scrape cache.
    let left =
        Load { dropped_series: load.series, dropped_bytes: load.exposed_bytes, ..Load::default() };
    Some(Action {
        kind: ActionKind::DropMetrics,
        job: job.to_owned(),
        steps: patterns(&metrics).into_iter().map(drop_step).collect(),
        series_saved: SeriesCount(load.series),
        series_changed: SeriesCount(0),
        bytes_saved: saved(evidence, &load, &left),
        proof: Proof::Proven,
        reason: format!("no query that was given selects {}", count(metrics.len(), "metric")),
        metrics,
        labels: Vec::new(),
    })
}

/// Labels that tell no two series of any of the job's metrics apart and that nobody needs.
fn drop_labels(
    evidence: &Evidence<'_>,
    job: &str,
    table: &Table,
    census: &Census,
    unused: &BTreeSet<String>,
) -> Vec<Action> {
    let kept: Vec<&MetricCensus> =
        census.metrics.iter().filter(|metric| !unused.contains(&metric.name)).collect();
    let names: BTreeSet<&str> =
        kept.iter().flat_map(|m| &m.labels).map(|label| label.name.as_str()).collect();
    let names = names.into_iter().filter(|name| !IDENTITY.contains(name));
    names.filter_map(|label| drop_label(evidence, job, table, &kept, label)).collect()
}

fn drop_label(
    evidence: &Evidence<'_>,
    job: &str,
    table: &Table,
    kept: &[&MetricCensus],
    label: &str,
) -> Option<Action> {
    let with: Vec<&MetricCensus> =
        kept.iter().filter(|metric| has(metric, label)).copied().collect();
    let superfluous = |metric: &&MetricCensus| {
        let redundant =
            metric.labels.iter().any(|l| l.name == label && l.is_redundant(metric.series));
        redundant && evidence.usage.label(&metric.name, label).is_unused()
    };
    let mut metrics = whole_families(table, &with, superfluous);
    if metrics.is_empty() {
        return None;
    }
    metrics.sort_by(|a, b| a.name.cmp(&b.name));
    let everywhere = metrics.len() == with.len();
    let names: Vec<String> = metrics.iter().map(|metric| metric.name.clone()).collect();
    let steps = if everywhere {
        vec![labeldrop_step(label)]
    } else {
        patterns(&names).into_iter().map(|names| blank_step(names, label)).collect()
    };
    let before: Load = metrics.iter().map(|metric| Load::of_metric(metric)).sum();
    let after: Load = metrics.iter().map(|metric| without(metric, label)).sum();
    let structural = is_target_label(table, label);
    Some(Action {
        kind: ActionKind::DropLabel,
        job: job.to_owned(),
        metrics: names,
        labels: vec![label.to_owned()],
        steps,
        series_saved: SeriesCount(0),
        series_changed: SeriesCount(before.series),
        bytes_saved: saved(evidence, &before, &after),
        proof: if structural { Proof::Proven } else { Proof::Observed(evidence.snapshots.len()) },
        reason: if structural {
            format!("`{label}` comes from the target, which job and instance name already")
        } else {
            format!("no two series seen differ in `{label}` alone, and no query needs it")
        },
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

fn saved(evidence: &Evidence<'_>, before: &Load, after: &Load) -> Bytes {
    let cost = |load: &Load| evidence.model.marginal(load, evidence.settings).0;
    Bytes(cost(before).saturating_sub(cost(after)))
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("this {noun}") } else { format!("these {number} {noun}s") }
}

fn drop_step(names: String) -> RawStep {
    RawStep {
        source_labels: Field::Set(vec![METRIC_NAME.to_owned()]),
        regex: Field::Set(names),
        action: Field::Set("drop".to_owned()),
        ..RawStep::default()
    }
}

fn labeldrop_step(label: &str) -> RawStep {
    RawStep {
        regex: Field::Set(crate::regexp::quote(label)),
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
