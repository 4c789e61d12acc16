//! What is read of a log and waits for the head, in batches that fit into a core's cache.

use super::chunks::Chunk;
use super::entries::{Entries, RecordKind, SeriesEntry};
use super::head::Head;

/// A batch that takes as many bytes is full.
const FULL: usize = 512 << 10;

/// What the head takes in next. Its room is used again.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Come before the records.
    chunks: Vec<Chunk>,
    records: Vec<Record>,
    /// How many of those are of this batch.
    used: usize,
    bytes: usize,
}

/// A decoded record, or a part of one that tells of series.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) kind: RecordKind,
    /// Whether its samples are late: it comes from `wbl`.
    pub(super) late: bool,
    pub(super) entries: Entries,
    /// The labels of the series.
    pub(super) bytes: Vec<u8>,
}

impl Batch {
    /// About how many bytes its contents take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL
    }

    /// Adds a chunk.
    pub(super) fn chunk(&mut self, chunk: Chunk) {
        self.chunks.push(chunk);
        self.bytes += size_of::<Chunk>();
    }

    /// Adds a record that tells of no series, and leaves room for another in its place.
    pub(super) fn record(&mut self, kind: RecordKind, late: bool, entries: &mut Entries) {
        self.bytes += entries.bytes();
        let record = self.start_record(kind);
        record.late = late;
        std::mem::swap(&mut record.entries, entries);
    }

    /// Adds a series of a record and of the entries that were read of it.
    pub(super) fn series(&mut self, entry: &SeriesEntry, record: &[u8], entries: &Entries) {
        let goes_on = self.records[..self.used].last().is_some_and(|it| !it.bytes.is_empty());
        if !goes_on {
            self.start_record(RecordKind::Series);
        }
        let Record { entries: own, bytes, .. } = &mut self.records[self.used - 1];
        let start = bytes.len();
        bytes.extend_from_slice(&record[entry.labels.clone()]);
        let labels = start..bytes.len();
        self.bytes += labels.len();
        self.bytes += own.push(SeriesEntry { labels, ..entry.clone() }, entries);
    }

    /// Hands all over.
    pub(super) fn give(&mut self, head: &mut Head) {
        self.chunks.drain(..).for_each(|chunk| head.chunk(chunk));
        self.records[..self.used].iter().for_each(|record| head.record(record));
        (self.used, self.bytes) = (0, 0);
    }

    fn start_record(&mut self, kind: RecordKind) -> &mut Record {
        if self.used == self.records.len() {
            self.records.push(Record::default());
        }
        self.bytes += size_of::<Record>();
        let record = &mut self.records[self.used];
        record.kind = kind;
        record.entries.clear();
        record.bytes.clear();
        self.used += 1;
        record
    }
}
