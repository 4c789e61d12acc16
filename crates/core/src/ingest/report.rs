//! What a reader says of a page besides its samples.

/// Bad places kept with their message; more are only counted.
const KEPT: usize = 100;

/// A place that the server would refuse; it would lose the whole scrape over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// One-based line; in protobuf, the one-based number of the metric family.
    pub line: u64,
    /// One-based column, in bytes; in protobuf, of the family's message.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Samples told to the sink.
    pub samples: u64,
    /// Lines read; in protobuf, metric families.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The first bad lines.
    pub bad: Vec<BadLine>,
    /// How many bad lines there were.
    pub bad_lines: u64,
}

impl Report {
    /// Adds what was read behind the first `lines` lines.
    pub(super) fn append(&mut self, more: Self, lines: u64) {
        self.samples += more.samples;
        self.bytes += more.bytes;
        self.bad_lines += more.bad_lines;
        let room = KEPT - self.bad.len();
        let bad = more.bad.into_iter().take(room);
        self.bad.extend(bad.map(|bad| BadLine { line: bad.line + lines, ..bad }));
    }

    /// Counts a bad place, with its zero-based column.
    pub(super) fn add(&mut self, line: u64, column: usize, message: impl Into<String>) {
        self.bad_lines += 1;
        if self.bad.len() < KEPT {
            self.bad.push(BadLine { line, column: column + 1, message: message.into() });
        }
    }
}
