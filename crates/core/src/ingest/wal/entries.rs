//! What a record says: series with their labels, samples, tombstones, metadata. Nothing of a record
//! that cannot be read to its end is used, as a server uses nothing of it.

use std::ops::Range;

use rapidhash::v3::rapidhash_v3;

use super::histogram;
use crate::ingest::bytes::Cursor;
use crate::series::MetricType;

/// The value that marks a series as gone (`model/value` of Prometheus: `StaleNaN`).
pub(super) const STALE: u64 = 0x7ff0_0000_0000_0002;

/// A series record's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeriesEntry {
    /// What samples call the series.
    pub(super) reference: u64,
    /// The hash of its labels as they are encoded.
    pub(super) hash: u64,
    /// How many labels it has.
    pub(super) labels: u32,
    /// How many of those are among the changes: all but those that the entry before has at the same
    /// position; all where there is none before, or one with another number of labels.
    pub(super) changes: u32,
}

/// A label of a series; its name and its value stand next in [`Entries::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// How many labels of the series stand before it.
    pub(super) position: u32,
    /// Bytes of the name.
    pub(super) name: u32,
    /// Bytes of the value.
    pub(super) value: u32,
}

/// A sample, of a float or of a native histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SampleEntry {
    pub(super) reference: u64,
    /// Milliseconds since the epoch.
    pub(super) time: i64,
    /// The value's bits; of a histogram a hash of all it holds. [`STALE`] for both marks the series
    /// as gone.
    pub(super) value: u64,
}

/// The entries of one record; used again for the next.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) series: Vec<SeriesEntry>,
    /// Labels of the series, from the first on.
    pub(super) changes: Vec<Change>,
    /// Names and values of those, end to end.
    pub(super) text: Vec<u8>,
    pub(super) samples: Vec<SampleEntry>,
    /// References of series that are deleted as a whole.
    pub(super) deleted: Vec<u64>,
    pub(super) metadata: Vec<(u64, MetricType)>,
    /// Entries of kinds that are only counted.
    pub(super) others: u64,
    /// Where a label stands that is at this position in the latest series entry.
    places: Vec<Range<usize>>,
}

/// The kinds of records (`tsdb/record`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum RecordKind {
    Series,
    Floats,
    Histograms,
    Tombstones,
    Exemplars,
    MmapMarkers,
    Metadata,
    /// One that a server skips.
    #[default]
    Unknown,
}

/// Reads a record.
///
/// # Errors
/// What a server says of a record that it cannot read.
pub(super) fn read(record: &[u8], entries: &mut Entries) -> Result<RecordKind, String> {
    entries.clear();
    let mut cursor = Cursor::new(record);
    let Some(kind) = cursor.byte() else { return Ok(RecordKind::Unknown) };
    let (what, read) = match kind {
        1 => (RecordKind::Series, series(&mut cursor, entries)),
        2 => (RecordKind::Floats, floats(&mut cursor, entries)),
        3 => (RecordKind::Tombstones, tombstones(&mut cursor, entries)),
        4 => (RecordKind::Exemplars, exemplars(&mut cursor, entries)),
        5 => (RecordKind::MmapMarkers, markers(&mut cursor, entries)),
        6 => (RecordKind::Metadata, metadata(&mut cursor, entries)),
        7 | 9 => (RecordKind::Histograms, histograms(&mut cursor, histogram::of_integers, entries)),
        8 | 10 => (RecordKind::Histograms, histograms(&mut cursor, histogram::of_floats, entries)),
        11 => (RecordKind::Floats, with_start_times(&mut cursor, float, entries)),
        12 => {
            let read = |cursor: &mut Cursor<'_>| hashed(cursor, histogram::of_integers);
            (RecordKind::Histograms, with_start_times(&mut cursor, read, entries))
        }
        13 => {
            let read = |cursor: &mut Cursor<'_>| hashed(cursor, histogram::of_floats);
            (RecordKind::Histograms, with_start_times(&mut cursor, read, entries))
        }
        _ => return Ok(RecordKind::Unknown),
    };
    read.map(|()| what)
        .ok_or_else(|| format!("record of type {kind} ends or breaks at byte {}", cursor.at))
}

fn series(cursor: &mut Cursor<'_>, entries: &mut Entries) -> Option<()> {
    while !cursor.is_at_end() {
        let reference = cursor.be64()?;
        let (start, known) = (cursor.at, entries.changes.len());
        series_labels(cursor, entries)?;
        let hash = rapidhash_v3(cursor.since(start));
        let labels = entries.places.len() as u32;
        let changes = (entries.changes.len() - known) as u32;
        entries.series.push(SeriesEntry { reference, hash, labels, changes });
    }
    Some(())
}

/// Moves behind the labels of a series and tells which differ from those of the entry before. Series
/// that are written together share most labels, and to compare bytes is cheaper than to take them
/// apart.
fn series_labels(cursor: &mut Cursor<'_>, entries: &mut Entries) -> Option<()> {
    let count = cursor.uvarint()?;
    let mut places = std::mem::take(&mut entries.places);
    if entries.series.is_empty() || places.len() as u64 != count {
        places.clear();
        for position in 0..count {
            places.push(changed_label(cursor, position as usize, entries)?);
        }
    } else {
        for (position, place) in places.iter_mut().enumerate() {
            if !cursor.skip(cursor.again(place.clone())) {
                *place = changed_label(cursor, position, entries)?;
            }
        }
    }
    entries.places = places;
    Some(())
}

/// Takes a label, and gives where it stands.
fn changed_label(
    cursor: &mut Cursor<'_>,
    position: usize,
    entries: &mut Entries,
) -> Option<Range<usize>> {
    let start = cursor.at;
    let (name, value) = (cursor.string()?, cursor.string()?);
    entries.text.extend_from_slice(name);
    entries.text.extend_from_slice(value);
    // A record is shorter than `u32` can tell.
    let (position, name, value) = (position as u32, name.len() as u32, value.len() as u32);
    entries.changes.push(Change { position, name, value });
    Some(start..cursor.at)
}

fn skip_labels(cursor: &mut Cursor<'_>) -> Option<()> {
    for _ in 0..cursor.uvarint()? {
        cursor.string()?;
        cursor.string()?;
    }
    Some(())
}

/// A base reference and a base time, then differences to them.
fn floats(cursor: &mut Cursor<'_>, entries: &mut Entries) -> Option<()> {
    if cursor.is_at_end() {
        return Some(());
    }
    let (base, base_time) = (cursor.be64()?, cursor.be64()?.cast_signed());
    while !cursor.is_at_end() {
        let reference = base.wrapping_add_signed(cursor.varint()?);
        let time = base_time.wrapping_add(cursor.varint()?);
        let value = float(cursor)?;
        entries.samples.push(SampleEntry { reference, time, value });
    }
    Some(())
}

fn float(cursor: &mut Cursor<'_>) -> Option<u64> {
    cursor.be64()
}

fn histograms(cursor: &mut Cursor<'_>, body: Body, entries: &mut Entries) -> Option<()> {
    if cursor.is_at_end() {
        return Some(());
    }
    let (base, base_time) = (cursor.be64()?, cursor.be64()?.cast_signed());
    while !cursor.is_at_end() {
        let reference = base.wrapping_add_signed(cursor.varint()?);
        let time = base_time.wrapping_add(cursor.varint()?);
        let value = hashed(cursor, body)?;
        entries.samples.push(SampleEntry { reference, time, value });
    }
    Some(())
}

/// Moves behind a histogram; gives the bits of its sum.
type Body = fn(&mut Cursor<'_>) -> Option<u64>;

fn hashed(cursor: &mut Cursor<'_>, body: Body) -> Option<u64> {
    // The first byte is a hint on resets, which is no part of the value.
    let start = cursor.at + 1;
    let sum = body(cursor)?;
    Some(if sum == STALE { STALE } else { rapidhash_v3(cursor.since(start)) })
}

/// The second encoding: each reference is a difference to the one before, each time one to the
/// first, and start times follow.
fn with_start_times(
    cursor: &mut Cursor<'_>,
    value: impl Fn(&mut Cursor<'_>) -> Option<u64>,
    entries: &mut Entries,
) -> Option<()> {
    const EXPLICIT: u8 = 2;
    if cursor.is_at_end() {
        return Some(());
    }
    let mut reference = cursor.varint()?;
    let first_time = cursor.varint()?;
    let mut time = first_time;
    cursor.varint()?;
    loop {
        let value = value(cursor)?;
        let known = reference.cast_unsigned();
        entries.samples.push(SampleEntry { reference: known, time, value });
        if cursor.is_at_end() {
            return Some(());
        }
        reference = reference.wrapping_add(cursor.varint()?);
        time = first_time.wrapping_add(cursor.varint()?);
        if cursor.byte()? >= EXPLICIT {
            cursor.varint()?;
        }
    }
}

fn tombstones(cursor: &mut Cursor<'_>, entries: &mut Entries) -> Option<()> {
    while !cursor.is_at_end() {
        let reference = cursor.be64()?;
        let (from, to) = (cursor.varint()?, cursor.varint()?);
        entries.others += 1;
        // Since 3.10 all of time stands for a series that was removed for being stale.
        if (from, to) == (i64::MIN, i64::MAX) {
            entries.deleted.push(reference);
        }
    }
    Some(())
}

fn exemplars(cursor: &mut Cursor<'_>, entries: &mut Entries) -> Option<()> {
    if cursor.is_at_end() {
        return Some(());
    }
    cursor.take(16)?;
    while !cursor.is_at_end() {
        cursor.varint()?;
        cursor.varint()?;
        cursor.take(8)?;
        skip_labels(cursor)?;
        entries.others += 1;
    }
    Some(())
}

fn markers(cursor: &mut Cursor<'_>, entries: &mut Entries) -> Option<()> {
    while !cursor.is_at_end() {
        cursor.take(16)?;
        entries.others += 1;
    }
    Some(())
}

fn metadata(cursor: &mut Cursor<'_>, entries: &mut Entries) -> Option<()> {
    while !cursor.is_at_end() {
        let reference = cursor.uvarint()?;
        let kind = metric_type(cursor.byte()?);
        skip_labels(cursor)?;
        entries.metadata.push((reference, kind));
    }
    Some(())
}

fn metric_type(code: u8) -> MetricType {
    match code {
        1 => MetricType::Counter,
        2 => MetricType::Gauge,
        3 => MetricType::Histogram,
        4 => MetricType::GaugeHistogram,
        5 => MetricType::Summary,
        6 => MetricType::Info,
        7 => MetricType::StateSet,
        _ => MetricType::Unknown,
    }
}

impl Entries {
    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.series.len() * size_of::<SeriesEntry>()
            + self.changes.len() * size_of::<Change>()
            + self.text.len()
            + self.samples.len() * size_of::<SampleEntry>()
            + self.deleted.len() * size_of::<u64>()
            + self.metadata.len() * size_of::<(u64, MetricType)>()
    }

    fn clear(&mut self) {
        self.series.clear();
        self.changes.clear();
        self.text.clear();
        self.samples.clear();
        self.deleted.clear();
        self.metadata.clear();
        self.others = 0;
    }
}
