//! Series that are absent as long as all is well, made of those at hand: the same labels with the
//! value that a query looks for.

use std::collections::BTreeSet;

use super::giver::{Part, givers};
use super::seen::Seen;
use crate::config::{Limits, Project};
use crate::relabel::{Outcome, Program, Scratch};
use crate::series::{LabelBuf, METRIC_NAME, MetricRows, Stage, Table, TableBuilder, TargetId};

/// One made series: its target, metric and labels.
type Made = (TargetId, String, Vec<(String, String)>);

/// For every selector that finds nothing for want of its example's values, series that have them,
/// at stage [`Stage::Attached`]. They are made of series that the chains keep, so that one that
/// goes is gone for its value.
pub(super) fn probes(project: &Project, attached: &Table, seen: &Seen) -> Table {
    let mut made: BTreeSet<Made> = BTreeSet::new();
    for ((giver, part, job), _) in seen.iter().filter(|(_, count)| count.matching == 0) {
        let part = &givers()[*giver].parts[*part];
        let mut groups = attached.metrics.iter().filter(|_| !part.example.is_empty());
        if let Some(group) = groups.find(|group| attached.metric_name(group) == part.metric) {
            made.extend(of_part(project, attached, group, part, job));
        }
    }
    let mut builder = TableBuilder::default();
    let mut open = None;
    for (target, metric, labels) in &made {
        if open != Some(*target) {
            builder.target(attached.target(*target).clone());
            open = Some(*target);
        }
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        builder.row(metric, &labels, 0);
    }
    let mut table = builder.finish();
    table.stage = Stage::Attached;
    table
}

/// The project without limits, which made series are not to count against.
pub(super) fn without_limits(project: &Project) -> Project {
    let mut project = project.clone();
    project.global.limits = Limits::default();
    project.jobs.iter_mut().for_each(|job| job.limits = Limits::default());
    project
}

/// Two series of a job made for a part, of the first and the last that would do.
fn of_part(
    project: &Project,
    attached: &Table,
    group: &MetricRows,
    part: &Part,
    job: &str,
) -> Vec<Made> {
    let chain = project.jobs.iter().find(|known| known.name == job);
    let program = chain.map_or_else(Program::default, |job| job.metric_chain.program());
    let runs = group.run_ranges().filter(|(target, _)| attached.target(*target).job == job);
    let rows: Vec<(TargetId, usize)> =
        runs.flat_map(|(target, rows)| rows.map(move |row| (target, row))).collect();
    let candidate = |&(target, row): &(TargetId, usize)| {
        let labels = attached.row_labels(group, row);
        let (made, kept) = (made(part, &labels)?, is_kept(&program, &labels));
        Some(((target, part.metric.clone(), made), kept))
    };
    let kept = |at: &(TargetId, usize)| candidate(at).filter(|(_, kept)| *kept);
    let first = rows.iter().find_map(kept);
    let found = match first {
        Some(first) => [Some(first), rows.iter().rev().find_map(kept)],
        None => [rows.iter().find_map(candidate), None],
    };
    found.into_iter().flatten().map(|(made, _)| made).collect()
}

/// The labels with the example's values, if the part then selects them. A label that the series
/// lack is none of the exporter's.
fn made(part: &Part, labels: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    let value = |name: &str| {
        labels.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value)
    };
    let example = |name: &str| part.example.iter().find(|(known, _)| known == name);
    let selected = |label: &String| match example(label) {
        Some(_) => !value(label).is_empty(),
        None => part.selects(label, value(label)),
    };
    part.labels.iter().all(selected).then(|| {
        let own = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
        own.map(|&(name, value)| {
            let value = example(name).map_or(value, |(_, value)| value);
            (name.to_owned(), value.to_owned())
        })
        .collect()
    })
}

fn is_kept(program: &Program, labels: &[(&str, &str)]) -> bool {
    let mut set = LabelBuf::new();
    set.refill(labels.iter().copied());
    program.apply(&mut Scratch::new(), &mut set) == Outcome::Kept
}
