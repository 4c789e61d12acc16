//! The series of a head while its log is replayed.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::batch::Record;
use super::chunks::Chunk;
use super::counts::{self, HeadCounts, Life};
use super::entries::{Entries, RecordKind, STALE, SampleEntry, SeriesEntry};
use super::replay::ReplayOptions;
use super::rows::Rows;
use crate::series::{MetricType, Stage, Table};

/// The state of a replay.
pub(super) struct Head {
    options: ReplayOptions,
    counts: HeadCounts,
    rows: Rows,
    series: Vec<Series>,
    /// By the hash of the encoded labels: as the census, this takes 64 bits for the labels.
    by_labels: HashMap<u64, u32, FixedState>,
    by_reference: HashMap<u64, u32, FixedState>,
    /// The times of the chunks in `chunks_head`, by the reference of their series.
    mapped: HashMap<u64, (i64, i64), FixedState>,
    /// The series of the latest sample.
    latest: usize,
}

/// One label set.
#[derive(Debug, Clone)]
struct Series {
    /// The hash of its labels.
    hash: u64,
    /// The latest reference that stands for it, if it still does.
    reference: Option<u64>,
    /// Its group in the table.
    group: u32,
    /// Whether a server keeps it, since it has a chunk.
    kept: bool,
    stale: bool,
    seen: Seen,
    /// Bits of the latest value.
    value: u64,
    first: i64,
    last: i64,
}

/// What the values of a series were like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    Once,
    Same,
    Changes,
}

impl Head {
    pub(super) fn new(options: ReplayOptions) -> Self {
        Self {
            options,
            counts: HeadCounts::default(),
            rows: Rows::default(),
            series: Vec::new(),
            by_labels: HashMap::default(),
            by_reference: HashMap::default(),
            mapped: HashMap::default(),
            latest: 0,
        }
    }

    /// Takes a chunk of `chunks_head`; all of them come before the log.
    pub(super) fn chunk(&mut self, chunk: Chunk) {
        self.counts.mapped_chunks += 1;
        self.counts.mapped_samples += u64::from(chunk.samples);
        let (from, to) = chunk.times;
        if !chunk.late && to < self.options.min_valid_time {
            return;
        }
        let times = self.mapped.entry(chunk.reference).or_insert((from, to));
        *times = (times.0.min(from), times.1.max(to));
    }

    /// Takes a record.
    pub(super) fn record(&mut self, record: &Record) {
        let Record { kind, late, entries } = record;
        match kind {
            RecordKind::Series => self.all_series(entries),
            RecordKind::Floats | RecordKind::Histograms => {
                let is_histogram = *kind == RecordKind::Histograms;
                entries.samples.iter().for_each(|it| self.sample(*it, is_histogram, *late));
            }
            RecordKind::Metadata => {
                entries.metadata.iter().for_each(|&(it, kind)| self.metadata(it, kind));
            }
            RecordKind::Tombstones => {
                self.counts.tombstones += entries.others;
                entries.deleted.iter().for_each(|&reference| self.delete(reference));
            }
            RecordKind::Exemplars => self.counts.exemplars += entries.others,
            RecordKind::MmapMarkers | RecordKind::Unknown => {}
        }
    }

    fn all_series(&mut self, entries: &Entries) {
        self.by_labels.reserve(entries.series.len());
        self.by_reference.reserve(entries.series.len());
        let (mut changes, mut text) = (&*entries.changes, &*entries.text);
        for entry in &entries.series {
            let of_entry = changes.split_off(..entry.changes as usize).unwrap_or_default();
            self.rows.turn_to(entry.labels as usize, of_entry, &mut text);
            self.series(entry);
        }
    }

    /// A series record's entry, whose labels are the current ones. One of known labels starts the
    /// series anew: a server drops what it has replayed of it, since blocks or mapped chunks hold
    /// that.
    fn series(&mut self, entry: &SeriesEntry) {
        let &SeriesEntry { reference, hash, .. } = entry;
        let at = match self.by_labels.entry(hash) {
            Entry::Occupied(known) => {
                self.rows.skip();
                *known.get()
            }
            Entry::Vacant(new) => {
                let at = self.series.len() as u32;
                let group = self.rows.add() as u32;
                self.series.push(Series::new(hash, group));
                self.counts.created += 1;
                *new.insert(at)
            }
        };
        if let Some(before) = self.by_reference.insert(reference, at) {
            self.series[before as usize].reference = None;
        }
        let series = &mut self.series[at as usize];
        series.reference = Some(reference);
        let mapped = self.mapped.get(&reference);
        series.kept = mapped.is_some();
        if let Some(&(from, to)) = mapped {
            series.first = series.first.min(from);
            series.last = series.last.max(to);
            widen(&mut self.counts.times, from.max(self.options.min_valid_time), to);
        }
    }

    fn sample(&mut self, sample: SampleEntry, is_histogram: bool, late: bool) {
        if !late && sample.time < self.options.min_valid_time {
            self.counts.old_samples += 1;
            return;
        }
        let Some(at) = self.find(sample.reference) else {
            self.counts.unknown_samples += 1;
            return;
        };
        self.latest = at;
        let counter = match (late, is_histogram) {
            (true, _) => &mut self.counts.late_samples,
            (false, true) => &mut self.counts.histogram_samples,
            (false, false) => &mut self.counts.samples,
        };
        *counter += 1;
        widen(&mut self.counts.times, sample.time, sample.time);
        self.series[at].sample(sample);
    }

    /// The series that a reference stands for. Samples mostly come in the order of their series.
    fn find(&self, reference: u64) -> Option<usize> {
        let next = self.latest + 1;
        if self.series.get(next).is_some_and(|series| series.reference == Some(reference)) {
            return Some(next);
        }
        self.by_reference.get(&reference).map(|&at| at as usize)
    }

    fn metadata(&mut self, reference: u64, kind: MetricType) {
        if let Some(&at) = self.by_reference.get(&reference) {
            let group = self.series[at as usize].group as usize;
            self.rows.set_type(group, kind);
        }
    }

    /// A series that was deleted: the next record of its labels makes another one.
    fn delete(&mut self, reference: u64) {
        if let Some(at) = self.by_reference.remove(&reference) {
            let series = &mut self.series[at as usize];
            series.kept = false;
            series.reference = None;
            self.by_labels.remove(&series.hash);
        }
    }

    /// The series in the head as a table of [`Stage::Stored`], and the counts.
    pub(super) fn finish(mut self) -> (Table, HeadCounts) {
        let mut table = self.rows.finish();
        table.stage = Stage::Stored;
        let names = table.metrics.iter().map(|group| table.metric_name(group).to_owned()).collect();
        let kept = self.series.iter().filter(|series| series.kept).map(Series::life);
        counts::count(&mut self.counts, kept, names, self.options.active_window);
        if self.counts.series < self.series.len() as u64 {
            let mut keep: Vec<Vec<bool>> = vec![Vec::new(); table.metrics.len()];
            self.series.iter().for_each(|it| keep[it.group as usize].push(it.kept));
            table.retain(&keep);
        }
        (table, self.counts)
    }
}

impl Series {
    fn new(hash: u64, group: u32) -> Self {
        let (first, last) = (i64::MAX, i64::MIN);
        let (kept, stale, value, seen) = (false, false, 0, Seen::Nothing);
        Self { hash, reference: None, group, kept, stale, seen, value, first, last }
    }

    fn sample(&mut self, sample: SampleEntry) {
        self.kept = true;
        self.first = self.first.min(sample.time);
        let stale = sample.value == STALE;
        if sample.time >= self.last {
            self.last = sample.time;
            self.stale = stale;
        }
        if stale {
            return;
        }
        self.seen = match self.seen {
            Seen::Nothing => Seen::Once,
            Seen::Once | Seen::Same if self.value == sample.value => Seen::Same,
            _ => Seen::Changes,
        };
        self.value = sample.value;
    }

    fn life(&self) -> Life {
        Life {
            metric: self.group as usize,
            times: (self.first, self.last),
            stale: self.stale,
            unchanging: self.seen == Seen::Same,
        }
    }
}

fn widen(times: &mut Option<(i64, i64)>, from: i64, to: i64) {
    let (oldest, newest) = times.unwrap_or((from, to));
    *times = Some((oldest.min(from), newest.max(to)));
}
