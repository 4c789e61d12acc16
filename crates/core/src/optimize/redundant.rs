//! Labels that are taken away each by itself: whether series become one is asked of their hashes.
//!
//! Steps that look at the name alone do the same to all series of a metric, so one series of each is
//! replayed; what the others become follows, and a label set without a label has its hash less that
//! of the pair.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, ActionKind};
use super::replay::{Difference, is_touched};
use crate::relabel::RawStep;
use crate::series::{METRIC_NAME, MetricRows, NameId, Table};

/// Whether an action takes one label away and looks at nothing but the metric's name.
pub(super) fn is_by_name(action: &Action) -> bool {
    let by_name = |step: &RawStep| {
        step.source_labels.value().is_none_or(|labels| labels.iter().all(|it| it == METRIC_NAME))
    };
    action.kind == ActionKind::DropLabel
        && action.labels.len() == 1
        && action.steps.iter().all(by_name)
}

/// One series with the label of every metric that an action touches.
pub(super) fn one_each(snapshot: &Table, action: &Action) -> Table {
    let mut table = snapshot.without_rows(snapshot.stage);
    let Some(label) = label_of(snapshot, action) else { return table };
    for group in snapshot.metrics.iter().filter(|group| is_touched(snapshot, group, action)) {
        let Some(column) = group.column(label) else { continue };
        let mut runs =
            group.run_ranges().filter(|(target, _)| snapshot.target(*target).job == action.job);
        let has_label = |row: &usize| column.codes[*row] != 0;
        let first =
            runs.find_map(|(target, rows)| Some((target, rows.into_iter().find(has_label)?)));
        if let Some((target, row)) = first {
            let mut one = MetricRows::new(group.metric);
            let columns = group.columns.iter().map(|column| (column.name, vec![column.codes[row]]));
            one.push_block(target, 1, columns.collect(), 0);
            table.metrics.push(one);
        }
    }
    table
}

/// The metrics whose one series has lost the label; `None` where the steps did anything else, or left
/// it to one of the metrics that the action names.
pub(super) fn losers(before: &Table, after: &Table, action: &Action) -> Option<BTreeSet<String>> {
    let (before, after) = (by_metric(before), by_metric(after));
    let mut losers = BTreeSet::new();
    for (metric, labels) in &before {
        let left = after.get(metric)?;
        let is_left = |(name, _): &&(String, String)| !action.labels.contains(name);
        if left.iter().eq(labels.iter().filter(is_left)) {
            losers.insert(metric.clone());
        } else if left != labels || action.metrics.contains(metric) {
            return None;
        }
    }
    (before.len() == after.len()).then_some(losers)
}

/// The labels of the first series of each metric.
fn by_metric(table: &Table) -> BTreeMap<String, Vec<(String, String)>> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let groups = table.metrics.iter();
    groups
        .map(|group| {
            let labels = table.row_labels(group, 0).into_iter().map(owned).collect();
            (table.metric_name(group).to_owned(), labels)
        })
        .collect()
}

/// An action, and the metrics whose series lose their label by it.
pub(super) type Loses<'a> = (&'a Action, BTreeSet<String>);

/// The actions by which series would become the same as others, by index, each with the first metric.
pub(super) fn merged(snapshot: &Table, actions: &[Loses<'_>]) -> BTreeMap<usize, Difference> {
    let mut found = BTreeMap::new();
    for group in &snapshot.metrics {
        let (metric, hashes) = (snapshot.metric_name(group), snapshot.row_hashes(group));
        for (at, (action, losers)) in actions.iter().enumerate() {
            let label = label_of(snapshot, action).filter(|_| losers.contains(metric));
            let lost = label.map_or(0, |label| lost(snapshot, group, &hashes, action, label));
            if lost > 0 {
                found.entry(at).or_insert_with(|| Difference::merged(&action.job, metric, lost));
            }
        }
    }
    found
}

/// How many series of a job become the same as others without a label.
fn lost(
    snapshot: &Table,
    group: &MetricRows,
    hashes: &[u64],
    action: &Action,
    label: NameId,
) -> u64 {
    let mut without = hashes.to_vec();
    take_away(snapshot, group, label, &mut without);
    let of_job =
        group.run_ranges().filter(|(target, _)| snapshot.target(*target).job == action.job);
    let rows: Vec<usize> = of_job.flat_map(|(_, rows)| rows).collect();
    let with = rows.iter().map(|&row| hashes[row]);
    let without = rows.iter().map(|&row| without[row]);
    distinct(with) - distinct(without)
}

/// Makes the hashes of a metric's rows those of the rows without a label.
pub(super) fn take_away(table: &Table, group: &MetricRows, label: NameId, hashes: &mut [u64]) {
    let Some(column) = group.column(label) else { return };
    let values = table.values(label);
    for (hash, code) in hashes.iter_mut().zip(&column.codes) {
        *hash = hash.wrapping_sub(values.hash(*code));
    }
}

fn distinct(hashes: impl Iterator<Item = u64>) -> u64 {
    let mut hashes: Vec<u64> = hashes.collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.len() as u64
}

fn label_of(table: &Table, action: &Action) -> Option<NameId> {
    action.labels.first().and_then(|label| table.name_id(label))
}
