//! What is counted of one metric: its series, and by label the values, the series that have it and
//! those that would be left without it.

use super::{METRIC_PRECISION, Sums};
use crate::census::LENGTH_BYTES;
use crate::series::{Column, Dictionary, METRIC_NAME, MetricRows, MetricType, Table};
use crate::sketch::{Cost, Counter, Lowest, mix};

/// What the counters of one metric's labels may take together: those of 80 labels at least.
const LABELS_BUDGET: usize = 1 << 20;

/// What a metric takes beside its name and counters.
const METRIC_BYTES: usize = 320;

/// What a label takes beside its name and counters.
const LABEL_BYTES: usize = 256;

/// Counts of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MetricSketch {
    pub(crate) name: Box<str>,
    pub(crate) kind: MetricType,
    pub(crate) sums: Sums,
    pub(crate) series: Counter,
    /// By the hash of their name.
    pub(crate) labels: Lowest<LabelSketch>,
}

/// Counts of one label of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabelSketch {
    pub(crate) name: Box<str>,
    /// Samples that have it.
    pub(crate) samples: u64,
    /// Bytes of its pairs, summed over the samples.
    pub(crate) bytes: u64,
    pub(crate) values: Counter,
    /// The series, without this label.
    pub(crate) without: Counter,
    /// The series that have it; `None` while all of them do.
    pub(crate) having: Option<Counter>,
}

/// Room that is used again from column to column.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// For which column a code was last seen.
    seen: Vec<u32>,
    column: u32,
}

impl Cost for MetricSketch {
    fn cost(&self) -> usize {
        METRIC_BYTES + self.name.len() + self.series.bytes() + self.labels.cost()
    }
}

impl Cost for LabelSketch {
    fn cost(&self) -> usize {
        let having = self.having.as_ref().map_or(0, Counter::bytes);
        LABEL_BYTES + self.name.len() + self.values.bytes() + self.without.bytes() + having
    }
}

/// Sums over the rows of a metric.
pub(super) fn sums(table: &Table, group: &MetricRows) -> Sums {
    let samples = group.rows as u64;
    let name_bytes = (METRIC_NAME.len() + table.metric_name(group).len()) as u64 + LENGTH_BYTES;
    let mut sums = Sums {
        samples,
        label_pairs: samples,
        label_bytes: samples * name_bytes,
        exposed_bytes: group.exposed_bytes,
    };
    for column in &group.columns {
        let (pairs, bytes) = pairs(table, column);
        sums.label_pairs += pairs;
        sums.label_bytes += bytes;
    }
    sums
}

/// How many rows have a label, and the bytes of their pairs.
fn pairs(table: &Table, column: &Column) -> (u64, u64) {
    let values = table.values(column.name);
    let having = column.codes.iter().filter(|&&code| code != 0);
    let bytes: u64 = having.clone().map(|&code| values.value_bytes(code) as u64).sum();
    let pairs = having.count() as u64;
    (pairs, bytes + pairs * (table.name(column.name).len() as u64 + LENGTH_BYTES))
}

impl MetricSketch {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            kind: MetricType::Unknown,
            sums: Sums::default(),
            series: Counter::new(METRIC_PRECISION),
            labels: Lowest::new(LABELS_BUDGET),
        }
    }

    /// Adds rows; `hashes` are those of their labels.
    pub(super) fn add(
        &mut self,
        table: &Table,
        group: &MetricRows,
        hashes: &[u64],
        scratch: &mut Scratch,
    ) {
        let mut with_column: Vec<u64> = Vec::with_capacity(group.columns.len());
        for column in group.columns.iter().filter(|column| column.codes.iter().any(|&c| c != 0)) {
            let hash = mix(table.name_hash(column.name));
            with_column.push(hash);
            if self.labels.wants(hash) {
                let known = self.labels.take(hash);
                let mut label = known.unwrap_or_else(|| self.new_label(table.name(column.name)));
                label.add(table, column, hashes, &self.series, scratch);
                self.labels.put(hash, label);
            }
        }
        self.add_absent(&with_column, hashes);
        while self.labels.evict().is_some() {}
        for &hash in hashes {
            self.series.insert(mix(hash));
        }
        self.sums.add(&sums(table, group));
        self.kind = self.kind.min(table.metric_type(&self.name));
    }

    /// A label that none of the series so far has.
    fn new_label(&self, name: &str) -> LabelSketch {
        LabelSketch {
            name: name.into(),
            samples: 0,
            bytes: 0,
            values: Counter::new(METRIC_PRECISION),
            without: self.series.clone(),
            having: (self.sums.samples > 0).then(|| Counter::new(METRIC_PRECISION)),
        }
    }

    /// Tells the labels that have no column of rows that lack them.
    fn add_absent(&mut self, with_column: &[u64], hashes: &[u64]) {
        let known: Vec<u64> = self.labels.iter().map(|(hash, _)| hash).collect();
        for hash in known.into_iter().filter(|hash| !with_column.contains(hash)) {
            if let Some(mut label) = self.labels.take(hash) {
                label.having.get_or_insert_with(|| self.series.clone());
                for &hash in hashes {
                    label.without.insert(mix(hash));
                }
                self.labels.put(hash, label);
            }
        }
    }

    /// Adds what `other` has counted of the same metric.
    pub(super) fn merge(&mut self, other: &Self) {
        self.labels.cut(other.labels.left());
        let known: Vec<u64> = self.labels.iter().map(|(hash, _)| hash).collect();
        for hash in known.into_iter().filter(|&hash| !other.labels.contains(hash)) {
            if let Some(mut label) = self.labels.take(hash) {
                label.having.get_or_insert_with(|| self.series.clone());
                label.without.merge(&other.series);
                self.labels.put(hash, label);
            }
        }
        for (hash, theirs) in other.labels.iter() {
            if !self.labels.wants(hash) {
                continue;
            }
            let known = self.labels.take(hash);
            let mut label = known.unwrap_or_else(|| self.new_label(&theirs.name));
            label.merge(theirs, &self.series, &other.series);
            self.labels.put(hash, label);
        }
        while self.labels.evict().is_some() {}
        self.series.merge(&other.series);
        self.sums.add(&other.sums);
        self.kind = self.kind.min(other.kind);
    }
}

impl LabelSketch {
    /// Adds the rows of a column; `before` holds the metric's series so far.
    fn add(
        &mut self,
        table: &Table,
        column: &Column,
        hashes: &[u64],
        before: &Counter,
        scratch: &mut Scratch,
    ) {
        let values = table.values(column.name);
        let (samples, bytes) = pairs(table, column);
        self.samples = self.samples.saturating_add(samples);
        self.bytes = self.bytes.saturating_add(bytes);
        for (&hash, &code) in hashes.iter().zip(&column.codes) {
            self.without.insert(mix(hash.wrapping_sub(values.hash(code))));
        }
        if samples < hashes.len() as u64 {
            self.having.get_or_insert_with(|| before.clone());
        }
        if let Some(having) = &mut self.having {
            let rows = hashes.iter().zip(&column.codes).filter(|&(_, &code)| code != 0);
            rows.for_each(|(&hash, _)| having.insert(mix(hash)));
        }
        scratch.for_each_new(column, values, |code| self.values.insert(mix(values.hash(code))));
    }

    /// Adds what `other` has counted; `series` and `others` are the metric's series here and there.
    fn merge(&mut self, other: &Self, series: &Counter, others: &Counter) {
        self.samples = self.samples.saturating_add(other.samples);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.values.merge(&other.values);
        self.without.merge(&other.without);
        if self.having.is_some() || other.having.is_some() {
            let having = self.having.get_or_insert_with(|| series.clone());
            having.merge(other.having.as_ref().unwrap_or(others));
        }
    }
}

impl Scratch {
    /// Calls with each value's code once.
    fn for_each_new(&mut self, column: &Column, values: &Dictionary, mut new: impl FnMut(u32)) {
        if self.seen.len() < values.len() || self.column == u32::MAX {
            self.seen = vec![0; values.len()];
            self.column = 0;
        }
        self.column += 1;
        for &code in &column.codes {
            let seen = &mut self.seen[code as usize];
            if code != 0 && *seen != self.column {
                *seen = self.column;
                new(code);
            }
        }
    }
}
