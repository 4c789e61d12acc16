//! Labels that are taken away each by itself: whether series become one is asked of their hashes.
//!
//! Steps that look at the name alone do the same to all series of a metric, so one series of each is
//! replayed; what the others become follows, and a label set without a label has its hash less that
//! of the pair.

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

/// Whether the one series of each metric has lost its label and nothing else.
pub(super) fn lost_alone(before: &Table, after: &Table, action: &Action) -> bool {
    let pairs = |table: &Table| -> Vec<(String, Vec<(String, String)>)> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let groups =
            table.metrics.iter().flat_map(|group| (0..group.rows).map(move |row| (group, row)));
        let mut rows: Vec<_> = groups
            .map(|(group, row)| {
                let labels = table.row_labels(group, row).into_iter().map(owned);
                let left = labels.filter(|(name, _)| !action.labels.contains(name));
                (table.metric_name(group).to_owned(), left.collect())
            })
            .collect();
        rows.sort();
        rows
    };
    let is_gone = label_of(after, action)
        .is_none_or(|label| after.metrics.iter().all(|group| group.column(label).is_none()));
    is_gone && pairs(before) == pairs(after)
}

/// The first series that would become the same as another one, over all actions; the index is that
/// of the action.
pub(super) fn merged(snapshot: &Table, actions: &[&Action]) -> Option<(usize, Difference)> {
    snapshot.metrics.iter().find_map(|group| {
        let hashes = snapshot.row_hashes(group);
        actions.iter().enumerate().find_map(|(at, action)| {
            let label = label_of(snapshot, action)?;
            let touched = is_touched(snapshot, group, action) && group.column(label).is_some();
            let lost = if touched { lost(snapshot, group, &hashes, action, label) } else { 0 };
            let metric = snapshot.metric_name(group).to_owned();
            (lost > 0).then(|| (at, Difference::merged(&action.job, &metric, lost)))
        })
    })
}

/// How many series of a job become the same as others without a label.
fn lost(
    snapshot: &Table,
    group: &MetricRows,
    hashes: &[u64],
    action: &Action,
    label: NameId,
) -> u64 {
    let (values, column) = (snapshot.values(label), group.column(label));
    let of_job =
        group.run_ranges().filter(|(target, _)| snapshot.target(*target).job == action.job);
    let rows: Vec<usize> = of_job.flat_map(|(_, rows)| rows).collect();
    let with = rows.iter().map(|&row| hashes[row]);
    let without = rows.iter().map(|&row| {
        let code = column.map_or(0, |column| column.codes[row]);
        hashes[row].wrapping_sub(values.hash(code))
    });
    distinct(with) - distinct(without)
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
