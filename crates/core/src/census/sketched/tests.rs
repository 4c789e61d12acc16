//! Sketched censuses against exact ones, and against themselves in another order.

use proptest::prelude::*;

use super::*;
use crate::census::{Census, CensusOptions};
use crate::series::TableBuilder;
use crate::watch::Unwatched;

type Row = (String, Vec<(String, String)>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let labels = proptest::collection::btree_map("[a-d]", "[x-z]{1,2}", 0..4);
    let labels = labels.prop_map(|map| map.into_iter().collect());
    proptest::collection::vec(("m[1-3]", labels), 0..30)
}

fn table(rows: &[Row]) -> Table {
    let mut builder = TableBuilder::default();
    for (metric, labels) in rows {
        let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        builder.row(metric, &pairs, 1);
    }
    let mut table = builder.finish();
    table.stage = Stage::Attached;
    table
}

/// So little room that metrics, labels and samples leave.
fn narrow() -> SketchedCensus {
    let mut census = SketchedCensus::new(Stage::Attached);
    census.metrics = Lowest::new(3000);
    census.labels = Lowest::new(600);
    census.rows = Lowest::new(1500);
    census.pair_bytes = Lowest::new(64);
    census
}

fn sketch(empty: &SketchedCensus, rows: &[Row]) -> SketchedCensus {
    let mut census = empty.clone();
    census.add(&table(rows));
    census
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn order_and_grouping_do_not_matter(rows in rows(), cuts in (0usize..30, 0usize..30), is_narrow in any::<bool>()) {
        let empty = if is_narrow { narrow() } else { SketchedCensus::new(Stage::Attached) };
        let whole = sketch(&empty, &rows);
        let reversed: Vec<Row> = rows.iter().rev().cloned().collect();
        prop_assert_eq!(&sketch(&empty, &reversed), &whole);
        let (from, to) = (cuts.0.min(cuts.1).min(rows.len()), cuts.0.max(cuts.1).min(rows.len()));
        let parts = [&rows[..from], &rows[from..to], &rows[to..]];
        for [a, b, c] in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            // Rows behind rows, (a + b) + c, a + (b + c).
            let mut added = sketch(&empty, parts[a]);
            added.add(&table(parts[b]));
            added.add(&table(parts[c]));
            prop_assert_eq!(&added, &whole);
            let mut left = sketch(&empty, parts[a]);
            left.merge(&sketch(&empty, parts[b]));
            left.merge(&sketch(&empty, parts[c]));
            prop_assert_eq!(&left, &whole);
            let mut behind = sketch(&empty, parts[b]);
            behind.merge(&sketch(&empty, parts[c]));
            let mut right = sketch(&empty, parts[a]);
            right.merge(&behind);
            prop_assert_eq!(&right, &whole);
        }
    }

    #[test]
    fn few_distinct_series_are_counted_as_exactly_as_can_be(rows in rows()) {
        let mut distinct = rows;
        distinct.sort();
        distinct.dedup();
        let table = table(&distinct);
        let mut exact = Census::of(&table, CensusOptions::default(), &Unwatched);
        exact.exact = false;
        // Which samples repeat a series of their scrape is not counted.
        exact.metrics.iter_mut().for_each(|metric| metric.duplicates = None);
        let mut sketched = SketchedCensus::new(Stage::Attached);
        sketched.add(&table);
        prop_assert_eq!(sketched.census(), exact);
    }
}

/// Every number of a large census lies within five of its own standard errors; over a hundred
/// numbers of fixed hashes, so this either holds or does not.
#[test]
fn many_series_are_counted_within_their_errors() {
    let mut builder = TableBuilder::default();
    for at in 0..60_000u32 {
        let (id, pod, code) = (at.to_string(), (at % 700).to_string(), (at % 5).to_string());
        let mut labels = vec![("code", &*code), ("pod", &pod)];
        if at % 3 == 0 {
            labels.push(("id", &id));
        }
        builder.row(["large", "small"][usize::from(at % 40 == 0)], &labels, 0);
    }
    let mut table = builder.finish();
    table.stage = Stage::Attached;
    let exact = Census::of(&table, CensusOptions::default(), &Unwatched);
    let mut sketch = SketchedCensus::new(Stage::Attached);
    sketch.add(&table);
    let sketched = sketch.census();
    let near = |estimate: u64, value: u64, error: f64| {
        let off = (estimate as f64 - value as f64).abs() / value as f64;
        assert!(off <= 5.0 * error, "{estimate} for {value}, error {error}");
    };
    near(sketched.series, exact.series, sketched.errors.series);
    near(sketched.unique_pairs, exact.unique_pairs, sketched.errors.values);
    assert!(sketched.errors.series > 0.0);
    for (sketched, exact) in sketched.metrics.iter().zip(&exact.metrics) {
        assert_eq!(sketched.name, exact.name);
        near(sketched.series, exact.series, sketched.errors.series);
        for label in &sketched.labels {
            let wanted = exact.labels.iter().find(|exact| exact.name == label.name).unwrap();
            near(label.values, wanted.values, label.errors.values);
            near(label.series, wanted.series, label.errors.series);
            near(label.without.unwrap(), wanted.without.unwrap(), label.errors.without);
        }
    }
    for label in &sketched.labels {
        let wanted = exact.labels.iter().find(|exact| exact.name == label.name).unwrap();
        near(label.values, wanted.values, label.errors.values);
        near(label.series, wanted.series, label.errors.series);
    }
}

/// As many metric and label names as an attacker likes.
#[test]
fn ever_new_names_do_not_fill_the_memory() {
    let mut census = SketchedCensus::new(Stage::Attached);
    census.metrics = Lowest::new(1 << 20);
    census.labels = Lowest::new(1 << 18);
    for part in 0..20u32 {
        let mut builder = TableBuilder::default();
        for at in 0..1000 {
            let number = part * 1000 + at;
            let metric = if at % 4 == 0 { "large".to_owned() } else { format!("m{number}") };
            builder.row(&metric, &[(&format!("l{number}"), "x")], 0);
        }
        let mut table = builder.finish();
        table.stage = Stage::Attached;
        census.add(&table);
        assert!(census.metrics.cost() <= 1 << 20 && census.labels.cost() <= 1 << 18);
        assert!(census.metrics.iter().all(|(_, metric)| metric.labels.cost() <= 1 << 20));
    }
    let report = census.census();
    let others = report.others.unwrap();
    let listed: u64 = census.metrics.iter().map(|(_, metric)| metric.series.count().value).sum();
    let all = (others.series + listed) as f64;
    assert!((all / 20_000.0 - 1.0).abs() < 0.05, "{all}");
    assert!(others.metrics + census.metrics.len() as u64 > 14_000);
    // Tracked or not, the large one is listed.
    assert!(report.metrics.iter().any(|metric| metric.name == "large"));
}
