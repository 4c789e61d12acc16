//! What is read of a log and waits for the head, in batches.

use super::chunks::Chunk;
use super::entries::{Entries, RecordKind};
use super::head::Head;

/// A batch that takes as many bytes is full: small enough for a core's cache.
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

/// A decoded record.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) kind: RecordKind,
    /// Whether its samples are late: it comes from `wbl`.
    pub(super) late: bool,
    pub(super) entries: Entries,
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

    /// Adds a record, and leaves room for another in the place of its entries.
    pub(super) fn record(&mut self, kind: RecordKind, late: bool, entries: &mut Entries) {
        if self.used == self.records.len() {
            self.records.push(Record::default());
        }
        let record = &mut self.records[self.used];
        (record.kind, record.late) = (kind, late);
        self.used += 1;
        self.bytes += size_of::<Record>() + entries.bytes();
        std::mem::swap(&mut record.entries, entries);
    }

    /// Hands all over.
    pub(super) fn give(&mut self, head: &mut Head) {
        self.chunks.drain(..).for_each(|chunk| head.chunk(chunk));
        self.records[..self.used].iter().for_each(|record| head.record(record));
        (self.used, self.bytes) = (0, 0);
    }
}
