//! Records on their way into the head: while some are taken in, the next are unpacked and decoded.

use std::sync::{Mutex, PoisonError};

use super::entries::{self, Entries, RecordKind};
use super::head::Head;
use super::records::{Broken, Records};

/// Bytes of a log that are decoded while the records before are taken in: their entries fit into a
/// core's cache.
const STEP: usize = 128 << 10;

/// Entries and labels that wait for the head take no more bytes than this, and one record.
const MOST: usize = 32 << 20;

/// A head, and the records that it takes in next.
pub(super) struct Intake {
    pub(super) head: Head,
    waiting: Batch,
    /// Room for the next.
    room: Batch,
}

/// Decoded records, whose room is used again.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    used: usize,
    bytes: usize,
    /// Whether they are of late samples.
    late: bool,
}

/// A decoded record.
#[derive(Default)]
pub(super) struct Record {
    pub(super) kind: RecordKind,
    pub(super) entries: Entries,
    /// What the entries of series point into.
    pub(super) bytes: Vec<u8>,
}

impl Intake {
    pub(super) fn new(head: Head) -> Self {
        Self { head, waiting: Batch::default(), room: Batch::default() }
    }

    /// Takes the next bytes of a segment. Its last records wait until [`Intake::settle`].
    ///
    /// # Errors
    /// The first thing that is wrong, when all before it is taken or waits.
    pub(super) fn feed(
        &mut self,
        records: &mut Records,
        bytes: &[u8],
        late: bool,
    ) -> Result<(), Broken> {
        bytes.chunks(STEP).try_for_each(|bytes| {
            let mut next = std::mem::take(&mut self.room);
            next.late = late;
            let this = Mutex::new(&mut *self);
            let lock = || this.lock().unwrap_or_else(PoisonError::into_inner);
            let take = |record: &[u8]| {
                if next.bytes > MOST {
                    let mut this = lock();
                    this.settle();
                    next.give(&mut this.head);
                }
                next.read(record)
            };
            let (fed, ()) = rayon::join(|| records.feed(bytes, &mut { take }), || lock().settle());
            self.room = std::mem::replace(&mut self.waiting, next);
            fed
        })
    }

    /// Ends a segment.
    ///
    /// # Errors
    /// As [`Intake::feed`].
    pub(super) fn end_segment(&mut self, records: &mut Records, late: bool) -> Result<(), Broken> {
        self.settle();
        self.waiting.late = late;
        let ended = records.end_segment(&mut |record| self.waiting.read(record));
        self.settle();
        ended
    }

    /// Takes in what waits.
    pub(super) fn settle(&mut self) {
        self.waiting.give(&mut self.head);
    }
}

impl Batch {
    /// Decodes a record.
    fn read(&mut self, record: &[u8]) -> Result<(), String> {
        if self.used == self.records.len() {
            self.records.push(Record::default());
        }
        let Record { kind, entries, bytes } = &mut self.records[self.used];
        *kind = entries::read(record, entries)?;
        bytes.clear();
        if *kind == RecordKind::Series {
            bytes.extend_from_slice(record);
        }
        self.bytes += bytes.len() + entries.bytes();
        self.used += 1;
        Ok(())
    }

    /// Hands all records over.
    fn give(&mut self, head: &mut Head) {
        self.records[..self.used].iter().for_each(|record| head.record(record, self.late));
        (self.used, self.bytes) = (0, 0);
    }
}
