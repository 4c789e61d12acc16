//! The log reader against a naive server over generated logs, over logs that end anywhere, and over
//! logs with flipped bytes.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::ingest::wal::{Part, Replay, ReplayOptions, Replayed};
use promsieve_lab::wal::{self, Labels, Packing, Segment};
use proptest::prelude::*;

const STALE: u64 = 0x7ff0_0000_0000_0002;
/// A label set that needs several pages.
const LONG: usize = 5;
/// How many label sets there are.
const SETS: usize = 16;
const MIN_VALID_TIME: i64 = 1_000;
const WINDOW: i64 = 300_000;

#[derive(Debug, Clone)]
enum Op {
    Series(Vec<(u64, usize)>),
    Samples(Vec<(u64, i64, f64)>),
    WithStartTimes(Vec<(u64, i64, f64)>),
    Histograms(Vec<(u64, i64, u64)>),
    Types(Vec<(u64, u8)>),
    Deleted(u64),
    Tombstone(u64),
    Unknown,
    NextSegment(Packing),
}

/// Label sets that share names, values and positions with others, and differ in how many they are.
fn labels(at: usize) -> Labels {
    let value = if at == LONG { "long".repeat(20_000) } else { "v".to_owned() };
    let unless = |bit: usize, name: &'static str| (at & bit == 0).then_some((name, "w".to_owned()));
    let metric = ("__name__", format!("m{}", at & 1));
    let named = (if at & 2 == 0 { "x" } else { "y" }, value);
    // Labels stand by name, capitals before the metric's.
    let all = [unless(4, "Zone"), Some(metric), Some(named), unless(8, "z")];
    all.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn packing() -> impl Strategy<Value = Packing> {
    prop_oneof![Just(Packing::Plain), Just(Packing::Snappy), Just(Packing::Zstd)]
}

fn op() -> impl Strategy<Value = Op> {
    let value = prop_oneof![Just(1.0), Just(2.0), Just(f64::NAN), Just(f64::from_bits(STALE))];
    let sample = (1..8_u64, 0..900_000_i64, value);
    let samples = proptest::collection::vec(sample, 0..6);
    let counted = proptest::collection::vec((1..8_u64, 0..900_000_i64, 1..3_u64), 0..4);
    prop_oneof![
        3 => proptest::collection::vec((1..8_u64, 0..SETS), 1..8).prop_map(Op::Series),
        4 => samples.clone().prop_map(Op::Samples),
        1 => samples.prop_map(Op::WithStartTimes),
        1 => counted.prop_map(Op::Histograms),
        1 => proptest::collection::vec((1..8_u64, 0..8_u8), 1..3).prop_map(Op::Types),
        1 => (1..8_u64).prop_map(Op::Deleted),
        1 => (1..8_u64).prop_map(Op::Tombstone),
        1 => Just(Op::Unknown),
        2 => packing().prop_map(Op::NextSegment),
    ]
}

fn record(op: &Op) -> Vec<u8> {
    match op {
        Op::Series(entries) => {
            let entries: Vec<(u64, Labels)> =
                entries.iter().map(|&(reference, at)| (reference, labels(at))).collect();
            wal::series(&entries)
        }
        Op::Samples(entries) => wal::samples(entries),
        Op::WithStartTimes(entries) => wal::samples_with_start_times(entries),
        Op::Histograms(entries) => wal::histograms(entries),
        Op::Types(entries) => wal::metadata(entries),
        Op::Deleted(reference) => wal::tombstones(&[(*reference, i64::MIN, i64::MAX)]),
        Op::Tombstone(reference) => wal::tombstones(&[(*reference, 0, 900_000)]),
        Op::Unknown => vec![200, 1, 2, 3],
        Op::NextSegment(_) => unreachable!("no record"),
    }
}

fn segments(ops: &[Op]) -> Vec<Vec<u8>> {
    let mut done = Vec::new();
    let mut segment = Segment::new(Packing::Snappy);
    for op in ops {
        if let Op::NextSegment(packing) = op {
            let full = std::mem::replace(&mut segment, Segment::new(*packing));
            done.push(full.padded());
        } else {
            segment.record(&record(op)).unwrap();
        }
    }
    done.push(segment.bytes());
    done
}

/// Reads segments in pieces; the first `of_checkpoint` are those of a checkpoint.
fn replay(segments: &[Vec<u8>], of_checkpoint: usize, piece: usize) -> Replayed {
    let options = ReplayOptions { min_valid_time: MIN_VALID_TIME, active_window: WINDOW };
    let mut replay = Replay::new(options);
    for (at, segment) in segments.iter().enumerate() {
        let part = if at < of_checkpoint { Part::Checkpoint } else { Part::Log };
        replay.start_segment(part, &format!("{at:08}"));
        for piece in segment.chunks(piece) {
            if !replay.feed(piece) {
                break;
            }
        }
        replay.end_segment();
    }
    replay.finish()
}

/// One series of the naive server.
#[derive(Debug, Default)]
struct Series {
    labels: usize,
    kept: bool,
    /// Times and values in the order they came; no value is a stale marker.
    samples: Vec<(i64, Option<String>)>,
}

/// What a server does, in the plainest way.
#[derive(Debug, Default)]
struct Naive {
    series: Vec<Series>,
    by_labels: BTreeMap<usize, usize>,
    by_reference: BTreeMap<u64, usize>,
}

impl Naive {
    fn apply(&mut self, op: &Op) {
        match op {
            Op::Series(entries) => {
                for &(reference, labels) in entries {
                    let next = self.series.len();
                    let at = *self.by_labels.entry(labels).or_insert(next);
                    if at == next {
                        self.series.push(Series { labels, ..Series::default() });
                    }
                    self.series[at].kept = false;
                    self.by_reference.insert(reference, at);
                }
            }
            Op::Samples(entries) | Op::WithStartTimes(entries) => {
                for &(reference, time, value) in entries {
                    let value = (value.to_bits() != STALE).then(|| value.to_string());
                    self.sample(reference, time, value);
                }
            }
            Op::Histograms(entries) => {
                for &(reference, time, count) in entries {
                    self.sample(reference, time, Some(format!("histogram {count}")));
                }
            }
            Op::Deleted(reference) => {
                if let Some(at) = self.by_reference.remove(reference) {
                    self.series[at].kept = false;
                    self.by_labels.retain(|_, known| *known != at);
                }
            }
            Op::Types(_) | Op::Tombstone(_) | Op::Unknown | Op::NextSegment(_) => {}
        }
    }

    fn sample(&mut self, reference: u64, time: i64, value: Option<String>) {
        if time >= MIN_VALID_TIME
            && let Some(&at) = self.by_reference.get(&reference)
        {
            self.series[at].kept = true;
            self.series[at].samples.push((time, value));
        }
    }

    fn kept(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(|series| series.kept)
    }

    fn newest(&self) -> Option<i64> {
        self.series.iter().flat_map(|series| &series.samples).map(|(time, _)| *time).max()
    }
}

impl Series {
    fn is_active(&self, newest: i64) -> bool {
        let last = self.samples.iter().map(|(time, _)| *time).max().unwrap();
        let at_last = self.samples.iter().rev().find(|(time, _)| *time == last).unwrap();
        last > newest - WINDOW && at_last.1.is_some()
    }

    fn never_changes(&self) -> bool {
        let values: Vec<&String> = self.samples.iter().filter_map(|(_, it)| it.as_ref()).collect();
        values.len() > 1 && values.iter().all(|value| *value == values[0])
    }
}

fn label_sets(replayed: &Replayed) -> Vec<Vec<(String, String)>> {
    let table = &replayed.table;
    let mut sets = Vec::new();
    for group in &table.metrics {
        for row in 0..group.rows {
            let labels = table.row_labels(group, row).into_iter();
            sets.push(labels.map(|(n, v)| (n.to_owned(), v.to_owned())).collect());
        }
    }
    sets.sort();
    sets
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 400, ..ProptestConfig::default()
    })]
    #[test]
    fn a_head_is_what_a_naive_server_makes_of_the_log(
        ops in proptest::collection::vec(op(), 0..25),
        of_checkpoint in 0..3_usize,
        piece in prop_oneof![Just(1 << 20), 1..100_000_usize],
    ) {
        let segments = segments(&ops);
        let replayed = replay(&segments, of_checkpoint, piece);
        prop_assert_eq!(&replayed.faults, &[]);
        let mut naive = Naive::default();
        for op in &ops {
            naive.apply(op);
        }
        let mut wanted: Vec<Labels> = naive.kept().map(|series| labels(series.labels)).collect();
        wanted.sort();
        let counts = &replayed.counts;
        prop_assert_eq!(label_sets(&replayed), wanted);
        prop_assert_eq!(counts.series, naive.kept().count() as u64);
        prop_assert_eq!(counts.created, naive.series.len() as u64);
        prop_assert_eq!(counts.times.map(|(_, newest)| newest), naive.newest());
        let newest = naive.newest().unwrap_or(0);
        let active = naive.kept().filter(|series| series.is_active(newest)).count();
        prop_assert_eq!(counts.active, active as u64);
        let unchanging = naive.kept().filter(|series| series.never_changes()).count();
        prop_assert_eq!(counts.unchanging, unchanging as u64);
        let samples: usize = naive.series.iter().map(|series| series.samples.len()).sum();
        prop_assert_eq!(counts.samples + counts.histogram_samples, samples as u64);
        let appeared: u64 = counts.intervals.iter().map(|interval| interval.appeared).sum();
        let vanished: u64 = counts.intervals.iter().map(|interval| interval.vanished).sum();
        prop_assert_eq!((appeared, vanished), (counts.series, counts.series - counts.active));
        let of_metrics: u64 = counts.metrics.iter().map(|metric| metric.series).sum();
        prop_assert_eq!(of_metrics, counts.series);
    }
}

/// A small log, and where each of its records ends. No record ends in a zero, which a server would
/// not miss.
fn small(packing: Packing) -> (Vec<u8>, Vec<usize>) {
    let mut segment = Segment::new(packing);
    let mut ends = Vec::new();
    for at in 0..4_u64 {
        let entry = (at + 1, labels(at as usize));
        segment.record(&wal::series(&[entry])).unwrap();
        ends.push(segment.len());
        segment.record(&wal::samples(&[(at + 1, 5_000, 0.1)])).unwrap();
        ends.push(segment.len());
    }
    (segment.bytes(), ends)
}

#[test]
fn a_log_may_end_anywhere() {
    for packing in [Packing::Plain, Packing::Snappy, Packing::Zstd] {
        let (bytes, ends) = small(packing);
        for cut in 0..=bytes.len() {
            let replayed = replay(&[bytes[..cut].to_vec()], 0, 1 << 20);
            let whole = ends.iter().filter(|&&end| end <= cut).count() as u64;
            assert_eq!(replayed.counts.created, whole.div_ceil(2), "{packing:?} cut at {cut}");
            assert_eq!(replayed.counts.series, whole / 2, "{packing:?} cut at {cut}");
            let between = cut == 0 || ends.contains(&cut);
            // A server fills a page up with zeros, which after a few bytes of a header look like a
            // record without bytes.
            let start = ends.iter().rfind(|&&end| end <= cut).copied().unwrap_or(0);
            let looks_empty = packing == Packing::Plain && cut - start <= 2;
            let told = replayed.faults.iter().filter(|fault| fault.torn).count();
            assert_eq!(told, usize::from(!between && !looks_empty), "{packing:?} cut at {cut}");
            assert_eq!(told, replayed.faults.len());
            assert!(replayed.faults.iter().all(|fault| fault.offset == start as u64));
        }
    }
}

#[test]
fn what_follows_a_broken_record_is_not_read() {
    let (bytes, ends) = small(Packing::Snappy);
    let mut broken = bytes.clone();
    broken[ends[3] + 9] ^= 1;
    let replayed = replay(&[broken, bytes.clone(), bytes], 0, 1 << 20);
    assert_eq!((replayed.counts.series, replayed.skipped_segments), (2, 2));
    let [fault] = &replayed.faults[..] else { panic!("{:?}", replayed.faults) };
    assert_eq!(
        (fault.file.as_str(), fault.offset, fault.torn),
        ("00000000", ends[3] as u64, false)
    );
    assert!(fault.what.starts_with("unexpected checksum"), "{}", fault.what);
}

#[test]
fn flipped_bytes_end_a_log_and_nothing_else() {
    let mut seed = 1_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut outcomes = BTreeSet::new();
    for packing in [Packing::Plain, Packing::Snappy, Packing::Zstd] {
        for _ in 0..2_000 {
            let (mut bytes, _) = small(packing);
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            // A record whose checksum is right goes on to what unpacks and reads it.
            if next(2) == 0 {
                mend_checksums(&mut bytes);
            }
            let replayed = replay(&[bytes], 0, 1 << 20);
            assert!(replayed.counts.created <= 8, "{:?}", replayed.counts);
            outcomes.insert(replayed.faults.first().map(|fault| fault.what.clone()));
        }
    }
    assert!(outcomes.len() > 20, "{outcomes:?}");
}

fn mend_checksums(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + 7) {
        let length = usize::from(u16::from_be_bytes([header[1], header[2]]));
        let Some(data) = bytes.get(at + 7..at + 7 + length) else { return };
        let sum = crc32c::crc32c(data);
        bytes[at + 3..at + 7].copy_from_slice(&sum.to_be_bytes());
        at += 7 + length;
    }
}
