//! What a set of series contains: counts by metric and label, *without(L)*, redundancy, shapes.

mod count;
pub mod depth;
pub mod groups;
mod label;
pub mod pairs;
mod shape;
pub(crate) mod sketched;
pub mod time;
mod totals;

pub use shape::{Shape, ShapeShare, is_pseudonym, pseudonym};
pub use sketched::SketchedCensus;
pub use totals::{LabelBounds, Totals};

use crate::packs::Layer;
use crate::series::{MetricType, Stage, Table};
use crate::watch::Watch;

/// Prometheus's stringlabels stores a length byte before each name and each value
/// (`model/labels/labels_stringlabels.go` at 3.5; two more for parts of 255 bytes and up).
pub(crate) const LENGTH_BYTES: u64 = 2;

/// What to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CensusOptions {
    /// Leave out *without(L)* and shapes, which cost most of the time.
    pub summary: bool,
}

/// Counts over a whole table.
#[derive(Debug, Clone, PartialEq)]
pub struct Census {
    /// How far on their way the series are.
    pub stage: Stage,
    /// Distinct series.
    pub series: u64,
    /// Samples read; more than series where the input repeats itself.
    pub samples: u64,
    /// Whether every number is exact.
    pub exact: bool,
    /// Targets seen; 0 where none was named.
    pub targets: u64,
    /// Labels summed over the series, `__name__` included.
    pub label_pairs: u64,
    /// Bytes of the label sets summed over the series: names, values and 2 bytes a label.
    pub label_bytes: u64,
    /// Bytes of the series as exposed, summed; 0 where the source does not say.
    pub exposed_bytes: u64,
    /// Distinct (name, value) pairs.
    pub unique_pairs: u64,
    /// Bytes of the distinct pairs' names and values.
    pub unique_pair_bytes: u64,
    /// By metric: most series first, then by name.
    pub metrics: Vec<MetricCensus>,
    /// By label name over all metrics: most values first, then by name.
    pub labels: Vec<LabelTotal>,
    /// Of `series`; of `unique_pairs` as that of values.
    pub errors: Errors,
    /// Metrics that were too many to be counted each; some of them may be listed all the same, by
    /// a sample.
    pub others: Option<Others>,
}

/// Relative standard errors of numbers that are estimates; 0 where they are exact.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Errors {
    /// Of the number of series, and of what is scaled with it: label pairs and bytes.
    pub series: f64,
    /// Of the number of values.
    pub values: f64,
    /// Of the number of series that would be left.
    pub without: f64,
}

impl Errors {
    /// Whether every number is exact.
    pub fn is_exact(&self) -> bool {
        *self == Self::default()
    }
}

/// What is known of metrics that were not counted each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Others {
    /// How many metrics.
    pub metrics: u64,
    /// Their distinct series.
    pub series: u64,
    /// Of `series`, and of `metrics` as that of values.
    pub errors: Errors,
}

/// Counts of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCensus {
    /// The metric's name.
    pub name: String,
    /// Its family's type.
    pub kind: MetricType,
    /// What it watches, where known.
    pub layer: Option<Layer>,
    /// Distinct series.
    pub series: u64,
    /// Samples read.
    pub samples: u64,
    /// Samples that repeat a series of the same scrape, which a server counts and does not store;
    /// `None` where memory did not suffice to tell.
    pub duplicates: Option<u64>,
    /// Labels summed over the series, `__name__` included.
    pub label_pairs: u64,
    /// Bytes of the label sets summed over the series: names, values and 2 bytes a label.
    pub label_bytes: u64,
    /// Bytes of the series as exposed, summed over the samples.
    pub exposed_bytes: u64,
    /// Its labels: those whose loss would merge most series first, then by name.
    pub labels: Vec<LabelCensus>,
    /// Of `series`.
    pub errors: Errors,
}

/// Counts of one label of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelCensus {
    /// The label's name.
    pub name: String,
    /// Distinct values.
    pub values: u64,
    /// Series that have it.
    pub series: u64,
    /// Bytes of its name and value and 2 more, summed over the series that have it.
    pub bytes: u64,
    /// Distinct series that would be left without it; `None` in a summary.
    pub without: Option<u64>,
    /// What its values look like, the most frequent shape first; empty in a summary.
    pub shapes: Vec<ShapeShare>,
    /// Of its numbers.
    pub errors: Errors,
}

impl LabelCensus {
    /// Whether no two of the metric's `series` seen would merge without it.
    pub fn is_redundant(&self, series: u64) -> bool {
        self.without == Some(series)
    }

    /// The shape that at least half of its values have, if there is one.
    pub fn shape(&self) -> Option<ShapeShare> {
        shape::dominant(&self.shapes)
    }
}

/// Counts of one label name over all metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelTotal {
    /// The label's name.
    pub name: String,
    /// Distinct values.
    pub values: u64,
    /// Series that have it.
    pub series: u64,
    /// Of its numbers.
    pub errors: Errors,
}

impl Census {
    /// Counts a table exactly. Series are told apart by their labels alone: merge the targets'
    /// labels in first (stage [`Stage::Attached`]), or equal series of two targets count once.
    ///
    /// Progress is told in rows.
    pub fn of(table: &Table, options: CensusOptions, watch: &dyn Watch) -> Self {
        count::census(table, options, watch)
    }

    /// The counts of one metric.
    pub fn metric(&self, name: &str) -> Option<&MetricCensus> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}
