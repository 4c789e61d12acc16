//! The counting itself: one pass of hashes a metric, one subtraction a row and label.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::shape::{LOOKED_AT, shapes};
use super::{Census, CensusOptions, Errors, LENGTH_BYTES, LabelCensus, LabelTotal, MetricCensus};
use crate::packs::layer_of;
use crate::series::{Column, Dictionary, METRIC_NAME, MetricRows, NameId, Table};
use crate::sketch::DistinctSet;
use crate::watch::Watch;

pub(super) fn census(table: &Table, options: CensusOptions, watch: &dyn Watch) -> Census {
    let done = std::sync::atomic::AtomicU64::new(0);
    let total = table.rows() as u64;
    let mut metrics: Vec<MetricCensus> = table
        .metrics
        .par_iter()
        .filter(|group| group.rows > 0 && !watch.cancelled())
        .map_init(Scratch::default, |scratch, group| {
            let census = metric(table, group, options, scratch);
            let before = done.fetch_add(group.rows as u64, std::sync::atomic::Ordering::Relaxed);
            watch.progress(before + group.rows as u64, total);
            census
        })
        .collect();
    metrics.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    let (labels, unique) = label_totals(table, &series_by_label(&metrics));
    let targets = table.targets.iter().filter(|target| !target.is_unknown());
    let targets: BTreeSet<_> = targets.map(|target| (&target.job, &target.labels)).collect();
    let sum = |of: fn(&MetricCensus) -> u64| metrics.iter().map(of).sum();
    Census {
        stage: table.stage,
        series: sum(|metric| metric.series),
        samples: sum(|metric| metric.samples),
        exact: true,
        targets: targets.len() as u64,
        label_pairs: sum(|metric| metric.label_pairs),
        label_bytes: sum(|metric| metric.label_bytes),
        exposed_bytes: sum(|metric| metric.exposed_bytes),
        unique_pairs: unique.pairs,
        unique_pair_bytes: unique.bytes,
        metrics,
        labels,
        errors: Errors::default(),
        others: None,
    }
}

/// Sets that are reused from metric to metric.
#[derive(Default)]
struct Scratch {
    set: DistinctSet,
    /// Series by code; all zero between two uses.
    series: Vec<u64>,
    /// Codes of a column that is short beside its dictionary.
    codes: Vec<u32>,
    used: Vec<Used>,
    /// Rows whose labels were not seen before.
    distinct: Vec<u32>,
}

/// A value of a label that some series of a metric have.
#[derive(Clone, Copy)]
struct Used {
    code: u32,
    series: u64,
}

fn metric(
    table: &Table,
    group: &MetricRows,
    options: CensusOptions,
    scratch: &mut Scratch,
) -> MetricCensus {
    let hashes = table.row_hashes(group);
    scratch.set.find_first(&hashes, &mut scratch.distinct);
    let series = scratch.distinct.len() as u64;
    let mut labels: Vec<LabelCensus> = group
        .columns
        .iter()
        .map(|column| label(table, column, &hashes, options, scratch))
        .filter(|label| label.series > 0)
        .collect();
    labels.sort_by(|a, b| (a.without, b.values, &a.name).cmp(&(b.without, a.values, &b.name)));
    let name = table.metric_name(group).to_owned();
    let name_bytes = (METRIC_NAME.len() + name.len()) as u64 + LENGTH_BYTES;
    MetricCensus {
        kind: table.metric_type(&name),
        layer: layer_of(&name),
        series,
        samples: group.rows as u64,
        duplicates: Some(duplicates(group, &hashes, scratch)),
        label_pairs: series + labels.iter().map(|label| label.series).sum::<u64>(),
        label_bytes: series * name_bytes + labels.iter().map(|label| label.bytes).sum::<u64>(),
        exposed_bytes: group.exposed_bytes,
        labels,
        name,
        errors: Errors::default(),
    }
}

/// Rows that repeat another one of their scrape.
fn duplicates(group: &MetricRows, hashes: &[u64], scratch: &mut Scratch) -> u64 {
    if scratch.distinct.len() == group.rows {
        return 0;
    }
    let repeated = |range: std::ops::Range<usize>| {
        range.len() - scratch.set.count(hashes[range].iter().copied())
    };
    group.run_ranges().map(|(_, range)| range).map(repeated).sum::<usize>() as u64
}

fn label(
    table: &Table,
    column: &Column,
    hashes: &[u64],
    options: CensusOptions,
    scratch: &mut Scratch,
) -> LabelCensus {
    let values = table.values(column.name);
    let name = table.name(column.name);
    let pair_bytes = name.len() as u64 + LENGTH_BYTES;
    scratch.find_used(column, values.len());
    let used = &scratch.used;
    let series: u64 = used.iter().map(|used| used.series).sum();
    let bytes = |used: &Used| used.series * (pair_bytes + values.value_bytes(used.code) as u64);
    let bytes = used.iter().map(bytes).sum();
    let count = used.len() as u64;
    let all = scratch.distinct.len() as u64;
    let is_constant = count == 1 && series == all;
    let shapes = if options.summary {
        Vec::new()
    } else {
        shapes(looked_at(used, values).into_iter().map(|code| values.value(code)))
    };
    let without = (!options.summary).then(|| {
        if is_constant || count == 0 {
            return all;
        }
        let rows = scratch.distinct.iter().map(|&row| row as usize);
        let rest = rows.map(|row| hashes[row].wrapping_sub(values.hash(column.codes[row])));
        scratch.set.count(rest) as u64
    });
    let errors = Errors::default();
    LabelCensus { name: name.to_owned(), values: count, series, bytes, without, shapes, errors }
}

/// The codes of the values whose shapes are looked at: of very many those with the lowest hashes,
/// in whatever order they came.
fn looked_at(used: &[Used], values: &Dictionary) -> Vec<u32> {
    let mut codes: Vec<u32> = used.iter().map(|used| used.code).collect();
    if codes.len() > LOOKED_AT {
        codes.select_nth_unstable_by_key(LOOKED_AT, |&code| values.hash(code));
        codes.truncate(LOOKED_AT);
    }
    codes
}

impl Scratch {
    /// Counts the distinct rows by their code in a column; codes in ascending order, 0 left out.
    fn find_used(&mut self, column: &Column, codes: usize) {
        self.used.clear();
        let rows = self.distinct.iter().map(|&row| column.codes[row as usize]);
        // A few rows are sorted rather than looked up in a large dictionary.
        if rows.len() < codes / 16 {
            self.codes.clear();
            self.codes.extend(rows.filter(|&code| code != 0));
            self.codes.sort_unstable();
            let same = self.codes.chunk_by(|a, b| a == b);
            self.used.extend(same.map(|same| Used { code: same[0], series: same.len() as u64 }));
            return;
        }
        self.series.resize(self.series.len().max(codes), 0);
        for code in rows {
            self.series[code as usize] += 1;
        }
        self.series[0] = 0;
        for (code, series) in self.series[..codes].iter_mut().enumerate() {
            if *series > 0 {
                self.used.push(Used { code: code as u32, series: std::mem::take(series) });
            }
        }
    }
}

/// Distinct pairs over the whole table.
struct Unique {
    pairs: u64,
    bytes: u64,
}

fn series_by_label(metrics: &[MetricCensus]) -> BTreeMap<String, u64> {
    let mut series = BTreeMap::new();
    for metric in metrics {
        *series.entry(METRIC_NAME.to_owned()).or_default() += metric.series;
        for label in &metric.labels {
            *series.entry(label.name.clone()).or_default() += label.series;
        }
    }
    series
}

fn label_totals(table: &Table, series: &BTreeMap<String, u64>) -> (Vec<LabelTotal>, Unique) {
    let names: Vec<NameId> = table.name_ids().collect();
    let mut seen: Vec<Vec<bool>> =
        names.iter().map(|&name| vec![false; table.values(name).len()]).collect();
    for group in table.metrics.iter().filter(|group| group.rows > 0) {
        seen[0][group.metric as usize] = true;
        for column in &group.columns {
            let seen = &mut seen[column.name.0 as usize];
            for &code in &column.codes {
                seen[code as usize] = true;
            }
        }
    }
    let mut unique = Unique { pairs: 0, bytes: 0 };
    let mut labels: Vec<LabelTotal> = Vec::new();
    for (&name, seen) in names.iter().zip(&seen) {
        let values = table.values(name);
        let used: Vec<u32> = (1..values.len() as u32).filter(|&code| seen[code as usize]).collect();
        let name_bytes = table.name(name).len();
        unique.pairs += used.len() as u64;
        unique.bytes +=
            used.iter().map(|&code| (name_bytes + values.value(code).len()) as u64).sum::<u64>();
        if !used.is_empty() {
            labels.push(LabelTotal {
                name: table.name(name).to_owned(),
                values: used.len() as u64,
                series: series.get(table.name(name)).copied().unwrap_or(0),
                errors: Errors::default(),
            });
        }
    }
    labels.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.name.cmp(&b.name)));
    (labels, unique)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::TableBuilder;
    use crate::watch::Unwatched;
    use proptest::prelude::*;

    type Row = (String, BTreeMap<String, String>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let labels = proptest::collection::btree_map("[a-d]", "[x-z]{1,2}", 0..4);
        proptest::collection::vec(("m[12]", labels), 0..40)
    }

    fn count(rows: &[Row]) -> Census {
        let mut builder = TableBuilder::default();
        for (metric, labels) in rows {
            let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            builder.row(metric, &pairs, 0);
        }
        Census::of(&builder.finish(), CensusOptions::default(), &Unwatched)
    }

    fn without(rows: &[Row], metric: &str, label: &str) -> usize {
        let rest = rows.iter().filter(|(name, _)| name == metric).map(|(_, labels)| {
            let mut labels = labels.clone();
            labels.remove(label);
            labels
        });
        rest.collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn shapes_of_many_values_do_not_depend_on_their_order() {
        let value = |at: usize| if at % 3 == 0 { at.to_string() } else { format!("10.0.0.{at}") };
        let row = |at| ("m".to_owned(), BTreeMap::from([("l".to_owned(), value(at))]));
        let rows: Vec<Row> = (0..3 * LOOKED_AT).map(row).collect();
        let census = count(&rows);
        let reversed: Vec<Row> = rows.into_iter().rev().collect();
        assert_eq!(count(&reversed), census);
        assert_eq!(census.metrics[0].labels[0].values as usize, 3 * LOOKED_AT);
        assert!(!census.metrics[0].labels[0].shapes.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn counts_like_a_naive_counter(rows in rows()) {
            let census = count(&rows);
            let distinct: BTreeSet<&Row> = rows.iter().collect();
            prop_assert_eq!(census.series, distinct.len() as u64);
            prop_assert_eq!(census.samples, rows.len() as u64);
            let pairs: usize = distinct.iter().map(|(_, labels)| labels.len() + 1).sum();
            prop_assert_eq!(census.label_pairs, pairs as u64);
            let unique: BTreeSet<(&str, &str)> = distinct
                .iter()
                .flat_map(|(name, labels)| {
                    let labels = labels.iter().map(|(n, v)| (n.as_str(), v.as_str()));
                    labels.chain([(METRIC_NAME, name.as_str())])
                })
                .collect();
            prop_assert_eq!(census.unique_pairs, unique.len() as u64);
            let bytes: usize = unique.iter().map(|(name, value)| name.len() + value.len()).sum();
            prop_assert_eq!(census.unique_pair_bytes, bytes as u64);
            for metric in &census.metrics {
                for label in &metric.labels {
                    let values: BTreeSet<&String> = distinct
                        .iter()
                        .filter(|(name, _)| *name == metric.name)
                        .filter_map(|(_, labels)| labels.get(&label.name))
                        .collect();
                    prop_assert_eq!(label.values, values.len() as u64);
                    let wanted = without(&rows, &metric.name, &label.name) as u64;
                    prop_assert_eq!(label.without, Some(wanted));
                }
            }
        }
    }
}
