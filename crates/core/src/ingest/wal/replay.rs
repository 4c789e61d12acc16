//! The files of a head in the order a server reads them, and where it stops.

use super::chunks;
use super::counts::HeadCounts;
use super::head::Head;
use super::intake::Intake;
use super::records::{Broken, Records};
use crate::series::Table;

/// What a replay needs to know besides the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayOptions {
    /// Samples before this time are discarded, milliseconds since the epoch: the end of the newest
    /// block that was not made of late samples.
    pub min_valid_time: i64,
    /// A series is active if its last sample is no older than this, in milliseconds, than the
    /// newest of all.
    pub active_window: i64,
}

impl Default for ReplayOptions {
    /// No blocks, and the five minutes that queries look back by default.
    fn default() -> Self {
        Self { min_valid_time: i64::MIN, active_window: 300_000 }
    }
}

/// Which part of a head a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A segment of `wal/checkpoint.N`, the newest; they come before those of the log.
    Checkpoint,
    /// A segment of `wal`, behind the checkpoint.
    Log,
    /// A segment of `wbl`, the log of late samples; they come last.
    LateLog,
}

/// Where a file cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Where the bad record or chunk begins, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
    /// Whether the file only ends too early, as one does after a crash.
    pub torn: bool,
    /// What a server does about it.
    pub consequence: &'static str,
}

/// What a replay gave.
#[derive(Debug)]
pub struct Replayed {
    /// The series in the head.
    pub table: Table,
    /// What else it holds.
    pub counts: HeadCounts,
    /// What could not be read, in the order of the files.
    pub faults: Vec<Fault>,
    /// Segments behind a broken record, which were not read: a server deletes them.
    pub skipped_segments: u64,
}

/// Replays the files of a head: [`chunks`](Self::chunks) first, then each segment by
/// [`start_segment`](Self::start_segment), [`feed`](Self::feed) and
/// [`end_segment`](Self::end_segment), parts in the order of [`Part`].
///
/// Memory holds the labels of the series, one record and the entries of some.
pub struct Replay {
    intake: Intake,
    records: Records,
    part: Part,
    /// The segment that is read.
    file: String,
    /// Whether the log broke: what follows is skipped.
    broken: bool,
    faults: Vec<Fault>,
    skipped_segments: u64,
}

impl Replay {
    /// Nothing read yet.
    pub fn new(options: ReplayOptions) -> Self {
        Self {
            intake: Intake::new(Head::new(options)),
            records: Records::default(),
            part: Part::Checkpoint,
            file: String::new(),
            broken: false,
            faults: Vec::new(),
            skipped_segments: 0,
        }
    }

    /// Reads a file of `chunks_head`.
    pub fn chunks(&mut self, file: &str, bytes: &[u8]) {
        let intake = &mut self.intake;
        if let Err((offset, what)) = chunks::read(bytes, &mut |chunk| intake.chunk(chunk)) {
            self.faults.push(Fault {
                file: file.to_owned(),
                offset,
                what: what.to_owned(),
                torn: false,
                consequence: "a server deletes this file and those behind it, and takes the \
                              samples from its log",
            });
        }
    }

    /// Starts a segment. False says that it need not be fed: the log is broken before it.
    pub fn start_segment(&mut self, part: Part, file: &str) -> bool {
        if part != self.part {
            self.end_part();
            if self.part == Part::Checkpoint {
                // No server goes on here, but what stands behind a broken checkpoint is whole.
                self.broken = false;
                self.records = Records::default();
            }
            self.part = part;
        }
        file.clone_into(&mut self.file);
        self.skipped_segments += u64::from(self.broken && part == Part::Log);
        !self.broken
    }

    /// Takes the next bytes of the segment, as many as are at hand. False says that the rest of it
    /// need not be fed.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        if !self.broken {
            let (intake, late) = (&mut self.intake, self.part == Part::LateLog);
            let fed = self.records.feed(bytes, &mut |record| intake.record(record, late));
            self.note(fed);
        }
        !self.broken
    }

    /// Ends the segment.
    pub fn end_segment(&mut self) {
        if self.broken {
            return;
        }
        let (intake, late) = (&mut self.intake, self.part == Part::LateLog);
        let ended = self.records.end_segment(&mut |record| intake.record(record, late));
        self.note(ended);
        // The segments of a checkpoint are read as one log, all others each alone.
        if self.part != Part::Checkpoint {
            self.end_part();
        }
    }

    /// The series and counts.
    pub fn finish(mut self) -> Replayed {
        self.end_part();
        let (table, counts) = self.intake.finish().finish();
        let (faults, skipped_segments) = (self.faults, self.skipped_segments);
        Replayed { table, counts, faults, skipped_segments }
    }

    fn end_part(&mut self) {
        if !self.broken {
            let ended = self.records.end();
            self.note(ended);
        }
    }

    fn note(&mut self, result: Result<(), Broken>) {
        let Err(Broken { offset, what, torn }) = result else { return };
        let consequence = match self.part {
            Part::Checkpoint => {
                "a server deletes all segments of the log and does not start: keep a copy before \
                 you start one"
            }
            Part::Log => "a server cuts its log off here and deletes the segments behind",
            Part::LateLog => "a server cuts its log of late samples off here",
        };
        self.faults.push(Fault { file: self.file.clone(), offset, what, torn, consequence });
        self.broken = true;
    }
}
