//! Which series a chain made the same: found by hash, confirmed on the labels.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::report::Collision;
use crate::relabel::{Outcome, Program, Scratch};
use crate::series::{LabelBuf, MetricRows, Table, TargetId};
use crate::sketch::mix;
use crate::units::SeriesCount;

/// The row of the attached table that a stored row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) group: u32,
    pub(super) row: u32,
}

/// Series of one job that became one metric.
#[derive(Default)]
struct Merged {
    before: u64,
    after: u64,
    across_targets: bool,
    example: Option<(Source, Source)>,
}

/// Finds what became one, by job and metric, and counts the distinct series stored by job.
pub(super) fn collisions(
    attached: &Table,
    stored: &Table,
    sources: &[Vec<Source>],
    programs: &BTreeMap<&str, &Program>,
) -> (Vec<Collision>, BTreeMap<String, u64>) {
    let hashes: Vec<Vec<u64>> =
        attached.metrics.iter().map(|group| attached.row_hashes(group)).collect();
    // A series' identity before the chain: its labels and its metric.
    let identity = |source: Source| {
        let labels = hashes[source.group as usize][source.row as usize];
        mix(labels).wrapping_add(mix(u64::from(source.group) + 1))
    };
    let targets: Vec<Vec<TargetId>> = attached.metrics.iter().map(targets_of).collect();
    let mut found = Vec::new();
    let mut by_job: BTreeMap<String, u64> = BTreeMap::new();
    for (group, sources) in stored.metrics.iter().zip(sources) {
        for (job, merged) in merge(stored, group, sources, &identity, &targets) {
            *by_job.entry(job.clone()).or_default() += merged.after;
            if let Some((first, second)) = merged.example {
                let program = programs[job.as_str()];
                found.push(describe(
                    (attached, stored, group),
                    program,
                    job,
                    &merged,
                    [first, second],
                ));
            }
        }
    }
    found.sort_by(|a, b| {
        let lost = |c: &Collision| c.before.0 - c.after.0;
        lost(b).cmp(&lost(a)).then_with(|| (&a.job, &a.metric).cmp(&(&b.job, &b.metric)))
    });
    (found, by_job)
}

/// Goes through the rows of one stored metric; results by job, in its name's order.
fn merge(
    stored: &Table,
    group: &MetricRows,
    sources: &[Source],
    identity: &dyn Fn(Source) -> u64,
    targets: &[Vec<TargetId>],
) -> BTreeMap<String, Merged> {
    let hashes = stored.row_hashes(group);
    let mut first: HashMap<u64, usize, FixedState> = HashMap::default();
    let mut seen: HashSet<u64, FixedState> = HashSet::default();
    let mut merged: BTreeMap<String, Merged> = BTreeMap::new();
    for (target, rows) in group.run_ranges() {
        let job = merged.entry(stored.target(target).job.clone()).or_default();
        for row in rows {
            // The same series told twice is no collision.
            if !seen.insert(identity(sources[row]).wrapping_add(mix(hashes[row]))) {
                continue;
            }
            job.before += 1;
            let other = *first.entry(hashes[row]).or_insert(row);
            if other == row || !same_row(group, row, other) {
                job.after += 1;
                continue;
            }
            let target_of = |source: Source| targets[source.group as usize][source.row as usize];
            job.across_targets |= target_of(sources[row]) != target_of(sources[other]);
            job.example.get_or_insert((sources[other], sources[row]));
        }
    }
    merged
}

fn same_row(group: &MetricRows, a: usize, b: usize) -> bool {
    group.columns.iter().all(|column| column.codes[a] == column.codes[b])
}

fn targets_of(group: &MetricRows) -> Vec<TargetId> {
    let mut targets = Vec::with_capacity(group.rows);
    for run in &group.runs {
        targets.resize(targets.len() + run.rows, run.target);
    }
    targets
}

fn describe(
    (attached, stored, group): (&Table, &Table, &MetricRows),
    program: &Program,
    job: String,
    merged: &Merged,
    example: [Source; 2],
) -> Collision {
    let labels = example.map(|source| {
        let group = &attached.metrics[source.group as usize];
        let labels = attached.row_labels(group, source.row as usize);
        labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    });
    Collision {
        job,
        metric: stored.metric_name(group).to_owned(),
        before: SeriesCount(merged.before),
        after: SeriesCount(merged.after),
        step: step_of(program, &labels),
        across_targets: merged.across_targets,
        becomes: outcome(program, program.steps().len(), &labels[0]),
        example: labels,
    }
}

/// The first step after which two label sets are the same.
fn step_of(program: &Program, labels: &[Vec<(String, String)>; 2]) -> Option<usize> {
    (0..program.steps().len()).find(|&last| {
        outcome(program, last + 1, &labels[0]) == outcome(program, last + 1, &labels[1])
    })
}

/// A label set after the first `steps` steps, sorted by name.
fn outcome(program: &Program, steps: usize, labels: &[(String, String)]) -> Vec<(String, String)> {
    let start = Program::compile(&program.steps()[..steps]);
    let mut buffer = LabelBuf::new();
    buffer.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if start.apply(&mut Scratch::new(), &mut buffer) != Outcome::Kept {
        return Vec::new();
    }
    let sorted = buffer.sorted();
    sorted.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
