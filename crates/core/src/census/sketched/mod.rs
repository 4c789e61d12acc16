//! A census in bounded memory, of more series than can be kept: counters by metric and label, and
//! a sample of series.
//!
//! Its state depends on the set of series alone (sums over samples on their multiset), not on
//! their order nor on how they came in tables, so merging is associative and commutative. What
//! could grow without end (metric names, label names) is tracked for the lowest hashes that a
//! budget has room for; the others are counted together.

mod metric;
mod report;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use crate::series::{Dictionary, MetricRows, NameId, Stage, Table};
use crate::sketch::{Cost, Counter, Lowest, mix};
use metric::Scratch;
pub(crate) use metric::{LabelSketch, MetricSketch};

/// Registers of the counts over everything: 65,536, for a standard error of 0.3 %.
const TOTAL_PRECISION: u8 = 16;

/// Registers of the values of a label name over all metrics: 16,384, for 0.6 %.
const LABEL_PRECISION: u8 = 14;

/// Registers of a counter of one metric: 4,096, for 1.2 %.
const METRIC_PRECISION: u8 = 12;

/// What the counters of metrics may take together.
const METRICS_BUDGET: usize = 320 << 20;

/// What the counters of label names may take together.
const LABELS_BUDGET: usize = 32 << 20;

/// What the sampled series may take together: some 30,000 of usual size.
const ROWS_BUDGET: usize = 32 << 20;

/// What the sizes of sampled pairs may take together: 65,536 of them.
const PAIRS_BUDGET: usize = 1 << 20;

/// A label name over all metrics that is tracked takes this much beside its counter.
const LABEL_BYTES: usize = 128;

/// Counts of a stream of series, in at most about 400 MiB.
#[derive(Debug, Clone, PartialEq)]
pub struct SketchedCensus {
    pub(crate) stage: Stage,
    pub(crate) sums: Sums,
    pub(crate) targets: Counter,
    pub(crate) series: Counter,
    pub(crate) pairs: Counter,
    /// Bytes of the names and values of a sample of the distinct pairs.
    pub(crate) pair_bytes: Lowest<u32>,
    pub(crate) labels: Lowest<LabelValues>,
    pub(crate) metrics: Lowest<MetricSketch>,
    pub(crate) others: Others,
    /// A uniform sample of the distinct series.
    pub(crate) rows: Lowest<SampledSeries>,
}

/// Sums over the samples read, repeated series included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub(crate) samples: u64,
    pub(crate) label_pairs: u64,
    pub(crate) label_bytes: u64,
    pub(crate) exposed_bytes: u64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Self) {
        // A saved census may claim any sum.
        self.samples = self.samples.saturating_add(other.samples);
        self.label_pairs = self.label_pairs.saturating_add(other.label_pairs);
        self.label_bytes = self.label_bytes.saturating_add(other.label_bytes);
        self.exposed_bytes = self.exposed_bytes.saturating_add(other.exposed_bytes);
    }
}

/// The values of a label name over all metrics.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabelValues {
    pub(crate) name: Box<str>,
    pub(crate) values: Counter,
}

impl LabelValues {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), values: Counter::new(LABEL_PRECISION) }
    }
}

impl Cost for LabelValues {
    fn cost(&self) -> usize {
        LABEL_BYTES + self.name.len() + self.values.bytes()
    }
}

/// The metrics past those that are tracked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Others {
    pub(crate) names: Counter,
    pub(crate) series: Counter,
}

impl Others {
    fn add_metric(&mut self, hash: u64, metric: &MetricSketch) {
        self.names.insert(hash);
        self.series.merge(&metric.series);
    }
}

/// A series that is part of the sample: its labels, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SampledSeries(pub(crate) Box<[(Box<str>, Box<str>)]>);

impl SampledSeries {
    fn of(table: &Table, group: &MetricRows, row: usize) -> Self {
        let labels = table.row_labels(group, row).into_iter();
        Self(labels.map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of a label; "" when it has none.
    fn label(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| **known == *name).map_or("", |(_, value)| value)
    }
}

impl Cost for SampledSeries {
    fn cost(&self) -> usize {
        // Node, box and two fat pointers a label.
        48 + self.0.iter().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>()
    }
}

impl SketchedCensus {
    /// No series yet, at this stage.
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            sums: Sums::default(),
            targets: Counter::new(METRIC_PRECISION),
            series: Counter::new(TOTAL_PRECISION),
            pairs: Counter::new(TOTAL_PRECISION),
            pair_bytes: Lowest::new(PAIRS_BUDGET),
            labels: Lowest::new(LABELS_BUDGET),
            metrics: Lowest::new(METRICS_BUDGET),
            others: Others {
                names: Counter::new(METRIC_PRECISION),
                series: Counter::new(METRIC_PRECISION),
            },
            rows: Lowest::new(ROWS_BUDGET),
        }
    }

    /// How far on their way the series are.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Adds the rows of a table; attach the targets' labels first, as for
    /// [`Census::of`](super::Census::of). Of two stages the later one stays. Metrics are counted on
    /// several threads.
    pub fn add(&mut self, table: &Table) {
        self.stage = self.stage.max(table.stage);
        self.add_targets(table);
        let mut groups: Vec<Group<'_>> = self.groups(table);
        groups.par_iter_mut().for_each_init(Scratch::default, |scratch, group| {
            let name = table.values(NameId::METRIC).hash(group.rows.metric);
            group.hashes = table.row_hashes(group.rows);
            group.hashes.iter_mut().for_each(|hash| *hash = hash.wrapping_add(name));
            if let Some(metric) = &mut group.sketch {
                metric.add(table, group.rows, &group.hashes, scratch);
            }
        });
        for group in groups {
            self.add_group(table, group);
        }
        self.add_values(table);
    }

    /// Adds what `other` has counted; of two stages the later one stays.
    pub fn merge(&mut self, other: &Self) {
        self.stage = self.stage.max(other.stage);
        self.sums.add(&other.sums);
        self.targets.merge(&other.targets);
        self.series.merge(&other.series);
        self.pairs.merge(&other.pairs);
        merge_samples(&mut self.pair_bytes, &other.pair_bytes);
        merge_samples(&mut self.rows, &other.rows);
        self.labels.cut(other.labels.left());
        for (hash, label) in other.labels.iter() {
            self.with_label(hash, &label.name, |values| values.merge(&label.values));
        }
        self.others.names.merge(&other.others.names);
        self.others.series.merge(&other.others.series);
        self.cut_metrics(other.metrics.left());
        for (hash, theirs) in other.metrics.iter() {
            let merged = match self.metrics.take(hash) {
                Some(mut ours) => {
                    ours.merge(theirs);
                    ours
                }
                None => theirs.clone(),
            };
            self.put_metric(hash, merged);
        }
    }

    fn add_targets(&mut self, table: &Table) {
        for target in table.targets.iter().filter(|target| !target.is_unknown()) {
            let pair = |(name, value): &(String, String)| {
                let mut values = Dictionary::of(name);
                let code = values.intern(value);
                values.hash(code)
            };
            let sum = target.labels.iter().map(pair).fold(0u64, u64::wrapping_add);
            self.targets.insert(mix(sum));
        }
    }

    /// The groups that have rows, with the sketches of those that are tracked taken out.
    fn groups<'a>(&mut self, table: &'a Table) -> Vec<Group<'a>> {
        let names = table.values(NameId::METRIC);
        let group = |rows: &'a MetricRows| {
            let hash = mix(names.hash(rows.metric));
            let sketch = self.metrics.wants(hash).then(|| {
                let name = table.metric_name(rows);
                self.metrics.take(hash).unwrap_or_else(|| MetricSketch::new(name))
            });
            Group { rows, hash, sketch, hashes: Vec::new() }
        };
        table.metrics.iter().filter(|rows| rows.rows > 0).map(group).collect()
    }

    fn add_group(&mut self, table: &Table, group: Group<'_>) {
        self.sums.add(&metric::sums(table, group.rows));
        for (row, &hash) in group.hashes.iter().enumerate() {
            let hash = mix(hash);
            self.series.insert(hash);
            sample(&mut self.rows, hash, || SampledSeries::of(table, group.rows, row));
        }
        if let Some(metric) = group.sketch {
            return self.put_metric(group.hash, metric);
        }
        self.others.names.insert(group.hash);
        for &hash in &group.hashes {
            self.others.series.insert(mix(hash));
        }
    }

    fn put_metric(&mut self, hash: u64, metric: MetricSketch) {
        if let Some(unwanted) = self.metrics.put(hash, metric) {
            self.others.add_metric(hash, &unwanted);
        }
        while let Some((hash, evicted)) = self.metrics.evict() {
            self.others.add_metric(hash, &evicted);
        }
    }

    fn cut_metrics(&mut self, left: Option<u64>) {
        for (hash, metric) in self.metrics.cut(left) {
            self.others.add_metric(hash, &metric);
        }
    }

    /// Counts the values that rows have, by label name.
    fn add_values(&mut self, table: &Table) {
        let mut seen: Vec<Vec<bool>> =
            table.name_ids().map(|name| vec![false; table.values(name).len()]).collect();
        for group in table.metrics.iter().filter(|group| group.rows > 0) {
            seen[0][group.metric as usize] = true;
            for column in &group.columns {
                let seen = &mut seen[column.name.0 as usize];
                column.codes.iter().for_each(|&code| seen[code as usize] = true);
            }
        }
        for (name, seen) in table.name_ids().zip(&seen) {
            let values = table.values(name);
            let used = (1..values.len() as u32).filter(|&code| seen[code as usize]);
            let used: Vec<(u64, u32)> = used
                .map(|code| (mix(values.hash(code)), values.value_bytes(code) as u32))
                .collect();
            if !used.is_empty() {
                self.add_pairs(table, name, &used);
            }
        }
    }

    fn add_pairs(&mut self, table: &Table, name: NameId, used: &[(u64, u32)]) {
        let label = table.name(name);
        self.with_label(mix(table.name_hash(name)), label, |values| {
            for &(hash, _) in used {
                values.insert(hash);
            }
        });
        for &(hash, bytes) in used {
            self.pairs.insert(hash);
            sample(&mut self.pair_bytes, hash, || label.len() as u32 + bytes);
        }
    }

    fn with_label(&mut self, hash: u64, name: &str, add: impl FnOnce(&mut Counter)) {
        if !self.labels.wants(hash) {
            return;
        }
        let known = self.labels.take(hash);
        let mut label = known.unwrap_or_else(|| LabelValues::new(name));
        add(&mut label.values);
        self.labels.put(hash, label);
        while self.labels.evict().is_some() {}
    }
}

/// The rows of a metric on their way into the census.
struct Group<'a> {
    rows: &'a MetricRows,
    /// Of the metric's name.
    hash: u64,
    sketch: Option<MetricSketch>,
    /// Of the rows' labels, the metric's name among them.
    hashes: Vec<u64>,
}

/// Adds an entry to a sample unless it is there.
fn sample<T: Cost>(sample: &mut Lowest<T>, hash: u64, entry: impl FnOnce() -> T) {
    if sample.wants(hash) && !sample.contains(hash) {
        sample.put(hash, entry());
        while sample.evict().is_some() {}
    }
}

fn merge_samples<T: Cost + Clone>(ours: &mut Lowest<T>, theirs: &Lowest<T>) {
    ours.cut(theirs.left());
    for (hash, entry) in theirs.iter() {
        sample(ours, hash, || entry.clone());
    }
}
