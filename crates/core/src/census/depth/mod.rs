//! One metric in depth: which labels together make it large, what makes a label redundant, which
//! series a removal would merge, which values and buckets it has.

mod buckets;
mod collisions;
mod dependencies;
mod local;
mod sets;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;

use rayon::prelude::*;

pub use buckets::IdleBucket;
pub use collisions::Collisions;
pub use dependencies::Redundancy;
pub use sets::LabelSet;
pub use values::{LabelValues, MetricValues, ValueCount};

use crate::series::{MetricRows, Table};
use crate::watch::Watch;
use local::Local;

/// What the labels of one metric make of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricDepth {
    /// The metric's name.
    pub name: String,
    /// Its labels, by name.
    pub labels: Vec<LabelDepth>,
    /// For two, three and four labels the sets that leave the fewest series when they go, and that
    /// need each of their labels for it; the best first of each size.
    pub sets: Vec<LabelSet>,
    /// Labels that can go at once without a merge of what was seen, those of the target left out;
    /// more bytes were preferred.
    pub removable: Vec<String>,
    /// Bytes of the label sets that these make up.
    pub removable_bytes: u64,
    /// Neighbouring buckets that hold the same in every histogram; needs values.
    pub idle_buckets: Vec<IdleBucket>,
    /// A series that stands more than once in a scrape, as its labels.
    pub duplicate: Option<Vec<(String, String)>>,
}

/// What one label makes of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelDepth {
    /// The label's name.
    pub name: String,
    /// The values that most series have, most first, then by value.
    pub values: Vec<ValueCount>,
    /// The values that take most bytes, most first, then by value.
    pub heaviest: Vec<ValueCount>,
    /// Why nothing merges without it, where nothing does.
    pub redundancy: Option<Redundancy>,
    /// What merges without it, where something does.
    pub collisions: Option<Collisions>,
}

impl MetricDepth {
    /// Looks into the metrics of these names, in their order; those that the table does not have
    /// are left out. Progress is told in metrics.
    pub fn of(table: &Table, metrics: &[&str], watch: &dyn Watch) -> Vec<Self> {
        let targets = target_labels(table);
        look_into(table, metrics, watch, |local| of_metric(local, &targets))
    }
}

impl MetricValues {
    /// The values alone of the metrics of these names, as [`MetricDepth::of`] has them: a small part
    /// of its work.
    pub fn of(table: &Table, metrics: &[&str], watch: &dyn Watch) -> Vec<Self> {
        look_into(table, metrics, watch, values::of_metric)
    }
}

/// Looks into the metrics of these names that the table has, in their order.
fn look_into<T: Send>(
    table: &Table,
    metrics: &[&str],
    watch: &dyn Watch,
    look: impl Fn(&Local<'_>) -> T + Sync,
) -> Vec<T> {
    let groups: Vec<&MetricRows> = metrics
        .iter()
        .filter_map(|name| table.metrics.iter().find(|group| table.metric_name(group) == *name))
        .filter(|group| group.rows > 0)
        .collect();
    let total = groups.len() as u64;
    let looked_into = groups.into_par_iter().enumerate().filter(|_| !watch.cancelled());
    looked_into
        .map(|(at, group)| {
            let found = look(&Local::of(table, group));
            watch.progress(at as u64 + 1, total);
            found
        })
        .collect()
}

/// Labels that a server sets on every series of a target.
fn target_labels(table: &Table) -> BTreeSet<&str> {
    let known = table.targets.iter().flat_map(|target| &target.labels);
    known.map(|(name, _)| name.as_str()).chain(["job", "instance"]).collect()
}

fn of_metric(local: &Local<'_>, targets: &BTreeSet<&str>) -> MetricDepth {
    let singles = local.singles();
    let dependencies = dependencies::Dependencies::of(local);
    let label = |(at, column): (usize, &local::LocalColumn<'_>)| LabelDepth {
        name: column.name.to_owned(),
        values: values::by_series(column),
        heaviest: values::by_bytes(column),
        redundancy: (singles[at] == local.series())
            .then(|| dependencies.redundancy(local, at, targets)),
        collisions: collisions::of(local, &[at]),
    };
    let (removable, removable_bytes) = sets::removable(local, &singles, targets);
    MetricDepth {
        name: local.metric().to_owned(),
        labels: local.columns.iter().enumerate().map(label).collect(),
        sets: sets::best(local, &singles, &dependencies),
        removable,
        removable_bytes,
        idle_buckets: buckets::idle(local),
        duplicate: local.duplicate(),
    }
}
