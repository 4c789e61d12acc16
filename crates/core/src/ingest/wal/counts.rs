//! What a head holds after a replay: totals, when series came and went, and each metric's share.

/// What a head holds after a replay. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadCounts {
    /// Distinct series in the log, with samples or without: what an agent counts as active.
    pub created: u64,
    /// Series that are left after a server has replayed the log: `numSeries` of its
    /// `/api/v1/status/tsdb`.
    pub series: u64,
    /// Series with a sample in the last [`super::ReplayOptions::active_window`] that are not
    /// marked stale.
    pub active: u64,
    /// Series with more than one sample, all of the same value.
    pub unchanging: u64,
    /// Float samples that a server takes from the log.
    pub samples: u64,
    /// Samples of native histograms, likewise.
    pub histogram_samples: u64,
    /// Samples that came out of order, from `wbl`.
    pub late_samples: u64,
    /// Samples that a server discards, since its blocks reach past their time.
    pub old_samples: u64,
    /// Samples whose series no record names.
    pub unknown_samples: u64,
    /// Exemplars.
    pub exemplars: u64,
    /// Tombstones, each of a series and a range of time.
    pub tombstones: u64,
    /// Chunks in `chunks_head`.
    pub mapped_chunks: u64,
    /// Samples in those chunks.
    pub mapped_samples: u64,
    /// The oldest and the newest sample; `None` without any.
    pub times: Option<(i64, i64)>,
    /// When series came and went, oldest first.
    pub intervals: Vec<Interval>,
    /// The metrics with series in the head: most series first, then by name.
    pub metrics: Vec<HeadMetric>,
}

/// A stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Its start, milliseconds since the epoch.
    pub start: i64,
    /// How long it is, in milliseconds.
    pub length: i64,
    /// Series whose first sample lies in it. In the first interval these are also those that were
    /// there before.
    pub appeared: u64,
    /// Series whose last sample lies in it, if they are active no more.
    pub vanished: u64,
}

/// The head's counts of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMetric {
    /// Its name.
    pub name: String,
    /// Series in the head.
    pub series: u64,
    /// Active ones.
    pub active: u64,
    /// Those whose first sample came after the first interval.
    pub appeared: u64,
    /// Those with several samples of one value.
    pub unchanging: u64,
}

/// What counting takes of one series in the head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    /// Which metric it is of.
    pub(super) metric: usize,
    /// Its first and last sample.
    pub(super) times: (i64, i64),
    pub(super) stale: bool,
    pub(super) unchanging: bool,
}

const MINUTE: i64 = 60_000;
/// Lengths of intervals; the first that makes no more than [`MOST_INTERVALS`] is taken.
const LENGTHS: [i64; 8] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    60 * MINUTE,
    120 * MINUTE,
    360 * MINUTE,
    1440 * MINUTE,
];
const MOST_INTERVALS: i64 = 24;

/// Counts the series in the head. `names` are those of the metrics.
pub(super) fn count(
    counts: &mut HeadCounts,
    lives: impl Iterator<Item = Life>,
    names: Vec<String>,
    active_window: i64,
) {
    let Some((oldest, newest)) = counts.times else { return };
    counts.intervals = intervals(oldest, newest);
    let mut metrics: Vec<HeadMetric> = names.into_iter().map(HeadMetric::none).collect();
    for life in lives {
        let metric = &mut metrics[life.metric];
        let is_active = !life.stale && life.times.1 > newest.saturating_sub(active_window);
        metric.series += 1;
        metric.active += u64::from(is_active);
        metric.unchanging += u64::from(life.unchanging);
        let appeared = interval(&counts.intervals, life.times.0);
        metric.appeared += u64::from(appeared > 0);
        counts.intervals[appeared].appeared += 1;
        if !is_active {
            let vanished = interval(&counts.intervals, life.times.1);
            counts.intervals[vanished].vanished += 1;
        }
    }
    let sum = |of: fn(&HeadMetric) -> u64| metrics.iter().map(of).sum();
    counts.series = sum(|metric| metric.series);
    counts.active = sum(|metric| metric.active);
    counts.unchanging = sum(|metric| metric.unchanging);
    metrics.retain(|metric| metric.series > 0);
    metrics.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    counts.metrics = metrics;
}

impl HeadMetric {
    fn none(name: String) -> Self {
        Self { name, series: 0, active: 0, appeared: 0, unchanging: 0 }
    }
}

/// Intervals that hold all times from `oldest` to `newest`; they start at multiples of their
/// length.
fn intervals(oldest: i64, newest: i64) -> Vec<Interval> {
    let from = |length: i64| oldest.div_euclid(length).saturating_mul(length);
    let steps = |length: i64| newest.saturating_sub(from(length)) / length + 1;
    let length = LENGTHS.into_iter().find(|&length| steps(length) <= MOST_INTERVALS);
    // Times that are no times of one server: a broken clock, or nonsense.
    let Some(length) = length else {
        let length = newest.saturating_sub(oldest).saturating_add(1);
        return vec![Interval { start: oldest, length, appeared: 0, vanished: 0 }];
    };
    (0..steps(length))
        .map(|at| Interval { start: from(length) + at * length, length, appeared: 0, vanished: 0 })
        .collect()
}

/// Which interval holds a time.
fn interval(intervals: &[Interval], time: i64) -> usize {
    let (start, length) = (intervals[0].start, intervals[0].length);
    let at = time.saturating_sub(start) / length;
    usize::try_from(at).unwrap_or(0).min(intervals.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_all_times() {
        for (oldest, newest) in
            [(0, 0), (59_999, 60_000), (-5, 7), (1, 10_000_000_000), (0, i64::MAX)]
        {
            let intervals = intervals(oldest, newest);
            assert!(!intervals.is_empty() && intervals.len() <= MOST_INTERVALS as usize);
            let last = intervals.last().unwrap();
            assert!(intervals[0].start <= oldest, "{oldest}");
            assert!(last.start.saturating_add(last.length - 1) >= newest - 1, "{newest}");
            assert_eq!(interval(&intervals, oldest), 0);
            assert_eq!(interval(&intervals, newest), intervals.len() - 1);
        }
        // More than 64 bits of milliseconds: nonsense that must not panic.
        let all = intervals(i64::MIN, i64::MAX);
        assert_eq!(interval(&all, i64::MAX), all.len() - 1);
    }
}
