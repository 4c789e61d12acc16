//! The counting itself: one pass of hashes a metric, one subtraction a row and label.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::label::{self, Counted, Rows};
use super::{Census, CensusOptions, Errors, LENGTH_BYTES, LabelTotal, MetricCensus};
use crate::packs::layer_of;
use crate::series::{METRIC_NAME, MetricRows, NameId, Table};
use crate::watch::Watch;

/// Labels of a metric with so many rows are counted several at a time.
const MANY: usize = 1 << 14;

pub(super) fn census(table: &Table, options: CensusOptions, watch: &dyn Watch) -> Census {
    let done = AtomicU64::new(0);
    let seen = Seen::nothing(table);
    let total = table.rows() as u64;
    let mut metrics: Vec<MetricCensus> = table
        .metrics
        .par_iter()
        .filter(|group| group.rows > 0 && !watch.cancelled())
        .map_init(Scratch::default, |scratch, group| {
            let census = metric(table, group, options, &seen, scratch);
            let before = done.fetch_add(group.rows as u64, Ordering::Relaxed);
            watch.progress(before + group.rows as u64, total);
            census
        })
        .collect();
    metrics.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    let (labels, unique) = seen.totals(table, &series_by_label(&metrics));
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

/// Room that is used again from metric to metric.
#[derive(Default)]
struct Scratch {
    label: label::Scratch,
    /// Rows whose labels were not seen before.
    distinct: Vec<u32>,
}

fn metric(
    table: &Table,
    group: &MetricRows,
    options: CensusOptions,
    seen: &Seen,
    scratch: &mut Scratch,
) -> MetricCensus {
    let hashes = table.row_hashes(group);
    scratch.label.set.find_first(&hashes, &mut scratch.distinct);
    let rows = Rows { table, hashes: &hashes, distinct: &scratch.distinct };
    let series = rows.distinct.len() as u64;
    let room = &mut scratch.label;
    let mut counted =
        each(&group.columns, group.rows, room, |room, column| rows.count(room, column));
    for Counted { column, used, .. } in &counted {
        seen.add(column.name, used.iter().map(|used| used.code));
    }
    seen.add(NameId::METRIC, std::iter::once(group.metric));
    if !options.summary {
        rows.find_determined(room, &mut counted);
    }
    let label = |room: &mut _, label: &_| rows.label(room, label, options);
    let mut labels = each(&counted, group.rows, room, label);
    labels.retain(|label| label.series > 0);
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

/// Looks at each label of a metric in order, at several at once where there are many rows.
fn each<'a, L: Sync, T: Send>(
    labels: &'a [L],
    rows: usize,
    room: &mut label::Scratch,
    look: impl Fn(&mut label::Scratch, &'a L) -> T + Sync + Send,
) -> Vec<T> {
    if rows < MANY {
        return labels.iter().map(|label| look(room, label)).collect();
    }
    labels.par_iter().map_init(label::Scratch::default, look).collect()
}

/// Rows that repeat another one of their scrape.
fn duplicates(group: &MetricRows, hashes: &[u64], scratch: &mut Scratch) -> u64 {
    if scratch.distinct.len() == group.rows {
        return 0;
    }
    let repeated = |range: std::ops::Range<usize>| {
        range.len() - scratch.label.set.count(hashes[range].iter().copied())
    };
    group.run_ranges().map(|(_, range)| range).map(repeated).sum::<usize>() as u64
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

/// Which values of each label some series has.
struct Seen(Vec<Vec<AtomicBool>>);

impl Seen {
    fn nothing(table: &Table) -> Self {
        let none =
            |name| std::iter::repeat_with(AtomicBool::default).take(table.values(name).len());
        Self(table.name_ids().map(|name| none(name).collect()).collect())
    }

    fn add(&self, name: NameId, codes: impl Iterator<Item = u32>) {
        let seen = &self.0[name.0 as usize];
        codes.for_each(|code| seen[code as usize].store(true, Ordering::Relaxed));
    }

    /// By label, and all together.
    fn totals(self, table: &Table, series: &BTreeMap<String, u64>) -> (Vec<LabelTotal>, Unique) {
        let mut unique = Unique { pairs: 0, bytes: 0 };
        let mut labels: Vec<LabelTotal> = Vec::new();
        for (name, seen) in table.name_ids().zip(self.0) {
            let values = table.values(name);
            let used = (1..values.len() as u32).zip(seen.into_iter().skip(1));
            let used = used.filter_map(|(code, seen)| seen.into_inner().then_some(code));
            let used: Vec<u32> = used.collect();
            let name_bytes = table.name(name).len();
            unique.pairs += used.len() as u64;
            unique.bytes += used
                .iter()
                .map(|&code| (name_bytes + values.value(code).len()) as u64)
                .sum::<u64>();
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::TableBuilder;
    use crate::sketch::mix;
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

    /// Rows of a metric with enough of them that its labels are counted side by side, and hashes in
    /// parts; `b` follows from `a` unless it is broken.
    fn many(seed: u64, values: u64, broken: bool) -> Vec<Row> {
        let row = |at: u64| {
            let random = mix(seed ^ at);
            let a = random % values;
            let b = if broken && at == values { values } else { a % 7 };
            let labels = [("a", a), ("b", b), ("c", random >> 40 & 3), ("d", random >> 50 & 7)];
            let text = |(name, value): (&str, u64)| (name.to_owned(), format!("v{value}"));
            ("m1".to_owned(), labels.into_iter().map(text).collect())
        };
        (0..MANY as u64).map(row).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4, ..<_>::default() })]
        #[test]
        fn many_rows_are_counted_like_few(
            seed in any::<u64>(), values in 50u64..2000, broken in any::<bool>(),
        ) {
            let rows = many(seed, values, broken);
            let census = count(&rows);
            for label in &census.metrics[0].labels {
                let wanted = without(&rows, "m1", &label.name) as u64;
                prop_assert_eq!(label.without, Some(wanted), "{}", label.name);
            }
        }
    }

    #[test]
    fn shapes_of_many_values_do_not_depend_on_their_order() {
        let value =
            |at: usize| if at.is_multiple_of(3) { at.to_string() } else { format!("10.0.0.{at}") };
        let row = |at| ("m".to_owned(), BTreeMap::from([("l".to_owned(), value(at))]));
        let rows: Vec<Row> = (0..12_000).map(row).collect();
        let census = count(&rows);
        let reversed: Vec<Row> = rows.into_iter().rev().collect();
        assert_eq!(count(&reversed), census);
        assert_eq!(census.metrics[0].labels[0].values, 12_000);
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
