//! Which series a chain made the same: found by hash, confirmed on the labels.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::block::{Block, Blocks};
use super::report::{Collision, LabelPairs};
use super::rows::after_steps;
use crate::relabel::Program;
use crate::series::{MetricRows, Table, TargetId};
use crate::sketch::mix;
use crate::units::SeriesCount;

/// The row of the table before a chain that a row after it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) group: u32,
    pub(super) row: u32,
}

/// Puts blocks, each with the sources of its rows, into a table; the sources by group.
pub(super) fn collect(table: Table, done: Vec<(Block, Vec<Source>)>) -> (Table, Vec<Vec<Source>>) {
    let mut blocks = Blocks::new(table);
    let mut sources: Vec<Vec<Source>> = Vec::new();
    for (block, from) in done {
        let group = blocks.push(block);
        sources.resize_with(sources.len().max(group + 1), Vec::new);
        sources[group].extend(from);
    }
    (blocks.table, sources)
}

/// The chain that the series of a job went through.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChainOf<'a> {
    pub(super) program: &'a Program,
    pub(super) external: &'a [(String, String)],
    /// Whether timestamps of the page are taken over.
    pub(super) honor_timestamps: bool,
}

/// A table, the one that chains made of it, and where each row of that comes from.
#[derive(Clone, Copy)]
pub(super) struct Passage<'a> {
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    pub(super) sources: &'a [Vec<Source>],
    pub(super) chains: &'a BTreeMap<&'a str, ChainOf<'a>>,
}

/// What became one.
#[derive(Default)]
pub(super) struct Merges {
    /// By job and metric, those that lose most first.
    pub(super) collisions: Vec<Collision>,
    /// Distinct series after the chain, by job.
    pub(super) distinct: BTreeMap<String, u64>,
    /// Every series that became the same as an earlier one, behind that, by job.
    pub(super) pairs: BTreeMap<String, Vec<[Source; 2]>>,
}

/// Series of one job that became one metric.
#[derive(Default)]
struct Merged {
    before: u64,
    after: u64,
    interleaved: u64,
    across_targets: bool,
    pairs: Vec<[Source; 2]>,
}

impl Passage<'_> {
    /// The labels of a row before the chain.
    pub(super) fn labels(&self, source: Source) -> LabelPairs {
        let labels = self
            .before
            .row_labels(&self.before.metrics[source.group as usize], source.row as usize);
        labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Finds what became one, by job and metric, and counts the distinct series by job.
    pub(super) fn merges(&self) -> Merges {
        let groups = &self.before.metrics;
        let hashes: Vec<Vec<u64>> =
            groups.iter().map(|group| self.before.row_hashes(group)).collect();
        // A series' identity before the chain: its labels and its metric.
        let identity = |source: Source| {
            let labels = hashes[source.group as usize][source.row as usize];
            mix(labels).wrapping_add(mix(u64::from(source.group) + 1))
        };
        let targets: Vec<Vec<TargetId>> = groups.iter().map(targets_of).collect();
        let mut found = Merges::default();
        for (group, sources) in self.after.metrics.iter().zip(self.sources) {
            for (job, merged) in self.merge(group, sources, &identity, &targets) {
                *found.distinct.entry(job.clone()).or_default() += merged.after;
                if let Some(&example) = merged.pairs.first() {
                    found.collisions.push(self.describe(group, &job, &merged, example));
                    found.pairs.entry(job).or_default().extend(merged.pairs);
                }
            }
        }
        found.collisions.sort_by(|a, b| {
            let gone = |c: &Collision| c.before.0 - c.after.0;
            gone(b).cmp(&gone(a)).then_with(|| (&a.job, &a.metric).cmp(&(&b.job, &b.metric)))
        });
        found
    }

    /// Goes through the rows of one metric; results by job, in its name's order.
    fn merge(
        &self,
        group: &MetricRows,
        sources: &[Source],
        identity: &dyn Fn(Source) -> u64,
        targets: &[Vec<TargetId>],
    ) -> BTreeMap<String, Merged> {
        let hashes = self.after.row_hashes(group);
        let mut first: HashMap<u64, usize, FixedState> = HashMap::default();
        let mut seen: HashSet<u64, FixedState> = HashSet::default();
        let mut merged: BTreeMap<String, Merged> = BTreeMap::new();
        for (target, rows) in group.run_ranges() {
            let name = &self.after.target(target).job;
            let honors = self.chains[name.as_str()].honor_timestamps;
            let job = merged.entry(name.clone()).or_default();
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
                let (own, other) = (sources[row], sources[other]);
                let target_of = |it: Source| targets[it.group as usize][it.row as usize];
                let across = target_of(own) != target_of(other);
                job.across_targets |= across;
                let apart = across || (honors && self.time(own) != self.time(other));
                job.interleaved += u64::from(apart);
                job.pairs.push([other, own]);
            }
        }
        merged
    }

    fn time(&self, source: Source) -> Option<i64> {
        self.before.metrics[source.group as usize].notes.time(source.row as usize)
    }

    fn describe(
        &self,
        group: &MetricRows,
        job: &str,
        merged: &Merged,
        example: [Source; 2],
    ) -> Collision {
        let chain = self.chains[job];
        let labels = example.map(|source| self.labels(source));
        let after = |steps: usize, labels: &LabelPairs| {
            after_steps(chain.program, steps, labels, chain.external)
        };
        let steps = chain.program.steps().len();
        Collision {
            job: job.to_owned(),
            metric: self.after.metric_name(group).to_owned(),
            before: SeriesCount(merged.before),
            after: SeriesCount(merged.after),
            interleaved: SeriesCount(merged.interleaved),
            step: (0..steps)
                .find(|&last| after(last + 1, &labels[0]) == after(last + 1, &labels[1])),
            across_targets: merged.across_targets,
            becomes: after(steps, &labels[0]).unwrap_or_default(),
            example: labels,
        }
    }
}

/// Whether two rows of a group have the same labels.
pub(super) fn same_row(group: &MetricRows, a: usize, b: usize) -> bool {
    group.columns.iter().all(|column| column.codes[a] == column.codes[b])
}

fn targets_of(group: &MetricRows) -> Vec<TargetId> {
    let mut targets = Vec::with_capacity(group.rows);
    for run in &group.runs {
        targets.resize(targets.len() + run.rows, run.target);
    }
    targets
}
