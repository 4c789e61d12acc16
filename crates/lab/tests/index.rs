//! The reader of indexes against a naive counter on generated ones, and against damaged ones.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::ingest::index::{Index, Meta, PairCount, Summary, Tombstones, Version, Want};
use promsieve_core::series::{METRIC_NAME, Stage, Table};
use promsieve_core::sketch::mix;
use promsieve_core::watch::Unwatched;
use promsieve_lab::block::{Series, index_of};
use proptest::prelude::*;

const SPAN: (i64, i64) = (1_000, 9_000);

type Labels = BTreeMap<String, String>;

fn series() -> impl Strategy<Value = Vec<Series>> {
    let labels = proptest::collection::btree_map("[A-Zaeé_]", "[xyzé]{1,2}|__name__|a", 0..5);
    let chunks = proptest::collection::vec((0..20i64, 0..300i64), 0..4).prop_map(|steps| {
        let mut at = SPAN.0;
        let chunk = |(wait, length)| {
            let start = at + wait;
            at = start + length + 1;
            (start, start + length)
        };
        steps.into_iter().map(chunk).collect::<Vec<_>>()
    });
    let one = ("m[12]|é", labels, chunks).prop_map(|(metric, mut labels, chunks)| {
        labels.insert(METRIC_NAME.to_owned(), metric);
        Series { labels, chunks }
    });
    proptest::collection::vec(one, 0..60).prop_map(|mut all| {
        let mut seen = BTreeSet::new();
        all.retain(|one| seen.insert(one.labels.clone()));
        all
    })
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::V1), Just(Version::V2)]
}

fn write(version: Version, series: &[Series]) -> Vec<u8> {
    let mut bytes = Vec::new();
    index_of(version, series, &mut bytes).unwrap();
    bytes
}

fn meta() -> Meta {
    Meta { min_time: SPAN.0, max_time: SPAN.1, ..Meta::default() }
}

fn rows(table: &Table) -> Vec<Labels> {
    let mut rows = Vec::new();
    for group in &table.metrics {
        for row in 0..group.rows {
            let labels = table.row_labels(group, row).into_iter();
            rows.push(labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
        }
    }
    rows.sort();
    rows
}

/// Counts by name and value, highest first.
fn sorted<K: Ord>(counts: BTreeMap<K, u64>) -> Vec<(K, u64)> {
    let mut list: Vec<(K, u64)> = counts.into_iter().collect();
    list.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    list
}

fn pairs(series: &[Series]) -> impl Iterator<Item = (&str, &str)> {
    series.iter().flat_map(|one| one.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())))
}

fn check_summary(summary: &Summary, series: &[Series]) -> Result<(), TestCaseError> {
    prop_assert_eq!(summary.series, series.len() as u64);
    let mut counts = BTreeMap::<(&str, &str), u64>::new();
    pairs(series).for_each(|pair| *counts.entry(pair).or_default() += 1);
    let bytes = |(name, value): &(&str, &str)| (name.len() + value.len()) as u64;
    prop_assert_eq!(summary.unique_pairs, counts.len() as u64);
    prop_assert_eq!(summary.unique_pair_bytes, counts.keys().map(bytes).sum::<u64>());
    prop_assert_eq!(summary.label_pairs, counts.values().sum::<u64>());
    let all: u64 = counts.iter().map(|(pair, count)| (bytes(pair) + 2) * count).sum();
    prop_assert_eq!(summary.label_bytes, all);
    for label in &summary.labels {
        let own = counts.iter().filter(|((name, _), _)| *name == label.name);
        let (values, series): (Vec<usize>, Vec<u64>) =
            own.map(|((_, value), count)| (value.len(), *count)).unzip();
        prop_assert_eq!(label.values, values.len() as u64);
        prop_assert_eq!(label.value_bytes, values.iter().sum::<usize>() as u64);
        prop_assert_eq!(label.series, series.iter().sum::<u64>());
    }
    let names: BTreeSet<&str> = counts.keys().map(|(name, _)| *name).collect();
    prop_assert_eq!(summary.labels.len(), names.len());
    let metrics = counts.iter().filter(|((name, _), _)| *name == METRIC_NAME);
    let metrics =
        sorted(metrics.map(|((_, value), count)| ((*value).to_owned(), *count)).collect());
    prop_assert_eq!(&summary.metrics, &metrics);
    let wanted: Vec<PairCount> = sorted(counts).into_iter().map(pair_count).collect();
    prop_assert_eq!(&summary.pairs, &wanted);
    Ok(())
}

fn pair_count(((name, value), count): ((&str, &str), u64)) -> PairCount {
    PairCount { name: name.to_owned(), value: value.to_owned(), count }
}

/// What promtool's analysis adds up, series by series.
fn churn(series: &[Series]) -> Vec<PairCount> {
    let mut uncovered = BTreeMap::<(&str, &str), u64>::new();
    for one in series {
        let covered = one.chunks.last().map_or(0, |last| last.1 - one.chunks[0].0);
        for (name, value) in &one.labels {
            *uncovered.entry((name, value)).or_default() +=
                (SPAN.1 - SPAN.0 - covered).cast_unsigned();
        }
    }
    // Division rounds down, as promtool's conversion of a float does.
    let share = |(pair, sum)| (pair, sum / (SPAN.1 - SPAN.0).cast_unsigned());
    sorted(uncovered.into_iter().map(share).collect()).into_iter().map(pair_count).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn counts_like_a_naive_counter(version in version(), series in series()) {
        let bytes = write(version, &series);
        let index = Index::open(&bytes).unwrap();
        prop_assert_eq!(index.version(), version);
        let (summary, problems) = index.summary(0).unwrap();
        prop_assert!(problems.is_empty(), "{:?}", problems);
        check_summary(&summary, &series)?;
        let read = index.series(Want::Rows, &meta(), &Tombstones::default(), &Unwatched).unwrap();
        prop_assert!(read.problems.is_empty() && read.bad == 0, "{:?}", read.problems);
        prop_assert_eq!(read.series, series.len() as u64);
        prop_assert_eq!(read.chunks, series.iter().map(|one| one.chunks.len() as u64).sum::<u64>());
        check_summary(&read.summary(0), &series)?;
        prop_assert_eq!(read.churn(0).pairs, churn(&series));
        let table = read.table();
        prop_assert_eq!(table.stage, Stage::Stored);
        let mut wanted: Vec<Labels> = series.iter().map(|one| one.labels.clone()).collect();
        wanted.sort();
        prop_assert_eq!(rows(&table), wanted);
    }

    #[test]
    fn whatever_is_damaged_the_rest_is_counted(
        series in series(),
        version in version(),
        seed in any::<u64>(),
    ) {
        let bytes = write(version, &series);
        for round in 0..8 {
            target(&mutated(&bytes, mix(seed ^ round)));
        }
    }

    #[test]
    fn a_flipped_bit_in_a_series_costs_that_series(version in version(), series in series(), at in any::<u64>()) {
        prop_assume!(!series.is_empty());
        let mut bytes = write(version, &series);
        let (from, to) = series_section(&bytes);
        let at = from + at as usize % (to - from);
        bytes[at] ^= 0x10;
        let index = Index::open(&bytes).unwrap();
        let read = index.series(Want::Rows, &meta(), &Tombstones::default(), &Unwatched).unwrap();
        // The bit may lie in the padding between two series.
        prop_assert!(read.bad <= 1);
        prop_assert_eq!(read.series + read.bad, series.len() as u64);
        prop_assert_eq!(read.table().rows() as u64, series.len() as u64 - u64::from(!read_all(&bytes)));
    }
}

fn read_all(bytes: &[u8]) -> bool {
    let index = Index::open(&bytes).unwrap();
    let read = index.series(Want::Totals, &meta(), &Tombstones::default(), &Unwatched).unwrap();
    read.bad == 0
}

/// The series section, as the table of contents has it.
fn series_section(bytes: &[u8]) -> (usize, usize) {
    let toc = &bytes[bytes.len() - 52..];
    let number = |at: usize| u64::from_be_bytes(toc[at..at + 8].try_into().unwrap()) as usize;
    (number(8), number(16))
}

/// Every depth of reading, of any bytes.
fn target(data: &[u8]) {
    let Ok(index) = Index::open(&data) else { return };
    let summary = index.summary(5);
    if let Ok((summary, problems)) = &summary {
        assert!(summary.pairs.len() <= 5 && problems.len() <= 8);
    }
    let tombstones = Tombstones::parse(data).unwrap_or_default();
    let Ok(read) = index.series(Want::Rows, &meta(), &tombstones, &Unwatched) else { return };
    assert!(read.problems.len() <= 9 && read.chunks <= data.len() as u64);
    let (series, summary) = (read.series, read.summary(5));
    assert_eq!(summary.series, series);
    let _ = read.churn(5);
    assert_eq!(read.table().rows() as u64, series);
}

/// A few bytes changed, cut off, repeated or added; then mostly with checksums that hold again, so
/// that what is behind them is reached.
fn mutated(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut random = |below: usize| {
        state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
        (state % below.max(1) as u64) as usize
    };
    let mut bytes = bytes.to_vec();
    for _ in 0..=random(4) {
        let at = random(bytes.len());
        match random(6) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes.insert(at, random(256) as u8),
            2 => drop(bytes.remove(at)),
            3 => bytes[at] = [0, 0xff, 0x7f, 0x80][random(4)],
            _ => bytes[at] ^= 1 << random(8),
        }
        if bytes.len() < 60 {
            return bytes;
        }
    }
    if random(4) > 0 {
        mend(&mut bytes);
    }
    bytes
}

/// Makes the checksums of the table of contents, its sections and the series hold again, as far as
/// they can be found.
fn mend(bytes: &mut [u8]) {
    let end = bytes.len() - 52;
    let sum = crc32c::crc32c(&bytes[end..end + 48]);
    bytes[end + 48..].copy_from_slice(&sum.to_be_bytes());
    for slot in [0, 5] {
        let at = end + slot * 8;
        let start = u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let Some(length) = bytes.get(start..start.saturating_add(4)) else { continue };
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        fix(bytes, start + 4, length);
    }
    let (mut at, to) = series_section(bytes);
    while at < to.min(end) {
        let length = bytes[at] as usize;
        if length == 0 || length >= 0x80 {
            at += 1;
            continue;
        }
        fix(bytes, at + 1, length);
        at += length + 5;
    }
}

fn fix(bytes: &mut [u8], start: usize, length: usize) {
    let Some(content) = bytes.get(start..start + length) else { return };
    let sum = crc32c::crc32c(content).to_be_bytes();
    if let Some(place) = bytes.get_mut(start + length..start + length + 4) {
        place.copy_from_slice(&sum);
    }
}

/// An index of some megabytes is read in several pieces, which make a table each where that is asked.
#[test]
fn tables_of_pieces_hold_what_one_table_does() {
    let one = |at: usize| {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let labels = [
            pair(METRIC_NAME, format!("m{}", at % 3)),
            pair("a", at.to_string()),
            pair(["b", "c"][at % 2], format!("v{}", at % 500)),
        ];
        Series {
            labels: labels.into(),
            chunks: (0..120).map(|at| (at * 60, at * 60 + 1)).collect(),
        }
    };
    let series: Vec<Series> = (0..20_000).map(one).collect();
    let bytes = write(Version::V2, &series);
    let index = Index::open(&bytes).unwrap();
    let read = || index.series(Want::Rows, &meta(), &Tombstones::default(), &Unwatched).unwrap();
    let mut tables = read().tables(1);
    let mut all = tables.next().unwrap();
    let first = all.rows();
    tables.for_each(|more| all.append(&more));
    assert!(0 < first && first < series.len(), "{first} of {} in one table", series.len());
    let mut wanted: Vec<Labels> = series.iter().map(|one| one.labels.clone()).collect();
    wanted.sort();
    assert_eq!(rows(&all), wanted);
    assert_eq!(rows(&read().table()), wanted);
}
