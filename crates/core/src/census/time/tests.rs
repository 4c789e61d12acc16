//! What snapshots say, compared with sets.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::ingest::exposition::{Format, Reader};
use crate::series::TableBuilder;
use crate::watch::Unwatched;

type Series = (String, BTreeMap<String, String>);
/// Series with their values.
type Snapshot = BTreeMap<Series, u8>;

fn snapshots() -> impl Strategy<Value = Vec<Snapshot>> {
    let labels = proptest::collection::btree_map("[a-c]", "[x-z]", 0..4);
    let snapshot = proptest::collection::btree_map(("m[12]", labels), 0..2u8, 0..12);
    proptest::collection::vec(snapshot, 1..5)
}

fn table(snapshot: &Snapshot) -> Table {
    let mut builder = TableBuilder::default();
    let mut reader = Reader::new(Format::Text);
    for ((metric, labels), value) in snapshot {
        let labels: Vec<String> = labels.iter().map(|(n, v)| format!("{n}=\"{v}\"")).collect();
        let line = format!("{metric}{{{}}} {value}\n", labels.join(","));
        reader.feed(line.as_bytes(), &mut builder);
    }
    reader.finish(&mut builder);
    builder.finish()
}

fn over_time(snapshots: &[Snapshot]) -> OverTime {
    let tables: Vec<Table> = snapshots.iter().map(table).collect();
    let tables: Vec<&Table> = tables.iter().collect();
    let times: Vec<f64> = (0..tables.len()).map(|at| at as f64).collect();
    let options = OverTimeOptions { ahead: None, pairs: usize::MAX };
    OverTime::of(&tables, &times, options, &Unwatched)
}

/// Series of `a` that `b` does not have.
fn only<'a>(a: &'a Snapshot, b: &Snapshot) -> Vec<&'a Series> {
    a.keys().filter(|series| !b.contains_key(*series)).collect()
}

fn values<'a>(series: impl Iterator<Item = &'a Series>, label: &str) -> BTreeSet<&'a String> {
    series.filter_map(|(_, labels)| labels.get(label)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_comes_and_goes_is_the_difference_of_sets(snapshots in snapshots()) {
        let told = over_time(&snapshots);
        for (at, moment) in told.moments.iter().enumerate() {
            prop_assert_eq!(moment.series, snapshots[at].len() as u64);
            let before = at.checked_sub(1).map_or(&snapshots[at], |before| &snapshots[before]);
            prop_assert_eq!(moment.came, only(&snapshots[at], before).len() as u64);
            prop_assert_eq!(moment.went, only(before, &snapshots[at]).len() as u64);
        }
        let seen: BTreeSet<&Series> = snapshots.iter().flat_map(BTreeMap::keys).collect();
        prop_assert_eq!(told.seen, seen.len() as u64);
        let values = |series: &&Series| -> Vec<u8> {
            snapshots.iter().filter_map(|snapshot| snapshot.get(*series).copied()).collect()
        };
        let several: Vec<Vec<u8>> =
            seen.iter().map(values).filter(|values| values.len() > 1).collect();
        prop_assert_eq!(told.compared, several.len() as u64);
        let unchanged = several.iter().filter(|values| values.iter().all(|v| *v == values[0]));
        prop_assert_eq!(told.unchanged, unchanged.count() as u64);
    }

    #[test]
    fn label_values_come_and_go_with_their_series(snapshots in snapshots()) {
        let told = over_time(&snapshots);
        let mut churn: BTreeMap<(&String, &String), (u64, u64)> = BTreeMap::new();
        for pair in snapshots.windows(2) {
            only(&pair[1], &pair[0]).into_iter().flat_map(|s| &s.1).for_each(|label| churn.entry(label).or_default().0 += 1);
            only(&pair[0], &pair[1]).into_iter().flat_map(|s| &s.1).for_each(|label| churn.entry(label).or_default().1 += 1);
        }
        let told_pairs: BTreeMap<_, _> =
            told.pairs.iter().map(|pair| ((&pair.label, &pair.value), (pair.came, pair.went))).collect();
        prop_assert_eq!(told_pairs, churn);
        for label in told.labels.iter().filter(|label| label.name != "__name__") {
            let of = |snapshot| values(BTreeMap::keys(snapshot), &label.name);
            let counts: Vec<u64> = snapshots.iter().map(|s| of(s).len() as u64).collect();
            prop_assert_eq!(&label.values, &counts);
            let new = snapshots.windows(2).map(|pair| of(&pair[1]).difference(&of(&pair[0])).count() as u64);
            prop_assert_eq!(label.new_values, new.sum::<u64>());
            let gone = snapshots.windows(2).map(|pair| of(&pair[0]).difference(&of(&pair[1])).count() as u64);
            prop_assert_eq!(label.gone_values, gone.sum::<u64>());
        }
    }

    #[test]
    fn drivers_explain_new_series_by_new_values(snapshots in snapshots()) {
        for metric in over_time(&snapshots).metrics {
            let of = |snapshot: &Snapshot| -> Snapshot {
                let own = snapshot.clone().into_iter().filter(|((name, _), _)| *name == metric.name);
                own.collect()
            };
            let own: Vec<Snapshot> = snapshots.iter().map(of).collect();
            for label in ["a", "b", "c"] {
                let (mut new_series, mut new_values) = (0, 0);
                for pair in own.windows(2).filter(|pair| !pair[0].is_empty()) {
                    let old = values(pair[0].keys(), label);
                    let came = only(&pair[1], &pair[0]);
                    let is_new = |value: &&String| !old.contains(value);
                    new_series += came.iter().filter_map(|s| s.1.get(label)).filter(is_new).count() as u64;
                    new_values += values(came.into_iter(), label).difference(&old).count() as u64;
                }
                let driver = metric.drivers.iter().find(|driver| driver.label == label);
                let told = driver.map_or((0, 0), |driver| (driver.new_series, driver.new_values));
                prop_assert_eq!(told, if new_series == 0 { (0, 0) } else { (new_series, new_values) });
            }
            let is_sorted = metric.drivers.is_sorted_by_key(|d| (std::cmp::Reverse(d.new_series), d.new_values));
            prop_assert!(is_sorted);
        }
    }
}

#[test]
fn a_new_version_explains_its_pods() {
    let series = |version: &str, pod: usize| -> (Series, u8) {
        let labels = [("version", version.to_owned()), ("pod", format!("{version}-{pod}"))];
        (("m".to_owned(), labels.map(|(n, v)| (n.to_owned(), v)).into()), 0)
    };
    let before: Snapshot = (0..3).map(|pod| series("v1", pod)).collect();
    let after: Snapshot = (0..3).map(|pod| series("v2", pod)).collect();
    let told = over_time(&[before, after]);
    let drivers = &told.metrics[0].drivers;
    let wanted = [("version", 3, 1), ("pod", 3, 3)];
    assert!(drivers.iter().map(|d| (d.label.as_str(), d.new_series, d.new_values)).eq(wanted));
    assert_eq!((told.labels[0].name.as_str(), told.labels[0].drives), ("version", 3));
}
