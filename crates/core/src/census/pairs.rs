//! The label values that most series have, and those that take most bytes, over all metrics.

use std::cmp::Reverse;

use super::LENGTH_BYTES;
use crate::series::{NameId, Table};
use crate::sketch::DistinctSet;

/// A label with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The label's name.
    pub label: String,
    /// Its value.
    pub value: String,
    /// Distinct series that have it.
    pub series: u64,
    /// Bytes of name and value and 2 more, summed over these series.
    pub bytes: u64,
}

/// The largest pairs of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairs {
    /// Those that most series have: most first, then by label and value.
    pub by_series: Vec<Pair>,
    /// Those that take most bytes: most first, then by label and value.
    pub by_bytes: Vec<Pair>,
}

/// The `most` largest pairs, those of `__name__` included.
pub fn pairs(table: &Table, most: usize) -> Pairs {
    let mut series: Vec<Vec<u64>> =
        table.name_ids().map(|name| vec![0; table.values(name).len()]).collect();
    let (mut set, mut rows) = (DistinctSet::default(), Vec::new());
    for group in table.metrics.iter().filter(|group| group.rows > 0) {
        set.find_first(&table.row_hashes(group), &mut rows);
        series[0][group.metric as usize] += rows.len() as u64;
        for column in &group.columns {
            let series = &mut series[column.name.0 as usize];
            for &row in &rows {
                series[column.codes[row as usize] as usize] += 1;
            }
        }
    }
    let counted = |name: NameId| {
        let codes = series[name.0 as usize].iter().enumerate().skip(1);
        codes
            .filter(|(_, series)| **series > 0)
            .map(move |(code, &series)| (name, code as u32, series))
    };
    let mut all: Vec<(NameId, u32, u64)> = table.name_ids().flat_map(counted).collect();
    let bytes = |&(name, code, series): &(NameId, u32, u64)| {
        let pair = table.name(name).len() + table.values(name).value_bytes(code);
        series * (pair as u64 + LENGTH_BYTES)
    };
    let text =
        |&(name, code, _): &(NameId, u32, u64)| (table.name(name), table.values(name).value(code));
    let mut largest = |weight: &dyn Fn(&(NameId, u32, u64)) -> u64| -> Vec<Pair> {
        let most = most.min(all.len());
        let key = |pair: &(NameId, u32, u64)| (Reverse(weight(pair)), text(pair));
        if most < all.len() {
            all.select_nth_unstable_by(most, |a, b| key(a).cmp(&key(b)));
        }
        all[..most].sort_by(|a, b| key(a).cmp(&key(b)));
        let pair = |pair: &(NameId, u32, u64)| {
            let (label, value) = text(pair);
            let (label, value) = (label.to_owned(), value.to_owned());
            Pair { label, value, series: pair.2, bytes: bytes(pair) }
        };
        all[..most].iter().map(pair).collect()
    };
    Pairs { by_series: largest(&|pair| pair.2), by_bytes: largest(&bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{METRIC_NAME, TableBuilder};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn pairs_are_those_of_a_naive_counter(
            rows in proptest::collection::vec(
                ("m[12]", proptest::collection::btree_map("[a-c]", "[x-z]{1,2}", 0..4)),
                0..30,
            ),
            most in 0..8usize,
        ) {
            let mut builder = TableBuilder::default();
            let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
            for (metric, labels) in &rows {
                let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                builder.row(metric, &pairs, 0);
            }
            for (metric, labels) in rows.iter().collect::<BTreeSet<_>>() {
                let own = (METRIC_NAME.to_owned(), metric.clone());
                for pair in labels.clone().into_iter().chain([own]) {
                    *counts.entry(pair).or_default() += 1;
                }
            }
            let mut wanted: Vec<Pair> = counts.into_iter().map(|((label, value), series)| {
                let bytes = series * (label.len() + value.len() + 2) as u64;
                Pair { label, value, series, bytes }
            }).collect();
            let got = pairs(&builder.finish(), most);
            wanted.sort_by_key(|pair| Reverse(pair.series));
            prop_assert_eq!(&got.by_series[..], &wanted[..most.min(wanted.len())]);
            wanted.sort_by(|a, b| {
                b.bytes.cmp(&a.bytes).then_with(|| (&a.label, &a.value).cmp(&(&b.label, &b.value)))
            });
            prop_assert_eq!(&got.by_bytes[..], &wanted[..most.min(wanted.len())]);
        }
    }
}
