//! What follows from totals and top lists alone: bounds that hold for every set of series that a
//! server could have told so of.

use std::ops::RangeInclusive;

use crate::ingest::status::{Entry, TsdbStatus};
use crate::series::METRIC_NAME;

/// Bounds on what a status does not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Series in all.
    pub series: u64,
    /// Series of the metrics that are listed.
    pub listed_series: u64,
    /// How many metrics there are.
    pub metrics: RangeInclusive<u64>,
    /// The most series that a metric can have that is not listed; 0 where all are.
    pub largest_unlisted_metric: u64,
    /// How many label names there are, `__name__` included; `None` where the total of label pairs
    /// is not told.
    pub label_names: Option<RangeInclusive<u64>>,
    /// The most values that a label can have that is not listed; 0 where all are.
    pub largest_unlisted_label: u64,
    /// The labels that are listed: what a removal of each can save at the most, most first.
    pub labels: Vec<LabelBounds>,
}

/// What follows for one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelBounds {
    /// The label's name.
    pub name: String,
    /// Its distinct values.
    pub values: u64,
    /// How many distinct series may be left without it: as many as there are, if it is redundant;
    /// the fewest, if series that differ by it differ by nothing else.
    pub without: RangeInclusive<u64>,
}

impl LabelBounds {
    /// The most series that a removal of the label can save.
    pub fn saves_at_most(&self) -> u64 {
        self.without.end() - self.without.start()
    }
}

impl Totals {
    /// What follows from a status. Lists that were cut off are taken for the largest entries.
    pub fn of(status: &TsdbStatus) -> Self {
        let series = status.head_stats.num_series;
        let listed = &status.series_count_by_metric_name;
        let names = &status.label_value_count_by_label_name;
        let listed_series = sum(listed).min(series);
        let metrics_told = names.iter().find(|label| label.name == METRIC_NAME);
        let rest = Rest::of(listed, series);
        let metrics = match metrics_told {
            Some(told) => told.value..=told.value,
            None => rest.entries(listed),
        };
        let pairs = status.head_stats.num_label_pairs;
        let label_rest = Rest::of(names, pairs);
        let mut labels: Vec<LabelBounds> = names
            .iter()
            .filter(|label| label.name != METRIC_NAME)
            .map(|label| bounds(label, series, status))
            .collect();
        labels.sort_by(|a, b| {
            b.saves_at_most().cmp(&a.saves_at_most()).then_with(|| a.name.cmp(&b.name))
        });
        Self {
            series,
            listed_series,
            largest_unlisted_metric: rest.largest(*metrics.start(), listed),
            metrics,
            label_names: (pairs > 0).then(|| label_rest.entries(names)),
            largest_unlisted_label: if pairs > 0 {
                label_rest.largest(0, names)
            } else {
                names.last().map_or(0, |last| last.value)
            },
            labels,
        }
    }

    /// The share of the series whose metrics are listed, from 0 to 1.
    pub fn known_share(&self) -> f64 {
        if self.series == 0 { 1.0 } else { self.listed_series as f64 / self.series as f64 }
    }
}

/// What a list leaves out of a total.
struct Rest {
    /// What the entries that are left out sum up to.
    sum: u64,
    /// The most that one of them has: no more than the last that is listed.
    most: u64,
}

impl Rest {
    fn of(list: &[Entry], total: u64) -> Self {
        let rest = total.saturating_sub(sum(list));
        let most = list.iter().map(|entry| entry.value).min().unwrap_or(rest).min(rest);
        Self { sum: rest, most }
    }

    /// How many entries there are in all.
    fn entries(&self, list: &[Entry]) -> RangeInclusive<u64> {
        let listed = list.len() as u64;
        let fewest = if self.most == 0 { 0 } else { self.sum.div_ceil(self.most) };
        listed + fewest..=listed.saturating_add(self.sum)
    }

    /// The most that one that is left out can have, if there are at least `entries` in all: each
    /// of the others has one.
    fn largest(&self, entries: u64, list: &[Entry]) -> u64 {
        let others = entries.saturating_sub(list.len() as u64 + 1);
        self.most.min(self.sum.saturating_sub(others))
    }
}

fn sum(list: &[Entry]) -> u64 {
    list.iter().fold(0, |sum, entry| sum.saturating_add(entry.value))
}

/// Series with the same value of a label stay apart without it; of those that merge into one, each
/// has another value, or one of them none.
fn bounds(label: &Entry, series: u64, status: &TsdbStatus) -> LabelBounds {
    let pairs = status.series_count_by_label_value_pair.iter();
    let of_label = pairs.filter_map(|pair| {
        let value = pair.name.strip_prefix(&label.name)?.strip_prefix('=')?;
        // `a=b=c` may as well be the value `c` of a label `a=b`.
        (!value.contains('=')).then_some(pair.value)
    });
    let largest_value = of_label.max().unwrap_or(0);
    let with = status.series_count_by_label_name.iter().find(|it| it.name == label.name);
    let without_label = with.map_or(0, |with| series.saturating_sub(with.value));
    let by_values = series.div_ceil(label.value.saturating_add(1));
    let fewest = by_values.max(largest_value).max(without_label).min(series);
    LabelBounds { name: label.name.clone(), values: label.value, without: fewest..=series }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use proptest::prelude::*;

    type Series = BTreeMap<String, String>;

    fn tables() -> impl Strategy<Value = BTreeSet<Series>> {
        let metric = prop_oneof![3 => Just("a".to_owned()), 1 => "[b-k]"];
        let labels = proptest::collection::btree_map("[p-u]|p=", "[1-9]", 0..4);
        let series = (metric, labels).prop_map(|(metric, mut labels)| {
            labels.insert(METRIC_NAME.to_owned(), metric);
            labels
        });
        proptest::collection::btree_set(series, 0..60)
    }

    fn top(counts: &BTreeMap<String, u64>, most: usize) -> Vec<Entry> {
        let mut list: Vec<Entry> =
            counts.iter().map(|(name, &value)| Entry { name: name.clone(), value }).collect();
        list.sort_by_key(|entry| std::cmp::Reverse(entry.value));
        list.truncate(most);
        list
    }

    /// The true counts: by metric, values by label, series by pair, series by label.
    fn counts(series: &BTreeSet<Series>) -> [BTreeMap<String, u64>; 4] {
        let mut counts: [BTreeMap<String, u64>; 4] = Default::default();
        let pairs: BTreeSet<_> = series.iter().flatten().collect();
        for (name, _) in pairs {
            *counts[1].entry(name.clone()).or_default() += 1;
        }
        for (name, value) in series.iter().flatten() {
            if name == METRIC_NAME {
                *counts[0].entry(value.clone()).or_default() += 1;
            }
            *counts[2].entry(format!("{name}={value}")).or_default() += 1;
            *counts[3].entry(name.clone()).or_default() += 1;
        }
        counts
    }

    fn status(series: &BTreeSet<Series>, most: usize, victoria: bool) -> TsdbStatus {
        let [metrics, values, pairs, labels] = counts(series);
        let mut status = TsdbStatus {
            series_count_by_metric_name: top(&metrics, most),
            label_value_count_by_label_name: top(&values, most),
            series_count_by_label_value_pair: top(&pairs, most),
            ..TsdbStatus::default()
        };
        status.head_stats.num_series = series.len() as u64;
        if victoria {
            status.series_count_by_label_name = top(&labels, most);
        } else {
            status.head_stats.num_label_pairs = values.values().sum();
        }
        status
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..<_>::default() })]
        #[test]
        fn the_true_numbers_lie_within_the_bounds(
            series in tables(), most in 1..8_usize, victoria: bool,
        ) {
            let status = status(&series, most, victoria);
            let [metrics, values, ..] = counts(&series);
            let totals = Totals::of(&status);
            prop_assert!(totals.metrics.contains(&(metrics.len() as u64)), "{:?}", totals);
            let listed = |list: &[Entry], name: &String| list.iter().any(|it| it.name == *name);
            for (name, value) in &metrics {
                if !listed(&status.series_count_by_metric_name, name) {
                    prop_assert!(*value <= totals.largest_unlisted_metric, "{name}: {:?}", totals);
                }
            }
            if let Some(names) = &totals.label_names {
                prop_assert!(names.contains(&(values.len() as u64)), "{:?}", totals);
            }
            for (name, value) in &values {
                if !listed(&status.label_value_count_by_label_name, name) {
                    prop_assert!(*value <= totals.largest_unlisted_label, "{name}: {:?}", totals);
                }
            }
            for label in &totals.labels {
                let without: BTreeSet<Series> = series
                    .iter()
                    .map(|series| {
                        let mut series = series.clone();
                        series.remove(&label.name);
                        series
                    })
                    .collect();
                prop_assert!(label.without.contains(&(without.len() as u64)), "{:?}", label);
            }
        }
    }

    #[test]
    fn bounds_are_met() {
        // Two series of `a` that differ by `p` alone: without it one is left, and no more follows.
        let pair = |value: &str| {
            let labels = [(METRIC_NAME, "a"), ("p", value)];
            labels.map(|(n, v)| (n.to_owned(), v.to_owned())).into_iter().collect::<Series>()
        };
        let series: BTreeSet<Series> = [pair("1"), pair("2")].into();
        let totals = Totals::of(&status(&series, 10, false));
        assert_eq!(totals.metrics, 1..=1);
        assert_eq!((totals.largest_unlisted_metric, totals.largest_unlisted_label), (0, 0));
        assert_eq!(totals.labels[0].without, 1..=2);
        assert!((totals.known_share() - 1.0).abs() < f64::EPSILON);
    }
}
